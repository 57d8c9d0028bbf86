/** A web server for the examples, in the place of `fetch`: every URL is a file of the samples, by its last component, else the first sample. */

const etag = `"1"`

/** Answers as a server that knows ranges and entity tags. */
export const fetchFrom = (files, fallback) => async (input, init) => {
  const request = new Request(input, init)
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
