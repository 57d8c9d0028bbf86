/**
 * Files that replace a name as a whole: what a handle that creates writes goes to a temporary file in the same folder,
 * which takes the place of the name on commit.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import type { Permits } from "../io/permits.js"
import { writable, type WritableFile } from "../io/positionalFile.js"
import { split } from "./names.js"

const operation = "IOProc.commitOnClose"

/**
 * What tells a content from a later one of the same name, where the storage says; devices and pipes are not replaced.
 */
const stampOf = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<string> =>
  Effect.match(inner.stat(name), {
    onFailure: ({ _tag }) => _tag === "FileNotFound" ? "missing" : "unknown",
    onSuccess: ({ identity, kind, modified, size, version }) =>
      kind === "other" ? "other" : [
        Option.getOrElse(version, () => ""),
        Option.getOrElse(identity, () => ""),
        Option.getOrElse(size, () => -1),
        Option.match(modified, { onNone: () => 0, onSome: (date) => date.getTime() })
      ].join(" ")
  })

/**
 * How many characters of a name its temporary name begins with: the whole may be no longer than a file system allows.
 */
const prefixLength = 32

/** A failure of renaming, as one of committing. */
const asCommitError = (
  error: MmioError.RenameError | MmioError.TempNameError | MmioError.OpenError
): MmioError.CommitError =>
  error._tag === "CannotWrite" || error._tag === "NetworkError" || error._tag === "VersionChanged"
    ? error
    : new MmioError.CannotWrite({
      operation,
      file: error.file,
      description: error.description,
      written: 0,
      cause: error
    })

/** How much of a content is copied at once. */
const copiedAtOnce = 64 * 1024

class ReplacingFile implements Api.File {
  readonly capabilities: Api.FileCapabilities
  readonly start = 0
  readonly version = Option.none()
  readonly identity = Option.none()
  readonly truncate: Api.File["truncate"]
  private readonly inner: Api.IOProc
  private readonly request: Api.OpenRequest
  /** The temporary file; once it is committed, the content of the name. */
  private file: WritableFile
  private temporary: FileName.FileName
  /** Whether the file has been committed, and not written to since. */
  private committed = false
  /** What the name was when it was opened, or last committed. */
  private stamp: string
  private readonly commits: Permits

  constructor(
    inner: Api.IOProc,
    request: Api.OpenRequest,
    opened: Temporary,
    stamp: string,
    commits: Permits
  ) {
    this.inner = inner
    this.request = request
    this.file = opened.file
    this.temporary = opened.temporary
    this.stamp = stamp
    this.commits = commits
    this.capabilities = { ...opened.file.capabilities, commit: "onClose" }
    const { truncate } = opened.file
    this.truncate = truncate && ((size) => this.writing(Effect.suspend(() => this.file.truncate!(size))))
  }

  get size(): Effect.Effect<number, MmioError.SeekError> {
    return Effect.suspend(() => this.file.size)
  }

  get invalidate(): Effect.Effect<void> {
    return Effect.suspend(() => this.file.invalidate ?? Effect.void)
  }

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return this.file.readAt(position, target)
  }

  writeAt(position: number, source: Uint8Array, mode: Api.WriteMode): Effect.Effect<number, MmioError.WriteError> {
    return this.committed && source.length === 0
      ? Effect.succeed(0)
      : this.writing(Effect.suspend(() => this.file.writeAt(position, source, mode)))
  }

  /** Writes to the temporary file; after a commit, to a new one with the same content. */
  private writing<A>(write: Effect.Effect<A, MmioError.WriteError>): Effect.Effect<A, MmioError.WriteError> {
    return Effect.suspend(() => this.committed ? Effect.zipRight(this.continued, write) : write)
  }

  private get continued(): Effect.Effect<void, MmioError.WriteError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.mapError(openTemporary(this.inner, this.request), (error) => {
          const failure = asCommitError(error)
          return failure._tag === "VersionChanged" ? asCannotWrite(failure) : failure
        }),
        (next) =>
          Effect.matchCauseEffect(restore(copy(this.file, next.file)), {
            onFailure: (cause) => Effect.zipRight(discard(this.inner, next), Effect.failCause(cause)),
            onSuccess: () =>
              Effect.zipRight(
                Effect.ignore(this.file.close),
                Effect.sync(() => {
                  this.file = next.file
                  this.temporary = next.temporary
                  this.committed = false
                })
              )
          })
      )
    )
  }

  get commit(): Effect.Effect<void, MmioError.CommitError> {
    return Effect.uninterruptible(Effect.suspend(() => {
      if (this.committed) return Effect.void
      const { inner, request: { name } } = this
      const changed = new MmioError.VersionChanged({
        operation,
        file: name.full,
        description: "the file was changed since it was opened"
      })
      const replace = stampOf(inner, name).pipe(
        Effect.filterOrFail((now) => now === this.stamp, () => changed),
        Effect.zipRight(Effect.mapError(inner.rename(this.temporary, name), asCommitError)),
        Effect.zipRight(stampOf(inner, name)),
        Effect.map((now) => {
          this.stamp = now
          this.committed = true
        })
      )
      return Effect.zipRight(
        this.file.writeAt(0, new Uint8Array(0), "writeFlush"),
        // Of two that were opened over the same content, one sees what the other has committed.
        this.commits.with(replace)
      )
    }))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return Effect.uninterruptible(
      Effect.matchCauseEffect(Effect.suspend(() => this.commit), {
        onFailure: (cause) => Effect.zipRight(this.abort, Effect.failCause(cause)),
        onSuccess: () => this.file.close
      })
    )
  }

  get abort(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.committed
        ? Effect.ignore(this.file.close)
        : discard(this.inner, { file: this.file, temporary: this.temporary })
    )
  }

  onMessage<A, E>(request: Request.Request<A, E>): Option.Option<Effect.Effect<A, E>> {
    return this.file.onMessage(request)
  }
}

