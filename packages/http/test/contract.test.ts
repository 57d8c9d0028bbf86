/**
 * The contract of storage drivers, without a network: `npm run test:http` has it over nginx.
 */
import { IOProc } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import { IOProcContract } from "@effect-mmio/testing"
import { HttpClient } from "@effect/platform"
import { Layer, Record } from "effect"
import { clientOf, resourceOf } from "./support/server.js"

const files = Record.map(IOProcContract.fixtures, resourceOf)

const capabilities: Partial<IOProcContract.Capabilities> = {
  ...IOProcContract.readOnly,
  folders: false,
  list: false,
  sharing: false
}

/** Every operation is a request: shorter walks, on machines that have other things to do. */
const effort = { scale: 0.3 * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "1 minute" } as const

const layer = HttpIOProc.layerWith({
  baseUrl: "http://server/",
  // Smaller than the files of the contract, so that reads of them are requests.
  firstRange: 64
}).pipe(Layer.provide(Layer.sync(HttpClient.HttpClient, () => clientOf(files))))

IOProcContract.suite("HttpIOProc", { layer, capabilities, ...effort })

IOProcContract.suite("HttpIOProc under readAhead", {
  layer,
  around: IOProc.readAhead({ smallest: 8, largest: 32 }),
  capabilities,
  ...effort
})
