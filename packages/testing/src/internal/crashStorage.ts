import type * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Api from "../Crash.js"
import { changeOf, Disk, type Inode } from "./crashDisk.js"
import { States } from "./crashStates.js"

/**
 * A storage in memory is one synchronous step in all that it does: so what it did and what the disk is told of it are one step too, and
 * nothing comes between.
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

/** Stops at the operation of that number: what it does is under way, nothing is flushed, and nobody gets an answer any more. @internal */
export const make = (
  options: Api.Options | undefined,
  stop?: { readonly at: number; readonly onStop: () => void }
): Effect.Effect<Stoppable, MmioError.CannotOpen | MmioError.InvalidParameter> => {
  const { files, folders, sectorSize = defaultSectorSize } = options ?? {}
  if (!Number.isSafeInteger(sectorSize) || sectorSize < 1) {
    return Effect.fail(
      new MmioError.InvalidParameter({
        operation: "Crash.make",
        file: "the storage",
        description: `${sectorSize} is not the size of a sector`
      })
    )
  }
  return Effect.flatMap(
    MemoryIOProc.make({ files, folders }),
    (memory) => Effect.map(filesOf(memory), (files) => over(memory, new Disk(files), sectorSize, stop))
  )
}

const filesOf = (memory: MemoryIOProc.MemoryIOProc): Effect.Effect<ReadonlyArray<readonly [string, Uint8Array]>> =>
  Effect.flatMap(memory.files, (names) =>
    Effect.forEach(names, (name) =>
      // Those names are what `files` just gave.
      Effect.orDie(Effect.map(memory.bytes(name), (bytes) => [name, bytes] as const))))

const over = (
  memory: MemoryIOProc.MemoryIOProc,
  disk: Disk,
  sectorSize: number,
  stop: { readonly at: number; readonly onStop: () => void } | undefined
): Stoppable => {
  let operations = 0
  let stopped = false
  let stoppedAt: string | undefined

  /**
   * Does an operation, unless the storage stops at it: then `arrived`, which is all of it but the flush, and no answer.
   *
   * What is asked of a stopped storage, by finalizers for one, is interrupted in its turn: it neither reaches the disk nor waits.
   */
  const operation = <A, E>(
    text: () => string,
    whole: () => Exit.Exit<A, E>,
    arrived: () => Exit.Exit<unknown, unknown> = whole
  ): Effect.Effect<A, E> =>
    Effect.suspend(() => {
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

  const fileOf = (file: IOProc.File, path: string, inode: Inode): IOProc.File => {
    const position = () => Exit.getOrElse(now(file.seek(0, "current")), () => 0)
    const write = (source: Uint8Array) => {
      const offset = position()
      return Exit.map(now(file.write(source)), (count) => {
        if (count > 0) disk.write(path, inode, offset, source.subarray(0, count))
        return count
      })
    }
    const writeAny = (source: Uint8Array) => source.length === 0 ? Exit.succeed(0) : write(source)
    return {
      read: (target) =>
        operation(() => `read ${path}, ${target.length} bytes at ${position()}`, () => now(file.read(target))),
      write: (source) => operation(() => `write ${path}, ${source.length} bytes at ${position()}`, () => write(source)),
      writeFlush: (source) =>
        operation(
          () => `writeFlush ${path}, ${source.length} bytes at ${position()}`,
          () =>
            Exit.map(writeAny(source), (count) => {
              disk.flush(inode)
              return count
            }),
          () => writeAny(source)
        ),
      seek: (offset, from) =>
        operation(() => `seek ${path}, ${offset} from ${from}`, () => now(file.seek(offset, from))),
      close: operation(() => `close ${path}`, () => now(file.close)),
      onMessage: file.onMessage
    }
  }

  const open = (request: IOProc.OpenRequest) => {
    const path = pathOf(request.name)
    return Exit.map(now(memory.open(request)), (file) => {
      const known = disk.names.get(path)
      if (known !== undefined && request.create) disk.cut(path, known)
      return fileOf(file, path, known ?? disk.create(path))
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
    if (known?.operations !== operations) known = { operations, states: new States(disk, sectorSize, operations) }
    return known.states
  }

  return {
    ...IOProc.make({
      open: (request) =>
        operation(() => `open ${request.name.full}${request.create ? ", creating" : ""}`, () => open(request)),
      rename: (from, to) => operation(() => `rename ${from.full} to ${to.full}`, () => rename(from, to)),
      remove: (name) => operation(() => `remove ${name.full}`, () => remove(name)),
      exists: (name) => operation(() => `exists ${name.full}`, () => now(memory.exists(name))),
      fullName: (name) => operation(() => `fullName ${name.full}`, () => now(memory.fullName(name))),
      tempName: (request) => operation(() => "tempName", () => tempName(request))
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
        return Effect.orDie(make({ files, folders, sectorSize }))
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
    pending.flat().map(({ bytes, name, number, offset }) => ({
      number,
      pending: { op: "write", name, offset, bytes } as const
    }))
  )
  const changes = disk.journal.map((change) => ({ number: change.number, pending: changeOf(change) }))
  return [...writes, ...changes].toSorted((a, b) => a.number - b.number).map(({ pending }) => pending)
}

/** Seeds are natural numbers; whatever else is given stands for one. */
const naturalOf = (seed: number): number =>
  Number.isFinite(seed) ? Math.min(Math.abs(Math.trunc(seed)), Number.MAX_SAFE_INTEGER) : 0
