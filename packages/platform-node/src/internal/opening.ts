/**
 * Opening: a descriptor out of a name, and a file out of a descriptor.
 */
import * as Errno from "@effect-mmio/core/Errno"
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Sharing from "@effect-mmio/core/Sharing"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as NFS from "node:fs"
import type * as Api from "../NodeIOProc.js"
import { makePooled } from "./byteStream.js"
import { makeFifo } from "./fifo.js"
import type { Granted, Locks } from "./locks.js"
import { identityOf, lacksFolder } from "./names.js"
import type { Platform } from "./platform.js"
import { type FileOptions, isPosition, makePositional, type OpenDescriptor } from "./positionalFile.js"
import { makeSequential } from "./sequentialFile.js"
import { background, blocking, type PathCalls, pathCalls, type System, systemError } from "./system.js"

/**
 * What the open handles of this process allow each other: one table for all storages, and for all copies of this
 * package.
 */
const sharing = globalValue(Symbol.for("@effect-mmio/platform-node/NodeIOProc/sharing"), Sharing.makeTable)

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = NFS.constants

/** A file over a descriptor; a folder is none. */
const fileOf = (
  descriptor: OpenDescriptor,
  stats: NFS.BigIntStats,
  options: FileOptions,
  forwardOnly = false
): IOProc.File =>
  !forwardOnly && (stats.isFile() || stats.isBlockDevice())
    ? makePositional(descriptor, stats.isBlockDevice(), options)
    : makeSequential(
      descriptor,
      // Another program may have made a descriptor block that is not our own.
      stats.isFIFO() && descriptor.isOwned && options.system.platform.flags.nonBlocking !== 0
        ? makeFifo(descriptor.fd, { readable: descriptor.access !== "write", writable: descriptor.access !== "read" })
        : makePooled(descriptor)
    )

/** How a file is opened, and whether its descriptor can write. */
interface Mode {
  readonly flags: number
  readonly isWritable: boolean
}

const modeOf = (
  { flags: { noControllingTerminal } }: Platform,
  { access, create }: IOProc.OpenRequest,
  asWritable: boolean
): Mode => {
  // To truncate takes a descriptor that can write, also where nothing is written later.
  const isWritable = access !== "read" || create === "truncate" || asWritable
  const how = access === "write" ? O_WRONLY : isWritable ? O_RDWR : O_RDONLY
  // A terminal that is opened as a file must not become the one that controls the process.
  const flags = how | noControllingTerminal | (create === "no" ? 0 : create === "new" ? O_CREAT | O_EXCL : O_CREAT)
  return { flags, isWritable }
}

/** A descriptor that was opened. */
interface Opened {
  readonly fd: number
  readonly isWritable: boolean
}

/** What is the same for all opens of a storage. */
interface OpenOptions {
  readonly mode: number
  readonly locks: Locks
  /** Whether a file of this name is to take the place of another. */
  readonly isReplacement: (name: FileName.FileName) => boolean
}

/** The longest pause between two tries to open a FIFO whose other end is missing, in milliseconds. */
const longestPause = 20

/**
 * Opens a path without waiting in the system, which would take a thread of the pool: a FIFO to be written that has no
 * reader is tried again. A FIFO to be read is open at once, and its first read waits for the writer.
 */
const openPatiently = (
  os: PathCalls,
  path: string,
  { flags, mode }: { readonly flags: number; readonly mode: number },
  pause: System["pause"]
): Effect.Effect<number, unknown> => {
  const { nonBlocking } = os.platform.flags
  const attempt = (milliseconds: number): Effect.Effect<number, unknown> =>
    Effect.catchAll(os.open(path, flags | nonBlocking, mode), (cause) => {
      const name = Errno.nameOf(cause)
      // Another program has a lease on the file, and the system takes it away from it now.
      if (name === "EAGAIN" && nonBlocking !== 0) return os.open(path, flags, mode)
      if (name !== "ENXIO") return Effect.fail(cause)
      return Effect.flatMap(
        Effect.match(os.stat(path), { onFailure: () => false, onSuccess: (stats) => stats.isFIFO() }),
        (isFifo) =>
          isFifo
            ? Effect.zipRight(pause(milliseconds), attempt(Math.min(2 * milliseconds, longestPause)))
            : Effect.fail(cause)
      )
    })
  return attempt(1)
}

