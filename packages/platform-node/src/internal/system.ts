/** The calls of node:fs that the driver makes, as effects: in the background, or blocking the thread. */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Platform from "./platform.js"

/** How a call answers: with an error, or with `answer`. */
export type Done<A> = (error: Error | null, answer: A) => void

/** What is called, by the names and with the arguments of node:fs. */
interface Calls {
  readonly open: (path: string, flags: number, mode: number, done: Done<number>) => void
  readonly close: (fd: number, done: Done<void>) => void
  readonly fstat: (fd: number, options: { readonly bigint: true }, done: Done<NFS.BigIntStats>) => void
  readonly stat: (path: string, options: { readonly bigint: true }, done: Done<NFS.BigIntStats>) => void
  readonly lstat: (path: string, options: { readonly bigint: true }, done: Done<NFS.BigIntStats>) => void
  readonly read: (
    fd: number,
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: Done<number>
  ) => void
  readonly write: (
    fd: number,
    source: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: Done<number>
  ) => void
  readonly ftruncate: (fd: number, length: number, done: Done<void>) => void
  readonly fsync: (fd: number, done: Done<void>) => void
  readonly fdatasync: (fd: number, done: Done<void>) => void
  readonly readlink: (path: string, done: Done<string>) => void
  readonly realpath: (path: string, done: Done<string>) => void
  readonly rename: (from: string, to: string, done: Done<void>) => void
  readonly unlink: (path: string, done: Done<void>) => void
  readonly fchmod: (fd: number, mode: number, done: Done<void>) => void
  readonly mkdir: (path: string, done: Done<void>) => void
  readonly rmdir: (path: string, done: Done<void>) => void
  readonly opendir: (path: string, done: Done<NFS.Dir>) => void
  /** The next entries of a folder, of which there are few at once; none at its end. */
  readonly readEntries: (folder: NFS.Dir, done: Done<ReadonlyArray<NFS.Dirent>>) => void
  readonly closeFolder: (folder: NFS.Dir, done: Done<void>) => void
}

/** How many entries of a folder are read at once. */
const entriesAtOnce = 64

export interface System extends Calls {
  readonly platform: Platform.Platform
  /** Whether a call returns before it has ended, so that several can be in flight. */
  readonly concurrent: boolean
  /**
   * One call. The system cannot cancel it, so it is uninterruptible: an effect that has ended has no call in flight.
   * `onSuccess` runs in the callback, so that what it notes is true even if the fiber was interrupted meanwhile. What
   * the call throws before it begins is a failure like those that it reports.
   */
  readonly call: <A, B, E>(
    start: (done: Done<A>) => void,
    onSuccess: (answer: A) => B,
    onFailure: (cause: unknown) => E
  ) => Effect.Effect<B, E>
  /** Waits for so many milliseconds of real time. */
  readonly pause: (milliseconds: number) => Effect.Effect<void>
}

