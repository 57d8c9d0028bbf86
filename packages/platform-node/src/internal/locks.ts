/**
 * Sharing modes between processes, as locks on bytes far past the end of a file.
 *
 * Each category has 1 024 bytes from 2^52 on. A handle locks one byte of each category that is true of it: it reads
 * (`R`), it writes (`W`), it denies reading (`DR`), it denies writing (`DW`), it is compat (`C`), it is not (`N`). Two
 * handles conflict where one reads and the other denies that, where one writes and the other denies that, and where one
 * of them is compat. So an open takes the guard, probes the opposing categories as a whole, locks its own bytes, and
 * releases the guard. A compat handle needs no more than `C`: every other mode conflicts with it.
 *
 * A descriptor that can write locks a random free byte exclusively, since it may have no right to share one. One that
 * can only read shares byte 0, which the others leave alone: it sees the locks of those that can write, and they see
 * its own, but two of its kind do not see each other.
 *
 * The system releases the locks when the descriptor is closed, so also when the process dies.
 */
import * as Errno from "@effect-mmio/core/Errno"
import type * as Sharing from "@effect-mmio/core/Sharing"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { createRequire } from "node:module"
import * as Platform from "./platform.js"
import type { System } from "./system.js"

/** What is used of the addon `fs-native-extensions`. */
export interface Addon {
  /** False where another descriptor has the bytes locked; other failures are thrown. */
  readonly tryLock: (fd: number, offset: number, length: number, options: { readonly shared: boolean }) => boolean
  readonly unlock: (fd: number, offset: number, length: number) => void
}

const base = 2 ** 52
/** How many bytes a category has. */
const width = 1024

// The categories, in the order of their bytes.
const guard = 0
const reading = 1
const writing = 2
const denyingRead = 3
const denyingWrite = 4
const compat = 5
const notCompat = 6
const categories = 7

/** What another handle does that conflicts, as an error says it. */
const descriptions: Readonly<Record<number, string>> = {
  [reading]: "another process reads it, which this handle would deny",
  [writing]: "another process writes it, which this handle would deny",
  [denyingRead]: "another process has it open and denies reading",
  [denyingWrite]: "another process has it open and denies writing",
  [compat]: "another process has it open as compat",
  [notCompat]: "another process has it open, and not as compat"
}

/** Bytes of one or more categories. */
interface Range {
  readonly offset: number
  readonly length: number
}

const bytesOf = (category: number): Range => ({ offset: base + category * width, length: width })

/** What an open has to probe, and what it locks then. */
interface Plan {
  readonly opposing: ReadonlyArray<number>
  /** The same, with neighbors as one range. */
  readonly probes: ReadonlyArray<Range>
  readonly own: ReadonlyArray<number>
}

const joined = (sorted: ReadonlyArray<number>): ReadonlyArray<Range> => {
  const ranges: Array<Range> = []
  for (const category of sorted) {
    const { length, offset } = bytesOf(category)
    const last = ranges.at(-1)
    if (last !== undefined && last.offset + last.length === offset) {
      ranges[ranges.length - 1] = { offset: last.offset, length: last.length + length }
    } else {
      ranges.push({ offset, length })
    }
  }
  return ranges
}

const planOf = ({ access, share }: Sharing.Claim): Plan => {
  const opposing: Array<number> = []
  const own: Array<number> = []
  if (share === "compat") {
    own.push(compat)
    opposing.push(notCompat)
  } else {
    const deniesRead = share === "denyRead" || share === "exclusive"
    const deniesWrite = share === "denyWrite" || share === "exclusive"
    const add = (isTrue: boolean, category: number, opposite: number) => {
      if (!isTrue) return
      own.push(category)
      opposing.push(opposite)
    }
    add(access !== "write", reading, denyingRead)
    add(access !== "read", writing, denyingWrite)
    add(deniesRead, denyingRead, reading)
    add(deniesWrite, denyingWrite, writing)
    add(true, notCompat, compat)
  }
  const sorted = opposing.toSorted((a, b) => a - b)
  return { opposing: sorted, probes: joined(sorted), own }
}

/** Fifteen plans serve all opens. */
const plans = new Map<string, Plan>()

