/**
 * What was written to a file and is not committed yet: in memory up to a limit, then in a file of another storage.
 *
 * It keeps blocks, wherever in the file they are: a change at the end of a large object takes one block.
 */
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** @internal */
export interface Limits {
  /** How many bytes are kept in memory. */
  readonly memory: number
  /** Where the rest goes. */
  readonly storage: IOProc.IOProc | undefined
}

const blockSize = 64 * 1024

/** Blocks, by their number in the order in which they were made. */
interface Store {
  readonly read: (slot: number, offset: number, target: Uint8Array) => Effect.Effect<void, MmioError.ReadError>
  readonly write: (slot: number, offset: number, source: Uint8Array) => Effect.Effect<void, MmioError.WriteError>
  readonly close: Effect.Effect<void>
}

const onlyReads = (file: string) =>
  new MmioError.CannotWrite({
    operation: "S3IOProc.write",
    file,
    description: "what is to be written cannot be kept: the storage of the option spool only reads its files",
    written: 0
  })

/** Blocks in a file of a storage, which is removed with the last of them. */
const onStorage = (storage: IOProc.IOProc, file: string): Effect.Effect<Store, MmioError.WriteError> => {
  const failed = (cause: MmioError.MmioError) =>
    new MmioError.CannotWrite({
      operation: "S3IOProc.write",
      file,
      description: `what is to be written cannot be kept: ${cause.description}`,
      written: 0,
      cause
    })
  const open = (name: FileName.FileName) =>
    storage.open({
      name,
      access: "readWrite",
      create: "no",
      share: "exclusive",
      code: Option.none(),
      parameters: undefined,
      ifVersion: Option.none(),
      buffered: true
    })
  return Effect.mapError(storage.tempName({ prefix: "mmio-s3-", suffix: ".spool" }), failed).pipe(
    Effect.flatMap((name) =>
      Effect.matchEffect(open(name), {
        onFailure: (error) => Effect.fail(failed(error)),
        onSuccess: (opened) => {
          const { writeAt } = opened
          if (writeAt === undefined) return Effect.zipRight(opened.abort, Effect.fail(onlyReads(file)))
          const all = (position: number, source: Uint8Array): Effect.Effect<void, MmioError.WriteError> =>
            source.length === 0 ? Effect.void : Effect.flatMap(
              writeAt.call(opened, position, source, "write"),
              (count) =>
                count > 0
                  ? Effect.suspend(() => all(position + count, source.subarray(count)))
                  : Effect.fail(
                    new MmioError.CannotWrite({
                      operation: "S3IOProc.write",
                      file,
                      description: "nothing was written to the file that keeps it",
                      written: 0
                    })
                  )
            )
          const fill = (position: number, target: Uint8Array): Effect.Effect<void, MmioError.ReadError> =>
            target.length === 0 ? Effect.void : Effect.flatMap(opened.readAt(position, target), (count) =>
              count > 0
                ? Effect.suspend(() => fill(position + count, target.subarray(count)))
                : Effect.fail(
                  new MmioError.CannotRead({
                    operation: "S3IOProc.read",
                    file,
                    description: "the file that keeps what was written is too short"
                  })
                ))
          return Effect.succeed<Store>({
            read: (slot, offset, target) => fill(slot * blockSize + offset, target),
            write: (slot, offset, source) => all(slot * blockSize + offset, source),
            close: Effect.zipRight(Effect.ignore(opened.abort), Effect.ignore(storage.remove(name)))
          })
        }
      }).pipe(Effect.tapErrorCause(() => Effect.ignore(storage.remove(name))))
    )
  )
}

/** Only what was written is read. @internal */
export class Spool {
  private readonly file: string
  private readonly limits: Limits
  private readonly slots = new Map<number, number>()
  private memory: Array<Uint8Array> = []
  private made = 0
  private store: Store | undefined

  constructor(file: string, limits: Limits) {
    this.file = file
    this.limits = limits
  }

  /** The parts of a transfer, block by block. */
  private each<E>(
    position: number,
    bytes: Uint8Array,
    transfer: (index: number, offset: number, part: Uint8Array) => Effect.Effect<void, E>
  ): Effect.Effect<void, E> {
    const loop = (done: number): Effect.Effect<void, E> => {
      if (done === bytes.length) return Effect.void
      const at = position + done
      const [index, offset] = [Math.floor(at / blockSize), at % blockSize]
      const part = bytes.subarray(done, done + blockSize - offset)
      return Effect.zipRight(transfer(index, offset, part), Effect.suspend(() => loop(done + part.length)))
    }
    return loop(0)
  }

  read(position: number, target: Uint8Array): Effect.Effect<void, MmioError.ReadError> {
    return this.each(position, target, (index, offset, part) => {
      const slot = this.slots.get(index) ?? 0
      const block = this.memory[slot]
      if (this.store !== undefined) return this.store.read(slot, offset, part)
      return Effect.sync(() => part.set(block?.subarray(offset, offset + part.length) ?? []))
    })
  }

  write(position: number, source: Uint8Array): Effect.Effect<void, MmioError.WriteError> {
    return this.each(
      position,
      source,
      (index, offset, part) =>
        Effect.flatMap(this.slotOf(index), (slot) =>
          this.store === undefined
            ? Effect.sync(() => this.memory[slot]?.set(part, offset))
            : this.store.write(slot, offset, part))
    )
  }

  /** The slot of a block, which is made where there is none yet. */
  private slotOf(index: number): Effect.Effect<number, MmioError.WriteError> {
    const found = this.slots.get(index)
    if (found !== undefined) return Effect.succeed(found)
    const isFull = this.store === undefined && (this.made + 1) * blockSize > this.limits.memory
    return Effect.map(isFull ? this.spill : Effect.void, () => {
      const slot = this.made++
      this.slots.set(index, slot)
      if (this.store === undefined) this.memory.push(new Uint8Array(blockSize))
      return slot
    })
  }

  /** Has the blocks go to the other storage. */
  private get spill(): Effect.Effect<void, MmioError.WriteError> {
    const { file, limits: { memory, storage } } = this
    if (storage === undefined) {
      return Effect.fail(
        new MmioError.CannotExpand({
          operation: "S3IOProc.write",
          file,
          description: `more than ${memory} bytes are to be written, and the option spool names no storage for them`
        })
      )
    }
    return Effect.flatMap(
      onStorage(storage, file),
      (store) =>
        Effect.forEach(this.memory, (block, slot) => store.write(slot, 0, block), { discard: true }).pipe(
          Effect.tapErrorCause(() => store.close),
          Effect.map(() => {
            this.store = store
            this.memory = []
          })
        )
    )
  }

  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const store = this.store
      this.store = undefined
      this.memory = []
      this.slots.clear()
      return store?.close ?? Effect.void
    })
  }
}
