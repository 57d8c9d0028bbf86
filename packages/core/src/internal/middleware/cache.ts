/**
 * A cache of blocks that the files of a storage share.
 *
 * - A file whose driver knows its version finds the blocks of earlier opens of the same content; any other keeps its
 *   blocks to itself, and only while it is open.
 * - A block is read once, however many fibers wait for it. One whose reader fails or is interrupted is read by the next
 *   that wants it: a failure is reported to the call that met it, and to no other.
 * - What is written through the cache drops the blocks that it touches, of every open file of the same bytes, before it
 *   is written and after: what was read in between is not kept.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { immediate } from "../io/answer.js"
import { isCountOf, isPosition } from "../io/copy.js"
import { around, invalid, openWith, requireInteger } from "./around.js"
import { Blocks, type Content } from "./cacheBlocks.js"

const defaultBlockSize = 64 * 1024
const defaultCapacity = 64 * 1024 * 1024
/** How many bytes are asked for at once, at most, where blocks in sequence are missing. */
const largestRead = 1024 * 1024

/** The storages that caches are around: a name, unlike an identity, says nothing of files in another one. */
let storages = 0

/** What tells the bytes of a file from all others: its identity, or its name in its storage. */
const identityOf = (file: Api.File, storage: number, name: string): string =>
  JSON.stringify(Option.match(file.identity, { onNone: () => [storage, name], onSome: (identity) => [identity] }))

/** Which opens share blocks: those of the same bytes in the same version. */
const keyOf = (file: Api.File, identity: string): string | undefined =>
  Option.getOrUndefined(Option.map(file.version, (version) => JSON.stringify([identity, version])))

/** Reads until `target` is full, or to the end. */
const readFully = (
  file: Api.File,
  name: string,
  position: number,
  target: Uint8Array
): Effect.Effect<number, MmioError.ReadError> =>
  Effect.iterate({ count: 0, ended: false }, {
    while: ({ count, ended }) => !ended && count < target.length,
    body: ({ count }) =>
      Effect.flatMap(file.readAt(position + count, target.subarray(count)), (n) =>
        isCountOf(n, target.subarray(count))
          ? Effect.succeed({ count: count + n, ended: n === 0 })
          : Effect.fail(
            new MmioError.CannotRead({
              operation: "IOProc.cache",
              file: name,
              position,
              description: `the driver answered ${n} bytes, which cannot be true`
            })
          ))
  }).pipe(Effect.map(({ count }) => count))

const ofFile = (blocks: Blocks, storage: number, file: Api.File, request: Api.OpenRequest): Partial<Api.File> => {
  const { blockSize } = blocks
  const name = request.name.full
  const identity = identityOf(file, storage, name)
  // What is written changes the version: the blocks of a file that is open for writing are its own.
  const content: Content = blocks.open(request.access === "read" ? keyOf(file, identity) : undefined, identity)
  if (request.create !== "no") blocks.dropAll(identity)
  let isOpen = true
  const released = Effect.sync(() => {
    if (!isOpen) return
    isOpen = false
    blocks.close(content)
  })

  /** Reads missing blocks, for `target` and for the cache. */
  const fill = (index: number, offset: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    Effect.uninterruptibleMask((restore) => {
      const wanted = Math.ceil((offset + target.length) / blockSize)
      const { count, pending } = blocks.begin(
        content,
        index,
        Math.min(wanted, Math.max(1, Math.floor(largestRead / blockSize)))
      )
      const bytes = blocks.borrow(count * blockSize)
      return Effect.map(
        Effect.onExit(
          restore(readFully(file, name, index * blockSize, bytes)),
          (exit) =>
            Effect.sync(() =>
              blocks.end(
                content,
                index,
                count,
                pending,
                Exit.isSuccess(exit) ? bytes.subarray(0, exit.value) : undefined
              )
            )
        ),
        (length) => {
          const some = bytes.subarray(offset, Math.min(length, offset + target.length))
          target.set(some)
          blocks.giveBack(bytes)
          return some.length
        }
      )
    })

  const read = (position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> =>
    immediate(() => {
      if (!isOpen || !isPosition(position) || target.length === 0) return file.readAt(position, target)
      let count = 0
      // As much as is in memory; a short transfer ends where that does.
      while (count < target.length) {
        const at = position + count
        const index = Math.floor(at / blockSize)
        const block = blocks.get(content, index)
        if (block instanceof Uint8Array) {
          const some = block.subarray(at % blockSize, at % blockSize + target.length - count)
          target.set(some, count)
          count += some.length
          if (block.length < blockSize) return Effect.succeed(count)
        } else if (count > 0) {
          return Effect.succeed(count)
        } else {
          return block === undefined
            ? fill(index, at % blockSize, target)
            : Effect.zipRight(Deferred.await(block), read(position, target))
        }
      }
      return Effect.succeed(count)
    })

  const dropping = <A, E>(drop: () => void, change: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.zipRight(Effect.sync(drop), Effect.ensuring(change, Effect.sync(drop)))
  const dropAll = () => blocks.dropAll(identity)
  const { truncate, writeAt } = file
  return {
    ...(request.buffered && request.access !== "write" ? { readAt: read } : {}),
    writeAt: writeAt && ((position, source, mode) =>
      source.length === 0
        ? Effect.suspend(() => file.writeAt!(position, source, mode))
        : dropping(
          () => blocks.dropRange(identity, position, position + source.length),
          Effect.suspend(() => file.writeAt!(position, source, mode))
        )),
    truncate: truncate && ((size) => dropping(dropAll, Effect.suspend(() => file.truncate!(size)))),
    invalidate: Effect.suspend(() => {
      blocks.drop(content)
      return file.invalidate ?? Effect.void
    }),
    commit: file.capabilities.commit === "inPlace"
      ? Effect.suspend(() => file.commit)
      : dropping(dropAll, Effect.suspend(() => file.commit)),
    close: Effect.zipRight(
      released,
      request.access === "read"
        ? Effect.suspend(() => file.close)
        : dropping(dropAll, Effect.suspend(() => file.close))
    ),
    abort: Effect.zipRight(released, Effect.suspend(() => file.abort))
  }
}

/** @internal */
export const cache = (self: Api.IOProc, options: Api.CacheOptions = {}): Api.IOProc => {
  const { blockSize = defaultBlockSize, capacity = Math.max(blockSize, defaultCapacity) } = options
  requireInteger("cache", "size of blocks", blockSize, 1)
  requireInteger("cache", "capacity", capacity, 1)
  if (capacity < blockSize) invalid("cache", `a capacity of ${capacity} bytes holds no block of ${blockSize}`)
  const blocks = new Blocks(blockSize, capacity)
  return around("cache", self, (inner) => {
    const storage = storages++
    return {
      open: openWith(
        inner,
        (file, request) => file.capabilities.forwardOnly ? {} : ofFile(blocks, storage, file, request)
      )
    }
  })
}
