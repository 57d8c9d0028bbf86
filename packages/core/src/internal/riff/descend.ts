/**
 * Going into chunks.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FourCC from "../../FourCC.js"
import type { Access } from "../../IOProc.js"
import type * as Mmio from "../../Mmio.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import * as RiffLimits from "../../RiffLimits.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { OneStep } from "../io/oneStep.js"
import { codeOf } from "../parameters.js"
import { found } from "./chunk.js"
import * as Ds64 from "./ds64.js"
import { Header, lengthToSkip } from "./header.js"
import * as Layout from "./layout.js"
import { current, exceeded } from "./limits.js"

/** What to look for: any form, any list or any chunk, of an id or type. */
interface Target {
  readonly kind: "form" | "list" | "chunk"
  /** The id, or the type. */
  readonly code: number
  readonly text: string
}

const targetOf = (
  file: string,
  find: Api.Find | undefined
): Either.Either<Target | undefined, MmioError.InvalidParameter> => {
  if (find === undefined) return Either.right(undefined)
  const [kind, text, word] = find.chunk !== undefined
    ? ["chunk", find.chunk, ""] as const
    : find.riff !== undefined
    ? ["form", find.riff, "RIFF "] as const
    : ["list", find.list, "LIST "] as const
  return Either.map(codeOf("Riff.descend", file, text), (code) => ({
    kind,
    code: FourCC.toNumber(code),
    text: word + FourCC.format(code)
  }))
}

/** @internal */
export const descend = <A extends Access>(
  handle: Handle<A>,
  options: Api.DescendOptions | undefined
): Effect.Effect<Api.FoundChunk, DescendError<A>> => new Descend(handle, options)

/** One step where the window holds the chunk, and the headers before it. */
class Descend<A extends Access> extends OneStep<Api.FoundChunk, DescendError<A>> {
  private readonly handle: Handle<A>
  private readonly options: Api.DescendOptions | undefined
  /** What {@link isReady} found, for {@link run}: nothing comes between them. */
  private search: Search<A> | undefined
  private found: Api.FoundChunk | undefined
  constructor(handle: Handle<A>, options: Api.DescendOptions | undefined) {
    super()
    this.handle = handle
    this.options = options
  }
  private begin(): Either.Either<Search<A>, MmioError.InvalidParameter> {
    const { handle, options } = this
    return Either.map(
      targetOf(handle.name.full, options?.find),
      (target) => new Search(handle, target, options?.parent)
    )
  }
  get isReady(): boolean {
    const { engine, lock, window } = this.handle
    if (!lock.idle || !engine.canRead) return false
    const search = this.begin()
    if (Either.isLeft(search)) return false
    const found = search.right.inWindow(window.position)
    if (typeof found !== "object") return false
    this.search = search.right
    this.found = found
    return true
  }
  run(): Api.FoundChunk {
    return this.search!.accept(this.found!)
  }
  // What `isReady` has not found, a search may still find without waiting: it looks into further windows.
  override commit(): Effect.Effect<Api.FoundChunk, DescendError<A>> {
    return this.otherwise()
  }
  otherwise(): Effect.Effect<Api.FoundChunk, DescendError<A>> {
    const { handle } = this
    const search = this.begin()
    if (Either.isLeft(search)) return Either.left(search.left)
    const found = handle.lock.idle && handle.canRead ? search.right.quick() : undefined
    return found === undefined
      ? handle.transfer("Riff.descend", (restore) => search.right.slow(restore))
      : Exit.succeed(found)
  }
}

type DescendError<A extends Access> = SearchError<A> | MmioError.InvalidParameter

type SearchError<A extends Access> = MmioError.ChunkNotFound | MmioError.InvalidFile | Mmio.ReadError<A>

/** As many bytes as a header needs, with a type, but without a `ds64`. */
const scratchSize = Layout.wave64.headerSize + Layout.wave64.typeSize

const nothing = new Uint8Array(0)

const windowsAtOnce = 32

/** Of all searches: what was read into it is used in the same step. */
const header = new Header()

