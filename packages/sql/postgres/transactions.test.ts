/** Transactions of the program on a server, which the program rolls back. */
import { IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { rows, strays } from "../test/support/inspect.js"
import { newDatabase } from "./support.js"

const driver = Layer.unwrapEffect(Effect.map(
  newDatabase,
  ({ client }) => Layer.provideMerge(SqlIOProc.layer({ blockSize: 16, writeBuffer: 64 }), client)
))

const same = (length: number, value: number) => new Uint8Array(length).fill(value)

const rollBack = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    SqlClient,
    (sql) => Effect.ignore(sql.withTransaction(Effect.zipRight(effect, Effect.fail("rolled back"))))
  )

const open = (name: string, request: Partial<IOProc.OpenRequest> = {}) =>
  Effect.flatMap(IOProc.IOProc, (driver) => driver.open(IOProc.openRequest(name, { access: "readWrite", ...request })))

const write = (file: IOProc.File, position: number, bytes: Uint8Array) =>
  Effect.suspend(() => file.writeAt?.(position, bytes, "writeFlush") ?? Effect.dieMessage("the file cannot be written"))

const refusal = <A>(effect: Effect.Effect<A, MmioError.MmioError>) =>
  Effect.map(Effect.flip(effect), (error) => assert.include(error.message, "was rolled back"))

it.effect("a handle that took part in it fails, and is released", () =>
  Effect.gen(function*() {
    const sql = yield* SqlClient
    yield* Mmio.withFile("a", { access: "write", create: true }, (file) => Mmio.writeAll(file, same(16, 1)))
    const [first, second] = [yield* open("a"), yield* open("a")]
    yield* rollBack(write(first, 16, same(500, 2)))
    yield* write(second, 0, same(100, 7))
    yield* refusal(first.size)
    yield* refusal(write(first, 60, Uint8Array.of(9)))
    yield* refusal(first.close)
    yield* sql.withTransaction(write(second, 90, same(500, 8)))
    const expected = Uint8Array.of(...same(90, 7), ...same(500, 8))
    const target = new Uint8Array(600)
    assert.deepStrictEqual(target.subarray(0, yield* second.readAt(0, target)), expected)
    yield* second.close
    const exclusive = yield* open("a", { share: "exclusive" })
    yield* rollBack(exclusive.close)
    yield* Effect.flatMap(open("a", { share: "exclusive" }), (file) => file.close)
    const opened: Array<IOProc.File> = []
    yield* rollBack(Effect.map(open("new", { create: "new" }), (file) => opened.push(file)))
    for (const file of opened) {
      yield* refusal(file.size)
      yield* refusal(file.close)
    }
    assert.deepStrictEqual(yield* strays, [])
    assert.strictEqual((yield* rows)["handles"], 0)
  }).pipe(Effect.provide(driver)))
