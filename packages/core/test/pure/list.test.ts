/**
 * What `LIST` chunks hold: how their elements are found, where sizes and pad bytes are right and where they are not.
 */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Schema } from "effect"
import * as FourCC from "../../src/FourCC.js"
import { decodeList, type Element, encodeList, pad } from "../../src/internal/wave/list.js"
import { Reading, type ReadingOptions } from "../../src/internal/wave/reading.js"
import { join, spelled, zeros } from "../support/chunkBytes.js"
import { namesOf } from "../support/codecs.js"
import { scale } from "../support/scale.js"

const code = FourCC.fromString
/** A list of the type `TEST`. */
const listOf = (...parts: ReadonlyArray<string | Uint8Array>) =>
  join(spelled("'TEST'"), ...parts.map((part) => typeof part === "string" ? spelled(part) : part))

interface Found extends Element {
  readonly at: number
}

const read = (bytes: Uint8Array, options: Partial<ReadingOptions> = {}) => {
  const reading = new Reading({ little: true, ...options })
  const list = decodeList("TEST", bytes, reading, (element, at): Found => ({
    ...element,
    data: element.data.slice(),
    at
  }))
  const problems = reading.problems.map(({ count, description, kind, level, offset }) => [
    kind,
    level,
    offset,
    description,
    count
  ])
  return { list, problems, walkable: reading.walkable }
}

const write = (
  elements: ReadonlyArray<Element>,
  { little = true, rest }: { little?: boolean; rest?: Uint8Array } = {}
) => encodeList({ type: code("TEST"), name: "parts", elements, encode: Either.right, rest }, little)

const element = (id: string, data: string, at: number, pad?: Element["pad"]): Found => ({
  id: code(id),
  data: spelled(data),
  at,
  ...pad === undefined ? {} : { pad }
})

const partsOf = (elements: ReadonlyArray<Found>): ReadonlyArray<Element> =>
  elements.map(({ data, id, pad }) => pad === undefined ? { id, data } : { id, data, pad })

/** The elements of a list that is as it should be. */
const holds = (bytes: Uint8Array, elements: ReadonlyArray<Found>, rest?: Uint8Array, little = true) => {
  deepStrictEqual(read(bytes, { little }), {
    list: { elements, ...rest === undefined ? {} : { rest } },
    problems: [],
    walkable: Infinity
  })
  const parts = partsOf(elements)
  deepStrictEqual(write(parts, { little, ...rest === undefined ? {} : { rest } }), Either.right(bytes))
}

