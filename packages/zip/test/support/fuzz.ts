/**
 * Damaged archives, each of a seed, and what has to hold of them: every failure is typed, nothing goes on without end,
 * memory is bounded by the size of the input, and a change keeps whatever could be read before it.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { ZipIOProc, ZipLimits } from "@effect-mmio/zip"
import { Cause, Data, Effect, Exit, Layer, Option, Stream } from "effect"
import { archive, ascii, noise } from "./archive.js"

/** Something does not hold. */
export class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

const broken = (message: string) => new Broken({ message })

/** Numbers that depend on a seed only (mulberry32). */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  return { below: (bound: number) => next() % Math.max(1, bound), next }
}

type Random = ReturnType<typeof randomOf>

const bases: ReadonlyArray<Uint8Array> = [
  archive([
    { name: "one", bytes: noise(300) },
    { name: "dir/two", bytes: ascii("two ".repeat(200)), deflated: true },
    { name: "dir/", bytes: new Uint8Array(0) },
    { name: "three", bytes: noise(5000), deflated: true, descriptor: true }
  ]),
  archive([
    { name: "wide", bytes: noise(700), deflated: true, zip64: true },
    { name: "ü", bytes: ascii("umlaut") }
  ], { zip64: true, comment: "a comment", prefix: ascii("stub") }),
  archive([{ name: "in.zip", bytes: archive([{ name: "x", bytes: noise(400), deflated: true }]), deflated: true }]),
  archive([{ name: "zeros", bytes: new Uint8Array(70_000), deflated: true }, { name: "empty" }]),
  archive(Array.from({ length: 9 }, (_, i) => ({ name: `d${i % 2}/n${i}`, bytes: noise(i), deflated: i % 2 === 0 }))),
  archive([])
]

const signatures = new Set([0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50])

/** Where records begin. */
const recordsOf = (bytes: Uint8Array): ReadonlyArray<number> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found: Array<number> = []
  for (let at = 0; at + 4 <= bytes.length; at++) if (signatures.has(view.getUint32(at, true))) found.push(at)
  return found
}

const numberFor = (random: Random, size: number): number =>
  [0, 1, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 0xfffffffe, size, size - 1, random.next(), random.below(size)][
    random.below(11)
  ] ?? 0

const mutate = (bytes: Uint8Array, random: Random): Uint8Array => {
  const at = random.below(bytes.length)
  switch (random.below(8)) {
    case 0: {
      const changed = bytes.slice()
      if (changed.length > 0) changed[at] = random.next() & 0xff
      return changed
    }
    case 1:
    case 2:
    case 3: {
      // A field of a record.
      const records = recordsOf(bytes)
      const changed = bytes.slice()
      const field = (records[random.below(records.length)] ?? 0) + 4 + random.below(44)
      const width = [1, 2, 4, 8][random.below(4)] ?? 1
      const value = numberFor(random, bytes.length)
      for (let i = 0; i < width && field + i < changed.length; i++) changed[field + i] = i < 4 ? value >>> (8 * i) : 0
      return changed
    }
    case 4:
      return bytes.slice(0, at)
    case 5: {
      const part = bytes.subarray(at, at + random.below(200))
      const to = random.below(bytes.length)
      return Uint8Array.from([...bytes.subarray(0, to), ...part, ...bytes.subarray(to)])
    }
    case 6:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + random.below(100))])
    default: {
      const changed = bytes.slice()
      for (let i = 0; i < 20 && at + i < changed.length; i++) changed[at + i] = random.next() & 0xff
      return changed
    }
  }
}

/** The damaged archive of a seed. */
const damaged = (seed: number): Uint8Array => {
  const random = randomOf(seed)
  let bytes = bases[random.below(bases.length)] ?? new Uint8Array(0)
  for (let i = random.below(4); i >= 0; i--) bytes = mutate(bytes, random)
  return bytes
}

/** What was done to the storage below. */
interface Work {
  reads: number
  read: number
  largest: number
}

const watched = (work: Work) =>
  IOProc.layerMap(IOProc.mapFile((file) => ({
    ...file,
    readAt: (position, target) => {
      work.reads++
      work.largest = Math.max(work.largest, target.length)
      return Effect.tap(file.readAt(position, target), (count) =>
        Effect.sync(() => {
          work.read += count
        }))
    }
  })))

const limits = { inflatedBytes: 256 * 1024, spoolBytes: 4 * 1024 * 1024 }

