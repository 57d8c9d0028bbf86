/**
 * What a store says where it refuses a request: a status, and a document that is called Error.
 */
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import { S3Error } from "../S3Error.js"
import { parse, textOf } from "./xml.js"

/** Seconds that a store asks to wait, or a date, which counts from the date of the answer. */
const retryAfter = (headers: { readonly [name: string]: string | undefined }): Duration.Duration | undefined => {
  const text = headers["retry-after"]?.trim() ?? ""
  if (/^\d{1,9}$/.test(text)) return Duration.seconds(Number(text))
  const wait = Date.parse(text) - Date.parse(headers["date"] ?? "")
  return Number.isNaN(wait) ? undefined : Duration.millis(Math.max(0, wait))
}

/** How far the clock of this machine is from that of the store, in words. */
const skew = (requested: string | undefined, served: string | undefined): string => {
  // As signatures have it, without the punctuation of ISO 8601.
  const iso = requested?.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")
  const difference = Date.parse(iso ?? "") - Date.parse(served ?? "")
  if (Number.isNaN(difference)) return "the clock of this machine differs too much from that of the store"
  const far = Duration.format(Duration.seconds(Math.round(Math.abs(difference) / 1000)))
  return `the clock of this machine is ${far} ${difference > 0 ? "fast" : "slow"}`
}

/** Without a document, as HEAD has it. */
const wordsOfStatus = (status: number): string => {
  switch (status) {
    case 404:
      return "there is no such object"
    case 403:
      return "access is denied"
    case 412:
      return "the object is another version"
    case 301:
    case 307:
      return "the bucket is in another region"
    default:
      return `the store answered ${status}`
  }
}

/** @internal */
export const refusalOf = ({ object, operation, response: { headers, status }, text }: {
  readonly operation: string
  readonly object: string
  readonly response: Pick<HttpClientResponse.HttpClientResponse, "headers" | "status">
  readonly text: string
}): S3Error => {
  const document = parse(text)
  const said = document?.name === "Error" ? document : undefined
  const code = said && textOf(said, "Code")
  const message = said && textOf(said, "Message")
  const region = headers["x-amz-bucket-region"]
  const words = code === "RequestTimeTooSkewed" && said
    ? skew(textOf(said, "RequestTime"), textOf(said, "ServerTime") ?? headers["date"])
    : (status === 301 || status === 307) && region !== undefined
    ? `the bucket is in the region ${region}`
    : message || wordsOfStatus(status)
  return new S3Error({
    reason: "Refused",
    operation,
    object,
    status,
    errorCode: code === "" ? undefined : code,
    requestId: headers["x-amz-request-id"] ?? (said && textOf(said, "RequestId")),
    retryAfter: retryAfter(headers),
    description: code ? `${words} (${code})` : words
  })
}
