/**
 * Reads the files of independent encoders, sound and damaged ones, compares what is in them and what is wrong with them
 * to what their manifest says, writes them again and repairs them, on every storage driver:
 *
 *   npm run fixtures -- [folder]
 *
 * The folder holds files and a manifest.json as packages/proofs/fixtures does, which is the default.
 */
import { Effect } from "effect"
import * as crypto from "node:crypto"
import * as path from "node:path"
import * as Fixtures from "../src/Fixtures.js"
import { bytesOf, drivers, folderOr, main, onEvery, Refusal, textOf } from "./lib/program.js"

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
  return yield* onEvery(
    yield* drivers,
    all,
    ({ entry }) => entry.name,
    ({ entry, file }, { prefix }) => Fixtures.check(entry, file, { prefix })
  )
})))
