/**
 * The objects of stores that speak the S3 API: loaded when a name begins with `s3://`. The environment says which store
 * it is, and who asks, by the variables that other programs for S3 read, too.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as S3Bucket from "@effect-mmio/s3/S3Bucket"
import * as S3Conditions from "@effect-mmio/s3/S3Conditions"
import * as S3IOProc from "@effect-mmio/s3/S3IOProc"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { exitCodes, Failure, type FileError, usage } from "./failure.js"
import type { Located } from "./storages.js"

const client = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" })
)

/** The first of these variables that is set. */
const variable = (...names: ReadonlyArray<string>): string | undefined =>
  names.map((name) => process.env[name]).find((value) => value !== undefined && value !== "")

const credentials = (): S3Bucket.Credentials | undefined => {
  const accessKeyId = variable("AWS_ACCESS_KEY_ID")
  const secret = variable("AWS_SECRET_ACCESS_KEY")
  const token = variable("AWS_SESSION_TOKEN")
  return accessKeyId === undefined || secret === undefined ? undefined : {
    accessKeyId,
    secretAccessKey: Redacted.make(secret),
    sessionToken: token === undefined ? undefined : Redacted.make(token)
  }
}

/**
 * Where `s3://bucket/key` leads. What is read in sequence is read ahead; what is too much for the memory is kept on the
 * disk until it is written.
 */
export const locate = (url: string, disk: IOProc.IOProc): Effect.Effect<Located, FileError> =>
  Effect.suspend((): Effect.Effect<Located, FileError> => {
    const [, bucket = ""] = /^s3:\/\/([^/]*)/.exec(url) ?? []
    if (bucket === "") return Effect.fail(usage(`${url} names no bucket: s3://bucket/key does`))
    const endpoint = variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    const storage = S3IOProc.make({
      bucket,
      region: variable("AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1",
      endpoint,
      credentials: credentials(),
      // What AWS honours is known. Of others it is found out before the first change, so that what only reads writes
      // nothing.
      conditions: endpoint === undefined ? S3Conditions.all : "probeOnWrite",
      spool: { storage: disk }
    })
    return Effect.map(Effect.provide(storage, client), (ioProc) => ({
      ioProc: IOProc.readAhead(ioProc),
      name: FileName.plain(url)
    })).pipe(
      Effect.catchTag("S3Error", ({ message }) => Effect.fail(new Failure({ exitCode: exitCodes.io, message })))
    )
  })
