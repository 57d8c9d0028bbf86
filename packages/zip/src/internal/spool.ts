/**
 * The bytes of an element while it is written: in memory as long as they are few, then in a temporary file beside the
 * archive.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import type { Archive } from "./archive.js"
import { asWriteError } from "./errors.js"
import { openTemporary, type Temporary } from "./temporary.js"
import { writeFully } from "./transfer.js"

/** @internal */
export class Spool {
  size = 0
  private bytes = new Uint8Array(0)
  private temporary: Temporary | undefined
  private readonly archive: Archive
  private readonly name: string
  private readonly mostInMemory: number

  constructor(archive: Archive, name: string, mostInMemory: number) {
    this.archive = archive
    this.name = name
    this.mostInMemory = mostInMemory
  }

  readAt(position: number, target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    const count = Math.min(target.length, this.size - position)
    if (count <= 0) return Effect.succeed(0)
    const part = target.subarray(0, count)
    if (this.temporary === undefined) {
      part.set(this.bytes.subarray(position, position + count))
      return Effect.succeed(count)
    }
    return this.temporary.file.readAt(position, part)
  }

  writeAt(position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    if (source.length === 0) return Effect.succeed(0)
    const end = position + source.length
    if (this.temporary !== undefined) return this.writeTo(this.temporary.file, position, source)
    if (!this.hasRoom(end)) return Effect.flatMap(this.spill, (file) => this.writeTo(file, position, source))
    this.bytes.set(source, position)
    this.size = Math.max(this.size, end)
    return Effect.succeed(source.length)
  }

  truncate(size: number): Effect.Effect<void, MmioError.WriteError> {
    return Effect.suspend(() => {
      if (this.temporary !== undefined) return this.resize(this.temporary.file, size)
      if (!this.hasRoom(size)) return Effect.flatMap(this.spill, (file) => this.resize(file, size))
      // What is cut off is zero again if the file grows.
      this.bytes.fill(0, Math.min(size, this.size), this.size)
      this.size = size
      return Effect.void
    })
  }

  /** Releases its memory, and removes its temporary file. */
  get dispose(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { temporary } = this
      this.bytes = new Uint8Array(0)
      this.size = 0
      this.temporary = undefined
      return temporary === undefined
        ? Effect.void
        : Effect.zipRight(temporary.file.abort, Effect.ignore(this.archive.root.driver.remove(temporary.name)))
    })
  }

  /** Has the memory hold so many bytes, if they are few enough and the runtime has room for them. */
  private hasRoom(size: number): boolean {
    if (size > this.mostInMemory) return false
    if (size <= this.bytes.length) return true
    try {
      const larger = new Uint8Array(Math.min(Math.max(size, this.bytes.length * 2), this.mostInMemory))
      larger.set(this.bytes.subarray(0, this.size))
      this.bytes = larger
      return true
    } catch {
      return false
    }
  }

  private writeTo(
    file: IOProc.File,
    position: number,
    source: Uint8Array
  ): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() =>
      file.writeAt === undefined
        ? Effect.fail(this.refused("the temporary file is only read"))
        : Effect.tap(file.writeAt(position, source, "write"), (count) =>
          Effect.sync(() => {
            if (count > 0) this.size = Math.max(this.size, position + count)
          }))
    )
  }

  private resize(file: IOProc.File, size: number): Effect.Effect<void, MmioError.WriteError> {
    return file.truncate === undefined
      ? Effect.fail(this.refused("the size of the temporary file cannot be set"))
      : Effect.tap(file.truncate(size), () =>
        Effect.sync(() => {
          this.size = size
        }))
  }

  /** The failure of a write. */
  refused(description: string) {
    return new MmioError.CannotWrite({ operation: "ZipIOProc.write", file: this.name, description, written: 0 })
  }

  /** Moves what is in memory to a temporary file; where there is none to be had, the element cannot grow. */
  private get spill(): Effect.Effect<IOProc.File, MmioError.WriteError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        Effect.mapError(openTemporary(this.archive.root.driver, this.archive.root.name, { buffered: true }), (error) =>
          error._tag === "AccessDenied"
            ? new MmioError.CannotExpand({
              operation: "ZipIOProc.write",
              file: this.name,
              description: `the storage below has no temporary file for more than ${this.mostInMemory} bytes`,
              cause: error
            })
            : asWriteError(error)),
        (temporary) =>
          Effect.matchCauseEffect(
            restore(writeFully(temporary.file, this.name, 0, this.bytes.subarray(0, this.size))),
            {
              onFailure: (cause) =>
                Effect.zipRight(
                  temporary.file.abort,
                  Effect.zipRight(
                    Effect.ignore(this.archive.root.driver.remove(temporary.name)),
                    Effect.failCause(cause)
                  )
                ),
              onSuccess: () =>
                Effect.sync(() => {
                  this.temporary = temporary
                  this.bytes = new Uint8Array(0)
                  return temporary.file
                })
            }
          )
      )
    )
  }
}

/** How much is copied to a spool at once. */
const filledAtOnce = 256 * 1024

/** Fills a spool with the content of a file. @internal */
export const fill = (
  spool: Spool,
  content: Pick<IOProc.File, "readAt">
): Effect.Effect<void, MmioError.ReadError | MmioError.WriteError> =>
  Effect.gen(function*() {
    const block = new Uint8Array(filledAtOnce)
    let position = 0
    for (;;) {
      const count = yield* content.readAt(position, block)
      if (count === 0) return
      let done = 0
      while (done < count) {
        const written = yield* spool.writeAt(position + done, block.subarray(done, count))
        if (written === 0) return yield* spool.refused("the temporary file took nothing")
        done += written
      }
      position += count
    }
  })
