/**
 * What an overlay shows: the names of the upper storage, and those of the lower one that neither it nor a mark hides.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { details, isMissing } from "./overlayErrors.js"
import { foldersTo, hiddenBy, isReserved, isRoot, markOf } from "./overlayNames.js"

/** @internal */
export class View {
  private readonly lower: Api.IOProc
  private readonly upper: Api.IOProc

  constructor(lower: Api.IOProc, upper: Api.IOProc) {
    this.lower = lower
    this.upper = upper
  }

  private statIn(
    storage: Api.IOProc,
    name: FileName.FileName
  ): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> {
    return Effect.catchIf(Effect.map(storage.stat(name), Option.some), isMissing, () => Effect.succeedNone)
  }

  /** What the upper storage has under a name. */
  above(name: FileName.FileName): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> {
    return isReserved(name) ? Effect.succeedNone : this.statIn(this.upper, name)
  }

  /** Whether a mark hides what the lower storage has under a name. */
  isHidden(name: FileName.FileName): Effect.Effect<boolean, MmioError.ExistsError> {
    return isReserved(name)
      ? Effect.succeed(true)
      : Effect.exists([...foldersTo(name), ...(isRoot(name) ? [] : [name])], (part) => this.upper.exists(markOf(part)))
  }

  /** What the lower storage has under a name, where nothing hides it. */
  below(name: FileName.FileName): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> {
    return Effect.flatMap(
      this.isHidden(name),
      (hidden) => hidden ? Effect.succeedNone : this.statIn(this.lower, name)
    )
  }

  /** What the overlay has under a name. */
  shown(name: FileName.FileName): Effect.Effect<Option.Option<Api.Stat>, MmioError.StatError> {
    return Effect.flatMap(this.above(name), (above) => Option.isSome(above) ? Effect.succeed(above) : this.below(name))
  }

  /** Fails with what is missing: the name, or a folder on the way to it. */
  missing(operation: string, name: FileName.FileName): Effect.Effect<never, MmioError.StatError> {
    const fileNotFound = new MmioError.FileNotFound(details(operation, name, "there is no such file"))
    if (isReserved(name)) return Effect.fail(fileNotFound)
    const folder = foldersTo(name).at(-1)
    return Effect.flatMap(
      folder === undefined ? Effect.succeedNone : this.shown(folder),
      (facts) =>
        folder === undefined || (Option.isSome(facts) && facts.value.kind === "folder")
          ? Effect.fail(fileNotFound)
          // The upper storage says whether it has folders.
          : Effect.zipRight(Effect.asVoid(this.upper.stat(name)), Effect.fail(fileNotFound))
    )
  }

  stat(name: FileName.FileName): Effect.Effect<Api.Stat, MmioError.StatError> {
    return Effect.flatMap(
      this.shown(name),
      Option.match({ onSome: Effect.succeed, onNone: () => this.missing("stat", name) })
    )
  }

  exists(name: FileName.FileName): Effect.Effect<boolean, MmioError.ExistsError> {
    return isReserved(name)
      ? Effect.succeed(false)
      : Effect.flatMap(this.upper.exists(name), (above) =>
        above
          ? Effect.succeed(true)
          : Effect.flatMap(this.isHidden(name), (hidden) => hidden ? Effect.succeed(false) : this.lower.exists(name)))
  }

  list(folder: FileName.FileName): Stream.Stream<Api.Entry, MmioError.ListError> {
    return Stream.unwrap(
      Effect.gen(this, function*() {
        if (isReserved(folder)) return yield* this.missing("list", folder)
        const above = yield* this.above(folder)
        const below = yield* this.below(folder)
        const names = new Set<string>()
        // Where there is no such folder, the upper storage says so.
        const ofUpper = Option.isNone(above) && Option.isSome(below)
          ? Stream.empty
          : Stream.filter(this.upper.list(folder), ({ name }) => {
            const hidden = hiddenBy(name)
            names.add(hidden ?? name)
            return hidden === undefined
          })
        const ofLower = Option.isNone(below)
          ? Stream.empty
          : Stream.filter(this.lower.list(folder), ({ name }) => !names.has(name) && hiddenBy(name) === undefined)
        return Stream.concat(ofUpper, ofLower)
      }).pipe(Effect.catchTag("FileNotFound", (error) => Effect.fail(new MmioError.PathNotFound(error))))
    )
  }

  fullName(name: FileName.FileName): Effect.Effect<FileName.FileName, MmioError.FullNameError> {
    return this.upper.fullName(name)
  }
}
