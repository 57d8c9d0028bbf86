/** Archives as other programs write them, and as none should: every number can be made wrong. */
import { crc32 } from "node:zlib"
import { deflateRawSync } from "node:zlib"

/** One element, or a folder where the name ends with a slash. */
export interface Part {
  readonly name: string | Uint8Array
  readonly bytes?: Uint8Array | undefined
  readonly deflated?: boolean | undefined
  /** With its sizes after its bytes, and not before. */
  readonly descriptor?: boolean | undefined
  /** With its sizes and its offset in a Zip64 field. */
  readonly zip64?: boolean | undefined
  readonly flags?: number | undefined
  readonly comment?: string | undefined
  readonly extra?: Uint8Array | undefined
  /** What the directory says instead. */
  readonly central?: {
    readonly method?: number
    readonly crc?: number
    readonly compressed?: number
    readonly size?: number
    readonly offset?: number
    readonly name?: string
  } | undefined
}

export interface Options {
  readonly prefix?: Uint8Array | undefined
  readonly comment?: string | undefined
  /** With a Zip64 end; a redundant one says what the end says, too. */
  readonly zip64?: boolean | "redundant" | undefined
  /** What the end says instead. */
  readonly end?: { readonly count?: number; readonly size?: number; readonly offset?: number } | undefined
}

const text = (value: string | Uint8Array) => typeof value === "string" ? Buffer.from(value) : Buffer.from(value)

const wide = (...numbers: ReadonlyArray<number>) => {
  const bytes = Buffer.alloc(4 + numbers.length * 8)
  bytes.writeUInt16LE(1, 0)
  bytes.writeUInt16LE(numbers.length * 8, 2)
  for (const [i, number] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(number), 4 + i * 8)
  return bytes
}

const dos = { time: (12 << 11) | (30 << 5) | 10, date: ((2024 - 1980) << 9) | (5 << 5) | 17 }

/** An archive of these parts. */
export const archive = (parts: ReadonlyArray<Part>, options: Options = {}): Uint8Array => {
  const out: Array<Buffer> = [Buffer.from(options.prefix ?? new Uint8Array(0))]
  const directory: Array<Buffer> = []
  const prefix = options.prefix?.length ?? 0
  let position = prefix
  const push = (bytes: Buffer) => {
    out.push(bytes)
    position += bytes.length
  }
  for (const part of parts) {
    const bytes = part.bytes ?? new Uint8Array(0)
    const data = part.deflated === true ? deflateRawSync(bytes) : Buffer.from(bytes)
    const crc = crc32(bytes)
    const offset = position - prefix
    const name = text(part.name)
    const utf8 = typeof part.name === "string" && [...name].some((byte) => byte > 127) ? 0x800 : 0
    const flags = (part.flags ?? utf8) | (part.descriptor === true ? 8 : 0)
    const method = part.deflated === true ? 8 : 0
    const known = part.descriptor !== true
    const localExtra = Buffer.concat([
      part.zip64 === true ? wide(bytes.length, data.length) : Buffer.alloc(0),
      Buffer.from(part.extra ?? [])
    ])
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(20, 4)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(method, 8)
    local.writeUInt16LE(dos.time, 10)
    local.writeUInt16LE(dos.date, 12)
    local.writeUInt32LE(known ? crc : 0, 14)
    local.writeUInt32LE(part.zip64 === true ? 0xffffffff : known ? data.length : 0, 18)
    local.writeUInt32LE(part.zip64 === true ? 0xffffffff : known ? bytes.length : 0, 22)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(localExtra.length, 28)
    push(Buffer.concat([local, name, localExtra, data]))
    if (!known) {
      const descriptor = Buffer.alloc(16)
      descriptor.writeUInt32LE(0x08074b50, 0)
      descriptor.writeUInt32LE(crc, 4)
      descriptor.writeUInt32LE(data.length, 8)
      descriptor.writeUInt32LE(bytes.length, 12)
      push(descriptor)
    }
    const said = part.central ?? {}
    const [size, compressed, at] = [said.size ?? bytes.length, said.compressed ?? data.length, said.offset ?? offset]
    const centralName = said.name === undefined ? name : Buffer.from(said.name)
    const centralExtra = Buffer.concat([
      part.zip64 === true ? wide(size, compressed, at) : Buffer.alloc(0),
      Buffer.from(part.extra ?? [])
    ])
    const comment = Buffer.from(part.comment ?? "")
    const record = Buffer.alloc(46)
    record.writeUInt32LE(0x02014b50, 0)
    record.writeUInt16LE((3 << 8) | 30, 4)
    record.writeUInt16LE(20, 6)
    record.writeUInt16LE(flags, 8)
    record.writeUInt16LE(said.method ?? method, 10)
    record.writeUInt16LE(dos.time, 12)
    record.writeUInt16LE(dos.date, 14)
    record.writeUInt32LE(said.crc ?? crc, 16)
    record.writeUInt32LE(part.zip64 === true ? 0xffffffff : compressed, 20)
    record.writeUInt32LE(part.zip64 === true ? 0xffffffff : size, 24)
    record.writeUInt16LE(centralName.length, 28)
    record.writeUInt16LE(centralExtra.length, 30)
    record.writeUInt16LE(comment.length, 32)
    record.writeUInt32LE(part.zip64 === true ? 0xffffffff : at, 42)
    directory.push(Buffer.concat([record, centralName, centralExtra, comment]))
  }
  const all = Buffer.concat(directory)
  const start = position - prefix
  push(all)
  const count = options.end?.count ?? parts.length
  const size = options.end?.size ?? all.length
  const offset = options.end?.offset ?? start
  if (options.zip64 !== undefined && options.zip64 !== false) {
    const end64 = Buffer.alloc(56 + 20)
    end64.writeUInt32LE(0x06064b50, 0)
    end64.writeBigUInt64LE(44n, 4)
    end64.writeBigUInt64LE(BigInt(count), 24)
    end64.writeBigUInt64LE(BigInt(count), 32)
    end64.writeBigUInt64LE(BigInt(size), 40)
    end64.writeBigUInt64LE(BigInt(offset), 48)
    end64.writeUInt32LE(0x07064b50, 56)
    end64.writeBigUInt64LE(BigInt(position - prefix), 64)
    end64.writeUInt32LE(1, 72)
    push(end64)
  }
  const end = Buffer.alloc(22)
  const comment = Buffer.from(options.comment ?? "")
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(options.zip64 === true ? 0xffff : count, 8)
  end.writeUInt16LE(options.zip64 === true ? 0xffff : count, 10)
  end.writeUInt32LE(options.zip64 === true ? 0xffffffff : size, 12)
  end.writeUInt32LE(options.zip64 === true ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.length, 20)
  push(Buffer.concat([end, comment]))
  return new Uint8Array(Buffer.concat(out))
}

/** Bytes that compress, but not too well. */
export const noise = (size: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(size)
  let state = seed >>> 0 || 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = i % 7 === 0 ? state >>> 24 : (i >>> 4) & 0xff
  }
  return bytes
}

export const ascii = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))
