/**
 * How bytes come out of a file that only goes forward, and get into it.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as NFS from "node:fs"
import type { Done } from "./system.js"

/** One read and one write at a time. */
export interface ByteStream {
  /**
   * Reads at least one byte into the front of `target`, and at most all of it; 0 is the end. Closing the stream ends it
   * without an answer.
   */
  readonly read: (target: Uint8Array, done: Done<number>) => void
  /** Writes at least one byte of the front of `source`. A failure has written nothing. */
  readonly write: (source: Uint8Array, done: Done<number>) => void
  /** Ends the stream, and calls `released` once its descriptor is free again, which may be after the answer. */
  readonly close: (released: () => void, done: Done<void>) => void
}

/** A descriptor that may be that of a caller. */
interface Descriptor {
  readonly fd: number
  readonly isOwned: boolean
}

/** The longest pause between two tries of a call that would have had to wait, in milliseconds. */
const longestPause = 20

/**
 * By calls of node:fs, each of which takes a thread of the pool as long as it waits. A descriptor that does not block,
 * as that of a terminal, is asked again and again. A read that waits in the system cannot be cancelled: the descriptor
 * is then closed when it returns.
 */
export const makePooled = (descriptor: Descriptor): ByteStream => {
  let isReading = false
  let timer: NodeJS.Timeout | undefined
  /** Closes the stream, once a read has returned that could not be cancelled. */
  let close: (() => void) | undefined

  /** Makes a call, and makes it again as long as it would have to wait. */
  const patiently = (call: (done: Done<number>) => void, done: Done<number>, pause = 1): void => {
    call((error, count) => {
      if (Errno.nameOf(error) !== "EAGAIN" || close !== undefined) return done(error, count)
      timer = setTimeout(() => {
        timer = undefined
        patiently(call, done, Math.min(2 * pause, longestPause))
      }, pause)
    })
  }

  return {
    read: (target, done) => {
      isReading = true
      patiently(
        (done) => NFS.read(descriptor.fd, target, 0, target.length, null, done),
        (error, count) => {
          isReading = false
          if (close === undefined) done(error, count)
          else close()
        }
      )
    },
    write: (source, done) => patiently((done) => NFS.write(descriptor.fd, source, 0, source.length, null, done), done),
    close: (released, done) => {
      if (!descriptor.isOwned) {
        released()
        return done(null)
      }
      const { fd } = descriptor
      const isWaiting = isReading && timer === undefined
      clearTimeout(timer)
      close = () => NFS.close(fd, released)
      // A call that still waits to read would read from whatever file gets the number next.
      if (isWaiting) return done(null)
      NFS.close(fd, (error) => {
        released()
        done(error ?? null)
      })
    }
  }
}
