/** What is written for edits: plans of single edits, with every write, and where filler, sizes and order decide. */
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { type Write, written } from "../../src/internal/riff/edit/plan.js"
import * as RiffEdit from "../../src/RiffEdit.js"
import { bytesOf, chunk, fmt, info, noise, title, wave } from "../support/chunks.js"
import * as Family from "../support/familyModel.js"
import { copy, header, type Options, planned, planOf, put, sparse, whole, zeros } from "../support/plans.js"
import { bytes, number } from "../support/wav.js"

/** The size of a form of one of the families, written at 4. */
const formSize = (size: number) => put(4, number(4, size))

const assign = (path: string, data: Uint8Array) => RiffEdit.assign(path, data)
const note = (length: number) => chunk("note", bytesOf(length, 7))
const junk = (length: number, id = "JUNK") => chunk(id, bytesOf(length, 9))
const samples = chunk("data", noise(1000))

/** What is written in a file for an edit, in the order of the plan. */
const writesOf = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, options?: Options) =>
  planned(before, edits, options).plan.writes

const writes = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, expected: ReadonlyArray<Write>) =>
  assert.deepStrictEqual(writesOf(before, edits, { keepOrder: true }), expected)

describe("the plan of an edit that changes nothing else", () => {
  it("writes nothing without edits", () => {
    const before = wave(fmt, samples)
    assert.deepStrictEqual(planned(before, []).plan, { writes: [], length: before.length, moved: 0 })
    assert.deepStrictEqual(planned(new Uint8Array(0), []).plan, { writes: [], length: 0, moved: 0 })
  })

  it("writes a chunk of the same size alone", () => {
    const edit = [assign("RIFF / note", bytesOf(4, 8))]
    writes(wave(fmt, note(4), samples), edit, [put(36, whole("note", bytesOf(4, 8)))])
    assert.strictEqual(written(planned(wave(fmt, note(4), samples), edit).plan), 12)
    assert.strictEqual(written({ writes: [zeros(0, 5), copy(5, 3, 8)], length: 8, moved: 0 }), 8)
    writes(wave(fmt, note(3), samples), [assign("RIFF / note", bytesOf(3, 8))], [
      put(36, bytes("note", number(4, 3), bytesOf(3, 8), "\0"))
    ])
  })

  it("writes the tag, the list around it and the size of the form", () => {
    writes(wave(fmt, info(["INAM", "ab"])), [title("abcd")], [
      put(48, whole("INAM", new TextEncoder().encode("abcd"))),
      put(40, number(4, 16)),
      formSize(4 + 24 + 24)
    ])
  })

  it("writes a new list with its type", () => {
    writes(wave(fmt), [title("ab")], [
      put(48, bytes("INAM", number(4, 2), "ab")),
      put(36, bytes("LIST", number(4, 14), "INFO")),
      formSize(4 + 24 + 22)
    ])
  })

  it("moves a list that was changed with a header of its own", () => {
    writes(wave(fmt, note(2), info(["INAM", "ab"], ["IART", "cd"])), [
      assign("RIFF / note", bytesOf(4, 7)),
      title("ef")
    ], [
      put(36, whole("note", bytesOf(4, 7))),
      put(60, bytes("INAM", number(4, 2), "ef")),
      copy(70, 10, 68),
      put(48, bytes("LIST", number(4, 24), "INFO")),
      formSize(4 + 24 + 12 + 32)
    ])
  })

  it("copies chunks that adjoin as one, with the lists among them", () => {
    const rest = [chunk("more", bytesOf(3, 5)), info(["INAM", "ab"]), samples]
    const before = wave(fmt, note(2), ...rest)
    writes(before, [assign("RIFF / note", bytesOf(4, 7))], [
      put(36, whole("note", bytesOf(4, 7))),
      copy(48, before.length - 46, 46),
      formSize(before.length - 6)
    ])
  })

  it("copies a form that follows as it is", () => {
    const first = Family.serialize([{ family: "RIFF", type: "AVI ", children: [note(2)] }])
    const second = Family.serialize([{
      family: "RIFF",
      type: "AVIX",
      children: [note(2), info(["INAM", "ab"]), note(4)]
    }])
    writes(bytes(first, second), [assign("RIFF:AVI / note", bytesOf(4, 7))], [
      put(12, whole("note", bytesOf(4, 7))),
      formSize(16),
      copy(first.length + 2, second.length, first.length)
    ])
  })

  it("copies all that adjoins as one, from the bytes before the form to those after it", () => {
    const form = wave(fmt, note(2), samples)
    const before = bytes(new Uint8Array(30).fill(0x2e), form, "some bytes after")
    assert.deepStrictEqual(writesOf(before, [], { keepOrder: true }), [])
    writes(before, [assign("RIFF / note", bytesOf(4, 7))], [
      put(66, whole("note", bytesOf(4, 7))),
      copy(78, 1008, 76),
      put(34, number(4, form.length - 6)),
      copy(30 + form.length + 2, 16, 30 + form.length)
    ])
  })
})

