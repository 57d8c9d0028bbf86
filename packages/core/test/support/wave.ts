import type { Wave } from "@effect-mmio/core"
import { FastCheck as fc } from "effect"
import * as FourCC from "../../src/FourCC.js"

export const byteOrders = ["little", "big"] as const

export const keys: ReadonlyArray<keyof Wave.Known> = [
  "fmt ",
  "fact",
  "cue ",
  "smpl",
  "inst",
  "bext",
  "ds64",
  "LIST:INFO",
  "LIST:adtl",
  "CSET",
  "PEAK",
  "acid",
  "cart",
  "chna",
  "iXML",
  "axml",
  "_PMX",
  "ID3 ",
  "id3 "
]

const u8 = fc.nat({ max: 0xff })
const i8 = fc.integer({ min: -0x80, max: 0x7f })
const u16 = fc.nat({ max: 0xffff })
const i16 = fc.integer({ min: -0x8000, max: 0x7fff })
const u32 = fc.nat({ max: 0xffffffff })
const f32 = fc.float({ noNaN: true })
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn })
const fourCC = fc.oneof(
  { arbitrary: fc.constantFrom("fmt ", "data", "LIST", "RIFF", "INFO", "JUNK", "    "), weight: 3 },
  { arbitrary: fc.array(u8, { minLength: 4, maxLength: 4 }).map((codes) => String.fromCharCode(...codes)), weight: 1 }
).map((code) => FourCC.fromString(code))
const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength, size: "max" })
const is = <const A>(value: A) => fc.constant(value)
const few = <A>(arbitrary: fc.Arbitrary<A>) => fc.array(arbitrary, { maxLength: 6, size: "max" })

/** A field that is absent where there is nothing to say. */
const maybe = <K extends string, A>(key: K, arbitrary: fc.Arbitrary<A>): fc.Arbitrary<{ readonly [P in K]?: A }> =>
  // an object of this one key
  fc.option(arbitrary.map((value) => ({ [key]: value }) as { readonly [P in K]: A }), { nil: {} })

const merge = <A, B>(a: A, b: B): A & B => ({ ...a, ...b })

const both = <A, B>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> =>
  fc.tuple(a, b).map(([a, b]) => merge(a, b))

const rest = (maxLength = 9) => maybe("rest", bytes(maxLength, 1))

// ---------------------------------------------------------------------------------------------------------------------
// fmt
// ---------------------------------------------------------------------------------------------------------------------

const names: Readonly<Record<Wave.KnownFormatTag, number>> = {
  pcm: 1,
  msAdpcm: 2,
  ieeeFloat: 3,
  aLaw: 6,
  muLaw: 7,
  imaAdpcm: 0x11,
  gsm610: 0x31,
  mpeg: 0x50,
  mpegLayer3: 0x55,
  extensible: 0xfffe
}
const numbers = Object.values(names)

export const formatTag: fc.Arbitrary<Wave.FormatTag> = fc.oneof(
  fc.constantFrom(...Object.keys(names) as Array<Wave.KnownFormatTag>),
  u16.filter((number) => !numbers.includes(number))
)

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits })
export const guid: fc.Arbitrary<Wave.Guid> = fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12)).map((groups) =>
  groups.join("-") as Wave.Guid
)

const common = { channels: u16, sampleRate: u32, byteRate: u32, blockAlign: u16 }
const format: fc.Arbitrary<Wave.Format> = fc.oneof(
  both(fc.record({ _tag: is("WaveFormat"), formatTag, ...common }), rest(1)),
  both(fc.record({ _tag: is("PcmWaveFormat"), formatTag, ...common, bitsPerSample: u16 }), rest(1)),
  both(
    fc.record({
      _tag: is("PcmWaveFormat"),
      formatTag: is("pcm"),
      ...common,
      bitsPerSample: u16
    }),
    rest()
  ),
  both(
    fc.record({
      _tag: is("WaveFormatEx"),
      formatTag: formatTag.filter((tag) => tag !== "pcm"),
      ...common,
      bitsPerSample: u16,
      extra: bytes(21)
    }),
    rest()
  ),
  both(
    fc.record({
      _tag: is("WaveFormatEx"),
      formatTag: formatTag.filter((tag) => tag !== "pcm" && tag !== "extensible"),
      ...common,
      bitsPerSample: u16,
      extra: bytes(60)
    }),
    rest()
  ),
  both(
    fc.record({
      _tag: is("WaveFormatExtensible"),
      formatTag: is("extensible"),
      ...common,
      bitsPerSample: u16,
      validBitsPerSample: u16,
      channelMask: u32,
      subFormat: guid,
      extra: bytes(9)
    }),
    rest()
  )
)

// ---------------------------------------------------------------------------------------------------------------------
// texts and lists
// ---------------------------------------------------------------------------------------------------------------------

