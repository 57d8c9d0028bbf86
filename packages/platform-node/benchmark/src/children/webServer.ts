/**
 * A web server in a thread of its own: noise under `/noise`, and under `/wave` a WAVE file of 500 MB, whose sound is
 * zeros. It tells its port through the memory that it is given.
 */
import * as http from "node:http"
import { workerData } from "node:worker_threads"
import { noiseSize, soundSize } from "../ways/web.js"

interface Resource {
  readonly size: number
  readonly bytes: (start: number, end: number) => Uint8Array
}

const noise = Buffer.alloc(noiseSize)
for (let i = 0, state = 1; i < noise.length; i++) {
  state = Math.imul(state, 1_664_525) + 1_013_904_223
  noise[i] = state >>> 24
}

const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const chunk = (id: string, data: Buffer) => Buffer.concat([Buffer.from(id, "latin1"), uint32(data.length), data])
const format = chunk("fmt ", Buffer.from(Uint16Array.of(1, 2, 44_100, 0, 45_328, 2, 4, 16).buffer))
const tags = chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from("Title\0"))]))
const total = 4 + format.length + 8 + soundSize + tags.length
const head = Buffer.concat([
  Buffer.from("RIFF"),
  uint32(total),
  Buffer.from("WAVE"),
  format,
  Buffer.from("data"),
  uint32(soundSize)
])

const resources: Readonly<Record<string, Resource>> = {
  "/noise": { size: noise.length, bytes: (start, end) => noise.subarray(start, end) },
  "/wave": {
    size: total + 8,
    bytes: (start, end) => {
      const bytes = new Uint8Array(end - start)
      for (const [part, at] of [[head, 0], [tags, head.length + soundSize]] as const) {
        const [from, to] = [Math.max(start, at), Math.min(end, at + part.length)]
        if (from < to) bytes.set(part.subarray(from - at, to - at), from - start)
      }
      return bytes
    }
  }
}

const server = http.createServer((request, response) => {
  const resource = resources[request.url ?? ""]
  if (resource === undefined) return response.writeHead(404).end()
  const { bytes, size } = resource
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
  const fields = { "accept-ranges": "bytes", "content-type": "audio/wav", etag: "\"1\"" }
  if (range === null) {
    response.writeHead(200, { ...fields, "content-length": size })
    return response.end(request.method === "HEAD" ? undefined : "")
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, size)]
  response.writeHead(206, {
    ...fields,
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${size}`
  })
  return response.end(bytes(start, end))
})

// What ways/web.ts passes.
const told = workerData as Int32Array
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  Atomics.store(told, 0, typeof address === "object" && address !== null ? address.port : -1)
  Atomics.notify(told, 0)
})
