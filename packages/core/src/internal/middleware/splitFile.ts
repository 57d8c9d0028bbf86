/**
 * A file in parts: `song.wav` is `song.wav.0`, `song.wav.1`, … in the storage below, all of the same size but the last.
 *
 * - Every part before the end is full. A part past the end has no bytes, so that a handle that has it open finds it
 *   when the file grows again.
 * - A flush pushes down every part that was changed since the last one.
 * - Sharing modes hold by the first part, which is open as long as the file is.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { makeFile } from "../io/positionalFile.js"
import { named } from "./names.js"

/** @internal */
export const partName = (name: FileName.FileName, part: number) => FileName.plain(`${name.full}.${part}`)

/** Opens a file with parts of `partSize` bytes. @internal */
export const openParts = (
  inner: Api.IOProc,
  partSize: number,
  request: Api.OpenRequest
): Effect.Effect<Api.File, MmioError.OpenError> =>
  Effect.gen(function*() {
    if (Option.isSome(request.ifVersion)) {
      return yield* Effect.fail(
        new MmioError.CannotOpen({
          operation: "IOProc.split.open",
          file: request.name.full,
          description: "files in parts have no versions"
        })
      )
    }
    const emptied = request.create === "truncate" ? yield* openEmptied(inner, request) : undefined
    if (emptied !== undefined) return fileOf(emptied, partSize, request)
    const name = partName(request.name, 0)
    const parts = new Parts(inner, request, yield* inner.open({ ...request, name }))
    if (request.create !== "no") {
      // What is in the other parts is not part of the new file.
      yield* parts.resizeFrom(1, 0).pipe(
        Effect.mapError(toOpenError),
        Effect.onError(() => Effect.zipRight(parts.release((file) => file.abort), Effect.ignore(inner.remove(name))))
      )
    }
    return fileOf(parts, partSize, request)
  }).pipe(Effect.uninterruptible)

/**
 * Opens a file that exists, and empties its parts, the last one first: a failure leaves the front of the file, and no
 * bytes past its end. Gives nothing where there is no such file, or where its parts cannot be emptied in place.
 */
const openEmptied = (
  inner: Api.IOProc,
  request: Api.OpenRequest
): Effect.Effect<Parts | undefined, MmioError.OpenError> =>
  Effect.gen(function*() {
    const first = yield* Effect.catchTag(
      inner.open({ ...request, create: "no", name: partName(request.name, 0) }),
      "FileNotFound",
      () => Effect.succeed(undefined)
    )
    if (first === undefined) return undefined
    if (first.truncate === undefined) return yield* Effect.as(first.abort, undefined)
    const parts = new Parts(inner, request, first)
    return yield* parts.resizeFrom(0, 0).pipe(
      Effect.mapError(toOpenError),
      Effect.onError(() => parts.release((file) => file.abort)),
      Effect.as(parts)
    )
  })

const toOpenError = (error: MmioError.WriteError): MmioError.OpenError =>
  error._tag === "NetworkError" ? error : new MmioError.CannotOpen(detailsOf(error))

/** @internal */
export const detailsOf = ({ cause, description, errno, file, operation }: MmioError.MmioError): MmioError.Details => ({
  operation,
  file,
  description,
  errno,
  cause
})

/** The parts of one open file: the first one, and those that were needed. */
class Parts {
  private readonly inner: Api.IOProc
  private readonly request: Api.OpenRequest
  private readonly opened: Map<number, Api.File>
  private readonly changed = new Set<number>()
  isOpen = true

  constructor(inner: Api.IOProc, request: Api.OpenRequest, first: Api.File) {
    this.inner = inner
    this.request = request
    this.opened = new Map([[0, first]])
  }

  get first(): Api.File {
    return this.opened.get(0)!
  }

  /** A part that exists; undefined where it does not. */
  existing(part: number): Effect.Effect<Api.File | undefined, MmioError.OpenError> {
    return Effect.suspend(() => {
      const known = this.opened.get(part)
      // A file that is closed opens nothing: its first part refuses what it is asked.
      if (known !== undefined || !this.isOpen) return Effect.succeed(known ?? this.first)
      return Effect.catchTag(this.open(part, "no"), "FileNotFound", () => Effect.succeed(undefined))
    })
  }

  /** A part, which is created where it does not exist. */
  needed(part: number): Effect.Effect<Api.File, MmioError.OpenError> {
    return Effect.flatMap(this.existing(part), (file) =>
      file !== undefined
        ? Effect.succeed(file)
        // Another handle may be first.
        : Effect.catchTag(this.open(part, "new"), "CannotOpen", (error) =>
          error.errno === "EEXIST" ? this.open(part, "no") : Effect.fail(error)))
  }

  private open(part: number, create: Api.Create): Effect.Effect<Api.File, MmioError.OpenError> {
    const request = { ...this.request, name: partName(this.request.name, part), share: "denyNone", create } as const
    return Effect.uninterruptible(
      Effect.tap(this.inner.open(request), (file) => Effect.sync(() => this.opened.set(part, file)))
    )
  }

  /** Gives a size to a part that exists. */
  resize(part: number, file: Api.File, size: number): Effect.Effect<void, MmioError.WriteError> {
    this.changed.add(part)
    return file.truncate === undefined
      ? Effect.fail(
        new MmioError.CannotWrite({
          operation: "IOProc.split.truncate",
          file: partName(this.request.name, part).full,
          description: "the storage below cannot set a size",
          written: 0
        })
      )
      : file.truncate(size)
  }

