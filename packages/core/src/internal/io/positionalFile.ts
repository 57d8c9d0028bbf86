/**
 * Positional files: made of what a storage can do, and wrapped.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { andThen, immediate, map } from "./answer.js"
import { isPosition } from "./copy.js"

/** @internal */
export const knowsNoMessage: Api.OnMessage = () => Option.none()

/** What a file that says nothing of itself can do. @internal */
export const plainCapabilities: Api.FileCapabilities = {
  concurrent: false,
  forwardOnly: false,
  truncate: false,
  commit: "inPlace",
  cancellable: false,
  locks: "none"
}

/** @internal */
export interface WritableFile extends Api.File {
  readonly writeAt: NonNullable<Api.File["writeAt"]>
}

/** The file, where it can be written: a storage may only read. @internal */
export const writable = <F extends Api.File>(
  operation: string,
  name: string,
  file: F
): Effect.Effect<F & WritableFile, MmioError.AccessDenied> =>
  isWritable(file) ? Effect.succeed(file) : Effect.fail(
    new MmioError.AccessDenied({ operation, file: name, description: "the storage only reads this file" })
  )

const isWritable = <F extends Api.File>(file: F): file is F & WritableFile => file.writeAt !== undefined

/** @internal */
export const makeFile = (primitives: Api.Primitives): Api.File => {
  const { canSeek, commit, flush, invalidate, name, readAt, size, start, truncate, writeAt } = primitives
  const close = primitives.close ?? commit ?? Effect.void
  const misplaced = (operation: string, position: number) => ({
    operation: `IOProc.File.${operation}`,
    file: name,
    position,
    description: "a file has no such position"
  })
  /** Writes by `writeAt`, then has the storage push down what it holds: whether it did is not known before. */
  const writeFlushed = (
    write: NonNullable<Api.File["writeAt"]>,
    flush: Effect.Effect<void, MmioError.WriteError>
  ): NonNullable<Api.File["writeAt"]> =>
  (position, source, mode) =>
    mode === "write" ? write(position, source, mode) : immediate(() =>
      andThen(
        source.length === 0 ? Exit.succeed(0) : write(position, source, "write"),
        (count) => map(flush, () => count)
      )
    )
  const write = writeAt === undefined || flush === undefined ? writeAt : writeFlushed(writeAt, flush)
  return {
    capabilities: {
      ...plainCapabilities,
      ...primitives.capabilities,
      truncate: truncate !== undefined,
      commit: commit === undefined ? "inPlace" : "onClose"
    },
    start,
    size,
    canSeek,
    readAt: (position, target) =>
      isPosition(position)
        ? readAt(position, target)
        : Exit.fail(new MmioError.CannotRead(misplaced("readAt", position))),
    writeAt: write && ((position, source, mode) =>
      isPosition(position)
        ? write(position, source, mode)
        : Exit.fail(new MmioError.CannotWrite({ ...misplaced("writeAt", position), written: 0 }))),
    truncate: truncate && ((size) =>
      isPosition(size)
        ? truncate(size)
        : Exit.fail(
          new MmioError.CannotWrite({
            ...misplaced("truncate", size),
            description: "a file has no such size",
            written: 0
          })
        )),
    invalidate,
    commit: commit ?? Effect.void,
    close,
    // A file that commits has an abort of its own, or nothing to release: its close would commit.
    abort: primitives.abort ?? (commit === undefined ? Effect.ignore(close) : Effect.void),
    version: Option.fromNullable(primitives.version),
    identity: Option.fromNullable(primitives.identity),
    onMessage: primitives.onMessage ?? knowsNoMessage
  }
}

/**
 * A file as a record with other functions in it. Every one is named here, and nowhere else, since a driver may keep
 * them on a prototype, where a spread does not find them.
 *
 * @internal
 */
export const wrapFile = (inner: Api.File, overrides?: Partial<Api.File>): Api.File => ({
  capabilities: inner.capabilities,
  start: inner.start,
  size: Effect.suspend(() => inner.size),
  canSeek: inner.canSeek && ((position) => inner.canSeek!(position)),
  readAt: (position, target) => inner.readAt(position, target),
  writeAt: inner.writeAt && ((position, source, mode) => inner.writeAt!(position, source, mode)),
  truncate: inner.truncate && ((size) => inner.truncate!(size)),
  invalidate: inner.invalidate && Effect.suspend(() => inner.invalidate!),
  commit: Effect.suspend(() => inner.commit),
  close: Effect.suspend(() => inner.close),
  abort: Effect.suspend(() => inner.abort),
  version: inner.version,
  identity: inner.identity,
  onMessage: (request) => inner.onMessage(request),
  ...overrides
})
