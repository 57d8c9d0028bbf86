import { FourCC, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Arbitraries, Fault, Interruption, Model, Recording } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Chunk,
  Context,
  Duration,
  Effect,
  Either,
  Equal,
  Exit,
  FastCheck as fc,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Schedule,
  Schema,
  Scope,
  Stream,
  TestClock
} from "effect"

const scale = (runs: number): number => Math.ceil(runs * Number(process.env["MMIO_TEST_SCALE"] ?? 1))

const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => first + i)

const request = IOProc.openRequest

/** The functions that a file has that is written. */
const writable = (file: IOProc.File) => {
  const { truncate, writeAt } = file
  assert(truncate !== undefined && writeAt !== undefined)
  return { ...file, truncate, writeAt }
}

/** A storage in memory that goes wrong; the tests look into it without the faults. */
const over = (plan: Fault.Plan, files: { readonly [name: string]: Uint8Array } = {}) =>
  Fault.layer(plan).pipe(Layer.provideMerge(MemoryIOProc.layer(files)))

const contentOf = (name: string) => Effect.flatMap(MemoryIOProc.MemoryIOProc, (storage) => storage.bytes(name))
const fired = Effect.flatMap(Fault.Faults, (faults) => faults.fired)
const failing = (on: Fault.Rule["on"], errno: Fault.Errno, rest: Partial<Fault.Rule> = {}): Fault.Plan => ({
  rules: [{ on, fault: Fault.fail(errno), ...rest }]
})

/** A driver's file, without a handle: what the laws of drivers are about. */
const openFile = (plan: Fault.Plan, initial: Uint8Array) =>
  Effect.gen(function*() {
    const memory = yield* MemoryIOProc.make({ files: { test: initial } })
    const { ioProc } = yield* Fault.make(memory, plan)
    const file = yield* ioProc.open(request("test", { access: "readWrite" }))
    return { file: writable(file), content: memory.bytes("test") }
  })

describe("errors", () => {
  const cases: ReadonlyArray<[Fault.Message, Fault.Errno, MmioError.MmioError["_tag"]]> = [
    ["open", "ENOENT", "FileNotFound"],
    ["open", "EACCES", "AccessDenied"],
    ["open", "EBUSY", "SharingViolation"],
    ["open", "EMFILE", "TooManyOpenFiles"],
    ["open", "ENOMEM", "OutOfMemory"],
    ["open", "EIO", "CannotOpen"],
    ["readAt", "EIO", "CannotRead"],
    ["readAt", "ETIMEDOUT", "NetworkError"],
    ["writeAt", "ENOSPC", "CannotWrite"],
    ["writeAt", "ECONNRESET", "NetworkError"],
    ["size", "EIO", "CannotSeek"],
    ["size", "ETIMEDOUT", "NetworkError"],
    ["truncate", "ENOSPC", "CannotWrite"],
    ["truncate", "ETIMEDOUT", "NetworkError"],
    ["commit", "EIO", "CannotWrite"],
    ["commit", "ETIMEDOUT", "NetworkError"],
    ["close", "EIO", "CannotWrite"],
    ["close", "EBADF", "CannotClose"],
    ["rename", "EACCES", "AccessDenied"],
    ["remove", "EBUSY", "SharingViolation"],
    ["exists", "EIO", "CannotRead"],
    ["fullName", "ENOENT", "PathNotFound"],
    ["fullName", "EACCES", "AccessDenied"],
    ["fullName", "EIO", "PathNotFound"],
    ["tempName", "EMFILE", "TooManyOpenFiles"],
    ["stat", "ENOENT", "FileNotFound"],
    ["stat", "ENOTDIR", "PathNotFound"],
    ["stat", "EIO", "CannotRead"],
    ["list", "ENOENT", "PathNotFound"],
    ["list", "EACCES", "AccessDenied"],
    ["list", "EIO", "CannotRead"],
    ["makeFolder", "ENOENT", "PathNotFound"],
    ["makeFolder", "ENOSPC", "CannotWrite"],
    ["removeFolder", "EBUSY", "SharingViolation"]
  ]
  const calls: Record<Fault.Message, Effect.Effect<unknown, MmioError.MmioError, IOProc.IOProc>> = {
    open: Effect.scoped(Mmio.open("a")),
    readAt: Mmio.withFile("a", {}, (file) => Mmio.read(file, 1)),
    writeAt: Mmio.withFile("a", { access: "write", buffer: "none" }, (file) => Mmio.write(file, bytes(3))),
    size: Mmio.withFile("a", {}, (file) => Mmio.seek(file, 0, "end")),
    truncate: Effect.flatMap(
      IOProc.IOProc,
      (ioProc) =>
        Effect.acquireUseRelease(
          ioProc.open(request("a", { access: "write" })),
          (file) => writable(file).truncate(3),
          (file) => file.abort
        )
    ),
    commit: Mmio.withFile("a", { access: "write" }, (file) => Mmio.commit(file)),
    close: Mmio.withFile("a", {}, () => Effect.void),
    rename: Mmio.rename("a", "b"),
    remove: Mmio.remove("a"),
    exists: Mmio.exists("a"),
    fullName: Mmio.fullName("a"),
    tempName: Mmio.tempName(),
    stat: Mmio.stat("a"),
    list: Stream.runDrain(Mmio.list("/")),
    makeFolder: Mmio.makeFolder("folder"),
    removeFolder: Effect.zipRight(Mmio.makeFolder("folder"), Mmio.removeFolder("folder"))
  }
  for (const [message, errno, tag] of cases) {
    it.effect(`${message} failing with ${errno} is ${tag}, as from a disk`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(calls[message])
        assert.strictEqual(error._tag, tag)
        assert.include(error.message, errno)
        assert.strictEqual(error.errno, errno)
        assert.isTrue(error.cause instanceof Error && "code" in error.cause && error.cause.code === errno)
        const [only, ...others] = yield* fired
        assert.strictEqual(others.length, 0)
        assert.strictEqual(only?.message, message)
        // The rule fires once.
        yield* calls[message]
      }).pipe(Effect.provide(over(failing(message, errno), { a: bytes(10) }))))
  }

  it("has an errno for every message", () => {
    for (const message of Fault.Message.literals) assert.isAbove(Fault.errors[message].length, 0)
  })
})