export const background: System = {
  platform: Platform.current,
  concurrent: true,
  open: (path, flags, mode, done) => NFS.open(path, flags, mode, done),
  close: (fd, done) => NFS.close(fd, (error) => done(error ?? null)),
  fstat: (fd, options, done) => NFS.fstat(fd, options, done),
  stat: (path, options, done) => NFS.stat(path, options, done),
  lstat: (path, options, done) => NFS.lstat(path, options, done),
  read: (fd, target, offset, length, position, done) => NFS.read(fd, target, offset, length, position, done),
  write: (fd, source, offset, length, position, done) => NFS.write(fd, source, offset, length, position, done),
  ftruncate: (fd, length, done) => NFS.ftruncate(fd, length, (error) => done(error)),
  fsync: (fd, done) => NFS.fsync(fd, (error) => done(error)),
  fdatasync: (fd, done) => NFS.fdatasync(fd, (error) => done(error)),
  readlink: (path, done) => NFS.readlink(path, done),
  realpath: (path, done) => NFS.realpath.native(path, done),
  rename: (from, to, done) => NFS.rename(from, to, (error) => done(error)),
  unlink: (path, done) => NFS.unlink(path, (error) => done(error)),
  fchmod: (fd, mode, done) => NFS.fchmod(fd, mode, (error) => done(error)),
  mkdir: (path, done) => NFS.mkdir(path, (error) => done(error)),
  rmdir: (path, done) => NFS.rmdir(path, (error) => done(error)),
  opendir: (path, done) => NFS.opendir(path, done),
  readEntries: (folder, done) => {
    const entries: Array<NFS.Dirent> = []
    const next = () =>
      folder.read((error, entry) => {
        if (error) return done(error, entries)
        if (entry !== null && entries.push(entry) < entriesAtOnce) return next()
        done(null, entries)
      })
    next()
  },
  closeFolder: (folder, done) => folder.close((error) => done(error ?? null)),
  call: (start, onSuccess, onFailure) =>
    IOProc.callback((done) => {
      try {
        start((error, answer) => done(error ? Exit.fail(onFailure(error)) : Exit.succeed(onSuccess(answer))))
      } catch (cause) {
        done(Exit.fail(onFailure(cause)))
      }
    }),
  // The clock of a fiber may be that of a test.
  pause: (milliseconds) =>
    Effect.async((resume) => {
      const timer = setTimeout(() => resume(Effect.void), milliseconds)
      return Effect.sync(() => clearTimeout(timer))
    })
}

/** Every call blocks the thread, and answers synchronously. */
export const blocking: System = {
  platform: Platform.current,
  concurrent: false,
  open: (path, flags, mode, done) => done(null, NFS.openSync(path, flags, mode)),
  close: (fd, done) => done(null, NFS.closeSync(fd)),
  fstat: (fd, options, done) => done(null, NFS.fstatSync(fd, options)),
  stat: (path, options, done) => done(null, NFS.statSync(path, options)),
  lstat: (path, options, done) => done(null, NFS.lstatSync(path, options)),
  read: (fd, target, offset, length, position, done) => done(null, NFS.readSync(fd, target, offset, length, position)),
  write: (fd, source, offset, length, position, done) =>
    done(null, NFS.writeSync(fd, source, offset, length, position)),
  ftruncate: (fd, length, done) => done(null, NFS.ftruncateSync(fd, length)),
  fsync: (fd, done) => done(null, NFS.fsyncSync(fd)),
  fdatasync: (fd, done) => done(null, NFS.fdatasyncSync(fd)),
  readlink: (path, done) => done(null, NFS.readlinkSync(path)),
  realpath: (path, done) => done(null, NFS.realpathSync.native(path)),
  rename: (from, to, done) => done(null, NFS.renameSync(from, to)),
  unlink: (path, done) => done(null, NFS.unlinkSync(path)),
  fchmod: (fd, mode, done) => done(null, NFS.fchmodSync(fd, mode)),
  mkdir: (path, done) => done(null, NFS.mkdirSync(path)),
  rmdir: (path, done) => done(null, NFS.rmdirSync(path)),
  opendir: (path, done) => done(null, NFS.opendirSync(path)),
  readEntries: (folder, done) => {
    const entries: Array<NFS.Dirent> = []
    while (entries.length < entriesAtOnce) {
      const entry = folder.readSync()
      if (entry === null) break
      entries.push(entry)
    }
    done(null, entries)
  },
  closeFolder: (folder, done) => done(null, folder.closeSync()),
  call: <A, B, E>(start: (done: Done<A>) => void, onSuccess: (answer: A) => B, onFailure: (cause: unknown) => E) =>
    IOProc.immediate((): Exit.Exit<B, E> => {
      let exit: Exit.Exit<B, E> | undefined
      try {
        start((_, answer) => {
          exit = Exit.succeed(onSuccess(answer))
        })
      } catch (cause) {
        return Exit.fail(onFailure(cause))
      }
      return exit ?? Exit.die("a blocking call returned without an answer")
    }),
  pause: (milliseconds) =>
    Effect.sync(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
    })
}

/** The call's own error, for a caller that makes the library's out of it. */
const asIs = (cause: unknown): unknown => cause

/**
 * The calls of a system that take a path, a folder, or a descriptor that is not a file yet; they fail with the system's
 * error.
 */
