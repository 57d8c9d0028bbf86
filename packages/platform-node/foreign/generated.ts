/**
 * WAV files whose headers lie in the ways that writers get them wrong, made from a seed: the same number is the same
 * file, anywhere.
 */

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1")

/** A sequence of numbers from a seed (mulberry32). */
class Random {
  private state: number
  constructor(seed: number) {
    this.state = seed
  }
  below(limit: number): number {
    this.state = this.state + 0x6d2b79f5 | 0
    let t = Math.imul(this.state ^ this.state >>> 15, 1 | this.state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) % limit
  }
  pick<A>(values: readonly [A, ...ReadonlyArray<A>]): A {
    return values[this.below(values.length)] ?? values[0]
  }
}

type Order = "little" | "big"

const number = (size: 2 | 4 | 8, value: number, order: Order): Buffer => {
  const bytes = Buffer.alloc(size)
  if (size === 8) bytes.writeBigUInt64LE(BigInt(value))
  else if (order === "little") bytes.writeUIntLE(value, 0, size)
  else bytes.writeUIntBE(value, 0, size)
  return bytes
}

const chunk = (id: string, data: Buffer, order: Order, size = data.length): Buffer =>
  Buffer.concat([bytesOf(id), number(4, size >>> 0, order), data, Buffer.alloc(data.length % 2)])

interface Sound {
  readonly tag: 1 | 3 | 6 | 7
  readonly bits: 8 | 16 | 24 | 32
  readonly channels: 1 | 2
}

const sounds: readonly [Sound, ...ReadonlyArray<Sound>] = [
  { tag: 1, bits: 16, channels: 1 },
  { tag: 1, bits: 16, channels: 2 },
  { tag: 1, bits: 8, channels: 1 },
  { tag: 1, bits: 24, channels: 2 },
  { tag: 1, bits: 32, channels: 1 },
  { tag: 3, bits: 32, channels: 2 },
  { tag: 7, bits: 8, channels: 1 },
  { tag: 6, bits: 8, channels: 2 }
]

/** The sub-format of a format tag after its first two bytes. */
const guidTail = Buffer.from("000000001000800000aa00389b71", "hex")

/** `fmt `, of which one field may lie. */
const fmt = (
  { bits, channels, tag }: Sound,
  order: Order,
  random: Random
): readonly [Buffer, ReadonlyArray<string>] => {
  const align = channels * bits / 8
  const kind = random.pick(["plain", "plain", "plain", "with cbSize", "extensible"])
  const fault = random.pick(["none", "none", "none", "block align 0", "block align double", "byte rate 0", "cbSize"])
  const isExtensible = kind === "extensible" && order === "little"
  const said = fault === "block align 0" ? 0 : fault === "block align double" ? 2 * align : align
  const extra = !isExtensible && kind === "plain"
    ? Buffer.alloc(0)
    : isExtensible
    ? Buffer.concat([
      number(2, fault === "cbSize" ? 24 : 22, order),
      number(2, bits, order),
      number(4, channels === 1 ? 4 : 3, order),
      number(2, tag, order),
      guidTail
    ])
    : number(2, fault === "cbSize" ? 2 : 0, order)
  const data = Buffer.concat([
    number(2, isExtensible ? 0xfffe : tag, order),
    number(2, channels, order),
    number(4, 8000, order),
    number(4, fault === "byte rate 0" ? 0 : 8000 * align, order),
    number(2, said, order),
    number(2, bits, order),
    extra
  ])
  return [chunk("fmt ", data, order), [`fmt ${isExtensible ? "extensible" : kind}`, fault]]
}

/** A file, and what was done to it. */
export interface Generated {
  readonly name: string
  readonly bytes: Buffer
  readonly how: ReadonlyArray<string>
}

