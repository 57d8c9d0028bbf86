/**
 * What differs from one system to another: how paths are written, which names do not mean a file, which flags an open
 * has, and what errors mean.
 *
 * The rest of the driver is the same everywhere. A platform is a value, so that the tests of every platform run on each
 * of them.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as NFS from "node:fs"
import * as Path from "node:path"

/** The flags of an open. One that the system lacks is 0. */
interface Flags {
  readonly directory: number
  readonly noControllingTerminal: number
  readonly noFollow: number
  readonly nonBlocking: number
}

export interface Platform {
  readonly name: NodeJS.Platform
  /** How paths are split and joined. */
  readonly path: Pick<Path.PlatformPath, "basename" | "dirname" | "join" | "resolve" | "sep">
  readonly flags: Flags
  /** How many bytes the system writes to a FIFO whole or not at all (`PIPE_BUF`); POSIX has it at least 512. */
  readonly pipeSize: number
  /** Whether `/proc/self/fd` leads to the folders that descriptors are of. */
  readonly hasDescriptorPaths: boolean
  /**
   * Whether file systems write out a file at the rename by which it takes the place of another, as ext4 and btrfs do.
   */
  readonly writesOutReplacements: boolean
  /** The components of a name, with those that are empty. */
  readonly componentsOf: (name: string) => ReadonlyArray<string>
  /** Whether the system takes a component for another name, a drive, a stream or a device. */
  readonly isMisleading: (component: string) => boolean
  /**
   * Whether a failed rename may mean that another handle has the target open. Where it may, the caller looks at the
   * target: a file that can be written is in use, since nothing else keeps the system from replacing it.
   */
  readonly mayBeInUse: (cause: unknown) => boolean
  /** Whether a failed `ftruncate` means that a program has the file mapped. */
  readonly isMapped: (cause: unknown) => boolean
}

const never = (): boolean => false

/**
 * On Windows: a stream or a drive (`:`), wildcards and control characters, a dot or a space at the end, which the
 * system drops, and devices, which are the same with an extension and in any case.
 */
const misleading = /[:*?"<>|\p{Cc}]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/iu

/**
 * What Windows answers, as libuv translates it, where another handle has a file open. A retry that libuv makes itself
 * has failed by then.
 */
const inUse: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"])

/** The constants that a system may lack, as those of Node on that system have them. */
type Constants = Partial<Pick<typeof NFS.constants, "O_DIRECTORY" | "O_NOCTTY" | "O_NOFOLLOW" | "O_NONBLOCK">>

export const of = (name: NodeJS.Platform, constants: Constants = NFS.constants): Platform => {
  const isWindows = name === "win32"
  const { basename, dirname, join, resolve, sep } = isWindows ? Path.win32 : Path.posix
  return {
    name,
    path: { basename, dirname, join, resolve, sep },
    flags: {
      directory: constants.O_DIRECTORY ?? 0,
      noControllingTerminal: constants.O_NOCTTY ?? 0,
      noFollow: constants.O_NOFOLLOW ?? 0,
      nonBlocking: constants.O_NONBLOCK ?? 0
    },
    pipeSize: name === "linux" ? 4096 : 512,
    hasDescriptorPaths: name === "linux",
    writesOutReplacements: name === "linux",
    componentsOf: (name) => name.split(isWindows ? /[\\/]/ : "/"),
    isMisleading: isWindows ? (component) => misleading.test(component) : never,
    mayBeInUse: isWindows ? (cause) => inUse.has(Errno.nameOf(cause)) : never,
    // libuv has no name for ERROR_USER_MAPPED_FILE.
    isMapped: isWindows ? (cause) => Errno.nameOf(cause) === "UNKNOWN" : never
  }
}

/** The system that runs this. */
export const current: Platform = of(process.platform)
