import { FileName, FourCC, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Context, Effect, Exit, FastCheck as fc, Layer, Option, Record, Request, Stream } from "effect"
import { later, numbers } from "./support/answering.js"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const XYZ = FourCC.make("XYZ ")
const ARC = FourCC.make("ARC ")

/** What a read of some bytes does, and gives. */
const copied = (content: Uint8Array, offset: number, target: Uint8Array): number => {
  const part = content.subarray(offset, offset + target.length)
  target.set(part)
  return part.length
}

/** A driver whose files, of any name, hold `said`. */
const saying = (said: string): IOProc.IOProc =>
  IOProc.make({
    open: ({ name }) => {
      const content = bytes(said)
      return Effect.succeed(IOProc.makeFile({
        name: name.full,
        size: Effect.succeed(content.length),
        readAt: (offset, target) => Effect.sync(() => copied(content, offset, target))
      }))
    }
  })

/** What a name reads as, in full. */
const contents = (name: string | FileName.FileName, options?: Mmio.NameOptions) =>
  Effect.scoped(Effect.flatMap(Mmio.open(name, options), (file) => Effect.map(Mmio.read(file, 100), text)))

const storage = (said: string) => Layer.succeed(IOProc.IOProc, saying(said))

const request = (name: string, access: IOProc.Access = "read"): IOProc.OpenRequest =>
  IOProc.openRequest(name, { access })

