import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { Crash, IOProcContract } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc, Fiber, Layer, Option, Ref } from "effect"

const scale = Number(process.env["MMIO_TEST_SCALE"] ?? 1)

const filled = (length: number, value: number) => new Uint8Array(length).fill(value)

/** Opens by the driver itself: a handle would flush as it closes. */
const openRaw = (storage: IOProc.IOProc, name: string, create = false) =>
  storage.open(IOProc.openRequest(name, { access: "readWrite", create: create ? "truncate" : "no" }))

const writeRaw = (file: IOProc.File, offset: number, bytes: Uint8Array, mode: IOProc.WriteMode = "write") => {
  assert(file.writeAt !== undefined)
  return file.writeAt(offset, bytes, mode)
}

const truncateRaw = (file: IOProc.File, size: number) => {
  assert(file.truncate !== undefined)
  return file.truncate(size)
}

/** What crashes with these seeds leave of a storage. */
const outcomes = (storage: Crash.Crash, seeds: number) =>
  Effect.forEach(
    Array.from({ length: seeds }, (_, seed) => seed),
    (seed) => Effect.flatMap(storage.crash(seed), (after) => after.files)
  )

const keyOf = (files: Crash.Files) =>
  JSON.stringify(Object.entries(files).map(([name, bytes]) => [name, [...bytes]]).toSorted())

IOProcContract.suite("Crash", { layer: Crash.layer({}, { folders: ["folder"] }) })

