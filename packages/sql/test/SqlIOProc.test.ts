/** Files in a database: generations, what readers keep, what is bounded, and what ends. */
import { FileName, FourCC, IOProc, MemoryIOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Option, Scope, TestClock } from "effect"
import * as NFS from "node:fs"
import * as path from "node:path"
import { clientOf, inFile, inMemory, tempFolder } from "./support/database.js"
import { rows, strays } from "./support/inspect.js"

const blockSize = 64

/** A driver in a database in memory, which can be looked into. */
const withDriver = (options?: SqlIOProc.Options) =>
  Layer.provideMerge(SqlIOProc.layer({ blockSize, ...options }), inMemory)

const pattern = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) % 251)

const put = (name: string, bytes: Uint8Array) =>
  Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes))

const contentOf = (name: string) =>
  Mmio.withFile(
    name,
    { access: "read" },
    (file) =>
      Effect.flatMap(Mmio.seek(file, 0, "end"), (size) => Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, size)))
  )

const noStrays = Effect.flatMap(strays, (found) => Effect.sync(() => assert.deepStrictEqual(found, [])))

const open = (name: string, request: Partial<IOProc.OpenRequest> = {}) =>
  Effect.flatMap(IOProc.IOProc, (driver) => driver.open(IOProc.openRequest(name, request)))

const write = (file: IOProc.File, position: number, bytes: Uint8Array, mode: IOProc.WriteMode = "write") =>
  Effect.suspend(() => file.writeAt?.(position, bytes, mode) ?? Effect.dieMessage("the file cannot be written"))

const flush = (file: IOProc.File) => write(file, 0, new Uint8Array(0), "writeFlush")

/** Reads until the end: a read may be short. */
const readAll = (file: IOProc.File) =>
  Effect.gen(function*() {
    const bytes = new Uint8Array(yield* file.size)
    let done = 0
    while (done < bytes.length) {
      const count = yield* file.readAt(done, bytes.subarray(done))
      if (count === 0) break
      done += count
    }
    return bytes.subarray(0, done)
  })

