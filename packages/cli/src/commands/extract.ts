/** `mmio extract`: the data of a chunk as a file. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { exitCodes } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { pathIn } from "../paths.js"
import { withProgress } from "../progress.js"
import { withTarget } from "../targets.js"
import { counted, shown } from "../text.js"

export interface Options {
  readonly name: string
  readonly chunk: string
  readonly output: string
  readonly force: boolean
}

export const extract = ({ chunk, force, name, output: to }: Options) =>
  Effect.gen(function*() {
    const bytes = yield* withReading(name, "read", (file) =>
      Effect.gen(function*() {
        const found = yield* Riff.find(file, yield* pathIn(file, chunk))
        return yield* withProgress(name, "bytes", (advance) =>
          withTarget(to, { force, from: name }, (target) => {
            let done = 0
            return Stream.run(
              Stream.tap(Riff.stream(file, found), (block) =>
                Effect.sync(() => {
                  done += block.length
                  advance(done, found.size)
                })),
              Mmio.sink(target)
            )
          }))
      }))
    const output = yield* Output
    if (to !== "-") {
      yield* output.result(() => ({ name, chunk, output: to, bytes }), () => [
        `${shown(chunk)} of ${shown(name)} -> ${shown(to)}: ${counted(bytes, "byte")}`
      ])
    }
    return exitCodes.ok
  })
