/**
 * Files as users of other programs reported them, made small: what is wrong with each, and what ffprobe 5.1 and
 * sndfile-info 1.2.0 read of it where both agree.
 */
import { bytes, chunk, fmt, form, number, tagged } from "./wav.js"

/** 1000 bytes of sound: 500 frames of 16 bits, of one channel. */
const samples = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37 + (i >> 3) + 11) & 0xff)
const data = chunk("data", samples)

/** The sub-format of PCM, as its bytes are in a file. */
const pcmGuid = Uint8Array.from(
  "0100000000001000800000aa00389b71".match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16)
)

/** `fmt ` with bytes after the 16 that all have. */
const fmtWith = (options: Parameters<typeof fmt>[0], extra: Uint8Array, big = false): Uint8Array =>
  chunk("fmt ", bytes(fmt(options, big).slice(8), extra), { big })

/** `fmt ` of an extensible format, with any size of the extra bytes. */
export const extensible = (
  options: Parameters<typeof fmt>[0],
  { big = false, size = 22, subFormat = pcmGuid }: {
    readonly big?: boolean
    readonly size?: number
    readonly subFormat?: Uint8Array
  } = {}
): Uint8Array =>
  fmtWith(
    { ...options, tag: 0xfffe },
    bytes(number(2, size, big), number(2, options?.bits ?? 16, big), number(4, 4, big), subFormat),
    big
  )

/** The `cbSize` says 2, where `fmt ` ends: G.711 mu-law, 1000 frames. */
export const muLawWithTwoExtraBytes = form([fmtWith({ align: 1, bits: 8, tag: 7 }, number(2, 2)), data])

/** The `cbSize` says 24, where 22 bytes follow: PCM, 500 frames. */
export const extensibleOf24Bytes = form([extensible({}, { size: 24 }), data])

/** PCM of one channel and 16 bits whose block align is 4: 500 frames. */
export const monoBlockAlign4 = form([fmt({ align: 4 }), data])

/** A description in UTF-8 that ends inside of its last character, where the field ends. */
export const bextCutInsideOfACharacter = form([
  chunk("bext", bytes(new TextEncoder().encode(`a${"\u00e9".repeat(200)}`).slice(0, 256), new Uint8Array(346))),
  fmt(),
  data
])

/** A recorder's list that consists of zeros: 500 frames. */
export const listOfZeros = form([fmt(), chunk("LIST", new Uint8Array(3164)), data])

/** Tags at the end in a list that declares 3 GB: 500 frames, titled "Old". */
export const listOf3Gigabytes = form([
  fmt(),
  data,
  chunk("LIST", tagged("INAM", "Old").slice(8), { size: 3_000_000_000 })
])

/** The same list before the samples, which its size covers. */
export const listOf3GigabytesBefore = form([
  fmt(),
  chunk("LIST", tagged("INAM", "Old").slice(8), { size: 3_000_000_000 }),
  data
])

/** 500 frames, and nothing wrong: what the files below have that are damaged. */
export const sound = form([fmt(), data, tagged("INAM", "Old")])

/** The same with another size of the form. */
export const sized = (size: number): Uint8Array => form([fmt(), data, tagged("INAM", "Old")], { size })

/** A recorder's list of zeros, as long as it is in the field: 500 frames. */
export const longListOfZeros = form([fmt(), chunk("LIST", new Uint8Array(393_164)), data])

/** 12 bytes of sound after `data`, inside of the form: 500 frames. */
export const soundAfterData = form([fmt(), data, samples.slice(8, 20)])

/** What a program with libsndfile leaves when it is killed: 500 frames. */
export const libsndfileDied = form([fmt(), chunk("data", new Uint8Array(0)), samples], { size: 8 })

/** No size of the form, 500 bytes of `data`, and 500 more bytes of sound that are no chunk. */
export const unsizedSamples = form([
  fmt({ align: 1, bits: 8 }),
  chunk("data", samples.slice(0, 500)),
  samples.slice(500)
], { size: 0 })

/** An editor put the tags after the form: 500 frames, titled "Old". */
export const tagsAfterForm = bytes(form([fmt(), data]), tagged("INAM", "Old"))

/** An ID3v2 tag of any content. */
export const id3v2 = (content: Uint8Array, flags = 0): Uint8Array =>
  bytes("ID3", Uint8Array.of(4, 0, flags, ...[21, 14, 7, 0].map((shift) => content.length >> shift & 0x7f)), content)

/** Two lists with a title each. */
export const twoTitles = form([fmt(), tagged("INAM", "Old A"), data, tagged("INAM", "Old B")])

/** Two `bext`. */
export const twoBext = form([
  ...["first", "second"].map((text) => chunk("bext", bytes(text, new Uint8Array(602 - text.length)))),
  fmt(),
  data
])

/** Samples of an odd number of bytes without a pad byte, and tags: 501 frames of 8 bits. */
export const unpaddedSamples = form([
  fmt({ align: 1, bits: 8 }),
  chunk("data", samples.slice(0, 501)).slice(0, -1),
  tagged("INAM", "Old")
])

/**
 * A sound font whose `smpl`, of odd size, has no pad byte, and after which the next list begins at once, as a writer of
 * SF3 leaves it.
 */
export const unpaddedSoundFont = form([
  chunk("LIST", bytes("INFO", chunk("ifil", Uint8Array.of(3, 0, 0, 0)))),
  bytes("LIST", number(4, 513), "sdta", chunk("smpl", samples.slice(0, 501)).slice(0, -1)),
  chunk("LIST", bytes("pdta", chunk("phdr", new Uint8Array(38))))
], { type: "sfbk" })

/** 500 frames, and a chunk of so many bytes before them: more than any buffer holds. */
export const largeChunkBefore = (size: number): Uint8Array =>
  form([fmt(), chunk("junk", new Uint8Array(size)), data, tagged("INAM", "Old")])
