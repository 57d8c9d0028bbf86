/**
 * Opening, and what is done with names.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import * as Scope from "effect/Scope"
import * as FileName from "../FileName.js"
import * as FourCC from "../FourCC.js"
import * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import { allocate, outOfMemory } from "./copy.js"
import { bothExits } from "./exits.js"
import { FileHandle } from "./fileHandle.js"
import { type HandleBase, TypeId } from "./handle.js"
import { MemoryHandle } from "./memoryHandle.js"
import { defaultChunkSize } from "./stream.js"

const defaultBufferSize = 8192

/**
 * Every handle is made by this library, as one of its two classes: the interface is opaque, and cannot be implemented outside.
 *
 * @internal
 */
export const implementation = <A extends IOProc.Access>(handle: Api.Handle<A>): HandleBase<A> => handle as HandleBase<A>

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

/**
 * The driver that serves a name: that of the code the caller gives, else that of the name's own code, else the storage.
 */
const serving = (
  operation: string,
  storage: IOProc.IOProc,
  name: FileName.FileName,
  code: string | undefined
): Either.Either<IOProc.IOProc, MmioError.InvalidParameter | MmioError.CannotOpen> => {
  const wanted = code === undefined
    ? Either.right(name.code)
    : Either.map(codeOf(operation, name.full, code), Option.some)
  return Either.flatMap(
    wanted,
    Option.match({
      onNone: () => Either.right(storage),
      onSome: (wanted) =>
        Option.match(storage.find(wanted), {
          onSome: (driver) => Either.right(driver),
          onNone: () =>
            wanted === FourCC.DOS ? Either.right(storage) : Either.left(
              new MmioError.CannotOpen({
                operation,
                file: name.full,
                description: `no driver serves names of the code ${FourCC.format(wanted)}`
                  + (code === undefined
                    ? `; for a file whose own name holds a "+", use FileName.plain or the option ioProc: "DOS "`
                    : "")
              })
            )
        })
    })
  )
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
  Effect.flatMap(IOProc.IOProc, (storage) => {
    const name = FileName.from(given)
    return Effect.flatMap(
      serving(operation, storage, name, options?.ioProc),
      (driver) =>
        Effect.mapError(ask(driver, name), (error) => MmioError.withDetails(error, { operation, file: name.full }))
    )
  })

// ---------------------------------------------------------------------------------------------------------------------
// opening
// ---------------------------------------------------------------------------------------------------------------------

/** Handles flush and close as they are released; what fails then has no channel to fail in, and is a defect. */
const scoped = <H extends HandleBase, E, R>(open: Effect.Effect<H, E, R>): Effect.Effect<H, E, R | Scope.Scope> =>
  // What `acquireRelease` keeps for a finalizer, the references of the fiber, would be as large as all else of a handle without its buffer.
  Effect.uninterruptible(
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.tap(open, (handle) =>
        Scope.addFinalizerExit(scope, () => Effect.orDie(handle.dispose("Mmio.close")))))
  )

/** @internal */
export type OpenFailure = MmioError.OpenError | MmioError.OutOfMemory | MmioError.InvalidParameter

/** Without an `access` the type of the options, and of the handle, is that of reading. */
const accessOf = <A extends IOProc.Access>(options: { readonly access?: A } | undefined): A =>
  options?.access ?? "read" as A

const openFile = <A extends IOProc.Access>(
  operation: string,
  driver: IOProc.IOProc,
  name: FileName.FileName,
  options: Api.OpenOptions<A> | undefined
): Effect.Effect<FileHandle<A>, OpenFailure> =>
  Effect.suspend(() => {
    const access = accessOf(options)
    const create = options?.create ?? false
    if (create && access === "read") {
      return Effect.fail(invalid(operation, name.full, "a file cannot be created for reading only"))
    }
    const request = { name, access, create, share: options?.share ?? "compat" }
    // The buffer first: a file must not be cut for a handle that cannot be made.
    return Effect.flatMap(makeBuffer(operation, name.full, options?.buffer), (buffer) =>
      Effect.mapBoth(driver.open(request), {
        onFailure: (error) =>
          MmioError.withDetails(error, { operation, file: name.full }),
        onSuccess: (file) => new FileHandle({ name, access, driver, file, ownsFile: true, buffer, position: 0 })
      }))
  })

const openRouted = <A extends IOProc.Access>(
  operation: string,
  given: string | FileName.FileName,
  options: Api.OpenOptions<A> & Api.NameOptions | undefined
): Effect.Effect<FileHandle<A>, OpenFailure, IOProc.IOProc> =>
  Effect.flatMap(IOProc.IOProc, (storage) => {
    const name = FileName.from(given)
    return Effect.flatMap(
      serving(operation, storage, name, options?.ioProc),
      (driver) => openFile(operation, driver, name, options)
    )
  })

/** @internal */
export const open = <A extends IOProc.Access>(
  name: string | FileName.FileName,
  options?: Api.OpenOptions<A> & Api.NameOptions
): Effect.Effect<HandleBase<A>, OpenFailure, IOProc.IOProc | Scope.Scope> =>
  scoped(openRouted("Mmio.open", name, options))

/** @internal */
export const openWith = <A extends IOProc.Access>(
  driver: IOProc.IOProc,
  name: string | FileName.FileName,
  options?: Api.OpenOptions<A>
): Effect.Effect<HandleBase<A>, OpenFailure, Scope.Scope> =>
  scoped(openFile("Mmio.openWith", driver, FileName.from(name), options))

