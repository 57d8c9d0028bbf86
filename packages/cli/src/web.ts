/** The files of web servers, which are only read: loaded when a name begins with `https://` or `http://`. */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as HttpIOProc from "@effect-mmio/http/HttpIOProc"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FileError } from "./failure.js"
import type { Located } from "./storages.js"

/** `fetch`, which leaves redirects to the driver: it follows none from https to http. */
const client = Layer.provide(
  FetchHttpClient.layer,
  Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" })
)

/** Where a URL leads. What is read in sequence is read ahead. */
export const locate = (url: string): Effect.Effect<Located, FileError> =>
  Effect.map(Effect.provide(HttpIOProc.make(), client), (ioProc) => ({
    ioProc: IOProc.readAhead(ioProc),
    name: FileName.plain(url)
  }))
