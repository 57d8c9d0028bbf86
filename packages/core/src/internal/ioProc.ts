import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Request from "effect/Request"
import * as Stream from "effect/Stream"
import * as FileName from "../FileName.js"
import type { FourCC } from "../FourCC.js"
import type * as Api from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import type { Sizes } from "./io/accessPattern.js"
import * as Blocks from "./io/blocks.js"
import { makeCursorFile } from "./io/cursorFile.js"
import { Permits } from "./io/permits.js"
import { wrapFile } from "./io/positionalFile.js"
import { openReplacing } from "./middleware/commitOnClose.js"
import { checkOrder } from "./middleware/order.js"
import { readAhead as readAheadFile } from "./middleware/readAhead.js"
import { writeBehind as writeBehindFile } from "./middleware/writeBehind.js"

export { makeCursorFile } from "./io/cursorFile.js"
export { makeFile, wrapFile } from "./io/positionalFile.js"

/** @internal */
export const TypeId: Api.TypeId = Symbol.for("@effect-mmio/core/IOProc") as Api.TypeId

/** @internal */
export const ReplyTypeId: Api.ReplyTypeId = Symbol.for("@effect-mmio/core/IOProc/Reply") as Api.ReplyTypeId

/** @internal */
export const isIOProc = (u: unknown): u is Api.IOProc => Predicate.hasProperty(u, TypeId)

/** @internal */
export const openRequest = (
  name: FileName.FileName | string,
  options?: Partial<Omit<Api.OpenRequest, "name">>
): Api.OpenRequest => {
  const full = typeof name === "string" ? FileName.plain(name) : name
  return {
    name: full,
    access: "read",
    create: "no",
    share: "compat",
    code: full.code,
    parameters: undefined,
    ifVersion: Option.none(),
    buffered: true,
    ...options
  }
}

const unsupported = "this storage cannot do that"

const refusal = (operation: string, file: string) =>
  new MmioError.AccessDenied({ operation, file, description: unsupported })

/** Whether an error says that a driver has no such function, rather than that it does not permit it. @internal */
export const isUnsupported = (error: MmioError.MmioError): boolean =>
  error._tag === "AccessDenied" && error.description === unsupported

const refuse = (operation: string, file: string) => Effect.fail(refusal(operation, file))

/** @internal */
export const make = (
  functions: Pick<Api.IOProc, "open"> & Partial<Omit<Api.IOProc, "open" | Api.TypeId>>
): Api.IOProc => ({
  rename: (from) => refuse("IOProc.rename", from.full),
  remove: (name) => refuse("IOProc.remove", name.full),
  exists: (name) => refuse("IOProc.exists", name.full),
  fullName: (name) => refuse("IOProc.fullName", name.full),
  realName: (name) => Effect.succeed(name),
  tempName: () => refuse("IOProc.tempName", "a temporary file"),
  stat: (name) => refuse("IOProc.stat", name.full),
  list: (folder) => Stream.fail(refusal("IOProc.list", folder.full)),
  makeFolder: (name) => refuse("IOProc.makeFolder", name.full),
  removeFolder: (name) => refuse("IOProc.removeFolder", name.full),
  find: () => Option.none(),
  capabilities: { list: false, atomicRename: false, exclusiveCreate: false },
  middleware: [],
  ...functions,
  [TypeId]: TypeId
})

