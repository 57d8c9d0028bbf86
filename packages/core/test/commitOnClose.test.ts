/**
 * Files that replace a name as a whole: the old content or the new one, whatever fails, and nothing else in the folder
 * is touched.
 */
import { FileName, IOProc, MemoryIOProc, Mmio, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option, Scope } from "effect"
import { numbers } from "./support/answering.js"
import { outcomeOf, yielding } from "./support/storages.js"

const old = numbers(100)
const create = { access: "readWrite", create: true } as const

const storage = Effect.map(
  MemoryIOProc.make({ files: { "dir/a": old, "dir/b": numbers(3) } }),
  (memory) => ({ memory, driver: IOProc.commitOnClose(memory) })
)

const names = (memory: MemoryIOProc.MemoryIOProc) => memory.files

describe("commitOnClose", () => {
  it.effect("writes a new content beside the old one, which takes its place as the scope ends", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", create)
        assert.strictEqual(yield* Mmio.seek(file, 0, "end"), 0)
        yield* Mmio.write(file, numbers(50))
        yield* Mmio.flush(file)
        assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
        assert.lengthOf(yield* names(memory), 3)
      }))
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), numbers(50))
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("lets one of several that commit at the same time replace the content, and none of the others", () =>
    Effect.gen(function*() {
      const { memory } = yield* storage
      const driver = IOProc.commitOnClose(yielding(memory))
      const outcomes = yield* Effect.forEach([1, 2, 3, 4], (size) =>
        outcomeOf(Effect.scoped(Effect.gen(function*() {
          const file = yield* Mmio.openWith(driver, "dir/a", { ...create, share: "denyNone" })
          yield* Mmio.write(file, numbers(size))
          // All are open before the first of them commits.
          yield* Effect.repeatN(Effect.yieldNow(), 50)
          yield* Mmio.commit(file)
          return size
        }))), { concurrency: "unbounded" })
      const [committed, ...others] = outcomes.filter((outcome) => outcome !== "VersionChanged")
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), numbers(Number(committed)))
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("leaves the old content, and no temporary file, where the scope fails", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", create)
        yield* Mmio.write(file, numbers(5000))
        yield* Mmio.flush(file)
        return yield* Effect.fail("mine")
      })))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("creates a name that did not exist only with the commit", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/c", { access: "write", create: "new" })
        yield* Mmio.write(file, numbers(5))
        assert.isFalse(yield* memory.exists(FileName.plain("dir/c")))
        yield* Mmio.commit(file)
        assert.deepStrictEqual(yield* memory.bytes("dir/c"), numbers(5))
      }))
      const error = yield* Effect.flip(
        Effect.scoped(Mmio.openWith(driver, "dir/c", { access: "write", create: "new" }))
      )
      assert.deepStrictEqual([error._tag, Reflect.get(error, "errno")], ["CannotOpen", "EEXIST"])
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b", "/dir/c"])
    }))

  it.effect("continues after a commit with another temporary file", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      const scope = yield* Scope.make()
      const file = yield* Scope.extend(Mmio.openWith(driver, "dir/a", { ...create, buffer: 16 }), scope)
      const first = numbers(200_000)
      yield* Mmio.write(file, first)
      yield* Mmio.commit(file)
      yield* Mmio.commit(file)
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), first)
      yield* Mmio.seek(file, 10)
      yield* Mmio.write(file, Uint8Array.of(250))
      yield* Mmio.flush(file)
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), first)
      yield* Scope.close(scope, Exit.void)
      const second = first.slice()
      second[10] = 250
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), second)
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("does not overwrite what another program wrote meanwhile", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", create)
        yield* Mmio.write(file, numbers(50))
        yield* memory.put("dir/a", numbers(7))
        assert.strictEqual((yield* Effect.flip(Mmio.commit(file)))._tag, "VersionChanged")
      })))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), numbers(7))
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("replaces what a name leads to, in the folder of that", () =>
    Effect.gen(function*() {
      const { memory } = yield* storage
      yield* memory.makeFolder(FileName.plain("links"))
      const folders: Array<string | undefined> = []
      const driver = IOProc.commitOnClose(IOProc.make({
        ...memory,
        realName: (name) => Effect.succeed(name.full === "links/a" ? FileName.plain("dir/a") : name),
        tempName: (request) => {
          folders.push(request.folder)
          return memory.tempName(request)
        }
      }))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "links/a", create)
        yield* Mmio.write(file, numbers(50))
      }))
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), numbers(50))
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
      assert.deepStrictEqual(folders, ["dir/"])
    }))

  it.effect("does not overwrite a file of the same size and time that took the name meanwhile", () =>
    Effect.gen(function*() {
      const { memory } = yield* storage
      let identity = "one"
      const driver = IOProc.commitOnClose(IOProc.make({
        ...memory,
        stat: (name) =>
          Effect.map(memory.stat(name), (stat) => ({
            ...stat,
            version: Option.none(),
            modified: Option.none(),
            identity: Option.some(identity)
          }))
      }))
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", create)
        yield* Mmio.write(file, numbers(50))
        identity = "another"
        assert.strictEqual((yield* Effect.flip(Mmio.commit(file)))._tag, "VersionChanged")
      })))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
    }))

  it.effect("checks sharing, folders and versions as the storage does, before it makes anything", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Mmio.openWith(memory, "dir/a", { share: "denyWrite" })
        assert.strictEqual((yield* Effect.flip(Mmio.openWith(driver, "dir/a", create)))._tag, "SharingViolation")
      }))
      const fails = (name: string, options: Mmio.OpenOptions<"readWrite">) =>
        Effect.map(Effect.flip(Effect.scoped(Mmio.openWith(driver, name, options))), ({ _tag }) => _tag)
      assert.strictEqual(yield* fails("dir", create), "CannotOpen")
      assert.strictEqual(yield* fails("nowhere/a", create), "PathNotFound")
      assert.strictEqual(yield* fails("dir/a", { ...create, ifVersion: "other" }), "VersionChanged")
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("says what the system said of a rename that fails", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { "dir/a": old } })
      const full = new MmioError.AccessDenied({ operation: "told", file: "to", description: "no", errno: "EROFS" })
      const driver = IOProc.commitOnClose({ ...memory, rename: () => Effect.fail(full) })
      const failed = yield* Effect.flip(
        Effect.provideService(
          Mmio.withFile("dir/a", create, (file) => Mmio.write(file, numbers(5))),
          IOProc.IOProc,
          driver
        )
      )
      assert.instanceOf(failed, MmioError.CannotWrite)
      assert.strictEqual(failed.errno, "EROFS")
    }))

  it.effect("keeps the old content at whichever call of the storage a failure comes", () =>
    Effect.gen(function*() {
      for (let failing = 0; failing < 30; failing++) {
        const memory = yield* MemoryIOProc.make({ files: { "dir/a": old } })
        let calls = 0
        const fails = Effect.suspend(() =>
          calls++ === failing
            ? Effect.fail(new MmioError.CannotWrite({ operation: "told", file: "to", description: "fail", written: 0 }))
            : Effect.void
        )
        const faulty = IOProc.mapFile(memory, (file) => ({
          ...file,
          writeAt: (position, source, mode) => Effect.zipRight(fails, file.writeAt!(position, source, mode)),
          close: Effect.zipRight(file.close, fails)
        }))
        const renaming: IOProc.IOProc = {
          ...faulty,
          rename: (from, to) => Effect.zipRight(fails, memory.rename(from, to))
        }
        const exit = yield* Effect.exit(
          Mmio.withFile(
            "dir/a",
            { ...create, buffer: 8 },
            (file) => Effect.zipRight(Mmio.write(file, numbers(5)), Mmio.write(file, numbers(40)))
          ).pipe(
            Effect.provideService(IOProc.IOProc, IOProc.commitOnClose(renaming))
          )
        )
        const bytes = yield* memory.bytes("dir/a")
        if (Exit.isSuccess(exit)) assert.lengthOf(bytes, 45)
        else assert.isTrue(bytes.length === 45 || bytes.every((byte, i) => byte === old[i]), String(failing))
        assert.deepStrictEqual(yield* names(memory), ["/dir/a"], String(failing))
      }
    }))

  it.effect("leaves files that are not created in place, and refuses a storage that cannot replace a file", () =>
    Effect.gen(function*() {
      const { driver, memory } = yield* storage
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(driver, "dir/a", { access: "readWrite" })
        yield* Mmio.write(file, Uint8Array.of(9))
        yield* Mmio.flush(file)
        assert.strictEqual((yield* memory.bytes("dir/a"))[0], 9)
      }))
      assert.deepStrictEqual(driver.middleware, ["commitOnClose"])
      assert.throws(() => IOProc.commitOnClose(IOProc.make({ open: memory.open })), MmioError.InvalidParameter)
    }))

  it.effect("leaves files that commit on close by themselves to their storage", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { "dir/a": old }, commit: "onClose" })
      const driver = IOProc.commitOnClose(memory)
      const version = Effect.map(memory.stat(FileName.plain("dir/a")), (stat) => stat.version)
      for (const name of ["dir/a", "dir/c"]) {
        const before = yield* version
        const scope = yield* Scope.make()
        const file = yield* Scope.extend(Mmio.openWith(driver, name, create), scope)
        assert.deepStrictEqual(yield* version, before)
        yield* Mmio.write(file, numbers(5))
        yield* Mmio.commit(file)
        assert.deepStrictEqual(yield* memory.bytes(name), numbers(5))
        yield* Mmio.write(file, numbers(5))
        yield* Mmio.flush(file)
        assert.deepStrictEqual(yield* memory.bytes(name), numbers(5))
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* memory.bytes(name), Uint8Array.of(...numbers(5), ...numbers(5)))
      }
      const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        for (const name of ["dir/a", "dir/d"]) {
          const file = yield* Mmio.openWith(driver, name, create)
          yield* Mmio.write(file, numbers(50))
          yield* Mmio.flush(file)
        }
        return yield* Effect.fail("mine")
      })))
      assert.isTrue(Exit.isFailure(exit))
      assert.lengthOf(yield* memory.bytes("dir/a"), 10)
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/c"])
    }))

  it.effect("lets the first of two commit over such a storage, in whichever order they were opened", () =>
    Effect.gen(function*() {
      for (const name of ["dir/a", "dir/c"]) {
        for (const first of [0, 1]) {
          const memory = yield* MemoryIOProc.make({ files: { "dir/a": old }, commit: "onClose" })
          const driver = IOProc.commitOnClose(memory)
          const outcomes: Array<string | void> = []
          const exit = yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
            const files = [
              yield* Mmio.openWith(driver, name, { ...create, share: "denyNone" }),
              yield* Mmio.openWith(driver, name, { ...create, share: "denyNone" })
            ] as const
            yield* Mmio.write(files[0], numbers(1))
            yield* Mmio.write(files[1], numbers(2))
            outcomes.push(
              yield* outcomeOf(Mmio.commit(files[first]!)),
              yield* outcomeOf(Mmio.commit(files[1 - first]!))
            )
          })))
          // The handle that could not commit cannot as it is closed, too.
          assert.isTrue(Exit.isFailure(exit))
          assert.deepStrictEqual(outcomes, [undefined, "VersionChanged"])
          assert.deepStrictEqual(yield* memory.bytes(name), numbers(first + 1))
          assert.deepStrictEqual(yield* names(memory), name === "dir/a" ? ["/dir/a"] : ["/dir/a", "/dir/c"])
        }
      }
    }))

  it.effect("commits nothing as it looks at the file that is to be replaced", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { "dir/a": old } })
      let closes = 0
      const driver = IOProc.commitOnClose(IOProc.mapFile(memory, (file) => ({
        ...file,
        close: Effect.zipRight(Effect.sync(() => closes++), file.close)
      })))
      const file = yield* driver.open(IOProc.openRequest("dir/a", { access: "write", create: "truncate" }))
      assert.strictEqual(closes, 0)
      yield* file.abort
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
    }))

  it.effect("can set the size where the temporary file can", () =>
    Effect.gen(function*() {
      const { memory } = yield* storage
      const opened = (capable: Partial<IOProc.File>) =>
        IOProc.commitOnClose(IOProc.mapFile(memory, (file) => ({
          ...file,
          ...capable,
          capabilities: { ...file.capabilities, truncate: !("truncate" in capable) }
        }))).open(IOProc.openRequest("dir/a", { access: "readWrite", create: "truncate" }))
      for (const capable of [{}, { truncate: undefined }]) {
        const file = yield* opened(capable)
        assert.strictEqual(file.truncate !== undefined, !("truncate" in capable))
        assert.strictEqual(file.capabilities.truncate, !("truncate" in capable))
        yield* file.abort
      }
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))

  it.effect("is refused, and leaves nothing, over a storage that only reads its files", () =>
    Effect.gen(function*() {
      const { memory } = yield* storage
      const driver = IOProc.commitOnClose(IOProc.mapFile(memory, (file) => ({ ...file, writeAt: undefined })))
      for (const name of ["dir/a", "dir/c"]) {
        const error = yield* Effect.flip(
          driver.open(IOProc.openRequest(name, { access: "write", create: "truncate" }))
        )
        assert.strictEqual(error._tag, "AccessDenied")
      }
      assert.deepStrictEqual(yield* memory.bytes("dir/a"), old)
      assert.deepStrictEqual(yield* names(memory), ["/dir/a", "/dir/b"])
    }))
})