describe("the storage", () => {
  it.effect("loses what was not flushed, and closing does not flush", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(600, 1) } })
      const file = yield* openRaw(storage, "a")
      yield* writeRaw(file, 0, filled(100, 2))
      yield* file.close
      assert.deepStrictEqual((yield* storage.files)["/a"]?.[0], 2)
      assert.deepStrictEqual(yield* storage.durable, { "/a": filled(600, 1) })
      assert.deepStrictEqual(yield* storage.pending, [{ op: "write", name: "/a", offset: 0, bytes: filled(100, 2) }])
      assert.deepStrictEqual(yield* (yield* storage.crash(0)).files, { "/a": filled(600, 1) })
      const [kept] = yield* Effect.map(storage.crash(1), (after) => [after])
      assert.deepStrictEqual(yield* kept!.files, yield* storage.files)
      assert.deepStrictEqual(yield* kept!.durable, yield* storage.files)
      assert.deepStrictEqual(yield* kept!.pending, [])
    }))

  it.effect("keeps what was flushed, with the name of the file and what was done to names before", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "old": filled(3, 1) } })
      yield* storage.rename(FileName.plain("old"), FileName.plain("older"))
      const file = yield* openRaw(storage, "new", true)
      yield* storage.remove(FileName.plain("older"))
      yield* writeRaw(file, 0, filled(5, 2), "writeFlush")
      // The removal came after the last step of `new`
      assert.deepStrictEqual(yield* storage.durable, { "/new": filled(5, 2), "/older": filled(3, 1) })
      assert.deepStrictEqual(yield* storage.pending, [{ op: "remove", name: "/older" }])
      for (const files of yield* outcomes(storage, 20)) assert.deepStrictEqual(files["/new"], filled(5, 2))
    }))

  it.effect("says what a crash does, and does it to a storage of its own", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(4, 1) } })
      const file = yield* openRaw(storage, "b", true)
      yield* writeRaw(file, 0, filled(1000, 2))
      assert.deepStrictEqual(yield* storage.damage(2), {
        seed: 2,
        kept: [{ op: "create", name: "/b" }],
        lost: [],
        files: [{ name: "/b", size: 0, written: 1000, sectors: [] }]
      })
      assert.deepStrictEqual(yield* storage.damage(0), {
        seed: 0,
        kept: [],
        lost: [{ op: "create", name: "/b" }],
        files: []
      })
      const torn = (yield* outcomes(storage, 60)).findIndex((files) =>
        files["/b"]?.length === 1000 && files["/b"][0] === 0
      )
      assert.isAtLeast(torn, 0)
      const damage = yield* storage.damage(torn)
      assert.deepStrictEqual(damage.files[0]?.sectors[0], { sector: 0, kept: 0, writes: 1 })

      const after = yield* storage.crash(0)
      yield* writeRaw(yield* openRaw(after, "c", true), 0, filled(1, 3), "writeFlush")
      assert.deepStrictEqual(Object.keys(yield* storage.files), ["/a", "/b"])
      assert.deepStrictEqual(Object.keys(yield* after.durable), ["/a", "/c"])
    }))

  it.effect("tears writes at the boundaries of sectors, and reorders them", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(2048, 0) } })
      const file = yield* openRaw(storage, "a")
      yield* writeRaw(file, 0, filled(1024, 1))
      yield* writeRaw(file, 1024, filled(1024, 2))
      const left = (yield* outcomes(storage, 100)).map((files) => files["/a"]!)
      const sectors = new Set(left.map((bytes) => [0, 512, 1024, 1536].map((at) => bytes[at]).join("")))
      assert.isTrue(sectors.has("1000"), "the first write is torn")
      assert.isTrue(sectors.has("0022"), "the second write came before the first")
      assert.isTrue(sectors.has("0120"), "both")
      assert.strictEqual(sectors.size, 16)
      const isWhole = (bytes: Uint8Array) => bytes.every((byte, at) => byte === bytes[at - at % 512])
      assert.isTrue(left.every(isWhole), "no sector is torn")
    }))

  it.effect("loses a single write, or all but one, the newest first; then steps of names", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(6, 0) }, sectorSize: 2 })
      const file = yield* openRaw(storage, "a")
      for (const [offset, value] of [[0, 1], [2, 2], [4, 3], [2, 4]] as const) {
        yield* writeRaw(file, offset, filled(2, value))
      }
      yield* storage.rename(FileName.plain("a"), FileName.plain("b"))
      yield* openRaw(storage, "c", true)
      const left = (yield* outcomes(storage, 14)).map((files) =>
        Object.entries(files).map(([name, bytes]) => `${name.slice(1)}${bytes.join("")}`).join(" ")
      )
      assert.deepStrictEqual(left, [
        "a000000", // everything lost
        "b114433 c", // everything kept
        "b000000 c", // all bytes lost
        "a114433", // all names lost
        "b114433", // the last step of names lost, bytes kept
        "b000000", // the last step of names lost, bytes lost
        "b112233 c", // without the write of 4: what the sector held before
        "b004400 c", // only that
        "b114400 c",
        "b000033 c",
        "b110033 c", // without the write of 2, and what came after it in the same sector
        "b002200 c",
        "b004433 c",
        "b110000 c"
      ])
    }))

  it.effect("may have a file as long as it will be, and its bytes not yet", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make()
      const file = yield* openRaw(storage, "a", true)
      yield* writeRaw(file, 0, filled(10, 1), "writeFlush")
      yield* writeRaw(file, 600, filled(600, 2))
      const left = (yield* outcomes(storage, 100)).map((files) => files["/a"]!)
      assert.sameMembers([...new Set(left.map((bytes) => bytes.length))], [10, 1024, 1200])
      assert.isTrue(left.some((bytes) => bytes.length === 1200 && bytes.subarray(10).every((byte) => byte === 0)))
      for (const bytes of left) assert.deepStrictEqual(bytes.slice(0, 10), filled(10, 1))
    }))

  it.effect("does not mix what was before a cut with what was written after it", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(6, 1) }, sectorSize: 2 })
      const file = yield* openRaw(storage, "a", true)
      yield* writeRaw(file, 0, filled(4, 2))
      const left = new Set((yield* outcomes(storage, 100)).map((files) => [...files["/a"]!].join("")))
      assert.sameMembers([...left], ["111111", "", "00", "22", "0000", "2200", "0022", "2222"])
    }))

  it.effect("loses truncations from the last on, in any order with unflushed bytes", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(6, 1) }, sectorSize: 2 })
      const file = yield* openRaw(storage, "a")
      yield* truncateRaw(file, 2)
      yield* writeRaw(file, 4, filled(2, 2))
      assert.deepStrictEqual([...(yield* storage.files)["/a"]!], [1, 1, 0, 0, 2, 2])
      assert.deepStrictEqual(yield* storage.pending, [
        { op: "truncate", name: "/a", size: 2 },
        { op: "write", name: "/a", offset: 4, bytes: filled(2, 2) }
      ])
      const left = yield* outcomes(storage, 100)
      assert.sameMembers([...new Set(left.map((files) => [...files["/a"]!].join("")))], [
        "111111", // nothing
        "111122", // the write alone: the old bytes, and no zeros
        "11", // the truncation alone
        "110000", // the length of the write without its bytes
        "110022"
      ])
      assert.deepStrictEqual(
        left.slice(0, 8).map((files) => [...files["/a"]!].join("")),
        ["111111", "110022", "111111", "110022", "11", "111122", "111122", "11"]
      )
      const [damaged] = (yield* storage.damage(7)).files
      assert.deepStrictEqual(damaged?.truncations, { kept: 1, of: 1 })
      yield* writeRaw(file, 0, new Uint8Array(0), "writeFlush")
      assert.deepStrictEqual([...(yield* storage.durable)["/a"]!], [1, 1, 0, 0, 2, 2])
    }))

  it.effect("a truncation cuts what was written before it, and makes nothing safe", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(2, 1) }, sectorSize: 2 })
      const file = yield* openRaw(storage, "a")
      yield* writeRaw(file, 0, filled(6, 2))
      yield* truncateRaw(file, 3)
      const left = new Set((yield* outcomes(storage, 100)).map((files) => [...files["/a"]!].join("")))
      assert.sameMembers([...left], [
        "11",
        "22",
        "1100",
        "2200",
        "1122",
        "2222",
        "110000",
        "220000",
        "112200",
        "222200",
        "110022",
        "220022",
        "112222",
        "222222",
        "110",
        "220",
        "112",
        "222"
      ])
    }))

  describe("that commits on close", () => {
    const make = Crash.make({ files: { "a": filled(600, 1) }, commit: "onClose", sectorSize: 100 })

    it.effect("keeps the old content until the commit, flushed or not", () =>
      Effect.gen(function*() {
        const storage = yield* make
        const file = yield* openRaw(storage, "a")
        const fresh = yield* openRaw(storage, "new", true)
        yield* writeRaw(file, 0, filled(300, 2), "writeFlush")
        yield* truncateRaw(file, 300)
        yield* writeRaw(fresh, 0, filled(9, 3), "writeFlush")
        assert.deepStrictEqual(yield* storage.pending, [])
        for (const files of yield* outcomes(storage, 10)) assert.deepStrictEqual(files, { "/a": filled(600, 1) })
        yield* file.abort
        yield* fresh.abort
        assert.deepStrictEqual(yield* storage.files, { "/a": filled(600, 1) })
      }))

    it.effect("makes a commit safe, with the steps of names before it", () =>
      Effect.gen(function*() {
        const storage = yield* make
        yield* storage.rename(FileName.plain("a"), FileName.plain("b"))
        const file = yield* openRaw(storage, "b", true)
        yield* writeRaw(file, 0, filled(300, 2))
        yield* file.commit
        assert.deepStrictEqual(yield* storage.durable, { "/b": filled(300, 2) })
        yield* writeRaw(file, 300, filled(100, 3))
        assert.deepStrictEqual(yield* storage.durable, { "/b": filled(300, 2) })
        yield* file.close
        assert.deepStrictEqual((yield* storage.durable)["/b"]?.length, 400)
        assert.deepStrictEqual(yield* storage.files, yield* storage.durable)
        const fresh = yield* openRaw(storage, "new", true)
        yield* writeRaw(fresh, 0, filled(5, 4))
        yield* fresh.close
        assert.deepStrictEqual(Object.keys(yield* storage.durable), ["/b", "/new"])
      }))

    it.effect("commits under the name that the file has then, and nothing where it was removed", () =>
      Effect.gen(function*() {
        const storage = yield* make
        const file = yield* openRaw(storage, "a")
        yield* storage.rename(FileName.plain("a"), FileName.plain("b"))
        yield* writeRaw(file, 0, filled(300, 2))
        yield* file.commit
        assert.deepStrictEqual(Object.keys(yield* storage.durable), ["/b"])
        assert.deepStrictEqual(yield* storage.durable, yield* storage.files)
        yield* storage.remove(FileName.plain("b"))
        yield* writeRaw(file, 0, filled(300, 3))
        yield* file.close
        assert.deepStrictEqual(yield* storage.files, {})
        for (const files of yield* outcomes(storage, 10)) {
          assert.isTrue(files["/b"] === undefined || files["/b"].subarray(0, 300).every((byte) => byte === 2))
        }
      }))

    it.effect("leaves the whole old content, or the whole new one, wherever a save crashes", () =>
      Effect.gen(function*() {
        const states = new Set<string>()
        const { operations } = yield* Crash.explore(writeNew("a", true), {
          files: { "a": before },
          commit: "onClose",
          check: ({ result }) =>
            Effect.gen(function*() {
              const bytes = (yield* (yield* Crash.Crash).files)["/a"]
              assert.isTrue(isAll(bytes, before) || isAll(bytes, after))
              if (Option.isSome(result)) assert.isTrue(isAll(bytes, after), "told that it was saved")
              states.add(`${Option.isSome(result)} ${bytes?.length}`)
            })
        })
        // open, writeAt twice, close
        assert.strictEqual(operations, 4)
        assert.sameMembers([...states], ["false 1300", "false 1700", "true 1700"])
      }))
  })

  it.effect("goes on without a file's name: a handle of it still reads and writes", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "a": filled(3, 1) } })
      const file = yield* openRaw(storage, "a")
      yield* storage.remove(FileName.plain("a"))
      yield* writeRaw(file, 0, filled(5, 2), "writeFlush")
      const target = new Uint8Array(9)
      assert.strictEqual(yield* file.readAt(0, target), 5)
      assert.deepStrictEqual(yield* storage.durable, {})
    }))

  it.effect("is a storage like one in memory: temporary files, folders, errors", () =>
    Effect.gen(function*() {
      const storage = yield* Crash.make({ files: { "x/a": filled(3, 1) }, folders: ["y"] })
      const temp = yield* storage.tempName({ folder: "y" })
      assert.isTrue(yield* storage.exists(temp))
      assert.strictEqual((yield* storage.fullName(FileName.plain("x/../q"))).full, "/q")
      assert.strictEqual((yield* Effect.flip(openRaw(storage, "z/a")))._tag, "PathNotFound")
      assert.strictEqual((yield* Effect.flip(openRaw(storage, "x/b")))._tag, "FileNotFound")
      const lost = yield* storage.crash(0)
      assert.deepStrictEqual(Object.keys(yield* lost.files), ["/x/a"])
      yield* openRaw(lost, "y/b", true)
      assert.strictEqual((yield* Effect.flip(Crash.make({ sectorSize: 0 })))._tag, "InvalidParameter")
      assert.strictEqual((yield* Effect.flip(Crash.make({ files: { a: temp32, "a/b": temp32 } })))._tag, "CannotOpen")
    }))

  it.effect("is provided as a layer, with the same seeds giving the same", () =>
    Effect.gen(function*() {
      const left = Effect.gen(function*() {
        const file = yield* Mmio.open("a", { access: "write", create: true, buffer: "none" })
        for (let i = 1; i < 30; i++) yield* Mmio.writeAll(file, filled(700, i))
        const storage = yield* Crash.Crash
        return (yield* outcomes(storage, 120)).map(keyOf)
      }).pipe(Effect.scoped, Effect.provide(Crash.layer({}, { sectorSize: 256 })))
      const first = yield* left
      assert.deepStrictEqual(yield* left, first)
      assert.isAbove(new Set(first).size, 80)
    }))
})

