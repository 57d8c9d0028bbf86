/**
 * What is done with the journal that an edit has left in a file.
 */
import * as Effect from "effect/Effect"
import type * as RiffEdit from "../../../RiffEdit.js"
import type { ExclusiveFile, Failure } from "./exclusiveFile.js"
import * as Footer from "./footer.js"
import { endOf, footerSize, headerSize } from "./geometry.js"
import * as Header from "./header.js"
import * as Journal from "./journal.js"
import { locate, type Located, type Part } from "./locate.js"

type Kept = Extract<Located, { _tag: "Kept" }>

/** How to recover. */
interface Options {
  /** Where the last form ends. */
  readonly formsEnd: number
  /** Whether to remove a journal that cannot be applied. */
  readonly discard: boolean
  /** Whether a journal may also be that of another file, of which this one is a copy. */
  readonly ofCopies: boolean
}

/** Makes zeros of the parts of a journal, or cuts it off where that takes nothing else. */
const discard = (file: ExclusiveFile, { lengths, parts }: Kept, formsEnd: number): Effect.Effect<void, Failure> =>
  Effect.gen(function*() {
    if (lengths !== undefined) {
      yield* file.truncate(formsEnd <= lengths.oldLength ? lengths.oldLength : lengths.newLength)
    } else {
      const size = yield* file.size
      for (const { length, offset } of parts) {
        yield* file.writeAt(offset, new Uint8Array(Math.max(0, Math.min(length, size - offset))))
      }
    }
    yield* file.flush
  })

/** A decided journal that cannot be applied. */
const kept = (file: ExclusiveFile, footer: Footer.Footer, why: string, offset: number): Effect.Effect<Kept, Failure> =>
  Effect.gen(function*() {
    const parts: Array<Part> = [{ offset: footer.footerAt, length: footerSize }]
    const bytes = new Uint8Array(headerSize)
    const count = yield* file.readAt(footer.oldLength, bytes)
    if (Header.decode(bytes, 0, count, footer.oldLength) !== "none") {
      parts.unshift({ offset: footer.oldLength, length: headerSize })
    }
    const isAlone = (yield* file.size) === endOf(footer)
    return { _tag: "Kept", why, offset, parts, lengths: isAlone ? footer : undefined }
  })

/** What a journal turns out to be once all of it was read. */
const inspected = (file: ExclusiveFile, located: Located): Effect.Effect<Located, Failure> =>
  Effect.gen(function*() {
    if (located._tag !== "Decided") return located
    const { footer } = located
    const found = yield* Journal.inspect(file, footer)
    if (found === "damaged") return yield* kept(file, footer, "the journal of an edit is damaged", footer.oldLength)
    if (found.foreign === 0) return located
    const why = "the file was changed since an edit was decided: it has neither the old bytes nor the new ones"
    return yield* kept(file, footer, why, footer.oldLength)
  })

/** Recovers a file that is opened exclusively. @internal */
export const recover = (file: ExclusiveFile, options: Options): Effect.Effect<RiffEdit.Recovery, Failure> =>
  Effect.gen(function*() {
    const found = yield* locate(file.readAt, options.formsEnd, yield* file.size)
    if (found._tag === "Nothing") return "nothing"
    if (found._tag === "Decided" && !options.ofCopies && Footer.isOther(found.footer.inode, file.inode)) {
      return yield* Effect.fail(
        file.invalid(
          found.footer.oldLength,
          "the file is a copy of one in which an edit was not finished: Riff.recover finishes it"
        )
      )
    }
    const located = yield* inspected(file, found)
    if (!file.canTruncate) return yield* Effect.fail(file.cannotTruncate)
    switch (located._tag) {
      case "Undecided":
        yield* Effect.uninterruptible(Effect.zipRight(file.truncate(located.header.oldLength), file.flush))
        return "discarded"
      case "Decided":
        yield* Journal.finish(file, located.footer)
        return "applied"
      case "Kept":
        if (!options.discard) {
          return yield* Effect.fail(
            file.invalid(located.offset, `${located.why}; Riff.recover with the option discard removes it`)
          )
        }
        yield* Effect.uninterruptible(discard(file, located, options.formsEnd))
        return "discarded"
      case "Nothing":
        return "nothing"
    }
  })
