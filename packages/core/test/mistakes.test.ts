/**
 * The casual mistakes of programs without types: each is an error of the effect, and nothing is thrown before it runs.
 */
import { FileName, FourCC, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, Layer, Option } from "effect"

/** What a program without types passes. */
const untyped = (value: unknown): never => value as never

const provided = Effect.provide(MemoryIOProc.layer({ "a": new Uint8Array(20), "b+c": new Uint8Array(3) }))

describe("mistakes", () => {
  it.scoped("bytes that are no Uint8Array are InvalidParameter, and change nothing", () =>
    provided(Effect.gen(function*() {
      const file = yield* Mmio.open("a", { access: "readWrite" })
      for (
        const value of [
          "hello",
          5,
          null,
          undefined,
          [1, 2],
          new ArrayBuffer(3),
          new Uint16Array(2),
          new DataView(new ArrayBuffer(2))
        ]
      ) {
        for (
          const effect of [
            Mmio.write(file, untyped(value)),
            Mmio.writeAll(file, untyped(value)),
            Mmio.readInto(file, untyped(value))
          ]
        ) {
          const error = yield* Effect.flip<unknown, MmioError.MmioError, never>(effect)
          assert.strictEqual(error._tag, "InvalidParameter", String(value))
        }
      }
      assert.strictEqual(yield* Mmio.position(file), 0)
      assert.isFalse((yield* Mmio.getInfo(file)).unwritten)
      assert.strictEqual(yield* Mmio.write(file, Buffer.from("ab")), 2)
    })))

  it.effect("an unknown access is InvalidParameter", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.scoped(provided(Mmio.open("a", untyped({ access: "rw" })))))
      assert.strictEqual(error.message, "Mmio.open a: rw is no access")
    }))

  it.effect("a name with a NUL is InvalidParameter, whatever is asked of it", () =>
    Effect.gen(function*() {
      const name = FileName.plain("a\0b")
      const effects: ReadonlyArray<Effect.Effect<unknown, MmioError.MmioError, IOProc.IOProc>> = [
        Effect.scoped(Mmio.open(name)),
        Mmio.exists(name),
        Mmio.remove(name),
        Mmio.rename(name, "b"),
        Mmio.rename("a", name),
        Mmio.stat(name)
      ]
      for (const effect of effects) {
        const error = yield* Effect.flip(provided(effect))
        assert.strictEqual(error._tag, "InvalidParameter")
      }
    }))

  it.effect("a value that is no handle is a defect of the effect", () =>
    Effect.gen(function*() {
      for (const value of ["a", undefined, null, {}, 5]) {
        const uses: ReadonlyArray<() => Effect.Effect<unknown, unknown>> = [
          () => Mmio.read(untyped(value), 4),
          () => Mmio.write(untyped(value), new Uint8Array(1)),
          () => Mmio.seek(untyped(value), 0),
          () => Mmio.position(untyped(value)),
          () => Mmio.flush(untyped(value), {}),
          () => Mmio.close(untyped(value)),
          () => Mmio.getInfo(untyped(value))
        ]
        for (const use of uses) {
          const exit = yield* Effect.exit(use())
          assert.isTrue(Exit.isFailure(exit))
          if (Exit.isSuccess(exit)) continue
          const [defect] = Chunk.toReadonlyArray(Cause.defects(exit.cause))
          assert.instanceOf(defect, MmioError.InvalidHandle)
          assert.include(String(defect), "this value is no handle")
        }
      }
    }))
})

