import { MemoryIOProc, Mmio, type MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as field from "./support/field.js"
import { bytes, chunk, fmt, form, tagged } from "./support/wav.js"

const opened = <A, E>(file: Uint8Array, use: (handle: Mmio.ReadHandle) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes: file }), use))

/** The file after edits. */
const edited = (file: Uint8Array, ...edits: ReadonlyArray<RiffEdit.RiffEdit>) =>
  Effect.gen(function*() {
    yield* Riff.edit("file", edits)
    return yield* (yield* MemoryIOProc.MemoryIOProc).bytes("file")
  }).pipe(Effect.provide(MemoryIOProc.layer({ file })))

const title = (text: string) => RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(`${text}\0`))

const infoOf = (
  handle: Mmio.ReadHandle,
  lenient: boolean
): Effect.Effect<Pick<Wave.Info, "frames" | "tags">, MmioError.MmioError> =>
  lenient ? Wave.info(handle, { lenient: true }) : Wave.info(handle)

/** The frames and the title that a file has. */
const facts = (file: Uint8Array, lenient = false) =>
  opened(file, (handle) =>
    Effect.map(
      infoOf(handle, lenient),
      ({ frames, tags }) => [Option.getOrNull(frames), tags.find(({ id }) => id === "INAM")?.text]
    ))

/** The file after a repair, which has nothing more to do, and how many corrections that took. */
const repair = (file: Uint8Array) =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* Mmio.openMemory({ bytes: file.slice(), access: "readWrite", expandBy: 64 })
    const corrections = (yield* Riff.repair(handle)).filter(({ _tag }) => _tag !== "BytesLeft").length
    assert.deepStrictEqual(yield* Riff.repair(handle), [])
    yield* Mmio.flush(handle)
    return { corrections, bytes: yield* Mmio.memoryBytes(handle) }
  }))

const problemsOf = (file: Uint8Array) => opened(file, (handle) => Riff.verify(handle))

describe("warnings", () => {
  it.effect(
    "of a recorder's list of zeros are few, none of them an error, and it can be tagged",
    () =>
      Effect.gen(function*() {
        const problems = yield* problemsOf(field.longListOfZeros)
        assert.deepStrictEqual(problems.map(({ _tag, count, level }) => [_tag, count, level]), [
          ["UnprintableId", 49_145, "warning"]
        ])
        assert.deepStrictEqual(yield* facts(yield* edited(field.longListOfZeros, title("New"))), [500, "New"])
      }),
    30_000
  )
})

