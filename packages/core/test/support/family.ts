/** Files of the family of RIFF, at random: sound ones and damaged ones. */
import { Arbitraries } from "@effect-mmio/testing"
import { FastCheck as fc } from "effect"
import { families, flat, type Form, read, serialize } from "./familyModel.js"

export * from "./familyModel.js"

const latin1 = (text: string): Array<number> => Array.from(text, (character) => character.charCodeAt(0))

/** A form with chunks in it. */
export const form: fc.Arbitrary<Form> = fc.record({
  family: fc.constantFrom(...families),
  type: fc.constantFrom("WAVE", "wave", "AVI ", "AVIX"),
  children: Arbitraries.chunks()
})

/** Sound files. */
export const sound: fc.Arbitrary<Uint8Array> = fc.array(form, { maxLength: 3 }).map(serialize)

/** Bytes of a file that was damaged: changed, where it hurts most, and cut. */
export const damaged: fc.Arbitrary<Uint8Array> = fc.record({
  forms: fc.array(form, { minLength: 1, maxLength: 3 }).map(serialize),
  changes: fc.array(
    fc.record({
      /** At which header, of those that a walk comes to, and where in it; or anywhere. */
      header: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
      at: fc.nat({ max: 40 }),
      value: fc.oneof(
        fc.nat({ max: 255 }).map((byte) => [byte]),
        fc.constantFrom([0, 0, 0, 0], [255, 255, 255, 255], [255], [0], [1, 0, 0, 0], latin1("LIST"), latin1("data"))
      )
    }),
    { maxLength: 6 }
  ),
  removed: fc.option(fc.nat({ max: 200 }), { nil: undefined }),
  length: fc.option(fc.nat({ max: 300 }), { nil: Infinity }),
  appended: fc.oneof({ arbitrary: fc.constant(new Uint8Array(0)), weight: 3 }, {
    arbitrary: fc.uint8Array({ maxLength: 20, size: "max" }),
    weight: 1
  })
}).map(({ appended, changes, forms, length, removed }) => {
  const offsets = flat(read(forms).nodes).map(({ offset }) => offset)
  const bytes = [...forms]
  for (const { at, header, value } of changes) {
    const from = header === undefined ? at * 7 : (offsets[header] ?? 0) + at % 12
    value.forEach((byte, i) => {
      if (from + i < bytes.length) bytes[from + i] = byte
    })
  }
  if (removed !== undefined) bytes.splice(removed, 1)
  return Uint8Array.from([...bytes.slice(0, length), ...appended])
})
