/**
 * Opening, and what is done with names.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import * as Scope from "effect/Scope"
import * as FileName from "../FileName.js"
import * as FourCC from "../FourCC.js"
import * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import * as BufferState from "./handle/bufferState.js"
import { Handle, MemoryHandle, TypeId } from "./handle/handle.js"
import { defaultChunkSize } from "./handle/stream.js"
import { map } from "./io/answer.js"
import { allocate, isPosition, outOfMemory } from "./io/copy.js"
import { bothExits } from "./io/exits.js"
import * as MemoryBlock from "./memoryBlock.js"
import { countFailure, traced } from "./observe.js"

const defaultBufferSize = 8192

/**
 * Every handle is made by this library, as a `Handle`: the interface is opaque, and cannot be implemented outside.
 *
 * @internal
 */
export const implementation = <A extends IOProc.Access>(handle: Api.Handle<A>): Handle<A> =>
  handle instanceof Handle ? handle : isHandle(handle) ? handle as Handle<A> : noHandle(handle)

/**
 * What a value that is no handle is taken for: a handle that was closed, so that its use is a defect of the effect, and
 * throws nothing before.
 */
const noHandle = <A extends IOProc.Access>(value: { readonly access: A }): Handle<A> => {
  const handle = new Handle<A>({
    name: FileName.plain(Inspectable.toStringUnknown(value, 0)),
    invalid: "this value is no handle",
    access: value?.access,
    driver: undefined,
    file: MemoryBlock.file,
    ownsFile: false,
    commitsOnFailure: false,
    initial: BufferState.make(new Uint8Array(0), 0)
  })
  handle.lock.close()
  return handle
}

// ---------------------------------------------------------------------------------------------------------------------
// parameters
// ---------------------------------------------------------------------------------------------------------------------

const invalid = (operation: string, file: string, description: string) =>
  new MmioError.InvalidParameter({ operation, file, description })

const makeBuffer = (
  operation: string,
  file: string,
  buffer: number | Uint8Array | "none" | undefined
): Either.Either<Uint8Array, MmioError.InvalidParameter | MmioError.OutOfMemory> => {
  if (typeof buffer === "object") return Either.right(buffer)
  const size = buffer === undefined ? defaultBufferSize : buffer === "none" ? 0 : buffer
  if (!Number.isSafeInteger(size) || size < 0) {
    return Either.left(invalid(operation, file, `${size} is not the size of a buffer`))
  }
  const bytes = allocate(size)
  return bytes === undefined
    ? Either.left(outOfMemory(operation, file, size))
    : Either.right(bytes)
}

/** @internal */
export const codeOf = (
  operation: string,
  file: string,
  code: string
): Either.Either<FourCC.FourCC, MmioError.InvalidParameter> =>
  FourCC.isFourCC(code)
    ? Either.right(code)
    : Either.left(invalid(operation, file, `${FourCC.format(code)} is not a four-character code`))

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

/** The driver that a name is asked of, and the code by which it was chosen. */
interface Served {
  readonly driver: IOProc.IOProc
  readonly name: FileName.FileName
  readonly code: Option.Option<FourCC.FourCC>
}

/** The driver of a code, where it has one; the two predefined procedures can be installed over. */
const driverOf = (storage: IOProc.IOProc, code: FourCC.FourCC): Option.Option<IOProc.IOProc> =>
  Option.orElse(storage.find(code), () => MemoryBlock.predefined(storage, code))

const noDriver = (operation: string, name: FileName.FileName, code: FourCC.FourCC, hint: string) =>
  new MmioError.CannotOpen({
    operation,
    file: name.full,
    description: `no driver serves names of the code ${FourCC.format(code)}${hint}`
  })

/**
 * The driver that serves a name: that of the code the caller gives, else that of a code in the name, else the storage.
 * Text is split at the last `+` that has a route; a plain name is served by what is installed as `"DOS "`, if anything
 * is.
 */