const temp32 = filled(32, 0)

// ---------------------------------------------------------------------------------------------------------------------
// the states of a crash, against all that there are
// ---------------------------------------------------------------------------------------------------------------------

type Step =
  | { readonly op: "write"; readonly name: string; readonly offset: number; readonly length: number }
  | { readonly op: "flush" | "create" | "remove"; readonly name: string }
  | { readonly op: "truncate"; readonly name: string; readonly size: number }
  | { readonly op: "rename"; readonly name: string; readonly to: string }

const name = fc.constantFrom("/a", "/b", "/c")

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant("write" as const),
      name,
      offset: fc.nat({ max: 4 }),
      length: fc.integer({ min: 1, max: 4 })
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom<Array<"flush" | "create" | "remove">>("flush", "create", "remove"),
      name
    })
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("truncate" as const), name, size: fc.nat({ max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("rename" as const), name, to: name }) }
)

const initial = { "/a": Uint8Array.of(101, 102, 103), "/b": Uint8Array.of(104) }

/** Bytes that no other step writes. */
const bytesOf = (index: number, length: number) => Uint8Array.from({ length }, (_, i) => 10 * (index + 1) + i)

/** Does the steps that can be done. */
const perform = (storage: Crash.Crash, steps: ReadonlyArray<Step>) =>
  Effect.forEach(steps, (step, index) =>
    Effect.ignore(Effect.gen(function*() {
      switch (step.op) {
        case "write":
          return yield* writeRaw(yield* openRaw(storage, step.name), step.offset, bytesOf(index, step.length))
        case "flush":
          return yield* writeRaw(yield* openRaw(storage, step.name), 0, new Uint8Array(0), "writeFlush")
        case "truncate":
          return yield* truncateRaw(yield* openRaw(storage, step.name), step.size)
        case "create":
          return yield* openRaw(storage, step.name, true)
        case "remove":
          return yield* storage.remove(FileName.plain(step.name))
        case "rename":
          return yield* storage.rename(FileName.plain(step.name), FileName.plain(step.to))
      }
    })))

