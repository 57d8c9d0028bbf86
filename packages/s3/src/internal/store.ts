/**
 * A bucket as a storage uses it: its client, what it honours, and the limits of what is written.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import type * as Effect from "effect/Effect"
import type { Conditions } from "../S3Conditions.js"
import type { S3Error } from "../S3Error.js"
import type * as Api from "../S3IOProc.js"
import type { Client } from "./client.js"
import type { PartRules } from "./plan.js"
import type { Limits } from "./spool.js"

/** @internal */
export interface Store {
  readonly client: Client
  /** What the store honours: known, or found out when it is needed first. */
  readonly conditions: Effect.Effect<Conditions, S3Error>
  readonly settings: Settings
}

/** @internal */
export interface Settings {
  readonly firstRange: number | undefined
  readonly allowUnconditional: boolean
  readonly multipartFrom: number
  readonly parts: PartRules
  readonly parallel: number
  readonly spool: Limits
  readonly contentType: (name: string) => string | undefined
}

const mebibyte = 1024 * 1024
const gibibyte = 1024 * mebibyte

/** The largest object: what AWS and others take. @internal */
export const largestObject = 5 * 1024 * gibibyte

const isCount = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most

/** @internal */
export const settingsOf = (options: Api.Options): Settings | MmioError.InvalidParameter => {
  const {
    allowUnconditional = false,
    contentType = () => undefined,
    equalParts = false,
    firstRange,
    multipartFrom = 32 * mebibyte,
    parallel = 4,
    partSize = 16 * mebibyte,
    smallestPart = 5 * mebibyte,
    spool = {}
  } = options
  const memory = spool.memory ?? 64 * mebibyte
  const ranges: ReadonlyArray<readonly [name: string, value: number, least: number, most: number]> = [
    ["firstRange", firstRange ?? 1, 1, mebibyte],
    ["smallestPart", smallestPart, 1, 5 * mebibyte],
    ["partSize", partSize, 2 * smallestPart, gibibyte],
    ["multipartFrom", multipartFrom, 0, gibibyte],
    ["parallel", parallel, 1, 64],
    ["spool.memory", memory, 65536, 16 * gibibyte]
  ]
  for (const [name, value, least, most] of ranges) {
    if (isCount(value, least, most)) continue
    return new MmioError.InvalidParameter({
      operation: "S3IOProc.make",
      file: `s3://${options.bucket}`,
      description: `${name}: ${value} is not from ${least} to ${most}`
    })
  }
  return {
    firstRange,
    allowUnconditional,
    multipartFrom,
    parts: {
      smallest: smallestPart,
      size: partSize,
      largestCopy: 5 * gibibyte,
      most: 10_000,
      areEqual: equalParts
    },
    parallel,
    spool: { memory, storage: spool.storage },
    contentType
  }
}
