/**
 * Open files: one version that is read, and a content that replaces it with a commit.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import type * as HttpRange from "@effect-mmio/http/HttpRange"
import * as HttpRangeError from "@effect-mmio/http/HttpRangeError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type Costs, GetCosts } from "../S3Costs.js"
import { commit as commitContent } from "./commit.js"
import { Content, type ReadBase } from "./content.js"
import type { Tally } from "./costs.js"
import type { Fields } from "./objects.js"
import { openVersion } from "./reading.js"
import { Spool } from "./spool.js"
import { largestObject, type Store } from "./store.js"

/** What an open file is of. @internal */
export interface Opened {
  readonly name: string
  readonly key: string
  readonly identity: string
  readonly tally: Tally
  /** Gives back what opening claimed. */
  readonly release: () => void
}

const costsOf = (tally: Tally) =>
  IOProc.answer(
    (request) => request instanceof GetCosts,
    () => Effect.sync((): Costs => ({ ...tally }))
  )

const isPosition = (position: number): boolean => Number.isSafeInteger(position) && position >= 0

// ---------------------------------------------------------------------------------------------------------------------
// reading
// ---------------------------------------------------------------------------------------------------------------------

/** A file that is only read. @internal */
export const reader = ({ identity, name, release, tally }: Opened, resource: HttpRange.Resource): IOProc.File => {
  let isOpen = true
  const fail = (position: number, description: string) =>
    Effect.fail(new MmioError.CannotRead({ operation: "S3IOProc.read", file: name, position, description }))
  return IOProc.makeFile({
    name,
    identity,
    version: Option.getOrUndefined(resource.version),
    capabilities: { concurrent: true, cancellable: true, locks: "process" },
    size: Effect.succeed(resource.size),
    readAt: (position, target) =>
      Effect.suspend(() =>
        !isOpen
          ? fail(position, "the file is closed")
          : !isPosition(position)
          ? fail(position, "there is no such position")
          : Effect.mapError(
            resource.readAt(position, target),
            (error) => HttpRangeError.readError(error, { operation: "S3IOProc.read", file: name, position })
          )
      ),
    close: Effect.sync(() => {
      isOpen = false
      release()
    }),
    onMessage: costsOf(tally)
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// writing
// ---------------------------------------------------------------------------------------------------------------------

/** What a file that is written begins with. @internal */
export interface Start {
  /** The entity tag of the object, or none where there is none. */
  readonly expected: Option.Option<string>
  /** The version whose bytes the file begins with, where it was opened already. */
  readonly resource: HttpRange.Resource | undefined
  /** How many bytes the file begins with. */
  readonly size: number
  /** What the object has beside its content. */
  readonly fields: Fields
}

/** Reads the bytes of a version; of one that was committed meanwhile, it is opened as it is needed first. */
const baseOf = (store: Store, { key, name, tally }: Opened) => {
  let base: { readonly etag: string; readonly resource: HttpRange.Resource } | undefined
  const opened = (etag: string, position: number) =>
    base?.etag === etag
      ? Effect.succeed(base.resource)
      : Effect.mapBoth(openVersion(store, tally, key, etag), {
        onFailure: (error) => HttpRangeError.readError(error, { operation: "S3IOProc.read", file: name, position }),
        onSuccess: (resource) => {
          base = { etag, resource }
          return resource
        }
      })
  const fill = (
    resource: HttpRange.Resource,
    position: number,
    target: Uint8Array
  ): Effect.Effect<void, MmioError.ReadError> =>
    target.length === 0 ? Effect.void : Effect.flatMap(
      Effect.mapError(
        resource.readAt(position, target),
        (error) => HttpRangeError.readError(error, { operation: "S3IOProc.read", file: name, position })
      ),
      (count) =>
        count > 0
          ? Effect.suspend(() => fill(resource, position + count, target.subarray(count)))
          : Effect.fail(
            new MmioError.CannotRead({
              operation: "S3IOProc.read",
              file: name,
              position,
              description: "the object ended too early"
            })
          )
    )
  return {
    is: (etag: string, resource: HttpRange.Resource) => {
      base = { etag, resource }
    },
    read: (etag: string, position: number, target: Uint8Array) =>
      Effect.flatMap(opened(etag, position), (resource) => fill(resource, position, target))
  }
}

/** A file whose content replaces the object with a commit. @internal */
export const writer = (
  store: Store,
  opened: Opened,
  access: IOProc.Access,
  isCreated: boolean,
  start: Start
): IOProc.File => {
  const { identity, key, name, release, tally } = opened
  let isOpen = true
  let expected = start.expected
  const base = baseOf(store, opened)
  if (start.resource !== undefined && Option.isSome(expected)) base.is(expected.value, start.resource)
  const readBase: ReadBase = (position, target) =>
    Option.match(expected, {
      // Without an object there are no bytes of one.
      onNone: () => Effect.sync(() => target.fill(0)),
      onSome: (etag) => base.read(etag, position, target)
    })
  const spool = new Spool(name, store.settings.spool)
  const content = new Content({ spool, readBase, size: start.size, isChanged: isCreated })

  const end = Effect.suspend(() => {
    isOpen = false
    release()
    return spool.close
  })
  const cannotRead = (position: number, description: string) =>
    Effect.fail(new MmioError.CannotRead({ operation: "S3IOProc.read", file: name, position, description }))
  const cannotWrite = (position: number | undefined, description: string) =>
    Effect.fail(
      new MmioError.CannotWrite({ operation: "S3IOProc.write", file: name, position, description, written: 0 })
    )
  const tooLarge = (position: number) =>
    Effect.fail(
      new MmioError.CannotExpand({
        operation: "S3IOProc.write",
        file: name,
        position,
        description: `an object has at most ${largestObject} bytes`
      })
    )
  const commit: Effect.Effect<void, MmioError.CommitError> = Effect.suspend(() =>
    !isOpen
      ? cannotWrite(undefined, "the file is closed")
      : !content.isChanged
      ? Effect.void
      : Effect.uninterruptibleMask((restore) =>
        Effect.map(
          restore(commitContent(store, {
            key,
            content,
            expected,
            fields: start.fields,
            tally,
            origin: { operation: "S3IOProc.commit", file: name }
          })),
          (etag) => {
            expected = Option.some(etag)
            content.committed()
          }
        )
      )
  )
  return IOProc.makeFile({
    name,
    identity,
    version: Option.getOrUndefined(start.expected),
    capabilities: { cancellable: false, locks: "process" },
    size: Effect.suspend(() =>
      isOpen
        ? Effect.succeed(content.size)
        : Effect.fail(
          new MmioError.CannotSeek({ operation: "S3IOProc.size", file: name, description: "the file is closed" })
        )
    ),
    readAt: (position, target) =>
      Effect.suspend(() =>
        !isOpen
          ? cannotRead(position, "the file is closed")
          : access === "write"
          ? cannotRead(position, "the file is open for writing only")
          : isPosition(position)
          ? content.read(position, target)
          : cannotRead(position, "there is no such position")
      ),
    writeAt: (position, source) =>
      Effect.suspend((): Effect.Effect<number, MmioError.WriteError> =>
        !isOpen
          ? cannotWrite(position, "the file is closed")
          : !isPosition(position)
          ? cannotWrite(position, "there is no such position")
          : source.length === 0
          ? Effect.succeed(0)
          : position + source.length > largestObject
          ? tooLarge(position)
          : content.write(position, source)
      ),
    truncate: (size) =>
      Effect.suspend((): Effect.Effect<void, MmioError.WriteError> =>
        !isOpen
          ? cannotWrite(undefined, "the file is closed")
          : !isPosition(size)
          ? cannotWrite(undefined, "a file has no such size")
          : size > largestObject
          ? tooLarge(size)
          : Effect.sync(() => content.truncate(size))
      ),
    commit,
    close: Effect.uninterruptible(Effect.ensuring(commit, end)),
    abort: end,
    onMessage: costsOf(tally)
  })
}

/** What a file that was opened to be written, but could not be, leaves. @internal */
export const released = <A, E>(
  { release }: Pick<Opened, "release">,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E> => Effect.onExit(effect, (exit) => Exit.isSuccess(exit) ? Effect.void : Effect.sync(release))