describe("which calls meet a fault", () => {
  const read = (name: string, count = 1) =>
    Effect.either(Mmio.withFile(name, { buffer: "none" }, (file) => Mmio.read(file, count)))
  const outcome = (results: ReadonlyArray<Either.Either<unknown, unknown>>) =>
    results.map((result) => Either.isRight(result) ? "+" : "-").join("")
  const reads = (count: number, name = "a") =>
    Effect.map(Effect.forEach(Array.from({ length: count }), () => read(name)), outcome)
  const files = { a: bytes(10), "b/c.wav": bytes(10) }
  const plan = (rule: Partial<Fault.Rule>, seed = 0): Fault.Plan => ({
    seed,
    rules: [{ on: "readAt", fault: Fault.fail("EIO"), ...rule }]
  })
  const among = (rule: Partial<Fault.Rule>, count: number, seed?: number) =>
    Effect.provide(reads(count), over(plan(rule, seed), files))

  it.effect("the nth, once, several times, always", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* among({}, 4), "-+++")
      assert.strictEqual(yield* among({ nth: 3 }, 5), "++-++")
      assert.strictEqual(yield* among({ nth: 2, times: 2 }, 5), "+--++")
      assert.strictEqual(yield* among({ nth: 2, times: "always" }, 5), "+----")
      // open, read, close, open, …: the fifth call is the second read
      assert.strictEqual(yield* among({ from: 5 }, 4), "+-++")
      assert.strictEqual(yield* among({ from: 6 }, 4), "++-+")
      assert.strictEqual(yield* among({ on: ["writeAt", "readAt"] }, 2), "-+")
      assert.strictEqual(yield* among({ on: "any", mode: "write" }, 2), "++")
      assert.strictEqual(yield* among({ on: "any", nth: 2 }, 2), "-+")
    }))

  it.effect("by chance, and by the same chance with the same seed", () =>
    Effect.gen(function*() {
      const chance = (seed: number, probability = 0.3) => among({ probability, times: "always" }, 100, seed)
      const first = yield* chance(1)
      assert.strictEqual(yield* chance(1), first)
      assert.notStrictEqual(yield* chance(2), first)
      const failures = (first + (yield* chance(2)) + (yield* chance(3))).replaceAll("+", "").length
      assert.isTrue(failures > 60 && failures < 120, `${failures} of 300`)
      assert.strictEqual(yield* chance(1, 0), "+".repeat(100))
      assert.strictEqual(yield* chance(1, 1), "-".repeat(100))
    }))

  it.effect("of a file, by its name", () =>
    Effect.gen(function*() {
      const failed = (file: string) =>
        Effect.gen(function*() {
          return `${yield* reads(1, "a")}${yield* reads(1, "b/c.wav")}`
        }).pipe(Effect.provide(over(plan({ file, times: "always" }), files)))
      assert.strictEqual(yield* failed("*"), "--")
      assert.strictEqual(yield* failed("a"), "-+")
      assert.strictEqual(yield* failed("?"), "-+")
      assert.strictEqual(yield* failed("*.wav"), "+-")
      assert.strictEqual(yield* failed("b/c.w?v"), "+-")
      assert.strictEqual(yield* failed("b/c?wav"), "+-")
      assert.strictEqual(yield* failed(".*"), "++")
      assert.strictEqual(yield* failed("*.wa"), "++")
    }))

  it.effect("of a rename either name", () =>
    Effect.gen(function*() {
      assert.isTrue(Either.isLeft(yield* Effect.either(Mmio.rename("a", "c"))))
      yield* Mmio.rename("a", "d")
    }).pipe(Effect.provide(over(failing("rename", "EACCES", { file: "c", times: "always" }), files))))

  it.effect("of a range", () =>
    Effect.gen(function*() {
      const at = (from: number, count: number) =>
        Mmio.withFile("a", { buffer: "none" }, (file) => Effect.zipRight(Mmio.seek(file, from), Mmio.read(file, count)))
          .pipe(
            Effect.either,
            Effect.map(Either.isRight),
            Effect.provide(over(plan({ range: { from: 3, to: 5 } }), files))
          )
      assert.isTrue(yield* at(0, 3))
      assert.isFalse(yield* at(0, 4))
      assert.isFalse(yield* at(4, 1))
      assert.isTrue(yield* at(5, 2))
      assert.isFalse(yield* at(2, 9))
    }))

  it.effect("in one mode of writeAt", () =>
    Effect.gen(function*() {
      for (const mode of ["write", "writeFlush"] as const) {
        const { content, file } = yield* openFile(failing("writeAt", "EIO", { mode }), bytes(0))
        const modes = ["write", "writeFlush", "write", "writeFlush"] as const
        const results = yield* Effect.forEach(modes, (mode) => Effect.either(file.writeAt(0, bytes(1), mode)))
        assert.strictEqual(outcome(results), mode === "write" ? "-+++" : "+-++")
        assert.strictEqual((yield* content).length, 1)
      }
    }))

  it.effect("a rule that has a call fail hides it from those after it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* reads(4), "--++")
      assert.deepStrictEqual((yield* fired).map(({ rule }) => rule), [0, 1])
    }).pipe(Effect.provide(over({
      rules: [{ on: "readAt", fault: Fault.fail("EIO") }, { on: "readAt", fault: Fault.fail("ETIMEDOUT") }]
    }, files))))

  it.effect("also those of a driver that is found for a code", () =>
    Effect.gen(function*() {
      const zip = yield* MemoryIOProc.make({ files: { "a.zip+b": bytes(4) } })
      const storage = IOProc.layerRoute(FourCC.make("ZIP "), zip).pipe(Layer.provide(MemoryIOProc.layer(files)))
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* reads(1), "+")
        assert.strictEqual(yield* reads(2, "a.zip+b"), "-+")
      }).pipe(Effect.provide(Fault.layer(plan({ nth: 2 })).pipe(Layer.provide(storage))))
    }))

  it.effect("an invalid plan is a defect", () =>
    Effect.gen(function*() {
      for (const rule of [{ nth: 0 }, { probability: 2 }, { fault: Fault.short(0) }, { times: -1 }]) {
        const exit = yield* Effect.exit(Layer.build(over(plan(rule))).pipe(Effect.scoped))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }
    }))
})

