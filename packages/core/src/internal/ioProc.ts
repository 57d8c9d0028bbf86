import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Request from "effect/Request"
import type { FileName } from "../FileName.js"
import type { FourCC } from "../FourCC.js"
import type * as Api from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import type { Sizes } from "./blocks.js"
import { answersItself, immediate, mapping } from "./immediate.js"
import { readAhead as readAheadFile } from "./readAhead.js"
import { writeBehind as writeBehindFile } from "./writeBehind.js"

/** @internal */
export const TypeId: Api.TypeId = Symbol.for("@effect-mmio/core/IOProc") as Api.TypeId

/** @internal */
export const ReplyTypeId: Api.ReplyTypeId = Symbol.for("@effect-mmio/core/IOProc/Reply") as Api.ReplyTypeId

/** @internal */
export const isIOProc = (u: unknown): u is Api.IOProc => Predicate.hasProperty(u, TypeId)

const refuse = (operation: string, file: string) =>
  Effect.fail(new MmioError.AccessDenied({ operation, file, description: "this storage cannot do that" }))

/** @internal */
export const make = (
  functions: Pick<Api.IOProc, "open"> & Partial<Omit<Api.IOProc, "open" | Api.TypeId>>
): Api.IOProc => ({
  rename: (from) => refuse("IOProc.rename", from.full),
  remove: (name) => refuse("IOProc.remove", name.full),
  exists: (name) => refuse("IOProc.exists", name.full),
  fullName: (name) => refuse("IOProc.fullName", name.full),
  tempName: () => refuse("IOProc.tempName", "a temporary file"),
  find: () => Option.none(),
  ...functions,
  [TypeId]: TypeId
})

// ---------------------------------------------------------------------------------------------------------------------
// files
// ---------------------------------------------------------------------------------------------------------------------

const knowsNothing: Api.OnMessage = () => Option.none()

/** @internal */
export const makeFile = (primitives: Api.Primitives): Api.File => {
  const { close, concurrent, flush, name, onMessage, readAt, size, writeAt } = primitives
  let position = 0
  const moved = (count: number) => {
    position += count
    return count
  }
  /** Whether the storage was seen to answer by itself. */
  let isPrompt = false
  /** A function of the storage's, from which the file goes on: it is as prompt as that. */
  const transferring = <E>(
    call: (bytes: Uint8Array) => Effect.Effect<number, E>
  ): (bytes: Uint8Array) => Effect.Effect<number, E> => {
    let isSeen = false
    const first = (bytes: Uint8Array) => {
      const answer = call(bytes)
      if (answersItself(answer)) isPrompt = isSeen = true
      return answer
    }
    return (bytes) =>
      isSeen ? immediate(() => mapping(call(bytes), moved)) : Effect.map(Effect.suspend(() => first(bytes)), moved)
  }
  const moveTo = (target: number): Effect.Effect<number, MmioError.CannotSeek> =>
    Number.isSafeInteger(target) && target >= 0
      ? Effect.succeed(position = target)
      : Effect.fail(
        new MmioError.CannotSeek({
          operation: "IOProc.File.seek",
          file: name,
          position: target,
          description: "a file has no such position"
        })
      )
  const write = transferring((source): Effect.Effect<number, MmioError.WriteError> =>
    writeAt === undefined
      ? Effect.fail(
        new MmioError.CannotWrite({
          operation: "IOProc.File.write",
          file: name,
          position,
          description: "the file is read-only",
          written: 0
        })
      )
      : writeAt(position, source)
  )
  return {
    read: transferring((target) => readAt(position, target)),
    readAt: concurrent === true ? readAt : undefined,
    write,
    writeFlush: (source) =>
      Effect.suspend(() => {
        const start = position
        const written = source.length === 0 ? Effect.succeed(0) : write(source)
        return flush === undefined ? written : Effect.tap(written, () =>
          Effect.onError(flush, () =>
            Effect.sync(() => {
              // Whether the bytes went down is not known: the caller is to write them again.
              position = start
            })))
      }),
    seek: (offset, from) =>
      from === "end"
        ? Effect.flatMap(size, (end) => moveTo(end + offset))
        : (isPrompt ? immediate : Effect.suspend)(() => moveTo(from === "start" ? offset : position + offset)),
    close: close ?? Effect.void,
    onMessage: onMessage ?? knowsNothing
  }
}

