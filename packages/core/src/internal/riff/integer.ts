/**
 * Integers in the byte order of the chunk that they are in.
 */
import * as Effect from "effect/Effect"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import * as BufferState from "../bufferState.js"
import type { HandleBase } from "../handle.js"
import { immediate } from "../immediate.js"

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
  handle: HandleBase<A>,
  chunk: Api.Chunk,
  { get, name, size }: Kind<B>
): Effect.Effect<B, MmioError.InvalidFile | Mmio.ReadError<A>> =>
  immediate(() => {
    const operation = `Riff.${name}`
    const s = handle.state.current
    const at = BufferState.position(s)
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
    if (handle.canTake(size)) {
      if (!isInside(at)) return outside(at)
      handle.state.current = BufferState.taken(s, size)
      return Effect.succeed(decode(s.bytes, s.next))
    }
    return handle.run<B, MmioError.InvalidFile | Mmio.ReadError<A>>(operation, (restore) =>
      Effect.suspend(() => {
        const at = BufferState.position(handle.state.current)
        if (!isInside(at)) return outside(at)
        const bytes = new Uint8Array(size)
        return handle.returningTo<B, MmioError.InvalidFile | Mmio.ReadError<A>>(
          at,
          Effect.flatMap(
            handle.readSlow(bytes, restore),
            (count) => count === size ? Effect.succeed(decode(bytes, 0)) : cut(at, "the file ends")
          )
        )
      }))
  })
