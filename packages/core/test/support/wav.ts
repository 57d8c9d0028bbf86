/** Files put together byte by byte, without the code that is tested. */

export const bytes = (...parts: ReadonlyArray<Uint8Array | string>): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? Array.from(part, (character) => character.charCodeAt(0)) : Array.from(part)
    )
  )

export const number = (size: 2 | 4 | 8, value: number, big = false): Uint8Array => {
  const view = new DataView(new ArrayBuffer(size))
  if (size === 2) view.setUint16(0, value, !big)
  else if (size === 4) view.setUint32(0, value, !big)
  else view.setBigUint64(0, BigInt(value), !big)
  return new Uint8Array(view.buffer)
}

/** A chunk, with a size that may be a lie. */
export const chunk = (
  id: string,
  data: Uint8Array,
  { big = false, size = data.length }: { readonly big?: boolean; readonly size?: number } = {}
): Uint8Array => bytes(id, number(4, size, big), data, new Uint8Array(data.length % 2))

export const form = (
  chunks: ReadonlyArray<Uint8Array>,
  { big = false, id = big ? "RIFX" : "RIFF", size, type = "WAVE" }: {
    readonly id?: string
    readonly type?: string
    readonly big?: boolean
    readonly size?: number
  } = {}
): Uint8Array => {
  const data = bytes(type, ...chunks)
  return chunk(id, data, { big, size: size ?? data.length })
}

export interface Fmt {
  readonly tag?: number
  readonly channels?: number
  readonly rate?: number
  readonly align?: number
  readonly bits?: number
}

/** `fmt ` of 16 bytes: by default one channel of 16 bits, 8000 times a second. */
export const fmt = ({ align = 2, bits = 16, channels = 1, rate = 8000, tag = 1 }: Fmt = {}, big = false): Uint8Array =>
  chunk(
    "fmt ",
    bytes(
      number(2, tag, big),
      number(2, channels, big),
      number(4, rate, big),
      number(4, rate * align, big),
      number(2, align, big),
      number(2, bits, big)
    ),
    { big }
  )

/** `LIST INFO` with one tag. */
export const tagged = (id: string, text: string): Uint8Array =>
  chunk("LIST", bytes("INFO", chunk(id, bytes(text, "\0"))))

const guidTails: Record<string, string> = { riff: "2e91cf11a5d628db04c10000", list: "2f91cf11a5d628db04c10000" }

/** A chunk of Wave64: a GUID, a size that counts the header, and padding to a multiple of eight. */
export const chunk64 = (id: string, data: Uint8Array): Uint8Array => {
  const tail = guidTails[id] ?? "f3acd3118cd100c04f8edb8a"
  return bytes(
    id,
    Uint8Array.from(tail.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)),
    number(8, data.length + 24),
    data,
    new Uint8Array(-data.length & 7)
  )
}

export const waveGuid: Uint8Array = bytes(
  "wave",
  Uint8Array.from("f3acd3118cd100c04f8edb8a".match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
)
