/**
 * Checks databases as a storage at length: all of the contract of drivers over libSQL, under each middleware, recorders
 * that are killed 100 times, and two processes that edit one file 1000 times. It takes minutes. The tests are in
 * packages/sql/long.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/sql/long", { programs: {} })
