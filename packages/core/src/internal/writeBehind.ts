/**
 * Files whose bytes are gathered in blocks, and written a block at a time while the next is gathered.
 *
 * What was taken is never given up: a block whose writing failed stays, and is written again, before anything else, by whatever
 * needs the file next; that call tells of the failure if it persists.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type * as Api from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import { writeNow } from "./atHand.js"
import { Below } from "./below.js"
import { Adaptive, type Block, isFull, type Sizes } from "./blocks.js"
import { copy, isCountOf } from "./copy.js"
import { bothExits, counted } from "./exits.js"
import { andThen, immediate, isDone, noting } from "./immediate.js"

/** A block whose first `down` bytes have been written. */
interface Held extends Block {
  down: number
}

class WriteBehindFile implements Api.File {
  readonly identity: string | undefined
  private readonly below: Below
  private readonly sequence: Adaptive
  private position = 0
  private closed = false
  /** The block that is being written, or could not be; and the one behind it, which takes what comes. */
  private writing: Held | undefined
  private filling: Held | undefined

  constructor(file: Api.File, name: string, sizes: Sizes) {
    this.identity = file.identity
    this.below = new Below(file, name)
    this.sequence = new Adaptive(sizes)
  }

  private get holds(): boolean {
    return this.writing !== undefined || this.filling !== undefined
  }

  // -------------------------------------------------------------------------------------------------------------------
  // taking
  // -------------------------------------------------------------------------------------------------------------------

  write(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return immediate(() => this.take(source) ?? this.below.calling(() => this.makeRoom(source)))
  }

  private take(source: Uint8Array): Exit.Exit<number> | undefined {
    const count = this[writeNow](source, 0, source.length)
    return count > 0 ? counted(count) : undefined
  }

  /** Takes as much as the block has room for, if that is where it belongs. */
  [writeNow](source: Uint8Array, from: number, to: number): number {
    const { filling, position } = this
    if (filling === undefined || !canTake(filling, position)) return 0
    const at = position - filling.start
    const count = Math.min(to - from, filling.bytes.length - at)
    if (count === 0) return 0
    copy(source, from, filling.bytes, at, count)
    this.position += count
    filling.end = Math.max(filling.end, this.position)
    this.sequence.left(this.position)
    if (isFull(filling) && this.writing === undefined) this.turnOver(filling)
    return count
  }

  /** Begins to write a full block. */
  private turnOver(block: Held): void {
    this.writing = block
    this.filling = undefined
    this.below.background(() => this.writeOut(block), () => {
      const { filling } = this
      if (this.writing === undefined && filling !== undefined && isFull(filling)) this.turnOver(filling)
    })
  }

  private makeRoom(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const { below, filling, position, sequence, writing } = this
    const again = () => this.write(source)
    if (filling !== undefined && position === filling.end && isFull(filling)) {
      if (below.busy) return andThen(below.settled(), again)
      if (writing === undefined) this.turnOver(filling)
      return writing === undefined ? again() : andThen(this.push(), again)
    }
    if (filling === undefined) {
      sequence.approach(position)
      // Behind a block that could not be written no more is gathered.
      if (source.length < sequence.size && (writing === undefined || below.busy)) {
        const block = sequence.block(position)
        this.filling = block && { ...block, down: 0 }
        const taken = this.take(source)
        if (taken !== undefined) return taken
      }
    }
    return this.holds ? andThen(this.push(), again) : this.transfer("write", source)
  }

