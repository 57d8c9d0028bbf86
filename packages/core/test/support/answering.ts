/**
 * The same driver, answering another way, and the blocks that can be put around it.
 */
import { IOProc } from "@effect-mmio/core"
import { Effect, flow } from "effect"
import type { TestStorage } from "./driver.js"

/** How a call answers that was made into an effect. */
type Way = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** `make` gives each file a way of its own. */
const answering = (make: () => Way) => (driver: IOProc.IOProc) =>
  IOProc.mapFile(driver, (file) => {
    const way = make()
    const { readAt, truncate, writeAt } = file
    return {
      ...file,
      size: way(file.size),
      readAt: (position, target) => way(readAt(position, target)),
      writeAt: writeAt && ((position, source, mode) => way(writeAt(position, source, mode))),
      truncate: truncate && ((size) => way(truncate(size)))
    }
  })

/** Later, by a callback. The call must not yield. */
export const later: Way = (call) => IOProc.callback((done) => queueMicrotask(() => done(Effect.runSyncExit(call))))

/** Synchronously. The driver must not yield. */
export const synchronously = answering(() => (call) => IOProc.immediate(() => Effect.runSyncExit(call)))

/** By a callback, later. The driver must not yield. */
export const byCallback = answering(() => later)

/** By a callback, before the call returns. The driver must not yield. */
export const early = answering(() => (call) => IOProc.callback((done) => done(Effect.runSyncExit(call))))

/** As an effect that yields to other fibers first. The driver must not yield. */
export const asEffect = answering(() => (call) => Effect.zipRight(Effect.yieldNow(), call))

/** By an effect once and then by callbacks twice, in turn. */
export const inTurn = answering(() => {
  let calls = 0
  return (call) => calls++ % 3 === 0 ? Effect.zipRight(Effect.yieldNow(), call) : later(call)
})

/** Each way that is not an effect's, for names of tests. */
export const drivers = {
  "answers synchronously": synchronously,
  "answers by callbacks": byCallback,
  "answers in all ways in turn": inTurn
}

/** Sizes of blocks that short tests go beyond. */
export const small = { smallest: 8, largest: 32 }

/** Reads ahead, in small blocks. */
export const ahead = IOProc.readAhead(small)

/** Both `readAhead` and `writeBehind`. */
export const both = flow(IOProc.writeBehind(small), ahead)

/** Blocks around a storage: of reads alone where its calls are concurrent, else of writes, too. */
export const inBlocks = (
  storage: TestStorage,
  answering: (driver: IOProc.IOProc) => IOProc.IOProc,
  concurrent: boolean
) => {
  storage.concurrent = concurrent
  const driver = answering(storage.ioProc)
  return concurrent ? ahead(driver) : both(driver)
}

/** 0, 1, 2, … so many of them. */
export const numbers = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i % 251)
