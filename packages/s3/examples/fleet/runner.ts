/** One machine of the fleet: it takes its share of the workflows, and those of machines that died. */
import { NodeRuntime } from "@effect/platform-node"
import { Layer, Logger, LogLevel, Option } from "effect"
import { bucket, cluster } from "./cluster.js"
import { layer } from "./workflow.js"

const runner = layer.pipe(
  Layer.provide(bucket),
  Layer.provide(cluster(Option.some(Number(process.env["RUNNER_PORT"])))),
  Layer.provide(Logger.minimumLogLevel(LogLevel.Warning))
)

NodeRuntime.runMain(Layer.launch(runner))