const isUtf8 = (bytes: Uint8Array) => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The characters of windows-1252 that Latin-1 has not, by their bytes. */
export const special: ReadonlyMap<number, string> = new Map(
  [..."€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ"].flatMap((character, index) =>
    character === " " ? [] : [[0x80 + index, character] as const]
  )
)

/** Whether a character of UTF-8 may begin there that takes more than one byte, whole or cut off. */
const mayBeUtf8 = (bytes: Uint8Array) =>
  bytes.some((byte, i) => byte >= 0xc2 && byte <= 0xf4 && ((bytes[i + 1] ?? 0x80) & 0xc0) === 0x80)

const windows1252 = fc.uint8Array({ min: 1, minLength: 1, maxLength: 12, size: "max" }).filter((bytes) =>
  !isUtf8(bytes) && !mayBeUtf8(bytes)
)
  .map((bytes) => ({
    text: Array.from(bytes, (byte) => special.get(byte) ?? String.fromCharCode(byte)).join(""),
    encoding: "windows-1252" as const,
    length: bytes.length
  }))
const utf8 = fc.string({ unit: "binary", maxLength: 8, size: "max" }).map((text) => text.replaceAll("\0", "")).map((
  text
) => ({
  text,
  length: new TextEncoder().encode(text).length
}))

/** Text in UTF-8 that ends inside of a character: its bytes are kept. */
const cutOff = utf8.map(({ text }) => {
  const bytes = new TextEncoder().encode(`${text}\u00e9\u20ac`).slice(0, -1)
  return { text: `${text}\u00e9`, bytes, length: bytes.length }
})

interface Sized {
  /** How many bytes the text takes, with the bytes after it. */
  readonly length: number
  readonly text: Wave.Text
}

const trailingOf = (usual: number, canEndInZero: boolean) =>
  bytes(5).map((tail) => Uint8Array.of(0, ...tail)).filter((bytes) => canEndInZero || bytes.at(-1) !== 0).chain((
    bytes
  ) => fc.constantFrom(bytes, ...(canEndInZero ? [new Uint8Array(0)] : []))).filter((bytes) => bytes.length !== usual)

const sized = (usual: number, canEndInZero = true): fc.Arbitrary<Sized> =>
  fc.tuple(fc.oneof(utf8, windows1252, cutOff), fc.option(trailingOf(usual, canEndInZero), { nil: undefined })).map((
    [{ length, ...text }, trailing]
  ) => ({
    length: length + (trailing?.length ?? usual),
    text: trailing === undefined ? text : { ...text, trailing }
  }))

export const terminated = sized(1)
const open = sized(0)
const fixed = (width: number) => sized(0, false).filter(({ length }) => length <= width).map(({ text }) => text)

interface Padded<A> {
  readonly odd: boolean
  readonly value: A
}

/** Elements with any pad bytes that a list can have, and the bytes after the last one. */
const list = <A>(
  element: fc.Arbitrary<Padded<A>>
): fc.Arbitrary<readonly [ReadonlyArray<A | (A & { readonly pad: Wave.Pad })>, { readonly rest?: Uint8Array }]> =>
  fc.tuple(few(fc.tuple(element, fc.option(u8.filter((byte) => byte > 0), { nil: undefined }))), rest(7), fc.boolean())
    .map((
      [elements, rest, missing]
    ) => [
      elements.map(([{ odd, value }, pad], index) =>
        !odd
          ? value
          : missing && rest.rest === undefined && index === elements.length - 1
          ? { ...value, pad: "missing" as const }
          : pad === undefined
          ? value
          : { ...value, pad }
      ),
      rest
    ])

const infoList: fc.Arbitrary<Wave.InfoList> = list(
  fc.tuple(fourCC, terminated).map(([id, { length, text }]) => ({ odd: length % 2 === 1, value: { id, ...text } }))
).map(([tags, rest]) => merge({ tags }, rest))

const entry: fc.Arbitrary<Padded<Wave.AdtlEntry>> = fc.oneof(
  fc.tuple(fc.constantFrom("labl" as const, "note" as const), u32, terminated).map(([_tag, cue, { length, text }]) => ({
    odd: length % 2 === 1,
    value: { _tag, cue, ...text }
  })),
  fc.tuple(
    fc.record({
      _tag: is("ltxt"),
      cue: u32,
      length: u32,
      purpose: fourCC,
      country: u16,
      language: u16,
      dialect: u16,
      codePage: u16
    }),
    open
  ).map(([head, { length, text }]) => ({ odd: length % 2 === 1, value: { ...head, ...text } })),
  fc.record({ _tag: is("other"), id: fourCC, data: bytes(9) }).map((value) => ({
    odd: value.data.length % 2 === 1,
    value
  }))
)
const adtlList: fc.Arbitrary<Wave.AdtlList> = list(entry).map(([entries, rest]) => merge({ entries }, rest))

// ---------------------------------------------------------------------------------------------------------------------
// the others
// ---------------------------------------------------------------------------------------------------------------------