// ---------------------------------------------------------------------------------------------------------------------
// messages of a driver's own
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const answer = <Req extends Request.Request<unknown, unknown>>(
  is: (request: Request.Request<unknown, unknown>) => request is Req,
  reply: (request: Req) => Effect.Effect<Request.Request.Success<Req>, Request.Request.Error<Req>>
): Api.OnMessage =>
<A, E>(request: Request.Request<A, E>) =>
  is(request)
    // The guard proves that the request is a Req, whose success and failure then are A and E: TypeScript narrows the
    // value and not the type parameters.
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

  const unrecognised = (operation: string, file: string) => ({
    operation,
    file,
    description: "the I/O procedure does not recognise this message"
  })
  const or = <A, E, B, E2>(answer: Option.Option<Effect.Effect<A, E>>, otherwise: () => Effect.Effect<B, E2>) =>
    Option.getOrElse(answer, otherwise)

  const fileOf = (file: S, name: string, diskOffset: number): Api.File => {
    const cannotWrite = () =>
      Effect.fail(new MmioError.CannotWrite({ ...unrecognised("MMIOM_WRITE", name), written: 0 }))
    const write = (source: Uint8Array) =>
      Effect.suspend(() => or(ask<number, MmioError.WriteError>({ _tag: "Write", file, source, reply }), cannotWrite))
    return makeCursorFile({
      name,
      start: diskOffset,
      read: (target) =>
        Effect.suspend(() =>
          or(
            ask<number, MmioError.ReadError>({ _tag: "Read", file, target, reply }),
            () => Effect.fail(new MmioError.CannotRead(unrecognised("MMIOM_READ", name)))
          )
        ),
      write,
      writeFlush: (source) =>
        Effect.suspend(() =>
          or(
            ask<number, MmioError.WriteError>({ _tag: "WriteFlush", file, source, reply }),
            () => source.length === 0 ? Effect.succeed(0) : write(source)
          )
        ),
      seek: (offset, from) =>
        Effect.suspend(() =>
          or(
            ask<number, MmioError.SeekError>({ _tag: "Seek", file, offset, from, reply }),
            () => Effect.fail(new MmioError.CannotSeek(unrecognised("MMIOM_SEEK", name)))
          )
        ),
      close: Effect.suspend(() =>
        or(ask<void, MmioError.CloseError>({ _tag: "Close", file, reply }), () => Effect.void)
      ),
      onMessage: <A, E>(request: Request.Request<A, E>) =>
        ask<A, E>({
          _tag: "User",
          file,
          match: (is, answerTo) => Option.map(answer(is, answerTo)(request), reply)
        })
    })
  }

  const replyAt = (opened: Effect.Effect<{ readonly file: S; readonly diskOffset: number }, MmioError.OpenError>) =>
    reply(Effect.map(opened, ({ diskOffset, file }) => new OpenedAt(file, diskOffset)))

  return make({
    open: (request) =>
      Effect.map(
        Effect.suspend(() =>
          or(
            ask<S | OpenedAt<S>, MmioError.OpenError>({ _tag: "Open", request, reply, replyAt }),
            () => Effect.fail(new MmioError.CannotOpen(unrecognised("MMIOM_OPEN", request.name.full)))
          )
        ),
        (opened) =>
          opened instanceof OpenedAt
            ? fileOf(opened.file, request.name.full, opened.diskOffset)
            : fileOf(opened, request.name.full, 0)
      ),
    rename: (from, to) =>
      Effect.suspend(() =>
        or(
          ask<void, MmioError.RenameError>({ _tag: "Rename", from, to, reply }),
          () => refuse("MMIOM_RENAME", from.full)
        )
      ),
    remove: (name) =>
      Effect.suspend(() =>
        or(ask<void, MmioError.RenameError>({ _tag: "Delete", name, reply }), () => refuse("MMIO_DELETE", name.full))
      ),
    exists: (name) =>
      Effect.suspend(() =>
        or(ask<boolean, MmioError.ExistsError>({ _tag: "Exist", name, reply }), () => refuse("MMIO_EXIST", name.full))
      ),
    fullName: (name) =>
      Effect.suspend(() =>
        or(
          ask<FileName.FileName, MmioError.FullNameError>({ _tag: "Parse", name, reply }),
          () => refuse("MMIO_PARSE", name.full)
        )
      ),
    tempName: (request) =>
      Effect.suspend(() =>
        or(
          ask<FileName.FileName, MmioError.TempNameError>({ _tag: "GetTemp", request, reply }),
          () => refuse("MMIO_GETTEMP", "a temporary file")
        )
      )
  })
}

/** What a procedure that opens elsewhere than at 0 replied. */
class OpenedAt<S> {
  readonly file: S
  readonly diskOffset: number
  constructor(file: S, diskOffset: number) {
    this.file = file
    this.diskOffset = diskOffset
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// wrapping
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The driver with some functions of its own instead. Every function is named, since a driver that a user wrote as a
 * class keeps its methods where a spread does not find them.
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
  realName: (name) => self.realName(name),
  tempName: (request) => self.tempName(request),
  stat: (name) => self.stat(name),
  list: (folder) => self.list(folder),
  makeFolder: (name) => self.makeFolder(name),
  removeFolder: (name) => self.removeFolder(name),
  find: (code) => self.find(code),
  capabilities: self.capabilities,
  middleware: self.middleware,
  ...functions
})

/** A driver whose files, also those of the drivers that it finds, are changed as they are opened. */
const mapFiles = (
  self: Api.IOProc,
  name: string,
  f: (file: Api.File, request: Api.OpenRequest) => Api.File
): Api.IOProc =>
  override(self, {
    open: (request) => Effect.map(self.open(request), (file) => f(file, request)),
    find: (code) => Option.map(self.find(code), (driver) => mapFiles(driver, name, f)),
    middleware: [name, ...self.middleware]
  })

