/**
 * Handles as streams and sinks.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { Access } from "../../IOProc.js"
import type * as MmioError from "../../MmioError.js"
import { andThen } from "../io/answer.js"
import { outOfMemory } from "../io/copy.js"
import type { Handle, TransferError } from "./handle.js"
import { Read } from "./hits.js"

/** @internal */
export const defaultChunkSize = 64 * 1024

/**
 * The bytes from `from` (the position of the handle as the stream begins, if undefined) to `to`. The stream has a
 * position of its own: other operations on the handle between two of its chunks do not move it.
 *
 * @internal
 */
export const stream = <A extends Access>(
  handle: Handle<A>,
  { from, to }: { readonly from: number | undefined; readonly to: number },
  chunkSize: number
): Stream.Stream<Uint8Array, TransferError<A> | MmioError.SeekError> => {
  type Failure = TransferError<A> | MmioError.SeekError
  const { engine, name, window } = handle
  const pull = (at: number, count: number): Effect.Effect<Uint8Array, Failure> =>
    handle.transfer<Uint8Array, Failure>("Mmio.stream", (restore) => {
      // A chunk is shorter where there is no memory for all of it.
      const read = () =>
        handle.withoutWriting(
          engine.readGrowing(count, restore, (sofar, size) =>
            sofar.length > 0 ? Exit.succeed(sofar) : Exit.die(outOfMemory("Mmio.stream", name.full, size)))
        )
      return window.position === at ? read() : andThen(engine.seek(at, "start", restore), read)
    })
  /** The next bytes, where they are there without a call of the driver. */
  const ready = (at: number, count: number): Uint8Array | undefined => {
    const hit = new Read(handle, count)
    return window.position === at && hit.isReady ? hit.run() : undefined
  }
  type Loop = Channel.Channel<Chunk.Chunk<Uint8Array>, unknown, Failure, unknown, void, unknown>
  const emit = (at: number, bytes: Uint8Array): Loop => {
    // Once its consumer has it, it may be transferred, and have no length.
    const end = at + bytes.length
    return end === at ? Channel.void : Channel.flatMap(Channel.write(Chunk.of(bytes)), () => loop(end))
  }
  const loop = (at: number): Loop =>
    Channel.suspend(() => {
      if (at >= to) return Channel.void
      const wanted = Math.min(chunkSize, to - at)
      const bytes = ready(at, wanted)
      return bytes === undefined
        ? Channel.flatMap(Channel.fromEffect(pull(at, wanted)), (bytes) => emit(at, bytes))
        : emit(at, bytes)
    })
  return Stream.withSpan(
    Stream.unwrap(
      Effect.map(
        from === undefined ? handle.position : Effect.succeed(from),
        (start) => Stream.fromChannel(loop(start))
      )
    ),
    "Mmio.stream",
    { attributes: { "mmio.file": name.full }, captureStackTrace: false }
  )
}

/** @internal */
export const sink = <E>(
  writeAll: (bytes: Uint8Array) => Effect.Effect<void, E>
): Sink.Sink<number, Uint8Array, never, E> =>
  Sink.suspend(() => {
    let total = 0
    return Sink.map(
      Sink.forEach((bytes: Uint8Array) =>
        Effect.map(writeAll(bytes), () => {
          total += bytes.length
        })
      ),
      () => total
    )
  })
