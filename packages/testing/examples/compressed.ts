/**
 * A driver that a program writes for itself: files that are compressed in blocks, around any storage.
 *
 * It is what the guide "Write a driver" leads to, and commits on close: a file that is written is written anew beside
 * the old one, with the blocks that did not change as they are, and takes its place in one step. A stored file is its
 * index, then its blocks; one without bytes has no content.
 */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { details, mostBlocks, readIndex, readPacked, type Stored, writeStored } from "./compressed/stored.js"

/** What an open file is made of. */
interface Opened {
  readonly storage: IOProc.IOProc
  readonly blockSize: number
  readonly request: IOProc.OpenRequest
  /** What the name has; nothing where the file is new, or was truncated as it was opened. */
  readonly stored: Option.Option<Stored>
  /** What a commit replaces: the version of the file, or that there is none. */
  readonly replaced: Option.Option<string>
  /** Runs an effect while no other file of the storage commits. */
  readonly alone: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  readonly released: Effect.Effect<void>
}

/** The version of what a name has, and nothing where it has nothing. */
const versionOf = (
  storage: IOProc.IOProc,
  request: IOProc.OpenRequest
): Effect.Effect<Option.Option<string>, MmioError.StatError> =>
  Effect.catchTag(
    Effect.map(storage.stat(request.name), ({ version }) => version),
    "FileNotFound",
    () => Effect.succeedNone
  )

