/**
 * Failures, interruptions and deaths at every statement.
 *
 * The client of libSQL is native: nothing can be put below it. A process that dies leaves the files as its last system
 * call left them, so the files are copied before each statement, and each copy is opened as the next program would; the
 * power goes where the end of the log is cut off. `npm test` has every eighth statement, and `npm run test:sql` all of
 * them.
 */
import { FileName, IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { assert, describe, it } from "@effect/vitest"
import type { Client } from "@libsql/client"
import { Cause, Effect, Exit, Fiber, FiberId, Layer, Option, Scope, TestClock } from "effect"
import * as NFS from "node:fs"
import * as path from "node:path"
import { clientOf, tempFolder } from "./support/database.js"
import { rows, strays } from "./support/inspect.js"

/** Which statements are looked at: one of so many. */
const stride = process.env["MMIO_TEST_ALL"] === "1" ? 1 : 8

const options: SqlIOProc.Options = { blockSize: 64, writeBuffer: 256 }
const name = FileName.plain("take")

const pattern = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) % 251)

/** A client that calls a function before each statement. */
const observed = (url: string, before: (statement: string) => void) =>
  clientOf(url, (client) =>
    new Proxy(client, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== "function") return value
        if (key !== "execute") return value.bind(target)
        // A statement, or its text.
        return async (statement: string | { readonly sql: string }, ...rest: ReadonlyArray<unknown>) => {
          before(typeof statement === "string" ? statement : statement.sql)
          return Reflect.apply(value, target, [statement, ...rest])
        }
      }
    }) satisfies Client)

/** The contents that a program has made with each of its flushes, the last of which may not have been acknowledged. */
class States {
  readonly all: Array<Uint8Array | undefined> = [undefined]
  acknowledged = 0
}

const open = (request: Partial<IOProc.OpenRequest>) =>
  Effect.flatMap(IOProc.IOProc, (driver) => driver.open(IOProc.openRequest(name, request)))

/** Uses a file, which is aborted where that fails: what it has not flushed is dropped. */
const using = <A, E, E2, R, R2>(
  open: Effect.Effect<IOProc.File, E, R>,
  use: (file: IOProc.File) => Effect.Effect<A, E2, R2>
): Effect.Effect<A, E | E2 | MmioError.CloseError, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(open, (file) =>
      Effect.flatMap(Effect.exit(restore(use(file))), (exit) =>
        Exit.match(exit, {
          onFailure: (cause): Effect.Effect<A, E2 | MmioError.CloseError> =>
            Effect.zipRight(file.abort, Effect.failCause(cause)),
          onSuccess: (value) => Effect.as(file.close, value)
        })))
  )

/** Writes all: a write may be short. */
const write = (
  file: IOProc.File,
  position: number,
  bytes: Uint8Array,
  mode: IOProc.WriteMode = "write"
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.flatMap(
    file.writeAt?.(position, bytes, mode) ?? Effect.dieMessage("the file cannot be written"),
    (count) => count < bytes.length ? write(file, position + count, bytes.subarray(count), mode) : Effect.void
  )

/** Writes, appends, writes over, spills and truncates, under a reader, and says what each flush makes. */
const record = (states: States): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc> =>
  Effect.gen(function*() {
    let content = new Uint8Array(0)
    const flushing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => {
        states.all.push(content.slice())
        return Effect.map(effect, (value) => {
          states.acknowledged = states.all.length - 1
          return value
        })
      })
    const place = (position: number, bytes: Uint8Array) => {
      const longer = new Uint8Array(Math.max(content.length, position + bytes.length))
      longer.set(content)
      longer.set(bytes, position)
      content = longer
    }
    const creating = flushing(open({ access: "readWrite", create: "truncate", buffered: false }))
    yield* using(creating, (file) =>
      Effect.gen(function*() {
        // Without a buffer each write is a flush of its own.
        for (const [position, length] of [[0, 100], [100, 30], [50, 200], [1000, 700]] as const) {
          place(position, pattern(length, position))
          yield* flushing(write(file, position, pattern(length, position)))
        }
      }))
    yield* using(open({}), (reader) =>
      using(open({ access: "readWrite" }), (file) =>
        Effect.gen(function*() {
          for (let i = 0; i < 3; i++) {
            for (const [position, length] of [[i * 90, 150], [600 + i * 333, 400]] as const) {
              place(position, pattern(length, position + i))
              yield* write(file, position, pattern(length, position + i))
            }
            yield* flushing(write(file, 0, new Uint8Array(0), "writeFlush"))
          }
          content = content.slice(0, 333)
          yield* flushing(file.truncate?.(333) ?? Effect.void)
          yield* reader.readAt(0, new Uint8Array(100))
        })))
  })