/** How much is read of one element: what a small archive can be made to hold takes time. */
const readAtMost = 100 * 1024

/** A failure is one of the library's own, and never a defect. */
const typed = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, Broken, R> =>
  Effect.flatMap(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.succeed(Option.some(exit.value))
    const failure = Cause.failureOption(exit.cause)
    return Option.isSome(failure) && MmioError.isMmioError(failure.value) && !Cause.isDie(exit.cause)
      ? Effect.succeed(Option.none())
      : Effect.fail(broken(`${what}: ${Cause.pretty(exit.cause)}`))
  })

const readSome = (name: string) =>
  Mmio.withFile(name, {}, (file) =>
    Effect.gen(function*() {
      const bytes = yield* Mmio.read(file, readAtMost)
      // And again from the middle.
      yield* Mmio.seek(file, bytes.length >>> 1)
      const half = yield* Mmio.read(file, 100)
      if (Buffer.compare(half, bytes.subarray(bytes.length >>> 1).subarray(0, 100)) !== 0 && half.length > 0) {
        const expected = bytes.subarray(bytes.length >>> 1).subarray(0, half.length)
        if (Buffer.compare(half.subarray(0, expected.length), expected) !== 0) {
          return yield* Effect.die(`${name} reads otherwise the second time`)
        }
      }
      return bytes
    }))

/** The elements of an archive, as far as they can be read; a few of many. */
const elementsOf = (archive: string) =>
  Effect.gen(function*() {
    const elements = new Map<string, Uint8Array>()
    const folders = [""]
    for (let i = 0; i < folders.length && i < 4; i++) {
      const folder = folders[i] ?? ""
      const entries = yield* typed("list", Stream.runCollect(Stream.take(Mmio.list(`${archive}+${folder}`), 10)))
      if (Option.isNone(entries)) continue
      for (const { kind, name } of entries.value) {
        const path = folder === "" ? name : `${folder}/${name}`
        if (kind === "folder") folders.push(path)
        else {
          const bytes = yield* typed(`read ${path}`, readSome(`${archive}+${path}`))
          if (Option.isSome(bytes)) elements.set(path, bytes.value)
        }
      }
    }
    return elements
  })

/** Fails where something does not hold of the damaged archive of a seed. */
export const check = (seed: number): Effect.Effect<void, Broken> =>
  Effect.suspend(() => {
    const bytes = damaged(seed)
    const work: Work = { reads: 0, read: 0, largest: 0 }
    const program = Effect.gen(function*() {
      const before = yield* elementsOf("a.zip")
      yield* typed("an archive in it", readSome("a.zip+in.zip+x"))
      // At most 50 elements, read twice, and the directory for each.
      const most = 500 * (bytes.length + 70_000)
      if (work.read > most || work.reads > 100_000) {
        return yield* Effect.fail(broken(`${work.reads} reads of ${work.read} bytes`))
      }
      if (work.largest > Math.max(70_000, bytes.length)) {
        return yield* Effect.fail(broken(`a read into ${work.largest} bytes`))
      }
      const fresh = ascii("a new element")
      const saved = yield* typed(
        "save",
        Mmio.withFile("a.zip+new", { access: "write", create: true }, (file) => Mmio.writeAll(file, fresh))
      )
      yield* typed("stat", Mmio.stat("a.zip+dir/two"))
      yield* typed("remove", Mmio.remove("a.zip+none"))
      const renamed = yield* typed("rename", Mmio.rename("a.zip+one", "a.zip+uno"))
      const after = yield* elementsOf("a.zip")
      for (const [path, content] of before) {
        if (path === "new") continue
        const name = path === "one" && Option.isSome(renamed) ? "uno" : path
        const left = after.get(name)
        // An element that has the new name was replaced.
        if (left === undefined || (Buffer.compare(left, content) !== 0 && path !== "uno")) {
          return yield* Effect.fail(broken(`${path} is lost, or another, after a change`))
        }
      }
      if (Option.isSome(saved) && Buffer.compare(after.get("new") ?? new Uint8Array(0), fresh) !== 0) {
        return yield* Effect.fail(broken("what was saved is not there"))
      }
    })
    return program.pipe(
      ZipLimits.withLimits(limits),
      Effect.provide(
        ZipIOProc.layer.pipe(
          Layer.provide(watched(work)),
          Layer.provide(Layer.orDie(MemoryIOProc.layer({ "a.zip": bytes })))
        )
      ),
      Effect.mapError((error) => error instanceof Broken ? error : broken(String(error)))
    )
  })
