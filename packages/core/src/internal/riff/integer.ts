/**
 * Integers in the byte order of the chunk that they are in.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Handle } from "../handle/handle.js"
import { immediate } from "../io/answer.js"

/** A kind of integer. @internal */
export interface Kind<B> {
  readonly name: string
  readonly size: number
  readonly get: (view: DataView, at: number, littleEndian: boolean) => B
}

/** @internal */
export const uint16: Kind<number> = { name: "uint16", size: 2, get: (view, at, little) => view.getUint16(at, little) }

/** @internal */
export const int16: Kind<number> = { name: "int16", size: 2, get: (view, at, little) => view.getInt16(at, little) }

/** @internal */
export const uint32: Kind<number> = { name: "uint32", size: 4, get: (view, at, little) => view.getUint32(at, little) }

/** @internal */
export const int32: Kind<number> = { name: "int32", size: 4, get: (view, at, little) => view.getInt32(at, little) }

/** @internal */
export const uint64: Kind<bigint> = {
  name: "uint64",
  size: 8,
  get: (view, at, little) => view.getBigUint64(at, little)
}

/** @internal */
export const read = <A extends Access, B>(
  handle: Handle<A>,
  chunk: Api.Chunk,
  { get, name, size }: Kind<B>
): Effect.Effect<B, MmioError.InvalidFile | Mmio.ReadError<A>> =>
  immediate(() => {
    const operation = `Riff.${name}`
    const { engine, lock, window } = handle
    const at = window.position
    const decode = (bytes: Uint8Array, from: number) =>
      get(new DataView(bytes.buffer, bytes.byteOffset), from, chunk.byteOrder === "little")
    const cut = (at: number, what: string) =>
      Effect.fail(
        new MmioError.InvalidFile({
          operation,
          file: handle.name.full,
          position: at,
          description: `${what} inside of a number of ${size} bytes`
        })
      )
    /** A created chunk gets its size only as it ends. */
    const isInside = (at: number) =>
      at >= chunk.dataOffset && (chunk.dirty || at + size <= chunk.dataOffset + chunk.size)
    const outside = (at: number) => cut(at, `the data of the ${chunk.id} at ${chunk.offset} begins or ends`)
    if (lock.idle && engine.canRead && window.readable >= size) {
      if (!isInside(at)) return outside(at)
      const { bytes, next } = window.state
      const value = decode(bytes, next)
      window.skip(size)
      return Exit.succeed(value)
    }
    return handle.transfer<B, MmioError.InvalidFile | Mmio.ReadError<A>>(operation, (restore) =>
      Effect.suspend(() => {
        const at = handle.window.position
        if (!isInside(at)) return outside(at)
        const bytes = new Uint8Array(size)
        return Effect.flatMap(
          handle.readLocked(bytes, restore),
          (count) => count === size ? Effect.succeed(decode(bytes, 0)) : cut(at, "the file ends")
        )
      }))
  })
