/**
 * The one walk over chunks, as a state machine that knows nothing of effects: it is given bytes of the file, goes over
 * the headers in them, and says where it wants to go on.
 *
 * Every step goes forward by at least a header, or leaves a container that it went into; what it is inside of is kept
 * in a stack of its own, whose depth is limited. It never wants more than a header with what is next to it, but for the
 * table of a `ds64`.
 */
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Limits } from "../../RiffLimits.js"
import { isPosition } from "../io/copy.js"
import { found, walked } from "./chunk.js"
import * as Ds64 from "./ds64.js"
import { Header } from "./header.js"
import * as Layout from "./layout.js"
import { FormSearch } from "./leading.js"
import * as Lenient from "./lenient.js"
import { isOfEntries, isOverlong, OverlongList } from "./overlongList.js"
import type { Visitor } from "./visitor.js"

/** A container that the walk is inside of, while it is inside of one in it. */
interface Frame {
  readonly id: number
  readonly parent: number
  readonly end: number
  readonly padding: number
  readonly layout: Layout.Layout | undefined
  readonly sizes: Ds64.Sizes
  readonly unfinished: boolean
}

const noForm = { _tag: "None" } as const

/** No header with its type is longer. */
const mostHeader = Layout.wave64.headerSize + Layout.wave64.typeSize

/** @internal */
export class Walker extends Header {
  // What a visitor is told of the chunk, besides what its header says.
  /** Where the header begins. */
  offset = 0
  type: number | undefined = undefined
  /** The size is not known: the chunk goes to the end of what it is in. */
  endless = false
  /** Where the data that the chunk declares ends. */
  declaredEnd = 0
  /** How many bytes of data there are, in the chunks around it and in the file. */
  available = 0
  /** How many bytes of padding follow the data. */
  padding = 0
  /** How deep the chunk is, 1 at the top. */
  depth = 0
  /** Where what the chunk is in ends. */
  limit = 0
  /** Where the header of the container begins that the walk is in; -1 at the top. */
  parent = -1
  /** The id of the chunk that ended last. */
  ended = 0

  // Where the walk is.
  /** The bytes that it wants next begin here. */
  at: number
  done = false
  /** How long the file is, as far as that is known. */
  length: number
  /** How many chunks it came to. */
  count = 0
  private readonly visitor: Visitor
  private readonly limits: Limits
  private readonly lenient: boolean
  /** Whether a chunk may begin where the padding of the one before it should be. */
  private readonly unpadded: boolean
  /** Whether it is given bytes again that it went over: a file whose length is not known may only go forward. */
  private readonly mayGoBack: boolean
  /** Whether the first form may begin after other bytes. */
  private readonly seeksForm: boolean
  /** The search for it, as long as it is under way. */
  private search: FormSearch | undefined
  private readonly stack: Array<Frame> = []
  private end: number
  /** How the headers are written; undefined at the top, where every chunk says so itself. */
  inner: Layout.Layout | undefined
  innerSizes: Ds64.Sizes
  /** Whether the writer never corrected the size of the container. */
  unfinished = false
  /** How many bytes of padding are at `at`, before the next header, and how the chunk before them is written. */
  private skip = 0
  private padded: Layout.Layout = Layout.little
  /** Whether the last chunk of the form goes on past its end: what follows it is not known then. */
  private overhangs = false
  private bytes: Uint8Array = new Uint8Array(0)
  /** How many of the bytes are of the file. */
  private filled = 0
  private index = 0
  /** The list whose end is or was sought last. */
  private list: OverlongList | undefined
  /** What was looked at after the header at `offset`, to judge its size. */
  private looked: { readonly offset: number; readonly places: Map<number, Uint8Array> } | undefined
  /** Where the walk looks at bytes before it comes back; undefined if it does not. */
  private looking: number | undefined

