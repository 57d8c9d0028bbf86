/**
 * Names on the command line, as files of storages.
 *
 * A name under which the machine has a file is that file, whatever it is made of. Else the table of storages decides by
 * its beginning, then by its `+`; and all other names are paths.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as NodeIOProc from "@effect-mmio/platform-node/NodeIOProc"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type FileError, usage } from "./failure.js"
import { type Located, type Storage, storages } from "./storages.js"

/**
 * What a command does with files, which decides how the machine's are opened:
 *
 * - `"inspect"`: reads headers, by calls that block, and without locks between processes, so that no native module is
 *   loaded;
 * - `"read"`: reads all of it, in the background, so that Ctrl-C works; the same of locks;
 * - `"write"`: changes it, with locks between processes, and has the device store it before the command ends.
 */
export type Use = "inspect" | "read" | "write"

const disks: Readonly<Record<Use, Effect.Effect<IOProc.IOProc>>> = {
  inspect: NodeIOProc.make({ blocking: true, locks: "process", readAhead: false, writeBehind: false }),
  read: NodeIOProc.make({ locks: "process" }),
  write: NodeIOProc.make({ sync: true })
}

/** The files of the machine, as a command uses them. */
export const diskFor = (use: Use): Effect.Effect<IOProc.IOProc> => disks[use]

/** Finds out where a name leads. */
export const locateWith = (table: ReadonlyArray<Storage>) =>
(
  text: string,
  disk: IOProc.IOProc
): Effect.Effect<Located, FileError> =>
  Effect.gen(function*() {
    const path = FileName.plain(text)
    const here: Located = { ioProc: disk, name: path, path: text }
    if (text === "") return yield* usage("A file needs a name")
    const prefix = table.find((storage) => storage._tag === "Prefix" && text.startsWith(storage.prefix))
    const splits = FileName.splits(text)
    if (prefix === undefined && splits.length === 0) return here
    // A storage that cannot say whether the file exists is asked to open it, and says then what is wrong.
    if (yield* Effect.orElseSucceed(disk.exists(path), () => false)) return here
    const routes = table.filter((storage) =>
      storage._tag === "Route" && splits.some(({ code }) => Option.contains(code, storage.code))
    )
    /** The file that has the elements: the outermost one, where there is an archive in an archive. */
    const archive = splits.findLast(({ code }) =>
      routes.some((route) => "code" in route && Option.contains(code, route.code))
    )
    const base = prefix?._tag === "Prefix" ? yield* prefix.locate(archive?.path ?? text, disk) : here
    if (archive === undefined) return base
    let ioProc = base.ioProc
    for (const route of routes) {
      if (route._tag === "Route") ioProc = IOProc.route(ioProc, route.code, yield* route.load(base.ioProc))
    }
    return { ...base, ioProc, name: FileName.parse(text), path: undefined }
  })

/** Finds out where a name leads, of those that the command knows. */
export const locate = locateWith(storages)

/** What errors call standard input. */
const standardInput = "standard input"

/**
 * The stream of the process: it begins where the program before has left the file, and a read that waits for a pipe
 * does not keep an interrupted command from ending.
 */
const input = (): Stream.Stream<Uint8Array, MmioError.ReadError> =>
  NodeStream.fromReadable<MmioError.ReadError, Uint8Array>(
    () => process.stdin,
    (cause) => Errno.readError({ operation: "mmio", file: standardInput, cause })
  )

/** What comes out of a pipe, in a file of its own while it is used: nearly everything here goes back in a file. */
const spooled = <A, E, R>(
  disk: IOProc.IOProc,
  use: (located: Located) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, R> =>
  Effect.scoped(Effect.gen(function*() {
    const name = yield* Effect.acquireRelease(
      disk.tempName({ prefix: "mmio-", suffix: ".spool" }),
      (name) => Effect.ignore(disk.remove(name))
    )
    // The stream of a folder is empty, and this is a failure.
    yield* NodeIOProc.fromFd(0, { name: standardInput })
    yield* Effect.scoped(Effect.gen(function*() {
      const target = yield* Mmio.openWith(disk, name, { access: "write", create: true })
      yield* Stream.run(input(), Mmio.sink(target))
      yield* Mmio.close(target)
    }))
    return yield* use({ ioProc: disk, name }).pipe(
      Effect.mapError((error) =>
        MmioError.isMmioError(error) && error._tag !== "InvalidHandle" && error.file === name.full
          ? MmioError.withDetails(error, { file: standardInput })
          : error
      )
    )
  }))

/**
 * Runs an effect on the file that a name leads to, with its storage as `IOProc`; `-` is standard input where it is only
 * read.
 */
export const withNamed = <A, E, R>(
  text: string,
  use: Use,
  body: (located: Located) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, Exclude<R, IOProc.IOProc>> => {
  const provided = (located: Located) => Effect.provideService(body(located), IOProc.IOProc, located.ioProc)
  return Effect.flatMap(diskFor(use), (disk) => {
    if (text !== "-") return Effect.flatMap(locate(text, disk), provided)
    return use === "write"
      ? Effect.fail(usage("Standard input cannot be changed: name a file"))
      : spooled(disk, provided)
  })
}

/** Runs an effect on a file that is opened for reading only. */
export const withReading = <A, E, R>(
  text: string,
  use: "inspect" | "read",
  body: (file: Mmio.Handle<"read">) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, Exclude<R, IOProc.IOProc>> =>
  withNamed(text, use, ({ name }) => Mmio.withFile(name, { access: "read" }, body))
