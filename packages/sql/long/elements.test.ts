/** All of the contract of storage drivers over libSQL, by names of elements. */
import { FileName, FourCC, IOProc, MemoryIOProc } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { assert, test } from "vitest"
import { effort } from "../test/support/contract.js"
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

/** Without a folder it is not known of which database a temporary file is to be: that is refused. */
const refusesNone = () =>
  Effect.runPromise(
    Effect.gen(function*() {
      const driver = yield* Effect.flatMap(IOProc.IOProc, (ioProc) => ioProc.find(FourCC.make("DB  ")))
      assert.strictEqual((yield* Effect.flip(driver.tempName({})))._tag, "AccessDenied")
    }).pipe(Effect.provide(elements))
  )

IOProcContract.suite("SqlIOProc by names of elements", {
  layer: elements,
  ...effort,
  // Each step of what is interrupted opens a database, and makes its tables.
  patience: "20 minutes",
  scale: effort.scale / 4,
  test: (name, run) => void test(name, { timeout: 0 }, name.endsWith("tempName takes no options") ? refusesNone : run)
})
