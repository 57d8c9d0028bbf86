import type * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type * as Api from "../Crash.js"
import { changeOf, Disk, type Inode, isTruncation } from "./crashDisk.js"
import { States } from "./crashStates.js"

/**
 * A storage in memory is one synchronous step in all that it does: so what it did and what the disk records of it are
 * one step too.
 */
const now: <A, E>(effect: Effect.Effect<A, E>) => Exit.Exit<A, E> = Effect.runSyncExit

const inOrder = (files: Iterable<readonly [string, Uint8Array]>): Api.Files =>
  Object.fromEntries([...files].toSorted(([a], [b]) => a < b ? -1 : 1))

/** A storage that can be stopped. @internal */
export interface Stoppable extends Api.Crash {
  /** Stops it between two operations. */
  readonly stop: Effect.Effect<void>
  /** What was being done as it stopped; undefined if it did not stop at an operation. */
  readonly stoppedAt: Effect.Effect<string | undefined>
  readonly states: Effect.Effect<States>
}

const defaultSectorSize = 512

/**
 * Stops at the operation of that number: what it does is in flight, nothing is flushed, and no call is answered any
 * more.
 *
 * @internal
 */
export const make = (
  options: Api.Options | undefined,
  stop?: { readonly at: number; readonly onStop: () => void }
): Effect.Effect<Stoppable, MmioError.CannotOpen | MmioError.InvalidParameter> => {
  const { commit, files, folders, sectorSize = defaultSectorSize } = options ?? {}
  if (!Number.isSafeInteger(sectorSize) || sectorSize < 1) {
    return Effect.fail(
      new MmioError.InvalidParameter({
        operation: "Crash.make",
        file: "the storage",
        description: `${sectorSize} is an invalid size of a sector`
      })
    )
  }
  return Effect.flatMap(
    MemoryIOProc.make({ files, folders, commit }),
    (memory) => Effect.map(filesOf(memory), (files) => over(memory, new Disk(files), { commit, sectorSize }, stop))
  )
}

const filesOf = (memory: MemoryIOProc.MemoryIOProc): Effect.Effect<ReadonlyArray<readonly [string, Uint8Array]>> =>
  Effect.flatMap(memory.files, (names) =>
    Effect.forEach(names, (name) =>
      // Those names are what `files` just gave.
      Effect.orDie(Effect.map(memory.bytes(name), (bytes) => [name, bytes] as const))))

/** How what is done to a file reaches the disk. */
interface ToDisk {
  readonly write: (offset: number, bytes: Uint8Array) => void
  readonly truncate: (size: number) => void
  readonly flush: () => void
  /** A commit that is in flight. */
  readonly commit: () => void
  /** A commit that has come back. */
  readonly committed: () => void
}

const committedSafely = <A, E>(toDisk: ToDisk, exit: Exit.Exit<A, E>): Exit.Exit<A, E> => {
  if (Exit.isSuccess(exit)) toDisk.committed()
  return exit
}

