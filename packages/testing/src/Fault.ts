/**
 * Storage that goes wrong as it is told: full disks, errors with the errno that a system gives, short transfers,
 * delays, calls that hang, flipped bits.
 *
 * What goes wrong is a {@link Plan}, plain data that can be stored, printed and decoded, and that does the same again
 * with the same seed. {@link layer} puts it around whatever storage is below; {@link Faults} tells what went wrong, and
 * lets a test repair it. {@link everyOperation} has a program meet a failure, and a short transfer, at each of its
 * driver operations in turn.
 *
 * A call that no fault happens to answers as the storage does: synchronously, by a callback or as an effect. A failure
 * without a delay is a synchronous answer of `readAt` and `writeAt`. `abort` and `invalidate` cannot fail: they are
 * neither counted nor shown to a rule.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/fault.js"
import * as driver from "./internal/faultDriver.js"
import * as Errors from "./internal/faultErrno.js"
import * as every from "./internal/faultEveryOperation.js"

// ---------------------------------------------------------------------------------------------------------------------
// what goes wrong
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The messages of a driver that can go wrong: its functions, and those of its open files. `"writeAt"` is both modes; a
 * {@link Rule} chooses one by its `mode`.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = Schema.Literal(...Errors.messageNames)

/**
 * The messages of a driver that can go wrong: its functions, and those of its open files.
 *
 * @since 0.1.0
 * @category models
 */
export type Message = typeof Message.Type

/**
 * The names of errors as a POSIX system has them.
 *
 * @since 0.1.0
 * @category models
 */
export const Errno = Schema.Literal(...Errors.names)

/**
 * The names of errors as a POSIX system has them.
 *
 * @since 0.1.0
 * @category models
 */
export type Errno = typeof Errno.Type

/**
 * What each message really fails with on a disk or over a network: one error of a kind, most usual first.
 *
 * @since 0.1.0
 * @category models
 */
export const errors: { readonly [M in Message]: ReadonlyArray<Errno> } = Errors.usual

const Positive = Schema.Int.pipe(Schema.positive())

/**
 * What becomes of a call.
 *
 * - `Fail`: it fails with the tagged error that a disk driver makes of this errno, which is in its `cause`. `when` says
 *   whether the storage has done nothing (`"before"`, the default), or has done it all and only the answer is lost
 *   (`"after"`), as over a network. A file whose `close` fails is released either way: `"before"` it was closed it is
 *   aborted, so that a storage that commits on close keeps the old content; `"after"` the content is the new one. An
 *   `open` that fails `"after"` aborts the file that it opened. `list` fails before its first name, or after its last.
 * - `Short`: at most `count` bytes are read or written, in either mode.
 * - `Delay`: it takes so long on the `Clock`.
 * - `Hang`: it does not answer until it is interrupted, or let go by {@link Faults}.
 * - `Flip`: so many bits of what is read or written are others.
 *
 * @since 0.1.0
 * @category models
 */
export const Fault = Schema.Union(
  Schema.TaggedStruct("Fail", { errno: Errno, when: Schema.optional(Schema.Literal("before", "after")) }),
  Schema.TaggedStruct("Short", { count: Positive }),
  Schema.TaggedStruct("Delay", { millis: Schema.Number.pipe(Schema.finite(), Schema.nonNegative()) }),
  Schema.TaggedStruct("Hang", {}),
  Schema.TaggedStruct("Flip", { bits: Positive })
)

/**
 * What becomes of a call.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault = typeof Fault.Type

/**
 * Which calls meet a fault. A rule looks at the calls that all of `on`, `mode`, `file`, `range` and `from` name, and at
 * those only that its fault can happen to; it fires at the `nth` of them and those after it, each with `probability`,
 * until it fired `times`. `Short` can happen to calls for more bytes than its count that transfer as many, and `Flip`
 * to those that transfer a byte of the range. Both are known once a call has ended: until then, the call counts.
 *
 * - `on`: a message, several, or `"any"`. Default: `"any"`.
 * - `mode`: only calls of `writeAt` in this mode. Default: both modes, and all other messages.
 * - `file`: the name, as the driver is given it; `*` matches any characters, `?` one. Of a rename either name. Default:
 *   `"*"`.
 * - `range`: reads and writes only that touch one of the bytes from `from` to before `to`.
 * - `from`: only calls from this one on, counted over all messages from 1.
 * - `nth`: counted from 1. Default: 1.
 * - `probability`: drawn from the seed of the plan. Default: 1.
 * - `times`: how often, or `"always"`. Default: 1.
 *
 * @since 0.1.0
 * @category models
 */
