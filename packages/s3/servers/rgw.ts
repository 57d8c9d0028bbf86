/**
 * Ceph's object gateway as processes of the tests: a monitor, a device in memory, and the gateway, in a folder of their
 * own.
 */
import { Effect, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import { randomUUID } from "node:crypto"
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

const configuration = (folder: string, fsid: string, monitor: number, port: number) => `
[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitor}
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc secure
ms mon cluster mode = crc secure
ms mon service mode = crc secure
auth allow insecure global id reclaim = true
run dir = ${folder}
log file = ${folder}/$name.log
admin socket = ${folder}/$name.asok
crash dir = ${folder}
pid file = ${folder}/$name.pid
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 4000
ms bind ipv4 = true
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[mon]
mon data = ${folder}/mon
mon data avail crit = 1
mon data avail warn = 1
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw thread pool size = 64
`

const environment = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` }

const run = (folder: string, program: string, ...args: ReadonlyArray<string>) =>
  Effect.async<string, Error>((resume) => {
    ChildProcess.execFile(
      program,
      ["-c", Path.join(folder, "ceph.conf"), ...args],
      { env: environment, timeout: 60_000 },
      (error, stdout, stderr) =>
        resume(
          error === null ? Effect.succeed(stdout) : Effect.fail(new Error(`${program}: ${stderr || error.message}`))
        )
    )
  })

/** A process, until the scope ends. */
const daemon = (folder: string, program: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const log = NFS.openSync(Path.join(folder, `${program}.out`), "a")
      return ChildProcess.spawn(program, ["-c", Path.join(folder, "ceph.conf"), "-f", ...args], {
        env: environment,
        stdio: ["ignore", log, log]
      })
    }),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.on("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

export interface Rgw {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const isUp = (url: string) => Effect.promise(() => fetch(url).then((response) => response.status < 500, () => false))

/** The gateway, until the scope ends. */
export const rgw: Effect.Effect<Rgw, Error, Scope.Scope> = Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => NFS.mkdtempSync(Path.join(OS.tmpdir(), "effect-mmio-rgw-"))),
    (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
  )
  const [monitor, port, fsid] = [yield* freePort, yield* freePort, randomUUID()]
  const url = `http://127.0.0.1:${port}`
  NFS.mkdirSync(Path.join(folder, "osd"))
  NFS.writeFileSync(Path.join(folder, "ceph.conf"), configuration(folder, fsid, monitor, port))
  const map = Path.join(folder, "monmap")
  yield* run(
    folder,
    "monmaptool",
    "--create",
    "--clobber",
    "--addv",
    "a",
    `[v2:127.0.0.1:${monitor}]`,
    "--fsid",
    fsid,
    map
  )
  yield* run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", map)
  yield* daemon(folder, "ceph-mon", "-i", "a")
  const device = randomUUID()
  yield* run(folder, "ceph", "--connect-timeout", "60", "osd", "new", device)
  yield* run(folder, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", device)
  yield* daemon(folder, "ceph-osd", "-i", "0")
  const account = { accessKeyId: "test-key", secretAccessKey: "test-secret/+" }
  yield* daemon(folder, "radosgw", "-n", "client.rgw")
  yield* run(
    folder,
    "radosgw-admin",
    "user",
    "create",
    "--uid=test",
    "--display-name=test",
    `--access-key=${account.accessKeyId}`,
    `--secret=${account.secretAccessKey}`
  )
  for (let i = 0; !(yield* isUp(url)); i++) {
    if (i > 600) return yield* Effect.fail(new Error(`the gateway does not answer: ${folder}`))
    yield* Effect.sleep("100 millis")
  }
  return { url, ...account }
})
