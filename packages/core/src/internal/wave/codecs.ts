import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { bext } from "./bext.js"
import { cue, ds64, fact, instrument, sampler } from "./chunks.js"
import type { Codec, Malformed } from "./codec.js"
import { format } from "./format.js"
import { adtlList, infoList } from "./lists.js"

/** Formats of their own, which are not looked into. */
const raw: Codec<Uint8Array> = {
  schema: Schema.Uint8ArrayFromSelf,
  decode: (bytes) => Either.right(bytes),
  encode: (bytes) => Either.right(bytes)
}

/** @internal */
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
  iXML: raw,
  _PMX: raw,
  "ID3 ": raw,
  "id3 ": raw
}

/** @internal */
export const decodeKnown = <K extends keyof Api.Known>(
  key: K,
  bytes: Uint8Array,
  little: boolean
): Either.Either<Api.KnownChunk<K>, Malformed> => {
  // the codec of this key, and of no other that the union of all keys could mean
  const codec: Codec<Api.Known[K]> = codecs[key]
  return Either.map(codec.decode(bytes, little), (value) => ({ _tag: key, value }))
}
