/**
 * The contract of storage drivers over libSQL, but for the interruption of its every step, which takes minutes: `npm
 * run test:sql` has all of it, and `npm run test:postgres` has it over Postgres. crashes.test.ts interrupts at every
 * statement.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { uninterrupted } from "./support/contract.js"
import { inMemory, storageIn } from "./support/database.js"

IOProcContract.suite("SqlIOProc", {
  // Most transfers cross from one block to the next, and most writes are spilled.
  layer: storageIn(inMemory, { blockSize: 32, snapshots: false, writeBuffer: 96 }),
  capabilities: { largeFiles: true },
  // Every operation is several statements: shorter walks, on machines that have other things to do.
  scale: 0.05 * Number(process.env["MMIO_TEST_SCALE"] ?? 1),
  patience: "1 minute",
  test: uninterrupted
})