/** A walk over the chunks of one parent. Every step of it goes forward by at least a header. */
class Search<A extends Access> {
  private readonly handle: Handle<A>
  private readonly target: Target | undefined
  private readonly parent: Api.Chunk | undefined
  /** How the headers are written; undefined where each says so itself, at the top. */
  private readonly layout: Layout.Layout | undefined
  private readonly sizes: Ds64.Sizes
  /** Where the parent ends. */
  private readonly limit: number
  private scratch: Uint8Array = nothing
  private limits: RiffLimits.Limits | undefined = undefined
  /**
   * Where to go from the chunk that {@link examine} looked at: to its data or past its type where it is the one, else
   * to the chunk after it.
   */
  private next = 0

  constructor(handle: Handle<A>, target: Target | undefined, parent: Api.Chunk | undefined) {
    this.handle = handle
    this.target = target
    this.parent = parent
    this.layout = parent === undefined ? undefined : Layout.layoutOf(parent)
    this.sizes = parent === undefined || parent.ds64._tag === "None"
      ? Ds64.noSizes
      : new Ds64.Sizes(parent.ds64.value)
    this.limit = Math.min(
      Number.MAX_SAFE_INTEGER,
      parent === undefined ? Infinity : parent.dataOffset + parent.size
    )
  }

  /** How long the shortest header is that can be here. */
  private get headerSize(): number {
    return (this.layout ?? Layout.little).headerSize
  }

  /** Whether a chunk with this header can be here at all. */
  private isInside(at: number): boolean {
    return at + this.headerSize <= this.limit && (this.parent === undefined || at >= this.parent.dataOffset)
  }

  /** Whether a container has to be looked into for its type. */
  private mayAccept(id: number): boolean {
    const { target } = this
    if (target === undefined) return true
    switch (target.kind) {
      case "chunk":
        return id === target.code
      case "form":
        return Layout.isForm(id)
      case "list":
        return Layout.isList(id)
    }
  }

  /**
   * Looks at the header at `at`, of which `have` bytes are at `i`; `ended` if the file has no more. Returns the chunk
   * if it is the one; `"more"` where more bytes are wanted; `"cut"` where the file has too few for a header, and
   * `"typeless"` where it has too few for the type; `"too much"` for a `ds64` larger than the limit; else `"next"`.
   */
  private examine(
    bytes: Uint8Array,
    i: number,
    at: number,
    have: number,
    ended: boolean
  ): Api.FoundChunk | "more" | "cut" | "typeless" | "too much" | "next" {
    const { target } = this
    const answer = header.read(
      this.layout,
      this.sizes,
      bytes,
      i,
      at,
      have,
      ended ? have : Infinity,
      // The limit is asked for only where it matters: not in the window.
      this.limits?.bytes
    )
    if (answer !== "read") return answer
    const { container, id, layout, size } = header
    if (this.mayAccept(id) && (container || target === undefined || target.kind === "chunk")) {
      let type: number | undefined
      if (container) {
        header.wanted = header.sizeWithType
        if (have < header.wanted) return ended ? "typeless" : "more"
        type = Layout.uint32(bytes, i + layout.headerSize)
      }
      if (
        target === undefined || target.kind === "chunk" ||
        (type !== undefined && Layout.isType(layout, type, target.code))
      ) {
        const { sizeField, sizes: { ds64 } } = header
        const chunk = found(layout, bytes, i, { offset: at, id, sizeField, size, type, ds64 })
        this.next = type === undefined ? chunk.dataOffset : chunk.dataOffset + layout.typeSize
        return chunk
      }
    }
    this.next = at + layout.headerSize + size + Layout.paddingOf(layout, size)
    return "next"
  }

  /** Goes into the chunk that was found. */
  accept(found: Api.FoundChunk): Api.FoundChunk {
    this.handle.window.moveTo(this.next)
    return found
  }

  /**
   * Walks from `at` on as far as the window holds the headers, and changes nothing there. Gives the chunk, or the place
   * that it did not get beyond.
   */
  inWindow(at: number): Api.FoundChunk | number {
    const { bytes, endRead, offset } = this.handle.window.state
    const { layout } = this
    while (this.isInside(at)) {
      const index = at - offset
      if (index < 0 || index > endRead) return at
      // What is stepped over without being looked at is most of what a search does.
      if (index + Layout.little.headerSize <= endRead) {
        const id = Layout.uint32(bytes, index)
        const length = this.mayAccept(id) ? 0 : lengthToSkip(layout, id, bytes, index)
        if (length > 0) {
          at += length
          continue
        }
      }
      const result = this.examine(bytes, index, at, endRead - index, false)
      if (typeof result === "object") return result
      if (result !== "next") return at
      at = this.next
    }
    return at
  }