describe("generations", () => {
  it.effect("a reader keeps the generation that it opened, whatever is written, truncated, created or renamed over it", () =>
    Effect.gen(function*() {
      const old = pattern(500)
      yield* put("take", old)
      const reader = yield* open("take")
      const writer = yield* open("take", { access: "readWrite" })
      yield* write(writer, 100, pattern(200, 9), "writeFlush")
      assert.deepStrictEqual(yield* readAll(reader), old)
      yield* writer.truncate?.(70) ?? Effect.void
      yield* write(writer, 60, pattern(3, 5), "writeFlush")
      yield* writer.close
      assert.deepStrictEqual(yield* readAll(reader), old)
      yield* put("take", pattern(20, 2))
      assert.deepStrictEqual(yield* readAll(reader), old)
      yield* put("other", pattern(30, 3))
      const driver = yield* IOProc.IOProc
      yield* driver.rename(FileName.plain("other"), FileName.plain("take"))
      yield* driver.remove(FileName.plain("take"))
      assert.deepStrictEqual(yield* readAll(reader), old)
      yield* noStrays
      yield* reader.close
      const { blocks, content, files, handles } = yield* rows
      assert.deepStrictEqual({ blocks, content, files, handles }, { blocks: 0, content: 0, files: 1, handles: 0 })
    }).pipe(Effect.provide(withDriver())))

  it.effect("readers of several generations each keep their own, and what none needs is freed at once", () =>
    Effect.gen(function*() {
      yield* put("take", pattern(640, 0))
      const readers: Array<IOProc.File> = []
      const writer = yield* open("take", { access: "readWrite" })
      const expected: Array<Uint8Array> = []
      for (let i = 0; i < 8; i++) {
        if (i % 2 === 0) {
          readers.push(yield* open("take"))
          expected.push(yield* readAll(writer))
        }
        yield* write(writer, (i * 73) % 600, pattern(90, i), "writeFlush")
        yield* noStrays
      }
      for (const [i, reader] of readers.entries()) assert.deepStrictEqual(yield* readAll(reader), expected[i])
      for (const i of [1, 3, 0, 2]) {
        yield* readers[i]?.close ?? Effect.void
        yield* noStrays
      }
      yield* writer.close
      const { blocks, content } = yield* rows
      assert.deepStrictEqual({ blocks, content }, { blocks: 10, content: 10 })
    }).pipe(Effect.provide(withDriver())))

  it.effect("a block that is written again and again under a reader takes two rows", () =>
    Effect.gen(function*() {
      yield* put("take", pattern(10))
      const reader = yield* open("take")
      const writer = yield* open("take", { access: "write" })
      for (let i = 0; i < 50; i++) yield* write(writer, 0, pattern(10, i), "writeFlush")
      assert.strictEqual((yield* rows)["content"], 2)
      assert.deepStrictEqual(yield* readAll(reader), pattern(10))
      yield* writer.close
      yield* reader.close
    }).pipe(Effect.provide(withDriver())))

  it.effect("other handles see all of what a flush wrote, or none, and nothing of what was aborted", () =>
    Effect.gen(function*() {
      yield* put("take", pattern(300))
      const writer = yield* open("take", { access: "write" })
      for (let at = 0; at < 300; at += 50) yield* write(writer, at, pattern(50, 7))
      assert.deepStrictEqual(yield* contentOf("take"), pattern(300))
      yield* flush(writer)
      const flushed = yield* contentOf("take")
      assert.deepStrictEqual(flushed.subarray(250), pattern(50, 7))
      yield* write(writer, 10, pattern(1000, 3))
      yield* writer.abort
      assert.deepStrictEqual(yield* contentOf("take"), flushed)
      yield* noStrays
      assert.strictEqual((yield* rows)["pending"], 0)
    }).pipe(Effect.provide(withDriver({ writeBuffer: 128 }))))

  it.effect("the version is that of the generation, and another file of the name never has the same", () =>
    Effect.gen(function*() {
      const versions = new Set<string>()
      for (let i = 0; i < 3; i++) {
        yield* put("take", pattern(i))
        const file = yield* open("take", { access: "write" })
        versions.add(Option.getOrThrow(file.version))
        yield* write(file, 0, pattern(5), "writeFlush")
        yield* file.close
        const { version } = yield* Effect.flatMap(IOProc.IOProc, (driver) => driver.stat(FileName.plain("take")))
        versions.add(Option.getOrThrow(version))
        yield* Effect.flatMap(IOProc.IOProc, (driver) => driver.remove(FileName.plain("take")))
      }
      assert.strictEqual(versions.size, 6)
    }).pipe(Effect.provide(withDriver())))
})

