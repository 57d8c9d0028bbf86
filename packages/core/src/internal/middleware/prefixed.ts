/**
 * A storage that begins in a place of another one: every name gets a prefix on the way down, and loses it on the way
 * up.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { around } from "./around.js"

/** @internal */
export const prefixed = (self: Api.IOProc, prefix: string): Api.IOProc => {
  const down = (name: FileName.FileName) =>
    new FileName.FileName({ ...name, full: prefix + name.full, path: prefix + name.path })
  /** Where the last component of the prefix begins. */
  const component = Math.max(prefix.lastIndexOf("/"), prefix.lastIndexOf("\\")) + 1
  const up = (text: string) => text.startsWith(prefix) ? text.slice(prefix.length) : text
  /** Errors name the file as the caller does. */
  const renamed = <E extends MmioError.MmioError>(error: E) => MmioError.withDetails(error, { file: up(error.file) })
  const named = <A, E extends MmioError.MmioError>(effect: Effect.Effect<A, E>) => Effect.mapError(effect, renamed)

  return around("prefixed", self, (inner) => {
    /**
     * What a name of the inner storage is called here: the part after the prefix, or after the full name of the prefix.
     */
    const above = (
      name: FileName.FileName,
      operation: string
    ): Effect.Effect<FileName.FileName, MmioError.FullNameError> =>
      Effect.flatMap(
        // With a letter, since the prefix need not end with a whole component.
        name.full.startsWith(prefix) ? Effect.succeed(prefix) : Effect.map(
          inner.fullName(FileName.plain(`${prefix}x`)),
          ({ full }) => full.slice(0, -1)
        ),
        (base) =>
          name.full.startsWith(base)
            ? Effect.succeed(
              new FileName.FileName({ ...name, full: name.full.slice(base.length), path: name.path.slice(base.length) })
            )
            : Effect.fail(
              new MmioError.AccessDenied({
                operation: `IOProc.${operation}`,
                file: name.full,
                description: "the name leads out of the storage"
              })
            )
      )
    return {
      open: (request) => named(inner.open({ ...request, name: down(request.name) })),
      rename: (from, to) => named(inner.rename(down(from), down(to))),
      remove: (name) => named(inner.remove(down(name))),
      exists: (name) => named(inner.exists(down(name))),
      // A link that leads out of the prefix has no other name here.
      realName: (name) =>
        Effect.orElseSucceed(
          Effect.flatMap(inner.realName(down(name)), (real) => above(real, "realName")),
          () => name
        ),
      fullName: (name) => named(Effect.flatMap(inner.fullName(down(name)), (full) => above(full, "fullName"))),
      tempName: ({ folder = ".", like, prefix: first = "mmio", suffix }) => {
        // A name without a folder begins with the prefix, and so does a temporary one beside it.
        const isHere = folder === "." || folder === ""
        return named(Effect.uninterruptible(Effect.flatMap(
          inner.tempName({
            folder: isHere ? prefix.slice(0, component) : prefix + folder,
            prefix: isHere ? prefix.slice(component) + first : first,
            suffix,
            like: like && down(like)
          }),
          (name) => Effect.onError(above(name, "tempName"), () => Effect.ignore(inner.remove(name)))
        )))
      },
      stat: (name) => named(inner.stat(down(name))),
      list: (folder) => Stream.mapError(inner.list(down(folder)), renamed),
      makeFolder: (name) => named(inner.makeFolder(down(name))),
      removeFolder: (name) => named(inner.removeFolder(down(name)))
    }
  })
}
