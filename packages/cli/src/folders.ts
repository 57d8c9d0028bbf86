/** Files and folders on the command line, as files; a folder may be one in an archive. */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as path from "node:path"
import { type FileError, usage } from "./failure.js"
import { giveWay } from "./giveWay.js"
import { diskFor, locate } from "./names.js"
import type { Located } from "./storages.js"

/** Of a folder these are looked at; a file that is named is, whatever it is called. */
const extensions: ReadonlySet<string> = new Set(
  "aif aifc aiff ani avi bw64 bwf dls pal rf64 riff rmi sf2 w64 wav wave webp".split(" ").map((extension) =>
    `.${extension}`
  )
)

const isFamiliar = (name: string): boolean => extensions.has(path.extname(name).toLowerCase())

/** A name in a folder; the folder of an archive itself ends with its plus. */
const inFolder = (folder: string, name: string): string =>
  folder.endsWith("+") ? folder + name : path.join(folder, name)

/**
 * The files in a folder and in those in it, in the order of their names. A folder that several links lead to is looked
 * into once: `seen` are the identities of those before.
 */
const below = (
  storage: IOProc.IOProc,
  folder: FileName.FileName,
  seen: Set<string>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    yield* giveWay
    // An archive is no folder of its own.
    const facts = yield* Effect.option(storage.stat(folder))
    const identity = Option.getOrUndefined(Option.flatMap(facts, ({ identity }) => identity))
    if (identity !== undefined) {
      if (seen.has(identity)) return []
      seen.add(identity)
    }
    const entries = yield* Stream.runCollect(Mmio.list(folder)).pipe(Effect.provideService(IOProc.IOProc, storage))
    const files: Array<string> = []
    for (const { kind, name } of [...entries].toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const full = inFolder(folder.full, name)
      if (kind === "folder") {
        const inner = Option.isSome(folder.code) ? FileName.parse(full) : FileName.plain(full)
        for (const file of yield* below(storage, inner, seen)) files.push(file)
      } else if (kind === "file" && isFamiliar(name)) files.push(full)
    }
    return files
  }).pipe(
    // What cannot be listed is reported as what it is: as the name itself, which cannot be opened either.
    Effect.orElseSucceed(() => [folder.full])
  )

/** What a name leads to where it is none of the disk: only an archive has folders. */
const inArchive = (
  name: string,
  disk: IOProc.IOProc
): Effect.Effect<Located & { readonly kind: IOProc.Kind }, FileError> =>
  FileName.splits(name).length === 0
    ? Effect.fail(usage("it is not in an archive"))
    : Effect.flatMap(locate(name, disk), (located) =>
      Mmio.stat(located.name).pipe(
        Effect.provideService(IOProc.IOProc, located.ioProc),
        Effect.map(({ kind }) => ({ ...located, kind }))
      ))

/** The files that a name leads to. */
const filesAt = (disk: IOProc.IOProc, name: string): Effect.Effect<ReadonlyArray<string>> =>
  name === "-" ? Effect.succeed([name]) : Effect.map(disk.stat(FileName.plain(name)), ({ kind }) => ({
    ioProc: disk,
    name: FileName.plain(name),
    kind
  })).pipe(
    Effect.orElse(() => inArchive(name, disk)),
    Effect.flatMap(({ ioProc, kind, name: folder }) =>
      kind === "folder" ? below(ioProc, folder, new Set()) : Effect.succeed([name])
    ),
    Effect.orElseSucceed(() => [name])
  )

/** Every name that is no folder as it is, and of a folder the files of the family of RIFF in it. */
export const filesOf = (names: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(
    diskFor("inspect"),
    (disk) => Effect.map(Effect.forEach(names, (name) => filesAt(disk, name)), (files) => files.flat())
  )
