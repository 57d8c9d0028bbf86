/**
 * Handles as streams and sinks.
 */
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { Access } from "../IOProc.js"
import type * as MmioError from "../MmioError.js"
import * as BufferState from "./bufferState.js"
import type { HandleBase, TransferError } from "./handle.js"
import { isDone } from "./immediate.js"

/** @internal */
export const defaultChunkSize = 64 * 1024

/**
 * The bytes from `from` (the position of the handle as the stream begins, if undefined) to `to`. The stream has a place of its own:
 * what others do with the handle between two of its chunks does not move it.
 *
 * @internal
 */
export const stream = <A extends Access>(
  handle: HandleBase<A>,
  { from, to }: { readonly from: number | undefined; readonly to: number },
  chunkSize: number
): Stream.Stream<Uint8Array, TransferError<A> | MmioError.CannotSeek> => {
  type Failure = TransferError<A> | MmioError.CannotSeek
  const pull = (at: number, bytes: Uint8Array): Effect.Effect<number, Failure> =>
    handle.run<number, Failure>("Mmio.stream", (restore) => {
      const read = handle.readSlow(bytes, restore)
      return BufferState.position(handle.state.current) === at
        ? read
        : Effect.zipRight(handle.seekSlow(at, "start", restore), read)
    })
  type Loop = Channel.Channel<Chunk.Chunk<Uint8Array>, unknown, Failure, unknown, void, unknown>
  const emit = (at: number, bytes: Uint8Array, count: number): Loop =>
    count === 0
      ? Channel.void
      : Channel.flatMap(
        Channel.write(Chunk.of(count === bytes.length ? bytes : bytes.slice(0, count))),
        () => loop(at + count)
      )
  const loop = (at: number): Loop =>
    Channel.suspend(() => {
      if (at >= to) return Channel.void
      const wanted = Math.min(chunkSize, to - at)
      const isThere = handle.lock.idle && BufferState.position(handle.state.current) === at
      const lent = isThere && handle.canRead ? handle.atOnce?.lend(wanted) : undefined
      if (lent !== undefined) return emit(at, lent, wanted)
      const bytes = new Uint8Array(wanted)
      const quick = isThere ? handle.readQuick(bytes) : undefined
      // What is at hand needs no effect.
      return quick !== undefined && isDone(quick) && Exit.isSuccess(quick)
        ? emit(at, bytes, quick.value)
        : Channel.flatMap(Channel.fromEffect(quick ?? pull(at, bytes)), (count) => emit(at, bytes, count))
    })
  return Stream.withSpan(
    Stream.unwrap(
      Effect.map(
        from === undefined ? handle.position : Effect.succeed(from),
        (start) => Stream.fromChannel(loop(start))
      )
    ),
    "Mmio.stream",
    { attributes: { "mmio.file": handle.name.full }, captureStackTrace: false }
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
