/**
 * What a program asks of its storage, as data: recorded, looked at, and answered again without the storage.
 *
 * {@link layer} records every message to the storage below with its answer. The {@link Trace} is plain data with a
 * Schema, so that it can be kept as JSON; {@link replay} is a storage that answers from it, and says what differs as
 * soon as the program asks something else. Answers of a recorded storage, and of a replayed one, are effects, also
 * where those of the storage below are synchronous. Assertions such as {@link atMost} and {@link neverBefore} say what
 * a program may ask at all.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as internal from "./internal/recording.js"
import * as assertions from "./internal/recordingAssertions.js"
import * as replaying from "./internal/recordingReplay.js"
import * as schema from "./internal/recordingSchema.js"
import * as text from "./internal/recordingText.js"

// ---------------------------------------------------------------------------------------------------------------------
// traces
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Bytes of a message: themselves, or how many they were and a digest of 53 bits that tells whether they are the same.
 *
 * @since 0.1.0
 * @category models
 */
export const Bytes = schema.Bytes

/**
 * Bytes of a message, or a digest of them.
 *
 * @since 0.1.0
 * @category models
 */
export type Bytes = typeof Bytes.Type

/**
 * The name of a file, as `FileName` takes it apart.
 *
 * @since 0.1.0
 * @category models
 */
export const Name = schema.Name

/**
 * The name of a file, as `FileName` takes it apart.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = typeof Name.Type

/**
 * A message to a driver, with its arguments and what came of it.
 *
 * The messages to an open file are `readAt`, `writeAt` with its mode, `size`, `canSeek`, `truncate`, `invalidate`,
 * `commit`, `close` and `abort`. Requests of a driver's own (`Mmio.sendMessage`) are recorded as `"user"`, by the tag
 * of the request, with whether the driver knew it: what they carry is the driver's own, and so are the `parameters` of
 * `open`.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = schema.Message

/**
 * A message to a driver, with its arguments and what came of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Message = typeof Message.Type

/**
 * Messages, in the order in which they were sent.
 *
 * @since 0.1.0
 * @category models
 */
export const Trace = Schema.Array(Message)

/**
 * Messages, in the order in which they were sent.
 *
 * @since 0.1.0
 * @category models
 */
export type Trace = typeof Trace.Type

/**
 * The format in which {@link TraceJson} writes traces. Earlier ones are refused: format 1, an array of messages to
 * files with a cursor, and format 2, which has no `realName`.
 *
 * @since 0.1.0
 * @category models
 */
export const formatVersion = 3

/**
 * A recording has a format that this version does not read: it was made by an earlier version, or by a later one.
 * Record it again.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnsupportedFormat extends Data.TaggedError("UnsupportedFormat")<{
  /** The format of the recording; undefined where it says none. */
  readonly format: number | undefined
}> {
  override get message(): string {
    const what = this.format === undefined
      ? "this is no recording"
      : this.format === 1
      ? "this recording has format 1, whose files have a cursor"
      : this.format === 2
      ? "this recording has format 2, which has no realName"
      : `this recording has format ${this.format}`
    return `${what}; the format that is read is ${formatVersion}: record it again`
  }
}

/** The format of a recording: the first one was an array, and said none. */
const formatOf = (json: unknown): number | undefined =>
  Array.isArray(json)
    ? 1
    : Predicate.hasProperty(json, "format") && typeof json.format === "number"
    ? json.format
    : undefined

const Stored = Schema.Struct({ format: Schema.Literal(formatVersion), messages: Trace })

/**
 * A trace as JSON text: `Schema.encode(Recording.TraceJson)(trace)`, and `Schema.decode(Recording.TraceJson)(text)`. A
 * text of another format is a `ParseError` that says so; {@link fromJson} has it as {@link UnsupportedFormat}.
 *
 * @since 0.1.0
 * @category models
 */
export const TraceJson: Schema.Schema<Trace, string> = Schema.transform(
  Schema.transformOrFail(Schema.parseJson(), Stored, {
    strict: false,
    decode: (json, _, ast) => {
      const format = formatOf(json)
      return format === formatVersion
        ? ParseResult.succeed(json)
        : ParseResult.fail(new ParseResult.Type(ast, json, new UnsupportedFormat({ format }).message))
    },
    encode: (stored) => ParseResult.succeed(stored)
  }),
  Schema.typeSchema(Trace),
  {
    strict: true,
    decode: ({ messages }) => messages,
    encode: (messages) => ({ format: formatVersion, messages } as const)
  }
)

