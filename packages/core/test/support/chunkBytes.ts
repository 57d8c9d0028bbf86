/** Bytes of chunks: written out, joined, and damaged. */
import { FastCheck as fc } from "effect"

/** Bytes written as hexadecimal digits, and as text between apostrophes. */
export const spelled = (text: string): Uint8Array =>
  Uint8Array.from(
    [...text.matchAll(/'([^']*)'|([0-9a-f]{2})/g)].flatMap(([, characters, digits]) =>
      digits === undefined
        ? Array.from(characters ?? "", (character) => character.charCodeAt(0))
        : [Number.parseInt(digits, 16)]
    )
  )

export const zeros = (count: number): Uint8Array => new Uint8Array(count)
export const join = (...parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(part)))

/** Bytes of a chunk, with what damage does: bytes changed, cut off, put in and left out. */
export const damaged = (data: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const at = fc.nat({ max: data.length })
  const byte = fc.oneof(fc.constantFrom(0, 1, 2, 4, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }))
  const edit = fc.oneof(
    fc.tuple(at, byte).map(([at, byte]) => (bytes: Uint8Array) => at < bytes.length ? bytes.with(at, byte) : bytes),
    at.map((at) => (bytes: Uint8Array) => bytes.slice(0, at)),
    fc.tuple(at, fc.uint8Array({ maxLength: 9 })).map(([at, inserted]) => (bytes: Uint8Array) =>
      join(bytes.slice(0, at), inserted, bytes.slice(at))
    ),
    fc.tuple(at, fc.nat({ max: 9 })).map(([at, count]) => (bytes: Uint8Array) =>
      join(bytes.slice(0, at), bytes.slice(at + count))
    )
  )
  return fc.array(edit, { maxLength: 4 }).map((edits) => edits.reduce((bytes, edit) => edit(bytes), data))
}
