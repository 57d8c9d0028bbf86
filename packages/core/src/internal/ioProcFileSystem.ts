/**
 * Any driver as `@effect/platform`'s `FileSystem`.
 */
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as FileName from "../FileName.js"
import * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import type * as MmioError from "../MmioError.js"
import { copy as copyBytes } from "./copyFile.js"
import { sinkFile, streamFile } from "./fileStream.js"
import type { Handle } from "./handle/handle.js"
import { isUnsupported } from "./ioProc.js"
import { badArgument, isReason, refusal, systemError, toPlatform } from "./ioProcFileSystem/errors.js"
import { aFile, infoOf } from "./ioProcFileSystem/info.js"
import { makeFile, truncate } from "./ioProcFileSystem/openFile.js"
import { openRouted } from "./opening.js"
import { asking } from "./serving.js"

type Answer<A> = Effect.Effect<A, PlatformError.PlatformError>

/** How a flag opens a file; `append` has every write go to the end. */
interface Opening {
  readonly access: IOProc.Access
  readonly create: boolean | "new"
  readonly append: boolean
}

const openings: { readonly [Flag in FileSystem.OpenFlag]: Opening } = {
  "r": { access: "read", create: false, append: false },
  "r+": { access: "readWrite", create: false, append: false },
  "w": { access: "write", create: true, append: false },
  "wx": { access: "write", create: "new", append: false },
  "w+": { access: "readWrite", create: true, append: false },
  "wx+": { access: "readWrite", create: "new", append: false },
  "a": { access: "write", create: true, append: true },
  "ax": { access: "write", create: "new", append: true },
  "a+": { access: "readWrite", create: true, append: true },
  "ax+": { access: "readWrite", create: "new", append: true }
}

/** How often a file is opened for appending that others create and remove at the same time. */
const attempts = 16

const join = (folder: string, last: string): string =>
  folder === "" || folder === "." ? last : folder.endsWith("/") ? folder + last : `${folder}/${last}`

