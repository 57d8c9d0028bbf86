/**
 * The contract of storage drivers: without a network, and under read-ahead over a server. `npm run test:http` has all of it over servers.
 */
import { IOProc } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import { IOProcContract } from "@effect-mmio/testing"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { Effect, Layer, Record } from "effect"
import { clientOf, resourceOf, serveFiles } from "./support/server.js"

const files = Record.map(IOProcContract.fixtures, resourceOf)

const capabilities: Partial<IOProcContract.Capabilities> = {
  ...IOProcContract.readOnly,
  folders: false,
  list: false,
  sharing: false
}

IOProcContract.suite("HttpIOProc", {
  layer: HttpIOProc.layerWith({
    baseUrl: "http://server/",
    // Much smaller than the files of the contract, so that reads of them are requests.
    firstRange: 64
  }).pipe(Layer.provide(Layer.sync(HttpClient.HttpClient, () => clientOf(files)))),
  capabilities
})

IOProcContract.suite("HttpIOProc under readAhead", {
  layer: Layer.unwrapScoped(Effect.map(serveFiles(files), ({ url }) => HttpIOProc.layerWith({ baseUrl: url }))).pipe(
    Layer.provide(FetchHttpClient.layer)
  ),
  around: IOProc.readAhead({ smallest: 8, largest: 32 }),
  capabilities
})
