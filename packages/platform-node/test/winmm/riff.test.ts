/** What the pages of mmioDescend, mmioAscend, mmioCreateChunk and MMCKINFO say, and what this library does. */
import { IOProc, Mmio, MmioError, Riff } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import { text } from "../helpers.js"
import { makeSmallDisk } from "../support/smallDisk.js"
import { latin1 } from "../support/storages.js"

const chunk = (id: string, data: string) => {
  const head = Buffer.alloc(8, id, "latin1")
  head.writeUInt32LE(data.length, 4)
  return `${head.toString("latin1")}${data}${data.length % 2 === 1 ? "\0" : ""}`
}

const content = chunk(
  "RIFF",
  `TEST${chunk("one ", "123")}${chunk("LIST", `sub ${chunk("in  ", "ab")}`)}${chunk("two ", "45")}`
) + chunk("RIFF", `NEXT${chunk("two ", "67")}`)

const opened = Effect.suspend(() => Mmio.openMemory({ bytes: new Uint8Array(Buffer.from(content, "latin1")) }))

const positionOf = (searched: string) => content.indexOf(searched)

describe("mmioDescend", () => {
  it.scoped("without flags goes into the chunk at the position", () =>
    Effect.gen(function*() {
      const file = yield* opened
      yield* Mmio.seek(file, positionOf("one "))
      const one = yield* Riff.descend(file)
      strictEqual(one.id, "one ")
      strictEqual(latin1(yield* Mmio.read(file, one.size)), "123")
    }))

  it.scoped("MMIO_FINDCHUNK, MMIO_FINDRIFF and MMIO_FINDLIST look for an id, a form type and a list type", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const next = yield* Riff.descend(file, { find: { riff: "NEXT" } })
      strictEqual(next.offset, positionOf("NEXT") - 8)
      yield* Mmio.seek(file, 0)
      const riff = yield* Riff.descend(file, { find: { riff: "TEST" } })
      const list = yield* Riff.descend(file, { find: { list: "sub " }, parent: riff })
      strictEqual(list.offset, positionOf("LIST"))
      yield* Riff.ascend(file, list)
      const two = yield* Riff.descend(file, { find: { chunk: "two " }, parent: riff })
      strictEqual(latin1(yield* Mmio.read(file, two.size)), "45")
    }))

  it.scoped("looks from the position on to the end of the file, or of the parent where one is given", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file, { find: { riff: "TEST" } })
      const two = yield* Riff.descend(file, { find: { chunk: "two " }, parent: riff })
      yield* Riff.ascend(file, two)
      // The next one is in another form.
      strictEqual(
        (yield* Effect.flip(Riff.descend(file, { find: { chunk: "two " }, parent: riff })))._tag,
        "ChunkNotFound"
      )
      const next = yield* Riff.descend(file, { find: { riff: "NEXT" } })
      strictEqual(next.offset, positionOf("NEXT") - 8)
    }))

  it.scoped("leaves the position 12 bytes into a RIFF or LIST, and 8 into any other chunk", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file)
      strictEqual(yield* Mmio.position(file), riff.offset + 12)
      const one = yield* Riff.descend(file, { parent: riff })
      strictEqual(yield* Mmio.position(file), one.offset + 8)
      yield* Riff.ascend(file, one)
      const list = yield* Riff.descend(file, { parent: riff })
      strictEqual(yield* Mmio.position(file), list.offset + 12)
    }))

  it.scoped("that finds nothing is ChunkNotFound, and leaves the position where the search began, where winmm leaves it undefined", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file, { find: { riff: "TEST" } })
      const error = yield* Effect.flip(Riff.descend(file, { find: { chunk: "none" }, parent: riff }))
      strictEqual(error.code, 265)
      strictEqual(yield* Mmio.position(file), 12)
    }))
})

describe("MMCKINFO", () => {
  const fieldsOf = ({ dataOffset, dirty, id, size, type }: Riff.Chunk) => [id, size, type, dataOffset, dirty]

  it.scoped("ckid, cksize, fccType, dwDataOffset and dwFlags of a RIFF or LIST: the size counts the type, the data begins with it", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file)
      const list = yield* Riff.descend(file, { find: { list: "sub " }, parent: riff })
      assert.deepStrictEqual<unknown>(fieldsOf(list), ["LIST", 14, Option.some("sub "), positionOf("LIST") + 8, false])
    }))

  it.scoped("of any other chunk: the size counts neither the header nor the pad byte, and there is no type", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file)
      const one = yield* Riff.descend(file, { parent: riff })
      assert.deepStrictEqual<unknown>(fieldsOf(one), ["one ", 3, Option.none(), 20, false])
    }))

  it.scoped("MMIO_DIRTY is set by mmioCreateChunk, and no chunk of mmioAscend has it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const created = yield* Riff.createChunk(file, { chunk: "data" })
      strictEqual(created.dirty, true)
      strictEqual((yield* Riff.ascend(file, created)).dirty, false)
      // A value: what a program keeps of it does not change.
      strictEqual(created.dirty, true)
    }))
})

