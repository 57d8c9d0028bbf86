import { FileName, FourCC, IOProc, IOProcRegistry, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Exit, Layer, Option, Scope } from "effect"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const XYZ = FourCC.make("XYZ ")
const ARC = FourCC.make("ARC ")

/** A driver whose files, of any name, hold `said`. */
const saying = (said: string): IOProc.IOProc =>
  IOProc.make({
    open: ({ name }) =>
      Effect.succeed(IOProc.makeFile({
        name: name.full,
        size: Effect.succeed(said.length),
        readAt: (offset, target) =>
          Effect.sync(() => {
            const part = bytes(said).subarray(offset, offset + target.length)
            target.set(part)
            return part.length
          })
      }))
  })

const one = saying("one")
const two = saying("two")
const base = saying("base")

/** A registry over a storage of its own. */
const over = (below: IOProc.IOProc) => IOProcRegistry.make(below)

/** Who serves a code, as the driver that was installed. */
const serving = (registry: IOProcRegistry.IOProcRegistry, code: FourCC.FourCC) =>
  Effect.map(registry.find(code), Option.getOrNull)

const contents = (name: string) =>
  Effect.scoped(Effect.flatMap(Mmio.open(name), (file) => Effect.map(Mmio.read(file, 100), text)))

describe("IOProcRegistry", () => {
  it.scoped("serves nothing until something is installed, then that, by its code alone", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      assert.isNull(yield* serving(registry, XYZ))
      yield* registry.install(XYZ, one)
      assert.strictEqual(yield* serving(registry, XYZ), one)
      assert.isNull(yield* serving(registry, ARC))
    }))

  it.scoped("the most recent installation of a code serves, whatever was installed for others since", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      yield* registry.install(XYZ, one)
      yield* registry.install(XYZ, two)
      yield* registry.install(ARC, one)
      assert.strictEqual(yield* serving(registry, XYZ), two)
      assert.strictEqual(yield* serving(registry, ARC), one)
    }))

  it.scoped("removes one installation at a time, the most recent first, and says which", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      yield* registry.install(XYZ, one)
      yield* registry.install(XYZ, two)
      yield* registry.install(XYZ, two)
      yield* registry.install(ARC, one)
      const removed: Array<IOProc.IOProc | null> = []
      for (let i = 0; i < 4; i++) removed.push(Option.getOrNull(yield* registry.remove(XYZ)))
      assert.deepStrictEqual(removed.map((driver) => driver === one ? 1 : driver === two ? 2 : driver), [2, 2, 1, null])
      assert.strictEqual(yield* serving(registry, ARC), one)
    }))

  it.effect("an installation ends with its scope", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* registry.install(XYZ, one)
        assert.strictEqual(yield* serving(registry, XYZ), one)
      }))
      assert.isNull(yield* serving(registry, XYZ))
    }))

  it.effect("a scope ends its own installation, in any order, and not an equal one", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      const [first, second, third] = [yield* Scope.make(), yield* Scope.make(), yield* Scope.make()]
      yield* Scope.extend(registry.install(XYZ, one), first)
      yield* Scope.extend(registry.install(XYZ, two), second)
      yield* Scope.extend(registry.install(XYZ, one), third)
      yield* Scope.close(first, Exit.void)
      assert.strictEqual(yield* serving(registry, XYZ), one, "the third is of the same driver as the first")
      yield* Scope.close(third, Exit.void)
      assert.strictEqual(yield* serving(registry, XYZ), two)
      yield* Scope.close(second, Exit.void)
      assert.isNull(yield* serving(registry, XYZ))
    }))

  it.effect("a scope whose installation was removed by hand takes no other with it", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      const [first, second] = [yield* Scope.make(), yield* Scope.make()]
      yield* Scope.extend(registry.install(XYZ, one), first)
      yield* Scope.extend(registry.install(XYZ, one), second)
      deepStrictEqual(yield* registry.remove(XYZ), Option.some(one))
      yield* Scope.close(second, Exit.void)
      assert.strictEqual(yield* serving(registry, XYZ), one)
      yield* Scope.close(first, Exit.void)
      assert.isNull(yield* serving(registry, XYZ))
    }))

  it.effect("one effect that installs does so each time it is run", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      const install = registry.install(XYZ, one)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* install
        yield* Effect.scoped(install)
        assert.strictEqual(yield* serving(registry, XYZ), one)
      }))
      assert.isNull(yield* serving(registry, XYZ))
    }))

  it.scoped("what is not installed here is looked up below: routes, and registries", () =>
    Effect.gen(function*() {
      const global = yield* over(IOProc.route(base, ARC, one))
      const local = yield* over(global.ioProc)
      assert.strictEqual(yield* serving(local, ARC), one)
      yield* global.install(XYZ, one)
      assert.strictEqual(yield* serving(local, XYZ), one)
      yield* local.install(XYZ, two)
      assert.strictEqual(yield* serving(local, XYZ), two, "local before global")
      assert.strictEqual(yield* serving(global, XYZ), one)
      yield* global.install(XYZ, saying("later"))
      assert.strictEqual(yield* serving(local, XYZ), two, "local before global, whichever is the more recent")
      // what is below is not for this registry to remove
      yield* local.remove(XYZ)
      deepStrictEqual(yield* local.remove(XYZ), Option.none())
      deepStrictEqual(yield* local.remove(ARC), Option.none())
      assert.strictEqual(yield* serving(local, ARC), one)
    }))

  it.scoped("its storage is the one below, with what is installed at the moment of the call", () =>
    Effect.gen(function*() {
      const below = yield* MemoryIOProc.make({ files: { "a": bytes("a") } })
      const registry = yield* over(below)
      const storage = registry.ioProc
      assert.isTrue(IOProc.isIOProc(storage))
      assert.isTrue(yield* storage.exists(FileName.plain("a")))
      yield* registry.install(XYZ, one)
      deepStrictEqual(storage.find(XYZ), Option.some(one))
      yield* registry.remove(XYZ)
      deepStrictEqual(storage.find(XYZ), Option.none())
    }))

  it.scoped("files that are open stay open when their driver is removed", () =>
    Effect.gen(function*() {
      const registry = yield* over(base)
      yield* registry.install(XYZ, one)
      const open = Effect.provideService(Mmio.open("a.xyz+e", { buffer: 1 }), IOProc.IOProc, registry.ioProc)
      const [first, second] = [yield* open, yield* open]
      assert.strictEqual(text(yield* Mmio.read(first, 1)), "o")
      yield* registry.remove(XYZ)
      assert.strictEqual(text(yield* Mmio.read(first, 9)), "ne")
      assert.strictEqual(text(yield* Mmio.read(second, 9)), "one")
      assert.strictEqual((yield* Effect.flip(open))._tag, "CannotOpen")
    }))

  it.effect("as a layer it is a registry, and the storage of the program with it", () =>
    Effect.gen(function*() {
      const registry = yield* IOProcRegistry.IOProcRegistry
      assert.strictEqual((yield* Effect.flip(contents("a.xyz+e")))._tag, "CannotOpen")
      yield* Effect.scoped(Effect.gen(function*() {
        yield* registry.install(XYZ, one)
        assert.strictEqual(yield* contents("a.xyz+e"), "one")
        assert.strictEqual(yield* contents("a.xyz"), "base")
        // routes of the program itself are nearer than what is installed below them
        assert.strictEqual(yield* contents("a.xyz+e").pipe(IOProc.withRoute(XYZ, two)), "two")
      }))
      assert.strictEqual((yield* Effect.flip(contents("a.xyz+e")))._tag, "CannotOpen")
    }).pipe(Effect.provide(IOProcRegistry.layer.pipe(Layer.provide(Layer.succeed(IOProc.IOProc, base))))))
})
