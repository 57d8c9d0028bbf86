/**
 * Runs an example of packages/platform-node or a tool of packages/proofs, installing and building first where needed:
 *
 *   node scripts/start.mjs examples/retag [arguments ...]
 *   node scripts/start.mjs tools/fuzz [arguments ...]
 */
import * as path from "node:path"
import { start } from "./build.mjs"

/** Which package has the programs of a folder. */
const owners = { examples: "packages/platform-node", tools: "packages/proofs" }

const [program = "", ...args] = process.argv.slice(2)
const folder = path.dirname(program)
const owner = owners[folder]
if (owner === undefined) {
  console.error(`There are no programs in "${folder}", only in: ${Object.keys(owners).join(", ")}.`)
  process.exit(2)
}

await start(`${owner}/tsconfig.${folder}.json`, `${owner}/build/${program}.js`, args)
