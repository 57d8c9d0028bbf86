/** What a command has to say of where it has written. */
import * as Effect from "effect/Effect"
import { Output } from "./output.js"
import type { Located } from "./storages.js"

/** Says that what was written does not last, where that is so. */
export const remark = ({ name, remark }: Located): Effect.Effect<void, never, Output> =>
  remark === undefined ? Effect.void : Effect.flatMap(Output, (output) => output.note(`${name.full}: ${remark}`))
