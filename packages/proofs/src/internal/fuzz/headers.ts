/**
 * Where the headers of a file are: what a mutation has to know to hurt. It shares nothing with the walk that is tested.
 */

/** A header, and how far its chunk goes. */
export interface Header {
  readonly at: number
  readonly wave64: boolean
  readonly bigEndian: boolean
  /** Where the size is, which is 8 bytes long in Wave64 and 4 elsewhere. */
  readonly sizeAt: number
  readonly dataAt: number
  /** Where the data that is there ends. */
  readonly end: number
  /** After its padding, where the next one begins. */
  readonly next: number
  /** Where what it is in ends. */
  readonly parentEnd: number
  readonly container: boolean
  readonly depth: number
  /** Those that it is in, from the top on, as indices of the same list. */
  readonly inside: ReadonlyArray<number>
}

const latin1 = (text: string): ReadonlyArray<number> => Array.from(text, (character) => character.charCodeAt(0))

/** The bytes of the GUIDs of Wave64. */
export const guidOf = (id: string): ReadonlyArray<number> => [
  ...latin1(id),
  ...(id === "riff"
    ? [0x2e, 0x91, 0xcf, 0x11]
    : id === "list"
    ? [0x2f, 0x91, 0xcf, 0x11]
    : [0xf3, 0xac, 0xd3, 0x11]),
  ...(id === "riff" || id === "list"
    ? [0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0x00, 0x00]
    : [0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a])
]

export const idAt = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0)

export const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const littleForms = new Set(["RIFF", "RF64", "BW64"])
const bigForms = new Set(["RIFX", "FORM", "CAT "])
const lists = new Set(["RIFF", "LIST", "RIFX", "FORM", "CAT ", "PROP", "riff", "list"])

/**
 * The headers of a file, each before those that are in it, but no more than so many: as far as sizes can be believed, a
 * chunk that says more than there is going as far as there is anything.
 */
export const headersOf = (bytes: Uint8Array, most = 100): ReadonlyArray<Header> => {
  const found: Array<Header> = []
  const data = view(bytes)
  const stack: Array<{ readonly end: number; readonly next: number; readonly index: number }> = []
  const inside: Array<number> = []
  let at = 0
  let wave64 = false
  let bigEndian = false
  while (found.length < most) {
    const around = stack.at(-1)
    const parentEnd = around?.end ?? bytes.length
    if (around === undefined) {
      const id = idAt(bytes, at)
      wave64 = id === "riff"
      bigEndian = bigForms.has(id)
      if (!wave64 && !bigEndian && !littleForms.has(id)) break
    }
    const headerSize = wave64 ? 24 : 8
    if (at + headerSize > parentEnd) {
      if (around === undefined) break
      stack.pop()
      inside.pop()
      at = around.next
      continue
    }
    const dataAt = at + headerSize
    const size = wave64 ? Number(data.getBigUint64(at + 16, true)) - 24 : data.getUint32(at + 4, !bigEndian)
    const end = Math.min(parentEnd, dataAt + Math.max(0, size))
    const alignment = wave64 ? 8 : 2
    const next = Math.min(parentEnd, dataAt + Math.ceil(Math.max(0, size) / alignment) * alignment)
    const typeSize = wave64 ? 16 : 4
    const container = (around === undefined || lists.has(idAt(bytes, at))) && end - dataAt >= typeSize
    found.push({
      at,
      wave64,
      bigEndian,
      sizeAt: at + (wave64 ? 16 : 4),
      dataAt,
      end,
      next,
      parentEnd,
      container,
      depth: stack.length + 1,
      inside: [...inside]
    })
    if (container && stack.length < 20) {
      stack.push({ end, next, index: found.length - 1 })
      inside.push(found.length - 1)
      at = dataAt + typeSize
    } else at = next
  }
  return found
}
