/**
 * Finding the journal of a file: what follows the last form, without a guess about what is not ours. Everything here
 * only reads, and takes the same memory whatever the file says.
 */
import * as Effect from "effect/Effect"
import type { ReadAt } from "./exclusiveFile.js"
import * as Footer from "./footer.js"
import { endOf, footerSize, headerSize, isPossible, sectorSize } from "./geometry.js"
import * as Header from "./header.js"
import { indexOf } from "./magic.js"

/** Where a part of a journal is that could not be understood, and how much of it makes it one. @internal */
export interface Part {
  readonly offset: number
  readonly length: number
}

/** @internal */
export type Located =
  | { readonly _tag: "Nothing" }
  /** A header, and no footer: nothing was written in place. */
  | { readonly _tag: "Undecided"; readonly header: Header.Header }
  /** A header and a footer that fit, or a footer alone: the new bytes may be over the header. */
  | { readonly _tag: "Decided"; readonly footer: Footer.Footer }
  /** Something of ours that is not understood. It is kept. */
  | {
    readonly _tag: "Kept"
    readonly why: string
    readonly offset: number
    readonly parts: ReadonlyArray<Part>
    /** Where the journal begins, and where the new file ends, if that is known and no foreign bytes follow. */
    readonly lengths: { readonly oldLength: number; readonly newLength: number } | undefined
  }

const nothing: Located = { _tag: "Nothing" }
const newer = "the journal of an edit is of a newer version of this library"
const damaged = "the journal of an edit is damaged"
const changed = "the file was changed since an edit was decided: its journal is not where it was"

/** How far from the end of the file a footer is looked for that is not where its header says. */
const searched = 64 * 1024
/** How much is read at once for that, and where a header is looked for. */
const windowSize = 64 * 1024

const headerPart = (offset: number): Part => ({ offset, length: headerSize })
const footerPart = (offset: number): Part => ({ offset, length: footerSize })

interface FoundFooter {
  readonly at: number
  readonly decoded: Exclude<Footer.Decoded, "none">
}

interface FoundHeader {
  readonly at: number
  readonly decoded: Header.Header | "newer" | "damaged"
}

/** One search: in a file of `size` bytes whose last form ends at `from`. */
class Search<E> {
  private readonly readAt: ReadAt<E>
  private readonly from: number
  private readonly size: number
  private readonly headersTo: number

  constructor(readAt: ReadAt<E>, from: number, size: number, most: number) {
    this.readAt = readAt
    this.from = from
    this.size = size
    this.headersTo = Math.min(size, from + most)
  }

  footerAt(at: number): Effect.Effect<FoundFooter | undefined, E> {
    if (at < this.from || at + footerSize > this.size) return Effect.succeed(undefined)
    const bytes = new Uint8Array(footerSize)
    return Effect.map(this.readAt(at, bytes), (count) => {
      const decoded = count === footerSize ? Footer.decode(bytes) : "none"
      return decoded === "none" ? undefined : { at, decoded }
    })
  }

  /**
   * The last footer in the last bytes of the file, wherever it begins; one that is where it belongs comes before all
   * others.
   */
  get shiftedFooter(): Effect.Effect<FoundFooter | undefined, E> {
    const start = Math.max(this.from, this.size - searched)
    const bytes = new Uint8Array(Math.max(0, this.size - start))
    return Effect.map(this.readAt(start, bytes), (count) => {
      let found: FoundFooter | undefined
      for (let i = indexOf(Footer.magic, bytes, 0, count); i >= 0; i = indexOf(Footer.magic, bytes, i + 1, count)) {
        const decoded = Footer.decode(bytes.subarray(0, count), i)
        if (decoded === "none") continue
        found = { at: start + i, decoded }
        if (this.isInPlace(found)) return found
      }
      return found
    })
  }

