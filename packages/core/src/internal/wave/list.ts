/** What `LIST` chunks hold: chunks, whatever is in them. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"
import { concat, fourCC, layout, u32, u8, viewOf } from "./binary.js"
import { none, type Refused, refused, restFrom } from "./codec.js"
import type { Reading } from "./reading.js"

const largestSize = 0xffffffff

interface Header {
  readonly id: FourCC.FourCC
  readonly size: number
}

const header = layout<Header>({ id: fourCC, size: u32 })
const head = layout<{ readonly type: FourCC.FourCC }>({ type: fourCC })

/**
 * A chunk of a list.
 */
export interface Element {
  readonly id: FourCC.FourCC
  readonly data: Uint8Array
  readonly pad?: Api.Pad | undefined
}

export const pad: Schema.optional<Schema.Schema<Api.Pad>> = Schema.optional(
  Schema.Union(Schema.Literal("missing"), u8.schema.pipe(Schema.positive())).annotations({ identifier: "Pad" })
)

/** What is at a place of a list: an entry that fits, one that does not, or the end. */
class Entries {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly little: boolean

  constructor(bytes: Uint8Array, little: boolean) {
    this.bytes = bytes
    this.view = viewOf(bytes)
    this.little = little
  }

  at(offset: number): Header {
    return header.read(this.view, offset, this.little)
  }

  private fits(at: number): boolean {
    return this.view.getUint32(at + 4, this.little) <= this.bytes.length - at - header.size
  }

  /** Whether every entry from there on ends where the next one begins, the last one at the end. */
  areWhole(at: number): boolean {
    const { length } = this.bytes
    while (at + header.size <= length) {
      if (!this.fits(at)) return false
      const size = this.view.getUint32(at + 4, this.little)
      at += header.size + size + size % 2
    }
    return true
  }

  isPrintable(at: number): boolean {
    for (let i = at; i < at + 4; i++) {
      const character = this.bytes[i] ?? 0
      if (character < 0x20 || character > 0x7e) return false
    }
    return true
  }

  /** Whether an entry begins there that fits, with an id that people can read. */
  isEntry(at: number): boolean {
    return at + header.size <= this.bytes.length && this.fits(at) && this.isPrintable(at)
  }

  /** Whether another entry, or the end of the list, can follow there. */
  canFollow(at: number): boolean {
    return at + header.size > this.bytes.length || this.isEntry(at)
  }

  /** Where the next entry begins after a zero, at `from` or later; or the end. */
  next(from: number): number {
    for (let zero = this.bytes.indexOf(0, from); zero >= 0; zero = this.bytes.indexOf(0, zero + 1)) {
      if (this.isEntry(zero + 1)) return zero + 1
    }
    return this.bytes.length
  }
}

/**
 * Reads the chunks of a list of this type, by a function that gets the bytes of each, and where in the list they begin;
 * it gives nothing for those that it cannot read.
 *
 * Where the sizes and pad bytes of a list are as they should be, they are believed. Where they are not, an entry is
 * also sought where it would be with the padding the wrong way round, and after an entry whose size is too large.
 */
export const decodeList = <A>(
  type: string,
  bytes: Uint8Array,
  reading: Reading,
  decode: (element: Element, at: number) => A | undefined
): { readonly elements: ReadonlyArray<A>; readonly rest?: Uint8Array } | undefined => {
  if (bytes.length < head.size) return void reading.tooShort(bytes, head.size)
  const found = FourCC.fromBytes(bytes)
  if (found !== type) {
    const description = `the type of the list is ${FourCC.format(found)}, not ${FourCC.format(type)}`
    return void reading.error("WrongType", 0, description)
  }
  const entries = new Entries(bytes, reading.little)
  const { length } = bytes
  const elements: Array<A> = []
  const add = (element: Element, at: number) => {
    const decoded = decode(element, at)
    if (decoded !== undefined) elements.push(decoded)
  }
  let at = head.size
  const whole = entries.areWhole(at)
  if (!whole && FourCC.fromBytes(bytes.subarray(at)) === type && entries.canFollow(at + 4)) {
    reading.error("RepeatedType", at, "the type of the list is written twice")
    at += head.size
  }
  while (at + header.size <= length) {
    const { id, size } = entries.at(at)
    const start = at + header.size
    const room = length - start
    if (size > room) {
      reading.error(
        "SizeTooLarge",
        at + 4,
        `${size} bytes of ${FourCC.format(id)} are announced, where there is room for ${room}`
      )
      const isEntry = entries.isPrintable(at)
      const next = entries.next(isEntry ? start : at)
      if (isEntry && reading.take(1, at) === 1) add({ id, data: bytes.subarray(start, next) }, start)
      reading.walkable = Math.min(reading.walkable, elements.length)
      at = next
      continue
    }
    if (reading.take(1, at) === 0) return { elements }
    const end = start + size
    const odd = size % 2
    const isMisplaced = !whole && !entries.canFollow(end + odd) && entries.isEntry(end + 1 - odd)
    const padByte: Api.Pad = odd === 0 || isMisplaced ? 0 : bytes[end] ?? "missing"
    if (isMisplaced) {
      if (odd === 1) {
        reading.error("MissingPadByte", end, `there is no pad byte after ${FourCC.format(id)}, of odd size`)
      } else reading.error("UnexpectedPadByte", end, `a byte follows ${FourCC.format(id)}, of even size`)
    }
    if (reading.lenient && id === noId && bytes.subarray(start, end).every((byte) => byte === 0)) {
      reading.warn("EmptyEntry", at, "an entry consists of zeros")
    } else add({ id, data: bytes.subarray(start, end), ...(padByte === 0 ? {} : { pad: padByte }) }, start)
    at = isMisplaced ? end + 1 - odd : end + odd
  }
  return { elements, ...restFrom(bytes, at) }
}

const noId = FourCC.fromNumber(0)

/**
 * Writes a list. `name` is what the value calls its elements, for a refusal to say which.
 */
export const encodeList = <A>(
  { elements, encode, name, rest = none, type }: {
    readonly type: FourCC.FourCC
    readonly name: string
    readonly elements: ReadonlyArray<A>
    readonly encode: (value: A) => Either.Either<Element, Refused>
    readonly rest: Uint8Array | undefined
  },
  little: boolean
): Either.Either<Uint8Array, Refused> => {
  const parts = [head.encode({ type }, little)]
  for (const [index, value] of elements.entries()) {
    const element = encode(value)
    if (Either.isLeft(element)) return refused([name, index, ...element.left.path], element.left.description)
    const { data, id, pad } = element.right
    const odd = data.length % 2 === 1
    if (data.length > largestSize) return refused([name, index], `${data.length} bytes do not fit a size of 32 bits`)
    if (pad !== undefined && !odd) return refused([name, index, "pad"], "only a chunk of an odd size has a pad byte")
    if (pad === "missing" && (index < elements.length - 1 || rest.length > 0)) {
      return refused([name, index, "pad"], "only at the end of a list can the pad byte be missing")
    }
    parts.push(header.encode({ id, size: data.length }, little), data)
    if (odd && pad !== "missing") parts.push(Uint8Array.of(pad ?? 0))
  }
  if (rest.length >= header.size) return refused(["rest"], "so many bytes would be read as another chunk")
  return Either.right(concat([...parts, rest]))
}
