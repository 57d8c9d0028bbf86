/**
 * Laws 1 and 2: positions, the end of the file, and what is behind it.
 */
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { moveTo, positionOf, readRest, readSome, readUpTo, writeFully } from "./environment.js"
import { pattern } from "./fixtures.js"

const position = define("position")
const end = define("end")

const zeros = (length: number) => new Uint8Array(length)
const joined = (...parts: ReadonlyArray<Uint8Array>) => Uint8Array.from(parts.flatMap((part) => Array.from(part)))

/** @internal */
export const positions: ReadonlyArray<Definition> = [
  position("a read moves the position by what it returns", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      let at = 0
      for (const size of [1, 7, 2, 30, 200, 5]) {
        const read = yield* readSome(file, size)
        sameBytes(read, bytes.subarray(at, at + read.length), `${size} bytes at ${at}`)
        at += read.length
        same(yield* positionOf(file), at, `the position after a read that gave ${read.length}`)
      }
    })),

  position("a write moves the position by what it returns", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      let at = 0
      for (const size of [1, 7, 2, 30, 5]) {
        const written = yield* file.write(pattern(size))
        holds(written > 0 && written <= size, `a write of ${size} bytes gave the count ${written}`)
        at += written
        same(yield* positionOf(file), at, `the position after a write that gave ${written}`)
      }
    })),

  position("reads and writes share one position", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      sameBytes(yield* readUpTo(file, 10), bytes.subarray(0, 10), "the first ten bytes")
      yield* writeFully(file, pattern(10, 55))
      sameBytes(yield* readUpTo(file, 10), bytes.subarray(20, 30), "what is behind the written bytes")
      same(yield* positionOf(file), 30, "the position at the end")
      yield* moveTo(file, 0)
      sameBytes(
        yield* readRest(file),
        joined(bytes.subarray(0, 10), pattern(10, 55), bytes.subarray(20)),
        "the whole file"
      )
    })),

  position("seek from the start gives the position that it sets", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [50, 0, 99, 1, 98]) {
        yield* moveTo(file, at)
        same(yield* positionOf(file), at, "the position")
        sameBytes(yield* readUpTo(file, 2), bytes.subarray(at, at + 2), `the bytes at ${at}`)
      }
    })),

  position("seek from the current position gives the position that it sets", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      same(yield* file.seek(10, "current"), 10, "10 from 0")
      sameBytes(yield* readUpTo(file, 5), bytes.subarray(10, 15), "the bytes at 10")
      same(yield* file.seek(-5, "current"), 10, "5 back from 15")
      sameBytes(yield* readUpTo(file, 5), bytes.subarray(10, 15), "the bytes at 10, again")
      same(yield* file.seek(-15, "current"), 0, "15 back from 15")
      same(yield* file.seek(0, "current"), 0, "where it is")
      sameBytes(yield* readUpTo(file, 5), bytes.subarray(0, 5), "the bytes at 0")
    })),

  position("seek from the end counts from behind the last byte", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      same(yield* file.seek(0, "end"), bytes.length, "the end")
      same((yield* readSome(file, 4)).length, 0, "bytes at the end")
      same(yield* file.seek(-1, "end"), bytes.length - 1, "one before the end")
      sameBytes(yield* readSome(file, 4), bytes.subarray(-1), "the last byte")
      same(yield* file.seek(-bytes.length, "end"), 0, "the whole file before the end")
      sameBytes(yield* readUpTo(file, 4), bytes.subarray(0, 4), "the first bytes")
    })),

  position("seek from the end of an empty file gives 0", ["seek"], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("empty")).name)
      same(yield* file.seek(0, "end"), 0, "the end")
    })),

  position(
    "seek from the end sees what the handle itself wrote",
    ["write", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        yield* file.seek(0, "end")
        yield* writeFully(file, pattern(11))
        same(yield* file.seek(0, "end"), bytes.length + 11, "the end after writing 11 bytes there")
        same(yield* file.seek(-3, "end"), bytes.length + 8, "3 before the end")
        sameBytes(yield* readRest(file), pattern(11).subarray(8), "the last three bytes")
      })
  ),

  position(
    "a seek to a negative position is CannotSeek, and changes nothing",
    ["seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        yield* moveTo(file, 10)
        yield* failsWith(file.seek(-1, "start"), "-1 from the start", "CannotSeek")
        same(yield* positionOf(file), 10, "the position after it")
        yield* failsWith(file.seek(-11, "current"), "-11 from 10", "CannotSeek")
        same(yield* positionOf(file), 10, "the position after it")
        yield* failsWith(file.seek(-bytes.length - 1, "end"), "before the start, from the end", "CannotSeek")
        same(yield* positionOf(file), 10, "the position after it")
        sameBytes(yield* readUpTo(file, 5), bytes.subarray(10, 15), "what is read afterwards")
      })
  ),

  position(
    "a seek to a negative position changes nothing for a writer either",
    ["write", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* moveTo(file, 10)
        yield* failsWith(file.seek(-20, "current"), "-20 from 10", "CannotSeek")
        yield* writeFully(file, Uint8Array.of(1, 2))
        yield* env.close(file)
        sameBytes(
          yield* env.contents(name),
          joined(bytes.subarray(0, 10), Uint8Array.of(1, 2), bytes.subarray(12)),
          "what it holds"
        )
      })
  ),

  position(
    "a seek to a position that no number says exactly is CannotSeek, and changes nothing",
    ["seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name)
        yield* moveTo(file, 3)
        yield* failsWith(file.seek(Number.MAX_SAFE_INTEGER, "current"), "far beyond", "CannotSeek")
        same(yield* positionOf(file), 3, "the position after it")
        sameBytes(yield* readUpTo(file, 5), bytes.subarray(3, 8), "what is read afterwards")
      })
  ),

  position("a file can be read backwards", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      yield* file.seek(0, "end")
      for (let at = bytes.length - 1; at >= 0; at--) {
        same(yield* file.seek(at === bytes.length - 1 ? -1 : -2, "current"), at, "one back")
        sameBytes(yield* readSome(file, 1), bytes.subarray(at, at + 1), `the byte at ${at}`)
      }
    })),

  position("seeking alone changes no bytes", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      for (const at of [5, 1000, 99, 100, 101, 0]) yield* moveTo(file, at)
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  position("storage that cannot seek takes a seek to where it stands", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      same(yield* positionOf(file), 0, "the position at first")
      sameBytes(yield* readUpTo(file, 7), bytes.subarray(0, 7), "the first bytes")
      same(yield* positionOf(file), 7, "the position after 7 bytes")
      same(yield* file.seek(7, "start"), 7, "a seek to where it stands")
      yield* failsWith(file.seek(-1, "start"), "a seek to before the start", "CannotSeek")
      sameBytes(yield* readRest(file), bytes.subarray(7), "the rest")
    }), ["seek"]),

  // ---------------------------------------------------------------------------------------------------------------

  end("a read at the end gives 0, however often", [], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("small")).name)
      yield* readRest(file)
      for (let i = 0; i < 5; i++) same((yield* readSome(file, 10)).length, 0, "bytes at the end")
    })),

  end("a read of an empty file gives 0", [], (env) =>
    Effect.gen(function*() {
      const file = yield* env.open((yield* env.given("empty")).name)
      for (const size of [1, 100, 1]) same((yield* readSome(file, size)).length, 0, "bytes of an empty file")
    })),

  end("a read of more than there is gives what there is, then 0", [], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      sameBytes(yield* readUpTo(file, bytes.length + 1000), bytes, "what is read")
      same((yield* readSome(file, 1)).length, 0, "bytes at the end")
    })),

  end("a read behind the end gives 0, and moves nothing", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [bytes.length, bytes.length + 1, bytes.length + 100_000]) {
        yield* moveTo(file, at)
        same((yield* readSome(file, 10)).length, 0, `bytes at ${at}`)
        same(yield* positionOf(file), at, "the position")
      }
      yield* moveTo(file, bytes.length - 2)
      sameBytes(yield* readSome(file, 10), bytes.subarray(-2), "the last two bytes")
    })),

  end("positions beyond 4 GiB can be sought, and there is nothing there", ["seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name)
      for (const at of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 50, 2 ** 40 + 7]) {
        yield* moveTo(file, at)
        same((yield* readSome(file, 10)).length, 0, `bytes at ${at}`)
        same(yield* positionOf(file), at, "the position")
        same(yield* file.seek(3, "current"), at + 3, "3 further")
      }
      yield* moveTo(file, 50)
      sameBytes(yield* readUpTo(file, 5), bytes.subarray(50, 55), "the bytes at 50")
    })),

  end(
    "a reader at the end reads what is written there later",
    ["create", "growable", "multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const reader = yield* env.open(name)
        sameBytes(yield* readRest(reader), bytes, "what is there at first")
        const writer = yield* env.open(name, { access: "write" })
        yield* env.can.seek ? writer.seek(0, "end") : writeFully(writer, bytes)
        yield* writeFully(writer, pattern(9, 5))
        yield* writer.writeFlush(zeros(0))
        sameBytes(yield* readRest(reader), pattern(9, 5), "what has come")
      })
  ),

  end("seeking behind the end does not make the file longer", ["write", "seek"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* moveTo(file, bytes.length + 500)
      same(yield* file.seek(0, "end"), bytes.length, "the end")
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    })),

  end("a write at the end makes the file longer", ["write", "seek", "growable"], (env) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "write" })
      yield* file.seek(0, "end")
      yield* writeFully(file, pattern(33, 9))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), joined(bytes, pattern(33, 9)), "what it holds")
    })),

  end(
    "a write over the end overwrites what is before it, and goes on behind it",
    ["write", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        yield* file.seek(-4, "end")
        yield* writeFully(file, pattern(10, 9))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(bytes.subarray(0, -4), pattern(10, 9)), "what it holds")
      })
  ),

  ...[1, 10, 4096, 70_001].map((gap) =>
    end(
      `a write ${gap} bytes behind the end first fills the gap with zeros`,
      ["write", "seek", "growable"],
      (env) =>
        Effect.gen(function*() {
          const { bytes, name } = yield* env.given("small")
          const file = yield* env.open(name, { access: "readWrite" })
          same(yield* file.seek(gap, "end"), bytes.length + gap, "the position")
          yield* writeFully(file, Uint8Array.of(7, 8))
          same(yield* positionOf(file), bytes.length + gap + 2, "the position after writing")
          yield* env.close(file)
          sameBytes(yield* env.contents(name), joined(bytes, zeros(gap), Uint8Array.of(7, 8)), "what it holds")
        })
    )
  ),

  end("a gap in an empty file is zeros", ["create", "seek", "growable"], (env) =>
    Effect.gen(function*() {
      const name = env.fresh("gap")
      const file = yield* env.open(name, { access: "write", create: true })
      yield* moveTo(file, 37)
      yield* writeFully(file, Uint8Array.of(1))
      yield* env.close(file)
      sameBytes(yield* env.contents(name), joined(zeros(37), Uint8Array.of(1)), "what it holds")
    })),

  end(
    "a gap does not bring back what the file held before it was cut",
    ["create", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const { name } = yield* env.given("large")
        const file = yield* env.open(name, { access: "readWrite", create: true })
        yield* writeFully(file, Uint8Array.of(1))
        yield* moveTo(file, 300)
        yield* writeFully(file, Uint8Array.of(2))
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(Uint8Array.of(1), zeros(299), Uint8Array.of(2)), "what it holds")
      })
  ),

  end(
    "several gaps are each zeros, and can be written to",
    ["create", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("gaps")
        const file = yield* env.open(name, { access: "readWrite", create: true })
        const expected = new Uint8Array(1001)
        for (const [at, value] of [[100, 1], [50, 2], [1000, 3], [999, 4], [0, 5], [500, 6]] as const) {
          yield* moveTo(file, at)
          yield* writeFully(file, Uint8Array.of(value))
          expected[at] = value
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), expected, "what it holds")
      })
  ),

  end(
    "a writer that reads in a gap of its own finds zeros",
    ["create", "seek", "growable"],
    (env) =>
      Effect.gen(function*() {
        const file = yield* env.open(env.fresh("gap"), { access: "readWrite", create: true })
        yield* moveTo(file, 5000)
        yield* writeFully(file, Uint8Array.of(1))
        yield* moveTo(file, 10)
        sameBytes(yield* readUpTo(file, 4000), zeros(4000), "the gap")
      })
  ),

  end(
    "a file that cannot grow takes what fits, or is CannotExpand, and changes nothing else",
    ["write", "seek"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        const at = yield* file.seek(-4, "end")
        const outcome = yield* Effect.either(file.write(pattern(10, 9)))
        const count = outcome._tag === "Right" ? outcome.right : 0
        if (outcome._tag === "Left") same(outcome.left._tag, "CannotExpand", "the error")
        holds(count <= 4, `${count} bytes went into the last 4`)
        same(yield* positionOf(file), at + count, "the position")
        yield* env.close(file)
        sameBytes(
          yield* env.contents(name),
          joined(bytes.subarray(0, at), pattern(10, 9).subarray(0, count), bytes.subarray(at + count)),
          "what it holds"
        )
      }),
    ["growable"]
  ),

  end("a write behind the end of a file that cannot grow is CannotExpand, and changes nothing", ["write", "seek"], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("small")
      const file = yield* env.open(name, { access: "readWrite" })
      yield* moveTo(file, bytes.length + 10)
      yield* failsWith(file.write(Uint8Array.of(1)), "writing behind the end", "CannotExpand")
      same(yield* positionOf(file), bytes.length + 10, "the position")
      yield* env.close(file)
      sameBytes(yield* env.contents(name), bytes, "what it holds")
    }), ["growable"])
]
