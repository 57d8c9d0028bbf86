/**
 * Drivers of a few functions, as a user writes them: over a Map, with files of a fixed size, with a cursor, and as one
 * procedure.
 */
import { FileName, IOProc, MmioError } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Option } from "effect"

const notFound = (file: FileName.FileName) =>
  new MmioError.FileNotFound({ operation: "open", file: file.full, description: "there is no such file" })

/** What drivers like these cannot do with a request. */
const refusal = ({ create, ifVersion, name }: IOProc.OpenRequest): MmioError.CannotOpen | undefined => {
  const details = { operation: "open", file: name.full }
  return Option.isSome(ifVersion)
    ? new MmioError.CannotOpen({ ...details, description: "this storage knows no versions" })
    : create === "new"
    ? new MmioError.CannotOpen({ ...details, description: "this storage does not create files exclusively" })
    : undefined
}

type Opened = Effect.Effect<IOProc.File, MmioError.OpenError>

/** A Map of arrays. */
export const mapDriver = Effect.sync(() => {
  const files = new Map<string, Uint8Array>()
  const mapFile = (name: string) =>
    IOProc.makeFile({
      name,
      size: Effect.sync(() => files.get(name)?.length ?? 0),
      readAt: (position, target) =>
        Effect.sync(() => {
          const part = (files.get(name) ?? new Uint8Array(0)).subarray(position, position + target.length)
          target.set(part)
          return part.length
        }),
      writeAt: (position, source) =>
        Effect.sync(() => {
          if (source.length === 0) return 0
          const old = files.get(name) ?? new Uint8Array(0)
          const bytes = new Uint8Array(Math.max(old.length, position + source.length))
          bytes.set(old)
          bytes.set(source, position)
          files.set(name, bytes)
          return source.length
        })
    })
  return IOProc.make({
    open: (request) =>
      Effect.suspend((): Opened => {
        const refused = refusal(request)
        if (refused !== undefined) return Effect.fail(refused)
        const { create, name } = request
        if (create !== "no") files.set(name.full, new Uint8Array(0))
        return files.has(name.full) ? Effect.succeed(mapFile(name.full)) : Effect.fail(notFound(name))
      }),
    exists: (name) => Effect.sync(() => files.has(name.full))
  })
})

/** Files of a fixed size: the fixtures of the contract, and no others. */
export const fixedDriver = (writable: boolean) =>
  Effect.sync(() => {
    const files = new Map(Object.entries(IOProcContract.fixtures).map(([name, bytes]) => [name, bytes.slice()]))
    return IOProc.make({
      open: (request) =>
        Effect.suspend((): Opened => {
          const { access, create, name: { full: name } } = request
          const bytes = files.get(name)
          if (bytes === undefined) return Effect.fail(notFound(request.name))
          if (create !== "no" || (access !== "read" && !writable)) {
            return Effect.fail(
              new MmioError.AccessDenied({ operation: "open", file: name, description: "the file cannot be changed" })
            )
          }
          const refused = refusal(request)
          if (refused !== undefined) return Effect.fail(refused)
          return Effect.succeed(IOProc.makeFile({
            name,
            size: Effect.succeed(bytes.length),
            readAt: (position, target) =>
              access === "write"
                ? Effect.fail(
                  new MmioError.CannotRead({ operation: "read", file: name, description: "it is open for writing" })
                )
                : Effect.sync(() => {
                  const part = bytes.subarray(position, position + target.length)
                  target.set(part)
                  return part.length
                }),
            writeAt: access === "read" ? undefined : (position, source) =>
              Effect.suspend(() => {
                if (source.length === 0) return Effect.succeed(0)
                const part = source.subarray(0, Math.max(0, bytes.length - position))
                if (part.length === 0) {
                  return Effect.fail(
                    new MmioError.CannotExpand({ operation: "write", file: name, description: "it has a fixed size" })
                  )
                }
                bytes.set(part, position)
                return Effect.succeed(part.length)
              })
          }))
        }),
      exists: (name) => Effect.sync(() => files.has(name.full)),
      fullName: (name) => Effect.succeed(FileName.plain(name.full))
    })
  })

// ---------------------------------------------------------------------------------------------------------------------
// with a cursor
// ---------------------------------------------------------------------------------------------------------------------

/** The bytes of a file. */
export interface Content {
  bytes: Uint8Array
}

