/** The fake as a server, for other processes and real clients. */
import { Effect, type Scope } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import type { FakeS3 } from "./s3.js"

const handler = (store: FakeS3) => (request: Http.IncomingMessage, response: Http.ServerResponse) => {
  const parts: Array<Uint8Array> = []
  request.on("data", (part: Uint8Array) => parts.push(part))
  request.on("end", () => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value])
    )
    const answer = store.handle({
      method: request.method ?? "",
      target: request.url ?? "",
      headers,
      body: Buffer.concat(parts)
    })
    if (answer === "broken") {
      request.socket.destroy()
      return
    }
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body)
  })
}

/** A server on a port of its own, until the scope ends; gives its URL. */
export const serve = (store: FakeS3): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Http.Server>((resume) => {
        const server = Http.createServer(handler(store))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )
