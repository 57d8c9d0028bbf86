/**
 * Storage that loses what was not flushed when the power goes, and what finds out whether a program survives that.
 *
 * What a crash can do, and what it cannot:
 *
 * - **Bytes.** What was written to a file is safe once a `writeAt` with `"writeFlush"` of that file has come back
 *   (`Mmio.flush`, `Mmio.close` and the end of a handle's scope send one, if there is something to flush). The driver's
 *   `commit` and `close` alone make nothing safe. Until then each sector of the file (512 bytes, unless said otherwise)
 *   holds, on its own, what it held after any of the writes since the last flush, or before all of them: writes are
 *   lost, reach the disk in another order, or are torn between two sectors. A sector itself is never torn:
 *   `sectorSize: 1` has every byte on its own.
 * - **Length.** A file that grew is as long as it was, or reaches to the end of any of the writes, or to the boundary
 *   of a sector in one, whichever of the bytes are there; what is not there is zeros.
 * - **Truncation.** `truncate` is a step of length, which a flush of the file makes safe. Until then a crash loses some
 *   of the last truncations of the file, or all, or none, in any order with the bytes that are not flushed: the file
 *   can be short with none of the bytes that were written since, and have its old length with all of them. A truncation
 *   that took place cuts what was written before it; one that did not leaves the old bytes, and not zeros, past its
 *   size.
 * - **Names.** What is done to names (creating, renaming and removing a file, and cutting one to no bytes, as `create`
 *   does) reaches the disk in its order, each step as a whole, and independently of all bytes: of what is not safe yet,
 *   a crash loses some of the last steps, or all, or none. A flush of a file makes the steps safe up to the last one of
 *   that file, so also the file's own name. A rename is atomic: its target is the old file or the new one, whose bytes
 *   are there if they were flushed. Folders are never lost.
 * - **Commits.** With `commit: "onClose"` a file that is written keeps its old content, or its name does not exist,
 *   until `commit` or `close`. That is one step of names: a crash in it leaves the whole old content or the whole new
 *   one, and no part of either. Once it has come back, it is safe, together with all steps of names before it. A flush
 *   makes nothing safe there, and after `abort` there is nothing to lose.
 *
 * That is how a journaling file system such as ext4 or XFS behaves at its worst, and how an object store commits;
 * drivers have no message that flushes a folder. The storage of {@link layer} is of that kind, and {@link explore}
 * crashes a program at each of its operations. What a seed leads to is the same in every run.
 *
 * @since 0.1.0
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { messageOf } from "./internal/crashMessage.js"
import type { States } from "./internal/crashStates.js"
import * as internal from "./internal/crashStorage.js"

// ---------------------------------------------------------------------------------------------------------------------
// the storage
// ---------------------------------------------------------------------------------------------------------------------

/**
 * What a storage begins with; all of it is safe.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Files by name, copied; their folders are made. */
  readonly files?: Files | undefined
  /** Further folders, which may be empty. No crash loses a folder. */
  readonly folders?: ReadonlyArray<string> | undefined
  /** How many bytes are written as a whole or not at all. Default: 512. */
  readonly sectorSize?: number | undefined
  /** Whether files are written in place, or commit on close. Default: `"inPlace"`. */
  readonly commit?: "inPlace" | "onClose" | undefined
}

/**
 * Files by their full names, with what they hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Files {
  readonly [name: string]: Uint8Array
}

/**
 * Something done to a name, or to a file as a whole: `"cut"` is what `create: "truncate"` does to a file that exists,
 * `"commit"` gives a name a new content.
 *
 * @since 0.1.0
 * @category models
 */
export type Change =
  | { readonly op: "create" | "remove" | "cut" | "commit"; readonly name: string }
  | { readonly op: "rename"; readonly from: string; readonly to: string }

/**
 * Something that a crash may lose.
 *
 * @since 0.1.0
 * @category models
 */
export type Pending =
  | Change
  | {
    readonly op: "write"
    /** What the file was opened as. */
    readonly name: string
    readonly offset: number
    readonly bytes: Uint8Array
  }
  | {
    readonly op: "truncate"
    /** What the file was opened as. */
    readonly name: string
    /** In bytes. */
    readonly size: number
  }

/**
 * What a crash did to a file that was not flushed.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileDamage {
  /** What the file is called after the crash. */
  readonly name: string
  /** How many bytes it has. */
  readonly size: number
  /** How many it had before. */
  readonly written: number
  /** How many of its truncations since the last flush took place, where there were any. */
  readonly truncations?: { readonly kept: number; readonly of: number } | undefined
  /**
   * The sectors that do not hold what was written last, each with how many of the writes to it are in it, of how many.
   */
  readonly sectors: ReadonlyArray<{ readonly sector: number; readonly kept: number; readonly writes: number }>
}

/**
 * What a crash did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Damage {
  /** What it is done again by. */
  readonly seed: number
  /** Of what was done to names and is not safe, what took place. */
  readonly kept: ReadonlyArray<Change>
  /** What did not. */
  readonly lost: ReadonlyArray<Change>
  /** The files that were not flushed and have a name. */
  readonly files: ReadonlyArray<FileDamage>
}

/**
 * A storage in memory that can crash, and a look inside of it. To a program it is a `MemoryIOProc`.
 *
 * A seed is a natural number. 0 is the crash that loses all that it can, 1 the one that loses nothing, 2 one that loses
 * all bytes and no names, 3 for one that loses all names and no bytes; then, from the newest to the oldest, come those
 * that lose a single write, truncation or step of names, with what came after it in the same sectors, and those that
 * lose all but a single one; then, where there are no more than 1024 states, each of them, else others by chance.
 *
 * @since 0.1.0
 * @category models
 */
export interface Crash extends IOProc.IOProc {
  /** What programs see. */
  readonly files: Effect.Effect<Files>
  /** What is safe. */
  readonly durable: Effect.Effect<Files>
  /** What a crash may lose, in the order in which it was done. */
  readonly pending: Effect.Effect<ReadonlyArray<Pending>>
  /** How many operations there were: calls of the driver and of its files. */
  readonly operations: Effect.Effect<number>
  /** A new storage that holds what a crash at this moment leaves. This one goes on. */
  readonly crash: (seed: number) => Effect.Effect<Crash>
  /** What the crash of that seed does. */
  readonly damage: (seed: number) => Effect.Effect<Damage>
}

/**
 * A storage that can crash, for tests that look inside of it.
 *
 * @since 0.1.0
 * @category tags
 */
export const Crash: Context.Tag<Crash, Crash> = Context.GenericTag<Crash>("@effect-mmio/testing/Crash")

/**
 * A new storage. Fails with `CannotOpen` where a name is that of a file and of a folder, and with `InvalidParameter`
 * for what is not the size of a sector.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Crash, MmioError.CannotOpen | MmioError.InvalidParameter> =>
  internal.make(options)

/**
 * A new storage with these files, as the storage of a program and as a service to look into and to crash.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Crash } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * // A name is safe long before the bytes are.
 * const test = Effect.gen(function*() {
 *   const file = yield* Mmio.open("a.txt", { access: "write", create: true, buffer: "none" })
 *   yield* Mmio.writeAll(file, new Uint8Array(2000).fill(1))
 *   const storage = yield* Crash.Crash
 *   const after = yield* storage.crash(2)
 *   return (yield* after.files)["/a.txt"] // no bytes
 * })
 *
 * export const main = test.pipe(Effect.scoped, Effect.provide(Crash.layer()))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  files?: Files,
  options?: Omit<Options, "files">
): Layer.Layer<IOProc.IOProc | Crash, MmioError.CannotOpen | MmioError.InvalidParameter> =>
  Layer.effectContext(Effect.map(make({ ...options, files }), contextOf))

const contextOf = (storage: Crash): Context.Context<IOProc.IOProc | Crash> =>
  Context.make(Crash, storage).pipe(Context.add(IOProc.IOProc, storage))

// ---------------------------------------------------------------------------------------------------------------------
// exploring
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A crash of a program.
 *
 * @since 0.1.0
 * @category models
 */