describe("make", () => {
  const bare = saying("x")
  const a = FileName.plain("a")

  it.effect("what is left out refuses, typed, and names what was asked", () =>
    Effect.gen(function*() {
      const refusals = {
        "IOProc.rename a": bare.rename(a, FileName.plain("b")),
        "IOProc.remove a": bare.remove(a),
        "IOProc.exists a": bare.exists(a),
        "IOProc.fullName a": bare.fullName(a),
        "IOProc.tempName a temporary file": bare.tempName({}),
        "IOProc.stat a": bare.stat(a),
        "IOProc.list a": Stream.runDrain(bare.list(a)),
        "IOProc.makeFolder a": bare.makeFolder(a),
        "IOProc.removeFolder a": bare.removeFolder(a)
      }
      for (const [what, refusal] of Object.entries<Effect.Effect<unknown, MmioError.MmioError>>(refusals)) {
        const error = yield* Effect.flip(refusal)
        assert.strictEqual(error._tag, "AccessDenied")
        assert.strictEqual(error.message, `${what}: this storage cannot do that`)
      }
      deepStrictEqual(bare.find(XYZ), Option.none())
    }))

  it.effect("what is given is used, and marked as a driver", () =>
    Effect.gen(function*() {
      const driver = IOProc.make({ open: bare.open, exists: () => Effect.succeed(true), find: () => Option.some(bare) })
      assert.isTrue(yield* driver.exists(a))
      deepStrictEqual(driver.find(XYZ), Option.some(bare))
      assert.isTrue(IOProc.isIOProc(driver))
      assert.isFalse(IOProc.isIOProc({ open: bare.open }))
      assert.isFalse(IOProc.isIOProc(undefined))
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// makeFile
// ---------------------------------------------------------------------------------------------------------------------

type Operation =
  | { readonly op: "read"; readonly at: number; readonly count: number; readonly atMost: number }
  | {
    readonly op: "write" | "writeFlush"
    readonly at: number
    readonly data: Uint8Array
    readonly atMost: number
    readonly fails: boolean
  }

const position = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, Number.NaN, 0.5, 2 ** 53) }
)

const operations: fc.Arbitrary<ReadonlyArray<Operation>> = fc.array(
  fc.oneof(
    fc.record({
      op: fc.constant("read" as const),
      at: position,
      count: fc.integer({ min: 1, max: 20 }),
      atMost: fc.integer({ min: 1, max: 20 })
    }),
    fc.record({
      op: fc.constantFrom("write" as const, "writeFlush" as const),
      at: position,
      data: fc.uint8Array({ maxLength: 20 }),
      atMost: fc.integer({ min: 1, max: 20 }),
      fails: fc.boolean()
    })
  ),
  { maxLength: 30 }
)

/** Bytes: what the laws say, and no more. */
class Model {
  bytes: Array<number>
  constructor(initial: Uint8Array) {
    this.bytes = [...initial]
  }
  apply(operation: Operation): unknown {
    const { at } = operation
    const isPosition = Number.isSafeInteger(at) && at >= 0
    if (operation.op === "read") {
      return isPosition ? this.bytes.slice(at, at + Math.min(operation.count, operation.atMost)) : "CannotRead"
    }
    if (!isPosition || (operation.fails && operation.op === "write")) return "CannotWrite"
    const data = operation.data.subarray(0, operation.atMost)
    if (data.length > 0) {
      while (this.bytes.length < at) this.bytes.push(0)
      this.bytes.splice(at, data.length, ...data)
    }
    return operation.fails ? "CannotWrite" : data.length // in the flush, after the bytes
  }
}

/** How a storage answers. */
const ways: { readonly [answers in "by effects" | "synchronously" | "by callbacks"]: typeof IOProc.immediate } = {
  "by effects": Effect.suspend,
  "synchronously": IOProc.immediate,
  "by callbacks": (evaluate) => later(Effect.suspend(evaluate))
}

/** A storage by position that does what the current operation tells it. */
class Block {
  bytes: Uint8Array
  atMost = Infinity
  writeFails = false
  flushFails = false
  /** How the storage answers. */
  private readonly answering: typeof IOProc.immediate
  constructor(initial: Uint8Array, answering: typeof IOProc.immediate) {
    this.bytes = initial.slice()
    this.answering = answering
  }
  readonly file = IOProc.makeFile({
    name: "block",
    size: Effect.sync(() => this.bytes.length),
    readAt: (position, target) =>
      this.answering(() =>
        Exit.succeed(copied(this.bytes, position, target.subarray(0, Math.min(target.length, this.atMost))))
      ),
    writeAt: (position, source) =>
      this.answering((): Exit.Exit<number, MmioError.WriteError> => {
        if (this.writeFails) return Exit.fail(this.failure)
        const part = source.subarray(0, this.atMost)
        const longer = new Uint8Array(Math.max(this.bytes.length, position + part.length))
        longer.set(this.bytes)
        longer.set(part, position)
        this.bytes = longer
        return Exit.succeed(part.length)
      }),
    flush: Effect.suspend(() => this.flushFails ? Effect.fail(this.failure) : Effect.void)
  })
  private get failure() {
    return new MmioError.CannotWrite({ operation: "block", file: "block", description: "told to fail", written: 0 })
  }
  apply(operation: Operation): Effect.Effect<unknown> {
    const { file } = this
    const result = (effect: Effect.Effect<unknown, MmioError.MmioError>) =>
      Effect.merge(Effect.mapError(effect, (error) => error._tag))
    this.atMost = operation.atMost
    if (operation.op === "read") {
      const target = new Uint8Array(operation.count)
      return result(Effect.map(file.readAt(operation.at, target), (count) => [...target.subarray(0, count)]))
    }
    this.writeFails = operation.fails && operation.op === "write"
    this.flushFails = operation.fails && operation.op === "writeFlush"
    return result(file.writeAt!(operation.at, operation.data, operation.op))
  }
}

layer(Layer.empty)("makeFile", (it) => {
  it.effect.prop(
    "keeps the laws of a driver: every operation does what the model does",
    // A write of nothing is asked for only to flush.
    [fc.uint8Array({ maxLength: 20 }), operations, fc.constantFrom(...Record.keys(ways))],
    ([initial, all, answers]) =>
      Effect.gen(function*() {
        const model = new Model(initial)
        const block = new Block(initial, ways[answers])
        for (const operation of all.filter((one) => one.op !== "write" || one.data.length > 0)) {
          assert.deepStrictEqual(yield* block.apply(operation), model.apply(operation))
        }
        assert.deepStrictEqual([...block.bytes], model.bytes)
      }),
    { fastCheck: { numRuns: 200 } }
  )

  it.effect("without the optional functions it cannot write, holds nothing, and closes", () =>
    Effect.gen(function*() {
      const file = yield* saying("abc").open(request("f"))
      assert.isUndefined(file.writeAt)
      assert.deepStrictEqual(file.capabilities, {
        concurrent: false,
        forwardOnly: false,
        truncate: false,
        commit: "inPlace",
        cancellable: false,
        locks: "none"
      })
      deepStrictEqual([file.version, file.identity], [Option.none(), Option.none()])
      deepStrictEqual(file.onMessage(Request.of<Request.Request<number>>()({})), Option.none())
      yield* file.commit
      yield* file.close
      yield* file.abort
    }))

  it.effect("has the capabilities that follow from its functions", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const file = IOProc.makeFile({
        name: "f",
        size: Effect.succeed(0),
        readAt: () => Effect.succeed(0),
        writeAt: (_, source, mode) =>
          Effect.sync(() => {
            log.push(`${mode} ${source.length}`)
            return source.length
          }),
        truncate: () => Effect.void,
        commit: Effect.sync(() => void log.push("commit")),
        close: Effect.fail(new MmioError.CannotClose({ operation: "f", file: "f", description: "no" })),
        abort: Effect.sync(() => void log.push("abort")),
        version: "1",
        identity: "f",
        start: 5
      })
      assert.isTrue(file.capabilities.truncate)
      assert.strictEqual(file.capabilities.commit, "onClose")
      deepStrictEqual([file.version, file.identity, file.start], [Option.some("1"), Option.some("f"), 5])
      assert.strictEqual(yield* file.writeAt!(0, new Uint8Array(0), "writeFlush"), 0)
      yield* file.commit
      yield* file.abort
      assert.deepStrictEqual(log, ["writeFlush 0", "commit", "abort"])
    }))

  it.effect("refuses sizes that no file has", () =>
    Effect.gen(function*() {
      const sizes: Array<number> = []
      const file = IOProc.makeFile({
        name: "f",
        size: Effect.succeed(0),
        readAt: () => Effect.succeed(0),
        truncate: (size) => Effect.sync(() => void sizes.push(size))
      })
      for (const size of [-1, 0.5, NaN, Infinity]) {
        assert.strictEqual((yield* Effect.flip(file.truncate!(size)))._tag, "CannotWrite")
      }
      yield* file.truncate!(7)
      assert.deepStrictEqual(sizes, [7])
    }))

  it.effect("commits as it is closed, and not as it is aborted, where it has a commit and nothing to release", () =>
    Effect.gen(function*() {
      let commits = 0
      const driver = IOProc.make({
        open: ({ name }) =>
          Effect.succeed(IOProc.makeFile({
            name: name.full,
            size: Effect.succeed(0),
            readAt: () => Effect.succeed(0),
            writeAt: (_, source) => Effect.succeed(source.length),
            commit: Effect.sync(() => void commits++)
          }))
      })
      const write = (then: Effect.Effect<void, string>) =>
        Effect.provideService(
          Mmio.withFile("f", { access: "write" }, (file) => Effect.zipRight(Mmio.write(file, numbers(5)), then)),
          IOProc.IOProc,
          driver
        )
      yield* write(Effect.void)
      assert.strictEqual(commits, 1)
      yield* Effect.flip(write(Effect.fail("no")))
      assert.strictEqual(commits, 1)
    }))

  it.scoped("has a function of its storage called once for each block that is wanted, however that answers", () =>
    Effect.gen(function*() {
      const content = numbers(1000)
      for (const [answers, answering] of Object.entries(ways)) {
        let calls = 0
        const driver = IOProc.make({
          open: () =>
            Effect.succeed(IOProc.makeFile({
              name: "f",
              size: Effect.succeed(content.length),
              readAt: (offset, target) => {
                calls++
                return answering(() => Exit.succeed(copied(content, offset, target)))
              }
            }))
        })
        const file = yield* Mmio.openWith(driver, "f", { buffer: 64 })
        const target = new Uint8Array(10)
        for (let at = 0; at < 500; at += 10) {
          assert.strictEqual(yield* Mmio.readInto(file, target), 10)
          assert.deepStrictEqual(target, content.subarray(at, at + 10))
        }
        // A function is not called unless its effect is run: it might begin its work when it is called.
        assert.strictEqual(calls, Math.ceil(500 / 64), answers)
      }
    }))

  it.effect("each run of an effect acts anew", () =>
    Effect.gen(function*() {
      const block = new Block(bytes("abcd"), IOProc.immediate)
      const target = new Uint8Array(1)
      const read = block.file.readAt(1, target)
      yield* read
      assert.strictEqual(text(target), "b")
      block.bytes = bytes("wxyz")
      yield* read
      assert.strictEqual(text(target), "x")
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// fromProcedure
// ---------------------------------------------------------------------------------------------------------------------

class Twice extends Request.TaggedClass("Twice")<number, MmioError.InvalidFile, { readonly value: number }> {}
class Name extends Request.TaggedClass("Name")<string, never, {}> {}
class Unknown extends Request.TaggedClass("Unknown")<string, never, {}> {}

const isTwice = (request: Request.Request<unknown, unknown>): request is Twice => request instanceof Twice
const isName = (request: Request.Request<unknown, unknown>): request is Name => request instanceof Name

describe("fromProcedure", () => {
  interface State {
    readonly name: string
    position: number
  }

  /** A procedure over one array of bytes, that logs its messages and recognises only those of `known`. */
  const procedure = (known: ReadonlyArray<IOProc.IOMessage<State>["_tag"]>) => {
    const log: Array<string> = []
    let content: Array<number> = []
    const driver = IOProc.fromProcedure<State>((message) => {
      log.push(message._tag)
      if (!known.includes(message._tag)) return Option.none()
      switch (message._tag) {
        case "Open":
          return Option.some(message.reply(
            message.request.name.full === "missing"
              ? Effect.fail(new MmioError.FileNotFound({ operation: "procedure", file: "missing", description: "no" }))
              : Effect.succeed({ name: message.request.name.full, position: 0 })
          ))
        case "Read":
          return Option.some(message.reply(Effect.sync(() => {
            const part = content.slice(message.file.position, message.file.position + message.target.length)
            message.target.set(part)
            message.file.position += part.length
            return part.length
          })))
        case "Write":
        case "WriteFlush":
          return Option.some(message.reply(Effect.sync(() => {
            content.splice(message.file.position, message.source.length, ...message.source)
            message.file.position += message.source.length
            return message.source.length
          })))
        case "Seek":
          return Option.some(message.reply(Effect.sync(() => {
            assert.notStrictEqual(message.from, "current", "the handle asks from the start and the end")
            return message.file.position = (message.from === "start" ? 0 : content.length) + message.offset
          })))
        case "Close":
          return Option.some(message.reply(Effect.fail(
            new MmioError.CannotClose({
              operation: "procedure",
              file: message.file.name,
              description: "the door is stuck"
            })
          )))
        case "Rename":
          return Option.some(message.reply(Effect.sync(() => {
            log.push(`${message.from} to ${message.to}`)
          })))
        case "User":
          return Option.orElse(
            message.match(isTwice, ({ value }) =>
              value < 0
                ? Effect.fail(
                  new MmioError.InvalidFile({
                    operation: "procedure",
                    file: message.file.name,
                    description: "negative"
                  })
                )
                : Effect.succeed(2 * value)),
            () => message.match(isName, () => Effect.succeed(message.file.name))
          )
        default:
          return Option.none()
      }
    })
    return { driver, log, set: (said: string) => content = [...bytes(said)], get: () => text(Uint8Array.from(content)) }
  }

  const all = ["Open", "Read", "Write", "WriteFlush", "Seek", "Close", "Rename", "User"] as const

  it.effect("carries what Open answered to every later message", () =>
    Effect.gen(function*() {
      const { driver, get, log, set } = procedure(["Open", "Read", "Write", "WriteFlush", "Seek"])
      set("hello")
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "f", { access: "readWrite", buffer: "none" })
        assert.strictEqual(text(yield* Mmio.read(file, 2)), "he")
        yield* Mmio.seek(file, -1, "end")
        yield* Mmio.write(file, bytes("O!"))
      }))
      assert.strictEqual(get(), "hellO!")
      assert.deepStrictEqual(log, ["Open", "Read", "Seek", "Seek", "Write", "WriteFlush", "Close"])
    }))

  it.effect("fails where the procedure answers with a failure", () =>
    Effect.gen(function*() {
      const { driver } = procedure(all)
      const missing = yield* Effect.flip(driver.open(request("missing")))
      assert.strictEqual(missing._tag, "FileNotFound")
      const file = yield* driver.open(request("f"))
      assert.strictEqual((yield* Effect.flip(file.close))._tag, "CannotClose")
    }))

  it.effect("a message that is not recognised fails; closing succeeds", () =>
    Effect.gen(function*() {
      const none = procedure([])
      const opening = yield* Effect.flip(none.driver.open(request("f")))
      assert.strictEqual(opening.message, "MMIOM_OPEN f: the I/O procedure does not recognise this message")
      const renaming = yield* Effect.flip(none.driver.rename(FileName.plain("a"), FileName.plain("b")))
      assert.strictEqual(renaming._tag, "AccessDenied")
      const removing = yield* Effect.flip(none.driver.remove(FileName.plain("a")))
      assert.strictEqual(removing._tag, "AccessDenied")

      for (
        const refused of [
          none.driver.exists(FileName.plain("a")),
          none.driver.fullName(FileName.plain("a")),
          none.driver.tempName({})
        ]
      ) {
        const error = yield* Effect.flip<unknown, MmioError.MmioError, never>(refused)
        assert.strictEqual(error._tag, "AccessDenied")
      }
      assert.deepStrictEqual(none.log, ["Open", "Rename", "Delete", "Exist", "Parse", "GetTemp"])

      const { driver, log } = procedure(["Open"])
      const file = yield* driver.open(request("f", "readWrite"))
      const target = new Uint8Array(1)
      assert.strictEqual((yield* Effect.flip(file.size))._tag, "CannotSeek")
      assert.strictEqual((yield* Effect.flip(file.readAt(0, target)))._tag, "CannotRead")
      assert.strictEqual((yield* Effect.flip(file.writeAt!(0, target, "write")))._tag, "CannotWrite")
      deepStrictEqual(file.onMessage(new Name()), Option.none())
      yield* file.close
      assert.deepStrictEqual(log, ["Open", "Seek", "Seek", "Seek", "Seek", "User", "Close"])
    }))

  it.effect("WriteFlush is sent again as Write, unless there is nothing to write", () =>
    Effect.gen(function*() {
      const { driver, get, log } = procedure(["Open", "Write"])
      const file = yield* driver.open(request("f", "write"))
      assert.strictEqual(yield* file.writeAt!(0, bytes("abc"), "writeFlush"), 3)
      assert.strictEqual(yield* file.writeAt!(0, new Uint8Array(0), "writeFlush"), 0)
      assert.strictEqual(get(), "abc")
      assert.deepStrictEqual(log, ["Open", "WriteFlush", "Write", "WriteFlush"])
    }))

  it.effect("hears Exist, Delete, Parse and GetTemp, which winmm sends as flags of MMIOM_OPEN", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const driver = IOProc.fromProcedure<null>((message) => {
        switch (message._tag) {
          case "Exist":
            log.push(`Exist ${message.name}`)
            return Option.some(message.reply(Effect.succeed(true)))
          case "Delete":
            log.push(`Delete ${message.name}`)
            return Option.some(message.reply(Effect.void))
          case "Parse":
            log.push(`Parse ${message.name}`)
            return Option.some(message.reply(Effect.succeed(FileName.plain(`/${message.name}`))))
          case "GetTemp":
            log.push(`GetTemp ${message.request.prefix}`)
            return Option.some(message.reply(Effect.succeed(FileName.plain("temp"))))
          default:
            return Option.none()
        }
      })
      const provided = Effect.provideService(IOProc.IOProc, driver)
      assert.isTrue(yield* provided(Mmio.exists("a")))
      yield* provided(Mmio.remove("a"))
      assert.strictEqual((yield* provided(Mmio.fullName("a"))).full, "/a")
      assert.strictEqual((yield* provided(Mmio.tempName({ prefix: "p" }))).full, "temp")
      assert.deepStrictEqual(log, ["Exist a", "Delete a", "Parse a", "GetTemp p"])
    }))

  it.scoped("a procedure that opens elsewhere than at 0 says where: the handle starts there", () =>
    Effect.gen(function*() {
      let content = "0123"
      let requested: IOProc.OpenRequest | undefined
      const driver = IOProc.fromProcedure<{ position: number }>((message) => {
        switch (message._tag) {
          case "Open":
            requested = message.request
            return Option.some(
              message.replyAt(Effect.succeed({ file: { position: content.length }, diskOffset: content.length }))
            )
          case "Write":
            return Option.some(message.reply(Effect.sync(() => {
              content = content.slice(0, message.file.position) + text(message.source)
              message.file.position += message.source.length
              return message.source.length
            })))
          default:
            return Option.none()
        }
      })
      const file = yield* IOProc.withRoute(XYZ, driver)(
        Mmio.open("log.txt", { access: "write", ioProc: "XYZ ", parameters: [1, 2] })
      ).pipe(Effect.provide(storage("base")))
      assert.strictEqual(yield* Mmio.position(file), 4)
      yield* Mmio.write(file, bytes("X"))
      yield* Mmio.flush(file)
      assert.strictEqual(content, "0123X")
      assert.strictEqual(yield* Mmio.position(file), 5)
      deepStrictEqual(requested?.code, Option.some(XYZ))
      assert.deepStrictEqual(requested?.parameters, [1, 2])
    }))

  it.effect("renames", () =>
    Effect.gen(function*() {
      const { driver, log } = procedure(all)
      yield* Effect.provideService(Mmio.rename("a", "b"), IOProc.IOProc, driver)
      assert.deepStrictEqual(log, ["Rename", "a to b"])
    }))

  it.scoped("answers messages of its own, each with its type", () =>
    Effect.gen(function*() {
      const { driver } = procedure(["Open", "User"])
      const file = yield* Mmio.openWith(driver, "f")
      const twice: Option.Option<number> = yield* Mmio.sendMessage(file, new Twice({ value: 21 }))
      deepStrictEqual(twice, Option.some(42))
      const name: Option.Option<string> = yield* file.pipe(Mmio.sendMessage(new Name()))
      deepStrictEqual(name, Option.some("f"))
      deepStrictEqual(yield* Mmio.sendMessage(file, new Unknown()), Option.none())
      const failure: MmioError.InvalidFile = yield* Effect.flip(Mmio.sendMessage(file, new Twice({ value: -1 })))
      assert.strictEqual(failure._tag, "InvalidFile")
    }))
})

