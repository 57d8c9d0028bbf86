/** What a thread does: it looks at the batches of files that it is sent, one after the other. */
import * as Effect from "effect/Effect"
import { inspect } from "./inspections.js"

/**
 * What a thread has for arguments, and no user can write: an argument of a process holds no zero. To ask Node whether
 * this is a thread would load its module of threads in every run.
 */
export const threadArguments: ReadonlyArray<string> = ["\0thread"]

export const isThread = (): boolean => process.argv[2] === threadArguments[0]

export const runThread = async (): Promise<void> => {
  const { parentPort, workerData } = await import("node:worker_threads")
  parentPort?.on("message", (names: ReadonlyArray<string>) => {
    // many.ts gives a thread its `Job`
    Effect.runPromise(inspect(workerData, names)).then(
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
      (batch) => parentPort.postMessage(batch),
      // What fails here is a bug, which ends the thread, and which the main thread reports.
      (error: unknown) =>
        setImmediate(() => {
          throw error
        })
    )
  })
}