export interface Point {
  /** At which of the program's operations, counted from 1; past the last one, after the program ended. */
  readonly operation: number
  /** Which damage it did. */
  readonly seed: number
}

/**
 * A crash, as `check` gets it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Crashed<out A> extends Point {
  /** What the program gave, if it had ended before. */
  readonly result: Option.Option<A>
}

/**
 * How a program is crashed, and how what is left of its files is judged.
 *
 * @since 0.1.0
 * @category options
 */
export interface Exploration<in A, out E2 = unknown, out R2 = never, out E3 = unknown, out R3 = never> extends Options {
  /** What is done first after a crash, on what it left. Default: nothing. */
  readonly recover?: Effect.Effect<unknown, E2, R2> | undefined
  /** Fails, or dies, if what is there then is not right. */
  readonly check: (crashed: Crashed<A>) => Effect.Effect<unknown, E3, R3>
  /** How many different damages each operation meets, at least, as far as there are so many. Default: 32. */
  readonly damages?: number | undefined
  /** How many times as many. Default: 1. */
  readonly scale?: number | undefined
}

/**
 * What was explored.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  /** How many operations the program makes. */
  readonly operations: number
  /** How many crashes were recovered from and checked. */
  readonly crashes: number
}

/**
 * What a crash left could not be recovered from, or was not right.
 *
 * @since 0.1.0
 * @category errors
 */
export class CrashFailure extends Data.TaggedError("CrashFailure")<{
  /** At which of the program's operations the crash was. */
  readonly operation: number
  /** Which one that is; undefined where the program had ended. */
  readonly during: string | undefined
  /** Which damage it did: with the operation, what {@link replay} needs to know. */
  readonly seed: number
  /** The damage. */
  readonly damage: Damage
  /** Whether recovering failed, or the check. */
  readonly of: "recover" | "check"
  /** What was wrong. */
  readonly cause: unknown
}> {
  override get message(): string {
    return messageOf(this)
  }
}

/**
 * Crashes a program at its 1st driver operation, its 2nd, …, and after its end, with many different damages each: runs
 * `recover` on what is left, then `check`. Fails with the first crash after which one of them fails, or with what the
 * program itself fails with.
 *
 * The program runs anew for each operation, in a storage of its own. It is stopped as the operation is in flight,
 * before any flush in it, and interrupted. Its finalizers run, but nothing that they, or fibers that it left, ask of
 * the storage is done: it is interrupted too. The program has to make the same operations in every run. What needs a
 * `Scope` is given one of its own.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { Crash } from "@effect-mmio/testing"
 * import { Effect } from "effect"
 *
 * // Whenever the power goes, a.txt is the old one or the new one.
 * export const test = Crash.explore(
 *   Effect.gen(function*() {
 *     yield* Mmio.withFile("a.new", { access: "write", create: true }, (file) =>
 *       Mmio.writeAll(file, new Uint8Array(2000).fill(2)))
 *     yield* Mmio.rename("a.new", "a.txt")
 *   }),
 *   {
 *     files: { "a.txt": new Uint8Array(1000).fill(1) },
 *     check: () =>
 *       Effect.gen(function*() {
 *         const storage = yield* Crash.Crash
 *         const text = (yield* storage.files)["/a.txt"] ?? new Uint8Array(0)
 *         const right = text.length === 1000 ? 1 : text.length === 2000 ? 2 : 0
 *         if (!text.every((byte) => byte === right)) return yield* Effect.fail("neither the old one nor the new one")
 *       })
 *   }
 * )
 * ```
 *
 * @since 0.1.0
 * @category exploring
 */