describe("filler", () => {
  it("takes the room that a smaller chunk leaves, as zeros", () => {
    writes(wave(fmt, note(40), samples), [assign("RIFF / note", bytesOf(10, 7))], [
      put(36, whole("note", bytesOf(10, 7))),
      put(54, header("JUNK", 22)),
      zeros(62, 84)
    ])
  })

  it("gives a chunk what it needs, and keeps the bytes that it has", () => {
    const before = wave(fmt, note(4), junk(30), samples)
    writes(before, [assign("RIFF / note", bytesOf(10, 7))], [
      put(36, whole("note", bytesOf(10, 7))),
      put(54, header("JUNK", 24))
    ])
    writes(before, [assign("RIFF / note", bytesOf(34, 7))], [
      put(36, whole("note", bytesOf(34, 7))),
      put(78, header("JUNK", 0))
    ])
    writes(before, [assign("RIFF / note", bytesOf(42, 7))], [put(36, whole("note", bytesOf(42, 7)))])
  })

  it("is not written where it stays", () => {
    const same = assign("RIFF / note", bytesOf(4, 8))
    const expected = [put(36, whole("note", bytesOf(4, 8)))]
    writes(wave(fmt, note(4), junk(10), junk(4, "PAD "), samples), [same], expected)
    writes(wave(fmt, note(4), junk(0), samples), [same], expected)
    writes(wave(fmt, note(4), junk(10), samples, junk(20), chunk("last", noise(100)), junk(8)), [same], expected)
  })

  it("and what is taken away beside it become one", () => {
    const remove = [RiffEdit.remove("RIFF / note")]
    writes(wave(fmt, junk(10), note(4), junk(10), samples), remove, [put(36, header("JUNK", 40)), zeros(54, 66)])
    writes(wave(fmt, note(4), junk(10), samples), remove, [put(36, header("JUNK", 22)), zeros(44, 48)])
    writes(wave(fmt, junk(10), note(4), samples), remove, [put(36, header("JUNK", 22)), zeros(54, 66)])
    writes(wave(fmt, junk(10), note(20), samples), [assign("RIFF / note", bytesOf(2, 7))], [
      put(36, whole("note", bytesOf(2, 7))),
      put(46, header("JUNK", 28)),
      zeros(54, 82)
    ])
  })

  it("before a gap is no part of it", () => {
    writes(wave(junk(10), samples, note(4), chunk("last", noise(100))), [RiffEdit.remove("RIFF / note")], [
      put(1038, header("JUNK", 4)),
      zeros(1046, 1050)
    ])
  })

  it("of Wave64 takes at least a header", () => {
    const before = (family: Family.Family, type: string) =>
      Family.serialize([
        { family, type, children: [note(40)] },
        { family: "Wave64", type: "wave", children: [chunk("data", noise(200))] }
      ])
    const edited = (before: Uint8Array, size: number) =>
      planned(before, [assign("RIFF / note", bytesOf(size, 7))], { keepOrder: true }).plan
    for (const before of [Family.serialize([{ family: "Wave64", type: "wave", children: [note(40), samples] }])]) {
      assert.deepStrictEqual([edited(before, 16).moved, edited(before, 24).moved], [0, 1024])
    }
    // Where one of several forms is of Wave64, in all of them.
    const mixed = before("RIFF", "AVI ")
    assert.deepStrictEqual([edited(mixed, 16).moved, edited(mixed, 24).moved], [0, mixed.length - 60])
  })

  it("keeps its bytes in any order of fillers", () => {
    writes(
      wave(fmt, junk(10), junk(4, "PAD "), note(4), samples),
      [RiffEdit.move("RIFF / PAD", { before: "RIFF / JUNK" }), RiffEdit.remove("RIFF / note")],
      [put(36, header("JUNK", 34)), zeros(66, 78)]
    )
  })

  it("is a chunk of one of four ids, of blanks in IFF, and of junk in Wave64", () => {
    const isFiller = (family: Family.Family, id: string) => {
      const type = family === "Wave64" ? "wave" : "WAVE"
      const before = Family.serialize([{ family, type, children: [note(4), junk(40, id), samples] }])
      const path = family === "Wave64" ? "RIFF / note" : `${family} / note`
      return planned(before, [assign(path, bytesOf(20, 7))], { keepOrder: true }).plan.moved === 0
    }
    const ids = ["JUNK", "junk", "PAD ", "FLLR", "    ", "free"]
    const found = (family: Family.Family) => ids.filter((id) => isFiller(family, id))
    const four = ["JUNK", "junk", "PAD ", "FLLR"]
    assert.deepStrictEqual(["RIFF", "RIFX", "RF64", "FORM"].map((family) => found(family as Family.Family)), [
      four,
      four,
      four,
      ["    "]
    ])
    assert.include(found("Wave64"), "junk")
    const made = (family: Family.Family) => {
      const before = Family.serialize([{ family, type: "WAVE", children: [note(100), samples] }])
      const path = family === "Wave64" ? "RIFF / note" : `${family} / note`
      const { after } = planned(before, [assign(path, bytesOf(2, 7))], { keepOrder: true })
      return Family.read(after).nodes[0]!.children.map(({ id }) => id)
    }
    assert.deepStrictEqual(made("RIFX"), ["note", "JUNK", "data"])
    assert.deepStrictEqual(made("FORM"), ["note", "    ", "data"])
    assert.deepStrictEqual(made("Wave64"), ["note", "junk", "data"])
    // CAT is one of IFF as well.
    const cat = bytes(
      "CAT ",
      Family.serialize([{ family: "FORM", type: "WAVE", children: [note(100), samples] }]).slice(4)
    )
    const { after } = planned(cat, [RiffEdit.assign("CAT / note", bytesOf(2, 7))], { keepOrder: true })
    assert.deepStrictEqual(Family.read(after).nodes[0]!.children.map(({ id }) => id), ["note", "    ", "data"])
  })

  it("that an edit puts in stays a chunk", () => {
    const content = { chunk: "JUNK", data: bytesOf(10, 5) }
    writes(wave(fmt, note(30), samples), [
      RiffEdit.replace("RIFF / note", content)
    ], [put(36, whole("JUNK", bytesOf(10, 5))), put(54, header("JUNK", 12)), zeros(62, 74)])
  })

  it("in a list of another form is a record like others", () => {
    const list = (text: string) => ({
      id: "LIST" as const,
      type: "INFO",
      children: [chunk("INAM", new TextEncoder().encode(text)), junk(20), chunk("IART", bytesOf(2, 8))]
    })
    const { after } = planned(wave(fmt, list("ab"), samples), [title("abcdef")], { keepOrder: true })
    assert.deepStrictEqual(after, wave(fmt, list("abcdef"), samples))
  })

  it("lies in the lists of AVI, and in no others", () => {
    const before = (type: string) =>
      Family.serialize([{
        family: "RIFF",
        type,
        children: [{ id: "LIST", type: "hdrl", children: [note(40), chunk("more", noise(300))] }, samples]
      }])
    const after = (type: string) => {
      const { after, plan } = planned(before(type), [assign("RIFF / LIST / note", bytesOf(4, 7))], { keepOrder: true })
      return [Family.flat(Family.read(after).nodes).map(({ id }) => id).join(), plan.moved]
    }
    assert.deepStrictEqual(after("AVI "), ["RIFF,LIST,note,JUNK,more,data", 0])
    assert.deepStrictEqual(after("AVIX"), ["RIFF,LIST,note,JUNK,more,data", 0])
    assert.deepStrictEqual(after("WAVE"), ["RIFF,JUNK,LIST,note,more,data", 12])
    assert.deepStrictEqual(after("aaaa"), ["RIFF,JUNK,LIST,note,more,data", 12])
  })

  it("has parts of at most 2 GiB", () => {
    const size = 0xc000_0001
    const tree = sparse([["note", size], ["data", 1000]])
    const plan = Either.getOrThrow(planOf(tree, [RiffEdit.remove("RIFF / note")], { keepOrder: true }))
    const gap = size + 1 + 8
    assert.deepStrictEqual(plan.writes, [
      put(12, header("JUNK", 0x8000_0000 - 8)),
      zeros(20, 12 + 0x8000_0000),
      put(12 + 0x8000_0000, header("JUNK", gap - 0x8000_0000 - 8)),
      zeros(20 + 0x8000_0000, 12 + gap)
    ])
  })
})

