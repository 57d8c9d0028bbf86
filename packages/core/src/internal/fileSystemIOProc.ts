/**
 * A driver over `@effect/platform`'s `FileSystem`, and what it corrects there:
 *
 * - a `File` seeks to negative positions, from which Node then reads at the offset of the descriptor: `makeFile`
 *   refuses them, and every transfer seeks first;
 * - interruption does not cancel its calls, which go on writing into the caller's bytes: everything is uninterruptible;
 * - it refuses a transfer of 2 GiB or more as a bad argument: this driver makes it a short one;
 * - a failure to close is a defect: it becomes an error again;
 * - `makeTempFile` makes a folder for every file, and gives the prefix to the folder;
 * - `remove` removes either no folder or all that is in one;
 * - a failure is one of few words, with the exact name in `cause`: that is preferred where there is one.
 */
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Errno from "../Errno.js"
import type * as Api from "../FileSystemIOProc.js"
import type * as IOProc from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import * as Sharing from "../Sharing.js"
import { makeNames } from "./fileSystem/names.js"
import { asksForWindows, errnoOf, isMissing, originOf } from "./fileSystem/platform.js"
import { isPosition } from "./io/copy.js"
import { make as makeIOProc, makeFile } from "./ioProc.js"

/** The largest transfer that is asked for at once; Node takes less than 2 GiB. */
const largestTransfer = 2 ** 30

/** How often opening is tried, which fails only if another program removes the same name in between. */
const attempts = 16

/**
 * What all drivers over one `FileSystem` share: the sharing modes of its files, and a number that tells its files from
 * those of others.
 */
interface Shared {
  readonly number: number
  readonly sharing: Sharing.Table
}

const shared = globalValue(
  Symbol.for("@effect-mmio/core/FileSystemIOProc/shared"),
  () => ({ made: 0, of: new WeakMap<FileSystem.FileSystem, Shared>() })
)

const sharedOf = (fileSystem: FileSystem.FileSystem): Shared => {
  const known = shared.of.get(fileSystem)
  if (known !== undefined) return known
  const made = { number: shared.made++, sharing: Sharing.makeTable() }
  shared.of.set(fileSystem, made)
  return made
}

