/**
 * The contract of storage drivers, on those of this package, and on what can be put around one.
 */
import { FileName, FourCC, IOProc, IOProcRegistry, MemoryIOProc, MmioError } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { describe } from "@effect/vitest"
import { Effect, flow, Layer } from "effect"

/** Storage in memory with the folder that the contract asks for, by whatever it is called. */
const memoryWith = (...folders: ReadonlyArray<string>) => MemoryIOProc.make({ folders: ["folder", ...folders] })

const memory: Layer.Layer<IOProc.IOProc, MmioError.CannotOpen> = Layer.effect(IOProc.IOProc, memoryWith())

/** A file that passes everything on. */
const same = (file: IOProc.File): IOProc.File => ({
  read: (target) => file.read(target),
  write: (source) => file.write(source),
  writeFlush: (source) => file.writeFlush(source),
  seek: (offset, from) => file.seek(offset, from),
  close: Effect.suspend(() => file.close),
  onMessage: (message) => file.onMessage(message)
})

/** Files that transfer 1 byte, then 2, 7, 13, 100, 1000, 1, 2, … at a time. */
const short = (file: IOProc.File): IOProc.File => {
  const sizes = [1, 2, 7, 13, 100, 1000]
  let calls = 0
  const part = (bytes: Uint8Array) => bytes.subarray(0, sizes[calls++ % sizes.length])
  return {
    ...same(file),
    read: (target) => Effect.suspend(() => file.read(part(target))),
    write: (source) => Effect.suspend(() => file.write(part(source))),
    writeFlush: (source) =>
      Effect.suspend(() => {
        const some = part(source)
        return some.length < source.length ? file.write(some) : file.writeFlush(source)
      })
  }
}

/** Files that give way to other fibers before and after all that they do. */
const yielding = (file: IOProc.File): IOProc.File => {
  const slowly = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    // What has been done has to be told.
    Effect.zipRight(Effect.yieldNow(), Effect.uninterruptible(Effect.zipLeft(call, Effect.yieldNow())))
  return {
    read: (target) => slowly(file.read(target)),
    write: (source) => slowly(file.write(source)),
    writeFlush: (source) => slowly(file.writeFlush(source)),
    seek: (offset, from) => slowly(file.seek(offset, from)),
    close: slowly(file.close),
    onMessage: (message) => file.onMessage(message)
  }
}

/** Files that read at places, and give way before they do. */
const atPlaces = (file: IOProc.File): IOProc.File => ({
  ...same(file),
  readAt: (position, target) =>
    Effect.zipRight(
      Effect.yieldNow(),
      // in one step, in which nobody sees where the file stands
      Effect.suspend(() =>
        Effect.runSyncExit(Effect.gen(function*() {
          const before = yield* Effect.orDie(file.seek(0, "current"))
          yield* Effect.orDie(file.seek(position, "start"))
          return yield* Effect.ensuring(file.read(target), Effect.orDie(file.seek(before, "start")))
        }))
      )
    )
})

/** Files that only go forward. */
const forward = (file: IOProc.File): IOProc.File => ({
  ...same(file),
  seek: (offset, from) =>
    Effect.flatMap(
      Effect.orDie(file.seek(0, "current")),
      (position) =>
        (from === "current" && offset === 0) || (from === "start" && offset === position)
          ? Effect.succeed(position)
          : Effect.fail(
            new MmioError.CannotSeek({ operation: "seek", file: "a pipe", description: "it only goes forward" })
          )
    )
})

const around = (f: (file: IOProc.File) => IOProc.File) =>
  Layer.provide(IOProc.layerMap((below) => IOProc.mapFile(below, f)), memory)

describe("MemoryIOProc", () => {
  IOProcContract.suite("MemoryIOProc", { layer: memory })
})

describe("drivers around a driver", () => {
  IOProcContract.suite("IOProcRegistry over memory", { layer: Layer.provide(IOProcRegistry.layer, memory) })

  IOProcContract.suite("a route of IOProc.layerRoute", {
    name: (base) => `${base}.ark+element`,
    layer: Layer.provide(
      IOProc.layerRoute(FourCC.make("ARK "), memoryWith("folder.ark+element")),
      // where nothing of this may arrive
      Layer.succeed(
        IOProc.IOProc,
        IOProc.make({ open: ({ name }) => Effect.dieMessage(`${name.full} was not routed`) })
      )
    )
  })

  IOProcContract.suite("IOProc.mapFile with the same files", { layer: around(same) })
  IOProcContract.suite("a driver with short transfers", { layer: around(short) })
  IOProcContract.suite("a driver that gives way", { layer: around(yielding) })

  // Blocks as small as this are turned over, given up and written all the time.
  const small = { smallest: 8, largest: 32 }
  const over = (f: (driver: IOProc.IOProc) => IOProc.IOProc, below = memory) => Layer.provide(IOProc.layerMap(f), below)

  IOProcContract.suite("IOProc.readAhead", { layer: over(IOProc.readAhead(small)) })
  IOProcContract.suite("IOProc.readAhead over files that read at places", {
    layer: over(IOProc.readAhead(small), around(atPlaces))
  })
  IOProcContract.suite("IOProc.writeBehind", { layer: over(IOProc.writeBehind(small)) })
  IOProcContract.suite("both, over a driver that gives way", {
    layer: over(flow(IOProc.writeBehind(small), IOProc.readAhead(small)), around(yielding))
  })
  IOProcContract.suite("both, over a driver with short transfers", {
    layer: over(flow(IOProc.writeBehind(small), IOProc.readAhead(small)), around(short))
  })

  IOProcContract.suite("a driver that only goes forward", { layer: around(forward), capabilities: { seek: false } })
})

