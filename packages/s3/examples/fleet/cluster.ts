/** What the processes of the fleet have in common: the database by which they agree, and the bucket. */
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { ClusterWorkflowEngine, RunnerAddress } from "@effect/cluster"
import { FetchHttpClient } from "@effect/platform"
import { NodeClusterSocket } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Layer, Option } from "effect"

const database = Layer.orDie(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") }))

/** The cluster: a runner on this port, or a client that only asks. */
export const cluster = (port: Option.Option<number>) => {
  const address = Option.map(port, (port) => RunnerAddress.make("127.0.0.1", port))
  const shardingConfig = {
    runnerAddress: address,
    shardsPerGroup: 30,
    // A runner that died is found to be dead within half a minute.
    shardLockExpiration: "20 seconds",
    shardLockRefreshInterval: "5 seconds",
    runnerHealthCheckInterval: "5 seconds",
    refreshAssignmentsInterval: "2 seconds",
    entityMessagePollInterval: "1 second",
    entityReplyPollInterval: "500 millis"
  } as const
  const sockets = Option.isSome(address)
    ? NodeClusterSocket.layer({ storage: "sql", shardingConfig })
    : NodeClusterSocket.layer({ storage: "sql", clientOnly: true, shardingConfig })
  return Layer.provideMerge(ClusterWorkflowEngine.layer, sockets).pipe(Layer.provide(database))
}

/** The bucket with the takes. */
export const bucket = S3IOProc.layerConfig({
  bucket: Config.string("BUCKET"),
  region: Config.string("AWS_REGION"),
  endpoint: Config.string("AWS_ENDPOINT_URL"),
  credentials: Config.all({
    accessKeyId: Config.string("AWS_ACCESS_KEY_ID"),
    secretAccessKey: Config.redacted("AWS_SECRET_ACCESS_KEY")
  }),
  conditions: Config.succeed(S3Conditions.all)
}).pipe(Layer.provide(FetchHttpClient.layer))
