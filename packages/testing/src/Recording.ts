/**
 * What a program asks of its storage, as data: recorded, looked at, and answered again without the storage.
 *
 * {@link layer} records every message to the storage below with its answer. The {@link Trace} is plain data with a Schema, so that it can be
 * kept as JSON; {@link replay} is a storage that answers from it, and says what differs as soon as the program asks something else.
 * Assertions such as {@link atMost} and {@link neverBefore} say what a program may ask at all.
 *
 * @since 0.1.0
 */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as internal from "./internal/recording.js"
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
export const Bytes = Schema.Union(
  Schema.Struct({ bytes: Schema.Uint8ArrayFromBase64 }),
  Schema.Struct({ length: Schema.NonNegativeInt, digest: Schema.String })
)

/**
 * Bytes of a message, or a digest of them.
 *
 * @since 0.1.0
 * @category models
 */
export type Bytes = typeof Bytes.Type

const Code = Schema.String.pipe(
  Schema.filter((text): text is FourCC.FourCC => FourCC.isFourCC(text), { identifier: "FourCC" })
)

/**
 * The name of a file, as `FileName` takes it apart.
 *
 * @since 0.1.0
 * @category models
 */
export const Name = Schema.Struct({
  full: Schema.String,
  path: Schema.String,
  element: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Code)
})

/**
 * The name of a file, as `FileName` takes it apart.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = typeof Name.Type

/** The fields of an error with one of these tags. */
const errorOf = <const Tag extends internal.ErrorTag>(...tags: readonly [Tag, ...ReadonlyArray<Tag>]) =>
  Schema.Struct({
    _tag: Schema.Literal(...tags),
    operation: Schema.String,
    file: Schema.String,
    position: Schema.optional(Schema.Int),
    description: Schema.String,
    written: Schema.optional(Schema.Int),
    /** The name in the error's cause, such as `"ENOSPC"`. */
    errno: Schema.optional(Schema.String),
    /** The message of the error's cause. */
    cause: Schema.optional(Schema.String)
  })

/** What came of a message. */
const resultOf = <S extends Schema.Schema.AnyNoContext, E extends Schema.Schema.AnyNoContext>(success: S, error: E) =>
  Schema.Union(
    Schema.Struct({ success }),
    Schema.Struct({ error }),
    /** It died of this. */
    Schema.Struct({ defect: Schema.String }),
    Schema.Struct({ interrupted: Schema.Literal(true) }),
    /** It was still under way as the trace was taken. */
    Schema.Struct({ pending: Schema.Literal(true) })
  )

const readErrors = errorOf("CannotRead", "NetworkError")
const writeErrors = errorOf("CannotWrite", "CannotExpand", "NetworkError")
const renameErrors = errorOf(
  "FileNotFound",
  "PathNotFound",
  "AccessDenied",
  "SharingViolation",
  "NetworkError",
  "CannotWrite"
)

/** A message to a driver: the storage itself, or the one that was found for a code. */
const toDriver = { driver: Schema.NullOr(Code) }
/** A message to an open file, told by the number that its `open` gave; `name` is for the reader. */
const toFile = { file: Schema.NonNegativeInt, name: Schema.String }
const Count = Schema.NonNegativeInt
const Nothing = Schema.Null

