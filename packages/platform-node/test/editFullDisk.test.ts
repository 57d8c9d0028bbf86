/**
 * Edits on disks that become full, and of files that may not grow: the old file, whole, or the new one.
 */
import { IOProc, Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import { canLoop, canMount, has, isLinux, limit, loopDevice, mounted, smallDisk, tempFolder, text } from "./helpers.js"
import { chunk, fmt, form, info } from "./support/wave.js"

const page = 4096
const scale = Number(process.env["MMIO_TEST_SCALE"] ?? 1)

/** What is in front of the samples. */
const front = form(fmt, info("a"), chunk("data", Buffer.alloc(0)))
/**
 * Samples, of which some pages are zeros: a sparse file has holes there. The file ends with a page: none of its journal
 * is free of cost.
 */
const samples = Buffer.from(
  Array.from(
    { length: 10 * page - front.length },
    (_, i) => Math.floor((front.length + i) / page) % 3 === 1 ? 0 : 1 + (i * 31 + (i >> 8)) % 251
  )
)
const before = form(fmt, info("a"), chunk("data", samples))

/** Edits that write in place, grow the file by little, and move much. */
const edits: Readonly<Record<string, ReadonlyArray<RiffEdit.RiffEdit>>> = {
  "that writes in place": [RiffEdit.assign("RIFF / LIST:INFO / INAM", text("b"))],
  "that grows the file": [RiffEdit.insert({ last: "RIFF" }, { chunk: "note", data: new Uint8Array(3 * page).fill(7) })],
  "that moves the samples": [RiffEdit.assign("RIFF / LIST:INFO / INAM", text("a title that needs more room"))]
}

/** Writes a file, with holes where it has pages of zeros. */
const writeSparse = (path: string, bytes: Buffer) => {
  const fd = NFS.openSync(path, "w")
  for (let at = 0; at < bytes.length; at += page) {
    const some = bytes.subarray(at, at + page)
    if (some.some((byte) => byte !== 0)) NFS.writeSync(fd, some, 0, some.length, at)
  }
  NFS.ftruncateSync(fd, bytes.length)
  NFS.closeSync(fd)
  assert.isBelow(NFS.statSync(path).blocks * 512, bytes.length)
}

const ways: Readonly<Record<string, (path: string, bytes: Buffer) => void>> = {
  dense: (path, bytes) => NFS.writeFileSync(path, bytes),
  sparse: writeSparse
}

const editing = (path: string, list: ReadonlyArray<RiffEdit.RiffEdit>) => Riff.edit(path, list, { keepOrder: true })

/** What an edit makes of the file where there is room. */
const edited = (list: ReadonlyArray<RiffEdit.RiffEdit>) =>
  Effect.gen(function*() {
    const path = `${yield* tempFolder}/file`
    NFS.writeFileSync(path, before)
    yield* editing(path, list)
    return NFS.readFileSync(path)
  }).pipe(Effect.provide(NodeIOProc.layer), Effect.scoped)

/** Leaves so many pages free. */
const fill = (folder: string, room: number) => {
  const ballast = `${folder}/ballast`
  const fd = NFS.openSync(ballast, "a")
  const bytes = new Uint8Array(page)
  while (NFS.statfsSync(folder).bavail > room) NFS.writeSync(fd, bytes)
  NFS.closeSync(fd)
}

/** Takes all room of a disk, whatever it says of that. */
const fillUp = (folder: string) => {
  const fd = NFS.openSync(`${folder}/ballast`, "a")
  for (let size = 64 * page; size >= page;) {
    try {
      NFS.writeSync(fd, new Uint8Array(size))
    } catch {
      size /= 2
    }
  }
  NFS.fsyncSync(fd)
  NFS.closeSync(fd)
}

/**
 * A storage that another program fills before the call that changes a file and has this number; and how many calls
 * there were.
 */
const fillingBefore = (driver: IOProc.IOProc, at: number, fills: () => void) => {
  let made = 0
  const counted = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      if (made++ === at) fills()
      return call
    })
  return {
    calls: () => made,
    driver: IOProc.mapFile(driver, (file) =>
      IOProc.wrapFile(file, {
        writeAt: file.writeAt && ((position, source, mode) => counted(file.writeAt!(position, source, mode))),
        truncate: file.truncate && ((size) => counted(file.truncate!(size)))
      }))
  }
}

/** The file is whole, and nothing is left to recover. */
const isWhole = (path: string, expected: Buffer, what: string) =>
  Effect.gen(function*() {
    assert.isTrue(NFS.readFileSync(path).equals(expected), what)
    assert.deepStrictEqual(yield* Mmio.withFile(path, {}, (file) => Riff.verify(file)), [], what)
  })

