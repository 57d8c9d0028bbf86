/**
 * Drivers that write down what they are asked.
 */
import type { FourCC } from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Request from "effect/Request"
import * as Stream from "effect/Stream"
import type * as Api from "../Recording.js"
import {
  type AnyResult,
  bytesOf,
  type DriverError,
  factsOf,
  nameOf,
  resultOf,
  statOf,
  unfailedOf
} from "./recordingValues.js"

type Message = Api.Message

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

  /** Writes a message down; returns what writes down its answer. */
  push(message: Message): (answered: Message) => void {
    // If the log is cleared meanwhile, the message belongs to what was forgotten.
    const { messages } = this
    const index = messages.push(message) - 1
    return (answered) => {
      messages[index] = answered
    }
  }

  /** Runs a message: it has its place from when it was sent, and what came of it once that is known. */
  run<A, E>(
    effect: Effect.Effect<A, E>,
    entry: (exit: Exit.Exit<A, E> | undefined) => Message
  ): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const answer = this.push(entry(undefined))
      return Effect.onExit(effect, (exit) => Effect.sync(() => answer(entry(exit))))
    })
  }
}

const pending: { readonly pending: true } = { pending: true }

/** What came of a message, as far as it is known, where a success says nothing. */
const doneOf = <Tag>(exit: Exit.Exit<unknown, DriverError<Tag>> | undefined): AnyResult<null, Tag> =>
  exit === undefined ? pending : resultOf(exit, () => null)

/** What came of a message that cannot fail, as far as it is known. */
const endedOf = <A, B>(exit: Exit.Exit<A> | undefined, success: (value: A) => B) =>
  exit === undefined ? pending : Exit.isSuccess(exit) ? { success: success(exit.value) } : unfailedOf(exit.cause)

/** @internal */
export const record = (log: Log, inner: IOProc.IOProc, driver: FourCC | null): IOProc.IOProc =>
  IOProc.make({
    open: (request) =>
      Effect.suspend(() => {
        const { access, buffered, create, share } = request
        const number = log.nextFile()
        const open = log.run(Effect.suspend(() => inner.open(request)), (exit) => ({
          message: "open",
          driver,
          name: nameOf(request.name),
          access,
          create,
          share,
          code: Option.getOrNull(request.code),
          parameters: request.parameters !== undefined,
          ifVersion: Option.getOrNull(request.ifVersion),
          buffered,
          result: exit === undefined ? pending : resultOf(exit, (file) => ({ file: number, facts: factsOf(file) }))
        }))
        return Effect.map(open, (file) => recordFile(log, file, number, request.name.full))
      }),
    rename: (from, to) =>
      log.run(Effect.suspend(() => inner.rename(from, to)), (exit) => ({
        message: "rename",
        driver,
        name: nameOf(from),
        to: nameOf(to),
        result: doneOf(exit)
      })),
    remove: (name) =>
      log.run(Effect.suspend(() => inner.remove(name)), (exit) => ({
        message: "remove",
        driver,
        name: nameOf(name),
        result: doneOf(exit)
      })),
    exists: (name) =>
      log.run(Effect.suspend(() => inner.exists(name)), (exit) => ({
        message: "exists",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, (there) => there)
      })),
    fullName: (name) =>
      log.run(Effect.suspend(() => inner.fullName(name)), (exit) => ({
        message: "fullName",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, nameOf)
      })),
    realName: (name) =>
      log.run(Effect.suspend(() => inner.realName(name)), (exit) => ({
        message: "realName",
        driver,
        name: nameOf(name),
        result: endedOf(exit, nameOf)
      })),
    tempName: (request) =>
      log.run(Effect.suspend(() => inner.tempName(request)), (exit) => ({
        message: "tempName",
        driver,
        folder: request.folder ?? null,
        prefix: request.prefix ?? null,
        suffix: request.suffix ?? null,
        like: request.like === undefined ? null : nameOf(request.like),
        result: exit === undefined ? pending : resultOf(exit, nameOf)
      })),
    stat: (name) =>
      log.run(Effect.suspend(() => inner.stat(name)), (exit) => ({
        message: "stat",
        driver,
        name: nameOf(name),
        result: exit === undefined ? pending : resultOf(exit, statOf)
      })),
    list: (folder) =>
      Stream.suspend(() => {
        const entries: Array<IOProc.Entry> = []
        const entry = { message: "list", driver, name: nameOf(folder), entries } as const
        const answer = log.push({ ...entry, result: pending })
        return Stream.ensuringWith(
          Stream.mapChunks(inner.list(folder), (chunk) => {
            for (const { kind, name } of chunk) entries.push({ name, kind })
            return chunk
          }),
          (exit) => Effect.sync(() => answer({ ...entry, result: doneOf(exit) }))
        )
      }),
    makeFolder: (name) =>
      log.run(Effect.suspend(() => inner.makeFolder(name)), (exit) => ({
        message: "makeFolder",
        driver,
        name: nameOf(name),
        result: doneOf(exit)
      })),
    removeFolder: (name) =>
      log.run(Effect.suspend(() => inner.removeFolder(name)), (exit) => ({
        message: "removeFolder",
        driver,
        name: nameOf(name),
        result: doneOf(exit)
      })),
    find: (code) => Option.map(inner.find(code), (found) => record(log, found, code)),
    capabilities: inner.capabilities,
    middleware: ["recording", ...inner.middleware]
  })

