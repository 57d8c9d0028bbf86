import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as FourCC from "../FourCC.js"
import type { Access } from "../IOProc.js"
import type * as Mmio from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import type * as Api from "../Riff.js"
import * as BufferState from "./bufferState.js"
import type { HandleBase } from "./handle.js"
import type { Restore } from "./lock.js"
import { codeOf } from "./mmio.js"

const headerSize = 8
const typeSize = 4
const largestSize = 0xffffffff

const riff = FourCC.toNumber(FourCC.RIFF)
const list = FourCC.toNumber(FourCC.LIST)

/** Ids are compared as the numbers they are in the file: strings are made of the chunk that is found, only. */
const isContainer = (id: number): boolean => id === riff || id === list

const padded = (size: number): number => size + size % 2

const uint32 = (bytes: Uint8Array, at: number): number =>
  // four bytes that the caller knows to be there
  (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0

// ---------------------------------------------------------------------------------------------------------------------
// descending
// ---------------------------------------------------------------------------------------------------------------------

/** What to look for: an id, with a type if it is that of a container; nothing where any chunk will do. */
interface Target {
  readonly id: number
  readonly type: number | undefined
  readonly text: string
}

const targetOf = (
  file: string,
  find: Api.Find | undefined
): Either.Either<Target | undefined, MmioError.InvalidParameter> => {
  const number = (code: string) => Either.map(codeOf("Riff.descend", file, code), FourCC.toNumber)
  if (find === undefined) return Either.right(undefined)
  if (find.chunk !== undefined) {
    const { chunk } = find
    return Either.map(number(chunk), (id) => ({ id, type: undefined, text: FourCC.format(chunk) }))
  }
  const [id, word, code] = find.riff !== undefined
    ? [riff, "RIFF", find.riff] as const
    : [list, "LIST", find.list] as const
  return Either.map(number(code), (type) => ({ id, type, text: `${word} ${FourCC.format(code)}` }))
}

/** @internal */
export const descend = <A extends Access>(
  handle: HandleBase<A>,
  options: Api.DescendOptions | undefined
): Effect.Effect<
  Api.FoundChunk,
  MmioError.ChunkNotFound | MmioError.InvalidFile | MmioError.InvalidParameter | Mmio.ReadError<A>
> =>
  Effect.suspend((): Effect.Effect<Api.FoundChunk, SearchError<A> | MmioError.InvalidParameter> => {
    const target = targetOf(handle.name.full, options?.find)
    if (Either.isLeft(target)) return Either.left(target.left)
    const search = new Search(handle, target.right, options?.parent)
    // A search that the window can answer is one step.
    const found = handle.lock.idle && handle.canRead ? search.inWindow(BufferState.position(handle.state.current)) : 0
    return typeof found === "object"
      ? Effect.succeed(found)
      : handle.run("Riff.descend", (restore) => search.slow(restore))
  })

type SearchError<A extends Access> = MmioError.ChunkNotFound | MmioError.InvalidFile | Mmio.ReadError<A>

/** A walk over chunks. Every step of it goes forward by at least a header. */
class Search<A extends Access> {
  private readonly handle: HandleBase<A>
  private readonly target: Target | undefined
  private readonly parent: Api.Chunk | undefined
  /** Behind the last byte that belongs to the parent. */
  private readonly limit: number
  private readonly scratch = new Uint8Array(headerSize + typeSize)

  constructor(handle: HandleBase<A>, target: Target | undefined, parent: Api.Chunk | undefined) {
    this.handle = handle
    this.target = target
    this.parent = parent
    this.limit = parent === undefined ? Infinity : parent.dataOffset + parent.size
  }

  /** Whether a chunk with this header can be here at all. */
  private isInside(at: number): boolean {
    return at + headerSize <= this.limit && (this.parent === undefined || at >= this.parent.dataOffset)
  }

  private accepts(id: number, type: number): boolean {
    const { target } = this
    return target === undefined || (target.id === id && (target.type === undefined || target.type === type))
  }

  /**
   * Walks from `at` on as far as the window holds the headers. Gives the chunk, with the position moved to its data, or the place that
   * it did not get beyond.
   */
  inWindow(at: number): Api.FoundChunk | number {
    const { bytes, endRead, offset } = this.handle.state.current
    while (this.isInside(at)) {
      const header = at - offset
      if (header < 0 || header + headerSize > endRead) return at
      const id = uint32(bytes, header)
      const size = uint32(bytes, header + 4)
      let type = 0
      if (isContainer(id)) {
        if (header + headerSize + typeSize > endRead) return at
        type = uint32(bytes, header + headerSize)
      }
      if (this.accepts(id, type)) return this.enter(at, id, size, type)
      at += headerSize + padded(size)
    }
    return at
  }

  private enter(at: number, id: number, size: number, type: number): Api.FoundChunk {
    const dataOffset = at + headerSize
    const container = isContainer(id)
    const { state } = this.handle
    state.current = BufferState.movedTo(state.current, container ? dataOffset + typeSize : dataOffset)
    return {
      id: FourCC.fromNumber(id),
      size,
      type: container ? Option.some(FourCC.fromNumber(type)) : Option.none(),
      dataOffset,
      dirty: false
    }
  }

  slow(restore: Restore): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    return Effect.suspend((): Effect.Effect<Api.FoundChunk, SearchError<A>> => {
      if (!this.handle.canRead) return Effect.fail(this.handle.cannotRead())
      const start = BufferState.position(this.handle.state.current)
      return this.handle.returningTo(start, this.from(start, restore))
    })
  }

  private from(start: number, restore: Restore): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    const at = this.inWindow(start)
    if (typeof at === "object") return Effect.succeed(at)
    if (!this.isInside(at)) return this.notFound(at)
    const { scratch } = this
    return Effect.flatMap(this.read(at, scratch.subarray(0, headerSize), restore), (count) => {
      if (count < headerSize) return this.notFound(at + count)
      const id = uint32(scratch, 0)
      if (!isContainer(id)) return this.step(at, id, 0, restore)
      return Effect.flatMap(
        this.read(at + headerSize, scratch.subarray(headerSize), restore),
        (count) =>
          count === typeSize ? this.step(at, id, uint32(scratch, headerSize), restore) : this.withoutType(at, id)
      )
    })
  }

  /** Enters the chunk at `at`, whose header is in the scratch bytes, or goes on behind it. */
  private step(
    at: number,
    id: number,
    type: number,
    restore: Restore
  ): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    const size = uint32(this.scratch, 4)
    return this.accepts(id, type)
      ? Effect.succeed(this.enter(at, id, size, type))
      : this.from(at + headerSize + padded(size), restore)
  }

  private withoutType(at: number, id: number): Effect.Effect<never, MmioError.ChunkNotFound | MmioError.InvalidFile> {
    if (this.target !== undefined && this.target.id !== id) return this.notFound(at)
    return Effect.fail(
      new MmioError.InvalidFile({
        operation: "Riff.descend",
        file: this.handle.name.full,
        position: at,
        description: `the file ends before the type of the ${FourCC.fromNumber(id)}`
      })
    )
  }

  /** Reads there, however the driver feels about going there: behind the end there is nothing. */
  private read(
    at: number,
    target: Uint8Array,
    restore: Restore
  ): Effect.Effect<number, Mmio.ReadError<A>> {
    const { handle } = this
    handle.state.current = BufferState.movedTo(handle.state.current, at)
    return Effect.catchAll(
      handle.readSlow(target, restore),
      (error) =>
        error._tag === "CannotRead" && error.cause instanceof MmioError.CannotSeek
          ? Effect.flatMap(
            Effect.option(handle.seekSlow(0, "end", restore)),
            (end) => Option.isSome(end) && end.value <= at ? Effect.succeed(0) : Effect.fail(error)
          )
          : Effect.fail(error)
    )
  }

  private notFound(searchedTo: number): Effect.Effect<never, MmioError.ChunkNotFound> {
    const sought = this.target?.text ?? "a chunk"
    const where = this.parent === undefined
      ? "the file"
      : `the ${FourCC.format(this.parent.id)} at ${this.parent.dataOffset - headerSize}`
    return Effect.fail(
      new MmioError.ChunkNotFound({
        operation: "Riff.descend",
        file: this.handle.name.full,
        position: BufferState.position(this.handle.state.current),
        description: `there is no ${sought} in ${where}, searched to ${searchedTo}`,
        sought,
        searchedTo
      })
    )
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// ascending
// ---------------------------------------------------------------------------------------------------------------------

type AscendError = MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.WriteError

const ascendFound = (handle: HandleBase, chunk: Api.FoundChunk) => {
  const end = chunk.dataOffset + chunk.size
  return Effect.as(
    chunk.size % 2 === 0
      ? handle.seek(end, "start")
      // A block of memory that ends without the last pad byte does not reach behind it.
      : Effect.catchTag(handle.seek(end + 1, "start"), "CannotSeek", () => handle.seek(end, "start")),
    chunk
  )
}

const ascendCreated = (handle: HandleBase, chunk: Api.CreatedChunk): Effect.Effect<Api.FoundChunk, AscendError> =>
  handle.run<Api.FoundChunk, AscendError>(
    "Riff.ascend",
    (restore) =>
      Effect.suspend((): Effect.Effect<Api.FoundChunk, AscendError> => {
        const end = BufferState.position(handle.state.current)
        const size = end - chunk.dataOffset
        if (size < 0 || size > largestSize) {
          return handle.invalid(
            "Riff.ascend",
            size < 0
              ? `the position, ${end}, is before the data of the chunk, at ${chunk.dataOffset}`
              : `a chunk of ${size} bytes does not fit a size of 32 bits`
          )
        }
        const pad: Effect.Effect<unknown, AscendError> = size % 2 === 0
          ? Effect.void
          : writeAllSlow(handle, new Uint8Array(1), restore)
        const correct: Effect.Effect<unknown, AscendError> = size === chunk.size
          ? Effect.void
          : Effect.zipRight(
            handle.seekSlow(chunk.dataOffset - typeSize, "start", restore),
            Effect.zipRight(
              writeAllSlow(handle, headerOf([size]), restore),
              handle.seekSlow(end + size % 2, "start", restore)
            )
          )
        return handle.returningTo(
          end,
          Effect.as(Effect.zipRight(pad, correct), { ...chunk, size, dirty: false })
        )
      })
  )

/** @internal */
export const ascend = (handle: HandleBase, chunk: Api.Chunk): Effect.Effect<Api.FoundChunk, AscendError> =>
  chunk.dirty ? ascendCreated(handle, chunk) : ascendFound(handle, chunk)

// ---------------------------------------------------------------------------------------------------------------------
// creating
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const createChunk = (
  handle: HandleBase,
  spec: Api.ChunkSpec
): Effect.Effect<Api.CreatedChunk, Api.CreateError> =>
  Effect.suspend((): Effect.Effect<Api.CreatedChunk, Api.CreateError> => {
    const { size = 0 } = spec
    const [id, text] = spec.chunk !== undefined
      ? [undefined, spec.chunk] as const
      : spec.riff !== undefined
      ? [FourCC.RIFF, spec.riff] as const
      : [FourCC.LIST, spec.list] as const
    const code = codeOf("Riff.createChunk", handle.name.full, text)
    if (Either.isLeft(code)) return Either.left(code.left)
    if (!Number.isInteger(size) || size < 0 || size > largestSize) {
      return handle.invalid("Riff.createChunk", `${size} is not a size of 32 bits`)
    }
    const header = id === undefined
      ? headerOf([FourCC.toNumber(code.right), size])
      : headerOf([FourCC.toNumber(id), size, FourCC.toNumber(code.right)])
    const created = (at: number): Api.CreatedChunk => ({
      id: id ?? code.right,
      size,
      type: id === undefined ? Option.none() : Option.some(code.right),
      dataOffset: at + headerSize,
      dirty: true
    })
    const at = BufferState.position(handle.state.current)
    return handle.put(header)
      ? Effect.succeed(created(at))
      : handle.run("Riff.createChunk", (restore) =>
        Effect.suspend(() => {
          const at = BufferState.position(handle.state.current)
          return Effect.map(writeAllSlow(handle, header, restore), () => created(at))
        }))
  })

const writeAllSlow = (handle: HandleBase, bytes: Uint8Array, restore: Restore) =>
  Effect.zipRight(handle.reserveSlow(bytes.length), handle.writeSlow(bytes, restore))

const headerOf = (numbers: ReadonlyArray<number>): Uint8Array => {
  const bytes = new Uint8Array(numbers.length * 4)
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => view.setUint32(i * 4, number, true))
  return bytes
}
