/**
 * What a test of the contract works with: the driver, names, files with known bytes, and files that are closed at the
 * end.
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
import { broken, holds } from "./check.js"
import { type Fixture, fixtures } from "./fixtures.js"

type Request = Partial<Omit<IOProc.OpenRequest, "name">>

/** Changes files as they are opened. */
type MapFile = (file: IOProc.File, request: IOProc.OpenRequest) => IOProc.File

/** A file and its bytes. @internal */
export interface Given {
  readonly name: FileName.FileName
  readonly bytes: Uint8Array
}

/** @internal */
export interface Environment {
  readonly can: Api.Capabilities
  /** What `Mmio.open` asks. */
  readonly ioProc: IOProc.IOProc
  /** The driver of the names of the tests. */
  readonly driver: IOProc.IOProc
  /** The driver, with the files below its middleware changed. */
  readonly driverOver: (f: MapFile) => IOProc.IOProc
  /** How many runs are made where the contract asks for so many. */
  readonly scaled: (runs: number) => number
  /** At which steps a sweep interrupts: at each so many, from a random one of the first on. */
  readonly interruptions: () => { readonly from: number; readonly every: number }
  readonly seed: number | undefined
  readonly name: (base: string) => FileName.FileName
  /** A base of a name that no other file has. */
  readonly unique: (base: string) => string
  /** A name that no file has, in a folder that exists. */
  readonly fresh: (base?: string) => FileName.FileName
  /** A file with the bytes of a fixture: a new one, where the driver can create files. */
  readonly given: (fixture: Fixture) => Effect.Effect<Given, unknown>
  /** A new file with these bytes. */
  readonly file: (bytes: Uint8Array, base?: string) => Effect.Effect<FileName.FileName, unknown>
  /** All bytes of a file. */
  readonly contents: (name: FileName.FileName) => Effect.Effect<Uint8Array, unknown>
  /** All bytes of a file that no other handle has open. */
  readonly contentsAlone: (
    name: FileName.FileName
  ) => Effect.Effect<Uint8Array, MmioError.OpenError | MmioError.ReadError>
  /** A file of the driver, closed with the scope if the test has not ended it. */
  readonly open: (
    name: FileName.FileName,
    request?: Request
  ) => Effect.Effect<IOProc.File, MmioError.OpenError, Scope.Scope>
  /** Closes a file that `open` returned. */
  readonly close: (file: IOProc.File) => Effect.Effect<void, MmioError.CloseError>
  /** Aborts a file that `open` returned. */
  readonly abort: (file: IOProc.File) => Effect.Effect<void>
  /** Opens a file, and closes it. */
  readonly attempt: (name: FileName.FileName, request?: Request) => Effect.Effect<void, MmioError.OpenError>
  /** A handle, through what `Mmio.open` asks. */
  readonly handle: <A extends IOProc.Access = "read">(
    name: FileName.FileName,
    options?: Mmio.OpenOptions<A>
  ) => Effect.Effect<Mmio.Handle<A>, MmioError.OpenError | MmioError.InvalidParameter, Scope.Scope>
}

const untouched = 0xee

/** One read, checked: what it returned. @internal */
export const readSome = (
  file: IOProc.File,
  position: number,
  count: number
): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.suspend(() => {
    const target = new Uint8Array(count).fill(untouched)
    return Effect.map(file.readAt(position, target), (read) => {
      holds(Number.isInteger(read) && read >= 0 && read <= count, `a read of ${count} bytes returned the count ${read}`)
      // A loop, not `every`: this is what the tests do most.
      for (let i = read; i < count; i++) {
        if (target[i] !== untouched) broken(`a read that returned ${read} of ${count} bytes changed those after them`)
      }
      return target.slice(0, read)
    })
  })

/** Reads until there are `count` bytes, or the file ends: reads may be short. @internal */
export const readUpTo = (
  file: IOProc.File,
  position: number,
  count: number,
  step = count
): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.gen(function*() {
    const bytes = new Uint8Array(count)
    let done = 0
    while (done < count) {
      const part = yield* readSome(file, position + done, Math.min(step, count - done))
      if (part.length === 0) break
      bytes.set(part, done)
      done += part.length
    }
    return bytes.slice(0, done)
  })

/** Far more than any file of the tests that is read to its end. */
const tooLong = 2 ** 22

/** All bytes from a position on. @internal */
export const readRest = (
  file: IOProc.File,
  position = 0,
  step = 1024
): Effect.Effect<Uint8Array, MmioError.ReadError> =>
  Effect.gen(function*() {
    const parts: Array<Uint8Array> = []
    let length = 0
    for (;;) {
      const part = yield* readSome(file, position + length, step)
      if (part.length === 0) break
      parts.push(part)
      length += part.length
      holds(length <= tooLong, `the file does not end: ${length} bytes were read`)
    }
    return joined(...parts)
  })

