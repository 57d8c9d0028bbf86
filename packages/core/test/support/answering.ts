/**
 * The same driver, answering another way, and the blocks that can be put around it.
 */
import { IOProc } from "@effect-mmio/core"
import { Effect, flow } from "effect"
import type { TestStorage } from "./driver.js"

/** How a call answers that was made into an effect. */
type Way = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** `make` gives each file a way of its own. (`IOProc.mapFile` would leave out that a file reads at places.) */
const answering = (make: () => Way) => (driver: IOProc.IOProc) =>
  IOProc.make({
    open: (request) =>
      Effect.map(driver.open(request), (file) => {
        const way = make()
        const { readAt } = file
        return {
          ...file,
          read: (target) => way(file.read(target)),
          readAt: readAt && ((position, target) => way(readAt(position, target))),
          write: (source) => way(file.write(source)),
          writeFlush: (source) => way(file.writeFlush(source)),
          seek: (offset, from) => way(file.seek(offset, from))
        }
      })
  })

/** Later, by a callback. The call must not yield. */
export const later: Way = (call) => IOProc.callback((done) => queueMicrotask(() => done(Effect.runSyncExit(call))))

/** At once. The driver must not yield. */
export const atOnce = answering(() => (call) => IOProc.immediate(() => Effect.runSyncExit(call)))

/** By a callback, later. The driver must not yield. */
export const byCallback = answering(() => later)

/** By a callback, before the call returns. The driver must not yield. */
export const early = answering(() => (call) => IOProc.callback((done) => done(Effect.runSyncExit(call))))

/** By an effect once and then by callbacks twice, in turn. */
const inTurn = answering(() => {
  let calls = 0
  return (call) => calls++ % 3 === 0 ? Effect.zipRight(Effect.yieldNow(), call) : later(call)
})

/** Each way that is not an effect's, for names of tests. */
export const drivers = {
  "answers at once": atOnce,
  "answers by callbacks": byCallback,
  "answers this way and that": inTurn
}

/** Sizes of blocks that short tests go beyond. */
export const small = { smallest: 8, largest: 32 }

/** Reads ahead, in small blocks. */
export const ahead = IOProc.readAhead(small)

/** Reads ahead and writes behind. */
export const both = flow(IOProc.writeBehind(small), ahead)

/** Blocks around a storage. One that reads at places does so for who reads ahead of it, with nothing in between. */
export const inBlocks = (
  storage: TestStorage,
  answering: (driver: IOProc.IOProc) => IOProc.IOProc,
  places: boolean
) => {
  storage.readsAtPlaces = places
  const driver = answering(storage.ioProc)
  return places ? ahead(driver) : both(driver)
}

/** 0, 1, 2, … so many of them. */
export const numbers = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i % 251)
