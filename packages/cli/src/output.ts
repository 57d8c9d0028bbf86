/**
 * What the command prints: results on standard output, as text or as one JSON object a line, and all else on standard
 * error.
 *
 * Colours are only for a terminal, and not with `NO_COLOR`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { inColour } from "./colours.js"
import { shown } from "./text.js"

/** How a word is set off on a terminal; where there are no colours, it stays as it is. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly notable: (text: string) => string
}

/** A value of a JSON object. */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json | undefined }

/** A result: JSON.md says what each command gives. */
export type Result = { readonly [key: string]: Json | undefined }

export interface Output {
  /** Whether results are printed as JSON. */
  readonly json: boolean
  /** Prints a result: its JSON, or its lines. */
  readonly result: (json: () => Result, lines: (style: Style) => ReadonlyArray<string>) => Effect.Effect<void>
  /** Prints a result that failed: its JSON, and the sentence on standard error in either case. */
  readonly failure: (json: Result, sentence: string) => Effect.Effect<void>
  /** Says something beside the results. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Prints what is a whole line, or more, already. */
  readonly raw: (text: string) => Effect.Effect<void>
}

export const Output = Context.GenericTag<Output>("@effect-mmio/cli/Output")

const plain = (text: string): string => text
const styled = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`

const styleOf = (colours: boolean): Style =>
  colours
    ? { bold: styled(1), dim: styled(2), good: styled(32), bad: styled(31), notable: styled(33) }
    : { bold: plain, dim: plain, good: plain, bad: plain, notable: plain }

/** Where what is printed goes. */
export interface Sinks {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  readonly colours: boolean
}

/** The streams of the process. */
const ofProcess: Sinks = {
  out: (text) => {
    process.stdout.write(text)
  },
  error: (text) => {
    process.stderr.write(text)
  },
  get colours() {
    return inColour()
  }
}

/**
 * How much is gathered before it is written: a write for each of ten thousand lines would cost as much as finding out
 * what they say.
 */
const chunkSize = 16 * 1024

export const make = (
  command: string,
  json: boolean,
  sinks: Sinks = ofProcess
): { readonly output: Output; readonly flush: () => void } => {
  const style = styleOf(sinks.colours)
  let pending = ""
  const flush = () => {
    if (pending !== "") sinks.out(pending)
    pending = ""
  }
  const print = (line: string) => {
    pending += `${line}\n`
    if (pending.length >= chunkSize) flush()
  }
  const printJson = (result: Result) => print(JSON.stringify({ command, ...result }))
  const note = (text: string) => {
    // in the order in which they were said
    flush()
    sinks.error(`mmio: ${text}\n`)
  }
  return {
    flush,
    output: {
      json,
      result: (result, lines) =>
        Effect.sync(() => json ? printJson(result()) : lines(style).forEach((line) => print(line))),
      failure: (result, sentence) =>
        Effect.sync(() => {
          if (json) printJson(result)
          note(sentence)
        }),
      note: (text) => Effect.sync(() => note(shown(text))),
      raw: (text) =>
        Effect.sync(() => {
          pending += text
          if (pending.length >= chunkSize) flush()
        })
    }
  }
}
