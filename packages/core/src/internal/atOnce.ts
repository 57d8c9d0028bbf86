/**
 * What `fileHandle.ts` does, where the driver answers without waiting, or by a callback: the same plans and transitions, with no effect in
 * between.
 *
 * Whatever does not come about here has changed nothing but what the window holds, or what of it is dirty, which the slow path then takes
 * up: a failure, too, is met again there, and told.
 */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as IOProc from "../IOProc.js"
import {
  type AtHand,
  atHand,
  lendNow,
  readLater,
  readNow,
  showNow,
  standNow,
  type Transfer,
  writeNow
} from "./atHand.js"
import * as BufferState from "./bufferState.js"
import { copy, isCountOf } from "./copy.js"
import { Awaited, begin, isDone, resolve } from "./immediate.js"
import type { StateRef } from "./stateRef.js"

/** Where one transfer is at least this part of the buffer, it is cheaper to ask such a driver for it than to copy it twice. */
const largePart = 4

/** @internal */
export class AtOnce {
  /** Whether the driver was seen to answer at once: others may begin their work as they are called. */
  enabled = false
  private readonly state: StateRef
  private readonly file: IOProc.File
  /** The same file. */
  private readonly quick: AtHand

  constructor(state: StateRef, file: IOProc.File) {
    this.state = state
    this.file = file
    this.quick = atHand(file)
  }

  /**
   * Reads in full or to the end, and gives the count; -1 with the position where it was. Either may come later. `done` have been read before,
   * from `start` on.
   */
  read(target: Uint8Array, done = 0, start = BufferState.position(this.state.current)): Answer {
    for (;;) {
      done += take(this.state, target, done)
      const s = this.state.current
      const wanted = target.length - done
      if (wanted === 0) return done
      if (BufferState.isDirty(s)) return this.giveUp(start)
      const isLarge = wanted * largePart >= s.bytes.length
      const answer = isLarge ? this.readAt(BufferState.position(s), target, done, BufferState.passed) : this.fill()
      if (typeof answer === "function") {
        const at = done
        return (complete) =>
          answer((count) => {
            const all: Answer = count > 0
              ? this.read(target, isLarge ? at + count : at, start)
              : count === 0
              ? at
              : this.giveUp(start)
            if (typeof all === "function") all(complete)
            else complete(all)
          })
      }
      if (answer === 0) return done
      if (answer < 0) return this.giveUp(start)
      if (isLarge) done += answer
    }
  }

  private giveUp(start: number): -1 {
    this.state.current = BufferState.movedTo(this.state.current, start)
    return -1
  }

  /** Brings bytes to the position, behind which the clean window has none. */
  private fill(): Answer {
    const s = this.state.current
    if (s.next !== s.endRead || s.endRead === s.bytes.length) this.state.current = BufferState.emptied(s)
    return this.extend()
  }

  private extend(): Answer {
    const { bytes, endRead, offset } = this.state.current
    return this.readAt(offset + endRead, bytes, endRead, BufferState.filled)
  }

  /** Reads just so many bytes past the clean window, where the driver gives them away. */
  lend(count: number): Uint8Array | undefined {
    const s = this.state.current
    if (!this.isBeside) return undefined
    const bytes = this.quick[lendNow]?.(count)
    if (bytes !== undefined) this.state.current = BufferState.passed(s, count)
    return bytes
  }

  /** Reads past the clean window what the driver has at hand, and shows it; gives how many bytes. */
  show(most: number, f: (bytes: Uint8Array) => void): number {
    const count = this.isBeside ? this.quick[showNow]?.(most, f) ?? 0 : 0
    if (count > 0) this.state.current = BufferState.passed(this.state.current, count)
    return count
  }

  /** Whether what the driver does now it does at the position, and the window is clean. */
  private get isBeside(): boolean {
    const s = this.state.current
    return this.enabled && s.diskOffset === BufferState.position(s) && !BufferState.isDirty(s)
  }

  /** Whether so many bytes are better given to the driver than to the window, which is clean. */
  passesBy(count: number): boolean {
    return count * largePart >= this.state.current.bytes.length && this.quick[writeNow] !== undefined && this.isBeside
  }

