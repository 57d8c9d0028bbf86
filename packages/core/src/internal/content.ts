/**
 * What a file in memory holds: a block that grows by doubling, of which `size` bytes are the file.
 */
import { copyOf } from "./io/copy.js"

/** @internal */
export class Content {
  readonly key: string
  /** Grows with every change. */
  version = 0
  modified = new Date()
  readonly created = this.modified
  block: Uint8Array
  size: number
  constructor(key: string, bytes: Uint8Array) {
    this.key = key
    this.block = copyOf(bytes)
    this.size = bytes.length
  }
  read(offset: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.size - offset))
    target.set(this.block.subarray(offset, offset + count))
    return count
  }
  write(offset: number, source: Uint8Array): number {
    // No bytes leave no gap.
    if (source.length === 0) return 0
    const end = offset + source.length
    if (end > this.block.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(this.block.length * 2, 2 ** 30 + this.block.length)))
      larger.set(this.block.subarray(0, this.size))
      this.block = larger
    }
    this.block.set(source, offset)
    if (end > this.size) this.size = end
    this.changed()
    return source.length
  }
  /** What is cut off is zero again if the file grows. */
  truncate(size: number) {
    if (size === 0) this.block = new Uint8Array(0)
    else if (size > this.block.length) this.write(size - 1, new Uint8Array(1))
    else if (size < this.size) this.block.fill(0, size, this.size)
    this.size = size
    this.changed()
  }
  /** Takes the content of another one, as a commit does. */
  replaceBy(other: Content) {
    this.block = other.bytes()
    this.size = other.size
    this.changed()
  }
  private changed() {
    this.version++
    this.modified = new Date()
  }
  bytes(): Uint8Array {
    return this.block.slice(0, this.size)
  }
}