describe("a list", () => {
  it("has elements one after another, those of odd size with a pad byte", () => {
    holds(listOf(), [])
    holds(listOf("'aaaa' 02000000 0102 'bbbb' 00000000 'cccc' 03000000 010203 00"), [
      element("aaaa", "0102", 12),
      element("bbbb", "", 22),
      element("cccc", "010203", 30)
    ])
    holds(listOf("'aaaa' 00000001 01 00"), [element("aaaa", "01", 12)], undefined, false)
  })

  it("keeps pad bytes that are not zero, and that the last one is missing", () => {
    holds(listOf("'aaaa' 01000000 01 09 'bbbb' 01000000 02"), [
      element("aaaa", "01", 12, 9),
      element("bbbb", "02", 22, "missing")
    ])
  })

  it("whose sizes fit is believed, whatever its ids are", () => {
    // After the second element a byte could be one too many: another id would begin after it.
    const data = zeros(65)
    holds(listOf("'oooo' 01000000 01 00 'aaaa' 00000000 01 'abc' 41000000", data, zeros(1)), [
      element("oooo", "01", 12),
      element("aaaa", "", 22),
      { id: code("\x01abc"), data, at: 30 }
    ])
  })

  it("keeps what is too little for another element", () => {
    for (const length of [1, 7]) {
      holds(listOf("'aaaa' 00000000", zeros(length)), [element("aaaa", "", 12)], zeros(length))
    }
    holds(listOf(zeros(7)), [], zeros(7))
    holds(listOf("'aaaa' 01000000 01 00", "'bbbb'"), [element("aaaa", "01", 12)], spelled("'bbbb'"))
  })

  it("of another type, or too short for one, is none", () => {
    for (let length = 0; length < 4; length++) {
      deepStrictEqual(read(listOf().slice(0, length)), {
        list: undefined,
        problems: [["TooShort", "error", length, `it ends after ${length} bytes, of at least 4`, 1]],
        walkable: Infinity
      })
    }
    deepStrictEqual(read(spelled("'TESU'")), {
      list: undefined,
      problems: [["WrongType", "error", 0, `the type of the list is "TESU", not "TEST"`, 1]],
      walkable: Infinity
    })
  })

  it("ends at the limit of entries", () => {
    const limited = read(listOf("'aaaa' 00000000 'bbbb' 00000000"), { entries: 1 })
    deepStrictEqual(limited, {
      list: { elements: [element("aaaa", "", 12)] },
      problems: [["LimitExceeded", "error", 12, "there are more entries than the limit RiffLimits.entries, 1", 1]],
      walkable: Infinity
    })
  })

  it("leaves out what cannot be read", () => {
    const reading = new Reading({ little: true })
    const list = decodeList(
      "TEST",
      listOf("'aaaa' 00000000 'bbbb' 00000000"),
      reading,
      ({ id }) => id === "aaaa" ? undefined : id
    )
    deepStrictEqual(list, { elements: [code("bbbb")] })
  })

  it("may have the type twice", () => {
    const error = ["RepeatedType", "error", 4, "the type of the list is written twice", 1]
    deepStrictEqual(read(listOf("'TEST' 'aaaa' 02000000 0102")), {
      list: { elements: [element("aaaa", "0102", 16)] },
      problems: [error],
      walkable: Infinity
    })
    // Then an element, or nothing that could be one, has to follow.
    deepStrictEqual(read(listOf("'TEST' 01020304 0506")), {
      list: { elements: [], rest: spelled("01020304 0506") },
      problems: [error],
      walkable: Infinity
    })
    deepStrictEqual(read(listOf("'TEST' 'aaaa'")), {
      list: { elements: [], rest: spelled("'aaaa'") },
      problems: [error],
      walkable: Infinity
    })
    assert.notInclude(read(listOf("'TEST' 'aaaa' ff000000 0102")).problems.flat(), "RepeatedType")
    assert.notInclude(read(listOf("'TESU' 'aaaa' 02000000 0102")).problems.flat(), "RepeatedType")
    // An element of this id, of so many bytes.
    holds(listOf("'TEST' 02000000 0102"), [element("TEST", "0102", 12)])
    holds(listOf("'TEST'"), [], spelled("'TEST'"))
  })
})

describe("an element of odd size", () => {
  const error = (at: number) => ["MissingPadByte", "error", at, `there is no pad byte after "aaaa", of odd size`, 1]

  it("may have no pad byte, where the next one begins in its place", () => {
    deepStrictEqual(read(listOf("'aaaa' 01000000 01 'bbbb' 02000000 0203")), {
      list: { elements: [element("aaaa", "01", 12), element("bbbb", "0203", 21)] },
      problems: [error(13)],
      walkable: Infinity
    })
  })

  it("may have no pad byte, where the next one has any printable id, and ends the list", () => {
    for (const id of ["bbbb", " ~b "]) {
      deepStrictEqual(read(listOf(`'aaaa' 01000000 01 '${id}' 01000000 02`)), {
        list: { elements: [element("aaaa", "01", 12), element(id, "02", 21, "missing")] },
        problems: [error(13)],
        walkable: Infinity
      })
    }
  })

  it("has one, where another can follow it as well, or none can be in its place", () => {
    // In its place begins an element of 98 bytes, and after it one of none.
    const both = read(listOf("'aaaa' 01000000 01 'x' 'bbbb' 00000000 'cccc' ff000000", zeros(120)))
    deepStrictEqual(both.list?.elements.slice(0, 2), [element("aaaa", "01", 12, 0x78), element("bbbb", "", 22)])
    deepStrictEqual(both.problems.map(([kind]) => kind), ["SizeTooLarge"])
    // After the pad byte fewer bytes follow than an element has.
    holds(listOf("'aaaa' 01000000 01 61 'aaa' 02000000"), [element("aaaa", "01", 12, 0x61)], spelled("'aaa' 02000000"))
    // What begins in its place has an id that is no text.
    const other = read(listOf("'aaaa' 01000000 01 01 'bbb' ff000000 02"))
    assert.notInclude(other.problems.flat(), "MissingPadByte")
  })
})

