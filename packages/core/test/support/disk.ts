/**
 * A storage of one file that remembers what was flushed, and so what a crash may leave: the model that edits are tried
 * on.
 *
 * The system writes sectors of 512 bytes whole, in any order, and changes of the length in their order; after a flush,
 * all of both are on the disk.
 */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"

const sectorSize = 512

type Op =
  | { readonly _tag: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly _tag: "truncate"; readonly size: number }

/** What was done to a disk since the last flush, and the file before that. */
export interface Snapshot {
  readonly durable: Uint8Array
  readonly pending: ReadonlyArray<Op>
}

/** How many bytes of a write are done, and whether the call then fails; or a call that fails. */
export interface Interference {
  /**
   * Called before each call that changes the file, with its number. Gives the most bytes that are written; below that,
   * the call fails.
   */
  readonly room?: (disk: Disk, call: Call) => number
}

export interface Call {
  readonly number: number
  readonly name: "write" | "truncate" | "flush"
  readonly at: number
  readonly length: number
}

const resized = (bytes: Uint8Array, size: number): Uint8Array => {
  const other = new Uint8Array(size)
  other.set(bytes.subarray(0, size))
  return other
}

const put = (bytes: Uint8Array, at: number, source: Uint8Array): Uint8Array => {
  const end = at + source.length
  const target = end > bytes.length ? resized(bytes, end) : bytes.slice()
  target.set(source, at)
  return target
}

export class Disk {
  durable: Uint8Array
  pending: Array<Op>
  /** What programs see. */
  bytes: Uint8Array
  /** What the disk was before each call that changes it, and at the end. */
  readonly history: Array<Snapshot> = []
  readonly calls: Array<Call> = []
  interference: Interference = {}
  identity = "1:2"
  canTruncate = true
  flushes = 0

  constructor(from: Uint8Array | Snapshot) {
    const { durable, pending }: Snapshot = from instanceof Uint8Array ? { durable: from.slice(), pending: [] } : from
    this.durable = durable
    this.pending = [...pending]
    this.bytes = pending.reduce(
      (bytes, op) => op._tag === "write" ? put(bytes, op.at, op.bytes) : resized(bytes, op.size),
      durable
    )
  }

  get snapshot(): Snapshot {
    return { durable: this.durable, pending: [...this.pending] }
  }

  /** Another program's change. */
  change(at: number, source: Uint8Array): void {
    this.pending.push({ _tag: "write", at, bytes: source.slice() })
    this.bytes = put(this.bytes, at, source)
  }

  append(source: Uint8Array): void {
    this.change(this.bytes.length, source)
  }

  private call(name: Call["name"], at: number, length: number): number {
    const call = { number: this.calls.length, name, at, length }
    const room = this.interference.room?.(this, call) ?? length
    this.history.push(this.snapshot)
    this.calls.push(call)
    return room
  }

  private failed(at: number, written: number, errno: string) {
    return Effect.fail(
      new MmioError.CannotWrite({
        operation: "Disk",
        file: "disk",
        position: at,
        description: "told to fail",
        errno,
        written
      })
    )
  }

  readonly ioProc: IOProc.IOProc = IOProc.make({
    open: () =>
      Effect.sync(() =>
        IOProc.makeFile({
          name: "disk",
          identity: this.identity,
          size: Effect.sync(() => this.bytes.length),
          readAt: (position, target) =>
            Effect.sync(() => {
              const some = this.bytes.subarray(position, position + target.length)
              target.set(some)
              return some.length
            }),
          writeAt: (position, source) =>
            Effect.suspend(() => {
              const room = Math.max(0, this.call("write", position, source.length))
              const some = source.subarray(0, room)
              if (some.length > 0) this.change(position, some)
              return some.length === source.length || some.length > 0
                ? Effect.succeed(some.length)
                : this.failed(position, 0, "ENOSPC")
            }),
          flush: Effect.suspend(() => {
            if (this.call("flush", 0, 1) < 1) return this.failed(0, 0, "EIO")
            this.durable = this.bytes
            this.pending = []
            this.flushes++
            return Effect.void
          }),
          truncate: this.canTruncate
            ? (size) =>
              Effect.suspend(() => {
                if (this.call("truncate", size, 1) < 1) return this.failed(size, 0, "EIO")
                this.pending.push({ _tag: "truncate", size })
                this.bytes = resized(this.bytes, size)
                return Effect.void
              })
            : undefined
        })
      )
  })
}

