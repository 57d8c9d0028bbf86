/**
 * Overlays: any sequence of calls does what it does to a storage that has the files, and leaves the lower storage as it
 * was.
 */
import { FileName, IOProc, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Layer, Option } from "effect"
import { numbers } from "../support/answering.js"
import { scale } from "../support/scale.js"
import { contentOf, failingAt, outcomeOf, request, treeOf, yielding } from "../support/storages.js"

/** What the lower storage has, and the model of what the overlay shows. */
const initial = {
  files: { a: numbers(5), b: numbers(70), "dir/a": numbers(3), "dir/sub/c": numbers(9) },
  folders: ["empty", "dir/deep/deeper"]
}

const storages = Effect.gen(function*() {
  const lower = yield* MemoryIOProc.make(initial)
  const upper = yield* MemoryIOProc.make()
  return { lower, upper, driver: IOProc.overlay(lower, upper) }
})

// ---------------------------------------------------------------------------------------------------------------------
// any sequence of calls
// ---------------------------------------------------------------------------------------------------------------------

type Call =
  | {
    readonly op: "read" | "remove" | "stat" | "exists" | "list" | "makeFolder" | "removeFolder"
    readonly name: string
  }
  | { readonly op: "rename"; readonly name: string; readonly to: string }
  | { readonly op: "open"; readonly name: string; readonly create: IOProc.Create; readonly slot: number }
  | { readonly op: "write"; readonly slot: number; readonly position: number; readonly value: number }
  | { readonly op: "truncate"; readonly slot: number; readonly size: number }
  | { readonly op: "close"; readonly slot: number }

const name = fc.constantFrom(
  "a",
  "b",
  "./a",
  "dir",
  "dir/a",
  "dir//a",
  "dir/b",
  "dir/../b",
  "dir/sub",
  "dir/sub/c",
  "dir/deep",
  "dir/deep/deeper",
  "empty",
  "empty/x",
  "new",
  "new/x",
  "missing/x"
)

const slot = fc.nat({ max: 2 })

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({
    op: fc.constantFrom(
      "read" as const,
      "remove" as const,
      "stat" as const,
      "exists" as const,
      "list" as const,
      "makeFolder" as const,
      "removeFolder" as const
    ),
    name
  }),
  fc.record({ op: fc.constant("rename" as const), name, to: name }),
  fc.record({
    op: fc.constant("open" as const),
    name,
    create: fc.constantFrom("no" as const, "truncate" as const, "new" as const),
    slot
  }),
  fc.record({ op: fc.constant("write" as const), slot, position: fc.nat({ max: 80 }), value: fc.nat({ max: 255 }) }),
  fc.record({ op: fc.constant("truncate" as const), slot, size: fc.nat({ max: 80 }) }),
  fc.record({ op: fc.constant("close" as const), slot })
)

/** Makes calls of one storage, and gives what came of each. */
const caller = (driver: IOProc.IOProc) => {
  const open = new Map<number, IOProc.File>()
  const close = (slot: number) =>
    Effect.suspend((): Effect.Effect<void, MmioError.CloseError> => {
      const file = open.get(slot)
      open.delete(slot)
      return file === undefined ? Effect.void : file.close
    })
  return (call: Call): Effect.Effect<unknown> => {
    switch (call.op) {
      case "read":
        return outcomeOf(contentOf(driver, call.name))
      case "remove":
        return outcomeOf(driver.remove(FileName.plain(call.name)))
      case "stat":
        return outcomeOf(
          Effect.map(driver.stat(FileName.plain(call.name)), ({ kind, size }) => [kind, Option.getOrNull(size)])
        )
      case "exists":
        return outcomeOf(driver.exists(FileName.plain(call.name)))
      case "list":
        return outcomeOf(treeOf(driver, call.name))
      case "makeFolder":
        return outcomeOf(driver.makeFolder(FileName.plain(call.name)))
      case "removeFolder":
        return outcomeOf(driver.removeFolder(FileName.plain(call.name)))
      case "rename":
        return outcomeOf(driver.rename(FileName.plain(call.name), FileName.plain(call.to)))
      case "open":
        return outcomeOf(Effect.zipRight(
          close(call.slot),
          Effect.map(driver.open(request(call.name, { access: "write", create: call.create })), (file) => {
            open.set(call.slot, file)
            return "opened"
          })
        ))
      case "write":
        return outcomeOf(
          open.get(call.slot)?.writeAt?.(call.position, Uint8Array.of(call.value), "write") ?? Effect.succeed(0)
        )
      case "truncate":
        return outcomeOf(open.get(call.slot)?.truncate?.(call.size) ?? Effect.void)
      case "close":
        return outcomeOf(close(call.slot))
    }
  }
}

