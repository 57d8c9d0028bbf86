/**
 * What is done to a sound file to find out what a reader makes of it. Every mutation knows where the headers are, and
 * what readers stumble over.
 */
import { guidOf, type Header, headersOf, idAt, view } from "./headers.js"
import type { Random } from "./random.js"

/** What a mutation works on. */
interface Subject {
  readonly bytes: Uint8Array
  readonly headers: readonly [Header, ...ReadonlyArray<Header>]
  readonly random: Random
  /** Another file, for parts of it. */
  readonly other: Uint8Array
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const fours = (text: string): ReadonlyArray<string> => text.match(/.{4}/gs) ?? []
const ids = fours(
  "RIFFLISTRIFXRF64BW64FORMCAT PROPrifflistdatafmt factds64bextcue smplinstSSNDJUNKINAMlablltxtnoteiXML    "
    + "\0\0\0\0\u00ff\u00ff\u00ff\u00ff"
)
const types = fours("WAVEwaveINFOadtlAVI AVIXAIFFAIFCRMIDWEBP\0\0\0\0")
const anyId = (random: Random): string => random.pick(["RIFF", ...ids])
const anyType = (random: Random): string => random.pick(["WAVE", ...types])

const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The bytes with some of them replaced by others. */
const spliced = (bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array =>
  concat(bytes.subarray(0, at), inserted, bytes.subarray(Math.min(bytes.length, at + removed)))

/** Bytes over others, as far as there are any. */
const put = (bytes: Uint8Array, at: number, source: ArrayLike<number>): Uint8Array => {
  const copy = bytes.slice()
  for (let i = 0; i < source.length && at + i < copy.length; i++) copy[at + i] = source[i] ?? 0
  return copy
}

const header = (id: string, size: number, bigEndian: boolean): Uint8Array => {
  const bytes = put(new Uint8Array(8), 0, latin1(id))
  view(bytes).setUint32(4, size, !bigEndian)
  return bytes
}

const anyHeader = ({ headers, random }: Subject): Header => random.pick(headers)

/** Puts a number into the size field of a header. */
const setSize = (bytes: Uint8Array, { bigEndian, sizeAt, wave64 }: Header, size: number): Uint8Array => {
  const copy = bytes.slice()
  const data = view(copy)
  if (wave64) data.setBigUint64(sizeAt, BigInt(Math.max(0, size)), true)
  else data.setUint32(sizeAt, size, !bigEndian)
  return copy
}

/**
 * Where a change that moved bytes may leave the sizes around right, so that what is inside of them is still found: half
 * of the time.
 */
const adjusted = (subject: Subject, changed: Uint8Array, { inside }: Header): Uint8Array => {
  const { bytes, headers, random } = subject
  if (random.once(2)) return changed
  let result = changed
  for (const index of inside) {
    const around = headers[index]
    if (around === undefined || around.sizeAt + 8 > result.length) continue
    const size = around.end - around.dataAt + (around.wave64 ? 24 : 0) + changed.length - bytes.length
    result = setSize(result, around, size)
  }
  return result
}

const far = [0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff7, 0xfffffff8, 0xfffffffd, 0xfffffffe, 0xffffffff]

/** Numbers that sit at the edges of what a size can be, here. */
const edges = ({ dataAt, end, parentEnd, wave64 }: Header, length: number): readonly [number, ...Array<number>] => {
  const own = wave64 ? 24 : 0
  const places = [0, 1, 2, 3, 4, 8, end - dataAt, parentEnd - dataAt, length - dataAt]
  return [
    0,
    ...places.flatMap((size) => [size - 2, size - 1, size, size + 1, size + 2]).map((size) => size + own),
    ...far,
    ...(wave64 ? [2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 1024, 1, 16, 23, 24] : [])
  ]
}

const numbers = [0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

/** Every mutation, by its name. */
const mutations = {
  "a size at an edge": (subject: Subject): Uint8Array => {
    const chunk = anyHeader(subject)
    return setSize(subject.bytes, chunk, subject.random.pick(edges(chunk, subject.bytes.length)))
  },
  "a size of other bits": (subject: Subject): Uint8Array => {
    const chunk = anyHeader(subject)
    return put(subject.bytes, chunk.sizeAt + subject.random.below(chunk.wave64 ? 8 : 4), [subject.random.below(256)])
  },
  "a size in the other byte order": ({ bytes, headers, random }: Subject): Uint8Array => {
    const { bigEndian, sizeAt } = random.pick(headers)
    const copy = bytes.slice()
    view(copy).setUint32(sizeAt, view(bytes).getUint32(sizeAt, bigEndian), !bigEndian)
    return copy
  },
  "another id": (subject: Subject): Uint8Array => {
    const chunk = anyHeader(subject)
    const id = anyId(subject.random)
    return put(subject.bytes, chunk.at, chunk.wave64 ? guidOf(id) : latin1(id))
  },
  "the id of a neighbour": ({ bytes, headers, random }: Subject): Uint8Array => {
    const source = random.pick(headers).at
    return put(bytes, random.pick(headers).at, bytes.slice(source, source + 4))
  },
  "another type": (subject: Subject): Uint8Array => {
    const chunk = anyHeader(subject)
    const type = anyType(subject.random)
    return put(subject.bytes, chunk.dataAt, chunk.wave64 ? guidOf(type) : latin1(type))
  },
  "another byte order": ({ bytes, headers, random }: Subject): Uint8Array => {
    const flipped = idAt(bytes, 0) === "RIFF" ? "RIFX" : "RIFF"
    const copy = put(bytes, 0, latin1(flipped))
    if (random.once(2)) return copy
    for (const { bigEndian, sizeAt, wave64 } of headers) {
      if (!wave64) view(copy).setUint32(sizeAt, view(bytes).getUint32(sizeAt, !bigEndian), bigEndian)
    }
    return copy
  },
  "a chunk again": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const copy = bytes.subarray(chunk.at, chunk.next)
    const times = random.once(10) ? 1 + random.below(20) : 1
    const copies = concat(...Array.from({ length: Math.max(1, Math.min(times, 1500 / (copy.length + 1))) }, () => copy))
    return adjusted(subject, spliced(bytes, chunk.next, 0, copies), chunk)
  },
  "a chunk less": (subject: Subject): Uint8Array => {
    const chunk = anyHeader(subject)
    const removed = spliced(subject.bytes, chunk.at, chunk.next - chunk.at, new Uint8Array(0))
    return adjusted(subject, removed, chunk)
  },
  "a chunk of another file": (subject: Subject): Uint8Array => {
    const { bytes, other, random } = subject
    const [first, ...rest] = headersOf(other)
    if (first === undefined) return bytes
    const source = random.pick([first, ...rest])
    const chunk = anyHeader(subject)
    return adjusted(subject, spliced(bytes, chunk.at, 0, other.subarray(source.at, source.next)), chunk)
  },
  "a chunk over another": (subject: Subject): Uint8Array => {
    const { bytes } = subject
    const source = anyHeader(subject)
    return put(bytes, anyHeader(subject).at, bytes.slice(source.at, source.next))
  },
  "a chunk cut short": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const size = chunk.end - chunk.dataAt
    const removed = random.once(2) ? Math.min(size, 1 + random.below(3)) : random.below(size + 1)
    return adjusted(subject, spliced(bytes, chunk.end - removed, removed, new Uint8Array(0)), chunk)
  },
  "bytes in between": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const filler = Uint8Array.from(
      { length: 1 + random.below(random.once(4) ? 60 : 3) },
      () => random.pick([0, 65, 255])
    )
    const at = random.pick([chunk.at, chunk.dataAt, chunk.end, chunk.next])
    return adjusted(subject, spliced(bytes, at, 0, filler), chunk)
  },
  "a pad byte": ({ bytes, headers, random }: Subject): Uint8Array => {
    const { end, next } = random.pick(headers)
    if (next === end) return bytes
    return random.once(2) ? spliced(bytes, end, next - end, new Uint8Array(0)) : put(bytes, end, [random.below(256)])
  },
  "lists around it": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const depth = random.once(3) ? 1 + random.below(90) : 1 + random.below(4)
    const content = bytes.subarray(chunk.at, chunk.next)
    const typeSize = chunk.wave64 ? 16 : 4
    const type = random.pick(["INFO", "adtl", "wave"])
    const headers: Array<Uint8Array> = []
    for (let i = depth; i > 0; i--) {
      const size = content.length + i * typeSize + (i - 1) * (chunk.wave64 ? 24 : 8)
      if (chunk.wave64) {
        const sizeBytes = new Uint8Array(8)
        view(sizeBytes).setBigUint64(0, BigInt(size + 24), true)
        headers.push(Uint8Array.from([...guidOf("list"), ...sizeBytes, ...guidOf(type)]))
      } else headers.push(header("LIST", size, chunk.bigEndian), latin1(type))
    }
    const wrapped = spliced(bytes, chunk.at, content.length, concat(...headers, content))
    return adjusted(subject, wrapped, chunk)
  },
  "nothing but headers": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const one = header(anyId(random), random.pick([0, 0, 1, 4]), chunk.bigEndian)
    const count = random.once(60) ? random.below(1200) : random.below(16)
    return adjusted(subject, spliced(bytes, chunk.at, 0, concat(...Array.from({ length: count }, () => one))), chunk)
  },
  "a number in it": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    const chunk = anyHeader(subject)
    const wide = random.once(2)
    const at = chunk.dataAt + random.below(Math.min(chunk.end - chunk.dataAt, 700)) & ~1
    if (at + 4 > bytes.length) return bytes
    const copy = bytes.slice()
    const value = random.once(3) ? chunk.end - at + random.below(9) - 4 : random.pick([0, ...numbers])
    if (wide) view(copy).setUint32(at, value, !chunk.bigEndian)
    else view(copy).setUint16(at, value & 0xffff, !chunk.bigEndian)
    return copy
  },
  "an RF64 of it": ({ bytes, headers, random }: Subject): Uint8Array => {
    const entries = random.below(random.once(4) ? 200 : 4)
    const ds64 = new Uint8Array(8 + 28 + entries * 12)
    ds64.set(header("ds64", 28 + entries * 12, false))
    const data = view(ds64)
    const sizes = [0, 1, bytes.length, bytes.length + 28, 2 ** 32, 2 ** 53, 2 ** 53 - 1, 2 ** 63] as const
    const someSize = () => {
      const { dataAt, end, parentEnd } = random.pick(headers)
      return random.pick([...sizes, end - dataAt, parentEnd - dataAt, parentEnd - dataAt + ds64.length])
    }
    for (const at of [8, 16, 24]) data.setBigUint64(at, BigInt(someSize()), true)
    data.setUint32(32, random.once(3) ? random.pick([0, ...numbers]) : entries, true)
    for (let at = 36; at < ds64.length; at += 12) {
      ds64.set(latin1(random.once(3) ? anyId(random) : idAt(bytes, random.pick(headers).at)), at)
      data.setBigUint64(at + 4, BigInt(someSize()), true)
    }
    let copy = put(bytes, 0, latin1(random.pick(["RF64", "RF64", "BW64"])))
    for (const chunk of headers) {
      if (!chunk.wave64 && (chunk.at === 0 || random.once(3))) copy = setSize(copy, chunk, 0xffffffff)
    }
    return spliced(copy, 12, 0, ds64)
  },
  "another table in ds64": ({ bytes, headers, random }: Subject): Uint8Array => {
    const ds64 = headers.find(({ at }) => idAt(bytes, at) === "ds64")
    if (ds64 === undefined) return bytes
    const field = random.below(Math.max(1, Math.floor((ds64.end - ds64.dataAt) / 4)))
    const value = random.once(2)
      ? random.pick([0, ...numbers])
      : random.pick(edges(random.pick(headers), bytes.length)) >>> 0
    const four = new Uint8Array(4)
    view(four).setUint32(0, value, true)
    return put(bytes, ds64.dataAt + 4 * field, random.once(6) ? latin1(anyId(random)) : four)
  },
  "bits flipped": ({ bytes, headers, random }: Subject): Uint8Array => {
    const copy = bytes.slice()
    const from = random.once(2) ? random.pick(headers).at : 0
    const range = from === 0 ? copy.length : 24
    for (let times = 1 + random.below(4); times > 0; times--) {
      const at = from + random.below(range)
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    }
    return copy
  },
  "the file cut off": ({ bytes, headers, random }: Subject): Uint8Array => {
    const { at, dataAt, end, next } = random.pick(headers)
    const edge = random.pick([at, at + 4, dataAt, dataAt + 4, end, next]) + random.below(3) - 1
    return bytes.slice(0, Math.max(0, random.once(2) ? edge : random.below(bytes.length + 1)))
  },
  "something after it": ({ bytes, other, random }: Subject): Uint8Array =>
    concat(
      bytes,
      random.once(2)
        ? other.subarray(0, random.once(2) ? other.length : random.below(30))
        : Uint8Array.from({ length: 1 + random.below(20) }, () => random.below(256))
    ),
  "more data than a buffer holds": (subject: Subject): Uint8Array => {
    const { bytes, random } = subject
    // Dear, and needed seldom.
    if (!random.once(30)) return bytes
    const chunk = anyHeader(subject)
    const size = random.pick([4000, 4096, 8184, 8192, 9001, 70_000]) + random.below(20)
    const grown = spliced(bytes, chunk.end, 0, new Uint8Array(size).fill(random.pick([0, 0, 76])))
    return chunk.container || random.once(3)
      ? adjusted(subject, grown, chunk)
      : setSize(adjusted(subject, grown, chunk), chunk, chunk.end - chunk.dataAt + size + (chunk.wave64 ? 24 : 0))
  }
} satisfies Record<string, (subject: Subject) => Uint8Array>

type Name = keyof typeof mutations
const [firstName, ...names] = Object.keys(mutations).filter((name): name is Name => Object.hasOwn(mutations, name))

/** No input is longer: what grows beyond is cut off. */
const longest = 160_000

/**
 * Changes a file in several ways, one after the other, as the random numbers say, and names them.
 */
export const mutated = (
  file: Uint8Array,
  other: Uint8Array,
  random: Random
): { readonly bytes: Uint8Array; readonly mutations: ReadonlyArray<string> } => {
  let bytes = file
  const applied: Array<string> = []
  for (let times = 1 + random.below(random.once(3) ? 6 : 3); times > 0; times--) {
    const [first, ...rest] = headersOf(bytes)
    // Of what is no file of chunks any more, there is not much to be changed.
    if (first === undefined || firstName === undefined) break
    const name = random.pick([firstName, ...names])
    bytes = mutations[name]({ bytes, headers: [first, ...rest], random, other }).subarray(0, longest)
    applied.push(name)
  }
  return { bytes, mutations: applied }
}
