/**
 * Windows over a folder of this machine, as far as the driver sees it: what its documentation, and the issues of Node
 * and libuv, say of names, flags of an open, a rename over a file that is open, and `ftruncate` of one that is mapped.
 */
import * as NFS from "node:fs"
import * as Path from "node:path"
import * as Platform from "../../src/internal/platform.js"
import { blocking, type System } from "../../src/internal/system.js"

/** The constants of Node on Windows: it lacks `O_NONBLOCK`, `O_NOFOLLOW`, `O_NOCTTY` and `O_DIRECTORY`. */
const windows = Platform.of("win32", {})

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY } = NFS.constants
const known = O_APPEND | O_CREAT | O_EXCL | O_RDWR | O_TRUNC | O_WRONLY

const failure = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall })

export interface Windows {
  readonly system: System
  /** Where the machine has the file that Windows calls so. */
  readonly pathOf: (name: string) => string
  /** Names that a program has mapped. */
  readonly mapped: Set<string>
}

/** Drive C is the folder `c` in `folder`, and so on; the host of a UNC name is a folder, too. */
export const windowsIn = (folder: string): Windows => {
  const mapped = new Set<string>()
  const names = new Map<number, string>()

  const pathOf = (name: string): string => {
    const bare = name.startsWith("\\\\?\\UNC\\") ? name.slice(7) : name.startsWith("\\\\?\\") ? name.slice(4) : name
    const components = bare.split(/[\\/]/).filter((part) => part !== "")
    return Path.posix.join(
      folder,
      // Case does not count, and dots and spaces at the end are dropped. The drive is "c:".
      ...components.map((part) => part.toLowerCase().replace(/[. ]+$/, "").replace(/^([a-z]):$/, "$1"))
    )
  }

  /** A path of Windows again, for what the system answers. */
  const nameOf = (path: string): string => {
    const [drive = "", ...components] = Path.posix.relative(folder, path).split("/")
    return [`${drive.toUpperCase()}:`, ...components].join("\\")
  }

  const system: System = {
    ...blocking,
    platform: windows,
    open: (name, flags, mode, done) => {
      if ((flags & ~known) !== 0) throw failure("EINVAL", "open")
      const path = pathOf(name)
      blocking.open(path, flags, mode, (error, fd) => {
        names.set(fd, path)
        done(error, fd)
      })
    },
    close: (fd, done) => {
      names.delete(fd)
      blocking.close(fd, done)
    },
    stat: (name, options, done) => blocking.stat(pathOf(name), options, done),
    lstat: (name, options, done) => blocking.lstat(pathOf(name), options, done),
    readlink: (name, done) => blocking.readlink(pathOf(name), done),
    realpath: (name, done) => blocking.realpath(pathOf(name), (error, path) => done(error, nameOf(path))),
    ftruncate: (fd, length, done) => {
      const path = names.get(fd)
      if (path !== undefined && [...mapped].some((name) => pathOf(name) === path)) throw failure("UNKNOWN", "ftruncate")
      blocking.ftruncate(fd, length, done)
    },
    rename: (from, to, done) => {
      const target = pathOf(to)
      const isOpen = [...names.values()].includes(target)
      const isReadOnly = NFS.existsSync(target) && (NFS.statSync(target).mode & 0o200) === 0
      if (isOpen || isReadOnly) throw failure("EPERM", "rename")
      blocking.rename(pathOf(from), target, done)
    },
    unlink: (name, done) => blocking.unlink(pathOf(name), done),
    mkdir: (name, done) => blocking.mkdir(pathOf(name), done),
    rmdir: (name, done) => blocking.rmdir(pathOf(name), done),
    opendir: (name, done) => blocking.opendir(pathOf(name), done)
  }
  return { system, pathOf, mapped }
}