  /** The first header after the last form; where there is none, the first that is damaged or newer. */
  get header(): Effect.Effect<FoundHeader | undefined, E> {
    return Effect.suspend(() => {
      const window = new Uint8Array(Math.min(windowSize, Math.max(0, this.headersTo - this.from)))
      let at = this.from
      let valid: FoundHeader | undefined
      let other: FoundHeader | undefined
      const look = (count: number) => {
        for (
          let i = indexOf(Header.magic, window, 0, count);
          i >= 0 && valid === undefined;
          i = indexOf(Header.magic, window, i + 1, count)
        ) {
          const begin = i - Header.magicAt
          if (begin < 0) continue
          // What the window does not hold all of comes again, unless the file ends there.
          if (begin + headerSize > count && at + count < this.size) continue
          const decoded = Header.decode(window, begin, count - begin, at + begin)
          if (typeof decoded !== "string") valid = { at: at + begin, decoded }
          else if (decoded !== "none" && decoded !== "torn") other ??= { at: at + begin, decoded }
        }
      }
      let ended = window.length < Header.magicAt + Header.magic.length
      return Effect.map(
        Effect.whileLoop({
          while: () => !ended && valid === undefined,
          body: () => this.readAt(at, window),
          step: (count) => {
            look(count)
            ended = count < window.length || at + count >= this.headersTo
            at += Math.max(1, count - headerSize + 1)
          }
        }),
        () => valid ?? other
      )
    })
  }

  /** Whether a footer is where it says, and all that it says can be. */
  isInPlace({ at, decoded }: FoundFooter): boolean {
    return typeof decoded !== "string" && decoded.footerAt === at && isPossible(decoded, this.size)
  }

  /** What a footer comes to, with the header that led to it if one did. */
  judge(found: FoundFooter, header: Header.Header | undefined): Located {
    const { at, decoded } = found
    const parts = [...header === undefined ? [] : [headerPart(header.oldLength)], footerPart(at)]
    const kept = (
      why: string,
      lengths: { readonly oldLength: number; readonly newLength: number } | undefined
    ): Located => ({
      _tag: "Kept",
      why,
      offset: header?.oldLength ?? at,
      parts,
      lengths: this.size === at + footerSize ? lengths : undefined
    })
    if (decoded === "newer") return kept(newer, undefined)
    if (decoded === "damaged") return kept(damaged, header)
    if (!this.isInPlace(found)) return kept(changed, undefined)
    // A footer that would cut a form is none that an edit has written.
    if (decoded.newLength < this.from || (header !== undefined && !isSame(header, decoded))) {
      return kept(damaged, undefined)
    }
    return { _tag: "Decided", footer: decoded }
  }
}

/** Reads a short range once, for all reads in it. */
const once = <E>(readAt: ReadAt<E>, from: number, size: number): Effect.Effect<ReadAt<E>, E> => {
  const bytes = new Uint8Array(size - from)
  return Effect.map(readAt(from, bytes), (count) => (position: number, target: Uint8Array) =>
    Effect.sync(() => {
      const some = bytes.subarray(position - from, Math.min(count, position - from + target.length))
      target.set(some)
      return some.length
    }))
}

const isSame = (header: Header.Header, footer: Footer.Footer): boolean =>
  header.oldLength === footer.oldLength && header.newLength === footer.newLength
  && header.recordsAt === footer.recordsAt && header.footerAt === footer.footerAt
  && header.nonce.every((byte, i) => footer.nonce[i] === byte)

/**
 * What a file of `size` bytes has of a journal after its last form, which ends at `from`. A header is looked for in the
 * `most` bytes from there on.
 *
 * @internal
 */
export const locate = <E>(
  readAt: ReadAt<E>,
  from: number,
  size: number,
  most = Infinity
): Effect.Effect<Located, E> =>
  Effect.gen(function*() {
    if (size - from < headerSize) return nothing
    const search = new Search(size - from > windowSize ? readAt : yield* once(readAt, from, size), from, size, most)
    // Where no other program wrote, the footer is at the end: nothing else has to be read then.
    const last = size % sectorSize === footerSize ? yield* search.footerAt(size - footerSize) : undefined
    if (last !== undefined && search.isInPlace(last)) return search.judge(last, undefined)
    const header = yield* search.header
    if (header === undefined || header.decoded === "damaged") {
      const footer = last ?? (yield* search.shiftedFooter)
      if (footer !== undefined) return search.judge(footer, undefined)
      return header === undefined
        ? nothing
        : { _tag: "Kept", why: damaged, offset: header.at, parts: [headerPart(header.at)], lengths: undefined }
    }
    const { at, decoded } = header
    if (decoded === "newer") {
      return { _tag: "Kept", why: newer, offset: at, parts: [headerPart(at)], lengths: undefined }
    }
    const footer = (yield* search.footerAt(decoded.footerAt)) ?? last ?? (yield* search.shiftedFooter)
    if (footer !== undefined) return search.judge(footer, decoded)
    if (size <= endOf(decoded)) return { _tag: "Undecided", header: decoded }
    return {
      _tag: "Kept",
      why: "another program has appended to the file while it was edited",
      offset: at,
      parts: [headerPart(at)],
      lengths: undefined
    }
  })
