/**
 * A worker that fails with the error that it is sent.
 */
import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { WorkerRunner } from "@effect/platform"
import { NodeRuntime, NodeWorkerRunner } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"

class Fail extends Schema.TaggedRequest()("Fail", {
  failure: MmioErrorSchema.MmioError,
  success: Schema.Void,
  payload: { error: MmioErrorSchema.MmioError }
}) {}

NodeRuntime.runMain(WorkerRunner.launch(
  WorkerRunner.layerSerialized(Fail, { Fail: ({ error }) => Effect.fail(error) }).pipe(
    Layer.provide(NodeWorkerRunner.layer)
  )
))
