/**
 * Files in parts: names that change, and what a call that fails in the middle leaves.
 */
import { FileName, IOProc, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { numbers } from "../support/answering.js"
import { contentOf, failingAt, outcomeOf, request, treeOf } from "../support/storages.js"

/** `a` has three parts of ten bytes, `b` has five, and `dir/c` has one. */
const files = {
  "a.0": numbers(10),
  "a.1": numbers(10),
  "a.2": numbers(3),
  "b.0": numbers(10),
  "b.1": numbers(10),
  "b.2": numbers(10),
  "b.3": numbers(10),
  "b.4": numbers(1),
  "dir/c.0": numbers(4)
}

const storage = Effect.map(MemoryIOProc.make({ files }), (inner) => ({ inner, driver: IOProc.split(inner, 10) }))

const plain = FileName.plain

describe("split", () => {
  it.effect("renames over a file of more parts, and over one of fewer, and leaves no part of it", () =>
    Effect.gen(function*() {
      for (const [from, to] of [["a", "b"], ["b", "a"], ["dir/c", "a"], ["b", "dir/c"]] as const) {
        const { driver, inner } = yield* storage
        const [tree, content] = [yield* treeOf(driver), yield* contentOf(driver, from)]
        yield* driver.rename(plain(from), plain(to))
        const { [from]: _, ...rest } = tree
        assert.deepStrictEqual(yield* treeOf(driver), { ...rest, [to]: content })
        const parts = Math.floor(content.length / 10) + 1
        assert.deepStrictEqual(
          (yield* inner.files).filter((name) => name.startsWith(`/${to}.`)),
          Array.from({ length: parts }, (_, part) => `/${to}.${part}`)
        )
        assert.deepStrictEqual((yield* inner.files).filter((name) => name.includes(".split.")), [])
      }
    }))

  it.effect("keeps a file that is renamed to another spelling of its name", () =>
    Effect.gen(function*() {
      for (const to of ["a", "./a", "dir/../a", "/a"]) {
        const { driver } = yield* storage
        const tree = yield* treeOf(driver)
        yield* driver.rename(plain("a"), plain(to))
        assert.deepStrictEqual(yield* treeOf(driver), tree, to)
      }
    }))

  it.effect("keeps a file that is renamed to another name of its first part", () =>
    Effect.gen(function*() {
      const { inner } = yield* storage
      // A storage with links: "link/a" is "a".
      const resolved = (name: FileName.FileName) => plain(name.full.replace("link/", ""))
      const linked: IOProc.IOProc = {
        ...inner,
        rename: (from, to) => inner.rename(resolved(from), resolved(to)),
        exists: (name) => inner.exists(resolved(name)),
        stat: (name) => inner.stat(resolved(name))
      }
      yield* IOProc.split(linked, 10).rename(plain("a"), plain("link/a"))
      assert.deepStrictEqual(yield* inner.files, Object.keys(files).map((name) => `/${name}`).toSorted())
    }))

  it.effect("puts aside parts that no file has, so that they do not become the end of a file that is renamed", () =>
    Effect.gen(function*() {
      const { driver, inner } = yield* storage
      yield* inner.put("dir/d.3", numbers(10))
      yield* driver.rename(plain("a"), plain("dir/d"))
      assert.deepStrictEqual((yield* contentOf(driver, "dir/d")).length, 23)
      assert.isFalse(yield* inner.exists(plain("dir/d.3")))
    }))

  it.effect("has a temporary file get the permissions of the first part of a file", () =>
    Effect.gen(function*() {
      const { inner } = yield* storage
      const asked: Array<string | undefined> = []
      const driver = IOProc.split({
        ...inner,
        tempName: (request) =>
          Effect.zipRight(Effect.sync(() => void asked.push(request.like?.full)), inner.tempName(request))
      }, 10)
      yield* driver.tempName({ like: plain("a") })
      assert.deepStrictEqual(asked, ["a.0"])
    }))

  it.effect("removes files of a storage without temporary names, the last part first", () =>
    Effect.gen(function*() {
      const { inner } = yield* storage
      const { tempName } = IOProc.make({ open: inner.open })
      const removed: Array<string> = []
      const driver = IOProc.split({
        ...inner,
        tempName,
        remove: (name) => Effect.zipRight(Effect.sync(() => void removed.push(name.full)), inner.remove(name))
      }, 10)
      yield* driver.remove(plain("a"))
      assert.deepStrictEqual(removed, ["a.2", "a.1", "a.0"])
      assert.isFalse(yield* driver.exists(plain("a")))
    }))
})

const changes: Record<string, (driver: IOProc.IOProc) => Effect.Effect<unknown, MmioError.MmioError>> = {
  "rename over a file of more parts": (driver) => driver.rename(plain("a"), plain("b")),
  "rename over a file of fewer parts": (driver) => driver.rename(plain("b"), plain("a")),
  "rename to a new name": (driver) => driver.rename(plain("a"), plain("dir/new")),
  "rename to a missing folder": (driver) => driver.rename(plain("a"), plain("missing/new")),
  "remove": (driver) => driver.remove(plain("b")),
  "create a new file": (driver) => driver.open(request("new", { access: "write", create: "new" }))
}

describe("a change of a split file that fails", () => {
  for (const [what, change] of Object.entries(changes)) {
    it.effect(`changes nothing, whichever call of the storage fails: ${what}`, () =>
      Effect.gen(function*() {
        for (let number = 0;; number++) {
          const { inner } = yield* storage
          const failing = failingAt(inner, number)
          const driver = IOProc.split(failing.driver, 10)
          const [tree, stored] = [yield* treeOf(driver), yield* treeOf(inner)]
          yield* failing.begin
          const outcome = yield* Effect.either(change(driver))
          yield* failing.end
          if (outcome._tag === "Left") {
            assert.deepStrictEqual(yield* treeOf(driver), tree, `${failing.state.failed}, call ${number}`)
            assert.deepStrictEqual(yield* treeOf(inner), stored, `${failing.state.failed}, call ${number}`)
          }
          if (failing.state.failed === "") return
        }
      }))
  }

  it.effect("leaves the front of the file, and no bytes past its end, where the file was to be truncated", () =>
    Effect.gen(function*() {
      for (let number = 0;; number++) {
        const { inner } = yield* storage
        const failing = failingAt(inner, number)
        const driver = IOProc.split(failing.driver, 10)
        const before = yield* contentOf(driver, "b")
        yield* failing.begin
        const outcome = yield* outcomeOf(driver.open(request("b", { access: "readWrite", create: "truncate" })))
        yield* failing.end
        const after = yield* contentOf(driver, "b")
        assert.deepStrictEqual(after, before.slice(0, after.length))
        if (typeof outcome !== "string") assert.lengthOf(after, 0)
        // What is written to the end shows nothing that was there before.
        const file = yield* driver.open(request("b", { access: "write" }))
        yield* file.truncate!(50)
        yield* file.close
        assert.deepStrictEqual(yield* contentOf(driver, "b"), [...after, ...new Uint8Array(50 - after.length)])
        if (failing.state.failed === "") return
      }
    }))
})
