/** Lets the process see signals: what calls a disk that blocks the thread gives way now and then. */
import * as Effect from "effect/Effect"

export const giveWay = Effect.promise<void>(() => new Promise((resolve) => setImmediate(resolve)))
