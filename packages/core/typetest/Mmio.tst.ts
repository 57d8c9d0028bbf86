import { type FileName, type IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { Effect, type Option, type Request, type Scope, type Sink, type Stream } from "effect"
import { describe, expect, test } from "tstyche"

declare const reader: Mmio.Handle<"read">
declare const writer: Mmio.Handle<"write">
declare const both: Mmio.Handle<"readWrite">
declare const any: Mmio.Handle
declare const memory: Mmio.MemoryHandle<"readWrite">
declare const block: Mmio.MemoryHandle<"read">
declare const ioProc: IOProc.IOProc
declare const file: IOProc.File
declare const name: FileName.FileName
declare const bytes: Uint8Array
declare const info: Mmio.Info
declare const access: "write" | "readWrite"

interface Count extends Request.Request<number, MmioError.InvalidFile> {
  readonly _tag: "Count"
}
declare const count: Count

type OpenFailure = MmioError.OpenError | MmioError.InvalidParameter
type Names = MmioError.CannotOpen | MmioError.InvalidParameter
type Reading = MmioError.CannotRead | MmioError.NetworkError | MmioError.VersionChanged
type Writing = MmioError.CannotWrite | MmioError.CannotExpand | MmioError.NetworkError

/** What all uses of one handle for another come down to: the parameter of a function that takes it. */
declare const takesReader: (handle: Mmio.ReadHandle) => void
declare const takesWriter: (handle: Mmio.WriteHandle) => void
declare const takesBoth: (handle: Mmio.ReadWriteHandle) => void
declare const takesAny: (handle: Mmio.Handle) => void

describe("handles", () => {
  test("can be used for what they can do", () => {
    expect(takesReader).type.toBeCallableWith(reader)
    expect(takesReader).type.toBeCallableWith(both)
    expect(takesReader).type.not.toBeCallableWith(writer)
    expect(takesReader).type.not.toBeCallableWith(any)
    expect(takesWriter).type.toBeCallableWith(writer)
    expect(takesWriter).type.toBeCallableWith(both)
    expect(takesWriter).type.not.toBeCallableWith(reader)
    expect(takesWriter).type.not.toBeCallableWith(any)
    expect(takesBoth).type.toBeCallableWith(both)
    expect(takesBoth).type.toBeCallableWith(memory)
    expect(takesBoth).type.not.toBeCallableWith(reader)
    expect(takesBoth).type.not.toBeCallableWith(writer)
    expect(takesAny).type.toBeCallableWith(reader)
    expect(takesAny).type.toBeCallableWith(writer)
    expect(takesAny).type.toBeCallableWith(both)
    expect(takesAny).type.toBeCallableWith(memory)
  })

  test("say what they were opened for", () => {
    expect(reader.access).type.toBe<"read">()
    expect(both.access).type.toBe<"readWrite">()
    expect(any.access).type.toBe<IOProc.Access>()
    expect(reader.name).type.toBe<FileName.FileName>()
  })

  test("show nothing of what they are made of", () => {
    expect(reader).type.not.toHaveProperty("state")
    expect(reader).type.not.toHaveProperty("file")
    expect(takesAny).type.not.toBeCallableWith({ name, access: "read" as const })
  })

  test("isHandle narrows", () => {
    const u: unknown = reader
    if (Mmio.isHandle(u)) expect(u).type.toBe<Mmio.Handle>()
  })
})

describe("open", () => {
  type Opened<A extends IOProc.Access> = Effect.Effect<Mmio.Handle<A>, OpenFailure, IOProc.IOProc | Scope.Scope>

  test("opens for reading, unless it is told otherwise", () => {
    expect(Mmio.open("a")).type.toBe<Opened<"read">>()
    expect(Mmio.open(name)).type.toBe<Opened<"read">>()
    expect(Mmio.open("a", {})).type.toBe<Opened<"read">>()
    expect(Mmio.open("a", { buffer: "none", share: "denyWrite", ioProc: "ZIP " })).type.toBe<Opened<"read">>()
    expect(Mmio.open("a", { access: "read" })).type.toBe<Opened<"read">>()
    expect(Mmio.open("a", { access: "write" })).type.toBe<Opened<"write">>()
    expect(Mmio.open("a", { access: "write", create: true })).type.toBe<Opened<"write">>()
    expect(Mmio.open("a", { access: "readWrite", create: false })).type.toBe<Opened<"readWrite">>()
  })

  test("an access that is only known at run time gives a handle of either", () => {
    expect(Mmio.open("a", { access, create: true })).type.toBe<Opened<"write" | "readWrite">>()
  })

  test("does not create for reading", () => {
    expect(Mmio.open).type.not.toBeCallableWith("a", { create: true })
    expect(Mmio.open).type.not.toBeCallableWith("a", { access: "read", create: true })
    expect(Mmio.open).type.toBeCallableWith("a", { access: "read", create: false })
    expect(Mmio.withFile).type.not.toBeCallableWith("a", { create: true }, () => Effect.void)
    expect(Mmio.openWith).type.not.toBeCallableWith(ioProc, "a", { access: "read", create: true })
  })

  test("takes undefined for whatever is left out", () => {
    expect(Mmio.open).type.toBeCallableWith("a", {
      create: undefined,
      buffer: undefined,
      share: undefined,
      ioProc: undefined
    })
    expect(Mmio.open("a", { create: undefined, buffer: undefined, share: undefined })).type.toBe<Opened<"read">>()
    expect(Mmio.open("a", { access: "write", create: undefined })).type.toBe<Opened<"write">>()
    expect(Mmio.fromFile).type.toBeCallableWith(file, { buffer: undefined, name: undefined })
    // The type of the handle hangs on it.
    expect(Mmio.open).type.not.toBeCallableWith("a", { access: undefined })
    expect(Mmio.fromFile).type.not.toBeCallableWith(file, { access: undefined })
    expect(Mmio.openMemory).type.not.toBeCallableWith({ access: undefined })
    expect(Mmio.openMemory).type.toBeCallableWith({
      create: undefined,
      expandBy: undefined,
      name: undefined,
      size: undefined
    })
    expect(Mmio.flush).type.toBeCallableWith(both, { emptyBuffer: undefined })
    expect(Mmio.forEachBuffer).type.toBeCallableWith(both, () => {}, { from: undefined, to: undefined })
    expect(Mmio.stream).type.toBeCallableWith(both, { from: undefined, to: undefined, chunkSize: undefined })
    expect(Mmio.exists).type.toBeCallableWith("a", { ioProc: undefined })
    expect(Mmio.tempName).type.toBeCallableWith({
      folder: undefined,
      prefix: undefined,
      suffix: undefined,
      ioProc: undefined
    })
  })

  test("refuses what is no option", () => {
    expect(Mmio.open).type.not.toBeCallableWith("a", { access: "append" })
    expect(Mmio.open).type.not.toBeCallableWith("a", { share: "denyAll" })
    expect(Mmio.open).type.not.toBeCallableWith("a", { buffer: "big" })
    expect(Mmio.openWith).type.not.toBeCallableWith(ioProc, "a", { ioProc: "ZIP " })
    expect(Mmio.openMemory).type.not.toBeCallableWith({ bytes, size: 3 })
  })

  test("openWith asks nothing of the environment but a scope", () => {
    expect(Mmio.openWith(ioProc, "a")).type.toBe<Effect.Effect<Mmio.Handle<"read">, OpenFailure, Scope.Scope>>()
    expect(Mmio.openWith(ioProc, name, { access: "readWrite" })).type.toBe<
      Effect.Effect<Mmio.Handle<"readWrite">, OpenFailure, Scope.Scope>
    >()
  })

  test("fromFile", () => {
    type Failure = MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.AccessDenied
    expect(Mmio.fromFile(file)).type.toBe<Effect.Effect<Mmio.Handle<"read">, Failure, Scope.Scope>>()
    expect(Mmio.fromFile(file, { access: "write" })).type.toBe<
      Effect.Effect<Mmio.Handle<"write">, Failure, Scope.Scope>
    >()
  })

  test("openMemory reads and writes, unless it is told otherwise, and cannot fail to open", () => {
    type Failure = MmioError.InvalidParameter | MmioError.OutOfMemory
    expect(Mmio.openMemory()).type.toBe<Effect.Effect<Mmio.MemoryHandle<"readWrite">, Failure, Scope.Scope>>()
    expect(Mmio.openMemory({ bytes })).type.toBe<Effect.Effect<Mmio.MemoryHandle<"readWrite">, Failure, Scope.Scope>>()
    expect(Mmio.openMemory({ size: 9, access: "read" })).type.toBe<
      Effect.Effect<Mmio.MemoryHandle<"read">, Failure, Scope.Scope>
    >()
  })

  test("withFile has no scope, and the closing in its type", () => {
    expect(Mmio.withFile("a", {}, (handle) => {
      expect(handle).type.toBe<Mmio.Handle<"read">>()
      return Effect.succeed(1)
    })).type.toBe<Effect.Effect<number, OpenFailure | MmioError.CloseError, IOProc.IOProc>>()
    expect(Mmio.withFile("a", { access: "write" }, (handle) => {
      expect(handle).type.toBe<Mmio.Handle<"write">>()
      return Effect.fail("mine" as const)
    })).type.toBe<Effect.Effect<never, "mine" | OpenFailure | MmioError.CloseError, IOProc.IOProc>>()
  })
})

test("memoryBytes is for memory alone", () => {
  expect(Mmio.memoryBytes(memory)).type.toBe<Effect.Effect<Uint8Array>>()
  expect(Mmio.memoryBytes).type.not.toBeCallableWith(both)
})

test("close: what it can fail with depends on what the handle could still have to write", () => {
  expect(Mmio.close(reader)).type.toBe<Effect.Effect<void, MmioError.CloseError>>()
  expect(Mmio.close(writer)).type.toBe<Effect.Effect<void, MmioError.CloseError>>()
  expect(Mmio.commit(reader)).type.toBe<Effect.Effect<void, MmioError.VersionChanged>>()
  expect(Mmio.commit(writer)).type.toBe<Effect.Effect<void, MmioError.VersionChanged | Writing>>()
  expect(Mmio.close(any)).type.toBe<Effect.Effect<void, MmioError.CloseError>>()
})

describe("reading", () => {
  type Failure = Reading | MmioError.InvalidParameter | MmioError.OutOfMemory

  test("read, first and last", () => {
    expect(Mmio.read(reader, 4)).type.toBe<Effect.Effect<Uint8Array, Failure>>()
    expect(Mmio.read(both, 4)).type.toBe<Effect.Effect<Uint8Array, Failure | Writing>>()
    expect(Mmio.read(4)(reader)).type.toBe<Effect.Effect<Uint8Array, Failure>>()
    expect(reader.pipe(Mmio.read(4))).type.toBe<Effect.Effect<Uint8Array, Failure>>()
    expect(both.pipe(Mmio.read(4))).type.toBe<Effect.Effect<Uint8Array, Failure | Writing>>()
  })

  test("readInto, first and last", () => {
    type Failure = Reading | MmioError.InvalidParameter
    expect(Mmio.readInto(reader, bytes)).type.toBe<Effect.Effect<number, Failure>>()
    expect(Mmio.readInto(both, bytes)).type.toBe<Effect.Effect<number, Failure | Writing>>()
    expect(Mmio.readInto(bytes)(reader)).type.toBe<Effect.Effect<number, Failure>>()
    expect(reader.pipe(Mmio.readInto(bytes))).type.toBe<Effect.Effect<number, Failure>>()
  })

  test("not of a handle opened for writing", () => {
    expect(Mmio.read).type.not.toBeCallableWith(writer, 4)
    expect(Mmio.read(4)).type.not.toBeCallableWith(writer)
    expect(Mmio.read).type.not.toBeCallableWith(any, 4)
    expect(Mmio.readInto).type.not.toBeCallableWith(writer, bytes)
    expect(Mmio.readInto(bytes)).type.not.toBeCallableWith(writer)
    expect(Mmio.forEachBuffer).type.not.toBeCallableWith(writer, () => {})
    expect(Mmio.stream).type.not.toBeCallableWith(writer)
    expect(Mmio.advance).type.not.toBeCallableWith(writer, info, "read")
    expect(Mmio.withBuffer).type.not.toBeCallableWith(writer, "read", () => ({ value: 1, next: 0 }))
  })
})

describe("writing", () => {
  type Failure = Writing | MmioError.InvalidParameter

  test("write, first and last", () => {
    expect(Mmio.write(writer, bytes)).type.toBe<Effect.Effect<number, Failure>>()
    expect(Mmio.write(both, bytes)).type.toBe<Effect.Effect<number, Failure>>()
    expect(Mmio.write(bytes)(writer)).type.toBe<Effect.Effect<number, Failure>>()
    expect(writer.pipe(Mmio.write(bytes))).type.toBe<Effect.Effect<number, Failure>>()
  })

  test("writeAll, first and last", () => {
    expect(Mmio.writeAll(writer, bytes)).type.toBe<Effect.Effect<void, Failure>>()
    expect(Mmio.writeAll(bytes)(both)).type.toBe<Effect.Effect<void, Failure>>()
  })

  test("not to a handle opened for reading", () => {
    expect(Mmio.write).type.not.toBeCallableWith(reader, bytes)
    expect(Mmio.write(bytes)).type.not.toBeCallableWith(reader)
    expect(Mmio.write).type.not.toBeCallableWith(any, bytes)
    expect(Mmio.writeAll).type.not.toBeCallableWith(reader, bytes)
    expect(Mmio.writeAll(bytes)).type.not.toBeCallableWith(reader)
    expect(Mmio.sink).type.not.toBeCallableWith(reader)
    expect(Mmio.advance).type.not.toBeCallableWith(reader, info, "write")
    expect(Mmio.withBuffer).type.not.toBeCallableWith(reader, "write", () => ({ value: 1, next: 0 }))
  })
})

describe("the handle last", () => {
  type Seeking = MmioError.CannotSeek | MmioError.NetworkError | MmioError.InvalidParameter
  type Direct = MmioError.Unbuffered | MmioError.InvalidParameter

  test("seek and flush", () => {
    expect(reader.pipe(Mmio.seek(0))).type.toBe<Effect.Effect<number, Seeking>>()
    expect(memory.pipe(Mmio.seek(-1, "end"))).type.toBe<
      Effect.Effect<number, MmioError.CannotSeek | MmioError.InvalidParameter>
    >()
    expect(Mmio.seek).type.not.toBeCallableWith(0, "middle")
    expect(reader.pipe(Mmio.flush())).type.toBe<Effect.Effect<void>>()
    expect(both.pipe(Mmio.flush({ emptyBuffer: true }))).type.toBe<Effect.Effect<void, Writing>>()
    expect(memory.pipe(Mmio.flush({ emptyBuffer: undefined }))).type.toBe<Effect.Effect<void>>()
  })

  test("advance and withBuffer, in either direction", () => {
    expect(reader.pipe(Mmio.advance(info, "read"))).type.toBe<Effect.Effect<Mmio.Info, Reading | Direct>>()
    expect(writer.pipe(Mmio.advance(undefined, "write"))).type.toBe<
      Effect.Effect<Mmio.Info, Writing | Direct | MmioError.OutOfMemory>
    >()
    expect(Mmio.advance(info, "read")).type.not.toBeCallableWith(writer)
    expect(Mmio.advance(info, "write")).type.not.toBeCallableWith(reader)
    expect(reader.pipe(Mmio.withBuffer("read", (info) => ({ value: info.bytes, next: info.next })))).type.toBe<
      Effect.Effect<Uint8Array, Reading | Direct>
    >()
    expect(both.pipe(Mmio.withBuffer("write", () => ({ value: "x", next: 0, dirty: true })))).type.toBe<
      Effect.Effect<string, Writing | Direct | MmioError.OutOfMemory>
    >()
    expect(Mmio.withBuffer("write", () => ({ value: 1, next: 0 }))).type.not.toBeCallableWith(reader)
  })

  test("forEachBuffer and stream", () => {
    expect(reader.pipe(Mmio.forEachBuffer(() => {}, { from: 1 }))).type.toBe<
      Effect.Effect<number, Reading | Direct | MmioError.CannotSeek>
    >()
    expect(reader.pipe(Mmio.stream())).type.toBe<
      Stream.Stream<Uint8Array, Reading | MmioError.CannotSeek | MmioError.InvalidParameter>
    >()
    expect(memory.pipe(Mmio.stream({ chunkSize: 9 }))).type.toBe<
      Stream.Stream<Uint8Array, MmioError.CannotSeek | MmioError.InvalidParameter>
    >()
    expect(Mmio.stream()).type.not.toBeCallableWith(writer)
    expect(Mmio.forEachBuffer(() => {})).type.not.toBeCallableWith(writer)
  })
})

test("seek and position, of any handle", () => {
  expect(Mmio.seek(any, 0)).type.toBe<
    Effect.Effect<number, MmioError.CannotSeek | MmioError.NetworkError | MmioError.InvalidParameter>
  >()
  expect(Mmio.seek(reader, -1, "end")).type.toBe<
    Effect.Effect<number, MmioError.CannotSeek | MmioError.NetworkError | MmioError.InvalidParameter>
  >()
  expect(Mmio.seek).type.not.toBeCallableWith(any, 0, "middle")
  expect(Mmio.position(any)).type.toBe<Effect.Effect<number>>()
})

describe("the buffer", () => {
  test("flush", () => {
    expect(Mmio.flush(reader)).type.toBe<Effect.Effect<void>>()
    expect(Mmio.flush(writer, { emptyBuffer: true })).type.toBe<Effect.Effect<void, Writing>>()
    expect(Mmio.flush(both)).type.toBe<Effect.Effect<void, Writing>>()
    expect(Mmio.flush(any)).type.toBe<Effect.Effect<void, Writing>>()
  })

  test("setBuffer, first and last", () => {
    type Failure = MmioError.InvalidParameter | MmioError.OutOfMemory | MmioError.CannotSeek
    expect(Mmio.setBuffer(reader, 64)).type.toBe<Effect.Effect<void, Failure>>()
    expect(Mmio.setBuffer(both, "none")).type.toBe<Effect.Effect<void, Failure | Writing>>()
    expect(Mmio.setBuffer(bytes)(reader)).type.toBe<Effect.Effect<void, Failure>>()
    expect(both.pipe(Mmio.setBuffer(64))).type.toBe<Effect.Effect<void, Failure | Writing>>()
    expect(Mmio.setBuffer).type.not.toBeCallableWith(reader, "big")
  })
})

describe("direct access", () => {
  type Direct = MmioError.Unbuffered | MmioError.InvalidParameter

  test("getInfo and setInfo", () => {
    expect(Mmio.getInfo(reader)).type.toBe<Effect.Effect<Mmio.Info>>()
    expect(Mmio.getInfo(both)).type.toBe<Effect.Effect<Mmio.Info, Writing | MmioError.OutOfMemory>>()
    expect(Mmio.setInfo(any, info)).type.toBe<Effect.Effect<void, MmioError.InvalidParameter>>()
    expect(Mmio.setInfo(info)(any)).type.toBe<Effect.Effect<void, MmioError.InvalidParameter>>()
    expect(reader.pipe(Mmio.setInfo({ ...info, next: 3 }))).type.toBe<Effect.Effect<void, MmioError.InvalidParameter>>()
  })

  test("an info is a snapshot of the live bytes", () => {
    expect(info.bytes).type.toBe<Uint8Array>()
    expect<Pick<Mmio.Info, "next">>().type.toBe<{ readonly next: number }>()
    expect<Pick<Mmio.Info, "name" | "access">>().type.toBe<
      { readonly name: FileName.FileName; readonly access: IOProc.Access }
    >()
  })

  test("advance", () => {
    expect(Mmio.advance(reader, info, "read")).type.toBe<Effect.Effect<Mmio.Info, Reading | Direct>>()
    expect(Mmio.advance(both, info, "read")).type.toBe<
      Effect.Effect<Mmio.Info, Reading | Writing | Direct | MmioError.OutOfMemory>
    >()
    expect(Mmio.advance(writer, info, "write")).type.toBe<
      Effect.Effect<Mmio.Info, Writing | Direct | MmioError.OutOfMemory>
    >()
  })

  test("withBuffer", () => {
    expect(Mmio.withBuffer(reader, "read", (info) => ({ value: info.bytes, next: info.next }))).type.toBe<
      Effect.Effect<Uint8Array, Reading | Direct>
    >()
    expect(Mmio.withBuffer(both, "read", () => ({ value: 1, next: 0, dirty: undefined }))).type.toBe<
      Effect.Effect<number, Reading | Writing | Direct | MmioError.OutOfMemory>
    >()
    expect(Mmio.withBuffer(both, "write", () => ({ value: "x", next: 0, dirty: true }))).type.toBe<
      Effect.Effect<string, Writing | Direct | MmioError.OutOfMemory>
    >()
  })

  test("forEachBuffer", () => {
    expect(Mmio.forEachBuffer(reader, (bytes, position) => {
      expect(bytes).type.toBe<Uint8Array>()
      expect(position).type.toBe<number>()
    })).type.toBe<Effect.Effect<number, Reading | Direct | MmioError.CannotSeek>>()
    expect(Mmio.forEachBuffer(both, () => {}, { from: 3, to: 9 })).type.toBe<
      Effect.Effect<number, Reading | Writing | Direct | MmioError.CannotSeek>
    >()
  })
})

describe("a memory file has no driver, and lists none of a driver's errors", () => {
  type Full = MmioError.CannotExpand
  type Invalid = MmioError.InvalidParameter
  type NoMemory = MmioError.OutOfMemory

  test("reading and writing", () => {
    expect(Mmio.read(memory, 4)).type.toBe<Effect.Effect<Uint8Array, Invalid | NoMemory>>()
    expect(memory.pipe(Mmio.read(4))).type.toBe<Effect.Effect<Uint8Array, Invalid | NoMemory>>()
    expect(Mmio.readInto(memory, bytes)).type.toBe<Effect.Effect<number, Invalid>>()
    expect(Mmio.readInto(bytes)(memory)).type.toBe<Effect.Effect<number, Invalid>>()
    expect(Mmio.write(memory, bytes)).type.toBe<Effect.Effect<number, Invalid>>()
    expect(memory.pipe(Mmio.write(bytes))).type.toBe<Effect.Effect<number, Invalid>>()
    expect(Mmio.writeAll(memory, bytes)).type.toBe<Effect.Effect<void, Full | Invalid>>()
    expect(memory.pipe(Mmio.writeAll(bytes))).type.toBe<Effect.Effect<void, Full | Invalid>>()
    expect(Mmio.seek(memory, 0)).type.toBe<Effect.Effect<number, MmioError.CannotSeek | Invalid>>()
    expect(Mmio.stream(memory)).type.toBe<Stream.Stream<Uint8Array, MmioError.CannotSeek | Invalid>>()
    expect(Mmio.sink(memory)).type.toBe<Sink.Sink<number, Uint8Array, never, Full | Invalid>>()
  })

  test("ending", () => {
    expect(Mmio.flush(memory)).type.toBe<Effect.Effect<void>>()
    expect(Mmio.flush(memory, { emptyBuffer: true })).type.toBe<Effect.Effect<void>>()
    expect(Mmio.commit(memory)).type.toBe<Effect.Effect<void>>()
    expect(Mmio.close(memory)).type.toBe<Effect.Effect<void>>()
  })

  test("direct access: a block may lack memory to grow, and one that is full fails for writing", () => {
    type Direct = MmioError.Unbuffered | Invalid
    expect(Mmio.getInfo(memory)).type.toBe<Effect.Effect<Mmio.Info, NoMemory>>()
    expect(Mmio.advance(memory, info, "read")).type.toBe<Effect.Effect<Mmio.Info, NoMemory | Direct>>()
    expect(Mmio.advance(memory, info, "write")).type.toBe<Effect.Effect<Mmio.Info, Full | NoMemory | Direct>>()
    expect(Mmio.withBuffer(memory, "read", () => ({ value: 1, next: 0 }))).type.toBe<
      Effect.Effect<number, NoMemory | Direct>
    >()
    expect(Mmio.withBuffer(memory, "write", () => ({ value: 1, next: 0 }))).type.toBe<
      Effect.Effect<number, Full | NoMemory | Direct>
    >()
    expect(Mmio.forEachBuffer(memory, () => {})).type.toBe<Effect.Effect<number, MmioError.CannotSeek | Direct>>()
    expect(Mmio.setBuffer(memory, 4)).type.toBe<Effect.Effect<void, Invalid | NoMemory>>()
  })

  test("of a block that is only read nothing fails but what is asked wrongly", () => {
    expect(Mmio.getInfo(block)).type.toBe<Effect.Effect<Mmio.Info>>()
    expect(Mmio.advance(block, info, "read")).type.toBe<Effect.Effect<Mmio.Info, MmioError.Unbuffered | Invalid>>()
    expect(Mmio.write).type.not.toBeCallableWith(block, bytes)
  })

  test("a function of any handle keeps the errors of all of them", () => {
    const first = <A extends Mmio.Readable>(handle: Mmio.Handle<A>) => Mmio.readInto(handle, bytes)
    expect(first(reader)).type.toBe<Effect.Effect<number, Reading | Invalid>>()
    expect(first(memory)).type.toBe<Effect.Effect<number, Reading | Writing | Invalid>>()
  })
})

test("streams", () => {
  type Failure = Reading | MmioError.CannotSeek | MmioError.InvalidParameter
  expect(Mmio.stream(reader)).type.toBe<Stream.Stream<Uint8Array, Failure>>()
  expect(Mmio.stream(both, { from: 1, chunkSize: 9 })).type.toBe<Stream.Stream<Uint8Array, Failure | Writing>>()
  expect(Mmio.sink(writer)).type.toBe<Sink.Sink<number, Uint8Array, never, Writing | MmioError.InvalidParameter>>()
})

describe("whole files", () => {
  type Closing = MmioError.CloseError

  test("streamFile and sinkFile ask for the storage, and have the closing in their types", () => {
    expect(Mmio.streamFile("a", { from: 1, to: 9, chunkSize: 3, share: "denyWrite", ioProc: "ZIP " })).type.toBe<
      Stream.Stream<Uint8Array, OpenFailure | Reading | MmioError.SeekError | Closing, IOProc.IOProc>
    >()
    expect(Mmio.streamFile).type.toBeCallableWith(name, { from: undefined, chunkSize: undefined })
    expect(Mmio.streamFile).type.not.toBeCallableWith("a", { access: "readWrite" })
    expect(Mmio.sinkFile("a")).type.toBe<
      Sink.Sink<number, Uint8Array, never, OpenFailure | Closing, IOProc.IOProc>
    >()
    expect(Mmio.sinkFile(name, { create: true })).type.toBe<
      Sink.Sink<number, Uint8Array, never, OpenFailure | Closing, IOProc.IOProc>
    >()
    expect(Mmio.sinkFile("a", { append: true })).type.toBe<
      Sink.Sink<number, Uint8Array, never, OpenFailure | Closing | MmioError.SeekError, IOProc.IOProc>
    >()
    expect(Mmio.sinkFile).type.toBeCallableWith("a", { create: undefined, append: undefined, buffer: 9 })
    expect(Mmio.sinkFile).type.not.toBeCallableWith("a", { create: false })
  })

  test("copy asks for the storage unless both ends have a driver, and fails as its progress does", () => {
    type Failure = OpenFailure | Reading | Closing
    expect(Mmio.copy("a", name)).type.toBe<Effect.Effect<number, Failure, IOProc.IOProc>>()
    expect(Mmio.copy({ ioProc, name: "a" }, "b", { create: true })).type.toBe<
      Effect.Effect<number, Failure, IOProc.IOProc>
    >()
    expect(Mmio.copy({ ioProc, name: "a" }, { ioProc, name })).type.toBe<Effect.Effect<number, Failure>>()
    expect(Mmio.copy({ ioProc, name: "a" }, { ioProc, name }, {
      onProgress: (progress) => {
        expect(progress).type.toBe<Mmio.CopyProgress>()
        return Effect.fail("mine" as const)
      }
    })).type.toBe<Effect.Effect<number, Failure | "mine">>()
    expect(Mmio.copy).type.not.toBeCallableWith("a", "b", { create: false })
  })
})

test("messages carry the types of their answers", () => {
  type Answer = Effect.Effect<Option.Option<number>, MmioError.InvalidFile>
  expect(Mmio.sendMessage(reader, count)).type.toBe<Answer>()
  expect(Mmio.sendMessage(count)(reader)).type.toBe<Answer>()
  expect(writer.pipe(Mmio.sendMessage(count))).type.toBe<Answer>()
  expect(Mmio.sendMessage).type.not.toBeCallableWith(reader, 0x8000)
})

test("names", () => {
  type Failure = MmioError.RenameError | Names
  expect(Mmio.rename("a", name)).type.toBe<Effect.Effect<void, Failure, IOProc.IOProc>>()
  expect(Mmio.remove(name, { ioProc: "ZIP " })).type.toBe<Effect.Effect<void, Failure, IOProc.IOProc>>()
  expect(Mmio.exists("a")).type.toBe<Effect.Effect<boolean, MmioError.ExistsError | Names, IOProc.IOProc>>()
  expect(Mmio.fullName("a")).type.toBe<
    Effect.Effect<FileName.FileName, MmioError.FullNameError | Names, IOProc.IOProc>
  >()
  expect(Mmio.tempName()).type.toBe<Effect.Effect<FileName.FileName, MmioError.TempNameError | Names, IOProc.IOProc>>()
})

describe("records", () => {
  type Records = MmioError.InvalidFile | MmioError.InvalidParameter
  type Bringing = Reading | MmioError.CannotSeek | MmioError.OutOfMemory
  const u8 = (record: Mmio.Reader) => record.u8()

  test("parse gives what its function returns, and fails with what the handle can", () => {
    expect(Mmio.parse(reader, u8)).type.toBe<Effect.Effect<number, Bringing | Records>>()
    expect(Mmio.parse(both, u8, { limit: undefined })).type.toBe<Effect.Effect<number, Bringing | Writing | Records>>()
    expect(Mmio.parse(block, u8)).type.toBe<Effect.Effect<number, Records>>()
    expect(reader.pipe(Mmio.parse(u8))).type.toBe<Effect.Effect<number, Bringing | Records>>()
    expect(reader.pipe(Mmio.parse(u8, { limit: 16 }))).type.toBe<Effect.Effect<number, Bringing | Records>>()
    expect(Mmio.parse).type.not.toBeCallableWith(writer, u8)
  })

  test("parseAll gives a stream of it", () => {
    expect(Mmio.parseAll(reader, u8)).type.toBe<Stream.Stream<number, Bringing | Records>>()
    expect(Mmio.parseAll(block, u8, { from: 1, to: undefined, limit: 2 })).type.toBe<
      Stream.Stream<number, MmioError.CannotSeek | Records>
    >()
    expect(reader.pipe(Mmio.parseAll(u8, { from: 1 }))).type.toBe<Stream.Stream<number, Bringing | Records>>()
    expect(Mmio.parseAll).type.not.toBeCallableWith(writer, u8)
  })

  test("emit is of handles that can be written", () => {
    const one = (record: Mmio.Writer) => record.u8(1)
    expect(Mmio.emit(writer, one)).type.toBe<
      Effect.Effect<void, Writing | MmioError.InvalidParameter | MmioError.OutOfMemory>
    >()
    expect(memory.pipe(Mmio.emit(one))).type.toBe<
      Effect.Effect<void, MmioError.CannotExpand | MmioError.InvalidParameter | MmioError.OutOfMemory>
    >()
    expect(Mmio.emit).type.not.toBeCallableWith(reader, one)
  })

  test("numbers of 64 bits are bigints", () => {
    expect(Mmio.parse(block, (record) => record.u64("big"))).type.toBe<Effect.Effect<bigint, Records>>()
    expect(Mmio.parse(block, (record) => record.remaining)).type.toBe<Effect.Effect<number, Records>>()
  })
})
