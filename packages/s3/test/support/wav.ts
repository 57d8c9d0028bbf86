/**
 * A WAVE file of any size, whose sound is zeros, and whose tags come after it: RF64, so that it may be larger than 4
 * GiB.
 */
import { type Content, sparse } from "./fake/content.js"

const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const uint64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const chunk = (id: string, data: Uint8Array) => Buffer.concat([Buffer.from(id, "latin1"), uint32(data.length), data])

/** One second is 176 400 bytes of sound. */
export const makeWave = (sound: number): Content & { readonly tagsAt: number } => {
  const format = chunk("fmt ", Buffer.from(Uint16Array.of(1, 2, 44_100, 0, 45_328, 2, 4, 16).buffer))
  const tags = chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from("Title\0"))]))
  const total = 4 + 36 + format.length + 8 + sound + tags.length
  const head = Buffer.concat([
    Buffer.from("RF64"),
    uint32(0xffffffff),
    Buffer.from("WAVE"),
    chunk("ds64", Buffer.concat([uint64(total), uint64(sound), uint64(sound / 4), uint32(0)])),
    format,
    Buffer.from("data"),
    uint32(0xffffffff)
  ])
  const tagsAt = head.length + sound
  return { ...sparse(total + 8, [[0, head], [tagsAt, tags]]), tagsAt }
}