describe("an edit", () => {
  const after = (tail: Uint8Array) => form([fmt(), chunk("data", new Uint8Array(1000)), tail])

  it.effect("leaves bytes that are no chunk at the end of the form, and puts chunks before them", () =>
    Effect.gen(function*() {
      for (
        const tail of [
          // as many bytes as a chunk has for its header, and more, and less
          Uint8Array.from({ length: 12 }, (_, i) => 250 - i),
          Uint8Array.from({ length: 13 }, (_, i) => 250 - i),
          Uint8Array.from({ length: 8 }, (_, i) => 250 - i),
          Uint8Array.of(1, 2, 3, 4),
          Uint8Array.of(1, 2, 3),
          bytes("note", Uint8Array.of(200, 0, 0, 0, 7, 7)),
          bytes("JUNK", Uint8Array.of(255, 255, 255, 255), new Uint8Array(80).fill(7))
        ]
      ) {
        const file = after(tail)
        const before = yield* problemsOf(file)
        assert.isTrue(before.some(({ level }) => level === "error"))
        const once = yield* edited(file, title("New"))
        assert.deepStrictEqual(yield* facts(once), [500, "New"])
        const found = yield* opened(once, (handle) => Riff.find(handle, "RIFF:WAVE / LIST:INFO / INAM"))
        assert.strictEqual(String(found.id), "INAM")
        assert.deepStrictEqual((yield* problemsOf(once)).map(({ _tag }) => _tag), before.map(({ _tag }) => _tag))
        // the form ends with the bytes
        const end = 8 + new DataView(once.buffer, once.byteOffset).getUint32(4, true)
        assert.deepStrictEqual(Array.from(once.subarray(end - tail.length, end)), [...tail])
        const twice = yield* edited(
          once,
          title("A title that is longer than the one before"),
          RiffEdit.insert({ last: "RIFF" }, { chunk: "abcd", data: new Uint8Array(3) }),
          RiffEdit.remove("RIFF / abcd"),
          RiffEdit.move("RIFF / LIST:INFO", { last: "RIFF" })
        )
        assert.deepStrictEqual(yield* facts(twice), [500, "A title that is longer than the one before"])
        assert.deepStrictEqual((yield* problemsOf(twice)).map(({ _tag }) => _tag), before.map(({ _tag }) => _tag))
      }
    }))

  it.effect("of a file with sound after its data keeps every byte but the tag and the size", () =>
    Effect.gen(function*() {
      const file = yield* edited(field.soundAfterData, title("New"))
      const list = tagged("INAM", "New")
      const expected = form([fmt(), field.soundAfterData.slice(36, 1044), list, field.soundAfterData.slice(1044)])
      assert.deepStrictEqual([...file], [...expected])
    }))

  it.effect("puts nothing after a chunk that declares more than there is, and does not move it", () =>
    Effect.gen(function*() {
      const file = form([fmt(), chunk("data", new Uint8Array(1000)), chunk("note", new Uint8Array(4), { size: 90 })])
      for (
        const edit of [
          RiffEdit.insert({ after: "RIFF / note" }, { chunk: "abcd", data: new Uint8Array(0) }),
          RiffEdit.move("RIFF / note", { first: "RIFF" })
        ]
      ) {
        const error = yield* Effect.flip(edited(file, edit))
        assert.strictEqual(error._tag, "InvalidParameter")
        assert.include(error.message, "\"note\"")
      }
      const other = yield* edited(file, RiffEdit.assign("RIFF / note", new Uint8Array(4)), title("New"))
      assert.deepStrictEqual(yield* facts(other), [500, "New"])
      assert.deepStrictEqual(yield* problemsOf(other), [])
    }))

  it.effect("leaves a damaged list as it is, and says so where it should edit it", () =>
    Effect.gen(function*() {
      const broken = chunk("LIST", bytes("INFO", chunk("IART", new Uint8Array(4), { size: 90 })))
      const file = form([fmt(), broken, chunk("data", new Uint8Array(1000))])
      const tagged = yield* edited(
        file,
        RiffEdit.insert({ last: "RIFF" }, {
          list: "INFO",
          content: [{ chunk: "INAM", data: new TextEncoder().encode("New\0") }]
        })
      )
      assert.deepStrictEqual(Array.from(tagged.subarray(36, 36 + broken.length)), [...broken])
      assert.deepStrictEqual(yield* facts(tagged, true), [500, "New"])
      const error = yield* Effect.flip(edited(file, title("New")))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.include(error.message, "\"IART\" at 48")
      const removed = yield* edited(file, RiffEdit.remove("RIFF / LIST:INFO"), title("New"))
      assert.deepStrictEqual(yield* facts(removed), [500, "New"])
    }))

  it.effect("is refused where readers disagree on the end of the samples, and says which size it is", () =>
    Effect.gen(function*() {
      for (
        const [file, said] of [
          [form([fmt(), chunk("data", new Uint8Array(1000), { size: 5000 })]), "\"data\" at 36"],
          // a pad byte is missing: the next header begins at 1045
          [form([fmt(), chunk("data", new Uint8Array(1001)).slice(0, -1), tagged("INAM", "Old")]), "1045"],
          [field.sized(field.sound.length - 16), "\"LIST\" at 1044"],
          [form([fmt(), chunk("data", new Uint8Array(1000))]).slice(0, -100), "\"RIFF\" at 0"],
          [form([fmt(), chunk("data", new Uint8Array(1000), { size: 0xffffffff })], { size: 0xffffffff }), "0xFFFFFFFF"]
        ] as const
      ) {
        const error = yield* Effect.flip(edited(file, title("New")))
        assert.strictEqual(error._tag, "InvalidFile")
        assert.include(error.message, said)
      }
    }))
})

