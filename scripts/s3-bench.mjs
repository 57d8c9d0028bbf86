/** Measures how fast objects are read beside a loop of `fetch`: packages/s3/benchmark. */
import { runBundled } from "./bundled.mjs"

process.exitCode = await runBundled(
  ["packages/s3/benchmark/throughput.ts", "packages/s3/benchmark/store.ts"],
  process.argv.slice(2)
)
