import {
  FileName,
  FileSystemIOProc,
  FourCC,
  IOProc,
  IOProcFileSystem,
  IOProcRegistry,
  MemoryIOProc,
  MmioError
} from "@effect-mmio/core"
import type { FileSystem } from "@effect/platform"
import {
  Config,
  type ConfigError,
  type Context,
  Effect,
  type Layer,
  Option,
  Request,
  Schedule,
  type Scope,
  type Stream
} from "effect"
import { describe, expect, test } from "tstyche"

declare const driver: IOProc.IOProc
type Wrapping = (self: IOProc.IOProc) => IOProc.IOProc
declare const file: IOProc.File
declare const service: Context.Tag<"Service", IOProc.IOProc>
declare const text: string
const ZIP = FourCC.make("ZIP ")

describe("FourCC", () => {
  test("a literal has four characters", () => {
    expect(FourCC.make("fmt ")).type.toBe<FourCC.FourCC>()
    expect(FourCC.make).type.not.toBeCallableWith("fmt")
    expect(FourCC.make).type.not.toBeCallableWith("")
    expect(FourCC.make).type.not.toBeCallableWith("fmt  ")
    expect(FourCC.make).type.not.toBeCallableWith(text)
    expect(FourCC.make).type.not.toBeCallableWith(text as "fmt " | "fmt")
  })

  test("is a string, and no string is one unchecked", () => {
    expect(ZIP).type.toBeAssignableTo<string>()
    expect(text).type.not.toBeAssignableTo<FourCC.FourCC>()
    expect(FourCC.option(text)).type.toBe<Option.Option<FourCC.FourCC>>()
    expect(FourCC.fromString(text, { upperCase: undefined })).type.toBe<FourCC.FourCC>()
    if (FourCC.isFourCC(text)) expect(text).type.toBeAssignableTo<FourCC.FourCC>()
  })
})

test("FileName", () => {
  expect(FileName.parse(text)).type.toBe<FileName.FileName>()
  expect(FileName.from).type.toBeCallableWith(text)
  expect(FileName.from).type.toBeCallableWith(FileName.plain(text))
  expect(FileName.element).type.not.toBeCallableWith("a.zip", "b", "ZIP")
  expect(FileName.parse(text).code).type.toBe<Option.Option<FourCC.FourCC>>()
})

describe("MmioError", () => {
  test("narrows by its tag, with a number of its own", () => {
    const failing: Effect.Effect<never, MmioError.MmioError> = Effect.never
    expect(Effect.catchTag(failing, "CannotWrite", (error) => {
      expect(error).type.toBe<MmioError.CannotWrite>()
      expect(error.written).type.toBe<number>()
      return Effect.void
    })).type.toBe<Effect.Effect<void, Exclude<MmioError.MmioError, MmioError.CannotWrite>>>()
    expect<MmioError.FileNotFound["code"]>().type.toBe<257>()
    expect<MmioError.InvalidHandle["code"]>().type.toBe<5>()
    expect<MmioError.MmioError["code"]>().type.toBe<
      257 | 258 | 259 | 260 | 261 | 262 | 263 | 264 | 265 | 266 | 267 | 268 | 269 | 270 | 271 | 272 | 11 | undefined
    >()
    expect<MmioError.CannotWrite["errno"]>().type.toBe<string | undefined>()
  })

  test("is made of what its class needs", () => {
    const details = { operation: "o", file: "f", description: "d" }
    expect(MmioError.CannotRead).type.toBeConstructableWith(details)
    expect(MmioError.CannotRead).type.toBeConstructableWith({ ...details, position: undefined, cause: 1 })
    expect(MmioError.CannotWrite).type.toBeConstructableWith({ ...details, written: 0 })
    expect(MmioError.CannotWrite).type.not.toBeConstructableWith(details)
    expect(MmioError.ChunkNotFound).type.not.toBeConstructableWith(details)
    expect(MmioError.withDetails(new MmioError.CannotRead(details), { file: "g" })).type.toBe<MmioError.CannotRead>()
  })
})

