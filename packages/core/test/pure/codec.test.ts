/**
 * What the codecs of all chunks have in common: readings, refusals, strict decoding, and schemas with their messages.
 */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, ParseResult, Schema } from "effect"
import * as Codec from "../../src/internal/wave/codec.js"
import { codecs, decodeKnown, understand } from "../../src/internal/wave/codecs.js"
import { Reading } from "../../src/internal/wave/reading.js"
import * as RiffLimits from "../../src/RiffLimits.js"
import { spelled, zeros } from "../support/chunkBytes.js"
import { says } from "../support/codecs.js"
import { keys } from "../support/wave.js"

describe("a reading", () => {
  it("is strict, in a guessed encoding, and with the limit of the library, unless it is told otherwise", () => {
    const { encoding, entries, lenient, little, problems, walkable } = new Reading({ little: false })
    deepStrictEqual([encoding, entries, lenient, little, problems, walkable], [
      undefined,
      RiffLimits.defaults.entries,
      false,
      false,
      [],
      Infinity
    ])
    const other = new Reading({ little: true, lenient: true, encoding: "koi8-r", entries: 3 })
    deepStrictEqual([other.encoding, other.entries, other.lenient, other.little], ["koi8-r", 3, true, true])
  })

  it("has one problem of each kind, at the first place, with a count", () => {
    const reading = new Reading({ little: true })
    reading.error("TooShort", 5, "first")
    reading.warn("BrokenText", 6, "second")
    reading.error("TooShort", 7, "third")
    reading.error("TooShort", 8, "fourth")
    deepStrictEqual(reading.problems, [
      { kind: "TooShort", level: "error", offset: 5, description: "first", count: 3 },
      { kind: "BrokenText", level: "warning", offset: 6, description: "second", count: 1 }
    ])
  })

  it("says where a chunk or an entry in it is too short", () => {
    const chunk = new Reading({ little: true })
    chunk.tooShort(zeros(3), 4)
    const entry = new Reading({ little: true })
    entry.tooShort(zeros(3), 4, 20)
    const problem = { kind: "TooShort", level: "error", description: "it ends after 3 bytes, of at least 4", count: 1 }
    deepStrictEqual([chunk.problems, entry.problems], [[{ ...problem, offset: 3 }], [{ ...problem, offset: 23 }]])
  })

  it("takes entries up to the limit, of all tables together", () => {
    const reading = new Reading({ little: true, entries: 5 })
    deepStrictEqual([reading.take(2, 10), reading.take(3, 11)], [2, 3])
    deepStrictEqual([reading.entries, reading.problems], [0, []])
    deepStrictEqual([reading.take(0, 12), reading.problems], [0, []])
    deepStrictEqual(reading.take(1, 13), 0)
    deepStrictEqual(reading.problems, [{
      kind: "LimitExceeded",
      level: "error",
      offset: 13,
      description: "there are more entries than the limit RiffLimits.entries, 5",
      count: 1
    }])
    const partly = new Reading({ little: true, entries: 5 })
    deepStrictEqual([partly.take(7, 0), partly.problems.length], [5, 1])
  })

  it("takes nothing with an invalid limit, and everything without one", () => {
    for (const entries of [-1, Number.NaN, 0]) assert.strictEqual(new Reading({ little: true, entries }).take(1, 0), 0)
    assert.strictEqual(new Reading({ little: true, entries: Infinity }).take(2 ** 32, 0), 2 ** 32)
  })
})

describe("a refusal", () => {
  it("says in which part of a value it is", () => {
    const refusal = Codec.refused(["text"], "too long")
    deepStrictEqual(refusal, Either.left({ path: ["text"], description: "too long" }))
    deepStrictEqual(
      Codec.within("title", refusal),
      Either.left({ path: ["title", "text"], description: "too long" })
    )
    deepStrictEqual(Codec.within("title", Either.right(5)), Either.right(5))
  })
})

describe("the rest of a chunk", () => {
  it("is there only if there are bytes, and a copy of them", () => {
    const bytes = Buffer.from(spelled("010203"))
    const rests = [0, 2, 3, 4].map((at) => Codec.restFrom(bytes, at))
    bytes.fill(0)
    deepStrictEqual(rests, [{ rest: spelled("010203") }, { rest: spelled("03") }, {}, {}])
    assert.strictEqual(Codec.none.length, 0)
  })
})

/** A codec of a number, in a byte that may be followed by others. */
const digit: Codec.Codec<{ readonly digit: number }> = {
  schema: Schema.Struct({ digit: Schema.Number }),
  decode: (bytes, reading) => {
    const [digit] = bytes
    if (digit === undefined) return undefined
    if (bytes.length > 3) reading.warn("SizeTooLarge", 3, "a little long")
    if (bytes.length > 1) reading.error("SizeTooSmall", 1, "too long")
    if (bytes.length > 2) reading.error("TooShort", 2, "much too long")
    return { digit: reading.little ? digit : digit + 100 }
  },
  encode: ({ digit }, { encoding, little }) =>
    digit > 9
      ? Codec.refused([], "more than a digit")
      : digit < 0
      ? Codec.refused(["digit", 0, "sign"], "negative")
      : Either.right(Uint8Array.of(digit + (little ? 0 : 10) + (encoding === undefined ? 0 : 20)))
}

