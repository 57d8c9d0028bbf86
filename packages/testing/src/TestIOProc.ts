/**
 * Storage in memory for tests: it does what a disk does, and shows what a program did with it.
 *
 * It is `MemoryIOProc`, with missing folders, sharing modes, versions, synchronous answers and the errors of a disk,
 * and a service beside it: what the files hold, which files are open, and every message that the storage was sent. A
 * file that is still open when the layer's scope closes fails the test. With `commit: "onClose"` it is a storage that
 * commits on close.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/testIOProc.js"

/**
 * A file that is open.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenFile {
  /** Which of the files that were opened it is, counted from 1; messages about it carry the same number. */
  readonly id: number
  /** The name that it was opened by. */
  readonly name: string
  /** What it was opened for. */
  readonly access: IOProc.Access
  /** What it allows to others. */
  readonly share: IOProc.Share
}

/**
 * What became of a message: its answer, the tag of the error that it failed with, or neither, where it was interrupted
 * or died.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome<A, E> =
  | { readonly _tag: "Success"; readonly value: A }
  | { readonly _tag: "Failure"; readonly error: E extends { readonly _tag: infer Tag } ? Tag : never }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "Died" }

/**
 * A message that the storage was sent, with its arguments and what became of it. `index` counts all messages from 0 on.
 * Of bytes the log has the number; `Recording` keeps the bytes themselves. Positions and lengths are in bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type Message =
  & { readonly index: number }
  & (
    | {
      readonly _tag: "open"
      readonly name: string
      readonly access: IOProc.Access
      readonly create: IOProc.Create
      readonly share: IOProc.Share
      readonly code: IOProc.OpenRequest["code"]
      readonly parameters: unknown
      readonly ifVersion: IOProc.OpenRequest["ifVersion"]
      readonly buffered: boolean
      /** The `id` of the file that was opened. */
      readonly outcome: Outcome<number, MmioError.OpenError>
    }
    | {
      readonly _tag: "readAt"
      readonly file: number
      readonly name: string
      readonly position: number
      /** How many bytes the target has room for. */
      readonly length: number
      /** How many bytes were read. */
      readonly outcome: Outcome<number, MmioError.ReadError>
    }
    | {
      readonly _tag: "writeAt"
      readonly file: number
      readonly name: string
      readonly position: number
      /** How many bytes the source has. */
      readonly length: number
      readonly mode: IOProc.WriteMode
      /** How many bytes were written. */
      readonly outcome: Outcome<number, MmioError.WriteError>
    }
    | {
      readonly _tag: "size"
      readonly file: number
      readonly name: string
      readonly outcome: Outcome<number, MmioError.SeekError>
    }
    | {
      readonly _tag: "truncate"
      readonly file: number
      readonly name: string
      readonly size: number
      readonly outcome: Outcome<void, MmioError.WriteError>
    }
    | {
      readonly _tag: "invalidate" | "abort"
      readonly file: number
      readonly name: string
      readonly outcome: Outcome<void, never>
    }
    | {
      readonly _tag: "commit"
      readonly file: number
      readonly name: string
      readonly outcome: Outcome<void, MmioError.CommitError>
    }
    | {
      readonly _tag: "close"
      readonly file: number
      readonly name: string
      readonly outcome: Outcome<void, MmioError.CloseError>
    }
    | {
      readonly _tag: "rename"
      readonly from: string
      readonly to: string
      readonly outcome: Outcome<void, MmioError.RenameError>
    }
    | { readonly _tag: "remove"; readonly name: string; readonly outcome: Outcome<void, MmioError.RenameError> }
    | { readonly _tag: "exists"; readonly name: string; readonly outcome: Outcome<boolean, MmioError.ExistsError> }
    | { readonly _tag: "fullName"; readonly name: string; readonly outcome: Outcome<string, MmioError.FullNameError> }
    | {
      readonly _tag: "tempName"
      readonly request: IOProc.TempNameRequest
      readonly outcome: Outcome<string, MmioError.TempNameError>
    }
    | { readonly _tag: "stat"; readonly name: string; readonly outcome: Outcome<IOProc.Stat, MmioError.StatError> }
    | {
      readonly _tag: "list"
      readonly name: string
      /** How many names the stream gave before it ended, or before its consumer stopped. */
      readonly outcome: Outcome<number, MmioError.ListError>
    }
    | {
      readonly _tag: "makeFolder" | "removeFolder"
      readonly name: string
      readonly outcome: Outcome<void, MmioError.FolderError>
    }
  )

/**
 * Files that were never closed. The message names them.
 *
 * @since 0.1.0
 * @category errors
 */