interface ModelWrite {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A file of the model: its bytes at the start, and all that ever happened to it. */
interface ModelFile {
  readonly start: Uint8Array
  readonly events: Array<ModelWrite | { readonly size: number } | "cut" | "flush">
}
interface ModelChange {
  readonly file: ModelFile
  readonly isCut: boolean
  readonly apply: (names: Map<string, ModelFile>) => void
}

const overwrite = (bytes: Uint8Array, write: ModelWrite) => {
  const result = new Uint8Array(Math.max(bytes.length, write.offset + write.bytes.length))
  result.set(bytes)
  result.set(write.bytes, write.offset)
  return result
}

const resize = (bytes: Uint8Array, size: number) => {
  const result = new Uint8Array(size)
  result.set(bytes.subarray(0, size))
  return result
}

/**
 * All states that a crash after these steps can leave, computed in another way: the whole history is kept, and every
 * combination that the rules allow is written out.
 */
const allStates = (steps: ReadonlyArray<Step>, sectorSize: number): Set<string> => {
  const start = new Map(
    Object.entries(initial).map(([name, bytes]): [string, ModelFile] => [name, { start: bytes, events: [] }])
  )
  const names = new Map(start)
  const changes: Array<ModelChange> = []
  let safeChanges = 0
  const change = (it: ModelChange) => {
    changes.push(it)
    it.apply(names)
  }
  const isEmpty = (file: ModelFile) => {
    const last = file.events.findLast((event) => event !== "flush")
    return last === "cut" || (last === undefined && file.start.length === 0)
      // A truncation that is flushed has left an empty file, as one in flight has not for sure.
      || (sizeOf(file) === 0 && file.events.at(-1) === "flush")
  }
  const sizeOf = (file: ModelFile) =>
    file.events.reduce(
      (size, event) =>
        event === "flush"
          ? size
          : event === "cut"
          ? 0
          : "size" in event
          ? event.size
          : Math.max(size, event.offset + event.bytes.length),
      file.start.length
    )
  steps.forEach((step, index) => {
    const file = names.get(step.name)
    if (step.op === "create") {
      if (file === undefined) {
        const file = { start: new Uint8Array(0), events: [] }
        change({ file, isCut: false, apply: (names) => names.set(step.name, file) })
      } else if (!isEmpty(file)) {
        file.events.push("cut")
        change({ file, isCut: true, apply: () => {} })
      }
    } else if (file !== undefined) {
      switch (step.op) {
        case "write":
          return file.events.push({ offset: step.offset, bytes: bytesOf(index, step.length) })
        case "truncate":
          if (sizeOf(file) !== step.size) file.events.push({ size: step.size })
          return
        case "flush":
          file.events.push("flush")
          safeChanges = Math.max(safeChanges, changes.findLastIndex((it) => it.file === file) + 1)
          return
        case "remove":
          return change({ file, isCut: false, apply: (names) => names.delete(step.name) })
        case "rename":
          return step.name === step.to ? undefined : change({
            file,
            isCut: false,
            apply: (names) => {
              names.delete(step.name)
              names.set(step.to, file)
            }
          })
      }
    }
  })

  /** The contents that a file can have after so many cuts. */
  const contentsOf = (file: ModelFile, cuts: number): ReadonlyArray<Uint8Array> => {
    let seen = 0
    let base = cuts === 0 ? file.start : new Uint8Array(0)
    let steps: Array<ModelWrite | { readonly size: number }> = []
    for (const event of file.events) {
      if (event === "cut") seen++
      else if (seen !== cuts) continue
      else if (event === "flush") {
        for (const step of steps) base = "size" in step ? resize(base, step.size) : overwrite(base, step)
        steps = []
      } else steps.push(event)
    }
    const truncations = steps.filter((step) => "size" in step).length
    return Array.from({ length: truncations + 1 }, (_, kept) => contentsWith(base, steps, kept)).flat()
  }

  /** The same where so many of the truncations took place. */
  const contentsWith = (
    base: Uint8Array,
    steps: ReadonlyArray<ModelWrite | { readonly size: number }>,
    kept: number
  ): ReadonlyArray<Uint8Array> => {
    const isKept = (index: number) => steps.slice(0, index + 1).filter((step) => "size" in step).length <= kept
    const sizesAfter = (from: number) =>
      steps.flatMap((step, index) => index >= from && "size" in step && isKept(index) ? [step.size] : [])
    const least = sizesAfter(0).at(-1) ?? base.length
    const first = resize(resize(base, Math.min(base.length, ...sizesAfter(0))), least)
    const writes = steps.flatMap((step, index) => {
      if ("size" in step) return []
      const bytes = step.bytes.subarray(0, Math.max(0, Math.min(Infinity, ...sizesAfter(index)) - step.offset))
      return bytes.length === 0 ? [] : [{ offset: step.offset, bytes, lengthens: sizesAfter(index).length === 0 }]
    })
    const possible = [first]
    for (const write of writes) possible.push(overwrite(possible.at(-1)!, write))
    const sizes = new Set([least])
    for (const write of writes.filter(({ lengthens }) => lengthens)) {
      for (let end = write.offset + 1; end <= write.offset + write.bytes.length; end++) {
        const isEnd = end === write.offset + write.bytes.length
        if (end > least && (isEnd || end % sectorSize === 0)) sizes.add(end)
      }
    }
    return [...sizes].flatMap((size) => {
      let contents = [new Uint8Array(size)]
      for (let from = 0; from < size; from += sectorSize) {
        contents = contents.flatMap((content) =>
          possible.map((version) => {
            const copy = content.slice()
            copy.set(version.subarray(from, Math.min(size, from + sectorSize)), from)
            return copy
          })
        )
        contents = [...new Map(contents.map((content) => [content.join(), content])).values()]
      }
      return contents
    })
  }

  const states = new Set<string>()
  for (let count = safeChanges; count <= changes.length; count++) {
    const left = new Map(start)
    for (const change of changes.slice(0, count)) change.apply(left)
    let combinations: Array<ReadonlyArray<readonly [string, Uint8Array]>> = [[]]
    for (const [name, file] of left) {
      const cuts = changes.slice(0, count).filter((it) => it.isCut && it.file === file).length
      combinations = combinations.flatMap((files) =>
        contentsOf(file, cuts).map((bytes) => files.concat([[name, bytes]]))
      )
    }
    for (const files of combinations) states.add(keyOf(Object.fromEntries(files)))
  }
  return states
}

layer(Layer.empty)("the states of a crash", (it) => {
  it.effect.prop(
    "are those that the rules allow, all of them, and no others",
    [fc.array(step, { maxLength: 7, size: "max" }), fc.constantFrom(2, 3)],
    ([steps, sectorSize]) =>
      Effect.gen(function*() {
        const storage = yield* Crash.make({ files: initial, sectorSize })
        yield* perform(storage, steps)
        const possible = allStates(steps, sectorSize)
        // each state has a seed where there are few; the first seeds select chosen ones
        const found = new Set((yield* outcomes(storage, possible.size <= 30 ? 300 : 100)).map(keyOf))
        for (const state of found) assert.isTrue(possible.has(state), state)
        if (possible.size <= 30) assert.deepStrictEqual([...found].toSorted(), [...possible].toSorted())
        assert.isTrue(found.has(keyOf(yield* storage.durable)))
        assert.isTrue(found.has(keyOf(yield* storage.files)))
      }),
    { fastCheck: { numRuns: 40 * scale } }
  )

  it.effect.prop(
    "hold every byte that was flushed and not written since",
    [fc.array(step, { maxLength: 20, size: "max" }), fc.array(fc.maxSafeNat(), { minLength: 20, maxLength: 20 })],
    ([steps, seeds]) =>
      Effect.gen(function*() {
        const storage = yield* Crash.make({ files: initial, sectorSize: 4 })
        yield* perform(storage, steps)
        yield* writeRaw(yield* openRaw(storage, "/kept", true), 0, Uint8Array.of(1, 2, 3), "writeFlush")
        // as the last step of names was that of this file, they are all safe
        const names = Object.keys(yield* storage.files)
        for (const seed of seeds) {
          const files = yield* (yield* storage.crash(seed)).files
          assert.deepStrictEqual(Object.keys(files), names)
          assert.deepStrictEqual(files["/kept"], Uint8Array.of(1, 2, 3))
        }
      }),
    { fastCheck: { numRuns: 60 * scale } }
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// exploring
// ---------------------------------------------------------------------------------------------------------------------

const before = filled(1300, 1)
const after = filled(1700, 2)

const isAll = (bytes: Uint8Array | undefined, value: Uint8Array) =>
  bytes !== undefined && bytes.length === value.length && bytes.every((byte) => byte === value[0])

const oldOrNew = {
  files: { "a": before },
  check: () =>
    Effect.gen(function*() {
      const storage = yield* Crash.Crash
      const bytes = (yield* storage.files)["/a"]
      if (!isAll(bytes, before) && !isAll(bytes, after)) {
        return yield* Effect.fail("neither the old one nor the new one")
      }
    })
}

const writeNew = (name: string, create: boolean) =>
  Mmio.withFile(name, { access: "write", create, buffer: 256 }, (file) => Mmio.writeAll(file, after))

const protocols: Record<string, Effect.Effect<unknown, unknown, IOProc.IOProc>> = {
  "a new name before the flush": Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.open("new", { access: "write", create: true, buffer: 256 })
    yield* Mmio.writeAll(file, after)
    yield* Mmio.rename("new", "a")
    yield* Mmio.flush(file)
  })),
  "overwriting in place": writeNew("a", false),
  "creating anew": writeNew("a", true),
  "removing the old one first": Effect.gen(function*() {
    yield* writeNew("new", true)
    yield* Mmio.remove("a")
    yield* Mmio.rename("new", "a")
  })
}

describe("explore", () => {
  it.effect("passes a temporary name, a flush, and a rename", () =>
    Effect.gen(function*() {
      const report = yield* Crash.explore(
        Effect.zipRight(writeNew("new", true), Mmio.rename("new", "a")),
        oldOrNew
      )
      // open, writeAt twice, close, rename
      assert.strictEqual(report.operations, 5)
      assert.isAtLeast(report.crashes, 32)
    }))

  for (const [name, protocol] of Object.entries(protocols)) {
    it.effect(`catches ${name}, and the failure replays`, () =>
      Effect.gen(function*() {
        const failure = yield* Effect.flip(Crash.explore(protocol, oldOrNew))
        assert.instanceOf(failure, Crash.CrashFailure)
        const { operation, seed } = failure as Crash.CrashFailure
        const again = yield* Effect.flip(Crash.replay(protocol, oldOrNew, { operation, seed }))
        assert.deepStrictEqual((again as Crash.CrashFailure).message, failure.message)
        assert.deepStrictEqual((again as Crash.CrashFailure).damage, failure.damage)
      }))
  }

  it.effect("catches a flush in the wrong order: an index that speaks of a record that is not there", () =>
    Effect.gen(function*() {
      /** The index says how many bytes of the log are records. */
      const append = (order: ReadonlyArray<"log" | "index">) =>
        Effect.scoped(Effect.gen(function*() {
          const files = {
            log: yield* Mmio.open("log", { access: "write" }),
            index: yield* Mmio.open("index", { access: "write" })
          }
          yield* Mmio.seek(files.log, 0, "end")
          yield* Mmio.writeAll(files.log, filled(600, 7))
          yield* Mmio.writeAll(files.index, Uint8Array.of(2))
          for (const name of order) yield* Mmio.flush(files[name])
        }))
      const options = {
        files: { "log": filled(600, 7), "index": Uint8Array.of(1) },
        check: () =>
          Effect.gen(function*() {
            const files = yield* (yield* Crash.Crash).files
            const records = files["/log"]!.subarray(0, 600 * files["/index"]![0]!)
            if (records.length < 600 * files["/index"]![0]! || !records.every((byte) => byte === 7)) {
              return yield* Effect.fail("a record is not there")
            }
          })
      }
      yield* Crash.explore(append(["log", "index"]), options)
      const failure = yield* Effect.flip(Crash.explore(append(["index", "log"]), options))
      assert.include(failure.message, "a record is not there")
    }))

  it.effect("says what happened", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(Crash.explore(protocols["a new name before the flush"]!, oldOrNew))
      assert.instanceOf(failure, Crash.CrashFailure)
      assert.strictEqual(
        (failure as Crash.CrashFailure).message,
        [
          "crash at operation 3, during rename new to a, with seed 2: check failed: neither the old one nor the new one",
          "  kept: create /new",
          "  kept: rename /new to /a",
          "  /a: 0 of 1700 bytes",
          "  again: Crash.replay(program, options, { operation: 3, seed: 2 })"
        ].join("\n")
      )
    }))