describe("what is written", () => {
  it.effect("takes a bounded number of rows in memory, also where parts of many blocks are written without a flush", () =>
    Effect.gen(function*() {
      const expected = pattern(64 * 40)
      yield* put("take", expected)
      const writer = yield* open("take", { access: "readWrite" })
      // Every block in parts, backwards, some of them twice, and past the end.
      for (let round = 0; round < 3; round++) {
        for (let block = 45; block >= 0; block--) {
          const at = block * 64 + round * 20
          yield* write(writer, at, pattern(7, block + round))
        }
      }
      const all = new Uint8Array(45 * 64 + 47)
      all.set(expected)
      for (let round = 0; round < 3; round++) {
        for (let block = 45; block >= 0; block--) all.set(pattern(7, block + round), block * 64 + round * 20)
      }
      assert.isAbove((yield* rows)["pending"] ?? 0, 40)
      assert.deepStrictEqual(yield* readAll(writer), all)
      assert.deepStrictEqual(yield* contentOf("take"), expected)
      yield* flush(writer)
      assert.deepStrictEqual(yield* readAll(writer), all)
      assert.deepStrictEqual(yield* contentOf("take"), all)
      assert.strictEqual((yield* rows)["pending"], 0)
      yield* noStrays
      yield* writer.close
    }).pipe(Effect.provide(withDriver({ writeBuffer: 128 }))))

  it.effect("merges the parts of one block that several handles write", () =>
    Effect.gen(function*() {
      yield* put("take", new Uint8Array(60))
      const writers = yield* Effect.all([1, 2, 3].map(() => open("take", { access: "write" })))
      for (const [i, writer] of writers.entries()) yield* write(writer, i * 20 + 5, new Uint8Array(10).fill(i + 1))
      for (const writer of writers) yield* writer.close
      const expected = new Uint8Array(60)
      for (let i = 0; i < 3; i++) expected.fill(i + 1, i * 20 + 5, i * 20 + 15)
      assert.deepStrictEqual(yield* contentOf("take"), expected)
    }).pipe(Effect.provide(withDriver())))

  it.effect("takes no rows where nothing was written", () =>
    Effect.gen(function*() {
      yield* Mmio.withFile("huge", { access: "write", create: true }, (file) =>
        Effect.gen(function*() {
          yield* Mmio.writeAll(file, pattern(10))
          yield* Mmio.seek(file, 2 ** 40)
          yield* Mmio.writeAll(file, pattern(10, 2))
        }))
      assert.strictEqual((yield* rows)["blocks"], 2)
      const file = yield* open("huge")
      assert.strictEqual(yield* file.size, 2 ** 40 + 10)
      yield* file.close
    }).pipe(Effect.provide(withDriver())))

  it.effect("is refused past the last position that a number can name", () =>
    Effect.gen(function*() {
      const file = yield* open("take", { access: "write", create: "new" })
      const error = yield* Effect.flip(write(file, Number.MAX_SAFE_INTEGER - 1, pattern(10)))
      assert.strictEqual(error._tag, "CannotExpand")
      yield* file.close
    }).pipe(Effect.provide(withDriver())))
})

describe("the blocks of a file", () => {
  it.effect("have the size that the file was made with", () =>
    Effect.gen(function*() {
      const client = yield* SqlClient
      const within = <A, E>(size: number, effect: Effect.Effect<A, E, IOProc.IOProc | SqlClient>) =>
        Effect.provide(effect, SqlIOProc.layer({ blockSize: size })).pipe(Effect.provideService(SqlClient, client))
      yield* within(16, put("take", pattern(100)))
      yield* within(
        1024,
        Mmio.withFile(
          "take",
          { access: "readWrite" },
          (file) => Effect.zipRight(Mmio.seek(file, 0, "end"), Mmio.writeAll(file, pattern(100, 2)))
        )
      )
      yield* within(
        64,
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* contentOf("take"), Uint8Array.of(...pattern(100), ...pattern(100, 2)))
          assert.strictEqual((yield* rows)["blocks"], 13)
        })
      )
    }).pipe(Effect.provide(inMemory)))
})

