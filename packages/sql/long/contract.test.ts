/** All of the contract of storage drivers over libSQL: the generation of now, and the generations that readers keep. */
import { IOProcContract } from "@effect-mmio/testing"
import { effort } from "../test/support/contract.js"
import { inFile, inMemory, storageIn } from "../test/support/database.js"

for (const blockSize of [16, 100, 16 * 1024]) {
  IOProcContract.suite(`SqlIOProc in blocks of ${blockSize} bytes`, {
    layer: storageIn(inMemory, { snapshots: false, blockSize, writeBuffer: 200 }),
    capabilities: { largeFiles: blockSize > 1000 },
    ...effort
  })
}

IOProcContract.suite("SqlIOProc with generations that readers keep", {
  layer: storageIn(inFile, { blockSize: 64 }),
  capabilities: { multipleHandles: false },
  ...effort
})
