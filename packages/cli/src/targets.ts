/**
 * Files that a command makes: what exists is kept unless it is to be replaced, and is replaced as a whole or not at
 * all.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as NodeIOProc from "@effect-mmio/platform-node/NodeIOProc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { isDescriptor } from "./descriptors.js"
import { exitCodes, Failure, type FileError, usage } from "./failure.js"
import { diskFor, locate, withNamed } from "./names.js"
import type { Output } from "./output.js"
import { remark } from "./remarks.js"
import type { Located } from "./storages.js"
import { shown } from "./text.js"

/** How a target is written. */
export interface Options {
  /** The name of the file that is read for it. */
  readonly from: string
  /** Whether a file that exists is replaced. */
  readonly force: boolean
}

/** What the machine knows of a path. */
const factsOf = ({ ioProc, path }: Located): Effect.Effect<IOProc.Stat | undefined> =>
  path === undefined ? Effect.succeed(undefined) : Effect.orElseSucceed(
    ioProc.stat(FileName.plain(path)),
    () => undefined
  )

/** Of the file that is read; undefined where it is none of the machine. */
const factsOfSource = (from: string): Effect.Effect<IOProc.Stat | undefined> =>
  from === "-"
    ? Effect.succeed(undefined)
    : Effect.flatMap(diskFor("inspect"), (disk) =>
      Effect.flatMap(
        Effect.orElseSucceed(locate(from, disk), () => undefined),
        (located) => located === undefined ? Effect.succeed(undefined) : factsOf(located)
      ))

const isSame = (source: IOProc.Stat | undefined, identity: Option.Option<string>): boolean =>
  source?.kind === "file" && Option.isSome(source.identity) && Option.isSome(identity) &&
  source.identity.value === identity.value

/** Why the machine's file of this path cannot be the target, if so. */
const refusal = (
  path: string,
  { force, from }: Options,
  facts: { readonly source: IOProc.Stat | undefined; readonly target: IOProc.Stat | undefined }
): Failure | undefined => {
  const { source, target } = facts
  if (isDescriptor(path)) return usage(`${shown(path)} is not a file but what a process has open: - is standard output`)
  if (target === undefined) return undefined
  if (target.kind === "folder") return usage(`${shown(path)} is a folder: name a file in it`)
  if (isSame(source, target.identity)) return usage(`${shown(from)} and ${shown(path)} are the same file`)
  return target.kind === "other" && !force
    ? usage(`${shown(path)} is a device or a pipe; --force writes into it`)
    : undefined
}

const attempt = <A>(call: () => A): A | undefined => {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** A folder that is missing may be that of where a link leads; and some folders of the system take no file. */
const explained = <E>(path: string, error: E): E | Failure => {
  if (!MmioError.isMmioError(error) || error._tag !== "PathNotFound" || error.errno === "ELOOP") return error
  const link = attempt(() => fs.readlinkSync(path))
  if (link !== undefined) {
    return new Failure({
      exitCode: exitCodes.notFound,
      message: `${shown(path)} is a link to ${shown(link)}: there is no such folder`
    })
  }
  return attempt(() => fs.statSync(dirname(path)).isDirectory()) === true && !path.endsWith("/")
    ? new Failure({ exitCode: exitCodes.refused, message: `${shown(path)}: no file can be made in this folder` })
    : error
}

const toStandardOutput = <A, E, R>(
  from: string,
  write: (target: Mmio.Handle<"write">) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, R> =>
  process.stdout.isTTY === true
    ? Effect.fail(usage("This would write bytes to the terminal: name a file, or a pipe"))
    : Effect.scoped(
      Effect.gen(function*() {
        // What was written there before stays, and what is written next comes after it.
        const file = yield* NodeIOProc.fromFd(1, { access: "write", name: "standard output", forwardOnly: true })
        // Reading would never come to the end of what it writes.
        if (isSame(yield* factsOfSource(from), file.identity)) {
          return yield* usage(`${shown(from)} and standard output are the same file`)
        }
        const target = yield* Mmio.fromFile(file, { access: "write", name: "standard output" })
        const result = yield* write(target)
        yield* Mmio.close(target)
        return result
      })
    )

/**
 * Runs an effect that writes a new file; `-` is standard output. The name has the new content once it succeeds, and the
 * old one before. A device or a pipe is written into.
 */
export const withTarget = <A, E, R>(
  text: string,
  options: Options,
  write: (target: Mmio.Handle<"write">) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, Exclude<R, IOProc.IOProc> | Output | R> =>
  text === "-" ? toStandardOutput(options.from, write) : withNamed(text, "write", (located) =>
    Effect.gen(function*() {
      const { ioProc, name, path } = located
      if (path !== undefined) {
        const refused = refusal(path, options, {
          source: yield* factsOfSource(options.from),
          target: yield* factsOf(located)
        })
        if (refused !== undefined) return yield* refused
      }
      const replacing = ioProc.capabilities.atomicRename ? IOProc.commitOnClose(ioProc) : ioProc
      const result = yield* Mmio.withFile(name, { access: "write", create: options.force ? true : "new" }, write).pipe(
        Effect.provideService(IOProc.IOProc, replacing),
        Effect.mapError((error) => path === undefined ? error : explained(path, error))
      )
      yield* remark(located)
      return result
    }))