describe("transactions of the program that are rolled back", () => {
  const rollBack = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(
      SqlClient,
      (sql) => Effect.ignore(sql.withTransaction(Effect.zipRight(effect, Effect.fail("rolled back"))))
    )
  const same = (length: number, value: number) => new Uint8Array(length).fill(value)
  const openReadWrite = (name: string) => open(name, { access: "readWrite" })
  /** What a call of a handle fails with that was rolled back. */
  const refusal = <A>(effect: Effect.Effect<A, MmioError.MmioError>) =>
    Effect.map(Effect.flip(effect), (error) => {
      assert.include(error.message, "was rolled back")
      return error._tag
    })

  it.effect("a handle whose flush was rolled back fails, and destroys nothing of another one", () =>
    Effect.gen(function*() {
      yield* put("a", same(16, 1))
      const first = yield* openReadWrite("a")
      const second = yield* openReadWrite("a")
      yield* rollBack(write(first, 16, same(16, 2), "writeFlush"))
      assert.deepStrictEqual(yield* readAll(second), same(16, 1))
      yield* write(second, 0, same(100, 7), "writeFlush")
      assert.strictEqual(yield* refusal(first.size), "CannotSeek")
      assert.strictEqual(yield* refusal(first.readAt(0, new Uint8Array(4))), "CannotRead")
      assert.strictEqual(yield* refusal(write(first, 60, Uint8Array.of(9), "writeFlush")), "CannotWrite")
      assert.strictEqual(yield* refusal(first.truncate?.(0) ?? Effect.void), "CannotWrite")
      assert.strictEqual(yield* refusal(first.close), "CannotWrite")
      assert.deepStrictEqual(yield* readAll(second), same(100, 7))
      yield* second.close
      yield* noStrays
      assert.strictEqual((yield* rows)["handles"], 0)
    }).pipe(Effect.provide(withDriver({ blockSize: 16 }))))

  it.effect("what was spilled before and in it does not come back", () =>
    Effect.gen(function*() {
      yield* put("a", same(1000, 1))
      const file = yield* openReadWrite("a")
      for (let position = 0; position < 1000; position += 50) yield* write(file, position, same(50, 2))
      yield* rollBack(flush(file))
      assert.strictEqual(yield* refusal(Effect.zipRight(write(file, 800, same(200, 3)), flush(file))), "CannotWrite")
      yield* Effect.ignore(file.close)
      assert.deepStrictEqual(yield* contentOf("a"), same(1000, 1))
      const other = yield* openReadWrite("a")
      yield* rollBack(Effect.gen(function*() {
        for (let position = 0; position < 1000; position += 50) yield* write(other, position, same(50, 2))
      }))
      assert.strictEqual(yield* refusal(flush(other)), "CannotWrite")
      yield* Effect.ignore(other.close)
      assert.deepStrictEqual(yield* contentOf("a"), same(1000, 1))
      yield* noStrays
      assert.strictEqual((yield* rows)["handles"], 0)
    }).pipe(Effect.provide(withDriver({ blockSize: 16, writeBuffer: 64 }))))

  it.effect("an inner transaction of the program, too", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* put("a", same(16, 1))
      const file = yield* openReadWrite("a")
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* write(file, 0, same(4, 2), "writeFlush")
        yield* rollBack(write(file, 0, same(8, 3), "writeFlush"))
        yield* refusal(write(file, 12, same(4, 4), "writeFlush"))
      }))
      assert.strictEqual(yield* refusal(file.close), "CannotWrite")
      assert.deepStrictEqual(yield* contentOf("a"), Uint8Array.of(2, 2, 2, 2, ...same(12, 1)))
      yield* noStrays
      assert.strictEqual((yield* rows)["handles"], 0)
    }).pipe(Effect.provide(withDriver({ blockSize: 16 }))))

  it.effect("a handle that was opened in it fails, and is never taken for a later one", () =>
    Effect.gen(function*() {
      const [files, readers]: [Array<IOProc.File>, Array<IOProc.File>] = [[], []]
      yield* put("old", same(16, 1))
      yield* rollBack(Effect.gen(function*() {
        files.push(yield* open("new", { access: "readWrite", create: "truncate" }))
        readers.push(yield* open("old"))
      }))
      const other = yield* open("other", { access: "readWrite", create: "truncate" })
      yield* write(other, 0, same(16, 5), "writeFlush")
      for (const file of files) {
        yield* refusal(readAll(file))
        yield* write(file, 0, same(16, 6))
        assert.strictEqual(yield* refusal(flush(file)), "CannotWrite")
        assert.strictEqual(yield* refusal(file.close), "CannotWrite")
      }
      for (const reader of readers) {
        yield* refusal(reader.readAt(0, new Uint8Array(4)))
        yield* reader.close
      }
      assert.deepStrictEqual(yield* readAll(other), same(16, 5))
      yield* other.close
      assert.isFalse(yield* Mmio.exists("new"))
      yield* noStrays
    }).pipe(Effect.provide(withDriver({ blockSize: 16 }))))

  it.effect("a handle that was closed in it is released all the same", () =>
    Effect.gen(function*() {
      yield* put("a", same(16, 1))
      const file = yield* open("a", { access: "readWrite", share: "exclusive" })
      yield* rollBack(file.close)
      const again = yield* open("a", { access: "readWrite", share: "exclusive" })
      yield* write(again, 0, same(4, 2), "writeFlush")
      // The file was written in it, and the handle has its old number.
      yield* rollBack(Effect.zipRight(write(again, 0, same(4, 3), "writeFlush"), again.close))
      assert.deepStrictEqual(yield* contentOf("a"), Uint8Array.of(2, 2, 2, 2, ...same(12, 1)))
      assert.strictEqual((yield* rows)["handles"], 0)
      yield* noStrays
    }).pipe(Effect.provide(withDriver({ blockSize: 16 }))))

  it.effect("one that is committed leaves the handle as it is", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* put("a", same(100, 1))
      const file = yield* sql.withTransaction(Effect.gen(function*() {
        const file = yield* openReadWrite("a")
        for (let position = 0; position < 100; position += 20) yield* write(file, position, same(20, 2))
        yield* flush(file)
        assert.deepStrictEqual(yield* readAll(file), same(100, 2))
        for (let position = 0; position < 90; position += 20) yield* write(file, position, same(10, 3))
        return file
      }))
      const expected = Uint8Array.from({ length: 100 }, (_, i) => i % 20 < 10 ? 3 : 2)
      assert.deepStrictEqual(yield* readAll(file), expected)
      yield* write(file, 100, Uint8Array.of(4), "writeFlush")
      yield* sql.withTransaction(file.close)
      assert.deepStrictEqual(yield* contentOf("a"), Uint8Array.of(...expected, 4))
      yield* noStrays
      assert.strictEqual((yield* rows)["handles"], 0)
    }).pipe(Effect.provide(withDriver({ blockSize: 16, writeBuffer: 32 }))))
})