describe("names", () => {
  const saying = (content: string) =>
    IOProc.make({
      open: ({ name }) =>
        Effect.succeed(IOProc.makeFile({
          name: name.full,
          size: Effect.succeed(content.length),
          readAt: (position, target) =>
            Effect.sync(() => new TextEncoder().encodeInto(content.slice(position), target).written)
        }))
    })
  const contents = (name: string | FileName.FileName) =>
    Effect.scoped(
      Effect.flatMap(Mmio.open(name), (file) => Effect.map(Mmio.read(file, 100), (bytes) => String(bytes.length)))
    )
  const routed = Effect.provide(
    Layer.provide(
      IOProc.layerRoute(FourCC.make("ARC "), saying("element")),
      Layer.succeed(IOProc.IOProc, saying("base"))
    )
  )

  it.effect("are split at the last + whose code has a route, and the route gets the whole name", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* routed(contents("my.arc+dir/a+b")), "7")
      assert.strictEqual(yield* routed(contents("my.arc+dir.x/a.y+b")), "7")
      assert.deepStrictEqual(FileName.splits("my.arc+dir.x/a.y+b").map(({ path }) => path), [
        "my.arc+dir.x/a.y",
        "my.arc"
      ])
      assert.deepStrictEqual(FileName.parse("my.arc+a.y+b").path, "my.arc+a.y")
    }))

  it.effect("are plain where only a folder holds a +", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* routed(contents("my.dir+x/f.wav")), "4")
      assert.strictEqual((yield* Effect.flip(routed(contents("f.wav+x"))))._tag, "CannotOpen")
      assert.strictEqual(yield* routed(contents(FileName.plain("f.wav+x"))), "4")
    }))

  it.effect("are split in linear time", () =>
    Effect.sync(() => {
      const name = `a.b${"+".repeat(100_000)}`
      assert.lengthOf(FileName.splits(name), 100_000)
      assert.lengthOf(FileName.splits("+".repeat(100_000)), 0)
    }))
})

describe("MEM, the predefined procedure", () => {
  it.scoped("opens a new block for each handle, of the buffer that is given", () =>
    provided(Effect.gen(function*() {
      const open = Mmio.open("any name", {
        ioProc: "MEM ",
        access: "readWrite",
        buffer: 4,
        parameters: { expandBy: 4 }
      })
      const [first, second] = [yield* open, yield* open]
      yield* Mmio.writeAll(first, new Uint8Array(10).fill(1))
      assert.strictEqual(yield* Mmio.seek(first, 0, "end"), 10)
      assert.strictEqual(yield* Mmio.seek(second, 0, "end"), 4)
      const info = yield* Mmio.getInfo(second)
      assert.deepStrictEqual(info.code, Option.some(FourCC.MEM))
      assert.strictEqual(info.diskOffset, 0)
      const created = yield* Mmio.open("other", { ioProc: "MEM ", access: "write", create: true, buffer: 4 })
      assert.strictEqual(yield* Mmio.write(created, new Uint8Array(10)), 4)
    })))

  it.scoped("can be installed over", () =>
    provided(Effect.gen(function*() {
      const error = yield* Effect.flip(
        Mmio.open("a", { ioProc: "MEM " }).pipe(
          IOProc.withRoute(
            FourCC.MEM,
            IOProc.make({
              open: () => Effect.fail(new MmioError.FileNotFound({ operation: "mine", file: "a", description: "mine" }))
            })
          )
        )
      )
      assert.strictEqual(error._tag, "FileNotFound")
    })))
})

describe("getInfo and advance", () => {
  it.scoped("say the code, the parameters, and whether bytes are unwritten; advance needs no info", () =>
    provided(Effect.gen(function*() {
      const file = yield* Mmio.open("a", { access: "readWrite", buffer: 8, parameters: "mine" })
      const info = yield* Mmio.getInfo(file)
      assert.isTrue(Option.isNone(info.code))
      assert.strictEqual(info.parameters, "mine")
      const filled = yield* Mmio.advance(file, undefined, "read")
      assert.strictEqual(filled.endRead - filled.next, 8)
      assert.strictEqual(filled.diskOffset, 8)
      yield* Mmio.write(file, Uint8Array.of(1))
      assert.isTrue((yield* Mmio.getInfo(file)).unwritten)
      const drained = yield* Mmio.advance(file, undefined, "write")
      assert.isFalse(drained.unwritten)
      assert.strictEqual(drained.endWrite - drained.next, 8)
      const none = yield* Mmio.open("a", { buffer: "none" })
      assert.strictEqual((yield* Effect.flip(Mmio.advance(none, undefined, "read")))._tag, "Unbuffered")
    })))
})
