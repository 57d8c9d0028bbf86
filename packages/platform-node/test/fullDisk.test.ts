/**
 * Handles on a disk that is really full.
 */
import { Mmio, MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Cause, Effect, Exit, Option } from "effect"
import * as NFS from "node:fs"
import { canMount, descriptorsIn, has, isLinux, limit, smallDisk, tempPath } from "./helpers.js"

const page = 4096

/** A disk of 16 pages, of which all but `free` are taken by a file that can be removed. */
const fullDisk = (free: number) =>
  Effect.map(smallDisk(16 * page), (folder) => {
    const ballast = `${folder}/ballast`
    NFS.writeFileSync(ballast, new Uint8Array((16 - free) * page))
    return { path: `${folder}/file`, makeRoom: Effect.sync(() => NFS.rmSync(ballast)) }
  })

/** Bytes that differ from place to place. */
const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 251)

const isFull = (error: MmioError.MmioError, operation: string) => {
  strictEqual(error._tag, "CannotWrite", error.message)
  strictEqual(error.operation, operation)
  assert.include(error.message, "no space left on device (ENOSPC)")
}

const suite = (name: string, free: number, size: number, buffer: number | "none") =>
  it.scoped(name, () =>
    Effect.gen(function*() {
      const { makeRoom, path } = yield* fullDisk(free)
      const file = yield* Mmio.open(path, { access: "readWrite", create: true, buffer })
      const content = bytes(size)
      strictEqual(yield* Mmio.write(file, content), size)

      isFull(yield* Effect.flip(Mmio.flush(file)), "Mmio.flush")
      strictEqual(yield* Mmio.position(file), size)
      isFull(yield* Effect.flip(Mmio.close(file)), "Mmio.close")
      strictEqual(yield* Mmio.position(file), size)
      strictEqual(NFS.statSync(path).size, free * page)

      yield* makeRoom
      yield* Mmio.flush(file)
      assert.isTrue(Buffer.from(content).equals(NFS.readFileSync(path)))
      strictEqual(yield* Mmio.position(file), size)
      yield* Mmio.seek(file, 0)
      assert.deepStrictEqual(yield* Mmio.read(file, size + 1), content)
      yield* Mmio.close(file)
      assert.deepStrictEqual(descriptorsIn(path), [])
    }).pipe(Effect.provide(NodeIOProc.layerWith({ sync: true }))))

describe.skipIf(!canMount)("a handle on a full disk", () => {
  suite("keeps its bytes until there is room", 0, 5000, 8192)
  suite("keeps the unwritten ones until there is room", 1, 7000, 8192)
  suite("with a large buffer does the same", 2, 30_000, 32_768)

  it.scoped("reports how much of a bypassing write was written, and can write the rest", () =>
    Effect.gen(function*() {
      const { makeRoom, path } = yield* fullDisk(2)
      const file = yield* Mmio.open(path, { access: "write", create: true, buffer: 100 })
      const content = bytes(3 * page)
      yield* Mmio.write(file, content.subarray(0, 50))
      const error = yield* Effect.flip(Mmio.write(file, content.subarray(50)))
      isFull(error, "Mmio.write")
      strictEqual(error._tag === "CannotWrite" ? error.written : -1, 2 * page - 50)
      strictEqual(yield* Mmio.position(file), 50)
      yield* makeRoom
      yield* Mmio.write(file, content.subarray(50))
      yield* Mmio.close(file)
      assert.isTrue(Buffer.from(content).equals(NFS.readFileSync(path)))
    }).pipe(Effect.provide(NodeIOProc.layerWith({ writeBehind: false }))))

  it.scoped("reports the failure at the flush, and loses nothing", () =>
    Effect.gen(function*() {
      const { makeRoom, path } = yield* fullDisk(2)
      const file = yield* Mmio.open(path, { access: "write", create: true, buffer: 100 })
      const content = bytes(3 * page)
      for (let at = 0; at < content.length; at += page / 2) {
        yield* Mmio.write(file, content.subarray(at, at + page / 2))
      }
      isFull(yield* Effect.flip(Mmio.flush(file)), "Mmio.flush")
      isFull(yield* Effect.flip(Mmio.flush(file)), "Mmio.flush")
      assert.strictEqual(yield* Mmio.position(file), content.length)
      yield* makeRoom
      yield* Mmio.close(file)
      assert.isTrue(Buffer.from(content).equals(NFS.readFileSync(path)))
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("fails in the type of withFile, and is closed", () =>
    Effect.gen(function*() {
      const { path } = yield* fullDisk(0)
      const used = Mmio.withFile(
        path,
        { access: "write", create: true },
        (file) => Effect.as(Mmio.write(file, bytes(100)), "used")
      )
      isFull(yield* Effect.flip(used), "Mmio.withFile")
      assert.deepStrictEqual(descriptorsIn(path), [])
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("is a defect at the end of a scope, and is closed", () =>
    Effect.gen(function*() {
      const { path } = yield* fullDisk(0)
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open(path, { access: "write", create: true })
        yield* Mmio.write(file, bytes(100))
      })))
      assert(Exit.isFailure(exit))
      const defect = Option.getOrThrow(Cause.dieOption(exit.cause))
      assert(MmioError.isMmioError(defect) && defect._tag !== "InvalidHandle")
      isFull(defect, "Mmio.close")
      assert.deepStrictEqual(descriptorsIn(path), [])
    }).pipe(Effect.provide(NodeIOProc.layer)))
})

describe.skipIf(!isLinux || !has("prlimit"))("a handle on a file that has grown as large as it may", () => {
  it.scoped("keeps its bytes until the limit is higher", () =>
    Effect.gen(function*() {
      const path = yield* tempPath()
      const content = bytes(5000)
      const file = yield* Mmio.open(path, { access: "write", create: true })
      yield* Mmio.write(file, content)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* limit("fsize", 3000)
        const error = yield* Effect.flip(Mmio.flush(file))
        strictEqual(error._tag, "CannotWrite")
        assert.include(error.message, "at 3000: the file would be too large (EFBIG)")
        strictEqual(NFS.statSync(path).size, 3000)
      }))
      yield* Mmio.close(file)
      assert.isTrue(Buffer.from(content).equals(NFS.readFileSync(path)))
    }).pipe(Effect.provide(NodeIOProc.layer)))
})
