/**
 * What every storage driver has to do, as tests that run on any of them: the five laws of `IOProc`, every message, the exact errors,
 * several handles, names, sharing modes, interruption, faults, and long random walks beside the model.
 *
 * A driver says what it can do, and is tested for that and no more. The tests are data, {@link tests}, so that whatever runs effects
 * can run them; {@link suite} registers them with vitest.
 *
 * **Names.** The tests make files of their own where the driver can create any. A driver that cannot has to hold those of
 * {@link fixtures} beforehand, and one with folders, in any case, an empty folder named `folder`. What the tests call a file becomes
 * a name of the driver by `name`; a driver whose files are in a folder that its layer makes also provides {@link Root}.
 *
 * @since 0.1.0
 */
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as internal from "./internal/contract/contract.js"
import * as fixture from "./internal/contract/fixtures.js"
import * as vitest from "./internal/contract/suite.js"

// ---------------------------------------------------------------------------------------------------------------------
// what a driver can do
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a driver can do. What it can, it has to do right; what it cannot is not asked of it, except where it has to refuse.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities {
  /** Files can be opened for writing. */
  readonly write: boolean
  /** `open` with `create` makes files, and cuts those that are there. */
  readonly create: boolean
  /** The position of a file can be set. A driver without this still takes a seek to where the file stands. */
  readonly seek: boolean
  /** Files become longer by writing at their end and behind it. A driver without this takes what fits, or fails with `CannotExpand`. */
  readonly growable: boolean
  /** Positions beyond 4 GiB can be written, and a gap takes no space. Default: false. */
  readonly largeFiles: boolean
  /** A handle that was opened for reading refuses to write, and one for writing refuses to read. */
  readonly access: boolean
  /** A file that is closed refuses to read and to write. */
  readonly useAfterClose: boolean
  /** A file can be opened several times at once, and what one handle wrote and flushed the others see. */
  readonly multipleHandles: boolean
  /** Sharing modes hold between the handles of the driver. */
  readonly sharing: boolean
  /** There are folders; names are paths with `/` between the components, and a file is only made in a folder that is there. */
  readonly folders: boolean
  /** Files can be given another name. */
  readonly rename: boolean
  /** Files can be removed. */
  readonly remove: boolean
  /** Files that are open can be renamed, replaced and removed, and live on until their last handle is closed, as on POSIX. */
  readonly unlinkOpen: boolean
  /** It can be asked whether a file exists. */
  readonly exists: boolean
  /** Names can be completed. */
  readonly fullName: boolean
  /** Temporary files can be made. */
  readonly tempName: boolean
}

/**
 * What a driver can do that does all that a disk does, but for files beyond 4 GiB: the default.
 *
 * @since 0.1.0
 * @category models
 */
export const full: Capabilities = {
  write: true,
  create: true,
  seek: true,
  growable: true,
  largeFiles: false,
  access: true,
  useAfterClose: true,
  multipleHandles: true,
  sharing: true,
  folders: true,
  rename: true,
  remove: true,
  unlinkOpen: true,
  exists: true,
  fullName: true,
  tempName: true
}

/**
 * What a driver can do that only reads.
 *
 * @since 0.1.0
 * @category models
 */
export const readOnly: Capabilities = {
  ...full,
  write: false,
  create: false,
  growable: false,
  rename: false,
  remove: false,
  unlinkOpen: false,
  tempName: false
}

/**
 * What a driver that cannot create files has to hold, by the names that the tests call them. Of a driver that can, nothing is asked.
 *
 * @since 0.1.0
 * @category models
 */
export const fixtures: {
  readonly empty: Uint8Array
  readonly one: Uint8Array
  readonly small: Uint8Array
  readonly large: Uint8Array
} = fixture.fixtures

/**
 * What every name of the tests begins with, for a driver whose layer makes the folder that its files are in. Default: nothing.
 *
 * @example
 * ```ts
 * import { FileSystemIOProc, type IOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * // A new folder for every test, with the one that the tests ask for in it.
 * const root = Layer.scoped(
 *   IOProcContract.Root,
 *   Effect.gen(function*() {
 *     const fileSystem = yield* FileSystem.FileSystem
 *     const folder = yield* fileSystem.makeTempDirectoryScoped()
 *     yield* fileSystem.makeDirectory(`${folder}/folder`)
 *     return `${folder}/`
 *   })
 * )
 * export const layer = Layer.merge(FileSystemIOProc.layer, root)
 * export type Storage = IOProc.IOProc
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Root extends Context.Reference<Root>()("@effect-mmio/testing/IOProcContract/Root", {
  defaultValue: () => ""
}) {}

// ---------------------------------------------------------------------------------------------------------------------
// laws
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a test is about: one of the five laws of `IOProc`, or a promise of its messages.
 *
 * @since 0.1.0
 * @category models
 */