const serving = (
  operation: string,
  storage: IOProc.IOProc,
  given: string | FileName.FileName,
  code: string | undefined
): Either.Either<Served, MmioError.InvalidParameter | MmioError.CannotOpen> => {
  const parsed = FileName.from(given)
  if (parsed.full.includes("\0")) return Either.left(invalid(operation, parsed.full, "a name cannot hold a NUL"))
  const plain = (name: FileName.FileName): Served => ({
    driver: Option.getOrElse(driverOf(storage, FourCC.DOS), () => storage),
    name,
    code: Option.none()
  })
  if (code !== undefined) {
    return Either.flatMap(codeOf(operation, parsed.full, code), (wanted) =>
      Option.match(driverOf(storage, wanted), {
        onSome: (driver) => Either.right({ driver, name: parsed, code: Option.some(wanted) }),
        onNone: () => Either.left(noDriver(operation, parsed, wanted, ""))
      }))
  }
  for (const name of typeof given === "string" ? FileName.splits(given) : [parsed]) {
    if (Option.isNone(name.code)) continue
    const driver = storage.find(name.code.value)
    if (Option.isSome(driver)) return Either.right({ driver: driver.value, name, code: name.code })
  }
  return Option.match(parsed.code, {
    onNone: () => Either.right(plain(parsed)),
    // A folder of a plain path may hold a "+".
    onSome: (wanted) =>
      typeof given === "string" && Option.exists(parsed.element, (element) => /[/\\]/.test(element))
        ? Either.right(plain(FileName.plain(given)))
        : Either.left(
          noDriver(
            operation,
            parsed,
            wanted,
            `; for a file whose own name holds a "+", use FileName.plain or the option ioProc: "DOS "`
          )
        )
  })
}

/**
 * Asks the driver that serves a name; its errors name the operation and the file.
 *
 * @internal
 */
export const asking = <A, E extends MmioError.MmioError>(
  operation: string,
  given: string | FileName.FileName,
  options: Api.NameOptions | undefined,
  ask: (driver: IOProc.IOProc, name: FileName.FileName) => Effect.Effect<A, E>
): Effect.Effect<A, E | MmioError.InvalidParameter | MmioError.CannotOpen, IOProc.IOProc> =>
  Effect.flatMap(IOProc.IOProc, (storage) =>
    Effect.flatMap(
      serving(operation, storage, given, options?.ioProc),
      ({ driver, name }) =>
        Effect.mapError(ask(driver, name), (error) => MmioError.withDetails(error, { operation, file: name.full }))
    ))

// ---------------------------------------------------------------------------------------------------------------------
// opening
// ---------------------------------------------------------------------------------------------------------------------

/** Handles flush and close as they are released; what fails then has no channel to fail in, and is a defect. */
const scoped = <H extends Handle, E, R>(open: Effect.Effect<H, E, R>): Effect.Effect<H, E, R | Scope.Scope> =>
  // What `acquireRelease` keeps for a finalizer, the references of the fiber, would be as large as all else of a handle
  // without its buffer.
  Effect.uninterruptible(
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.tap(open, (handle) =>
        Scope.addFinalizerExit(scope, (exit) =>
          Effect.orDie(handle.dispose("Mmio.close", exit)))))
  )

/** @internal */
export type OpenFailure = MmioError.OpenError | MmioError.OutOfMemory | MmioError.InvalidParameter

/** Without an `access` the type of the options, and of the handle, is that of reading. */
const accessOf = <A extends IOProc.Access>(options: { readonly access?: A } | undefined): A =>
  options?.access ?? "read" as A