describe("sessions", () => {
  /** A second program on the same database. */
  const another = (lease: Duration.DurationInput = "10 seconds") => Layer.build(SqlIOProc.layer({ blockSize, lease }))

  it.scoped("a program that renews its lease keeps its handles", () =>
    Effect.gen(function*() {
      yield* put("take", pattern(10))
      yield* open("take", { share: "exclusive" })
      const other = yield* another()
      for (let i = 0; i < 10; i++) yield* TestClock.adjust("5 seconds")
      const error = yield* Effect.flip(Effect.provide(open("take"), other))
      assert.strictEqual(error._tag, "SharingViolation")
    }).pipe(Effect.provide(withDriver())))

  it.scoped("a program that does not loses them to one that needs what they hold, and is told so", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* put("take", pattern(200))
      const lost = yield* open("take", { access: "readWrite", share: "exclusive" })
      yield* write(lost, 0, pattern(500, 2))
      // As its lease is when the program was stopped.
      yield* sql`UPDATE mmio_sessions SET expires = -1`
      const other = yield* another()
      const winner = yield* Effect.provide(open("take", { access: "readWrite", share: "exclusive" }), other)
      yield* write(winner, 0, pattern(3, 7), "writeFlush")
      for (let i = 0; i < 2; i++) {
        const error = yield* Effect.flip(flush(lost))
        assert.strictEqual(error._tag, "CannotWrite")
        assert.match(error.message, /out of reach for too long/)
      }
      const expected = Uint8Array.of(...pattern(3, 7), ...pattern(200).subarray(3))
      assert.deepStrictEqual(yield* readAll(winner), expected)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(lost.close)))
      yield* winner.close
      assert.deepStrictEqual(yield* contentOf("take"), expected)
      yield* noStrays
    }).pipe(Effect.provide(withDriver({ writeBuffer: 128 }))))

  it.scoped("a reader that lost its lease fails, and reads nothing of another generation", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* put("take", pattern(200))
      const reader = yield* open("take", { share: "denyWrite" })
      yield* sql`UPDATE mmio_sessions SET expires = -1`
      const other = yield* another()
      const writer = yield* Effect.provide(open("take", { access: "write", share: "exclusive" }), other)
      yield* write(writer, 0, pattern(200, 2), "writeFlush")
      const error = yield* Effect.flip(reader.readAt(0, new Uint8Array(10)))
      assert.strictEqual(error._tag, "CannotRead")
      yield* writer.close
      yield* reader.close
      yield* noStrays
    }).pipe(Effect.provide(withDriver())))

  it.scoped("opening goes on after a lease was lost", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient
      yield* put("take", pattern(200))
      yield* sql`DELETE FROM mmio_sessions`
      assert.deepStrictEqual(yield* contentOf("take"), pattern(200))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* contentOf("take"), pattern(200))
    }).pipe(Effect.provide(withDriver())))

  it.effect("the end of the layer releases the files that are still open, and drops what they have not flushed", () =>
    Effect.gen(function*() {
      const client = yield* SqlClient
      const scope = yield* Scope.make()
      const storage = yield* Effect.provideService(
        Scope.extend(Layer.build(SqlIOProc.layer({ blockSize, writeBuffer: 128 })), scope),
        SqlClient,
        client
      )
      yield* Effect.provide(put("take", pattern(100)), storage)
      const file = yield* Effect.provide(open("take", { access: "write", share: "exclusive" }), storage)
      yield* write(file, 0, pattern(1000, 2))
      yield* Scope.close(scope, Exit.void)
      const { handles, pending } = yield* rows
      assert.deepStrictEqual({ handles, pending }, { handles: 0, pending: 0 })
      yield* noStrays
      const next = yield* Effect.provideService(Layer.build(SqlIOProc.layer({ blockSize })), SqlClient, client)
      assert.deepStrictEqual(yield* Effect.provide(contentOf("take"), next), pattern(100))
    }).pipe(Effect.scoped, Effect.provide(inMemory)))
})

