/**
 * Random changes of an archive under random limits: one that succeeds does what it says and no more, one that fails
 * leaves everything as it was, and the same limits read the archive after each.
 */
import { MemoryIOProc, Mmio } from "@effect-mmio/core"
import { ZipIOProc, ZipLimits } from "@effect-mmio/zip"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as FastCheck from "effect/FastCheck"
import { archive, noise } from "./support/archive.js"
import { contents, save } from "./support/storages.js"

const scale = Number(process.env["MMIO_TEST_SCALE"] ?? 1)

type Change =
  | { readonly _tag: "save"; readonly path: string; readonly bytes: Uint8Array }
  | { readonly _tag: "remove" | "makeFolder" | "removeFolder"; readonly path: string }
  | { readonly _tag: "rename"; readonly path: string; readonly to: string }

const Path = FastCheck.constantFrom("x", "a/x", "a/y", "a/b/x", "a/b/y", "a/b/c/x", "d/x", "d/y")
const Folder = FastCheck.constantFrom("a", "a/b", "a/b/c", "d", "e")
const Changes: FastCheck.Arbitrary<ReadonlyArray<Change>> = FastCheck.array(
  FastCheck.oneof(
    FastCheck.record({
      _tag: FastCheck.constant("save" as const),
      path: Path,
      bytes: FastCheck.constantFrom(new Uint8Array(0), noise(10), noise(300), new Uint8Array(150))
    }),
    FastCheck.record({ _tag: FastCheck.constant("remove" as const), path: Path }),
    FastCheck.record({ _tag: FastCheck.constant("rename" as const), path: Path, to: Path }),
    FastCheck.record({ _tag: FastCheck.constantFrom("makeFolder" as const, "removeFolder" as const), path: Folder })
  ),
  { minLength: 5, maxLength: 12 }
)

const Limits: FastCheck.Arbitrary<Partial<ZipLimits.Limits>> = FastCheck.record({
  entries: FastCheck.constantFrom(3, 4, 5, 20),
  directoryBytes: FastCheck.constantFrom(150, 200, 300, 10_000),
  inflatedBytes: FastCheck.constantFrom(200, 10_000),
  expansion: FastCheck.constantFrom(2, 1032)
})

/** Of each kind of change one that succeeds, and one that a limit refuses: what is random may have none. */
const examples: Array<[changes: ReadonlyArray<Change>, limits: Partial<ZipLimits.Limits>]> = [
  [
    [
      { _tag: "makeFolder", path: "e" },
      { _tag: "removeFolder", path: "e" },
      { _tag: "save", path: "x", bytes: noise(10) },
      { _tag: "rename", path: "x", to: "d/y" },
      { _tag: "remove", path: "d/y" }
    ],
    { entries: 20, directoryBytes: 10_000, inflatedBytes: 10_000, expansion: 1032 }
  ],
  [
    [
      { _tag: "save", path: "x", bytes: noise(10) },
      { _tag: "save", path: "a/x", bytes: noise(10) }
    ],
    { entries: 3, directoryBytes: 10_000, inflatedBytes: 10_000, expansion: 1032 }
  ]
]

/** The files of an archive by path, in base64, and its folders, which have a slash at their end. */
type Tree = Readonly<Record<string, string>>

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")
const files = { "a/b/x": noise(50), "d/x": noise(40) }
const before: Tree = { "a/": "", "a/b/": "", "a/b/x": base64(files["a/b/x"]), "d/": "", "d/x": base64(files["d/x"]) }

const without = (tree: Tree, path: string): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([other]) => other !== path))

/** What a disk has after a change; undefined where the change fails. */
const changed = (tree: Tree, change: Change): Tree | undefined => {
  const hasFolderOf = (path: string) => !path.includes("/") || `${path.slice(0, path.lastIndexOf("/"))}/` in tree
  const { path } = change
  switch (change._tag) {
    case "save":
      return hasFolderOf(path) ? { ...tree, [path]: base64(change.bytes) } : undefined
    case "remove":
      return path in tree ? without(tree, path) : undefined
    case "rename": {
      const bytes = tree[path]
      return bytes === undefined || !hasFolderOf(change.to) ? undefined : { ...without(tree, path), [change.to]: bytes }
    }
    case "makeFolder":
      return hasFolderOf(path) ? { ...tree, [`${path}/`]: "" } : undefined
    case "removeFolder":
      return Object.keys(tree).filter((other) => other.startsWith(`${path}/`)).length === 1
        ? without(tree, `${path}/`)
        : undefined
  }
}

const run = (change: Change) => {
  const name = `a.zip+${change.path}`
  switch (change._tag) {
    case "save":
      return save(name, change.bytes)
    case "remove":
      return Mmio.remove(name)
    case "rename":
      return Mmio.rename(name, `a.zip+${change.to}`)
    case "makeFolder":
      return Mmio.makeFolder(name)
    case "removeFolder":
      return Mmio.removeFolder(name)
  }
}

const readTree = Effect.gen(function*() {
  const tree: Record<string, string> = {}
  const folders = [""]
  for (const folder of folders) {
    for (const { kind, name } of yield* Stream.runCollect(Mmio.list(`a.zip+${folder}`))) {
      const path = `${folder}${name}`
      if (kind === "folder") {
        folders.push(`${path}/`)
        tree[`${path}/`] = ""
      } else tree[path] = base64(yield* contents(`a.zip+${path}`))
    }
  }
  return tree
})

for (const compression of ["stored", "deflated"] as const) {
  const succeeded: Record<Change["_tag"], number> = { save: 0, remove: 0, rename: 0, makeFolder: 0, removeFolder: 0 }
  let limited = 0

  it.effect.prop(
    `changes with ${compression} elements are those of a disk, or are refused by a limit`,
    [Changes, Limits],
    ([changes, limits]) =>
      Effect.gen(function*() {
        let tree = before
        for (const change of changes) {
          const expected = changed(tree, change)
          const result = yield* Effect.either(run(change))
          if (result._tag === "Right") {
            succeeded[change._tag]++
            expect(expected).toBeDefined()
            tree = expected ?? tree
          } else if (expected !== undefined) {
            limited++
            expect(["CannotExpand", "CannotWrite"]).toContain(result.left._tag)
            expect(result.left.message).toContain("ZipLimits.")
          }
          expect(yield* readTree).toEqual(tree)
        }
      }).pipe(
        ZipLimits.withLimits(limits),
        Effect.provide(Layer.provide(
          ZipIOProc.layerWith({ compression }),
          Layer.orDie(MemoryIOProc.layer({
            "a.zip": archive(Object.entries(files).map(([name, bytes]) => ({ name, bytes })))
          }))
        ))
      ),
    { fastCheck: { examples, numRuns: Math.max(30, Math.ceil(60 * scale)) } }
  )

  it(`all kinds of changes with ${compression} elements were made, and some were refused by a limit`, () => {
    for (const [kind, count] of Object.entries(succeeded)) expect([kind, count > 0]).toEqual([kind, true])
    expect(limited).toBeGreaterThan(0)
  })
}
