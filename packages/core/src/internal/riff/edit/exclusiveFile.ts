/**
 * The file of an edit, as the edit reads and writes it: at offsets, in full, and without a buffer between.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as FileName from "../../../FileName.js"
import type * as IOProc from "../../../IOProc.js"
import type * as Mmio from "../../../Mmio.js"
import * as MmioError from "../../../MmioError.js"
import { implementation } from "../../handle/implementation.js"
import { isCountOf } from "../../io/copy.js"
import { type Inode, inodeOf } from "./footer.js"

/** @internal */
export type ReadFailure = MmioError.ReadError | MmioError.InvalidFile

/** @internal */
export type Failure = ReadFailure | MmioError.WriteError | MmioError.SeekError | MmioError.AccessDenied

/**
 * Reads from a position on into the whole of `target`, or to the end of the file, and returns how many bytes.
 *
 * @internal
 */
export type ReadAt<E> = (position: number, target: Uint8Array) => Effect.Effect<number, E>

/** What a storage says of a name: that it leads nowhere, or nothing where it does not know names. @internal */
export type Named = IOProc.Stat | "missing" | "unknown"

const noBytes = new Uint8Array(0)

/** @internal */
export class ExclusiveFile {
  readonly name: FileName.FileName
  readonly operation: string
  private readonly file: IOProc.File
  private readonly driver: IOProc.IOProc | undefined
  /** Where the last byte that was written here is, or may be. */
  written = 0

  constructor(operation: string, handle: Mmio.Handle) {
    const { driver, engine: { file }, name } = implementation(handle)
    this.operation = operation
    this.name = name
    this.file = file
    this.driver = driver
  }

  private own<A, E extends MmioError.MmioError>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    const details = { operation: this.operation, file: this.name.full }
    return Effect.mapError(effect, (error) => MmioError.withDetails(error, details))
  }

  private details(description: string, position?: number) {
    return { operation: this.operation, file: this.name.full, position, description }
  }

  invalid(position: number | undefined, description: string): MmioError.InvalidFile {
    return new MmioError.InvalidFile(this.details(description, position))
  }

  changed(description: string): MmioError.VersionChanged {
    return new MmioError.VersionChanged(this.details(description))
  }

  get commitsOnClose(): boolean {
    return this.file.capabilities.commit === "onClose"
  }

  get inode(): Inode {
    return inodeOf(this.file.identity)
  }

  get size(): Effect.Effect<number, MmioError.SeekError> {
    return this.own(this.file.size)
  }

  /** What the storage says of the name, where it can. */
  get stat(): Effect.Effect<Named> {
    return this.driver === undefined ? Effect.succeed("unknown") : Effect.match(this.driver.stat(this.name), {
      onFailure: ({ _tag }): Named => _tag === "FileNotFound" || _tag === "PathNotFound" ? "missing" : "unknown",
      onSuccess: (stat): Named => stat
    })
  }

  /** Whether a name that the storage knows leads to another file than this one. */
  isOther({ identity }: IOProc.Stat): boolean {
    return Option.exists(identity, (named) => Option.exists(this.file.identity, (own) => own !== named))
  }

  readonly readAt: ReadAt<MmioError.ReadError> = (position, target) =>
    Effect.suspend(() => {
      let done = 0
      let ended = false
      return Effect.map(
        Effect.whileLoop({
          while: () => !ended && done < target.length,
          body: () => {
            const rest = target.subarray(done)
            return Effect.flatMap(
              this.own(this.file.readAt(position + done, rest)),
              (count): Effect.Effect<number, MmioError.CannotRead> =>
                isCountOf(count, rest)
                  ? Effect.succeed(count)
                  : Effect.fail(
                    new MmioError.CannotRead(this.details(`the driver read ${count} of ${rest.length} bytes`, position))
                  )
            )
          },
          step: (count) => {
            done += count
            ended = count === 0
          }
        }),
        () => done
      )
    })

  /** Reads all of `target`; a file that has become too short is `InvalidFile`. */
  readExactly(position: number, target: Uint8Array): Effect.Effect<void, ReadFailure> {
    return Effect.flatMap(this.readAt(position, target), (count) =>
      count === target.length
        ? Effect.void
        : Effect.fail(this.invalid(position + count, "another program has made the file shorter")))
  }

  writeAt(position: number, source: Uint8Array): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> {
    return Effect.suspend((): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> => {
      const { writeAt } = this.file
      if (writeAt === undefined) return Effect.fail(this.refused("the storage only reads this file"))
      this.written = Math.max(this.written, position + source.length)
      let done = 0
      return Effect.whileLoop({
        while: () => done < source.length,
        body: () => {
          const rest = source.subarray(done)
          return Effect.flatMap(
            this.own(writeAt.call(this.file, position + done, rest, "write")),
            (count): Effect.Effect<number, MmioError.CannotWrite> =>
              count > 0 && isCountOf(count, rest)
                ? Effect.succeed(count)
                : Effect.fail(
                  new MmioError.CannotWrite({
                    ...this.details(`the driver wrote ${count} of ${rest.length} bytes`, position + done),
                    written: done
                  })
                )
          )
        },
        step: (count) => {
          done += count
        }
      })
    })
  }

  /** Has the driver push down all that was written. */
  get flush(): Effect.Effect<void, MmioError.WriteError> {
    return Effect.suspend(() =>
      this.file.writeAt === undefined
        ? Effect.void
        : Effect.asVoid(this.own(this.file.writeAt(0, noBytes, "writeFlush")))
    )
  }

  get canTruncate(): boolean {
    return this.file.truncate !== undefined
  }

  truncate(size: number): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> {
    return Effect.suspend((): Effect.Effect<void, MmioError.WriteError | MmioError.AccessDenied> =>
      this.file.truncate === undefined
        ? Effect.fail(this.cannotTruncate)
        : this.own(this.file.truncate(size))
    )
  }

  get cannotTruncate(): MmioError.AccessDenied {
    return this.refused("the storage can neither truncate this file nor commit it on close")
  }

  private refused(description: string): MmioError.AccessDenied {
    return new MmioError.AccessDenied(this.details(description))
  }
}
