/**
 * Drivers that write down what they are asked, and drivers that answer from what was written down.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import type { FourCC } from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Request from "effect/Request"
import type * as Api from "../Recording.js"
import { matches as globMatches } from "./fault.js"
import { filesOf, matcher, type Question, question } from "./recordingText.js"

type Message = Api.Message
// ---------------------------------------------------------------------------------------------------------------------
// values as data
// ---------------------------------------------------------------------------------------------------------------------

/** Two times 32 bits of multiplications (cyrb53): not against an adversary, and on every runtime without a wait. */
const digestOf = (bytes: Uint8Array): string => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761)
    b = Math.imul(b ^ byte, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, "0")
}

const bytesOf = (bytes: Uint8Array, how: "included" | "digest"): Api.Bytes =>
  how === "included" ? { bytes: bytes.slice() } : { length: bytes.length, digest: digestOf(bytes) }

const sameBytes = (recorded: Api.Bytes, bytes: Uint8Array): boolean =>
  "bytes" in recorded
    ? recorded.bytes.length === bytes.length && recorded.bytes.every((byte, i) => byte === bytes[i])
    : recorded.length === bytes.length && recorded.digest === digestOf(bytes)

const nameOf = ({ code, element, full, path }: FileName.FileName): Api.Name => ({
  full,
  path,
  element: Option.getOrNull(element),
  code: Option.getOrNull(code)
})

const toName = ({ code, element, full, path }: Api.Name): FileName.FileName =>
  new FileName.FileName({ full, path, element: Option.fromNullable(element), code: Option.fromNullable(code) })

const classes = {
  FileNotFound: MmioError.FileNotFound,
  OutOfMemory: MmioError.OutOfMemory,
  CannotOpen: MmioError.CannotOpen,
  CannotClose: MmioError.CannotClose,
  CannotRead: MmioError.CannotRead,
  CannotSeek: MmioError.CannotSeek,
  CannotExpand: MmioError.CannotExpand,
  PathNotFound: MmioError.PathNotFound,
  AccessDenied: MmioError.AccessDenied,
  SharingViolation: MmioError.SharingViolation,
  NetworkError: MmioError.NetworkError,
  TooManyOpenFiles: MmioError.TooManyOpenFiles,
  InvalidFile: MmioError.InvalidFile
}

/** The errors of drivers. @internal */
export type ErrorTag = keyof typeof classes | "CannotWrite"

interface ErrorData<Tag> {
  readonly _tag: Tag
  readonly operation: string
  readonly file: string
  readonly position?: number | undefined
  readonly description: string
  readonly written?: number | undefined
  readonly errno?: string | undefined
  readonly cause?: string | undefined
}

/** An error of a driver, as far as it is written down. */
interface DriverError<Tag> extends MmioError.Details {
  readonly _tag: Tag
  readonly written?: number | undefined
}

const errorOf = <Tag>(error: DriverError<Tag>): ErrorData<Tag> => {
  const errno = Errno.nameOf(error.cause)
  return {
    _tag: error._tag,
    operation: error.operation,
    file: error.file,
    ...(error.position === undefined ? {} : { position: error.position }),
    description: error.description,
    ...(error.written === undefined ? {} : { written: error.written }),
    ...(errno === undefined ? {} : { errno }),
    ...(error.cause instanceof Error ? { cause: error.cause.message } : {})
  }
}

type ErrorOf<Tag extends ErrorTag> = Extract<MmioError.MmioError, { readonly _tag: Tag }>

const toError = <Tag extends ErrorTag>(data: ErrorData<Tag>): ErrorOf<Tag> => {
  const { _tag, cause, description, errno, file, operation, position, written = 0 } = data
  const origin = new Error(cause ?? `${errno}: ${description}`)
  const details = {
    operation,
    file,
    position,
    description,
    ...(errno === undefined && cause === undefined
      ? {}
      : { cause: errno === undefined ? origin : Object.assign(origin, { code: errno }) })
  }
  const tag: ErrorTag = _tag
  const error = tag === "CannotWrite"
    ? new MmioError.CannotWrite({ ...details, written })
    : new classes[tag](details)
  // The class was chosen by the tag, which types cannot follow through a table.
  return error as MmioError.MmioError as ErrorOf<Tag>
}

