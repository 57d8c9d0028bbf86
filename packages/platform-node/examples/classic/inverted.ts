/**
 * A procedure over the handles of another storage, with all of its messages: what is written through it is stored with
 * every bit inverted, as a cipher would do it. `MMIO_EXIST`, `MMIO_DELETE` and `mmioRename` go to the same storage.
 *
 * ```ts
 * Mmio.open("notes", { ioProc: "INV " }).pipe(IOProc.withRoute(FourCC.make("INV "), inverted.procedure))
 * ```
 */
import { IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Effect, Exit, Option, Scope } from "effect"

/**
 * What the procedure keeps for an open file (`adwInfo`): a handle, closed with its scope. The handle keeps the cursor.
 */
interface Open {
  readonly handle: Mmio.Handle<"read"> | Mmio.ReadWriteHandle
  readonly scope: Scope.CloseableScope
}

/** The procedure, over the storage that it is built in. */
export const procedure = Effect.map(IOProc.IOProc, (storage) =>
  IOProc.fromProcedure<Open>((message) => {
    switch (message._tag) {
      case "Open":
        return Option.some(message.reply(open(storage, message.request)))
      case "Read": {
        const { file: { handle }, target } = message
        return Option.some(message.reply(
          Effect.tap(unlessInvalid(Mmio.readInto(handle, target)), (count) =>
            Effect.sync(() => invert(target.subarray(0, count)))).pipe(
              // What the handle still had to write, before it could read.
              Effect.catchTags({
                CannotWrite: (cause) =>
                  cannotRead(handle, cause),
                CannotExpand: (cause) => cannotRead(handle, cause)
              })
            )
        ))
      }
      case "Write":
      case "WriteFlush": {
        const { file: { handle }, source } = message
        if (handle.access === "read") return Option.none()
        const written = Effect.suspend(() => Mmio.write(handle, invert(source.slice())))
        return Option.some(message.reply(
          unlessInvalid(message._tag === "Write" ? written : Effect.zipLeft(written, Mmio.flush(handle)))
        ))
      }
      case "Seek":
        return Option.some(message.reply(unlessInvalid(Mmio.seek(message.file.handle, message.offset, message.from))))
      case "Close":
        // `Mmio.close` has its failures in the type, the end of a scope has not.
        return Option.some(message.reply(
          Effect.ensuring(Mmio.close(message.file.handle), Scope.close(message.file.scope, Exit.void))
        ))
      case "Rename":
        return Option.some(message.reply(storage.rename(message.from, message.to)))
      case "Exist":
        return Option.some(message.reply(storage.exists(message.name)))
      case "Delete":
        return Option.some(message.reply(storage.remove(message.name)))
      default:
        return Option.none()
    }
  }))

const open = (storage: IOProc.IOProc, request: IOProc.OpenRequest): Effect.Effect<Open, MmioError.OpenError> =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const handle = yield* openHandle(storage, request).pipe(
      Scope.extend(scope),
      Effect.onError(() => Scope.close(scope, Exit.void)),
      Effect.catchTag(
        "InvalidParameter",
        (cause) =>
          new MmioError.CannotOpen({
            operation: "open",
            file: request.name.full,
            description: cause.description,
            cause
          })
      )
    )
    return { handle, scope }
  })

const openHandle = (
  storage: IOProc.IOProc,
  { access, create, name, share }: IOProc.OpenRequest
): Effect.Effect<Open["handle"], MmioError.OpenError | MmioError.InvalidParameter, Scope.Scope> =>
  access === "read"
    ? Mmio.openWith(storage, name, { share })
    : Mmio.openWith(storage, name, {
      share,
      access: "readWrite",
      create: create === "new" ? "new" : create === "truncate"
    })

const invert = (bytes: Uint8Array): Uint8Array => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = ~(bytes[i] ?? 0)
  return bytes
}

const cannotRead = ({ name }: Mmio.Handle, cause: MmioError.MmioError) =>
  new MmioError.CannotRead({ operation: "read", file: name.full, description: cause.description, cause })

/** The library passes bytes, and positions that a file can have. */
const unlessInvalid = <A, E, R>(effect: Effect.Effect<A, E | MmioError.InvalidParameter, R>) =>
  Effect.catchAll(
    effect,
    (error) => error instanceof MmioError.InvalidParameter ? Effect.die(error) : Effect.fail(error)
  )