describe("what happens", () => {
  it.effect("passes on all calls, answers and facts where nothing goes wrong", () =>
    Effect.gen(function*() {
      const asked = (faults: Layer.Layer<IOProc.IOProc, never, IOProc.IOProc>) =>
        Effect.gen(function*() {
          const { ioProc, recorder } = yield* Recording.make(yield* MemoryIOProc.make({ files: { a: bytes(40) } }))
          yield* Mmio.withFile("a", { access: "readWrite", buffer: 8 }, (file) =>
            Effect.gen(function*() {
              yield* Mmio.read(file, 20)
              yield* Mmio.write(file, bytes(5))
              yield* Mmio.seek(file, 0, "end")
              yield* Mmio.write(file, bytes(20))
            })).pipe(Effect.provide(Layer.provide(faults, Layer.succeed(IOProc.IOProc, ioProc))))
          return Recording.format(yield* recorder.messages)
        })
      assert.strictEqual(
        yield* asked(Fault.layer({ rules: [{ on: "remove", fault: Fault.hang }] })),
        yield* asked(Layer.orDie(IOProc.layerMap((inner) => inner)))
      )
      const memory = yield* MemoryIOProc.make({ files: { a: bytes(4) } })
      const { ioProc } = yield* Fault.make(memory, {})
      assert.deepStrictEqual(ioProc.capabilities, memory.capabilities)
      assert.deepStrictEqual(ioProc.middleware, ["fault"])
      const inner = yield* memory.open(request("a", { access: "readWrite" }))
      const file = yield* ioProc.open(request("a", { access: "readWrite" }))
      assert.deepStrictEqual(file.capabilities, inner.capabilities)
      assert.deepStrictEqual([file.version, file.identity], [inner.version, inner.identity])
      assert.isUndefined((yield* ioProc.open(request("a"))).writeAt)
    }))

  it.effect("every kind of answer stays what it is, and a failure comes once, as it came", () =>
    Effect.gen(function*() {
      const failure = new MmioError.CannotRead({ operation: "test", file: "a", description: "told to fail" })
      const kinds: ReadonlyArray<
        (exit: Exit.Exit<number, MmioError.ReadError>) => Effect.Effect<number, MmioError.ReadError>
      > = [
        (exit) => IOProc.immediate(() => exit),
        (exit) => IOProc.callback((done) => done(exit)),
        (exit) => Effect.zipRight(Effect.yieldNow(), exit)
      ]
      for (const answer of kinds) {
        let asked = 0
        const inner = IOProc.make({
          open: ({ name }) =>
            Effect.succeed(IOProc.makeFile({
              name: name.full,
              size: Effect.succeed(4),
              readAt: (_, target) => {
                target[0] = 7
                return answer(++asked === 1 ? Exit.fail(failure) : Exit.succeed(1))
              }
            }))
        })
        const { faults, ioProc } = yield* Fault.make(inner, {
          rules: [{ on: "readAt", nth: 3, fault: Fault.fail("EIO") }]
        })
        const file = yield* ioProc.open(request("a"))
        const read = Effect.suspend(() => file.readAt(0, new Uint8Array(1)))
        assert.strictEqual(yield* Effect.flip(read), failure)
        assert.strictEqual(yield* read, 1)
        assert.strictEqual((yield* Effect.flip(read)).errno, "EIO")
        assert.strictEqual(yield* read, 1)
        assert.strictEqual((yield* faults.fired).length, 1)
        assert.strictEqual(asked, 3)
      }
    }))

  it.effect("a full disk: what fits goes down, nothing is lost, and once there is room the flush goes on", () =>
    Effect.gen(function*() {
      const faults = yield* Fault.Faults
      const file = yield* Mmio.open("take", { access: "write", create: true, buffer: 64 })
      yield* Mmio.write(file, bytes(40))
      const error = yield* Effect.flip(Mmio.flush(file))
      assert.strictEqual(error._tag, "CannotWrite")
      assert.include(error.message, "no space left on device (ENOSPC)")
      assert.strictEqual(yield* Mmio.position(file), 40)
      assert.deepStrictEqual(yield* contentOf("take"), bytes(30))
      assert.strictEqual((yield* Effect.flip(Mmio.flush(file)))._tag, "CannotWrite")
      yield* faults.free(4)
      yield* Effect.flip(Mmio.flush(file))
      assert.deepStrictEqual(yield* contentOf("take"), bytes(34))
      yield* faults.free()
      yield* Mmio.close(file)
      assert.deepStrictEqual(yield* contentOf("take"), bytes(40))
      assert.deepStrictEqual((yield* fired).map(({ fault, rule }) => [rule, fault._tag]), [
        ["disk", "Short"],
        ["disk", "Fail"],
        ["disk", "Fail"],
        ["disk", "Short"],
        ["disk", "Fail"]
      ])
    }).pipe(Effect.scoped, Effect.provide(over({ disk: { capacity: 30 } }))))

  it.effect("the room of the disk is counted over all files, and failed writes use none of it", () =>
    Effect.gen(function*() {
      const write = (name: string, count: number) =>
        Effect.either(
          Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes(count)))
        )
      assert.isTrue(Either.isLeft(yield* write("a", 6)), "the rule")
      assert.isTrue(Either.isRight(yield* write("a", 6)))
      // reading takes no room
      yield* Mmio.withFile("a", {}, (file) => Mmio.read(file, 6))
      assert.isTrue(Either.isRight(yield* write("b", 4)))
      const third = yield* write("c", 1)
      assert.isTrue(Either.isLeft(third) && third.left.message.includes("EDQUOT"))
    }).pipe(Effect.provide(over({ ...failing("writeAt", "EIO"), disk: { capacity: 10, errno: "EDQUOT" } }))))

  it.effect("room that was taken for a write that failed below is given back", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { test: new Uint8Array(0) } })
      const inner = yield* Fault.make(memory, failing("writeAt", "EIO"))
      const { ioProc } = yield* Fault.make(inner.ioProc, { disk: { capacity: 5 } })
      const { writeAt } = writable(yield* ioProc.open(request("test", { access: "write" })))
      assert.include((yield* Effect.flip(writeAt(0, bytes(5), "write"))).message, "EIO")
      assert.strictEqual(yield* writeAt(0, bytes(5), "write"), 5)
      assert.include((yield* Effect.flip(writeAt(5, bytes(1), "write"))).message, "ENOSPC")
      // An empty flush needs no room.
      assert.strictEqual(yield* writeAt(5, bytes(0), "writeFlush"), 0)
    }))

  it.effect("short transfers, which a handle makes whole", () =>
    Effect.gen(function*() {
      yield* Mmio.withFile("a", { access: "readWrite", buffer: "none" }, (file) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* Mmio.read(file, 10), bytes(10))
          assert.strictEqual(yield* Mmio.write(file, bytes(9, 50)), 9)
        }))
      assert.deepStrictEqual([...(yield* contentOf("a"))], [...bytes(10), ...bytes(9, 50)])
      assert.deepStrictEqual(
        (yield* fired).filter(({ message }) => message === "writeAt").map(({ position }) => position),
        // the rest of three bytes cannot be short
        [10, 13]
      )
    }).pipe(Effect.provide(over({ rules: [{ times: "always", fault: Fault.short(3) }] }, { a: bytes(10) }))))

  it.effect("a delay, on the clock of the test", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.timed(Mmio.withFile("a", {}, (file) => Mmio.read(file, 2))))
      yield* TestClock.adjust("4 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      yield* TestClock.adjust("1 seconds")
      const [took, data] = yield* Fiber.join(fiber)
      assert.strictEqual(Duration.toMillis(took), 5000)
      assert.deepStrictEqual(data, bytes(2))
    }).pipe(Effect.provide(over({ rules: [{ on: "readAt", fault: Fault.delay("5 seconds") }] }, { a: bytes(10) }))))

  it.effect("delays add up, and come before the failure", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.timed(Effect.exit(Mmio.remove("a"))))
      yield* TestClock.adjust("3 seconds")
      const [took, exit] = yield* Fiber.join(fiber)
      assert.strictEqual(Duration.toMillis(took), 3000)
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(over({
      rules: [{ fault: Fault.delay("1 second") }, { fault: Fault.delay("2 seconds") }, { fault: Fault.fail("EIO") }]
    }, { a: bytes(10) }))))

  it.effect("a call that hangs can be interrupted, and the handle goes on from where it was", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.open("a", { access: "readWrite", buffer: 4 })
      yield* Mmio.read(file, 3)
      const fiber = yield* Effect.fork(Mmio.read(file, 3))
      while ((yield* fired).length === 0) yield* Effect.yieldNow()
      assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(yield* Mmio.position(file), 3)
      assert.deepStrictEqual(yield* Mmio.read(file, 3), bytes(3, 3))
    }).pipe(
      Effect.scoped,
      Effect.provide(over({ rules: [{ on: "readAt", nth: 2, fault: Fault.hang }] }, { a: bytes(10) }))
    ))

  it.effect("a call that hangs can time out, or be let go", () =>
    Effect.gen(function*() {
      const faults = yield* Fault.Faults
      const read = Mmio.withFile("a", {}, (file) => Mmio.read(file, 3).pipe(Effect.timeoutOption("1 minute")))
      const first = yield* Effect.fork(read)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* Fiber.join(first)))
      for (const letGo of [faults.release, faults.disarm, faults.arm({})]) {
        yield* faults.arm({ rules: [{ on: "readAt", fault: Fault.hang }] })
        const fiber = yield* Effect.fork(read)
        while ((yield* faults.fired).length === 0) yield* Effect.yieldNow()
        yield* letGo
        deepStrictEqual(yield* Fiber.join(fiber), Option.some(bytes(3)))
      }
    }).pipe(Effect.provide(over({ rules: [{ on: "readAt", fault: Fault.hang }] }, { a: bytes(10) }))))

  it.effect("bits that flip in what is read, and in what is written", () =>
    Effect.gen(function*() {
      const differences = (a: Uint8Array, b: Uint8Array) =>
        a.reduce((sum, byte, i) => sum + (byte ^ (b[i] ?? 0)).toString(2).replaceAll("0", "").length, 0)
      const source = bytes(20)
      yield* Effect.gen(function*() {
        const file = yield* Mmio.open("a", { buffer: "none" })
        assert.strictEqual(differences(yield* Mmio.read(file, 20), source), 3)
        yield* Mmio.seek(file, 0)
        assert.deepStrictEqual(yield* Mmio.read(file, 20), source)
        assert.deepStrictEqual(yield* contentOf("a"), source)
      }).pipe(Effect.scoped, Effect.provide(over({ rules: [{ on: "readAt", fault: Fault.flip(3) }] }, { a: source })))

      const written = (seed: number) =>
        Effect.gen(function*() {
          yield* Mmio.withFile("b", { access: "write", create: true }, (file) => Mmio.writeAll(file, source))
          assert.deepStrictEqual(source, bytes(20), "the bytes of the caller are the caller's")
          return yield* contentOf("b")
        }).pipe(Effect.provide(over({
          seed,
          rules: [{ on: "writeAt", range: { from: 4, to: 6 }, fault: Fault.flip(5) }]
        })))
      const one = yield* written(1)
      assert.strictEqual(differences(one, source), 5)
      assert.deepStrictEqual(one.filter((_, i) => i < 4 || i > 5), source.filter((_, i) => i < 4 || i > 5))
      assert.deepStrictEqual(yield* written(1), one)
      assert.notDeepEqual([...(yield* written(2))], [...one])
    }))

  it.effect("more flips than there are bits flip them all", () =>
    Effect.gen(function*() {
      const data = yield* Mmio.withFile("a", {}, (file) => Mmio.read(file, 2))
      assert.deepStrictEqual([...data], [255, 254])
    }).pipe(Effect.provide(over({ rules: [{ on: "readAt", fault: Fault.flip(100) }] }, { a: bytes(2) }))))

  it.effect("an answer that is lost: it is done, and the caller is told that it failed", () =>
    Effect.gen(function*() {
      yield* Effect.flip(Mmio.rename("a", "b"))
      assert.deepStrictEqual(yield* contentOf("b"), bytes(10))
      assert.strictEqual((yield* Effect.flip(Mmio.rename("a", "b")))._tag, "FileNotFound")
      // an open whose answer is lost leaves nothing open
      assert.strictEqual(
        (yield* Effect.flip(Effect.scoped(Mmio.open("b", { share: "exclusive" }))))._tag,
        "NetworkError"
      )
      yield* Effect.scoped(Mmio.open("b", { share: "exclusive" }))
    }).pipe(Effect.provide(over({
      rules: [
        { on: "rename", fault: Fault.fail("ETIMEDOUT", "after") },
        { on: "open", fault: Fault.fail("ETIMEDOUT", "after") }
      ]
    }, { a: bytes(10) }))))

  it.effect("a close that fails, or hangs and is interrupted, releases the file", () =>
    Effect.gen(function*() {
      const faults = yield* Fault.Faults
      const ioProc = yield* IOProc.IOProc
      const open = ioProc.open(request("a", { share: "exclusive" }))
      const first = yield* open
      assert.strictEqual((yield* Effect.flip(first.close))._tag, "CannotWrite")
      yield* faults.arm({ rules: [{ on: "close", fault: Fault.hang }] })
      const second = yield* open
      const fiber = yield* Effect.fork(second.close)
      while ((yield* faults.fired).length === 0) yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      yield* Effect.flatMap(open, (file) => file.close)
    }).pipe(Effect.provide(over(failing("close", "EIO"), { a: bytes(3) }))))

  it.effect("a close that fails before it is made commits nothing, and one whose answer is lost commits", () =>
    Effect.gen(function*() {
      for (const when of ["before", "after"] as const) {
        const memory = yield* MemoryIOProc.make({ files: { a: bytes(3) }, commit: "onClose" })
        const { ioProc } = yield* Fault.make(memory, { rules: [{ on: "close", fault: Fault.fail("EIO", when) }] })
        const file = writable(yield* ioProc.open(request("a", { access: "write", create: "truncate" })))
        yield* file.writeAt(0, bytes(5, 50), "write")
        yield* Effect.flip(file.close)
        assert.deepStrictEqual(yield* memory.bytes("a"), when === "before" ? bytes(3) : bytes(5, 50))
        // The file is released: nothing else shares it.
        yield* Effect.flatMap(ioProc.open(request("a", { share: "exclusive" })), (again) => again.close)
      }
    }))

  it.effect("an open whose answer is lost does not commit what it truncated", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: bytes(3) }, commit: "onClose" })
      const { ioProc } = yield* Fault.make(memory, { rules: [{ on: "open", fault: Fault.fail("ETIMEDOUT", "after") }] })
      yield* Effect.flip(ioProc.open(request("a", { access: "write", create: "truncate" })))
      assert.deepStrictEqual(yield* memory.bytes("a"), bytes(3))
    }))

  it.effect("a commit that fails leaves the old content, and the next one commits", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: bytes(3) }, commit: "onClose" })
      const { ioProc } = yield* Fault.make(memory, failing("commit", "ENOSPC"))
      yield* Mmio.withFile("a", { access: "write", create: true }, (file) =>
        Effect.gen(function*() {
          yield* Mmio.writeAll(file, bytes(5, 50))
          assert.strictEqual((yield* Effect.flip(Mmio.commit(file))).errno, "ENOSPC")
          assert.deepStrictEqual(yield* memory.bytes("a"), bytes(3))
          yield* Mmio.commit(file)
          assert.deepStrictEqual(yield* memory.bytes("a"), bytes(5, 50))
        })).pipe(Effect.provideService(IOProc.IOProc, ioProc))
    }))

  it.effect("an abort is neither counted nor shown to a rule", () =>
    Effect.gen(function*() {
      const faults = yield* Fault.Faults
      const ioProc = yield* IOProc.IOProc
      const file = yield* ioProc.open(request("a"))
      yield* faults.arm({ rules: [{ times: "always", fault: Fault.fail("EIO") }] })
      yield* file.abort
      assert.strictEqual(yield* faults.calls, 0)
      yield* Effect.flip(Mmio.exists("a"))
    }).pipe(Effect.provide(over({}, { a: bytes(3) }))))

  it.effect("a list fails before its first name, or after its last", () =>
    Effect.gen(function*() {
      const names: Array<string> = []
      const list = Stream.runForEach(Mmio.list("/"), ({ name }) => Effect.sync(() => names.push(name)))
      assert.strictEqual((yield* Effect.flip(list)).errno, "EIO")
      assert.deepStrictEqual(names, [])
      assert.strictEqual((yield* Effect.flip(list)).errno, "ETIMEDOUT")
      assert.deepStrictEqual(names, ["a"])
    }).pipe(Effect.provide(over({
      rules: [
        { on: "list", fault: Fault.fail("EIO") },
        { on: "list", fault: Fault.fail("ETIMEDOUT", "after") }
      ]
    }, { a: bytes(3) }))))

  it.effect("a write that fails as the scope ends is a defect, and the file is closed", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a", { access: "write", share: "exclusive" })
        yield* Mmio.write(file, bytes(3))
      })))
      assert.isTrue(Exit.isFailure(exit))
      if (Exit.isSuccess(exit)) return
      const [defect] = Chunk.toReadonlyArray(Cause.defects(exit.cause))
      assert.instanceOf(defect, MmioError.CannotWrite)
      yield* Effect.scoped(Mmio.open("a", { share: "exclusive" }))
    }).pipe(Effect.provide(over(failing("writeAt", "ENOSPC"), { a: bytes(3) }))))

  it.effect("disarmed nothing goes wrong, and armed again it counts from the start", () =>
    Effect.gen(function*() {
      const faults = yield* Fault.Faults
      const remove = Effect.map(Effect.either(Mmio.exists("a")), Either.isRight)
      assert.isFalse(yield* remove)
      yield* faults.disarm
      assert.isTrue(yield* remove)
      assert.strictEqual(yield* faults.calls, 2)
      assert.strictEqual((yield* faults.fired).length, 1)
      yield* faults.arm(failing("exists", "EIO", { nth: 2 }))
      assert.strictEqual(yield* faults.calls, 0)
      assert.deepStrictEqual([yield* remove, yield* remove, yield* remove], [true, false, true])
    }).pipe(Effect.provide(over(failing("exists", "EIO", { times: "always" })))))

  /** The warnings that a program logs while it has a plan. */
  const warnings = <A, E>(program: Effect.Effect<A, E, IOProc.IOProc | Fault.Faults>, plan: Fault.Plan) =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
        if (logLevel === LogLevel.Warning) logged.push(String(message))
      })
      const layer = Fault.layer(plan).pipe(Layer.provide(MemoryIOProc.layer({ a: bytes(3) })))
      yield* Effect.exit(Effect.provide(program, layer)).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      return logged
    })

  it.live("a plan of which no rule fires is a warning, as the layer is released", () =>
    Effect.gen(function*() {
      const exists = Mmio.exists("a")
      assert.deepStrictEqual(yield* warnings(Effect.zipRight(exists, exists), failing("remove", "EIO")), [
        "Fault: no rule of the plan fired; the calls were 2 exists"
      ])
      assert.deepStrictEqual(yield* warnings(Effect.void, { disk: { capacity: 5 } }), [
        "Fault: no rule of the plan fired; the calls were none"
      ])
      assert.deepStrictEqual(yield* warnings(exists, failing("exists", "EIO")), [])
      assert.deepStrictEqual(yield* warnings(exists, {}), [])
      // Of two rules one is enough, and what is armed later is judged for itself.
      const two: Fault.Plan = {
        rules: [...failing("exists", "EIO").rules ?? [], ...failing("open", "EIO").rules ?? []]
      }
      assert.deepStrictEqual(yield* warnings(exists, two), [])
      const arming = Effect.gen(function*() {
        yield* exists
        yield* Effect.flatMap(Fault.Faults, ({ arm }) => arm(failing("exists", "EIO")))
        yield* Effect.ignore(exists)
      })
      assert.strictEqual((yield* warnings(arming, failing("remove", "EIO"))).length, 1)
    }))

  it.effect("looks at those calls only that its fault can happen to", () =>
    Effect.gen(function*() {
      const none: ReadonlyArray<Fault.Rule> = [
        { on: "readAt", range: { from: 25, to: 25 }, fault: Fault.fail("EIO") },
        { on: "readAt", range: { from: 26, to: 24 }, fault: Fault.fail("EIO") },
        { on: "readAt", range: { from: 35, to: 40 }, fault: Fault.flip() },
        { on: "readAt", fault: Fault.short(50) },
        { on: "readAt", fault: Fault.short(15) },
        { on: "writeAt", fault: Fault.short(50) },
        { on: "writeAt", fault: Fault.short(10) },
        { on: "writeAt", range: { from: 8, to: 9 }, fault: Fault.flip() }
      ]
      for (const rule of none) {
        const memory = yield* MemoryIOProc.make({ files: { test: bytes(30) } })
        const limiting = { rules: [{ on: "writeAt", fault: Fault.short(3) }, { times: "always", ...rule }] } as const
        const { faults, ioProc } = yield* Fault.make(memory, limiting)
        const file = writable(yield* ioProc.open(request("test", { access: "readWrite" })))
        assert.strictEqual(yield* file.readAt(20, new Uint8Array(20)), 10)
        assert.strictEqual(yield* file.readAt(30, new Uint8Array(20)), 0)
        assert.strictEqual(yield* file.writeAt(0, bytes(10), "write"), 3)
        assert.deepStrictEqual(yield* faults.unfired, [1], JSON.stringify(rule))
        assert.deepStrictEqual((yield* faults.fired).map(({ rule }) => rule), [0])
      }
    }))

  it.effect("a call that its fault could not happen to is not one of those that it counts", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { test: bytes(30) } })
      const { faults, ioProc } = yield* Fault.make(memory, {
        rules: [
          { on: "readAt", range: { from: 20, to: 60 }, fault: Fault.flip() },
          { on: "readAt", nth: 2, fault: Fault.short(5) }
        ]
      })
      const file = yield* ioProc.open(request("test"))
      const read = (position: number) =>
        Effect.flatMap(
          Effect.sync(() => new Uint8Array(10)),
          (target) => Effect.map(file.readAt(position, target), (count) => target.subarray(0, count))
        )
      assert.strictEqual((yield* read(30)).length, 0)
      assert.strictEqual((yield* read(0)).length, 10)
      assert.deepStrictEqual((yield* faults.fired).length, 0)
      assert.strictEqual((yield* read(27)).length, 3)
      const damaged = yield* read(20)
      assert.deepStrictEqual((yield* faults.fired).map(({ call, rule }) => [call, rule]), [[4, 0], [5, 1]])
      assert.deepStrictEqual(damaged, bytes(5, 20))
    }))

  it.effect("assertFired names the rules that have not fired", () =>
    Effect.gen(function*() {
      yield* Effect.flip(Mmio.exists("a"))
      const { message, rules } = yield* Effect.flip(Fault.assertFired)
      assert.deepStrictEqual(rules, [1])
      assert.strictEqual(message, "in 1 calls this rule of the plan did not fire: 1")
      yield* Effect.flip(Mmio.remove("a"))
      yield* Fault.assertFired
    }).pipe(Effect.provide(over({
      rules: [...failing("exists", "EIO").rules ?? [], ...failing("remove", "EIO").rules ?? []]
    }, { a: bytes(3) }))))
})