  private transfer(how: "write" | "writeFlush", source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    const { below, position, sequence } = this
    return noting(below.write(how, position, source), (exit) => {
      if (!Exit.isSuccess(exit) || !isCountOf(exit.value, source)) return
      this.position = position + exit.value
      sequence.left(this.position)
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // giving
  // -------------------------------------------------------------------------------------------------------------------

  /** Writes all that is held. */
  private push(): Effect.Effect<void, MmioError.WriteError> {
    if (this.below.busy) return andThen(this.below.settled(), () => this.push())
    const block = this.writing ?? this.filling
    return block === undefined ? Exit.void : andThen(this.writeOut(block), () => this.push())
  }

  /** Writes a block; what went down of it is not written again, whatever happens then. */
  private writeOut(block: Held): Effect.Effect<void, MmioError.WriteError> {
    for (let rest = restOf(block); rest.length > 0; rest = restOf(block)) {
      const position = block.start + block.down
      const failed = (count: number) =>
        new MmioError.CannotWrite({
          operation: "IOProc.writeBehind",
          file: this.below.name,
          position,
          description: `the driver says it wrote ${count} of ${rest.length} bytes`,
          written: 0
        })
      const source = rest
      const written = andThen(this.below.write("write", position, source), (count) => {
        if (count === 0 || !isCountOf(count, source)) return Exit.fail(failed(count))
        block.down += count
        return Exit.void
      })
      // A loop where the driver answers at once: it may write a byte at a time.
      if (!isDone(written)) return andThen(written, () => this.writeOut(block))
      if (Exit.isFailure(written)) return written
    }
    if (this.writing === block) this.writing = undefined
    else this.filling = undefined
    this.sequence.retire(block)
    return Exit.void
  }

  writeFlush(source: Uint8Array): Effect.Effect<number, MmioError.WriteError> {
    return Effect.suspend(() => andThen(this.push(), () => this.transfer("writeFlush", source)))
  }

  get close(): Effect.Effect<void, MmioError.CloseError> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.exit(restore(Effect.suspend(() => this.push()))), (pushed) => {
        this.closed = true
        this.writing = undefined
        this.filling = undefined
        return Effect.flatMap(
          Effect.exit(Effect.zipRight(this.below.stopped(), this.below.file.close)),
          (closed) => bothExits(Exit.mapError(pushed, (error) => this.asCannotWrite(error)), closed)
        )
      })
    )
  }

  private asCannotWrite(error: MmioError.WriteError): MmioError.CannotWrite {
    return error._tag === "CannotWrite" ? error : new MmioError.CannotWrite({
      operation: "IOProc.writeBehind",
      file: this.below.name,
      position: error.position,
      description: error.description,
      written: 0,
      cause: error
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // what else is done with a file
  // -------------------------------------------------------------------------------------------------------------------

  read(target: Uint8Array): Effect.Effect<number, MmioError.ReadError> {
    return immediate(() =>
      this.below.calling(() => {
        const { below, position } = this
        if (!this.holds) {
          return noting(below.read(position, target), (exit) => {
            if (Exit.isSuccess(exit) && isCountOf(exit.value, target)) this.position = position + exit.value
          })
        }
        const pushed = Effect.mapError(
          Effect.suspend(() => this.push()),
          (cause) =>
            new MmioError.CannotRead({
              operation: "IOProc.writeBehind",
              file: below.name,
              position,
              description: `what was written before does not go down: ${cause.description}`,
              cause
            })
        )
        return Effect.zipRight(pushed, this.read(target))
      })
    )
  }

  seek(offset: number, from: Api.Whence): Effect.Effect<number, MmioError.CannotSeek> {
    return immediate(() => {
      const { below, filling, position, writing } = this
      const target = from === "start" ? offset : from === "current" ? position + offset : undefined
      const isHere = target === position || (filling !== undefined && target !== undefined && canTake(filling, target))
      if (target !== undefined && isHere && !this.closed) return Exit.succeed(this.position = target)
      if (below.busy) return andThen(below.settled(), () => this.seek(offset, from))
      const goTo = (place: number, from: Api.Whence) =>
        noting(below.seek(place, from), (exit) => {
          if (Exit.isSuccess(exit)) this.position = exit.value
        })
      return below.calling(() => {
        if (target !== undefined) return goTo(target, "start")
        if (!this.holds) return goTo(offset, "end")
        // The file is as long as it will be.
        return andThen(
          below.seek(0, "end"),
          (end) => goTo(Math.max(end, writing?.end ?? 0, filling?.end ?? 0) + offset, "start")
        )
      })
    })
  }

  /** The file below may do anything to answer: it has what was written, if it takes it, and stands at the position. */
  onMessage<A, E>(request: Request.Request<A, E>): Option.Option<Effect.Effect<A, E>> {
    return Option.map(this.below.file.onMessage(request), (answer) =>
      Effect.suspend(() =>
        Effect.zipRight(
          Effect.ignore(Effect.zipRight(this.push(), Effect.suspend(() => this.below.seek(this.position, "start")))),
          answer
        )
      ))
  }
}

const restOf = (block: Held): Uint8Array => block.bytes.subarray(block.down, block.end - block.start)

/** Whether a block takes bytes at a position, full or not: behind what has gone down, and leaving no gap. */
const canTake = (block: Held, position: number): boolean =>
  position >= block.start + block.down && position <= block.end

/** @internal */
export const writeBehind = (file: Api.File, name: string, sizes: Sizes): Api.File =>
  new WriteBehindFile(file, name, sizes)
