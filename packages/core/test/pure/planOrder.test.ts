/** What is written for edits: the sizes of containers, and the order of chunks where it is free. */
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as Layout from "../../src/internal/riff/layout.js"
import * as RiffEdit from "../../src/RiffEdit.js"
import { bytesOf, chunk, fmt, info, noise, title, wave } from "../support/chunks.js"
import * as Family from "../support/familyModel.js"
import {
  carriedOut,
  copy,
  header,
  type Options,
  planned,
  planOf,
  put,
  sparse,
  treeOf,
  whole
} from "../support/plans.js"
import { bytes, number } from "../support/wav.js"

const note = (length: number, id = "note") => chunk(id, bytesOf(length, 7))
const assign = (path: string, length: number) => RiffEdit.assign(path, bytesOf(length, 7))
const samples = chunk("data", noise(1000))

describe("sizes", () => {
  const insert = (size: number) => RiffEdit.insert({ last: "RIFF" }, { chunk: "note", data: bytesOf(size, 7) })
  const sizeAfter = (size: number, data: number, options?: Parameters<typeof sparse>[1]) =>
    Either.mapBoth(planOf(sparse([["data", data]], options), [insert(size)], { keepOrder: true }), {
      onLeft: ({ description, file, operation }) => [operation, file, description],
      onRight: ({ writes }) => writes.filter(({ offset }) => offset < 32)
    })
  const message = (size: number) => [
    "Riff.edit",
    "file",
    `"RIFF" at 0 would have ${size} bytes, which do not fit a size of 32 bits`
  ]

  it("of 32 bits hold up to 2^32 - 2 bytes, as 2^32 - 1 is that of no size", () => {
    const fits = 2 ** 32 - 2 - 4 - 8 - 8 - 10
    assert.deepStrictEqual(sizeAfter(10, fits), Either.right([put(4, number(4, 2 ** 32 - 2))]))
    assert.deepStrictEqual(sizeAfter(10, fits, { rest: 1 }), Either.left(message(2 ** 32 - 1)))
    assert.deepStrictEqual(sizeAfter(12, fits), Either.left(message(2 ** 32)))
  })

  it("of Wave64 hold more", () => {
    const size = 2 ** 33
    assert.deepStrictEqual(
      sizeAfter(16, size, { layout: Layout.wave64 }),
      Either.right([put(16, Layout.uint64Bytes(24 + 16 + 24 + size + 24 + 16))])
    )
  })

  it("that do not fit are reported of the innermost container", () => {
    const refused = planOf(sparse([["data", 2 ** 32 - 50]]), [
      RiffEdit.insert({ last: "RIFF" }, { list: "many", content: [{ chunk: "note", data: bytesOf(100, 7) }] }),
      RiffEdit.move("RIFF / data", { last: "RIFF / LIST:many" })
    ])
    assert.strictEqual(
      Either.isLeft(refused) ? refused.left.description : "",
      `"LIST" at 12 would have ${4 + 108 + 8 + 2 ** 32 - 50} bytes, which do not fit a size of 32 bits`
    )
  })

  it("of RF64 are those of its ds64, and the header stays as it is", () => {
    const before = Family.serialize([{ family: "RF64", type: "WAVE", children: [fmt, chunk("data", noise(10))] }])
    assert.deepStrictEqual(
      planned(before, [RiffEdit.insert({ last: "RF64" }, { chunk: "note", data: bytesOf(2, 7) })]).plan,
      {
        writes: [put(before.length, whole("note", bytesOf(2, 7))), put(20, Layout.uint64Bytes(before.length + 2))],
        length: before.length + 10,
        moved: 0
      }
    )
    assert.deepStrictEqual(planned(before, [RiffEdit.assign("RF64 / data", noise(10).toReversed())]).plan.writes, [
      put(before.length - 18, whole("data", noise(10).toReversed()))
    ])
  })

  it("of data and the number of samples are corrected in the ds64", () => {
    const before = Family.serialize([{ family: "RF64", type: "WAVE", children: [fmt, chunk("data", noise(10))] }])
    assert.deepStrictEqual(planned(before, [RiffEdit.assign("RF64 / data", noise(12))], { samples: 6 }).plan.writes, [
      put(before.length - 18, whole("data", noise(12))),
      put(20, Layout.uint64Bytes(before.length - 6)),
      put(28, Layout.uint64Bytes(12)),
      put(36, Layout.uint64Bytes(6))
    ])
  })

  it("of an RF64 that is moved are corrected where its ds64 comes to lie", () => {
    const first = Family.serialize([{ family: "RIFF", type: "AVI ", children: [note(2)] }])
    const second = Family.serialize([{ family: "RF64", type: "WAVE", children: [chunk("data", noise(10)), note(2)] }])
    const before = bytes(first, second)
    const { after, plan } = planned(before, [assign("RIFF / note", 20), assign("RF64 / note", 30)])
    const at = first.length + 18
    assert.deepStrictEqual(
      after.subarray(0, at),
      Family.serialize([{ family: "RIFF", type: "AVI ", children: [note(20)] }])
    )
    assert.deepStrictEqual(
      after.subarray(at),
      Family.serialize([{ family: "RF64", type: "WAVE", children: [chunk("data", noise(10)), note(30)] }])
    )
    assert.deepStrictEqual(plan.writes.filter(({ offset }) => offset === at || offset === at + 20), [
      put(at + 20, Layout.uint64Bytes(second.length + 20)),
      put(at, bytes("RF64", number(4, 0xffffffff), "WAVE"))
    ])
  })

  it("of an RF64 that is moved are corrected there, whatever is moved in it", () => {
    const file = (first: number, second: number, frames: number) =>
      bytes(
        Family.serialize([{ family: "RIFF", type: "AVI ", children: [note(first)] }]),
        Family.serialize([{
          family: "RF64",
          type: "WAVE",
          children: [note(second), info(["INAM", "a".repeat(second)]), chunk("data", noise(frames))]
        }])
      )
    // New data has its size in its header.
    const after = file(20, 30, 40)
    after.set(number(4, 40), after.length - 44)
    const { after: found } = planned(
      file(2, 2, 10),
      [
        assign("RIFF / note", 20),
        assign("RF64 / note", 30),
        RiffEdit.assign("RF64 / LIST:INFO / INAM", bytes("a".repeat(30))),
        RiffEdit.assign("RF64 / data", noise(40))
      ],
      { keepOrder: true }
    )
    assert.deepStrictEqual(found, after)
  })

  it("of a list may be in the table of the ds64", () => {
    // The size of the list is in the table, under its id.
    const file = (tag: string) => {
      const list = bytes("LIST", number(4, 0xffffffff), "INFO", header("INAM", tag.length), tag)
      const size = 12 + tag.length
      const ds64 = bytes(
        "ds64",
        number(4, 40),
        number(8, 4 + 48 + list.length),
        new Uint8Array(16),
        number(4, 1),
        "LIST",
        number(8, size)
      )
      return bytes("RF64", number(4, 0xffffffff), "WAVE", ds64, list)
    }
    const { after, plan } = planned(file("ab"), [RiffEdit.assign("RF64 / LIST:INFO / INAM", bytes("abcd"))])
    assert.deepStrictEqual(after, file("abcd"))
    assert.strictEqual(plan.writes.length, 3)
  })
})

