/**
 * Measures the library beside what a program would use instead, installing and building first where needed:
 *
 *   node scripts/bench.mjs [subject ...] [--quick] [--case TEXT] [--json FILE] [--guard] [--profile FOLDER]
 */
import { start } from "./build.mjs"

const dir = "packages/platform-node/benchmark"

await start(`${dir}/tsconfig.src.json`, `${dir}/build/main.js`, process.argv.slice(2))
