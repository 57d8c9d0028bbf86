/**
 * Observing the calls of a storage: each one, once it has ended, with what was asked and what came of it.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Api from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import { wrapFile } from "../io/positionalFile.js"
import { around } from "./around.js"

/** What is known of a call before it is made. */
interface Call {
  readonly operation: Api.AuditedOperation
  readonly file: string
  readonly position?: number | undefined
  readonly bytes?: number | undefined
  readonly to?: string | undefined
}

/** Is run as a call begins, and returns what is run as it ends. @internal */
export type Observe = <A, E extends MmioError.MmioError>(
  call: Call,
  /** How many bytes a success transferred, for calls that transfer bytes. */
  count: (value: A) => number | undefined
) => Effect.Effect<(exit: Exit.Exit<A, E>) => Effect.Effect<void>>

const nothing = () => undefined
const same = (count: number) => count

/** @internal */
export const observed = (name: string, self: Api.IOProc, begin: Observe): Api.IOProc => {
  const observe = <A, E extends MmioError.MmioError>(
    call: Call,
    effect: Effect.Effect<A, E>,
    count: (value: A) => number | undefined
  ): Effect.Effect<A, E> => Effect.flatMap(begin<A, E>(call, count), (end) => Effect.onExit(effect, end))
  const observedFile = (inner: Api.File, file: string): Api.File => {
    const { canSeek, invalidate, truncate, writeAt } = inner
    const plain = <A, E extends MmioError.MmioError>(
      operation: Api.AuditedOperation,
      effect: () => Effect.Effect<A, E>
    ) => observe({ operation, file }, Effect.suspend(effect), nothing)
    return wrapFile(inner, {
      size: observe({ operation: "size", file }, Effect.suspend(() => inner.size), same),
      canSeek: canSeek &&
        ((position) =>
          observe({ operation: "canSeek", file, position }, Effect.suspend(() => inner.canSeek!(position)), nothing)),
      readAt: (position, target) =>
        observe(
          { operation: "readAt", file, position, bytes: target.length },
          Effect.suspend(() => inner.readAt(position, target)),
          same
        ),
      writeAt: writeAt && ((position, source, mode) =>
        observe(
          { operation: mode === "write" ? "writeAt" : "writeFlushAt", file, position, bytes: source.length },
          Effect.suspend(() => inner.writeAt!(position, source, mode)),
          same
        )),
      truncate: truncate &&
        ((size) =>
          observe({ operation: "truncate", file, bytes: size }, Effect.suspend(() => inner.truncate!(size)), nothing)),
      invalidate: invalidate && plain("invalidate", () => inner.invalidate!),
      commit: plain("commit", () => inner.commit),
      close: plain("close", () => inner.close),
      abort: plain("abort", () => inner.abort),
      onMessage: (request) => Option.map(inner.onMessage(request), (reply) => Effect.suspend(() => reply))
    })
  }
  return around(name, self, (inner) => {
    const ask = <A, E extends MmioError.MmioError>(
      operation: Api.AuditedOperation,
      file: string,
      effect: Effect.Effect<A, E>,
      to?: string
    ) => observe({ operation, file, to }, effect, nothing)
    return {
      open: (request) =>
        Effect.map(
          ask("open", request.name.full, inner.open(request)),
          (file) => observedFile(file, request.name.full)
        ),
      rename: (from, to) => ask("rename", from.full, inner.rename(from, to), to.full),
      remove: (name) => ask("remove", name.full, inner.remove(name)),
      exists: (name) => ask("exists", name.full, inner.exists(name)),
      fullName: (name) => ask("fullName", name.full, inner.fullName(name)),
      tempName: (request) => ask("tempName", request.folder ?? "", inner.tempName(request)),
      stat: (name) => ask("stat", name.full, inner.stat(name)),
      makeFolder: (name) => ask("makeFolder", name.full, inner.makeFolder(name)),
      removeFolder: (name) => ask("removeFolder", name.full, inner.removeFolder(name)),
      // A listing begins and ends with its stream.
      list: (folder) =>
        Stream.unwrap(Effect.map(
          begin<unknown, MmioError.ListError>({ operation: "list", file: folder.full }, nothing),
          (end) => Stream.ensuringWith(inner.list(folder), end)
        ))
    }
  })
}