/** What came of a message, in general. */
type AnyResult<A, Tag> =
  | { readonly success: A }
  | { readonly error: ErrorData<Tag> }
  | { readonly defect: string }
  | { readonly interrupted: true }
  | { readonly pending: true }

const resultOf = <A, B, Tag>(
  exit: Exit.Exit<A, DriverError<Tag>>,
  success: (value: A) => B
): AnyResult<B, Tag> => {
  if (Exit.isSuccess(exit)) return { success: success(exit.value) }
  const error = Cause.failureOption(exit.cause)
  if (Option.isSome(error)) return { error: errorOf(error.value) }
  if (Cause.isInterruptedOnly(exit.cause)) return { interrupted: true }
  const defect = Cause.squash(exit.cause)
  return { defect: defect instanceof Error ? `${defect.name}: ${defect.message}` : String(defect) }
}

// ---------------------------------------------------------------------------------------------------------------------
// recording
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export class Log {
  messages: Array<Message> = []
  readonly bytes: "included" | "digest"
  private files = 0

  constructor(bytes: "included" | "digest") {
    this.bytes = bytes
  }

  nextFile(): number {
    return this.files++
  }

  /** Runs a message: it has its place from when it was sent, and what came of it once that is known. */
  run<A, E>(
    effect: Effect.Effect<A, E>,
    entry: (exit: Exit.Exit<A, E> | undefined) => Message
  ): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      // If the log is cleared meanwhile, the message belongs to what was forgotten.
      const { messages } = this
      const index = messages.push(entry(undefined)) - 1
      return Effect.onExit(effect, (exit) =>
        Effect.sync(() => {
          messages[index] = entry(exit)
        }))
    })
  }
}

const pending: { readonly pending: true } = { pending: true }

/** @internal */
export const record = (log: Log, below: IOProc.IOProc, driver: FourCC | null): IOProc.IOProc =>
  IOProc.make({
    open: (request) =>
      Effect.suspend(() => {
        const { access, create, share } = request
        const number = log.nextFile()
        const open = log.run(Effect.suspend(() => below.open(request)), (exit) => ({
          message: "open",
          driver,
          name: nameOf(request.name),
          access,
          create,
          share,
          result: exit === undefined ? pending : resultOf(exit, () => ({ file: number }))
        }))
        return Effect.map(open, (file) => recordFile(log, file, number, request.name.full))
      }),
    rename: (from, to) =>
      log.run(Effect.suspend(() => below.rename(from, to)), (exit) => ({
        message: "rename",
        driver,
        name: nameOf(from),
        to: nameOf(to),
        result: exit === undefined ? pending : resultOf(exit, () => null)
      })),
    remove: (name) =>
      log.run(Effect.suspend(() => below.remove(name)), (exit) => ({
        message: "remove",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, () => null)
      })),
    exists: (name) =>
      log.run(Effect.suspend(() => below.exists(name)), (exit) => ({
        message: "exists",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, (there) => there)
      })),
    fullName: (name) =>
      log.run(Effect.suspend(() => below.fullName(name)), (exit) => ({
        message: "fullName",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, nameOf)
      })),
    tempName: (request) =>
      log.run(Effect.suspend(() => below.tempName(request)), (exit) => ({
        message: "tempName",
        driver,
        folder: request.folder ?? null,
        prefix: request.prefix ?? null,
        suffix: request.suffix ?? null,
        result: exit === undefined ? pending : resultOf(exit, nameOf)
      })),
    find: (code) => Option.map(below.find(code), (found) => record(log, found, code))
  })

