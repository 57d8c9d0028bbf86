/**
 * Bytes of a file that only goes forward: what was read and is not gone over yet, and what comes after it. Nothing is
 * read twice, and nothing before it can be read again, whatever the buffer of the handle holds.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import type { Walker } from "./walker.js"

/** How much is read at once where headers are sought. */
const step = 4096

/** How much is read at once of data. */
const piece = 64 * 1024

/** All of it runs inside of `Lock.exclusive`. @internal */
export class Forward<A extends Access> {
  private readonly handle: Handle<A>
  /** What was read begins at `offset` of the file, and has `count` bytes. */
  private bytes: Uint8Array = new Uint8Array(step)
  private offset: number
  private count = 0
  private ended = false

  constructor(handle: Handle<A>, offset: number) {
    this.handle = handle
    this.offset = offset
  }

  /** Where the file ends; Infinity as long as that was not seen. */
  get length(): number {
    return this.ended ? this.offset + this.count : Infinity
  }

  /** Advances a walk by one chunk, or to its end. */
  advance(walker: Walker, restore: Restore): Effect.Effect<void, Mmio.ReadError<A>> {
    const before = walker.count
    const loop = (): Effect.Effect<void, Mmio.ReadError<A>> => {
      walker.advance(this.bytes, this.count, this.offset, this.ended, 1)
      return walker.done || walker.count > before
        ? Exit.void
        : Effect.flatMap(this.reach(walker.at, restore), () => Effect.flatMap(this.more(restore), loop))
    }
    return Effect.suspend(loop)
  }

  /**
   * So many bytes from `at` on, which is not before what was read last, or as many as the file has. Memory grows with
   * what is there.
   */
  take(at: number, size: number, restore: Restore): Effect.Effect<Uint8Array, Mmio.ReadError<A>> {
    const parts: Array<Uint8Array> = []
    let length = 0
    return Effect.map(
      Effect.zipRight(
        this.reach(at, restore),
        Effect.whileLoop({
          while: () => length < size && (this.count > 0 || !this.ended),
          body: () => this.count > 0 ? Effect.succeed(this.consume(size - length)) : this.read(size - length, restore),
          step: (part) => {
            parts.push(part)
            length += part.length
          }
        })
      ),
      () => {
        const [first] = parts
        if (parts.length === 1 && first !== undefined) return first
        const all = new Uint8Array(length)
        let to = 0
        for (const part of parts) {
          all.set(part, to)
          to += part.length
        }
        return all
      }
    )
  }

  /** Drops what is before `at`, by reading where that was not read yet. */
  reach(at: number, restore: Restore): Effect.Effect<void, Mmio.ReadError<A>> {
    return Effect.whileLoop({
      while: () => this.offset < at && (this.count > 0 || !this.ended),
      body: () =>
        this.count > 0 ? Effect.succeed(this.consume(at - this.offset)) : this.read(at - this.offset, restore),
      step: () => {}
    })
  }

  /** The next bytes that were read, at most so many. */
  private consume(most: number): Uint8Array {
    const part = this.bytes.slice(0, Math.min(most, this.count))
    this.bytes.copyWithin(0, part.length, this.count)
    this.offset += part.length
    this.count -= part.length
    return part
  }

  /** The next bytes of the file, at most so many, where all that was read is consumed. */
  private read(most: number, restore: Restore): Effect.Effect<Uint8Array, Mmio.ReadError<A>> {
    const target = new Uint8Array(Math.min(most, piece))
    return Effect.map(this.handle.readLockedAt(this.offset, target, restore), (count) => {
      this.offset += count
      this.ended = count < target.length
      return target.subarray(0, count)
    })
  }

  /** Reads on after what was read; more and more where that is not gone over. */
  private more(restore: Restore): Effect.Effect<void, Mmio.ReadError<A>> {
    if (this.ended) return Exit.void
    if (this.count === this.bytes.length) {
      const larger = new Uint8Array(2 * this.count)
      larger.set(this.bytes)
      this.bytes = larger
    }
    const target = this.bytes.subarray(this.count)
    return Effect.map(this.handle.readLockedAt(this.offset + this.count, target, restore), (count) => {
      this.count += count
      this.ended = count < target.length
    })
  }
}