  constructor(visitor: Visitor, options: {
    readonly limits: Limits
    readonly within: Api.Chunk | undefined
    /** Where the first form begins, if the caller says so. */
    readonly at?: number | undefined
    /** How long the file is; Infinity if that will be seen. */
    readonly length: number
    /** What it forgives: `"padding"` only that it is missing. */
    readonly lenient?: boolean | "padding"
    /** Whether it is given bytes again that it went over. Default: where the length of the file is known. */
    readonly mayGoBack?: boolean | undefined
  }) {
    super()
    const { at = 0, length, lenient = false, limits, within } = options
    if (!isPosition(at)) {
      // A bug of the program, as an invalid limit is one.
      throw new MmioError.InvalidParameter({
        operation: "Riff",
        file: "any file",
        description: `${at} is not an offset at which a form can begin`
      })
    }
    this.visitor = visitor
    this.limits = limits
    this.length = length
    this.lenient = lenient === true
    this.unpadded = lenient !== false
    this.mayGoBack = options.mayGoBack ?? length !== Infinity
    this.seeksForm = within === undefined && options.at === undefined
    this.inner = within === undefined ? undefined : Layout.layoutOf(within)
    this.innerSizes = within?.ds64._tag === "Some" ? new Ds64.Sizes(within.ds64.value) : Ds64.noSizes
    this.at = within === undefined
      ? at
      : within.dataOffset + (within.type._tag === "Some" ? Layout.layoutOf(within).typeSize : 0)
    this.end = Math.min(
      Number.MAX_SAFE_INTEGER,
      within === undefined || isEndless(within) ? Infinity : within.dataOffset + within.size
    )
    this.unfinished = within !== undefined && isEndless(within)
  }

  /** The sizes of 64 bits that the header has, or the chunk around it. */
  get ds64(): Api.Ds64 | undefined {
    return this.sizes.ds64
  }

  /** The chunk that the visitor is told of. */
  chunk(): Api.FoundChunk {
    return found(this.layout, this.bytes, this.index, this)
  }

  /**
   * A copy of its data, where all that is available was given, and that is not more than so many bytes; else
   * undefined.
   */
  data(most: number): Uint8Array | undefined {
    const from = this.index + this.layout.headerSize
    const to = from + this.available
    return this.available <= most && to <= this.filled ? this.bytes.slice(from, to) : undefined
  }

  /** The same, with how deep it is. */
  walked(): Api.WalkedChunk {
    return walked(this.layout, this.bytes, this.index, this)
  }

  /**
   * Goes on as far as the first `count` of the bytes reach, which are at `offset` in the file; `ended` if it has no
   * more. Then it is done, or wants more from `at` on. Stops early after so many chunks.
   */
  advance(bytes: Uint8Array, count: number, offset: number, ended: boolean, chunks: number): void {
    this.bytes = bytes
    this.filled = count
    if (ended) this.length = Math.min(this.length, Math.max(this.at, offset + count))
    const last = this.count + chunks
    while (!this.done && this.count < last) {
      const index = this.at - offset
      const have = index < 0 || index > count ? 0 : count - index
      if (!(this.skip > 0 ? this.skipPadding(index, have) : this.step(index, have))) return
    }
  }

  /** Steps over padding; false if it needs more bytes for that. */
  private skipPadding(index: number, have: number): boolean {
    const layout = this.padded
    if ((this.visitor.careful || this.unpadded) && layout.alignment === 2) {
      if (have < 1) return false
      const value = this.bytes[index]!
      if (value !== 0) {
        const { at } = this
        const isUnpadded = this.unpadded
          && Lenient.isUnpadded(layout, this.bytes, index, at, have, this.currentEnd())
        if (isUnpadded === "more") return false
        if (isUnpadded) {
          this.skip = 0
          this.visitor.unpadded(this, this.at)
          return true
        }
        this.visitor.pad(this, this.at, value)
      }
    }
    this.at += this.skip
    this.skip = 0
    return true
  }

  /** Where what the walk is in ends, as far as there is any of it. */
  private currentEnd(): number {
    return this.end < this.length ? this.end : this.length
  }

  /** Goes over a header, or out of the container that ends here; false if it needs more bytes for that. */
  private step(index: number, have: number): boolean {
    const { at, inner, list } = this
    if (this.looking !== undefined) return this.lookThere(this.looking, index, have)
    if (this.mayGoBack && list?.found === false) return this.seekListEnd(list, index, have)
    if (this.lenient && this.mayGoOn && !this.goOn(index, have)) return false
    if (this.skip > 0) return true
    const limit = this.currentEnd()
    const rest = limit - at
    const answer = this.read(
      inner,
      this.innerSizes,
      this.bytes,
      index,
      at,
      have,
      // Nothing says yet where a file of unknown length ends.
      this.length === Infinity && rest > mostHeader ? Infinity : rest,
      this.limits.bytes
    )
    if (answer === "more") return false
    const isForm = this.beginsFile && (this.search === undefined || this.search.form === at)
    if (answer === "cut" || (inner === undefined && !isForm)) {
      if (this.seeksForm && this.count === 0) return this.seekForm(index, have, limit)
      if (inner === undefined || rest > 0) this.visitor.rest(this, at, Math.max(0, rest))
      this.leave(limit)
      return true
    }
    if (this.isBeyondLimits(limit)) return true
    if (answer === "too much") {
      this.visitor.exceeded("bytes", at, this)
      this.done = true
      return true
    }
    return this.chunkHere(index, have, limit)
  }