describe("a size of the form that is too small", () => {
  const { length } = field.sound
  const rest = tagged("INAM", "Old").length

  it.effect("costs nothing: what follows is read, and repair makes it right", () =>
    Effect.gen(function*() {
      for (const size of [0, 4, 8, 11, 12, 19, 20, 28, 35, 36, 37, 40, 43, 44, 100, 1036, 1040, 1043]) {
        const file = field.sized(size)
        assert.deepStrictEqual(yield* facts(file), [500, "Old"], `${size}`)
        assert.isNotEmpty(yield* problemsOf(file))
        const repaired = yield* repair(file)
        assert.deepStrictEqual([...repaired.bytes], [...field.sound], `${size}`)
        assert.strictEqual(repaired.corrections, 1)
        assert.deepStrictEqual(yield* facts(yield* edited(repaired.bytes, title("New"))), [500, "New"])
      }
      for (const less of [4, 8, 12, rest]) {
        const file = field.sized(length - 8 - less)
        assert.deepStrictEqual(yield* facts(file), [500, "Old"])
        assert.deepStrictEqual([...(yield* repair(file)).bytes], [...field.sound])
      }
    }))

  it.effect("may have a LIST after the form", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* facts(field.tagsAfterForm), [500, "Old"])
      assert.deepStrictEqual([...(yield* repair(field.tagsAfterForm)).bytes], [...field.sound])
      // what is no chunk is not of the form
      const junk = bytes(field.tagsAfterForm, new Uint8Array(20))
      assert.deepStrictEqual(yield* facts(junk), [500, "Old"])
      assert.deepStrictEqual([...(yield* repair(junk)).bytes], [...field.sound, ...new Uint8Array(20)])
      // nor is another form
      const two = bytes(field.tagsAfterForm, field.sound)
      assert.deepStrictEqual([...(yield* repair(two)).bytes], [...field.sound, ...field.sound])
    }))

  it.effect("may come with samples that declare no size", () =>
    Effect.gen(function*() {
      const samples = new Uint8Array(1000).fill(200)
      for (const size of [0, 4, 8, 20, 35, 36, 37, 43, 44, 100, 500]) {
        const file = form([fmt(), chunk("data", new Uint8Array(0)), samples], { size })
        assert.deepStrictEqual(yield* facts(file), [500, undefined], `${size}`)
        assert.deepStrictEqual([...(yield* repair(file)).bytes], [...form([fmt(), chunk("data", samples)])])
      }
      assert.deepStrictEqual(yield* facts(field.libsndfileDied), [500, undefined])
    }))

  it.effect("of other families is read and repaired, too", () =>
    Effect.gen(function*() {
      const big = { big: true }
      const sound = form([
        fmt({}, true),
        chunk("data", new Uint8Array(1000), big),
        chunk("note", new Uint8Array(4), big)
      ], big)
      for (const size of [4, 20, 36, 1036]) {
        const file = sound.slice()
        new DataView(file.buffer).setUint32(4, size)
        assert.deepStrictEqual(yield* facts(file), [500, undefined])
        assert.deepStrictEqual([...(yield* repair(file)).bytes], [...sound])
      }
    }))
})

describe("a repair", () => {
  it.effect("writes nothing over samples that look like no header", () =>
    Effect.gen(function*() {
      const { bytes: repaired } = yield* repair(field.unsizedSamples)
      assert.deepStrictEqual(Array.from(repaired.subarray(8)), Array.from(field.unsizedSamples.subarray(8)))
      assert.deepStrictEqual(yield* facts(repaired), [500, undefined])
    }))

  it.effect("says which bytes it left", () =>
    Effect.gen(function*() {
      const said = yield* opened(field.unsizedSamples, (handle) => Riff.repair(handle, { dryRun: true }))
      assert.deepStrictEqual(said.map((each) => [each._tag, each.offset]), [["SizeCorrected", 4], ["BytesLeft", 544]])
      assert.include(said[1]?.message, "500 bytes from 544 on")
    }))
})

