/**
 * The one walk over chunks, as a state machine that knows nothing of effects: it is given bytes of the file, goes over the headers in
 * them, and says where it wants to go on.
 *
 * Every step goes forward by at least a header, or leaves a container that it went into; what it is inside of is kept in a stack of its
 * own, whose depth is limited. No more than a header is ever wanted, but for the table of a `ds64`.
 */
import type * as Api from "../../Riff.js"
import type { Limits } from "../../RiffLimits.js"
import { found, walked } from "./chunk.js"
import * as Ds64 from "./ds64.js"
import * as Layout from "./layout.js"
import type { Exceedable } from "./limits.js"

/** What a walk tells. One that only wants to know some of it leaves the rest as it is. @internal */
export abstract class Visitor {
  /** Whether the pad bytes are to be looked at. */
  readonly careful: boolean = false
  /** A chunk; what there is to know of it is in the fields of the walker. Gives whether to go into it, if it has chunks in it. */
  abstract chunk(walker: Walker): boolean
  /** The container that was gone into last ends. */
  leave(): void {}
  /** Bytes to the end of the container, or of the file, at which no chunk begins. */
  rest(_walker: Walker, _at: number, _bytes: number): void {}
  /** A pad byte that is not zero. */
  pad(_at: number, _value: number): void {}
  /** The chunk that ended last has no padding after all. */
  unpadded(): void {}
  /** The chunk at the top goes on to the end of the file, whatever it says. */
  extended(_length: number): void {}
  /** A limit is exceeded. Gives whether to go on, behind what exceeds it. */
  abstract exceeded(limit: Exceedable, at: number): boolean
}

/** A container that the walk is inside of, while it is inside of one in it. */
interface Frame {
  readonly end: number
  readonly padding: number
  readonly layout: Layout.Layout | undefined
  readonly sizes: Ds64.Sizes
  readonly unfinished: boolean
}

/** @internal */
export class Walker {
  // What is to know of the chunk that a visitor is told of.
  layout: Layout.Layout = Layout.little
  id = 0
  /** Where the header begins. */
  offset = 0
  sizeField = 0
  size = 0
  /** Whether the id is that of a container. */
  container = false
  type: number | undefined = undefined
  ds64: Api.Ds64 | undefined = undefined
  /** The size is not known: the chunk goes to the end of what it is in. */
  endless = false
  /** Behind the last byte of data that the chunk declares. */
  declaredEnd = 0
  /** How many bytes of data there are, in the chunks around it and in the file. */
  available = 0
  /** How many bytes of padding there are behind the data. */
  padding = 0
  /** How deep the chunk is, 1 at the top. */
  depth = 0
  /** Behind the last byte of what the chunk is in. */
  limit = 0

  // Where the walk is.
  /** What it wants next begins here. */
  at: number
  /** How many bytes it wants there, at least. */
  wanted = 0
  done = false
  /** How long the file is, as far as that is known. */
  length: number
  /** How many chunks it came to. */
  count = 0
  private readonly visitor: Visitor
  private readonly limits: Limits
  private readonly lenient: boolean
  private readonly stack: Array<Frame> = []
  private end: number
  /** How the headers are written; undefined at the top, where every chunk says so itself. */
  private inner: Layout.Layout | undefined
  private sizes: Ds64.Sizes
  /** Whether nobody came back to correct the size of the container. */
  private unfinished = false
  /** How many bytes of padding are at `at`, before the next header, and how the chunk before them is written. */
  private skip = 0
  private padded: Layout.Layout = Layout.little
  private bytes: Uint8Array = new Uint8Array(0)
  private index = 0

  constructor(visitor: Visitor, options: {
    readonly limits: Limits
    readonly within: Api.Chunk | undefined
    /** How long the file is; Infinity if that will be seen. */
    readonly length: number
    readonly lenient?: boolean
  }) {
    const { length, limits, within } = options
    this.visitor = visitor
    this.limits = limits
    this.length = length
    this.lenient = options.lenient ?? false
    this.inner = within === undefined ? undefined : Layout.layoutOf(within)
    this.sizes = within?.ds64._tag === "Some" ? new Ds64.Sizes(within.ds64.value) : Ds64.noSizes
    this.at = within === undefined
      ? 0
      : within.dataOffset + (within.type._tag === "Some" ? Layout.layoutOf(within).typeSize : 0)
    this.end = Math.min(
      Number.MAX_SAFE_INTEGER,
      within === undefined || isEndless(within) ? Infinity : within.dataOffset + within.size
    )
    this.unfinished = within !== undefined && isEndless(within)
  }

  /** The chunk that the visitor is told of. */
  chunk(): Api.FoundChunk {
    return found(this.layout, this.bytes, this.index, this)
  }

