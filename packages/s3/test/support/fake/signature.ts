/**
 * Signatures as a store checks them (AWS Signature Version 4), from what was received, and with another implementation
 * of the digests than the client's.
 */
import { createHash, createHmac } from "node:crypto"
import type { FakeRequest, Refusal } from "./protocol.js"

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex")
const hmac = (key: Uint8Array | string, text: string) => createHmac("sha256", key).update(text).digest()

export interface Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly region: string
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

const canonicalQuery = (query: string) =>
  query.split("&").filter((pair) => pair !== "").map((pair) => {
    const [name = "", value = ""] = pair.split("=", 2)
    return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`
  }).toSorted().join("&")

const iso = (date: string) => date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")

const mostSkew = 15 * 60 * 1000

/** Why a request is refused, or undefined where its signature is right. */
export const verify = (account: Account, request: FakeRequest, now: number): Refusal | undefined => {
  const { body, headers, method, target } = request
  const fields = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    headers["authorization"] ?? ""
  )
  if (fields === null) return { status: 403, code: "AccessDenied", message: "Access Denied" }
  const [, credential = "", names = "", signature] = fields
  const [id, day = "", region = "", service = "", end] = credential.split("/")
  const date = headers["x-amz-date"] ?? ""
  if (id !== account.accessKeyId) {
    return { status: 403, code: "InvalidAccessKeyId", message: "The key ID that was given does not exist." }
  }
  if (headers["x-amz-security-token"] !== account.sessionToken) {
    return { status: 400, code: "InvalidToken", message: "The token that was given is not right." }
  }
  if (region !== account.region || service !== "s3" || end !== "aws4_request" || !date.startsWith(day)) {
    return { status: 400, code: "AuthorizationHeaderMalformed", message: `the region ${region} is wrong` }
  }
  if (!(Math.abs(Date.parse(iso(date)) - now) <= mostSkew)) {
    return {
      status: 403,
      code: "RequestTimeTooSkewed",
      message: "The difference between the request time and the current time is too large.",
      more: `<RequestTime>${date}</RequestTime><ServerTime>${new Date(now).toISOString()}</ServerTime>`
    }
  }
  const hash = headers["x-amz-content-sha256"] ?? ""
  if (hash !== "UNSIGNED-PAYLOAD" && hash !== sha256(body)) {
    return { status: 400, code: "XAmzContentSHA256Mismatch", message: "The hash does not match the body." }
  }
  const signed = names.split(";")
  // All that decides what is done has to be signed.
  const missing = Object.keys(headers).find((name) => name.startsWith("x-amz-") && !signed.includes(name))
  if (missing !== undefined || !signed.includes("host")) {
    return { status: 403, code: "AccessDenied", message: `There were headers present that were not signed: ${missing}` }
  }
  const [path = "", query = ""] = target.split("?", 2)
  const canonical = [
    method,
    path.split("/").map((component) => encode(decodeURIComponent(component))).join("/"),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names,
    hash
  ].join("\n")
  const scope = `${day}/${region}/s3/aws4_request`
  const key = hmac(hmac(hmac(hmac(`AWS4${account.secretAccessKey}`, day), region), "s3"), "aws4_request")
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString("hex")
  return expected === signature ? undefined : {
    status: 403,
    code: "SignatureDoesNotMatch",
    message: "The signature that was calculated does not match the one that was given."
  }
}
