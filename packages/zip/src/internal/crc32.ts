/**
 * CRC-32 as archives use it, eight bytes at a step; by the runtime's own function where it has one.
 */

type Sum = (bytes: Uint8Array, sum?: number) => number

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: ((name: string) => unknown) | undefined } | undefined
}

/**
 * The function of `node:zlib`, since Node 20.15: asked of the process, so that bundles for other runtimes need not
 * leave the module out.
 */
const ofRuntime = (): Sum | undefined => {
  try {
    // The types of Node are no dependency: what is used is written down above, and undefined where a runtime lacks it.
    const zlib = (globalThis as Runtime).process?.getBuiltinModule?.("node:zlib") as
      | { readonly crc32?: Sum }
      | undefined
    return zlib?.crc32
  } catch {
    return undefined
  }
}

const tables: ReadonlyArray<Int32Array> = (() => {
  const first = new Int32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    first[i] = value
  }
  const all = [first]
  for (let table = 1; table < 8; table++) {
    const previous = all[table - 1]!
    all.push(Int32Array.from(previous, (value) => (value >>> 8) ^ first[value & 0xff]!))
  }
  return all
})()

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array
]

/** The sum in plain JavaScript. */
export const crc32Pure = (bytes: Uint8Array, sum = 0): number => {
  let c = ~sum
  let i = 0
  const whole = bytes.length - (bytes.length % 8)
  // inside of the array, as the bounds of the loops say
  for (; i < whole; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    c = t7[c & 0xff]! ^ t6[(c >>> 8) & 0xff]! ^ t5[(c >>> 16) & 0xff]! ^ t4[c >>> 24]!
      ^ t3[bytes[i + 4]!]! ^ t2[bytes[i + 5]!]! ^ t1[bytes[i + 6]!]! ^ t0[bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]!) & 0xff]!
  return ~c >>> 0
}

/** The sum of bytes, or of more bytes after those of a sum. @internal */
export const crc32: Sum = ofRuntime() ?? crc32Pure