describe("a pad byte that is missing before the next chunk", () => {
  const files = [[field.unpaddedSamples, 545], [field.unpaddedSoundFont, 557]] as const

  it.effect("is reported, and no chunk that does not exist", () =>
    Effect.gen(function*() {
      for (const [file, at] of files) {
        const problems = yield* problemsOf(file)
        assert.isTrue(problems.every(({ _tag }) => _tag === "MissingPadByte"))
        assert.deepStrictEqual(
          problems.flatMap(({ level, offset }) => level === "error" ? [offset] : []),
          [at]
        )
        // a strict tree has the same problems
        assert.deepStrictEqual((yield* opened(file, (handle) => Riff.tree(handle))).problems, problems)
      }
    }))

  it.effect("is offered by a repair, and inserted by an edit", () =>
    Effect.gen(function*() {
      for (const [file, at] of files) {
        const offered = yield* opened(file, (handle) => Riff.repair(handle, { dryRun: true }))
        const edits = offered.flatMap((each) => each._tag === "PadByteOffered" ? [each.edit] : [])
        assert.deepStrictEqual(offered.map(({ _tag, offset }) => [_tag, offset]), [["PadByteOffered", at]])
        const padded = yield* edited(file, ...edits)
        assert.deepStrictEqual(yield* problemsOf(padded), [])
        // nothing but the byte, and the sizes
        const outline = (bytes: Uint8Array) =>
          opened(bytes, (handle) =>
            Effect.map(Riff.tree(handle, { lenient: true }), ({ chunks }) =>
              chunks.flatMap(({ children }) =>
                children.map(({ available, chunk, children }) => [
                  String(chunk.id),
                  children.length > 0
                    ? children.map((child) => [String(child.chunk.id), child.available])
                    : Array.from(bytes.subarray(chunk.dataOffset, chunk.dataOffset + available))
                ])
              )))
        assert.deepStrictEqual(yield* outline(padded), yield* outline(file))
        assert.strictEqual(padded[at], 0)
        assert.strictEqual(String.fromCharCode(...padded.subarray(at + 1, at + 5)), "LIST")
        // a second one has nothing to do
        assert.deepStrictEqual([...(yield* edited(padded, RiffEdit.pad))], [...padded])
      }
    }))

  it.effect("can be inserted together with another edit", () =>
    Effect.gen(function*() {
      for (const edits of [[RiffEdit.pad, title("New")], [title("New"), RiffEdit.pad]]) {
        const file = yield* edited(field.unpaddedSamples, ...edits)
        assert.deepStrictEqual(yield* facts(file), [501, "New"])
        assert.deepStrictEqual(yield* problemsOf(file), [])
      }
    }))
})

describe("an edit of one of several chunks that a path can name", () => {
  const long = "A title that is longer than there is room for"
  const read = (file: Uint8Array, path: string) =>
    opened(file, (handle) =>
      Effect.gen(function*() {
        const { dataOffset, size } = yield* Riff.find(handle, path)
        yield* Mmio.seek(handle, dataOffset)
        const text = String.fromCharCode(...(yield* Mmio.read(handle, size)))
        return text.slice(0, text.indexOf("\0"))
      }))
  const INAM = "RIFF:WAVE / LIST:INFO / INAM"

  it.effect("keeps it before the others, and moves no samples where it can", () =>
    Effect.gen(function*() {
      const file = yield* edited(field.twoTitles, title(long))
      assert.strictEqual(yield* read(file, INAM), long)
      assert.deepStrictEqual(yield* facts(file), [500, long])
      assert.strictEqual(yield* read(file, "RIFF:WAVE / LIST:INFO[1] / INAM"), "Old B")
      // the samples stay where they are
      const { offset } = yield* opened(file, (handle) => Riff.find(handle, "RIFF / data"))
      assert.strictEqual(offset, field.twoTitles.length - 26 - 1008)
    }))

  it.effect("keeps the second one after the first one", () =>
    Effect.gen(function*() {
      const second = RiffEdit.assign("RIFF:WAVE / LIST:INFO[1] / INAM", new TextEncoder().encode(`${long}\0`))
      const file = yield* edited(field.twoTitles, second)
      assert.deepStrictEqual([yield* read(file, INAM), yield* read(file, "RIFF / LIST:INFO[1] / INAM")], [
        "Old A",
        long
      ])
      const both = yield* edited(field.twoTitles, second, title(`${long}!`))
      assert.deepStrictEqual([yield* read(both, INAM), yield* read(both, "RIFF / LIST:INFO[1] / INAM")], [
        `${long}!`,
        long
      ])
    }))

  it.effect("keeps the order of lists that a path names without their types", () =>
    Effect.gen(function*() {
      const other = chunk("LIST", bytes("more", chunk("INAM", bytes("other\0"))))
      const file = form([fmt(), tagged("INAM", "Old"), chunk("data", new Uint8Array(1000)), other])
      for (const path of ["RIFF / LIST / INAM", "RIFF / LIST[0] / INAM"] as const) {
        const after = yield* edited(file, RiffEdit.assign(path, new TextEncoder().encode(`${long}\0`)))
        assert.strictEqual(yield* read(after, path), long)
      }
    }))

  it.effect("keeps the first bext first", () =>
    Effect.gen(function*() {
      const data = new Uint8Array(900)
      data.set(new TextEncoder().encode("another"))
      for (const [index, expected] of [[0, ["another", "second"]], [1, ["first", "another"]]] as const) {
        const file = yield* edited(field.twoBext, RiffEdit.assign([{ id: "RIFF" }, { id: "bext", index }], data))
        assert.deepStrictEqual([yield* read(file, "RIFF / bext[0]"), yield* read(file, "RIFF / bext[1]")], [
          ...expected
        ])
        const { bext } = yield* opened(file, (handle) => Wave.info(handle))
        assert.strictEqual(Option.getOrThrow(bext).description.text, expected[0])
      }
    }))

  it.effect("of several forms assigns in the first, which readers of WAVE read", () =>
    Effect.gen(function*() {
      const untitled = form([fmt(), chunk("data", new Uint8Array(1000))])
      for (const first of [untitled, field.sound]) {
        const file = yield* edited(bytes(first, field.sound), title("New"))
        assert.deepStrictEqual(yield* facts(file), [500, "New"])
        assert.strictEqual(yield* read(file, INAM), "New")
        assert.strictEqual(yield* read(file, "RIFF:WAVE[1] / LIST:INFO / INAM"), "Old")
      }
      const second = yield* edited(
        bytes(untitled, field.sound),
        RiffEdit.assign("RIFF:WAVE[1] / LIST:INFO / INAM", new TextEncoder().encode("New\0"))
      )
      assert.deepStrictEqual(yield* facts(second), [500, undefined])
      assert.strictEqual(yield* read(second, INAM), "New")
    }))
})

