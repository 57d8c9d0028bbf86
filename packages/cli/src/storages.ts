/**
 * The storages that a name can lead to, beside the files of the machine: one entry each.
 *
 * A package that brings a storage adds its entry here. Its driver is loaded by `import()` when a name asks for it, so
 * that it costs nothing where it is not used; what a driver needs and may be missing, as a client of a database, is an
 * optional dependency of this package, and where it is missing, `load` fails with a sentence that says how to install
 * it.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { type FileError, usage } from "./failure.js"

/** Where a name leads. */
export interface Located {
  readonly ioProc: IOProc.IOProc
  readonly name: FileName.FileName
  /** The path, where it is a file of the machine. */
  readonly path?: string | undefined
  /** What a command that has written there has to say, if what it wrote does not last. */
  readonly remark?: string | undefined
}

/**
 * A storage whose names begin with something, as `https://`; it gets the whole name, and of an element that of the
 * archive.
 */
interface Prefix {
  readonly _tag: "Prefix"
  readonly prefix: string
  readonly locate: (text: string, disk: IOProc.IOProc) => Effect.Effect<Located, FileError>
}

/** A storage of elements of files: `ZIP ` serves `archive.zip+element`, over whatever storage has the archive. */
interface Route {
  readonly _tag: "Route"
  readonly code: FourCC.FourCC
  readonly load: (storage: IOProc.IOProc) => Effect.Effect<IOProc.IOProc, FileError>
}

export type Storage = Prefix | Route

/**
 * `mem:take.wav` is the file take.wav, read into memory: what a command does to it is tried out, and nothing is
 * written.
 */
const memory: Prefix = {
  _tag: "Prefix",
  prefix: "mem:",
  locate: (text, disk) =>
    Effect.gen(function*() {
      const path = FileName.plain(text.slice("mem:".length))
      const bytes = yield* Effect.scoped(
        Effect.flatMap(Mmio.openWith(disk, path), (file) =>
          Effect.flatMap(Mmio.seek(file, 0, "end"), (length) =>
            Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, length))))
      ).pipe(Effect.catchTag("FileNotFound", () =>
        Effect.succeed(undefined)))
      return {
        ioProc: yield* MemoryIOProc.make({
          files: bytes === undefined ? {} : { [text]: bytes },
          folders: text.includes("/") ? [text.slice(0, text.lastIndexOf("/"))] : []
        }),
        name: FileName.plain(text),
        remark: "it is in memory only, and nothing was written"
      }
    })
}

/** `https://example.com/take.wav`: its parts are asked for by ranges, as they are needed. */
const web = (prefix: string): Prefix => ({
  _tag: "Prefix",
  prefix,
  locate: (text) => Effect.flatMap(Effect.promise(() => import("./web.js")), ({ locate }) => locate(text))
})

/** `songs.zip+dir/take.wav`: an element of an archive, wherever that is. */
const zip: Route = {
  _tag: "Route",
  code: FourCC.make("ZIP "),
  load: (storage) => Effect.flatMap(Effect.promise(() => import("./zip.js")), ({ load }) => load(storage))
}

/** Whether a module, or the native part of one, is not installed. */
const isMissing = (error: unknown): boolean =>
  Predicate.hasProperty(error, "code") && (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND")

/** `lib.db+take.wav` is the file take.wav in the rows of a database of SQLite. */
const database: Route = {
  _tag: "Route",
  code: FourCC.make("DB  "),
  load: (disk) =>
    Effect.flatMap(
      Effect.catchAll(
        Effect.tryPromise({ try: () => import("./databases.js"), catch: (error) => error }),
        (error) =>
          isMissing(error)
            ? Effect.fail(
              usage("Files of databases need a client: npm install --global @libsql/client@0.12 beside this command")
            )
            : Effect.die(error)
      ),
      ({ load }) => load(disk)
    )
}

/**
 * `s3://bucket/take.wav`: an object of a store that speaks the S3 API. It is replaced as a whole, where it is still the
 * one that was read.
 */
const s3: Prefix = {
  _tag: "Prefix",
  prefix: "s3://",
  locate: (text, disk) => Effect.flatMap(Effect.promise(() => import("./s3.js")), ({ locate }) => locate(text, disk))
}

export const storages: ReadonlyArray<Storage> = [memory, web("https://"), web("http://"), s3, zip, database]