/** The file of a seed and a number. */
export const generated = (seed: number, index: number): Generated => {
  const random = new Random(seed * 1_000_003 + index)
  const family = random.pick(["RIFF", "RIFF", "RIFF", "RIFF", "RIFF", "RIFX", "RF64"])
  const order: Order = family === "RIFX" ? "big" : "little"
  const sound = random.pick(sounds)
  const align = sound.channels * sound.bits / 8
  const frames = random.pick([500, 501, 100, 1, 3000])
  const samples = Buffer.from(Array.from({ length: frames * align }, (_, i) => (i * 37 + (i >> 3) + 11) & 0xff))
  const tags = chunk("LIST", Buffer.concat([bytesOf("INFO"), chunk("INAM", bytesOf("Old\0"), order)]), order)
  const [format, formatFaults] = fmt(sound, order, random)

  const layout = random.pick([
    "data",
    "data, tags",
    "data, tags",
    "tags, data",
    "JUNK, data, tags",
    "bext, data",
    "data, fact"
  ])
  const isUnsized = random.below(4) === 0
  const dataSize = isUnsized ? random.pick([0, 0, 0xffffffff, samples.length + 1000, 0x7fffff00]) : samples.length
  const data = chunk("data", samples, order, family === "RF64" ? 0xffffffff : dataSize)
  const parts: Record<string, Buffer> = {
    data,
    tags,
    JUNK: chunk("JUNK", Buffer.alloc(28), order),
    bext: chunk("bext", Buffer.concat([bytesOf("A description"), Buffer.alloc(589)]), order),
    fact: chunk("fact", number(4, frames, order), order)
  }
  const inner = layout.split(", ").map((name) => parts[name] ?? Buffer.alloc(0))
  const before = Buffer.concat([bytesOf("WAVE"), format, ...inner])
  const size = before.length + (family === "RF64" ? 36 : 0)
  const [said, told] = random.pick<readonly [string, number]>([
    ["right", size],
    ["right", size],
    ["right", size],
    ["0", 0],
    ["4", 4],
    ["8", 8],
    ["36", 36],
    ["of an empty file", 4 + format.length + 8],
    ["4 too small", size - 4],
    ["8 too small", size - 8],
    ["without the tags", size - tags.length],
    ["unknown", 0xffffffff],
    ["1 too large", size + 1],
    ["8 too large", size + 8],
    ["2 GB", 0x7fffffff]
  ])
  const ds64 = Buffer.concat([
    number(8, told === 0xffffffff ? size : told, order),
    number(8, dataSize === 0xffffffff ? samples.length : dataSize, order),
    number(8, frames, order),
    number(4, 0, order)
  ])
  const body = family === "RF64"
    ? Buffer.concat([before.subarray(0, 4), chunk("ds64", ds64, order), before.subarray(4)])
    : before
  const form = Buffer.concat([bytesOf(family), number(4, family === "RF64" ? 0xffffffff : told, order), body])

  const tail = random.pick(["nothing", "nothing", "nothing", "a byte", "12 bytes", "zeros", "ID3v1", "tags", "cut"])
  const tails: Record<string, Buffer> = {
    "a byte": Buffer.of(7),
    "12 bytes": samples.subarray(0, 12),
    zeros: Buffer.alloc(500),
    ID3v1: Buffer.concat([bytesOf("TAG"), Buffer.alloc(125, 0x20)]),
    tags
  }
  const whole = Buffer.concat([form, tails[tail] ?? Buffer.alloc(0)])
  const front = random.below(12) === 0
    ? Buffer.concat([bytesOf("ID3"), Buffer.of(3, 0, 0, 0, 0, 0, 10), Buffer.alloc(10)])
    : undefined
  const cut = tail === "cut" ? whole.subarray(0, whole.length - 1 - random.below(200)) : whole
  return {
    name: `${seed}-${index}.wav`,
    bytes: front === undefined ? cut : Buffer.concat([front, cut]),
    how: [
      family,
      `tag ${sound.tag}, ${sound.bits} bits, ${sound.channels} channels, ${frames} frames`,
      ...formatFaults,
      layout,
      `form: ${said}`,
      `data: ${dataSize === samples.length ? "right" : dataSize}`,
      `tail: ${tail}`,
      ...(front === undefined ? [] : ["ID3v2 in front"])
    ]
  }
}