describe("a database that is locked by another program", () => {
  const locked = Effect.gen(function*() {
    const folder = yield* tempFolder
    const url = `file:${path.join(folder, "lib.db")}`
    const storage = yield* Layer.build(Layer.provide(SqlIOProc.layer(), clientOf(url)))
    yield* Effect.provide(put("take", pattern(100)), storage)
    const { SqlClient: sql } = yield* Effect.map(Layer.build(clientOf(url)), (context) => ({
      SqlClient: Effect.runSync(Effect.provide(SqlClient, context))
    }))
    yield* sql`BEGIN IMMEDIATE`
    return { sql, storage }
  })

  it.scoped("is tried again until it is free", () =>
    Effect.gen(function*() {
      const { sql, storage } = yield* locked
      const fiber = yield* Effect.fork(Effect.provide(contentOf("take"), storage))
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* sql`COMMIT`
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), pattern(100))
    }))

  it.scoped("is a typed failure after a while, and works once it is free", () =>
    Effect.gen(function*() {
      const { sql, storage } = yield* locked
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(contentOf("take"), storage)))
      for (let i = 0; i < 200; i++) {
        yield* TestClock.adjust("100 millis")
        // The client answers in its own time.
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error._tag, "SharingViolation")
      assert.strictEqual(error._tag === "SharingViolation" ? error.errno : "", "EBUSY")
      yield* sql`COMMIT`
      assert.deepStrictEqual(yield* Effect.provide(contentOf("take"), storage), pattern(100))
    }))
})

describe("making the storage", () => {
  it.effect.each([
    { table: "" },
    { table: "a b" },
    { table: "1" },
    { table: "x".repeat(41) },
    { table: "x\"; DROP TABLE y" },
    { blockSize: 15 },
    { blockSize: 2 ** 20 + 1 },
    { blockSize: 100.5 },
    { blockSize: Number.NaN },
    { writeBuffer: -1 },
    { lease: 99 },
    { lease: Duration.infinity }
  ])("refuses %j", (options) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(SqlIOProc.make(options)))
      assert.strictEqual(error._tag, "InvalidParameter")
    }).pipe(Effect.provide(inMemory)))

  it.effect("keeps storages of several tables apart in one database", () =>
    Effect.gen(function*() {
      const client = yield* SqlClient
      const within = <A, E>(table: string, effect: Effect.Effect<A, E, IOProc.IOProc>) =>
        Effect.provide(effect, SqlIOProc.layer({ table })).pipe(Effect.provideService(SqlClient, client))
      yield* within("one", put("take", pattern(10, 1)))
      yield* within("two", put("take", pattern(10, 2)))
      assert.deepStrictEqual(yield* within("one", contentOf("take")), pattern(10, 1))
      assert.deepStrictEqual(yield* within("two", contentOf("take")), pattern(10, 2))
    }).pipe(Effect.provide(inMemory)))

  it.scoped("says what is wrong with a file that is no database", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const file = path.join(folder, "lib.db")
      NFS.writeFileSync(file, "this is no database ".repeat(100))
      const error = yield* Effect.flip(Layer.build(Layer.provide(SqlIOProc.layer(), clientOf(`file:${file}`))))
      assert.strictEqual(error._tag, "CannotOpen")
      assert.strictEqual(NFS.readFileSync(file, "utf8"), "this is no database ".repeat(100))
    }))
})

