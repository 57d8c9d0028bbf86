/**
 * Numbers, codes and bytes of a fixed size, and records of them: how they are read and written, and what values they
 * take.
 */
import * as Schema from "effect/Schema"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"

/**
 * What takes a fixed number of bytes. Neither reading nor writing checks whether the bytes are there, nor the value:
 * the caller does.
 */
export interface Field<A> {
  readonly size: number
  /**
   * Made where it is asked for: schemas take longer to make than all else that is loaded, and programs that only read
   * chunks use none.
   */
  readonly schema: Schema.Schema<A>
  readonly read: (view: DataView, at: number, little: boolean) => A
  readonly write: (view: DataView, at: number, value: A, little: boolean) => void
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * A copy that shares no memory with the others, as a Buffer's `slice` does.
 */
export const copyOf = (bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array =>
  new Uint8Array(bytes.subarray(from, to))

export const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const integer = (
  size: number,
  [least, most]: readonly [number, number],
  read: Field<number>["read"],
  write: Field<number>["write"]
): Field<number> => ({
  size,
  // One filter, not those of an integer and of a range: with it chunks decode about a third faster.
  get schema() {
    return Schema.Number.pipe(
      Schema.filter((value) => Number.isInteger(value) && value >= least && value <= most, {
        description: `an integer from ${least} to ${most}`,
        arbitrary: () => (fc) => fc.integer({ min: least, max: most })
      })
    )
  },
  read,
  write
})

export const u8 = integer(1, [0, 0xff], (view, at) => view.getUint8(at), (view, at, value) => view.setUint8(at, value))

export const i8 = integer(
  1,
  [-0x80, 0x7f],
  (view, at) => view.getInt8(at),
  (view, at, value) => view.setInt8(at, value)
)

export const u16 = integer(
  2,
  [0, 0xffff],
  (view, at, little) => view.getUint16(at, little),
  (view, at, value, little) => view.setUint16(at, value, little)
)

export const i32 = integer(
  4,
  [-0x80000000, 0x7fffffff],
  (view, at, little) => view.getInt32(at, little),
  (view, at, value, little) => view.setInt32(at, value, little)
)

export const i16 = integer(
  2,
  [-0x8000, 0x7fff],
  (view, at, little) => view.getInt16(at, little),
  (view, at, value, little) => view.setInt16(at, value, little)
)

export const u32 = integer(
  4,
  [0, 0xffffffff],
  (view, at, little) => view.getUint32(at, little),
  (view, at, value, little) => view.setUint32(at, value, little)
)

/**
 * A number with fraction, as near as 32 bits have it. What is not a number has many spellings, of which none is
 * written.
 */
export const f32: Field<number> = {
  size: 4,
  get schema() {
    return Schema.Number.pipe(
      Schema.filter((value) => Object.is(Math.fround(value), value) && !Number.isNaN(value), {
        description: "a number that 32 bits hold",
        arbitrary: () => (fc) => fc.float({ noNaN: true })
      })
    )
  },
  read: (view, at, little) => view.getFloat32(at, little),
  write: (view, at, value, little) => view.setFloat32(at, value, little)
}

/**
 * 64 bits as two numbers of 32, the lower one first whatever the order of the bytes in each: so `bext` and `ds64` spell
 * them.
 */
export const lowHigh: Field<bigint> = {
  size: 8,
  get schema() {
    return Schema.BigIntFromSelf.pipe(
      Schema.betweenBigInt(0n, 0xffffffffffffffffn, { description: "a bigint of 64 bits, not negative" })
    )
  },
  read: (view, at, little) => BigInt(view.getUint32(at, little)) | BigInt(view.getUint32(at + 4, little)) << 32n,
  write: (view, at, value, little) => {
    view.setUint32(at, Number(BigInt.asUintN(32, value)), little)
    view.setUint32(at + 4, Number(value >> 32n), little)
  }
}

/**
 * A code: four characters in this order, in files of either byte order.
 */
export const fourCC: Field<FourCC.FourCC> = {
  size: 4,
  get schema() {
    return Schema.declare(FourCC.isFourCC, { identifier: "FourCC" })
  },
  read: (view, at) => FourCC.fromNumber(view.getUint32(at, true)),
  write: (view, at, value) => view.setUint32(at, FourCC.toNumber(value), true)
}

export const bytes = (size: number): Field<Uint8Array> => ({
  size,
  get schema() {
    return Schema.Uint8ArrayFromSelf.pipe(
      Schema.filter((bytes) => bytes.length === size || `${bytes.length} bytes, where there are ${size}`, {
        description: `${size} bytes`
      })
    )
  },
  read: (view, at) => copyOf(new Uint8Array(view.buffer, view.byteOffset + at, size)),
  write: (view, at, value) => {
    new Uint8Array(view.buffer, view.byteOffset + at, size).set(value)
  }
})

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const hex = (value: number | bigint, digits: number) => value.toString(16).padStart(digits, "0")

/**
 * A GUID as text. Its first three groups are numbers, of the byte order of the file; the others are bytes.
 */
export const guid: Field<Api.Guid> = {
  size: 16,
  // text that matches the pattern is what a Guid is
  get schema() {
    return Schema.declare((u: unknown): u is Api.Guid => typeof u === "string" && guidPattern.test(u), {
      identifier: "Guid"
    })
  },
  read: (view, at, little) => {
    const tail = hex(view.getBigUint64(at + 8), 16)
    const groups = [
      hex(view.getUint32(at, little), 8),
      hex(view.getUint16(at + 4, little), 4),
      hex(view.getUint16(at + 6, little), 4),
      tail.slice(0, 4),
      tail.slice(4)
    ]
    return groups.join("-") as Api.Guid // as many hexadecimal digits as the pattern has, in lower case
  },
  write: (view, at, value, little) => {
    view.setUint32(at, Number.parseInt(value.slice(0, 8), 16), little)
    view.setUint16(at + 4, Number.parseInt(value.slice(9, 13), 16), little)
    view.setUint16(at + 6, Number.parseInt(value.slice(14, 18), 16), little)
    view.setBigUint64(at + 8, BigInt(`0x${value.slice(19, 23)}${value.slice(24)}`))
  }
}

/**
 * A number whose known values have names; the others stay numbers.
 */
export const named = <Name extends string>(
  field: Field<number>,
  numbers: Readonly<Record<Name, number>>
): Field<Name | number> => {
  // the record's own keys, as it is a literal of this library
  const names = Object.keys(numbers) as Array<Name>
  const nameOf = new Map(names.map((name) => [numbers[name], name]))
  return {
    size: field.size,
    get schema() {
      return Schema.Union(
        Schema.Literal(...names),
        field.schema.pipe(
          Schema.filter((number) => {
            const name = nameOf.get(number)
            return name === undefined || `${number} is written ${JSON.stringify(name)}`
          })
        )
      )
    },
    read: (view, at, little) => {
      const number = field.read(view, at, little)
      return nameOf.get(number) ?? number
    },
    write: (view, at, value, little) =>
      field.write(view, at, typeof value === "number" ? value : numbers[value], little)
  }
}

/**
 * Fields one after another, as a record of their values.
 */
export interface Layout<A> extends Field<A> {
  /** What values the fields take, for a schema of a record that has more than these. */
  readonly schemas: { readonly [K in keyof A]: Schema.Schema<A[K]> }
  /** The bytes of a record, which may have more than these fields. */
  readonly encode: (value: A, little: boolean) => Uint8Array
}

export const layout = <A extends object>(fields: { readonly [K in keyof A]-?: Field<A[K]> }): Layout<A> => {
  // a literal of this library, which has the keys of its type and no others
  const keys = Object.keys(fields) as Array<keyof A>
  let size = 0
  const places = keys.map((key) => {
    const place = { key, field: fields[key], offset: size }
    size += place.field.size
    return place
  })
  const write: Field<A>["write"] = (view, at, value, little) => {
    for (const { field, key, offset } of places) field.write(view, at + offset, value[key], little)
  }
  return {
    size,
    get schemas() {
      // key by key what the type says of it
      return Object.fromEntries(keys.map((key) => [key, fields[key].schema])) as unknown as Layout<A>["schemas"]
    },
    get schema() {
      // a struct of these fields is a record of their values
      return Schema.Struct(this.schemas) as unknown as Schema.Schema<A>
    },
    read: (view, at, little) => {
      const value: Partial<A> = {}
      for (const { field, key, offset } of places) value[key] = field.read(view, at + offset, little)
      return value as A // no key is missing any more
    },
    write,
    encode: (value, little) => {
      const bytes = new Uint8Array(size)
      write(viewOf(bytes), 0, value, little)
      return bytes
    }
  }
}
