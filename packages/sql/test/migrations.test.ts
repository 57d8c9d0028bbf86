/** Tables of earlier and later versions. */
import { FileName, IOProc, Mmio } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import * as path from "node:path"
import { make } from "../src/internal/database.js"
import { migrate } from "../src/internal/migrations.js"
import { clientOf, inMemory, tempFolder } from "./support/database.js"
import { strays } from "./support/inspect.js"

const pattern = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) % 251)

/** What version 1 left: a folder with a file of three blocks, of which the second is a gap. */
const versionOne = Effect.gen(function*() {
  const sql = yield* SqlClient
  yield* migrate(make(sql, "sqlite", "mmio"), 1)
  yield* sql`INSERT INTO mmio_files (kind, path, parent, generation, size, block_size, modified)
    VALUES ('folder', '/album', '/', 0, 0, 0, 1000), ('file', '/album/take', '/album', 3, 250, 100, 2000)`
  yield* sql`INSERT INTO mmio_content ${
    sql.insert([{ owner: 7, n: 0, bytes: pattern(100, 1) }, { owner: 7, n: 1, bytes: pattern(50, 2) }])
  }`
  yield* sql`INSERT INTO mmio_blocks (file, block, born, replaced, owner, n)
    SELECT id, 0, 2, 9007199254740991, 7, 0 FROM mmio_files WHERE path = '/album/take'`
  yield* sql`INSERT INTO mmio_blocks (file, block, born, replaced, owner, n)
    SELECT id, 2, 3, 9007199254740991, 7, 1 FROM mmio_files WHERE path = '/album/take'`
  // A program of that version died.
  yield* sql`INSERT INTO mmio_sessions (expires) VALUES (-1)`
  yield* sql`INSERT INTO mmio_handles (session, file, access, share) SELECT s.id, f.id, 'write', 'exclusive'
    FROM mmio_sessions s, mmio_files f WHERE f.path = '/album/take'`
})

describe("migrations", () => {
  it.scoped("keep the files of version 1, which have times of creation and are written like any other from then on", () =>
    Effect.gen(function*() {
      yield* versionOne
      yield* Effect.gen(function*() {
        const driver = yield* IOProc.IOProc
        const name = FileName.plain("album/take")
        const stat = yield* driver.stat(name)
        assert.deepStrictEqual(Option.map(stat.created, Number), Option.some(2000))
        const old = Uint8Array.of(...pattern(100, 1), ...new Uint8Array(100), ...pattern(50, 2))
        const added = pattern(5000, 5)
        yield* Mmio.withFile(name, { access: "readWrite", share: "exclusive" }, (file) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* Mmio.read(file, 1000), old)
            yield* Mmio.writeAll(file, added)
          }))
        const all = yield* Mmio.withFile(name, { access: "read" }, (file) => Mmio.read(file, 6000))
        assert.deepStrictEqual(all, Uint8Array.of(...old, ...added))
        assert.deepStrictEqual(yield* strays, [])
      }).pipe(Effect.provide(SqlIOProc.layer({ writeBuffer: 200 })))
    }).pipe(Effect.provide(inMemory)))

  it.scopedLive(
    "of several programs that open a new database at the same time are made once",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const url = `file:${path.join(folder, "lib.db")}`
        const clients = yield* Effect.all([1, 2, 3, 4].map(() => Layer.build(clientOf(url))))
        const storages = yield* Effect.forEach(
          clients,
          (client) => Effect.provide(Layer.build(SqlIOProc.layer()), client),
          { concurrency: "unbounded" }
        )
        for (const [i, storage] of storages.entries()) {
          yield* Mmio.withFile(
            `take ${i}`,
            { access: "write", create: "new" },
            (file) => Mmio.writeAll(file, pattern(i))
          )
            .pipe(Effect.provide(storage))
        }
        const client = clients[0]
        if (client === undefined) {
          return
        }
        const found = yield* Effect.flatMap(SqlClient, (sql) => sql`SELECT migration_id FROM mmio_migrations`).pipe(
          Effect.provide(client)
        )
        assert.strictEqual(found.length, 2)
      }),
    60_000
  )

  it.scoped("of a later version are refused, and left as they are", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* Layer.build(SqlIOProc.layer())
      yield* sql`INSERT INTO mmio_migrations (migration_id, name) VALUES (3, 'later')`
      const error = yield* Effect.flip(Layer.build(Layer.fresh(SqlIOProc.layer())))
      assert.strictEqual(error._tag, "CannotOpen")
      assert.match(error.message, /version 3/)
    }).pipe(Effect.provide(inMemory)))
})