describe("tags after the form", () => {
  it.effect("are not edited before the form is repaired", () =>
    Effect.gen(function*() {
      for (const file of [field.tagsAfterForm, field.sized(4)]) {
        const error = yield* Effect.flip(edited(file, title("New")))
        assert.include(error.message, "Riff.repair may correct it")
        assert.deepStrictEqual(yield* facts(yield* edited((yield* repair(file)).bytes, title("New"))), [500, "New"])
      }
    }))
})

describe("samples that declare more than the file has", () => {
  it.effect("go to the end of the file, also in a form that ends before, and a repair leaves open which size is wrong", () =>
    Effect.gen(function*() {
      const tail = new Uint8Array(200).fill(9)
      for (const size of [1201, 5000, 0x7fffffff, 0xffffffff]) {
        const file = bytes(form([fmt(), chunk("data", new Uint8Array(1000), { size })]), tail)
        assert.deepStrictEqual(yield* facts(file), [600, undefined], `${size}`)
        assert.deepStrictEqual((yield* repair(file)).corrections, 0)
      }
      // an empty form says nothing of its end
      const died = form([fmt(), chunk("data", new Uint8Array(1000), { size: 5000 })], { size: 36 })
      assert.deepStrictEqual([...(yield* repair(died)).bytes], [...form([fmt(), chunk("data", new Uint8Array(1000))])])
    }))
})

describe("an edit of a file whose form ends with chunks of no name", () => {
  it.effect("puts chunks before them, where readers find them", () =>
    Effect.gen(function*() {
      const file = form([fmt(), chunk("data", new Uint8Array(1000)), new Uint8Array(40)])
      const tagged = yield* edited(file, title("New"))
      const { offset } = yield* opened(tagged, (handle) => Riff.find(handle, "RIFF / LIST:INFO"))
      assert.strictEqual(offset, 1044)
    }))
})

describe("a ds64 that declares more than there is", () => {
  it.effect("is no chunk that an edit can leave as it is", () =>
    Effect.gen(function*() {
      const file = form([chunk("ds64", new Uint8Array(60), { size: 1_000_000 })], { id: "RF64" })
      assert.strictEqual((yield* Effect.flip(edited(file, title("New"))))._tag, "InvalidFile")
    }))
})

describe("empty forms", () => {
  it.effect("are followed by others, and not made of them", () =>
    Effect.gen(function*() {
      const empty = bytes("RIFF", new Uint8Array(4))
      assert.deepStrictEqual(yield* facts(bytes(empty, field.sound), true), [500, "Old"])
    }))

  it.effect("get no pad byte that would complete the header of a chunk", () =>
    Effect.gen(function*() {
      const file = form([fmt(), bytes("data", Uint8Array.of(64, 0, 0))]).slice(0, -1)
      assert.deepStrictEqual((yield* repair(file)).corrections, 0)
    }))
})
