/**
 * What a test of the contract finds: the driver, names, files with known bytes, and handles that are closed at the end.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Api from "../../IOProcContract.js"
import { broken, holds, same } from "./check.js"
import { type Fixture, fixtures } from "./fixtures.js"

type Request = Partial<Omit<IOProc.OpenRequest, "name">>

/** A file and what it holds. @internal */
export interface Given {
  readonly name: FileName.FileName
  readonly bytes: Uint8Array
}

/** @internal */
export interface Environment {
  readonly can: Api.Capabilities
  /** What `Mmio.open` asks. */
  readonly ioProc: IOProc.IOProc
  /** Who serves the names of the tests. */
  readonly driver: IOProc.IOProc
  /** How many runs are asked for where the contract has so many. */
  readonly scaled: (runs: number) => number
  readonly seed: number | undefined
  readonly name: (base: string) => FileName.FileName
  /** What the tests can call a file that nothing else is called. */
  readonly unique: (base: string) => string
  /** A name that nothing has, in a folder that is there. */
  readonly fresh: (base?: string) => FileName.FileName
  /** A file with the bytes of a fixture: a new one, where the driver can create any. */
  readonly given: (fixture: Fixture) => Effect.Effect<Given, unknown>
  /** A new file with these bytes. */
  readonly file: (bytes: Uint8Array, base?: string) => Effect.Effect<FileName.FileName, unknown>
  /** All bytes of a file. */
  readonly contents: (name: FileName.FileName) => Effect.Effect<Uint8Array, unknown>
  /** All bytes of a file that nobody else has open. */
  readonly contentsAlone: (
    name: FileName.FileName
  ) => Effect.Effect<Uint8Array, MmioError.OpenError | MmioError.ReadError>
  /** A file of the driver's, closed with the scope if the test has not closed it. */
  readonly open: (
    name: FileName.FileName,
    request?: Request
  ) => Effect.Effect<IOProc.File, MmioError.OpenError, Scope.Scope>
  /** Closes a file that `open` gave. */
  readonly close: (file: IOProc.File) => Effect.Effect<void, MmioError.CloseError>
  /** What an attempt to open gives; what opened is closed. */
  readonly attempt: (name: FileName.FileName, request?: Request) => Effect.Effect<void, MmioError.OpenError>
  /** A buffered handle, through whatever `Mmio.open` asks. */
  readonly handle: <A extends IOProc.Access = "read">(
    name: FileName.FileName,
    options?: Mmio.OpenOptions<A>
  ) => Effect.Effect<Mmio.Handle<A>, MmioError.OpenError | MmioError.InvalidParameter, Scope.Scope>
}

/** @internal */
export const request = (name: FileName.FileName, options: Request = {}): IOProc.OpenRequest => ({
  name,
  access: "read",
  create: false,
  share: "compat",
  ...options
})

const untouched = 0xee

/** One read, checked: what it gave. @internal */
export const readSome = (file: IOProc.File, count: number): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.suspend(() => {
    const target = new Uint8Array(count).fill(untouched)
    return Effect.map(file.read(target), (read) => {
      holds(Number.isInteger(read) && read >= 0 && read <= count, `a read of ${count} bytes gave the count ${read}`)
      // A loop, not `every`: this is what the tests do most.
      for (let i = read; i < count; i++) {
        if (target[i] !== untouched) broken(`a read that gave ${read} of ${count} bytes changed those behind them`)
      }
      return target.slice(0, read)
    })
  })

/** Reads until there are `count` bytes, or no more: reads may be short. @internal */
export const readUpTo = (
  file: IOProc.File,
  count: number,
  step = count
): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.gen(function*() {
    const bytes = new Uint8Array(count)
    let done = 0
    while (done < count) {
      const part = yield* readSome(file, Math.min(step, count - done))
      if (part.length === 0) break
      bytes.set(part, done)
      done += part.length
    }
    return bytes.slice(0, done)
  })

/** Far more than any file of the tests that is read to its end. */
const tooLong = 2 ** 22

