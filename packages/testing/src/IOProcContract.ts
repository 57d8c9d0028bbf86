/**
 * The contract of storage drivers, as tests that run on any driver: the eight laws of `IOProc`, every message, the
 * exact errors, several handles, names, folders, sharing modes, interruption, faults, and long random walks compared
 * with a model.
 *
 * The caller says what a driver can do, and the driver is tested for that: see {@link Capabilities}. The tests are
 * data, {@link tests}, which any runner of effects can run; {@link suite} registers them with vitest.
 *
 * **Names.** The tests create files where the driver can create any. A driver that cannot must have the files of
 * {@link fixtures} beforehand, and a driver with folders must have an empty folder named `folder`. The option `name`
 * turns what the tests call a file into a name of the driver; a driver whose files are in a folder that its layer makes
 * also provides {@link Root}.
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
import * as runner from "./internal/contract/suite.js"

// ---------------------------------------------------------------------------------------------------------------------
// what a driver can do
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a driver can do. The tests check that it does that right, and, where it can do less, that it refuses as the
 * contract says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities {
  /** Files can be opened for writing. */
  readonly write: boolean
  /** `open` with `create: "truncate"` creates files, and truncates those that exist. */
  readonly create: boolean
  /** `open` with `create: "new"` creates a file, in one step, where the name does not exist. */
  readonly exclusiveCreate: boolean
  /** Files are read and written at any position. Without this, files have the capability `forwardOnly`. */
  readonly randomAccess: boolean
  /**
   * Files become longer by writing at their end and past it. A driver without this takes what fits, or fails with
   * `CannotExpand`.
   */
  readonly growable: boolean
  /** Positions past 4 GiB can be written, and a gap takes no space. Default: false. */
  readonly largeFiles: boolean
  /** Files that are open for writing have `truncate`. */
  readonly truncate: boolean
  /** Whether files that are open for writing are written in place, or commit on close. */
  readonly commit: "inPlace" | "onClose"
  /**
   * Files have versions, `open` checks `ifVersion`, and a commit over a content that was changed is `VersionChanged`.
   */
  readonly versions: boolean
  /** A file that was opened for reading refuses to write, and one for writing refuses to read. */
  readonly access: boolean
  /** A file that is closed refuses to read and to write. */
  readonly useAfterClose: boolean
  /** A file can be opened several times at once, and what one handle wrote and flushed the others see. */
  readonly multipleHandles: boolean
  /** Sharing modes hold between the handles of the driver. */
  readonly sharing: boolean
  /**
   * There are folders; names are paths with `/` between the components, and a file is only created in a folder that
   * exists.
   */
  readonly folders: boolean
  /** Folders can be made and removed. */
  readonly makeFolders: boolean
  /** `stat` works. */
  readonly stat: boolean
  /** `list` works. */
  readonly list: boolean
  /** Files can be given another name. */
  readonly rename: boolean
  /** Files can be removed. */
  readonly remove: boolean
  /**
   * Files that are open can be renamed, replaced and removed, and exist until their last handle is closed, as on POSIX.
   */
  readonly unlinkOpen: boolean
  /** It can be asked whether a file exists. */
  readonly exists: boolean
  /** Names can be completed. */
  readonly fullName: boolean
  /** Temporary files can be made. */
  readonly tempName: boolean
}

/**
 * The capabilities of a driver that does all that a disk does, except files of more than 4 GiB: the default.
 *
 * @since 0.1.0
 * @category models
 */
export const full: Capabilities = {
  write: true,
  create: true,
  exclusiveCreate: true,
  randomAccess: true,
  growable: true,
  largeFiles: false,
  truncate: true,
  commit: "inPlace",
  versions: true,
  access: true,
  useAfterClose: true,
  multipleHandles: true,
  sharing: true,
  folders: true,
  makeFolders: true,
  stat: true,
  list: true,
  rename: true,
  remove: true,
  unlinkOpen: true,
  exists: true,
  fullName: true,
  tempName: true
}

/**
 * The capabilities of a driver that only reads.
 *
 * @since 0.1.0
 * @category models
 */
export const readOnly: Capabilities = {
  ...full,
  write: false,
  create: false,
  exclusiveCreate: false,
  growable: false,
  truncate: false,
  makeFolders: false,
  rename: false,
  remove: false,
  unlinkOpen: false,
  tempName: false
}

