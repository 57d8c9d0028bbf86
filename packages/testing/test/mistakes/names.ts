/**
 * Mistakes against names and folders.
 */
import { FileName, type IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option, Stream } from "effect"
import { error, type Mistake, mistake, storage } from "./make.js"

export const names: ReadonlyArray<Mistake> = [
  mistake(
    "rename keeps the old name",
    "rename gives a file another name, with all of its bytes",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.zipRight(
          driver.rename(from, to),
          Effect.orDie(Effect.flatMap(driver.bytes(to.full), (bytes) => driver.put(from.full, bytes)))
        )
    }))
  ),
  mistake(
    "rename does not replace a file",
    "rename replaces a file that has the new name",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.flatMap(
          Effect.orDie(driver.exists(to)),
          (taken) =>
            taken && from.full !== to.full
              ? Effect.fail(new MmioError.AccessDenied(error(to.full)))
              : driver.rename(from, to)
        )
    }))
  ),
  mistake(
    "rename to the same name removes the file",
    "rename to the same name changes nothing",
    storage((driver) => ({
      rename: (from, to) => from.full === to.full ? driver.remove(from) : driver.rename(from, to)
    }))
  ),
  mistake(
    "rename copies, and open handles keep the old bytes",
    "handles of a renamed file still read and write it",
    storage((driver) => ({
      rename: (from, to) =>
        from.full === to.full
          ? driver.rename(from, to)
          : Effect.catchAll(
            Effect.gen(function*() {
              const bytes = yield* driver.bytes(from.full)
              yield* driver.rename(from, to)
              yield* driver.remove(to)
              yield* driver.put(to.full, bytes)
            }),
            () => driver.rename(from, to)
          )
    }))
  ),
  mistake(
    "rename is done in two steps",
    "a rename that is interrupted at any step is done completely, or not at all",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.gen(function*() {
          const between = FileName.plain(`${from.full}~`)
          yield* driver.rename(from, between)
          yield* Effect.yieldNow()
          yield* Effect.tapError(driver.rename(between, to), () => Effect.ignore(driver.rename(between, from)))
        })
    }))
  ),
  mistake(
    "remove of a missing file succeeds",
    "remove of a missing file is FileNotFound",
    storage((driver) => ({ remove: (name) => Effect.catchTag(driver.remove(name), "FileNotFound", () => Effect.void) }))
  ),
  mistake(
    "remove truncates the file under its handles",
    "handles of a removed file still read and write it",
    storage((driver) => ({
      remove: (name) =>
        Effect.zipRight(
          Effect.ignore(Effect.zipRight(driver.bytes(name.full), driver.put(name.full, new Uint8Array(0)))),
          driver.remove(name)
        )
    }))
  ),
  mistake(
    "exists sees everything",
    "exists does not see a missing file, and makes none",
    storage(() => ({ exists: () => Effect.succeed(true) }))
  ),
  mistake(
    "exists sees folders",
    "exists does not see a folder, nor a file in a missing one",
    storage((driver) => ({
      exists: (name) =>
        Effect.zipWith(driver.exists(name), driver.folders, (is, folders) => is || folders.includes(`/${name.full}`))
    }))
  ),
  mistake(
    "fullName completes nothing",
    "all spellings of a name have one fullName",
    storage(() => ({ fullName: (name) => Effect.succeed(name) }))
  ),
  mistake(
    "tempName returns a name and makes no file",
    "tempName makes an empty file",
    storage((driver) => ({
      tempName: (request) => Effect.tap(driver.tempName(request), (name) => Effect.ignore(driver.remove(name)))
    }))
  ),
  mistake(
    "tempName returns the same name twice",
    "tempName makes another file each time",
    storage((driver) => {
      let kept: FileName.FileName | undefined
      return {
        tempName: (request) =>
          kept !== undefined ? Effect.succeed(kept) : Effect.tap(driver.tempName(request), (name) =>
            Effect.sync(() => {
              kept = name
            }))
      }
    })
  ),
  mistake(
    "stat says another size",
    "stat says the kind and the size of a file",
    storage((driver) => ({
      stat: (name) =>
        Effect.map(driver.stat(name), (stat) => ({ ...stat, size: Option.map(stat.size, (size) => size + 1) }))
    }))
  ),
  mistake(
    "stat says an identity of its own",
    "stat says the identity that open files of the name have",
    storage((driver) => ({
      stat: (name) => Effect.map(driver.stat(name), (stat) => ({ ...stat, identity: Option.some(`name ${name.full}`) }))
    }))
  ),
  mistake(
    "stat takes a folder for a file",
    "stat of a folder says that it is one",
    storage((driver) => ({ stat: (name) => Effect.map(driver.stat(name), (stat) => ({ ...stat, kind: "file" })) }))
  ),
  mistake(
    "stat of a missing file says that it has no bytes",
    "stat of a missing file is FileNotFound, and makes none",
    storage((driver) => ({
      stat: (name) =>
        Effect.catchTag(driver.stat(name), "FileNotFound", () =>
          Effect.succeed<IOProc.Stat>({
            kind: "file",
            size: Option.some(0),
            version: Option.none(),
            identity: Option.none(),
            modified: Option.none(),
            created: Option.none()
          }))
    }))
  ),
  mistake(
    "list forgets empty files",
    "list names the files and the folders in a folder, and their kinds",
    storage((driver) => ({
      list: (folder) =>
        Stream.filterEffect(driver.list(folder), ({ kind, name }) =>
          kind === "folder"
            ? Effect.succeed(true)
            : Effect.map(Effect.orDie(driver.bytes(`${folder.full}/${name}`)), (bytes) => bytes.length > 0))
    }))
  ),
  mistake(
    "list forgets all names after the 50th",
    "list names many files once each",
    storage((driver) => ({ list: (folder) => Stream.take(driver.list(folder), 50) }))
  ),
  mistake(
    "list goes into folders",
    "list names the files and the folders in a folder, and their kinds",
    storage((driver) => ({
      list: (folder) =>
        Stream.flatMap(driver.list(folder), (entry) =>
          entry.kind === "folder"
            ? Stream.concat(Stream.succeed(entry), driver.list(FileName.plain(`${folder.full}/${entry.name}`)))
            : Stream.succeed(entry))
    }))
  ),
  mistake(
    "list of a missing folder is empty",
    "list of a missing folder is PathNotFound",
    storage((driver) => ({ list: (folder) => Stream.catchAll(driver.list(folder), () => Stream.empty) }))
  ),
  mistake(
    "makeFolder makes the folders above",
    "makeFolder makes a folder in a folder, and none in a missing one",
    storage((driver) => ({
      makeFolder: (name) =>
        Effect.gen(function*() {
          const components = name.full.split("/")
          for (let i = 1; i <= components.length; i++) yield* driver.makeFolder(components.slice(0, i).join("/"))
        })
    }))
  ),
  mistake(
    "removeFolder removes what is in the folder",
    "removeFolder keeps a folder with files in it",
    storage((driver) => ({
      removeFolder: (name) =>
        Effect.zipRight(
          Stream.runForEach(
            Stream.catchAll(driver.list(name), () => Stream.empty),
            (entry) => Effect.ignore(driver.remove(FileName.plain(`${name.full}/${entry.name}`)))
          ),
          driver.removeFolder(name)
        )
    }))
  )
]
