/** What objects hold: bytes, or bytes that are made as they are asked for, so that an object may be as large as any. */
export interface Content {
  readonly size: number
  readonly bytes: (start: number, end: number) => Uint8Array
}

export const contentOf = (bytes: Uint8Array): Content => ({
  size: bytes.length,
  bytes: (start, end) => bytes.slice(start, end)
})

export const part = (content: Content, start: number, end: number): Content => ({
  size: end - start,
  bytes: (from, to) => content.bytes(start + from, start + to)
})

export const joined = (parts: ReadonlyArray<Content>): Content => {
  const size = parts.reduce((sum, one) => sum + one.size, 0)
  return {
    size,
    bytes: (start, end) => {
      const bytes = new Uint8Array(end - start)
      let at = 0
      for (const one of parts) {
        const [from, to] = [Math.max(start, at), Math.min(end, at + one.size)]
        if (from < to) bytes.set(one.bytes(from - at, to - at), from - start)
        at += one.size
      }
      return bytes
    }
  }
}

/** Zeros, but for some bytes at some positions. */
export const sparse = (
  size: number,
  spans: ReadonlyArray<readonly [position: number, bytes: Uint8Array]>
): Content => ({
  size,
  bytes: (start, end) => {
    const bytes = new Uint8Array(end - start)
    for (const [position, span] of spans) {
      const [from, to] = [Math.max(start, position), Math.min(end, position + span.length)]
      if (from < to) bytes.set(span.subarray(from - position, to - position), from - start)
    }
    return bytes
  }
})
