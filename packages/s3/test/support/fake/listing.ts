/** Listings, page by page, in the order of keys. */
import type { Bucket } from "./bucket.js"
import { escape, type FakeResponse, xml } from "./protocol.js"

const encode = (text: string) =>
  encodeURIComponent(text).replaceAll("%20", "+").replaceAll("%2F", "/").replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )

const shownAs = (query: URLSearchParams) =>
  query.get("encoding-type") === "url" ? (text: string) => encode(text) : escape

export const listObjects = (bucket: Bucket, query: URLSearchParams): FakeResponse => {
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""]
  const most = Math.min(1000, Number(query.get("max-keys") ?? 1000))
  const after = query.get("continuation-token")
  const shown = shownAs(query)
  const entries: Array<{ readonly name: string; readonly isPrefix: boolean }> = []
  for (const key of bucket.keys()) {
    if (!key.startsWith(prefix)) continue
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length)
    const name = end < 0 ? key : key.slice(0, end + delimiter.length)
    if (after !== null && name <= after) continue
    if (entries.at(-1)?.name !== name) entries.push({ name, isPrefix: end >= 0 })
  }
  const page = entries.slice(0, most)
  const isTruncated = entries.length > page.length
  const contents = page.filter(({ isPrefix }) => !isPrefix).map(({ name }) =>
    `<Contents><Key>${shown(name)}</Key><Size>${bucket.find(name)?.content.size}</Size></Contents>`
  )
  const prefixes = page.filter(({ isPrefix }) => isPrefix).map(({ name }) =>
    `<CommonPrefixes><Prefix>${shown(name)}</Prefix></CommonPrefixes>`
  )
  return xml(
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Prefix>${shown(prefix)}</Prefix>${
      query.get("encoding-type") === "url" ? "<EncodingType>url</EncodingType>" : ""
    }<IsTruncated>${isTruncated}</IsTruncated>${
      isTruncated ? `<NextContinuationToken>${escape(page.at(-1)?.name ?? "")}</NextContinuationToken>` : ""
    }${contents.join("")}${prefixes.join("")}</ListBucketResult>`
  )
}

export const listUploads = (bucket: Bucket, query: URLSearchParams): FakeResponse => {
  const prefix = query.get("prefix") ?? ""
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""]
  const most = Math.min(1000, Number(query.get("max-uploads") ?? 1000))
  const shown = shownAs(query)
  const uploads = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .toSorted((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : a.id < b.id ? -1 : 1)
    .filter(({ id, key }) => key > keyMarker || (key === keyMarker && id > idMarker))
  const page = uploads.slice(0, most)
  const last = page.at(-1)
  const isTruncated = uploads.length > page.length
  const next = isTruncated && last !== undefined
    ? `<NextKeyMarker>${shown(last.key)}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`
    : ""
  const listed = page.map(({ begun, id, key }) =>
    `<Upload><Key>${shown(key)}</Key><UploadId>${id}</UploadId><Initiated>${
      new Date(begun).toISOString()
    }</Initiated></Upload>`
  )
  return xml(
    200,
    `<ListMultipartUploadsResult>${query.get("encoding-type") === "url" ? "<EncodingType>url</EncodingType>" : ""}` +
      `<IsTruncated>${isTruncated}</IsTruncated>${next}${listed.join("")}</ListMultipartUploadsResult>`
  )
}
