/** The codecs of the chunks that are known, by their ids. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { bext } from "./bext.js"
import { cart } from "./cart.js"
import { channels } from "./chna.js"
import { cue, ds64, fact, instrument, sampler } from "./chunks.js"
import { type Codec, decodeStrictly } from "./codec.js"
import { format } from "./format.js"
import { adtlList, infoList } from "./lists.js"
import type { Problem, Reading } from "./reading.js"
import { acid, characterSet, peaks } from "./records.js"
import { textChunk } from "./text.js"

/** Formats of their own, which are not looked into. */
const raw: Codec<Uint8Array> = {
  get schema() {
    return Schema.Uint8ArrayFromSelf
  },
  decode: (bytes) => bytes,
  encode: (bytes) => Either.right(bytes)
}

export const codecs: { readonly [K in keyof Api.Known]: Codec<Api.Known[K]> } = {
  "fmt ": format,
  fact,
  "cue ": cue,
  smpl: sampler,
  inst: instrument,
  bext,
  ds64,
  "LIST:INFO": infoList,
  "LIST:adtl": adtlList,
  CSET: characterSet,
  PEAK: peaks,
  acid,
  cart,
  chna: channels,
  iXML: textChunk,
  axml: textChunk,
  _PMX: textChunk,
  "ID3 ": raw,
  "id3 ": raw
}

export const decodeKnown = <K extends keyof Api.Known>(
  key: K,
  bytes: Uint8Array,
  reading: Reading
): Either.Either<Api.KnownChunk<K>, Problem> => {
  // the codec of this key, and of no other that the union of all keys could mean
  const codec: Codec<Api.Known[K]> = codecs[key]
  return Either.map(decodeStrictly(codec, bytes, reading), (value) => ({ _tag: key, value }))
}

/**
 * As much of a chunk as can be understood; what is wrong is in the problems of the reading.
 */
export const understand = <K extends keyof Api.Known>(
  key: K,
  bytes: Uint8Array,
  reading: Reading
): Api.KnownChunk<K> | undefined => {
  const codec: Codec<Api.Known[K]> = codecs[key]
  const value = codec.decode(bytes, reading)
  return value === undefined ? undefined : { _tag: key, value }
}
