/** What a work shows the bytes to that it has got. */
import * as crypto from "node:crypto"

export interface Digest {
  /** The next bytes, in whatever pieces they come. */
  readonly add: (bytes: Uint8Array) => void
  readonly value: () => string
}

/** For the comparison of results: depends on every byte, and not on the pieces. */
export const ofContent = (): Digest => {
  const hash = crypto.createHash("sha1")
  return { add: (bytes) => void hash.update(bytes), value: () => hash.digest("hex") }
}

/** For what is timed: costs next to nothing. */
export const ofLength = (): Digest => {
  let length = 0
  return {
    add: (bytes) => {
      length += bytes.length
    },
    value: () => `${length} bytes`
  }
}
