import * as Encoding from "effect/Encoding"

/** Where two arrays differ first, if they do: also where one of them ends. @internal */
export const firstDifference = (a: Uint8Array, b: Uint8Array): number | undefined => {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : shorter
}

/** Bytes as a message shows them: how many, and some from a place on. @internal */
export const excerpt = (bytes: Uint8Array, from: number): string => {
  const some = Encoding.encodeHex(bytes.subarray(from, from + 16))
  return `${bytes.length} bytes, from ${from} on ${some === "" ? "none" : some}`
}
