/** Several processes on one server. */
import { Mmio } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { strays } from "../test/support/inspect.js"
import * as laws from "../test/support/laws.js"
import { spawnSharer } from "../test/support/process.js"
import { newDatabase } from "./support.js"

const made = Effect.gen(function*() {
  const { client, url } = yield* newDatabase
  const built = yield* Layer.build(client)
  const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer({ lease: "1 seconds" })), built)
  return { url, all: Layer.succeedContext(built).pipe(Layer.merge(Layer.succeedContext(storage))) }
})

const noStrays = Effect.map(strays, (found) => assert.deepStrictEqual(found, []))

/** Ends the connections of sessions of this database, as a network that fails does; gives how many there were. */
const cut = Effect.gen(function*() {
  const sql = yield* SqlClient
  const ended = yield* sql`SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  return ended.length
})

describe("processes on one server", () => {
  it.scopedLive("lose no edit of one file", () =>
    Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.editors(url, 50), noStrays), all)))

  it.scopedLive("lose no increment of a number", () =>
    Effect.flatMap(made, ({ all, url }) => Effect.provide(laws.counters(url, 3, 100), all)))

  it.scopedLive("of which many read a file, and one writes it over, see one generation each time", () =>
    Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.readers(url, 4, 15), noStrays), all)))

  it.scopedLive("leave all that they have flushed as they are killed, and the file free at once", () =>
    Effect.flatMap(made, ({ all, url }) =>
      Effect.provide(
        Effect.zipRight(
          Effect.forEach(
            Array.from({ length: 10 }, (_, number) => number),
            (number) => laws.killed(url, { number, flushes: 1 + number % 5, after: (number * 7) % 23 }, 1000),
            { discard: true }
          ),
          noStrays
        ),
        all
      )))

  it.scopedLive("share files by the rule of mmioOpen, until one of them is killed: its lease ends with its connection", () =>
    Effect.gen(function*() {
      const { all, url } = yield* made
      yield* Effect.provide(laws.put("take", new Uint8Array(10)), all)
      // With a lease of an hour, only the connection can have ended it.
      const [one, two] = yield* Effect.all([spawnSharer(url, 3_600_000), spawnSharer(url, 3_600_000)])
      const opened = yield* one.ask({ do: "open", path: "take", access: "readWrite", share: "exclusive" })
      assert.strictEqual(opened.error, undefined, opened.message)
      const request = { do: "open", path: "take", access: "readWrite", share: "exclusive" }
      assert.strictEqual((yield* two.ask(request)).error, "SharingViolation")
      yield* one.kill
      let answer = yield* two.ask(request)
      // The server learns of it in its own time.
      for (let tries = 0; answer.error === "SharingViolation" && tries < 100; tries++) {
        yield* Effect.sleep("50 millis")
        answer = yield* two.ask(request)
      }
      assert.strictEqual(answer.error, undefined, answer.message)
    }))

  it.scopedLive("that lose the connection of their session lose what another one needs, and are told so", () =>
    Effect.gen(function*() {
      const { all, url } = yield* made
      const sharer = yield* spawnSharer(url, 3_600_000)
      yield* Effect.gen(function*() {
        yield* laws.put("take", new Uint8Array(100))
        const opened = yield* sharer.ask({ do: "open", path: "take", access: "readWrite", share: "exclusive" })
        assert.strictEqual(opened.error, undefined, opened.message)
        assert.isAtLeast(yield* cut, 1)
        yield* Effect.sleep("200 millis")
        yield* Mmio.withFile(
          "take",
          { access: "readWrite", share: "exclusive" },
          (file) => Effect.zipRight(Mmio.writeAll(file, new Uint8Array(100).fill(2)), Mmio.flush(file))
        )
        const answer = yield* sharer.ask({ do: "fill", id: opened.id, byte: 9, size: 100 })
        assert.strictEqual(answer.error, "CannotWrite", answer.message)
        assert.deepStrictEqual(yield* laws.contentOf("take"), new Uint8Array(100).fill(2))
        // It goes on with files that it opens from now on.
        const again = yield* sharer.ask({ do: "open", path: "take", access: "read", share: "compat" })
        assert.strictEqual(again.error, undefined, again.message)
      }).pipe(Effect.provide(all))
    }))

  it.scopedLive("that lose the connection of their session get it back, and keep their files, where no other needed them", () =>
    Effect.gen(function*() {
      const { all } = yield* made
      yield* Effect.gen(function*() {
        yield* laws.put("take", new Uint8Array(100))
        yield* Mmio.withFile("take", { access: "readWrite", share: "exclusive" }, (file) =>
          Effect.gen(function*() {
            assert.isAtLeast(yield* cut, 1)
            yield* Effect.sleep("1500 millis")
            yield* Mmio.writeAll(file, new Uint8Array(100).fill(3))
            yield* Mmio.flush(file)
          }))
        assert.deepStrictEqual(yield* laws.contentOf("take"), new Uint8Array(100).fill(3))
      }).pipe(Effect.provide(all))
    }))
})