describe("padding", () => {
  it("that is missing at the end is written where something follows", () => {
    const before = wave(fmt, chunk("data", noise(9))).slice(0, -1)
    before[4]! -= 1
    const { after, plan } = planned(before, [RiffEdit.insert({ last: "RIFF" }, { chunk: "note", data: bytesOf(2, 7) })])
    assert.deepStrictEqual(after, wave(fmt, chunk("data", noise(9)), note(2)))
    assert.deepStrictEqual(plan.writes.slice(0, 2), [
      put(before.length, new Uint8Array(1)),
      put(before.length + 1, whole("note", bytesOf(2, 7)))
    ])
  })

  it("is not given to a chunk that declares more than there is", () => {
    const whole = wave(note(2), chunk("last", noise(20)))
    const before = whole.slice(0, -5)
    before[4]! -= 5
    const { after, plan } = planned(before, [assign("RIFF / note", 4)], { keepOrder: true })
    assert.strictEqual(after.length, before.length + 2)
    assert.deepStrictEqual(after.subarray(24), before.subarray(22))
    assert.deepStrictEqual(plan.writes, [
      put(12, bytes("note", number(4, 4), bytesOf(4, 7))),
      copy(24, 23, 22),
      put(4, number(4, before.length - 6))
    ])
  })

  it("outside of a form of odd size is kept", () => {
    // The form has a byte that is no chunk, and a byte after it.
    const before = bytes(wave(note(20), samples), "x!")
    before[4]! += 1
    const { after } = planned(before, [assign("RIFF / note", 22)], { keepOrder: true })
    const expected = bytes(wave(note(22), samples), "x!")
    expected[4]! += 1
    assert.deepStrictEqual(after, expected)
  })
})