describe("mmioAscend", () => {
  it.scoped("goes past the end of a chunk that was descended into, and past its pad byte", () =>
    Effect.gen(function*() {
      const file = yield* opened
      const riff = yield* Riff.descend(file)
      const one = yield* Riff.descend(file, { parent: riff })
      yield* Riff.ascend(file, one)
      strictEqual(yield* Mmio.position(file), 20 + 4)
      yield* Riff.ascend(file, riff)
      strictEqual(yield* Mmio.position(file), positionOf("NEXT") - 8)
    }))

  it.scoped("of a created chunk takes the position for the end of its data, corrects the size, and pads an odd one", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const data = yield* Riff.createChunk(file, { chunk: "data", size: 99 })
      yield* Mmio.writeAll(file, text("12345"))
      const { size } = yield* Riff.ascend(file, data)
      strictEqual(size, 5)
      strictEqual(yield* Mmio.position(file), 14)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), chunk("data", "12345"))
    }))

  it.scoped("of a created chunk can be done again without harm, where winmm clears MMIO_DIRTY in the structure", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const data = yield* Riff.createChunk(file, { chunk: "data" })
      yield* Mmio.writeAll(file, text("12345"))
      const closed = yield* Riff.ascend(file, data)
      for (const again of [closed, data]) {
        yield* Riff.ascend(file, again)
        strictEqual(yield* Mmio.position(file), 14)
      }
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), chunk("data", "12345"))
    }))

  it.scoped("does not write a size that is right already, so that a pipe can be written", () =>
    Effect.gen(function*() {
      let written = ""
      const pipe = IOProc.makeFile({
        name: "pipe",
        size: Effect.fail(new MmioError.CannotSeek({ operation: "size", file: "pipe", description: "a pipe" })),
        readAt: () => Effect.succeed(0),
        writeAt: (_, source) =>
          Effect.sync(() => {
            written += latin1(source)
            return source.length
          }),
        capabilities: { forwardOnly: true }
      })
      const file = yield* Mmio.fromFile(pipe, { access: "write" })
      const data = yield* Riff.createChunk(file, { chunk: "data", size: 3 })
      yield* Mmio.writeAll(file, text("123"))
      yield* Riff.ascend(file, data)
      yield* Mmio.flush(file)
      strictEqual(written, chunk("data", "123"))
    }))

  it.scoped("is CannotSeek where the end cannot be reached, and CannotWrite where the size cannot be written", () =>
    Effect.gen(function*() {
      const block = yield* Mmio.openMemory({ bytes: new Uint8Array(Buffer.from("data\u0009\0\0\0abc", "latin1")) })
      const cut = yield* Riff.descend(block)
      strictEqual((yield* Effect.flip(Riff.ascend(block, cut)))._tag, "CannotSeek")

      const disk = makeSmallDisk(12)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write", buffer: "none" })
      const data = yield* Riff.createChunk(file, { chunk: "data", size: 3 })
      yield* Mmio.writeAll(file, text("123"))
      disk.grow(0)
      strictEqual((yield* Effect.flip(Riff.ascend(file, data)))._tag, "CannotWrite")
      disk.grow(100)
      yield* Riff.ascend(file, data)
      strictEqual(latin1(disk.content()), chunk("data", "123"))
    }))
})

describe("mmioCreateChunk", () => {
  it.scoped("makes a chunk at the position, which is then at the start of its data", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      yield* Mmio.writeAll(file, text("before"))
      const data = yield* Riff.createChunk(file, { chunk: "data", size: 2 })
      strictEqual(data.dataOffset, 14)
      strictEqual(yield* Mmio.position(file), 14)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "beforedata\u0002\0\0\0")
    }))

  it.scoped("MMIO_CREATERIFF and MMIO_CREATELIST write the type too, and the position is after it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ expandBy: 64 })
      const riff = yield* Riff.createChunk(file, { riff: "WAVE" })
      const list = yield* Riff.createChunk(file, { list: "INFO" })
      strictEqual(yield* Mmio.position(file), 24)
      assert.deepStrictEqual([riff.id, riff.type, riff.dataOffset], ["RIFF", Option.some("WAVE"), 8])
      assert.deepStrictEqual([list.id, list.type, list.dataOffset], ["LIST", Option.some("INFO"), 20])
      yield* Riff.ascend(file, list)
      yield* Riff.ascend(file, riff)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), chunk("RIFF", `WAVE${chunk("LIST", "INFO")}`))
    }))

  it.scoped("in the middle of a file writes over what is there: it inserts nothing", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("................") })
      yield* Mmio.seek(file, 4)
      yield* Riff.createChunk(file, { chunk: "data" })
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "....data\0\0\0\0....")
    }))

  it.scoped("is CannotWrite where the header cannot be written", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openWith(makeSmallDisk(4).ioProc, "f", { access: "write", buffer: "none" })
      strictEqual((yield* Effect.flip(Riff.createChunk(file, { chunk: "data" })))._tag, "CannotWrite")
      strictEqual(yield* Mmio.position(file), 0)
    }))
})
