/**
 * Law 8: what a driver and a file say in their capabilities is true.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import { failsWith, holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { flush, joined, readRest, readUpTo, write, writeFully, zeros } from "./environment.js"
import { pattern } from "./fixtures.js"

const capability = define("capabilities")

const unbounded = { concurrency: "unbounded" } as const
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

const truncate = (file: IOProc.File, size: number) => {
  holds(file.truncate !== undefined, "a file that is open for writing has no truncate")
  return file.truncate(size)
}

/** @internal */
export const capabilities: ReadonlyArray<Definition> = [
  capability("the capabilities of a file are what the file does", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("small")
      for (const access of env.can.write ? ["read", "write", "readWrite"] as const : ["read"] as const) {
        const file = yield* env.open(name, { access })
        const what = (fact: string) => `${fact} of a file for ${access}`
        same(file.capabilities.truncate, file.truncate !== undefined, what("the capability truncate"))
        same(file.capabilities.forwardOnly, !env.can.randomAccess, what("the capability forwardOnly"))
        if (access !== "read") {
          same(file.writeAt !== undefined, true, what("the presence of writeAt"))
          same(file.capabilities.truncate, env.can.truncate, what("the capability truncate"))
          same(file.capabilities.commit, env.can.commit, what("the capability commit"))
        }
        if (env.can.sharing) same(file.capabilities.locks !== "none", true, what("the presence of locks"))
        same(file.version._tag === "Some", env.can.versions, what("the presence of a version"))
        yield* env.close(file)
      }
    })),

  capability("the capabilities of the storage are what it does", [], (env) =>
    Effect.sync(() => {
      const { capabilities } = env.driver
      same(capabilities.list, env.can.list, "the capability list")
      same(capabilities.exclusiveCreate, env.can.exclusiveCreate, "the capability exclusiveCreate")
      if (!env.can.rename) same(capabilities.atomicRename, false, "the capability atomicRename")
    })),

  capability(
    "concurrent reads return the right bytes where a file allows them",
    ["randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        const file = yield* env.open(name)
        if (!file.capabilities.concurrent) return
        yield* Effect.forEach(upTo(60), (i) => {
          const at = (i * 1789) % bytes.length
          return Effect.map(
            readUpTo(file, at, 100 + i),
            (read) => sameBytes(read, bytes.subarray(at, at + 100 + i), `the bytes at ${at}`)
          )
        }, unbounded)
      })
  ),

  capability(
    "concurrent reads, writes and sizes are right where a file allows them",
    ["create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const name = yield* env.file(zeros(1000))
        const file = yield* env.open(name, { access: "readWrite" })
        if (!file.capabilities.concurrent) return
        yield* Effect.forEach(upTo(20), (i) =>
          Effect.gen(function*() {
            yield* writeFully(file, i * 50, pattern(50, i))
            sameBytes(yield* readUpTo(file, i * 50, 50), pattern(50, i), `the bytes at ${i * 50}`)
            same(yield* file.size, 1000, "the size")
          }), unbounded)
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(...upTo(20).map((i) => pattern(50, i))), "the content")
      })
  ),

  capability("a handle makes one call at a time where a file is not concurrent", [], (env) =>
    Effect.gen(function*() {
      const { name } = yield* env.given("large")
      let running = 0
      let overlapped = false
      const alone = <A, E>(call: Effect.Effect<A, E>) =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            if (running++ > 0) overlapped = true
          }),
          () => Effect.zipLeft(call, Effect.yieldNow()),
          () =>
            Effect.sync(() => {
              running--
            })
        )
      const driver = env.driverOver((file) => ({
        ...file,
        capabilities: { ...file.capabilities, concurrent: false },
        size: alone(file.size),
        readAt: (position, target) => alone(file.readAt(position, target)),
        writeAt: file.writeAt && ((position, source, mode) => alone(write(file, position, source, mode)))
      }))
      const access = env.can.write && env.can.randomAccess ? "readWrite" as const : "read" as const
      const file = yield* Mmio.openWith<IOProc.Access>(driver, name, { access, buffer: 100 })
      yield* Effect.forEach(upTo(30), (i) =>
        // The operations are those that the access allows.
        access === "readWrite" && i % 3 === 2
          ? Mmio.writeAll(file as Mmio.WriteHandle, pattern(30, i))
          : Effect.asVoid(Mmio.read(file as Mmio.ReadHandle, 40 + i)), { ...unbounded, discard: true })
      yield* Mmio.close(file)
      same(overlapped, false, "calls that overlap")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  capability(
    "truncate cuts a file, and its size follows",
    ["truncate", "create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("large")
        const file = yield* env.open(name, { access: "readWrite" })
        for (const size of [9000, 5000, 1, 1]) {
          yield* truncate(file, size)
          same(yield* file.size, size, "the size")
          sameBytes(yield* readRest(file), bytes.subarray(0, size), "what is read")
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes.subarray(0, 1), "the content")
      })
  ),

  capability(
    "truncate to a larger size adds zeros",
    ["truncate", "create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "readWrite" })
        yield* truncate(file, 40)
        yield* truncate(file, 5000)
        same(yield* file.size, 5000, "the size")
        sameBytes(yield* readRest(file), joined(bytes.subarray(0, 40), zeros(4960)), "what is read")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), joined(bytes.subarray(0, 40), zeros(4960)), "the content")
      })
  ),

  capability(
    "what truncate has cut off does not come back when the file grows again",
    ["truncate", "create", "randomAccess", "growable"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("cut")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        yield* writeFully(file, 0, pattern(100))
        yield* truncate(file, 50)
        yield* writeFully(file, 90, Uint8Array.of(7))
        const expected = joined(pattern(100).subarray(0, 50), zeros(40), Uint8Array.of(7))
        sameBytes(yield* readRest(file), expected, "what is read")
        yield* env.close(file)
        sameBytes(yield* env.contents(name), expected, "the content")
      })
  ),

  capability(
    "truncate counts what was written in sequence just before it",
    ["truncate", "create", "randomAccess"],
    (env) =>
      Effect.gen(function*() {
        const name = env.fresh("truncated")
        const file = yield* env.open(name, { access: "readWrite", create: "truncate" })
        for (let at = 0; at < 400; at += 10) yield* writeFully(file, at, pattern(10, at))
        yield* truncate(file, 205)
        for (let at = 205; at < 300; at += 5) yield* writeFully(file, at, Uint8Array.of(1, 2, 3, 4, 5))
        yield* truncate(file, 210)
        yield* env.close(file)
        const all = joined(...upTo(40).map((i) => pattern(10, i * 10)))
        sameBytes(yield* env.contents(name), joined(all.subarray(0, 205), Uint8Array.of(1, 2, 3, 4, 5)), "the content")
      })
  ),

  capability(
    "truncate to a negative size is refused, and changes nothing",
    ["truncate", "create"],
    (env) =>
      Effect.gen(function*() {
        const { bytes, name } = yield* env.given("small")
        const file = yield* env.open(name, { access: "write" })
        for (const size of [-1, -(2 ** 40), 0.5]) {
          yield* failsWith(truncate(file, size), `a size of ${size}`, "CannotWrite")
        }
        yield* env.close(file)
        sameBytes(yield* env.contents(name), bytes, "the content")
      })
  ),

  capability("other handles see a truncate that was flushed", [
    "truncate",
    "create",
    "multipleHandles",
    "randomAccess",
    "inPlace"
  ], (
    env
  ) =>
    Effect.gen(function*() {
      const { bytes, name } = yield* env.given("large")
      const reader = yield* env.open(name)
      for (let at = 0; at < 100; at += 10) yield* readUpTo(reader, at, 10)
      const file = yield* env.open(name, { access: "write" })
      yield* truncate(file, 105)
      yield* flush(file)
      sameBytes(yield* readRest(reader, 100), bytes.subarray(100, 105), "what the other handle reads")
      same(yield* reader.size, 105, "the size that the other handle sees")
    })),

  // ---------------------------------------------------------------------------------------------------------------

  capability(
    "rename in one step shows the one file or the other",
    ["rename", "create", "multipleHandles"],
    (env) =>
      Effect.gen(function*() {
        if (!env.driver.capabilities.atomicRename) return
        const target = yield* env.file(new Uint8Array(100).fill(0))
        for (let i = 1; i <= 10; i++) {
          const from = yield* env.file(new Uint8Array(100).fill(i))
          const [seen] = yield* Effect.all([
            Effect.forEach(upTo(5), () => Effect.zipLeft(env.contents(target), Effect.yieldNow())),
            Effect.zipRight(Effect.yieldNow(), env.driver.rename(from, target))
          ], unbounded)
          for (const bytes of seen) {
            same(bytes.length, 100, "the size of what the name has")
            holds(bytes[0] === i || bytes[0] === i - 1, `content ${bytes[0]} during rename ${i}`)
          }
        }
      })
  )
]