  it.effect("is the same in every run, and makes as many different damages as it is told", () =>
    Effect.gen(function*() {
      const explored = (options: { readonly damages?: number; readonly scale?: number }) =>
        Effect.gen(function*() {
          const seen: Array<string> = []
          const report = yield* Crash.explore(writeNew("a", false), {
            ...options,
            files: { "a": before },
            check: ({ operation }) =>
              Effect.flatMap(Crash.Crash, (storage) =>
                Effect.map(storage.files, (files) => {
                  seen.push(`${operation} ${keyOf(files)}`)
                }))
          })
          assert.strictEqual(new Set(seen).size, seen.length, "different ones")
          assert.strictEqual(report.crashes, seen.length)
          return seen
        })
      const first = yield* explored({})
      assert.deepStrictEqual(yield* explored({}), first)
      // Four sectors and five lengths: while the write of them is in flight there is enough to choose from.
      assert.strictEqual(first.filter((it) => it.startsWith("2 ")).length, 32)
      assert.strictEqual((yield* explored({ damages: 5 })).filter((it) => it.startsWith("2 ")).length, 5)
      assert.strictEqual((yield* explored({ damages: 3, scale: 2.5 })).filter((it) => it.startsWith("2 ")).length, 8)
      // before anything is written, and after all is flushed, there is one state
      assert.strictEqual(first.filter((it) => it.startsWith("1 ")).length, 1)
      assert.strictEqual(first.filter((it) => it.startsWith("5 ")).length, 1)
    }))