// ---------------------------------------------------------------------------------------------------------------------

/** The driver of the README. */
const mapDriver = Effect.sync(() => {
  const files = new Map<string, Uint8Array>()
  const mapFile = (name: string) =>
    IOProc.makeFile({
      name,
      size: Effect.sync(() => files.get(name)?.length ?? 0),
      readAt: (offset, target) =>
        Effect.sync(() => {
          const part = (files.get(name) ?? new Uint8Array(0)).subarray(offset, offset + target.length)
          target.set(part)
          return part.length
        }),
      writeAt: (offset, source) =>
        Effect.sync(() => {
          const old = files.get(name) ?? new Uint8Array(0)
          const bytes = new Uint8Array(Math.max(old.length, offset + source.length))
          bytes.set(old)
          bytes.set(source, offset)
          files.set(name, bytes)
          return source.length
        })
    })
  const notFound = (file: FileName.FileName) =>
    new MmioError.FileNotFound({ operation: "open", file: file.full, description: "the map does not have it" })
  return IOProc.make({
    open: ({ create, name }) => {
      if (create) files.set(name.full, new Uint8Array(0))
      return files.has(name.full) ? Effect.succeed(mapFile(name.full)) : Effect.fail(notFound(name))
    },
    exists: (name) => Effect.sync(() => files.has(name.full))
  })
})

/** Files of a fixed size, which are all there is, with what the contract wants of a driver that cannot create. */
const fixedDriver = (writable: boolean) =>
  Effect.sync(() => {
    const files = new Map(Object.entries(IOProcContract.fixtures).map(([name, bytes]) => [name, bytes.slice()]))
    return IOProc.make({
      open: ({ access, create, name: { full: name } }) => {
        const bytes = files.get(name)
        const details = { operation: "open", file: name }
        if (bytes === undefined) {
          return Effect.fail(new MmioError.FileNotFound({ ...details, description: "there is no such file" }))
        }
        if (create || (access !== "read" && !writable)) {
          return Effect.fail(new MmioError.AccessDenied({ ...details, description: "it stays as it is" }))
        }
        return Effect.succeed(IOProc.makeFile({
          name,
          size: Effect.succeed(bytes.length),
          readAt: (offset, target) =>
            access === "write"
              ? Effect.fail(
                new MmioError.CannotRead({ operation: "read", file: name, description: "it is open for writing" })
              )
              : Effect.sync(() => {
                const part = bytes.subarray(offset, offset + target.length)
                target.set(part)
                return part.length
              }),
          writeAt: access === "read" ? undefined : (offset, source) =>
            Effect.suspend(() => {
              const part = source.subarray(0, Math.max(0, bytes.length - offset))
              if (part.length === 0) {
                return Effect.fail(
                  new MmioError.CannotExpand({ operation: "write", file: name, description: "it has a fixed size" })
                )
              }
              bytes.set(part, offset)
              return Effect.succeed(part.length)
            })
        }))
      },
      exists: (name) => Effect.sync(() => files.has(name.full)),
      fullName: (name) => Effect.succeed(FileName.plain(name.full))
    })
  })

const fewMessages = {
  folders: false,
  rename: false,
  remove: false,
  unlinkOpen: false,
  fullName: false,
  tempName: false,
  sharing: false,
  useAfterClose: false
}

describe("drivers that can do less", () => {
  IOProcContract.suite("the Map of the README", {
    layer: Layer.effect(IOProc.IOProc, mapDriver),
    capabilities: { ...fewMessages, access: false }
  })

  IOProcContract.suite("a driver that only reads", {
    layer: Layer.effect(IOProc.IOProc, fixedDriver(false)),
    capabilities: { ...IOProcContract.readOnly, ...fewMessages, fullName: true }
  })

  IOProcContract.suite("a driver with files of a fixed size", {
    layer: Layer.effect(IOProc.IOProc, fixedDriver(true)),
    capabilities: { ...IOProcContract.readOnly, ...fewMessages, write: true, fullName: true }
  })
})