  /** The same, with how deep it is. */
  walked(): Api.WalkedChunk {
    return walked(this.layout, this.bytes, this.index, this)
  }

  /**
   * Goes on as far as `bytes[from, to)` reach, of which the first is at `offset` in the file; `ended` if it has no more. Then `at` and
   * `wanted` say what is needed next, or it is done. Stops early after so many chunks.
   */
  advance(bytes: Uint8Array, from: number, to: number, offset: number, ended: boolean, chunks: number): void {
    this.bytes = bytes
    // Where `bytes[0]` were in the file.
    const base = offset - from
    if (ended) this.length = Math.min(this.length, Math.max(this.at, base + to))
    const last = this.count + chunks
    while (!this.done && this.count < last) {
      const index = this.at - base
      const have = index < from || index > to ? 0 : to - index
      if (this.skip > 0) {
        if (!this.skipPadding(index, have)) return
      } else if (!this.header(index, have)) return
    }
  }

  private want(count: number): false {
    this.wanted = count
    return false
  }

  /** Steps over padding; false if it needs more bytes for that. */
  private skipPadding(index: number, have: number): boolean {
    const layout = this.padded
    if ((this.visitor.careful || this.lenient) && layout.alignment === 2) {
      if (have < 1) return this.want(1)
      const value = this.bytes[index]!
      if (value !== 0) {
        if (this.lenient) {
          const wanted = Math.min(1 + layout.headerSize, this.currentEnd() - this.at)
          if (have < wanted) return this.want(wanted)
          if (
            this.isPlausible(layout, index, this.at, wanted, this.currentEnd())
            && !this.isPlausible(layout, index + 1, this.at + 1, wanted - 1, this.currentEnd())
          ) {
            this.skip = 0
            this.visitor.unpadded()
            return true
          }
        }
        this.visitor.pad(this.at, value)
      }
    }
    this.at += this.skip
    this.skip = 0
    return true
  }

  private currentEnd(): number {
    return this.end < this.length ? this.end : this.length
  }

  /** Whether what is at a place looks like a header: of letters that one can read, and of a size that fits before `end`. */
  private isPlausible(layout: Layout.Layout, index: number, at: number, have: number, end: number): boolean {
    if (have < layout.headerSize) return false
    const id = Layout.uint32(this.bytes, index)
    return Layout.beginsFile(id) || (
      Layout.isPrintable(id) && at + layout.headerSize + Layout.sizeField(layout, this.bytes, index) <= end
    )
  }

  /** Whether the chunk at the top is the one that the walk is in. */
  private get inForm(): boolean {
    return this.stack.length === 1 && this.stack[0]?.layout === undefined
  }

  /** Has the chunk at the top, which the walk is in, go to the end of the file. */
  private extend(): number {
    const [frame] = this.stack
    if (frame !== undefined) this.stack[0] = { ...frame, padding: 0 }
    this.end = this.length
    this.visitor.extended(this.length)
    return this.length
  }

