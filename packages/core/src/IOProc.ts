/**
 * Storage drivers, the `MMIOPROC`s of the original: what a driver is, and how drivers stack.
 *
 * A driver is a record of functions, one for each message of the original. A storage is a `Layer<IOProc>`; whatever changes
 * or extends a storage is a `Layer<IOProc, E, IOProc>`, and such layers stack by `Layer.provide`, the outermost asked first.
 *
 * The laws of every driver:
 *
 * 1. `read` and `write` move the position by what they return; `seek` returns the position that it set; a negative position
 *    is `CannotSeek` and changes nothing. A storage that cannot seek still takes a seek to where it stands.
 * 2. A read at or past the end gives 0. A write past the end first fills the gap with zeros, or fails with `CannotExpand` and
 *    changes nothing.
 * 3. An effect that ended, by success, failure or interruption, has left no I/O running behind it that touches the bytes of the caller, or
 *    that a later call could come into conflict with. A call that cannot be cancelled is uninterruptible, or its cleanup waits for it.
 * 4. After a failed `write` the position is where it was; after a short one it has moved by the count.
 * 5. `close` releases the resource even when it fails, and is called once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Request from "effect/Request"
import type { FileName } from "./FileName.js"
import type { FourCC } from "./FourCC.js"
import * as internalImmediate from "./internal/immediate.js"
import * as internal from "./internal/ioProc.js"
import type * as MmioError from "./MmioError.js"

/**
 * What a handle may do with its file (`MMIO_READ`, `MMIO_WRITE`, `MMIO_READWRITE`).
 *
 * @since 0.1.0
 * @category models
 */
export type Access = "read" | "write" | "readWrite"

/**
 * What other handles may do with the same file meanwhile (`MMIO_COMPAT`, `MMIO_EXCLUSIVE`, `MMIO_DENYWRITE`, `MMIO_DENYREAD`,
 * `MMIO_DENYNONE`); see `Sharing` for the rule.
 *
 * @since 0.1.0
 * @category models
 */
export type Share = "compat" | "exclusive" | "denyWrite" | "denyRead" | "denyNone"

/**
 * What an offset counts from: the start of the file, the current position, or its end (`SEEK_SET`, `SEEK_CUR`, `SEEK_END`).
 *
 * @since 0.1.0
 * @category models
 */
export type Whence = "start" | "current" | "end"

/**
 * What a driver is asked to open (`MMIOM_OPEN`).
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenRequest {
  /** The whole name, with its element. */
  readonly name: FileName
  /** What will be done with the file. */
  readonly access: Access
  /** Whether to make the file if it is missing, and to cut it to no bytes if it is there (`MMIO_CREATE`). */
  readonly create: boolean
  /** What other handles may do meanwhile. A driver for which this means nothing ignores it. */
  readonly share: Share
}

/**
 * What a driver is asked for a temporary file (`MMIO_GETTEMP`).
 *
 * @since 0.1.0
 * @category models
 */
export interface TempNameRequest {
  /** The folder to make it in. Default: the storage's own. */
  readonly folder?: string | undefined
  /** What the last component begins with. Default: `"mmio"`. */
  readonly prefix?: string | undefined
  /** What it ends with. Default: `".tmp"`. */
  readonly suffix?: string | undefined
}

