/**
 * FastCheck arbitraries for what programs and drivers are tested with. What they give shrinks to something of the same
 * kind: sequences stay sequences that the handle allows, chunk trees stay trees.
 *
 * @since 0.1.0
 */
import * as FourCC from "@effect-mmio/core/FourCC"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as fc from "effect/FastCheck"
import * as Fault from "./Fault.js"
import * as Model from "./Model.js"

/**
 * Four-character codes: those of the field, and any four Latin-1 characters.
 *
 * @since 0.1.0
 * @category riff
 */
export const fourCC: fc.Arbitrary<FourCC.FourCC> = fc.oneof(
  { arbitrary: fc.constantFrom("fmt ", "data", "LIST", "RIFF", "INFO", "JUNK", "    "), weight: 3 },
  {
    arbitrary: fc.array(fc.nat({ max: 255 }), { minLength: 4, maxLength: 4 }).map((codes) =>
      String.fromCharCode(...codes)
    ),
    weight: 1
  }
).map((text) => FourCC.fromString(text))

/**
 * Sizes of buffers, in bytes: none, tiny ones, around which the edges of a buffer lie, and the default.
 *
 * @since 0.1.0
 * @category handles
 */
export const bufferSize: fc.Arbitrary<number> = fc.oneof(
  { arbitrary: fc.nat({ max: 40 }), weight: 3 },
  { arbitrary: fc.constant(8192), weight: 1 }
)

/**
 * What a file may hold: up to `maxLength` bytes (default 100).
 *
 * @since 0.1.0
 * @category handles
 */
export const content = (maxLength = 100): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength, size: "max" })

const data = fc.uint8Array({ maxLength: 40, size: "max" })
const count = fc.nat({ max: 60 })
const from = fc.option(fc.nat({ max: 80 }), { nil: undefined })

const reading: Array<fc.WeightedArbitrary<Model.Operation>> = [
  { arbitrary: fc.record({ op: fc.constantFrom("read", "readInto"), count }), weight: 8 },
  { arbitrary: fc.record({ op: fc.constantFrom("directRead", "withBufferRead"), count }), weight: 4 },
  { arbitrary: fc.record({ op: fc.constant("forEachBuffer"), from, length: count }), weight: 1 },
  {
    arbitrary: fc.record({
      op: fc.constant("stream"),
      from,
      length: count,
      chunkSize: fc.integer({ min: 1, max: 20 })
    }),
    weight: 1
  }
]

const writing: Array<fc.WeightedArbitrary<Model.Operation>> = [
  { arbitrary: fc.record({ op: fc.constantFrom("write", "writeAll"), data }), weight: 8 },
  { arbitrary: fc.record({ op: fc.constantFrom("directWrite", "withBufferWrite"), data }), weight: 4 }
]

const both: Array<fc.WeightedArbitrary<Model.Operation>> = [
  {
    arbitrary: fc.record({
      op: fc.constant("seek"),
      offset: fc.integer({ min: -70, max: 70 }),
      from: fc.constantFrom<Array<IOProc.Whence>>("start", "current", "end")
    }),
    weight: 6
  },
  { arbitrary: fc.record({ op: fc.constant("position") }), weight: 1 },
  { arbitrary: fc.record({ op: fc.constant("flush"), emptyBuffer: fc.boolean() }), weight: 3 },
  {
    arbitrary: fc.record({
      op: fc.constant("setBuffer"),
      buffer: fc.oneof(fc.nat({ max: 40 }), fc.constant("none" as const)),
      own: fc.boolean()
    }),
    weight: 2
  }
]

/**
 * Sequences of up to `maxLength` operations (default 30) that a handle of this access allows.
 *
 * @since 0.1.0
 * @category handles
 */
export const operations = (
  access: IOProc.Access,
  maxLength = 30
): fc.Arbitrary<ReadonlyArray<Model.Operation>> =>
  fc.array(
    fc.oneof(...both, ...(access === "write" ? [] : reading), ...(access === "read" ? [] : writing)),
    // short ones are what shrinking finds; what happens only after many operations is found by long ones
    { maxLength, size: "max" }
  )

/**
 * How many bytes a driver may transfer, call by call in turns; an empty array sets no limit.
 *
 * @since 0.1.0
 * @category drivers
 */
export const shortness: fc.Arbitrary<ReadonlyArray<number>> = fc.array(fc.integer({ min: 1, max: 12 }), {
  maxLength: 5
})

const containerType = fc.constantFrom("WAVE", "INFO", "AVI ", "x\u0080  ")

const leafId = fc.constantFrom("fmt ", "data", "JUNK", "a\u0000\u00ffz", "INAM", "    ")

const leaf: fc.Arbitrary<Model.Chunk> = fc.record({ id: leafId, data: fc.uint8Array({ maxLength: 20 }) })

const chunkOf = (depth: number): fc.Arbitrary<Model.Chunk> =>
  depth === 0 ? leaf : fc.oneof(
    { arbitrary: leaf, weight: 2 },
    {
      arbitrary: fc.record({
        id: fc.constantFrom("RIFF" as const, "LIST" as const),
        type: containerType,
        children: fc.array(chunkOf(depth - 1), { maxLength: 4 })
      }),
      weight: 1
    }
  )

/**
 * The chunks of a file, one after another, containers nested up to `depth` deep (default 3).
 *
 * @since 0.1.0
 * @category riff
 */