const fileOf = ({ alone, blockSize, released, replaced, request, storage, stored: opened }: Opened): IOProc.File => {
  const { access, create, name: { full: name } } = request
  let stored = opened
  let expected = replaced
  let size = Option.match(opened, { onNone: () => 0, onSome: ({ size }) => size })
  /** How much of the stored content is still part of this one. */
  let kept = size
  /** The blocks that were written to since the last commit. */
  const changed = new Map<number, Uint8Array>()
  let isChanged = create !== "no"
  let isOpen = true
  /** The block that was read last, and is not changed. */
  let last: { readonly index: number; readonly bytes: Uint8Array } | undefined

  /** A block of the content, with zeros where nothing is stored. */
  const block = (index: number): Effect.Effect<Uint8Array, MmioError.ReadError> =>
    Effect.gen(function*() {
      const known = changed.get(index) ?? (last?.index === index ? last.bytes : undefined)
      if (known !== undefined) return known
      const bytes = new Uint8Array(blockSize)
      const from = index * blockSize
      if (Option.isSome(stored) && from < kept) {
        const packed = yield* readPacked(stored.value, index, name)
        const unpacked = yield* Effect.try({
          try: () => inflateRawSync(packed, { maxOutputLength: blockSize }),
          catch: (cause) => new MmioError.CannotRead({ ...details("read", name, "a block is damaged"), cause })
        })
        if (unpacked.length !== Math.min(blockSize, stored.value.size - from)) {
          return yield* Effect.fail(new MmioError.CannotRead(details("read", name, "a block has another length")))
        }
        bytes.set(unpacked.subarray(0, kept - from))
      }
      last = { index, bytes }
      return bytes
    })

  const refused = (operation: string, position: number, why: string) =>
    new MmioError.CannotWrite({ ...details(operation, name, why), position, written: 0 })

  const closed = "the file is closed"

  const readAt: IOProc.File["readAt"] = (position, target) =>
    Effect.gen(function*() {
      if (!isOpen || access === "write") {
        return yield* Effect.fail(
          new MmioError.CannotRead(details("read", name, isOpen ? "the file is open for writing only" : closed))
        )
      }
      if (position >= size) return 0
      const offset = position % blockSize
      const bytes = yield* block(Math.floor(position / blockSize))
      const some = bytes.subarray(offset, Math.min(offset + target.length, blockSize, offset + size - position))
      target.set(some)
      return some.length
    })

  const writeAt = (position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
    Effect.uninterruptible(Effect.gen(function*() {
      if (!isOpen) return yield* Effect.fail(refused("write", position, closed))
      if (source.length === 0) return 0
      const index = Math.floor(position / blockSize)
      if (index >= mostBlocks) {
        return yield* Effect.fail(
          new MmioError.CannotExpand({ ...details("write", name, "the file would have too many blocks"), position })
        )
      }
      const offset = position % blockSize
      const some = source.subarray(0, blockSize - offset)
      const old = yield* Effect.mapError(
        block(index),
        (error) =>
          error._tag === "NetworkError"
            ? error
            : new MmioError.CannotWrite({ ...refused("write", position, error.description), cause: error })
      )
      const young = old.slice()
      young.set(some, offset)
      changed.set(index, young)
      last = undefined
      size = Math.max(size, position + some.length)
      isChanged = true
      return some.length
    }))

  const truncate = (to: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.suspend((): Effect.Effect<void, MmioError.WriteError> => {
      if (!isOpen) return Effect.fail(refused("truncate", to, closed))
      if (!Number.isSafeInteger(to) || to < 0) return Effect.fail(refused("truncate", to, "a file has no such size"))
      if (to > mostBlocks * blockSize) {
        return Effect.fail(
          new MmioError.CannotExpand({
            ...details("truncate", name, "the file would have too many blocks"),
            position: to
          })
        )
      }
      for (const [index, bytes] of changed) {
        if (index * blockSize >= to) changed.delete(index)
        else if (to < (index + 1) * blockSize) bytes.fill(0, to - index * blockSize)
      }
      last = undefined
      kept = Math.min(kept, to)
      size = to
      isChanged = true
      return Effect.void
    })

  /** A block as it is to be stored: as it is, where it did not change. */
  const packedBlock = (index: number, from: number, end: number) =>
    Effect.gen(function*() {
      const old = Option.getOrUndefined(stored)
      return old !== undefined && !changed.has(index) && end <= kept && end === Math.min(from + blockSize, old.size)
        ? yield* readPacked(old, index, name)
        : deflateRawSync((yield* block(index)).subarray(0, end - from))
    })

  /** Writes all of the file under another name, which then takes the place of the old one. */
  const commit: Effect.Effect<void, MmioError.CommitError> = Effect.gen(function*() {
    if (!isOpen) return yield* Effect.fail(refused("commit", 0, closed))
    if (!isChanged) return
    const own = { ...request, create: "no", share: "denyNone", ifVersion: Option.none() } as const
    const folder = name.slice(0, name.lastIndexOf("/") + 1) || "."
    const temporary = yield* storage.tempName({ folder, like: request.name })
    yield* Effect.gen(function*() {
      const to = yield* storage.open({ ...own, name: temporary, access: "readWrite" })
      yield* Effect.onError(writeStored(to, size, blockSize, packedBlock), () => to.abort)
      yield* to.close
      yield* alone(Effect.gen(function*() {
        const now = yield* versionOf(storage, request)
        if (Option.getOrUndefined(now) !== Option.getOrUndefined(expected)) {
          return yield* Effect.fail(
            new MmioError.VersionChanged(details("commit", name, "the file was changed since it was opened"))
          )
        }
        yield* storage.rename(temporary, request.name)
      }))
    }).pipe(Effect.onError(() => Effect.ignore(storage.remove(temporary))))
    // From here on the file goes on with what it has committed. A flush makes the new name safe.
    const file = yield* storage.open({ ...own, access: "readWrite" })
    const young = yield* Effect.onError(
      Effect.zipRight(file.writeAt!(0, new Uint8Array(0), "writeFlush"), readIndex(file, name, blockSize)),
      () => file.abort
    )
    if (Option.isSome(stored)) yield* Effect.ignore(stored.value.file.close)
    stored = Option.some(young)
    expected = file.version
    kept = size
    changed.clear()
    isChanged = false
  }).pipe(Effect.mapError(asCommitError), Effect.uninterruptible)

  const release = Effect.suspend(() => {
    isOpen = false
    return Effect.zipRight(
      Option.match(stored, { onNone: () => Effect.void, onSome: ({ file }) => Effect.ignore(file.close) }),
      released
    )
  })

  return IOProc.makeFile({
    name,
    // Reads do not change what other reads need.
    capabilities: { concurrent: access === "read" },
    size: Effect.suspend(() =>
      isOpen ? Effect.succeed(size) : Effect.fail(new MmioError.CannotSeek(details("size", name, closed)))
    ),
    readAt,
    writeAt: access === "read" ? undefined : writeAt,
    truncate: access === "read" ? undefined : truncate,
    ...(access === "read" ? {} : { commit }),
    close: access === "read" ? release : Effect.ensuring(commit, release),
    abort: release,
    ...Option.match(expected, { onNone: () => ({}), onSome: (version) => ({ version }) })
  })
}

/** A failure on the way to a commit. */
const asCommitError = (error: MmioError.MmioError): MmioError.CommitError =>
  error._tag === "CannotWrite" || error._tag === "CannotExpand" || error._tag === "NetworkError" ||
    error._tag === "VersionChanged"
    ? error
    : new MmioError.CannotWrite({ ...details("commit", error.file, error.description), written: 0, cause: error })

/** A failure on the way to an open file. */
const asOpenError = (
  error: MmioError.OpenError | MmioError.ReadError | MmioError.SeekError | MmioError.StatError
): MmioError.OpenError =>
  error._tag === "CannotRead" || error._tag === "CannotSeek"
    ? new MmioError.CannotOpen({ ...details("open", error.file, error.description), cause: error })
    : error

/** A failure on the way to the facts about a file. */
const asStatError = (error: MmioError.MmioError): MmioError.StatError =>
  error._tag === "FileNotFound" || error._tag === "PathNotFound" || error._tag === "AccessDenied"
    || error._tag === "NetworkError" || error._tag === "CannotRead"
    ? error
    : new MmioError.CannotRead({ ...details("stat", error.file, error.description), cause: error })

/** A driver whose files are compressed in blocks of `blockSize` bytes, in the storage that it goes around. */
export const compressed = (blockSize: number) => (storage: IOProc.IOProc): IOProc.IOProc => {
  const commits = Effect.unsafeMakeSemaphore(1)
  /** The names that an open file gives to a new file with its first commit. */
  const creating = new Set<string>()

  const openStored = (
    request: IOProc.OpenRequest
  ): Effect.Effect<Stored, MmioError.OpenError> =>
    Effect.flatMap(
      storage.open({ ...request, access: "read", create: "no", share: "denyNone" }),
      (file) => Effect.onError(readIndex(file, request.name.full, blockSize), () => file.abort)
    ).pipe(
      Effect.mapError(asOpenError)
    )

  const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
    Effect.gen(function*() {
      const { create, name } = request
      // Also a file that is to be truncated is opened: the storage says whether that can be done.
      const found = yield* Effect.map(openStored(request), Option.some).pipe(
        Effect.catchTag("FileNotFound", (error) => create === "no" ? Effect.fail(error) : Effect.succeedNone)
      )
      const { full } = yield* Effect.orElseSucceed(storage.fullName(name), () => name)
      if (create === "new" && (Option.isSome(found) || creating.has(full))) {
        yield* Option.match(found, { onNone: () => Effect.void, onSome: ({ file }) => file.abort })
        return yield* Effect.fail(
          new MmioError.CannotOpen({ ...details("open", name.full, "the name exists"), errno: "EEXIST" })
        )
      }
      if (Option.isNone(found)) creating.add(full)
      if (create !== "no" && Option.isSome(found)) yield* found.value.file.abort
      return fileOf({
        storage,
        blockSize,
        request,
        stored: create === "no" ? found : Option.none(),
        replaced: Option.flatMap(found, ({ file }) => file.version),
        alone: commits.withPermits(1),
        released: Effect.sync(() => {
          if (Option.isNone(found)) creating.delete(full)
        })
      })
    }).pipe(Effect.uninterruptible)

  return IOProc.make({
    open,
    rename: (from, to) => storage.rename(from, to),
    remove: (name) => storage.remove(name),
    exists: (name) => storage.exists(name),
    fullName: (name) => storage.fullName(name),
    realName: (name) => storage.realName(name),
    tempName: (request) => storage.tempName(request),
    list: (folder) => storage.list(folder),
    makeFolder: (name) => storage.makeFolder(name),
    removeFolder: (name) => storage.removeFolder(name),
    // How long the content is, is in the file.
    stat: (name) =>
      Effect.flatMap(storage.stat(name), (stat) =>
        stat.kind !== "file" ? Effect.succeed(stat) : Effect.map(
          Effect.mapError(
            Effect.acquireUseRelease(
              openStored({ ...whole, name }),
              Effect.succeed,
              ({ file }) => Effect.ignore(file.close)
            ),
            asStatError
          ),
          ({ size }) => ({ ...stat, size: Option.some(size) })
        )),
    capabilities: storage.capabilities
  })
}

/** What a file is opened with to look at its index. */
const whole = {
  access: "read",
  create: "no",
  share: "denyNone",
  code: Option.none(),
  parameters: undefined,
  ifVersion: Option.none(),
  buffered: true
} as const
