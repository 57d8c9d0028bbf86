/** A web server of files in memory, which answers ranges, and counts what it is asked. */
import { Effect, type Scope } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Served {
  readonly baseUrl: string
  readonly requests: Array<string>
}

const answer = (request: Http.IncomingMessage, response: Http.ServerResponse, bytes: Uint8Array | undefined): void => {
  if (bytes === undefined) return void response.writeHead(404).end()
  const etag = "\"1\""
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
  if (range === null) {
    return void response.writeHead(200, { etag, "content-length": bytes.length })
      .end(request.method === "HEAD" ? undefined : bytes)
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)]
  if (start >= end) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
  response.writeHead(206, {
    etag,
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${bytes.length}`
  }).end(bytes.subarray(start, end))
}

/** Serves files until the scope ends. */
export const served = (files: Readonly<Record<string, Uint8Array>>): Effect.Effect<Served, never, Scope.Scope> => {
  const requests: Array<string> = []
  return Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer((request, response) => {
          requests.push(`${request.method} ${request.url} ${request.headers.range ?? ""}`)
          answer(request, response, files[decodeURIComponent((request.url ?? "").slice(1))])
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    // A server that listens on a port has an address of this form.
    (server) => ({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests })
  )
}
