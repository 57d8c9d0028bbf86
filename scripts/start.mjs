/**
 * Runs a program of packages/platform-node, installing and building first where needed:
 *
 *   node scripts/start.mjs examples/retag [arguments ...]
 */
import * as path from "node:path"
import { start } from "./build.mjs"

const [program, ...args] = process.argv.slice(2)
const dir = "packages/platform-node"

await start(`${dir}/tsconfig.${path.dirname(program)}.json`, `${dir}/build/${program}.js`, args)
