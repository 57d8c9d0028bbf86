/** Several processes on one database of libSQL, at length. */
import { SqlIOProc } from "@effect-mmio/sql"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as path from "node:path"
import { clientOf, tempFolder } from "../test/support/database.js"
import { strays } from "../test/support/inspect.js"
import * as laws from "../test/support/laws.js"

const made = Effect.gen(function*() {
  const url = `file:${path.join(yield* tempFolder, "lib.db")}`
  const client = yield* Layer.build(clientOf(url))
  const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer({ lease: "500 millis" })), client)
  return { url, all: Layer.succeedContext(client).pipe(Layer.merge(Layer.succeedContext(storage))) }
})

const noStrays = Effect.map(strays, (found) => assert.deepStrictEqual(found, []))

it.scopedLive("two processes that edit one file 1000 times lose nothing", () =>
  Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.editors(url, 500), noStrays), all)))

it.scopedLive("three processes that add to one number 1000 times lose nothing", () =>
  Effect.flatMap(made, ({ all, url }) => Effect.provide(laws.counters(url, 3, 1000), all)))

it.scopedLive("a recorder that is killed 100 times leaves all that it has flushed", () =>
  Effect.flatMap(made, ({ all, url }) =>
    Effect.provide(
      Effect.zipRight(
        Effect.forEach(
          Array.from({ length: 100 }, (_, number) => number),
          // At moments all over a flush, which takes some milliseconds.
          (number) => laws.killed(url, { number, flushes: 1 + number % 7, after: (number * 7) % 23 }, 500),
          { discard: true }
        ),
        noStrays
      ),
      all
    )))

it.scopedLive("four processes that read a file which is written over see one generation each time", () =>
  Effect.flatMap(made, ({ all, url }) => Effect.provide(Effect.zipRight(laws.readers(url, 4, 50), noStrays), all)))
