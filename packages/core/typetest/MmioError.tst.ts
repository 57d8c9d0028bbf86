import { MmioError, type Wave } from "@effect-mmio/core"
import type * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { Effect, type Schema } from "effect"
import { describe, expect, test } from "tstyche"

declare const failing: Effect.Effect<number, MmioError.CannotRead | MmioError.CannotWrite | "mine", "needs">
declare const other: Effect.Effect<number, "mine">

describe("catchAll", () => {
  test("takes the errors of this library out of the type, and gives them to the function", () => {
    const caught = MmioError.catchAll(failing, (error) => {
      expect(error).type.toBe<MmioError.CannotRead | MmioError.CannotWrite>()
      return Effect.succeed("x")
    })
    expect(caught).type.toBe<Effect.Effect<string | number, "mine", "needs">>()
    expect(failing.pipe(MmioError.catchAll(() => Effect.fail(1)))).type.toBe<
      Effect.Effect<number, number | "mine", "needs">
    >()
    expect(MmioError.catchAll(other, () => Effect.void)).type.toBe<Effect.Effect<number | void, "mine">>()
  })
})

describe("MmioErrorSchema", () => {
  test("has a codec for each class, and for their union", () => {
    expect<Schema.Schema.Type<typeof MmioErrorSchema.CannotOpen>>().type.toBe<MmioError.CannotOpen>()
    expect<Schema.Schema.Type<typeof MmioErrorSchema.InvalidHandle>>().type.toBe<MmioError.InvalidHandle>()
    expect<Schema.Schema.Type<typeof MmioErrorSchema.MmioError>>().type.toBe<MmioError.MmioError>()
    expect<Schema.Schema.Type<typeof MmioErrorSchema.MalformedChunk>>().type.toBe<Wave.MalformedChunk>()
    expect<Schema.Schema.Context<typeof MmioErrorSchema.MmioError>>().type.toBe<never>()
  })

  test("encodes fields of their own types", () => {
    expect<Schema.Schema.Encoded<typeof MmioErrorSchema.CannotWrite>["written"]>().type.toBe<number>()
    expect<Schema.Schema.Encoded<typeof MmioErrorSchema.ChunkNotFound>["sought"]>().type.toBe<string>()
    expect<Schema.Schema.Encoded<typeof MmioErrorSchema.CannotRead>["_tag"]>().type.toBe<"CannotRead">()
  })
})