describe("an element of even size", () => {
  it("may be followed by a byte that does not belong there, where the next one begins after it", () => {
    deepStrictEqual(read(listOf("'aaaa' 02000000 0102 00 'bbbb' 02000000 0203")), {
      list: { elements: [element("aaaa", "0102", 12), element("bbbb", "0203", 23)] },
      problems: [["UnexpectedPadByte", "error", 14, `a byte follows "aaaa", of even size`, 1]],
      walkable: Infinity
    })
  })

  it("at the end is followed by nothing", () => {
    holds(listOf("'aaaa' 02000000 0102", zeros(1)), [element("aaaa", "0102", 12)], zeros(1))
  })
})

describe("an element that is longer than the list", () => {
  const error = (id: string, at: number, size: number, room: number) => [
    "SizeTooLarge",
    "error",
    at,
    `${size} bytes of ${FourCC.format(code(id))} are announced, where there is room for ${room}`,
    1
  ]

  it("has what there is, up to the next element after a zero", () => {
    deepStrictEqual(read(listOf("'aaaa' 02000000 0102 'bbbb' ff000000 '12' 00 'cccc' 02000000 0203")), {
      list: {
        elements: [element("aaaa", "0102", 12), element("bbbb", "'12' 00", 22), element("cccc", "0203", 33)]
      },
      problems: [error("bbbb", 18, 255, 13)],
      walkable: 2
    })
  })

  it("has what there is, up to the last element, of no bytes", () => {
    deepStrictEqual(read(listOf("'aaaa' ff000000 '12' 00 'cccc' 00000000")).list, {
      elements: [element("aaaa", "'12' 00", 12), element("cccc", "", 23)]
    })
  })

  it("has all that there is, where no other follows", () => {
    deepStrictEqual(read(listOf("'aaaa' 03000000 0102")), {
      list: { elements: [element("aaaa", "0102", 12)] },
      problems: [error("aaaa", 8, 3, 2)],
      walkable: 1
    })
    // Zeros that no element follows: its id is no text, or it does not fit.
    for (const more of ["00 01 'ccc' 00000000", "00 'cccc' 01000000", "00 'ccc\x7f' 00000000", "00 'cccc' 000000"]) {
      const data = spelled(`'12' ${more}`)
      deepStrictEqual(read(listOf("'aaaa' ff000000", data)), {
        list: { elements: [{ id: code("aaaa"), data, at: 12 }] },
        problems: [error("aaaa", 8, 255, data.length)],
        walkable: 1
      }, more)
    }
  })

  it("is none if its id is no text", () => {
    deepStrictEqual(read(listOf("01 'aaa' ff000000 '12' 00 'cccc' 02000000 0203")), {
      list: { elements: [element("cccc", "0203", 23)] },
      problems: [error("\x01aaa", 8, 255, 13)],
      walkable: 0
    })
    deepStrictEqual(read(listOf("00 'cccc' 02000000 0203 'dddd'")).list, {
      elements: [element("cccc", "0203", 13)],
      rest: spelled("'dddd'")
    })
  })

  it("is counted against the limit, and where chunks of a walk end once", () => {
    const bytes = listOf("'aaaa' ff000000 '12' 00 'bbbb' 01000000 09 00 'cccc' ff000000 '34'")
    deepStrictEqual(read(bytes), {
      list: {
        elements: [element("aaaa", "'12' 00", 12), element("bbbb", "09", 23), element("cccc", "'34'", 33)]
      },
      problems: [[...error("aaaa", 8, 255, 23).slice(0, 4), 2]],
      walkable: 1
    })
    const limited = read(bytes, { entries: 1 })
    deepStrictEqual(limited.list?.elements, [element("aaaa", "'12' 00", 12)])
    assert.include(limited.problems.flat(), "LimitExceeded")
  })
})

describe("a pad byte", () => {
  it("is missing, or is not zero", () => {
    const schema = Schema.Struct({ pad })
    const isPad = (pad: unknown) => Schema.is(schema)({ pad })
    deepStrictEqual([undefined, "missing", 1, 255].map((pad) => isPad(pad)), [true, true, true, true])
    deepStrictEqual(["", "there", 0, 256, 0.5].map((pad) => isPad(pad)), [false, false, false, false, false])
    deepStrictEqual(namesOf(schema), ["Pad"])
  })
})