export type Law =
  | "position"
  | "end"
  | "interruption"
  | "failure"
  | "close"
  | "open"
  | "bytes"
  | "flush"
  | "handles"
  | "sharing"
  | "names"
  | "concurrency"
  | "buffering"
  | "faults"

/**
 * What each law says, in a line.
 *
 * @since 0.1.0
 * @category models
 */
export const laws: { readonly [L in Law]: string } = {
  position: "law 1, positions move by what is transferred, and are what seek says",
  end: "law 2, behind the end there is nothing to read, and gaps are zeros",
  interruption: "law 3, what ended has left nothing running",
  failure: "law 4, a call that fails leaves the position where it was",
  close: "law 5, close releases the file, once",
  open: "open finds, makes and cuts files, or says exactly why not",
  bytes: "what is written is what is read",
  flush: "writeFlush writes, and pushes down what the driver holds",
  handles: "every handle has a position of its own on the one file",
  sharing: "sharing modes hold between handles",
  names: "names are renamed, removed, found and made",
  concurrency: "operations side by side do not mix",
  buffering: "a buffered handle is an array of bytes and a position",
  faults: "a failed call of the driver loses nothing"
}

/**
 * A driver does what no driver may. The message says which law is broken, in which test, and how.
 *
 * @since 0.1.0
 * @category errors
 */
export class ContractViolation extends Data.TaggedError("ContractViolation")<{
  /** The law that is broken. */
  readonly law: Law
  /** The name of the test. */
  readonly test: string
  /** What was expected, and what came. */
  readonly description: string
  /** What the test ended with. */
  readonly cause: unknown
}> {
  override get message(): string {
    return `${laws[this.law]}: ${this.test}\n${this.description}`
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// tests
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What is tested, and how much.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What the driver can do, where it differs from {@link full}. */
  readonly capabilities?: Partial<Capabilities> | undefined
  /** What the driver calls a file that the tests call `base`; text is read by `FileName.parse`. Default: the same. */
  readonly name?: ((base: string) => string | FileName.FileName) | undefined
  /**
   * By how much the random tests are longer. Default: the environment's `MMIO_TEST_SCALE`, else 1, which are at least 2 000 operations
   * for each walk.
   */
  readonly scale?: number | undefined
  /** What the random tests begin with, to have the same again. Default: the environment's `MMIO_TEST_SEED`, else anything. */
  readonly seed?: number | undefined
  /** After how long a test counts as one that does not end. Default: 30 seconds, times `scale`. */
  readonly patience?: Duration.DurationInput | undefined
}

/**
 * One test of a driver.
 *
 * @since 0.1.0
 * @category models
 */
export interface Test {
  /** What has to be so, as a sentence. */
  readonly name: string
  /** The law that is broken if it is not. */
  readonly law: Law
  /** Fails if it is not. Wants storage in which nothing was done yet but what other tests did. */
  readonly test: Effect.Effect<void, ContractViolation, IOProc.IOProc>
}

/**
 * The tests that a driver with these capabilities has to pass.
 *
 * @example
 * ```ts
 * import { MemoryIOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * // What a driver without sharing modes breaks, whatever runs this.
 * const broken = Effect.gen(function*() {
 *   const violations: Array<string> = []
 *   for (const { test } of IOProcContract.tests({ capabilities: { sharing: false } })) {
 *     yield* Effect.catchAll(
 *       Effect.provide(test, MemoryIOProc.layer()),
 *       (error) => Effect.sync(() => violations.push(error.message))
 *     )
 *   }
 *   return violations
 * })
 * export const main = Effect.runPromise(broken)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const tests = (options?: Options): ReadonlyArray<Test> =>
  internal.tests({
    ...options,
    capabilities: { ...full, ...options?.capabilities },
    root: Root,
    violation: (fields) => new ContractViolation(fields)
  })

/**
 * Registers the tests with vitest, in the file or the `describe` that it is called from. Each has the layer built anew, and fails also if
 * the layer cannot be built or ends badly.
 *
 * @example
 * ```ts
 * import { MemoryIOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 *
 * // in MemoryIOProc.test.ts
 * export const register = () =>
 *   IOProcContract.suite("MemoryIOProc", { layer: MemoryIOProc.layer(), capabilities: { folders: false } })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const suite = <E>(
  name: string,
  options: Options & {
    /** The driver; and {@link Root}, if it has one. */
    readonly layer: Layer.Layer<IOProc.IOProc, E>
  }
): void => {
  for (const { law, name: sentence, test } of tests(options)) {
    vitest.register(`${name} > ${laws[law]} > ${sentence}`, Effect.provide(test, options.layer))
  }
}
