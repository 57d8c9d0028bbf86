import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Sharing from "@effect-mmio/core/Sharing"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Crypto from "node:crypto"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Path from "node:path"
import type * as Api from "../NodeIOProc.js"
import { type FileOptions, makePositional } from "./positionalFile.js"
import { makeSequential } from "./sequentialFile.js"
import { background, blocking, type System, systemError } from "./system.js"

/** What the open handles of this process allow each other: one table for all storages, and for all copies of this package. */
const sharing = globalValue(Symbol.for("@effect-mmio/platform-node/NodeIOProc/sharing"), Sharing.makeTable)

const asIs = (cause: unknown): unknown => cause

/** The calls of a system that take a path, or a descriptor that is not a file yet; they fail with what the system gives. */
const calls = (system: System) => ({
  open: (path: string, flags: number, mode: number) =>
    system.call<number, number, unknown>((done) => system.open(path, flags, mode, done), (fd) => fd, asIs),
  close: (fd: number) => system.call<void, void, unknown>((done) => system.close(fd, done), () => {}, asIs),
  fstat: (fd: number) =>
    system.call<NFS.BigIntStats, NFS.BigIntStats, unknown>(
      (done) => system.fstat(fd, { bigint: true }, done),
      (stats) => stats,
      asIs
    ),
  truncate: (fd: number) => system.call<void, void, unknown>((done) => system.ftruncate(fd, 0, done), () => {}, asIs),
  stat: (path: string) =>
    system.call<NFS.Stats, NFS.Stats, unknown>((done) => system.stat(path, done), (stats) => stats, asIs),
  lstat: (path: string) =>
    system.call<NFS.Stats, NFS.Stats, unknown>((done) => system.lstat(path, done), (stats) => stats, asIs),
  rename: (from: string, to: string) =>
    system.call<void, void, unknown>((done) => system.rename(from, to, done), () => {}, asIs),
  unlink: (path: string) => system.call<void, void, unknown>((done) => system.unlink(path, done), () => {}, asIs)
})

type Calls = ReturnType<typeof calls>

const isMissing = (cause: unknown): boolean => Errno.nameOf(cause) === "ENOENT"

/** Whether it is for want of the folder that there is no such name: only asked once a call has failed for want of something. */
const lacksFolder = (os: Calls, path: string, cause: unknown): Effect.Effect<boolean> =>
  isMissing(cause)
    ? Effect.match(os.stat(Path.dirname(path)), { onFailure: isMissing, onSuccess: () => false })
    : Effect.succeed(false)

// ---------------------------------------------------------------------------------------------------------------------
// opening
// ---------------------------------------------------------------------------------------------------------------------

const flagsOf = ({ access, create }: IOProc.OpenRequest): number => {
  const { O_CREAT, O_NOCTTY = 0, O_RDONLY, O_RDWR, O_WRONLY } = NFS.constants
  // Cutting takes a descriptor that can write, also where nothing is written later.
  const how = access === "write" ? O_WRONLY : access === "read" && !create ? O_RDONLY : O_RDWR
  // A terminal that is opened as a file must not become the one that controls the process.
  return how | O_NOCTTY | (create ? O_CREAT : 0)
}

/** Opening a FIFO waits for its other end, and that may be for another fiber of this thread to open. */
const opener = (system: System, os: Calls, path: string): Effect.Effect<Calls> =>
  system === background ? Effect.succeed(os) : Effect.match(os.stat(path), {
    onFailure: () => os,
    onSuccess: (stats) => stats.isFIFO() ? calls(background) : os
  })

