/** All of the contract of storage drivers, over archives in memory, on disk, and, to read, on a web server. */
import { HttpIOProc } from "@effect-mmio/http"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { IOProcContract } from "@effect-mmio/testing"
import { ZipIOProc } from "@effect-mmio/zip"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { archive } from "../test/support/archive.js"
import { served } from "../test/support/server.js"
import { forContract, inMemory } from "../test/support/storages.js"

const capabilities = { commit: "onClose", tempName: false } as const

/** Some interrupt every step of a commit, of which there are hundreds. */
const patience = "20 minutes"

/** What interrupts every step takes minutes a test where a step is one of a disk; archives in memory have it. */
const withoutSweeps = (name: string, run: () => Promise<void>) =>
  name.includes("at any step") || name.includes("wherever it is interrupted") ? undefined : it(name, run)

/** A folder of its own for every test, with an archive in it. */
const onDisk = (options: ZipIOProc.Options) => {
  const root = Layer.scoped(
    IOProcContract.Root,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-zip-"))),
        (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
      ),
      (folder) => {
        fs.writeFileSync(path.join(folder, "songs.zip"), archive([{ name: "folder/" }]))
        return `${folder}/songs.zip+`
      }
    )
  )
  return Layer.merge(Layer.provide(ZipIOProc.layerWith(options), NodeIOProc.layer), root)
}

const onTheWeb = (deflated: boolean) => {
  const parts = Object.entries(IOProcContract.fixtures).map(([name, bytes]) => ({ name, bytes, deflated }))
  const web = Layer.unwrapScoped(
    Effect.map(
      served({ "songs.zip": archive([...parts, { name: "folder/" }]) }),
      ({ baseUrl }) => HttpIOProc.layerWith({ baseUrl })
    )
  )
  return Layer.orDie(ZipIOProc.layer.pipe(Layer.provide(web), Layer.provide(FetchHttpClient.layer)))
}

for (const compression of ["stored", "deflated"] as const) {
  IOProcContract.suite(`${compression} elements in memory`, {
    layer: forContract({ compression }),
    capabilities,
    name: (base) => `songs.zip+${base}`,
    patience
  })
  IOProcContract.suite(`${compression} elements on disk`, {
    layer: onDisk({ compression }),
    capabilities,
    scale: 0.1,
    patience,
    test: withoutSweeps
  })
  IOProcContract.suite(`${compression} elements on the web`, {
    layer: onTheWeb(compression === "deflated"),
    capabilities: IOProcContract.readOnly,
    name: (base) => `songs.zip+${base}`,
    scale: 0.2,
    patience
  })
}

IOProcContract.suite("elements of an archive in an archive", {
  layer: Layer.orDie(inMemory({ "all.zip": archive([{ name: "songs.zip", bytes: archive([{ name: "folder/" }]) }]) })),
  capabilities,
  name: (base) => `all.zip+songs.zip+${base}`,
  scale: 0.1,
  patience,
  test: withoutSweeps
})
