/**
 * The files of web servers, as a storage that only reads: `https://example.com/take1.wav`, of which the parts that are
 * needed are asked for by ranges.
 *
 * An open file is one version of a resource (see `HttpRange`): where the resource changes, reads fail with
 * `VersionChanged`, and never mix two versions.
 *
 * - **Names** are URLs. With {@link Options.baseUrl} they are paths below it, in which no character is special, or URLs
 *   that begin with it; a name that leads out of it is `AccessDenied`. A URL that holds a user or a password is
 *   refused, since names are shown: that is what {@link Options.headers} are for.
 * - **Opening** is one request, for the first 8 KiB. A server that does not answer ranges is `CannotOpen`, unless the
 *   whole resource fits in there; so is a resource of which it tells no version, unless {@link Options.allowUnpinned}.
 *   For writing, it is `AccessDenied`. `share` means nothing here, nor do `ioProc` and `parameters`.
 * - **Capabilities.** Files are concurrent and cancellable; their version is the strong entity tag, else the date of
 *   the last change; their identity is the URL.
 * - **`stat`** and `exists` ask by HEAD, or for one byte where the server knows no HEAD. `fullName` gives the URL. What
 *   changes the server, and `list`, is `AccessDenied`.
 * - **Failures** are reported once, and nothing is tried again. An error's `cause` is a `HttpRangeError`;
 *   `HttpRangeError.retryAfter` says how long a server asks to wait.
 * - **Interruption** cancels the request: opening, too, can be interrupted, also where the caller has made it
 *   uninterruptible.
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
import type * as Redacted from "effect/Redacted"
import type * as HttpRange from "./HttpRange.js"
import * as internal from "./internal/httpIOProc.js"
import { prefixes as urlPrefixes } from "./internal/names.js"

/**
 * How the storage works.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends HttpRange.Limits {
  /**
   * The folder that names are relative to, an http or https URL without a query; nothing outside of it can be asked
   * for. Default: names are URLs.
   */
  readonly baseUrl?: string | undefined
  /**
   * Headers of every request, such as `authorization`. They go to the origin that is asked, and not to those that it
   * redirects to. No log, span or error shows those that are `Redacted`. Those by which ranges are asked for (`range`,
   * `if-match`, `if-unmodified-since`, `accept-encoding`) are the driver's own.
   */
  readonly headers?: { readonly [name: string]: string | Redacted.Redacted } | undefined
  /** As in `HttpRange.Options`. */
  readonly allowUnpinned?: boolean | undefined
}

/**
 * The files of web servers. Fails with `InvalidParameter` for an invalid option.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options?: Options
) => Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter, HttpClient.HttpClient> = internal.make

/**
 * The files of web servers as the program's storage, with options.
 *
 * @example
 * ```ts
 * import { IOProc, Mmio, Wave } from "@effect-mmio/core"
 * import { HttpIOProc } from "@effect-mmio/http"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const duration = Effect.scoped(Effect.flatMap(Mmio.open("takes/1.wav"), Wave.info))
 *
 * export const main = duration.pipe(Effect.provide(
 *   HttpIOProc.layerWith({
 *     baseUrl: "https://example.com/sounds/",
 *     headers: { authorization: Redacted.make("Bearer token") }
 *   }).pipe(Layer.provide(FetchHttpClient.layer))
 * ))
 * export type Storage = IOProc.IOProc
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (
  options?: Options
): Layer.Layer<IOProc.IOProc, MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Layer.effect(IOProc.IOProc, make(options))

/**
 * The files of web servers as the program's storage; names are URLs.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc, never, HttpClient.HttpClient> = Layer.orDie(layerWith())

/**
 * The same, with the options of the program's `Config`.
 *
 * @example
 * ```ts
 * import { HttpIOProc } from "@effect-mmio/http"
 * import { Config } from "effect"
 *
 * export const storage = HttpIOProc.layerConfig({
 *   baseUrl: Config.string("SOUNDS_URL"),
 *   headers: Config.all({ authorization: Config.redacted("SOUNDS_AUTHORIZATION") }),
 *   timeout: Config.withDefault(Config.duration("SOUNDS_TIMEOUT"), "30 seconds")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<IOProc.IOProc, ConfigError | MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Layer.effect(IOProc.IOProc, Effect.flatMap(Config.unwrap(config), make))

// ---------------------------------------------------------------------------------------------------------------------
// beside another storage
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What the names of this storage begin with, in either case.
 *
 * @since 0.1.0
 * @category names
 */
export const prefixes: ReadonlyArray<string> = urlPrefixes

/**
 * Whether a name is a URL that this storage can be asked for.
 *
 * @since 0.1.0
 * @category names
 */
export const isUrl: (name: string) => boolean = internal.isUrl

/**
 * A layer that has names which are URLs ({@link isUrl}) served over HTTP, and all others by the storage below. Names
 * that say a code (`songs.zip+intro.wav`) go where the storage below has them, as before. No file can be renamed from
 * the one to the other: that is `AccessDenied`.
 *
 * @example
 * ```ts
 * import { HttpIOProc } from "@effect-mmio/http"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer } from "effect"
 *
 * // the disk, and the web
 * export const storage = HttpIOProc.layerUrls().pipe(Layer.provide([NodeIOProc.layer, FetchHttpClient.layer]))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerUrls = (
  options?: Omit<Options, "baseUrl">
): Layer.Layer<IOProc.IOProc, MmioError.InvalidParameter, IOProc.IOProc | HttpClient.HttpClient> =>
  IOProc.layerMap((below) => Effect.map(make(options), (web) => internal.besides(below, web)))
