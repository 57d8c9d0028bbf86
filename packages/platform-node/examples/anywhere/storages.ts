/** The storages of the example, each with one file in it. A new one is a line here: all that differs is the Layer. */
import { type IOProc, MemoryIOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { LibsqlConnection, SqlIOProc } from "@effect-mmio/sql"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { LibsqlClient } from "@effect/sql-libsql"
import { createClient } from "@libsql/client"
import { Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { serve } from "./webServer.js"

/** A storage that has a file, and what the file is called there. */
interface Storage {
  readonly name: string
  readonly layer: Layer.Layer<IOProc.IOProc, MmioError.MmioError>
}

type With = (bytes: Uint8Array) => Effect.Effect<Storage, never, Scope.Scope>

const disk: With = (bytes) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-anywhere-"))),
      (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
    ),
    (folder) => {
      const name = path.join(folder, "take.wav")
      fs.writeFileSync(name, bytes)
      return { name, layer: NodeIOProc.layer }
    }
  )

const memory: With = (bytes) => Effect.succeed({ name: "take.wav", layer: MemoryIOProc.layer({ "take.wav": bytes }) })

const web: With = (bytes) =>
  Effect.map(serve({ "take.wav": bytes }), (baseUrl) => ({
    name: "take.wav",
    layer: Layer.provide(HttpIOProc.layerWith({ baseUrl }), FetchHttpClient.layer)
  }))

const client = Layer.unwrapScoped(Effect.map(
  LibsqlConnection.make(() => createClient({ url: ":memory:" })),
  (liveClient) => LibsqlClient.layer({ liveClient })
))

const database: With = (bytes) =>
  Effect.gen(function*() {
    const storage = yield* Layer.build(Layer.provide(SqlIOProc.layer(), client))
    yield* Effect.provide(
      Mmio.withFile("take.wav", { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes)),
      storage
    )
    return { name: "take.wav", layer: Layer.succeedContext(storage) }
  }).pipe(Effect.orDie)

export const storages: Readonly<Record<string, With>> = { disk, memory, web, database }
