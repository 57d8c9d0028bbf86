/**
 * All of the contract of storage drivers over libSQL: the generation of now, and the generations that readers keep.
 * Interruption of every step takes minutes: it is tried in blocks of one size.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { effort, uninterrupted } from "../test/support/contract.js"
import { inFile, inMemory, storageIn } from "../test/support/database.js"

for (const blockSize of [16, 100, 16 * 1024]) {
  IOProcContract.suite(`SqlIOProc in blocks of ${blockSize} bytes`, {
    layer: storageIn(inMemory, { snapshots: false, blockSize, writeBuffer: 200 }),
    capabilities: { largeFiles: blockSize > 1000 },
    ...effort,
    ...(blockSize === 100 ? {} : { test: uninterrupted })
  })
}

IOProcContract.suite("SqlIOProc with generations that readers keep", {
  layer: storageIn(inFile, { blockSize: 64 }),
  capabilities: { multipleHandles: false },
  ...effort
})