/**
 * How a power failure chooses: of how many changes of the length, and of how many writes to a sector, how many are on
 * the disk.
 */
export interface Choice {
  readonly lengths: (count: number) => number
  readonly sector: (index: number, count: number) => number
  /** What a sector holds that the file has, and that was never written: default zeros. */
  readonly stale?: number
}

/** The sectors that were written since the last flush, each with what was written, in order. */
const sectorsOf = ({ pending }: Snapshot) => {
  const sectors = new Map<number, Array<{ readonly at: number; readonly bytes: Uint8Array }>>()
  for (const op of pending) {
    if (op._tag === "truncate") continue
    for (let i = 0; i < op.bytes.length;) {
      const at = op.at + i
      const sector = Math.floor(at / sectorSize)
      const bytes = op.bytes.subarray(i, i + (sector + 1) * sectorSize - at)
      const list = sectors.get(sector)
      if (list === undefined) sectors.set(sector, [{ at, bytes }])
      else list.push({ at, bytes })
      i += bytes.length
    }
  }
  return sectors
}

/** The file as a power failure leaves it. */
export const powerFailure = (snapshot: Snapshot, choice: Choice): Uint8Array => {
  const { durable, pending } = snapshot
  // What the length was after each change of it.
  const lengths = [durable.length]
  for (const op of pending) {
    const last = lengths.at(-1) ?? 0
    const next = op._tag === "truncate" ? op.size : Math.max(last, op.at + op.bytes.length)
    if (next !== last) lengths.push(next)
  }
  const size = lengths[choice.lengths(lengths.length - 1)] ?? durable.length
  const bytes = resized(durable, size)
  if (choice.stale !== undefined && size > durable.length) bytes.fill(choice.stale, durable.length)
  let index = 0
  for (const writes of sectorsOf(snapshot).values()) {
    const kept = choice.sector(index++, writes.length)
    for (const { at, bytes: some } of writes.slice(0, kept)) {
      if (at < size) bytes.set(some.subarray(0, size - at), at)
    }
    // A sector that is on the disk has no stale bytes after what was written to it.
    if (kept > 0 && choice.stale !== undefined) {
      const last = writes.reduce((end, { at, bytes: some }) => Math.max(end, at + some.length), 0)
      const end = Math.min(size, Math.ceil(last / sectorSize) * sectorSize)
      if (last >= durable.length && last < end) bytes.fill(0, last, end)
    }
  }
  return bytes
}

/** Numbers from 0 to below 2^32, the same ones each time. */
export const random = (seed: number): (below: number) => number => {
  let state = seed | 0
  return (below) => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0
    const mixed = Math.imul(state ^ state >>> 13, 0x297a2d39)
    return ((mixed ^ mixed >>> 16) >>> 0) % below
  }
}

/**
 * What power failures may leave: all of the length and of the sectors, or none; each sector alone, or missing; all
 * subsets of up to eight sectors; then `times` mixtures.
 */
export const powerFailures = function*(snapshot: Snapshot, times: number, seed: number): Generator<Uint8Array> {
  const count = sectorsOf(snapshot).size
  const all = (n: number) => n
  const none = () => 0
  yield powerFailure(snapshot, { lengths: none, sector: none })
  if (snapshot.pending.length === 0) return
  yield powerFailure(snapshot, { lengths: all, sector: (_, n) => n })
  yield powerFailure(snapshot, { lengths: all, sector: none })
  yield powerFailure(snapshot, { lengths: none, sector: (_, n) => n })
  if (count <= 8) {
    for (let subset = 1; subset < 2 ** count - 1; subset++) {
      for (const lengths of [all, none]) {
        yield powerFailure(snapshot, { lengths, sector: (i, n) => (subset & 1 << i) > 0 ? n : 0 })
      }
    }
  } else {
    for (let one = 0; one < count; one++) {
      yield powerFailure(snapshot, { lengths: all, sector: (i, n) => i === one ? n : 0 })
      yield powerFailure(snapshot, { lengths: all, sector: (i, n) => i === one ? 0 : n })
    }
  }
  const next = random(seed)
  for (let time = 0; time < times; time++) {
    yield powerFailure(snapshot, { lengths: (n) => next(3) > 0 ? n : next(n + 1), sector: (_, n) => next(n + 1) })
  }
}
