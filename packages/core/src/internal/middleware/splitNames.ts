/**
 * Renaming and removing files in parts. Parts that go away are first put aside under temporary names, and are removed
 * once nothing can fail any more.
 */
import * as Effect from "effect/Effect"
import type * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { isUnsupported } from "../ioProc.js"
import { isSameFile, split } from "./names.js"
import { detailsOf, partName } from "./splitFile.js"

/** What the names of parts that were put aside begin with. */
const asidePrefix = ".split."

/** A failure on the way to a change of names. */
const asRenameError = (error: MmioError.ExistsError | MmioError.TempNameError): MmioError.RenameError =>
  error._tag === "CannotRead" || error._tag === "TooManyOpenFiles"
    ? new MmioError.CannotWrite({ ...detailsOf(error), written: 0 })
    : error

/** Whether a folder has the name of a file: a storage that has none, or does not know, has no such folder. @internal */
export const isFolder = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<boolean> =>
  Effect.match(inner.stat(name), { onFailure: () => false, onSuccess: ({ kind }) => kind === "folder" })

/** The parts that a file has, from one on. */
const partsFrom = (
  inner: Api.IOProc,
  name: FileName.FileName,
  from: number
): Effect.Effect<ReadonlyArray<number>, MmioError.RenameError> =>
  Effect.gen(function*() {
    const parts: Array<number> = []
    for (let part = from; yield* inner.exists(partName(name, part)); part++) parts.push(part)
    return parts
  }).pipe(Effect.mapError(asRenameError))

/**
 * Steps that can be undone: where one fails, those before it are undone, the last one first, as far as the storage lets
 * them.
 */
class Steps {
  private readonly undos: Array<Effect.Effect<void>> = []

  /** Takes a step. */
  take<A, E, E2>(step: Effect.Effect<A, E>, undo: (made: A) => Effect.Effect<void, E2>): Effect.Effect<A, E> {
    return Effect.tap(step, (made) => Effect.sync(() => void this.undos.push(Effect.ignore(undo(made)))))
  }

  /** Runs what takes the steps. */
  static run<A, E>(all: (steps: Steps) => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const steps = new Steps()
      return Effect.onError(all(steps), () => Effect.all(steps.undos.toReversed(), { discard: true }))
    })
  }
}

/** Gives parts of a file temporary names; the first part goes first, so that no reader takes the rest for the file. */
const putAside = (
  inner: Api.IOProc,
  name: FileName.FileName,
  parts: ReadonlyArray<number>,
  steps: Steps
): Effect.Effect<ReadonlyArray<FileName.FileName>, MmioError.RenameError | MmioError.TempNameError> =>
  Effect.forEach(parts, (part) =>
    Effect.gen(function*() {
      const old = partName(name, part)
      const aside = yield* steps.take(
        inner.tempName({ folder: split(name.full).folder, prefix: asidePrefix }),
        (aside) => inner.remove(aside)
      )
      yield* steps.take(inner.rename(old, aside), () => inner.rename(aside, old))
      return aside
    }))

/** What cannot be removed any more keeps its temporary name. */
const drop = (inner: Api.IOProc, asides: ReadonlyArray<FileName.FileName>): Effect.Effect<void> =>
  Effect.forEach(asides, (aside) => Effect.ignore(inner.remove(aside)), { discard: true })

/** Renames one part after another, the first one last. @internal */
export const rename = (
  inner: Api.IOProc,
  from: FileName.FileName,
  to: FileName.FileName
): Effect.Effect<void, MmioError.RenameError> =>
  Effect.gen(function*() {
    const parts = yield* partsFrom(inner, from, 0)
    const [first, target] = [partName(from, 0), partName(to, 0)]
    // The storage says what is missing.
    if (parts.length === 0) return yield* inner.rename(first, target)
    if (yield* isSameFile(inner, first, target)) return
    if (yield* isFolder(inner, to)) {
      return yield* Effect.fail(
        new MmioError.CannotWrite({
          operation: "IOProc.split.rename",
          file: to.full,
          description: "it is a folder",
          errno: "EISDIR",
          written: 0
        })
      )
    }
    const replaced = yield* partsFrom(inner, to, 0)
    // A process that died as it renamed may have left parts that no file has. They must not become the end of this one.
    const left = replaced.length < parts.length ? yield* partsFrom(inner, to, parts.length) : []
    const asides = yield* Steps.run((steps) =>
      Effect.gen(function*() {
        const asides = yield* Effect.mapError(putAside(inner, to, [...replaced, ...left], steps), asAnyRenameError)
        for (const part of parts.toReversed()) {
          const [old, young] = [partName(from, part), partName(to, part)]
          yield* steps.take(inner.rename(old, young), () => inner.rename(young, old))
        }
        return asides
      })
    )
    yield* drop(inner, asides)
  })

const asAnyRenameError = (error: MmioError.RenameError | MmioError.TempNameError): MmioError.RenameError =>
  error._tag === "TooManyOpenFiles" ? asRenameError(error) : error

/** Removes the parts of a file: all of them, or none. @internal */
export const remove = (inner: Api.IOProc, name: FileName.FileName): Effect.Effect<void, MmioError.RenameError> =>
  Effect.gen(function*() {
    const parts = yield* partsFrom(inner, name, 0)
    if (parts.length <= 1) return yield* inner.remove(partName(name, 0))
    const asides = yield* Steps.run((steps) => putAside(inner, name, parts, steps)).pipe(
      Effect.catchIf(isUnsupported, () =>
        // Of a storage without temporary names: the last part first, so that a failure leaves the front of the file.
        Effect.as(
          Effect.forEach(parts.toReversed(), (part) => inner.remove(partName(name, part)), { discard: true }),
          []
        )),
      Effect.mapError(asAnyRenameError)
    )
    yield* drop(inner, asides)
  })
