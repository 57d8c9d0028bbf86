/**
 * The contract of storage drivers, on those of this package, on middleware, and on every kind of answer.
 */
import { FileName, FourCC, IOProc, IOProcRegistry, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { describe } from "@effect/vitest"
import { Effect, flow, Layer } from "effect"
import { asEffect, byCallback, early, inTurn, synchronously } from "./support/answering.js"
import { arrayDriver, byteArray, fixedDriver, mapDriver, procedure } from "./support/smallDrivers.js"

/** Whether to run what takes minutes: `npm run test:all`. */
const everything = process.env["MMIO_TEST_ALL"] === "1"

/** What is mostly tested by another suite already: a quarter of the random operations, and of the interruptions. */
const less = everything ? {} : {
  scale: Number(process.env["MMIO_TEST_SCALE"] ?? 1) / 4,
  interruptEvery: 4 * Number(process.env["MMIO_TEST_INTERRUPT_EVERY"] ?? 1)
}

/** Storage in memory with the folder that the contract asks for, and others. */
const memoryWith = (...folders: ReadonlyArray<string>) => MemoryIOProc.make({ folders: ["folder", ...folders] })

const memory: Layer.Layer<IOProc.IOProc, MmioError.CannotOpen> = Layer.effect(IOProc.IOProc, memoryWith())

const onClose: Layer.Layer<IOProc.IOProc, MmioError.CannotOpen> = Layer.effect(
  IOProc.IOProc,
  MemoryIOProc.make({ folders: ["folder"], commit: "onClose" })
)

type MapFile = (file: IOProc.File, request: IOProc.OpenRequest) => IOProc.File

const around = (f: MapFile) => Layer.provide(IOProc.layerMap((inner) => IOProc.mapFile(inner, f)), memory)

/** Files that transfer 1 byte, then 2, 7, 13, 100, 1000, 1, 2, … in a call. */
const short: MapFile = (file) => {
  const sizes = [1, 2, 7, 13, 100, 1000]
  let calls = 0
  const part = (bytes: Uint8Array) => bytes.subarray(0, sizes[calls++ % sizes.length])
  const { writeAt } = file
  return {
    ...file,
    readAt: (position, target) => Effect.suspend(() => file.readAt(position, part(target))),
    writeAt: writeAt && ((position, source, mode) =>
      Effect.suspend(() => {
        const some = part(source)
        return writeAt(position, some, some.length < source.length ? "write" : mode)
      }))
  }
}

/** Files that yield to other fibers before and after each call. */
const yielding: MapFile = (file) => {
  const slowly = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    // A call that was made reports what it did.
    Effect.zipRight(Effect.yieldNow(), Effect.uninterruptible(Effect.zipLeft(call, Effect.yieldNow())))
  const { truncate, writeAt } = file
  return {
    ...file,
    size: slowly(file.size),
    readAt: (position, target) => slowly(file.readAt(position, target)),
    writeAt: writeAt && ((position, source, mode) => slowly(writeAt(position, source, mode))),
    truncate: truncate && ((size) => slowly(truncate(size))),
    commit: slowly(file.commit),
    close: slowly(file.close)
  }
}

/** Files of which one call must be made at a time. */
const oneAtATime: MapFile = (file) => ({ ...file, capabilities: { ...file.capabilities, concurrent: false } })

describe("MemoryIOProc", () => {
  IOProcContract.suite("MemoryIOProc", { layer: memory })
  IOProcContract.suite("MemoryIOProc, committing on close", { layer: onClose, capabilities: { commit: "onClose" } })
})

describe("drivers around a driver", () => {
  IOProcContract.suite("IOProcRegistry over memory", { ...less, layer: Layer.provide(IOProcRegistry.layer, memory) })

  IOProcContract.suite("a route of IOProc.layerRoute", {
    ...less,
    // An archive in which `.` and `..` mean what they mean in a folder.
    name: (base) => FileName.parse(`archive.ark+/${base}`),
    layer: Layer.provide(
      IOProc.layerRoute(FourCC.make("ARK "), memoryWith("archive.ark+/folder")),
      // Nothing of this may arrive here.
      Layer.succeed(
        IOProc.IOProc,
        IOProc.make({ open: ({ name }) => Effect.dieMessage(`${name.full} was not routed`) })
      )
    )
  })

  IOProcContract.suite("IOProc.mapFile with the same files", { ...less, layer: around((file) => file) })
  IOProcContract.suite("a driver with short transfers", { ...less, layer: around(short) })
  IOProcContract.suite("a driver that yields", { ...less, layer: around(yielding) })
})

describe("every kind of answer", () => {
  const answering = (f: (driver: IOProc.IOProc) => IOProc.IOProc) => Layer.provide(IOProc.layerMap(f), memory)

  IOProcContract.suite("a driver that answers synchronously", { ...less, layer: answering(synchronously) })
  IOProcContract.suite("a driver that answers by callbacks", { ...less, layer: answering(byCallback) })
  IOProcContract.suite("a driver that calls back before its call returns", { ...less, layer: answering(early) })
  IOProcContract.suite("a driver that answers as an effect", { ...less, layer: answering(asEffect) })
  IOProcContract.suite("a driver that answers as an effect and by callbacks", { ...less, layer: answering(inTurn) })
})

describe("middleware", () => {
  const sizes = {
    "tiny blocks": { smallest: 16, largest: 64 },
    "default blocks": {}
  }
  for (const [title, blocks] of Object.entries(sizes)) {
    const both = flow(IOProc.writeBehind(blocks), IOProc.readAhead(blocks))
    IOProcContract.suite(`both in ${title}`, { layer: memory, around: both })
    // blocks of which the contract fills few find less
    if (title === "default blocks" && !everything) continue
    IOProcContract.suite(`readAhead in ${title}`, { ...less, layer: memory, around: IOProc.readAhead(blocks) })
    IOProcContract.suite(`writeBehind in ${title}`, { ...less, layer: memory, around: IOProc.writeBehind(blocks) })
    IOProcContract.suite(`both in ${title}, over a driver that yields`, {
      ...less,
      layer: around(yielding),
      around: both
    })
    IOProcContract.suite(`both in ${title}, over a driver that commits on close`, {
      ...less,
      layer: onClose,
      around: both,
      capabilities: { commit: "onClose" }
    })
  }

  const tiny = flow(IOProc.writeBehind(sizes["tiny blocks"]), IOProc.readAhead(sizes["tiny blocks"]))
  const over = (f: (driver: IOProc.IOProc) => IOProc.IOProc) =>
    Layer.provide(IOProc.layerMap((inner) => f(IOProc.mapFile(inner, oneAtATime))), memory)

  IOProcContract.suite("both over one call at a time", { ...less, layer: over((driver) => driver), around: tiny })
  IOProcContract.suite("both over callbacks, one at a time", { ...less, layer: over(byCallback), around: tiny })
  IOProcContract.suite("both over effects, one at a time", { ...less, layer: over(asEffect), around: tiny })
  IOProcContract.suite("both over a driver with short transfers", { ...less, layer: around(short), around: tiny })
})

// ---------------------------------------------------------------------------------------------------------------------

/** What a driver of a few functions cannot do. */
const few = {
  folders: false,
  makeFolders: false,
  stat: false,
  list: false,
  rename: false,
  remove: false,
  unlinkOpen: false,
  fullName: false,
  tempName: false,
  sharing: false,
  useAfterClose: false,
  exclusiveCreate: false,
  truncate: false,
  versions: false
}

describe("drivers with a cursor", () => {
  IOProcContract.suite("IOProc.makeCursorFile over an array of bytes", {
    layer: Layer.effect(
      IOProc.IOProc,
      arrayDriver((name, file, access) => IOProc.makeCursorFile(byteArray(name, file, access)))
    ),
    capabilities: { ...few, remove: true, unlinkOpen: true }
  })

  IOProcContract.suite("IOProc.makeCursorFile that goes forward only", {
    ...less,
    layer: Layer.effect(
      IOProc.IOProc,
      arrayDriver((name, file, access) =>
        IOProc.makeCursorFile({
          ...byteArray(name, file, access),
          seek: byteArray(name, file, access).refuseToSeek,
          capabilities: { forwardOnly: true }
        })
      )
    ),
    capabilities: { ...few, remove: true, unlinkOpen: true, randomAccess: false }
  })

  IOProcContract.suite("IOProc.fromProcedure", {
    layer: Layer.effect(IOProc.IOProc, procedure),
    capabilities: { ...few, rename: true, remove: true, unlinkOpen: true }
  })
})

describe("drivers that can do less", () => {
  IOProcContract.suite("a Map", {
    ...less,
    layer: Layer.effect(IOProc.IOProc, mapDriver),
    capabilities: { ...few, access: false }
  })

  IOProcContract.suite("a driver that only reads", {
    ...less,
    layer: Layer.effect(IOProc.IOProc, fixedDriver(false)),
    capabilities: { ...IOProcContract.readOnly, ...few, fullName: true }
  })

  IOProcContract.suite("a driver with files of a fixed size", {
    ...less,
    layer: Layer.effect(IOProc.IOProc, fixedDriver(true)),
    capabilities: { ...IOProcContract.readOnly, ...few, write: true, fullName: true }
  })
})
