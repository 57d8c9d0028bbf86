/**
 * Damaged sound files without end, and what holds of `Riff` and `Wave` whatever the file is: reading ends, asks its
 * storage and its memory for no more than the length of the file and the limits allow, fails with typed errors only,
 * and a repair is one.
 *
 * An input is made of a seed and a number, and of files that it begins with: the same ones make the same input,
 * anywhere.
 */
import * as RiffLimits from "@effect-mmio/core/RiffLimits"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { headersOf } from "./internal/fuzz/headers.js"
import * as laws from "./internal/fuzz/laws.js"
import { mutated } from "./internal/fuzz/mutations.js"
import { Random } from "./internal/fuzz/random.js"

/** A file to begin with. */
export interface Seedling {
  readonly name: string
  readonly bytes: Uint8Array
}

/** How a file is read. */
export interface Settings {
  /** How large the buffer of the handle is, in bytes. */
  readonly buffer: number | "none"
  /** How many bytes the storage transfers at most in one call. */
  readonly atMost: number
  /** The limits of the program. */
  readonly limits: RiffLimits.Limits
  /** Whether it is read as streams, too: these cost as much as all the rest. */
  readonly streams: boolean
}

/** A file that was damaged, and how to read it. */
export interface Input {
  readonly seed: number
  readonly number: number
  /** The file that it was. */
  readonly name: string
  /** What was done to it, in this order. */
  readonly mutations: ReadonlyArray<string>
  readonly bytes: Uint8Array
  readonly settings: Settings
}

/** More than any input can have: a walk that goes in circles comes to it soon. */
const manyChunks = 50_000

const someLimits = (random: Random): RiffLimits.Limits =>
  random.once(4)
    ? {
      nesting: random.pick([1, 2, 3, 64]),
      chunks: random.pick([1, 5, 20, manyChunks]),
      bytes: random.pick([0, 20, 100, 4096]),
      problems: random.pick([0, 1, 3, 10_000]),
      entries: random.pick([0, 1, 10, 100_000])
    }
    : { ...RiffLimits.defaults, chunks: manyChunks }

/** Damages a file, as a seed and a number have it. */
export const input = (
  files: readonly [Seedling, ...ReadonlyArray<Seedling>],
  seed: number,
  number: number
): Input => {
  const random = new Random(seed, number)
  const { bytes: file, name } = random.pick(files)
  const damaged = mutated(file, random.pick(files).bytes, random)
  // Small transfers are dear, and show as much in a small file.
  const short = damaged.bytes.length < 300 ? random.pick([1, 7, 64]) : Math.ceil(damaged.bytes.length / 20)
  const settings: Settings = {
    buffer: random.pick([8192, 8192, 8192, 8192, "none", 16, 100]),
    atMost: random.once(32) ? short : Infinity,
    limits: someLimits(random),
    streams: random.once(8)
  }
  return { seed, number, name, settings, ...damaged }
}

/** A law does not hold. */
export class LawBroken extends Data.TaggedError("LawBroken")<{
  /** Which one: mostly the function that it is about. */
  readonly law: string
  /** What happened instead. */
  readonly description: string
}> {
  override get message() {
    return `${this.law}: ${this.description}`
  }
}

/**
 * Reads a file in every way there is, and repairs it. Fails if one of them does not do what it has to do with any file.
 * Needs no storage, and can be run with `Effect.runSync`. (A loop without calls does not end here, either.)
 */
export const check = ({ bytes, settings }: Pick<Input, "bytes" | "settings">): Effect.Effect<void, LawBroken> =>
  Effect.flatMap(
    laws.broken(bytes, settings),
    (broken) => broken === undefined ? Effect.void : Effect.fail(new LawBroken(broken))
  )

/** Leaves away of an input what it does not need to break the same law, as far as that can be found out quickly. */
export const shrink = (input: Input): Effect.Effect<Input> =>
  Effect.gen(function*() {
    const broken = yield* laws.broken(input.bytes, input.settings)
    if (broken === undefined) return input
    let { bytes } = input
    let checks = 2000
    for (let size = Math.ceil(bytes.length / 2); size >= 1 && checks > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < bytes.length && checks > 0; checks--) {
        const shorter = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + size))
        const same = yield* laws.broken(shorter, input.settings)
        if (same?.law === broken.law) bytes = shorter
        else at += size
      }
    }
    return { ...input, bytes }
  })

/**
 * A file with no more than so many bytes of data in each chunk: what is done to the headers then is most of what is
 * done to it. What has no chunks in it stays as it is.
 */
export const compact = ({ bytes, name }: Seedling, most = 96): Seedling => {
  const headers = headersOf(bytes, 10_000)
  const kept: Array<Uint8Array> = []
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  let at = 0
  for (const { bigEndian, container, dataAt, end, inside, sizeAt, wave64 } of headers) {
    // Whole units of 8 bytes, so that the padding stays as it is.
    const surplus = container ? 0 : Math.floor(Math.max(0, end - dataAt - most) / 8) * 8
    if (surplus === 0) continue
    kept.push(copy.subarray(at, end - surplus))
    at = end
    const shorten = (header: { readonly wave64: boolean; readonly bigEndian: boolean; readonly sizeAt: number }) => {
      const { bigEndian, sizeAt, wave64 } = header
      if (wave64) view.setBigUint64(sizeAt, view.getBigUint64(sizeAt, true) - BigInt(surplus), true)
      else {
        const size = view.getUint32(sizeAt, !bigEndian)
        if (size !== 0xffffffff) view.setUint32(sizeAt, Math.max(0, size - surplus), !bigEndian)
      }
    }
    shorten({ wave64, bigEndian, sizeAt })
    for (const index of inside) {
      const around = headers[index]
      if (around !== undefined) shorten(around)
    }
  }
  kept.push(copy.subarray(at))
  const all = new Uint8Array(kept.reduce((length, part) => length + part.length, 0))
  let to = 0
  for (const part of kept) {
    all.set(part, to)
    to += part.length
  }
  return { name, bytes: all }
}
