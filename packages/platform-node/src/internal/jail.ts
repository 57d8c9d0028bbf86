/**
 * Names that cannot leave a folder: the calls of the system, confined to it.
 *
 * A name is resolved without the system into components below the root, none of which is `..`, and a link is followed
 * nowhere. To check a path first and to use it then would let another process put a link in between; so on Linux each
 * component is opened below the descriptor of the folder before it, and the call is made at `/proc/self/fd/N/last`,
 * which leads to that folder wherever its name leads by now.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as NFS from "node:fs"
import type { Platform } from "./platform.js"
import { type PathCalls, systemError } from "./system.js"

const { O_EXCL } = NFS.constants

/** Linux: a descriptor that says where a folder is, and takes no permission to read it. Node has no name for it. */
const O_PATH = 0x200000

/** What sandboxes (Capsicum, WASI) call a name that leads out of the folder it is relative to. */
const refusal = (): Error => Object.assign(new Error("ENOTCAPABLE"), { code: "ENOTCAPABLE" })

/** The components of a name below the root; it throws where the name leaves it. */
export const componentsOf = (platform: Platform, name: string): ReadonlyArray<string> => {
  if (name.includes("\0")) throw refusal()
  const components: Array<string> = []
  for (const part of platform.componentsOf(name)) {
    if (part === "" || part === ".") continue
    if (part === "..") {
      if (components.pop() === undefined) throw refusal()
    } else if (platform.isMisleading(part)) throw refusal()
    else components.push(part)
  }
  return components
}

// ---------------------------------------------------------------------------------------------------------------------
// the walk
// ---------------------------------------------------------------------------------------------------------------------

/** A folder in the jail that is in use. */
interface Folder {
  /** A path that leads to it, to which a component can be added. */
  readonly path: string
  readonly leave: Effect.Effect<void>
}

/** The folder that names cannot leave. */
export interface Root {
  /** Walks down to a folder; the caller leaves it. */
  readonly enter: (os: PathCalls, folders: ReadonlyArray<string>) => Effect.Effect<Folder, unknown>
  /** Refuses what must not be opened at a path, as far as `O_NOFOLLOW` does not. */
  readonly beforeOpen: (os: PathCalls, path: string) => Effect.Effect<void, unknown>
}

/** */
export type OpenRoot = (os: PathCalls, folder: string) => Effect.Effect<Root, unknown, Scope.Scope>

/** Fails where a path leads to a link, or to nothing. */
const assertNoLink = (os: PathCalls, path: string): Effect.Effect<void, unknown> =>
  Effect.flatMap(os.lstat(path), (stats) => stats.isSymbolicLink() ? Effect.fail(refusal()) : Effect.void)

const pathOf = (fd: number): string => `/proc/self/fd/${fd}/.`

/**
 * Linux says of a link that is opened as a folder what it says of a file. A folder that is there by now was a link
 * before.
 */
const openFolder = (os: PathCalls, path: string): Effect.Effect<number, unknown> =>
  Effect.catchAll(
    os.open(path, O_PATH | os.platform.flags.directory | os.platform.flags.noFollow, 0),
    (cause) =>
      Errno.nameOf(cause) === "ENOTDIR"
        ? Effect.flatMap(
          os.lstat(path),
          (stats) => Effect.fail(stats.isSymbolicLink() || stats.isDirectory() ? refusal() : cause)
        )
        : Effect.fail(cause)
  )

/** On Linux: one descriptor for each folder on the way, of which two are open at a time. */
export const byDescriptors: OpenRoot = (system, folder) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.map(system.open(folder, O_PATH | system.platform.flags.directory, 0), (fd) => {
        /**
         * The scope and the walks. The number of a closed descriptor may be that of another folder: the last user
         * closes it.
         */
        let users = 1
        return {
          fd,
          use: Effect.suspend(() => {
            if (users === 0) return Effect.fail(systemError("EBADF", "open"))
            users++
            return Effect.void
          }),
          leave: Effect.suspend(() => --users === 0 ? Effect.ignore(system.close(fd)) : Effect.void)
        }
      }),
      ({ leave }) => leave
    ),
    (root): Root => {
      const leave = (os: PathCalls, fd: number) => fd === root.fd ? root.leave : Effect.ignore(os.close(fd))
      const walk = (os: PathCalls, fd: number, folders: Iterator<string>): Effect.Effect<Folder, unknown> => {
        const next = folders.next()
        return next.done === true
          ? Effect.succeed({ path: pathOf(fd), leave: leave(os, fd) })
          : Effect.flatMap(
            Effect.ensuring(openFolder(os, `${pathOf(fd)}/${next.value}`), leave(os, fd)),
            (inner) => walk(os, inner, folders)
          )
      }
      return {
        enter: (os, folders) =>
          Effect.uninterruptible(Effect.zipRight(
            root.use,
            Effect.suspend(() => walk(os, root.fd, folders.values()))
          )),
        beforeOpen: () => Effect.void
      }
    }
  ).pipe(
    // Without /proc no name would be found, which must not look as if the folder was missing.
    Effect.tap(({ enter }) =>
      Effect.acquireUseRelease(
        enter(system, []),
        ({ path }) => Effect.mapError(system.stat(path), () => systemError("ENOSYS", "open")),
        ({ leave }) => leave
      )
    )
  )

const isWithin = ({ path: { sep } }: Platform, root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)