describe("strict decoding", () => {
  const decode = (bytes: Uint8Array, reading = new Reading({ little: true })) =>
    Codec.decodeStrictly(digit, bytes, reading)

  it("gives the value, or the first error", () => {
    deepStrictEqual(decode(Uint8Array.of(5)), Either.right({ digit: 5 }))
    const error = { kind: "SizeTooSmall", level: "error", offset: 1, description: "too long", count: 1 } as const
    deepStrictEqual(decode(zeros(2)), Either.left(error))
    deepStrictEqual(decode(zeros(4)), Either.left(error))
  })

  it("is an error where there is no value", () => {
    deepStrictEqual(
      decode(zeros(0)),
      Either.left({
        kind: "TooShort",
        level: "error",
        offset: 0,
        description: "nothing of it is understood",
        count: 1
      })
    )
  })

  it("does not fail with what was wrong before, nor with warnings", () => {
    const reading = new Reading({ little: true })
    reading.error("WrongType", 7, "in another chunk")
    deepStrictEqual(decode(Uint8Array.of(5), reading), Either.right({ digit: 5 }))
    const codec = {
      ...digit,
      decode: (_: Uint8Array, reading: Reading) => (reading.warn("BrokenText", 0, ""), { digit: 1 })
    }
    deepStrictEqual(Codec.decodeStrictly(codec, zeros(1), reading), Either.right({ digit: 1 }))
  })
})

describe("the schemas of a codec", () => {
  const schemas = Codec.schemasOf(digit, "Digit")

  it("are made once for each byte order and encoding", () => {
    const some = [
      schemas(),
      schemas("big"),
      schemas("little", "koi8-r"),
      schemas("big", "koi8-r"),
      schemas("big", "gbk")
    ]
    assert.strictEqual(new Set(some).size, 5)
    deepStrictEqual(
      [schemas(), schemas("little"), schemas("big"), schemas("little", "koi8-r")].map((schema) => some.indexOf(schema)),
      [0, 0, 1, 2]
    )
    assert.include(String(schemas()), "Digit")
  })

  it("decode and encode in their byte order and encoding", () => {
    assert.deepStrictEqual(Schema.decodeSync(schemas())(Uint8Array.of(5)), { digit: 5 })
    assert.deepStrictEqual(Schema.decodeSync(schemas("big"))(Uint8Array.of(5)), { digit: 105 })
    const encoded = [schemas(), schemas("big"), schemas("little", "gbk"), schemas("big", "gbk")].map((schema) =>
      Schema.encodeSync(schema)({ digit: 5 })[0]
    )
    deepStrictEqual(encoded, [5, 15, 25, 35])
  })

  const failed = (either: Either.Either<unknown, ParseResult.ParseError>) => {
    assert(Either.isLeft(either))
    const { issue, message } = either.left
    assert(issue._tag === "Transformation")
    return [
      message,
      ...ParseResult.ArrayFormatter.formatIssueSync(issue.issue).map(({ message, path }) => [path, message])
    ]
  }

  it("say in one line at which offset bytes are wrong", () => {
    deepStrictEqual(failed(Schema.decodeEither(schemas())(zeros(2))), ["Digit at 1: too long", [[1], "too long"]])
  })

  it("say in one line which part of a value is refused", () => {
    const encode = Schema.encodeUnknownEither(schemas())
    deepStrictEqual(failed(encode({ digit: 10 })), ["Digit: more than a digit", [[], "more than a digit"]])
    deepStrictEqual(failed(encode({ digit: -1 })), [
      "Digit at digit[0].sign: negative",
      [["digit", 0, "sign"], "negative"]
    ])
    deepStrictEqual(failed(encode({ digit: "5" })), [
      `Digit at digit: Expected number, actual "5"`,
      [["digit"], `Expected number, actual "5"`]
    ])
    deepStrictEqual(failed(encode({})), ["Digit at digit: is missing", [["digit"], "is missing"]])
  })

  it("say every part of a value that is not of its type, where all are asked for", () => {
    const pair = Codec.schemasOf<{ readonly a: number; readonly b: number }>({
      schema: Schema.Struct({ a: Schema.Number, b: Schema.Number }),
      decode: () => undefined,
      encode: () => Either.right(zeros(0))
    }, "Pair")()
    const encode = Schema.encodeUnknownEither(pair, { errors: "all" })
    deepStrictEqual(
      failed(encode({ a: "", b: "" }))[0],
      `Pair at a: Expected number, actual ""; Pair at b: Expected number, actual ""`
    )
    const decoded = Schema.decodeEither(pair)(zeros(1))
    deepStrictEqual(failed(decoded)[0], "Pair at 0: nothing of it is understood")
  })
})

describe("the codecs of known chunks", () => {
  it("are those of all ids that are known", () => deepStrictEqual(Object.keys(codecs), [...keys]))

  it("of texts and of formats of their own leave the bytes as they are", () => {
    for (const key of ["iXML", "axml", "_PMX"] as const) says(codecs[key], spelled("'<a>'"), { text: "<a>" })
    for (const key of ["ID3 ", "id3 "] as const) says(codecs[key], spelled("0001ff"), spelled("0001ff"))
    assert.isFalse(Schema.is(codecs["ID3 "].schema)("text"))
  })

  it("decode strictly, or as much as can be understood", () => {
    const reading = () => new Reading({ little: true })
    deepStrictEqual(
      decodeKnown("fact", spelled("01000000"), reading()),
      Either.right({ _tag: "fact" as const, value: { samples: 1 } })
    )
    assert.isTrue(Either.isLeft(decodeKnown("fact", zeros(3), reading())))
    deepStrictEqual(understand("fact", spelled("01000000"), reading()), { _tag: "fact", value: { samples: 1 } })
    assert.isUndefined(understand("fact", zeros(3), reading()))
    const lenient = reading()
    deepStrictEqual(understand("cue ", spelled("01000000"), lenient), { _tag: "cue ", value: { points: [] } })
    assert.strictEqual(lenient.problems.length, 1)
  })
})