const openFile = <A extends IOProc.Access>(
  operation: string,
  { code, driver, name }: Served,
  options: Api.OpenOptions<A> | undefined
): Effect.Effect<Handle<A>, OpenFailure> =>
  Effect.suspend(() => {
    const access = accessOf(options)
    const create = options?.create ?? false
    if (!isAccess(access)) return Effect.fail(invalid(operation, name.full, `${String(access)} is no access`))
    if (create !== false && access === "read") {
      return Effect.fail(invalid(operation, name.full, "a file cannot be created for reading only"))
    }
    if (driver === MemoryBlock.procedure) return openBlock(operation, name, access, options)
    const request: IOProc.OpenRequest = {
      name,
      access,
      create: create === "new" ? "new" : create ? "truncate" : "no",
      share: options?.share ?? "compat",
      code,
      parameters: options?.parameters,
      ifVersion: Option.fromNullable(options?.ifVersion),
      buffered: options?.buffer !== "none" && options?.buffer !== 0
    }
    // The buffer first: a file must not be cut for a handle that cannot be made.
    return Effect.flatMap(makeBuffer(operation, name.full, options?.buffer), (buffer) =>
      Effect.flatMap(
        Effect.mapError(
          driver.open(request),
          (error) => MmioError.withDetails(countFailure(error), { operation, file: name.full })
        ),
        (file) =>
          Effect.map(
            Effect.zipRight(
              admit(operation, name, access, file, () => Effect.ignore(file.close)),
              checkVersion(operation, request, file)
            ),
            () =>
              new Handle({
                name,
                access,
                driver,
                file,
                ownsFile: true,
                commitsOnFailure: options?.onFailure === "commit",
                code,
                parameters: options?.parameters,
                initial: BufferState.make(buffer, file.start ?? 0)
              })
          )
      ))
  })

/** Refuses a version that was asked for where the driver knows none, and so has not looked. */
const checkVersion = (
  operation: string,
  { ifVersion, name }: IOProc.OpenRequest,
  file: IOProc.File
): Effect.Effect<void, MmioError.CannotOpen> =>
  Option.isNone(ifVersion) || Option.isSome(file.version) ? Effect.void : Effect.zipRight(
    file.abort,
    Effect.fail(
      new MmioError.CannotOpen({ operation, file: name.full, description: "the storage knows no versions" })
    )
  )

/** The types know it; a program without types may say something else. */
const isAccess = (access: string): boolean => access === "read" || access === "write" || access === "readWrite"

/** Refuses to write to a file that is only read. */
const admit = (
  operation: string,
  name: FileName.FileName,
  access: IOProc.Access,
  file: IOProc.File,
  release: () => Effect.Effect<void>
): Effect.Effect<void, MmioError.AccessDenied> =>
  access === "read" || file.writeAt !== undefined ? Effect.void : Effect.zipRight(
    Effect.suspend(release),
    Effect.fail(
      new MmioError.AccessDenied({ operation, file: name.full, description: "the storage only reads this file" })
    )
  )

/** A memory file opened by its code: the buffer is the block, and the parameters may say how it grows. */
const openBlock = <A extends IOProc.Access>(
  operation: string,
  name: FileName.FileName,
  access: A,
  options: Api.OpenOptions<A> | undefined
): Effect.Effect<Handle<A>, MmioError.InvalidParameter | MmioError.OutOfMemory> =>
  makeMemory(operation, name, access, {
    block: options?.buffer === "none" ? 0 : options?.buffer ?? 0,
    create: options?.create !== undefined && options.create !== false,
    expandBy: MemoryBlock.expandByOf(options?.parameters)
  })

const makeMemory = <A extends IOProc.Access>(
  operation: string,
  name: FileName.FileName,
  access: A,
  { block, create, expandBy }: {
    readonly block: number | Uint8Array
    readonly create: boolean
    readonly expandBy: number
  }
): Effect.Effect<MemoryHandle<A>, MmioError.InvalidParameter | MmioError.OutOfMemory> =>
  isPosition(expandBy)
    ? Effect.map(
      makeBuffer(operation, name.full, block),
      (block) =>
        new MemoryHandle({
          name,
          access,
          driver: undefined,
          file: MemoryBlock.file,
          ownsFile: false,
          commitsOnFailure: false,
          code: Option.some(FourCC.MEM),
          initial: BufferState.makeWhole(block, create ? 0 : block.length),
          expandBy
        })
    )
    : Effect.fail(invalid(operation, name.full, `a block cannot grow by ${expandBy} bytes`))