const recordFile = (log: Log, below: IOProc.File, file: number, name: string): IOProc.File => {
  const write = (message: "write" | "writeFlush", run: IOProc.File["write"]) => (source: Uint8Array) =>
    Effect.suspend(() => {
      // Now, since a driver that damages what it is given does so later.
      const bytes = bytesOf(source, log.bytes)
      return log.run(Effect.suspend(() => run(source)), (exit) => ({
        message,
        file,
        name,
        source: bytes,
        result: exit === undefined ? pending : resultOf(exit, (count) => count)
      }))
    })
  return {
    read: (target) =>
      log.run(Effect.suspend(() => below.read(target)), (exit) => ({
        message: "read",
        file,
        name,
        count: target.length,
        result: exit === undefined ? pending : resultOf(exit, (count) => bytesOf(target.subarray(0, count), log.bytes))
      })),
    write: write("write", (source) => below.write(source)),
    writeFlush: write("writeFlush", (source) => below.writeFlush(source)),
    seek: (offset, from) =>
      log.run(Effect.suspend(() => below.seek(offset, from)), (exit) => ({
        message: "seek",
        file,
        name,
        offset,
        from,
        result: exit === undefined ? pending : resultOf(exit, (position) => position)
      })),
    close: log.run(Effect.suspend(() => below.close), (exit) => ({
      message: "close",
      file,
      name,
      result: exit === undefined ? pending : resultOf(exit, () => null)
    })),
    onMessage: (request) => {
      const answer = below.onMessage(request)
      log.messages.push({
        message: "user",
        file,
        name,
        request: tagOf(request),
        result: { success: { known: Option.isSome(answer) } }
      })
      return answer
    }
  }
}

const tagOf = (request: Request.Request<unknown, unknown>): string =>
  Predicate.hasProperty(request, "_tag") ? String(request._tag) : request.constructor.name

// ---------------------------------------------------------------------------------------------------------------------
// replaying
// ---------------------------------------------------------------------------------------------------------------------

interface UnexpectedFields {
  readonly index: number
  readonly expected: Message | undefined
  readonly got: string | undefined
  readonly description?: string | undefined
}

/** @internal */
export class Player {
  index = 0
  /** What was first asked that the trace does not have. */
  private wrong: Api.Unexpected | undefined
  private readonly trace: Api.Trace
  private readonly unexpected: (fields: UnexpectedFields) => Api.Unexpected

  constructor(trace: Api.Trace, unexpected: (fields: UnexpectedFields) => Api.Unexpected) {
    this.trace = trace
    this.unexpected = unexpected
  }

  /** Whether a driver answered for a code. */
  knows(code: FourCC): boolean {
    return this.trace.some((message) => "driver" in message && message.driver === code)
  }

  finish(): Effect.Effect<void, Api.Unexpected> {
    if (this.wrong !== undefined) return Effect.fail(this.wrong)
    return this.index === this.trace.length
      ? Effect.void
      : Effect.fail(this.unexpected({ index: this.index, expected: this.trace[this.index], got: undefined }))
  }

  /** What came of the next message of the trace, if that is what is asked. */
  next<Result>(asked: Question, resultOf: (recorded: Message) => Result | undefined): Result | Api.Unexpected {
    if (this.wrong !== undefined) return this.wrong
    const recorded = this.trace[this.index]
    const result = recorded === undefined ? undefined : resultOf(recorded)
    if (result === undefined) return this.refuse(asked)
    this.index++
    return result
  }

  private refuse(asked: Question): Api.Unexpected {
    this.wrong = this.unexpected({ index: this.index, expected: this.trace[this.index], got: question(asked) })
    return this.wrong
  }

  /** Says that the trace has no answer to the message that it has. */
  cannotAnswer(asked: Question, description: string): Api.Unexpected {
    const index = this.index - 1
    this.wrong = this.unexpected({ index, expected: this.trace[index], got: question(asked), description })
    return this.wrong
  }

