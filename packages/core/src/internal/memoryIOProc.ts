import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import type * as Api from "../MemoryIOProc.js"
import * as MmioError from "../MmioError.js"
import * as Sharing from "../Sharing.js"
import { immediate } from "./immediate.js"
import { make as makeIOProc, makeFile } from "./ioProc.js"

/** What a file holds: a block that grows by doubling, of which `size` bytes are the file. */
class Content {
  readonly key: string
  block: Uint8Array
  size: number
  constructor(key: string, bytes: Uint8Array) {
    this.key = key
    this.block = bytes.slice()
    this.size = bytes.length
  }
  read(offset: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.size - offset))
    target.set(this.block.subarray(offset, offset + count))
    return count
  }
  write(offset: number, source: Uint8Array): number {
    const end = offset + source.length
    if (end > this.block.length) {
      const larger = new Uint8Array(Math.max(end, Math.min(this.block.length * 2, 2 ** 30 + this.block.length)))
      larger.set(this.block.subarray(0, this.size))
      this.block = larger
    }
    this.block.set(source, offset)
    if (end > this.size) this.size = end
    return source.length
  }
  truncate() {
    this.block = new Uint8Array(0)
    this.size = 0
  }
  bytes(): Uint8Array {
    return this.block.slice(0, this.size)
  }
}

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

/** @internal */
export const make = (options?: Api.Options): Effect.Effect<Api.MemoryIOProc, MmioError.CannotOpen> =>
  Effect.suspend(() => {
    const contents = new Map<string, Content>()
    const folderNames = new Set<string>(["/"])
    const sharing = Sharing.makeTable()
    let made = 0

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

    const makeFolder = (name: string) =>
      Effect.suspend(() =>
        addFolders(normalize(name)) ? Effect.void : Effect.fail(isTaken("MemoryIOProc.makeFolder", name))
      )

    const put = (name: string, bytes: Uint8Array) =>
      Effect.suspend(() => {
        const path = normalize(name)
        if (folderNames.has(path) || !addFolders(folderOf(path))) {
          return Effect.fail(isTaken("MemoryIOProc.put", name))
        }
        const content = contents.get(path)
        if (content === undefined) contents.set(path, newContent(bytes))
        else {
          content.truncate()
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

    const fileOf = (content: Content, request: IOProc.OpenRequest, release: () => void): IOProc.File => {
      const name = request.name.full
      let isOpen = true
      const refused = (operation: string, why: string) => ({ operation, file: name, description: why })
      const closed = "the file is closed"
      return makeFile({
        name,
        size: Effect.suspend(() =>
          isOpen
            ? Effect.succeed(content.size)
            : Effect.fail(new MmioError.CannotSeek(refused("MemoryIOProc.seek", closed)))
        ),
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
                return Exit.fail(
                  new MmioError.CannotExpand({
                    operation: "MemoryIOProc.write",
                    file: name,
                    position: offset,
                    description: "there is no memory for that many bytes",
                    cause
                  })
                )
              }
            }),
        close: Effect.suspend(() => {
          if (!isOpen) return Effect.fail(new MmioError.CannotClose(refused("MemoryIOProc.close", closed)))
          isOpen = false
          release()
          return Effect.void
        })
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
        else if (request.create && found.left._tag === "FileNotFound") content = newContent(new Uint8Array(0))
        else return Effect.fail(found.left)
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
        if (request.create) {
          contents.set(path, content)
          content.truncate()
        }
        return Effect.succeed(fileOf(content, request, claim.release))
      })

    const storage: Api.MemoryIOProc = {
      ...makeIOProc({
        open,
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

    return Effect.forEach(options?.folders ?? [], makeFolder, { discard: true }).pipe(
      Effect.andThen(
        Effect.forEach(Object.entries(options?.files ?? {}), ([name, bytes]) => put(name, bytes), { discard: true })
      ),
      Effect.as(storage)
    )
  })
