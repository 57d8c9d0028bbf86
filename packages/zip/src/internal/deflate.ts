/**
 * Compression by the runtime's own `CompressionStream`, in constant memory.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"

const failed = (file: string, description: string, cause?: unknown) =>
  new MmioError.CannotWrite({ operation: "ZipIOProc.write", file, description, written: 0, cause })

const open = (file: string): Effect.Effect<CompressionStream, MmioError.CannotWrite> =>
  Effect.try({
    try: () => new CompressionStream("deflate-raw"),
    catch: (cause) => failed(file, "this runtime cannot compress: write the element as \"stored\"", cause)
  })

/** Compresses what `read` gives, until it gives nothing, and has `write` take the compressed bytes. @internal */
export const deflate = <E, E2>(
  file: string,
  read: Effect.Effect<Uint8Array, E>,
  write: (bytes: Uint8Array) => Effect.Effect<void, E2>
): Effect.Effect<void, E | E2 | MmioError.CannotWrite> =>
  Effect.flatMap(open(file), (stream) => {
    const writer = stream.writable.getWriter()
    const reader = stream.readable.getReader()
    const waiting = <A>(promise: () => Promise<A>) =>
      Effect.tryPromise({ try: promise, catch: (cause) => failed(file, "the runtime failed to compress", cause) })
    const produce = Effect.gen(function*() {
      for (;;) {
        const bytes = yield* read
        if (bytes.length === 0) break
        // The stream keeps what it is given until it has compressed it.
        yield* waiting(() => writer.write(new Uint8Array(bytes)))
      }
      yield* waiting(() => writer.close())
      // The other end waits for what does not come any more, also where it cannot be interrupted.
    }).pipe(Effect.onError(() => Effect.promise(() => Promise.allSettled([writer.abort()]))))
    const consume = Effect.gen(function*() {
      for (;;) {
        const next = yield* waiting(() => reader.read())
        if (next.done) return
        yield* write(next.value)
      }
    }).pipe(Effect.onError(() => Effect.promise(() => Promise.allSettled([reader.cancel()]))))
    return Effect.all([produce, consume], { concurrency: 2, discard: true })
  })