const attempts = (file: Mmio.ReadWriteHandle, operation: Model.Operation, faults: Fault.Faults) =>
  Effect.gen(function*() {
    const results: Array<Either.Either<Model.Result, MmioError.MmioError>> = []
    for (;;) {
      const result = yield* Effect.either(Model.run(file, operation))
      results.push(result)
      // What the model says fails has no errno in its cause.
      if (Either.isRight(result) || result.left.cause === undefined) return results
      if (results.length > 200) return assert.fail(`200 attempts at ${JSON.stringify(operation)}`)
      yield* faults.free()
    }
  })

/** Operations of one step: those of several do not fail as one. */
const isOneStep = ({ op }: Model.Operation) =>
  op === "read" || op === "readInto" || op === "write" || op === "writeAll" || op === "seek" || op === "flush"
  || op === "setBuffer" || op === "position"

layer(Layer.empty)("laws", (it) => {
  it.effect.prop(
    "1: whatever the transfers are cut to, a handle does what the model does",
    {
      initial: Arbitraries.content(),
      bufferSize: Arbitraries.bufferSize,
      plan: Arbitraries.faultPlan({ faults: ["Short"], times: "always", disk: false }),
      operations: Arbitraries.operations("readWrite")
    },
    ({ bufferSize, initial, operations, plan }) =>
      Effect.gen(function*() {
        const model = yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.open("test", { access: "readWrite", buffer: bufferSize })
          return yield* Model.check(file, Model.make(initial), operations)
        }))
        assert.deepStrictEqual(yield* contentOf("test"), model.bytes)
      }).pipe(Effect.provide(over(plan, { test: initial }))),
    { fastCheck: { numRuns: scale(100) } }
  )

  it.effect.prop(
    "2: whatever goes wrong, tried again it comes to what comes of it where nothing does",
    {
      initial: Arbitraries.content(),
      bufferSize: fc.nat({ max: 30 }),
      plan: Arbitraries.faultPlan({
        faults: ["Fail", "Short"],
        messages: ["readAt", "writeAt", "size", "close"],
        maxRules: 8
      }),
      operations: Arbitraries.operations("readWrite", 40)
    },
    ({ bufferSize, initial, operations, plan }) =>
      Effect.gen(function*() {
        const faults = yield* Fault.Faults
        let model = Model.make(initial)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.open("test", { access: "readWrite", buffer: bufferSize })
          for (const operation of operations.filter(isOneStep)) {
            const [next, expected] = Model.step(model, operation)
            const results = yield* attempts(file, operation, faults)
            const last = results.at(-1)!
            assert.deepStrictEqual(Either.isRight(last) ? last.right : last.left._tag, expected)
            assert.strictEqual(yield* Mmio.position(file), next.position)
            model = next
          }
          yield* faults.free()
          // flushed before it is closed: a close that fails then has nothing to lose
          yield* Effect.retry(Mmio.flush(file), { times: 50 })
          yield* Effect.exit(Mmio.close(file))
        }))
        assert.deepStrictEqual(yield* contentOf("test"), model.bytes)
      }).pipe(Effect.provide(over(plan, { test: initial }))),
    { fastCheck: { numRuns: scale(200) } }
  )

  it.effect.prop(
    "2: a failure leaves the position where it was, and the file as it was but for what CannotWrite says went down",
    {
      initial: Arbitraries.content(),
      bufferSize: fc.nat({ max: 30 }),
      rules: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 8 }),
      operations: Arbitraries.operations("readWrite", 40)
    },
    ({ bufferSize, initial, operations, rules }) =>
      Effect.gen(function*() {
        const faults = yield* Fault.Faults
        let model = Model.make(initial)
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.open("test", { access: "readWrite", buffer: bufferSize })
          for (const operation of operations.filter(isOneStep)) {
            const result = yield* Effect.either(Model.run(file, operation))
            if (Either.isRight(result)) {
              const [next, expected] = Model.step(model, operation)
              assert.deepStrictEqual(result.right, expected)
              model = next
            } else if ("data" in operation && result.left._tag === "CannotWrite") {
              model = Model.written(model, operation.data.subarray(0, result.left.written))
            }
            assert.strictEqual(yield* Mmio.position(file), model.position)
          }
          yield* faults.disarm
        }))
        assert.deepStrictEqual(yield* contentOf("test"), model.bytes)
      }).pipe(Effect.provide(over(
        {
          rules: rules.map((nth) => ({
            on: ["readAt", "writeAt", "size"],
            nth: nth + 1,
            fault: Fault.fail("EIO")
          }))
        },
        { test: initial }
      ))),
    { fastCheck: { numRuns: scale(100) } }
  )

  it.effect.prop(
    "of drivers, under faults: a call does what its answer says, and a failed one nothing, or all of it",
    {
      initial: Arbitraries.content(60),
      plan: Arbitraries.faultPlan({
        faults: ["Fail", "Short"],
        messages: ["readAt", "writeAt", "size", "truncate"]
      }),
      calls: fc.array(
        fc.record({
          call: fc.constantFrom(...["readAt", "write", "writeFlush", "size", "truncate"] as const),
          position: fc.integer({ min: -5, max: 80 }),
          count: fc.integer({ min: 1, max: 20 })
        }),
        { maxLength: 30, size: "max" }
      )
    },
    ({ calls, initial, plan }) =>
      Effect.gen(function*() {
        const { content, file } = yield* openFile(plan, initial)
        const resized = (before: Uint8Array, size: number) => {
          const after = new Uint8Array(Math.max(0, size))
          after.set(before.subarray(0, after.length))
          return after
        }
        const overwritten = (before: Uint8Array, position: number, source: Uint8Array) => {
          const after = resized(before, Math.max(before.length, position + source.length))
          after.set(source, position)
          return after
        }
        for (const { call, count, position } of calls) {
          const before = yield* content
          const source = bytes(count, 100)
          const target = new Uint8Array(count)
          const result = yield* Effect.either<number | void, MmioError.MmioError, never>(
            call === "size"
              ? file.size
              : call === "truncate"
              ? file.truncate(position)
              : call === "readAt"
              ? file.readAt(position, target)
              : file.writeAt(position, source, call)
          )
          const after = yield* content
          const changed = (written: number) =>
            call === "truncate"
              ? resized(before, position)
              : call === "write" || call === "writeFlush"
              ? overwritten(before, position, source.subarray(0, written))
              : before
          if (Either.isLeft(result)) {
            if (result.left.errno === undefined) assert.isBelow(position, 0)
            // The whole call, or as much of it as another rule allowed.
            const possible = position < 0 ?
              [before] :
              [before, ...source.keys(), count].map((it) => typeof it === "number" ? changed(it) : it)
            assert.isTrue(
              possible.some((it) => Equal.equals(Chunk.unsafeFromArray([...it]), Chunk.unsafeFromArray([...after])))
            )
            continue
          }
          const transferred = typeof result.right === "number" ? result.right : 0
          assert.deepStrictEqual(after, changed(transferred))
          if (call === "size") assert.strictEqual(transferred, before.length)
          if (call === "readAt") {
            assert.deepStrictEqual(target.subarray(0, transferred), before.slice(position, position + transferred))
          }
        }
      }),
    { fastCheck: { numRuns: scale(100) } }
  )

  it.effect.prop("the same plan does the same again, and survives being stored", {
    plan: Arbitraries.faultPlan({ faults: ["Fail", "Short", "Flip"], times: "always" }),
    operations: Arbitraries.operations("readWrite", 12)
  }, ({ operations, plan }) =>
    Effect.gen(function*() {
      const run = (plan: Fault.Plan) =>
        Effect.gen(function*() {
          const results = yield* Effect.scoped(Effect.gen(function*() {
            const file = yield* Mmio.open("test", { access: "readWrite", buffer: 8 })
            return yield* Effect.forEach(operations, (operation) => Effect.either(Model.run(file, operation)))
          })).pipe(Effect.exit)
          return [
            Exit.map(results, (results) => results.map(Either.mapLeft(String))).toString(),
            yield* fired,
            yield* contentOf("test")
          ]
        }).pipe(Effect.provide(over(plan, { test: bytes(40) })))
      const stored = yield* Schema.decode(Schema.parseJson(Fault.Plan))(
        yield* Schema.encode(Schema.parseJson(Fault.Plan))(plan)
      )
      assert.deepStrictEqual(stored, plan)
      assert.deepStrictEqual(yield* run(stored), yield* run(plan))
    }), { fastCheck: { numRuns: scale(60) } })
})

