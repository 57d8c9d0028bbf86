/** Requests and answers, as they are on the wire. */
export interface FakeRequest {
  readonly method: string
  /** The path and the query, as they were sent. */
  readonly target: string
  /** By their names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

export interface FakeResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
}

/** What a store says where it does not do what it was asked. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  /** Further elements of the document. */
  readonly more?: string | undefined
  readonly headers?: { readonly [name: string]: string } | undefined
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

export const xml = (status: number, text: string, headers: { readonly [name: string]: string } = {}): FakeResponse => {
  const body = new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`)
  return {
    status,
    headers: { "content-type": "application/xml", "content-length": `${body.length}`, ...headers },
    body
  }
}

export const empty = (status: number, headers: { readonly [name: string]: string } = {}): FakeResponse => ({
  status,
  headers: status === 204 ? headers : { "content-length": "0", ...headers },
  body: new Uint8Array(0)
})

export const refuse = ({ code, headers, message, more = "", status }: Refusal, id: string): FakeResponse =>
  xml(
    status,
    `<Error><Code>${code}</Code><Message>${escape(message)}</Message>${more}<RequestId>${id}</RequestId></Error>`,
    { "x-amz-request-id": id, ...headers }
  )

export { escape }