/** @internal */
export const mapFile: {
  (f: (file: Api.File, request: Api.OpenRequest) => Api.File, name?: string): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, f: (file: Api.File, request: Api.OpenRequest) => Api.File, name?: string): Api.IOProc
} = dual(
  (args) => isIOProc(args[0]),
  (
    self: Api.IOProc,
    f: (file: Api.File, request: Api.OpenRequest) => Api.File,
    name = "mapFile"
  ): Api.IOProc => mapFiles(self, name, (file, request) => f(wrapFile(file), request))
)

const smallestBlock = 64 * 1024
const largestBlock = 1024 * 1024

/** A driver whose files go through blocks, but for those of which nothing may be held. */
const inBlocks = (
  name: string,
  wrap: (file: Api.File, name: string, sizes: Sizes, budget: Api.BlockBudget, created: boolean) => Api.File,
  concerns: (request: Api.OpenRequest) => boolean,
  /** Whether a file of which nothing may be held goes through it all the same, with blocks of no bytes. */
  watches: boolean
): {
  (sizes?: Api.BlockSizes): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, sizes?: Api.BlockSizes): Api.IOProc
} =>
  dual((args) => isIOProc(args[0]), (self: Api.IOProc, options: Api.BlockSizes = {}): Api.IOProc => {
    checkOrder(name, self)
    const smallest = options.smallest ?? smallestBlock
    const largest = options.largest ?? Math.max(smallest, largestBlock)
    if (!Number.isSafeInteger(smallest) || !Number.isSafeInteger(largest) || smallest < 1 || largest < smallest) {
      throw new MmioError.InvalidParameter({
        operation: `IOProc.${name}`,
        file: "the files of a storage",
        description: `${smallest} to ${largest} bytes are invalid sizes of blocks`
      })
    }
    const sizes = { smallest, largest }
    const budget = options.budget ?? Blocks.makeBudget(Blocks.defaultBudget)
    return mapFiles(
      self,
      name,
      (file, request) =>
        file.capabilities.forwardOnly || !concerns(request) || !(request.buffered || watches)
          ? file
          : wrap(
            file,
            request.name.full,
            request.buffered ? sizes : { smallest: 0, largest: 0 },
            budget,
            request.create !== "no"
          )
    )
  })

/** @internal */
// Also where a file is only written, and where nothing is held: the blocks of other handles have to hear of it.
export const readAhead = inBlocks(
  "readAhead",
  readAheadFile,
  ({ access, buffered }) => buffered || access !== "read",
  true
)

/** @internal */
export const writeBehind = inBlocks("writeBehind", writeBehindFile, ({ access }) => access !== "read", false)

/** Applies a function to a driver; the `InvalidParameter` that it throws is a failure. @internal */
export const mapped = <E, R, E2, R2>(
  self: Effect.Effect<Api.IOProc, E, R>,
  f: (inner: Api.IOProc) => Api.IOProc | Effect.Effect<Api.IOProc, E2, R2>
): Effect.Effect<Api.IOProc, E | E2 | MmioError.InvalidParameter, R | R2> =>
  Effect.flatMap(self, (inner): Effect.Effect<Api.IOProc, E2 | MmioError.InvalidParameter, R2> => {
    try {
      const outer = f(inner)
      return isIOProc(outer) ? Effect.succeed(outer) : outer
    } catch (error) {
      if (error instanceof MmioError.InvalidParameter) return Effect.fail(error)
      throw error
    }
  })

/** @internal */
export const commitOnClose = (self: Api.IOProc): Api.IOProc => {
  checkOrder("commitOnClose", self)
  if (!self.capabilities.atomicRename) {
    throw new MmioError.InvalidParameter({
      operation: "IOProc.commitOnClose",
      file: "the files of a storage",
      description: "the storage cannot replace a file in one step"
    })
  }
  const commits = new Permits(1)
  return override(self, {
    open: (request) =>
      request.create === "no"
        ? self.open(request)
        // What a link leads to is replaced, and not the link.
        : Effect.flatMap(self.realName(request.name), (name) => openReplacing(self, request, name, commits)),
    middleware: ["commitOnClose", ...self.middleware]
  })
}

/** @internal */
export const route: {
  (code: FourCC, driver: Api.IOProc): (self: Api.IOProc) => Api.IOProc
  (self: Api.IOProc, code: FourCC, driver: Api.IOProc): Api.IOProc
} = dual(
  3,
  (self: Api.IOProc, code: FourCC, driver: Api.IOProc): Api.IOProc =>
    override(self, { find: (wanted) => wanted === code ? Option.some(driver) : self.find(wanted) })
)