  /** Looks for the first form of the file, which does not begin here; false if it needs more bytes for that. */
  private seekForm(index: number, have: number, limit: number): boolean {
    const { at } = this
    const search = this.search ??= new FormSearch(at, have < Layout.little.headerSize ? 0 : this.id)
    // Of a file of unknown length there may be more, as long as it did not end.
    const rest = this.length === Infinity ? Infinity : limit - at
    const found = rest < Layout.little.headerSize ? noForm : search.next(this.bytes, index, at, have, rest)
    if (found._tag === "None") {
      const tag = have === 0 && this.mayGoBack ? search.withoutTag() : -1
      if (tag >= 0) {
        this.at = tag
        return false
      }
      this.id = search.id
      this.visitor.rest(this, search.from, Math.max(0, limit - search.from))
      this.leave(limit)
      return true
    }
    this.at += found.by
    return found._tag !== "More"
  }

  /** Whether the chunk here is one too many, or too deep; what is too deep is left, if the visitor wants to go on. */
  private isBeyondLimits(limit: number): boolean {
    const { limits, visitor } = this
    if (this.stack.length >= limits.nesting) {
      if (visitor.exceeded("nesting", this.at, this)) this.leave(limit)
      else this.done = true
      return true
    }
    if (this.count >= limits.chunks) {
      visitor.exceeded("chunks", this.at, this)
      this.done = true
      return true
    }
    return false
  }

  /**
   * Tells the visitor of the chunk whose header was read, and goes into it or past it; false if it needs more bytes for
   * that.
   */
  private chunkHere(index: number, have: number, limit: number): boolean {
    const { at, bytes, container, id, layout, search, size } = this
    const dataOffset = at + layout.headerSize
    this.endless = !this.hasSize && (this.inner === undefined || this.unfinished)
    this.limit = limit
    if (this.lenient && !this.forgive(index, have)) return false
    const { endless } = this
    const end = this.limit
    const declaredEnd = endless ? Infinity : dataOffset + size
    const dataEnd = declaredEnd < end ? declaredEnd : end
    if (this.stack.length === 1) this.overhangs = declaredEnd > end
    const hasType = container && (endless || size >= layout.typeSize) && dataEnd - dataOffset >= layout.typeSize
    if (hasType && have < this.sizeWithType) return false

    this.index = index
    this.offset = at
    this.type = hasType ? Layout.uint32(bytes, index + layout.headerSize) : undefined
    this.declaredEnd = declaredEnd
    this.available = dataEnd - dataOffset
    this.padding = declaredEnd < end ? Math.min(Layout.paddingOf(layout, size), end - declaredEnd) : 0
    this.depth = this.stack.length + 1
    this.count++
    if (search !== undefined) {
      this.search = undefined
      this.visitor.leading(this, at - search.from)
    }
    if (this.visitor.chunk(this) && hasType) this.enter(layout, this.sizes, dataEnd, at + this.sizeWithType)
    else {
      this.at = dataEnd
      this.skip = this.padding
      this.padded = layout
      this.ended = id
    }
    return true
  }