const planFor = (claim: Sharing.Claim): Plan => {
  const key = `${claim.access} ${claim.share}`
  const known = plans.get(key)
  if (known !== undefined) return known
  const plan = planOf(claim)
  plans.set(key, plan)
  return plan
}

/** What an addon says of bytes that another descriptor has locked: Linux, other POSIX systems, and Windows. */
const lockedCodes: ReadonlySet<string | undefined> = new Set(["EAGAIN", "EACCES", "EBUSY"])

/** The locks of one descriptor. */
class DescriptorLocks {
  private readonly addon: Addon
  private readonly fd: number
  private readonly options: { readonly shared: boolean }
  private readonly held: Array<number> = []

  constructor(addon: Addon, fd: number, isWritable: boolean) {
    this.addon = addon
    this.fd = fd
    this.options = { shared: !isWritable }
  }

  tryLock({ length, offset }: Range): boolean {
    // The addon makes a lock of byte 0 out of what is no number.
    if (!Number.isSafeInteger(offset) || offset < base || offset + length > base + categories * width) {
      throw new RangeError(`there is no lock of ${length} bytes at ${offset}`)
    }
    try {
      return this.addon.tryLock(this.fd, offset, length, this.options)
    } catch (cause) {
      if (lockedCodes.has(Errno.nameOf(cause))) return false
      throw cause
    }
  }

  unlock({ length, offset }: Range): void {
    this.addon.unlock(this.fd, offset, length)
  }

  /** Whether no other descriptor has locked one of the bytes. */
  isFree(range: Range): boolean {
    if (!this.tryLock(range)) return false
    this.unlock(range)
    return true
  }

  /** Locks a byte of a category; false where all of them are locked. */
  hold(category: number): boolean {
    const { offset } = bytesOf(category)
    if (this.options.shared) return this.holdByte(offset)
    const free = width - 1
    const start = Math.floor(Math.random() * free)
    for (let i = 0; i < free; i++) {
      if (this.holdByte(offset + 1 + (start + i) % free)) return true
    }
    return false
  }

  private holdByte(offset: number): boolean {
    if (!this.tryLock({ offset, length: 1 })) return false
    this.held.push(offset)
    return true
  }

  /** Unlocks what is held. A failure does not count: the system does it when the descriptor is closed. */
  release(): void {
    for (const offset of this.held.splice(0)) {
      try {
        this.unlock({ offset, length: 1 })
      } catch {
        continue
      }
    }
  }
}

/** What became of an attempt to get the locks of a file: only the guard is worth another one. */
type Attempt = Either.Either<DescriptorLocks, "guarded" | { readonly conflict: string }>

const attemptRanges = (locks: DescriptorLocks, plan: Plan): Attempt => {
  if (!locks.tryLock(bytesOf(guard))) return Either.left("guarded")
  try {
    if (!plan.probes.every((range) => locks.isFree(range))) {
      const category = plan.opposing.find((category) => !locks.isFree(bytesOf(category)))
      return Either.left({
        conflict: category === undefined
          ? "another process had it open until now"
          : descriptions[category] ?? "another process has it open"
      })
    }
    if (!plan.own.every((category) => locks.hold(category))) {
      locks.release()
      return Either.left({
        conflict: `${width - 1} handles have it open that can write it, which are all that there can be`
      })
    }
    return Either.right(locks)
  } catch (cause) {
    locks.release()
    throw cause
  } finally {
    locks.unlock(bytesOf(guard))
  }
}

/** What macOS has: all of a file is locked, exclusively by handles that allow nothing, and shared by all others. */
const attemptWhole = (
  addon: Addon,
  fd: number,
  { share }: Sharing.Claim
): Either.Either<void, { readonly conflict: string }> =>
  addon.tryLock(fd, 0, 0, { shared: share !== "exclusive" })
    ? Either.void
    : Either.left({ conflict: "another process has it open, and one of the two handles is exclusive" })

/**
 * How often an open tries to get the guard, which others hold for microseconds: with the pauses, for about a second.
 */
const guardTries = 110
/** How many of these come without a pause. */
const promptTries = 4
const longestPause = 20

/** What an open got. */
export interface Granted {
  readonly locks: "process" | "wholeFile" | "system"
  /** What has to be called before the descriptor is closed, where the system may release the locks later than that. */
  readonly unlock: (() => void) | undefined
}