const contentOf: Effect.Effect<Uint8Array | undefined, MmioError.MmioError, IOProc.IOProc> = Mmio.withFile(
  name,
  { access: "read" },
  (file) =>
    Effect.flatMap(Mmio.seek(file, 0, "end"), (size) => Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, size)))
).pipe(Effect.catchTag("FileNotFound", () => Effect.succeed(undefined)))

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0

/**
 * Opens a database as the next program does, once all leases have ended, and finds a content among some, and nothing
 * left over.
 */
const check = (url: string, allowed: ReadonlyArray<Uint8Array | undefined>, what: string) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* Layer.build(clientOf(url))
    yield* TestClock.adjust("1 minute")
    const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer(options)), client)
    const content = yield* Effect.provide(contentOf, storage)
    assert.isTrue(allowed.some((state) => same(content, state)), `${what}: the content is none that was flushed`)
    yield* Effect.gen(function*() {
      assert.deepStrictEqual(yield* strays, [], what)
      const { handles, pending } = yield* rows
      assert.deepStrictEqual({ handles, pending }, { handles: 0, pending: 0 }, what)
    }).pipe(Effect.provide(client))
    // It is written to, too.
    yield* Effect.provide(
      Mmio.withFile(
        name,
        { access: "write", create: true, share: "exclusive" },
        (file) => Mmio.writeAll(file, pattern(9))
      ),
      storage
    )
  }))

/** Runs an effect while time goes on: a database that is being made elsewhere is looked at again after a while. */
const advancing = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    for (;;) {
      const exit = yield* Fiber.poll(fiber)
      if (Option.isSome(exit)) return exit.value
      yield* TestClock.adjust("20 millis")
      // The client answers in its own time.
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
  })

