/**
 * Opening: handles of files and of memory, and the scopes or uses at whose end they are closed.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as FileName from "../FileName.js"
import * as FourCC from "../FourCC.js"
import * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import * as BufferState from "./handle/bufferState.js"
import { Handle, MemoryHandle } from "./handle/handle.js"
import { copyOf, isPosition } from "./io/copy.js"
import { bothExits } from "./io/exits.js"
import { writable } from "./io/positionalFile.js"
import * as MemoryBlock from "./memoryBlock.js"
import { countFailure, traced } from "./observe.js"
import { invalid, makeBuffer } from "./parameters.js"
import { type Served, serving } from "./serving.js"

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
                isBufferLent: buffer === options?.buffer,
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
  access === "read" ? Effect.void : Effect.tapError(
    Effect.asVoid(writable(operation, name.full, file)),
    release
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
      (bytes) =>
        new MemoryHandle({
          name,
          access,
          driver: undefined,
          file: MemoryBlock.file,
          ownsFile: false,
          commitsOnFailure: false,
          code: Option.some(FourCC.MEM),
          isBufferLent: bytes === block,
          initial: BufferState.makeWhole(bytes, create ? 0 : bytes.length),
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
            isBufferLent: buffer === options?.buffer,
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
  return (handle as MemoryHandle).atRest(() => copyOf(window.state.bytes, 0, window.state.endRead))
}