describe.skipIf(!canMount)("an edit on a real disk that becomes full", () => {
  for (const [name, list] of Object.entries(edits)) {
    for (const [way, write] of Object.entries(ways)) {
      it.scoped(`${name} of a ${way} file leaves the old file or the new one, with each page of room`, () =>
        Effect.gen(function*() {
          const after = yield* edited(list)
          const folder = yield* smallDisk(64 * page)
          const path = `${folder}/file`
          let whole = 0
          let failed = 0
          for (let room = 0; whole < 2; room++) {
            NFS.rmSync(`${folder}/ballast`, { force: true })
            write(path, before)
            fill(folder, room)
            const result = yield* Effect.either(editing(path, list))
            if (Either.isRight(result)) whole++
            else {
              failed++
              assert.strictEqual(result.left._tag, "CannotWrite", result.left.message)
              assert.include(result.left.message, "ENOSPC")
            }
            yield* isWhole(path, Either.isRight(result) ? after : before, `${room} pages of room`)
          }
          // A journal needs a page at least.
          assert.isAbove(failed, 0)
        }).pipe(Effect.provide(NodeIOProc.layer)))

      it.scoped(`${name} of a ${way} file does so where another program fills the disk before any call`, () =>
        Effect.gen(function*() {
          const after = yield* edited(list)
          const folder = yield* smallDisk(64 * page)
          const path = `${folder}/file`
          const driver = yield* NodeIOProc.make()
          const states = new Set<string>()
          let isFilled = true
          for (let at = 0; isFilled; at++) {
            NFS.rmSync(`${folder}/ballast`, { force: true })
            write(path, before)
            const filling = fillingBefore(driver, at, () => fill(folder, 0))
            const result = yield* Effect.either(
              Effect.provideService(editing(path, list), IOProc.IOProc, filling.driver)
            )
            isFilled = filling.calls() > at
            states.add(result._tag)
            yield* isWhole(path, Either.isRight(result) ? after : before, `filled before call ${at}`)
          }
          assert.deepStrictEqual([...states].toSorted(), ["Left", "Right"])
        }).pipe(Effect.provide(NodeIOProc.layer)))
    }
  }
})

const mkfs = "mkfs.xfs"

/** A file system that can share blocks, of its own. */
const sharingDisk = Effect.gen(function*() {
  const image = `${yield* tempFolder}/image`
  NFS.writeFileSync(image, "")
  NFS.truncateSync(image, 320 * 2 ** 20)
  ChildProcess.execFileSync(mkfs, ["-q", image])
  return yield* mounted(yield* loopDevice(image))
})

// A file system that has to be made takes seconds: only where tests run longer.
describe.skipIf(scale <= 1 || !canLoop || !has(mkfs))(
  "an edit of a file that shares its blocks with another one",
  () => {
    it.scoped(
      "leaves the old file or the new one, where another program fills the disk before any call",
      () =>
        Effect.gen(function*() {
          const list = edits["that moves the samples"] ?? []
          const after = yield* edited(list)
          const folder = yield* sharingDisk
          const path = `${folder}/file`
          NFS.writeFileSync(`${folder}/original`, before)
          const driver = yield* NodeIOProc.make()
          const states = new Set<string>()
          let isFilled = true
          for (let at = 0; isFilled; at++) {
            NFS.rmSync(`${folder}/ballast`, { force: true })
            ChildProcess.execFileSync("cp", ["--reflink=always", `${folder}/original`, path])
            const filling = fillingBefore(driver, at, () => fillUp(folder))
            const result = yield* Effect.either(
              Effect.provideService(editing(path, list), IOProc.IOProc, filling.driver)
            )
            isFilled = filling.calls() > at
            states.add(result._tag)
            yield* isWhole(path, Either.isRight(result) ? after : before, `filled before call ${at}`)
            assert.isTrue(NFS.readFileSync(`${folder}/original`).equals(before))
          }
          assert.deepStrictEqual([...states].toSorted(), ["Left", "Right"])
        }).pipe(Effect.provide(NodeIOProc.layer)),
      120_000
    )
  }
)

describe.skipIf(!isLinux || !has("prlimit"))("an edit of a file that may not grow", () => {
  for (const [name, list] of Object.entries(edits)) {
    it.scoped(`${name} leaves the old file or the new one, at each length that is allowed`, () =>
      Effect.gen(function*() {
        const after = yield* edited(list)
        const path = `${yield* tempFolder}/file`
        NFS.writeFileSync(path, before)
        // Every byte, at full scale; the parts of a journal begin at multiples of 512.
        const step = Math.max(1, Math.round(2039 / scale))
        let whole = 0
        for (let most = before.length; whole < 2; most += step) {
          const scope = yield* Scope.make()
          yield* Scope.extend(limit("fsize", most), scope)
          const result = yield* Effect.exit(Effect.either(editing(path, list)))
          yield* Scope.close(scope, result)
          if (result._tag === "Failure") return yield* result
          if (Either.isRight(result.value)) {
            whole++
            yield* isWhole(path, after, `${most} bytes`)
            NFS.writeFileSync(path, before)
          } else {
            assert.include(result.value.left.message, "EFBIG")
            yield* isWhole(path, before, `${most} bytes`)
          }
        }
      }).pipe(Effect.provide(NodeIOProc.layer)))
  }
})
