/** A Postgres of the example's own, in a temporary folder, until the scope ends. */
import { Effect, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Net from "node:net"
import type { AddressInfo } from "node:net"
import * as OS from "node:os"
import * as Path from "node:path"

export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = Net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Debian has the programs of each version in a folder of its own. */
const folderOf = (program: string): string => {
  const base = "/usr/lib/postgresql"
  const versions = NFS.existsSync(base) ? NFS.readdirSync(base).toSorted((a, b) => Number(b) - Number(a)) : []
  const found = versions.map((version) => Path.join(base, version, "bin")).find((bin) =>
    NFS.existsSync(Path.join(bin, program))
  )
  return found ?? ""
}

/** Postgres does not run as root. */
const owner = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const [, , uid, gid] = ChildProcess.execFileSync("getent", ["passwd", "postgres"], { encoding: "utf8" }).split(":")
  return { uid: Number(uid), gid: Number(gid) }
}

/** Starts it, and gives its URL. */
export const postgres: Effect.Effect<string, never, Scope.Scope> = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => NFS.mkdtempSync(Path.join(OS.tmpdir(), "effect-mmio-fleet-"))),
    (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
  )
  const port = yield* freePort
  const as = owner()
  if (as.uid !== undefined && as.gid !== undefined) NFS.chownSync(folder, as.uid, as.gid)
  const data = Path.join(folder, "data")
  const at = (program: string) => Path.join(folderOf(program), program)
  ChildProcess.execFileSync(at("initdb"), ["-D", data, "-U", "fleet", "--auth=trust", "--no-sync"], {
    ...as,
    cwd: folder,
    stdio: "ignore"
  })
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      ChildProcess.spawn(
        at("postgres"),
        [
          "-D",
          data,
          "-p",
          String(port),
          "-k",
          folder,
          "-c",
          "listen_addresses=127.0.0.1",
          "-c",
          "fsync=off",
          "-c",
          "max_connections=200"
        ],
        { ...as, cwd: folder, stdio: "ignore" }
      )
    ),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null) return resume(Effect.void)
        child.on("exit", () => resume(Effect.void))
        child.kill("SIGINT")
      })
  )
  const isUp = Effect.async<boolean>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
  })
  while (!(yield* isUp)) yield* Effect.sleep("50 millis")
  return `postgres://fleet@127.0.0.1:${port}/postgres`
})
