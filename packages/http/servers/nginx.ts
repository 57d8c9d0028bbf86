/**
 * nginx, as a process of the tests: it serves a folder of their own, and compresses what it may.
 */
import { Effect, Layer, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Net from "node:net"
import type { AddressInfo } from "node:net"
import * as OS from "node:os"
import * as Path from "node:path"

const freePort = Effect.async<number>((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const isListening = (port: number) =>
  Effect.async<boolean>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
  })

const configuration = (folder: string, port: number) => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log ${folder}/access.log combined;
  client_body_temp_path ${folder}/temp;
  proxy_temp_path ${folder}/temp;
  fastcgi_temp_path ${folder}/temp;
  uwsgi_temp_path ${folder}/temp;
  scgi_temp_path ${folder}/temp;
  keepalive_requests 1000000;
  gzip on;
  gzip_types *;
  gzip_min_length 0;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/root;
    location /moved/ { rewrite ^/moved/(.*)$ /$1 permanent; }
    location /whole/ { alias ${folder}/root/; max_ranges 0; }
    location /unpinned/ { alias ${folder}/root/; etag off; add_header Last-Modified ""; }
    location /dated/ { alias ${folder}/root/; etag off; }
    location /secret/ { deny all; }
    location /busy/ { add_header Retry-After 7 always; return 503; }
  }
}
`

export interface Nginx {
  readonly url: string
  /** What it serves. */
  readonly root: string
  /** The requests that it has answered, one a line. */
  readonly log: () => ReadonlyArray<string>
}

/** nginx on these files, until the scope ends. */
export const nginx = (files: { readonly [name: string]: Uint8Array }): Effect.Effect<Nginx, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => NFS.mkdtempSync(Path.join(OS.tmpdir(), "effect-mmio-nginx-"))),
      (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true }))
    )
    const root = Path.join(folder, "root")
    NFS.mkdirSync(root)
    // Where nginx gives up the rights of root, it still has to read them.
    NFS.chmodSync(folder, 0o755)
    for (const [name, bytes] of Object.entries(files)) NFS.writeFileSync(Path.join(root, name), bytes)
    const port = yield* freePort
    const config = Path.join(folder, "nginx.conf")
    NFS.writeFileSync(config, configuration(folder, port))
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        ChildProcess.spawn("nginx", ["-p", folder, "-e", Path.join(folder, "error.log"), "-c", config], {
          env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` },
          stdio: "inherit"
        })
      ),
      (child) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null) return resume(Effect.void)
          child.on("exit", () => resume(Effect.void))
          child.kill()
        })
    )
    while (!(yield* isListening(port))) yield* Effect.sleep(10)
    return {
      url: `http://127.0.0.1:${port}`,
      root,
      log: () => NFS.readFileSync(Path.join(folder, "access.log"), "utf8").split("\n").slice(0, -1)
    }
  })

/** The same, with the layer that it is needed for. */
export const layerOn = <A, E>(
  files: { readonly [name: string]: Uint8Array },
  f: (server: Nginx) => Layer.Layer<A, E>
): Layer.Layer<A, E> => Layer.unwrapScoped(Effect.map(nginx(files), f))
