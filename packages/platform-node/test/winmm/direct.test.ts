/** What the pages of mmioGetInfo, mmioSetInfo, mmioAdvance and MMIOINFO say, and what this library does. */
import { FourCC, IOProc, Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import * as NFS from "node:fs"
import { tempPath, text } from "../helpers.js"
import { makeSmallDisk } from "../support/smallDisk.js"
import { latin1, mapProcedure } from "../support/storages.js"

const onDisk = Effect.provide(NodeIOProc.layer)

const opened = Effect.gen(function*() {
  const path = yield* tempPath("abcdefgh")
  return { path, file: yield* Mmio.open(path, { access: "readWrite", buffer: 4 }) }
})

const readable = ({ bytes, endRead, next }: Mmio.Info) => latin1(bytes.subarray(next, endRead))

describe("mmioGetInfo", () => {
  it.scoped("gives the next byte, the end of what can be read, and the end of what can be written", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.read(file, 1)
      const info = yield* Mmio.getInfo(file)
      strictEqual(readable(info), "bcd")
      strictEqual(info.next, 1)
      strictEqual(info.endRead, 4)
      strictEqual(info.endWrite, 4)
    })))

  it.scoped("gives no room for writing on a handle that is only read", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abc"))
      yield* Mmio.read(file, 1)
      const { endWrite, next } = yield* Mmio.getInfo(file)
      strictEqual(endWrite, next)
    })))

  it.scoped("reading: next moves by what was consumed, and mmioSetInfo hands it back", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      const info = yield* Mmio.advance(file, yield* Mmio.getInfo(file), "read")
      yield* Mmio.setInfo(file, { ...info, next: info.next + 3 })
      strictEqual(yield* Mmio.position(file), 3)
      strictEqual(latin1(yield* Mmio.read(file, 9)), "defgh")
    })))

  it.scoped("calls between mmioGetInfo and mmioSetInfo that move the buffer are noticed: InvalidParameter", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      const info = yield* Mmio.getInfo(file)
      yield* Mmio.read(file, 3)
      yield* Mmio.read(file, 3)
      for (const stale of [Mmio.setInfo(file, info), Mmio.advance(file, info, "read")]) {
        strictEqual((yield* Effect.flip<unknown, { readonly _tag: string }, never>(stale))._tag, "InvalidParameter")
      }
      strictEqual(yield* Mmio.position(file), 6)
    })))

  it.scoped("next may also go back, to any byte that the buffer holds", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.read(file, 3)
      const info = yield* Mmio.getInfo(file)
      yield* Mmio.setInfo(file, { ...info, next: 1 })
      strictEqual(latin1(yield* Mmio.read(file, 2)), "bc")
      strictEqual((yield* Effect.flip(Mmio.setInfo(file, { ...info, next: 5 })))._tag, "InvalidParameter")
      strictEqual((yield* Effect.flip(Mmio.setInfo(file, { ...info, next: -1 })))._tag, "InvalidParameter")
    })))

  it.scoped("what a program changes in the snapshot, but for next and dirty, has no effect", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.read(file, 2)
      const info = yield* Mmio.getInfo(file)
      yield* Mmio.setInfo(file, { ...info, bufferOffset: 99, diskOffset: 99, endRead: 0, access: "read" })
      strictEqual(latin1(yield* Mmio.read(file, 9)), "cdefgh")
    })))
})

describe("mmioSetInfo", () => {
  it.scoped("with MMIO_DIRTY has the buffer written by the next flush", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      const info = yield* Mmio.advance(file, undefined, "read")
      info.bytes.set(text("XY"), info.next)
      yield* Mmio.setInfo(file, { ...info, next: info.next + 2, dirty: true })
      yield* Mmio.flush(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "XYcdefgh")
      strictEqual(yield* Mmio.position(file), 2)
    })))

  it.scoped("without MMIO_DIRTY has nothing written of what was changed", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      const info = yield* Mmio.advance(file, undefined, "read")
      info.bytes.set(text("XY"), info.next)
      yield* Mmio.setInfo(file, { ...info, next: info.next + 2 })
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "abcdefgh")
    })))

  it.scoped("with MMIO_DIRTY on a handle that is only read is InvalidParameter", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abc"))
      const info = yield* Mmio.getInfo(file)
      strictEqual((yield* Effect.flip(Mmio.setInfo(file, { ...info, dirty: true })))._tag, "InvalidParameter")
    })))

  it.scoped("moves the end of a memory file by what was written in its block", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 8, create: true })
      const info = yield* Mmio.getInfo(file)
      strictEqual(info.endWrite, 8)
      info.bytes.set(text("abc"))
      yield* Mmio.setInfo(file, { ...info, next: 3, dirty: true })
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "abc")
    }))
})

