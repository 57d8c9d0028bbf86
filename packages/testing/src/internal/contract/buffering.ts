/**
 * Buffered handles over the driver, and names through `Mmio`.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, write } from "./environment.js"
import { pattern } from "./fixtures.js"

const buffered = define("buffering")

const buffers = ["none", 1, 7, 100, 8192, 65_536] as const

/** The driver by the code that names of the tests carry, or the storage itself where they carry none. */
const coded = (env: Environment) =>
  Option.match(env.name("any").code, { onNone: () => ({}), onSome: (ioProc) => ({ ioProc }) })

const through = <A, E>(env: Environment, effect: Effect.Effect<A, E, IOProc.IOProc>): Effect.Effect<A, E> =>
  Effect.provideService(effect, IOProc.IOProc, env.ioProc)

/** As `through`, with a list of the arrays that handles give to their files; a question for the size gives none. */
const counted = (env: Environment) => {
  const calls: Array<Uint8Array> = []
  const noted = <A>(bytes: Uint8Array, call: () => A): A => {
    calls.push(bytes)
    return call()
  }
  const ioProc = IOProc.mapFile(env.ioProc, (file) => ({
    ...file,
    size: Effect.suspend(() => noted(nothing, () => file.size)),
    readAt: (position, target) => noted(target, () => file.readAt(position, target)),
    writeAt: file.writeAt && ((position, source, mode) => noted(source, () => write(file, position, source, mode)))
  }))
  return { calls, through: Effect.provideService(IOProc.IOProc, ioProc) }
}

const nothing = new Uint8Array(0)

