import { IOProc } from "@effect-mmio/core"
import { Effect } from "effect"
import { SparseStorage } from "./sparse.js"

const sectorSize = 512

/** What was done to a storage, in order. */
export type Event<M> =
  | { readonly _tag: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly _tag: "flush" }
  | { readonly _tag: "mark"; readonly mark: M }

/** What a crash may leave, with the last mark before it. */
export interface Left<M> {
  readonly storage: SparseStorage
  readonly mark: M
  readonly event: number
}

/**
 * A sparse storage that remembers in which order it was written and flushed; of files that are too large for `Crash`.
 */
export class Journal<M> {
  readonly storage = new SparseStorage()
  readonly events: Array<Event<M>>

  constructor(mark: M) {
    this.events = [{ _tag: "mark", mark }]
  }

  mark(mark: M): Effect.Effect<void> {
    return Effect.sync(() => {
      this.events.push({ _tag: "mark", mark })
    })
  }

  /**
   * What crashes at every event leave: what was flushed, and of each sector that was written since, as many of the
   * writes to it, in their order, as `choose` says of how many.
   */
  *crashes(times: number, choose: (most: number) => number): Generator<Left<M>> {
    for (let event = 1; event <= this.events.length; event++) {
      const before = this.events.slice(0, event)
      const flushed = before.findLastIndex(({ _tag }) => _tag === "flush") + 1
      const marks = before.flatMap((event) => event._tag === "mark" ? [event.mark] : [])
      const mark = marks.at(-1)
      if (mark === undefined) throw new Error("there is a mark at the start")
      const pending = new Map<number, Array<{ readonly at: number; readonly bytes: Uint8Array }>>()
      for (const write of before.slice(flushed)) {
        if (write._tag !== "write") continue
        for (let i = 0; i < write.bytes.length;) {
          const at = write.at + i
          const sector = Math.floor(at / sectorSize)
          const bytes = write.bytes.subarray(i, i + (sector + 1) * sectorSize - at)
          pending.set(sector, [...pending.get(sector) ?? [], { at, bytes }])
          i += bytes.length
        }
      }
      for (let time = 0; time < (pending.size === 0 ? 1 : times); time++) {
        const storage = new SparseStorage()
        for (const done of before.slice(0, flushed)) if (done._tag === "write") storage.put(done.at, done.bytes)
        for (const writes of pending.values()) {
          // none, all, then whatever
          const kept = time === 0 ? 0 : time === 1 ? writes.length : choose(writes.length)
          for (const { at, bytes } of writes.slice(0, kept)) storage.put(at, bytes)
        }
        yield { storage, mark, event }
      }
    }
  }

  readonly ioProc: IOProc.IOProc = IOProc.mapFile(this.storage.ioProc, (file) =>
    IOProc.wrapFile(file, {
      writeAt: file.writeAt && ((position, source, mode) =>
        Effect.map(file.writeAt!(position, source, mode), (count) => {
          if (count > 0) this.events.push({ _tag: "write", at: position, bytes: source.slice(0, count) })
          if (mode === "writeFlush") this.events.push({ _tag: "flush" })
          return count
        }))
    }))
}