describe("mmioAdvance", () => {
  it.scoped("MMIO_READ fills the buffer from the file, after what was not consumed", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      const first = yield* Mmio.advance(file, yield* Mmio.getInfo(file), "read")
      strictEqual(readable(first), "abcd")
      const second = yield* Mmio.advance(file, { ...first, next: first.endRead }, "read")
      strictEqual(readable(second), "efgh")
      const third = yield* Mmio.advance(file, { ...second, next: second.next + 3 }, "read")
      strictEqual(readable(third), "h")
    })))

  it.scoped("MMIO_WRITE writes a dirty buffer to the file, and gives room for a whole one", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      let info = yield* Mmio.getInfo(file)
      for (const part of ["1234", "5678", "90"]) {
        if (info.next === info.endWrite) info = yield* Mmio.advance(file, { ...info, dirty: true }, "write")
        strictEqual(info.endWrite - info.next, 4)
        info.bytes.set(text(part), info.next)
        info = { ...info, next: info.next + part.length, dirty: true }
      }
      yield* Mmio.setInfo(file, info)
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "1234567890")
    })))

  it.scoped("without MMIO_DIRTY does not write what was changed", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      const info = yield* Mmio.advance(file, undefined, "read")
      info.bytes.set(text("XXXX"), info.next)
      yield* Mmio.advance(file, { ...info, next: info.endRead }, "write")
      yield* Mmio.close(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "abcdefgh")
    })))

  it.scoped("of a file for reading and writing writes the buffer before it reads the next", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      const info = yield* Mmio.advance(file, undefined, "read")
      info.bytes.set(text("XXXX"), info.next)
      const next = yield* Mmio.advance(file, { ...info, next: info.endRead, dirty: true }, "read")
      strictEqual(readable(next), "efgh")
      yield* Mmio.flush(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "XXXXefgh")
    })))

  it.scoped("is CannotWrite on a full disk, and keeps the bytes", () =>
    Effect.gen(function*() {
      const disk = makeSmallDisk(2)
      const file = yield* Mmio.openWith(disk.ioProc, "f", { access: "write", buffer: 4 })
      const info = yield* Mmio.getInfo(file)
      info.bytes.set(text("abcd"))
      const error = yield* Effect.flip(Mmio.advance(file, { ...info, next: 4, dirty: true }, "write"))
      strictEqual(error._tag, "CannotWrite")
      disk.grow(100)
      yield* Mmio.flush(file)
      strictEqual(latin1(disk.content()), "abcd")
    }))

  it.scoped("of a file that is only written takes MMIO_WRITE alone: MMIO_READ does not compile, and is CannotRead", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abc"), { access: "write" })
      // @ts-expect-error the handle cannot be read
      const error = yield* Effect.flip(Mmio.advance(file, undefined, "read"))
      strictEqual(error._tag, "CannotRead")
      yield* Mmio.advance(file, undefined, "write")
    })))

  it.scoped("succeeds at the end of the file, where next and endRead are then equal", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.seek(file, 0, "end")
      const { endRead, next } = yield* Mmio.advance(file, yield* Mmio.getInfo(file), "read")
      strictEqual(next, endRead)
    })))

  it.scoped("is CannotExpand on a memory file that is full and does not grow", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 2 })
      const info = yield* Mmio.getInfo(file)
      strictEqual(
        (yield* Effect.flip(Mmio.advance(file, { ...info, next: 2, dirty: true }, "write")))._tag,
        "CannotExpand"
      )
    }))

  it.scoped("expands a memory file that grows, and keeps its content", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("ab"), expandBy: 10 })
      const info = yield* Mmio.getInfo(file)
      const grown = yield* Mmio.advance(file, { ...info, next: 2 }, "write")
      assert.isAtLeast(grown.endWrite - grown.next, 10)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "ab")
    }))

  it.scoped("is OutOfMemory on a memory file that could grow, where there is no memory for it", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("ab"), expandBy: Number.MAX_SAFE_INTEGER - 10 })
      yield* Mmio.seek(file, 0, "end")
      for (const info of [undefined, yield* Mmio.getInfo(file)]) {
        const error = yield* Effect.flip(Mmio.advance(file, info, "write"))
        strictEqual(error._tag, "OutOfMemory")
        strictEqual(error.code, 258)
      }
      yield* Mmio.seek(file, 5)
      strictEqual((yield* Effect.flip(Mmio.getInfo(file)))._tag, "OutOfMemory")
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "ab")
    }))

  it.scoped("succeeds where a memory file that does not grow ends, at the end of its block", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ size: 4, create: true })
      yield* Mmio.seek(file, 4)
      for (
        const info of [
          yield* Mmio.getInfo(file),
          yield* Mmio.advance(file, undefined, "read"),
          yield* Mmio.advance(file, yield* Mmio.getInfo(file), "read")
        ]
      ) {
        assert.deepStrictEqual([info.next, info.endRead, info.endWrite], [4, 4, 4])
      }
      strictEqual((yield* Effect.flip(Mmio.advance(file, undefined, "write")))._tag, "CannotExpand")
    }))

  it.scoped("has nothing to read past the block of a memory file that grows", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes: text("ab"), expandBy: 4 })
      yield* Mmio.seek(file, 10)
      const count = yield* Mmio.withBuffer(
        file,
        "read",
        ({ endRead, next }) => ({ value: endRead - next, next })
      )
      strictEqual(count, 0)
      strictEqual(yield* Mmio.position(file), 10)
      strictEqual(latin1(yield* Mmio.memoryBytes(file)), "ab")
    }))

  it.scoped("is Unbuffered on a file without a buffer", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abc"), { buffer: "none" })
      const info = yield* Mmio.getInfo(file)
      strictEqual((yield* Effect.flip(Mmio.advance(file, info, "read")))._tag, "Unbuffered")
    })))

  it.scoped("without an info only fills or drains the buffer", () =>
    onDisk(Effect.gen(function*() {
      const { file, path } = yield* opened
      strictEqual(readable(yield* Mmio.advance(file, undefined, "read")), "abcd")
      yield* Mmio.write(file, text("X"))
      yield* Mmio.advance(file, undefined, "write")
      yield* Mmio.flush(file)
      strictEqual(NFS.readFileSync(path, "latin1"), "Xbcdefgh")
    })))
})