/**
 * Whether both have to fail alike. What is said of a folder that is taken for a file, and which of two names is said to
 * be missing, storages decide for themselves.
 */
const isExact = (model: IOProc.IOProc, call: Call): Effect.Effect<boolean> => {
  const kindOf = (name: string) =>
    Effect.match(model.stat(FileName.plain(name)), { onFailure: () => "missing", onSuccess: ({ kind }) => kind })
  return call.op === "remove"
    ? Effect.map(kindOf(call.name), (kind) => kind !== "folder")
    : call.op === "rename"
    ? Effect.map(kindOf(call.name), (kind) => kind === "file")
    : Effect.succeed(true)
}

const tags = new Set(["FileNotFound", "PathNotFound", "AccessDenied", "CannotWrite", "CannotOpen", "CannotRead"])

layer(Layer.empty)("an overlay", (it) => {
  it.effect.prop(
    "does what a storage with the files of both does, and leaves the lower one as it was",
    { calls: fc.array(call, { minLength: 1, maxLength: 30 }) },
    ({ calls }) =>
      Effect.gen(function*() {
        const { driver, lower, upper } = yield* storages
        const model = yield* MemoryIOProc.make(initial)
        const [callOverlay, callModel] = [caller(driver), caller(model)]
        for (const call of calls) {
          const exact = yield* isExact(model, call)
          const [shown, expected] = [yield* callOverlay(call), yield* callModel(call)]
          if (exact) assert.deepStrictEqual(shown, expected, JSON.stringify(call))
          else assert.isTrue(typeof shown === "string" && tags.has(shown) && typeof expected === "string", `${shown}`)
        }
        for (const slot of [0, 1, 2]) {
          yield* callOverlay({ op: "close", slot })
          yield* callModel({ op: "close", slot })
        }
        assert.deepStrictEqual(yield* treeOf(driver), yield* treeOf(model))
        assert.deepStrictEqual(yield* treeOf(lower), yield* treeOf(yield* MemoryIOProc.make(initial)))
        assert.deepStrictEqual((yield* upper.files).filter((name) => name.includes(".wh..wh.")), [])
      }),
    { fastCheck: { numRuns: scale(200) } }
  )

  it.effect.prop(
    "keeps all of what several fibers write first to the same file of the lower storage",
    {
      fibers: fc.integer({ min: 2, max: 6 }),
      names: fc.array(fc.constantFrom("b", "./b", "dir/../b"), { minLength: 6 }),
      yields: fc.array(fc.nat({ max: 12 }), { minLength: 3, maxLength: 9 })
    },
    ({ fibers, names, yields }) =>
      Effect.gen(function*() {
        const { lower, upper } = yield* storages
        const driver = IOProc.overlay(yielding(lower, yields), yielding(upper, yields))
        yield* Effect.forEach(
          Array.from({ length: fibers }, (_, fiber) => fiber),
          (fiber) =>
            Effect.acquireUseRelease(
              driver.open(request(names[fiber] ?? "b", { access: "readWrite" })),
              (file) => file.writeAt!(fiber * 10, Uint8Array.of(200 + fiber), "writeFlush"),
              (file) => Effect.orDie(file.close)
            ),
          { concurrency: "unbounded", discard: true }
        )
        const expected = [...numbers(70)]
        for (let fiber = 0; fiber < fibers; fiber++) expected[fiber * 10] = 200 + fiber
        assert.deepStrictEqual(yield* contentOf(driver, "b"), expected)
        assert.deepStrictEqual(yield* upper.files, ["/b"])
      }),
    { fastCheck: { numRuns: scale(50) } }
  )
})

// ---------------------------------------------------------------------------------------------------------------------
// failures half-way
// ---------------------------------------------------------------------------------------------------------------------

