/**
 * Leaving chunks and making them.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as FourCC from "../../FourCC.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import * as BufferState from "../bufferState.js"
import type { HandleBase } from "../handle.js"
import { immediate, isDone, resolve } from "../immediate.js"
import { codeOf } from "../mmio.js"
import { layoutOf, little, paddingOf } from "./layout.js"
import { onlyForward } from "./onlyForward.js"
import { formOf } from "./openForm.js"

const largestSize = 0xffffffff
const sizeFieldSize = 4

// ---------------------------------------------------------------------------------------------------------------------
// ascending
// ---------------------------------------------------------------------------------------------------------------------

type AscendError = MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.WriteError

const ascendFound = (handle: HandleBase, chunk: Api.FoundChunk) => {
  const end = chunk.dataOffset + chunk.size
  const padding = paddingOf(layoutOf(chunk), chunk.size)
  return immediate(() => {
    const there = resolve(handle.seek(end + padding, "start"))
    if (isDone(there) && Exit.isSuccess(there)) return Exit.succeed(chunk)
    return Effect.as(
      // A block of memory that ends without the last padding does not reach behind it.
      padding === 0 ? there : Effect.catchTag(there, "CannotSeek", () => handle.seek(end, "start")),
      chunk
    )
  })
}

const ascendCreated = (handle: HandleBase, chunk: Api.CreatedChunk): Effect.Effect<Api.FoundChunk, AscendError> =>
  handle.run<Api.FoundChunk, AscendError>(
    "Riff.ascend",
    (restore) =>
      Effect.suspend((): Effect.Effect<Api.FoundChunk, AscendError> => {
        const form = formOf(handle)
        if (form?.holds(chunk.offset)) return form.leave(chunk, restore)
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
          : handle.writeAllSlow(new Uint8Array(1), restore)
        const correct: Effect.Effect<unknown, AscendError> = size === chunk.size
          ? Effect.void
          : Effect.zipRight(
            handle.seekSlow(chunk.dataOffset - sizeFieldSize, "start", restore),
            Effect.zipRight(
              handle.writeAllSlow(headerOf([size]), restore),
              handle.seekSlow(end + size % 2, "start", restore)
            )
          )
        return handle.returningTo(
          end,
          Effect.as(Effect.zipRight(pad, correct), { ...chunk, size, sizeField: size, dirty: false })
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
  immediate((): Effect.Effect<Api.CreatedChunk, Api.CreateError> => {
    const { size = 0 } = spec
    const [id, text] = spec.chunk !== undefined
      ? [undefined, spec.chunk] as const
      : spec.riff !== undefined
      ? [FourCC.RIFF, spec.riff] as const
      : [FourCC.LIST, spec.list] as const
    const code = codeOf("Riff.createChunk", handle.name.full, text)
    if (Either.isLeft(code)) return Either.left(code.left)
    const form = formOf(handle)
    const operation = "Riff.createChunk"
    if (!Number.isSafeInteger(size) || size < 0 || (size > largestSize && form === undefined)) {
      return handle.invalid(operation, `${size} is not a size of 32 bits`)
    }
    const made = id ?? code.right
    const field = form === undefined ? Either.right(size) : form.sizeField(operation, made, size)
    if (Either.isLeft(field)) return Either.left(field.left)
    const sizeField = field.right
    const header = id === undefined
      ? headerOf([FourCC.toNumber(made), sizeField])
      : headerOf([FourCC.toNumber(made), sizeField, FourCC.toNumber(code.right)])
    const created = (at: number): Api.CreatedChunk => ({
      id: made,
      size,
      type: id === undefined ? Option.none() : Option.some(code.right),
      offset: at,
      dataOffset: at + little.headerSize,
      sizeField,
      byteOrder: "little",
      ds64: form === undefined ? Option.none() : form.made(made, at, sizeField),
      guid: Option.none(),
      typeGuid: Option.none(),
      dirty: true
    })
    const at = BufferState.position(handle.state.current)
    if (handle.canPut(header.length)) {
      handle.put(header)
      return Effect.succeed(created(at))
    }
    return handle.run(operation, (restore) =>
      Effect.suspend(() => {
        const at = BufferState.position(handle.state.current)
        return Effect.map(handle.writeAllSlow(header, restore), () => created(at))
      }))
  })

/** @internal */
export const withChunk = <B, E, R>(
  handle: HandleBase,
  spec: Api.ChunkSpec,
  body: (chunk: Api.CreatedChunk) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | Api.CreateError | MmioError.CannotSeek, R> =>
  spec.size === undefined && handle.forwardOnly
    ? Effect.fail(onlyForward(handle, "Riff.withChunk", "a chunk"))
    : Effect.flatMap(createChunk(handle, spec), (chunk) =>
      formOf(handle)?.within(
        chunk,
        Effect.suspend(() => body(chunk)),
        ascend(handle, chunk)
      )
        ?? Effect.zipLeft(body(chunk), ascend(handle, chunk)))

const headerOf = (numbers: ReadonlyArray<number>): Uint8Array => {
  const bytes = new Uint8Array(numbers.length * 4)
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => view.setUint32(i * 4, number, true))
  return bytes
}
