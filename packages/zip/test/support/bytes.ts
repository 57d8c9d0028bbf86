/** Comparisons of bytes that take no time, and print nothing long. */
import { createHash } from "node:crypto"
import { expect } from "vitest"

/** What tells bytes apart, and can be printed. */
export const digest = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, ${createHash("md5").update(bytes).digest("hex")}`

export const expectBytes = (bytes: Uint8Array, expected: Uint8Array): void =>
  expect(digest(bytes)).toBe(digest(expected))
