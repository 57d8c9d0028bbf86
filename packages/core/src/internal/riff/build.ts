/**
 * Leaving chunks and making them.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FourCC from "../../FourCC.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Handle } from "../handle/handle.js"
import { immediate } from "../io/answer.js"
import { OneStep } from "../io/oneStep.js"
import { codeOf } from "../parameters.js"
import { corrected, created } from "./chunk.js"
import * as EndedChunks from "./endedChunks.js"
import { write } from "./header.js"
import {
  families,
  fieldOf,
  hasDs64,
  innerFormId,
  isPrintable,
  type Layout,
  layoutOf,
  little,
  paddingOf,
  sizeBytes,
  uint32
} from "./layout.js"
import { onlyForward } from "./onlyForward.js"
import { formOf, type OpenForm } from "./openForm.js"

// ---------------------------------------------------------------------------------------------------------------------
// ascending
// ---------------------------------------------------------------------------------------------------------------------

type AscendError = MmioError.SeekError | MmioError.InvalidParameter | MmioError.WriteError

/** Where the chunk after a chunk begins. No file goes further than the last position, but a size of 64 bits may. */
const nextOf = (chunk: Api.FoundChunk): number =>
  Math.min(endOf(chunk) + paddingOf(layoutOf(chunk), chunk.size), Number.MAX_SAFE_INTEGER)

const endOf = (chunk: Api.FoundChunk): number => Math.min(chunk.dataOffset + chunk.size, Number.MAX_SAFE_INTEGER)

const ascendFound = (handle: Handle, chunk: Api.FoundChunk): Effect.Effect<Api.FoundChunk, AscendError> => {
  const end = endOf(chunk)
  const next = nextOf(chunk)
  const there = handle.seek(next, "start")
  return Effect.as(
    // A block of memory that ends without the last padding does not reach past it.
    next === end ? there : Effect.catchTag(there, "CannotSeek", () => handle.seek(end, "start")),
    chunk
  )
}

/** One step where the chunk was found, or has ended, and the position can be taken without asking the driver. */
class Ascend extends OneStep<Api.FoundChunk, AscendError> {
  private readonly handle: Handle
  private readonly chunk: Api.Chunk
  constructor(handle: Handle, chunk: Api.Chunk) {
    super()
    this.handle = handle
    this.chunk = chunk
  }
  /** The chunk as it is in the file; undefined where it is still being written. */
  private get ended(): Api.FoundChunk | undefined {
    return this.chunk.dirty ? EndedChunks.endOf(this.chunk) : this.chunk
  }
  get isReady(): boolean {
    const { ended, handle: { engine, lock } } = this
    return lock.idle && ended !== undefined && engine.reaches(nextOf(ended))
  }
  run(): Api.FoundChunk {
    // `isReady` has found it.
    const ended = this.ended!
    this.handle.window.moveTo(nextOf(ended))
    return ended
  }
  otherwise(): Effect.Effect<Api.FoundChunk, AscendError> {
    const { chunk, handle } = this
    if (!chunk.dirty) return ascendFound(handle, chunk)
    const ended = EndedChunks.endOf(chunk)
    return ended === undefined ? ascendCreated(handle, chunk) : ascendFound(handle, ended)
  }
}

const ascendCreated = (handle: Handle, chunk: Api.CreatedChunk): Effect.Effect<Api.FoundChunk, AscendError> =>
  handle.transfer<Api.FoundChunk, AscendError>(
    "Riff.ascend",
    (restore) =>
      Effect.suspend((): Effect.Effect<Api.FoundChunk, AscendError> => {
        handle.checkNextWrite = undefined
        const form = formOf(handle)
        if (form?.holds(chunk.offset)) return form.leave(chunk, restore)
        const layout = layoutOf(chunk)
        const end = handle.window.position
        const size = end - chunk.dataOffset
        if (size < 0 || size > layout.largestSize) {
          return handle.invalid(
            "Riff.ascend",
            size < 0
              ? `the position, ${end}, is before the data of the chunk, at ${chunk.dataOffset}`
              : `a chunk of ${size} bytes does not fit its size field`
          )
        }
        const padding = paddingOf(layout, size)
        const pad: Effect.Effect<unknown, AscendError> = padding === 0
          ? Effect.void
          : handle.writeAllLocked(new Uint8Array(padding), restore)
        const correct: Effect.Effect<unknown, AscendError> = size === chunk.size
          ? Effect.void
          : Effect.zipRight(
            handle.seekLocked(chunk.offset + layout.sizeOffset, "start", restore),
            Effect.zipRight(
              handle.writeAllLocked(sizeBytes(layout, size), restore),
              handle.seekLocked(end + padding, "start", restore)
            )
          )
        return Effect.map(Effect.zipRight(pad, correct), () => {
          const found = corrected(chunk, { size, sizeField: fieldOf(layout, size) })
          EndedChunks.end(chunk, found)
          return found
        })
      })
  )