/** @internal */
export const openRouted = <A extends IOProc.Access>(
  operation: string,
  given: string | FileName.FileName,
  options: Api.OpenOptions<A> & Api.NameOptions | undefined
): Effect.Effect<Handle<A>, OpenFailure, IOProc.IOProc> =>
  opening(
    given,
    Effect.flatMap(IOProc.IOProc, (storage) =>
      Effect.flatMap(
        serving(operation, storage, given, options?.ioProc),
        (served) => openFile(operation, served, options)
      ))
  )

/** Opening as others see it. */
const opening = <A extends IOProc.Access, E, R>(
  name: string | FileName.FileName,
  open: Effect.Effect<Handle<A>, E, R>
): Effect.Effect<Handle<A>, E, R> =>
  traced(
    "Mmio.open",
    typeof name === "string" ? name : name.full,
    open,
    ({ access }) => ({ "mmio.access": access })
  )

/** @internal */
export const open = <A extends IOProc.Access>(
  name: string | FileName.FileName,
  options?: Api.OpenOptions<A> & Api.NameOptions
): Effect.Effect<Handle<A>, OpenFailure, IOProc.IOProc | Scope.Scope> => scoped(openRouted("Mmio.open", name, options))

/** @internal */
export const openWith = <A extends IOProc.Access>(
  driver: IOProc.IOProc,
  name: string | FileName.FileName,
  options?: Api.OpenOptions<A>
): Effect.Effect<Handle<A>, OpenFailure, Scope.Scope> => scoped(openGiven("Mmio.openWith", driver, name, options))

/** @internal */
export const openGiven = <A extends IOProc.Access>(
  operation: string,
  driver: IOProc.IOProc,
  name: string | FileName.FileName,
  options: Api.OpenOptions<A> | undefined
): Effect.Effect<Handle<A>, OpenFailure> =>
  opening(name, Effect.suspend(() => openFile(operation, givenDriver(driver, FileName.from(name)), options)))

const givenDriver = (driver: IOProc.IOProc, name: FileName.FileName): Served => ({ driver, name, code: name.code })

/**
 * Flushes and closes after a use that ended so; both failures are reported.
 *
 * @internal
 */
export const ending = <A extends IOProc.Access, B, E>(
  operation: string,
  handle: Handle<A>,
  used: Exit.Exit<B, E>
): Effect.Effect<B, E | MmioError.CloseError | Api.PendingError<A>> =>
  Effect.flatMap(Effect.exit(handle.dispose(operation, used)), (closed) => bothExits(used, closed))

/**
 * Opens, uses, flushes and closes, however the use ended; both failures are reported.
 *
 * @internal
 */
export const using = <A extends IOProc.Access, E, R, B, E2, R2>(
  operation: string,
  open: Effect.Effect<Handle<A>, E, R>,
  use: (handle: Handle<A>) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E | E2 | MmioError.CloseError | Api.PendingError<A>, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      open,
      (handle) => Effect.flatMap(Effect.exit(restore(use(handle))), (used) => ending(operation, handle, used))
    )
  )