/** @internal */
export const answer = <Req extends Request.Request<unknown, unknown>>(
  is: (request: Request.Request<unknown, unknown>) => request is Req,
  reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
): Api.OnMessage =>
<A, E>(request: Request.Request<A, E>) =>
  is(request)
    // The guard proves that the request is a Req, whose success and failure then are A and E: TypeScript narrows the value
    // and not the type parameters.
    ? Option.some(reply(request) as Effect.Effect<A, E>)
    : Option.none()

// ---------------------------------------------------------------------------------------------------------------------
// one function for all messages
// ---------------------------------------------------------------------------------------------------------------------

class ReplyImpl implements Api.Reply {
  readonly [ReplyTypeId]: Api.ReplyTypeId = ReplyTypeId
  readonly effect: Effect.Effect<unknown, unknown>
  constructor(effect: Effect.Effect<unknown, unknown>) {
    this.effect = effect
  }
}

const reply = (effect: Effect.Effect<unknown, unknown>): Api.Reply => new ReplyImpl(effect)

/** @internal */
export const fromProcedure = <S>(procedure: (message: Api.IOMessage<S>) => Option.Option<Api.Reply>): Api.IOProc => {
  /** Only the `reply` of the message itself, typed for it, makes a Reply: so what is in it has that message's types. */
  const ask = <A, E>(message: Api.IOMessage<S>): Option.Option<Effect.Effect<A, E>> =>
    Option.map(procedure(message), (answer) => (answer as ReplyImpl).effect as Effect.Effect<A, E>)

  const fileOf = (file: S, name: FileName): Api.File => {
    const unknown = (operation: string) => ({
      operation,
      file: name.full,
      description: "the I/O procedure does not recognise this message"
    })
    const write = (tag: "Write" | "WriteFlush", source: Uint8Array) =>
      ask<number, MmioError.WriteError>({ _tag: tag, file, source, reply })
    const cannotWrite = () => Effect.fail(new MmioError.CannotWrite({ ...unknown("MMIOM_WRITE"), written: 0 }))
    return {
      read: (target) =>
        Effect.suspend(() =>
          Option.getOrElse(
            ask<number, MmioError.ReadError>({ _tag: "Read", file, target, reply }),
            () => Effect.fail(new MmioError.CannotRead(unknown("MMIOM_READ")))
          )
        ),
      write: (source) => Effect.suspend(() => Option.getOrElse(write("Write", source), cannotWrite)),
      writeFlush: (source) =>
        Effect.suspend(() =>
          Option.getOrElse(
            write("WriteFlush", source),
            () => source.length === 0 ? Effect.succeed(0) : Option.getOrElse(write("Write", source), cannotWrite)
          )
        ),
      seek: (offset, from) =>
        Effect.suspend(() =>
          Option.getOrElse(
            ask<number, MmioError.CannotSeek>({ _tag: "Seek", file, offset, from, reply }),
            () => Effect.fail(new MmioError.CannotSeek(unknown("MMIOM_SEEK")))
          )
        ),
      close: Effect.suspend(() =>
        Option.getOrElse(ask<void, MmioError.CloseError>({ _tag: "Close", file, reply }), () => Effect.void)
      ),
      onMessage: <A, E>(request: Request.Request<A, E>) =>
        ask<A, E>({
          _tag: "User",
          file,
          match: (is, answerTo) => Option.map(answer(is, answerTo)(request), reply)
        })
    }
  }

  return make({
    open: (request) =>
      Effect.map(
        Effect.suspend(() =>
          Option.getOrElse(
            ask<S, MmioError.OpenError>({ _tag: "Open", request, reply }),
            () =>
              Effect.fail(
                new MmioError.CannotOpen({
                  operation: "MMIOM_OPEN",
                  file: request.name.full,
                  description: "the I/O procedure does not recognise this message"
                })
              )
          )
        ),
        (file) => fileOf(file, request.name)
      ),
    rename: (from, to) =>
      Effect.suspend(() =>
        Option.getOrElse(
          ask<void, MmioError.RenameError>({ _tag: "Rename", from, to, reply }),
          () => refuse("MMIOM_RENAME", from.full)
        )
      )
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// wrapping
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The driver with some functions of its own instead. Every function is named, since a driver that a user wrote as a class keeps
 * its methods where a spread does not find them.
 *
 * @internal
 */
export const override = (self: Api.IOProc, functions: Partial<Omit<Api.IOProc, Api.TypeId>>): Api.IOProc => ({
  [TypeId]: TypeId,
  open: (request) => self.open(request),
  rename: (from, to) => self.rename(from, to),
  remove: (name) => self.remove(name),
  exists: (name) => self.exists(name),
  fullName: (name) => self.fullName(name),
  tempName: (request) => self.tempName(request),
  find: (code) => self.find(code),
  ...functions
})

/** The functions of a file as a record of its own: a driver may keep them on a prototype, where a spread does not find them. */
/** Without what a file does beside its functions, which whoever changes these would have to change, too. */
const recordOf = (file: Api.File): Api.File => ({
  identity: file.identity,
  forwardOnly: file.forwardOnly,
  read: (target) => file.read(target),
  write: (source) => file.write(source),
  writeFlush: (source) => file.writeFlush(source),
  seek: (offset, from) => file.seek(offset, from),
  close: Effect.suspend(() => file.close),
  onMessage: (request) => file.onMessage(request)
})

/** @internal */
export const mapFile: {
  (f: (file: Api.File, request: Api.OpenRequest) => Api.File): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, f: (file: Api.File, request: Api.OpenRequest) => Api.File): Api.IOProc
} = dual(
  2,
  (self: Api.IOProc, f: (file: Api.File, request: Api.OpenRequest) => Api.File): Api.IOProc =>
    override(self, {
      open: (request) => Effect.map(self.open(request), (file) => f(recordOf(file), request)),
      find: (code) => Option.map(self.find(code), mapFile(f))
    })
)

const smallestBlock = 64 * 1024
const largestBlock = 1024 * 1024

type Wrap = (file: Api.File, name: string, sizes: Sizes) => Api.File

/** A driver whose files go through blocks, but for those that nothing can be held of. */
const inBlocks = (
  operation: string,
  wrap: Wrap,
  concerns: (request: Api.OpenRequest) => boolean
): {
  (sizes?: Api.BlockSizes): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, sizes?: Api.BlockSizes): Api.IOProc
} =>
  dual((args) => isIOProc(args[0]), (self: Api.IOProc, sizes: Api.BlockSizes = {}): Api.IOProc => {
    const smallest = sizes.smallest ?? smallestBlock
    const largest = sizes.largest ?? Math.max(smallest, largestBlock)
    if (!Number.isSafeInteger(smallest) || !Number.isSafeInteger(largest) || smallest < 1 || largest < smallest) {
      throw new MmioError.InvalidParameter({
        operation,
        file: "the files of a storage",
        description: `${smallest} to ${largest} bytes are not the sizes of blocks`
      })
    }
    const blockSizes = { smallest, largest }
    const through = (driver: Api.IOProc): Api.IOProc =>
      override(driver, {
        open: (request) =>
          Effect.map(
            driver.open(request),
            (file) => file.forwardOnly === true || !concerns(request) ? file : wrap(file, request.name.full, blockSizes)
          ),
        find: (code) => Option.map(driver.find(code), through)
      })
    return through(self)
  })

/** @internal */
// Also where a file is only written: those that read it have to hear of it.
export const readAhead = inBlocks("IOProc.readAhead", readAheadFile, () => true)

/** @internal */
export const writeBehind = inBlocks("IOProc.writeBehind", writeBehindFile, ({ access }) => access !== "read")

/** @internal */
export const route: {
  (code: FourCC, driver: Api.IOProc): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, code: FourCC, driver: Api.IOProc): Api.IOProc
} = dual(
  3,
  (self: Api.IOProc, code: FourCC, driver: Api.IOProc): Api.IOProc =>
    override(self, { find: (wanted) => wanted === code ? Option.some(driver) : self.find(wanted) })
)
