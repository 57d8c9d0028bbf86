/**
 * Which form is being written on a handle, as far as making and leaving chunks has to know of it: what it does is in
 * `form.ts`, which a program that never calls `Riff.withRiff` does not take along.
 */
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { FourCC } from "../../FourCC.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import type { Layout } from "./layout.js"

/** @internal */
export type Failure = MmioError.SeekError | MmioError.InvalidParameter | MmioError.WriteError

/** A form that is being written. @internal */
export interface OpenForm {
  /** What the size field of a chunk holds that is made in it. */
  readonly sizeField: (
    operation: string,
    id: FourCC,
    size: number
  ) => Either.Either<number, MmioError.CannotExpand | MmioError.InvalidParameter>
  /** How its chunks are written. */
  readonly layout: Layout
  /** Takes note of a chunk that was made; gives it with the sizes that it may be looked up in. */
  readonly made: (chunk: Api.CreatedChunk) => Api.CreatedChunk
  /** Whether an open chunk of it begins there. */
  readonly holds: (offset: number) => boolean
  /** Leaves a chunk of it, which ends at the position. Runs inside of `Lock.exclusive`. */
  readonly leave: (chunk: Api.CreatedChunk, restore: Restore) => Effect.Effect<Api.FoundChunk, Failure>
  /** Runs the body of a chunk of it, and leaves the chunk however that ends. */
  readonly within: <B, E, R>(
    chunk: Api.CreatedChunk,
    body: Effect.Effect<B, E, R>,
    ascend: Effect.Effect<unknown, Failure>
  ) => Effect.Effect<B, E | Failure, R>
}

const forms = new WeakMap<Handle, OpenForm>()

/** The form that is being written. @internal */
export const formOf = (handle: Handle): OpenForm | undefined => forms.get(handle)

/** @internal */
export const begin = (handle: Handle, form: OpenForm): void => {
  forms.set(handle, form)
}

/** @internal */
export const end = (handle: Handle): void => {
  forms.delete(handle)
}
