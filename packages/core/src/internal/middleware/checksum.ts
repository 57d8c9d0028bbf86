/**
 * Checksums between the blocks of a file: verified by every read, kept by every write.
 *
 * A write that fails half-way leaves a block whose sum does not match. So the bytes of a failed write are kept, and
 * whatever the file is asked next first writes those of its blocks that do not match. A write that was refused as a
 * whole leaves none.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { isCountOf, isPosition } from "../io/copy.js"
import { Permits } from "../io/permits.js"
import { makeFile } from "../io/positionalFile.js"
import { around, requireInteger } from "./around.js"
import { contentSize, damagedBlocks, storedAt, storedSize, sumSize, withoutSums, withSums } from "./checksumLayout.js"

const defaultBlockSize = 4096
/** How much of a content is read or written at once, at most. */
const mostAtOnce = 1024 * 1024

/** Locks by the bytes that they are for, as long as a file has those open. */
class Locks {
  private readonly locks = new Map<string, { readonly permits: Permits; users: number }>()

  acquire(key: string): Permits {
    const lock = this.locks.get(key) ?? { permits: new Permits(1), users: 0 }
    lock.users++
    this.locks.set(key, lock)
    return lock.permits
  }

  release(key: string): void {
    const lock = this.locks.get(key)
    if (lock !== undefined && --lock.users === 0) this.locks.delete(key)
  }
}

const detailsOf = (
  { cause, description, errno, file, operation, position }: MmioError.MmioError
): MmioError.Details => ({
  operation,
  file,
  position,
  description,
  errno,
  cause
})

const asWriteError = (error: MmioError.ReadError | MmioError.SeekError): MmioError.WriteError =>
  error._tag === "NetworkError" ? error : new MmioError.CannotWrite({ ...detailsOf(error), written: 0, cause: error })

const asReadError = (error: MmioError.WriteError): MmioError.ReadError =>
  error._tag === "NetworkError" ? error : new MmioError.CannotRead({ ...detailsOf(error), cause: error })

const asSeekError = (error: MmioError.WriteError): MmioError.SeekError =>
  error._tag === "NetworkError" ? error : new MmioError.CannotSeek({ ...detailsOf(error), cause: error })

