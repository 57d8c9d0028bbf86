/**
 * The contract of storage drivers, on each middleware and on stacks of them, around storage that writes in place,
 * commits on close, answers slowly and transfers little at a time.
 */
import { IOProc, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { describe } from "@effect/vitest"
import { Effect, flow, Layer, Schedule } from "effect"

const memoryWith = (commit: "inPlace" | "onClose"): Layer.Layer<IOProc.IOProc, MmioError.CannotOpen> =>
  Layer.effect(IOProc.IOProc, MemoryIOProc.make({ folders: ["folder"], commit }))

/** Files that transfer little, and yield to other fibers before and after it. */
const slow = IOProc.mapFile((file) => {
  const slowly = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.zipRight(Effect.yieldNow(), Effect.uninterruptible(Effect.zipLeft(call, Effect.yieldNow())))
  const sizes = [1, 7, 100, 1000]
  let calls = 0
  const part = (bytes: Uint8Array) => bytes.subarray(0, sizes[calls++ % sizes.length])
  const { writeAt } = file
  return {
    ...file,
    readAt: (position, target) => slowly(Effect.suspend(() => file.readAt(position, part(target)))),
    writeAt: writeAt && ((position, source, mode) =>
      slowly(Effect.suspend(() => {
        const some = part(source)
        return writeAt(position, some, some.length < source.length ? "write" : mode)
      })))
  }
})

/** Another storage in memory, for what an overlay leaves as it is. */
const lower = () => Effect.runSync(MemoryIOProc.make({ files: { other: new Uint8Array(10) }, folders: ["below"] }))

type Middleware = (driver: IOProc.IOProc) => IOProc.IOProc

/** Sizes that most transfers of a test cross. */
const middleware = {
  retry: IOProc.retry({ schedule: Schedule.recurs(2) }),
  throttle: IOProc.throttle({ operations: 1e9, bytes: 1e12, concurrency: 3 }),
  cache: IOProc.cache({ blockSize: 16, capacity: 100 }),
  checksum: IOProc.checksum({ blockSize: 16 }),
  prefixed: IOProc.prefixed("./"),
  overlay: (driver: IOProc.IOProc) => IOProc.overlay(lower(), driver),
  "audit around metrics": flow(IOProc.metrics("test"), IOProc.audit(() => Effect.void))
} satisfies Record<string, Middleware>

/** Whether to run what takes minutes: `npm run test:all`. */
const everything = process.env["MMIO_TEST_ALL"] === "1"

const quick = everything ? {} : {
  scale: Number(process.env["MMIO_TEST_SCALE"] ?? 1) / 5,
  interruptEvery: 3 * Number(process.env["MMIO_TEST_INTERRUPT_EVERY"] ?? 1)
}

/** A handle that writes to a file with checksums reads it, too, which handles that share it may deny. */
const capabilitiesOf = (name: string) => ({
  sharing: !name.includes("checksum"),
  ...(name.includes("split") ? { versions: false, unlinkOpen: false } : {})
})

describe("each middleware", () => {
  for (const [name, around] of Object.entries(middleware)) {
    IOProcContract.suite(`${name} around memory`, {
      ...quick,
      layer: memoryWith("inPlace"),
      around,
      capabilities: capabilitiesOf(name)
    })
  }
  for (const name of everything ? ["retry", "cache", "checksum"] as const : []) {
    IOProcContract.suite(`${name} around a storage that commits on close`, {
      ...quick,
      layer: memoryWith("onClose"),
      around: middleware[name],
      capabilities: { ...capabilitiesOf(name), commit: "onClose" }
    })
    IOProcContract.suite(`${name} around a slow storage`, {
      ...quick,
      layer: Layer.provide(IOProc.layerMap(slow), memoryWith("inPlace")),
      around: middleware[name],
      capabilities: capabilitiesOf(name)
    })
  }
  IOProcContract.suite("readOnly around memory", {
    layer: Layer.effect(
      IOProc.IOProc,
      MemoryIOProc.make({ files: IOProcContract.fixtures, folders: ["folder"] })
    ),
    around: IOProc.readOnly,
    capabilities: IOProcContract.readOnly
  })
  IOProcContract.suite("split around memory", {
    ...quick,
    layer: Layer.provide(IOProc.layerMap(IOProc.split(32)), memoryWith("inPlace")),
    capabilities: { versions: false, unlinkOpen: false }
  })
})

describe("stacks of middleware", () => {
  const { cache, checksum, overlay, prefixed, retry, throttle } = middleware
  const blocks = { smallest: 16, largest: 64 }
  const stacks = {
    "cache, checksum, retry": flow(retry, checksum, cache),
    ...(everything
      ? {
        "checksum, overlay, throttle": flow(throttle, overlay, checksum),
        "prefixed, throttle, checksum": flow(checksum, throttle, prefixed),
        "readAhead, writeBehind, checksum": flow(checksum, IOProc.writeBehind(blocks), IOProc.readAhead(blocks)),
        "readAhead, cache, retry": flow(retry, cache, IOProc.readAhead(blocks)),
        "split, cache, throttle": flow(throttle, cache, IOProc.split(32))
      }
      : {})
  }
  for (const [name, around] of Object.entries(stacks)) {
    const memory = memoryWith("inPlace")
    IOProcContract.suite(name, {
      ...quick,
      // A call of a file in parts is as many calls below: no law counts those.
      ...(name.includes("split")
        ? { layer: Layer.provide(IOProc.layerMap(around), memory) }
        : { layer: memory, around }),
      capabilities: capabilitiesOf(name)
    })
  }
})