/**
 * Opens a name. A reader that is not compat gets a descriptor that can write if it may have one: no other sees the
 * locks of all other readers. Only a regular file is opened so: to a FIFO or a device it would make a difference.
 */
const descriptorOf = (
  os: PathCalls,
  request: IOProc.OpenRequest,
  { locks, mode }: OpenOptions,
  pause: System["pause"]
): Effect.Effect<Opened, unknown> => {
  const { access, create, name: { full: path }, share } = request
  const openAs = (asWritable: boolean): Effect.Effect<Opened, unknown> => {
    const { flags, isWritable } = modeOf(os.platform, request, asWritable)
    return Effect.map(openPatiently(os, path, { flags, mode }, pause), (fd) => ({ fd, isWritable }))
  }
  const wantsWritable = access === "read" && share !== "compat" && locks.wantsWritable()
  if (create === "new" || !wantsWritable) return openAs(wantsWritable)
  return Effect.flatMap(
    Effect.match(os.stat(path), { onFailure: () => false, onSuccess: (stats) => stats.isFile() }),
    (isFile) => isFile ? Effect.catchAll(openAs(true), () => openAs(false)) : openAs(false)
  )
}

/** `compat` allows it, as `mmioOpen` does; it is a file that is copied onto itself more often than not. */
const warnOfReader = (path: string): Effect.Effect<void> =>
  Effect.logWarning(
    `${path} is cut to no bytes while a handle of this process has it open for reading; share: "denyWrite" of the reader forbids that`
  )

const onlyInProcess: Granted = { locks: "process", unlock: undefined }