/** Flushes and closes behind a use, whatever came of it; both failures are told. */
const using = <A extends IOProc.Access, E, R, B, E2, R2>(
  operation: string,
  open: Effect.Effect<HandleBase<A>, E, R>,
  use: (handle: HandleBase<A>) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E | E2 | MmioError.CloseError | Api.PendingError<A>, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      open,
      (handle) =>
        Effect.flatMap(Effect.exit(restore(use(handle))), (used) =>
          Effect.flatMap(Effect.exit(handle.dispose(operation)), (closed) => bothExits(used, closed)))
    )
  )

/** @internal */
export const withFile = <A extends IOProc.Access, B, E, R>(
  name: string | FileName.FileName,
  options: Api.OpenOptions<A> & Api.NameOptions,
  use: (handle: Api.Handle<A>) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | OpenFailure | MmioError.CloseError | Api.PendingError<A>, IOProc.IOProc | R> =>
  using("Mmio.withFile", openRouted("Mmio.withFile", name, options), use)

/** Like `withFile`, of a driver itself. @internal */
export const withFileOf = <B, E, R>(
  driver: IOProc.IOProc,
  name: FileName.FileName,
  use: (handle: Api.ReadHandle) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | OpenFailure | MmioError.CloseError, R> =>
  using("Mmio.withFile", openFile<"read">("Mmio.withFile", driver, name, undefined), use)

/** @internal */
export const fromFile = <A extends IOProc.Access>(
  file: IOProc.File,
  options?: Api.FromFileOptions<A>
): Effect.Effect<
  HandleBase<A>,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.CannotSeek,
  Scope.Scope
> => {
  const operation = "Mmio.fromFile"
  const name = options?.name === undefined ? FileName.plain("a given file") : FileName.from(options.name)
  return scoped(
    Effect.flatMap(
      makeBuffer(operation, name.full, options?.buffer),
      (buffer) =>
        Effect.mapBoth(file.seek(0, "current"), {
          onFailure: (error) => MmioError.withDetails(error, { operation, file: name.full }),
          onSuccess: (position) =>
            new FileHandle({
              name,
              access: accessOf(options),
              driver: undefined,
              file,
              ownsFile: false,
              buffer,
              position
            })
        })
    )
  )
}

/** @internal */
export const openMemory = <A extends IOProc.Access>(
  options?: Api.MemoryOptions<A>
): Effect.Effect<MemoryHandle<A>, MmioError.InvalidParameter | MmioError.OutOfMemory, Scope.Scope> => {
  const operation = "Mmio.openMemory"
  const name = options?.name === undefined ? FileName.plain("a memory file") : FileName.from(options.name)
  return scoped(Effect.suspend(() => {
    const expandBy = options?.expandBy ?? 0
    if (!Number.isSafeInteger(expandBy) || expandBy < 0) {
      return Effect.fail(invalid(operation, name.full, `a block cannot grow by ${expandBy} bytes`))
    }
    return Effect.map(
      makeBuffer(operation, name.full, options?.bytes ?? options?.size ?? 0),
      (block) =>
        new MemoryHandle({
          name,
          access: options?.access ?? "readWrite" as A, // which A is where no access is given
          block,
          size: options?.create === true ? 0 : block.length,
          expandBy
        })
    )
  }))
}

/** @internal */
export const memoryBytes = (handle: Api.MemoryHandle): Effect.Effect<Uint8Array> => (handle as MemoryHandle).bytes

// ---------------------------------------------------------------------------------------------------------------------
// what is composed of the methods of handles
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const flush = <A extends IOProc.Access>(
  handle: HandleBase<A>,
  emptyBuffer: boolean
): Effect.Effect<void, Api.PendingError<A>> =>
  handle.run<void, Api.PendingError<A>>("Mmio.flush", (restore) =>
    emptyBuffer
      ? Effect.zipRight(handle.flushSlow(restore), handle.forgetSlow())
      : handle.flushSlow(restore))

/** @internal */
export const setBuffer = <A extends IOProc.Access>(
  handle: HandleBase<A>,
  buffer: number | Uint8Array | "none"
): Effect.Effect<
  void,
  MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.CannotSeek | Api.PendingError<A>
> =>
  Effect.flatMap(
    makeBuffer("Mmio.setBuffer", handle.name.full, buffer),
    (bytes) =>
      handle.run<void, MmioError.InvalidParameter | MmioError.CannotSeek | Api.PendingError<A>>(
        "Mmio.setBuffer",
        (restore) => handle.setBufferSlow(bytes, restore)
      )
  )

/** @internal */
export const sendMessage = <B, E>(
  handle: HandleBase,
  request: Request.Request<B, E>
): Effect.Effect<Option.Option<B>, E> =>
  handle.lock.exclusive((restore) =>
    Option.match(handle.onMessage(request), {
      onNone: () => Effect.succeedNone,
      onSome: (answer) => Effect.asSome(restore(answer))
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
  handle: HandleBase,
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
  handle: HandleBase,
  operation: string,
  size: number = defaultChunkSize
): Effect.Effect<number, MmioError.InvalidParameter> =>
  Number.isSafeInteger(size) && size > 0
    ? Effect.succeed(size)
    : handle.invalid(operation, `${size} is not the size of a chunk`)

/** @internal */
export const isHandle = (u: unknown): u is Api.Handle => typeof u === "object" && u !== null && TypeId in u