/**
 * The trace in a JSON text that {@link TraceJson} wrote. Fails with {@link UnsupportedFormat} for a recording of
 * another format, and with `ParseError` for a text that is damaged.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromJson = (text: string): Effect.Effect<Trace, UnsupportedFormat | ParseResult.ParseError> =>
  Effect.flatMap(Schema.decode(Schema.parseJson())(text), (json): Effect.Effect<
    Trace,
    UnsupportedFormat | ParseResult.ParseError
  > => {
    const format = formatOf(json)
    return format === formatVersion
      ? Schema.decode(TraceJson)(text)
      : Effect.fail(new UnsupportedFormat({ format }))
  })

/**
 * A trace as text to read, a line for each message.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (trace: Trace): string => trace.map(text.line).join("\n")

// ---------------------------------------------------------------------------------------------------------------------
// recording
// ---------------------------------------------------------------------------------------------------------------------

/**
 * How messages are recorded.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether the bytes that were read and written are part of the trace, or only a digest of them, which cannot be
   * replayed where bytes were read. Default: `"included"`.
   */
  readonly bytes?: "included" | "digest" | undefined
}

/**
 * What was recorded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recorder {
  /** The messages until now. */
  readonly messages: Effect.Effect<Trace>
  /** Forgets them. Files that are open keep their numbers. */
  readonly clear: Effect.Effect<void>
}

/**
 * What was recorded.
 *
 * @since 0.1.0
 * @category tags
 */
export const Recorder: Context.Tag<Recorder, Recorder> = Context.GenericTag<Recorder>(
  "@effect-mmio/testing/Recording/Recorder"
)

/**
 * A driver that records every message to another one, also to those that it finds. Its `middleware` begins with
 * `"recording"`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  inner: IOProc.IOProc,
  options?: Options
): Effect.Effect<{ readonly ioProc: IOProc.IOProc; readonly recorder: Recorder }> =>
  Effect.sync(() => {
    const log = new internal.Log(options?.bytes ?? "included")
    return {
      ioProc: internal.record(log, inner, null),
      recorder: {
        messages: Effect.sync(() => log.messages.slice()),
        clear: Effect.sync(() => {
          log.messages = []
        })
      }
    }
  })

/**
 * A layer that records every message to the storage below it.
 *
 * @example
 * ```ts
 * import { MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Recording } from "@effect-mmio/testing"
 * import { Effect, Layer } from "effect"
 *
 * // However small the reads are, the storage is asked once for a buffer full.
 * const program = Effect.gen(function*() {
 *   const file = yield* Mmio.open("take.wav")
 *   while ((yield* Mmio.read(file, 4)).length > 0) {}
 *   yield* Recording.atMost("readAt", 2)
 * }).pipe(Effect.scoped)
 *
 * export const test = Effect.provide(
 *   program,
 *   Recording.layer().pipe(Layer.provide(MemoryIOProc.layer({ "take.wav": new Uint8Array(4096) })))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<IOProc.IOProc | Recorder, never, IOProc.IOProc> =>
  Layer.effectContext(
    Effect.map(
      Effect.flatMap(IOProc.IOProc, (inner) => make(inner, options)),
      ({ ioProc, recorder }) => Context.make(IOProc.IOProc, ioProc).pipe(Context.add(Recorder, recorder))
    )
  )

/**
 * A trace that was kept, for assertions: `Effect.provideService(Recording.Recorder, Recording.recorded(trace))`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const recorded = (trace: Trace): Recorder => ({ messages: Effect.succeed(trace), clear: Effect.void })

// ---------------------------------------------------------------------------------------------------------------------
// replaying
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A program asked something else than the trace has.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unexpected extends Data.TaggedError("Unexpected")<{
  /** Which message of the trace it is about, counted from 0. */
  readonly index: number
  /** What the trace has there; undefined past its end. */
  readonly expected: Message | undefined
  /** What was asked, as {@link format} would show it; undefined where the program asked no more. */
  readonly got: string | undefined
  /** Why that is no answer, where the question is the same. */
  readonly description?: string | undefined
}> {
  override get message(): string {
    return text.unexpected(this)
  }
}

/**
 * What a replay came to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Replay {
  /** How many messages of the trace were asked for until now. */
  readonly position: Effect.Effect<number>
  /** Fails if the program asked something else, or did not ask all that is in the trace. */
  readonly finish: Effect.Effect<void, Unexpected>
}

/**
 * What a replay came to.
 *
 * @since 0.1.0
 * @category tags
 */
export const Replay: Context.Tag<Replay, Replay> = Context.GenericTag<Replay>("@effect-mmio/testing/Recording/Replay")

