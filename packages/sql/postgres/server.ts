/**
 * A server of Postgres for the tests: on a free port, with its data in a folder that is deleted afterwards, and not as
 * root, which it refuses.
 */
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Net from "node:net"
import * as OS from "node:os"
import * as path from "node:path"

/** Debian has the programs where no `PATH` leads. */
const folders = ["/usr/lib/postgresql/15/bin", ...(process.env["PATH"] ?? "").split(path.delimiter)]

const programOf = (name: string): string => {
  const folder = folders.find((folder) => NFS.existsSync(path.join(folder, name)))
  if (folder === undefined) throw new Error(`There is no ${name}: npm run test:postgres installs it.`)
  return path.join(folder, name)
}

/** The user that the server runs as: this one, unless it is root. */
const userOf = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const idOf = (option: string) => Number(ChildProcess.execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
  return { uid: idOf("-u"), gid: idOf("-g") }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = Net.createServer().once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Starts the server, and gives its address as `MMIO_POSTGRES` to the tests. */
export const setup = async (): Promise<() => Promise<void>> => {
  const user = userOf()
  const folder = NFS.mkdtempSync(path.join(OS.tmpdir(), "effect-mmio-postgres-"))
  const data = path.join(folder, "data")
  if (user.uid !== undefined && user.gid !== undefined) NFS.chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } }
  ChildProcess.execFileSync(programOf("initdb"), ["-D", data, "-U", "mmio", "-A", "trust", "-E", "UTF8"], {
    ...options,
    stdio: "ignore"
  })
  const port = await freePort()
  const server = ChildProcess.spawn(
    programOf("postgres"),
    ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
    { ...options, stdio: ["ignore", "ignore", "pipe"] }
  )
  let log = ""
  server.stderr.setEncoding("utf8").on("data", (text: string) => log = (log + text).slice(-4000))
  const ended = new Promise<void>((resolve) => server.once("close", () => resolve()))
  const isReady = () =>
    ChildProcess.spawnSync(programOf("pg_isready"), ["-h", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
      .status === 0
  for (let tries = 0; !isReady(); tries++) {
    if (tries === 150 || server.exitCode !== null) throw new Error(`The server did not start:\n${log}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  process.env["MMIO_POSTGRES"] = `postgres://mmio@127.0.0.1:${port}/postgres`
  return async () => {
    // A fast shutdown: connections that are still open are ended.
    server.kill("SIGINT")
    await ended
    NFS.rmSync(folder, { recursive: true, force: true })
  }
}
