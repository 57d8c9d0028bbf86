import { describe, expect, it } from "@effect/vitest"
import { localHeader, placedRecord } from "../src/internal/records.js"

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

describe("a record of the directory with another offset", () => {
  type Values = ReadonlyArray<readonly [bytes: 2 | 4 | 8, value: number]>
  const numbers = (...values: Values) =>
    Buffer.concat(values.map(([bytes, value]) => {
      const buffer = Buffer.alloc(bytes)
      buffer.writeUIntLE(value, 0, Math.min(bytes, 6))
      return buffer
    }))
  const record = (disk: number, offset: number, extra: Buffer) => {
    const head = Buffer.alloc(46)
    head.writeUInt32LE(0x02014b50, 0)
    head.writeUInt32LE(0xffffffff, 20)
    head.writeUInt32LE(0xffffffff, 24)
    head.writeUInt16LE(extra.length, 30)
    head.writeUInt16LE(disk, 34)
    head.writeUInt32LE(offset, 42)
    return new Uint8Array(Buffer.concat([head, extra]))
  }
  const sizes = [[8, 50], [8, 40]] as const
  const zip64 = (...values: Values) => {
    const data = numbers(...values)
    return Buffer.concat([numbers([2, 1], [2, data.length]), data])
  }

  for (const [where, offset, old] of [["in its Zip64 field", 0xffffffff, [[8, 7]]], ["of its own", 7, []]] as const) {
    it(`${where} keeps the number of its disk in the field`, () => {
      const before = record(0xffff, offset, zip64(...sizes, ...old, [4, 3]))
      const wide = record(0xffff, 0xffffffff, zip64(...sizes, [8, 2 ** 33], [4, 3]))
      expect(placedRecord(before, 2 ** 33)).toEqual(wide)
    })

    it(`${where} has no disk in the field where it has its own`, () => {
      const before = record(0, offset, zip64(...sizes, ...old))
      expect(placedRecord(before, 2 ** 33)).toEqual(record(0, 0xffffffff, zip64(...sizes, [8, 2 ** 33])))
    })
  }
})
