/**
 * Walks through the files of independent encoders, and rebuilds the sound ones, on every storage driver:
 *
 *   pnpm fixtures [folder]
 *
 * The folder holds files and a manifest.json as packages/testing/fixtures does, which is the default.
 */
import { MemoryIOProc } from "@effect-mmio/core"
import { Fixtures } from "@effect-mmio/testing"
import { Array, Console, Effect, Number } from "effect"
import * as crypto from "node:crypto"
import * as path from "node:path"
import { bytesOf, complain, drivers, folderOr, main, onEvery, Refusal, textOf } from "./lib/program.js"

const load = (folder: string) => (entry: Fixtures.Entry) =>
  Effect.map(bytesOf(path.join(folder, entry.name)), (bytes) => ({
    entry,
    file: { bytes, sha256: crypto.createHash("sha256").update(bytes).digest("hex") }
  }))

const fixtures = Effect.gen(function*() {
  const folder = yield* folderOr("fixtures")
  const manifest = path.join(folder, "manifest.json")
  const entries = yield* Effect.mapError(
    Fixtures.fromJson(yield* textOf(manifest)),
    (error) => new Refusal({ message: `${manifest} is no manifest: ${error.message}.` })
  )
  return entries.length > 0
    ? yield* Effect.forEach(entries, load(folder))
    : yield* new Refusal({ message: `${manifest} names no files.` })
})

main(Effect.scoped(Effect.gen(function*() {
  const all = yield* fixtures
  const [later, now] = Array.partition(all, ({ entry }) => Fixtures.isChecked(entry))
  const wrong = yield* Effect.forEach(later, ({ entry, file }) =>
    Fixtures.check(entry, file).pipe(
      Effect.zipRight(Console.log(`- ${entry.name} is left for later: ${entry.container} files are not read yet`)),
      Effect.as(0),
      Effect.catchAll((error) => Effect.as(complain(entry.name, error.message), 1)),
      Effect.provide(MemoryIOProc.layer())
    ))
  const { failed, passed } = yield* onEvery(
    yield* drivers,
    now,
    ({ entry }) => entry.name,
    ({ entry, file }, { prefix }) => Fixtures.check(entry, file, { prefix })
  )
  return { passed, failed: failed + Number.sumAll(wrong) }
})))