export const pathCalls = (system: System) => ({
  platform: system.platform,
  open: (path: string, flags: number, mode: number) =>
    system.call<number, number, unknown>((done) => system.open(path, flags, mode, done), (fd) => fd, asIs),
  close: (fd: number) => system.call<void, void, unknown>((done) => system.close(fd, done), () => {}, asIs),
  fstat: (fd: number) =>
    system.call<NFS.BigIntStats, NFS.BigIntStats, unknown>(
      (done) => system.fstat(fd, { bigint: true }, done),
      (stats) => stats,
      asIs
    ),
  truncate: (fd: number) => system.call<void, void, unknown>((done) => system.ftruncate(fd, 0, done), () => {}, asIs),
  stat: (path: string) =>
    system.call<NFS.BigIntStats, NFS.BigIntStats, unknown>(
      (done) => system.stat(path, { bigint: true }, done),
      (stats) => stats,
      asIs
    ),
  lstat: (path: string) =>
    system.call<NFS.BigIntStats, NFS.BigIntStats, unknown>(
      (done) => system.lstat(path, { bigint: true }, done),
      (stats) => stats,
      asIs
    ),
  readlink: (path: string) =>
    system.call<string, string, unknown>((done) => system.readlink(path, done), (target) => target, asIs),
  realpath: (path: string) =>
    system.call<string, string, unknown>((done) => system.realpath(path, done), (real) => real, asIs),
  rename: (from: string, to: string) =>
    system.call<void, void, unknown>((done) => system.rename(from, to, done), () => {}, asIs),
  unlink: (path: string) => system.call<void, void, unknown>((done) => system.unlink(path, done), () => {}, asIs),
  fchmod: (fd: number, mode: number) =>
    system.call<void, void, unknown>((done) => system.fchmod(fd, mode, done), () => {}, asIs),
  /** Has the system put the names of a folder on the device; a system that cannot open folders does it by itself. */
  syncFolder: (path: string) =>
    Effect.ignore(Effect.acquireUseRelease(
      system.call<number, number, unknown>((done) => system.open(path, NFS.constants.O_RDONLY, 0, done), (fd) =>
        fd, asIs),
      (fd) =>
        system.call<void, void, unknown>(
          (done) =>
            system.fsync(fd, done),
          () => {},
          asIs
        ),
      (fd) =>
        Effect.ignore(system.call<void, void, unknown>((done) => system.close(fd, done), () => {}, asIs))
    )),
  mkdir: (path: string) => system.call<void, void, unknown>((done) => system.mkdir(path, done), () => {}, asIs),
  rmdir: (path: string) => system.call<void, void, unknown>((done) => system.rmdir(path, done), () => {}, asIs),
  opendir: (path: string) =>
    system.call<NFS.Dir, NFS.Dir, unknown>((done) => system.opendir(path, done), (folder) => folder, asIs),
  readEntries: (folder: NFS.Dir) =>
    system.call<ReadonlyArray<NFS.Dirent>, ReadonlyArray<NFS.Dirent>, unknown>(
      (done) => system.readEntries(folder, done),
      (entries) => entries,
      asIs
    ),
  closeFolder: (folder: NFS.Dir) =>
    system.call<void, void, unknown>((done) => system.closeFolder(folder, done), () => {}, asIs),
  /**
   * The path from the root, of parts as `path.resolve` takes them; it throws where the folder of the process is gone.
   */
  resolve: (...path: ReadonlyArray<string>): string => system.platform.path.resolve(...path)
})

export type PathCalls = ReturnType<typeof pathCalls>

/** The error that the system would have given, for what is found out without asking it. */
export const systemError = (code: keyof typeof OS.constants.errno, syscall: string, cause?: unknown): Error =>
  Object.assign(new Error(`${code}: ${syscall}`, cause === undefined ? {} : { cause }), {
    code,
    errno: -OS.constants.errno[code],
    syscall
  })

/** Node refuses to transfer more than 2 ** 31 - 1 bytes at once. */
export const maxTransfer = 2 ** 30