const cue: fc.Arbitrary<Wave.Cue> = both(
  fc.record({
    points: few(
      fc.record({ id: u32, position: u32, chunk: fourCC, chunkStart: u32, blockStart: u32, sampleOffset: u32 })
    )
  }),
  rest()
)

const sampler: fc.Arbitrary<Wave.Sampler> = both(
  fc.record({
    manufacturer: u32,
    product: u32,
    samplePeriod: u32,
    midiUnityNote: u32,
    midiPitchFraction: u32,
    smpteFormat: u32,
    smpteOffset: u32,
    loops: few(
      fc.record({
        id: u32,
        type: fc.oneof(
          fc.constantFrom("forward" as const, "alternating" as const, "backward" as const),
          u32.filter((n) => n > 2)
        ),
        start: u32,
        end: u32,
        fraction: u32,
        playCount: u32
      })
    ),
    samplerData: bytes(9)
  }),
  rest()
)

const instrument: fc.Arbitrary<Wave.Instrument> = both(
  fc.record({
    unshiftedNote: u8,
    fineTune: i8,
    gain: i8,
    lowNote: u8,
    highNote: u8,
    lowVelocity: u8,
    highVelocity: u8
  }),
  rest()
)

const texts = {
  description: fixed(256),
  originator: fixed(32),
  originatorReference: fixed(32),
  originationDate: fixed(10),
  originationTime: fixed(8),
  timeReference: u64,
  codingHistory: open.map(({ text }) => text)
}
const umid = bytes(64, 64)
const bext: fc.Arbitrary<Wave.Bext> = fc.oneof(
  fc.record({ _tag: is("BextV0"), version: is(0), ...texts, reserved: bytes(254, 254) }),
  fc.record({ _tag: is("BextV1"), version: is(1), ...texts, umid, reserved: bytes(190, 190) }),
  fc.record({
    _tag: is("BextV2"),
    version: fc.integer({ min: 2, max: 0xffff }),
    ...texts,
    umid,
    loudness: fc.record({ value: i16, range: i16, maxTruePeak: i16, maxMomentary: i16, maxShortTerm: i16 }),
    reserved: bytes(180, 180)
  })
)

const ds64: fc.Arbitrary<Wave.Ds64> = both(
  fc.record({ riffSize: u64, dataSize: u64, sampleCount: u64, table: few(fc.record({ id: fourCC, size: u64 })) }),
  rest()
)

/** Values of each kind of chunk, as decoding gives them. */
export const values: { readonly [K in keyof Wave.Known]: fc.Arbitrary<Wave.Known[K]> } = {
  "fmt ": format,
  fact: both(fc.record({ samples: u32 }), rest()),
  "cue ": cue,
  smpl: sampler,
  inst: instrument,
  bext,
  ds64,
  "LIST:INFO": infoList,
  "LIST:adtl": adtlList,
  CSET: both(fc.record({ codePage: u16, country: u16, language: u16, dialect: u16 }), rest()),
  // a whole record more would be another peak
  PEAK: both(
    fc.record({ version: u32, timestamp: u32, peaks: few(fc.record({ value: f32, position: u32 })) }),
    rest(7)
  ),
  acid: both(
    fc.record({
      flags: u32,
      rootNote: u16,
      unknown1: u16,
      unknown2: f32,
      beats: u32,
      meterDenominator: u16,
      meterNumerator: u16,
      tempo: f32
    }),
    rest()
  ),
  cart: fc.record({
    version: fixed(4),
    title: fixed(64),
    artist: fixed(64),
    cutId: fixed(64),
    clientId: fixed(64),
    category: fixed(64),
    classification: fixed(64),
    outCue: fixed(64),
    startDate: fixed(10),
    startTime: fixed(8),
    endDate: fixed(10),
    endTime: fixed(8),
    producerAppId: fixed(64),
    producerAppVersion: fixed(64),
    userDef: fixed(64),
    levelReference: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    timers: fc.array(fc.record({ usage: fourCC, value: u32 }), { minLength: 8, maxLength: 8 }),
    reserved: bytes(276, 276),
    url: fixed(1024),
    tagText: open.map(({ text }) => text)
  }),
  chna: both(
    fc.record({
      tracks: u16,
      uids: few(
        fc.record({ track: u16, uid: fixed(12), trackFormat: fixed(14), packFormat: fixed(11), pad: u8 })
      )
    }),
    rest()
  ),
  iXML: open.map(({ text }) => text),
  axml: open.map(({ text }) => text),
  _PMX: open.map(({ text }) => text),
  "ID3 ": bytes(20),
  "id3 ": bytes(20)
}

/** What `Riff` says of a chunk of this kind. */
export const header = (key: keyof Wave.Known) => ({
  id: FourCC.fromString(key),
  type: key.includes(":") ? FourCC.option(key.slice(5)) : FourCC.option("")
})
