/**
 * A WAVE file of any size, which is nowhere: its sound is zeros, and its tags come after it.
 */
import type { Resource } from "./server.js"

const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const chunk = (id: string, data: Uint8Array) => Buffer.concat([Buffer.from(id, "latin1"), uint32(data.length), data])

/** One second is 176 400 bytes of sound. */
export const makeWave = (sound: number): Resource => {
  const format = chunk("fmt ", Buffer.from(Uint16Array.of(1, 2, 44_100, 0, 45_328, 2, 4, 16).buffer))
  const tags = chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from("Title\0"))]))
  const total = 4 + format.length + 8 + sound + tags.length
  const head = Buffer.concat([
    Buffer.from("RIFF"),
    uint32(total),
    Buffer.from("WAVE"),
    format,
    Buffer.from("data"),
    uint32(sound)
  ])
  return {
    size: total + 8,
    etag: "\"wave\"",
    bytes: (start, end) => {
      const bytes = new Uint8Array(end - start)
      for (const [part, at] of [[head, 0], [tags, head.length + sound]] as const) {
        const from = Math.max(start, at)
        const to = Math.min(end, at + part.length)
        if (from < to) bytes.set(part.subarray(from - at, to - at), from - start)
      }
      return bytes
    }
  }
}