/** @internal */
export const ascend = (handle: Handle, chunk: Api.Chunk): Effect.Effect<Api.FoundChunk, AscendError> =>
  new Ascend(handle, chunk)

// ---------------------------------------------------------------------------------------------------------------------
// creating
// ---------------------------------------------------------------------------------------------------------------------

const operation = "Riff.createChunk"

const invalid = (handle: Handle, description: string) =>
  new MmioError.InvalidParameter({ operation, file: handle.name.full, description })

/** How a chunk is written: as the form that is being written, as the caller says, or as the chunk that it is in. */
const layoutFor = (
  handle: Handle,
  form: OpenForm | undefined,
  { family, parent }: Api.ChunkSpec
): Either.Either<Layout, MmioError.InvalidParameter> => {
  if (family !== undefined && (!Object.hasOwn(families, family) || hasDs64(families[family].form))) {
    return Either.left(invalid(handle, `${family} is not RIFF, RIFX or Wave64`))
  }
  const given = family !== undefined ? families[family].layout : parent === undefined ? undefined : layoutOf(parent)
  return form === undefined || given === undefined || given === form.layout
    ? Either.right(form?.layout ?? given ?? little)
    : Either.left(invalid(handle, "the form that is being written has another layout"))
}

/**
 * Refuses bytes that begin with a type where that type was just written: the whole of a list, such as `Wave.infoList`
 * encodes it.
 */
const doubledType = (type: number, dataAt: number) => (position: number, source: Uint8Array): string | undefined => {
  if (position !== dataAt || source.length < 4 || uint32(source, 0) !== type) return undefined
  // A chunk of that id would have a size there.
  const isList = source.length === 4 || (source.length >= 8 && isPrintable(uint32(source, 4)))
  return isList
    ? `the bytes begin with the type ${
      FourCC.format(FourCC.fromNumber(type))
    }, which the list has already: write them as the data of a chunk "LIST", or leave the type out`
    : undefined
}

/** @internal */
export const createChunk = (
  handle: Handle,
  spec: Api.ChunkSpec
): Effect.Effect<Api.CreatedChunk, Api.CreateError> =>
  immediate((): Effect.Effect<Api.CreatedChunk, Api.CreateError> => {
    const { size = 0 } = spec
    const [kind, text] = spec.chunk !== undefined
      ? ["chunk", spec.chunk] as const
      : spec.riff !== undefined
      ? ["form", spec.riff] as const
      : ["list", spec.list] as const
    const code = codeOf(operation, handle.name.full, text)
    if (Either.isLeft(code)) return Either.left(code.left)
    const form = formOf(handle)
    const chosen = layoutFor(handle, form, spec)
    if (Either.isLeft(chosen)) return Either.left(chosen.left)
    const layout = chosen.right
    if (!Number.isSafeInteger(size) || size < 0 || (size > layout.largestSize && form === undefined)) {
      return handle.invalid(operation, `${size} is not a size that a chunk can have`)
    }
    const id = kind === "chunk" ? code.right : kind === "list" ? FourCC.LIST : FourCC.RIFF
    const field = form === undefined ? Either.right(fieldOf(layout, size)) : form.sizeField(operation, id, size)
    if (Either.isLeft(field)) return Either.left(field.left)
    const sizeField = field.right
    const header = write(layout, kind, FourCC.toNumber(code.right), sizeField, innerFormId(layout))
    const made = (offset: number): Api.CreatedChunk => {
      handle.checkNextWrite = kind === "list" && header.type !== undefined
        ? doubledType(header.type, offset + header.bytes.length)
        : undefined
      const chunk = created(layout, header, { offset, size, sizeField, ds64: undefined })
      return form === undefined ? chunk : form.made(chunk)
    }
    const at = handle.window.position
    if (handle.lock.idle && handle.engine.canWriteSync(header.bytes.length)) {
      handle.engine.writeSync(header.bytes)
      return Exit.succeed(made(at))
    }
    return handle.transfer(operation, (restore) =>
      Effect.suspend(() => {
        const at = handle.window.position
        return Effect.map(handle.writeAllLocked(header.bytes, restore), () => made(at))
      }))
  })

/** @internal */
export const withChunk = <B, E, R>(
  handle: Handle,
  spec: Api.ChunkSpec,
  body: (chunk: Api.CreatedChunk) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | Api.CreateError | MmioError.SeekError, R> =>
  spec.size === undefined && handle.forwardOnly
    ? Effect.fail(onlyForward(handle, "Riff.withChunk", "a chunk"))
    : Effect.flatMap(createChunk(handle, spec), (chunk) =>
      formOf(handle)?.within(
        chunk,
        Effect.suspend(() => body(chunk)),
        ascend(handle, chunk)
      )
        ?? Effect.zipLeft(body(chunk), ascend(handle, chunk)))
