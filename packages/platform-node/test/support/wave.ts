/** WAVE files as bytes. */

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

export const chunk = (id: string, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(id), uint32(data.length), data, Buffer.alloc(data.length % 2)])

/** A list with a title. */
export const info = (title: string): Buffer =>
  chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from(title))]))

/** Two channels of 16 bits. */
export const fmt = chunk("fmt ", Buffer.from("0100020044ac000010b1020004001000", "hex"))

export const form = (...chunks: ReadonlyArray<Buffer>): Buffer =>
  chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...chunks]))