const ofFile = (
  inner: Api.File,
  { access, name: { full: name } }: Api.OpenRequest,
  blockSize: number,
  locks: Locks
): Api.File => {
  const key = Option.getOrElse(inner.identity, () => name)
  /** How many bytes a whole block takes with its sum. */
  const storedBlock = blockSize + sumSize
  const lock = locks.acquire(key)
  /** Stored blocks that a write which failed may have written in part, and where they begin. */
  let unfinished: { readonly position: number; readonly bytes: Uint8Array } | undefined
  const alone = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => lock.with(effect)
  const damaged = (position: number) =>
    new MmioError.CannotRead({
      operation: "IOProc.checksum",
      file: name,
      position,
      description: "the checksum of the block does not match its bytes"
    })

  const untrue = (count: number) => ({
    operation: "IOProc.checksum",
    file: name,
    description: `the driver answered ${count} bytes, which cannot be true`
  })

  /** Reads stored bytes until the array is full, or the file ends; returns how many. */
  const readStored = (position: number, bytes: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    Effect.map(
      Effect.iterate({ count: 0, ended: false }, {
        // No file has bytes where it has no position.
        while: ({ count, ended }) => !ended && count < bytes.length && isPosition(position + count),
        body: ({ count }) =>
          Effect.flatMap(inner.readAt(position + count, bytes.subarray(count)), (n) =>
            isCountOf(n, bytes.subarray(count))
              ? Effect.succeed({ count: count + n, ended: n === 0 })
              : Effect.fail(new MmioError.CannotRead({ ...untrue(n), position: position + count })))
      }),
      ({ count }) => count
    )

  const writeStored = (
    position: number,
    bytes: Uint8Array,
    mode: Api.WriteMode
  ): Effect.Effect<void, MmioError.WriteError> =>
    Effect.flatMap(inner.writeAt!(position, bytes, mode), (count) =>
      count === bytes.length
        ? Effect.void
        : isCountOf(count, bytes) && count > 0
        ? writeStored(position + count, bytes.subarray(count), mode)
        : Effect.fail(new MmioError.CannotWrite({ ...untrue(count), position, written: 0 })))

  /** Writes stored blocks, all of them. They are unfinished until that has succeeded, whatever a failure says. */
  const store = (position: number, bytes: Uint8Array, mode: Api.WriteMode): Effect.Effect<void, MmioError.WriteError> =>
    Effect.suspend(() => {
      unfinished = { position, bytes }
      return Effect.map(writeStored(position, bytes, mode), () => {
        unfinished = undefined
      })
    })

  /**
   * Writes those of the unfinished blocks that are damaged. The others are as they were before the write or after it,
   * or another handle has written them since.
   */
  const finish: Effect.Effect<void, MmioError.WriteError> = Effect.suspend(() => {
    if (unfinished === undefined) return Effect.void
    const { bytes, position } = unfinished
    const stored = new Uint8Array(Math.ceil(bytes.length / storedBlock) * storedBlock)
    return Effect.mapError(readStored(position, stored), asWriteError).pipe(
      Effect.flatMap((count) =>
        Effect.forEach(damagedBlocks(stored.subarray(0, count), blockSize), (offset) =>
          Effect.suspend(() => {
            unfinished = { position: position + offset, bytes: bytes.subarray(offset) }
            return writeStored(position + offset, bytes.subarray(offset, offset + storedBlock), "write")
          }), { discard: true })
      ),
      Effect.map(() => {
        unfinished = undefined
      })
    )
  })

  /** Finishes what is unfinished, or cuts it off where that fails and the file is to be cut before it. */
  const finishOrCut = (to: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.catchAll(finish, (error) =>
      unfinished === undefined || storedAt(to, blockSize) > unfinished.position
        ? Effect.fail(error)
        : Effect.map(inner.truncate!(unfinished.position), () => {
          unfinished = undefined
        }))

  /** Bytes of a call of ours that failed are those of no call of the caller's. */
  const changing = <A>(
    effect: Effect.Effect<A, MmioError.WriteError>,
    before = finish
  ): Effect.Effect<A, MmioError.WriteError> =>
    Effect.uninterruptible(
      Effect.mapError(
        alone(Effect.zipRight(before, effect)),
        (error) => error._tag === "CannotWrite" ? new MmioError.CannotWrite({ ...detailsOf(error), written: 0 }) : error
      )
    )

  /** The size of the content; fails where the last block is truncated, unless the content before it is all it takes. */
  const sizeOr = (isEnough: (whole: number) => boolean): Effect.Effect<number, MmioError.SeekError> =>
    Effect.flatMap(
      Effect.suspend(() => inner.size),
      (stored) => {
        const whole = Math.floor(stored / storedBlock) * blockSize
        const size = contentSize(stored, blockSize) ?? (isEnough(whole) ? whole : undefined)
        return size !== undefined
          ? Effect.succeed(size)
          : Effect.fail(
            new MmioError.CannotSeek({
              operation: "IOProc.checksum",
              file: name,
              description: `the last block is truncated: ${stored} bytes are stored`
            })
          )
      }
    )
  const size = sizeOr(() => false)

  /** The content of the blocks that hold [from, to), as far as their sums match and there is content. */
  const blocksOf = (from: number, to: number): Effect.Effect<Uint8Array, MmioError.ReadError> =>
    Effect.suspend(() => {
      const first = Math.floor(from / blockSize)
      const bytes = new Uint8Array((Math.ceil(to / blockSize) - first) * storedBlock)
      return Effect.flatMap(readStored(first * storedBlock, bytes), (count) => {
        const { content, undamaged } = withoutSums(bytes.subarray(0, count), blockSize)
        const isCut = count > 0 && contentSize(count, blockSize) === undefined
        return (isCut || undamaged < content.length) && first * blockSize + undamaged <= from
          ? Effect.fail(damaged(first * blockSize + undamaged))
          : Effect.succeed(content.subarray(0, undamaged))
      })
    })

  /** Writes part of one or more blocks; returns when all are stored. `size` is that of the content before it. */
  const writeBlocks = (
    position: number,
    source: Uint8Array,
    size: number,
    mode: Api.WriteMode
  ): Effect.Effect<void, MmioError.WriteError> => {
    const start = Math.floor(position / blockSize) * blockSize
    const end = position + source.length
    const [lastStart, lastEnd] = [Math.floor((end - 1) / blockSize) * blockSize, Math.ceil(end / blockSize) * blockSize]
    const bytes = new Uint8Array(Math.min(lastEnd, Math.max(end, size)) - start)
    /** Has what a block holds beside the new bytes read, where it holds some. */
    const keep = (from: number, to: number) =>
      from >= to ? Effect.void : Effect.map(
        Effect.mapError(blocksOf(from, to), asWriteError),
        (content) => bytes.set(content.subarray(0, bytes.length - (from - start)), from - start)
      )
    return keep(start, Math.min(position, size)).pipe(
      Effect.zipRight(
        lastStart === start && position > start
          ? Effect.void
          : end < Math.min(lastEnd, size)
          ? keep(lastStart, lastEnd)
          : Effect.void
      ),
      Effect.zipRight(Effect.suspend(() => {
        bytes.set(source, position - start)
        return store(storedAt(start, blockSize), withSums(bytes, blockSize), mode)
      }))
    )
  }

  /** Adds zeros to the end of the content. */
  const fillTo = (end: number, size: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.iterate(size, {
      while: (size) => size < end,
      body: (size) => {
        const count = Math.min(end - size, mostAtOnce)
        return Effect.as(writeBlocks(size, new Uint8Array(count), size, "write"), size + count)
      }
    })

  const resize = (to: number, size: number): Effect.Effect<void, MmioError.WriteError> => {
    // After whole blocks there may be one that is truncated, which is cut off.
    if (to > size || (to === size && to % blockSize !== 0)) return fillTo(to, size)
    const start = Math.floor(to / blockSize) * blockSize
    const position = storedAt(start, blockSize)
    if (start === to) return inner.truncate!(position)
    return Effect.flatMap(Effect.mapError(blocksOf(start, to), asWriteError), (content) => {
      // Where cutting the file fails, its last block may have been cut, and is then as it was before.
      unfinished = { position, bytes: withSums(content, blockSize) }
      return Effect.zipRight(
        inner.truncate!(storedSize(to, blockSize)),
        // From here on the last block has no sum that matches until this is written.
        store(position, withSums(content.subarray(0, to - start), blockSize), "write")
      )
    })
  }

  /** Refuses a content that ends where no stored file has a position. */
  const storable = (end: number, position: number): Effect.Effect<void, MmioError.WriteError> =>
    isPosition(storedSize(end, blockSize)) ? Effect.void : Effect.fail(
      new MmioError.CannotWrite({
        operation: "IOProc.checksum",
        file: name,
        position,
        description: "a file with checksums has no such position",
        written: 0
      })
    )

  let isOpen = true
  const released = Effect.sync(() => {
    if (isOpen) locks.release(key)
    isOpen = false
  })
  const unfit = (position: number) => !isPosition(position) || !isOpen
  const { truncate, writeAt } = inner
  return {
    ...makeFile({
      name,
      size: alone(Effect.zipRight(Effect.mapError(finish, asSeekError), size)),
      readAt: (position, target) =>
        unfit(position)
          ? inner.readAt(position, target)
          : access === "write"
          ? Effect.fail(
            new MmioError.CannotRead({
              operation: "IOProc.checksum",
              file: name,
              position,
              description: "the file is open for writing"
            })
          )
          : alone(Effect.suspend(() => {
            const content = Effect.map(
              blocksOf(position, position + Math.min(target.length, mostAtOnce)),
              (content) => {
                const offset = position % blockSize
                const some = content.subarray(offset, offset + target.length)
                target.set(some)
                return some.length
              }
            )
            return Effect.matchEffect(finish, {
              // Blocks that match can be read all the same.
              onFailure: (error) => Effect.orElseFail(content, () => asReadError(error)),
              onSuccess: () => content
            })
          }))
    }),
    capabilities: { ...inner.capabilities, cancellable: false },
    start: inner.start,
    canSeek: inner.canSeek &&
      ((position) => inner.canSeek!(Math.min(storedAt(position, blockSize), Number.MAX_SAFE_INTEGER))),
    writeAt: writeAt &&
      ((position, source, mode) =>
        unfit(position) ? inner.writeAt!(position, source, mode) : changing(
          source.length === 0
            ? inner.writeAt!(0, source, mode)
            : Effect.suspend(() => {
              const some = source.subarray(0, mostAtOnce)
              const end = position + some.length
              /** Whether it is written before a truncated block, or over all of it. */
              const isEnough = (whole: number) => end <= whole || (position <= whole && end >= whole + blockSize)
              return Effect.flatMap(
                Effect.zipRight(storable(end, position), Effect.mapError(sizeOr(isEnough), asWriteError)),
                (size) =>
                  Effect.zipRight(
                    fillTo(position, size),
                    Effect.as(writeBlocks(position, some, Math.max(size, position), mode), some.length)
                  )
              )
            })
        )),
    truncate: truncate && ((to) =>
      unfit(to)
        ? inner.truncate!(to)
        : changing(
          Effect.flatMap(
            Effect.zipRight(storable(to, to), Effect.mapError(sizeOr((whole) => to <= whole), asWriteError)),
            (size) => resize(to, size)
          ),
          finishOrCut(to)
        )),
    invalidate: inner.invalidate,
    commit: Effect.uninterruptible(Effect.zipRight(alone(finish), Effect.suspend(() => inner.commit))),
    close: Effect.uninterruptible(
      Effect.matchCauseEffect(alone(finish), {
        onFailure: (cause) => Effect.zipRight(released, Effect.zipRight(inner.abort, Effect.failCause(cause))),
        onSuccess: () => Effect.zipRight(released, Effect.suspend(() => inner.close))
      })
    ),
    // What is not committed is dropped; in a file that is written in place, the block that was begun would match no
    // more.
    abort: Effect.uninterruptible(
      Effect.ensuring(
        inner.capabilities.commit === "inPlace" ? Effect.ignore(alone(finish)) : Effect.void,
        Effect.zipRight(released, Effect.suspend(() => inner.abort))
      )
    ),
    version: inner.version,
    identity: inner.identity,
    onMessage: (request) => inner.onMessage(request)
  }
}

/** @internal */
export const checksum = (self: Api.IOProc, options: Api.ChecksumOptions = {}): Api.IOProc => {
  const { blockSize = defaultBlockSize } = options
  requireInteger("checksum", "size of blocks", blockSize, 1)
  const locks = new Locks()
  return around("checksum", self, (inner) => ({
    open: (request) =>
      Effect.uninterruptible(
        Effect.flatMap(
          // A block is read before a part of it is written.
          inner.open(request.access === "write" ? { ...request, access: "readWrite" } : request),
          (file): Effect.Effect<Api.File, MmioError.OpenError> =>
            file.capabilities.forwardOnly
              ? Effect.zipRight(
                file.abort,
                Effect.fail(
                  new MmioError.CannotOpen({
                    operation: "IOProc.checksum",
                    file: request.name.full,
                    description: "the file only goes forward, and has no blocks"
                  })
                )
              )
              : Effect.succeed(ofFile(file, request, blockSize, locks))
        )
      ),
    stat: (name) =>
      Effect.map(inner.stat(name), (stat) => ({
        ...stat,
        size: stat.kind === "file"
          ? Option.flatMap(stat.size, (stored) => Option.fromNullable(contentSize(stored, blockSize)))
          : stat.size
      }))
  }))
}
