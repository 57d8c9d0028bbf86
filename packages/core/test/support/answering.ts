/**
 * The same driver, answering another way, and the blocks that can be put around it.
 */
import { IOProc } from "@effect-mmio/core"
import { Effect, flow } from "effect"

/** How a call answers that was made into an effect. */
type Way = <A, E>(call: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** `make` gives each file a way of its own. */
const answering = (make: () => Way) =>
  IOProc.mapFile((file) => {
    const way = make()
    return {
      ...file,
      read: (target) => way(file.read(target)),
      write: (source) => way(file.write(source)),
      writeFlush: (source) => way(file.writeFlush(source)),
      seek: (offset, from) => way(file.seek(offset, from))
    }
  })

/** Later, by a callback. The call must not yield. */
export const later: Way = (call) => IOProc.callback((done) => queueMicrotask(() => done(Effect.runSyncExit(call))))

/** At once. The driver must not yield. */
export const atOnce = answering(() => (call) => IOProc.immediate(() => Effect.runSyncExit(call)))

/** By a callback, later. The driver must not yield. */
export const byCallback = answering(() => later)

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

/** Reads ahead and writes behind, in small blocks. */
export const both = flow(IOProc.writeBehind(small), IOProc.readAhead(small))

/** 0, 1, 2, … so many of them. */
export const numbers = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i % 251)
