/** Files and folders on the command line, as files. */
import * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as path from "node:path"
import { diskFor } from "./names.js"

/** Of a folder these are looked at; a file that is named is, whatever it is called. */
const extensions: ReadonlySet<string> = new Set(
  "aif aifc aiff ani avi bw64 bwf dls pal rf64 riff rmi sf2 w64 wav wave webp".split(" ").map((extension) =>
    `.${extension}`
  )
)

const isFamiliar = (name: string): boolean => extensions.has(path.extname(name).toLowerCase())

/**
 * The files in a folder and in those in it, in the order of their names. Links to folders are followed no further than
 * the system follows links.
 */
const below = (disk: IOProc.IOProc, folder: string): Stream.Stream<string> =>
  Stream.unwrap(
    Stream.runCollect(disk.list(FileName.plain(folder))).pipe(
      // What cannot be listed is reported as what it is: as the name itself, which cannot be opened either.
      Effect.map((entries) =>
        Stream.flatMap(
          Stream.fromIterable([...entries].toSorted((a, b) => a.name < b.name ? -1 : 1)),
          ({ kind, name }) => {
            const full = path.join(folder, name)
            return kind === "folder"
              ? below(disk, full)
              : kind === "file" && isFamiliar(name)
              ? Stream.make(full)
              : Stream.empty
          }
        )
      ),
      Effect.orElseSucceed(() => Stream.make(folder))
    )
  )

/** Every name that is no folder as it is, and of a folder the files of the family of RIFF in it, as they are wanted. */
export const filesOf = (names: ReadonlyArray<string>): Stream.Stream<string> =>
  Stream.unwrap(
    Effect.map(diskFor("inspect"), (disk) =>
      Stream.flatMap(Stream.fromIterable(names), (name) =>
        name === "-"
          ? Stream.make(name)
          : Stream.unwrap(
            disk.stat(FileName.plain(name)).pipe(
              Effect.map(({ kind }) => kind === "folder" ? below(disk, name) : Stream.make(name)),
              Effect.orElseSucceed(() => Stream.make(name))
            )
          )))
  )