/** A storage of arrays, whose files are made by `make`. */
export const arrayDriver = (make: (name: string, content: Content, access: IOProc.Access) => IOProc.File) =>
  Effect.sync(() => {
    const files = new Map<string, Content>()
    return IOProc.make({
      open: (request) =>
        Effect.suspend((): Opened => {
          const refused = refusal(request)
          if (refused !== undefined) return Effect.fail(refused)
          const { access, create, name } = request
          const content = files.get(name.full)
          if (content === undefined && create === "no") return Effect.fail(notFound(name))
          const opened = content ?? { bytes: new Uint8Array(0) }
          if (create !== "no") opened.bytes = new Uint8Array(0)
          files.set(name.full, opened)
          return Effect.succeed(make(name.full, opened, access))
        }),
      exists: (name) => Effect.sync(() => files.has(name.full)),
      remove: (name) => Effect.suspend(() => files.delete(name.full) ? Effect.void : Effect.fail(notFound(name)))
    })
  })

/** The functions of a file with a cursor over an array of bytes. */
export const byteArray = (name: string, content: Content, access: IOProc.Access) => {
  let cursor = 0
  const cannot = (operation: string, description: string) => ({ operation, file: name, description })
  const target = (offset: number, from: IOProc.Whence) =>
    offset + (from === "start" ? 0 : from === "current" ? cursor : content.bytes.length)
  return {
    name,
    read: (target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
      Effect.suspend(() => {
        if (access === "write") return Effect.fail(new MmioError.CannotRead(cannot("read", "it is open for writing")))
        const part = content.bytes.subarray(cursor, cursor + target.length)
        target.set(part)
        cursor += part.length
        return Effect.succeed(part.length)
      }),
    write: access === "read" ?
      undefined :
      (source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
        Effect.sync(() => {
          const bytes = new Uint8Array(Math.max(content.bytes.length, cursor + source.length))
          bytes.set(content.bytes)
          bytes.set(source, cursor)
          content.bytes = bytes
          cursor += source.length
          return source.length
        }),
    seek: (offset: number, from: IOProc.Whence): Effect.Effect<number, MmioError.SeekError> =>
      Effect.suspend(() => {
        const position = target(offset, from)
        if (position < 0) return Effect.fail(new MmioError.CannotSeek(cannot("seek", "before the start")))
        cursor = position
        return Effect.succeed(position)
      }),
    /** The `seek` of a file that goes forward only. */
    refuseToSeek: (): Effect.Effect<number, MmioError.SeekError> =>
      Effect.fail(new MmioError.CannotSeek(cannot("seek", "it goes forward only")))
  }
}

/** An I/O procedure with files in memory. */
export const procedure = Effect.sync(() => {
  const files = new Map<string, Content>()
  type Open = ReturnType<typeof byteArray> & { readonly access: IOProc.Access }
  return IOProc.fromProcedure<Open>((message) => {
    switch (message._tag) {
      case "Open": {
        const { request } = message
        const refused = refusal(request)
        if (refused !== undefined) return Option.some(message.reply(Effect.fail(refused)))
        const { access, create, name } = request
        const content = files.get(name.full)
        if (content === undefined && create === "no") return Option.some(message.reply(Effect.fail(notFound(name))))
        const opened = content ?? { bytes: new Uint8Array(0) }
        if (create !== "no") opened.bytes = new Uint8Array(0)
        files.set(name.full, opened)
        return Option.some(message.reply(Effect.sync(() => ({ ...byteArray(name.full, opened, access), access }))))
      }
      case "Read":
        return Option.some(message.reply(message.file.read(message.target)))
      case "Write": {
        const { write } = message.file
        return write === undefined ? Option.none() : Option.some(message.reply(write(message.source)))
      }
      case "Seek":
        return Option.some(message.reply(message.file.seek(message.offset, message.from)))
      case "Rename": {
        const { from, to } = message
        return Option.some(message.reply(Effect.suspend(() => {
          const content = files.get(from.full)
          if (content === undefined) return Effect.fail(notFound(from))
          files.delete(from.full)
          files.set(to.full, content)
          return Effect.void
        })))
      }
      case "Delete": {
        const { name } = message
        return Option.some(message.reply(
          Effect.suspend(() => files.delete(name.full) ? Effect.void : Effect.fail(notFound(name)))
        ))
      }
      case "Exist": {
        const { name } = message
        return Option.some(message.reply(Effect.sync(() => files.has(name.full))))
      }
      default:
        return Option.none()
    }
  })
})