/**
 * A message to a driver, with its arguments and what came of it.
 *
 * Requests of a driver's own (`Mmio.sendMessage`) are recorded as `"user"`, by the tag of the request, with whether the driver knew it: what
 * they carry is the driver's, and nobody else can write it down.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = Schema.Union(
  Schema.Struct({
    message: Schema.Literal("open"),
    ...toDriver,
    name: Name,
    access: Schema.Literal("read", "write", "readWrite"),
    create: Schema.Boolean,
    share: Schema.Literal("compat", "exclusive", "denyWrite", "denyRead", "denyNone"),
    /** The number of the file in the messages that follow. */
    result: resultOf(
      Schema.Struct({ file: Count }),
      errorOf(
        "FileNotFound",
        "PathNotFound",
        "AccessDenied",
        "SharingViolation",
        "TooManyOpenFiles",
        "NetworkError",
        "OutOfMemory",
        "InvalidFile",
        "CannotOpen"
      )
    )
  }),
  Schema.Struct({
    message: Schema.Literal("read"),
    ...toFile,
    count: Count,
    result: resultOf(Bytes, readErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("write", "writeFlush"),
    ...toFile,
    source: Bytes,
    result: resultOf(Count, writeErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("seek"),
    ...toFile,
    offset: Schema.Int,
    from: Schema.Literal("start", "current", "end"),
    result: resultOf(Count, errorOf("CannotSeek"))
  }),
  Schema.Struct({
    message: Schema.Literal("close"),
    ...toFile,
    result: resultOf(Nothing, errorOf("CannotClose", "CannotWrite"))
  }),
  Schema.Struct({
    message: Schema.Literal("user"),
    ...toFile,
    request: Schema.String,
    result: Schema.Struct({ success: Schema.Struct({ known: Schema.Boolean }) })
  }),
  Schema.Struct({
    message: Schema.Literal("rename"),
    ...toDriver,
    name: Name,
    to: Name,
    result: resultOf(Nothing, renameErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("remove"),
    ...toDriver,
    name: Name,
    result: resultOf(Nothing, renameErrors)
  }),
  Schema.Struct({
    message: Schema.Literal("exists"),
    ...toDriver,
    name: Name,
    result: resultOf(Schema.Boolean, errorOf("AccessDenied", "NetworkError", "CannotRead"))
  }),
  Schema.Struct({
    message: Schema.Literal("fullName"),
    ...toDriver,
    name: Name,
    result: resultOf(Name, errorOf("PathNotFound", "AccessDenied"))
  }),
  Schema.Struct({
    message: Schema.Literal("tempName"),
    ...toDriver,
    folder: Schema.NullOr(Schema.String),
    prefix: Schema.NullOr(Schema.String),
    suffix: Schema.NullOr(Schema.String),
    result: resultOf(Name, errorOf("PathNotFound", "AccessDenied", "TooManyOpenFiles", "NetworkError", "CannotWrite"))
  })
)

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
 * A trace as JSON text: `Schema.encode(Recording.TraceJson)(trace)`, and `Schema.decode(Recording.TraceJson)(text)`.
 *
 * @since 0.1.0
 * @category models
 */
export const TraceJson: Schema.Schema<Trace, string> = Schema.parseJson(Trace)

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
   * Whether the bytes that were read and written are part of the trace, or only a digest of them, which cannot be replayed where bytes were
   * read. Default: `"included"`.
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
 * A driver that records every message to another one, also to those that it finds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  below: IOProc.IOProc,
  options?: Options
): Effect.Effect<{ readonly ioProc: IOProc.IOProc; readonly recorder: Recorder }> =>
  Effect.sync(() => {
    const log = new internal.Log(options?.bytes ?? "included")
    return {
      ioProc: internal.record(log, below, null),
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
 *   yield* Recording.atMost("read", 2)
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
      Effect.flatMap(IOProc.IOProc, (below) => make(below, options)),
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
  /** What the trace has there; undefined behind its end. */
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
 * A storage that answers from a trace: the first message with what the first message of the trace was answered with, and so on. Errors come
 * again with their errno; what was interrupted is interrupted.
 *
 * Who asks something else is answered with a defect, {@link Unexpected}, which {@link Replay} has typed; and gets no other answer from then on.
 * So does who asks for bytes of which the trace has a digest only.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Recording } from "@effect-mmio/testing"
 * import { Effect, Schema } from "effect"
 *
 * export const test = (json: string) =>
 *   Effect.gen(function*() {
 *     const trace = yield* Schema.decode(Recording.TraceJson)(json)
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
export const replay = (trace: Trace): Layer.Layer<IOProc.IOProc | Replay> =>
  Layer.effectContext(Effect.sync(() => {
    const player = new internal.Player(trace, (fields) => new Unexpected(fields))
    return Context.make(IOProc.IOProc, internal.play(player, null)).pipe(
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
 * Messages: of a name, or those of a file too, in whose name `*` stands for any characters and `?` for one.
 *
 * @since 0.1.0
 * @category models
 */
export type Match = Message["message"] | {
  readonly message: Message["message"] | ReadonlyArray<Message["message"]>
  readonly file?: string | undefined
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

const assertion = (rule: string, judge: (trace: Trace) => internal.Verdict): Assertion =>
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
  assertion(`at most ${count} ${text.matcher(match)}`, internal.counting(match, (n) => n <= count))

/**
 * There were at least so many such messages.
 *
 * @since 0.1.0
 * @category assertions
 */
export const atLeast = (match: Match, count: number): Assertion =>
  assertion(`at least ${count} ${text.matcher(match)}`, internal.counting(match, (n) => n >= count))

/**
 * There were exactly so many such messages.
 *
 * @since 0.1.0
 * @category assertions
 */
export const exactly = (match: Match, count: number): Assertion =>
  assertion(`exactly ${count} ${text.matcher(match)}`, internal.counting(match, (n) => n === count))

/**
 * There was no such message.
 *
 * @since 0.1.0
 * @category assertions
 */
export const never = (match: Match): Assertion =>
  assertion(`no ${text.matcher(match)}`, internal.counting(match, (n) => n === 0))

/**
 * No message of the first kind was sent before the first one of the second, or at all if there was none of the second.
 *
 * @since 0.1.0
 * @category assertions
 */
export const neverBefore = (match: Match, first: Match): Assertion =>
  assertion(
    `no ${text.matcher(match)} before the first ${text.matcher(first)}`,
    internal.neverBefore(match, first)
  )

/**
 * Nothing was written before the first flush: the program keeps to its buffer.
 *
 * @since 0.1.0
 * @category assertions
 */
export const noWriteBeforeFirstFlush: Assertion = neverBefore("write", "writeFlush")

/**
 * Such messages were sent one after another; what was sent between them does not matter.
 *
 * @since 0.1.0
 * @category assertions
 */
export const inOrder = (...matches: ReadonlyArray<Match>): Assertion =>
  assertion(`in this order: ${matches.map(text.matcher).join(", ")}`, internal.inOrder(matches))

/**
 * These messages were sent, in this order, and no others.
 *
 * @since 0.1.0
 * @category assertions
 */
export const sequence = (...matches: ReadonlyArray<Match>): Assertion =>
  assertion(`nothing but, in this order: ${matches.map(text.matcher).join(", ")}`, internal.sequence(matches))
