/** Several processes on one database. `npm run test:sql` has the same at length, and `npm run test:postgres` over Postgres. */
import { SqlIOProc } from "@effect-mmio/sql"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { clientOf, tempFolder } from "./support/database.js"
import { strays } from "./support/inspect.js"
import * as laws from "./support/laws.js"
import { spawnSharer } from "./support/process.js"

/** A new database in a file, and a storage in it. */
const made = Effect.gen(function*() {
  const url = `file:${path.join(yield* tempFolder, "lib.db")}`
  const client = yield* Layer.build(clientOf(url))
  const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer({ lease: "500 millis" })), client)
  return { url, all: Layer.succeedContext(client).pipe(Layer.merge(Layer.succeedContext(storage))) }
})

const noStrays = Effect.map(strays, (found) => assert.deepStrictEqual(found, []))

describe("two processes", () => {
  it.scopedLive(
    "lose no edit of one file",
    () => Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.editors(url, 15), noStrays), all)),
    120_000
  )

  it.scopedLive(
    "lose no increment of a number",
    () => Effect.flatMap(made, ({ all, url }) => Effect.provide(laws.counters(url, 2, 60), all)),
    120_000
  )

  it.scopedLive("share files by the rule of mmioOpen, until one of them is killed", () =>
    Effect.gen(function*() {
      const { all, url } = yield* made
      yield* Effect.provide(laws.put("take", new Uint8Array(10)), all)
      const [one, two] = yield* Effect.all([spawnSharer(url, 500), spawnSharer(url, 500)])
      const opened = yield* one.ask({ do: "open", path: "take", access: "readWrite", share: "denyWrite" })
      assert.strictEqual(opened.error, undefined)
      for (
        const [access, share, error] of [
          ["read", "denyNone", undefined],
          ["write", "denyNone", "SharingViolation"],
          ["read", "denyWrite", "SharingViolation"],
          ["read", "compat", "SharingViolation"]
        ] as const
      ) {
        const answer = yield* two.ask({ do: "open", path: "take", access, share })
        assert.strictEqual(answer.error, error, `${access} as ${share}: ${answer.message}`)
        if (answer.id !== undefined) yield* two.ask({ do: "close", id: answer.id })
      }
      yield* one.kill
      yield* Effect.sleep("700 millis")
      const free = yield* two.ask({ do: "open", path: "take", access: "readWrite", share: "exclusive" })
      assert.strictEqual(free.error, undefined, free.message)
    }), 120_000)
})

describe("a recorder that is killed", () => {
  it.scopedLive("leaves all that it has flushed", () =>
    Effect.flatMap(made, ({ all, url }) =>
      Effect.provide(
        Effect.zipRight(
          Effect.forEach(
            [0, 1, 2],
            (number) => laws.killed(url, { number, flushes: 2 + number * 3, after: number * 3 }, 500),
            {
              discard: true
            }
          ),
          noStrays
        ),
        all
      )), 120_000)
})

describe("readers in other processes", () => {
  it.scopedLive(
    "read one generation each, while it is written over",
    () =>
      Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.readers(url, 2, 10), noStrays), all)),
    120_000
  )
})
