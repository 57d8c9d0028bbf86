/**
 * Where a name leads: to an element of an archive, which may be in an archive itself, or to a file of the storage
 * below.
 */
import * as FileName from "@effect-mmio/core/FileName"
import type * as FourCC from "@effect-mmio/core/FourCC"
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Archive } from "./archive.js"
import { normalize } from "./names.js"

/** @internal */
export interface Element {
  readonly _tag: "Element"
  readonly archive: Archive
  /** The name of the archive, the same for all of its spellings. */
  readonly key: string
  /** The path in the archive; the archive itself is the empty one. */
  readonly path: string
  /** The path as the name has it. */
  readonly text: string
  readonly name: FileName.FileName
}

/** @internal */
export type Located =
  | Element
  | { readonly _tag: "Plain"; readonly name: FileName.FileName }
  | { readonly _tag: "Outside" }

/** @internal */
export class Locator {
  private readonly below: IOProc.IOProc
  private readonly self: () => IOProc.IOProc

  constructor(below: IOProc.IOProc, self: () => IOProc.IOProc) {
    this.below = below
    this.self = self
  }

  /** A name under which the storage has a file is that file, whatever it is made of. */
  private isFile(text: string): Effect.Effect<boolean> {
    return Effect.orElseSucceed(this.below.exists(FileName.plain(text)), () => false)
  }

  /** Finds out where a name leads. */
  readonly locate = (name: FileName.FileName): Effect.Effect<Located> => {
    const { code, element, full, path } = name
    if (Option.isNone(element) || Option.isNone(code)) {
      return Effect.succeed({ _tag: "Plain", name })
    }
    const normalized = normalize(element.value)
    return Effect.flatMap(this.isFile(full), (isFile): Effect.Effect<Located> => {
      if (isFile) return Effect.succeed({ _tag: "Plain", name: FileName.plain(full) })
      if (normalized === undefined) return Effect.succeed({ _tag: "Outside" })
      return Effect.flatMap(this.archiveOf(path, code.value), (archive) =>
        Effect.map(keyOf(archive), (key) => ({
          _tag: "Element" as const,
          archive,
          key,
          path: normalized,
          text: element.value,
          name
        })))
    })
  }

  /** The archive of a path: an element of another one, if the path splits, and no file has it as its name. */
  private archiveOf(path: string, own: FourCC.FourCC): Effect.Effect<Archive> {
    const plain = FileName.plain(path)
    const root = { driver: this.below, name: plain }
    const here: Archive = { driver: this.below, name: plain, root }
    const splits = FileName.splits(path)
    if (splits.length === 0) return Effect.succeed(here)
    return Effect.flatMap(this.isFile(path), (isFile) => {
      if (isFile) return Effect.succeed(here)
      for (const split of splits) {
        const code = Option.getOrUndefined(split.code)
        if (code === own) {
          return Effect.map(this.archiveOf(split.path, own), ({ root }): Archive => ({
            driver: this.self(),
            name: split,
            root
          }))
        }
        const driver = code === undefined ? Option.none() : this.below.find(code)
        if (Option.isSome(driver)) {
          return Effect.succeed<Archive>({
            driver: driver.value,
            name: split,
            root: { driver: driver.value, name: split }
          })
        }
      }
      return Effect.succeed(here)
    })
  }

  /** The name of an element that is the same for all of its spellings. */
  readonly fullName = (
    { archive, name, path }: Element
  ): Effect.Effect<FileName.FileName, MmioError.FullNameError> =>
    Effect.map(archive.driver.fullName(archive.name), ({ full }) =>
      Option.match(name.code, {
        onNone: () => FileName.plain(`${full}+${path}`),
        onSome: (code) => FileName.element(full, path, code)
      }))
}

/** The name of an archive, with links followed; as it is, where the storage does not complete names. */
const keyOf = ({ driver, name }: Archive): Effect.Effect<string> =>
  Effect.flatMap(
    driver.realName(name),
    (real) => Effect.match(driver.fullName(real), { onFailure: () => real.full, onSuccess: ({ full }) => full })
  )

/** What tells an element from all others, as files and `stat` say it. @internal */
export const identityOf = ({ key, path }: Element): string => `ZipIOProc ${key}+${path}`
