/**
 * How a compressed file is stored: its index, then its blocks.
 */
import type { IOProc } from "@effect-mmio/core"
import { MmioError } from "@effect-mmio/core"
import { Effect } from "effect"

/**
 * The index of a file: four bytes that say what it is, the size of blocks and of the content, and how long each block
 * is once it is compressed.
 */
const magic = 0x6b636c62
const headerSize = 16
const entrySize = 4

/** How many blocks a file may have: what its index takes in memory, at most, is four times as many bytes. */
export const mostBlocks = 2 ** 20

/** How long a compressed block is, at most: one that cannot be compressed becomes a little longer. */
const mostPacked = (blockSize: number) => blockSize + Math.ceil(blockSize / 16_000) * 5 + 64

/** What is stored of a file. */
export interface Stored {
  readonly file: IOProc.File
  /** Of the content. */
  readonly size: number
  /** Where each block begins in the stored file, and where the last one ends. */
  readonly offsets: ReadonlyArray<number>
}

export const details = (operation: string, file: string, description: string) => ({
  operation: `compressed.${operation}`,
  file,
  description
})

/** Reads until `target` is full, or to the end of the file. */
const readFully = (
  file: IOProc.File,
  position: number,
  target: Uint8Array
): Effect.Effect<number, MmioError.ReadError> =>
  Effect.gen(function*() {
    let done = 0
    while (done < target.length) {
      const count = yield* file.readAt(position + done, target.subarray(done))
      if (count === 0) break
      done += count
    }
    return done
  })

const writeFully = (
  file: IOProc.File,
  position: number,
  source: Uint8Array
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.gen(function*() {
    for (let done = 0; done < source.length;) {
      const count = yield* file.writeAt!(position + done, source.subarray(done), "write")
      if (count === 0) {
        return yield* Effect.fail(
          new MmioError.CannotWrite({ ...details("write", "the stored file", "nothing was written"), written: 0 })
        )
      }
      done += count
    }
  })

const invalid = (name: string, description: string) =>
  new MmioError.InvalidFile({ ...details("open", name, description), position: 0 })

/**
 * Reads the index of a stored file. What it says has to agree with how long the file is, before anything is allocated
 * by it.
 */
export const readIndex = (
  file: IOProc.File,
  name: string,
  blockSize: number
): Effect.Effect<Stored, MmioError.InvalidFile | MmioError.ReadError | MmioError.SeekError> =>
  Effect.gen(function*() {
    const length = yield* file.size
    if (length === 0) return { file, size: 0, offsets: [0] }
    const header = new DataView(new ArrayBuffer(headerSize))
    yield* readFully(file, 0, new Uint8Array(header.buffer))
    const size = Number(header.getBigUint64(8, true))
    const count = Math.ceil(size / blockSize)
    if (header.getUint32(0, true) !== magic || header.getUint32(4, true) !== blockSize) {
      return yield* Effect.fail(invalid(name, `the file has no blocks of ${blockSize} bytes`))
    }
    if (count > mostBlocks || headerSize + count * entrySize > length) {
      return yield* Effect.fail(invalid(name, `an index of ${count} blocks does not fit into ${length} bytes`))
    }
    const entries = new DataView(new ArrayBuffer(count * entrySize))
    yield* readFully(file, headerSize, new Uint8Array(entries.buffer))
    let end = headerSize + count * entrySize
    const offsets = [end]
    for (let i = 0; i < count; i++) {
      const packed = entries.getUint32(i * entrySize, true)
      if (packed > mostPacked(blockSize)) return yield* Effect.fail(invalid(name, `no block has ${packed} bytes`))
      offsets.push(end += packed)
    }
    return end === length
      ? { file, size, offsets }
      : yield* Effect.fail(invalid(name, `the blocks do not end where the file does, at ${length}`))
  })

/** A block as it is stored. */
export const readPacked = (
  { file, offsets }: Stored,
  index: number,
  name: string
): Effect.Effect<Uint8Array, MmioError.ReadError> => {
  const [from = 0, to = from] = offsets.slice(index, index + 2)
  const packed = new Uint8Array(to - from)
  return Effect.flatMap(readFully(file, from, packed), (count) =>
    count === packed.length
      ? Effect.succeed(packed)
      : Effect.fail(new MmioError.CannotRead(details("read", name, "the stored file was cut"))))
}

/** Writes a stored file, whose blocks are asked for one after another, and flushes it. */
export const writeStored = <E>(
  to: IOProc.File,
  size: number,
  blockSize: number,
  packedBlock: (index: number, from: number, end: number) => Effect.Effect<Uint8Array, E>
): Effect.Effect<void, E | MmioError.WriteError> =>
  Effect.gen(function*() {
    const count = Math.ceil(size / blockSize)
    const index = new DataView(new ArrayBuffer(headerSize + count * entrySize))
    index.setUint32(0, magic, true)
    index.setUint32(4, blockSize, true)
    index.setBigUint64(8, BigInt(size), true)
    let position = index.byteLength
    for (let i = 0; i < count; i++) {
      const packed = yield* packedBlock(i, i * blockSize, Math.min((i + 1) * blockSize, size))
      yield* writeFully(to, position, packed)
      index.setUint32(headerSize + i * entrySize, packed.length, true)
      position += packed.length
    }
    yield* writeFully(to, 0, new Uint8Array(index.buffer))
    yield* to.writeAt!(0, new Uint8Array(0), "writeFlush")
  })
