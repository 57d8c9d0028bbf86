/** What the fuzzer and its workers share. */
import { Effect } from "effect"
import * as NFS from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as RiffFuzz from "../../src/RiffFuzz.js"
import { Refusal } from "./program.js"

/** What the command line says. */
export interface Options {
  readonly seed: number
  readonly from: number
  readonly inputs: number | undefined
  readonly minutes: number
  readonly workers: number
  readonly folder: string | undefined
}

/** Inputs to do, from one number to before another. */
export interface Task {
  readonly from: number
  readonly to: number
}

/** What a worker is told. */
export interface Order extends Task {
  readonly seed: number
  readonly files: Seedlings
}

/** An input of which a law does not hold. */
export interface Failure {
  readonly seed: number
  readonly number: number
  readonly bytes: Uint8Array
  readonly description: string
}

/** What a worker tells: that an input failed, or that it is done, with how many passed. */
export type Message =
  | { readonly _tag: "failed"; readonly failure: Failure }
  | { readonly _tag: "done"; readonly passed: number }

type Seedlings = readonly [RiffFuzz.Seedling, ...ReadonlyArray<RiffFuzz.Seedling>]

const numberOf = (name: string, text: string): Effect.Effect<number, Refusal> => {
  const number = Number(text)
  return Number.isFinite(number) && number >= 0 && text.trim() !== ""
    ? Effect.succeed(number)
    : Effect.fail(new Refusal({ message: `--${name} is a number, and not ${text}.` }))
}

/** Reads the command line. */
export const readOptions = (args: ReadonlyArray<string>): Effect.Effect<Options, Refusal> =>
  Effect.gen(function*() {
    const text = { type: "string" } as const
    const { values } = yield* Effect.try({
      try: () =>
        parseArgs({
          args: args.filter((arg) => arg !== "--"),
          options: { seed: text, minutes: text, inputs: text, from: text, workers: text, folder: text }
        }),
      catch: (error) => new Refusal({ message: error instanceof Error ? error.message : String(error) })
    })
    const number = (name: "seed" | "minutes" | "from" | "workers", otherwise: number) =>
      values[name] === undefined ? Effect.succeed(otherwise) : numberOf(name, values[name])
    return {
      seed: yield* number("seed", 1),
      from: yield* number("from", 0),
      minutes: yield* number("minutes", 1),
      workers: Math.max(1, yield* number("workers", 1)),
      inputs: values.inputs === undefined ? undefined : yield* numberOf("inputs", values.inputs),
      folder: values.folder
    }
  })

/** Files to begin with are no longer than that, when their data is cut short: an input has to be cheap. */
const longest = 2000

/** The files that inputs are made of, and when to stop, on the clock of `performance`. */
export const limitOf = (
  { folder, inputs, minutes }: Options
): { readonly files: Seedlings; readonly deadline: number } => {
  // from packages/proofs/build/tools/lib
  const from = folder ?? fileURLToPath(new URL("../../../fixtures/", import.meta.url))
  const [first, ...rest] = NFS.readdirSync(from, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(json|md)$/.test(entry.name))
    .map(({ name }) => RiffFuzz.compact({ name, bytes: Uint8Array.from(NFS.readFileSync(path.join(from, name))) }))
    .filter(({ bytes }) => bytes.length <= longest)
    .toSorted((a, b) => a.name < b.name ? -1 : 1)
  if (first === undefined) throw new Error(`there are no small files in ${from}`)
  return {
    files: [first, ...rest],
    deadline: inputs === undefined ? performance.now() + minutes * 60_000 : Infinity
  }
}
