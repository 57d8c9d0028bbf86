/**
 * Whole files as streams and sinks, which open them and close them.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { FileName } from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import type * as MmioError from "../MmioError.js"
import type { Handle } from "./handle/handle.js"
import * as streams from "./handle/stream.js"
import { ending, type OpenFailure, openRouted } from "./opening.js"
import { checkChunkSize, checkRange } from "./parameters.js"

/**
 * A handle that the stream or sink closes itself where it comes to its end. Elsewhere a failure to close has no
 * channel: a defect there would take the place of the failure that ended the stream, since `Stream.run` carries the
 * failure of a stream through its sink as a defect of its own.
 */
const lastResort = <A extends IOProc.Access, E, R>(
  operation: string,
  open: Effect.Effect<Handle<A>, E, R>
): Effect.Effect<Handle<A>, E, R | Scope.Scope> =>
  Effect.acquireRelease(open, (handle, exit) =>
    Effect.catchAllCause(
      handle.dispose(operation, exit),
      (cause) => Effect.logError(`${operation} could not close ${handle.name.full} after it had ended early`, cause)
    ))

/**
 * A stream over a file that is open while the stream is read.
 *
 * @internal
 */
export const reading = <B, E, R>(
  operation: string,
  name: string | FileName,
  options: Api.ReadFileOptions | undefined,
  use: (handle: Handle<"read">) => Stream.Stream<B, E, R>
): Stream.Stream<B, E | OpenFailure | MmioError.CloseError, IOProc.IOProc | R> =>
  Stream.unwrapScoped(
    Effect.map(
      lastResort(operation, openRouted(operation, name, { ...options, access: "read" as const })),
      (handle) => Stream.concat(use(handle), Stream.execute(handle.dispose(operation, Exit.void)))
    )
  )

/** @internal */
export const streamFile = (
  name: string | FileName,
  options: Api.StreamFileOptions | undefined
): Stream.Stream<
  Uint8Array,
  OpenFailure | MmioError.ReadError | MmioError.SeekError | MmioError.CloseError,
  IOProc.IOProc
> => {
  const { chunkSize, from, to, ...opening } = options ?? {}
  return reading(
    "Mmio.streamFile",
    name,
    opening,
    (handle) => ranged("Mmio.streamFile", handle, { from, to }, chunkSize)
  )
}

/**
 * The bytes of a range, once the range and the size of the chunks are known to be valid.
 *
 * @internal
 */
export const ranged = <A extends IOProc.Access>(
  operation: string,
  handle: Handle<A>,
  range: Api.Range | undefined,
  chunkSize: number | undefined
): Stream.Stream<Uint8Array, Api.ReadError<A> | MmioError.SeekError | MmioError.InvalidParameter> =>
  Stream.unwrap(
    Effect.zipWith(
      checkRange(handle, operation, range),
      checkChunkSize(handle, operation, chunkSize),
      (range, chunkSize) => streams.stream(handle, range, chunkSize)
    )
  )

type SinkFailure = OpenFailure | MmioError.SeekError | MmioError.CloseError

/** The file that a sink writes, at the position where it begins. */
const openForSink = (
  name: string | FileName,
  { append = false, create, ...options }: Api.SinkFileOptions
): Effect.Effect<Handle<"write">, SinkFailure, IOProc.IOProc> => {
  const operation = "Mmio.sinkFile"
  const open = (create: boolean | "new") =>
    openRouted(operation, name, { ...options, access: "write" as const, create })
  if (!append || create === "new") return open(create ?? "new")
  // Of two sinks that create the file, one succeeds: it is not cut for the other.
  const opened = create === true ? Effect.catchTag(open(false), "FileNotFound", () => open("new")) : open(false)
  return Effect.flatMap(opened, (handle) =>
    Effect.matchCauseEffect(handle.seek(0, "end"), {
      onSuccess: () => Effect.succeed(handle),
      onFailure: (cause) => ending(operation, handle, Exit.failCause(cause))
    }))
}

/** @internal */
export const sinkFile = (
  name: string | FileName,
  options: Api.SinkFileOptions
): Sink.Sink<number, Uint8Array, never, SinkFailure, IOProc.IOProc> => {
  const operation = "Mmio.sinkFile"
  return Sink.unwrapScoped(
    Effect.map(
      lastResort(operation, openForSink(name, options)),
      (handle): Sink.Sink<number, Uint8Array, never, SinkFailure> =>
        Sink.mapEffect(
          streams.sink((bytes) => handle.writeAll(bytes)),
          (total) => Effect.as(handle.dispose(operation, Exit.void), total)
        )
    )
  )
}
