/**
 * Elements of an archive as files that are written: the bytes are spooled, and become the element on commit.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import { tooLarge } from "./errors.js"
import type { Spool } from "./spool.js"

/** What a file that is written is made with. @internal */
export interface Options {
  readonly request: IOProc.OpenRequest
  readonly spool: Spool
  readonly version: string
  readonly identity: string
  /** Makes what was spooled the element. */
  readonly commit: Effect.Effect<void, MmioError.CommitError>
  /** How many bytes the element may have. */
  readonly most: number
  /** Whether there is something to commit before anything is written, as there is where the file is created. */
  readonly isNew: boolean
  readonly release: () => void
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0

/** @internal */
export const fileOf = ({ commit, identity, isNew, most, release, request, spool, version }: Options): IOProc.File => {
  const name = request.name.full
  let isOpen = true
  /** Whether there is something to commit. */
  let isDirty = isNew
  const closed = (operation: string) => ({
    operation: `ZipIOProc.${operation}`,
    file: name,
    description: "the file is closed"
  })
  const end = Effect.suspend(() => {
    if (!isOpen) return Effect.void
    isOpen = false
    release()
    return spool.dispose
  })
  const committed = Effect.uninterruptible(Effect.suspend(() =>
    isDirty
      ? Effect.map(commit, () => {
        isDirty = false
      })
      : Effect.void
  ))
  /** Writes, unless the file would come to have this size, and that is too large. */
  const writing = <A>(operation: string, size: number, write: () => Effect.Effect<A, MmioError.WriteError>) =>
    Effect.suspend((): Effect.Effect<A, MmioError.WriteError> => {
      if (!isOpen) return Effect.fail(new MmioError.CannotWrite({ ...closed(operation), written: 0 }))
      if (size > spool.size && size > most) {
        return Effect.fail(
          tooLarge(name, `it would have ${size} bytes, and the limit ZipLimits.inflatedBytes is ${most}`)
        )
      }
      isDirty = true
      return write()
    })
  return IOProc.makeFile({
    name,
    identity,
    version,
    capabilities: { locks: "process" },
    size: Effect.suspend(() =>
      isOpen ? Effect.succeed(spool.size) : Effect.fail(new MmioError.CannotSeek(closed("seek")))
    ),
    readAt: (position, target) =>
      Effect.suspend(() =>
        isOpen && request.access !== "write"
          ? spool.readAt(position, target)
          : Effect.fail(
            new MmioError.CannotRead({
              ...closed("read"),
              ...(isOpen ? { description: "the file is open for writing only" } : {})
            })
          )
      ),
    writeAt: (position, source, mode) =>
      source.length === 0
        ? Effect.suspend(() =>
          isOpen
            ? Effect.succeed(0)
            : Effect.fail(new MmioError.CannotWrite({ ...closed(mode), written: 0 }))
        )
        : writing(mode, position + source.length, () => spool.writeAt(position, source)),
    truncate: (size) =>
      isSize(size)
        ? writing("truncate", size, () => spool.truncate(size))
        : Effect.fail(
          new MmioError.CannotWrite({ ...closed("truncate"), description: "a file has no such size", written: 0 })
        ),
    commit: Effect.suspend(() =>
      isOpen ? committed : Effect.fail(new MmioError.CannotWrite({ ...closed("commit"), written: 0 }))
    ),
    close: Effect.suspend((): Effect.Effect<void, MmioError.CloseError> =>
      isOpen
        ? Effect.uninterruptible(Effect.ensuring(committed, end))
        : Effect.fail(new MmioError.CannotClose(closed("close")))
    ),
    abort: Effect.uninterruptible(end)
  })
}