  it.effect("lets nothing reach the storage after the crash, whatever the program does then", () =>
    Effect.gen(function*() {
      const finalized = yield* Ref.make(0)
      const reached = yield* Ref.make(0)
      const log = (file: Mmio.WriteHandle, value: number) => Mmio.writeAll(file, Uint8Array.of(value))
      const program = Effect.gen(function*() {
        const file = yield* Mmio.open("log", { access: "write", create: true, buffer: "none" })
        yield* Effect.addFinalizer(() =>
          Effect.zipRight(Ref.update(finalized, (n) => n + 1), Effect.ignore(log(file, 3)))
        )
        yield* log(file, 1).pipe(
          Effect.catchAllCause(() => log(file, 4)),
          Effect.onInterrupt(() => Effect.ignore(log(file, 5)))
        )
        yield* Effect.uninterruptible(Effect.exit(log(file, 2)))
        yield* Ref.update(reached, (n) => n + 1)
      }).pipe(Effect.scoped)
      const report = yield* Crash.explore(program, {
        check: () =>
          Effect.gen(function*() {
            const files = yield* (yield* Crash.Crash).files
            assert.notMatch([...files["/log"] ?? []].join(""), /[45]/)
          })
      })
      // open, write, write, write, flush, close
      assert.strictEqual(report.operations, 6)
      assert.strictEqual(yield* Ref.get(finalized), 6, "in all runs but that which did not open")
      assert.isAtMost(yield* Ref.get(reached), 4)
    }))

