import { IOProc, MemoryIOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { Effect, Schedule, type Scope } from "effect"
import { group, type Subject } from "../runner/model.js"
import { microsecondsPer, nanosecondsPer } from "../runner/unit.js"
import { mix } from "../ways/mix.js"

/** The size of the file. */
const length = 4 * 1024 * 1024
const name = "data"

/** Files in memory whose calls say that they can be cancelled, which `timeout` asks for. */
const storage = Effect.map(
  MemoryIOProc.make(),
  (files) => IOProc.mapFile(files, (file) => ({ ...file, capabilities: { ...file.capabilities, cancellable: true } }))
)

const filled = (files: IOProc.IOProc) =>
  Effect.as(
    Mmio.withFile(name, { access: "write", create: true }, (file) =>
      Mmio.writeAll(
        file,
        Uint8Array.from({ length }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24)
      )).pipe(Effect.provideService(IOProc.IOProc, files)),
    files
  )

/** A storage that was filled as it is, and then put a middleware around. */
const around = (middleware: (self: IOProc.IOProc) => IOProc.IOProc) =>
  Effect.map(Effect.flatMap(storage, filled), middleware)

/** One that is filled through its middleware, since that lays the file out in a way of its own. */
const through = (middleware: (self: IOProc.IOProc) => IOProc.IOProc) =>
  Effect.flatMap(Effect.map(storage, middleware), filled)

const blockSize = 64 * 1024

const storages = {
  "bare storage": around((self) => self),
  "retry": around(IOProc.retry({ schedule: Schedule.recurs(3) })),
  "cache, blocks in memory": around(IOProc.cache({ blockSize, capacity: 2 * length })),
  "cache, blocks read": around(IOProc.cache({ blockSize, capacity: blockSize })),
  "throttle": around(IOProc.throttle({ concurrency: 4 })),
  "timeout": around(IOProc.timeout("1 minute")),
  "checksum": through(IOProc.checksum()),
  "readOnly": around(IOProc.readOnly),
  "prefixed": through(IOProc.prefixed("in-")),
  "overlay": Effect.zipWith(around((self) => self), storage, IOProc.overlay),
  "split": through(IOProc.split(length / 4)),
  "metrics": around(IOProc.metrics("benchmark")),
  "audit": around(IOProc.audit(() => Effect.void))
} as const

const size = 16

/** How many reads go through the handle's buffer before they begin at its start again. */
const inBuffer = 8192 / size

/** Reads that the handle's buffer serves: all but the first. */
const hits = (files: IOProc.IOProc, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.openWith(files, name)
    const target = new Uint8Array(size)
    let sum = 0
    for (let i = 0; i < times; i++) {
      if (i % inBuffer === 0) yield* Mmio.seek(handle, 0)
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

/**
 * Reads each of which goes to the storage, at positions all over the file: the buffer holds one of them, as a cache is
 * only asked where there is one.
 */
const misses = (files: IOProc.IOProc, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.openWith(files, name, { buffer: size })
    const target = new Uint8Array(size)
    let sum = 0
    let state = 0x9e3779b9
    for (let i = 0; i < times; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      yield* Mmio.seek(handle, (state >>> 0) % (length - size))
      const count = yield* Mmio.readInto(handle, target)
      sum = mix(sum, target, count)
    }
    return sum
  })

type Name = keyof typeof storages
const names = Object.keys(storages) as ReadonlyArray<Name>
const bare = "bare storage"
const middlewares = names.filter((name) => name !== bare)

/**
 * A read that the handle's buffer serves asks no middleware: it costs nothing, but for what the measurement is off by.
 */
const leastOfHits = 0.8

/**
 * How fast a read that goes to the storage has to be at least, beside one of the bare storage, which takes a few
 * microseconds. What a middleware does for it differs by orders of magnitude: a cache that has the block asks nothing,
 * and `timeout` starts two fibers. These are bounds that a regression crosses.
 */
const leastOfMisses: { readonly [name in Exclude<Name, typeof bare>]: number } = {
  "retry": 0.5,
  "cache, blocks in memory": 0.8,
  "cache, blocks read": 0.05,
  "throttle": 0.1,
  "timeout": 0.01,
  "checksum": 0.02,
  "readOnly": 0.4,
  "prefixed": 0.4,
  "overlay": 0.4,
  "split": 0.2,
  "metrics": 0.05,
  "audit": 0.1
}

/** Each storage is made once, by the first run, which is not timed. */
const worksOf = (
  read: (
    files: IOProc.IOProc,
    times: number
  ) => Effect.Effect<number, MmioError.MmioError, Scope.Scope>
) =>
  Object.fromEntries(names.map((name) => {
    let made: Promise<IOProc.IOProc> | undefined
    return [name, async (times: number) => {
      made ??= Effect.runPromise(storages[name])
      return Effect.runPromise(Effect.scoped(read(await made, times)))
    }]
  }))

export const middleware: Subject = {
  name: "middleware",
  title: "16 bytes through each middleware, around files in memory",
  groups: ({ quick }) => [
    group({
      times: { check: quick ? 5000 : 50_000, most: 2 ** 24 },
      works: worksOf(hits),
      rows: middlewares.map((name) => ({
        case: `a read that the buffer serves, ${name}`,
        ours: name,
        peers: [bare],
        unit: nanosecondsPer("op"),
        target: { [bare]: leastOfHits }
      }))
    }),
    group({
      times: { check: quick ? 1000 : 10_000, most: 2 ** 20 },
      works: worksOf(misses),
      rows: middlewares.map((name) => ({
        case: `a read that goes to the storage, ${name}`,
        ours: name,
        peers: [bare],
        unit: microsecondsPer("op"),
        target: { [bare]: leastOfMisses[name] }
      }))
    })
  ]
}
