/**
 * How fast a large object is read, beside two loops that ask for the same ranges, as many at once: `npm run bench:s3`.
 * The driver reads by each of two clients: that of `fetch`, and that of undici. The store is the fake, in a process of
 * its own.
 *
 * They take turns. What is printed is the ratio of their medians: 1 is as fast as the loop. The object has 256 MiB, so
 * that opening it, and what the runtime compiles meanwhile, is a small part of each run.
 */
import { IOProc } from "@effect-mmio/core"
import { S3Conditions, S3IOProc } from "@effect-mmio/s3"
import { FetchHttpClient, type HttpClient } from "@effect/platform"
import { AwsClient } from "aws4fetch"
import { Effect, type Layer } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { account, bucketOptions } from "../test/support/contract.js"

// Only after `fetch` was called once: loaded before that, undici has `fetch` send its requests by it, which is slower.
await fetch("data:,")
const NodeHttpClient = await import("@effect/platform-node/NodeHttpClient")

const mebibyte = 1024 * 1024
const size = 256 * mebibyte
const at = (range: number) =>
  Array.from(
    { length: Math.ceil(size / range) },
    (_, i) => ({ start: i * range, end: Math.min(size, (i + 1) * range) })
  )

const worker = fork(fileURLToPath(new URL("store.mjs", import.meta.url)), [String(size)])
const endpoint = await new Promise<string>((resolve) => worker.once("message", (url) => resolve(String(url))))

/** What a program would write that reads by ranges, and no more: no version is pinned. */
const loop = (request: typeof fetch) => (range: number, concurrency: number) => async (): Promise<number> => {
  const ranges = at(range)
  let received = 0
  const lane = async () => {
    for (let next = ranges.shift(); next !== undefined; next = ranges.shift()) {
      const response = await request(`${endpoint}/bucket/large.bin`, {
        headers: { range: `bytes=${next.start}-${next.end - 1}` }
      })
      const { byteLength } = await response.arrayBuffer()
      received += byteLength
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return received
}

/** No signature is asked for by this bucket. */
const unsigned = loop(fetch)

/** As any other bucket asks for it. */
const client = new AwsClient({ ...account, service: "s3" })
const signed = loop((url, init) => client.fetch(url, init))

/** The same by the driver: signed, pinned to one version, each answer checked. */
const driver =
  (client: Layer.Layer<HttpClient.HttpClient>) => (range: number, concurrency: number) => (): Promise<number> =>
    Effect.runPromise(
      Effect.gen(function*() {
        const storage = yield* S3IOProc.make({ ...bucketOptions, endpoint, conditions: S3Conditions.all })
        const file = yield* storage.open(IOProc.openRequest("large.bin"))
        const ranges = at(range)
        let received = 0
        // Each lane reads into memory of its own, as a handle does into its buffer.
        const lane = Effect.suspend(() => {
          const memory = new Uint8Array(range)
          const fill = (position: number, target: Uint8Array): Effect.Effect<void, unknown> =>
            target.length === 0
              ? Effect.void
              : Effect.flatMap(file.readAt(position, target), (count) => {
                received += count
                return count > 0
                  ? fill(position + count, target.subarray(count))
                  : Effect.fail("the object ended too early")
              })
          return Effect.whileLoop({
            while: () => ranges.length > 0,
            body: () => {
              const { end, start } = ranges.shift() ?? { start: 0, end: 0 }
              return fill(start, memory.subarray(0, end - start))
            },
            step: () => {}
          })
        })
        yield* Effect.all(Array.from({ length: concurrency }, () => lane), { concurrency, discard: true })
        return received
      }).pipe(Effect.provide(client))
    )

const seconds = async (read: () => Promise<number>): Promise<number> => {
  const start = performance.now()
  const received = await read()
  if (received !== size) throw new Error(`${received} of ${size} bytes were received`)
  return (performance.now() - start) / 1000
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** What S3IOProc is compared with. */
const loops = { "fetch alone": unsigned, "fetch with signatures": signed }
const drivers = { FetchHttpClient: driver(FetchHttpClient.layer), layerUndici: driver(NodeHttpClient.layerUndici) }
const wide = 24

console.log(
  `${"range".padEnd(10)}${"at once".padEnd(8)}${
    [...Object.keys(loops), ...Object.keys(drivers)].map((name) => name.padStart(wide)).join("")
  }`
)
for (const [range, concurrency] of [[8 * mebibyte, 4], [mebibyte, 4], [mebibyte, 1], [mebibyte / 4, 8]] as const) {
  const waysOf = (made: Readonly<Record<string, typeof unsigned>>) =>
    Object.values(made).map((way) => ({ read: way(range, concurrency), times: new Array<number>() }))
  const [known, ours] = [waysOf(loops), waysOf(drivers)]
  const ways = [...known, ...ours]
  for (const { read } of ways) await seconds(read)
  for (let i = 0; i < 5; i++) {
    for (const { read, times } of ways) times.push(await seconds(read))
  }
  const timeOf = ({ times }: { readonly times: ReadonlyArray<number> }) => median(times)
  const rate = (time: number) => `${(size / 1e6 / time).toFixed(0)} MB/s`
  const ratios = (time: number) => known.map((loop) => (timeOf(loop) / time).toFixed(2).padStart(6)).join("")
  console.log(
    `${`${range / 1024} KiB`.padEnd(10)}${String(concurrency).padEnd(8)}${
      known.map((loop) => rate(timeOf(loop)).padStart(wide)).join("")
    }${ours.map((way) => `${rate(timeOf(way))}${ratios(timeOf(way))}`.padStart(wide)).join("")}`
  )
}
worker.kill()