export const explore = <A, E, R, E2 = never, R2 = never, E3 = never, R3 = never>(
  program: Effect.Effect<A, E, R>,
  options: Exploration<A, E2, R2, E3, R3>
): Effect.Effect<
  Report,
  E | CrashFailure | MmioError.CannotOpen | MmioError.InvalidParameter,
  Provided<R | R2 | R3>
> =>
  Effect.gen(function*() {
    const damages = Math.ceil((options.damages ?? 32) * (options.scale ?? 1))
    let crashes = 0
    for (let operation = 1;; operation++) {
      const run = yield* runTo(program, options, operation)
      for (const seed of run.states.seeds(damages)) {
        yield* judge(run, seed, options)
        crashes++
      }
      if (run.during === undefined) return { operations: operation - 1, crashes }
    }
  })

/**
 * Crashes a program at one operation, with one damage: what {@link explore} failed with, alone. Gives what the crash
 * did, where nothing is wrong after it.
 *
 * @since 0.1.0
 * @category exploring
 */
export const replay = <A, E, R, E2 = never, R2 = never, E3 = never, R3 = never>(
  program: Effect.Effect<A, E, R>,
  options: Exploration<A, E2, R2, E3, R3>,
  point: Point
): Effect.Effect<
  Damage,
  E | CrashFailure | MmioError.CannotOpen | MmioError.InvalidParameter,
  Provided<R | R2 | R3>
> =>
  Effect.gen(function*() {
    const run = yield* runTo(program, options, point.operation)
    yield* judge(run, point.seed, options)
    return yield* run.storage.damage(point.seed)
  })

/** What is left to be given from outside: each of the three effects has a storage, and a scope, of its own. */
type Provided<R> = Exclude<Exclude<R, Scope.Scope>, IOProc.IOProc | Crash>

/** A run that was stopped, or came to its end. */
interface Run<A> {
  readonly storage: Crash
  readonly operation: number
  /** What was under way; undefined where the program ended. */
  readonly during: string | undefined
  readonly result: Option.Option<A>
  readonly states: States
}

/** Runs a program up to an operation. */
const runTo = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  options: Options,
  operation: number
): Effect.Effect<
  Run<A>,
  E | MmioError.CannotOpen | MmioError.InvalidParameter,
  Provided<R>
> =>
  Effect.gen(function*() {
    let fiber: Fiber.RuntimeFiber<A, E> | undefined
    const storage = yield* internal.make(options, {
      at: operation,
      // At once, so that a program that sees how its operation ends does not go on before it is interrupted.
      onStop: () => fiber?.unsafeInterruptAsFork(FiberId.none)
    })
    fiber = yield* Effect.fork(Effect.ensuring(provide(program, storage), storage.stop))
    const exit = yield* Fiber.await(fiber)
    const during = yield* storage.stoppedAt
    const result = during === undefined ? Option.some(yield* exit) : Option.none()
    return { storage, operation, during, result, states: yield* storage.states }
  })

/** Recovers from one damage, and checks. */
const judge = <A, E2, R2, E3, R3>(
  run: Run<A>,
  seed: number,
  options: Exploration<A, E2, R2, E3, R3>
): Effect.Effect<void, CrashFailure, Provided<R2 | R3>> => {
  const { during, operation, result, storage } = run
  const failedAs = (of: "recover" | "check") => (cause: Cause.Cause<unknown>) =>
    Effect.flatMap(
      storage.damage(seed),
      (damage) => Effect.fail(new CrashFailure({ operation, during, seed, damage, of, cause: Cause.squash(cause) }))
    )
  return Effect.flatMap(storage.crash(seed), (after) =>
    Effect.zipRight(
      Effect.catchAllCause(provide(options.recover ?? Effect.void, after), failedAs("recover")),
      Effect.catchAllCause(
        provide(Effect.asVoid(Effect.suspend(() => options.check({ operation, seed, result }))), after),
        failedAs("check")
      )
    ))
}

const provide = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  storage: Crash
): Effect.Effect<A, E, Provided<R>> => Effect.provide(Effect.scoped(effect), contextOf(storage))
