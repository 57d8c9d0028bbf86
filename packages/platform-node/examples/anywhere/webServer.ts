/** A web server for the example: it answers ranges of files in memory, and has an entity tag for each. */
import { Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

const answer = (request: Http.IncomingMessage, response: Http.ServerResponse, bytes: Uint8Array | undefined): void => {
  if (bytes === undefined) return void response.writeHead(404).end()
  const etag = `"${createHash("sha1").update(bytes).digest("hex")}"`
  const wanted = request.headers["if-match"]
  if (wanted !== undefined && wanted !== etag) return void response.writeHead(412).end()
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
  if (range === null) {
    return void response.writeHead(200, { etag, "content-length": bytes.length }).end(
      request.method === "HEAD" ? undefined : bytes
    )
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)]
  if (start >= end) return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
  response.writeHead(206, {
    etag,
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${bytes.length}`
  }).end(bytes.subarray(start, end))
}

/** The URL of a server of these files, until the scope ends. */
export const serve = (files: Readonly<Record<string, Uint8Array>>): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer((request, response) =>
          answer(request, response, files[(request.url ?? "").slice(1)])
        )
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    // A server that listens on a port has an address of this form.
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  )