/**
 * One open file of a driver, with a position of its own, in bytes from the start.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  /**
   * Reads into the front of `target` (at least one byte long) and gives the number of bytes, which may be short; 0 is the end
   * of the file (`MMIOM_READ`). Does not keep `target`.
   */
  readonly read: (target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>
  /**
   * Writes from the front of `source` (at least one byte long) and gives the number of bytes, which may be short
   * (`MMIOM_WRITE`). Does not keep `source`.
   */
  readonly write: (source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>
  /**
   * Like `write` (of a `source` that may be empty), then pushes down all that the driver itself still holds
   * (`MMIOM_WRITEFLUSH`).
   */
  readonly writeFlush: (source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>
  /** Sets the position to `offset` bytes from there and gives it, counted from the start (`MMIOM_SEEK`). */
  readonly seek: (offset: number, from: Whence) => Effect.Effect<number, MmioError.CannotSeek>
  /** Pushes down all that the driver still holds and releases the file (`MMIOM_CLOSE`). */
  readonly close: Effect.Effect<void, MmioError.CloseError>
  /**
   * Reads as `read` does, but from `position` on, wherever the file stands, and leaves it standing there; several such reads may be at work
   * at once, and nothing else meanwhile. Every integer from 0 on is a place to read at, with nothing behind the end of the file.
   * {@link readAhead} makes use of it, and does not seek first. Default: the file cannot.
   */
  readonly readAt?: ((position: number, target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>) | undefined
  /**
   * What tells the bytes behind the file from others, within the process: open files of the same bytes have the same identity, by whatever
   * names they were opened. Default: the driver cannot tell; whoever needs to goes by the name.
   */
  readonly identity?: string | undefined
  /**
   * Whether the bytes of the file come and go once, as those of a pipe do: then nobody may read more of it than was asked for, or hold back what is
   * written to it. Default: no.
   */
  readonly forwardOnly?: boolean | undefined
  /**
   * Answers a message of the driver's own (`MMIOM_USER` and up), or does not know it. Leaves the position as it was.
   * {@link answer} writes such a function for one kind of request.
   */
  readonly onMessage: OnMessage
}

/**
 * How a file answers messages of its driver's own.
 *
 * @since 0.1.0
 * @category models
 */
export type OnMessage = <A, E>(request: Request.Request<A, E>) => Option.Option<Effect.Effect<A, E>>

/**
 * Marks drivers.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = internal.TypeId

/**
 * Marks drivers.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A storage driver (`MMIOPROC`). Whatever it needs it took when it was made: its functions require nothing.
 *
 * Its functions speak to this storage itself, whatever the names they are given; who serves a name with a code is asked of
 * `find`.
 *
 * @since 0.1.0
 * @category models
 */
export interface IOProc {
  readonly [TypeId]: TypeId
  /** Opens a file (`MMIOM_OPEN`). */
  readonly open: (request: OpenRequest) => Effect.Effect<File, MmioError.OpenError>
  /** Gives a file another name, in the place of whatever had it (`MMIOM_RENAME`). */
  readonly rename: (from: FileName, to: FileName) => Effect.Effect<void, MmioError.RenameError>
  /** Removes a file (`MMIO_DELETE`). */
  readonly remove: (name: FileName) => Effect.Effect<void, MmioError.RenameError>
  /** Whether there is a file of this name (`MMIO_EXIST`). */
  readonly exists: (name: FileName) => Effect.Effect<boolean, MmioError.ExistsError>
  /** The name as it means the same from anywhere in the storage (`MMIO_PARSE`). */
  readonly fullName: (name: FileName) => Effect.Effect<FileName, MmioError.FullNameError>
  /** Makes an empty file under a name that did not exist, and gives the name (`MMIO_GETTEMP`). */
  readonly tempName: (request: TempNameRequest) => Effect.Effect<FileName, MmioError.TempNameError>
  /** Who serves names of this code (`MMIO_FINDPROC`). */
  readonly find: (code: FourCC) => Option.Option<IOProc>
}

/**
 * The storage of a program.
 *
 * @since 0.1.0
 * @category tags
 */
export const IOProc: Context.Tag<IOProc, IOProc> = Context.GenericTag<IOProc>("@effect-mmio/core/IOProc")

/**
 * Whether a value is a driver.
 *
 * @since 0.1.0
 * @category guards
 */
export const isIOProc: (u: unknown) => u is IOProc = internal.isIOProc

/**
 * A driver from the functions that it has. What is left out refuses with `AccessDenied`, and `find` finds nothing.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  functions: Pick<IOProc, "open"> & Partial<Omit<IOProc, "open" | TypeId>>
) => IOProc = internal.make

/**
 * Storage that is addressed by position, from which {@link makeFile} makes a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Primitives {
  /** The name that errors give, as text. */
  readonly name: string
  /** How many bytes there are. */
  readonly size: Effect.Effect<number, MmioError.CannotSeek>
  /**
   * Reads from `offset` on into the front of `target`; gives how many bytes, 0 at or past the end. What it makes with {@link immediate} or
   * {@link callback} is as quick through the file as they are; a function that has made one may be called for an effect that is then not run.
   * The same goes for `writeAt`.
   */
  readonly readAt: (offset: number, target: Uint8Array) => Effect.Effect<number, MmioError.ReadError>
  /**
   * Whether `readAt` may be called while another call of it is at work, as of a storage behind a network: the file then has a
   * {@link File.readAt}. Default: no.
   */
  readonly concurrent?: boolean | undefined
  /**
   * Writes the front of `source` from `offset` on; gives how many bytes. A gap that this leaves behind the end reads as zeros.
   * Default: the storage is read-only.
   */
  readonly writeAt?:
    | ((offset: number, source: Uint8Array) => Effect.Effect<number, MmioError.WriteError>)
    | undefined
  /** Pushes down what the storage still holds. Default: it holds nothing. */
  readonly flush?: Effect.Effect<void, MmioError.WriteError> | undefined
  /** Releases the file. Default: there is nothing to release. */
  readonly close?: Effect.Effect<void, MmioError.CloseError> | undefined
  /** Answers messages of the driver's own. Default: it knows none. */
  readonly onMessage?: OnMessage | undefined
}

/**
 * A file over storage that is addressed by position: it keeps the position, and gives seeking its meaning.
 *
 * @example
 * ```ts
 * import { IOProc, MmioError } from "@effect-mmio/core"
 * import { Effect, Layer } from "effect"
 *
 * // Files named by a number hold that many bytes of "x".
 * const driver = IOProc.make({
 *   open: ({ name }) => {
 *     const size = Number(name.full)
 *     return Number.isSafeInteger(size) && size >= 0
 *       ? Effect.succeed(IOProc.makeFile({
 *         name: name.full,
 *         size: Effect.succeed(size),
 *         readAt: (offset, target) =>
 *           Effect.sync(() => {
 *             const count = Math.max(0, Math.min(target.length, size - offset))
 *             target.fill(0x78, 0, count)
 *             return count
 *           })
 *       }))
 *       : Effect.fail(new MmioError.FileNotFound({ operation: "open", file: name.full, description: "not a number" }))
 *   }
 * })
 * export const layer = Layer.succeed(IOProc.IOProc, driver)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeFile: (primitives: Primitives) => File = internal.makeFile

/**
 * Like `Effect.suspend`, for the functions of a file that can often answer without waiting. Where `evaluate` gives an `Exit`, such as
 * `Exit.succeed(count)`, a handle takes the answer without running an effect at all: that is what makes the refill of a buffer cost
 * hardly more than its copy. Where it gives another effect, it must have done nothing yet: it may then be evaluated again.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Exit } from "effect"
 *
 * // A file over bytes that are at hand.
 * export const over = (bytes: Uint8Array) => {
 *   let position = 0
 *   return {
 *     read: (target: Uint8Array) =>
 *       IOProc.immediate(() => {
 *         const some = bytes.subarray(position, position + target.length)
 *         target.set(some)
 *         position += some.length
 *         return Exit.succeed(some.length)
 *       })
 *   }
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const immediate: <A, E>(evaluate: () => Effect.Effect<A, E>) => Effect.Effect<A, E> = internalImmediate.immediate

/**
 * Like an uninterruptible `Effect.async`, for the functions of a file that ask something which answers by a callback and cannot be cancelled.
 * `start` is called each time the effect is run; it calls `done` once, then or later, and throws nothing. A handle takes the answer in
 * the callback itself.
 *
 * @example
 * ```ts
 * import { IOProc, MmioError } from "@effect-mmio/core"
 * import { Exit } from "effect"
 * import * as Fs from "node:fs"
 *
 * export const readAt = (fd: number, target: Uint8Array, position: number) =>
 *   IOProc.callback<number, MmioError.CannotRead>((done) =>
 *     Fs.read(fd, target, 0, target.length, position, (cause, count) =>
 *       done(
 *         cause === null
 *           ? Exit.succeed(count)
 *           : Exit.fail(new MmioError.CannotRead({ operation: "read", file: `${fd}`, description: cause.message, cause }))
 *       ))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const callback: <A, E>(start: (done: (exit: Exit.Exit<A, E>) => void) => void) => Effect.Effect<A, E> =
  internalImmediate.callback

/**
 * The `onMessage` of a file that knows one kind of request, told by a guard; the answer's types are those of the request.
 * Several kinds are chained: `onMessage: (request) => Option.orElse(first(request), () => second(request))`.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect, Request } from "effect"
 *
 * class CountEntries extends Request.TaggedClass("CountEntries")<number, never, { readonly folder: string }> {}
 *
 * export const onMessage = IOProc.answer(
 *   (request) => request instanceof CountEntries,
 *   (request) => Effect.succeed(request.folder.length)
 * )
 * export const message = new CountEntries({ folder: "songs" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const answer: <Req extends Request.Request<unknown, unknown>>(
  is: (request: Request.Request<unknown, unknown>) => request is Req,
  reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
) => OnMessage = internal.answer

// ---------------------------------------------------------------------------------------------------------------------
// one function for all messages
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The answer to a message, made by the `reply` of the message itself and of no other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reply {
  readonly [ReplyTypeId]: ReplyTypeId
}

/**
 * Marks answers to messages.
 *
 * @since 0.1.0
 * @category type ids
 */
export const ReplyTypeId: unique symbol = internal.ReplyTypeId

/**
 * Marks answers to messages.
 *
 * @since 0.1.0
 * @category type ids
 */
export type ReplyTypeId = typeof ReplyTypeId

/**
 * All messages that an I/O procedure gets, as one union. `S` is what the procedure keeps for an open file: it answers `Open`
 * with one, and every later message about that file carries it (`adwInfo`). Each message has a `reply` that types its answer.
 *
 * @since 0.1.0
 * @category models
 */
export type IOMessage<S> =
  | {
    readonly _tag: "Open"
    readonly request: OpenRequest
    readonly reply: (answer: Effect.Effect<S, MmioError.OpenError>) => Reply
  }
  | {
    readonly _tag: "Read"
    readonly file: S
    readonly target: Uint8Array
    readonly reply: (answer: Effect.Effect<number, MmioError.ReadError>) => Reply
  }
  | {
    readonly _tag: "Write" | "WriteFlush"
    readonly file: S
    readonly source: Uint8Array
    readonly reply: (answer: Effect.Effect<number, MmioError.WriteError>) => Reply
  }
  | {
    readonly _tag: "Seek"
    readonly file: S
    readonly offset: number
    readonly from: Whence
    readonly reply: (answer: Effect.Effect<number, MmioError.CannotSeek>) => Reply
  }
  | {
    readonly _tag: "Close"
    readonly file: S
    readonly reply: (answer: Effect.Effect<void, MmioError.CloseError>) => Reply
  }
  | {
    readonly _tag: "Rename"
    readonly from: FileName
    readonly to: FileName
    readonly reply: (answer: Effect.Effect<void, MmioError.RenameError>) => Reply
  }
  | {
    readonly _tag: "User"
    readonly file: S
    /** Asks whether the message is of one kind of request, and answers it if so; `None` if it is of another. */
    readonly match: <Req extends Request.Request<unknown, unknown>>(
      is: (request: Request.Request<unknown, unknown>) => request is Req,
      reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
    ) => Option.Option<Reply>
  }

/**
 * A driver from one function for all messages, as the original has it. `None` says that the procedure does not recognise a
 * message: opening, reading, writing, seeking or renaming then fails, closing succeeds, `WriteFlush` is asked again as `Write`,
 * and a message of the user's gets no answer.
 *
 * @example
 * ```ts
 * import { IOProc } from "@effect-mmio/core"
 * import { Effect, Option } from "effect"
 *
 * // Every file is empty, and swallows what is written to it.
 * export const nowhere = IOProc.fromProcedure<{ position: number }>((message) => {
 *   switch (message._tag) {
 *     case "Open":
 *       return Option.some(message.reply(Effect.succeed({ position: 0 })))
 *     case "Read":
 *       return Option.some(message.reply(Effect.succeed(0)))
 *     case "Write":
 *       return Option.some(message.reply(Effect.sync(() => {
 *         message.file.position += message.source.length
 *         return message.source.length
 *       })))
 *     default:
 *       return Option.none()
 *   }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromProcedure: <S>(procedure: (message: IOMessage<S>) => Option.Option<Reply>) => IOProc =
  internal.fromProcedure

// ---------------------------------------------------------------------------------------------------------------------
// wrapping
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A driver whose files, also those of the drivers that it finds, are changed by `f` as they are opened. The file that `f` gets is a plain
 * record without {@link File.readAt}, so `{ ...file, read }` is a file that reads otherwise.
 *
 * @since 0.1.0
 * @category combinators
 */
export const mapFile: {
  (f: (file: File, request: OpenRequest) => File): (self: IOProc) => IOProc
  (self: IOProc, f: (file: File, request: OpenRequest) => File): IOProc
} = internal.mapFile

/**
 * How large the blocks are that a file is read or written in: both in bytes, at least 1. They begin with `smallest` once two transfers were in
 * sequence, double while the sequence goes on, up to `largest`, and are given up where it breaks. Default: 64 KiB to 1 MiB.
 *
 * @since 0.1.0
 * @category models
 */
export interface BlockSizes {
  readonly smallest?: number | undefined
  readonly largest?: number | undefined
}

/**
 * A driver whose files, also those of the drivers that it finds, read the next block while the last is used, so that most reads
 * are answered at once; a file with {@link File.readAt} begins with the one behind it while somebody waits for the next. It costs up to two
 * blocks of memory for a file that is read in sequence, and nothing for any other.
 *
 * - What is written to the same bytes through any file of this process that goes through `readAhead` is seen, once it has been written or, where
 *   it is held back, flushed. What is written past it, by another process for one, is seen by blocks that are read after that.
 * - A failure to read ahead is not told: what was not read is asked for again when it is wanted.
 * - Closing waits for what is on its way. A file that is {@link File.forwardOnly} is left as it is.
 *
 * Throws `InvalidParameter` for sizes that are none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const readAhead: {
  (sizes?: BlockSizes): (self: IOProc) => IOProc
  (self: IOProc, sizes?: BlockSizes): IOProc
} = internal.readAhead

/**
 * A driver whose files, also those of the drivers that it finds, gather what is written in sequence, and write one block while the
 * next is gathered. It costs up to two blocks of memory for a file that is written in sequence, and nothing for any other.
 *
 * - What is held goes down with `writeFlush` and `close` (`MMIOM_WRITEFLUSH`, `MMIOM_CLOSE`), and before anything is read or written elsewhere:
 *   in the order in which it came. Who looks at the file through another handle sees what a flush has completed.
 * - What cannot be written is told by the next call that needs it down, and by that flush or close at the latest. Until then it is kept, and tried again,
 *   as a handle's own buffer is. So a full disk is noticed later; a file of a fixed size, which could never take what it once
 *   refused, should not be written behind.
 * - Seeking from the end counts what is held. A file that is {@link File.forwardOnly}, or opened for reading, is left as it is.
 *
 * Around both goes `readAhead`: `readAhead(writeBehind(driver))`.
 *
 * Throws `InvalidParameter` for sizes that are none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const writeBehind: {
  (sizes?: BlockSizes): (self: IOProc) => IOProc
  (self: IOProc, sizes?: BlockSizes): IOProc
} = internal.writeBehind

/**
 * A layer that puts something around the storage below it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMap = <E = never, R = never>(
  f: (ioProc: IOProc) => IOProc | Effect.Effect<IOProc, E, R>
): Layer.Layer<IOProc, E, IOProc | R> =>
  Layer.effect(
    IOProc,
    Effect.flatMap(IOProc, (below) => {
      const above = f(below)
      return isIOProc(above) ? Effect.succeed(above) : above
    })
  )

/**
 * A driver with another one for names of a code (`mmioInstallIOProc`); the most recent route of a code wins.
 *
 * @since 0.1.0
 * @category combinators
 */
export const route: {
  (code: FourCC, driver: IOProc): (self: IOProc) => IOProc
  (self: IOProc, code: FourCC, driver: IOProc): IOProc
} = internal.route

/**
 * A layer that has names of a code served by a driver, all others by the storage below (`mmioInstallIOProc`). A driver that
 * needs that storage, as one for archives does, is given as an effect that asks for `IOProc`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRoute = <E = never, R = never>(
  code: FourCC,
  driver: IOProc | Effect.Effect<IOProc, E, R>
): Layer.Layer<IOProc, E, IOProc | R> =>
  layerMap<E, R>((below) =>
    isIOProc(driver) ? route(below, code, driver) : Effect.map(driver, (above) => route(below, code, above))
  )

/**
 * Runs an effect while names of a code are served by a driver (`mmioInstallIOProc`, then `MMIO_REMOVEPROC`).
 *
 * @since 0.1.0
 * @category combinators
 */
export const withRoute = <E2 = never, R2 = never>(
  code: FourCC,
  driver: IOProc | Effect.Effect<IOProc, E2, R2>
) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, IOProc | Exclude<R, IOProc> | R2> =>
  Effect.provide(effect, layerRoute(code, driver))
