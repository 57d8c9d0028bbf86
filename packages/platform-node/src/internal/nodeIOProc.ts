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
import { call, systemError } from "./call.js"
import { makePositional } from "./positionalFile.js"
import { makeSequential } from "./sequentialFile.js"

/** What the open handles of this process allow each other: one table for all storages, and for all copies of this package. */
const sharing = globalValue(Symbol.for("@effect-mmio/platform-node/NodeIOProc/sharing"), Sharing.makeTable)

const asIs = (cause: unknown): unknown => cause

// ---------------------------------------------------------------------------------------------------------------------
// descriptors
// ---------------------------------------------------------------------------------------------------------------------

const openDescriptor = (path: string, flags: number, mode: number): Effect.Effect<number, unknown> =>
  call<number, number, unknown>((done) => NFS.open(path, flags, mode, done), (fd) => fd, asIs)

const closeDescriptor = (fd: number): Effect.Effect<void, unknown> =>
  call<void, void, unknown>((done) => NFS.close(fd, (error) => done(error)), () => {}, asIs)

const statDescriptor = (fd: number): Effect.Effect<NFS.BigIntStats, unknown> =>
  call<NFS.BigIntStats, NFS.BigIntStats, unknown>(
    (done) => NFS.fstat(fd, { bigint: true }, done),
    (stats) => stats,
    asIs
  )

const truncateDescriptor = (fd: number): Effect.Effect<void, unknown> =>
  call<void, void, unknown>((done) => NFS.ftruncate(fd, 0, (error) => done(error)), () => {}, asIs)

const stat = (path: string): Effect.Effect<NFS.Stats, unknown> =>
  call<NFS.Stats, NFS.Stats, unknown>((done) => NFS.stat(path, done), (stats) => stats, asIs)

const unlink = (path: string): Effect.Effect<void, unknown> =>
  call<void, void, unknown>((done) => NFS.unlink(path, (error) => done(error)), () => {}, asIs)

const isMissing = (cause: unknown): boolean => Errno.nameOf(cause) === "ENOENT"

/** Whether it is for want of the folder that there is no such name: only asked once a call has failed for want of something. */
const lacksFolder = (path: string, cause: unknown): Effect.Effect<boolean> =>
  isMissing(cause)
    ? Effect.match(stat(Path.dirname(path)), { onFailure: isMissing, onSuccess: () => false })
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

const open = (request: IOProc.OpenRequest, options: Api.Options): Effect.Effect<IOProc.File, MmioError.OpenError> => {
  const { access, create, name: { full: path } } = request
  const operation = "NodeIOProc.open"
  const failed = (cause: unknown, folderMissing: boolean) =>
    Errno.openError({ operation, file: path, cause }, folderMissing)

  /** Makes a file of a descriptor, or fails; the descriptor is then closed by the caller. */
  const admit = (fd: number, stats: NFS.BigIntStats): Effect.Effect<IOProc.File, MmioError.OpenError> => {
    if (stats.isDirectory()) return Effect.fail(failed(systemError("EISDIR", "open"), false))
    const claim = sharing.claim(`${stats.dev}:${stats.ino}`, request)
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
    const descriptor = { fd, name: path, canWrite: access !== "read", release: claim.release }
    const file = stats.isFile() || stats.isBlockDevice()
      ? makePositional(descriptor, { isDevice: stats.isBlockDevice(), sync: options.sync ?? false })
      : makeSequential(descriptor)
    // Only now, when no other handle forbids it. A file that is empty stays as it is: those of /proc cannot be cut.
    return create && stats.isFile() && stats.size > 0n
      ? Effect.mapBoth(truncateDescriptor(fd), {
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
      Effect.catchAll(openDescriptor(path, flagsOf(request), options.mode ?? 0o666), (cause) =>
        Effect.flatMap(
          // A file that was to be made lacked nothing but its folder.
          create ? Effect.succeed(path !== "") : lacksFolder(path, cause),
          (folderMissing) => Effect.fail(failed(cause, folderMissing))
        )),
      (fd) =>
        Effect.onError(
          Effect.flatMap(Effect.mapError(statDescriptor(fd), (cause) => failed(cause, false)), (stats) =>
            admit(fd, stats)),
          // The failure that counts is the first.
          () =>
            Effect.ignore(closeDescriptor(fd))
        )
    )
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

const rename = (from: string, to: string): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    call<void, void, unknown>((done) => NFS.rename(from, to, (error) => done(error)), () => {}, asIs),
    (cause) => {
      const failed = (file: string, folderMissing: boolean) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.rename", file, cause }, folderMissing))
      if (!isMissing(cause)) return failed(from, false)
      // Which of the two names is it that something is missing from?
      return Effect.matchEffect(
        call<NFS.Stats, NFS.Stats, unknown>((done) => NFS.lstat(from, done), (stats) => stats, asIs),
        {
          onFailure: () => Effect.flatMap(lacksFolder(from, cause), (folderMissing) => failed(from, folderMissing)),
          onSuccess: () => failed(to, true)
        }
      )
    }
  )

const remove = (path: string): Effect.Effect<void, MmioError.RenameError> =>
  Effect.catchAll(
    unlink(path),
    (cause) =>
      Effect.flatMap(lacksFolder(path, cause), (folderMissing) =>
        Effect.fail(Errno.renameError({ operation: "NodeIOProc.remove", file: path, cause }, folderMissing)))
  )

const exists = (path: string): Effect.Effect<boolean, MmioError.ExistsError> =>
  Effect.matchEffect(stat(path), {
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
          return Effect.matchEffect(openDescriptor(path, O_RDWR | O_CREAT | O_EXCL, options.mode ?? 0o600), {
            onFailure: (cause) =>
              remaining > 1 && Errno.nameOf(cause) === "EEXIST" ? make(remaining - 1) : Effect.fail(failed(cause)),
            onSuccess: (fd) =>
              Effect.mapBoth(Effect.onError(closeDescriptor(fd), () => Effect.ignore(unlink(path))), {
                onFailure: failed,
                onSuccess: () => FileName.plain(path)
              })
          })
        }
      )
    return Effect.uninterruptible(make(attempts))
  })

// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const make = (options: Api.Options = {}): Effect.Effect<IOProc.IOProc> =>
  Effect.sync(() =>
    IOProc.make({
      open: (request) => open(request, options),
      rename: (from, to) => rename(from.full, to.full),
      remove: (name) => remove(name.full),
      exists: (name) => exists(name.full),
      fullName: (name) => Effect.map(resolve("NodeIOProc.fullName", name.full, name.full), FileName.plain),
      tempName: (request) => tempName(request, options)
    })
  )