describe("law 5", () => {
  const operations: ReadonlyArray<Model.Operation> = [
    { op: "read", count: 5 },
    { op: "write", data: bytes(7, 100) },
    { op: "flush", emptyBuffer: false }
  ]
  it.live("a handle over a storage that goes wrong goes on from where it was, interrupted at every step", () =>
    Effect.gen(function*() {
      const initial = bytes(30)
      const steps = yield* Interruption.sweep({
        prepare: Effect.gen(function*() {
          const memory = yield* Effect.orDie(MemoryIOProc.make({ files: { test: initial } }))
          const { faults, ioProc } = yield* Fault.make(memory, {
            rules: [
              { times: "always", fault: Fault.short(3) },
              { on: ["readAt", "writeAt"], nth: 3, fault: Fault.fail("EIO", "after") },
              { on: "writeAt", fault: Fault.fail("ENOSPC") }
            ]
          })
          const scope = yield* Scope.make()
          const file = yield* Effect.orDie(
            Scope.extend(Mmio.openWith(ioProc, "test", { access: "readWrite", buffer: 4 }), scope)
          )
          return { content: Effect.orDie(memory.bytes("test")), faults, file, scope, done: 0 }
        }),
        run: (prepared) =>
          Effect.forEach(
            operations,
            (operation) =>
              Effect.map(Effect.retry(Model.run(prepared.file, operation), { times: 5 }), () => {
                prepared.done++
              }),
            { discard: true }
          ),
        check: ({ content, done, faults, file, scope }) =>
          Effect.gen(function*() {
            yield* faults.disarm
            const before = Model.steps(Model.make(initial), operations.slice(0, done))
            // interrupted before its end, or between its end and the next
            const after = Model.steps(before, operations.slice(done, done + 1))
            const stays = (yield* Mmio.position(file)) === before.position
            const { bytes } = yield* Model.check(
              file,
              stays ? before : after,
              operations.slice(stays ? done : done + 1)
            )
            yield* Scope.close(scope, Exit.void)
            assert.deepStrictEqual(yield* content, bytes)
          })
      })
      assert.isAbove(steps, 50)
    }))
})