/** @internal */
export const open = (
  fileOptions: FileOptions,
  os: PathCalls,
  request: IOProc.OpenRequest,
  options: OpenOptions
): Effect.Effect<IOProc.File, MmioError.OpenError> => {
  const { access, create, name: { full: path } } = request
  const { system } = fileOptions
  const operation = "NodeIOProc.open"
  const failed = (cause: unknown, folderMissing: boolean) =>
    Errno.openError({ operation, file: path, cause }, folderMissing)
  const violation = (description: string) => new MmioError.SharingViolation({ operation, file: path, description })

  /**
   * Makes a file of a descriptor, or fails; the caller then closes the descriptor, and calls what was passed to
   * `claimed`.
   */
  const admit = (
    { fd, isWritable }: Opened,
    stats: NFS.BigIntStats,
    claimed: (release: () => void) => void,
    pause: System["pause"]
  ): Effect.Effect<IOProc.File, MmioError.OpenError> => {
    if (stats.isDirectory()) return Effect.fail(failed(systemError("EISDIR", "open"), false))
    const identity = identityOf(stats)
    const isRead = sharing.claims(identity).some((other) => other.access !== "write")
    const claim = sharing.claim(identity, request)
    if ("conflict" in claim) {
      return Effect.fail(
        violation(`another handle of this process has it open for ${claim.conflict.access} as ${claim.conflict.share}`)
      )
    }
    claimed(claim.release)
    // Locks on a FIFO or a device succeed, and bind no other process.
    const granted = stats.isFile()
      ? options.locks.acquire(fd, isWritable, request, path, pause)
      : Effect.succeed(onlyInProcess)
    return Effect.matchEffect(granted, {
      onFailure: ({ conflict }) => Effect.fail(violation(conflict)),
      onSuccess: ({ locks, unlock }) => {
        const file = fileOf(
          {
            fd,
            isOwned: true,
            name: path,
            identity,
            access,
            start: 0,
            isReplacement: options.isReplacement(request.name),
            locks,
            unlock,
            release: claim.release
          },
          stats,
          fileOptions
        )
        // Only now, when no other handle forbids it. An empty file is left alone: those of /proc cannot be truncated.
        if (create !== "truncate" || !stats.isFile() || stats.size === 0n) return Effect.succeed(file)
        return Effect.zipRight(
          isRead && request.share === "compat" ? warnOfReader(path) : Effect.void,
          Effect.mapBoth(os.truncate(fd), { onFailure: (cause) => failed(cause, false), onSuccess: () => file })
        )
      }
    })
  }

  if (Option.isSome(request.ifVersion)) {
    return Effect.fail(
      new MmioError.CannotOpen({ operation, file: path, description: "the files of this storage have no versions" })
    )
  }
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.catchAll(
        // Another fiber of this thread may have to open the other end of a FIFO, whatever the calls of the storage do.
        // The wait may be endless, and nothing is open yet: it can be interrupted where opening a handle cannot.
        descriptorOf(os, request, options, (milliseconds) => Effect.interruptible(background.pause(milliseconds))),
        (cause) =>
          Effect.flatMap(
            // A file to be created can lack nothing but its folder.
            create !== "no" ? Effect.succeed(path !== "") : lacksFolder(os, path, cause),
            (folderMissing) => Effect.fail(failed(cause, folderMissing))
          )
      ),
      (opened) => {
        let release = () => {}
        return Effect.onError(
          Effect.flatMap(
            Effect.mapError(os.fstat(opened.fd), (cause) => failed(cause, false)),
            (stats) =>
              admit(
                opened,
                stats,
                (f) => {
                  release = f
                },
                (milliseconds) => restore(system.pause(milliseconds))
              )
          ),
          // The failure that counts is the first. The claim lasts as long as the locks, which closing releases.
          () => Effect.zipRight(Effect.ignore(os.close(opened.fd)), Effect.sync(() => release()))
        )
      }
    )
  )
}

/** @internal */
export const fromFd = (
  from: number | NFS.promises.FileHandle,
  options: Api.FromFdOptions = {}
): Effect.Effect<IOProc.File, MmioError.CannotOpen | MmioError.InvalidParameter> =>
  Effect.suspend((): Effect.Effect<IOProc.File, MmioError.CannotOpen | MmioError.InvalidParameter> => {
    const { access = "read", blocking: blocks = false, forwardOnly = false, position = 0, sync = false } = options
    const operation = "NodeIOProc.fromFd"
    /** A `FileHandle` says so once it is closed: the number may then be that of another file. */
    const descriptor = {
      get fd() {
        return typeof from === "number" ? from : from.fd
      }
    }
    const name = options.name ?? `descriptor ${descriptor.fd}`
    const cannotOpen = (cause: Error) => {
      const { description } = Errno.openError({ operation, file: name, cause }, false)
      return new MmioError.CannotOpen({ operation, file: name, description, cause })
    }
    if (!isPosition(position)) {
      return Effect.fail(
        new MmioError.InvalidParameter({ operation, file: name, position, description: "a file has no such position" })
      )
    }
    const system = blocks ? blocking : background
    return Effect.flatMap(
      Effect.mapError(
        pathCalls(system).fstat(descriptor.fd),
        (cause) => cannotOpen(cause instanceof Error ? cause : new Error(String(cause)))
      ),
      (stats) =>
        stats.isDirectory() ? Effect.fail(cannotOpen(systemError("EISDIR", "fstat"))) : Effect.succeed(
          fileOf(
            {
              get fd() {
                return descriptor.fd
              },
              isOwned: false,
              name,
              identity: identityOf(stats),
              access,
              start: position,
              isReplacement: false,
              locks: "none",
              unlock: undefined,
              release: () => {}
            },
            stats,
            { system, sync },
            forwardOnly
          )
        )
    )
  })
