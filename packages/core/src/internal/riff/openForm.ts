/**
 * Which form is being written on a handle, as far as making and leaving chunks has to know of it: what it does is in `form.ts`, which a program
 * that never calls `Riff.withRiff` does not take along.
 */
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { FourCC } from "../../FourCC.js"
import type * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { HandleBase } from "../handle.js"
import type { Restore } from "../lock.js"

/** @internal */
export type Failure = MmioError.CannotSeek | MmioError.InvalidParameter | MmioError.WriteError

/** A form that is being written. @internal */
export interface OpenForm {
  /** What the size field of a chunk holds that is made in it. */
  readonly sizeField: (
    operation: string,
    id: FourCC,
    size: number
  ) => Either.Either<number, MmioError.CannotExpand | MmioError.InvalidParameter>
  /** Takes note of a chunk that was made; gives the sizes that it may be looked up in. */
  readonly made: (id: FourCC, offset: number, sizeField: number) => Option.Option<Api.Ds64>
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

const forms = new WeakMap<HandleBase, OpenForm>()

/** The form that is being written. @internal */
export const formOf = (handle: HandleBase): OpenForm | undefined => forms.get(handle)

/** @internal */
export const begin = (handle: HandleBase, form: OpenForm): void => {
  forms.set(handle, form)
}

/** @internal */
export const end = (handle: HandleBase): void => {
  forms.delete(handle)
}