/** @internal */
export const buffering: ReadonlyArray<Definition> = [
  ...buffers.map((buffer) =>
    buffered(`a handle with a buffer of ${buffer} reads every byte once`, [], (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given(buffer === 1 ? "small" : "large")
        const file = yield* env.handle(name, { buffer })
        const read = new Uint8Array(bytes.length)
        for (let at = 0, size = 1; at < bytes.length; size = size * 3 % 1001) {
          const part = yield* Mmio.read(file, size)
          same(part.length, Math.min(size, bytes.length - at), `bytes of ${size} at ${at}`)
          read.set(part, at)
          at += part.length
        }
        sameBytes(read, bytes, "what is read")
        same((yield* Mmio.read(file, 10)).length, 0, "bytes at the end")
      }))
  ),

  ...buffers.map((buffer) =>
    buffered(`a handle with a buffer of ${buffer} writes every byte once`, ["create"], (env) =>
      Effect.gen(function*() {
        const bytes = pattern(buffer === 1 ? 300 : 9000)
        const name = env.fresh("written")
        const file = yield* env.handle(name, { access: "write", create: true, buffer })
        for (let at = 0, size = 1; at < bytes.length; size = size * 3 % 1001) {
          yield* Mmio.writeAll(file, bytes.subarray(at, at + size))
          at += size
        }
        yield* Mmio.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      }))
  ),

  buffered("transfers of nothing do nothing", ["write"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      for (const buffer of ["none", 8] as const) {
        const file = yield* env.handle(name, { access: "write", buffer })
        same(yield* Mmio.write(file, new Uint8Array(0)), 0, "the count")
        yield* Mmio.close(file)
        const reader = yield* env.handle(name, { buffer })
        same((yield* Mmio.read(reader, 0)).length, 0, "bytes read")
        same(yield* Mmio.readInto(reader, new Uint8Array(0)), 0, "the count")
        sameBytes(yield* Mmio.read(reader, 3), bytes.subarray(0, 3), "the first bytes")
        yield* Mmio.close(reader)
      }
      sameBytes(yield* env.contents(name), bytes, "the content")
    })),

  buffered("a handle that reads more than the file has gets what it has", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.handle(name, { buffer: 16 })
      // More than any memory has: only what the file has is allocated.
      sameBytes(yield* Mmio.read(file, 2 ** 50), bytes, "what is read")
      same(yield* Mmio.position(file), bytes.length, "the position")
    })),

  buffered(
    "a handle asks the driver nothing for what its buffer has",
    ["randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        const { calls, through } = counted(env)
        const file = yield* through(Mmio.open(name, { buffer: 100 }))
        yield* Mmio.read(file, 1)
        const { endRead, next } = yield* Mmio.getInfo(file)
        const before = calls.length
        for (let at = 1; at <= endRead - next; at++) {
          sameBytes(yield* Mmio.read(file, 1), bytes.subarray(at, at + 1), `the byte at ${at}`)
          same(yield* Mmio.seek(file, at), at, "the position")
          sameBytes(yield* Mmio.read(file, 1), bytes.subarray(at, at + 1), `the byte at ${at} again`)
        }
        same(calls.length, before, "calls of the driver")
      })
  ),

  buffered(
    "a handle gives its driver what fits its buffer as it is flushed",
    ["create"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("written")
        const { calls, through } = counted(env)
        const file = yield* through(Mmio.open(name, { access: "write", create: true, buffer: 100 }))
        const bytes = pattern(99)
        for (let at = 0; at < 99; at += 3) yield* Mmio.writeAll(file, bytes.subarray(at, at + 3))
        same(calls.filter(({ length }) => length > 0).length, 0, "arrays given to the driver")
        yield* Mmio.close(file)
        sameBytes(calls.find(({ length }) => length > 0) ?? nothing, bytes, "what is given to the driver")
        sameBytes(yield* env.contents(name), pattern(99), "the content")
      })
  ),

  buffered(
    "a handle gives its driver the array of a transfer that is as large as its buffer",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("small")
        const { calls, through } = counted(env)
        const file = yield* through(Mmio.open(name, { access: "readWrite", buffer: 16 }))
        const [target, source] = [new Uint8Array(16), pattern(16)]
        yield* Mmio.write(file, source)
        holds(calls.some(({ buffer }) => buffer === source.buffer), "the driver did not get the array to write")
        yield* Mmio.readInto(file, target)
        holds(calls.some(({ buffer }) => buffer === target.buffer), "the driver did not get the array to read into")
        yield* Mmio.close(file)
      })
  ),

  buffered("a handle seeks in its buffer, and outside of it", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.handle(name, { buffer: 16 })
      for (const at of [0, 50, 55, 49, 99, 0, 98, 17, 15]) {
        same(yield* Mmio.seek(file, at), at, "the position")
        sameBytes(yield* Mmio.read(file, 3), bytes.subarray(at, at + 3), `the bytes at ${at}`)
      }
      same(yield* Mmio.seek(file, -4, "end"), bytes.length - 4, "4 before the end")
      sameBytes(yield* Mmio.read(file, 10), bytes.subarray(-4), "the last bytes")
      yield* failsWith(Mmio.seek(file, -1), "a seek to -1", "CannotSeek")
      same(yield* Mmio.position(file), bytes.length, "the position after it")
    })),

  buffered(
    "a handle reads and writes one file in turns",
    ["write", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const expected = bytes.slice()
        const file = yield* env.handle(name, { access: "readWrite", buffer: 16 })
        for (let at = 0; at + 6 <= 96; at += 6) {
          sameBytes(yield* Mmio.read(file, 3), bytes.subarray(at, at + 3), `the bytes at ${at}`)
          yield* Mmio.writeAll(file, pattern(3, at))
          expected.set(pattern(3, at), at + 3)
        }
        yield* Mmio.close(file)
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  buffered(
    "a handle that writes past the end leaves zeros in the gap",
    ["write", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        for (const buffer of ["none", 16, 512] as const) {
          const length = (yield* env.contents(name)).length
          const file = yield* env.handle(name, { access: "readWrite", buffer })
          yield* Mmio.seek(file, length + 30)
          yield* Mmio.writeAll(file, Uint8Array.of(9))
          yield* Mmio.close(file)
          const left = yield* env.contents(name)
          same(left.length, length + 31, "the length")
          sameBytes(left.subarray(length), Uint8Array.of(...new Uint8Array(30), 9), "the gap")
          sameBytes(left.subarray(0, bytes.length), bytes, "the start")
        }
      })
  ),

  buffered("a handle whose buffer is emptied sees what another one flushed", [
    "write",
    "randomAccess",
    "multipleHandles",
    "inPlace"
  ], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const writer = yield* env.handle(name, { access: "write" })
      const reader = yield* env.handle(name)
      yield* Mmio.read(reader, 10)
      yield* Mmio.seek(writer, 10)
      yield* Mmio.writeAll(writer, pattern(5, 111))
      yield* Mmio.flush(writer)
      yield* Mmio.flush(reader, { emptyBuffer: true })
      sameBytes(yield* Mmio.read(reader, 5), pattern(5, 111), "what the other reads")
    })),

  buffered("a handle changes its buffer in the middle of the file", ["randomAccess"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.handle(name, { buffer: 50 })
      for (const [at, buffer] of [[0, 3], [10, "none"], [20, 100], [30, 1], [40, 8]] as const) {
        sameBytes(yield* Mmio.read(file, 10), bytes.subarray(at, at + 10), `the bytes at ${at}`)
        yield* Mmio.setBuffer(file, buffer)
        same(yield* Mmio.position(file), at + 10, "the position")
      }
      sameBytes(yield* Mmio.read(file, 100), bytes.subarray(50), "the rest")
    })),

  buffered("a handle streams every byte once", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const file = yield* env.handle(name)
      const parts: Array<Uint8Array> = []
      yield* Stream.runForEach(Mmio.stream(file, { chunkSize: 333 }), (part) => Effect.sync(() => parts.push(part)))
      sameBytes(Uint8Array.from(parts.flatMap((part) => Array.from(part))), bytes, "what is streamed")
    })),

  buffered("Mmio.withFile writes and closes", ["create"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("written")
      yield* through(
        env,
        Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, pattern(99)))
      )
      sameBytes(yield* env.contents(name), pattern(99), "the content")
      if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
    })),

  buffered("Mmio.open names itself and the file in its errors", [], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("missing")
      const error = yield* failsWith(Effect.scoped(env.handle(name)), "opening a missing file", "FileNotFound")
      same(error.file, name.full, "the file that the error names")
      holds(error.message.includes(name.full), `the message is ${error.message}`)
    })),

  buffered("Mmio.rename, Mmio.remove and Mmio.exists reach the driver by the name", [
    "create",
    "rename",
    "remove",
    "exists"
  ], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const to = env.fresh("renamed")
      yield* through(env, Mmio.rename(name, to))
      same(yield* through(env, Mmio.exists(name)), false, "whether the old name exists")
      same(yield* through(env, Mmio.exists(to)), true, "whether the new name exists")
      sameBytes(yield* env.contents(to), bytes, "the content")
      yield* through(env, Mmio.remove(to))
      same(yield* through(env, Mmio.exists(to)), false, "whether the removed file exists")
      yield* failsWith(through(env, Mmio.remove(to)), "removing it again", "FileNotFound")
    })),

  buffered("Mmio.fullName reaches the driver by the name", ["fullName"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      same(
        (yield* through(env, Mmio.fullName(name))).full,
        (yield* env.driver.fullName(name)).full,
        "the full name"
      )
    })),

  buffered("Mmio.tempName reaches the driver", ["tempName", "folders"], (env) =>
    Effect.gen(function*() {
      const name = yield* through(env, Mmio.tempName({ folder: env.name("folder").full, ...coded(env) }))
      sameBytes(yield* env.contents(name), new Uint8Array(0), "the content")
    }))
]
