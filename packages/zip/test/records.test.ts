import { describe, expect, it } from "@effect/vitest"
import { localHeader } from "../src/internal/records.js"

describe("the local header", () => {
  const facts = { name: new Uint8Array(1), isFolder: false, method: 8, modified: new Date(0), crc: 0 }

  for (const below of [2 ** 24 + 1, 2 ** 24, 2 ** 24 - 1, 1_000_000, 0, -1]) {
    it(`of an element of 4 GiB - 1 and ${below} bytes less is as long before its compressed size is known as after`, () => {
      const size = 0xffffffff - below
      const before = localHeader({ ...facts, compressed: 0, size })
      for (const compressed of [1, size, size + 1_400_000]) {
        expect(localHeader({ ...facts, compressed, size })).toHaveLength(before.length)
      }
    })
  }
})
