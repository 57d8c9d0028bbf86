/** `mmio recover`: finishes edits that a crash has left in the middle. */
import * as Riff from "@effect-mmio/core/Riff"
import type * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Effect from "effect/Effect"
import { exitCodes } from "../failure.js"
import { withNamed } from "../names.js"
import { Output } from "../output.js"
import { remark } from "../remarks.js"
import { each } from "../run.js"
import { shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly discard: boolean
}

const sentences: Readonly<Record<RiffEdit.Recovery, string>> = {
  nothing: "there is no unfinished edit",
  discarded: "the edit was not complete, and was removed",
  applied: "the edit is finished"
}

const recoverOf = (discard: boolean) => (name: string) =>
  withNamed(name, "write", (located) =>
    Effect.gen(function*() {
      const recovery = yield* Riff.recover(located.name, { discard })
      if (recovery !== "nothing") yield* remark(located)
      const output = yield* Output
      yield* output.result(
        () => ({ name, recovery }),
        (style) => [`${style.bold(shown(name))}: ${sentences[recovery]}`]
      )
      return exitCodes.ok
    }))

export const recover = ({ discard, names }: Options) => each(names, recoverOf(discard))