const asCannotWrite = (error: MmioError.VersionChanged): MmioError.CannotWrite =>
  new MmioError.CannotWrite({ operation, file: error.file, description: error.description, written: 0, cause: error })

/** Copies a content, whatever its size, in constant memory. @internal */
export const copy = (from: Api.File, to: WritableFile): Effect.Effect<void, MmioError.WriteError> => {
  const bytes = new Uint8Array(copiedAtOnce)
  const writeAll = (position: number, source: Uint8Array): Effect.Effect<void, MmioError.WriteError> =>
    source.length === 0 ? Effect.void : Effect.flatMap(to.writeAt(position, source, "write"), (count) =>
      count > 0
        ? writeAll(position + count, source.subarray(count))
        : Effect.fail(
          new MmioError.CannotWrite({ operation, file: "the copy", description: "nothing was written", written: 0 })
        ))
  const copyOn = (position: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.flatMap(
      Effect.mapError(from.readAt(position, bytes), (error) =>
        new MmioError.CannotWrite({
          operation,
          file: error.file,
          position,
          description: `the committed content could not be read: ${error.description}`,
          written: 0,
          cause: error
        })),
      (count) =>
        count === 0
          ? Effect.void
          : Effect.zipRight(
            writeAll(position, bytes.subarray(0, count)),
            Effect.suspend(() => copyOn(position + count))
          )
    )
  return copyOn(0)
}

interface Temporary {
  readonly file: WritableFile
  readonly temporary: FileName.FileName
}

const discard = (
  inner: Api.IOProc,
  { file, temporary }: { readonly file: Api.File; readonly temporary: FileName.FileName }
): Effect.Effect<void> => Effect.zipRight(file.abort, Effect.ignore(inner.remove(temporary)))

const openTemporary = (
  inner: Api.IOProc,
  request: Api.OpenRequest
): Effect.Effect<Temporary, MmioError.OpenError | MmioError.TempNameError> => {
  const { folder, last } = split(request.name.full)
  return Effect.flatMap(
    inner.tempName({ folder, prefix: `.${last.slice(0, prefixLength)}.`, suffix: ".tmp", like: request.name }),
    (temporary) =>
      Effect.matchCauseEffect(
        inner.open({
          ...request,
          name: temporary,
          access: "readWrite",
          create: "no",
          share: "exclusive",
          ifVersion: Option.none()
        }),
        {
          onFailure: (cause) => Effect.zipRight(Effect.ignore(inner.remove(temporary)), Effect.failCause(cause)),
          onSuccess: (opened) =>
            writable(operation, request.name.full, opened).pipe(
              Effect.map((file) => ({ file, temporary })),
              Effect.tapError(() => discard(inner, { file: opened, temporary }))
            )
        }
      )
  )
}

/** Opens a file that replaces what a name leads to when it is committed. @internal */
export const openReplacing = (
  inner: Api.IOProc,
  asked: Api.OpenRequest,
  name: FileName.FileName,
  /** One for each storage: commits are made one after another. */
  commits: Permits
): Effect.Effect<Api.File, MmioError.OpenError> =>
  Effect.uninterruptible(Effect.flatMap(stampOf(inner, name), (stamp) => {
    const request = { ...asked, name }
    const isNew = request.create === "new"
    const exists = Effect.fail(
      new MmioError.CannotOpen({ operation, file: asked.name.full, description: "the name exists", errno: "EEXIST" })
    )
    // A link has the name, too, wherever it leads.
    if (isNew && ((stamp !== "missing" && stamp !== "unknown") || name.full !== asked.name.full)) return exists
    if (stamp === "other") return inner.open(request)
    // A storage that commits on close does by itself what this is for: it opens the file as it was asked for.
    const openCommitting = inner.open(asked)
    return Effect.flatMap(
      admitted(inner, request, stamp),
      (committing) =>
        isNew && stamp !== "missing" ? exists : committing ? openCommitting : Effect.flatMap(
          Effect.mapError(openTemporary(inner, request), (error) =>
            error._tag === "CannotWrite"
              ? new MmioError.CannotOpen({
                operation,
                file: request.name.full,
                description: error.description,
                cause: error
              })
              : error),
          (opened): Effect.Effect<Api.File, MmioError.OpenError> =>
            isCommitting(opened.file)
              ? Effect.zipRight(discard(inner, opened), openCommitting)
              : Effect.succeed(new ReplacingFile(inner, request, opened, stamp, commits))
        )
    )
  }))

const isCommitting = (file: Api.File): boolean => file.capabilities.commit === "onClose"

/**
 * Has the storage check what it checks as it opens the file that is to be replaced: rights, sharing, its version,
 * whether it is a folder. Returns whether that file commits on close by itself; where there is none, the temporary file
 * says so.
 */
const admitted = (
  inner: Api.IOProc,
  request: Api.OpenRequest,
  stamp: string
): Effect.Effect<boolean, MmioError.OpenError> =>
  stamp === "missing"
    ? Effect.succeed(false)
    // Aborted: closing it would commit the same content as a new version.
    : Effect.flatMap(inner.open({ ...request, create: "no" }), (file) => Effect.as(file.abort, isCommitting(file)))
