import * as Encoding from "effect/Encoding"

/** A value as traces write it: bytes as base64, and the keys in one order, so that equal values are equal text. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return Encoding.encodeBase64(value)
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1))
      : value
  })

/** Where two arrays differ first, if they do: also where one of them ends. */
export const firstDifference = (a: Uint8Array, b: Uint8Array): number | undefined => {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : shorter
}

/** Bytes as a message shows them: how many, and some from a place on. */
export const excerpt = (bytes: Uint8Array, from: number): string => {
  const some = Encoding.encodeHex(bytes.subarray(from, from + 16))
  return `${bytes.length} bytes, from ${from} on ${some === "" ? "none" : some}`
}
