import {
  FourCC,
  type IOProc,
  type Mmio,
  type MmioError,
  Riff,
  type RiffCorrection,
  RiffLimits,
  type RiffProblem
} from "@effect-mmio/core"
import { type Context, Effect, type Option, type Stream } from "effect"
import { describe, expect, test } from "tstyche"

declare const reader: Mmio.Handle<"read">
declare const writer: Mmio.Handle<"write">
declare const both: Mmio.Handle<"readWrite">
declare const found: Riff.FoundChunk
declare const created: Riff.CreatedChunk
declare const chunk: Riff.Chunk
declare const service: Context.Tag<"Service", number>

type Reading = MmioError.CannotRead | MmioError.NetworkError | MmioError.VersionChanged
type Writing = MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError
type Finding = MmioError.ChunkNotFound | MmioError.InvalidFile | MmioError.InvalidParameter
type Placing = MmioError.SeekError | MmioError.InvalidParameter

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

describe("codes", () => {
  test("have four characters, or are only known at run time", () => {
    const code = FourCC.make("fmt ")
    const text = "fmt " as string
    const options: Riff.DescendOptions = { find: { chunk: text } }
    const spec: Riff.ChunkSpec = { chunk: text }
    expect(Riff.descend).type.toBeCallableWith(reader, { find: { chunk: code } })
    expect(Riff.descend).type.toBeCallableWith(reader, { find: { riff: text } })
    expect(Riff.descend).type.toBeCallableWith(reader, options)
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: { chunk: "fmt" } })
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: { riff: "WAVES" } })
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: { list: "" } })
    expect(Riff.inChunk).type.not.toBeCallableWith(reader, { find: { chunk: "fmt" } }, () => Effect.void)
    expect(Riff.createChunk).type.toBeCallableWith(writer, spec)
    expect(Riff.createChunk).type.toBeCallableWith(writer, { list: text, parent: found, family: "RIFX" })
    expect(Riff.createChunk).type.not.toBeCallableWith(writer, { chunk: "fmt" })
    expect(Riff.withChunk).type.not.toBeCallableWith(writer, { riff: "WAV" }, () => Effect.void)
    expect(Riff.withRiff).type.toBeCallableWith(writer, text, {}, () => Effect.void)
    expect(Riff.withRiff).type.not.toBeCallableWith(writer, "WAV", {}, () => Effect.void)
  })

  test("come with no option that does not exist", () => {
    expect(Riff.descend).type.not.toBeCallableWith(reader, { find: { chunk: "fmt " }, within: found })
    expect(Riff.createChunk).type.not.toBeCallableWith(writer, { chunk: "fmt ", sizes: 1 })
    expect(Riff.createChunk).type.not.toBeCallableWith(writer, { chunk: "fmt ", family: "RF64" })
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

describe("withRiff and updateSizes", () => {
  test("add what they do to what the body does, on a handle that can write", () => {
    expect(Riff.withRiff(writer, "WAVE", { large: "auto" }, (form) => {
      expect(form).type.toBe<Riff.CreatedChunk>()
      return Effect.zipRight(service, Effect.fail("mine" as const))
    })).type.toBe<Effect.Effect<never, "mine" | Placing | Writing, "Service">>()
    expect(Riff.updateSizes(both, { flush: false })).type.toBe<Effect.Effect<void, Placing | Writing>>()
    expect(Riff.withRiff).type.toBeCallableWith(both, "AVI ", {
      large: undefined,
      size: 4,
      chunkSizes: { data: 5e9 },
      sampleCount: (bytes: number) => bytes / 4,
      tableEntries: 0
    }, () => Effect.void)
    expect(Riff.withRiff).type.not.toBeCallableWith(writer, "WAVE", { large: "yes" }, () => Effect.void)
    expect(Riff.withRiff).type.not.toBeCallableWith(reader, "WAVE", {}, () => Effect.void)
    expect(Riff.updateSizes).type.not.toBeCallableWith(reader)
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

test("streamChunk", () => {
  expect(Riff.streamChunk("a", "RIFF:WAVE / data", { chunkSize: 9 })).type.toBe<
    Stream.Stream<
      Uint8Array,
      MmioError.OpenError | Reading | Finding | Placing | MmioError.CloseError,
      IOProc.IOProc
    >
  >()
  expect(Riff.streamChunk).type.toBeCallableWith("a", [{ id: "data" }])
  expect(Riff.streamChunk).type.not.toBeCallableWith("a", "RIFF:WAVES / data")
})

describe("the family", () => {
  test("every chunk says how it is written", () => {
    expect<Pick<Riff.Chunk, "byteOrder" | "ds64" | "guid" | "offset" | "sizeField" | "typeGuid">>().type.toBe<{
      readonly byteOrder: "little" | "big"
      readonly ds64: Option.Option<Riff.Ds64>
      readonly guid: Option.Option<string>
      readonly offset: number
      readonly sizeField: number
      readonly typeGuid: Option.Option<string>
    }>()
  })

  test("integers fail where the chunk, or the file, ends", () => {
    expect(Riff.uint16(reader, chunk)).type.toBe<Effect.Effect<number, MmioError.InvalidFile | Reading>>()
    expect(Riff.int16(reader, chunk)).type.toBe<Effect.Effect<number, MmioError.InvalidFile | Reading>>()
    expect(Riff.uint32(both, found)).type.toBe<Effect.Effect<number, MmioError.InvalidFile | Reading | Writing>>()
    expect(Riff.int32(reader, found)).type.toBe<Effect.Effect<number, MmioError.InvalidFile | Reading>>()
    expect(Riff.uint64(reader, created)).type.toBe<Effect.Effect<bigint, MmioError.InvalidFile | Reading>>()
    expect(Riff.uint16).type.not.toBeCallableWith(writer, found)
  })
})

describe("walking", () => {
  test("a stream of chunks fails with what the driver fails with, and where the file goes too far", () => {
    expect(Riff.chunks(reader)).type.toBe<Stream.Stream<Riff.WalkedChunk, MmioError.InvalidFile | Reading>>()
    expect(Riff.chunks(both, { within: created, recursive: false })).type.toBe<
      Stream.Stream<Riff.WalkedChunk, MmioError.InvalidFile | Reading | Writing>
    >()
    expect<Riff.WalkedChunk>().type.toBeAssignableTo<Riff.FoundChunk>()
    expect(Riff.chunks).type.toBeCallableWith(reader, { within: undefined, recursive: undefined })
    expect(Riff.chunks).type.not.toBeCallableWith(writer)
  })

  test("a tree also has to know how long the file is", () => {
    type TreeError = MmioError.InvalidFile | MmioError.CannotSeek | Reading
    expect(Riff.tree(reader, { lenient: true })).type.toBe<Effect.Effect<Riff.Tree, TreeError>>()
    expect(Riff.tree(both)).type.toBe<Effect.Effect<Riff.Tree, TreeError | Writing>>()
    expect(Riff.tree).type.not.toBeCallableWith(writer)
  })
})

describe("find", () => {
  test("takes text, a literal of which has to be a path, or steps", () => {
    expect(Riff.find(reader, "RIFF:WAVE / LIST:INFO / INAM")).type.toBe<
      Effect.Effect<Riff.FoundChunk, Finding | Reading>
    >()
    expect(Riff.find(both, [{ id: "RIFF" }, { id: "data", index: 1 }], { within: found })).type.toBe<
      Effect.Effect<Riff.FoundChunk, Finding | Reading | Writing>
    >()
    expect(Riff.find).type.toBeCallableWith(reader, "RIFF:AVI/LIST:movi[ 12 ]/00dc[3]")
    expect(Riff.find).type.toBeCallableWith(reader, " fmt ")
    expect(Riff.find).type.toBeCallableWith(reader, "" as string)
    expect(Riff.find).type.toBeCallableWith(reader, "data" as string | Riff.Path)
    expect(Riff.find).type.toBeCallableWith(reader, [{ id: "LIST", type: "INFO" }] as Riff.Path)
    expect(Riff.find).type.not.toBeCallableWith(reader, "")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFFS")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF:WAVES / data")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF: / data")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF / / data")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF / data[x]")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF / data[-1]")
    expect(Riff.find).type.not.toBeCallableWith(reader, "RIFF / data[1")
    expect(Riff.find).type.not.toBeCallableWith(reader, "a:b:c")
    expect(Riff.find).type.not.toBeCallableWith(reader, [{ type: "INFO" }])
    expect(Riff.find).type.not.toBeCallableWith(writer, "RIFF")
  })
})

describe("damage", () => {
  test("is data, of a closed union", () => {
    expect(Riff.verify(reader)).type.toBe<
      Effect.Effect<ReadonlyArray<RiffProblem.RiffProblem>, MmioError.CannotSeek | Reading>
    >()
    expect<RiffProblem.RiffProblem["level"]>().type.toBe<"error" | "warning">()
    expect<RiffProblem.RiffProblem["offset"]>().type.toBe<number>()
    expect<RiffProblem.RiffProblem["message"]>().type.toBe<string>()
    expect(Riff.verify).type.not.toBeCallableWith(writer)
  })

  test("is repaired on a handle that can read and write; one that can only read can say what would be done", () => {
    type Corrections = ReadonlyArray<RiffCorrection.RiffCorrection>
    type RepairError = MmioError.CannotSeek | MmioError.InvalidFile | Reading
    expect(Riff.repair(both)).type.toBe<Effect.Effect<Corrections, RepairError | Writing>>()
    expect(Riff.repair(both, { dryRun: undefined })).type.toBe<Effect.Effect<Corrections, RepairError | Writing>>()
    expect(Riff.repair(reader, { dryRun: true })).type.toBe<Effect.Effect<Corrections, RepairError>>()
    expect(Riff.repair).type.not.toBeCallableWith(reader)
    expect(Riff.repair).type.not.toBeCallableWith(reader, { dryRun: false })
    expect(Riff.repair).type.not.toBeCallableWith(writer)
  })
})

test("limits need no layer", () => {
  const limited = RiffLimits.withLimits({ nesting: 3 })(Riff.tree(reader))
  expect(limited).type.toBe<Effect.Effect<Riff.Tree, MmioError.InvalidFile | MmioError.CannotSeek | Reading>>()
  expect(RiffLimits.withLimits).type.not.toBeCallableWith({ depth: 3 })
})

describe("the handle last", () => {
  test("navigation", () => {
    expect(reader.pipe(Riff.descend())).type.toBe<Effect.Effect<Riff.FoundChunk, Reading | Finding>>()
    expect(both.pipe(Riff.descend({ find: { riff: "WAVE" } }))).type.toBe<
      Effect.Effect<Riff.FoundChunk, Reading | Writing | Finding>
    >()
    expect(Riff.descend).type.not.toBeCallableWith({ find: { chunk: "fmt" } })
    expect(reader.pipe(Riff.ascend(found))).type.toBe<Effect.Effect<Riff.FoundChunk, Placing>>()
    expect(writer.pipe(Riff.ascend(created))).type.toBe<Effect.Effect<Riff.FoundChunk, Placing | Writing>>()
    expect(Riff.ascend(created)).type.not.toBeCallableWith(reader)
    expect(reader.pipe(Riff.inChunk({ find: { list: "INFO" } }, () => Effect.fail("mine" as const)))).type.toBe<
      Effect.Effect<never, "mine" | Reading | Finding | MmioError.SeekError>
    >()
    expect(reader.pipe(Riff.find("RIFF:WAVE / data", { within: found }))).type.toBe<
      Effect.Effect<Riff.FoundChunk, Reading | Finding>
    >()
    expect(Riff.find).type.not.toBeCallableWith("RIFF:WAVES / data")
    expect(Riff.descend()).type.not.toBeCallableWith(writer)
  })

  test("building", () => {
    type Failure = MmioError.InvalidParameter | Writing
    expect(writer.pipe(Riff.createChunk({ chunk: "fmt " }))).type.toBe<Effect.Effect<Riff.CreatedChunk, Failure>>()
    expect(Riff.createChunk).type.not.toBeCallableWith({ chunk: "fmt" })
    expect(Riff.createChunk({ chunk: "fmt " })).type.not.toBeCallableWith(reader)
    expect(writer.pipe(Riff.withChunk({ list: "INFO" }, () => Effect.succeed(1)))).type.toBe<
      Effect.Effect<number, Failure | MmioError.SeekError>
    >()
    expect(writer.pipe(Riff.withRiff("WAVE", {}, (form) => Effect.succeed(form)))).type.toBe<
      Effect.Effect<Riff.CreatedChunk, Failure | MmioError.SeekError>
    >()
    expect(Riff.withRiff).type.not.toBeCallableWith("WAVES", {}, () => Effect.void)
    expect(writer.pipe(Riff.updateSizes())).type.toBe<Effect.Effect<void, Failure | MmioError.SeekError>>()
    expect(writer.pipe(Riff.updateSizes({ flush: false }))).type.toBe<
      Effect.Effect<void, Failure | MmioError.SeekError>
    >()
  })

  test("walking, damage and integers", () => {
    expect(reader.pipe(Riff.stream(found, { chunkSize: 9 }))).type.toBe<
      Stream.Stream<Uint8Array, Reading | Placing>
    >()
    expect(reader.pipe(Riff.chunks())).type.toBe<Stream.Stream<Riff.WalkedChunk, MmioError.InvalidFile | Reading>>()
    expect(reader.pipe(Riff.tree({ lenient: true }))).type.toBe<
      Effect.Effect<Riff.Tree, MmioError.SeekError | MmioError.InvalidFile | Reading>
    >()
    expect(reader.pipe(Riff.repair({ dryRun: true }))).type.toBe<
      Effect.Effect<
        ReadonlyArray<RiffCorrection.RiffCorrection>,
        MmioError.SeekError | MmioError.InvalidFile | Reading
      >
    >()
    expect(both.pipe(Riff.repair())).type.toBe<
      Effect.Effect<
        ReadonlyArray<RiffCorrection.RiffCorrection>,
        MmioError.SeekError | MmioError.InvalidFile | Reading | Writing
      >
    >()
    expect(Riff.repair()).type.not.toBeCallableWith(reader)
    expect(reader.pipe(Riff.uint16(chunk))).type.toBe<Effect.Effect<number, MmioError.InvalidFile | Reading>>()
    expect(reader.pipe(Riff.uint64(chunk))).type.toBe<Effect.Effect<bigint, MmioError.InvalidFile | Reading>>()
  })

  test("limits of an effect, first or last", () => {
    const effect: Effect.Effect<1, 2, 3> = Effect.never
    expect(RiffLimits.withLimits(effect, { nesting: 1 })).type.toBe<Effect.Effect<1, 2, 3>>()
    expect(effect.pipe(RiffLimits.withLimits({ nesting: 1 }))).type.toBe<Effect.Effect<1, 2, 3>>()
  })
})
