/** Codecs of chunks by themselves: what bytes say, what is wrong with them, and laws that hold for each codec. */
import { assert, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Schema, type SchemaAST } from "effect"
import type { Codec, Writing } from "../../src/internal/wave/codec.js"
import { type Problem, Reading, type ReadingOptions } from "../../src/internal/wave/reading.js"
import { damaged } from "./chunkBytes.js"
import { scale } from "./scale.js"

/** What a codec reads, and what it finds wrong. */
export const read = <A>(codec: Codec<A>, bytes: Uint8Array, options: Partial<ReadingOptions> = {}) => {
  const reading = new Reading({ little: true, ...options })
  const before = bytes.slice()
  const value = codec.decode(bytes, reading)
  deepStrictEqual(bytes, before)
  return { value, problems: reading.problems, reading }
}

export const write = <A>(codec: Codec<A>, value: A, writing: Partial<Writing> = {}) =>
  codec.encode(value, { little: true, ...writing })

/** What bytes say, and that saying it gives the bytes. */
export const says = <A>(codec: Codec<A>, bytes: Uint8Array, value: A, little = true): void => {
  const found = read(codec, bytes, { little })
  deepStrictEqual(found.value, value)
  deepStrictEqual(found.problems, [])
  deepStrictEqual(write(codec, value, { little }), Either.right(bytes))
  assert.isTrue(Schema.is(codec.schema)(value))
}

/** What is read of bytes that are wrong, and what is said of them: one problem. */
export const warns = <A>(
  codec: Codec<A>,
  bytes: Uint8Array,
  expected: readonly [kind: Problem["kind"], level: Problem["level"], offset: number, description: string],
  value: A | undefined,
  options?: Partial<ReadingOptions>
): void => {
  const found = read(codec, bytes, options)
  deepStrictEqual(
    found.problems.map(({ count, description, kind, level, offset }) => [kind, level, offset, description, count]),
    [[...expected, 1]]
  )
  deepStrictEqual(found.value, value)
}

/** Which part of a value is refused, and what is said of it. */
export const refuses = <A>(
  codec: Codec<A>,
  value: A,
  path: ReadonlyArray<PropertyKey>,
  description: string,
  writing?: Partial<Writing>
): void => deepStrictEqual(write(codec, value, writing), Either.left({ path, description }))

/** What a schema says of a value that it does not accept. */
export const messageOf = <A>(schema: Schema.Schema<A>, value: unknown): string =>
  Either.match(Schema.decodeUnknownEither(schema)(value), { onLeft: ({ message }) => message, onRight: () => "" })

/** The names of a schema and of all in it, each once. */
export const namesOf = ({ ast }: Schema.Schema.Any): ReadonlyArray<string> => {
  const names = new Set<string>()
  const visit = (ast: SchemaAST.AST): void => {
    const name = ast.annotations[Symbol.for("effect/annotation/Identifier")]
    if (typeof name === "string" && name !== "Uint8ArrayFromSelf") names.add(name)
    if (ast._tag === "Union") ast.types.forEach(visit)
    else if (ast._tag === "TypeLiteral") ast.propertySignatures.forEach(({ type }) => visit(type))
    else if (ast._tag === "TupleType") ast.rest.forEach(({ type }) => visit(type))
    else if (ast._tag === "Refinement") visit(ast.from)
  }
  visit(ast)
  return [...names]
}

const hasErrors = (problems: ReadonlyArray<Problem>) => problems.some(({ level }) => level === "error")

/** The laws of a codec, of values that decoding gives. `least` is how many bytes a chunk has at least. */
export const laws = <A>(
  codec: Codec<A>,
  values: fc.Arbitrary<A>,
  { least, runs = 200 }: { readonly least: number; readonly runs?: number }
): void => {
  const numRuns = scale(runs)

  for (const little of [true, false]) {
    const order = little ? "little-endian" : "big-endian"

    it(`values become bytes and the same values again, ${order}`, () => {
      const isValue = Schema.is(codec.schema)
      fc.assert(
        fc.property(values, (value) => {
          assert.isTrue(isValue(value))
          const bytes = Either.getOrThrow(write(codec, value, { little }))
          assert.isAtLeast(bytes.length, least)
          const found = read(codec, bytes, { little })
          assert.isFalse(hasErrors(found.problems))
          deepStrictEqual(found.value, value)
        }),
        { numRuns }
      )
    })

    it(`bytes become values and the same bytes again, or an error, ${order}`, () => {
      const given = values.chain((value) => damaged(Either.getOrThrow(write(codec, value, { little }))))
      fc.assert(
        fc.property(given, (bytes) => {
          const { problems, value } = read(codec, bytes, { little })
          for (const { offset } of problems) assert.isTrue(offset >= 0 && offset <= bytes.length, `offset ${offset}`)
          if (hasErrors(problems)) return
          assert(value !== undefined)
          deepStrictEqual(write(codec, value, { little }), Either.right(bytes))
        }),
        { numRuns }
      )
    })
  }

  it("values share no memory with the bytes that they were read from", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = Either.getOrThrow(write(codec, value))
        const found = read(codec, Buffer.from(bytes)).value
        const other = bytes.slice()
        const again = read(codec, other).value
        other.fill(0xaa)
        deepStrictEqual(again, found)
      }),
      { numRuns: scale(runs / 4) }
    )
  })

  it("bytes that are too few are reported, whatever they are", () => {
    for (let length = 0; length < least; length++) {
      const { problems, value } = read(codec, new Uint8Array(length).fill(0x41))
      assert.isUndefined(value)
      deepStrictEqual(problems, [{
        kind: "TooShort",
        level: "error",
        offset: length,
        description: `it ends after ${length} bytes, of at least ${least}`,
        count: 1
      }])
    }
  })
}
