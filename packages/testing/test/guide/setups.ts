/**
 * The four set-ups of the guide "Write a driver", for any driver around a storage: what the first of them says that
 * finds something wrong.
 */
import { IOProc, Mmio } from "@effect-mmio/core"
import { Crash, Fault, IOProcContract, TestIOProc } from "@effect-mmio/testing"
import { assert } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option } from "effect"

export interface Tested {
  readonly driver: (storage: IOProc.IOProc) => IOProc.IOProc
  readonly capabilities: Partial<IOProcContract.Capabilities>
  /** Which names the storage below has of the files `a` and `b`, beside no others. */
  readonly names: RegExp
}

const old = Uint8Array.from({ length: 100 }, (_, i) => i)

/** The old content with a change in the middle, a gap of more than a block after its end, and a byte after that. */
const fresh = Uint8Array.from([
  ...old.subarray(0, 20),
  ...new Uint8Array(50).fill(200),
  ...old.subarray(70),
  ...new Uint8Array(40),
  77
])

/** The old content with the change alone. */
const half = fresh.subarray(0, 100)

/** The new content with another gap, which must not show what was there before. */
const longer = Uint8Array.from([...fresh, ...new Uint8Array(40), 78])

const create = Mmio.withFile("a", { access: "write", create: true }, (file) => Mmio.writeAll(file, old))

const append = (name: string, value: number) =>
  Mmio.withFile(name, { access: "readWrite", buffer: "none" }, (file) =>
    Effect.gen(function*() {
      yield* Mmio.seek(file, 40, "end")
      yield* Mmio.writeAll(file, Uint8Array.of(value))
    }))

const change = Effect.zipRight(
  Mmio.withFile("a", { access: "readWrite", buffer: "none" }, (file) =>
    Effect.gen(function*() {
      yield* Mmio.seek(file, 20)
      yield* Mmio.writeAll(file, new Uint8Array(50).fill(200))
    })),
  append("a", 77)
)

const content = (name: string) => Mmio.withFile(name, {}, (file) => Mmio.read(file, 1000))

const program = Effect.gen(function*() {
  yield* create
  yield* change
  yield* Mmio.withFile(
    "b",
    { access: "write", create: true },
    (file) => Mmio.writeAll(file, new Uint8Array(200).fill(9))
  )
  yield* Mmio.rename("a", "b")
  yield* append("b", 78)
  const bytes = yield* content("b")
  yield* Mmio.remove("b")
  return bytes
})

/** Storage in which other calls are made before one has answered, and a file that is left open fails the test. */
const slow = IOProc.layerMap((storage) => {
  let calls = 0
  return IOProc.audit(storage, () => Effect.repeatN(Effect.yieldNow(), calls++ % 3))
}).pipe(Layer.provide(TestIOProc.layerWith({ folders: ["folder"] })))

/** What the tests of the contract find wrong with a driver: all of them, or one. */
const suite = ({ capabilities, driver }: Tested, only?: string) =>
  Effect.gen(function*() {
    const layer = IOProc.layerMap(driver).pipe(Layer.provide(slow))
    const tests = IOProcContract.tests({
      capabilities,
      scale: only === undefined ? 0.02 : 0.2,
      seed: 1,
      interruptEvery: 1,
      patience: "1 hour"
    })
      .filter(({ name }) => only === undefined || name === only)
    assert.isAbove(tests.length, 0, `there is a test "${only}"`)
    for (const { name, test } of tests) {
      const exit = yield* Effect.exit(Effect.provide(test, layer))
      if (Exit.isFailure(exit)) return `the suite: ${name}\n${Cause.pretty(exit.cause)}`
    }
    return undefined
  })

/** Every operation below fails, and comes short, in turn. */
const faults = ({ driver, names }: Tested) =>
  Fault.everyOperation(Effect.provide(program, IOProc.layerMap(driver)), {
    storage: TestIOProc.layer(),
    times: ["once"],
    // A part or a file that does not exist is none: a storage that says so of one that does is not a failure, but a
    // lie.
    errors: { ...Fault.errors, open: Fault.errors.open.filter((errno) => errno !== "ENOENT") },
    check: ({ exit, injected }) =>
      Effect.gen(function*() {
        if (Exit.isSuccess(exit)) assert.deepStrictEqual([...exit.value], [...longer])
        // A short transfer is no failure.
        else assert.isTrue(injected !== undefined && "errno" in injected, Cause.pretty(exit.cause))
        // A file that is removed leaves nothing, and what went wrong no other names.
        const { files } = yield* TestIOProc.TestIOProc
        if (Exit.isSuccess(exit)) assert.deepStrictEqual(yield* files, [])
        for (const name of yield* files) assert.match(name, names)
      })
  })

/** The power goes at every operation: what was flushed is safe. */
const crashes = ({ capabilities, driver }: Tested) =>
  Crash.explore(Effect.provide(Effect.zipRight(create, change), IOProc.layerMap(driver)), {
    check: ({ result }) =>
      Effect.gen(function*() {
        const exists = yield* Mmio.exists("a")
        if (Option.isSome(result)) assert.deepStrictEqual([...(yield* content("a"))], [...fresh])
        // A file that commits on close is the old one or the new one, whenever that is.
        else if (capabilities.commit === "onClose" && exists) {
          assert.include([[], [...old], [...half], [...fresh]].map(String), String([...(yield* content("a"))]))
        }
      }).pipe(Effect.provide(IOProc.layerMap(driver)))
  })

const failureOf = <A, E>(setup: Effect.Effect<A, E>): Effect.Effect<string | undefined> =>
  Effect.map(Effect.exit(setup), (exit) => Exit.isFailure(exit) ? Cause.pretty(exit.cause) : undefined)

/** What a set-up finds wrong with a driver: `"faults"`, `"crashes"`, or a test of the contract. */
export const found = (tested: Tested, by: string): Effect.Effect<string | undefined> =>
  by === "faults" ? failureOf(faults(tested)) : by === "crashes" ? failureOf(crashes(tested)) : suite(tested, by)

/** What the first of all set-ups says that finds something wrong with a driver; nothing, where none does. */
export const finding = (tested: Tested): Effect.Effect<string | undefined> =>
  Effect.reduce(
    [suite(tested), found(tested, "faults"), found(tested, "crashes")],
    undefined as string | undefined,
    (before, next) => before === undefined ? next : Effect.succeed(before)
  )