export class FilesLeftOpen extends Data.TaggedError("FilesLeftOpen")<{
  /** The files, in the order in which they were opened. */
  readonly files: ReadonlyArray<OpenFile>
}> {
  override get message(): string {
    const names = this.files.map(({ access, id, name, share }) => `${name} (number ${id}, for ${access} as ${share})`)
    return `${names.length === 1 ? "a file was" : `${names.length} files were`} never closed: ${names.join(", ")}`
  }
}

/**
 * Storage in memory that can be looked into. As a driver, and as a `MemoryIOProc`, it is the storage of the program.
 * `put`, `bytes`, `files`, `folders`, and `makeFolder` of a string, are calls of the test, which the log does not have.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestIOProc extends MemoryIOProc.MemoryIOProc {
  /** What all files hold, by their full names, which are sorted. */
  readonly contents: Effect.Effect<{ readonly [name: string]: Uint8Array }>
  /** The files that are open, in the order in which they were opened. */
  readonly openFiles: Effect.Effect<ReadonlyArray<OpenFile>>
  /**
   * The messages that the storage was sent, oldest first, in the order in which they ended; no more than the last
   * `logLimit`.
   */
  readonly log: Effect.Effect<ReadonlyArray<Message>>
  /** Forgets the messages up to now. */
  readonly clearLog: Effect.Effect<void>
  /** Fails where a file is open. */
  readonly assertNoLeaks: Effect.Effect<void, FilesLeftOpen>
}

/**
 * Storage in memory that can be looked into.
 *
 * @since 0.1.0
 * @category tags
 */
export const TestIOProc: Context.Tag<TestIOProc, TestIOProc> = Context.GenericTag<TestIOProc>(
  "@effect-mmio/testing/TestIOProc"
)

/**
 * What the storage begins with, and what it keeps.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends MemoryIOProc.Options {
  /** How many messages are kept, the oldest being forgotten. Default: 10 000. */
  readonly logLimit?: number | undefined
}

/**
 * New storage in memory that can be looked into. The end of the scope dies with {@link FilesLeftOpen} where a file is
 * open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<TestIOProc, MmioError.CannotOpen, Scope.Scope> =>
  Effect.tap(
    Effect.map(MemoryIOProc.make(options), (memory) =>
      internal.make(memory, options?.logLimit, (files) => new FilesLeftOpen({ files }))),
    (storage) =>
      Effect.addFinalizer(() => Effect.orDie(storage.assertNoLeaks))
  )

/**
 * New storage with these files as the storage of a program, and to look into. A file that is open when the layer's
 * scope closes is a defect, and so fails the test: the program has to have closed its files within the layer, as
 * `Effect.scoped` before `Effect.provide` does.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { TestIOProc } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * const copy = Effect.scoped(Effect.gen(function*() {
 *   const from = yield* Mmio.open("take1.wav")
 *   const to = yield* Mmio.open("take2.wav", { access: "write", create: true })
 *   yield* Mmio.writeAll(to, yield* Mmio.read(from, 1000))
 * }))
 *
 * export const test = Effect.gen(function*() {
 *   yield* copy
 *   const storage = yield* TestIOProc.TestIOProc
 *   const bytes = yield* storage.bytes("take2.wav")
 *   const writes = (yield* storage.log).filter((message) => message._tag === "writeAt")
 *   return bytes.length === 3 && writes.length === 1
 * }).pipe(Effect.provide(TestIOProc.layer({ "take1.wav": Uint8Array.of(1, 2, 3) })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  files?: { readonly [name: string]: Uint8Array }
): Layer.Layer<IOProc.IOProc | MemoryIOProc.MemoryIOProc | TestIOProc, MmioError.CannotOpen> => layerWith({ files })

/**
 * Like {@link layer}, with options.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (
  options: Options
): Layer.Layer<IOProc.IOProc | MemoryIOProc.MemoryIOProc | TestIOProc, MmioError.CannotOpen> =>
  Layer.scopedContext(
    Effect.map(make(options), (storage) =>
      Context.make(IOProc.IOProc, storage as IOProc.IOProc).pipe(
        Context.add(MemoryIOProc.MemoryIOProc, storage as MemoryIOProc.MemoryIOProc),
        Context.add(TestIOProc, storage)
      ))
  )

/**
 * Fails where the program has a file open.
 *
 * @since 0.1.0
 * @category checking
 */
export const assertNoLeaks: Effect.Effect<void, FilesLeftOpen, TestIOProc> = Effect.flatMap(
  TestIOProc,
  (storage) => storage.assertNoLeaks
)
