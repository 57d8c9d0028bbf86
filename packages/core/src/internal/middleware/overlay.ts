/**
 * A storage whose changes go to another one: the lower storage is only read, the upper one has what was changed, and
 * marks for what was removed.
 *
 * A mark hides a name of the lower storage and all that is in it, for good; what the upper storage has is never hidden.
 * So whatever is made again under a name that was removed has nothing of what was there before, and a change that fails
 * after its mark was made shows no difference: the upper storage still has what the mark hides below.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { Permits } from "../io/permits.js"
import { writable } from "../io/positionalFile.js"
import { around } from "./around.js"
import { copy } from "./commitOnClose.js"
import { isSameFile, named, split } from "./names.js"
import {
  asFolderError,
  asOpenError,
  asRenameError,
  asTempNameError,
  cannotChange,
  details,
  isMissing,
  notAFile,
  reserved,
  type StorageError
} from "./overlayErrors.js"
import { copyPrefix, foldersTo, hiddenBy, isReserved, isRoot, markOf, nameIn } from "./overlayNames.js"
import { View } from "./overlayView.js"

/** How often a temporary name is asked for that the lower storage has, too. */
const mostTempNames = 100

/** Makes an effect as interruptible as its caller is. */
type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** What a file of the overlay's own is opened with. */
const ownRequest = { code: Option.none(), parameters: undefined, buffered: true, ifVersion: Option.none() } as const

class Changes {
  private readonly lower: Api.IOProc
  private readonly upper: Api.IOProc
  private readonly view: View
  /**
   * Every change looks at both storages, then changes the upper one, and so needs that no other change comes in
   * between.
   */
  private readonly lock = new Permits(1)

  constructor(lower: Api.IOProc, upper: Api.IOProc, view: View) {
    this.lower = lower
    this.upper = upper
    this.view = view
  }

  /**
   * A change, after those that were asked for before it. It is interrupted only where it copies a file, which changes
   * nothing that is shown.
   */
  private change<A, E>(effect: (restore: Restore) => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.lock.with(Effect.uninterruptibleMask(effect))
  }

  // -------------------------------------------------------------------------------------------------------------------
  // steps of a change
  // -------------------------------------------------------------------------------------------------------------------

  /** Makes the folders of a name in the upper storage, as far as the lower one has them. */
  private makeFoldersTo(name: FileName.FileName): Effect.Effect<void, StorageError> {
    return Effect.forEach(
      foldersTo(name),
      (folder) =>
        Effect.flatMap(this.view.above(folder), (above) =>
          Option.isSome(above)
            ? Effect.void
            : Effect.flatMap(
              this.view.below(folder),
              (below) =>
                Option.isSome(below) && below.value.kind === "folder" ? this.upper.makeFolder(folder) : Effect.void
            )),
      { discard: true }
    )
  }

  /** Copies a file of the lower storage to the upper one, under a name of its own until it is whole. */
  private copyUp(
    name: FileName.FileName,
    request: Partial<Api.OpenRequest>,
    restore: Restore
  ): Effect.Effect<void, StorageError> {
    const { lower, upper } = this
    return named(
      name,
      Effect.gen(this, function*() {
        yield* this.makeFoldersTo(name)
        const temporary = yield* upper.tempName({ folder: split(name.full).folder, prefix: copyPrefix, like: name })
        yield* Effect.gen(function*() {
          const from = yield* lower.open({
            ...ownRequest,
            ...request,
            name,
            access: "read",
            create: "no",
            share: "denyWrite"
          })
          yield* Effect.gen(function*() {
            const to = yield* upper.open({
              ...ownRequest,
              name: temporary,
              access: "readWrite",
              create: "no",
              share: "exclusive"
            })
            const copied = Effect.flatMap(writable("IOProc.overlay", name.full, to), (to) => restore(copy(from, to)))
            yield* Effect.onError(copied, () => to.abort)
            yield* to.close
          }).pipe(Effect.ensuring(Effect.ignore(from.close)))
          yield* upper.rename(temporary, name)
        }).pipe(Effect.onError(() => Effect.ignore(upper.remove(temporary))))
      })
    )
  }

