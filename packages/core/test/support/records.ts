/**
 * A model of records: fields of an array of bytes, read and written by a `DataView`.
 */
import type { Mmio } from "@effect-mmio/core"
import { FastCheck as fc } from "effect"

const integers = {
  u8: fc.integer({ min: 0, max: 0xff }),
  i8: fc.integer({ min: -0x80, max: 0x7f }),
  u16: fc.integer({ min: 0, max: 0xffff }),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  u32: fc.integer({ min: 0, max: 0xffffffff }),
  i32: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  f32: fc.float(),
  f64: fc.double()
}

const bigints = {
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
}

const sizes = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f32: 4, f64: 8 }

type Order = "little" | "big" | undefined

/** A number in a record, with a value for one that is written. */
export type NumberField =
  | { readonly kind: keyof typeof integers; readonly order: Order; readonly value: number }
  | { readonly kind: keyof typeof bigints; readonly order: Order; readonly value: bigint }

/** What a function does with a reader. */
export type Field =
  | NumberField
  | { readonly kind: "bytes" | "bytesInto" | "skip"; readonly count: number }
  | { readonly kind: "position" | "remaining" }

const order = fc.constantFrom("little" as const, "big" as const, undefined)

const numberField: fc.Arbitrary<NumberField> = fc.oneof(
  ...(Object.keys(integers) as Array<keyof typeof integers>).map((kind) =>
    fc.record({ kind: fc.constant(kind), order, value: integers[kind] })
  ),
  ...(Object.keys(bigints) as Array<keyof typeof bigints>).map((kind) =>
    fc.record({ kind: fc.constant(kind), order, value: bigints[kind] })
  )
)

/** The fields of a record that is read. */
export const fields: fc.Arbitrary<ReadonlyArray<Field>> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: numberField },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("bytes" as const, "bytesInto" as const, "skip" as const),
        count: fc.nat({ max: 40 })
      })
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("position" as const, "remaining" as const) }) }
  ),
  { maxLength: 8 }
)

/** The fields of a record that is written. */
export const numberFields: fc.Arbitrary<ReadonlyArray<NumberField>> = fc.array(numberField, { maxLength: 8 })

const readers = {
  u8: (view: DataView, at: number) => view.getUint8(at),
  i8: (view: DataView, at: number) => view.getInt8(at),
  u16: (view: DataView, at: number, little: boolean) => view.getUint16(at, little),
  i16: (view: DataView, at: number, little: boolean) => view.getInt16(at, little),
  u32: (view: DataView, at: number, little: boolean) => view.getUint32(at, little),
  i32: (view: DataView, at: number, little: boolean) => view.getInt32(at, little),
  u64: (view: DataView, at: number, little: boolean) => view.getBigUint64(at, little),
  i64: (view: DataView, at: number, little: boolean) => view.getBigInt64(at, little),
  f32: (view: DataView, at: number, little: boolean) => view.getFloat32(at, little),
  f64: (view: DataView, at: number, little: boolean) => view.getFloat64(at, little)
}

/** What a function of the library does with these fields. */
export const readWith = (fields: ReadonlyArray<Field>) => (reader: Mmio.Reader): ReadonlyArray<unknown> =>
  fields.map((field) => {
    switch (field.kind) {
      case "bytes":
        return reader.bytes(field.count)
      case "bytesInto": {
        const target = new Uint8Array(field.count)
        reader.bytesInto(target)
        return target
      }
      case "skip":
        return reader.skip(field.count)
      case "position":
        return reader.position
      case "remaining":
        return reader.remaining
      default:
        return reader[field.kind](field.order)
    }
  })

/** How a record reads by the model: its values and where it ends, or that there is no such record. */
export const readByModel = (
  bytes: Uint8Array,
  start: number,
  fields: ReadonlyArray<Field>,
  limit: number,
  to = bytes.length
): { readonly values: ReadonlyArray<unknown>; readonly end: number } | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: Array<unknown> = []
  let at = start
  /** Where so many bytes lie, if the record may take them. */
  const take = (size: number): number | undefined => {
    if (size > 0 && (at + size > Math.min(bytes.length, to) || at + size - start > limit)) return undefined
    at += size
    return at - size
  }
  for (const field of fields) {
    if ("count" in field) {
      const from = take(field.count)
      if (from === undefined) return undefined
      values.push(field.kind === "skip" ? undefined : bytes.slice(from, at))
    } else if ("order" in field) {
      const from = take(sizes[field.kind])
      if (from === undefined) return undefined
      values.push(readers[field.kind](view, from, field.order !== "big"))
    } else values.push(field.kind === "position" ? at : Math.max(0, Math.min(to, bytes.length) - at))
  }
  return { values, end: at }
}

/** What a function of the library writes with these fields. */
export const writeWith = (fields: ReadonlyArray<NumberField>) => (writer: Mmio.Writer): void => {
  for (const field of fields) {
    switch (field.kind) {
      case "u64":
      case "i64":
        writer[field.kind](field.value, field.order)
        break
      default:
        writer[field.kind](field.value, field.order)
    }
  }
}

/** The bytes of these fields by the model. */
export const writtenByModel = (fields: ReadonlyArray<NumberField>): Uint8Array => {
  const bytes = new Uint8Array(fields.reduce((sum, { kind }) => sum + sizes[kind], 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { kind, order, value } of fields) {
    const little = order !== "big"
    if (typeof value === "bigint") {
      if (kind === "u64") view.setBigUint64(at, value, little)
      else view.setBigInt64(at, value, little)
    } else if (kind === "u8") view.setUint8(at, value)
    else if (kind === "i8") view.setInt8(at, value)
    else if (kind === "u16") view.setUint16(at, value, little)
    else if (kind === "i16") view.setInt16(at, value, little)
    else if (kind === "u32") view.setUint32(at, value, little)
    else if (kind === "i32") view.setInt32(at, value, little)
    else if (kind === "f32") view.setFloat32(at, value, little)
    else view.setFloat64(at, value, little)
    at += sizes[kind]
  }
  return bytes
}
