/** Mending a take as a durable workflow: each step is an activity, which runs at least once. */
import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { Activity, Workflow } from "@effect/workflow"
import { Effect, Schema } from "effect"
import { again, repair, retag, verify } from "./mend.js"

export const Mend = Workflow.make({
  name: "Mend",
  payload: { key: Schema.String },
  // One workflow a take, however often it is asked for.
  idempotencyKey: ({ key }) => key,
  success: Schema.Struct({ corrections: Schema.Number, isTagged: Schema.Boolean }),
  error: MmioErrorSchema.MmioError
})

export const layer = Mend.toLayer(({ key }) =>
  Effect.gen(function*() {
    const isSound = yield* Activity.make({
      name: "Verify",
      success: Schema.Boolean,
      error: MmioErrorSchema.MmioError,
      execute: verify(key)
    })
    const corrections = isSound ? 0 : yield* Activity.make({
      name: "Repair",
      success: Schema.Number,
      error: MmioErrorSchema.MmioError,
      execute: again(repair(key))
    })
    const isTagged = yield* Activity.make({
      name: "Retag",
      success: Schema.Boolean,
      error: MmioErrorSchema.MmioError,
      execute: again(retag(key))
    })
    return { corrections, isTagged }
  })
)