describe("Arbitraries.faultPlan", () => {
  it("makes plans, of what it was asked for only", () => {
    const isPlan = Schema.is(Fault.Plan)
    for (const plan of fc.sample(Arbitraries.faultPlan(), 200)) assert.isTrue(isPlan(plan), JSON.stringify(plan))
    const only = Arbitraries.faultPlan({ messages: ["size"], faults: ["Fail", "Short"], times: 1, disk: false })
    for (const plan of fc.sample(only, 100)) {
      assert.isUndefined(plan.disk)
      for (const rule of plan.rules ?? []) {
        assert.deepStrictEqual([rule.on, rule.fault._tag, rule.times], ["size", "Fail", 1])
      }
    }
  })

  it("errors are such as the message has", () => {
    for (const plan of fc.sample(Arbitraries.faultPlan({ faults: ["Fail"] }), 100)) {
      for (const { fault, on } of plan.rules ?? []) {
        assert.isTrue(typeof on === "string" && on !== "any" && fault._tag === "Fail")
        if (typeof on === "string" && on !== "any" && fault._tag === "Fail") {
          assert.include(Fault.errors[on], fault.errno)
        }
      }
    }
  })

  it("shrinks to what a failure needs", () => {
    const result = fc.check(
      fc.property(
        Arbitraries.faultPlan(),
        (plan) => !(plan.rules ?? []).some(({ fault, on }) => on === "writeAt" && fault._tag === "Fail")
      ),
      { numRuns: 1000, seed: 1 }
    )
    assert.deepStrictEqual(result.counterexample, [
      { seed: 0, rules: [{ on: "writeAt", nth: 1, times: 1, fault: { _tag: "Fail", errno: "ENOSPC" } }] }
    ])
  })
})