/** @internal */
export const make = (options?: Api.Options): Effect.Effect<IOProc.IOProc, never, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const sync = options?.sync === true
    const { number, sharing } = sharedOf(fileSystem)
    const windows = yield* Effect.cached(asksForWindows(fileSystem))
    const { failing, identityOf, isFolder, ...names } = makeNames(fileSystem, windows, number)

    // ---------------------------------------------------------------------------------------------------------------
    // files
    // ---------------------------------------------------------------------------------------------------------------

    const fileOf = (
      file: FileSystem.File,
      scope: Scope.CloseableScope,
      request: IOProc.OpenRequest,
      identity: string,
      isRegular: boolean
    ): IOProc.File => {
      const name = request.name.full
      const origin = (operation: string, cause: PlatformError.PlatformError, position?: number) =>
        originOf(operation, name, cause, position)
      /** The number of a closed descriptor may be that of another file by now, and the platform does not check. */
      let isOpen = true
      const ifOpen = <A, E>(
        operation: string,
        refusal: (origin: Errno.Origin) => E,
        call: Effect.Effect<A, E>
      ): Effect.Effect<A, E> =>
        Effect.suspend(() =>
          isOpen
            ? call
            : Effect.fail(
              refusal({ operation: `FileSystemIOProc.${operation}`, file: name, cause: undefined, name: "EBADF" })
            )
        )
      return makeFile({
        name,
        identity,
        // The file has one cursor for all of its transfers.
        capabilities: { concurrent: false, cancellable: false, locks: "process" },
        size: ifOpen(
          "seek",
          Errno.sizeError,
          Effect.uninterruptible(Effect.mapBoth(file.stat, {
            onFailure: (cause) => Errno.sizeError(origin("seek", cause)),
            onSuccess: (info) => Number(info.size)
          }))
        ),
        readAt: request.access === "write"
          ? (position) =>
            Effect.fail(
              new MmioError.CannotRead({
                operation: "FileSystemIOProc.read",
                file: name,
                position,
                description: "the file is open for writing only"
              })
            )
          : (position, target) =>
            target.length === 0 ? Effect.succeed(0) : ifOpen(
              "read",
              Errno.readError,
              Effect.uninterruptible(Effect.zipRight(
                file.seek(position, "start"),
                Effect.mapBoth(file.read(target.subarray(0, largestTransfer)), {
                  onFailure: (cause) => Errno.readError(origin("read", cause, position)),
                  onSuccess: Number
                })
              ))
            ),
        writeAt: request.access === "read" ?
          undefined :
          (position, source) =>
            source.length === 0 ? Effect.succeed(0) : ifOpen<number, MmioError.WriteError>(
              "write",
              Errno.writeError,
              Effect.uninterruptible(Effect.zipRight(
                file.seek(position, "start"),
                Effect.mapBoth(file.write(source.subarray(0, largestTransfer)), {
                  onFailure: (cause) => Errno.writeError(origin("write", cause, position)),
                  onSuccess: Number
                })
              ))
            ),
        truncate: request.access === "read" || !isRegular ?
          undefined :
          (size) =>
            isPosition(size)
              ? ifOpen<void, MmioError.WriteError>(
                "truncate",
                Errno.writeError,
                Effect.uninterruptible(
                  Effect.mapError(file.truncate(size), (cause) => Errno.writeError(origin("truncate", cause, size)))
                )
              )
              : Effect.fail(
                new MmioError.CannotWrite({
                  operation: "FileSystemIOProc.truncate",
                  file: name,
                  position: size,
                  description: "a file has no such size",
                  written: 0
                })
              ),
        flush: sync && request.access !== "read"
          ? ifOpen(
            "writeFlush",
            Errno.writeError,
            Effect.uninterruptible(
              Effect.mapError(file.sync, (cause) => Errno.writeError(origin("writeFlush", cause)))
            )
          )
          : undefined,
        close: Effect.uninterruptible(ifOpen(
          "close",
          Errno.closeError,
          Effect.suspend(() => {
            isOpen = false
            return Effect.catchSomeDefect(
              Scope.close(scope, Exit.void),
              (defect) =>
                PlatformError.isPlatformError(defect)
                  ? Option.some(Effect.fail(Errno.closeError(origin("close", defect))))
                  : Option.none()
            )
          })
        ))
      })
    }

    /**
     * Opens what exists, without truncating it. With `create`, a file that is missing is created first: for appending,
     * which truncates no file that another program creates in between, and works through a link that leads nowhere yet.
     */
    const openFlagged = (
      request: IOProc.OpenRequest,
      left = attempts
    ): Effect.Effect<FileSystem.File, PlatformError.PlatformError, Scope.Scope> =>
      request.create === "new" ?
        fileSystem.open(request.name.full, { flag: request.access === "write" ? "wx" : "wx+" }) :
        Effect.catchIf(
          fileSystem.open(request.name.full, { flag: request.access === "read" ? "r" : "r+" }),
          (cause) => request.create === "truncate" && left > 0 && isMissing(cause),
          () =>
            Effect.zipRight(
              Effect.scoped(fileSystem.open(request.name.full, { flag: "a" })),
              Effect.suspend(() => openFlagged(request, left - 1))
            )
        )

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      Effect.uninterruptible(Effect.flatMap(Scope.make(), (scope) => {
        const operation = "FileSystemIOProc.open"
        const path = request.name.full
        if (Option.isSome(request.ifVersion)) {
          return Effect.fail(
            new MmioError.CannotOpen({
              operation,
              file: path,
              description: "the files of this storage have no versions"
            })
          )
        }
        const isAFolder = (cause?: unknown) =>
          new MmioError.CannotOpen({
            operation,
            file: path,
            description: "it is a folder",
            ...(cause === undefined ? {} : { cause })
          })
        const openError = (cause: PlatformError.PlatformError) =>
          Effect.flatMap(
            isMissing(cause) || errnoOf(cause) === "EEXIST" ? Effect.succeed(false) : isFolder(path),
            (folder) =>
              folder
                ? Effect.fail(isAFolder(cause))
                : failing(path, cause, (folderMissing) => Errno.openError(originOf("open", path, cause), folderMissing))
          )

        return Effect.onError(
          Effect.gen(function*() {
            // Finalizers run backwards: the claim is withdrawn once the file is closed.
            let release = () => {}
            yield* Scope.addFinalizer(scope, Effect.sync(() => release()))
            const file = yield* Effect.catchAll(Scope.extend(openFlagged(request), scope), openError)
            const info = yield* Effect.catchAll(file.stat, openError)
            if (info.type === "Directory") return yield* Effect.fail(isAFolder())
            const identity = yield* identityOf(path, info)
            const claim = sharing.claim(identity, request)
            if ("conflict" in claim) {
              return yield* Effect.fail(
                new MmioError.SharingViolation({
                  operation,
                  file: path,
                  description: `another handle has it open for ${claim.conflict.access} as ${claim.conflict.share}`
                })
              )
            }
            release = claim.release
            // A device has no size that could be set.
            const isRegular = info.type === "File"
            if (request.create === "truncate" && isRegular) yield* Effect.catchAll(file.truncate(0), openError)
            return fileOf(file, scope, request, identity, isRegular)
          }),
          (cause) => Scope.close(scope, Exit.failCause(cause))
        )
      }))

    return makeIOProc({
      ...names,
      open,
      capabilities: { list: true, atomicRename: true, exclusiveCreate: true }
    })
  })