/**
 * Elsewhere: looks at each component, and then at the whole. What another process changes after that look is not seen.
 */
export const byNames: OpenRoot = (system, folder) =>
  Effect.gen(function*() {
    const root = yield* system.realpath(folder)
    if (!(yield* system.stat(root)).isDirectory()) yield* Effect.fail(systemError("ENOTDIR", "open"))
    return {
      enter: (os, folders) =>
        Effect.gen(function*() {
          let path = root
          for (const folder of folders) {
            path = os.platform.path.join(path, folder)
            yield* assertNoLink(os, path)
          }
          return isWithin(os.platform, root, yield* os.realpath(path))
            ? { path, leave: Effect.void }
            : yield* Effect.fail(refusal())
        }),
      beforeOpen: (os, path) =>
        Effect.catchAll(
          assertNoLink(os, path),
          (cause) => Errno.nameOf(cause) === "ENOENT" ? Effect.void : Effect.fail(cause)
        )
    }
  })

// ---------------------------------------------------------------------------------------------------------------------
// the calls
// ---------------------------------------------------------------------------------------------------------------------

/** The error of a call, with the caller's name of the file instead of the path that the system was given. */
const withName = (path: string) => (cause: unknown): unknown => {
  const code = Errno.nameOf(cause)
  if (code === undefined) return cause
  const syscall = Predicate.hasProperty(cause, "syscall") ? cause.syscall : undefined
  const errno = Predicate.hasProperty(cause, "errno") ? cause.errno : undefined
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, errno, syscall, path })
}

/** The calls of a system, with names of a jail for paths. */
export const confine = (os: PathCalls, root: Root): PathCalls => {
  const components = (name: string): Effect.Effect<ReadonlyArray<string>, unknown> =>
    Effect.suspend((): Effect.Effect<ReadonlyArray<string>, unknown> => {
      if (name === "") return Effect.fail(systemError("ENOENT", "open"))
      try {
        return Effect.succeed(componentsOf(os.platform, name))
      } catch (cause) {
        return Effect.fail(cause)
      }
    })
  /** Calls `use` with a path to the last component, which may be a link. */
  const at = <A>(name: string, use: (path: string) => Effect.Effect<A, unknown>): Effect.Effect<A, unknown> =>
    Effect.mapError(
      Effect.flatMap(components(name), (components) => {
        const last = components.at(-1)
        return Effect.acquireUseRelease(
          root.enter(os, components.slice(0, -1)),
          ({ path }) => use(last === undefined ? path : `${path}/${last}`),
          ({ leave }) => leave
        )
      }),
      withName(name)
    )
  /** The same, for calls that would change the root itself. */
  const below = <A>(name: string, use: (path: string) => Effect.Effect<A, unknown>): Effect.Effect<A, unknown> =>
    Effect.mapError(
      Effect.flatMap(
        components(name),
        ({ length }) => length === 0 ? Effect.fail(systemError("EPERM", "open")) : at(name, use)
      ),
      withName(name)
    )
  /**
   * What is left once a folder is closed: its path is used as long as it is open, where the system does not say what an
   * entry is.
   */
  const leaving = new WeakMap<NFS.Dir, Effect.Effect<void>>()
  return {
    platform: os.platform,
    open: (name, flags, mode) =>
      at(name, (path) =>
        Effect.zipRight(
          // A new file never takes the name of a link.
          (flags & O_EXCL) === 0 ? root.beforeOpen(os, path) : Effect.void,
          Effect.mapError(
            os.open(path, flags | os.platform.flags.noFollow, mode),
            (cause) => Errno.nameOf(cause) === "ELOOP" ? refusal() : cause
          )
        )),
    stat: (name) =>
      at(
        name,
        (path) =>
          Effect.flatMap(
            os.lstat(path),
            (stats) => stats.isSymbolicLink() ? Effect.fail(refusal()) : Effect.succeed(stats)
          )
      ),
    lstat: (name) => at(name, os.lstat),
    // Links are refused: none is followed, and a name stays as it is.
    readlink: () => Effect.fail(refusal()),
    realpath: (name) => Effect.map(components(name), (components) => `/${components.join("/")}`),
    rename: (from, to) => below(from, (source) => below(to, (target) => os.rename(source, target))),
    unlink: (name) => below(name, os.unlink),
    mkdir: (name) => at(name, os.mkdir),
    rmdir: (name) => below(name, os.rmdir),
    syncFolder: (name) =>
      Effect.ignore(
        Effect.flatMap(components(name), (components) =>
          Effect.acquireUseRelease(root.enter(os, components), ({ path }) =>
            os.syncFolder(path), ({ leave }) => leave))
      ),
    opendir: (name) =>
      Effect.mapError(
        Effect.uninterruptible(Effect.flatMap(
          Effect.flatMap(components(name), (components) => root.enter(os, components)),
          ({ leave, path }) =>
            Effect.map(Effect.onError(os.opendir(path), () => leave), (folder) => {
              leaving.set(folder, leave)
              return folder
            })
        )),
        withName(name)
      ),
    closeFolder: (folder) =>
      Effect.ensuring(os.closeFolder(folder), Effect.suspend(() => leaving.get(folder) ?? Effect.void)),
    resolve: (...path) => `/${componentsOf(os.platform, path.join("/")).join("/")}`,
    readEntries: os.readEntries,
    close: os.close,
    fstat: os.fstat,
    truncate: os.truncate,
    fchmod: os.fchmod
  }
}
