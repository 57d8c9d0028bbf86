/** Does the inputs that it is told, and says what went wrong. */
import { Effect, Either } from "effect"
import { parentPort, workerData } from "node:worker_threads"
import * as RiffFuzz from "../src/RiffFuzz.js"
import type { Message, Order } from "./lib/fuzz.js"

// Most failures are as they should be, and their stack traces are not needed.
Error.stackTraceLimit = 0

/** Where the main thread sees which input it is at. */
const at: unknown = workerData

const say = (message: Message): void => parentPort?.postMessage(message, [])

parentPort?.on("message", ({ files, from, seed, to }: Order) => {
  let passed = 0
  for (let number = from; number < to; number++) {
    if (at instanceof Float64Array) at[0] = number
    const input = RiffFuzz.input(files, seed, number)
    const result = Effect.runSync(Effect.either(RiffFuzz.check(input)))
    if (Either.isRight(result)) {
      passed++
      continue
    }
    const { bytes } = Effect.runSync(RiffFuzz.shrink(input))
    const { mutations, name, settings } = input
    say({
      _tag: "failed",
      failure: {
        seed,
        number,
        bytes,
        description: `${result.left.message}\n(${name}: ${mutations.join(", ")}; read with ${JSON.stringify(settings)})`
      }
    })
  }
  say({ _tag: "done", passed })
})