const inProcess: Granted = { locks: "process", unlock: undefined }
const wholeFile: Granted = { locks: "wholeFile", unlock: undefined }
const system: Granted = { locks: "system", unlock: undefined }

/** The locks of this system. */
export interface Locks {
  /** Whether a descriptor sees all locks only if it can write. */
  readonly wantsWritable: () => boolean
  /**
   * Locks a regular file, or says which conflict there is. Where the system has no locks for it, warns the first time,
   * and the file's sharing mode holds within the process. `pause` waits for so many milliseconds.
   */
  readonly acquire: (
    fd: number,
    isWritable: boolean,
    claim: Sharing.Claim,
    path: string,
    pause: System["pause"]
  ) => Effect.Effect<Granted, { readonly conflict: string }>
}

/** No locks of the system, as the option `locks: "process"` has it. */
export const none: Locks = { wantsWritable: () => false, acquire: () => Effect.succeed(inProcess) }

const isAddon = (value: unknown): value is Addon =>
  typeof value === "object" && value !== null && "tryLock" in value && typeof value.tryLock === "function"
  && "unlock" in value && typeof value.unlock === "function"

const reasonOf = (cause: unknown): string =>
  Errno.nameOf(cause) ?? (cause instanceof Error ? cause.message.split("\n", 1)[0] ?? "" : String(cause))

/**
 * The locks of a platform, of which an addon is loaded when the first file is opened.
 */
export const make = (load: () => unknown, platform: NodeJS.Platform): Locks => {
  let loaded: Either.Either<Addon, string> | undefined
  const warned = new Set<"addon" | "file system">()

  const addon = (): Either.Either<Addon, string> => {
    if (loaded !== undefined) return loaded
    try {
      const value = load()
      loaded = isAddon(value) ? Either.right(value) : Either.left("it lacks tryLock or unlock")
    } catch (cause) {
      loaded = Either.left(reasonOf(cause))
    }
    return loaded
  }

  const withoutLocks = (why: "addon" | "file system", message: string): Effect.Effect<Granted> => {
    if (warned.has(why)) return Effect.succeed(inProcess)
    warned.add(why)
    return Effect.as(Effect.logWarning(`sharing modes do not bind other processes: ${message}`), inProcess)
  }

  const grantedTo = (locks: DescriptorLocks): Granted =>
    // Windows releases the locks of a closed file at a time of its own.
    platform === "win32" ? { locks: "system", unlock: () => locks.release() } : system

  return {
    wantsWritable: () => platform !== "darwin" && Either.isRight(addon()),
    acquire: (fd, isWritable, claim, path, pause) => {
      const found = addon()
      if (Either.isLeft(found)) {
        return withoutLocks("addon", `the addon fs-native-extensions cannot be loaded (${found.left})`)
      }
      const attempt = (tries: number): Effect.Effect<Granted, { readonly conflict: string }> => {
        try {
          if (platform === "darwin") return Either.map(attemptWhole(found.right, fd, claim), () => wholeFile)
          const attempted = attemptRanges(new DescriptorLocks(found.right, fd, isWritable), planFor(claim))
          if (Either.isRight(attempted)) return Effect.succeed(grantedTo(attempted.right))
          if (attempted.left !== "guarded") return Effect.fail(attempted.left)
        } catch (cause) {
          return withoutLocks("file system", `there are no locks for ${path} (${reasonOf(cause)})`)
        }
        // The guard is held for microseconds, unless the system lets another process run meanwhile.
        if (tries < promptTries) return attempt(tries + 1)
        if (tries < guardTries) {
          return Effect.flatMap(
            pause(Math.ceil(Math.random() * Math.min(tries, longestPause))),
            () => attempt(tries + 1)
          )
        }
        return Effect.fail({
          conflict:
            "another process keeps the guard of its locks, which takes microseconds; it may be stopped, or may have locked the whole file"
        })
      }
      return attempt(0)
    }
  }
}

/**
 * The locks of this machine.
 */
export const ofSystem: Locks = make(
  () => {
    // The addon calls `uv_translate_sys_error`, at which Bun 1.4 ends the process.
    if (process.versions["bun"] !== undefined) throw new Error("Bun lacks a function of libuv that the addon calls")
    return createRequire(import.meta.url)("fs-native-extensions")
  },
  Platform.current.name
)