export const Rule = Schema.Struct({
  on: Schema.optional(Schema.Union(Message, Schema.Literal("any"), Schema.Array(Message))),
  mode: Schema.optional(Schema.Literal("write", "writeFlush")),
  file: Schema.optional(Schema.String),
  range: Schema.optional(Schema.Struct({ from: Schema.NonNegativeInt, to: Schema.NonNegativeInt })),
  from: Schema.optional(Positive),
  nth: Schema.optional(Positive),
  probability: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))),
  times: Schema.optional(Schema.Union(Positive, Schema.Literal("always"))),
  fault: Fault
})

/**
 * Which calls meet a fault.
 *
 * @since 0.1.0
 * @category models
 */
export type Rule = typeof Rule.Type

/**
 * A disk that is full after so many bytes, counted over all that is written to any file, also over other bytes. A write
 * of more than there is room for is short; the next one fails. `truncate` takes no room and gives none. Default of
 * `errno`: `"ENOSPC"`.
 *
 * @since 0.1.0
 * @category models
 */
export const Disk = Schema.Struct({
  capacity: Schema.NonNegativeInt,
  errno: Schema.optional(Errno)
})

/**
 * A disk that is full after so many bytes.
 *
 * @since 0.1.0
 * @category models
 */
export type Disk = typeof Disk.Type

/**
 * What goes wrong with a storage. Each call is shown to the rules in their order, and meets all that fire: it waits for
 * their sum, and transfers the least of their counts. A rule that has it fail is the last that it is shown to; then
 * comes the disk.
 *
 * The same plan does the same again: what is drawn is drawn from `seed` (default 0), the rule and the number of the
 * call.
 *
 * @since 0.1.0
 * @category models
 */
export const Plan = Schema.Struct({
  seed: Schema.optional(Schema.Int),
  rules: Schema.optional(Schema.Array(Rule)),
  disk: Schema.optional(Disk)
})

/**
 * What goes wrong with a storage.
 *
 * @since 0.1.0
 * @category models
 */
export type Plan = typeof Plan.Type

/**
 * The call fails, with what a disk driver makes of this errno.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fail = (errno: Errno, when?: "before" | "after"): Fault =>
  when === undefined ? { _tag: "Fail", errno } : { _tag: "Fail", errno, when }

/**
 * At most so many bytes are read or written.
 *
 * @since 0.1.0
 * @category constructors
 */
export const short = (count: number): Fault => ({ _tag: "Short", count })

/**
 * The call takes so long.
 *
 * @since 0.1.0
 * @category constructors
 */
export const delay = (duration: Duration.DurationInput): Fault => ({
  _tag: "Delay",
  millis: Duration.toMillis(duration)
})

/**
 * The call does not answer.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hang: Fault = { _tag: "Hang" }

/**
 * So many bits of what is read or written (default 1) are others.
 *
 * @since 0.1.0
 * @category constructors
 */
export const flip = (bits = 1): Fault => ({ _tag: "Flip", bits })

// ---------------------------------------------------------------------------------------------------------------------
// storages that go wrong
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Something that went wrong.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fired {
  /** Which of all calls it was, counted from 1. */
  readonly call: number
  /** What was asked. */
  readonly message: Message
  /** Of which file. */
  readonly file: string
  /** Where in the file, for what reads or writes. */
  readonly position: number | undefined
  /** How, for what writes. */
  readonly mode: IOProc.WriteMode | undefined
  /** Which of the rules it was, counted from 0, or the disk. */
  readonly rule: number | "disk"
  /** What happened. */
  readonly fault: Fault
}

/**
 * What goes wrong with the storage of a program: looked at, and repaired.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  /** How many calls there were since the plan was armed. */
  readonly calls: Effect.Effect<number>
  /** What went wrong since then, in order. */
  readonly fired: Effect.Effect<ReadonlyArray<Fired>>
  /** Which rules of the plan have not fired since then, counted from 0. */
  readonly unfired: Effect.Effect<ReadonlyArray<number>>
  /** Makes room on the disk for so many bytes more (default: without end). */
  readonly free: (bytes?: number) => Effect.Effect<void>
  /** Lets go what hangs, which then does what it was asked. */
  readonly release: Effect.Effect<void>
  /** Has nothing go wrong from now on, and lets go what hangs. */
  readonly disarm: Effect.Effect<void>
  /**
   * Has a plan go wrong from now on, counted anew, instead of the one before; lets go what hangs. Logs a warning where
   * no rule of the one before fired.
   */
  readonly arm: (plan: Plan) => Effect.Effect<void>
}

/**
 * What goes wrong with the storage of a program.
 *
 * @since 0.1.0
 * @category tags
 */
export const Faults: Context.Tag<Faults, Faults> = Context.GenericTag<Faults>("@effect-mmio/testing/Fault/Faults")