/**
 * The files that a driver must have that cannot create any, by the names that the tests call them.
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
 * The start of every name of the tests, for a driver whose layer makes the folder that its files are in. Default:
 * nothing.
 *
 * @example
 * ```ts
 * import { FileSystemIOProc, type IOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * // A new folder for every test, with the folder that the tests ask for in it.
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
 * What a test is about: one of the eight laws of `IOProc`, or what its functions do.
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
  | "answer"
  | "commit"
  | "capabilities"
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
  position: "law 1, transfers happen at the position that they are given",
  end: "law 2, a read past the end returns 0, and gaps are zeros",
  interruption: "law 3, an effect that has ended has no I/O in flight",
  failure: "law 4, a call that fails changes nothing else",
  close: "law 5, close and abort release the file, once",
  answer: "law 6, the first answer is final",
  commit: "law 7, other readers see the old content or the new one",
  capabilities: "law 8, capabilities are true",
  open: "open finds, creates and truncates files, or fails exactly",
  bytes: "a file reads what was written",
  flush: "writeFlush writes, and pushes down what the driver holds",
  handles: "all handles of a file have the same bytes",
  sharing: "sharing modes hold between handles",
  names: "names and folders are found, listed, made, renamed and removed",
  concurrency: "concurrent operations do not mix",
  buffering: "a buffered handle is an array of bytes and a position",
  faults: "a failed call of the driver loses nothing"
}

/**
 * A driver breaks its contract. The message says which law is broken, in which test, and how, in at most ten lines.
 *
 * @since 0.1.0
 * @category errors
 */
export class ContractViolation extends Data.TaggedError("ContractViolation")<{
  /** The law that is broken. */
  readonly law: Law
  /** The name of the test. */
  readonly test: string
  /** What was expected, and what happened. */
  readonly description: string
  /** What the test ended with. */
  readonly cause: unknown
}> {
  override get message(): string {
    return internal.shortened(`${laws[this.law]}: ${this.test}\n${this.description}`)
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
  /**
   * The name that the driver has for what the tests call `base`; text is read by `FileName.parse`. Default: the same.
   */
  readonly name?: ((base: string) => string | FileName.FileName) | undefined
  /**
   * Middleware to test: it goes around the driver of the layer, and the tests of law 6 have calls fail below it.
   * Default: none.
   */
  readonly around?: ((driver: IOProc.IOProc) => IOProc.IOProc) | undefined
  /**
   * How much longer the random tests are. Default: the environment's `MMIO_TEST_SCALE`, else 1, which are at least 2
   * 000 operations for each walk.
   */
  readonly scale?: number | undefined
  /**
   * Interrupts operations at each so many of their steps, from a random one on, which takes as many times less.
   * Default: the environment's `MMIO_TEST_INTERRUPT_EVERY`, else 1, which misses none.
   */
  readonly interruptEvery?: number | undefined
  /** The seed of the random tests, to repeat a failure. Default: the environment's `MMIO_TEST_SEED`, else random. */
  readonly seed?: number | undefined
  /** How long a test may take. Default: 30 seconds, times `scale`. */
  readonly patience?: Duration.DurationInput | undefined
}

/**
 * One test of a driver.
 *
 * @since 0.1.0
 * @category models
 */
export interface Test {
  /** What the test checks, as a sentence. */
  readonly name: string
  /** The law that is broken where the test fails. */
  readonly law: Law
  /** The test. It needs a storage that only other tests have used. */
  readonly test: Effect.Effect<void, ContractViolation, IOProc.IOProc>
}

/**
 * The tests of a driver with these capabilities.
 *
 * @example
 * ```ts
 * import { MemoryIOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * // The laws that a driver without sharing modes breaks.
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
 * What a runner registers a test with, such as `test` of `node:test`. A test fails by rejecting.
 *
 * @since 0.1.0
 * @category models
 */
export type Register = (name: string, run: () => Promise<void>) => void

/**
 * Registers the tests with vitest, in the file or the `describe` that it is called from, or with another runner. Each
 * test builds the layer anew, and fails where the layer cannot be built or released. What a failure prints is the law,
 * the test, and what was expected, in at most ten lines.
 *
 * @example
 * ```ts
 * import { MemoryIOProc } from "@effect-mmio/core"
 * import { IOProcContract } from "@effect-mmio/testing"
 * import { test } from "node:test"
 *
 * // in MemoryIOProc.test.ts, with vitest
 * export const register = () =>
 *   IOProcContract.suite("MemoryIOProc", { layer: MemoryIOProc.layer(), capabilities: { folders: false } })
 *
 * // with `node --test`
 * export const registerWithNode = () =>
 *   IOProcContract.suite("MemoryIOProc", { layer: MemoryIOProc.layer(), test: (name, run) => void test(name, run) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const suite = <E>(
  name: string,
  options: Options & {
    /** The driver, and {@link Root} where it has one. */
    readonly layer: Layer.Layer<IOProc.IOProc, E>
    /**
     * What registers a test. Default: that of the vitest that runs this; outside of vitest `suite` throws without it.
     */
    readonly test?: Register | undefined
  }
): void => {
  const register = options.test ?? runner.withVitest
  for (const { law, name: sentence, test } of tests(options)) {
    register(
      `${name} > ${laws[law]} > ${sentence}`,
      () => runner.runTest(Effect.provide(test, options.layer))
    )
  }
}