describe("everyOperation", () => {
  const old = bytes(30, 100)
  const fresh = bytes(20)
  const storage = MemoryIOProc.layer({ "data.bin": old })

  /** Writes beside the file and renames: it is the old one or the new one, whatever happens. */
  const save = Effect.gen(function*() {
    yield* Mmio.withFile("data.tmp", { access: "write", create: true, buffer: 8 }, (file) => Mmio.writeAll(file, fresh))
    yield* Mmio.rename("data.tmp", "data.bin")
  }).pipe(Effect.tapError(() => Effect.ignore(Mmio.remove("data.tmp"))))

  const oldOrNew = ({ exit }: Fault.Run<unknown, unknown>) =>
    Effect.gen(function*() {
      const content = yield* contentOf("data.bin")
      assert.deepStrictEqual([...content], [...(Exit.isSuccess(exit) ? fresh : old)])
    })

  it.effect("passes a program that saves as it should", () =>
    Effect.gen(function*() {
      const report = yield* Fault.everyOperation(save, { storage, check: oldOrNew })
      assert.deepStrictEqual(report.messages, ["open", "writeAt", "writeAt", "close", "rename"])
      assert.strictEqual(report.operations, 5)
      const errors = report.messages.reduce((sum, message) => sum + Fault.errors[message].length, 0)
      // The first write is also cut short; the second has no bytes.
      assert.strictEqual(report.runs, 1 + 2 * (errors + 1))
      const { runs } = yield* Fault.everyOperation(save, { storage, check: oldOrNew, short: false })
      assert.strictEqual(runs, 1 + 2 * errors)
    }))

  it.effect("passes a program that tries again", () =>
    Effect.gen(function*() {
      const report = yield* Fault.everyOperation(Effect.retry(save, Schedule.recurs(1)), {
        storage,
        times: ["once"],
        check: ({ exit }) => Effect.sync(() => assert.isTrue(Exit.isSuccess(exit)))
      })
      assert.strictEqual(report.operations, 5)
    }))

  it.effect("finds a program that swallows a failed write, and meets that fault again, alone", () =>
    Effect.gen(function*() {
      const careless = Effect.gen(function*() {
        const file = yield* Mmio.open("data.bin", { access: "write", create: true, buffer: "none" })
        yield* Effect.ignore(Mmio.writeAll(file, fresh))
        yield* Mmio.close(file)
      })
      const check = ({ exit }: Fault.Run<unknown, unknown>) =>
        Effect.gen(function*() {
          if (Exit.isSuccess(exit)) assert.strictEqual((yield* contentOf("data.bin")).length, fresh.length)
        })
      const error = yield* Effect.flip(Fault.everyOperation(careless, { storage, check }))
      assert.instanceOf(error, Fault.EveryOperationError)
      assert.strictEqual(error.reason, "check")
      const injected = { operation: 2, message: "writeAt", file: "data.bin", errno: "ENOSPC", times: "once" } as const
      assert.deepStrictEqual(error.injected, injected)
      assert.include(error.message, "operation 2, writeAt data.bin, failing once with ENOSPC: expected +0 to equal 20")
      assert.include(error.message, JSON.stringify(injected))

      const again = yield* Effect.flip(Fault.everyOperation(careless, { storage, check, only: injected }))
      assert.strictEqual(again.message, error.message)
      // and as a plan
      yield* careless.pipe(
        Effect.scoped,
        Effect.zipRight(contentOf("data.bin")),
        Effect.provide(
          Fault.layer(Fault.planOf(injected)).pipe(Layer.provideMerge(storage))
        ),
        Effect.map((content) => assert.strictEqual(content.length, 0))
      )
      const fine = { ...injected, operation: 1, message: "open", errno: "EACCES" } as const
      assert.strictEqual((yield* Fault.everyOperation(careless, { storage, check, only: fine })).runs, 1)
    }))

  it.effect("finds a driver that ignores short counts, of reads and of writes, and meets that fault again, alone", () =>
    Effect.gen(function*() {
      /** Copies by the files of the driver; `careful` goes on after a short transfer. */
      const copy = (careful: "reads" | "writes" | "both") =>
        Effect.gen(function*() {
          const ioProc = yield* IOProc.IOProc
          const from = yield* Effect.acquireRelease(ioProc.open(request("data.bin")), (file) => file.abort)
          const to = writable(
            yield* Effect.acquireRelease(
              ioProc.open(request("copy", { access: "write", create: "truncate" })),
              (file) => file.abort
            )
          )
          const block = new Uint8Array(64)
          let length = yield* from.readAt(0, block)
          const readOn = careful !== "writes"
          for (let count = readOn ? length : 0; count > 0;) {
            count = yield* from.readAt(length, block.subarray(length))
            length += count
          }
          let written = yield* to.writeAt(0, block.subarray(0, length), "writeFlush")
          const last = careful === "reads" ? written : length
          while (written < last) {
            written += yield* to.writeAt(written, block.subarray(written, length), "writeFlush")
          }
        })
      const check = ({ exit }: Fault.Run<unknown, unknown>) =>
        Effect.gen(function*() {
          if (Exit.isSuccess(exit)) assert.deepStrictEqual([...(yield* contentOf("copy"))], [...old])
        })
      yield* Fault.everyOperation(copy("both"), { storage, check })
      for (const careful of ["reads", "writes"] as const) {
        const error = yield* Effect.flip(Fault.everyOperation(copy(careful), { storage, check, times: ["once"] }))
        assert(error instanceof Fault.EveryOperationError && error.injected !== undefined)
        assert.deepInclude(error.injected, { message: careful === "reads" ? "writeAt" : "readAt", short: 15 })
        assert.include(error.message, "transferring once at most 15 bytes")
        const again = yield* Effect.flip(
          Fault.everyOperation(copy(careful), { storage, check, only: error.injected })
        )
        assert.strictEqual(again.message, error.message)
        const stored = yield* Schema.decode(Schema.parseJson(Fault.Injection))(
          yield* Schema.encode(Schema.parseJson(Fault.Injection))(error.injected)
        )
        assert.deepStrictEqual(stored, error.injected)
        yield* Fault.everyOperation(copy(careful), { storage, check, short: false })
      }
    }))

  it.effect("finds a program that loses data when closing fails", () =>
    Effect.gen(function*() {
      const careless = Effect.gen(function*() {
        yield* Mmio.withFile("data.tmp", { access: "write", create: true }, (file) => Mmio.writeAll(file, fresh)).pipe(
          // "closing never fails"
          Effect.catchTag("CannotWrite", () => Effect.void)
        )
        yield* Mmio.rename("data.tmp", "data.bin")
      })
      const error = yield* Effect.flip(Fault.everyOperation(careless, { storage, check: oldOrNew }))
      assert.isTrue(error instanceof Fault.EveryOperationError && error.injected?.message === "writeAt")

      const late = Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.open("data.bin", { access: "write" })
          yield* Mmio.writeAll(file, fresh)
          yield* Mmio.flush(file)
          yield* Effect.ignore(Mmio.close(file))
        }))
      })
      const told = yield* Effect.flip(Fault.everyOperation(late, {
        storage,
        short: false,
        check: ({ exit, injected }) =>
          Effect.sync(() => assert.strictEqual(Exit.isFailure(exit), injected !== undefined, "told"))
      }))
      assert.isTrue(told instanceof Fault.EveryOperationError && told.injected?.message === "close")
    }))

  it.effect("finds what only a failure that stays shows", () =>
    Effect.gen(function*() {
      const twice = Effect.gen(function*() {
        // tries again, and believes that this has helped
        yield* Effect.orElse(save, () => Effect.ignore(save))
      })
      const error = yield* Effect.flip(Fault.everyOperation(twice, { storage, check: oldOrNew }))
      assert.isTrue(error instanceof Fault.EveryOperationError && error.injected?.times === "persistently")
      yield* Fault.everyOperation(twice, { storage, check: oldOrNew, times: ["once"] })
    }))

  it.effect("what stays is what can fail so: a full disk can be read", () =>
    Effect.gen(function*() {
      const readBack = Effect.gen(function*() {
        yield* Effect.ignore(Mmio.withFile("log", { access: "write", create: true }, (file) => Mmio.write(file, fresh)))
        const wrote = yield* Effect.either(
          Mmio.withFile("log", { access: "write", create: true }, (file) => Mmio.write(file, fresh))
        )
        const data = yield* Mmio.withFile("data.bin", {}, (file) => Mmio.read(file, 100))
        return { wrote: Either.isRight(wrote), data }
      })
      const runs: Array<string> = []
      yield* Fault.everyOperation(readBack, {
        storage,
        errors: { writeAt: ["ENOSPC"] },
        short: false,
        check: ({ exit, injected }) =>
          Effect.sync(() => {
            assert.isTrue(Exit.isSuccess(exit))
            if (Exit.isFailure(exit)) return
            runs.push(`${injected?.times} ${injected?.operation} ${exit.value.wrote}`)
          })
      })
      assert.deepStrictEqual(runs, [
        "undefined undefined true",
        "once 2 true",
        "persistently 2 false",
        "once 5 false",
        "persistently 5 false"
      ])
    }))

  it.effect("finds a file that is left open", () =>
    Effect.gen(function*() {
      const careless = Effect.gen(function*() {
        const ioProc = yield* IOProc.IOProc
        const file = yield* ioProc.open(request("data.bin"))
        yield* file.readAt(0, new Uint8Array(4))
        yield* file.close
      })
      const error = yield* Effect.flip(Fault.everyOperation(careless, { storage, check: () => Effect.void }))
      assert.isTrue(error instanceof Fault.EveryOperationError)
      if (!(error instanceof Fault.EveryOperationError)) return
      assert.deepStrictEqual([error.reason, error.injected?.message], ["leak", "readAt"])
      assert.include(error.message, "left open: data.bin")
    }))

  it.effect("finds a program that never ends", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Fault.everyOperation(Effect.retry(save, Schedule.forever), { storage, check: () => Effect.void, limit: 500 })
      )
      assert.isTrue(error instanceof Fault.EveryOperationError)
      if (!(error instanceof Fault.EveryOperationError)) return
      assert.deepStrictEqual([error.reason, error.injected?.times], ["endless", "persistently"])
    }))

  it.effect("finds a program that does not do the same each time", () =>
    Effect.gen(function*() {
      let runs = 0
      const moody = Effect.suspend(() => Effect.zipRight(++runs > 1 ? Effect.void : Mmio.exists("a"), Mmio.exists("b")))
      const error = yield* Effect.flip(Fault.everyOperation(moody, { storage, check: () => Effect.void }))
      assert.isTrue(error instanceof Fault.EveryOperationError && error.reason === "unreached")
      assert.include(error.message, "operation 1 is exists a, and instead operation 1, exists b, met the fault")
    }))

  it.effect("finds a program that is wrong where nothing fails", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Fault.everyOperation(Effect.void, { storage, check: () => Effect.fail("nothing was done") })
      )
      assert.strictEqual(error.message, "check without a fault: nothing was done")
    }))

  it.effect("what is checked is the storage in which nothing goes wrong any more", () =>
    Fault.everyOperation(save, {
      storage,
      check: () => Mmio.withFile("data.bin", {}, (file) => Mmio.read(file, 100))
    }))

  it.effect("the storage is new for each run, and what it needs is asked for", () =>
    Effect.gen(function*() {
      class Size extends Context.Tag("Size")<Size, number>() {}
      let built = 0
      const sized = Layer.unwrapEffect(Effect.map(Size, (size) => {
        built++
        return MemoryIOProc.layer({ a: bytes(size) })
      }))
      const { runs } = yield* Fault.everyOperation(
        Mmio.withFile(
          "a",
          { access: "readWrite" },
          (file) => Effect.zipRight(Mmio.seek(file, 0, "end"), Mmio.write(file, bytes(1)))
        ),
        {
          storage: sized,
          check: ({ exit }) =>
            Effect.gen(function*() {
              assert.isAtMost((yield* contentOf("a")).length, 6)
              if (Exit.isSuccess(exit)) assert.strictEqual((yield* contentOf("a")).length, 6)
            })
        }
      ).pipe(Effect.provideService(Size, 5))
      assert.strictEqual(built, runs)
    }))
})