  /** Answers a message as the trace has it. */
  answer<S, A, Tag extends ErrorTag>(
    asked: Question,
    resultOf: (recorded: Message) => AnyResult<S, Tag> | undefined,
    value: (success: S) => A | Api.Unexpected
  ): Effect.Effect<A, ErrorOf<Tag>> {
    return Effect.suspend((): Effect.Effect<A, ErrorOf<Tag>> => {
      const result = this.next(asked, resultOf)
      if (isUnexpected(result)) return Effect.die(result)
      if ("success" in result) {
        const given = value(result.success)
        return isUnexpected(given) ? Effect.die(given) : Effect.succeed(given)
      }
      if ("error" in result) return Effect.fail(toError(result.error))
      if ("defect" in result) return Effect.die(new Error(result.defect))
      return "interrupted" in result
        ? Effect.interrupt
        : Effect.die(this.cannotAnswer(asked, "it was still under way when the trace was taken"))
    })
  }
}

const isUnexpected = (u: unknown): u is Api.Unexpected => Predicate.isTagged(u, "Unexpected")

const sameName = (recorded: Api.Name, { code, element, full, path }: Api.Name): boolean =>
  recorded.full === full && recorded.path === path && recorded.element === element && recorded.code === code

const nothing = () => {}
const itself = <A>(value: A) => value

/** @internal */
export const play = (player: Player, driver: FourCC | null): IOProc.IOProc => {
  return IOProc.make({
    open: (request) => {
      const { access, create, share } = request
      const name = nameOf(request.name)
      return player.answer(
        { message: "open", driver, name, access, create, share },
        (it) =>
          it.message === "open" && it.driver === driver && sameName(it.name, name) && it.access === access
            && it.create === create && it.share === share
            ? it.result
            : undefined,
        ({ file }) => playFile(player, file, name.full)
      )
    },
    rename: (from, to) => {
      const asked = { message: "rename", driver, name: nameOf(from), to: nameOf(to) } as const
      return player.answer(
        asked,
        (it) =>
          it.message === "rename" && it.driver === driver && sameName(it.name, asked.name) && sameName(it.to, asked.to)
            ? it.result
            : undefined,
        nothing
      )
    },
    remove: (name) => {
      const asked = { message: "remove", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) =>
          it.message === "remove" && it.driver === driver && sameName(it.name, asked.name) ? it.result : undefined,
        nothing
      )
    },
    exists: (name) => {
      const asked = { message: "exists", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) =>
          it.message === "exists" && it.driver === driver && sameName(it.name, asked.name) ? it.result : undefined,
        itself
      )
    },
    fullName: (name) => {
      const asked = { message: "fullName", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) =>
          it.message === "fullName" && it.driver === driver && sameName(it.name, asked.name) ? it.result : undefined,
        toName
      )
    },
    tempName: ({ folder = null, prefix = null, suffix = null }) =>
      player.answer(
        { message: "tempName", driver, folder, prefix, suffix },
        (it) =>
          it.message === "tempName" && it.driver === driver && it.folder === folder && it.prefix === prefix
            && it.suffix === suffix
            ? it.result
            : undefined,
        toName
      ),
    find: (code) => player.knows(code) ? Option.some(play(player, code)) : Option.none()
  })
}