describe("padding outside of a form", () => {
  it("is not kept, where the last chunk gets its own", () => {
    const before = wave(note(20), chunk("data", noise(9)))
    before[4]! -= 1
    const { after } = planned(before, [assign("RIFF / note", 22)], { keepOrder: true })
    assert.deepStrictEqual(after, wave(note(22), chunk("data", noise(9))))
  })
})

describe("the end of a container", () => {
  it("of which bytes are no chunk, or which a chunk goes beyond, takes no filler", () => {
    const before = bytes(wave(samples, note(40)), "xyz\0")
    before[4]! += 4
    const { after } = planned(before, [assign("RIFF / note", 4)], { keepOrder: true })
    const [form] = treeOf(after).chunks
    assert.deepStrictEqual(form?.children.map(({ chunk }) => chunk.id), ["data", "note", "JUNK"])
    assert.deepStrictEqual(after.subarray(-4), bytes("xyz\0"))
  })

  it("of which bytes are no chunk is moved with them", () => {
    const before = bytes(wave(note(2)), "xyz\0")
    before[4]! += 4
    assert.deepStrictEqual(planned(before, [assign("RIFF / note", 4)]).plan.writes, [
      put(12, whole("note", bytesOf(4, 7))),
      copy(24, 4, 22),
      put(4, number(4, before.length - 6))
    ])
  })

  it("takes filler where all of it are chunks", () => {
    const before = wave(samples, note(40))
    const { after } = planned(before, [assign("RIFF / note", 4)], { keepOrder: true })
    assert.deepStrictEqual(treeOf(after).chunks[0]?.children.map(({ chunk }) => chunk.id), ["data", "note", "JUNK"])
  })
})

describe("the ds64 of an RF64", () => {
  it("stays where it is, directly after the type", () => {
    const before = Family.serialize([{ family: "RF64", type: "WAVE", children: [note(40), samples] }])
    const { after } = planned(before, [RiffEdit.remove("RF64 / note")], { keepOrder: true })
    assert.deepStrictEqual(treeOf(after).chunks[0]?.children.map(({ chunk }) => chunk.id), ["ds64", "JUNK", "data"])
  })
})