/** One write. @internal */
export const write = (
  file: IOProc.File,
  position: number,
  source: Uint8Array,
  mode: IOProc.WriteMode = "write"
): Effect.Effect<number, MmioError.WriteError> =>
  Effect.suspend(() =>
    file.writeAt === undefined
      ? broken("a file that is open for writing has no writeAt")
      : file.writeAt(position, source, mode)
  )

/** Writes all: writes may be short, but not 0. @internal */
export const writeFully = (
  file: IOProc.File,
  position: number,
  bytes: Uint8Array,
  mode: IOProc.WriteMode = "write"
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.gen(function*() {
    let done = 0
    while (done < bytes.length) {
      const rest = bytes.slice(done)
      const count = yield* write(file, position + done, rest, mode)
      holds(
        Number.isInteger(count) && count > 0 && count <= rest.length,
        `a ${mode} of ${rest.length} bytes returned the count ${count}`
      )
      done += count
    }
  })

const nothing = new Uint8Array(0)

/** Has the driver push down what it holds. @internal */
export const flush = (file: IOProc.File, position = 0): Effect.Effect<number, MmioError.WriteError> =>
  write(file, position, nothing, "writeFlush")

/** A file that refuses to write has no `writeAt`, or one that fails with `CannotWrite`. @internal */
export const refusedWrite = (
  file: IOProc.File,
  position: number,
  source: Uint8Array,
  mode: IOProc.WriteMode = "write"
): Effect.Effect<MmioError.CannotWrite | undefined> =>
  file.writeAt === undefined
    ? Effect.succeed(undefined)
    : Effect.map(Effect.either(file.writeAt(position, source, mode)), (outcome) =>
      outcome._tag === "Left" && outcome.left._tag === "CannotWrite"
        ? outcome.left
        : broken(`a ${mode} to a file that must not be written: expected CannotWrite, got ${String(outcome)}`))

/** @internal */
export const zeros = (length: number): Uint8Array => new Uint8Array(length)

/** @internal */
export const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let done = 0
  for (const part of parts) {
    bytes.set(part, done)
    done += part.length
  }
  return bytes
}

/** Bytes with others written over them from a position on. @internal */
export const overwritten = (bytes: Uint8Array, position: number, source: ArrayLike<number>): Uint8Array => {
  const changed = new Uint8Array(Math.max(bytes.length, position + source.length))
  changed.set(bytes)
  changed.set(source, position)
  return changed
}

const clock = Clock.make()

/** Lets what still runs go on, also outside of Effect. @internal */
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
  readonly around: (driver: IOProc.IOProc) => IOProc.IOProc
  readonly root: string
  readonly name: (base: string) => string | FileName.FileName
  readonly scale: number
  readonly interruptEvery: number
  readonly seed: number | undefined
}): Environment => {
  const { around, capabilities: can, interruptEvery: every, root, scale, seed } = options
  const ioProc = around(options.ioProc)
  const name = (base: string) => {
    const given = options.name(base)
    return typeof given === "string" ? FileName.parse(root + given) : given
  }
  const serving = (storage: IOProc.IOProc) =>
    Option.getOrElse(Option.flatMap(name("any").code, (code) => storage.find(code)), () => storage)
  const driver = serving(ioProc)
  const unique = (base: string) => `${base}-${made++}`
  const fresh = (base = "file") => name(unique(base))

  /** Files that a test ended itself: that is done once. */
  const ended = new WeakSet<IOProc.File>()
  const ending = <E>(file: IOProc.File, end: () => Effect.Effect<void, E>) =>
    Effect.suspend(() => {
      ended.add(file)
      return end()
    })
  const close = (file: IOProc.File) => ending(file, () => file.close)
  const open = (name: FileName.FileName, options?: Request) =>
    Effect.acquireRelease(
      Effect.suspend(() => driver.open(IOProc.openRequest(name, options))),
      (file) => ended.has(file) ? Effect.void : Effect.exit(file.close)
    )
  const attempt = (name: FileName.FileName, options?: Request) => Effect.scoped(Effect.asVoid(open(name, options)))
  const contents = (name: FileName.FileName) => Effect.scoped(Effect.flatMap(open(name), (file) => readRest(file)))
  const file = (bytes: Uint8Array, base?: string) =>
    Effect.gen(function*() {
      const name = fresh(base)
      const file = yield* open(name, { access: "write", create: "truncate" })
      yield* writeFully(file, 0, bytes)
      yield* close(file)
      return name
    }).pipe(Effect.scoped)

  return {
    can,
    ioProc,
    driver,
    driverOver: (f) => serving(around(IOProc.mapFile(options.ioProc, f))),
    scaled: (runs) => Math.ceil(runs * scale),
    interruptions: () => ({ every, from: 1 + Math.abs(seed ?? Math.floor(Math.random() * every)) % every }),
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
    abort: (file) => ending(file, () => file.abort),
    attempt,
    handle: (name, options) => Effect.provideService(Mmio.open(name, options), IOProc.IOProc, ioProc)
  }
}