describe("which filler is used", () => {
  const count = 190
  const filler = 100
  /** Many chunks with a filler among them, and another chunk. */
  const many = (at: number, children: ReadonlyArray<Family.Form["children"][number]>) => {
    const list = Array.from(
      { length: count },
      (_, i): Family.Form["children"][number] => i === filler ? junk(40) : chunk(`c${i}`.padEnd(4), bytesOf(2, 1))
    )
    return wave(...list.toSpliced(at, 0, ...children), chunk("data", noise(3000)))
  }
  /** Whether it is, for an edit so many siblings after it. */
  const isUsed = (distance: number, edit: "assign" | "insert" | "remove") => {
    const at = filler + distance
    const before = many(at, edit === "insert" ? [] : [chunk("tune", bytesOf(0, 2))])
    const longer = { chunk: "more", data: bytesOf(20, 2) }
    const edits = edit === "assign"
      ? [RiffEdit.assign("RIFF / tune", bytesOf(28, 2))]
      : edit === "insert"
      ? [RiffEdit.insert({ before: `RIFF / c${at}` }, longer)]
      // The room of what is removed is not enough for what is put in far away from there.
      : [RiffEdit.remove("RIFF / tune"), RiffEdit.insert({ before: `RIFF / c${filler - 90}` }, longer)]
    const { after } = planned(before, edits, { keepOrder: true })
    return Family.read(after).nodes[0]!.children.every(({ id, size }) => id !== "JUNK" || size !== 40)
  }

  it("is among 64 siblings before and after what is changed", () => {
    for (const edit of ["assign", "insert", "remove"] as const) {
      const found = [-66, -60, -2, 3, 60, 67].map((distance) => isUsed(distance, edit))
      assert.deepStrictEqual(found, [false, true, true, true, true, false], edit)
    }
  })

  it("is among the first and the last 64 siblings, where something may have been taken away", () => {
    const far = (at: number, filler: number) => {
      const list = Array.from(
        { length: 200 },
        (_, i) => i === filler ? junk(40) : chunk(`c${i}`.padEnd(4), bytesOf(2, 1))
      )
      const edit = RiffEdit.insert({ before: `RIFF / c${at}` }, { chunk: "more", data: bytesOf(20, 2) })
      const { after } = planned(wave(...list, chunk("data", noise(5000))), [edit], { keepOrder: true })
      return Family.read(after).nodes[0]!.children.every(({ id, size }) => id !== "JUNK" || size !== 40)
    }
    assert.deepStrictEqual([far(150, 60), far(150, 70)], [true, false])
    assert.deepStrictEqual([far(20, 150), far(20, 130)], [true, false])
  })
})