const playFile = (player: Player, file: number, name: string): IOProc.File => {
  const write = (message: "write" | "writeFlush") => (source: Uint8Array) =>
    player.answer(
      { message, file, name, source: { bytes: source } },
      (it) => it.message === message && it.file === file && sameBytes(it.source, source) ? it.result : undefined,
      itself
    )
  return {
    read: (target) => {
      const asked = { message: "read", file, name, count: target.length } as const
      return player.answer(
        asked,
        (it) => it.message === "read" && it.file === file && it.count === target.length ? it.result : undefined,
        (read) => {
          if (!("bytes" in read)) return player.cannotAnswer(asked, "the trace has a digest of these bytes only")
          target.set(read.bytes)
          return read.bytes.length
        }
      )
    },
    write: write("write"),
    writeFlush: write("writeFlush"),
    seek: (offset, from) =>
      player.answer(
        { message: "seek", file, name, offset, from },
        (it) =>
          it.message === "seek" && it.file === file && it.offset === offset && it.from === from ? it.result : undefined,
        itself
      ),
    close: player.answer(
      { message: "close", file, name },
      (it) => it.message === "close" && it.file === file ? it.result : undefined,
      nothing
    ),
    onMessage: (request) => {
      const asked = { message: "user", file, name, request: tagOf(request) } as const
      const result = player.next(
        asked,
        (it) => it.message === "user" && it.file === file && it.request === asked.request ? it.result : undefined
      )
      if (isUnexpected(result)) return Option.some(Effect.die(result))
      return !result.success.known
        ? Option.none()
        : Option.some(
          Effect.die(player.cannotAnswer(asked, "a trace does not hold answers to requests of a driver's own"))
        )
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// assertions
// ---------------------------------------------------------------------------------------------------------------------

/** What is wrong with a trace, if anything. @internal */
export type Verdict = { readonly description: string; readonly indices: ReadonlyArray<number> } | undefined

const isMatch = (match: Api.Match, message: Message): boolean => {
  if (typeof match === "string") return message.message === match
  const { file } = match
  const names = typeof match.message === "string" ? [match.message] : match.message
  return names.includes(message.message) && (file === undefined || filesOf(message).some((it) => globMatches(file, it)))
}

const indicesOf = (match: Api.Match, trace: Api.Trace): ReadonlyArray<number> =>
  trace.flatMap((message, index) => isMatch(match, message) ? [index] : [])

/** @internal */
export const counting = (match: Api.Match, isRight: (count: number) => boolean) => (trace: Api.Trace): Verdict => {
  const indices = indicesOf(match, trace)
  return isRight(indices.length) ? undefined : {
    description: indices.length === 1 ? "there was 1" : `there were ${indices.length}`,
    indices
  }
}

/** @internal */
export const neverBefore = (match: Api.Match, first: Api.Match) => (trace: Api.Trace): Verdict => {
  const [end] = indicesOf(first, trace)
  const indices = indicesOf(match, trace).filter((index) => end === undefined || index < end)
  return indices.length === 0 ? undefined : {
    description: `${indices.length === 1 ? "there was 1" : `there were ${indices.length}`}${
      end === undefined ? `, and no ${matcher(first)} at all` : ` before #${end}`
    }`,
    indices
  }
}

/** @internal */
export const inOrder = (matches: ReadonlyArray<Api.Match>) => (trace: Api.Trace): Verdict => {
  const indices: Array<number> = []
  let from = 0
  for (const match of matches) {
    const index = trace.findIndex((message, index) => index >= from && isMatch(match, message))
    if (index < 0) {
      const last = indices.at(-1)
      return {
        description: `there was no ${matcher(match)}${last === undefined ? "" : ` after #${last}`}`,
        indices
      }
    }
    indices.push(index)
    from = index + 1
  }
  return undefined
}

/** @internal */
export const sequence = (matches: ReadonlyArray<Api.Match>) => (trace: Api.Trace): Verdict => {
  for (let index = 0; index < Math.max(matches.length, trace.length); index++) {
    const match = matches[index]
    const message = trace[index]
    if (match !== undefined && message !== undefined && isMatch(match, message)) continue
    return {
      description: message === undefined
        ? `the trace ends where #${index} should be${match === undefined ? "" : ` ${matcher(match)}`}`
        : `#${index} should be ${match === undefined ? "the end" : matcher(match)}`,
      indices: message === undefined ? [] : [index]
    }
  }
  return undefined
}