describe("a chunk of a WAVE that was changed", () => {
  /** The ids and sizes of the chunks after an edit, but for those of the samples. */
  const order = (
    children: Family.Form["children"],
    edits: ReadonlyArray<RiffEdit.RiffEdit>,
    options: Options & { readonly type?: string } = {}
  ) => {
    const before = Family.serialize([{ family: "RIFF", type: options.type ?? "WAVE", children }])
    const { after } = planned(before, edits, options)
    return Family.read(after).nodes[0]!.children.map(({ id, size }) => id === "data" ? id : `${id.trim()} ${size}`)
      .join(", ")
  }
  const bext = (size: number) => note(size, "bext")

  it("goes to the end, where it has no room before the samples", () => {
    assert.strictEqual(order([fmt, bext(20), samples], [assign("RIFF / bext", 60)]), "fmt 16, JUNK 20, data, bext 60")
    assert.strictEqual(
      order([fmt, bext(20), samples], [assign("RIFF / bext", 60)], { type: "wave" }),
      "fmt 16, JUNK 20, data, bext 60"
    )
  })

  it("stays where it is for the order, without need, and in other forms", () => {
    assert.strictEqual(
      order([fmt, bext(20), samples], [assign("RIFF / bext", 60)], { keepOrder: true }),
      "fmt 16, bext 60, data"
    )
    assert.strictEqual(order([fmt, bext(20), samples], [assign("RIFF / bext", 12)]), "fmt 16, bext 12, JUNK 0, data")
    assert.strictEqual(
      order([fmt, bext(20), samples], [assign("RIFF / bext", 60)], { type: "AVI " }),
      "fmt 16, bext 60, data"
    )
  })

  it("stays where the edit put it", () => {
    const more = { chunk: "more", data: bytesOf(20, 5) }
    assert.strictEqual(order([fmt, samples], [RiffEdit.insert({ after: "RIFF / fmt" }, more)]), "fmt 16, more 20, data")
    assert.strictEqual(order([fmt, samples], [RiffEdit.insert({ last: "RIFF" }, more)]), "fmt 16, data, more 20")
  })

  it("stays where it is if it is the format, or the samples", () => {
    assert.strictEqual(order([fmt, samples], [assign("RIFF / fmt", 40)]), "fmt 40, data")
    assert.strictEqual(order([fmt, samples, note(3000)], [assign("RIFF / data", 2000)]), "fmt 16, data, note 3000")
  })

  it("goes to the end with each other that has no room", () => {
    assert.strictEqual(
      order([fmt, bext(20), note(10), samples], [assign("RIFF / bext", 60), assign("RIFF / note", 50)]),
      "fmt 16, JUNK 38, data, bext 60, note 50"
    )
  })

  it("goes before the next of its id, or to the end with all of them, whichever moves less", () => {
    const longer = [assign("RIFF / bext", 60)]
    assert.strictEqual(
      order([fmt, bext(20), samples, chunk("JUNK", bytesOf(90, 0)), bext(2000), note(10)], longer),
      "fmt 16, JUNK 20, data, bext 60, JUNK 22, bext 2000, note 10"
    )
    assert.strictEqual(
      order([fmt, bext(20), samples, bext(10), note(2000)], longer),
      "fmt 16, JUNK 20, data, JUNK 10, note 2000, bext 60, bext 10"
    )
  })

  it("stays the first of its id, however much less another order moves", () => {
    const children = [fmt, bext(20), samples, bext(2000), chunk("JUNK", bytesOf(90, 0)), bext(2000), note(10)]
    assert.strictEqual(
      order(children, [assign("RIFF / bext", 60)]),
      "fmt 16, JUNK 20, data, bext 60, bext 2000, JUNK 22, bext 2000, note 10"
    )
  })

  it("goes before the next of its id, where that one was put or ends beyond the form", () => {
    assert.strictEqual(
      order([fmt, bext(20), samples, bext(10), note(2000)], [
        RiffEdit.insert({ before: "RIFF / bext[1]" }, { chunk: "bext", data: bytesOf(12, 5) }),
        assign("RIFF / bext", 60)
      ]),
      "fmt 16, JUNK 20, data, bext 60, bext 12, bext 10, note 2000"
    )
    const whole = wave(fmt, bext(20), samples, bext(30))
    const before = whole.slice(0, -5)
    before[4]! -= 5
    const { after } = planned(before, [assign("RIFF / bext", 60)])
    assert.deepStrictEqual(treeOf(after).chunks[0]?.children.map(({ chunk }) => chunk.id), [
      "fmt ",
      "JUNK",
      "data",
      "bext",
      "bext"
    ])
    assert.deepStrictEqual(after.subarray(-33), before.subarray(-33))
  })

  it("is a list of its type, unless a path names lists without a type", () => {
    const adtl = { id: "LIST" as const, type: "adtl", children: [note(10)] }
    const children = [fmt, info(["INAM", "a"]), samples, adtl, note(2000)]
    assert.strictEqual(
      order(children, [title("a longer one")]),
      "fmt 16, JUNK 14, data, LIST 22, note 2000, LIST 24"
    )
    assert.strictEqual(
      order(children, [RiffEdit.assign("RIFF / LIST / INAM", bytesOf(12, 0x61))]),
      "fmt 16, JUNK 14, data, JUNK 22, note 2000, LIST 24, LIST 22"
    )
  })

  it("of two lists of a type, named by it, stays the first", () => {
    const children = [fmt, info(["INAM", "a"]), samples, info(["IART", "b"]), note(2000)]
    assert.strictEqual(
      order(children, [title("a longer one")]),
      "fmt 16, JUNK 14, data, JUNK 14, note 2000, LIST 24, LIST 14"
    )
  })

  it("stays in the order where another one is not better", () => {
    // To move 28 bytes, or to grow by the 68 instead of 40, is the same.
    assert.strictEqual(order([fmt, bext(20), note(20)], [assign("RIFF / bext", 60)]), "fmt 16, bext 60, note 20")
    assert.strictEqual(
      order([fmt, bext(20), note(22)], [assign("RIFF / bext", 60)]),
      "fmt 16, JUNK 20, note 22, bext 60"
    )
  })

  it("goes before what no reader takes for a chunk, at the end", () => {
    assert.strictEqual(
      order([fmt, bext(20), samples, note(10, "\0\0\0\0")], [assign("RIFF / bext", 60)]),
      "fmt 16, JUNK 20, data, bext 60, \0\0\0\0 10"
    )
  })

  it("goes to the end of its own form", () => {
    const first = { family: "RIFF", type: "WAVE", children: [fmt, bext(20), samples] } as const
    const second = { family: "RIFF", type: "WAVE", children: [fmt, note(2), samples] } as const
    const before = Family.serialize([first, second])
    const after = carriedOut(before, Either.getOrThrow(planOf(treeOf(before), [assign("RIFF[1] / note", 20)])))
    assert.deepStrictEqual(Family.read(after).nodes.map(({ children }) => children.map(({ id }) => id).join()), [
      "fmt ,bext,data",
      "fmt ,JUNK,data,note"
    ])
  })
})
