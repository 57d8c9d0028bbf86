/**
 * The objects of a bucket as a storage: any store that speaks the S3 API.
 *
 * - **Names** are keys as they are, or `s3://bucket/key` with the bucket of the storage. There are no folders: `list`
 *   and `stat` take what keys have before a slash for one. Keys with `.` or `..` as a component cannot be asked for by
 *   URLs, and are refused. `list` leaves out what is behind an empty component, as in `a//b`.
 * - **Reading.** An open file is one version of an object (see `HttpRange`), pinned by its entity tag: where the object
 *   changes, reads fail with `VersionChanged`, and never mix two versions.
 * - **Writing.** A file commits on close: the object is the old one or the new one, as a whole. The commit has a
 *   condition: that the object still is the version that was opened, or that there is none yet. A commit that another
 *   writer was faster than is `VersionChanged`. Where the store does not honour the condition, the commit is refused
 *   with `CannotWrite`, and nothing was written.
 * - **Large objects** are written in parts. Of an object that was opened to be changed, unchanged spans are copied
 *   within the store.
 * - **Versions** are entity tags, with their quotes; the identity is `s3://bucket/key`. An object that replaces another
 *   keeps its type, its metadata, its tags and its storage class. Each that is written has the metadata `mmio-commit`,
 *   by which a writer knows its own object where the answer was lost.
 * - **Sharing modes** hold between the handles of one `S3IOProc`. A file that a handle of it has open is not renamed or
 *   removed.
 * - **`rename`** is a copy and then a removal, each under the condition that the object is still the same: others see
 *   it by both names in between. `remove` removes whatever has the name.
 * - **Failures.** An error's `cause` is a `S3Error`, or a `HttpRangeError` with one as its cause: `S3Error.find` finds
 *   it. Requests that fail for a while are made again (`S3Bucket.Options.attempts`). A commit that fails with
 *   `NetworkError` may have been done, or may be done a moment later; it is done as a whole or not at all.
 * - **Costs** of each open file are told by `S3Costs.GetCosts`, those of all by the metrics `mmio_s3_requests` (by
 *   operation), `mmio_s3_sent_bytes`, `mmio_s3_received_bytes`, `mmio_s3_copied_bytes` and `mmio_s3_failures` (by the
 *   store's name for the error).
 *
 * Nothing is read ahead: `IOProc.readAhead` goes around it where files are read in sequence.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/s3IOProc.js"
import type * as S3Bucket from "./S3Bucket.js"
import type { Conditions } from "./S3Conditions.js"
import type { S3Error } from "./S3Error.js"

/**
 * How the storage works.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends S3Bucket.Options {
  /**
   * Which conditions the store honours. `"probe"` finds it out as the storage is made, which writes and removes objects
   * in the bucket; `"probeOnWrite"` as it is needed first, so that what only reads writes nothing. Default: `"probe"`.
   */
  readonly conditions?: Conditions | "probe" | "probeOnWrite" | undefined
  /**
   * Whether to write, rename and remove where the store honours no condition for it. The object is looked at just
   * before, and a change after that is lost. Default: false, it is refused.
   */
  readonly allowUnconditional?: boolean | undefined
  /** How many bytes opening asks for, which are kept while the file is open. From 1 to 2 ** 20. Default: 8192. */
  readonly firstRange?: number | undefined
  /**
   * Contents that are larger than so many bytes are written in parts. Smaller ones are made in memory. From 0 to 1 GiB.
   * Default: 32 MiB.
   */
  readonly multipartFrom?: number | undefined
  /**
   * The size of a part, in bytes, from twice {@link Options.smallestPart} to 1 GiB. Very large objects have larger
   * ones. Default: 16 MiB.
   */
  readonly partSize?: number | undefined
  /**
   * The smallest part that the store takes, but for the last one. Default: 5 MiB, which is the largest that can be
   * given.
   */
  readonly smallestPart?: number | undefined
  /** Whether the store demands that all parts but the last have one size, as R2 does. Default: false. */
  readonly equalParts?: boolean | undefined
  /** How many parts are on their way at once, each in memory. From 1 to 64. Default: 4. */
  readonly parallel?: number | undefined
  /** Where bytes are kept that were written and are not committed. */
  readonly spool?: {
    /** How many bytes of a file are kept in memory. From 64 KiB to 16 GiB. Default: 64 MiB. */
    readonly memory?: number | undefined
    /**
     * Where more than those are kept: in a temporary file of this storage (`tempName`), which is removed with the
     * handle. Default: nowhere, writing more is `CannotExpand`.
     */
    readonly storage?: IOProc.IOProc | undefined
  } | undefined
  /** The type of an object that is created, by its key. Default: `application/octet-stream`. */
  readonly contentType?: ((key: string) => string | undefined) | undefined
}

/**
 * The objects of a bucket. Fails with `InvalidParameter` for an invalid option, and with `S3Error` where the probe
 * fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options: Options
) => Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter | S3Error, HttpClient.HttpClient> = internal.make

/**
 * The objects of a bucket as the program's storage.
 *
 * @example
 * ```ts
 * import { Mmio, Wave } from "@effect-mmio/core"
 * import { S3IOProc } from "@effect-mmio/s3"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const about = Effect.scoped(Effect.flatMap(Mmio.open("takes/1.wav"), Wave.info))
 *
 * export const main = about.pipe(Effect.provide(
 *   S3IOProc.layer({
 *     bucket: "sounds",
 *     region: "eu-central-1",
 *     credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Redacted.make("the secret") }
 *   }).pipe(Layer.provide(FetchHttpClient.layer))
 * ))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<IOProc.IOProc, MmioError.InvalidParameter | S3Error, HttpClient.HttpClient> =>
  Layer.effect(IOProc.IOProc, make(options))

/**
 * The same, with the options of the program's `Config`.
 *
 * @example
 * ```ts
 * import { S3IOProc } from "@effect-mmio/s3"
 * import { Config } from "effect"
 *
 * export const storage = S3IOProc.layerConfig({
 *   bucket: Config.string("BUCKET"),
 *   region: Config.withDefault(Config.string("AWS_REGION"), "us-east-1"),
 *   endpoint: Config.string("AWS_ENDPOINT_URL"),
 *   credentials: Config.all({
 *     accessKeyId: Config.string("AWS_ACCESS_KEY_ID"),
 *     secretAccessKey: Config.redacted("AWS_SECRET_ACCESS_KEY")
 *   })
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<IOProc.IOProc, ConfigError | MmioError.InvalidParameter | S3Error, HttpClient.HttpClient> =>
  Layer.effect(IOProc.IOProc, Effect.flatMap(Config.unwrap(config), make))
