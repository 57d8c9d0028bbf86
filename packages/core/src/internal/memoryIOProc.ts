import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../MemoryIOProc.js"
import * as MmioError from "../MmioError.js"
import * as Sharing from "../Sharing.js"
import { Content } from "./content.js"
import { immediate } from "./io/answer.js"
import { isPosition } from "./io/copy.js"
import { make as makeIOProc, makeFile } from "./ioProc.js"

/** `a//b/./c/../d` as `/a/b/d`; `..` above the root stays there, as on a disk. */
const normalize = (name: string): string => {
  const components: Array<string> = []
  for (const component of name.split("/")) {
    if (component === "..") components.pop()
    else if (component !== "" && component !== ".") components.push(component)
  }
  return `/${components.join("/")}`
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/"

/** Files of two storages are never the same. */
let storages = 0

/** @internal */
export const make = (options?: Api.Options): Effect.Effect<Api.MemoryIOProc, MmioError.CannotOpen> =>
  Effect.suspend(() => {
    const contents = new Map<string, Content>()
    const folderNames = new Set<string>(["/"])
    /** By path, the contents that open files give a name to with their first commit, and how many files do. */
    const pending = new Map<string, { readonly content: Content; files: number }>()
    const sharing = Sharing.makeTable()
    let made = 0
    const storageNumber = storages++

    const newContent = (bytes: Uint8Array) => new Content(String(made++), bytes)

    /** Makes a folder and those above it; false where a file is in the way. */
    const addFolders = (path: string): boolean => {
      if (contents.has(path)) return false
      if (path !== "/" && !addFolders(folderOf(path))) return false
      folderNames.add(path)
      return true
    }

    const isTaken = (operation: string, file: string) =>
      new MmioError.CannotOpen({ operation, file, description: "the name is that of a file and of a folder" })

    const makeFolder = (name: string | FileName.FileName): Effect.Effect<void, MmioError.FolderError> =>
      Effect.suspend((): Effect.Effect<void, MmioError.FolderError> => {
        const file = typeof name === "string" ? name : name.full
        const path = normalize(file)
        const operation = "MemoryIOProc.makeFolder"
        if (contents.has(path)) {
          return Effect.fail(
            new MmioError.CannotWrite({ operation, file, description: "the name is that of a file", written: 0 })
          )
        }
        if (!folderNames.has(folderOf(path))) return Effect.fail(noFolder(operation, file))
        folderNames.add(path)
        return Effect.void
      })

    const removeFolder = (name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> =>
      Effect.suspend((): Effect.Effect<void, MmioError.FolderError> => {
        const operation = "MemoryIOProc.removeFolder"
        const path = normalize(name.full)
        if (!folderNames.has(path)) return Effect.fail(noFolder(operation, name.full))
        if (path === "/" || namesIn(path).length > 0) {
          return Effect.fail(
            new MmioError.CannotWrite({
              operation,
              file: name.full,
              description: "the folder is not empty",
              written: 0
            })
          )
        }
        folderNames.delete(path)
        return Effect.void
      })

    const noFolder = (operation: string, file: string) =>
      new MmioError.PathNotFound({ operation, file, description: "there is no such folder" })

    const namesIn = (path: string): ReadonlyArray<IOProc.Entry> => {
      const prefix = path === "/" ? "/" : `${path}/`
      const inFolder = (kind: IOProc.Kind) => (name: string): ReadonlyArray<IOProc.Entry> =>
        name !== path && name.startsWith(prefix) && !name.includes("/", prefix.length)
          ? [{ name: name.slice(prefix.length), kind }]
          : []
      return [...[...contents.keys()].flatMap(inFolder("file")), ...[...folderNames].flatMap(inFolder("folder"))]
    }

    const stat = (name: FileName.FileName): Effect.Effect<IOProc.Stat, MmioError.StatError> =>
      Effect.suspend(() => {
        if (folderNames.has(normalize(name.full))) {
          return Effect.succeed<IOProc.Stat>({
            kind: "folder",
            size: Option.none(),
            version: Option.none(),
            identity: Option.none(),
            modified: Option.none(),
            created: Option.none()
          })
        }
        return Effect.map(lookUp("MemoryIOProc.stat", name.full), (content): IOProc.Stat => ({
          kind: "file",
          size: Option.some(content.size),
          version: Option.some(versionOf(content)),
          identity: Option.some(identityOf(content)),
          modified: Option.some(content.modified),
          created: Option.some(content.created)
        }))
      })

    const versionOf = ({ key, version }: Content) => `${key}.${version}`
    const identityOf = ({ key }: Content) => `MemoryIOProc ${storageNumber}:${key}`

    const list = (folder: FileName.FileName): Stream.Stream<IOProc.Entry, MmioError.ListError> =>
      Stream.suspend(() => {
        const path = normalize(folder.full)
        return folderNames.has(path)
          ? Stream.fromIterable(namesIn(path))
          : Stream.fail(noFolder("MemoryIOProc.list", folder.full))
      })

    const put = (name: string, bytes: Uint8Array) =>
      Effect.suspend(() => {
        const path = normalize(name)
        if (folderNames.has(path) || !addFolders(folderOf(path))) {
          return Effect.fail(isTaken("MemoryIOProc.put", name))
        }
        const content = contents.get(path)
        if (content === undefined) contents.set(path, newContent(bytes))
        else {
          content.truncate(0)
          content.write(0, bytes)
        }
        return Effect.void
      })

    /** The content of a file, or what a disk says where there is none. */
    const lookUp = (operation: string, file: string) => {
      const path = normalize(file)
      const content = contents.get(path)
      if (content !== undefined) return Either.right(content)
      const details = { operation, file }
      return Either.left(
        folderNames.has(folderOf(path))
          ? new MmioError.FileNotFound({ ...details, description: "there is no such file" })
          : new MmioError.PathNotFound({ ...details, description: "a folder on the path is missing" })
      )
    }

    /** Counts an open file that gives its content a name with its first commit; returns what ends it. */
    const awaitName = (path: string, content: Content, release: () => void): () => void => {
      const entry = pending.get(path) ?? { content, files: 0 }
      entry.files++
      pending.set(path, entry)
      let ended = false
      return () => {
        release()
        if (ended) return
        ended = true
        if (--entry.files === 0) pending.delete(path)
      }
    }

    /**
     * A file over a content. With `target` the content is a new one, which takes the place of what the target has as it
     * is committed; `isNew` says that the target has no name before.
     */
    const fileOf = (
      content: Content,
      request: IOProc.OpenRequest,
      release: () => void,
      target: { readonly content: Content; readonly path: string; readonly isNew: boolean } | undefined
    ): IOProc.File => {
      const name = request.name.full
      let isOpen = true
      const opened = target === undefined ? undefined : versionOf(target.content)
      let committed = opened
      const commit: Effect.Effect<void, MmioError.CommitError> | undefined = target === undefined ?
        undefined :
        Effect.suspend(
          (): Effect.Effect<void, MmioError.CommitError> => {
            const named = contents.get(target.path)
            const isFirst = target.isNew && committed === opened
            if (
              versionOf(target.content) !== committed || (isFirst && named !== undefined && named !== target.content)
            ) {
              return Effect.fail(
                new MmioError.VersionChanged({
                  operation: "MemoryIOProc.commit",
                  file: name,
                  description: "the file was changed since it was opened"
                })
              )
            }
            if (isFirst && !folderNames.has(folderOf(target.path))) {
              return Effect.fail(
                new MmioError.CannotWrite({
                  operation: "MemoryIOProc.commit",
                  file: name,
                  description: "the folder of the file was removed",
                  written: 0
                })
              )
            }
            target.content.replaceBy(content)
            if (isFirst) contents.set(target.path, target.content)
            committed = versionOf(target.content)
            return Effect.void
          }
        )
      const end = Effect.sync(() => {
        isOpen = false
        release()
      })
      const refused = (operation: string, why: string) => ({ operation, file: name, description: why })
      const closed = "the file is closed"
      const outOfMemory = (operation: string, position: number, cause: unknown) =>
        new MmioError.CannotExpand({
          operation,
          file: name,
          position,
          description: "there is no memory for that many bytes",
          cause
        })
      return makeFile({
        name,
        size: Effect.suspend(() =>
          isOpen
            ? Effect.succeed(content.size)
            : Effect.fail(new MmioError.CannotSeek(refused("MemoryIOProc.seek", closed)))
        ),
        identity: identityOf(target?.content ?? content),
        ...(committed === undefined ? { version: versionOf(content) } : { version: committed }),
        capabilities: { concurrent: true, cancellable: false, locks: "process" },
        readAt: (offset, target) =>
          immediate(() =>
            isOpen && request.access !== "write"
              ? Exit.succeed(content.read(offset, target))
              : Exit.fail(
                new MmioError.CannotRead(
                  refused("MemoryIOProc.read", isOpen ? "the file is open for writing only" : closed)
                )
              )
          ),
        writeAt: request.access === "read" ?
          undefined :
          (offset, source) =>
            immediate((): Exit.Exit<number, MmioError.WriteError> => {
              if (!isOpen) {
                return Exit.fail(new MmioError.CannotWrite({ ...refused("MemoryIOProc.write", closed), written: 0 }))
              }
              try {
                return Exit.succeed(content.write(offset, source))
              } catch (cause) {
                return Exit.fail(outOfMemory("MemoryIOProc.write", offset, cause))
              }
            }),
        truncate: request.access === "read" ?
          undefined :
          (size) =>
            immediate((): Exit.Exit<void, MmioError.WriteError> => {
              if (!isOpen || !isPosition(size)) {
                const why = isOpen ? "a file has no such size" : closed
                return Exit.fail(new MmioError.CannotWrite({ ...refused("MemoryIOProc.truncate", why), written: 0 }))
              }
              try {
                content.truncate(size)
                return Exit.void
              } catch (cause) {
                return Exit.fail(outOfMemory("MemoryIOProc.truncate", size, cause))
              }
            }),
        commit: commit && Effect.suspend(() =>
          isOpen
            ? commit
            : Effect.fail(new MmioError.CannotWrite({ ...refused("MemoryIOProc.commit", closed), written: 0 }))
        ),
        close: Effect.suspend((): Effect.Effect<void, MmioError.CloseError> =>
          isOpen
            ? Effect.ensuring(commit ?? Effect.void, end)
            : Effect.fail(new MmioError.CannotClose(refused("MemoryIOProc.close", closed)))
        ),
        abort: end
      })
    }

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      Effect.suspend((): Effect.Effect<IOProc.File, MmioError.OpenError> => {
        const operation = "MemoryIOProc.open"
        const file = request.name.full
        const path = normalize(file)
        if (folderNames.has(path)) {
          return Effect.fail(new MmioError.CannotOpen({ operation, file, description: "it is a folder" }))
        }
        const found = lookUp(operation, file)
        let content: Content
        if (Either.isRight(found)) content = found.right
        else if (request.create !== "no" && found.left._tag === "FileNotFound") {
          content = pending.get(path)?.content ?? newContent(new Uint8Array(0))
        } else return Effect.fail(found.left)
        if ((Either.isRight(found) || pending.has(path)) && request.create === "new") {
          return Effect.fail(
            new MmioError.CannotOpen({ operation, file, description: "the name exists", errno: "EEXIST" })
          )
        }
        if (Option.isSome(request.ifVersion) && request.ifVersion.value !== versionOf(content)) {
          return Effect.fail(
            new MmioError.VersionChanged({ operation, file, description: `its version is ${versionOf(content)}` })
          )
        }
        const claim = sharing.claim(content.key, request)
        if ("conflict" in claim) {
          return Effect.fail(
            new MmioError.SharingViolation({
              operation,
              file,
              description: `another handle has it open for ${claim.conflict.access} as ${claim.conflict.share}`
            })
          )
        }
        if (options?.commit === "onClose" && request.access !== "read") {
          const target = { content, path, isNew: Either.isLeft(found) }
          const scratch = newContent(request.create === "no" ? content.bytes() : new Uint8Array(0))
          const release = target.isNew ? awaitName(path, content, claim.release) : claim.release
          return Effect.succeed(fileOf(scratch, request, release, target))
        }
        if (request.create !== "no") {
          contents.set(path, content)
          content.truncate(0)
        }
        return Effect.succeed(fileOf(content, request, claim.release, undefined))
      })

    const storage: Api.MemoryIOProc = {
      ...makeIOProc({
        open,
        stat,
        list,
        removeFolder,
        capabilities: { list: true, atomicRename: true, exclusiveCreate: true },
        exists: (name) => Effect.sync(() => contents.has(normalize(name.full))),
        fullName: (name) => Effect.sync(() => FileName.plain(normalize(name.full))),
        remove: (name) =>
          Effect.suspend(() =>
            Effect.map(lookUp("MemoryIOProc.remove", name.full), () => {
              contents.delete(normalize(name.full))
            })
          ),
        rename: (from, to) =>
          Effect.suspend((): Effect.Effect<void, MmioError.RenameError> => {
            const operation = "MemoryIOProc.rename"
            const target = normalize(to.full)
            if (folderNames.has(target)) {
              return Effect.fail(
                new MmioError.CannotWrite({ operation, file: to.full, description: "it is a folder", written: 0 })
              )
            }
            if (!folderNames.has(folderOf(target))) {
              return Effect.fail(
                new MmioError.PathNotFound({ operation, file: to.full, description: "a folder on the path is missing" })
              )
            }
            return Effect.map(lookUp(operation, from.full), (content) => {
              contents.delete(normalize(from.full))
              contents.set(target, content)
            })
          }),
        tempName: ({ folder = "/", prefix = "mmio", suffix = ".tmp" }) =>
          Effect.suspend((): Effect.Effect<FileName.FileName, MmioError.TempNameError> => {
            if (prefix.includes("/") || suffix.includes("/")) {
              return Effect.fail(
                new MmioError.AccessDenied({
                  operation: "MemoryIOProc.tempName",
                  file: `${prefix}…${suffix}`,
                  description: "a prefix or suffix must not lead to another folder"
                })
              )
            }
            const parent = normalize(folder)
            if (!folderNames.has(parent)) {
              return Effect.fail(
                new MmioError.PathNotFound({
                  operation: "MemoryIOProc.tempName",
                  file: folder,
                  description: "there is no such folder"
                })
              )
            }
            let path: string
            do path = normalize(`${parent}/${prefix}${made++}${suffix}`)
            while (contents.has(path) || folderNames.has(path))
            contents.set(path, newContent(new Uint8Array(0)))
            return Effect.succeed(FileName.plain(path))
          })
      }),
      files: Effect.sync(() => [...contents.keys()].toSorted()),
      folders: Effect.sync(() => [...folderNames].filter((path) => path !== "/").toSorted()),
      bytes: (name) =>
        Effect.suspend(() => {
          const content = contents.get(normalize(name))
          return content === undefined
            ? Effect.fail(
              new MmioError.FileNotFound({
                operation: "MemoryIOProc.bytes",
                file: name,
                description: "there is no such file"
              })
            )
            : Effect.succeed(content.bytes())
        }),
      put,
      makeFolder
    }

    const makeFolders = (name: string) =>
      Effect.suspend(() =>
        addFolders(normalize(name)) ? Effect.void : Effect.fail(isTaken("MemoryIOProc.makeFolder", name))
      )

    return Effect.forEach(options?.folders ?? [], makeFolders, { discard: true }).pipe(
      Effect.andThen(
        Effect.forEach(Object.entries(options?.files ?? {}), ([name, bytes]) => put(name, bytes), { discard: true })
      ),
      Effect.as(storage)
    )
  })
