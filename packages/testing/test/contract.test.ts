/**
 * The contract itself: how many tests it has, that a right driver passes them, and that each of many wrong drivers does
 * not.
 */
import { IOProc, MemoryIOProc } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { commits } from "./mistakes/commits.js"
import { endings } from "./mistakes/endings.js"
import { engines } from "./mistakes/engines.js"
import { type Driver, memory, onClose } from "./mistakes/make.js"
import { names } from "./mistakes/names.js"
import { opens } from "./mistakes/opens.js"
import { transfers } from "./mistakes/transfers.js"

const mistakes = [...transfers, ...endings, ...commits, ...opens, ...names, ...engines]

const run = (test: IOProcContract.Test, driver: Driver) =>
  Effect.either(Effect.provide(test.test, Layer.effect(IOProc.IOProc, driver)))

/** The first test that a driver fails. */
const firstViolation = (driver: Driver, options?: IOProcContract.Options) =>
  Effect.gen(function*() {
    for (const test of IOProcContract.tests(options)) {
      const outcome = yield* run(test, driver)
      if (outcome._tag === "Left") return outcome.left
    }
    return undefined
  })

const named = (name: string, options?: IOProcContract.Options) => {
  const test = IOProcContract.tests(options).find((test) => test.name.startsWith(name))
  assert(test !== undefined, `there is no test "${name}"`)
  return test
}

describe("IOProcContract.tests", () => {
  const count = (capabilities: Partial<IOProcContract.Capabilities>) => IOProcContract.tests({ capabilities }).length

  it("has these numbers of tests for what a driver can do", () => {
    const all = IOProcContract.tests()
    assert.isAtLeast(all.length, 250)
    assert.deepStrictEqual(
      {
        full: all.length,
        onClose: count({ commit: "onClose" }),
        largeFiles: count({ largeFiles: true }),
        readOnly: count(IOProcContract.readOnly),
        forwardOnly: count({ randomAccess: false }),
        withoutFolders: count({ folders: false, makeFolders: false }),
        withoutRename: count({ rename: false }),
        withoutRemove: count({ remove: false }),
        withoutSharing: count({ sharing: false }),
        withoutVersions: count({ versions: false }),
        withoutTruncate: count({ truncate: false }),
        withoutExclusiveCreate: count({ exclusiveCreate: false }),
        fixedSize: count({ growable: false, create: false })
      },
      {
        full: 308,
        onClose: 306,
        largeFiles: 315,
        readOnly: 132,
        forwardOnly: 217,
        withoutFolders: 273,
        withoutRename: 289,
        withoutRemove: 292,
        withoutSharing: 289,
        withoutVersions: 306,
        withoutTruncate: 301,
        withoutExclusiveCreate: 306,
        fixedSize: 188
      }
    )
  })

  it("names each of them once, by a sentence", () => {
    for (const commit of ["inPlace", "onClose"] as const) {
      const names = IOProcContract.tests({ capabilities: { largeFiles: true, commit } }).map(({ name }) => name)
      assert.strictEqual(new Set(names).size, names.length)
      for (const name of names) assert.isAtLeast(name.split(" ").length, 3, name)
    }
  })

  it("has tests of every law", () => {
    assert.deepStrictEqual(
      [...new Set(IOProcContract.tests().map(({ law }) => law))].toSorted(),
      Object.keys(IOProcContract.laws).toSorted()
    )
  })

  it("begins with the eight laws of IOProc, by their numbers", () => {
    const numbered = Object.values(IOProcContract.laws).filter((law) => law.startsWith("law "))
    assert.deepStrictEqual(numbered.map((law) => law.slice(0, 6)), [1, 2, 3, 4, 5, 6, 7, 8].map((law) => `law ${law},`))
  })
})