  /** Makes the mark of a name that only the lower storage has, or that the upper one has, too. */
  private hide(name: FileName.FileName): Effect.Effect<void, StorageError> {
    const mark = markOf(name)
    return named(
      name,
      Effect.zipRight(
        this.makeFoldersTo(name),
        Effect.flatMap(
          this.upper.open({ ...ownRequest, name: mark, access: "write", create: "truncate", share: "denyNone" }),
          (file) => Effect.onError(file.close, () => Effect.ignore(this.upper.remove(mark)))
        )
      )
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // opening
  // -------------------------------------------------------------------------------------------------------------------

  open(request: Api.OpenRequest): Effect.Effect<Api.File, MmioError.OpenError> {
    const { access, create, name } = request
    if (isReserved(name)) {
      return create === "no"
        ? Effect.mapError(this.view.missing("open", name), asOpenError)
        : Effect.fail(reserved("open", name))
    }
    return Effect.mapError(
      create !== "no"
        ? this.change(() => this.create(request))
        : Effect.flatMap(this.view.above(name), (above) =>
          Option.isSome(above)
            ? this.upper.open(request)
            : access === "read"
            ? this.openBelow(request)
            : this.openRaised(request)),
      asOpenError
    )
  }

  private openBelow(request: Api.OpenRequest): Effect.Effect<Api.File, StorageError> {
    const { name } = request
    return Effect.flatMap(
      this.view.isHidden(name),
      (hidden) =>
        hidden
          ? this.view.missing("open", name)
          : Effect.catchIf(this.lower.open(request), isMissing, () => this.view.missing("open", name))
    )
  }

  /** Opens a file to write, which the upper storage did not have a moment ago. */
  private openRaised(request: Api.OpenRequest): Effect.Effect<Api.File, StorageError> {
    const { code, ifVersion, name, parameters } = request
    return Effect.flatMap(
      this.change((restore) => this.raise("open", name, { code, ifVersion, parameters }, restore)),
      // A copy has another version than what it was copied from.
      (copied) => this.upper.open(copied ? { ...request, ifVersion: Option.none() } : request)
    )
  }

  /** Has the upper storage have a file; says whether it was copied for that. */
  private raise(
    operation: string,
    name: FileName.FileName,
    request: Partial<Api.OpenRequest>,
    restore: Restore
  ): Effect.Effect<boolean, StorageError> {
    return Effect.gen(this, function*() {
      // Another change may have been first.
      if (Option.isSome(yield* this.view.above(name))) return false
      const below = yield* this.view.below(name)
      if (Option.isNone(below)) return yield* this.view.missing(operation, name)
      if (below.value.kind !== "file") return yield* Effect.fail(notAFile(operation, name))
      yield* this.copyUp(name, request, restore)
      return true
    })
  }

  /** Opens a file that may not exist. */
  private create(request: Api.OpenRequest): Effect.Effect<Api.File, StorageError> {
    const { create, ifVersion, name } = request
    return Effect.gen(this, function*() {
      if (Option.isSome(yield* this.view.above(name))) return yield* this.upper.open(request)
      const below = yield* this.view.below(name)
      if (Option.isNone(below)) {
        yield* this.makeFoldersTo(name)
        return yield* this.upper.open(request)
      }
      if (below.value.kind !== "file") return yield* Effect.fail(notAFile("open", name))
      if (create === "new") {
        return yield* Effect.fail(
          new MmioError.CannotOpen({ ...details("open", name, "the name exists"), errno: "EEXIST" })
        )
      }
      if (Option.isSome(ifVersion) && !Option.contains(below.value.version, ifVersion.value)) {
        return yield* Effect.fail(new MmioError.VersionChanged(details("open", name, "the file has another version")))
      }
      yield* this.makeFoldersTo(name)
      return yield* this.upper.open({ ...request, ifVersion: Option.none() })
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // changes of names
  // -------------------------------------------------------------------------------------------------------------------

  rename(from: FileName.FileName, to: FileName.FileName): Effect.Effect<void, MmioError.RenameError> {
    const renamed = (restore: Restore) =>
      Effect.gen(this, function*() {
        if (isReserved(to)) return yield* Effect.fail(reserved("rename", to))
        const [source, target] = [yield* this.view.shown(from), yield* this.view.shown(to)]
        if (Option.isNone(source)) return yield* this.view.missing("rename", from)
        if (source.value.kind === "folder") {
          return yield* Effect.fail(new MmioError.AccessDenied(details("rename", from, "it is a folder")))
        }
        if (Option.isSome(target) && target.value.kind === "folder") {
          return yield* Effect.fail(cannotChange("rename", to, "it is a folder", "EISDIR"))
        }
        if (yield* isSameFile(this.view, from, to)) return
        const below = yield* this.view.below(from)
        yield* this.raise("rename", from, {}, restore)
        yield* this.makeFoldersTo(to)
        // The upper storage has the file, and shows it until it is renamed.
        if (Option.isSome(below)) yield* this.hide(from)
        yield* this.upper.rename(from, to)
      })
    return Effect.mapError(this.change(renamed), asRenameError)
  }

  remove(name: FileName.FileName): Effect.Effect<void, MmioError.RenameError> {
    const removed = Effect.gen(this, function*() {
      const [above, below] = [yield* this.view.above(name), yield* this.view.below(name)]
      const shown = Option.orElse(above, () => below)
      if (Option.isNone(shown)) return yield* this.view.missing("remove", name)
      if (shown.value.kind === "folder") {
        return yield* Effect.fail(new MmioError.AccessDenied(details("remove", name, "it is a folder")))
      }
      // The upper storage has the file, and shows it until it is removed.
      if (Option.isSome(below)) yield* this.hide(name)
      if (Option.isSome(above)) yield* this.upper.remove(name)
    })
    return Effect.mapError(this.change(() => removed), asRenameError)
  }

  makeFolder(name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> {
    const made = Effect.gen(this, function*() {
      if (isReserved(name)) return yield* Effect.fail(reserved("makeFolder", name))
      const shown = yield* this.view.shown(name)
      if (Option.isNone(shown)) {
        yield* this.makeFoldersTo(name)
        return yield* this.upper.makeFolder(name)
      }
      if (shown.value.kind !== "folder") {
        return yield* Effect.fail(cannotChange("makeFolder", name, "a file has this name", "EEXIST"))
      }
    })
    return Effect.mapError(this.change(() => made), asFolderError)
  }

  removeFolder(name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> {
    const removed = Effect.gen(this, function*() {
      if (isRoot(name)) return yield* Effect.fail(cannotChange("removeFolder", name, "it holds all names", "EBUSY"))
      const [above, below] = [yield* this.view.above(name), yield* this.view.below(name)]
      const shown = Option.orElse(above, () => below)
      if (Option.isNone(shown) || shown.value.kind !== "folder") {
        return yield* Effect.fail(
          new MmioError.PathNotFound(details("removeFolder", name, "there is no such folder"))
        )
      }
      if (Option.isSome(yield* Stream.runHead(this.view.list(name)))) {
        return yield* Effect.fail(cannotChange("removeFolder", name, "the folder is not empty", "ENOTEMPTY"))
      }
      if (Option.isSome(below)) yield* this.hide(name)
      if (Option.isNone(above)) return
      // Marks are all that is left in it.
      const marks = yield* Stream.runCollect(this.upper.list(name))
      yield* Effect.forEach(marks, (mark) => this.upper.remove(nameIn(name, mark.name)), { discard: true })
      yield* this.upper.removeFolder(name)
    })
    return Effect.mapError(this.change(() => named(name, removed)), asFolderError)
  }

  /** A temporary file whose name the lower storage does not have. */
  tempName(request: Api.TempNameRequest): Effect.Effect<FileName.FileName, MmioError.TempNameError> {
    const { upper } = this
    const made = Effect.gen(this, function*() {
      const { folder, prefix } = request
      const asked = folder === undefined ? undefined : FileName.plain(folder)
      if (asked !== undefined && isReserved(asked)) return yield* this.view.missing("tempName", asked)
      if (prefix !== undefined && hiddenBy(prefix) !== undefined) {
        return yield* Effect.fail(reserved("tempName", FileName.plain(prefix)))
      }
      if (asked !== undefined) yield* this.makeFoldersTo(nameIn(asked, "x"))
      const taken: Array<FileName.FileName> = []
      return yield* Effect.gen(this, function*() {
        while (taken.length < mostTempNames) {
          const name = yield* upper.tempName(request)
          if (Option.isNone(yield* Effect.onError(this.view.below(name), () => Effect.ignore(upper.remove(name))))) {
            return name
          }
          // It is kept until another one is found, so that it is not made up again.
          taken.push(name)
        }
        return yield* Effect.fail(
          cannotChange("tempName", FileName.plain(folder ?? ""), "the lower storage has all of the names", "EEXIST")
        )
      }).pipe(
        Effect.ensuring(
          Effect.suspend(() => Effect.forEach(taken, (name) => Effect.ignore(upper.remove(name)), { discard: true }))
        )
      )
    })
    return Effect.mapError(this.change(() => made), asTempNameError)
  }
}

/** @internal */
export const overlay = (self: Api.IOProc, upper: Api.IOProc): Api.IOProc =>
  around("overlay", self, (lower) => {
    const view = new View(lower, upper)
    const changes = new Changes(lower, upper, view)
    return {
      open: (request) => changes.open(request),
      rename: (from, to) => changes.rename(from, to),
      remove: (name) => changes.remove(name),
      exists: (name) => view.exists(name),
      stat: (name) => view.stat(name),
      fullName: (name) => view.fullName(name),
      realName: (name) => upper.realName(name),
      tempName: (request) => changes.tempName(request),
      list: (folder) => view.list(folder),
      makeFolder: (name) => changes.makeFolder(name),
      removeFolder: (name) => changes.removeFolder(name),
      capabilities: {
        list: lower.capabilities.list && upper.capabilities.list,
        atomicRename: upper.capabilities.atomicRename,
        exclusiveCreate: upper.capabilities.exclusiveCreate
      }
    }
  })