describe("elements of databases", () => {
  const elements = Effect.gen(function*() {
    const folder = yield* tempFolder
    const below = yield* MemoryIOProc.make({
      files: { [path.join(folder, "lib.db")]: new Uint8Array(1) },
      folders: [folder]
    })
    const storage = SqlIOProc.layerElements({ client: (file) => clientOf(`file:${file}`) }).pipe(
      Layer.provide(Layer.succeed(IOProc.IOProc, below))
    )
    const context = yield* Layer.build(storage)
    const driver = Option.getOrThrow(Context.get(context, IOProc.IOProc).find(FourCC.make("DB  ")))
    const name = (element: string) => `${path.join(folder, "lib.db")}+${element}`
    return { driver, folder, name, storage: Layer.succeedContext(context) }
  })

  it.scopedLive("are files, in folders, with the names that they were asked by", () =>
    Effect.gen(function*() {
      const { driver, folder, name, storage } = yield* elements
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* put(name("take"), pattern(100))
          assert.deepStrictEqual(yield* contentOf(name("take")), pattern(100))
          assert.deepStrictEqual(yield* contentOf(name("./take")), pattern(100))
          yield* driver.makeFolder(FileName.parse(name("album")))
          yield* driver.rename(FileName.parse(name("take")), FileName.parse(name("album/take 1")))
          assert.deepStrictEqual(yield* contentOf(name("album/take 1")), pattern(100))
          const error = yield* Effect.flip(contentOf(name("take")))
          assert.strictEqual(error._tag, "FileNotFound")
          assert.include(error.message, name("take"))
          assert.isTrue(yield* driver.exists(FileName.parse(name("album/take 1"))))
          assert.strictEqual(
            (yield* driver.fullName(FileName.parse(name("album//take 1")))).full,
            name("album/take 1")
          )
          const temp = yield* driver.tempName({ folder: name("album") })
          assert.isTrue(temp.full.startsWith(`${name("album/")}mmio`))
          const elsewhere = FileName.parse(path.join(folder, "other.db+take"))
          const moved = yield* Effect.flip(driver.rename(FileName.parse(name("album/take 1")), elsewhere))
          assert.strictEqual(moved._tag === "CannotWrite" ? moved.errno : moved._tag, "EXDEV")
        }),
        storage
      )
    }))

  it.scoped("make no database where they are only looked for", () =>
    Effect.gen(function*() {
      const { driver, folder, storage } = yield* elements
      const missing = FileName.parse(path.join(folder, "missing.db+take"))
      const errors: Array<MmioError.MmioError> = [
        yield* Effect.flip(Effect.provide(contentOf(missing.full), storage)),
        yield* Effect.flip(driver.stat(missing)),
        yield* Effect.flip(driver.remove(missing))
      ]
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag), ["FileNotFound", "PathNotFound", "PathNotFound"])
      assert.isFalse(yield* driver.exists(missing))
      assert.deepStrictEqual(NFS.readdirSync(folder), [])
    }))
})

it.scoped("a database in a file is another program's storage, too", () =>
  Effect.gen(function*() {
    const client = yield* Layer.build(inFile)
    const one = yield* Effect.provide(Layer.build(SqlIOProc.layer()), client)
    const two = yield* Effect.provide(Layer.build(SqlIOProc.layer()), client)
    yield* Effect.provide(put("take", pattern(50_000)), one)
    assert.deepStrictEqual(yield* Effect.provide(contentOf("take"), two), pattern(50_000))
  }))