  /** A search that the window can answer, or a few windows that the driver gives at once, is one step. */
  quick(): Api.FoundChunk | undefined {
    const { handle } = this
    const start = handle.window.position
    let from = start
    for (let windows = 0; windows < windowsAtOnce; windows++) {
      const at = this.inWindow(from)
      if (typeof at === "object") return this.accept(at)
      if (!this.isInside(at) || (windows > 0 && at === from)) break
      from = at
      handle.window.moveTo(at)
      if (!handle.engine.refillSync()) break
    }
    handle.window.moveTo(start)
    return undefined
  }

  slow(restore: Restore): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    return Effect.flatMap(current, (limits): Effect.Effect<Api.FoundChunk, SearchError<A>> => {
      this.limits = limits
      if (!this.handle.canRead) return this.handle.engine.cannotRead()
      this.scratch = new Uint8Array(scratchSize)
      return this.from(this.handle.window.position, restore)
    })
  }

  private from(start: number, restore: Restore): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    const at = this.inWindow(start)
    if (typeof at === "object") return Exit.succeed(this.accept(at))
    return this.isInside(at) ? this.readOn(at, 0, this.headerSize, restore) : this.notFound(at)
  }

  /** Reads as much of the header at `at` as is wanted, after the bytes that the scratch has of it, and looks at it. */
  private readOn(
    at: number,
    have: number,
    wanted: number,
    restore: Restore
  ): Effect.Effect<Api.FoundChunk, SearchError<A>> {
    const to = wanted > this.scratch.length ? this.enlarge(have, wanted) : wanted
    return Effect.flatMap(
      this.handle.readLockedAt(at + have, this.scratch.subarray(have, to), restore),
      (count) => {
        const ended = have + count < to
        const result = this.examine(this.scratch, 0, at, have + count, ended)
        if (result === "next") return this.from(this.next, restore)
        if (result === "too much") return this.tooMuch(at)
        if (result === "cut") return this.notFound(at + have + count)
        if (result === "typeless") return this.withoutType(at, header.id)
        return result === "more"
          ? this.readOn(at, have + count, header.wanted, restore)
          : Exit.succeed(this.accept(result))
      }
    )
  }

  /**
   * Makes room for a `ds64`. What its table says is not believed before the bytes are there: the room grows with them.
   */
  private enlarge(have: number, wanted: number): number {
    const size = Math.min(wanted, Math.max(4096, have * 4))
    if (size <= this.scratch.length) return wanted
    const scratch = new Uint8Array(size)
    scratch.set(this.scratch.subarray(0, have))
    this.scratch = scratch
    return size
  }

  private tooMuch(at: number): Effect.Effect<never, MmioError.InvalidFile> {
    const limits = this.limits ?? RiffLimits.defaults
    return Effect.fail(exceeded("Riff.descend", this.handle.name.full, limits, "bytes", at))
  }

  private withoutType(at: number, id: number): Effect.Effect<never, MmioError.InvalidFile> {
    return Effect.fail(
      new MmioError.InvalidFile({
        operation: "Riff.descend",
        file: this.handle.name.full,
        position: at,
        description: `the file ends before the type of the ${FourCC.fromNumber(id)}`
      })
    )
  }

  private notFound(searchedTo: number): Effect.Effect<never, MmioError.ChunkNotFound> {
    const sought = this.target?.text ?? "a chunk"
    const where = this.parent === undefined
      ? "the file"
      : `the ${FourCC.format(this.parent.id)} at ${this.parent.offset}`
    return Effect.fail(
      new MmioError.ChunkNotFound({
        operation: "Riff.descend",
        file: this.handle.name.full,
        position: this.handle.window.position,
        description: `there is no ${sought} in ${where}, searched to ${searchedTo}`,
        sought,
        searchedTo
      })
    )
  }
}
