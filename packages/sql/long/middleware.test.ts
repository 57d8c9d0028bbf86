/** The contract of storage drivers over libSQL under each middleware. */
import { IOProc } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { Schedule } from "effect"
import { effort } from "../test/support/contract.js"
import { inMemory, storageIn } from "../test/support/database.js"

const middleware = {
  readAhead: IOProc.readAhead({ smallest: 8, largest: 32 }),
  writeBehind: IOProc.writeBehind({ smallest: 8, largest: 32 }),
  cache: IOProc.cache({ blockSize: 16, capacity: 128 }),
  retry: IOProc.retry({ schedule: Schedule.recurs(2) })
}
for (const [name, around] of Object.entries(middleware)) {
  IOProcContract.suite(`SqlIOProc under ${name}`, {
    layer: storageIn(inMemory, { snapshots: false, blockSize: 64 }),
    around,
    ...effort,
    scale: effort.scale / 4
  })
}
