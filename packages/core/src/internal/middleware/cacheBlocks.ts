/**
 * The blocks of a cache: those of each content by their index, and all of them in the order in which they were used.
 *
 * What is in a content's map and is no `Uint8Array` is a read under way. A read that was dropped from the map before it
 * ended is not kept.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/** Completed when the read ends, whether it succeeded or not. @internal */
export type Pending = Deferred.Deferred<void>

/** @internal */
export interface Content {
  /** Which earlier and later opens find the blocks; `undefined` where only this one does. */
  readonly key: string | undefined
  /** What tells the bytes from others. */
  readonly identity: string
  /**
   * A last block with fewer bytes than the others is kept only where the content cannot grow: where the key says which
   * version it is.
   */
  readonly blocks: Map<number, Uint8Array | Pending>
  /** How many open files use it. */
  users: number
}

/** @internal */
export class Blocks {
  readonly blockSize: number
  private readonly capacity: number
  private readonly byKey = new Map<string, Content>()
  private readonly byIdentity = new Map<string, Set<Content>>()
  /**
   * Memory of the block that was dropped last, and of a read that has ended. In a full cache each new block drops one,
   * so nothing becomes garbage.
   */
  private spare: Uint8Array | undefined
  private scratch: Uint8Array | undefined
  /** The content and the index of each block in memory, the least recently used first. */
  private readonly order = new Map<Uint8Array, readonly [Content, number]>()
  private used = 0

  constructor(blockSize: number, capacity: number) {
    this.blockSize = blockSize
    this.capacity = capacity
  }

  open(key: string | undefined, identity: string): Content {
    const known = key === undefined ? undefined : this.byKey.get(key)
    const content: Content = known ?? { key, identity, blocks: new Map(), users: 0 }
    content.users++
    if (known === undefined) {
      if (key !== undefined) this.byKey.set(key, content)
      const same = this.byIdentity.get(identity)
      if (same === undefined) this.byIdentity.set(identity, new Set([content]))
      else same.add(content)
    }
    return content
  }

  close(content: Content): void {
    content.users--
    if (content.users === 0 && content.key === undefined) this.drop(content)
    this.forgetUnused(content)
  }

  /** A block in memory, or the read of it that is under way. */
  get(content: Content, index: number): Uint8Array | Pending | undefined {
    const block = content.blocks.get(index)
    if (block instanceof Uint8Array) {
      this.order.delete(block)
      this.order.set(block, [content, index])
    }
    return block
  }

  /**
   * Announces the read of blocks, up to `count`, from one that is neither in memory nor being read to the next that is.
   */
  begin(content: Content, first: number, count: number): { readonly pending: Pending; readonly count: number } {
    const pending = Deferred.unsafeMake<void>(FiberId.none)
    let n = 0
    do content.blocks.set(first + n++, pending)
    while (n < count && !content.blocks.has(first + n))
    return { pending, count: n }
  }

  /** Memory for a read. What it holds is not known. */
  borrow(length: number): Uint8Array {
    const { scratch } = this
    if (scratch === undefined || scratch.length < length) return new Uint8Array(length)
    this.scratch = undefined
    return scratch.subarray(0, length)
  }

  /** Takes back what a read was lent, once nothing writes to it any more. */
  giveBack(bytes: Uint8Array): void {
    const whole = new Uint8Array(bytes.buffer)
    if (whole.length > (this.scratch?.length ?? 0)) this.scratch = whole
  }

  /** A copy of a block that owns its memory: one that is dropped then sets all of it free. */
  private own(block: Uint8Array): Uint8Array {
    const { spare } = this
    if (spare === undefined || block.length !== this.blockSize) return block.slice()
    this.spare = undefined
    spare.set(block)
    return spare
  }

  /** Ends the read of blocks with the bytes that it gave, if it gave any. */
  end(content: Content, first: number, count: number, pending: Pending, bytes: Uint8Array | undefined): void {
    const { blockSize } = this
    for (let n = 0; n < count; n++) {
      if (content.blocks.get(first + n) !== pending) continue
      content.blocks.delete(first + n)
      const block = bytes?.subarray(n * blockSize, (n + 1) * blockSize)
      if (block !== undefined && (block.length === blockSize || content.key !== undefined)) {
        this.add(content, first + n, this.own(block))
      }
    }
    Deferred.unsafeDone(pending, Effect.void)
    this.forgetUnused(content)
  }

  /** Drops what a change of bytes from `from` to `to` touches, and the last block, which may become longer. */
  dropRange(identity: string, from: number, to: number): void {
    const { blockSize } = this
    const [first, last] = [Math.floor(from / blockSize), Math.floor(Math.max(from, to - 1) / blockSize)]
    for (const content of this.byIdentity.get(identity) ?? []) {
      for (const [index, block] of content.blocks) {
        const isShort = block instanceof Uint8Array ? block.length < blockSize : true
        if (index >= first ? index <= last : isShort) this.remove(content, index)
      }
    }
  }

  /** Drops all blocks of the same bytes. */
  dropAll(identity: string): void {
    for (const content of this.byIdentity.get(identity) ?? []) this.drop(content)
  }

  /** Drops the blocks of a content. */
  drop(content: Content): void {
    for (const index of content.blocks.keys()) this.remove(content, index)
    this.forgetUnused(content)
  }

  private add(content: Content, index: number, block: Uint8Array): void {
    content.blocks.set(index, block)
    this.order.set(block, [content, index])
    this.used += block.length
    for (const [owner, at] of this.order.values()) {
      if (this.used <= this.capacity) break
      this.remove(owner, at)
      this.forgetUnused(owner)
    }
  }

  private remove(content: Content, index: number): void {
    const block = content.blocks.get(index)
    content.blocks.delete(index)
    if (!(block instanceof Uint8Array) || !this.order.delete(block)) return
    this.used -= block.length
    // The bytes of a block are copied as it is asked for them: nothing else has it.
    if (block.length === this.blockSize) this.spare = block
  }

  private forgetUnused(content: Content): void {
    if (content.users > 0 || content.blocks.size > 0) return
    if (content.key !== undefined) this.byKey.delete(content.key)
    const same = this.byIdentity.get(content.identity)
    same?.delete(content)
    if (same?.size === 0) this.byIdentity.delete(content.identity)
  }
}
