/**
 * What a store answers on the wire, request by request: the fake and a real store have to agree, but for what the real
 * one does not honour.
 */
import { AwsV4Signer } from "aws4fetch"

/** How a store is asked. */
export interface Target {
  readonly url: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

export interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly headers: Headers
  readonly body: Uint8Array
}

export type Ask = (
  method: string,
  path: string,
  options?: {
    readonly headers?: Record<string, string>
    readonly body?: Uint8Array | string
    readonly secret?: string
    readonly datetime?: string
  }
) => Promise<Answer>

const bytesOf = (body: Uint8Array | string): Uint8Array<ArrayBuffer> =>
  typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body)

/** Asks by `fetch`, signed as the library does not sign: with the hash that the signer makes. */
export const asking = (target: Target): Ask => async (method, path, { body, datetime, headers = {}, secret } = {}) => {
  const bytes = body === undefined ? undefined : bytesOf(body)
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes ?? new Uint8Array(0))).toString("hex")
  const signer = new AwsV4Signer({
    method,
    url: `${target.url}/${target.bucket}${path}`,
    headers: { ...headers, "x-amz-content-sha256": hash },
    ...(bytes === undefined ? {} : { body: bytes }),
    accessKeyId: target.accessKeyId,
    secretAccessKey: secret ?? target.secretAccessKey,
    service: "s3",
    region: target.region,
    ...(datetime === undefined ? {} : { datetime })
  })
  const signed = await signer.sign()
  const response = await fetch(signed.url, { method, headers: signed.headers, body: bytes ?? null, redirect: "manual" })
  const received = new Uint8Array(await response.arrayBuffer())
  const text = received.length < 100_000 ? new TextDecoder().decode(received) : ""
  return {
    status: response.status,
    code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1],
    headers: response.headers,
    body: received
  }
}