describe("an entry of zeros", () => {
  const bytes = listOf("'aaaa' 00000000 00000000 02000000 0000 'bbbb' 00000000")

  it("is none for lenient readers", () => {
    deepStrictEqual(read(bytes, { lenient: true }), {
      list: { elements: [element("aaaa", "", 12), element("bbbb", "", 30)] },
      problems: [["EmptyEntry", "warning", 12, "an entry consists of zeros", 1]],
      walkable: Infinity
    })
    deepStrictEqual(read(listOf(zeros(8)), { lenient: true }).list, { elements: [] })
  })

  it("is one for strict readers, and where its id or its data is not zero", () => {
    holds(bytes, [element("aaaa", "", 12), element("\0\0\0\0", "0000", 20), element("bbbb", "", 30)])
    for (const [id, data] of [["\0\0\0\0", "0001"], ["\0\0\0a", "0000"]] as const) {
      const given = listOf(Uint8Array.from(id, (character) => character.charCodeAt(0)), "02000000", data)
      deepStrictEqual(read(given, { lenient: true }), {
        list: { elements: [element(id, data, 12)] },
        problems: [],
        walkable: Infinity
      })
    }
  })
})

describe("a list that is written", () => {
  const refused = (path: ReadonlyArray<PropertyKey>, description: string) => Either.left({ path, description })
  const even = { id: code("aaaa"), data: zeros(2) }
  const odd = { id: code("aaaa"), data: zeros(1) }

  it("has pad bytes only where there is one", () => {
    deepStrictEqual(
      write([odd, { ...even, pad: 1 }]),
      refused(["parts", 1, "pad"], "only a chunk of an odd size has a pad byte")
    )
    deepStrictEqual(
      write([{ ...even, pad: "missing" }]),
      refused(["parts", 0, "pad"], "only a chunk of an odd size has a pad byte")
    )
  })

  it("lacks a pad byte only at its end", () => {
    const description = "only at the end of a list can the pad byte be missing"
    const unpadded = { ...odd, pad: "missing" } as const
    deepStrictEqual(write([unpadded, odd]), refused(["parts", 0, "pad"], description))
    deepStrictEqual(write([odd, unpadded], { rest: zeros(1) }), refused(["parts", 1, "pad"], description))
    assert.isTrue(Either.isRight(write([odd, unpadded])))
  })

  it("has no more bytes after its elements than are no element", () => {
    deepStrictEqual(write([], { rest: zeros(8) }), refused(["rest"], "so many bytes would be read as another chunk"))
    deepStrictEqual(write([], { rest: zeros(7) }), Either.right(listOf(zeros(7))))
  })

  it("has no element of more bytes than a size has room for", () => {
    // as large as it says, without the memory
    const data = Object.defineProperty(zeros(1), "length", { value: 2 ** 32 })
    deepStrictEqual(
      write([even, { id: code("aaaa"), data }]),
      refused(["parts", 1], "4294967296 bytes do not fit a size of 32 bits")
    )
  })

  it("is refused with an element, and says which", () => {
    const encode = (value: number) => value === 2 ? refused(["text"], "no 2") : Either.right(even)
    deepStrictEqual(
      encodeList({ type: code("TEST"), name: "parts", elements: [1, 2], encode, rest: undefined }, true),
      refused(["parts", 1, "text"], "no 2")
    )
  })
})

describe("any list", () => {
  const elements = fc.array(
    fc.record({
      id: fc.constantFrom("aaaa", "bbbb", "TEST", "\x01abc").map((id) => code(id)),
      data: fc.uint8Array({ maxLength: 5, max: 2 })
    }),
    { maxLength: 5 }
  )

  it("is read as it was written, and what is read of a damaged one is written as it was", () => {
    fc.assert(
      fc.property(elements, fc.boolean(), fc.nat({ max: 80 }), fc.nat({ max: 9 }), (elements, little, at, byte) => {
        const bytes = Either.getOrThrow(write(elements, { little }))
        const found = read(bytes, { little })
        deepStrictEqual(found.problems, [])
        deepStrictEqual(found.list?.elements.map(({ data, id }) => ({ id, data })), elements)
        const changed = at < bytes.length ? bytes.with(at, byte) : bytes.slice(0, -1)
        const { list, problems } = read(changed, { little })
        if (problems.length > 0 || list === undefined) return
        const { rest } = list
        const parts = partsOf(list.elements)
        deepStrictEqual(write(parts, { little, ...rest === undefined ? {} : { rest } }), Either.right(changed))
      }),
      { numRuns: scale(500) }
    )
  })
})
