/**
 * The calls of node:fs that the driver makes, as effects: in the background, or blocking the thread.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as NFS from "node:fs"
import * as OS from "node:os"

type Done<A> = (error: Error | null, answer: A) => void

/** What is called, by the names and with the arguments of node:fs. */
interface Calls {
  readonly open: (path: string, flags: number, mode: number, done: Done<number>) => void
  readonly close: (fd: number, done: Done<void>) => void
  readonly fstat: (fd: number, options: { readonly bigint: true }, done: Done<NFS.BigIntStats>) => void
  readonly stat: (path: string, done: Done<NFS.Stats>) => void
  readonly lstat: (path: string, done: Done<NFS.Stats>) => void
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
  readonly rename: (from: string, to: string, done: Done<void>) => void
  readonly unlink: (path: string, done: Done<void>) => void
}

/** @internal */
export interface System extends Calls {
  /**
   * One call. It cannot be cancelled, so it is uninterruptible: an effect that ended has left nothing running. `onSuccess` runs as
   * the answer comes, so that what it notes is right even if the fiber was interrupted meanwhile. What the call throws
   * before it begins is a failure like those that it reports.
   */
  readonly call: <A, B, E>(
    start: (done: Done<A>) => void,
    onSuccess: (answer: A) => B,
    onFailure: (cause: unknown) => E
  ) => Effect.Effect<B, E>
}

/** @internal */
export const background: System = {
  open: (path, flags, mode, done) => NFS.open(path, flags, mode, done),
  close: (fd, done) => NFS.close(fd, (error) => done(error ?? null)),
  fstat: (fd, options, done) => NFS.fstat(fd, options, done),
  stat: (path, done) => NFS.stat(path, done),
  lstat: (path, done) => NFS.lstat(path, done),
  read: (fd, target, offset, length, position, done) => NFS.read(fd, target, offset, length, position, done),
  write: (fd, source, offset, length, position, done) => NFS.write(fd, source, offset, length, position, done),
  ftruncate: (fd, length, done) => NFS.ftruncate(fd, length, (error) => done(error)),
  fsync: (fd, done) => NFS.fsync(fd, (error) => done(error)),
  fdatasync: (fd, done) => NFS.fdatasync(fd, (error) => done(error)),
  rename: (from, to, done) => NFS.rename(from, to, (error) => done(error)),
  unlink: (path, done) => NFS.unlink(path, (error) => done(error)),
  call: (start, onSuccess, onFailure) =>
    IOProc.callback((done) => {
      try {
        start((error, answer) => done(error ? Exit.fail(onFailure(error)) : Exit.succeed(onSuccess(answer))))
      } catch (cause) {
        done(Exit.fail(onFailure(cause)))
      }
    })
}

/**
 * Every call blocks the thread, and answers at once.
 *
 * @internal
 */
export const blocking: System = {
  open: (path, flags, mode, done) => done(null, NFS.openSync(path, flags, mode)),
  close: (fd, done) => done(null, NFS.closeSync(fd)),
  fstat: (fd, options, done) => done(null, NFS.fstatSync(fd, options)),
  stat: (path, done) => done(null, NFS.statSync(path)),
  lstat: (path, done) => done(null, NFS.lstatSync(path)),
  read: (fd, target, offset, length, position, done) => done(null, NFS.readSync(fd, target, offset, length, position)),
  write: (fd, source, offset, length, position, done) =>
    done(null, NFS.writeSync(fd, source, offset, length, position)),
  ftruncate: (fd, length, done) => done(null, NFS.ftruncateSync(fd, length)),
  fsync: (fd, done) => done(null, NFS.fsyncSync(fd)),
  fdatasync: (fd, done) => done(null, NFS.fdatasyncSync(fd)),
  rename: (from, to, done) => done(null, NFS.renameSync(from, to)),
  unlink: (path, done) => done(null, NFS.unlinkSync(path)),
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
      return exit ?? Exit.die("a call that blocks has answered as it returns")
    })
}

/**
 * The error that the system would have given, for what is found out without asking it.
 *
 * @internal
 */
export const systemError = (code: keyof typeof OS.constants.errno, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, errno: -OS.constants.errno[code], syscall })

/**
 * Node refuses to transfer more than 2 ** 31 - 1 bytes at once.
 *
 * @internal
 */
export const maxTransfer = 2 ** 30
