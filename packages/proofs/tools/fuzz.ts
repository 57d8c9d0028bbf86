/**
 * Damages the files of independent encoders in every way that hurts a reader, and looks at what the library makes of
 * each:
 *
 *   npm run fuzz -- [--seed N] [--minutes N | --inputs N] [--from N] [--workers N] [--folder PATH]
 *
 * The same seed makes the same inputs, by their numbers from 0 on. What goes wrong is written to a file, with its seed
 * and its number: `--seed N --from NUMBER --inputs 1` does it again. Default: seed 1, one minute, one worker.
 */
import { Console, Effect } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as path from "node:path"
import { Worker } from "node:worker_threads"
import * as RiffFuzz from "../src/RiffFuzz.js"
import { type Failure, limitOf, type Message, type Options, type Order, readOptions, type Task } from "./lib/fuzz.js"
import { main, Refusal, type Tally } from "./lib/program.js"

/**
 * How long one input, and the search for a smaller one that fails as it does, may take, in milliseconds: a few seconds
 * are usual.
 */
const patience = 60_000

/** How many inputs a worker does before it says that it has done them. */
const batch = 200

const nameOf = ({ number, seed }: Pick<Failure, "number" | "seed">) => `effect-mmio-fuzz-${seed}-${number}.bin`

const complain = (options: Options, { bytes, description, number, seed }: Failure): void => {
  const file = path.join(OS.tmpdir(), nameOf({ number, seed }))
  NFS.writeFileSync(file, bytes)
  process.stdout.write(`✗ seed ${seed}, number ${number}: ${description.replaceAll("\n", "\n    ")}
    its ${bytes.length} bytes are in ${file}; again with --seed ${seed} --from ${number} --inputs 1${
    options.folder === undefined ? "" : ` --folder ${options.folder}`
  }\n`)
}

/** Has workers do all inputs, and ends those that hang. */
const run = (options: Options): Promise<Tally> =>
  new Promise((resolve, reject) => {
    const tally = { passed: 0, failed: 0 }
    const { files, deadline } = limitOf(options)
    const last = options.from + (options.inputs ?? Infinity)
    let next = options.from
    let running = options.workers
    const began = performance.now()
    const progress = setInterval(() => {
      const rate = tally.passed / (performance.now() - began) * 1000
      process.stderr.write(`${tally.passed + tally.failed} inputs, ${rate.toFixed(0)}/s, ${tally.failed} failed\n`)
    }, 60_000)
    const ended = () => {
      if (--running > 0) return
      clearInterval(progress)
      resolve(tally)
    }
    const begin = () => {
      /** The input that the worker is at: one that hangs cannot say so itself. */
      const at = new Float64Array(new SharedArrayBuffer(8))
      const worker = new Worker(new URL("fuzzWorker.js", import.meta.url), { workerData: at })
      let task: Task | undefined
      let seen = { number: -1, since: performance.now() }
      const watch = setInterval(() => {
        const [number = 0] = at
        if (number !== seen.number) seen = { number, since: performance.now() }
        else if (performance.now() - seen.since > patience) replace(number)
      }, 1000)
      const leave = () => {
        clearInterval(watch)
        return worker.terminate()
      }
      const replace = (number: number) => {
        tally.failed++
        const { bytes, mutations, name } = RiffFuzz.input(files, options.seed, number)
        const description = `it does not end\n(${name}: ${mutations.join(", ")})`
        complain(options, { seed: options.seed, number, bytes, description })
        // Those after it are left to the one that follows.
        if (task !== undefined && number + 1 < task.to) left.push({ from: number + 1, to: task.to })
        void leave().then(begin)
      }
      const give = () => {
        task = left.pop()
        if (task === undefined && next < last && performance.now() < deadline) {
          task = { from: next, to: Math.min(last, next + batch) }
          next = task.to
        }
        if (task === undefined) void leave().then(ended)
        else worker.postMessage({ ...task, seed: options.seed, files } satisfies Order, [])
      }
      worker.on("error", reject)
      worker.on("message", (message: Message) => {
        if (message._tag === "failed") {
          tally.failed++
          complain(options, message.failure)
        } else {
          tally.passed += message.passed
          give()
        }
      })
      give()
    }
    /** What a worker that hung did not come to. */
    const left: Array<Task> = []
    for (let i = 0; i < options.workers; i++) begin()
  })

main(Effect.gen(function*() {
  const options = yield* readOptions(process.argv.slice(2))
  const began = performance.now()
  const tally = yield* Effect.tryPromise({
    try: () => run(options),
    catch: (error) => new Refusal({ message: `A worker ended: ${String(error)}.` })
  })
  const seconds = (performance.now() - began) / 1000
  const count = tally.passed + tally.failed
  yield* Console.log(
    `seed ${options.seed}, ${count} inputs in ${seconds.toFixed(0)} s with ${options.workers} worker${
      options.workers === 1 ? "" : "s"
    }, ${(count / seconds).toFixed(0)} a second`
  )
  return tally
}))
