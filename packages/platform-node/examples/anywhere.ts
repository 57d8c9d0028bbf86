/**
 * Runs one program on the same WAVE file on disk, in memory, on a web server and in a database:
 *
 *   node scripts/start.mjs examples/anywhere [take.wav]
 *
 * The program, in `anywhere/program.ts`, knows nothing of the storages, which are Layers in `anywhere/storages.ts`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Option } from "effect"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { type Facts, inspectAndRetag } from "./anywhere/program.js"
import { storages } from "./anywhere/storages.js"

const sample = fileURLToPath(new URL("../../examples/tone.wav", import.meta.url))

const sentence = ({ sampleRate, seconds, title }: Facts) =>
  `${sampleRate} Hz, ${Option.getOrElse(seconds, () => "unknown")} s, ${
    Option.match(title, { onNone: () => "no title", onSome: (text) => `title "${text}"` })
  }`

const main = Effect.gen(function*() {
  const bytes = fs.readFileSync(process.argv[2] ?? sample)
  for (const [kind, storage] of Object.entries(storages)) {
    const { layer, name } = yield* storage(bytes)
    const { after, before } = yield* Effect.provide(inspectAndRetag(name, "Anywhere"), layer)
    const outcome = Option.match(after, { onNone: () => "only read", onSome: sentence })
    yield* Console.log(`${kind.padEnd(10)}${sentence(before)} -> ${outcome}`)
  }
})

NodeRuntime.runMain(Effect.scoped(main))