  /** Goes over the header at `index`, or out of the container that ends there; false if it needs more bytes for that. */
  private header(index: number, have: number): boolean {
    const { at, bytes, visitor } = this
    let limit = this.currentEnd()
    const rest = limit - at
    const depth = this.stack.length + 1

    let layout = this.inner
    if (layout === undefined) {
      const fits = rest >= Layout.little.headerSize
      if (fits && have < Layout.little.headerSize) return this.want(Layout.little.headerSize)
      if (fits) {
        const id = Layout.uint32(bytes, index)
        const wanted = Math.min(Layout.formBytes(id), rest)
        if (have < wanted) return this.want(wanted)
        layout = Layout.formLayout(id, bytes, index, wanted)
        this.id = id
      }
      if (layout === undefined) {
        visitor.rest(this, at, Math.max(0, rest))
        this.done = true
        return true
      }
    } else {
      if (rest < layout.headerSize) {
        if (rest > 0) visitor.rest(this, at, rest)
        this.leave(limit)
        return true
      }
      if (have < layout.headerSize) return this.want(layout.headerSize)
    }
    if (depth > this.limits.nesting) {
      if (visitor.exceeded("nesting", at)) this.leave(limit)
      else this.done = true
      return true
    }
    if (this.count >= this.limits.chunks) {
      visitor.exceeded("chunks", at)
      this.done = true
      return true
    }

    const id = Layout.uint32(bytes, index)
    const top = this.inner === undefined
    const container = top || Layout.isContainer(layout, id, bytes, index)
    const typeEnd = layout.headerSize + layout.typeSize
    const sizeField = Layout.sizeField(layout, bytes, index)
    const dataOffset = at + layout.headerSize
    let sizes = this.sizes
    if (top && Layout.hasDs64(id)) {
      const ds64 = Ds64.read(bytes, index, at, have, this.length - at)
      if (typeof ds64 === "number") {
        // How many there are is what the file says: it is too long only if it has them.
        const most = Math.min(ds64, this.limits.bytes)
        if (have < most) return this.want(most)
        visitor.exceeded("bytes", at)
        this.done = true
        return true
      }
      sizes = new Ds64.Sizes(ds64)
    }
    const known = sizeField !== Layout.unknownSize || layout === Layout.wave64
      ? sizeField
      : top
      ? sizes.ds64?.riffSize
      : sizes.of(id)
    const size = Layout.dataSize(layout, known ?? sizeField)
    let endless = known === undefined && (top || this.unfinished)
    if (this.lenient) {
      if (container) {
        // a size that nobody came back to fill in
        if (size < layout.typeSize && (top || this.unfinished)) endless = true
      } else if (size === 0 && Layout.isSamples(id)) {
        const lost = this.lostSamples(layout, index, have, dataOffset, limit)
        if (lost === "more") return false
        if (lost) {
          endless = true
          if (dataOffset === limit) limit = this.extend()
        }
      } else if (!endless && this.inForm && !this.unfinished) {
        // A form too small for a chunk that ends where the file does has the wrong size.
        const end = dataOffset + size
        if (end > limit && end <= this.length && this.length - end < layout.alignment) limit = this.extend()
      }
    }
    const declaredEnd = endless ? Infinity : dataOffset + size
    const dataEnd = declaredEnd < limit ? declaredEnd : limit
    const hasType = container && (endless || size >= layout.typeSize) && dataEnd - dataOffset >= layout.typeSize
    if (hasType && have < typeEnd) return this.want(typeEnd)

    this.layout = layout
    this.index = index
    this.id = id
    this.offset = at
    this.sizeField = sizeField
    this.size = size
    this.container = container
    this.type = hasType ? Layout.uint32(bytes, index + layout.headerSize) : undefined
    this.ds64 = sizes.ds64
    this.endless = endless
    this.declaredEnd = declaredEnd
    this.available = dataEnd - dataOffset
    this.padding = declaredEnd < limit ? Math.min(Layout.paddingOf(layout, size), limit - declaredEnd) : 0
    this.depth = depth
    this.limit = limit
    this.count++
    if (visitor.chunk(this) && hasType) {
      this.stack.push({
        end: this.end,
        padding: this.padding,
        layout: this.inner,
        sizes: this.sizes,
        unfinished: this.unfinished
      })
      this.end = dataEnd
      this.inner = layout
      this.sizes = sizes
      this.unfinished = endless
        || (this.lenient && (top || this.unfinished) && declaredEnd > this.length && dataEnd === this.length)
      this.at = at + typeEnd
    } else {
      this.at = dataEnd
      this.skip = this.padding
      this.padded = layout
    }
    return true
  }

  /**
   * Whether samples that declare no size are those of a recording that nobody came back to: bytes follow, in a form that is not finished or
   * behind the end of one, that do not look like the next chunk.
   */
  private lostSamples(
    layout: Layout.Layout,
    index: number,
    have: number,
    dataOffset: number,
    limit: number
  ): boolean | "more" {
    const end = this.unfinished ? limit : this.inForm && dataOffset === limit ? this.length : dataOffset
    if (end === dataOffset) return false
    const looked = Math.min(layout.headerSize, end - dataOffset)
    if (have < layout.headerSize + looked) {
      this.wanted = layout.headerSize + looked
      return "more"
    }
    return !this.isPlausible(layout, index + layout.headerSize, dataOffset, looked, end)
  }

  /** Goes out of the container that ends at `end`; the walk ends with the one that it began in. */
  private leave(end: number): void {
    const frame = this.stack.pop()
    if (frame === undefined) {
      this.done = true
      return
    }
    this.visitor.leave()
    this.at = end
    this.skip = frame.padding
    this.padded = this.inner ?? this.padded
    this.end = frame.end
    this.inner = frame.layout
    this.sizes = frame.sizes
    this.unfinished = frame.unfinished
  }

  /** Ends the walk, for a visitor that has seen what it wanted to see. */
  stop(): void {
    this.done = true
  }

  /** Whether it is at the top of a file, and not in a chunk. */
  get atTop(): boolean {
    return this.inner === undefined
  }
}

/** Whether a chunk goes to the end of what it is in, as far as one can tell without that. */
const isEndless = (chunk: Api.Chunk): boolean =>
  chunk.guid._tag === "None" && chunk.sizeField === Layout.unknownSize && chunk.size === Layout.unknownSize
