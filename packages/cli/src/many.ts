/**
 * The same for many files: a few in this thread, more of them in as many threads as the machine has processors.
 *
 * Results come in the order of the files, and no more batches are in memory than twice as many as there are threads.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import type { Worker } from "node:worker_threads"
import { inColour } from "./colours.js"
import { type ExitCode, exitCodes } from "./failure.js"
import { filesOf } from "./folders.js"
import { giveWay } from "./giveWay.js"
import { type Batch, inspect, type Job } from "./inspections.js"
import { Output } from "./output.js"
import { withProgress } from "./progress.js"
import { threadArguments } from "./thread.js"

/** How many files a thread is given at once. */
const batchSize = 64
/** Fewer files than these are done before another thread has started. */
const fewest = 512

/** How many files ended with each code. */
export type Tally = ReadonlyMap<ExitCode, number>

const inThread = (worker: Worker, names: ReadonlyArray<string>): Effect.Effect<Batch> =>
  Effect.async<Batch>((resume) => {
    const onMessage = (batch: Batch) => {
      worker.off("error", onError)
      resume(Effect.succeed(batch))
    }
    const onError = (error: Error) => {
      worker.off("message", onMessage)
      resume(Effect.die(error))
    }
    worker.once("message", onMessage)
    worker.once("error", onError)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker.postMessage(names)
  })

const startThreads = (job: Job) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { Worker } = await import("node:worker_threads")
      const options = { workerData: job, argv: [...threadArguments] }
      return Array.from({ length: availableParallelism() }, () => new Worker(new URL(import.meta.url), options))
    }),
    (workers) => Effect.promise(() => Promise.all(workers.map((worker) => worker.terminate())))
  )

type RunBatch = (names: ReadonlyArray<string>) => Effect.Effect<Batch>

const here = (job: Job): RunBatch => (names) => Effect.zipLeft(inspect(job, names), giveWay)

const elsewhere = (job: Job) =>
  Effect.gen(function*() {
    const workers = yield* startThreads(job)
    const idle = yield* Queue.unbounded<Worker>()
    yield* Queue.offerAll(idle, workers)
    const run: RunBatch = (names) =>
      Effect.flatMap(Queue.take(idle), (worker) => Effect.ensuring(inThread(worker, names), Queue.offer(idle, worker)))
    return run
  })

/** Runs a command over all files that the names lead to. */
export const overFiles = (
  command: Job["command"],
  json: boolean,
  names: ReadonlyArray<string>
): Effect.Effect<Tally, never, Output> =>
  Effect.scoped(Effect.gen(function*() {
    const job: Job = { command, json, colours: inColour() }
    const output = yield* Output
    const files = yield* filesOf(names)
    const isMany = files.length >= fewest && availableParallelism() > 1
    const runBatch = isMany ? yield* elsewhere(job) : here(job)
    const tally = new Map<ExitCode, number>()
    let done = 0
    yield* withProgress(command, "files", (advance) =>
      Stream.fromIterable(files).pipe(
        Stream.grouped(batchSize),
        Stream.mapEffect((batch) => runBatch([...batch]), { concurrency: isMany ? availableParallelism() * 2 : 1 }),
        Stream.runForEach(({ codes, error, out }) =>
          Effect.gen(function*() {
            for (const code of codes) tally.set(code, (tally.get(code) ?? 0) + 1)
            done += codes.length
            yield* output.raw(out)
            if (error !== "") process.stderr.write(error)
            advance(done, files.length)
          })
        )
      ))
    return tally
  }))

/** The code of the worst. */
export const worstOf = (tally: Tally): ExitCode =>
  [...tally.keys()].reduce((worst: ExitCode, code) => code > worst ? code : worst, exitCodes.ok)