describe("answer", () => {
  const twice = IOProc.answer(isTwice, ({ value }) => Effect.succeed(2 * value))
  const name = IOProc.answer(isName, () => Effect.succeed("it"))
  const both: IOProc.OnMessage = (request) => Option.orElse(twice(request), () => name(request))

  const answered = <A, E>(answer: Option.Option<Effect.Effect<A, E>>): Effect.Effect<Option.Option<A>, E> =>
    Option.match(answer, { onNone: () => Effect.succeedNone, onSome: Effect.asSome })

  it.effect("knows one kind of request, and chains with others", () =>
    Effect.gen(function*() {
      deepStrictEqual(name(new Twice({ value: 1 })), Option.none())
      deepStrictEqual(yield* answered(both(new Twice({ value: 4 }))), Option.some(8))
      deepStrictEqual(yield* answered(both(new Name())), Option.some("it"))
      deepStrictEqual(both(new Unknown()), Option.none())
    }))

  it.scoped("reaches a handle through makeFile", () =>
    Effect.gen(function*() {
      const driver = IOProc.make({
        open: () =>
          Effect.succeed(
            IOProc.makeFile({ name: "f", size: Effect.succeed(0), readAt: () => Effect.succeed(0), onMessage: both })
          )
      })
      const file = yield* Mmio.openWith(driver, "f")
      deepStrictEqual(yield* Mmio.sendMessage(file, new Twice({ value: 4 })), Option.some(8))
      deepStrictEqual(yield* Mmio.sendMessage(file, new Unknown()), Option.none())
      const memory = yield* Mmio.openMemory()
      deepStrictEqual(yield* Mmio.sendMessage(memory, new Name()), Option.none())
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// stacking
// ---------------------------------------------------------------------------------------------------------------------

/** Reads in capitals. */
const louder = IOProc.mapFile((file) => ({
  ...file,
  readAt: (position, target) =>
    Effect.tap(file.readAt(position, target), (count) => {
      target.set(bytes(text(target.subarray(0, count)).toUpperCase()))
    })
}))

/** A driver written as a class, whose methods no spread finds. */
class ClassDriver implements IOProc.IOProc {
  readonly [IOProc.TypeId]: IOProc.TypeId = IOProc.TypeId
  private readonly below = saying("class")
  open(request: IOProc.OpenRequest) {
    return this.below.open(request)
  }
  rename(from: FileName.FileName) {
    return this.below.rename(from, from)
  }
  remove(name: FileName.FileName) {
    return this.below.remove(name)
  }
  exists() {
    return Effect.succeed(this.below !== undefined)
  }
  fullName(name: FileName.FileName) {
    return Effect.succeed(name)
  }
  realName(name: FileName.FileName) {
    return this.below.realName(name)
  }
  tempName() {
    return Effect.succeed(FileName.plain("temp"))
  }
  find() {
    return Option.none()
  }
  stat(name: FileName.FileName) {
    return this.below.stat(name)
  }
  list(folder: FileName.FileName) {
    return this.below.list(folder)
  }
  makeFolder(name: FileName.FileName) {
    return this.below.makeFolder(name)
  }
  removeFolder(name: FileName.FileName) {
    return this.below.removeFolder(name)
  }
  get capabilities() {
    return { list: false, atomicRename: true, exclusiveCreate: false }
  }
  get middleware() {
    return ["class"]
  }
}

describe("mapFile", () => {
  it.effect("changes the files of a driver, and is told what they were opened for", () =>
    Effect.gen(function*() {
      const requests: Array<IOProc.OpenRequest> = []
      const driver = IOProc.mapFile(saying("x"), (file, request) => {
        requests.push(request)
        return file
      })
      yield* driver.open(request("f", "readWrite"))
      deepStrictEqual(requests, [request("f", "readWrite")])
    }))

  it.effect("also those of the routes", () =>
    Effect.gen(function*() {
      const driver = louder(IOProc.route(saying("base"), XYZ, IOProc.route(saying("routed"), ARC, saying("deeper"))))
      const provided = Effect.provideService(IOProc.IOProc, driver)
      assert.strictEqual(yield* provided(contents("plain.wav")), "BASE")
      assert.strictEqual(yield* provided(contents("a.xyz+e")), "ROUTED")
      const deeper = Option.flatMap(driver.find(XYZ), (found) => found.find(ARC))
      assert.strictEqual(
        yield* Effect.scoped(Effect.flatMap(
          Effect.flatMap(deeper, (driver) => Mmio.openWith(driver, "f")),
          (file) => Effect.map(Mmio.read(file, 10), text)
        )),
        "DEEPER"
      )
    }))

  it.effect("passes on everything else, also of a driver written as a class", () =>
    Effect.gen(function*() {
      const driver = louder(new ClassDriver())
      assert.isTrue(IOProc.isIOProc(driver))
      assert.isTrue(yield* driver.exists(FileName.plain("f")))
      deepStrictEqual(yield* driver.fullName(FileName.plain("f")), FileName.plain("f"))
      deepStrictEqual(yield* driver.tempName({}), FileName.plain("temp"))
      assert.strictEqual((yield* Effect.flip(driver.remove(FileName.plain("f"))))._tag, "AccessDenied")
      assert.strictEqual(
        (yield* Effect.flip(driver.rename(FileName.plain("f"), FileName.plain("g"))))._tag,
        "AccessDenied"
      )
      assert.strictEqual(yield* Effect.provideService(contents("f"), IOProc.IOProc, driver), "CLASS")
      assert.strictEqual((yield* Effect.flip(driver.stat(FileName.plain("f"))))._tag, "AccessDenied")
      assert.isTrue(driver.capabilities.atomicRename)
      assert.deepStrictEqual(driver.middleware, ["mapFile", "class"])
      const named = IOProc.mapFile(IOProc.readAhead(driver), (file) => file, "counting")
      assert.deepStrictEqual(named.middleware, ["counting", "readAhead", "mapFile", "class"])
    }))
})

describe("layers", () => {
  it.effect("layerMap puts something around the storage below", () =>
    Effect.gen(function*() {
      const loud = IOProc.layerMap(louder).pipe(Layer.provide(storage("quiet")))
      assert.strictEqual(yield* Effect.provide(contents("f"), loud), "QUIET")
    }))

  it.effect("layerMap takes an effect, which may need and fail", () =>
    Effect.gen(function*() {
      class Suffix extends Context.Tag("Suffix")<Suffix, string>() {}
      const suffixed = IOProc.layerMap((below) =>
        Effect.map(Suffix, (suffix) => IOProc.route(below, XYZ, saying(suffix)))
      )
      const provided = suffixed.pipe(Layer.provide([storage("base"), Layer.succeed(Suffix, "suffix")]))
      assert.strictEqual(yield* Effect.provide(contents("a.xyz+e"), provided), "suffix")
      assert.strictEqual(yield* Effect.provide(contents("a"), provided), "base")

      const failing = IOProc.layerMap(() => Effect.fail("no driver today")).pipe(Layer.provide(storage("base")))
      deepStrictEqual(yield* Effect.exit(Effect.provide(contents("a"), failing)), Exit.fail("no driver today"))
    }))

  it.effect("layerRoute: a code goes to its driver, everything else below; the outermost is asked first", () =>
    Effect.gen(function*() {
      const stack = IOProc.layerRoute(XYZ, saying("outer")).pipe(
        Layer.provide(IOProc.layerRoute(ARC, saying("arc"))),
        Layer.provide(IOProc.layerRoute(XYZ, saying("inner"))),
        Layer.provide(storage("base"))
      )
      assert.deepStrictEqual(
        yield* Effect.provide(Effect.all([contents("a.xyz+e"), contents("a.arc+e"), contents("a.xyz")]), stack),
        ["outer", "arc", "base"]
      )
    }))

  it.effect("layerRoute: a driver that needs the storage finds that below its own route", () =>
    Effect.gen(function*() {
      /** Elements are the bytes of the file below, in brackets. */
      const archive = Effect.map(IOProc.IOProc, (below) =>
        IOProc.make({
          open: ({ name }) =>
            Effect.scoped(Effect.gen(function*() {
              const file = yield* Mmio.openWith(below, name.path)
              const inside = yield* Effect.orDie(Mmio.read(file, 100))
              return yield* saying(`[${text(inside)}:${Option.getOrElse(name.element, () => "")}]`).open(request("e"))
            })).pipe(Effect.catchTag("InvalidParameter", Effect.die))
        }))
      const stack = IOProc.layerRoute(XYZ, archive).pipe(Layer.provide(MemoryIOProc.layer({ "a.xyz": bytes("below") })))
      assert.strictEqual(yield* Effect.provide(contents("a.xyz+e"), stack), "[below:e]")
      const missing = yield* Effect.flip(Effect.provide(contents("b.xyz+e"), stack))
      assert.strictEqual(missing.message, "Mmio.open b.xyz+e: there is no such file")
    }))

  it.effect("withRoute serves a code for the time of an effect", () =>
    Effect.gen(function*() {
      const inside = contents("a.xyz+e").pipe(
        IOProc.withRoute(XYZ, saying("inner")),
        IOProc.withRoute(XYZ, saying("outer"))
      )
      assert.strictEqual(yield* inside, "inner")
      assert.strictEqual(yield* contents("a.xyz").pipe(IOProc.withRoute(XYZ, saying("routed"))), "base")
      const below = Effect.map(IOProc.IOProc, (storage) => storage)
      assert.strictEqual(yield* contents("a.xyz+e").pipe(IOProc.withRoute(XYZ, below)), "base")
      assert.strictEqual((yield* Effect.flip(contents("a.xyz+e")))._tag, "CannotOpen")
    }).pipe(Effect.provide(storage("base"))))
})

// ---------------------------------------------------------------------------------------------------------------------
// who serves a name
// ---------------------------------------------------------------------------------------------------------------------

describe("routing", () => {
  const program = Effect.provide(
    IOProc.layerRoute(
      ARC,
      Effect.flatMap(
        MemoryIOProc.make({ files: { "a.arc+e": bytes("element"), "plain": bytes("routed plain") } }),
        Effect.succeed
      )
    )
      .pipe(Layer.provideMerge(MemoryIOProc.layer({ "a.xyz+e": bytes("its own name"), "plain": bytes("plain") })))
  )

  it.effect("a code without a driver is CannotOpen, and says what to do", () =>
    program(Effect.gen(function*() {
      const error = yield* Effect.flip(contents("a.xyz+e"))
      assert.strictEqual(
        error.message,
        `Mmio.open a.xyz+e: no driver serves names of the code "XYZ "; for a file whose own name holds a "+", use`
          + ` FileName.plain or the option ioProc: "DOS "`
      )
      for (
        const effect of [
          Mmio.remove("a.xyz+e"),
          Mmio.exists("a.xyz+e"),
          Mmio.fullName("a.xyz+e"),
          Mmio.rename("a.xyz+e", "b")
        ]
      ) {
        const error = yield* Effect.flip<unknown, MmioError.MmioError, IOProc.IOProc>(effect)
        assert.strictEqual(error._tag, "CannotOpen")
        assert.include(error.message, `"XYZ "`)
      }
    })))

  it.effect("a plain name, and the code of the storage, mean the file itself", () =>
    program(Effect.gen(function*() {
      assert.strictEqual(yield* contents(FileName.plain("a.xyz+e")), "its own name")
      assert.strictEqual(yield* contents("a.xyz+e", { ioProc: "DOS " }), "its own name")
      assert.isTrue(yield* Mmio.exists("a.xyz+e", { ioProc: "DOS " }))
    })))

  it.effect("a code that is given goes before that of the name", () =>
    program(Effect.gen(function*() {
      assert.strictEqual(yield* contents("plain", { ioProc: "ARC " }), "routed plain")
      assert.strictEqual(yield* contents("plain", { ioProc: undefined }), "plain")
      const missing = yield* Effect.flip(contents("plain", { ioProc: "NONE" }))
      assert.strictEqual(missing.message, `Mmio.open plain: no driver serves names of the code "NONE"`)
      const invalid = yield* Effect.flip(contents("plain", { ioProc: "arc" }))
      assert.strictEqual(invalid.message, `Mmio.open plain: "arc" is not a four-character code`)
    })))

  it.effect("a driver installed as the code of the storage serves plain names, the most recent first", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* contents("f"), "routed")
      assert.strictEqual(yield* contents("f", { ioProc: "DOS " }), "routed")
      assert.strictEqual(yield* contents("f").pipe(IOProc.withRoute(FourCC.DOS, saying("later"))), "later")
    }).pipe(IOProc.withRoute(FourCC.DOS, saying("routed")), Effect.provide(storage("base"))))

  it.effect("openWith asks the driver it is given, with the whole name", () =>
    Effect.scoped(Effect.gen(function*() {
      const names: Array<string> = []
      const driver = IOProc.mapFile(saying("given"), (file, { name }) => {
        names.push(name.full)
        return file
      })
      const file = yield* Mmio.openWith(driver, "a.xyz+e")
      assert.strictEqual(text(yield* Mmio.read(file, 10)), "given")
      assert.deepStrictEqual(names, ["a.xyz+e"])
    })))

  it.effect("rename, remove, exists, fullName and tempName go by the code, too", () =>
    program(Effect.gen(function*() {
      assert.isTrue(yield* Mmio.exists("a.arc+e"))
      yield* Mmio.rename("a.arc+e", "b.arc+e")
      assert.isFalse(yield* Mmio.exists("a.arc+e"))
      assert.strictEqual((yield* Mmio.fullName("b.arc+e")).full, "/b.arc+e")
      yield* Mmio.remove("b.arc+e")
      assert.isFalse(yield* Mmio.exists("b.arc+e"))
      const temp = yield* Mmio.tempName({ ioProc: "ARC ", prefix: "t" })
      assert.isFalse(yield* Mmio.exists(temp))
      assert.isTrue(yield* Mmio.exists(temp, { ioProc: "ARC " }))
      assert.isTrue(yield* Mmio.exists("plain"))
    })))

  it.effect("errors name the function and the file that the program named", () =>
    program(Effect.gen(function*() {
      const error = yield* Effect.flip(Mmio.remove("missing"))
      assert.strictEqual(error.message, "Mmio.remove missing: there is no such file")
      const renaming = yield* Effect.flip(Mmio.rename("missing.arc+e", "x"))
      assert.strictEqual(renaming.operation, "Mmio.rename")
      assert.strictEqual(renaming.file, "missing.arc+e")
    })))

  it.effect("a driver that throws is a defect, and not a typed failure", () =>
    Effect.gen(function*() {
      const driver = IOProc.make({
        open: () => {
          throw new Error("a bug")
        }
      })
      const exit = yield* Effect.exit(Effect.scoped(Mmio.openWith(driver, "f")))
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
    }))
})