/** @internal */
export const withFile = <A extends IOProc.Access, B, E, R>(
  name: string | FileName.FileName,
  options: Api.OpenOptions<A> & Api.NameOptions,
  use: (handle: Api.Handle<A>) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | OpenFailure | MmioError.CloseError | Api.PendingError<A>, IOProc.IOProc | R> =>
  using("Mmio.withFile", openRouted("Mmio.withFile", name, options), use)

/** @internal */
export const fromFile = <A extends IOProc.Access>(
  file: IOProc.File,
  options?: Api.FromFileOptions<A>
): Effect.Effect<
  Handle<A>,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.AccessDenied,
  Scope.Scope
> => {
  const operation = "Mmio.fromFile"
  const name = options?.name === undefined ? FileName.plain("a given file") : FileName.from(options.name)
  const access = accessOf(options)
  return scoped(
    Effect.flatMap(
      makeBuffer(operation, name.full, options?.buffer),
      (buffer) =>
        Effect.map(admit(operation, name, access, file, () => Effect.void), () =>
          new Handle({
            name,
            access,
            driver: undefined,
            file,
            ownsFile: false,
            commitsOnFailure: false,
            initial: BufferState.make(buffer, file.start ?? 0)
          }))
    )
  )
}

/** @internal */
export const openMemory = <A extends IOProc.Access>(
  options?: Api.MemoryOptions<A>
): Effect.Effect<MemoryHandle<A>, MmioError.InvalidParameter | MmioError.OutOfMemory, Scope.Scope> =>
  scoped(Effect.suspend(() =>
    makeMemory(
      "Mmio.openMemory",
      options?.name === undefined ? FileName.plain("a memory file") : FileName.from(options.name),
      options?.access ?? "readWrite" as A, // which A is where no access is given
      {
        block: options?.bytes ?? options?.size ?? 0,
        create: options?.create === true,
        expandBy: options?.expandBy ?? 0
      }
    )
  ))

/** @internal */
export const memoryBytes = (handle: Api.MemoryHandle): Effect.Effect<Uint8Array> => {
  // Every memory handle is made here.
  const { window } = handle as MemoryHandle
  return (handle as MemoryHandle).atRest(() => window.state.bytes.slice(0, window.state.endRead))
}

// ---------------------------------------------------------------------------------------------------------------------
// what is composed of the methods of handles
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const setBuffer = <A extends IOProc.Access>(
  handle: Handle<A>,
  buffer: number | Uint8Array | "none"
): Effect.Effect<
  void,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.CannotSeek | Api.PendingError<A>
> =>
  Effect.flatMap(
    makeBuffer("Mmio.setBuffer", handle.name.full, buffer),
    (bytes) =>
      handle.exclusive<void, MmioError.InvalidParameter | MmioError.CannotSeek | Api.PendingError<A>>(
        "Mmio.setBuffer",
        (restore) => handle.withoutWriting(handle.engine.setBuffer(bytes, restore))
      )
  )

/** @internal */
export const sendMessage = <B, E>(
  handle: Handle,
  request: Request.Request<B, E>
): Effect.Effect<Option.Option<B>, E> =>
  handle.lock.exclusive((restore) =>
    Option.match(handle.engine.file.onMessage(request), {
      onNone: () => Exit.succeed(Option.none()),
      onSome: (answer) => map(restore(answer), Option.some)
    })
  )

/** @internal */
export const tempName = (
  options: IOProc.TempNameRequest & Api.NameOptions | undefined
): Effect.Effect<
  FileName.FileName,
  MmioError.TempNameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => {
  const { ioProc, ...request } = options ?? {}
  return asking("Mmio.tempName", FileName.plain("a temporary file"), { ioProc }, (driver) => driver.tempName(request))
}

/** @internal */
export const nameFrom = FileName.from

/** @internal */
export const checkRange = (
  handle: Handle,
  operation: string,
  range: Api.Range | undefined
): Effect.Effect<{ readonly from: number | undefined; readonly to: number }, MmioError.InvalidParameter> => {
  const { from, to = Number.MAX_SAFE_INTEGER } = range ?? {}
  const isPlace = (place: number) => Number.isSafeInteger(place) && place >= 0
  return (from === undefined || isPlace(from)) && isPlace(to) && (from ?? 0) <= to
    ? Effect.succeed({ from, to })
    : handle.invalid(operation, `${from ?? "the position"} to ${to} is not a range of a file`)
}

/** @internal */
export const checkChunkSize = (
  handle: Handle,
  operation: string,
  size: number = defaultChunkSize
): Effect.Effect<number, MmioError.InvalidParameter> =>
  Number.isSafeInteger(size) && size > 0
    ? Effect.succeed(size)
    : handle.invalid(operation, `${size} is not the size of a chunk`)

/** @internal */
export const checkLimit = (
  handle: Handle,
  operation: string,
  limit: number
): Effect.Effect<number, MmioError.InvalidParameter> =>
  Number.isSafeInteger(limit) && limit > 0
    ? Effect.succeed(limit)
    : handle.invalid(operation, `${limit} is no limit of the bytes of a record`)

/** @internal */
export const isHandle = (u: unknown): u is Api.Handle => typeof u === "object" && u !== null && TypeId in u