const recordFile = (log: Log, inner: IOProc.File, file: number, name: string): IOProc.File => {
  const about = { file, name }
  const { canSeek, invalidate, truncate, writeAt } = inner
  return IOProc.wrapFile(inner, {
    size: log.run(Effect.suspend(() => inner.size), (exit) => ({
      message: "size",
      ...about,
      result: exit === undefined ? pending : resultOf(exit, (size) => size)
    })),
    canSeek: canSeek && ((position) =>
      log.run(Effect.suspend(() => canSeek.call(inner, position)), (exit) => ({
        message: "canSeek",
        ...about,
        position,
        result: doneOf(exit)
      }))),
    readAt: (position, target) =>
      log.run(Effect.suspend(() => inner.readAt(position, target)), (exit) => ({
        message: "readAt",
        ...about,
        position,
        count: target.length,
        result: exit === undefined ? pending : resultOf(exit, (count) => bytesOf(target.subarray(0, count), log.bytes))
      })),
    writeAt: writeAt && ((position, source, mode) =>
      Effect.suspend(() => {
        // Copied now: a driver that damages what it is given does so later.
        const bytes = bytesOf(source, log.bytes)
        return log.run(Effect.suspend(() => writeAt.call(inner, position, source, mode)), (exit) => ({
          message: "writeAt",
          ...about,
          position,
          mode,
          source: bytes,
          result: exit === undefined ? pending : resultOf(exit, (count) => count)
        }))
      })),
    truncate: truncate && ((size) =>
      log.run(Effect.suspend(() => truncate.call(inner, size)), (exit) => ({
        message: "truncate",
        ...about,
        size,
        result: doneOf(exit)
      }))),
    invalidate: invalidate && log.run(invalidate, (exit) => ({
      message: "invalidate",
      ...about,
      result: endedOf(exit, () => null)
    })),
    commit: log.run(Effect.suspend(() => inner.commit), (exit) => ({
      message: "commit",
      ...about,
      result: doneOf(exit)
    })),
    close: log.run(Effect.suspend(() => inner.close), (exit) => ({
      message: "close",
      ...about,
      result: doneOf(exit)
    })),
    abort: log.run(Effect.suspend(() => inner.abort), (exit) => ({
      message: "abort",
      ...about,
      result: endedOf(exit, () => null)
    })),
    onMessage: (request) => {
      const answer = inner.onMessage(request)
      log.push({
        message: "user",
        ...about,
        request: tagOf(request),
        result: { success: { known: Option.isSome(answer) } }
      })
      return answer
    }
  })
}

/** @internal */
export const tagOf = (request: Request.Request<unknown, unknown>): string =>
  Predicate.hasProperty(request, "_tag") ? String(request._tag) : request.constructor.name
