/**
 * The contract of storage drivers, over databases of libSQL. `npm run test:sql` has all of it, and `npm run test:postgres` over Postgres.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { inFile, inMemory, storageIn } from "./support/database.js"

/** Every operation is several statements: shorter walks, on machines that have other things to do. */
const effort = (scale: number) =>
  ({ scale: scale * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "1 minute" }) as const

IOProcContract.suite("SqlIOProc, with files that are read as they are now, in blocks of 32 bytes", {
  layer: storageIn(inMemory, { blockSize: 32, snapshots: false, writeBuffer: 96 }),
  capabilities: { largeFiles: false },
  ...effort(0.1)
})

IOProcContract.suite("SqlIOProc", {
  layer: storageIn(inFile),
  // A file that is only read keeps its generation.
  capabilities: { largeFiles: true, multipleHandles: false },
  ...effort(0.05)
})
