/**
 * A service for files over HTTP:
 *
 *   FOLDER=/srv/recordings PORT=8080 npm run service
 *
 *   PUT /files/NAME           takes a file; the old content stays until all of the new one is there
 *   GET /files/NAME           gives it, or the part that the header `Range` names
 *   GET /files                lists the files
 *   GET /files/NAME/about     says what is in a recording
 *   PUT /files/NAME/title     gives a recording another title
 *   GET /metrics              counts
 *
 * Where the files are kept is decided by STORAGE: `disk`, `platform` or `memory`. Spans go to the standard error
 * output. SIGTERM ends it: an upload under way leaves the old content, and nothing else.
 */
import { IOProcFileSystem } from "@effect-mmio/core"
import { HttpPlatform, HttpServer } from "@effect/platform"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Effect, Layer } from "effect"
import { createServer } from "node:http"
import { routes } from "./service/routes.js"
import * as storage from "./service/storage.js"
import { supervised } from "./service/supervised.js"
import { spans } from "./service/telemetry.js"

/**
 * The server. As it ends, it ends its connections as well, once their requests have been interrupted: it would wait for
 * a client that is in the middle of an upload.
 */
const server = Layer.unwrapEffect(
  Effect.map(Config.integer("PORT").pipe(Config.withDefault(8080)), (port) => {
    const node = createServer()
    return Layer.scopedDiscard(
      Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    ).pipe(Layer.provideMerge(NodeHttpServer.layerServer(() => node, { port })))
  })
)

const main = Layer.unwrapScoped(Effect.map(supervised, (middleware) => HttpServer.serve(routes, middleware))).pipe(
  HttpServer.withLogAddress,
  // Files are served out of the storage, whichever it is.
  Layer.provide(HttpPlatform.layer),
  Layer.provide(IOProcFileSystem.layer),
  Layer.provide(storage.layer),
  Layer.provide(server),
  Layer.provide(spans((line) => console.error(line)))
)

NodeRuntime.runMain(Layer.launch(main))
