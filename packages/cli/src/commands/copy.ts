/** `mmio copy`: a file as it is, from any storage to any other. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { exitCodes } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { withProgress } from "../progress.js"
import { withTarget } from "../targets.js"
import { counted, shown } from "../text.js"

export interface Options {
  readonly from: string
  readonly to: string
  readonly force: boolean
}

export const copy = ({ force, from, to }: Options) =>
  Effect.gen(function*() {
    const bytes = yield* withReading(from, "read", (source) =>
      Effect.flatMap(Mmio.seek(source, 0, "end"), (total) =>
        withProgress(from, "bytes", (advance) =>
          withTarget(to, { force, from }, (target) => {
            let done = 0
            return Stream.run(
              Stream.tap(Mmio.stream(source, { from: 0 }), (block) =>
                Effect.sync(() => {
                  done += block.length
                  advance(done, total)
                })),
              Mmio.sink(target)
            )
          }))))
    const output = yield* Output
    if (to !== "-") {
      yield* output.result(
        () => ({ from, to, bytes }),
        () => [`${shown(from)} -> ${shown(to)}: ${counted(bytes, "byte")}`]
      )
    }
    return exitCodes.ok
  })