describe("IOProc", () => {
  test("is made of what it has", () => {
    const { open } = driver
    expect(IOProc.make).type.toBeCallableWith({ open })
    expect(IOProc.make).type.not.toBeCallableWith({})
    expect(IOProc.make).type.not.toBeCallableWith({ open: () => Effect.fail(new Error("not of this library")) })
    expect(IOProc.make).type.not.toBeCallableWith({ open: () => Effect.map(service, () => Effect.never) })
  })

  test("its functions need nothing, and fail as each may", () => {
    expect<ReturnType<IOProc.IOProc["open"]>>().type.toBe<Effect.Effect<IOProc.File, MmioError.OpenError>>()
    expect<ReturnType<IOProc.IOProc["rename"]>>().type.toBe<Effect.Effect<void, MmioError.RenameError>>()
    expect<ReturnType<IOProc.IOProc["remove"]>>().type.toBe<Effect.Effect<void, MmioError.RenameError>>()
    expect<ReturnType<IOProc.IOProc["exists"]>>().type.toBe<Effect.Effect<boolean, MmioError.ExistsError>>()
    expect<ReturnType<IOProc.IOProc["fullName"]>>().type.toBe<
      Effect.Effect<FileName.FileName, MmioError.FullNameError>
    >()
    expect<ReturnType<IOProc.IOProc["tempName"]>>().type.toBe<
      Effect.Effect<FileName.FileName, MmioError.TempNameError>
    >()
    expect<ReturnType<IOProc.IOProc["stat"]>>().type.toBe<Effect.Effect<IOProc.Stat, MmioError.StatError>>()
    expect<ReturnType<IOProc.IOProc["list"]>>().type.toBe<Stream.Stream<IOProc.Entry, MmioError.ListError>>()
    expect<ReturnType<IOProc.IOProc["makeFolder"]>>().type.toBe<Effect.Effect<void, MmioError.FolderError>>()
    expect<ReturnType<IOProc.File["readAt"]>>().type.toBe<
      Effect.Effect<number, MmioError.CannotRead | MmioError.NetworkError | MmioError.VersionChanged>
    >()
    expect<ReturnType<NonNullable<IOProc.File["writeAt"]>>>().type.toBe<
      Effect.Effect<number, MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError>
    >()
    expect<IOProc.File["size"]>().type.toBe<Effect.Effect<number, MmioError.CannotSeek | MmioError.NetworkError>>()
    expect<IOProc.File["commit"]>().type.toBe<
      Effect.Effect<
        void,
        MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError | MmioError.VersionChanged
      >
    >()
    expect<IOProc.File["close"]>().type.toBe<Effect.Effect<void, MmioError.CannotClose | MmioError.CommitError>>()
    expect<IOProc.File["abort"]>().type.toBe<Effect.Effect<void>>()
  })

  test("files are made of what they have, with a cursor or without", () => {
    const size = Effect.succeed(0)
    const readAt = () => Effect.succeed(0)
    expect(IOProc.makeFile({ name: "f", size, readAt })).type.toBe<IOProc.File>()
    expect(IOProc.makeFile).type.not.toBeCallableWith({ name: "f", size })
    // what follows from the functions is not claimed
    expect(IOProc.makeFile).type.not.toBeCallableWith({ name: "f", size, readAt, capabilities: { truncate: true } })
    expect(IOProc.makeFile).type.not.toBeCallableWith({ name: "f", size, readAt, capabilities: { commit: "onClose" } })
    // the default of abort would commit
    const [commit, close, abort] = [Effect.void, Effect.void, Effect.void]
    expect(IOProc.makeFile({ name: "f", size, readAt, commit, close, abort })).type.toBe<IOProc.File>()
    expect(IOProc.makeFile({ name: "f", size, readAt, commit })).type.toBe<IOProc.File>()
    expect(IOProc.makeFile).type.not.toBeCallableWith({ name: "f", size, readAt, commit, close })
    const seek = () => Effect.succeed(0)
    const read = (target: Uint8Array) => Effect.succeed(target.length)
    expect(IOProc.makeCursorFile({ name: "f", read, seek })).type.toBe<IOProc.File>()
    expect(IOProc.makeCursorFile).type.not.toBeCallableWith({ name: "f", read })
    expect(IOProc.makeCursorFile).type.not.toBeCallableWith({
      name: "f",
      read,
      seek,
      capabilities: { concurrent: true }
    })
    expect(IOProc.wrapFile(file, { readAt })).type.toBe<IOProc.File>()
    expect(IOProc.readAhead(driver, { budget: IOProc.makeBlockBudget(1) })).type.toBe<IOProc.IOProc>()
  })

  test("mapFile and route, first and last", () => {
    expect(IOProc.mapFile(driver, (file) => file)).type.toBe<IOProc.IOProc>()
    expect(
      IOProc.mapFile((file, request) => {
        expect(request).type.toBe<IOProc.OpenRequest>()
        return file
      })(driver)
    ).type.toBe<IOProc.IOProc>()
    expect(IOProc.route(driver, ZIP, driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.route(ZIP, driver)(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.route).type.not.toBeCallableWith(driver, "ZIP ", driver)
  })

  test("middleware takes the driver first and last", () => {
    const every: IOProc.RetryOptions = { schedule: Schedule.recurs(3), while: undefined }
    expect(IOProc.readAhead(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.retry(driver, every)).type.toBe<IOProc.IOProc>()
    expect(IOProc.retry(every)).type.toBe<Wrapping>()
    expect(IOProc.retry).type.not.toBeCallableWith(driver)
    expect(IOProc.retry).type.not.toBeCallableWith({ while: () => true })
    expect<Parameters<NonNullable<IOProc.RetryOptions["while"]>>>().type.toBe<[error: MmioError.MmioError]>()
    expect(IOProc.timeout(driver, "1 second")).type.toBe<IOProc.IOProc>()
    expect(IOProc.timeout(500)).type.toBe<Wrapping>()
    expect(IOProc.timeout).type.not.toBeCallableWith(driver)
    expect(IOProc.timeout).type.not.toBeCallableWith("soon")
    expect(IOProc.throttle(driver, { operations: 1, bytes: undefined })).type.toBe<IOProc.IOProc>()
    expect(IOProc.throttle({ concurrency: 2 })).type.toBe<Wrapping>()
    expect(IOProc.throttle).type.not.toBeCallableWith(driver, { operation: 1 })
    expect(IOProc.cache(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.cache(driver, { blockSize: 512, capacity: undefined })).type.toBe<IOProc.IOProc>()
    expect(IOProc.cache()).type.toBe<Wrapping>()
    expect(IOProc.cache({ capacity: 1 })).type.toBe<Wrapping>()
    expect(IOProc.cache).type.not.toBeCallableWith({ size: 1 })
    expect(IOProc.checksum(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.checksum(driver, { blockSize: undefined })).type.toBe<IOProc.IOProc>()
    expect(IOProc.checksum()).type.toBe<Wrapping>()
    expect(IOProc.checksum({ blockSize: 512 })).type.toBe<Wrapping>()
    expect(IOProc.checksum).type.not.toBeCallableWith({ algorithm: "crc32" })
    expect(IOProc.readOnly).type.toBe<Wrapping>()
    expect(IOProc.prefixed(driver, "folder/")).type.toBe<IOProc.IOProc>()
    expect(IOProc.prefixed("folder/")).type.toBe<Wrapping>()
    expect(IOProc.prefixed).type.not.toBeCallableWith(driver)
    expect(IOProc.overlay(driver, driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.overlay(driver)).type.toBe<Wrapping>()
    expect(IOProc.overlay).type.not.toBeCallableWith(service)
    expect(IOProc.split(driver, 1024)).type.toBe<IOProc.IOProc>()
    expect(IOProc.split(1024)).type.toBe<Wrapping>()
    expect(IOProc.split).type.not.toBeCallableWith("1024")
    expect(IOProc.metrics(driver, "disk")).type.toBe<IOProc.IOProc>()
    expect(IOProc.metrics("disk")).type.toBe<Wrapping>()
    expect(IOProc.metrics).type.not.toBeCallableWith(driver)
    const log = (entry: IOProc.AuditEntry) => Effect.log(entry.operation)
    expect(IOProc.audit(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.audit(driver, log)).type.toBe<IOProc.IOProc>()
    expect(IOProc.audit()).type.toBe<Wrapping>()
    expect(IOProc.audit(log)).type.toBe<Wrapping>()
    // What a log fails with, or needs, is not lost.
    expect(IOProc.audit).type.not.toBeCallableWith(() => Effect.fail("full"))
    expect(IOProc.audit).type.not.toBeCallableWith(() => Effect.asVoid(service))
    expect(IOProc.commitOnClose).type.toBe<Wrapping>()
    expect(IOProc.writeBehind(driver)).type.toBe<IOProc.IOProc>()
    expect(IOProc.layerMap(IOProc.cache())).type.toBe<
      Layer.Layer<IOProc.IOProc, MmioError.InvalidParameter, IOProc.IOProc>
    >()
  })

  test("layers carry what their drivers need and fail with", () => {
    type Layered<E, R> = Layer.Layer<IOProc.IOProc, E, IOProc.IOProc | R>
    expect(IOProc.layerMap((below) => below)).type.toBe<Layered<MmioError.InvalidParameter, never>>()
    expect(IOProc.layerMap(() => Effect.zipRight(Effect.fail("mine" as const), service))).type.toBe<
      Layered<"mine" | MmioError.InvalidParameter, "Service">
    >()
    expect(IOProc.layerRoute(ZIP, driver)).type.toBe<Layered<never, never>>()
    expect(IOProc.layerRoute(ZIP, service)).type.toBe<Layered<never, "Service">>()
    expect(IOProc.withRoute(Effect.succeed(1), ZIP, driver)).type.toBe<Effect.Effect<number, never, IOProc.IOProc>>()
    expect(IOProc.withRoute(ZIP, driver)(Effect.succeed(1))).type.toBe<Effect.Effect<number, never, IOProc.IOProc>>()
    expect(Effect.fail("mine" as const).pipe(IOProc.withRoute(ZIP, service))).type.toBe<
      Effect.Effect<never, "mine", IOProc.IOProc | "Service">
    >()
  })

  test("answers have the types of their requests", () => {
    class Count extends Request.TaggedClass("Count")<number, MmioError.InvalidFile, {}> {}
    const isCount = (request: Request.Request<unknown, unknown>): request is Count => request instanceof Count
    expect(IOProc.answer(isCount, () => Effect.succeed(3))).type.toBe<IOProc.OnMessage>()
    expect(IOProc.answer).type.not.toBeCallableWith(isCount, () => Effect.succeed("three"))
    expect(IOProc.answer).type.not.toBeCallableWith(isCount, () => Effect.fail("three"))
  })

  test("a procedure answers a message by its own reply, with what that message wants", () => {
    IOProc.fromProcedure<{ readonly name: string }>((message) => {
      switch (message._tag) {
        case "Open":
          expect(message.reply).type.toBeCallableWith(Effect.succeed({ name: message.request.name.full }))
          expect(message.reply).type.not.toBeCallableWith(Effect.succeed(1))
          expect(message.replyAt).type.toBeCallableWith(Effect.succeed({ file: { name: "f" }, diskOffset: 4 }))
          expect(message.replyAt).type.not.toBeCallableWith(Effect.succeed({ name: "f" }))
          expect(message).type.not.toHaveProperty("file")
          return Option.none()
        case "Read":
          expect(message.file).type.toBe<{ readonly name: string }>()
          expect(message.reply).type.toBeCallableWith(Effect.succeed(1))
          expect(message.reply).type.not.toBeCallableWith(Effect.fail("not of this library"))
          return Option.some(message.reply(Effect.succeed(0)))
        default:
          return Option.none()
      }
    })
    expect(IOProc.fromProcedure).type.not.toBeCallableWith(() => Option.some(Effect.succeed(1)))
  })
})

test("IOProcRegistry", () => {
  expect(IOProcRegistry.make(driver)).type.toBe<Effect.Effect<IOProcRegistry.IOProcRegistry>>()
  expect(IOProcRegistry.layer).type.toBe<
    Layer.Layer<IOProcRegistry.IOProcRegistry | IOProc.IOProc, never, IOProc.IOProc>
  >()
  expect<ReturnType<IOProcRegistry.IOProcRegistry["install"]>>().type.toBe<Effect.Effect<void, never, Scope.Scope>>()
  expect<ReturnType<IOProcRegistry.IOProcRegistry["remove"]>>().type.toBe<Effect.Effect<Option.Option<IOProc.IOProc>>>()
})

test("MemoryIOProc", () => {
  expect(MemoryIOProc.make({ files: undefined, folders: undefined })).type.toBe<
    Effect.Effect<MemoryIOProc.MemoryIOProc, MmioError.CannotOpen>
  >()
  expect(MemoryIOProc.layer({ a: new Uint8Array(1) })).type.toBe<
    Layer.Layer<IOProc.IOProc | MemoryIOProc.MemoryIOProc, MmioError.CannotOpen>
  >()
})

test("layers with options are named alike", () => {
  expect(MemoryIOProc.layerWith({ commit: "onClose" })).type.toBe<
    Layer.Layer<IOProc.IOProc | MemoryIOProc.MemoryIOProc, MmioError.CannotOpen>
  >()
  expect(FileSystemIOProc.layerConfig({ sync: Config.boolean("SYNC") })).type.toBe<
    Layer.Layer<IOProc.IOProc, ConfigError.ConfigError, FileSystem.FileSystem>
  >()
})

test("FileSystemIOProc", () => {
  expect(FileSystemIOProc.layer).type.toBe<Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem>>()
  expect(FileSystemIOProc.layerWith({ sync: undefined })).type.toBe<
    Layer.Layer<IOProc.IOProc, never, FileSystem.FileSystem>
  >()
  expect(FileSystemIOProc.make()).type.toBe<Effect.Effect<IOProc.IOProc, never, FileSystem.FileSystem>>()
})

describe("IOProcFileSystem", () => {
  test("is a FileSystem for a storage", () => {
    expect(IOProcFileSystem.layer).type.toBe<Layer.Layer<FileSystem.FileSystem, never, IOProc.IOProc>>()
    expect(IOProcFileSystem.make).type.toBe<(ioProc: IOProc.IOProc) => FileSystem.FileSystem>()
  })
})