  /**
   * Gives a size to every part from one on, as far as they exist: to the last one first, so that a failure leaves no
   * gap.
   */
  resizeFrom(part: number, size: number): Effect.Effect<void, MmioError.WriteError> {
    return Effect.flatMap(Effect.mapError(this.existing(part), toWriteError), (file) =>
      file === undefined
        ? Effect.void
        : Effect.zipRight(this.resizeFrom(part + 1, size), this.resize(part, file, size)))
  }

  write(
    part: number,
    file: Api.File,
    offset: number,
    source: Uint8Array
  ): Effect.Effect<number, MmioError.WriteError> {
    this.changed.add(part)
    return file.writeAt === undefined
      ? Effect.fail(
        new MmioError.CannotWrite({
          operation: "IOProc.split.write",
          file: partName(this.request.name, part).full,
          description: "the storage below only reads",
          written: 0
        })
      )
      : file.writeAt(offset, source, "write")
  }

  /** Pushes down every part that was changed. */
  get flush(): Effect.Effect<void, MmioError.WriteError> {
    return Effect.suspend(() =>
      Effect.forEach(
        [...this.changed],
        (part) =>
          Effect.map(
            this.opened.get(part)?.writeAt?.(0, new Uint8Array(0), "writeFlush") ?? Effect.void,
            () => this.changed.delete(part)
          ),
        { discard: true }
      )
    )
  }

  /** Releases all parts, also where one of them fails. */
  release<E>(how: (file: Api.File) => Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      this.isOpen = false
      const exits = Effect.forEach([...this.opened.values()], (file) => Effect.exit(how(file)))
      return Effect.flatMap(exits, (exits) => Effect.all(exits, { discard: true }))
    })
  }
}

const toWriteError = (error: MmioError.OpenError): MmioError.WriteError =>
  error._tag === "NetworkError" ? error : new MmioError.CannotWrite({ ...detailsOf(error), written: 0 })

const fileOf = (parts: Parts, partSize: number, { access, name }: Api.OpenRequest): Api.File => {
  /** How many parts were full when the size was last asked for: where the end is looked for first. */
  let full = 0
  const sizeOf = (part: number): Effect.Effect<number, MmioError.SeekError> =>
    Effect.flatMap(
      Effect.mapError(parts.existing(part), (error) =>
        error._tag === "NetworkError" ? error : new MmioError.CannotSeek(detailsOf(error))),
      (file) =>
        file?.size ?? Effect.succeed(0)
    )
  /** How many bytes there are. Every part before the end is full, and none after it has bytes. */
  const size: Effect.Effect<number, MmioError.SeekError> = Effect.suspend(() =>
    parts.isOpen
      ? Effect.gen(function*() {
        while (full > 0 && (yield* sizeOf(full - 1)) < partSize) full--
        for (;;) {
          const last = yield* sizeOf(full)
          if (last < partSize) return full * partSize + last
          full++
        }
      })
      : parts.first.size
  )

  /** Fills the parts from the end of the file to before `part`. */
  const fillTo = (part: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.flatMap(
      Effect.mapError(size, (error) =>
        error._tag === "NetworkError" ? error : new MmioError.CannotWrite({ ...detailsOf(error), written: 0 })),
      (size) =>
        Effect.forEach(
          Array.from({ length: Math.max(0, part - Math.floor(size / partSize)) }, (_, i) =>
            Math.floor(size / partSize) + i),
          (part) =>
            Effect.flatMap(Effect.mapError(parts.needed(part), toWriteError), (file) =>
              parts.resize(part, file, partSize)),
          { discard: true }
        )
    )

  const resizeTo = (size: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.gen(function*() {
      // The first part refuses what no file can do, and what a closed one cannot.
      if (!parts.isOpen || !(Number.isSafeInteger(size) && size >= 0)) {
        return yield* parts.resize(0, parts.first, size)
      }
      const last = Math.floor(size / partSize)
      yield* parts.resizeFrom(last + 1, 0)
      yield* fillTo(last)
      const file = yield* Effect.mapError(
        size % partSize === 0 ? parts.existing(last) : parts.needed(last),
        toWriteError
      )
      if (file !== undefined) yield* parts.resize(last, file, size % partSize)
    })

  return makeFile({
    name: name.full,
    size: named(name, size),
    capabilities: { locks: parts.first.capabilities.locks },
    ...Option.match(parts.first.identity, { onNone: () => ({}), onSome: (identity) => ({ identity }) }),
    // A transfer ends at the end of a part: it is short, and the handle goes on.
    readAt: (position, target) =>
      named(
        name,
        Effect.flatMap(
          Effect.mapError(parts.existing(Math.floor(position / partSize)), (error) =>
            error._tag === "NetworkError" || error._tag === "VersionChanged"
              ? error
              : new MmioError.CannotRead(detailsOf(error))),
          (file) =>
            file?.readAt(position % partSize, target.subarray(0, partSize - position % partSize)) ?? Effect.succeed(0)
        )
      ),
    writeAt: access === "read" ? undefined : (position, source) =>
      named(
        name,
        Effect.gen(function*() {
          const part = Math.floor(position / partSize)
          yield* fillTo(part)
          const file = yield* Effect.mapError(parts.needed(part), toWriteError)
          return yield* parts.write(part, file, position % partSize, source.subarray(0, partSize - position % partSize))
        })
      ),
    flush: named(name, parts.flush),
    truncate: access === "read" ? undefined : (size) => named(name, Effect.uninterruptible(resizeTo(size))),
    close: named(name, parts.release((file) => file.close)),
    abort: parts.release((file) => file.abort)
  })
}
