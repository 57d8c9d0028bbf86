/**
 * Servers for the tests: one that answers ranges as it should, and whatever a test makes of it.
 */
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"

/** A resource: its bytes are made as they are asked for. */
export interface Resource {
  readonly size: number
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
  readonly bytes: (start: number, end: number) => Uint8Array
}

export const resourceOf = (bytes: Uint8Array): Resource => ({
  size: bytes.length,
  etag: `"${createHash("sha1").update(bytes).digest("hex")}"`,
  lastModified: "Sat, 21 Nov 2026 07:28:00 GMT",
  bytes: (start, end) => bytes.subarray(start, end)
})

/** Bytes that do not repeat with any power of two. */
export const pattern = (length: number, seed = 3): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251) * 13 + seed) & 0xff)

/** One request as the server saw it. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  /** Whether the client closed the connection before the answer was complete. */
  cancelled: boolean
}

export interface Server {
  readonly url: string
  readonly seen: Array<Seen>
  /** How many bytes were sent on all connections, heads among them. */
  readonly sent: () => number
  /** How many connections were made. */
  readonly connections: () => number
  /** Waits until the client has closed the connection of an answer that is not complete. */
  readonly cancelled: (index: number) => Effect.Effect<void>
}

export type Handler = (request: Http.IncomingMessage, response: Http.ServerResponse) => void

/** A server on a port of its own, until the scope ends. */
export const serve = (handler: Handler): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: Http.Server; readonly state: Server }>((resume) => {
        const seen: Array<Seen> = []
        const waiting = new Map<number, () => void>()
        let sent = 0
        let connections = 0
        const server = Http.createServer((request, response) => {
          const index = seen.length
          const one: Seen = {
            method: request.method ?? "",
            url: request.url ?? "",
            headers: request.headers,
            cancelled: false
          }
          seen.push(one)
          response.on("close", () => {
            one.cancelled = !response.writableFinished
            if (one.cancelled) waiting.get(index)?.()
          })
          handler(request, response)
        })
        server.on("connection", (socket) => {
          connections++
          socket.on("close", () => sent += socket.bytesWritten)
        })
        const open = new Set<Socket>()
        server.on("connection", (socket) => {
          open.add(socket)
          socket.on("close", () => open.delete(socket))
        })
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({
            server,
            state: {
              url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
              seen,
              sent: () => [...open].reduce((sum, { bytesWritten }) => sum + bytesWritten, sent),
              connections: () => connections,
              cancelled: (index) =>
                Effect.async((resume) => {
                  if (seen[index]?.cancelled === true) resume(Effect.void)
                  else waiting.set(index, () => resume(Effect.void))
                })
            }
          })))
      }),
      ({ server }) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    ({ state }) => state
  )

/** The part of an answer before its body, and which bytes that has. */
export interface Head {
  readonly status: number
  readonly fields: Record<string, string>
  readonly start: number
  readonly end: number
}

/** The headers of a request; other than Node's none of them is a list here. */
type RequestFields = { readonly [name: string]: string | ReadonlyArray<string> | undefined }

/** What RFC 9110 has a server answer. */
export const headOf = (headers: RequestFields, resource: Resource | undefined): Head => {
  if (resource === undefined) return { status: 404, fields: { "content-length": "0" }, start: 0, end: 0 }
  const { etag, lastModified, size } = resource
  const fields = {
    "accept-ranges": "bytes",
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { "last-modified": lastModified })
  }
  const { "if-match": ifMatch, "if-unmodified-since": since } = headers
  if (ifMatch === undefined ? since !== undefined && since !== lastModified : ifMatch !== etag) {
    return { status: 412, fields: { ...fields, "content-length": "0" }, start: 0, end: 0 }
  }
  const parts = /^bytes=(\d+)-(\d+)$/.exec(String(headers["range"]))
  if (parts === null) return { status: 200, fields: { ...fields, "content-length": `${size}` }, start: 0, end: size }
  const [start, end] = [Number(parts[1]), Math.min(size, Number(parts[2]) + 1)]
  return start >= size
    ? {
      status: 416,
      fields: { ...fields, "content-range": `bytes */${size}`, "content-length": "0" },
      start: 0,
      end: 0
    }
    : {
      status: 206,
      fields: { ...fields, "content-range": `bytes ${start}-${end - 1}/${size}`, "content-length": `${end - start}` },
      start,
      end
    }
}

/** Answers as RFC 9110 says, but for what a test changes in it. */
export const answer = (
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  resource: Resource | undefined,
  change: (head: Head) => Head = (head) => head
): void => {
  const { end, fields, start, status } = change(headOf(request.headers, resource))
  response.writeHead(status, fields)
  response.end(request.method === "HEAD" ? undefined : resource?.bytes(start, end))
}

/** The same without a network: a client of these files, by their paths, that answers itself. */
export const clientOf = (files: { readonly [path: string]: Resource }): HttpClient.HttpClient =>
  HttpClient.withTracerDisabledWhen(
    HttpClient.make((request, url) => {
      const resource = files[decodeURI(url.pathname).slice(1)]
      const { end, fields, start, status } = headOf(request.headers, resource)
      const body = request.method === "HEAD" ? null : resource?.bytes(start, end) ?? null
      // Later, as from a network.
      return Effect.zipRight(
        Effect.yieldNow(),
        Effect.sync(() =>
          HttpClientResponse.fromWeb(request, new Response(body?.slice() ?? null, { status, headers: fields }))
        )
      )
    }),
    () => true
  )