const over = (
  memory: MemoryIOProc.MemoryIOProc,
  disk: Disk,
  options: Pick<Api.Options, "commit"> & { readonly sectorSize: number },
  stop: { readonly at: number; readonly onStop: () => void } | undefined
): Stoppable => {
  let operations = 0
  let stopped = false
  let stoppedAt: string | undefined

  /**
   * Does an operation, unless the storage stops at it: then `arrived`, which is all of it but the flush, and no answer.
   * Answers are synchronous, as those of the storage in memory are.
   *
   * A call of a stopped storage, by a finalizer for one, is interrupted in its turn: it neither reaches the disk nor
   * waits.
   */
  const operation = <A, E>(
    text: () => string,
    whole: () => Exit.Exit<A, E>,
    arrived: () => Exit.Exit<unknown, unknown> = whole
  ): Effect.Effect<A, E> =>
    IOProc.immediate(() => {
      if (stopped) return Effect.interrupt
      operations++
      if (operations !== stop?.at) return whole()
      stopped = true
      stoppedAt = text()
      arrived()
      stop.onStop()
      return Effect.interrupt
    })

  const pathOf = (name: FileName.FileName): string =>
    Exit.getOrElse(Exit.map(now(memory.fullName(name)), (path) => path.full), () => name.full)

  /** What a file does, of which `whole` and `arrived` reach the disk in their own ways. */
  const fileOf = (inner: IOProc.File, path: string, toDisk: ToDisk): IOProc.File => {
    const { truncate, writeAt } = inner
    const write = (
      position: number,
      source: Uint8Array,
      mode: IOProc.WriteMode
    ): Exit.Exit<number, MmioError.WriteError> =>
      writeAt === undefined
        ? Exit.succeed(0)
        : Exit.map(now(writeAt(position, source, mode)), (count) => {
          if (count > 0) toDisk.write(position, source.subarray(0, count))
          return count
        })
    const flushed = <A, E>(exit: Exit.Exit<A, E>): Exit.Exit<A, E> => {
      if (Exit.isSuccess(exit)) toDisk.flush()
      return exit
    }
    const committed = <E>(effect: Effect.Effect<void, E>) => (): Exit.Exit<void, E> => {
      const exit = now(effect)
      if (Exit.isSuccess(exit)) toDisk.commit()
      return exit
    }
    const commit = committed(inner.commit)
    const close = committed(inner.close)
    return IOProc.wrapFile(inner, {
      size: operation(() => `size ${path}`, () => now(inner.size)),
      readAt: (position, target) =>
        operation(
          () => `readAt ${path}, ${target.length} bytes at ${position}`,
          () => now(inner.readAt(position, target))
        ),
      writeAt: writeAt && ((position, source, mode) =>
        operation(
          () => `writeAt ${path}, ${source.length} bytes at ${position}${mode === "writeFlush" ? ", flush" : ""}`,
          () => mode === "writeFlush" ? flushed(write(position, source, mode)) : write(position, source, mode),
          () => write(position, source, mode)
        )),
      truncate: truncate && ((size) =>
        operation(() => `truncate ${path} to ${size} bytes`, () => {
          const before = now(inner.size)
          return Exit.map(now(truncate(size)), () => {
            if (!Exit.isSuccess(before) || before.value !== size) toDisk.truncate(size)
          })
        })),
      commit: operation(() => `commit ${path}`, () => committedSafely(toDisk, commit()), commit),
      close: operation(() => `close ${path}`, () => committedSafely(toDisk, close()), close),
      abort: operation(() => `abort ${path}`, () => now(inner.abort))
    })
  }

  /** What is written in place waits for a flush, and neither a commit nor a close is one. */
  const inPlace = (path: string, inode: Inode): ToDisk => ({
    write: (offset, bytes) => disk.write(path, inode, offset, bytes),
    truncate: (size) => disk.truncate(path, inode, size),
    flush: () => disk.flush(inode),
    commit: () => {},
    committed: () => {}
  })

  /** What is written waits in memory for the commit, which is one step of names. */
  const onClose = (path: string, opened: Inode | undefined): ToDisk => {
    let inode = opened
    return {
      write: () => {},
      truncate: () => {},
      flush: () => {},
      commit: () => {
        const name = nameOf(inode) ?? path
        const bytes = now(memory.bytes(name))
        if (Exit.isSuccess(bytes)) inode = disk.commit(path, inode, bytes.value) ?? inode
      },
      committed: () => {
        if (inode !== undefined) disk.flush(inode)
      }
    }
  }

  const nameOf = (inode: Inode | undefined): string | undefined =>
    [...disk.names].find(([, named]) => named === inode)?.[0]

  const open = (request: IOProc.OpenRequest) => {
    const path = pathOf(request.name)
    return Exit.map(now(memory.open(request)), (file) => {
      const known = disk.names.get(path)
      if (file.capabilities.commit === "onClose") return fileOf(file, path, onClose(path, known))
      if (known !== undefined && request.create !== "no") disk.cut(path, known)
      return fileOf(file, path, inPlace(path, known ?? disk.create(path)))
    })
  }

  const rename = (from: FileName.FileName, to: FileName.FileName) =>
    Exit.map(now(memory.rename(from, to)), () => disk.rename(pathOf(from), pathOf(to)))

  const remove = (name: FileName.FileName) => Exit.map(now(memory.remove(name)), () => disk.remove(pathOf(name)))

  const tempName = (request: IOProc.TempNameRequest) =>
    Exit.map(now(memory.tempName(request)), (name) => {
      disk.create(pathOf(name))
      return name
    })

  let known: { readonly operations: number; readonly states: States } | undefined
  /** Nothing changes between two operations: so one answer is good for many seeds. */
  const states = (): States => {
    if (known?.operations !== operations) {
      known = { operations, states: new States(disk, options.sectorSize, operations) }
    }
    return known.states
  }

  return {
    ...IOProc.make({
      open: (request) =>
        operation(
          () => `open ${request.name.full}${request.create === "no" ? "" : `, create ${request.create}`}`,
          () => open(request)
        ),
      rename: (from, to) => operation(() => `rename ${from.full} to ${to.full}`, () => rename(from, to)),
      remove: (name) => operation(() => `remove ${name.full}`, () => remove(name)),
      exists: (name) => operation(() => `exists ${name.full}`, () => now(memory.exists(name))),
      fullName: (name) => operation(() => `fullName ${name.full}`, () => now(memory.fullName(name))),
      tempName: (request) => operation(() => "tempName", () => tempName(request)),
      stat: (name) => operation(() => `stat ${name.full}`, () => now(memory.stat(name))),
      list: (folder) =>
        Stream.unwrap(
          operation(
            () => `list ${folder.full}`,
            () => Exit.map(now(Stream.runCollect(memory.list(folder))), Stream.fromChunk)
          )
        ),
      makeFolder: (name) => operation(() => `makeFolder ${name.full}`, () => now(memory.makeFolder(name))),
      removeFolder: (name) => operation(() => `removeFolder ${name.full}`, () => now(memory.removeFolder(name))),
      capabilities: memory.capabilities
    }),
    files: Effect.map(filesOf(memory), inOrder),
    durable: Effect.sync(() => {
      const now = states()
      return inOrder(now.files(now.choice(0)))
    }),
    pending: Effect.sync(() => pendingOf(disk)),
    operations: Effect.sync(() => operations),
    damage: (seed) =>
      Effect.sync(() => {
        const now = states()
        return now.damage(seed, now.choice(naturalOf(seed)))
      }),
    crash: (seed) =>
      Effect.flatMap(memory.folders, (folders) => {
        const now = states()
        const files = Object.fromEntries(now.files(now.choice(naturalOf(seed))))
        // What one storage had fits into another.
        return Effect.orDie(make({ ...options, files, folders }))
      }),
    stop: Effect.sync(() => {
      stopped = true
    }),
    stoppedAt: Effect.sync(() => stoppedAt),
    states: Effect.sync(states)
  }
}

const pendingOf = (disk: Disk): ReadonlyArray<Api.Pending> => {
  const inodes = new Set([...disk.durable.values(), ...disk.names.values(), ...disk.journal.map((it) => it.inode)])
  const writes = [...inodes].flatMap(({ pending }) =>
    pending.flat().map((step): { readonly number: number; readonly pending: Api.Pending } => ({
      number: step.number,
      pending: isTruncation(step)
        ? { op: "truncate", name: step.name, size: step.size }
        : { op: "write", name: step.name, offset: step.offset, bytes: step.bytes }
    }))
  )
  const changes = disk.journal.map((change) => ({ number: change.number, pending: changeOf(change) }))
  return [...writes, ...changes].toSorted((a, b) => a.number - b.number).map(({ pending }) => pending)
}

/** Seeds are natural numbers; any other number is turned into one. */
const naturalOf = (seed: number): number =>
  Number.isFinite(seed) ? Math.min(Math.abs(Math.trunc(seed)), Number.MAX_SAFE_INTEGER) : 0
