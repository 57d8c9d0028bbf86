/**
 * Mends a bucket of 2000 takes by two machines, one of which is killed in the middle: `npm run fleet`.
 *
 * The machines are processes, which agree by Postgres about who does what (@effect/cluster), and what has been done
 * (@effect/workflow). The bucket keeps versions, which show that each take was changed as often as it had to be: once
 * for its tag, and once before that where its sizes were wrong.
 */
import { IOProc, MemoryIOProc } from "@effect-mmio/core"
import { NodeRuntime } from "@effect/platform-node"
import { ConfigProvider, Console, Effect, Logger, LogLevel, Option } from "effect"
import * as ChildProcess from "node:child_process"
import { fileURLToPath } from "node:url"
import { FakeS3 } from "../../test/support/fake/s3.js"
import { serve } from "../../test/support/fake/server.js"
import { cluster } from "./cluster.js"
import { mend } from "./mend.js"
import { freePort, postgres } from "./postgres.js"
import { isDamaged, keyOf, take } from "./takes.js"
import { Mend } from "./workflow.js"

const count = Number(process.argv[2] ?? 2000)
const indices = Array.from({ length: count }, (_, i) => i)

/** A machine of the fleet, until it is killed or the scope ends. */
const machine = (environment: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.map(freePort, (port) =>
      ChildProcess.spawn(process.execPath, [fileURLToPath(new URL("runner.mjs", import.meta.url))], {
        env: { ...process.env, ...environment, RUNNER_PORT: String(port) },
        stdio: ["ignore", "inherit", "inherit"]
      })),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) {
          return resume(Effect.void)
        }
        child.on("exit", () =>
          resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

/** What mending makes of a take, on another storage. */
const expected = (index: number) =>
  Effect.gen(function*() {
    const memory = yield* MemoryIOProc.make({ files: { [keyOf(index)]: take(index) }, commit: "onClose" })
    yield* Effect.provideService(mend(keyOf(index)), IOProc.IOProc, memory)
    return yield* memory.bytes(keyOf(index))
  })

const program = Effect.gen(function*() {
  const account = { accessKeyId: "fleet", secretAccessKey: "secret", region: "local" }
  const store = new FakeS3({ account, bucket: "sounds", isVersioned: true })
  for (const index of indices) store.bucket.put(keyOf(index), take(index))
  const environment = {
    DATABASE_URL: yield* postgres,
    BUCKET: "sounds",
    AWS_REGION: account.region,
    AWS_ENDPOINT_URL: yield* serve(store),
    AWS_ACCESS_KEY_ID: account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.secretAccessKey
  }
  yield* Console.log(`${count} takes, ${indices.filter(isDamaged).length} of them damaged; two machines`)
  const [first] = yield* Effect.all([machine(environment), machine(environment)])

  const start = performance.now()
  let done = 0
  const ask = Effect.forEach(
    indices,
    (index) =>
      Effect.tap(Mend.execute({ key: keyOf(index) }), () =>
        Effect.sync(() => {
          done++
          if (done === Math.floor(count / 3)) {
            console.log(`${done} takes are mended: one machine is killed`)
            first.kill("SIGKILL")
          }
        })),
    { concurrency: 64 }
  )
  const results = yield* Effect.provide(ask, cluster(Option.none())).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(0)

  const wrong: Array<string> = []
  for (const index of indices) {
    const key = keyOf(index)
    const content = store.bucket.find(key)?.content
    const bytes = content?.bytes(0, content.size) ?? new Uint8Array(0)
    if (Buffer.compare(bytes, yield* expected(index)) !== 0) wrong.push(`${key} has another content`)
    const versions = store.bucket.versions(key).length
    const wanted = isDamaged(index) ? 3 : 2
    if (versions !== wanted) wrong.push(`${key} has ${versions} versions, and not ${wanted}`)
  }
  const versions = indices.reduce((sum, index) => sum + store.bucket.versions(keyOf(index)).length, 0)
  yield* Console.log(
    `${results.length} takes in ${seconds} s, ${store.seen.length} requests; ${versions} versions: ` +
      (wrong.length === 0
        ? "every take is right, and was changed as often as it had to be"
        : `${wrong.length} are wrong`)
  )
  for (const one of wrong.slice(0, 20)) yield* Console.log(`  ${one}`)
  if (wrong.length > 0) return yield* Effect.die("some takes are wrong")
})

NodeRuntime.runMain(
  Effect.scoped(program).pipe(
    Effect.provide(Logger.minimumLogLevel(LogLevel.Warning))
  )
)
