/**
 * Runs the example packages/s3/examples/fleet, bundled into a temporary folder: node scripts/s3-fleet.mjs [takes]. It
 * needs Postgres.
 */
import { runBundled } from "./bundled.mjs"

process.exitCode = await runBundled(
  ["packages/s3/examples/fleet/main.ts", "packages/s3/examples/fleet/runner.ts"],
  process.argv.slice(2)
)