/** @internal */
export const make = (ioProc: IOProc.IOProc): FileSystem.FileSystem => {
  /** The name that goes to a driver of its code, where there is one. */
  const nameOf = (path: string): FileName.FileName =>
    FileName.splits(path).find(({ code }) => Option.isSome(Option.flatMap(code, ioProc.find))) ?? FileName.plain(path)

  const provided = <A, E>(effect: Effect.Effect<A, E, IOProc.IOProc>): Effect.Effect<A, E> =>
    Effect.provideService(effect, IOProc.IOProc, ioProc)

  /** Asks the driver of a name. */
  const ask = <A, E extends MmioError.MmioError>(
    method: string,
    path: string,
    question: (driver: IOProc.IOProc, name: FileName.FileName) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | MmioError.InvalidParameter | MmioError.CannotOpen> =>
    provided(asking(`FileSystem.${method}`, nameOf(path), undefined, question))

  const plainly = <A, E extends MmioError.MmioError>(
    method: string,
    path: string,
    question: (driver: IOProc.IOProc, name: FileName.FileName) => Effect.Effect<A, E>
  ): Answer<A> => Effect.mapError(ask(method, path, question), toPlatform(method, path))

  // -------------------------------------------------------------------------------------------------------------------
  // files
  // -------------------------------------------------------------------------------------------------------------------

  const openHandle = (method: string, path: string, opening: Opening) => {
    const open = (create: boolean | "new") =>
      provided(openRouted(`FileSystem.${method}`, nameOf(path), {
        access: opening.access,
        create: opening.access === "read" ? false : create,
        buffer: "none" as const
      } as Api.OpenOptions)) // that nothing is created for reading is said by the table above
    if (!opening.append || opening.create !== true) return open(opening.create)
    /** Creates a file that is missing, and never empties one that another program creates in between. */
    const append = (left: number): ReturnType<typeof open> =>
      Effect.catchTag(open(false), "FileNotFound", () =>
        Effect.catchTag(
          open("new"),
          "CannotOpen",
          (error) => error.errno === "EEXIST" && left > 0 ? append(left - 1) : Effect.fail(error)
        ))
    return append(attempts)
  }

  const closing = (method: string, path: string, handle: Handle, exit: Exit.Exit<unknown, unknown>): Answer<void> =>
    Effect.mapError(handle.dispose(`FileSystem.${method}`, exit), toPlatform(method, path))

  const open = (
    path: string,
    options?: FileSystem.OpenFileOptions
  ): Effect.Effect<FileSystem.File, PlatformError.PlatformError, Scope.Scope> => {
    const opening = openings[options?.flag ?? "r"]
    return Effect.map(
      Effect.acquireRelease(
        Effect.mapError(openHandle("open", path, opening), toPlatform("open", path)),
        (handle, exit) => Effect.orDie(closing("open", path, handle, exit))
      ),
      (handle) => makeFile(handle, path, opening.append, statOr("stat", path, () => Effect.succeed(aFile)))
    )
  }

  /** Opens a file, uses it and closes it, all failures being in the type. */
  const using = <A>(method: string, path: string, opening: Opening, use: (handle: Handle) => Answer<A>): Answer<A> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.mapError(openHandle(method, path, opening), toPlatform(method, path)),
        (handle) =>
          Effect.flatMap(Effect.exit(restore(use(handle))), (used) =>
            Effect.flatMap(
              Effect.exit(closing(method, path, handle, used)),
              (closed) => Effect.zipLeft(used, closed)
            ))
      )
    )

  const readFile = (path: string): Answer<Uint8Array> =>
    using("readFile", path, openings.r, (handle) => {
      const known = Effect.orElseSucceed(
        handle.exclusive("FileSystem.readFile", (restore) => handle.engine.length(restore)),
        () => 0
      )
      /** Reads on to the end: a file may have more than its size says, as those of a pipe do. */
      const rest = (parts: ReadonlyArray<Uint8Array>, size: number): Effect.Effect<Uint8Array, MmioError.MmioError> =>
        Effect.flatMap(handle.readNew(size), (part) =>
          part.length === 0 ? Effect.succeed(concat(parts)) : rest([...parts, part], 1 << 16))
      return Effect.mapError(
        Effect.flatMap(known, (size) =>
          rest([], Math.max(size, 1))),
        toPlatform("readFile", path)
      )
    })

  const writeFile = (path: string, data: Uint8Array, options?: FileSystem.WriteFileOptions): Answer<void> => {
    const opening = openings[options?.flag ?? "w"]
    return using("writeFile", path, opening, (handle) =>
      Effect.mapError(
        Effect.zipRight(
          opening.append ? handle.seek(0, "end") : Effect.void,
          handle.writeAll(data)
        ),
        toPlatform("writeFile", path)
      ))
  }

  const stream = (path: string, options?: FileSystem.StreamOptions) => {
    const from = Number(options?.offset ?? 0)
    return streamFile(nameOf(path), {
      from,
      to: options?.bytesToRead === undefined ? undefined : from + Number(options.bytesToRead),
      chunkSize: options?.chunkSize === undefined ? undefined : Number(options.chunkSize)
    }).pipe(
      Stream.provideService(IOProc.IOProc, ioProc),
      Stream.mapError(toPlatform("stream", path)),
      Stream.bufferChunks({ capacity: options?.bufferSize ?? 16 })
    )
  }

  // -------------------------------------------------------------------------------------------------------------------
  // facts
  // -------------------------------------------------------------------------------------------------------------------

  /** Asks for the facts of a name, or does otherwise where the storage cannot be asked. */
  const statOr = (
    method: string,
    path: string,
    otherwise: (error: PlatformError.PlatformError) => Answer<IOProc.Stat>
  ): Answer<IOProc.Stat> =>
    Effect.catchAll(ask(method, path, (driver, name) => driver.stat(name)), (error) => {
      const failure = toPlatform(method, path)(error)
      return isUnsupported(error) ? otherwise(failure) : Effect.fail(failure)
    })

  const sizeOf = (method: string, path: string): Answer<number> =>
    using(method, path, openings.r, (handle) =>
      Effect.mapError(
        handle.exclusive(`FileSystem.${method}`, (restore) => handle.engine.length(restore)),
        toPlatform(method, path)
      ))

  const kindOf = (method: string, path: string): Answer<IOProc.Stat> =>
    statOr(method, path, () => Effect.as(using(method, path, openings.r, () => Effect.void), aFile))

  const stat = (path: string): Answer<FileSystem.File.Info> =>
    Effect.flatMap(
      statOr("stat", path, () => Effect.succeed(aFile)),
      (found) =>
        found.kind === "file" && Option.isNone(found.size)
          ? Effect.map(sizeOf("stat", path), (size) => infoOf(found, size))
          : Effect.succeed(infoOf(found, Option.getOrElse(found.size, () => 0)))
    )

  const access = (path: string, options?: FileSystem.AccessFileOptions): Answer<void> =>
    Effect.flatMap(kindOf("access", path), ({ kind }) => {
      if (kind !== "file" || (options?.readable !== true && options?.writable !== true)) return Effect.void
      const opening = openings[options.writable === true ? "r+" : "r"]
      // Given up, and not closed: a file that commits on close has no new version then.
      return Effect.uninterruptible(
        Effect.flatMap(
          Effect.mapError(openHandle("access", path, opening), toPlatform("access", path)),
          (handle) => handle.engine.file.abort
        )
      )
    })

  // -------------------------------------------------------------------------------------------------------------------
  // folders
  // -------------------------------------------------------------------------------------------------------------------

  const entries = (method: string, path: string): Answer<ReadonlyArray<IOProc.Entry>> =>
    Effect.map(
      plainly(method, path, (driver, name) => Stream.runCollect(driver.list(name))),
      Chunk.toReadonlyArray
    )

  const readDirectory = (path: string, options?: FileSystem.ReadDirectoryOptions): Answer<Array<string>> =>
    Effect.flatMap(entries("readDirectory", path), (found) =>
      Effect.map(
        Effect.forEach(found, ({ kind, name }) =>
          options?.recursive === true && kind === "folder"
            ? Effect.map(
              readDirectory(join(path, name), options),
              (inside) => [name, ...inside.map((each) => `${name}/${each}`)]
            )
            : Effect.succeed([name])),
        (names) => names.flat()
      ))

  const makeOne = (path: string): Answer<void> =>
    Effect.catchAll(
      ask("makeDirectory", path, (driver, name) => driver.makeFolder(name)),
      (error) => isUnsupported(error) ? Effect.void : Effect.fail(toPlatform("makeDirectory", path)(error))
    )

  /** A storage that cannot be asked is one without folders. */
  const isFolder = (method: string, path: string): Answer<boolean> =>
    Effect.catchAll(
      Effect.map(statOr(method, path, () => Effect.succeed(aFile)), ({ kind }) => kind === "folder"),
      (error) => isReason(error, "NotFound") ? Effect.succeed(false) : Effect.fail(error)
    )

  const makeDirectory = (path: string, options?: FileSystem.MakeDirectoryOptions): Answer<void> => {
    if (options?.recursive === true) {
      // "a/b/c" is in "a/b", which is in "a"; a folder that exists stays as it is.
      const ends = [...path.replace(/\/+$/, "").matchAll(/[^/](?=\/|$)/g)].map(({ index }) => index + 1)
      return Effect.forEach(ends, (end) => {
        const folder = path.slice(0, end)
        return Effect.flatMap(
          isFolder("makeDirectory", folder),
          (exists) => exists || folder === "." || folder === ".." ? Effect.void : makeOne(folder)
        )
      }, { discard: true })
    }
    return Effect.flatMap(isFolder("makeDirectory", path), (exists) =>
      exists
        ? Effect.fail(systemError("AlreadyExists", "makeDirectory", path, "the folder exists"))
        : makeOne(path))
  }

  const removeAll = (path: string): Answer<void> =>
    Effect.zipRight(
      Effect.flatMap(entries("remove", path), (found) =>
        Effect.forEach(found, ({ kind, name }) =>
          kind === "folder"
            ? removeAll(join(path, name))
            : plainly("remove", join(path, name), (driver, name) => driver.remove(name)), { discard: true })),
      plainly("remove", path, (driver, name) => driver.removeFolder(name))
    )

  const remove = (path: string, options?: FileSystem.RemoveOptions): Answer<void> => {
    const removed = Effect.flatMap(isFolder("remove", path), (folder) =>
      !folder
        ? plainly("remove", path, (driver, name) => driver.remove(name))
        : options?.recursive === true
        ? removeAll(path)
        : Effect.fail(systemError("BadResource", "remove", path, "it is a folder, and recursive was not asked for")))
    return options?.force === true
      ? Effect.catchAll(removed, (error) => isReason(error, "NotFound") ? Effect.void : Effect.fail(error))
      : removed
  }

  // -------------------------------------------------------------------------------------------------------------------
  // copies
  // -------------------------------------------------------------------------------------------------------------------

  const copyOne = (method: string, from: string, to: string, create: true | "new"): Answer<void> =>
    Effect.asVoid(
      Effect.mapError(
        provided(copyBytes<never, never>(nameOf(from), nameOf(to), { create })),
        toPlatform(method, from)
      )
    )

  const copyTree = (from: string, to: string, overwrite: boolean): Answer<void> =>
    Effect.flatMap(isFolder("copy", from), (folder) =>
      folder
        ? Effect.zipRight(
          makeDirectory(to, { recursive: true }),
          Effect.flatMap(
            entries("copy", from),
            Effect.forEach(({ name }) => copyTree(join(from, name), join(to, name), overwrite), { discard: true })
          )
        )
        : Effect.catchAll(
          copyOne("copy", from, to, overwrite ? true : "new"),
          (error) => !overwrite && isReason(error, "AlreadyExists") ? Effect.void : Effect.fail(error)
        ))

  const copy = (from: string, to: string, options?: FileSystem.CopyOptions): Answer<void> =>
    options?.preserveTimestamps === true
      ? Effect.fail(refusal("copy", to, "the storage cannot set times"))
      : `${to}/`.startsWith(`${from.replace(/\/+$/, "")}/`)
      ? Effect.fail(badArgument("copy", `${to} is ${from}, or in it`))
      : copyTree(from, to, options?.overwrite ?? false)

  // -------------------------------------------------------------------------------------------------------------------
  // temporary names
  // -------------------------------------------------------------------------------------------------------------------

  const makeTempFile = (options?: FileSystem.MakeTempFileOptions, method = "makeTempFile"): Answer<string> =>
    Effect.map(
      plainly(
        method,
        options?.directory ?? "",
        (driver) => driver.tempName({ folder: options?.directory, prefix: options?.prefix, suffix: options?.suffix })
      ),
      ({ full }) => full
    )

  /** The storage makes files of new names only: the folder takes the place of one. */
  const makeTempDirectory = (options?: FileSystem.MakeTempDirectoryOptions): Answer<string> =>
    Effect.flatMap(
      makeTempFile({ ...options, suffix: "" }, "makeTempDirectory"),
      (path) =>
        Effect.as(
          Effect.zipRight(plainly("makeTempDirectory", path, (driver, name) => driver.remove(name)), makeOne(path)),
          path
        )
    )

  const scoped = (made: Answer<string>) =>
    Effect.acquireRelease(made, (path) => Effect.orDie(remove(path, { recursive: true, force: true })))

  // -------------------------------------------------------------------------------------------------------------------

  const fileSystem = FileSystem.make({
    access,
    chmod: (path) => Effect.fail(refusal("chmod", path, "the storage has no permissions")),
    chown: (path) => Effect.fail(refusal("chown", path, "the storage has no owners")),
    copy,
    copyFile: (from, to) => copyOne("copyFile", from, to, true),
    link: (_, path) => Effect.fail(refusal("link", path, "the storage has no links")),
    makeDirectory,
    makeTempDirectory,
    makeTempDirectoryScoped: (options) => scoped(makeTempDirectory(options)),
    makeTempFile: (options) => makeTempFile(options),
    makeTempFileScoped: (options) => scoped(makeTempFile(options)),
    open,
    readDirectory,
    readFile,
    readLink: (path) => Effect.fail(refusal("readLink", path, "the storage has no links")),
    realPath: (path) =>
      Effect.zipRight(
        kindOf("realPath", path),
        Effect.map(plainly("realPath", path, (driver, name) => driver.fullName(name)), ({ full }) => full)
      ),
    remove,
    rename: (from, to) => plainly("rename", from, (driver, name) => driver.rename(name, nameOf(to))),
    stat,
    symlink: (_, path) => Effect.fail(refusal("symlink", path, "the storage has no links")),
    truncate: (path, length) =>
      using(
        "truncate",
        path,
        openings["r+"],
        (handle) => truncate(handle, "truncate", path, Number(length ?? 0))
      ),
    utimes: (path) => Effect.fail(refusal("utimes", path, "the storage cannot set times")),
    watch: (path) => Stream.fail(refusal("watch", path, "the storage tells nothing of changes")),
    writeFile
  })

  const sink = (path: string, options?: FileSystem.SinkOptions): ReturnType<FileSystem.FileSystem["sink"]> => {
    const { append, create } = openings[options?.flag ?? "w"]
    return create === false ? fileSystem.sink(path, options) : sinkFile(nameOf(path), { append, create }).pipe(
      Sink.provideContext(Context.make(IOProc.IOProc, ioProc)),
      Sink.mapError(toPlatform("sink", path)),
      Sink.as(undefined)
    )
  }

  // Those of the platform have a failure to close as a defect.
  return { ...fileSystem, stream, sink }
}

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
