/**
 * FIFOs, over a descriptor that does not block: what has to wait waits in the event loop, and takes no thread of the
 * pool.
 *
 * A call is tried first. Where it would have to wait, a `net.Socket` over the descriptor waits for it, and transfers no
 * more than what keeps the promises of a `ByteStream`: it reads one byte, which some read wants, and it writes as much
 * as the system writes whole or not at all. The rest is for the next try. The socket is made when it is first needed,
 * and owns the descriptor from then on.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as NFS from "node:fs"
import * as Net from "node:net"
import type { ByteStream } from "./byteStream.js"
import * as Platform from "./platform.js"
import { type Done, maxTransfer, systemError } from "./system.js"

/** Undefined where the call would have to wait. */
const tryNow = (call: () => number): number | undefined => {
  try {
    return call()
  } catch (cause) {
    if (Errno.nameOf(cause) === "EAGAIN") return undefined
    throw cause
  }
}

class Fifo implements ByteStream {
  private readonly fd: number
  private readonly access: { readonly readable: boolean; readonly writable: boolean }
  private socket: Net.Socket | undefined
  /** Whether a writer has been seen. Before that, 0 bytes are no end: the writer is still to come. */
  private isConnected = false
  /** From then on there is nothing to read, also where another writer comes: the socket has closed the descriptor. */
  private hasEnded = false
  private waiting: { readonly target: Uint8Array; readonly done: Done<number> } | undefined

  constructor(fd: number, access: { readonly readable: boolean; readonly writable: boolean }) {
    this.fd = fd
    this.access = access
  }

  read(target: Uint8Array, done: Done<number>): void {
    const count = this.hasEnded ? 0 : this.tryRead(target)
    if (count === undefined) {
      this.waiting = { target, done }
      this.waiter.resume()
    } else done(null, count)
  }

  /** Undefined where no byte has come yet, nor the end. */
  private tryRead(target: Uint8Array): number | undefined {
    const count = tryNow(() => NFS.readSync(this.fd, target, 0, target.length, null))
    if (count === 0 && !this.isConnected) return undefined
    this.isConnected = true
    this.hasEnded = count === 0
    return count
  }

  write(source: Uint8Array, done: Done<number>): void {
    // A socket whose write has failed closes the descriptor.
    if (this.socket?.destroyed === true) throw systemError("EPIPE", "write")
    const count = tryNow(() => NFS.writeSync(this.fd, source, 0, Math.min(source.length, maxTransfer), null))
    if (count !== undefined) return done(null, count)
    const part = source.subarray(0, Platform.current.pipeSize)
    this.waiter.write(part, (error) => done(error ?? null, part.length))
  }

  close(released: () => void, done: Done<void>): void {
    this.waiting = undefined
    const finish = (error: Error | null) => {
      released()
      done(error)
    }
    if (this.socket === undefined) return NFS.close(this.fd, (error) => finish(error ?? null))
    if (this.socket.closed) return finish(null)
    this.socket.once("close", () => finish(null))
    this.socket.destroy()
  }

  private get waiter(): Net.Socket {
    this.socket ??= this.makeSocket()
    return this.socket
  }

  private makeSocket(): Net.Socket {
    const byte = new Uint8Array(1)
    const answer = (error: Error | null, count: number) => {
      const { waiting } = this
      this.waiting = undefined
      waiting?.done(error, count)
    }
    // The types of Node leave out that the constructor takes `onread`, too.
    const options: Net.SocketConstructorOpts & Net.ConnectOpts = {
      fd: this.fd,
      ...this.access,
      onread: {
        buffer: byte,
        callback: () => {
          this.isConnected = true
          const { waiting } = this
          if (waiting !== undefined) {
            waiting.target.set(byte)
            const rest = waiting.target.subarray(1)
            // An end that comes with the byte is for the next read.
            const more = rest.length === 0 ? 0 : tryNow(() => NFS.readSync(this.fd, rest, 0, rest.length, null)) ?? 0
            answer(null, 1 + more)
          }
          // Reads nothing more before it is asked to.
          return false
        }
      }
    }
    const socket = new Net.Socket(options)
    // It begins to read as it is made.
    socket.pause()
    socket.on("end", () => {
      this.hasEnded = true
      answer(null, 0)
    })
    // A write that fails has its own answer.
    socket.on("error", (error) => answer(error, 0))
    return socket
  }
}

/** A FIFO that was opened so that it does not block. */
export const makeFifo = (
  fd: number,
  access: { readonly readable: boolean; readonly writable: boolean }
): ByteStream => new Fifo(fd, access)