/** All from where the file stands. @internal */
export const readRest = (file: IOProc.File, step = 1024): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.gen(function*() {
    const parts: Array<Uint8Array> = []
    let length = 0
    for (;;) {
      const part = yield* readSome(file, step)
      if (part.length === 0) break
      parts.push(part)
      length += part.length
      holds(length <= tooLong, `the file has no end: ${length} bytes were read`)
    }
    const bytes = new Uint8Array(length)
    let done = 0
    for (const part of parts) {
      bytes.set(part, done)
      done += part.length
    }
    return bytes
  })

/** Writes all: writes may be short, though not of nothing. @internal */
export const writeFully = (
  file: IOProc.File,
  bytes: Uint8Array,
  how: "write" | "writeFlush" = "write"
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.gen(function*() {
    let done = 0
    while (done < bytes.length) {
      const rest = bytes.slice(done)
      const count = yield* file[how](rest)
      holds(
        Number.isInteger(count) && count > 0 && count <= rest.length,
        `a ${how} of ${rest.length} bytes gave the count ${count}`
      )
      done += count
    }
  })

/** Where a file stands. @internal */
export const positionOf = (file: IOProc.File): Effect.Effect<number, MmioError.CannotSeek> => file.seek(0, "current")

/** Seeks, and believes what it is told only if it is what was asked for. @internal */
export const moveTo = (file: IOProc.File, position: number): Effect.Effect<void, MmioError.CannotSeek> =>
  Effect.map(file.seek(position, "start"), (answer) => same(answer, position, `seek to ${position} from the start`))

const clock = Clock.make()

/** Lets whatever still runs go on, also outside of Effect. @internal */
export const pause: Effect.Effect<void> = Effect.withClock(Effect.sleep("1 millis"), clock)

/** @internal */
export const inRealTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withClock(effect, clock)

/** Storage may outlive a test, and have files of earlier ones. */
let made = 0

/** @internal */
export const make = (options: {
  readonly capabilities: Api.Capabilities
  readonly ioProc: IOProc.IOProc
  readonly root: string
  readonly name: (base: string) => string | FileName.FileName
  readonly scaled: (runs: number) => number
  readonly seed: number | undefined
}): Environment => {
  const { capabilities: can, ioProc, root, scaled, seed } = options
  const name = (base: string) => {
    const given = options.name(base)
    return typeof given === "string" ? FileName.parse(root + given) : given
  }
  const driver = Option.getOrElse(Option.flatMap(name("any").code, (code) => ioProc.find(code)), () => ioProc)
  const unique = (base: string) => `${base}-${made++}`
  const fresh = (base = "file") => name(unique(base))

  /** Files that a test closed itself: closing is done once. */
  const closed = new WeakSet<IOProc.File>()
  const close = (file: IOProc.File) =>
    Effect.suspend(() => {
      closed.add(file)
      return file.close
    })
  const open = (name: FileName.FileName, options?: Request) =>
    Effect.acquireRelease(
      Effect.suspend(() => driver.open(request(name, options))),
      (file) => closed.has(file) ? Effect.void : Effect.exit(file.close)
    )
  const attempt = (name: FileName.FileName, options?: Request) => Effect.scoped(Effect.asVoid(open(name, options)))
  const contents = (name: FileName.FileName) => Effect.scoped(Effect.flatMap(open(name), (file) => readRest(file)))
  const file = (bytes: Uint8Array, base?: string) =>
    Effect.gen(function*() {
      const name = fresh(base)
      const file = yield* open(name, { access: "write", create: true })
      yield* writeFully(file, bytes)
      yield* close(file)
      return name
    }).pipe(Effect.scoped)

  return {
    can,
    ioProc,
    driver,
    scaled,
    seed,
    name,
    unique,
    fresh,
    given: (fixture) =>
      can.create
        ? Effect.map(file(fixtures[fixture], fixture), (name) => ({ name, bytes: fixtures[fixture] }))
        // Earlier runs of a test may have written to it.
        : Effect.map(contents(name(fixture)), (bytes) => ({ name: name(fixture), bytes })),
    file,
    contents,
    contentsAlone: (name) =>
      Effect.scoped(
        Effect.flatMap(open(name, { share: can.sharing ? "exclusive" : "compat" }), (file) => readRest(file))
      ),
    open,
    close,
    attempt,
    handle: (name, options) => Effect.provideService(Mmio.open(name, options), IOProc.IOProc, ioProc)
  }
}
