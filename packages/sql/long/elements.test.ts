/** All of the contract of storage drivers over libSQL, by names of elements. */
import { FileName, FourCC, IOProc, MemoryIOProc } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { test } from "vitest"
import { effort, uninterrupted } from "../test/support/contract.js"
import { clientOf, tempFolder } from "../test/support/database.js"

/** Names such as `/tmp/…/lib.db+take`. */
const elements = Layer.unwrapScoped(Effect.map(tempFolder, (folder) => {
  const below = MemoryIOProc.layerWith({
    folders: [folder],
    files: { [path.join(folder, "lib.db")]: new Uint8Array(1) }
  })
  const root = `${path.join(folder, "lib.db")}+`
  const storage = Layer.provide(
    SqlIOProc.layerElements({ client: (file) => clientOf(`file:${file}`), snapshots: false }),
    below
  )
  return Layer.merge(
    Layer.tap(storage, (context) =>
      Effect.gen(function*() {
        const driver = yield* Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.find(FourCC.make("DB  ")))
        yield* driver.makeFolder(FileName.parse(`${root}folder`))
      }).pipe(Effect.provide(context))),
    Layer.succeed(IOProcContract.Root, root)
  )
}))

IOProcContract.suite("SqlIOProc by names of elements", {
  layer: elements,
  // A temporary file needs a folder: without one it is not known of which database.
  capabilities: { tempName: false },
  ...effort,
  scale: effort.scale / 4,
  // Each step opens a database and makes its tables: the other suites interrupt the driver, and `Mmio.open` is interrupted here, too.
  test: (name, run) =>
    name.includes("Mmio.open that is interrupted") ? test(name, { timeout: 0 }, run) : uninterrupted(name, run)
})
