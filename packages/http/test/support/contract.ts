/** What the contract of storage drivers is tested on: the storage without a network, and what goes around it. */
import { IOProc } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import { IOProcContract } from "@effect-mmio/testing"
import { HttpClient } from "@effect/platform"
import { Layer, Record, Schedule } from "effect"
import { clientOf, resourceOf } from "./server.js"

export const capabilities: Partial<IOProcContract.Capabilities> = {
  ...IOProcContract.readOnly,
  folders: false,
  list: false,
  sharing: false
}

const files = Record.map(IOProcContract.fixtures, resourceOf)

export const layer = HttpIOProc.layerWith({
  baseUrl: "http://server/",
  // Smaller than the files of the contract, so that reads of them are requests.
  firstRange: 64
}).pipe(Layer.provide(Layer.sync(HttpClient.HttpClient, () => clientOf(files))))

/** With blocks so small that the files of the contract have many. */
export const middleware = {
  readAhead: IOProc.readAhead({ smallest: 8, largest: 32 }),
  cache: IOProc.cache({ blockSize: 16, capacity: 128 }),
  retry: IOProc.retry({ schedule: Schedule.recurs(2) })
}