describe("MMIOINFO", () => {
  it.scoped("dwFlags: access, and whether the buffer holds what is not written yet, apart from the flag of the program", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.write(file, text("X"))
      const { access, dirty, unwritten } = yield* Mmio.getInfo(file)
      assert.deepStrictEqual([access, dirty, unwritten], ["readWrite", false, true])
      yield* Mmio.flush(file)
      assert.isFalse((yield* Mmio.getInfo(file)).unwritten)
    })))

  it.scoped("fccIOProc and adwInfo: the code that chose the procedure, and what it was given", () =>
    Effect.gen(function*() {
      const options = { ioProc: "MAP ", parameters: { rate: 8000 } }
      const file = yield* Mmio.open("f", options)
      const { code, parameters } = yield* Mmio.getInfo(file)
      assert.deepStrictEqual(code, Option.some(FourCC.make("MAP ")))
      strictEqual(parameters, options.parameters)
      const plain = yield* Effect.flatMap(Mmio.openMemory(), Mmio.getInfo)
      assert.deepStrictEqual(plain.code, Option.some(FourCC.MEM))
    }).pipe(IOProc.withRoute(FourCC.make("MAP "), mapProcedure(new Map([["f", text("abc")]]))), onDisk))

  it.scoped("lBufOffset and lDiskOffset: where the buffer begins, and where the last transfer ended", () =>
    onDisk(Effect.gen(function*() {
      const { file } = yield* opened
      yield* Mmio.read(file, 5)
      const { bufferOffset, diskOffset, next } = yield* Mmio.getInfo(file)
      strictEqual(bufferOffset + next, 5)
      assert.isAtLeast(diskOffset, 5)
    })))

  it.scoped("of a memory file: the block is the buffer, and both offsets are 0", () =>
    Effect.gen(function*() {
      const bytes = text("abc")
      const file = yield* Mmio.openMemory({ bytes })
      yield* Mmio.read(file, 2)
      const info = yield* Mmio.getInfo(file)
      strictEqual(info.bytes, bytes)
      assert.deepStrictEqual([info.bufferOffset, info.diskOffset, info.next, info.endRead], [0, 0, 2, 3])
    }))

  it.scoped("of a file without a buffer has none, and so nothing to read or write in it", () =>
    onDisk(Effect.gen(function*() {
      const file = yield* Mmio.open(yield* tempPath("abc"), { buffer: "none" })
      const { bytes, endRead, endWrite, next } = yield* Mmio.getInfo(file)
      assert.deepStrictEqual([bytes.length, next, endRead, endWrite], [0, 0, 0, 0])
    })))
})