/**
 * A driver that goes wrong, around another one; also those that it finds go wrong, by the same count. Its `middleware`
 * begins with `"fault"`. An invalid plan (a `count` of 0, a `probability` of 2) is a defect.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  inner: IOProc.IOProc,
  plan: Plan
): Effect.Effect<{ readonly ioProc: IOProc.IOProc; readonly faults: Faults }> =>
  Effect.map(makeEngine(plan), (engine) => ({
    ioProc: driver.wrap(engine, inner),
    faults: driver.serviceOf(engine)
  }))

const makeEngine = (plan: Plan): Effect.Effect<internal.Engine> =>
  Effect.map(Effect.orDie(Schema.validate(Plan)(plan)), (plan) => new internal.Engine(plan))

/**
 * A layer that has the storage below it go wrong.
 *
 * A plan of which no rule fires tests nothing: where that is so as the scope of the layer closes, a warning is logged,
 * which names the calls that there were. Such a rule is about another file or message, or comes too late. A test that
 * has to fail then asks {@link assertFired}.
 *
 * A call that hangs in a region that cannot be interrupted, as opening and closing are, hangs until {@link Faults} lets
 * it go.
 *
 * @example
 * ```ts
 * import { MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Fault } from "@effect-mmio/testing"
 * import { Effect, Layer } from "effect"
 *
 * // The disk is full after 100 bytes; nothing is lost: once there is room, the next flush goes on.
 * const program = Effect.gen(function*() {
 *   const faults = yield* Fault.Faults
 *   const file = yield* Mmio.open("take.wav", { access: "write", create: true })
 *   yield* Mmio.write(file, new Uint8Array(150))
 *   const error = yield* Effect.flip(Mmio.flush(file)) // CannotWrite: … no space left on device (ENOSPC)
 *   yield* faults.free()
 *   yield* Mmio.close(file)
 *   const storage = yield* MemoryIOProc.MemoryIOProc
 *   return { error, bytes: yield* storage.bytes("take.wav") }
 * }).pipe(Effect.scoped)
 *
 * export const main = Effect.provide(
 *   program,
 *   Fault.layer({ disk: { capacity: 100 } }).pipe(Layer.provideMerge(MemoryIOProc.layer()))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (plan: Plan): Layer.Layer<IOProc.IOProc | Faults, never, IOProc.IOProc> =>
  Layer.scopedContext(
    Effect.gen(function*() {
      const inner = yield* IOProc.IOProc
      const engine = yield* makeEngine(plan)
      yield* Effect.addFinalizer(() => driver.warnIfIdle(engine))
      return Context.make(IOProc.IOProc, driver.wrap(engine, inner)).pipe(
        Context.add(Faults, driver.serviceOf(engine))
      )
    })
  )

/**
 * Rules of a plan that have not fired.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFired extends Data.TaggedError("NotFired")<{
  /** Which of the rules, counted from 0. */
  readonly rules: ReadonlyArray<number>
  /** How many calls there were. */
  readonly calls: number
}> {
  override get message(): string {
    return `in ${this.calls} calls ${this.rules.length === 1 ? "this rule" : "these rules"} of the plan did not fire: ${
      this.rules.join(", ")
    }`
  }
}

/**
 * Fails where a rule of the plan has not fired since the plan was armed: what a test believes to go wrong did not.
 *
 * @since 0.1.0
 * @category checking
 */
export const assertFired: Effect.Effect<void, NotFired, Faults> = Effect.flatMap(
  Faults,
  ({ calls, unfired }) =>
    Effect.flatMap(
      Effect.all({ calls, rules: unfired }),
      (fields) => fields.rules.length === 0 ? Effect.void : Effect.fail(new NotFired(fields))
    )
)

// ---------------------------------------------------------------------------------------------------------------------
// every operation
// ---------------------------------------------------------------------------------------------------------------------

const injectionFields = {
  operation: Positive,
  message: Message,
  file: Schema.String,
  times: Schema.Literal("once", "persistently")
}

/**
 * The fault of one run of {@link everyOperation}: the operation fails with `errno`, or transfers at most `short` bytes.
 * `"once"`: that operation alone. `"persistently"`: from there on everything that can fail so; after ENOSPC that is
 * everything that writes, after EMFILE everything that opens; and every transfer is short.
 *
 * @since 0.1.0
 * @category models
 */
export const Injection = Schema.Union(
  Schema.Struct({ ...injectionFields, errno: Errno }),
  Schema.Struct({ ...injectionFields, short: Positive })
)

/**
 * The fault of one run of {@link everyOperation}.
 *
 * @since 0.1.0
 * @category models
 */
export type Injection = typeof Injection.Type

/**
 * The plan that has a program meet the fault of one run of {@link everyOperation} again.
 *
 * @since 0.1.0
 * @category conversions
 */