const open = (
  fileOptions: FileOptions,
  os: Calls,
  request: IOProc.OpenRequest,
  options: Api.Options
): Effect.Effect<IOProc.File, MmioError.OpenError> => {
  const { access, create, name: { full: path } } = request
  const { system } = fileOptions
  const operation = "NodeIOProc.open"
  const failed = (cause: unknown, folderMissing: boolean) =>
    Errno.openError({ operation, file: path, cause }, folderMissing)

  /** Makes a file of a descriptor, or fails; the descriptor is then closed by the caller. */
  const admit = (fd: number, stats: NFS.BigIntStats): Effect.Effect<IOProc.File, MmioError.OpenError> => {
    if (stats.isDirectory()) return Effect.fail(failed(systemError("EISDIR", "open"), false))
    const identity = `${stats.dev}:${stats.ino}`
    const claim = sharing.claim(identity, request)
    if ("conflict" in claim) {
      return Effect.fail(
        new MmioError.SharingViolation({
          operation,
          file: path,
          description:
            `another handle of this process has it open for ${claim.conflict.access} as ${claim.conflict.share}`
        })
      )
    }
    const descriptor = { fd, name: path, identity, canWrite: access !== "read", release: claim.release }
    const file = stats.isFile() || stats.isBlockDevice()
      ? makePositional(descriptor, stats.isBlockDevice(), fileOptions)
      : makeSequential(descriptor)
    // Only now, when no other handle forbids it. A file that is empty stays as it is: those of /proc cannot be cut.
    return create && stats.isFile() && stats.size > 0n
      ? Effect.mapBoth(os.truncate(fd), {
        onFailure: (cause) => {
          claim.release()
          return failed(cause, false)
        },
        onSuccess: () => file
      })
      : Effect.succeed(file)
  }

  return Effect.uninterruptible(
    Effect.flatMap(
      Effect.catchAll(
        Effect.flatMap(opener(system, os, path), (os) => os.open(path, flagsOf(request), options.mode ?? 0o666)),
        (cause) =>
          Effect.flatMap(
            // A file that was to be made lacked nothing but its folder.
            create ? Effect.succeed(path !== "") : lacksFolder(os, path, cause),
            (folderMissing) => Effect.fail(failed(cause, folderMissing))
          )
      ),
      (fd) =>
        Effect.onError(
          Effect.flatMap(Effect.mapError(os.fstat(fd), (cause) => failed(cause, false)), (stats) => admit(fd, stats)),
          // The failure that counts is the first.
          () => Effect.ignore(os.close(fd))
        )
    )
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

const rename = (os: Calls, from: string, to: string): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    os.rename(from, to),
    (cause) => {
      const failed = (file: string, folderMissing: boolean) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.rename", file, cause }, folderMissing))
      if (!isMissing(cause)) return failed(from, false)
      // Which of the two names is it that something is missing from?
      return Effect.matchEffect(
        os.lstat(from),
        {
          onFailure: () => Effect.flatMap(lacksFolder(os, from, cause), (folderMissing) => failed(from, folderMissing)),
          onSuccess: () => failed(to, true)
        }
      )
    }
  )

const remove = (os: Calls, path: string): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    os.unlink(path),
    (cause) =>
      Effect.flatMap(lacksFolder(os, path, cause), (folderMissing) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.remove", file: path, cause }, folderMissing)))
  )

const exists = (os: Calls, path: string): Effect.Effect<boolean, MmioError.ExistsError> =>
  Effect.matchEffect(os.stat(path), {
    onFailure: (cause) =>
      isMissing(cause) || Errno.nameOf(cause) === "ENOTDIR"
        ? Effect.succeed(false)
        : Effect.fail(Errno.existsError({ operation: "NodeIOProc.exists", file: path, cause })),
    // A folder is not a file.
    onSuccess: (stats) => Effect.succeed(!stats.isDirectory())
  })

/** The path from the root. It is the folder of the process that may be gone. */
const resolve = (
  operation: string,
  file: string,
  ...path: ReadonlyArray<string>
): Effect.Effect<string, MmioError.FullNameError> =>
  Effect.try({
    try: () => Path.resolve(...path),
    catch: (cause) =>
      Errno.nameOf(cause) === "EACCES"
        ? new MmioError.AccessDenied({ operation, file, description: "permission denied", cause })
        : new MmioError.PathNotFound({ operation, file, description: "the folder of the process is gone", cause })
  })

/** How many names are tried: with eight random bytes in each, even a second one is never needed by chance. */
const attempts = 10

const tempName = (
  os: Calls,
  { folder, prefix = "mmio", suffix = ".tmp" }: IOProc.TempNameRequest,
  options: Api.Options
): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
  Effect.suspend(() => {
    const operation = "NodeIOProc.tempName"
    const parent = folder ?? options.tempFolder ?? OS.tmpdir()
    for (const part of [prefix, suffix]) {
      if (part.includes("/") || part.includes(Path.sep)) {
        return Effect.fail(
          new MmioError.AccessDenied({
            operation,
            file: part,
            description: "a part of the name of a temporary file cannot lead to another folder"
          })
        )
      }
    }
    const { O_CREAT, O_EXCL, O_RDWR } = NFS.constants
    const make = (remaining: number): Effect.Effect<FileName.FileName, MmioError.TempNameError> =>
      Effect.flatMap(
        resolve(operation, parent, parent, `${prefix}${Crypto.randomBytes(8).toString("hex")}${suffix}`),
        (path) => {
          const failed = (cause: unknown) => Errno.tempNameError({ operation, file: path, cause })
          return Effect.matchEffect(os.open(path, O_RDWR | O_CREAT | O_EXCL, options.mode ?? 0o600), {
            onFailure: (cause) =>
              remaining > 1 && Errno.nameOf(cause) === "EEXIST" ? make(remaining - 1) : Effect.fail(failed(cause)),
            onSuccess: (fd) =>
              Effect.mapBoth(Effect.onError(os.close(fd), () => Effect.ignore(os.unlink(path))), {
                onFailure: failed,
                onSuccess: () => FileName.plain(path)
              })
          })
        }
      )
    return Effect.uninterruptible(make(attempts))
  })

// ---------------------------------------------------------------------------------------------------------------------

/** What an option says of a wrapper: whether to have it, and with which sizes. */
const wrapped = (
  ioProc: IOProc.IOProc,
  wrap: (self: IOProc.IOProc, sizes?: IOProc.BlockSizes) => IOProc.IOProc,
  option: boolean | IOProc.BlockSizes = true
): IOProc.IOProc => option === false ? ioProc : wrap(ioProc, option === true ? {} : option)

/** @internal */
export const make = (options: Api.Options = {}): Effect.Effect<IOProc.IOProc> =>
  Effect.sync(() => {
    const system = options.blocking === true ? blocking : background
    const os = calls(system)
    const fileOptions = { system, sync: options.sync ?? false }
    const plain = IOProc.make({
      open: (request) => open(fileOptions, os, request, options),
      rename: (from, to) => rename(os, from.full, to.full),
      remove: (name) => remove(os, name.full),
      exists: (name) => exists(os, name.full),
      fullName: (name) => Effect.map(resolve("NodeIOProc.fullName", name.full, name.full), FileName.plain),
      tempName: (request) => tempName(os, request, options)
    })
    return wrapped(wrapped(plain, IOProc.writeBehind, options.writeBehind), IOProc.readAhead, options.readAhead)
  })
