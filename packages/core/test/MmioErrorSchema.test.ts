/**
 * Errors that are sent: what arrives is what was sent, by way of JSON.
 */
import { MmioError, Wave } from "@effect-mmio/core"
import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, type ParseResult, Schema } from "effect"
import { scale } from "./support/scale.js"

const details = fc.record({
  operation: fc.constantFrom("Mmio.write", "Riff.find"),
  file: fc.string(),
  position: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
  description: fc.string(),
  errno: fc.option(fc.constantFrom("ENOSPC", "EIO"), { nil: undefined }),
  cause: fc.option(fc.string().map((message) => Object.assign(new TypeError(message), { code: "EPERM" })), {
    nil: undefined
  })
})
const extra = fc.record({ written: fc.nat(), sought: fc.string(), searchedTo: fc.nat() })
const fields = fc.tuple(details, extra)

/** The fields that an error says it has; `cause` and what JavaScript hides apart. */
const seen = (error: unknown) =>
  error instanceof Error
    ? {
      ...Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined)),
      message: error.message,
      cause: error.cause instanceof Error ? [error.cause.name, error.cause.message] : error.cause
    }
    : error

const viaJson = (schema: Schema.Schema.AnyNoContext, value: unknown): Effect.Effect<unknown, ParseResult.ParseError> =>
  Effect.gen(function*() {
    const json: unknown = JSON.parse(JSON.stringify(yield* Schema.encodeUnknown(schema)(value)))
    return yield* Schema.decodeUnknown(schema)(json)
  })

/** Each class, by its codec. */
const pairs = [
  [MmioErrorSchema.FileNotFound, MmioError.FileNotFound],
  [MmioErrorSchema.OutOfMemory, MmioError.OutOfMemory],
  [MmioErrorSchema.CannotOpen, MmioError.CannotOpen],
  [MmioErrorSchema.CannotClose, MmioError.CannotClose],
  [MmioErrorSchema.CannotRead, MmioError.CannotRead],
  [MmioErrorSchema.CannotWrite, MmioError.CannotWrite],
  [MmioErrorSchema.CannotSeek, MmioError.CannotSeek],
  [MmioErrorSchema.CannotExpand, MmioError.CannotExpand],
  [MmioErrorSchema.ChunkNotFound, MmioError.ChunkNotFound],
  [MmioErrorSchema.Unbuffered, MmioError.Unbuffered],
  [MmioErrorSchema.PathNotFound, MmioError.PathNotFound],
  [MmioErrorSchema.AccessDenied, MmioError.AccessDenied],
  [MmioErrorSchema.SharingViolation, MmioError.SharingViolation],
  [MmioErrorSchema.NetworkError, MmioError.NetworkError],
  [MmioErrorSchema.TooManyOpenFiles, MmioError.TooManyOpenFiles],
  [MmioErrorSchema.InvalidFile, MmioError.InvalidFile],
  [MmioErrorSchema.VersionChanged, MmioError.VersionChanged],
  [MmioErrorSchema.InvalidParameter, MmioError.InvalidParameter],
  [MmioErrorSchema.InvalidHandle, MmioError.InvalidHandle]
] as const

describe("a round trip by way of JSON", () => {
  for (const [codec, Class] of pairs) {
    it.effect(`gives a ${Class.name} of the same fields, by its own codec and by that of any`, () =>
      Effect.forEach(
        fc.sample(fields, { numRuns: scale(10), seed: 5 }),
        ([details, { searchedTo, sought, written }]) =>
          Effect.gen(function*() {
            const own = Class === MmioError.CannotWrite
              ? { written }
              : Class === MmioError.ChunkNotFound
              ? { sought, searchedTo }
              : {}
            const sent = Reflect.construct(Class, [{ ...details, ...own }])
            const arrived = yield* viaJson(codec, sent)
            assert.isTrue(arrived instanceof Class)
            assert.deepStrictEqual(seen(arrived), seen(sent))
            if (Class === MmioError.InvalidHandle) return
            const any = yield* viaJson(MmioErrorSchema.MmioError, sent)
            assert.isTrue(any instanceof Class)
            assert.deepStrictEqual(seen(any), seen(sent))
          })
      ))
  }

  it("there is a codec for every class", () => {
    const classes = Object.values(MmioError).filter((value) =>
      typeof value === "function" && value.prototype instanceof Error
    )
    assert.sameMembers(classes, pairs.map(([, Class]) => Class))
  })

  it.effect("gives a MalformedChunk, and refuses one of a chunk that is not known", () =>
    Effect.gen(function*() {
      const sent = new Wave.MalformedChunk({ chunk: "cue ", offset: 7, description: "it is short" })
      const arrived = yield* viaJson(MmioErrorSchema.MalformedChunk, sent)
      assert.instanceOf(arrived, Wave.MalformedChunk)
      assert.deepStrictEqual(seen(arrived), seen(sent))
      assert.isFalse(Schema.is(MmioErrorSchema.MalformedChunk)({ ...sent }))
      const other: unknown = { _tag: "MalformedChunk", chunk: "nope", offset: 7, description: "x" }
      assert.isTrue(
        (yield* Effect.exit(Schema.decodeUnknown(MmioErrorSchema.MalformedChunk)(other)))._tag === "Failure"
      )
    }))
})

it.effect("a failure of a class is not taken for one of another", () =>
  Effect.gen(function*() {
    const error = new MmioError.CannotRead({ operation: "a", file: "b", description: "c" })
    assert.isFalse(Schema.is(MmioErrorSchema.CannotSeek)(error))
    assert.isTrue(Schema.is(MmioErrorSchema.CannotRead)(error))
    assert.isFalse(Schema.is(MmioErrorSchema.CannotRead)({ _tag: "CannotRead", operation: "a", file: "b" }))
    const exit = yield* Effect.exit(
      Schema.encode(Schema.Exit({
        success: Schema.Void,
        failure: MmioErrorSchema.MmioError,
        defect: Schema.Defect
      }))(yield* Effect.exit(Effect.fail(error)))
    )
    assert.strictEqual(exit._tag, "Success")
  }))