/** Changes, each after others that give both storages something to do. */
const changes: Record<string, {
  readonly before?: (driver: IOProc.IOProc) => Effect.Effect<void, MmioError.MmioError>
  readonly change: (driver: IOProc.IOProc) => Effect.Effect<unknown, MmioError.MmioError>
}> = {
  "remove of a file below": { change: (driver) => driver.remove(FileName.plain("dir/a")) },
  "remove of a file in both": {
    before: (driver) => write(driver, "dir/a"),
    change: (driver) => driver.remove(FileName.plain("dir/a"))
  },
  "rename of a file below": { change: (driver) => driver.rename(FileName.plain("dir/a"), FileName.plain("empty/a")) },
  "rename over a file of both": {
    before: (driver) => Effect.zipRight(write(driver, "dir/a"), write(driver, "b")),
    change: (driver) => driver.rename(FileName.plain("dir/a"), FileName.plain("b"))
  },
  "rename to a missing folder": {
    change: (driver) => driver.rename(FileName.plain("dir/a"), FileName.plain("missing/a"))
  },
  "remove of a folder as a file": {
    before: (driver) => write(driver, "dir/new", "truncate"),
    change: (driver) => driver.remove(FileName.plain("dir"))
  },
  "rename of a folder": {
    before: (driver) => write(driver, "dir/new", "truncate"),
    change: (driver) => driver.rename(FileName.plain("dir"), FileName.plain("other"))
  },
  "removeFolder of a folder below": { change: (driver) => driver.removeFolder(FileName.plain("empty")) },
  "removeFolder of a folder of both": {
    before: (driver) => driver.remove(FileName.plain("dir/sub/c")),
    change: (driver) => driver.removeFolder(FileName.plain("dir/sub"))
  },
  "removeFolder of a folder with files": { change: (driver) => driver.removeFolder(FileName.plain("dir/sub")) },
  "makeFolder over a file": { change: (driver) => driver.makeFolder(FileName.plain("b")) },
  "makeFolder in a folder below": { change: (driver) => driver.makeFolder(FileName.plain("dir/sub/new")) },
  "a first write": { change: (driver) => driver.open(request("dir/a", { access: "write" })) },
  "a new file": {
    change: (driver) => driver.open(request("dir/sub/new", { access: "write", create: "new" }))
  }
}

const write = (driver: IOProc.IOProc, name: string, create: IOProc.Create = "no") =>
  Effect.acquireUseRelease(
    driver.open(request(name, { access: "write", create })),
    (file) => Effect.asVoid(file.writeAt!(1, Uint8Array.of(77), "writeFlush")),
    (file) => Effect.orDie(file.close)
  )

/** What a storage shows after a change that has the files of both. */
const expected = (
  before: ((driver: IOProc.IOProc) => Effect.Effect<void, MmioError.MmioError>) | undefined,
  change: (driver: IOProc.IOProc) => Effect.Effect<unknown, MmioError.MmioError>
) =>
  Effect.gen(function*() {
    const model = yield* MemoryIOProc.make(initial)
    if (before !== undefined) yield* before(model)
    yield* change(model)
    return yield* treeOf(model)
  })