describe("a violation", () => {
  it.live("names the law, the failure, and how to repeat a random one", () =>
    Effect.gen(function*() {
      const walk = named("a file does what the model does, on", { seed: 7, scale: 1 })
      const broken = Effect.map(memory, (driver) =>
        IOProc.mapFile(driver, (file) => {
          const { writeAt } = file
          return {
            ...file,
            // Wrong only for writes of one size.
            writeAt: writeAt &&
              ((position, source, mode) =>
                writeAt(position, source.length === 23 ? source.map((byte) => byte ^ 1) : source, mode))
          }
        }))
      const violation = yield* Effect.flip(Effect.provide(walk.test, Layer.effect(IOProc.IOProc, broken)))
      assert.strictEqual(violation.law, "bytes")
      assert.strictEqual(violation.test, walk.name)
      assert.isTrue(violation.message.startsWith(IOProcContract.laws.bytes))
      assert.include(violation.message, "MMIO_TEST_SEED=7")
      // Of 2 000 operations, the write alone: the content at the end shows it.
      assert.match(violation.message, /reduced to \[\{"op":"write[^\]]*\]\)\}(,[^\]]{0,200})?\]/)
      const again = yield* Effect.flip(Effect.provide(walk.test, Layer.effect(IOProc.IOProc, broken)))
      assert.strictEqual(again.description.split("\n")[0], violation.description.split("\n")[0])
    }))

  it.live("prints the seed and the shrunk case of a property, in ten lines", () =>
    Effect.gen(function*() {
      const property = named("a file does what the model does, in", { seed: 7 })
      const broken = Effect.map(memory, (driver) =>
        IOProc.mapFile(driver, (file) => ({
          ...file,
          size: Effect.map(file.size, (size) => size > 50 ? size + 1 : size)
        })))
      const violation = yield* Effect.flip(Effect.provide(property.test, Layer.effect(IOProc.IOProc, broken)))
      assert.include(violation.message, "seed: 7")
      assert.include(violation.message, "Counterexample: ")
      assert.include(violation.message, "Shrunk ")
      const lines = violation.message.split("\n")
      assert.isTrue(lines[0]?.startsWith(IOProcContract.laws.bytes))
      assert.isAtMost(lines.length, 10)
      for (const line of lines) {
        assert.isAtMost(line.length, 501)
      }
    }))

  it.live("says that a test did not end", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests({ scale: 1, patience: "20 millis" })
      const hanging = IOProc.make({ open: () => Effect.uninterruptible(Effect.never) })
      assert(test !== undefined)
      const violation = yield* Effect.flip(Effect.provideService(test.test, IOProc.IOProc, hanging))
      assert.include(violation.message, "the test has not ended after 20ms")
    }))

  it.live("interrupts at each so many steps, when it is told to", () =>
    Effect.gen(function*() {
      const opens = (options: IOProcContract.Options) => {
        const { test } = named("a write that is interrupted at any step", options)
        let opens = 0
        const counting = (ioProc: IOProc.IOProc): IOProc.IOProc => ({
          ...ioProc,
          open: (request) => Effect.suspend(() => (opens++, ioProc.open(request)))
        })
        return memory.pipe(
          Effect.flatMap((storage) => Effect.provideService(test, IOProc.IOProc, counting(storage))),
          Effect.map(() => opens)
        )
      }
      const all = yield* opens({ interruptEvery: 1 })
      const some = yield* opens({ interruptEvery: 4 })
      assert.isAbove(some, all / 8)
      assert.isBelow(some, all / 2)
    }))

  it.live("is made of a driver's defect", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests()
      const dying = IOProc.make({ open: () => Effect.die(new Error("the driver has a bug")) })
      assert(test !== undefined)
      const violation = yield* Effect.flip(Effect.provideService(test.test, IOProc.IOProc, dying))
      assert.include(violation.message, "the driver has a bug")
    }))
})

describe("the contract finds a driver with a mistake", () => {
  it("of which there are at least 48", () => assert.isAtLeast(mistakes.length, 48))

  it.live("but none in one without", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* firstViolation(memory, { scale: 0.1 }))
      assert.isUndefined(yield* firstViolation(onClose, { scale: 0.1, capabilities: { commit: "onClose" } }))
    }))

  for (const { caughtBy, driver, options, what } of mistakes) {
    it.live(what, () =>
      Effect.gen(function*() {
        const test = IOProcContract.tests({ scale: 0.1, interruptEvery: 1, ...options }).find(({ name }) =>
          name === caughtBy
        )
        assert(test !== undefined, `there is no test "${caughtBy}"`)
        const outcome = yield* run(test, driver)
        assert(outcome._tag === "Left", `"${caughtBy}" did not find it`)
        assert.strictEqual(outcome.left.law, test.law)
        assert.isTrue(outcome.left.message.startsWith(`${IOProcContract.laws[test.law]}: ${caughtBy}\n`))
      }))
  }
})

describe("IOProcContract.suite", () => {
  it.live("has a test fail whose layer cannot be built", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests()
      assert(test !== undefined)
      const layer = MemoryIOProc.layer({ a: new Uint8Array(0), "a/b": new Uint8Array(0) })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.provide(test.test, layer))))
    }))
})
