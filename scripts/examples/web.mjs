/**
 * A web server for the examples, in the place of `fetch`: every URL is a file of the samples, by its last component,
 * else the first sample; those of S3 are the objects of a store in memory.
 */
import { FakeS3 } from "./fake/s3.mjs"

const etag = `"1"`

/** Answers as a store with a bucket "sounds" that has the files as objects. */
const storeOf = (files) => {
  const store = new FakeS3({ bucket: "sounds" })
  for (const [name, body] of Object.entries(files)) {
    store.handle({ method: "PUT", target: `/sounds/${name}`, headers: {}, body })
  }
  return async (request, url) => {
    // the bucket is in the name of the host, or the path begins with it
    const bucket = url.hostname.startsWith("sounds.") ? "/sounds" : ""
    const answer = store.handle({
      method: request.method,
      target: `${bucket}${url.pathname}${url.search}`,
      headers: Object.fromEntries(request.headers),
      body: new Uint8Array(await request.arrayBuffer())
    })
    const { body, headers, status } = answer
    return new Response(status === 204 ? null : body, { status, headers })
  }
}

/** Answers as a server that knows ranges and entity tags. */
export const fetchFrom = (files, fallback) => {
  const store = storeOf(files)
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    return /(^|\.)s3\./.test(url.hostname) ? store(request, url) : fileOf(files, fallback, request)
  }
}

const fileOf = (files, fallback, request) => {
  const name = new URL(request.url).pathname.split("/").at(-1) ?? ""
  const bytes = files[name] ?? files[fallback]
  const headers = { etag, "accept-ranges": "bytes", "content-type": "audio/wav" }
  if (request.headers.get("if-match") !== null && request.headers.get("if-match") !== etag) {
    return new Response(null, { status: 412 })
  }
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? []
  if (first === undefined) {
    const body = request.method === "HEAD" ? null : bytes
    return new Response(body, { status: 200, headers: { ...headers, "content-length": String(bytes.length) } })
  }
  const start = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first)
  const end = first === "" || last === "" ? bytes.length : Math.min(bytes.length, Number(last) + 1)
  if (start >= end) return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes.length}` } })
  const part = bytes.slice(start, end)
  return new Response(request.method === "HEAD" ? null : part, {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(part.length),
      "content-range": `bytes ${start}-${end - 1}/${bytes.length}`
    }
  })
}
