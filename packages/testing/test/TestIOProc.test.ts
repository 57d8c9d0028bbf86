import { FileName, IOProc, MemoryIOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { IOProcContract, TestIOProc } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Option, Stream } from "effect"

const bytes = (text: string) => new TextEncoder().encode(text)

IOProcContract.suite("TestIOProc", { layer: TestIOProc.layerWith({ folders: ["folder"] }) })

const write = (name: string, text: string) =>
  Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes(text)))

/** The storage's own open: no scope closes the file. */
const open = (name: string, options: Partial<Omit<IOProc.OpenRequest, "name">> = {}) =>
  Effect.flatMap(
    TestIOProc.TestIOProc,
    (storage) => storage.open(IOProc.openRequest(name, options))
  )

/** What dies with the layer. */
const leak = <A, E>(program: Effect.Effect<A, E, TestIOProc.TestIOProc | IOProc.IOProc>) =>
  Effect.map(
    Effect.exit(Effect.provide(program, TestIOProc.layer({ "a.txt": bytes("abc"), "b.txt": bytes("b") }))),
    (exit) =>
      Exit.isFailure(exit)
        ? [...Cause.defects(exit.cause)].filter((defect) => defect instanceof TestIOProc.FilesLeftOpen)
        : []
  )

describe("TestIOProc", () => {
  it.effect("shows names and bytes", () =>
    Effect.gen(function*() {
      yield* write("c.txt", "c")
      const storage = yield* TestIOProc.TestIOProc
      assert.deepStrictEqual(yield* storage.files, ["/c.txt", "/x/a.txt"])
      assert.deepStrictEqual(yield* storage.folders, ["/x"])
      assert.deepStrictEqual(yield* storage.contents, { "/c.txt": bytes("c"), "/x/a.txt": bytes("abc") })
      assert.deepStrictEqual(yield* storage.bytes("x/a.txt"), bytes("abc"))
    }).pipe(Effect.provide(TestIOProc.layer({ "x/a.txt": bytes("abc") }))))

  it.effect("is the same storage as both services", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.MemoryIOProc
      const storage = yield* TestIOProc.TestIOProc
      yield* memory.put("a.txt", bytes("changed"))
      assert.deepStrictEqual(yield* storage.bytes("a.txt"), bytes("changed"))
      yield* Effect.scoped(Mmio.openWith(memory, "a.txt"))
      assert.deepStrictEqual((yield* storage.log).map(({ _tag }) => _tag), ["open", "close"])
    }).pipe(Effect.provide(TestIOProc.layer())))

  it.effect("shows the files that are open", () =>
    Effect.gen(function*() {
      const storage = yield* TestIOProc.TestIOProc
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Mmio.open("a.txt", { share: "denyWrite" })
        const second = yield* Mmio.open("b.txt", { access: "readWrite", create: true })
        assert.deepStrictEqual(yield* storage.openFiles, [
          { id: 1, name: "a.txt", access: "read", share: "denyWrite" },
          { id: 2, name: "b.txt", access: "readWrite", share: "compat" }
        ])
        yield* Mmio.close(second)
        assert.deepStrictEqual((yield* storage.openFiles).map(({ id }) => id), [1])
        const error = yield* Effect.flip(TestIOProc.assertNoLeaks)
        assert.strictEqual(error.message, "a file was never closed: a.txt (number 1, for read as denyWrite)")
      }))
      assert.deepStrictEqual(yield* storage.openFiles, [])
      yield* TestIOProc.assertNoLeaks
    }).pipe(Effect.provide(TestIOProc.layer({ "a.txt": bytes("abc") }))))

  describe("the log", () => {
    it.effect("has every message, with its arguments and its answer", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        const file = yield* open("a.txt", {
          access: "readWrite",
          create: "truncate",
          share: "exclusive",
          parameters: 7,
          buffered: false
        })
        assert(file.writeAt !== undefined && file.truncate !== undefined && file.invalidate !== undefined)
        yield* file.writeAt(0, bytes("abc"), "write")
        yield* file.writeAt(3, bytes("d"), "writeFlush")
        yield* file.readAt(1, new Uint8Array(10))
        yield* file.truncate(2)
        yield* file.size
        yield* file.invalidate
        yield* file.commit
        yield* file.close
        yield* Effect.flatMap(open("a.txt"), (again) => again.abort)
        yield* storage.rename(FileName.plain("a.txt"), FileName.plain("b.txt"))
        yield* storage.exists(FileName.plain("b.txt"))
        yield* storage.fullName(FileName.plain("b.txt"))
        const temporary = yield* storage.tempName({ prefix: "p" })
        const stat = yield* storage.stat(FileName.plain("b.txt"))
        yield* storage.makeFolder(FileName.plain("folder"))
        yield* Stream.runDrain(storage.list(FileName.plain("/")))
        yield* Stream.runDrain(Stream.take(storage.list(FileName.plain("/")), 1))
        yield* storage.removeFolder(FileName.plain("folder"))
        yield* storage.remove(FileName.plain("b.txt"))
        const about = { file: 1, name: "a.txt" }
        const success = <A>(value: A) => ({ _tag: "Success" as const, value })
        const opened = { _tag: "open", name: "a.txt", code: Option.none(), ifVersion: Option.none() } as const
        const done = success(undefined)
        const expected: ReadonlyArray<TestIOProc.Message> = [
          {
            index: 0,
            ...opened,
            access: "readWrite",
            create: "truncate",
            share: "exclusive",
            parameters: 7,
            buffered: false,
            outcome: success(1)
          },
          { index: 1, _tag: "writeAt", ...about, position: 0, length: 3, mode: "write", outcome: success(3) },
          { index: 2, _tag: "writeAt", ...about, position: 3, length: 1, mode: "writeFlush", outcome: success(1) },
          { index: 3, _tag: "readAt", ...about, position: 1, length: 10, outcome: success(3) },
          { index: 4, _tag: "truncate", ...about, size: 2, outcome: done },
          { index: 5, _tag: "size", ...about, outcome: success(2) },
          { index: 6, _tag: "invalidate", ...about, outcome: done },
          { index: 7, _tag: "commit", ...about, outcome: done },
          { index: 8, _tag: "close", ...about, outcome: done },
          {
            index: 9,
            ...opened,
            access: "read",
            create: "no",
            share: "compat",
            parameters: undefined,
            buffered: true,
            outcome: success(2)
          },
          { index: 10, _tag: "abort", file: 2, name: "a.txt", outcome: done },
          { index: 11, _tag: "rename", from: "a.txt", to: "b.txt", outcome: done },
          { index: 12, _tag: "exists", name: "b.txt", outcome: success(true) },
          { index: 13, _tag: "fullName", name: "b.txt", outcome: success("/b.txt") },
          { index: 14, _tag: "tempName", request: { prefix: "p" }, outcome: success(temporary.full) },
          { index: 15, _tag: "stat", name: "b.txt", outcome: success(stat) },
          { index: 16, _tag: "makeFolder", name: "folder", outcome: done },
          { index: 17, _tag: "list", name: "/", outcome: success(3) },
          { index: 18, _tag: "list", name: "/", outcome: success(3) },
          { index: 19, _tag: "removeFolder", name: "folder", outcome: done },
          { index: 20, _tag: "remove", name: "b.txt", outcome: done }
        ]
        assert.deepStrictEqual(yield* storage.log, expected)
      }).pipe(Effect.provide(TestIOProc.layer())))

    it.effect("has the tag of what failed", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        const file = yield* open("a.txt", { access: "readWrite" })
        assert(file.writeAt !== undefined && file.truncate !== undefined)
        const nowhere = FileName.plain("x/y")
        const failing: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError, TestIOProc.TestIOProc>> = [
          open("missing"),
          open("a.txt", { create: "new" }),
          file.readAt(-1, new Uint8Array(1)),
          file.writeAt(-1, bytes("x"), "write"),
          file.truncate(-1),
          storage.remove(nowhere),
          storage.stat(nowhere),
          Stream.runDrain(storage.list(nowhere)),
          storage.makeFolder(nowhere),
          storage.removeFolder(nowhere),
          storage.tempName({ folder: "nowhere" })
        ]
        for (const call of failing) yield* Effect.flip(call)
        yield* file.close
        yield* Effect.flip(file.readAt(0, new Uint8Array(1)))
        yield* Effect.flip(file.size)
        yield* Effect.flip(file.close)
        const outcomes = (yield* storage.log).map(({ _tag, outcome }) =>
          `${_tag} ${outcome._tag === "Failure" ? outcome.error : outcome._tag}`
        )
        assert.deepStrictEqual(outcomes, [
          "open Success",
          "open FileNotFound",
          "open CannotOpen",
          "readAt CannotRead",
          "writeAt CannotWrite",
          "truncate CannotWrite",
          "remove PathNotFound",
          "stat PathNotFound",
          "list PathNotFound",
          "makeFolder PathNotFound",
          "removeFolder PathNotFound",
          "tempName PathNotFound",
          "close Success",
          "readAt CannotRead",
          "size CannotSeek",
          "close CannotClose"
        ])
      }).pipe(Effect.provide(TestIOProc.layer({ "a.txt": bytes("abc") }))))

    it.effect("has the abort of a scope that failed over a storage that commits on close", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        const save = Effect.gen(function*() {
          const file = yield* Mmio.open("a.txt", { access: "write", create: true })
          yield* Mmio.writeAll(file, bytes("half"))
          return yield* Effect.fail("no more")
        })
        yield* Effect.ignore(Effect.scoped(save))
        assert.deepStrictEqual(yield* storage.bytes("a.txt"), bytes("abc"))
        assert.strictEqual((yield* storage.log).at(-1)?._tag, "abort")
        yield* TestIOProc.assertNoLeaks
      }).pipe(Effect.provide(TestIOProc.layerWith({ files: { "a.txt": bytes("abc") }, commit: "onClose" }))))

    it.effect("can be cleared, and goes on counting", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        yield* write("a.txt", "a")
        const before = (yield* storage.log).length
        yield* storage.clearLog
        assert.deepStrictEqual(yield* storage.log, [])
        yield* storage.exists(FileName.plain("a.txt"))
        assert.deepStrictEqual((yield* storage.log).map(({ index }) => index), [before])
      }).pipe(Effect.provide(TestIOProc.layer())))

    it.effect("keeps so many messages, and forgets the oldest", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        for (let i = 0; i < 1000; i++) yield* storage.exists(FileName.plain(String(i)))
        const log = yield* storage.log
        assert.strictEqual(log.length, 10)
        assert.strictEqual(log.at(-1)?.index, 999)
        assert.strictEqual(log.at(0)?.index, 990)
      }).pipe(Effect.provide(TestIOProc.layerWith({ logLimit: 10 }))))

    it.effect("is empty with a limit of 0", () =>
      Effect.gen(function*() {
        const storage = yield* TestIOProc.TestIOProc
        yield* write("a.txt", "a")
        assert.deepStrictEqual(yield* storage.log, [])
        yield* TestIOProc.assertNoLeaks
      }).pipe(Effect.provide(TestIOProc.layerWith({ logLimit: 0 }))))
  })

  describe("a file that is never closed", () => {
    it.effect("fails the test, and is named", () =>
      Effect.gen(function*() {
        const defects = yield* leak(
          Effect.zipRight(open("a.txt"), open("b.txt", { access: "write", share: "exclusive" }))
        )
        assert.deepStrictEqual(defects.map(({ message }) => message), [
          "2 files were never closed: a.txt (number 1, for read as compat), b.txt (number 2, for write as exclusive)"
        ])
      }))

    it.effect("is a defect beside the failure of the test", () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.provide(
          Effect.zipRight(open("a.txt"), Effect.fail("the test itself")),
          TestIOProc.layer({ "a.txt": bytes("") })
        ))
        assert(Exit.isFailure(exit))
        assert.deepStrictEqual([...Cause.failures(exit.cause)], ["the test itself"])
        assert.strictEqual([...Cause.defects(exit.cause)].length, 1)
      }))

    it.effect("is not one whose scope was closed, also by failure and interruption", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* leak(Effect.scoped(Mmio.open("a.txt"))), [])
        assert.deepStrictEqual(yield* leak(Effect.scoped(Effect.zipRight(Mmio.open("a.txt"), Effect.fail("no")))), [])
        assert.deepStrictEqual(
          yield* leak(Effect.gen(function*() {
            const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(Mmio.open("a.txt"), Effect.never)))
            yield* Effect.yieldNow()
            yield* Fiber.interrupt(fiber)
          })),
          []
        )
      }))

    it.effect("is not one that was closed twice, and a close that is never run closes nothing", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(
          yield* leak(Effect.flatMap(open("a.txt"), (file) => Effect.zipRight(file.close, Effect.ignore(file.close)))),
          []
        )
        assert.strictEqual((yield* leak(Effect.map(open("a.txt"), (file) => file.close))).length, 1)
      }))
  })

  it.effect("keeps the facts and the versions of the memory storage", () =>
    Effect.gen(function*() {
      const storage = yield* TestIOProc.TestIOProc
      const memory = yield* MemoryIOProc.make({ files: { "a.txt": bytes("abc") } })
      const file = yield* open("a.txt", { access: "readWrite" })
      assert.deepStrictEqual(storage.capabilities, memory.capabilities)
      assert.deepStrictEqual(storage.middleware, [])
      assert.isTrue(file.capabilities.truncate)
      assert.isTrue(file.capabilities.concurrent)
      assert.isTrue(Option.isSome(file.identity))
      assert.deepStrictEqual(file.version, (yield* storage.stat(FileName.plain("a.txt"))).version)
      yield* file.close
    }).pipe(Effect.provide(TestIOProc.layer({ "a.txt": bytes("abc") }))))

  it.effect("each layer is a storage of its own", () =>
    Effect.gen(function*() {
      const layer = TestIOProc.layer()
      yield* Effect.provide(write("a.txt", "a"), layer)
      assert.isFalse(yield* Effect.provide(Mmio.exists("a.txt"), layer))
    }))

  it.effect("a name for a file and a folder fails the layer", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        Effect.scoped(Layer.build(TestIOProc.layer({ a: bytes(""), "a/b": bytes("") })))
      )
      assert(Exit.isFailure(exit))
    }))
})
