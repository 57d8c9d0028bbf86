/**
 * Three storages with the same files: the disk, memory, and a procedure of one function over all messages, as winmm has
 * them.
 */
import { IOProc, MemoryIOProc, MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Effect, Layer, Option, type Scope } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { tempFolder } from "../helpers.js"

export type Files = Readonly<Record<string, Uint8Array>>

/** A storage, and the name that a file has there. */
export interface Storage {
  readonly layer: Layer.Layer<IOProc.IOProc>
  readonly path: (name: string) => string
}

const disk = (files: Files): Effect.Effect<Storage, never, Scope.Scope> =>
  Effect.map(tempFolder, (folder) => {
    const path = (name: string) => Path.join(folder, name)
    for (const [name, bytes] of Object.entries(files)) NFS.writeFileSync(path(name), bytes)
    return { layer: NodeIOProc.layer, path }
  })

const memory = (files: Files): Effect.Effect<Storage> =>
  Effect.succeed({ layer: Layer.orDie(MemoryIOProc.layer(files)), path: (name) => name })

interface Cursor {
  readonly name: string
  position: number
}

/** A file system in a map, written as an `MMIOPROC` is: it keeps the cursor of each open file. */
export const mapProcedure = (files: Map<string, Uint8Array>): IOProc.IOProc => {
  const bytesOf = (name: string) => files.get(name) ?? new Uint8Array(0)
  const missing = (operation: string, file: string) =>
    new MmioError.FileNotFound({ operation, file, description: "the map does not have it" })
  const write = (file: Cursor, source: Uint8Array) =>
    Effect.sync(() => {
      const old = bytesOf(file.name)
      const bytes = new Uint8Array(Math.max(old.length, file.position + source.length))
      bytes.set(old)
      bytes.set(source, file.position)
      files.set(file.name, bytes)
      file.position += source.length
      return source.length
    })
  return IOProc.fromProcedure<Cursor>((message) => {
    switch (message._tag) {
      case "Open": {
        const { create, name: { full } } = message.request
        if (create !== "no") files.set(full, new Uint8Array(0))
        return Option.some(
          message.reply(files.has(full) ? Effect.succeed({ name: full, position: 0 }) : missing("open", full))
        )
      }
      case "Read": {
        const { file, target } = message
        return Option.some(message.reply(Effect.sync(() => {
          const part = bytesOf(file.name).subarray(file.position, file.position + target.length)
          target.set(part)
          file.position += part.length
          return part.length
        })))
      }
      case "Write":
      case "WriteFlush":
        return Option.some(message.reply(write(message.file, message.source)))
      case "Seek": {
        const { file, from, offset } = message
        const base = from === "start" ? 0 : from === "current" ? file.position : bytesOf(file.name).length
        return Option.some(message.reply(Effect.sync(() => file.position = base + offset)))
      }
      case "Close":
        return Option.some(message.reply(Effect.void))
      case "Rename": {
        const { from, to } = message
        return Option.some(message.reply(Effect.suspend(() => {
          const bytes = files.get(from.full)
          if (bytes === undefined) return missing("rename", from.full)
          files.delete(from.full)
          files.set(to.full, bytes)
          return Effect.void
        })))
      }
      case "Exist":
        return Option.some(message.reply(Effect.sync(() => files.has(message.name.full))))
      case "Delete":
        return Option.some(message.reply(
          Effect.suspend(() => files.delete(message.name.full) ? Effect.void : missing("remove", message.name.full))
        ))
      default:
        return Option.none()
    }
  })
}

const procedure = (files: Files): Effect.Effect<Storage> =>
  Effect.succeed({
    layer: Layer.sync(IOProc.IOProc, () => mapProcedure(new Map(Object.entries(files)))),
    path: (name) => name
  })

export const storages: ReadonlyArray<
  readonly [name: string, make: (files: Files) => Effect.Effect<Storage, never, Scope.Scope>]
> = [["disk", disk], ["memory", memory], ["a procedure", procedure]]

/** All of a file. */
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")