/**
 * A storage that answers from a trace: the first message with what the first message of the trace was answered with,
 * and so on. Errors come again with their errno; what was interrupted is interrupted. Files have the capabilities,
 * version and identity that were recorded.
 *
 * A program that asks something else gets a defect, {@link Unexpected}, which {@link Replay} has typed; and no other
 * answer from then on. So does one that asks for bytes of which the trace has a digest only. `capabilities` are those
 * that the replayed storage claims; default: none.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Recording } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * export const test = (json: string) =>
 *   Effect.gen(function*() {
 *     const trace = yield* Recording.fromJson(json)
 *     const program = Mmio.withFile("take.wav", {}, (file) => Mmio.read(file, 4))
 *     return yield* Effect.zipLeft(program, Effect.flatMap(Recording.Replay, ({ finish }) => finish)).pipe(
 *       Effect.provide(Recording.replay(trace))
 *     )
 *   })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const replay = (
  trace: Trace,
  options?: { readonly capabilities?: IOProc.Capabilities | undefined }
): Layer.Layer<IOProc.IOProc | Replay> =>
  Layer.effectContext(Effect.sync(() => {
    const player = new replaying.Player(trace, options?.capabilities, (fields) => new Unexpected(fields))
    return Context.make(IOProc.IOProc, replaying.play(player, null)).pipe(
      Context.add(Replay, {
        position: Effect.sync(() => player.index),
        finish: Effect.suspend(() => player.finish())
      })
    )
  }))

// ---------------------------------------------------------------------------------------------------------------------
// assertions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Messages: of a name, or also of a file, in whose name `*` matches any characters and `?` one, or of a mode of
 * `writeAt`.
 *
 * @since 0.1.0
 * @category models
 */
export type Match = Message["message"] | {
  readonly message: Message["message"] | ReadonlyArray<Message["message"]>
  readonly file?: string | undefined
  readonly mode?: IOProc.WriteMode | undefined
}

/**
 * A program asked its storage what it may not.
 *
 * @since 0.1.0
 * @category errors
 */
export class AssertionFailed extends Data.TaggedError("AssertionFailed")<{
  /** What it may do. */
  readonly rule: string
  /** What it did. */
  readonly description: string
  /** Which messages show it, counted from 0. */
  readonly indices: ReadonlyArray<number>
  /** All that was recorded. */
  readonly trace: Trace
}> {
  override get message(): string {
    return text.failed(this)
  }
}

/**
 * Says something about what was recorded.
 *
 * @since 0.1.0
 * @category models
 */
export type Assertion = Effect.Effect<void, AssertionFailed, Recorder>

const assertion = (rule: string, judge: (trace: Trace) => assertions.Verdict): Assertion =>
  Effect.flatMap(Recorder, ({ messages }) =>
    Effect.flatMap(messages, (trace) => {
      const verdict = judge(trace)
      return verdict === undefined ? Effect.void : Effect.fail(new AssertionFailed({ rule, trace, ...verdict }))
    }))

/**
 * There were no more such messages than that.
 *
 * @since 0.1.0
 * @category assertions
 */
export const atMost = (match: Match, count: number): Assertion =>
  assertion(`at most ${count} ${text.matcher(match)}`, assertions.counting(match, (n) => n <= count))

/**
 * There were at least so many such messages.
 *
 * @since 0.1.0
 * @category assertions
 */
export const atLeast = (match: Match, count: number): Assertion =>
  assertion(`at least ${count} ${text.matcher(match)}`, assertions.counting(match, (n) => n >= count))

/**
 * There were exactly so many such messages.
 *
 * @since 0.1.0
 * @category assertions
 */
export const exactly = (match: Match, count: number): Assertion =>
  assertion(`exactly ${count} ${text.matcher(match)}`, assertions.counting(match, (n) => n === count))

/**
 * There was no such message.
 *
 * @since 0.1.0
 * @category assertions
 */
export const never = (match: Match): Assertion =>
  assertion(`no ${text.matcher(match)}`, assertions.counting(match, (n) => n === 0))

/**
 * No message of the first kind was sent before the first one of the second, or at all if there was none of the second.
 *
 * @since 0.1.0
 * @category assertions
 */
export const neverBefore = (match: Match, first: Match): Assertion =>
  assertion(
    `no ${text.matcher(match)} before the first ${text.matcher(first)}`,
    assertions.neverBefore(match, first)
  )

/**
 * Nothing was written before the first flush: the program keeps to its buffer.
 *
 * @since 0.1.0
 * @category assertions
 */
export const noWriteBeforeFirstFlush: Assertion = neverBefore(
  { message: "writeAt", mode: "write" },
  { message: "writeAt", mode: "writeFlush" }
)

/**
 * Such messages were sent one after another; what was sent between them does not matter.
 *
 * @since 0.1.0
 * @category assertions
 */
export const inOrder = (...matches: ReadonlyArray<Match>): Assertion =>
  assertion(`in this order: ${matches.map(text.matcher).join(", ")}`, assertions.inOrder(matches))

/**
 * These messages were sent, in this order, and no others.
 *
 * @since 0.1.0
 * @category assertions
 */
export const sequence = (...matches: ReadonlyArray<Match>): Assertion =>
  assertion(`nothing but, in this order: ${matches.map(text.matcher).join(", ")}`, assertions.sequence(matches))