describe("a recorder", () => {
  it.scoped(
    "that meets a failure at any statement fails with an error of a type, and keeps what it has flushed",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        let met = 0
        for (let failing = 1;; failing += stride) {
          const url = `file:${path.join(folder, `${failing}.db`)}`
          const states = new States()
          let count = 0
          const scope = yield* Scope.make()
          const exit = yield* advancing(
            Effect.gen(function*() {
              const client = yield* Layer.build(observed(url, () => {
                if (++count === failing) throw Object.assign(new Error("told to fail"), { code: "SQLITE_IOERR" })
              }))
              const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer(options)), client)
              yield* Effect.provide(record(states), storage)
            }).pipe(Scope.extend(scope))
          )
          if (Exit.isFailure(exit)) {
            met++
            assert.isTrue(
              exit.cause._tag === "Fail" && MmioError.isMmioError(exit.cause.error),
              `statement ${failing}: ${Cause.pretty(exit.cause)}`
            )
          }
          yield* Scope.close(scope, Exit.void)
          yield* check(url, states.all.slice(states.acknowledged, states.acknowledged + 2), `statement ${failing}`)
          if (count < failing) break
        }
        assert.isAbove(met, 150 / stride)
      }),
    600_000
  )

  it.scoped(
    "that is interrupted at any statement keeps what it has flushed, and leaves nothing else",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        let met = 0
        for (let at = 1;; at += stride) {
          const url = `file:${path.join(folder, `${at}.db`)}`
          const states = new States()
          const scope = yield* Scope.make()
          let count = -Infinity
          let recorder: Fiber.RuntimeFiber<void, MmioError.MmioError> | undefined
          const storage = yield* Effect.gen(function*() {
            const client = yield* Layer.build(observed(url, () => {
              if (++count === at) recorder?.unsafeInterruptAsFork(FiberId.none)
            }))
            return yield* Effect.provide(Layer.build(SqlIOProc.layer(options)), client)
          }).pipe(Scope.extend(scope))
          count = 0
          recorder = yield* Effect.fork(Effect.provide(record(states), storage))
          const exit = Exit.flatten(yield* advancing(Fiber.await(recorder)))
          if (Exit.isFailure(exit)) {
            met++
            assert.isTrue(Exit.isInterrupted(exit), `statement ${at}: ${Cause.pretty(exit.cause)}`)
          }
          yield* Scope.close(scope, Exit.void)
          yield* check(url, states.all.slice(states.acknowledged, states.acknowledged + 2), `statement ${at}`)
          if (count < at) break
        }
        assert.isAbove(met, 100 / stride)
      }),
    600_000
  )

  it.scoped(
    "that dies before any statement leaves what it has flushed, and nothing else",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const file = path.join(folder, "lib.db")
        const copies: Array<{ readonly file: string; readonly acknowledged: number; readonly statement: string }> = []
        const states = new States()
        yield* Effect.scoped(Effect.gen(function*() {
          const client = yield* Layer.build(observed(`file:${file}`, (statement) => {
            const copy = path.join(folder, `${copies.length}.db`)
            for (const end of ["", "-wal"]) if (NFS.existsSync(file + end)) NFS.copyFileSync(file + end, copy + end)
            copies.push({ file: copy, acknowledged: states.acknowledged, statement })
          }))
          const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer(options)), client)
          yield* Effect.provide(record(states), storage)
        }))
        for (const [i, { acknowledged, file, statement }] of copies.entries()) {
          if (i % stride !== 0) continue
          yield* check(`file:${file}`, states.all.slice(acknowledged, acknowledged + 2), `before ${statement}`)
        }
        assert.isAbove(copies.length, 150)
      }),
    600_000
  )

  it.scoped(
    "whose machine loses power leaves a content that it has flushed, wherever the log ends",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const file = path.join(folder, "lib.db")
        const states = new States()
        let last = 0
        yield* Effect.scoped(Effect.gen(function*() {
          const client = yield* Layer.build(observed(`file:${file}`, () => {
            // The last one before the database is closed, which empties the log.
            for (const end of ["", "-wal"]) {
              if (NFS.existsSync(file + end)) NFS.copyFileSync(file + end, path.join(folder, `last.db${end}`))
            }
            last++
          }))
          const storage = yield* Effect.provide(Layer.build(SqlIOProc.layer(options)), client)
          yield* Effect.provide(record(states), storage)
        }))
        assert.isAbove(last, 0)
        const log = NFS.readFileSync(path.join(folder, "last.db-wal"))
        const seen = new Set<number>()
        const cuts = Math.ceil(120 / stride)
        for (let i = 0; i < cuts; i++) {
          // A frame is a page and 24 bytes; cuts are within frames, and at their ends.
          const end = Math.floor((log.length * i) / cuts) + (i % 3)
          const cut = path.join(folder, `cut ${i}.db`)
          NFS.copyFileSync(path.join(folder, "last.db"), cut)
          NFS.writeFileSync(`${cut}-wal`, log.subarray(0, end))
          yield* check(`file:${cut}`, states.all, `a log of ${end} bytes`)
          seen.add(end)
        }
        assert.strictEqual(seen.size, cuts)
      }),
    600_000
  )
})
