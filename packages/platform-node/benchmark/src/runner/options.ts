/** The command line. */
import { parseArgs } from "node:util"

export interface Options {
  /** Which subjects: those with one of these in their names; all, if there are none. */
  readonly subjects: ReadonlyArray<string>
  /** Which of their cases: those with this in their names. */
  readonly case: string
  readonly quick: boolean
  /** Whether to measure only what has a target, and to fail where it is missed by far. */
  readonly guard: boolean
  /** Where to write the results as JSON. */
  readonly json: string | undefined
  /** Where to write profiles of the library alone, without its peers. */
  readonly profile: string | undefined
}

const usage = `npm run bench -- [subject ...] [options]

  --quick           smaller files, fewer rounds, without the slowest peers: just under a minute
  --case TEXT       only the cases with this text in their names
  --json FILE       writes the results to a file
  --guard           measures what has a target, and fails where a third of it, or what the row has instead, is missed
  --profile FOLDER  measures the library alone, and writes CPU profiles, which open in Chrome and VS Code`

/** Throws what is wrong with the arguments, and how they are used. */
export const parse = (args: ReadonlyArray<string>): Options => {
  try {
    const { positionals, values } = parseArgs({
      args: args.filter((arg) => arg !== "--"),
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        guard: { type: "boolean", default: false },
        case: { type: "string", default: "" },
        json: { type: "string" },
        profile: { type: "string" }
      }
    })
    if (values.guard && values.profile !== undefined) throw new Error("A profile has nothing to guard.")
    return { subjects: positionals, ...values, json: values.json, profile: values.profile }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n\n${usage}`, { cause: error })
  }
}
