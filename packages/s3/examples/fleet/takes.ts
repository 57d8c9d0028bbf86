/**
 * The takes of the example: every third one is of a recorder that died, whose sizes are those of an empty recording.
 */
const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const chunk = (id: string, data: Uint8Array, size = data.length) =>
  Buffer.concat([Buffer.from(id, "latin1"), uint32(size), data])

export const keyOf = (index: number): string => `takes/${String(index).padStart(5, "0")}.wav`

export const isDamaged = (index: number): boolean => index % 3 === 0

export const take = (index: number): Uint8Array => {
  const sound = Buffer.alloc(2000 + (index % 50) * 100, index)
  const format = chunk("fmt ", Buffer.from(Uint16Array.of(1, 2, 44_100, 0, 45_328, 2, 4, 16).buffer))
  const data = chunk("data", sound, isDamaged(index) ? 0 : sound.length)
  const form = Buffer.concat([Buffer.from("WAVE"), format, data])
  return Buffer.concat([Buffer.from("RIFF"), uint32(isDamaged(index) ? 4 + format.length + 8 : form.length), form])
}
