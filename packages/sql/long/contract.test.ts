/** All of the contract of storage drivers over libSQL, with blocks of several sizes, under each middleware, and by names of elements. */
import { FileName, FourCC, IOProc, MemoryIOProc } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Layer, Schedule } from "effect"
import * as path from "node:path"
import { clientOf, inFile, inMemory, storageIn, tempFolder } from "../test/support/database.js"

const effort = { scale: 0.5 * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "5 minutes" } as const
const current = { snapshots: false } as const

for (const blockSize of [16, 100, 16 * 1024]) {
  IOProcContract.suite(`SqlIOProc in blocks of ${blockSize} bytes`, {
    layer: storageIn(inMemory, { ...current, blockSize, writeBuffer: 200 }),
    capabilities: { largeFiles: blockSize > 1000 },
    ...effort
  })
}

IOProcContract.suite("SqlIOProc with generations that readers keep", {
  layer: storageIn(inFile, { blockSize: 64 }),
  capabilities: { multipleHandles: false },
  ...effort
})

const middleware = {
  readAhead: IOProc.readAhead({ smallest: 8, largest: 32 }),
  writeBehind: IOProc.writeBehind({ smallest: 8, largest: 32 }),
  cache: IOProc.cache({ blockSize: 16, capacity: 128 }),
  retry: IOProc.retry({ schedule: Schedule.recurs(2) })
}
for (const [name, around] of Object.entries(middleware)) {
  IOProcContract.suite(`SqlIOProc under ${name}`, {
    layer: storageIn(inMemory, { ...current, blockSize: 64 }),
    around,
    ...effort,
    scale: effort.scale / 4
  })
}

/** Names such as `/tmp/…/lib.db+take`. */
const elements = Layer.unwrapScoped(Effect.map(tempFolder, (folder) => {
  const below = MemoryIOProc.layerWith({
    folders: [folder],
    files: { [path.join(folder, "lib.db")]: new Uint8Array(1) }
  })
  const root = `${path.join(folder, "lib.db")}+`
  const storage = Layer.provide(
    SqlIOProc.layerElements({ client: (file) => clientOf(`file:${file}`), ...current }),
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

IOProcContract.suite("SqlIOProc by names of elements", { layer: elements, ...effort, scale: effort.scale / 4 })
