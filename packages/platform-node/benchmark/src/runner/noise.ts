/** Bytes that look random and are always the same. */
import * as crypto from "node:crypto"
import * as fs from "node:fs"

const piece = 2 ** 20

/** Noise from its beginning on, a piece of 1 MiB at each call. */
const noise = (): () => Uint8Array => {
  const cipher = crypto.createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16))
  const zeros = Buffer.alloc(piece)
  return () => cipher.update(zeros)
}

/** The first MiB of it. */
export const pieceOfNoise: Uint8Array = noise()()

/** Makes a file of `size` bytes, a multiple of a MiB. */
export const writeNoise = (file: string, size: number): void => {
  const next = noise()
  const fd = fs.openSync(file, "w")
  try {
    for (let written = 0; written < size;) written += fs.writeSync(fd, next())
  } finally {
    fs.closeSync(fd)
  }
}