  it.effect("stops a program that waits for something else, and those that it started", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const writer = yield* Effect.fork(writeNew("a", false))
        yield* Effect.raceFirst(Effect.never, Fiber.join(writer))
        yield* Effect.forkDaemon(Effect.zipRight(Effect.yieldNow(), writeNew("a", false)))
      })
      const waiting = Effect.zipRight(Effect.fork(writeNew("a", false)), Effect.yieldNow({ priority: 1 }))
      const options = { files: { "a": before }, check: () => Effect.void }
      assert.strictEqual((yield* Crash.explore(program, options)).operations, 4)
      assert.isAtMost((yield* Crash.explore(waiting, options)).operations, 4)
    }))

  it.effect("recovers before it checks, and tells which of the two failed", () =>
    Effect.gen(function*() {
      const recover = Effect.gen(function*() {
        if (yield* Mmio.exists("new")) yield* Mmio.remove("new")
      })
      const check = ({ operation, result }: Crash.Crashed<string>) =>
        Effect.gen(function*() {
          const files = yield* (yield* Crash.Crash).files
          assert.deepStrictEqual(Object.keys(files), ["/a"])
          if (Option.isSome(result)) {
            assert.strictEqual(result.value, "done")
            assert.strictEqual(operation, 6)
          }
        })
      const program = Effect.as(Effect.zipRight(writeNew("new", true), Mmio.rename("new", "a")), "done")
      yield* Crash.explore(program, { files: { "a": before }, recover, check })
      const unrecovered = yield* Effect.flip(Crash.explore(program, { files: { "a": before }, check }))
      assert.strictEqual(unrecovered instanceof Crash.CrashFailure && unrecovered.of, "check")
      const failing = yield* Effect.flip(
        Crash.explore(program, { recover: Effect.fail("no"), check: () => Effect.void })
      )
      assert.strictEqual(failing instanceof Crash.CrashFailure && failing.of, "recover")
      assert.strictEqual(failing instanceof Crash.CrashFailure && failing.cause, "no")
    }))

  it.effect("fails as the program does, where that fails by itself", () =>
    Effect.gen(function*() {
      const options = { check: () => Effect.void }
      assert.strictEqual(yield* Effect.flip(Crash.explore(Effect.fail("by itself"), options)), "by itself")
      const exit = yield* Effect.exit(Crash.explore(Effect.die("a bug"), options))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
    }))

  it.effect("replays a crash that does no harm, and says what it did", () =>
    Effect.gen(function*() {
      const damage = yield* Crash.replay(writeNew("a", false), { files: { "a": before }, check: () => Effect.void }, {
        operation: 2,
        seed: 0
      })
      assert.deepStrictEqual(damage.files, [{
        name: "/a",
        size: 1300,
        written: 1700,
        sectors: [0, 1, 2].map((sector) => ({ sector, kept: 0, writes: 1 }))
      }])
    }))
})