  /** Writes in full, or leaves the position where it was. */
  write(source: Uint8Array): boolean {
    const start = BufferState.position(this.state.current)
    while (BufferState.isDirty(this.state.current)) {
      const { bytes, dirtyEnd, dirtyStart, offset } = this.state.current
      if (this.writeAt(offset + dirtyStart, bytes, dirtyStart, dirtyEnd, BufferState.drained) < 0) return false
    }
    const { bytes } = this.state.current
    const passes = this.passesBy(source.length)
    this.state.current = BufferState.emptied(this.state.current)
    for (let done = 0; done < source.length;) {
      const rest = source.length - done
      const isSmall = rest < bytes.length
      const count = isSmall
        ? passes ? this.writeNow(start + done, source, done, source.length, BufferState.passed) : 0
        : this.writeAt(start + done, source, done, source.length, BufferState.passed)
      if (count < 0) {
        this.giveUp(start)
        return false
      }
      if (count === 0) {
        this.state.current = BufferState.emptied(this.state.current)
        copy(source, done, bytes, 0, rest)
        this.state.current = BufferState.put(this.state.current, rest)
        return true
      }
      done += count
    }
    return true
  }

  /** Has the position be there, if the driver goes there. */
  seek(target: number): boolean {
    if (!this.enabled || !this.stand(target)) return false
    this.state.current = BufferState.movedTo(this.state.current, target)
    return true
  }

  /** Brings bytes behind those that the clean window has at the position; false if that takes waiting. */
  refill(): boolean {
    const s = this.state.current
    if (!this.enabled || BufferState.isDirty(s)) return false
    if (s.next === 0 && s.endRead === s.bytes.length) return true
    if (BufferState.readable(s) > 0) s.bytes.copyWithin(0, s.next, s.endRead)
    this.state.current = BufferState.compacted(s)
    const answer = this.extend()
    return typeof answer === "number" && answer >= 0
  }

  /** Reads into `bytes` from `from` on: what the driver has at hand, or else what it comes back with. */
  private readAt(at: number, bytes: Uint8Array, from: number, commit: Commit): Answer {
    const { diskOffset } = this.state.current
    const given = diskOffset === at && this.quick[readNow]?.(bytes, from, bytes.length)
    if (given) return this.committed(given, commit)
    if (!this.stand(at)) return -1
    const target = from === 0 ? bytes : bytes.subarray(from)
    const later = this.quick[readLater]?.(target)
    if (later) return (complete) => later((count) => complete(this.committed(count, commit)))
    const answer = resolve(this.file.read(target))
    return answer instanceof Awaited
      ? (complete) => begin(answer, (answered) => complete(this.commit(answered, target, commit)))
      : this.commit(answer, target, commit)
  }

  private writeAt(at: number, source: Uint8Array, from: number, to: number, commit: Commit): number {
    if (!this.stand(at)) return -1
    const taken = this.writeNow(at, source, from, to, commit)
    if (taken > 0) return taken
    const rest = from === 0 && to === source.length ? source : source.subarray(from, to)
    // 0 is a failure, for the slow path to tell.
    return this.commit(resolve(this.file.write(rest)), rest, commit) || -1
  }

  /** Gives the driver what it takes without waiting; 0 where that is nothing. */
  private writeNow(at: number, source: Uint8Array, from: number, to: number, commit: Commit): number {
    const s = this.state.current
    const count = s.diskOffset === at ? this.quick[writeNow]?.(source, from, to) ?? 0 : 0
    if (count > 0) this.state.current = commit(s, count)
    return count
  }

  private commit<E>(answer: Effect.Effect<number, E>, bytes: Uint8Array, commit: Commit): number {
    if (!isDone(answer)) return -1
    const count = valueOf(answer)
    return this.committed(isCountOf(count, bytes) ? count : -1, commit)
  }

  private committed(count: number, commit: Commit): number {
    const s = this.state.current
    this.state.current = count < 0 ? BufferState.standingAt(s, BufferState.unknownDiskOffset) : commit(s, count)
    return count
  }

  /** Has the driver stand there, if it does not already. */
  private stand(at: number): boolean {
    if (this.state.current.diskOffset === at) return true
    if (at < 0 || !Number.isSafeInteger(at)) return false
    const stands = this.quick[standNow]?.(at) ? at : valueOf(resolve(this.file.seek(at, "start")))
    this.state.current = BufferState.standingAt(this.state.current, stands)
    return stands === at
  }
}

type Commit = (s: BufferState.BufferState, count: number) => BufferState.BufferState

/** How many bytes were transferred, or -1 where the slow path has to do it; perhaps later. @internal */
export type Answer = number | Transfer

/** What an effect gave that ended well; -1 for any other. */
const valueOf = <E>(answer: Effect.Effect<number, E>): number =>
  isDone(answer) && Exit.isSuccess(answer) ? answer.value : -1

/**
 * Takes what the window has at the position, into `target` from `done` on.
 *
 * @internal
 */
export const take = (state: StateRef, target: Uint8Array, done: number): number => {
  const s = state.current
  const count = Math.min(BufferState.readable(s), target.length - done)
  if (count > 0) {
    copy(s.bytes, s.next, target, done, count)
    state.current = BufferState.taken(s, count)
  }
  return count
}
