/**
 * Copies of whole files, within a storage and between storages.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import type * as MmioError from "../MmioError.js"
import type { Handle } from "./handle/handle.js"
import { allocate, outOfMemory } from "./io/copy.js"
import { type OpenFailure, openGiven, openRouted, using } from "./opening.js"
import { asking } from "./serving.js"

const operation = "Mmio.copy"

/** How many bytes are copied at once: at most one block of memory is used. */
const blockSize = 256 * 1024

/** The driver of an end, where it was given with one. */
const driverOf = (end: Api.CopyEnd): IOProc.IOProc | undefined =>
  typeof end === "object" && "ioProc" in end ? end.ioProc : undefined

const nameOf = (end: Api.CopyEnd): string | FileName.FileName =>
  typeof end === "object" && "ioProc" in end ? end.name : end

const openEnd = <A extends IOProc.Access>(
  end: Api.CopyEnd,
  options: Api.OpenOptions<A>
): Effect.Effect<Handle<A>, OpenFailure, IOProc.IOProc> => {
  const driver = driverOf(end)
  return driver === undefined
    ? openRouted(operation, nameOf(end), options)
    : openGiven(operation, driver, nameOf(end), options)
}

/** Whether an end is a regular file, so that to open it for reading neither waits nor changes anything. */
const isFile = (end: Api.CopyEnd): Effect.Effect<boolean, never, IOProc.IOProc> => {
  const driver = driverOf(end)
  const name = nameOf(end)
  const stat = driver === undefined
    ? asking(operation, name, undefined, (driver, name) => driver.stat(name))
    : driver.stat(FileName.from(name))
  return Effect.match(stat, { onFailure: () => false, onSuccess: ({ kind }) => kind === "file" })
}

/** Refuses a destination that is the file of the source, which creating it would empty. */
const checkDistinct = (
  source: Handle,
  to: Api.CopyEnd
): Effect.Effect<void, MmioError.InvalidParameter, IOProc.IOProc> => {
  const { identity } = source.engine.file
  if (Option.isNone(identity)) return Effect.void
  const same = using(
    operation,
    openEnd(to, { access: "read" }),
    (file) => Effect.sync(() => Equal.equals(file.engine.file.identity, identity))
  )
  return Effect.flatMap(
    // A destination that cannot be looked at is reported, if it has to be, as it is opened for writing.
    Effect.flatMap(isFile(to), (isFile) => isFile ? Effect.orElseSucceed(same, () => false) : Effect.succeed(false)),
    (same) => same ? source.invalid(operation, "the source and the destination are the same file") : Effect.void
  )
}

/** What the copying itself, between two open files, can fail with. */
type CopyBytesError = MmioError.ReadError | MmioError.WriteError | MmioError.InvalidParameter | MmioError.OutOfMemory

const copyBytes = <E, R>(
  source: Handle<"read">,
  target: Handle<"write">,
  onProgress: ((progress: Api.CopyProgress) => Effect.Effect<void, E, R>) | undefined
): Effect.Effect<number, E | CopyBytesError, R> =>
  Effect.suspend((): Effect.Effect<number, E | CopyBytesError, R> => {
    const block = allocate(blockSize)
    if (block === undefined) return Effect.fail(outOfMemory(operation, source.name.full, blockSize))
    const size = onProgress === undefined ? Effect.succeedNone : Effect.option(source.engine.file.size)
    return Effect.flatMap(size, (total) => {
      const next = (copied: number): Effect.Effect<number, E | CopyBytesError, R> =>
        Effect.flatMap(source.readInto(block), (count) => {
          if (count === 0) return Effect.succeed(copied)
          const done = copied + count
          const written = target.writeAll(count === block.length ? block : block.subarray(0, count))
          const told = onProgress === undefined
            ? written
            : Effect.zipRight(written, onProgress({ copied: done, total }))
          return Effect.flatMap(told, () => next(done))
        })
      return next(0)
    })
  })

/** @internal */
export const copy = <E, R>(
  from: Api.CopyEnd,
  to: Api.CopyEnd,
  options: Api.CopyOptions<E, R> | undefined
): Effect.Effect<number, E | Api.CopyError, IOProc.IOProc | R> => {
  const create = options?.create ?? "new"
  return using(operation, openEnd(from, { access: "read" }), (source) =>
    Effect.zipRight(
      create === "new" ? Effect.void : checkDistinct(source, to),
      using(operation, openEnd(to, { access: "write", create }), (target) =>
        copyBytes(source, target, options?.onProgress))
    ))
}