export const chunks = (depth = 3): fc.Arbitrary<ReadonlyArray<Model.Chunk>> =>
  fc.array(chunkOf(depth), { maxLength: 4 })

/**
 * The bytes of chunks, some of them changed, some cut off: sizes that lie, invalid ids, ends in the middle of a
 * header.
 *
 * @since 0.1.0
 * @category riff
 */
export const damagedRiff: fc.Arbitrary<Uint8Array> = fc.record({
  chunks: chunks(),
  changes: fc.array(
    fc.record({ at: fc.nat({ max: 200 }), value: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 255)) }),
    { maxLength: 6 }
  ),
  length: fc.option(fc.nat({ max: 200 }), { nil: Infinity })
}).map(({ changes, chunks, length }) => {
  const bytes = Model.serialize(chunks).slice(0, length)
  for (const { at, value } of changes) {
    if (at < bytes.length) bytes[at] = value
  }
  return bytes
})

/**
 * Of what fault plans consist.
 *
 * @since 0.1.0
 * @category drivers
 */
export interface FaultPlanOptions {
  /** What may go wrong. Default: everything but `Hang`, which a test has to let go. */
  readonly faults?: ReadonlyArray<Fault.Fault["_tag"]> | undefined
  /** With what messages. Default: all. */
  readonly messages?: ReadonlyArray<Fault.Message> | undefined
  /** How often at most one rule fires, or `"always"` for rules that may fire for ever. Default: 3. */
  readonly times?: number | "always" | undefined
  /** Whether the disk may become full. Default: true. */
  readonly disk?: boolean | undefined
  /** How many rules there are at most. Default: 4. */
  readonly maxRules?: number | undefined
}

/**
 * Fault plans: errors that the message can really fail with, short transfers, delays, flipped bits, full disks. They
 * shrink to fewer rules, of one message, that fire once, at the first call, with the most usual error: what is left is
 * what a failure needs.
 *
 * @since 0.1.0
 * @category drivers
 */
export const faultPlan = (options: FaultPlanOptions = {}): fc.Arbitrary<Fault.Plan> => {
  const { disk = true, maxRules = 4, times = 3 } = options
  const messages = options.messages ?? Fault.Message.literals
  const transfers = messages.filter((name) => name === "readAt" || name === "writeAt")
  const faults = (options.faults ?? ["Fail", "Short", "Delay", "Flip"]).filter((tag) =>
    tag !== "Short" && tag !== "Flip" || transfers.length > 0
  )

  // Everything is drawn side by side and put together by a function, so that each part shrinks by itself.
  const rule = fc.record({
    tag: fc.constantFrom(...faults),
    message: fc.nat({ max: 1000 }),
    errno: fc.nat({ max: 1000 }),
    after: fc.boolean(),
    amount: fc.integer({ min: 1, max: 12 }),
    nth: fc.integer({ min: 1, max: 12 }),
    probability: fc.option(fc.constantFrom(0.5, 0.1), { nil: undefined }),
    times: times === "always"
      ? fc.oneof({ withCrossShrink: true }, fc.integer({ min: 1, max: 3 }), fc.constant("always" as const))
      : fc.integer({ min: 1, max: times }),
    range: fc.option(fc.tuple(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 40 })), { nil: undefined })
  }).map((drawn) => ruleOf(drawn, drawn.tag === "Short" || drawn.tag === "Flip" ? transfers : messages))
  return fc.record({
    seed: fc.nat({ max: 1000 }),
    rules: fc.array(rule, { maxLength: faults.length === 0 ? 0 : maxRules, size: "max" }),
    disk: disk ? fc.option(fc.nat({ max: 200 }), { nil: undefined }) : fc.constant(undefined)
  }).map(planOf)
}

const planOf = ({ disk, rules, seed }: {
  readonly seed: number
  readonly rules: ReadonlyArray<Fault.Rule>
  readonly disk: number | undefined
}): Fault.Plan => ({ seed, rules, ...(disk === undefined ? {} : { disk: { capacity: disk } }) })

const ruleOf = (
  { after, amount, errno, message, nth, probability, range, tag, times }: {
    readonly tag: Fault.Fault["_tag"]
    readonly message: number
    readonly errno: number
    readonly after: boolean
    readonly amount: number
    readonly nth: number
    readonly probability: number | undefined
    readonly times: number | "always"
    readonly range: readonly [from: number, length: number] | undefined
  },
  messages: ReadonlyArray<Fault.Message>
): Fault.Rule => {
  const pick = <A>(values: ReadonlyArray<A>, index: number, otherwise: A) => values[index % values.length] ?? otherwise
  const on = pick(messages, message, "writeAt")
  const moves = on === "readAt" || on === "writeAt"
  return {
    on,
    nth,
    times,
    ...(probability === undefined ? {} : { probability }),
    ...(range === undefined || !moves ? {} : { range: { from: range[0], to: range[0] + range[1] } }),
    fault: faultOf(tag, amount, pick(Fault.errors[on], errno, "EIO"), after)
  }
}

const faultOf = (tag: Fault.Fault["_tag"], amount: number, errno: Fault.Errno, after: boolean): Fault.Fault => {
  switch (tag) {
    case "Fail":
      return after ? Fault.fail(errno, "after") : Fault.fail(errno)
    case "Short":
      return Fault.short(amount)
    case "Delay":
      return Fault.delay(amount)
    case "Hang":
      return Fault.hang
    case "Flip":
      return Fault.flip(amount)
  }
}
