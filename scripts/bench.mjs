/**
 * Measures the library beside what a program would use instead, installing and building first where needed:
 *
 *   node scripts/bench.mjs [subject ...] [--quick] [--case TEXT] [--json FILE] [--guard] [--profile FOLDER]
 */
import { build, start } from "./build.mjs"
import { command } from "./bundle.mjs"
import { bootstrap } from "./lib.mjs"

const dir = "packages/platform-node/benchmark"

// the subject "command" runs the bundle
await bootstrap()
const { code, output } = await build(`${command}tsconfig.json`)
if (code !== 0) throw new Error(output)
await start(`${dir}/tsconfig.src.json`, `${dir}/build/main.js`, process.argv.slice(2))