  /** Goes into the container whose header it went over. */
  private enter(layout: Layout.Layout, sizes: Ds64.Sizes, end: number, at: number): void {
    this.stack.push({
      id: this.id,
      parent: this.parent,
      end: this.end,
      padding: this.padding,
      layout: this.inner,
      sizes: this.innerSizes,
      unfinished: this.unfinished
    })
    this.unfinished = this.endless || (
      // A size past the end is as good as none, as far as what is around has none, either.
      this.lenient && (this.inner === undefined || this.unfinished) && end === this.length
      && this.declaredEnd > this.length
    )
    if (this.parent < 0) this.overhangs = false
    this.parent = this.offset
    this.end = end
    this.inner = layout
    this.innerSizes = sizes
    this.at = at
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
    this.ended = frame.id
    this.parent = frame.parent
    this.end = frame.end
    this.inner = frame.layout
    this.innerSizes = frame.sizes
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

  // -------------------------------------------------------------------------------------------------------------------
  // what a forgiving reader sees
  // -------------------------------------------------------------------------------------------------------------------

  /** Takes the size of the chunk here for what it can only mean; false if it needs more bytes. */
  private forgive(index: number, have: number): boolean {
    if (isOverlong(this, this.endless, this.mayGoBack, this.limits.bytes) && !this.forgiveList(index, have)) {
      return false
    }
    const verdict = Lenient.judge(this, this.endless, this.bytes, index, have, (at) => this.look(at, index))
    switch (verdict._tag) {
      case "More":
        return false
      case "Look":
        // What only goes forward gets more bytes instead.
        if (this.mayGoBack) {
          if (this.looked?.offset !== this.at) this.looked = { offset: this.at, places: new Map() }
          this.at = this.looking = verdict.at
        }
        return false
      case "Endless":
        this.endless = true
        return true
      case "Extended":
        if (verdict.endless) this.endless = true
        this.extend(verdict.to, verdict.isCertain)
        return true
      case "Declared":
        return true
    }
  }

  /** The bytes at `at`, which the judged header at `index` is before; undefined if they have to be read. */
  private look(at: number, index: number): Uint8Array | undefined {
    const from = index + at - this.at
    const to = from + Math.min(Lenient.lookedAt, this.length - at)
    if (to <= this.filled) return this.bytes.subarray(from, to)
    if (this.mayGoBack) return this.looked?.offset === this.at ? this.looked.places.get(at) : undefined
    // What only goes forward is kept within the limit of what is kept.
    return at - this.at > this.limits.bytes ? new Uint8Array(0) : undefined
  }

  /** Takes the bytes that are looked at, and goes back to the header; false if it needs more bytes. */
  private lookThere(at: number, index: number, have: number): boolean {
    const wanted = Math.min(Lenient.lookedAt, this.length - at)
    if (have < wanted) return false
    this.looked?.places.set(at, this.bytes.slice(index, index + wanted))
    this.looking = undefined
    this.at = this.looked?.offset ?? this.at
    return true
  }

  /**
   * Has a list that declares more than there is end where other chunks of the form follow its entries; false if it
   * needs more bytes.
   */
  private forgiveList(index: number, have: number): boolean {
    const { at, layout, length } = this
    const typeAt = layout.headerSize
    if (this.list?.offset !== at) {
      if (length - at < this.sizeWithType) return true
      if (have < this.sizeWithType) return false
      if (!isOfEntries(Layout.uint32(this.bytes, index + typeAt))) return true
      this.list = new OverlongList(at, at + this.sizeWithType)
      if (this.mayGoBack) {
        this.at = this.list.at
        return false
      }
    }
    const { list } = this
    // What only goes forward is kept up to the end that is sought, within the limit of what is kept.
    const declaredEnd = this.endless ? Infinity : at + typeAt + this.size
    const end = Math.min(length, declaredEnd, at + this.limits.bytes)
    while (!list.found) {
      if (!list.next(layout, this.bytes, index + list.at - at, have - (list.at - at), end)) return false
    }
    if (list.isFollowed) {
      this.visitor.shortened()
      if (list.at > this.limit) this.extend(list.at)
      this.endless = false
      this.limit = list.at
    }
    return true
  }

  /** Goes over an entry of the list, or back to the list whose end was found; false if it needs more bytes. */
  private seekListEnd(list: OverlongList, index: number, have: number): boolean {
    if (!list.next(this.inner ?? Layout.little, this.bytes, index, have, this.length)) return false
    this.at = list.found ? list.offset : list.at
    return true
  }

  /** Whether the form that the walk is in ends here, although the file has more bytes. */
  private get mayGoOn(): boolean {
    return this.inForm && !this.overhangs && !this.unfinished && this.inner !== undefined
      && this.end < this.length && this.end - this.at < this.inner.headerSize
  }

  /**
   * Has the form go on over the chunk that begins where it ends, if one does; false if it needs more bytes for that.
   */
  private goOn(index: number, have: number): boolean {
    const { inner } = this
    if (inner === undefined) return true
    const padding = Layout.paddingOf(inner, this.at - this.parent)
    const end = Lenient.endAfter(this, padding, this.bytes, index, have)
    if (end === "more") return false
    if (end === undefined) return true
    this.extend(end)
    this.skip = padding
    this.padded = inner
    return true
  }

  /** Whether the walk is in a chunk at the top, and in none in that. */
  get inForm(): boolean {
    return this.stack.length === 1 && this.stack[0]?.layout === undefined
  }

  /** Has the chunk at the top, which the walk is in, go to there, or to the end of the file. */
  private extend(to: number, isCertain = true): void {
    const [frame] = this.stack
    const end = Math.min(to, this.length)
    if (frame !== undefined) this.stack[0] = { ...frame, padding: 0 }
    this.end = end
    this.limit = end
    this.visitor.extended(end, isCertain)
  }
}

/** Whether a chunk goes to the end of what it is in, as far as one can tell without that. */
const isEndless = (chunk: Api.Chunk): boolean =>
  chunk.guid._tag === "None" && chunk.sizeField === Layout.unknownSize && chunk.size === Layout.unknownSize