describe("a change of an overlay that fails", () => {
  for (const [what, { before, change }] of Object.entries(changes)) {
    for (const which of ["lower", "upper"] as const) {
      it.effect(`changes nothing that is shown, and one that succeeds all of it: ${what}, whichever call of the ${which} storage fails`, () =>
        Effect.gen(function*() {
          for (let number = 0;; number++) {
            const { lower, upper } = yield* storages
            const failing = failingAt(which === "lower" ? lower : upper, number)
            const driver = which === "lower"
              ? IOProc.overlay(failing.driver, upper)
              : IOProc.overlay(lower, failing.driver)
            if (before !== undefined) yield* before(driver)
            const shown = yield* treeOf(driver)
            yield* failing.begin
            const outcome = yield* Effect.either(change(driver))
            yield* failing.end
            const changed = outcome._tag === "Left" ? shown : yield* expected(before, change)
            assert.deepStrictEqual(yield* treeOf(driver), changed, `${failing.state.failed}, call ${number}`)
            assert.deepStrictEqual(yield* treeOf(lower), yield* treeOf(yield* MemoryIOProc.make(initial)))
            if (failing.state.failed === "") return
          }
        }))
    }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

describe("an overlay's own names", () => {
  it.effect("are refused, and no call sees or removes a mark by its name", () =>
    Effect.gen(function*() {
      const { driver } = yield* storages
      yield* driver.remove(FileName.plain("b"))
      const mark = FileName.plain(".wh.b")
      assert.strictEqual(yield* outcomeOf(driver.open(request(".wh.b"))), "FileNotFound")
      assert.strictEqual(yield* outcomeOf(driver.open(request(".wh.b", { access: "write" }))), "FileNotFound")
      assert.strictEqual(
        yield* outcomeOf(driver.open(request(".wh.b", { access: "write", create: "truncate" }))),
        "AccessDenied"
      )
      assert.strictEqual(yield* outcomeOf(driver.remove(mark)), "FileNotFound")
      assert.strictEqual(yield* outcomeOf(driver.rename(mark, FileName.plain("c"))), "FileNotFound")
      assert.strictEqual(yield* outcomeOf(driver.rename(FileName.plain("a"), mark)), "AccessDenied")
      assert.strictEqual(yield* outcomeOf(driver.makeFolder(mark)), "AccessDenied")
      assert.strictEqual(yield* outcomeOf(driver.removeFolder(mark)), "PathNotFound")
      assert.strictEqual(yield* outcomeOf(treeOf(driver, ".wh.b")), "PathNotFound")
      assert.strictEqual(yield* outcomeOf(driver.stat(mark)), "FileNotFound")
      assert.strictEqual(yield* outcomeOf(driver.tempName({ prefix: ".wh." })), "AccessDenied")
      assert.isFalse(yield* driver.exists(mark))
      assert.isFalse(yield* driver.exists(FileName.plain("b")))
    }))

  it.effect("are not shown where the lower storage has such a name", () =>
    Effect.gen(function*() {
      const lower = yield* MemoryIOProc.make({ files: { ".wh.x": numbers(3), y: numbers(1) } })
      const driver = IOProc.overlay(lower, yield* MemoryIOProc.make())
      assert.deepStrictEqual(Object.keys(yield* treeOf(driver)), ["y"])
      assert.strictEqual(yield* outcomeOf(driver.open(request(".wh.x"))), "FileNotFound")
    }))

  it.effect("are never those of a temporary file, and neither are names of the lower storage", () =>
    Effect.gen(function*() {
      const upper = yield* MemoryIOProc.make()
      // The names that the upper storage will make up next.
      const next = yield* upper.tempName({})
      const lower = yield* MemoryIOProc.make({
        files: Object.fromEntries(
          [1, 2, 3].map((n) => [next.full.replace(/\d+/, (digits) => String(Number(digits) + n)), numbers(4)])
        )
      })
      yield* upper.remove(next)
      const driver = IOProc.overlay(lower, upper)
      const shown = yield* treeOf(driver)
      const name = yield* driver.tempName({})
      assert.notProperty(shown, name.full.slice(1))
      assert.deepStrictEqual(yield* treeOf(driver), { ...shown, [name.full.slice(1)]: [] })
    }))
})

describe("an overlay", () => {
  it.effect("keeps the file that is renamed to another spelling of its name, and copies nothing for that", () =>
    Effect.gen(function*() {
      const { driver, upper } = yield* storages
      const shown = yield* treeOf(driver)
      yield* driver.rename(FileName.plain("dir/a"), FileName.plain("./dir//a"))
      assert.deepStrictEqual(yield* treeOf(driver), shown)
      assert.deepStrictEqual(yield* upper.files, [])
    }))

  it.effect("shows nothing of what was in a folder that is made again", () =>
    Effect.gen(function*() {
      const { driver } = yield* storages
      const [folder, file] = [FileName.plain("dir/sub"), FileName.plain("dir/sub/c")]
      yield* driver.remove(file)
      yield* driver.removeFolder(folder)
      yield* driver.makeFolder(folder)
      assert.isFalse(yield* driver.exists(file))
      assert.deepStrictEqual(yield* treeOf(driver, "dir/sub"), {})
      yield* Effect.flatMap(driver.open(request("dir/sub/c", { access: "write", create: "new" })), (file) => file.close)
      assert.deepStrictEqual(yield* contentOf(driver, "dir/sub/c"), [])
    }))

  it.effect("checks the version of a file of the lower storage before it is copied or truncated", () =>
    Effect.gen(function*() {
      const { driver, lower, upper } = yield* storages
      const version = (yield* lower.stat(FileName.plain("b"))).version
      for (const create of ["no", "truncate"] as const) {
        const asked = { access: "write", create } as const
        assert.strictEqual(
          yield* outcomeOf(driver.open(request("b", { ...asked, ifVersion: Option.some("another") }))),
          "VersionChanged"
        )
        assert.deepStrictEqual(yield* upper.files, [])
        const file = yield* driver.open(request("b", { ...asked, ifVersion: version }))
        yield* file.close
        yield* upper.remove(FileName.plain("b"))
      }
    }))

  it.effect("copies nothing to an upper storage that only reads its files, and leaves nothing there", () =>
    Effect.gen(function*() {
      const { lower, upper } = yield* storages
      const driver = IOProc.overlay(lower, IOProc.mapFile(upper, (file) => ({ ...file, writeAt: undefined })))
      const error = yield* Effect.flip(driver.open(request("a", { access: "readWrite" })))
      assert.strictEqual(error._tag, "AccessDenied")
      assert.deepStrictEqual(yield* upper.files, [])
    }))

  it.effect("passes what the caller passes to the driver on to the lower storage", () =>
    Effect.gen(function*() {
      const { lower, upper } = yield* storages
      const seen: Array<unknown> = []
      const driver = IOProc.overlay({
        ...lower,
        open: (request) => Effect.zipRight(Effect.sync(() => void seen.push(request.parameters)), lower.open(request))
      }, upper)
      yield* Effect.flatMap(driver.open(request("b", { access: "write", parameters: "secret" })), (file) => file.close)
      assert.deepStrictEqual(seen, ["secret"])
    }))
})
