import { type FourCC, type Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { type Context, Effect, type Option, type Stream } from "effect"
import { describe, expect, test } from "tstyche"

declare const reader: Mmio.Handle<"read">
declare const writer: Mmio.Handle<"write">
declare const both: Mmio.Handle<"readWrite">
declare const found: Riff.FoundChunk
declare const created: Riff.CreatedChunk
declare const chunk: Riff.Chunk
declare const service: Context.Tag<"Service", number>

type Reading = MmioError.CannotRead | MmioError.NetworkError
type Writing = MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError
type Finding = MmioError.ChunkNotFound | MmioError.InvalidFile | MmioError.InvalidParameter
type Placing = MmioError.CannotSeek | MmioError.InvalidParameter

describe("chunks", () => {
  test("are values", () => {
    expect<Pick<Riff.Chunk, "id" | "size" | "type" | "dataOffset">>().type.toBe<{
      readonly id: FourCC.FourCC
      readonly size: number
      readonly type: Option.Option<FourCC.FourCC>
      readonly dataOffset: number
    }>()
    expect<Riff.FoundChunk["dirty"]>().type.toBe<false>()
    expect<Riff.CreatedChunk["dirty"]>().type.toBe<true>()
    expect(found).type.not.toBeAssignableTo<Riff.CreatedChunk>()
    expect(created).type.not.toBeAssignableTo<Riff.FoundChunk>()
  })
})

describe("descend", () => {
  test("reads, and gives a chunk that was found", () => {
    expect(Riff.descend(reader)).type.toBe<Effect.Effect<Riff.FoundChunk, Finding | Reading>>()
    expect(Riff.descend(both, { find: { riff: "WAVE" } })).type.toBe<
      Effect.Effect<Riff.FoundChunk, Finding | Reading | Writing>
    >()
    expect(Riff.descend).type.not.toBeCallableWith(writer)
  })

  test("looks for one thing, in a chunk of either kind", () => {
    expect(Riff.descend).type.toBeCallableWith(reader, { find: { chunk: "fmt " }, parent: found })
    expect(Riff.descend).type.toBeCallableWith(reader, { find: { list: "INFO" }, parent: created })
    expect(Riff.descend).type.toBeCallableWith(reader, { find: undefined, parent: undefined })
    expect(Riff.descend).type.toBeCallableWith(reader, { find: { chunk: "fmt ", riff: undefined, list: undefined } })
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: { chunk: "fmt ", riff: "WAVE" } })
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: {} })
  })
})

describe("ascend", () => {
  test("out of a found chunk any handle can go, and nothing is written", () => {
    for (const handle of [reader, writer, both]) {
      expect(Riff.ascend(handle, found)).type.toBe<Effect.Effect<Riff.FoundChunk, Placing>>()
    }
  })

  test("out of a created one only a handle that can write", () => {
    expect(Riff.ascend(writer, created)).type.toBe<Effect.Effect<Riff.FoundChunk, Placing | Writing>>()
    expect(Riff.ascend(both, chunk)).type.toBe<Effect.Effect<Riff.FoundChunk, Placing | Writing>>()
    expect(Riff.ascend).type.not.toBeCallableWith(reader, created)
    expect(Riff.ascend).type.not.toBeCallableWith(reader, chunk)
  })
})

describe("createChunk", () => {
  test("writes, and gives a chunk that was created", () => {
    type Created = Effect.Effect<Riff.CreatedChunk, MmioError.InvalidParameter | Writing>
    expect(Riff.createChunk(writer, { chunk: "data" })).type.toBe<Created>()
    expect(Riff.createChunk(both, { riff: "WAVE", size: 36 })).type.toBe<Created>()
    expect(Riff.createChunk).type.toBeCallableWith(writer, { list: "INFO", size: undefined })
    expect(Riff.createChunk).type.not.toBeCallableWith(reader, { chunk: "data" })
    expect(Riff.createChunk).type.not.toBeCallableWith(writer, { size: 3 })
  })
})

describe("withChunk and inChunk", () => {
  test("add what they do to what the body does", () => {
    expect(Riff.withChunk(writer, { riff: "WAVE" }, (chunk) => {
      expect(chunk).type.toBe<Riff.CreatedChunk>()
      return Effect.zipRight(service, Effect.fail("mine" as const))
    })).type.toBe<Effect.Effect<never, "mine" | Placing | Writing, "Service">>()
    expect(Riff.inChunk(reader, { find: { riff: "WAVE" } }, (chunk) => {
      expect(chunk).type.toBe<Riff.FoundChunk>()
      return Effect.zipRight(service, Effect.succeed(chunk.size))
    })).type.toBe<Effect.Effect<number, Finding | Reading | MmioError.CannotSeek, "Service">>()
    expect(Riff.inChunk(both, {}, () => Effect.void)).type.toBe<
      Effect.Effect<void, Finding | Reading | Writing | MmioError.CannotSeek>
    >()
    expect(Riff.withChunk).type.not.toBeCallableWith(reader, { riff: "WAVE" }, () => Effect.void)
    expect(Riff.inChunk).type.not.toBeCallableWith(writer, {}, () => Effect.void)
  })
})

test("stream", () => {
  expect(Riff.stream(reader, found)).type.toBe<Stream.Stream<Uint8Array, Reading | Placing>>()
  expect(Riff.stream(both, created, { chunkSize: 9 })).type.toBe<
    Stream.Stream<Uint8Array, Reading | Writing | Placing>
  >()
  expect(Riff.stream).type.toBeCallableWith(reader, found, { chunkSize: undefined })
  expect(Riff.stream).type.not.toBeCallableWith(writer, found)
})
