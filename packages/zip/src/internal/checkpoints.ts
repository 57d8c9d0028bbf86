/**
 * Points at which decompression can begin, of all elements of a driver, in a bounded amount of memory.
 */
import { type Checkpoint, checkpointSize } from "./inflater.js"

/** How many bytes are between two points of an element at least. */
const leastSpacing = 512 * 1024

/** The points of one element, in the order of their positions. @internal */
export class Points {
  readonly all: Array<Checkpoint> = []
  bytes = 0
  spacing = leastSpacing

  /** The last point at or before a position. */
  before(position: number): Checkpoint | undefined {
    let [low, high] = [0, this.all.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.all[middle]!.position <= position) low = middle + 1
      else high = middle
    }
    return this.all[low - 1]
  }

  /** Whether decompression that has come to a position leaves a point there. */
  wants(position: number): boolean {
    return position - (this.before(position)?.position ?? 0) >= this.spacing
      && (this.after(position)?.position ?? Infinity) - position >= this.spacing
  }

  private after(position: number): Checkpoint | undefined {
    return this.all.find((point) => point.position > position)
  }

  add(point: Checkpoint): void {
    const last = this.all.at(-1)
    this.all.push(point)
    if (last !== undefined && last.position > point.position) this.all.sort((a, b) => a.position - b.position)
    this.bytes += checkpointSize(point)
  }

  /** Drops every other point. */
  thin(): void {
    const kept = this.all.filter((_, i) => i % 2 === 1)
    this.all.splice(0, this.all.length, ...kept)
    this.bytes = kept.reduce((sum, point) => sum + checkpointSize(point), 0)
    this.spacing *= 2
  }
}

/** @internal */
export class Checkpoints {
  private readonly elements = new Map<string, Points>()
  private bytes = 0

  /** The points of an element; those of one without a key are only those of its open file. */
  of(key: string | undefined): Points {
    const known = key === undefined ? undefined : this.elements.get(key)
    if (key === undefined || known === undefined) return new Points()
    // The last one of the map is the one that was used last.
    this.elements.delete(key)
    this.elements.set(key, known)
    return known
  }

  /** Adds a point, and drops others until all of them together are within the limit. */
  add(key: string | undefined, points: Points, point: Checkpoint, limit: number): void {
    const size = checkpointSize(point)
    if (key !== undefined && !this.elements.has(key)) {
      this.elements.set(key, points)
      this.bytes += points.bytes
    }
    const isShared = key !== undefined && this.elements.get(key) === points
    const before = points.bytes
    const others = () => isShared ? this.bytes - before : 0
    for (const [oldest, { bytes }] of this.elements) {
      if (!isShared || others() + before + size <= limit || oldest === key) break
      this.elements.delete(oldest)
      this.bytes -= bytes
    }
    if (others() + before + size > limit) points.thin()
    if (others() + points.bytes + size <= limit) points.add(point)
    if (isShared) this.bytes += points.bytes - before
  }
}
