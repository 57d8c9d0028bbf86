import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Readable from "effect/Readable"
import * as Ref from "effect/Ref"
import type { BufferState } from "./bufferState.js"

/**
 * The `Ref` of a handle's state, over a field that the paths served from the buffer read and set directly: inside of one `suspend`
 * that is as atomic as `Ref.modify`, and costs half of it.
 *
 * @internal
 */
export class StateRef extends Effectable.Class<BufferState> implements Ref.Ref<BufferState> {
  current: BufferState
  constructor(initial: BufferState) {
    super()
    this.current = initial
  }
  get get(): Effect.Effect<BufferState> {
    return Effect.sync(() => this.current)
  }
  get [Ref.RefTypeId](): Ref.Ref.Variance<BufferState>[Ref.RefTypeId] {
    return { _A: (a) => a }
  }
  get [Readable.TypeId](): Readable.TypeId {
    return Readable.TypeId
  }
  modify<B>(f: (state: BufferState) => readonly [B, BufferState]): Effect.Effect<B> {
    return Effect.sync(() => {
      const [b, next] = f(this.current)
      this.current = next
      return b
    })
  }
  override commit(): Effect.Effect<BufferState> {
    return this.get
  }
}