export const planOf: (injection: Injection) => Plan = every.planOf

/**
 * A run of a program that met a fault, or none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Run<A, E> {
  /** What came of the program. */
  readonly exit: Exit.Exit<A, E>
  /** What it met; the first run meets nothing. */
  readonly injected: Injection | undefined
}

/**
 * How {@link everyOperation} runs a program, and judges what survived.
 *
 * @since 0.1.0
 * @category options
 */
export interface EveryOperation<A, E, S, E2, R2, E3, R3> {
  /** Makes the storage of one run, anew for each. */
  readonly storage: Layer.Layer<S | IOProc.IOProc, E2, R2>
  /**
   * Fails, or dies, if what survived is not right. It sees the storage of the run, in which nothing goes wrong any
   * more, and is asked also about the run that meets no fault.
   */
  readonly check: (run: Run<A, E>) => Effect.Effect<unknown, E3, R3>
  /** With what each message fails. Default: {@link errors}. A message with none is not made to fail. */
  readonly errors?: { readonly [M in Message]?: ReadonlyArray<Errno> | undefined } | undefined
  /**
   * Whether transfers of more than one byte are also cut to half of what they transferred. A short transfer is no
   * failure: a program has to do the same, and a check that expects a failure of every run with a fault has to leave
   * these out. Default: true.
   */
  readonly short?: boolean | undefined
  /** Whether each fault comes once, persistently, or both in two runs. Default: both. */
  readonly times?: ReadonlyArray<Injection["times"]> | undefined
  /** How many operations one run may make, before it counts as one that would never end. Default: 10 000. */
  readonly limit?: number | undefined
  /** Only this fault: the one of a failure, to look at it again. */
  readonly only?: Injection | undefined
}

/**
 * What {@link everyOperation} did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** How many driver operations the program makes where none fails. */
  readonly operations: number
  /** How many runs there were, the one without a fault included. */
  readonly runs: number
  /** The operations, in order. */
  readonly messages: ReadonlyArray<Message>
}

/**
 * A program failed its check, or left a file open, where a fault came.
 *
 * @since 0.1.0
 * @category errors
 */
export class EveryOperationError extends Data.TaggedError("EveryOperationError")<{
  /** What it met; undefined if it was wrong without a fault. Given as `only`, it is met again, alone. */
  readonly injected: Injection | undefined
  /**
   * `"check"`: what survived is not right. `"leak"`: a file stayed open. `"endless"`: the program made more operations
   * than it may. `"unreached"`: the operation did not come again, so the program does not do the same each time.
   */
  readonly reason: "check" | "leak" | "endless" | "unreached"
  /** What was wrong. */
  readonly cause: unknown
  /** What came of the program. */
  readonly exit: Exit.Exit<unknown, unknown>
}> {
  override get message(): string {
    return every.messageOf(this)
  }
}

/**
 * Runs a program with its 1st driver operation failing, then its 2nd, …, until a run meets no fault: with each error
 * that the operation can fail with, and with a short transfer where it transfers, once and persistently, each time on a
 * new storage; and judges what survived.
 *
 * `abort` is no operation: it cannot fail. A handle completes short transfers by itself; what they test is a driver
 * over another driver, whose files are read and written without a handle.
 *
 * Also a file that is left open, and a program that never ends, are failures. A program that needs a `Scope` is given
 * one of its own, closed before `check`.
 *
 * @example
 * ```ts
 * import { MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Fault } from "@effect-mmio/testing"
 * import { Effect, Exit } from "effect"
 *
 * const save = Mmio.withFile("new.txt", { access: "write", create: true }, (file) =>
 *   Mmio.writeAll(file, Uint8Array.of(1, 2)))
 *
 * // Who is told that it was saved finds it saved.
 * export const test = Fault.everyOperation(save, {
 *   storage: MemoryIOProc.layer(),
 *   check: ({ exit }) =>
 *     Effect.gen(function*() {
 *       if (Exit.isFailure(exit)) return
 *       const storage = yield* MemoryIOProc.MemoryIOProc
 *       const bytes = yield* storage.bytes("new.txt")
 *       if (bytes.length !== 2) return yield* Effect.fail(`${bytes.length} bytes`)
 *     })
 * })
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const everyOperation: <A, E, R, S, E2 = never, R2 = never, E3 = never, R3 = never>(
  program: Effect.Effect<A, E, R>,
  options: EveryOperation<A, E, S, E2, R2, E3, R3>
) => Effect.Effect<
  Report,
  EveryOperationError | E2,
  Exclude<Exclude<R, Scope.Scope> | R3, S | IOProc.IOProc> | R2
> = (program, options) => every.everyOperation(program, options, (fields) => new EveryOperationError(fields))
