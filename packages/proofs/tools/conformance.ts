/**
 * Replays recorded calls on every storage driver:
 *
 *   npm run conformance -- [folder]
 *
 * The folder holds files of traces as packages/proofs/conformance does, which is the default.
 */
import { Effect } from "effect"
import * as path from "node:path"
import * as Conformance from "../src/Conformance.js"
import { drivers, folderOr, list, main, onEvery, Refusal, textOf } from "./lib/program.js"

const load = (file: string) =>
  Effect.flatMap(textOf(file), (text) =>
    Effect.mapError(
      Conformance.fromJson(text),
      (error) => new Refusal({ message: `${file} is no file of traces: ${error.message}.` })
    ))

const traces = Effect.gen(function*() {
  const folder = yield* folderOr("conformance")
  const files = (yield* list(folder)).filter((file) => file.endsWith(".json"))
  const traces = (yield* Effect.forEach(files, (file) => load(path.join(folder, file)))).flat()
  return traces.length > 0
    ? traces
    : yield* new Refusal({ message: `There are no traces in the folder ${folder}.` })
})

main(Effect.scoped(Effect.gen(function*() {
  const all = yield* traces
  return yield* onEvery(
    yield* drivers,
    all,
    (trace) => trace.name,
    (trace, { prefix }) => Conformance.replay(trace, { prefix })
  )
})))
