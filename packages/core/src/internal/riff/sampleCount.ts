/**
 * How many samples a WAVE has in each channel, by its `fmt ` and the size of `data`, and the `fact` that says so. Edits
 * and repairs do without the codecs of these chunks, and without their schemas.
 */
import { copyOf } from "../io/copy.js"
import * as Layout from "./layout.js"

/** The format tags of PCM, IEEE float, A-law and mu-law. */
const uncompressed: ReadonlySet<number> = new Set([1, 3, 6, 7])
const extensible = 0xfffe

/** Where in `fmt ` the numbers are: the sub-format begins with a format tag. */
const at = { tag: 0, channels: 2, blockAlign: 12, bits: 14, subFormat: 24 }

/** How much of `fmt ` has the numbers. @internal */
export const mostFormat = 26

/** No `fact` is longer. @internal */
export const mostFact = 256

/**
 * How many bytes the samples of all channels take; undefined where they are compressed, or `fmt ` does not say it.
 * @internal
 */
export const frameSize = (fmt: Uint8Array, little: boolean): number | undefined => {
  const view = new DataView(fmt.buffer, fmt.byteOffset, fmt.byteLength)
  const number = (offset: number) => offset + 2 <= view.byteLength ? view.getUint16(offset, little) : 0
  const tag = number(at.tag)
  if (!uncompressed.has(tag === extensible ? number(at.subFormat) : tag)) return undefined
  return number(at.channels) * Math.ceil(number(at.bits) / 8) || number(at.blockAlign) || undefined
}

/** A `fact` with this number of samples, which in Wave64 may have 64 bits for it. @internal */
export const inFact = (fact: Uint8Array, layout: Layout.Layout, samples: number): Uint8Array => {
  const bytes = copyOf(fact)
  const view = new DataView(bytes.buffer)
  if (layout === Layout.wave64 && bytes.length >= 8) view.setBigUint64(0, BigInt(samples), true)
  else view.setUint32(0, Math.min(samples, Layout.unknownSize), layout.byteOrder === "little")
  return bytes
}

/** The number of samples that a `fact` of at least four bytes says. @internal */
export const ofFact = (fact: Uint8Array, layout: Layout.Layout): number => {
  const view = new DataView(fact.buffer, fact.byteOffset, fact.byteLength)
  return layout === Layout.wave64 && fact.length >= 8
    ? Number(view.getBigUint64(0, true))
    : view.getUint32(0, layout.byteOrder === "little")
}
