/**
 * Drivers that answer from what was written down.
 */
import type * as FileName from "@effect-mmio/core/FileName"
import type { FourCC } from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Api from "../Recording.js"
import { tagOf } from "./recording.js"
import type { Facts } from "./recordingSchema.js"
import { type Question, question } from "./recordingText.js"
import {
  type AnyResult,
  type ErrorOf,
  type ErrorTag,
  nameOf,
  sameBytes,
  toError,
  toName,
  toStat
} from "./recordingValues.js"

type Message = Api.Message

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
  /** What the storage claims of its names. */
  readonly capabilities: IOProc.Capabilities

  constructor(
    trace: Api.Trace,
    capabilities: IOProc.Capabilities = { list: false, atomicRename: false, exclusiveCreate: false },
    unexpected: (fields: UnexpectedFields) => Api.Unexpected
  ) {
    this.trace = trace
    this.capabilities = capabilities
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
        : Effect.die(this.cannotAnswer(asked, "it was in flight as the trace was taken"))
    })
  }
}

const isUnexpected = (u: unknown): u is Api.Unexpected => Predicate.isTagged(u, "Unexpected")

const sameName = (recorded: Api.Name, { code, element, full, path }: Api.Name): boolean =>
  recorded.full === full && recorded.path === path && recorded.element === element && recorded.code === code

/** Whether two positions are the same, also where they are no numbers. */
const isSame = (recorded: number, asked: number): boolean =>
  recorded === asked || (Number.isNaN(recorded) && Number.isNaN(asked))

const nothing = () => {}
const itself = <A>(value: A) => value

/** The recorded message, if it is of that kind and to that driver or file. */
const is = <const M extends Message["message"]>(
  recorded: Message,
  message: M,
  to: { readonly driver: FourCC | null } | { readonly file: number }
): recorded is Extract<Message, { readonly message: M }> =>
  recorded.message === message
  && ("driver" in to
    ? "driver" in recorded && recorded.driver === to.driver
    : "file" in recorded && recorded.file === to.file)

/** @internal */
export const play = (player: Player, driver: FourCC | null): IOProc.IOProc => {
  const to = { driver }
  return IOProc.make({
    open: (request) => {
      const { access, buffered, create, share } = request
      const asked = {
        message: "open",
        driver,
        name: nameOf(request.name),
        access,
        create,
        share,
        code: Option.getOrNull(request.code),
        parameters: request.parameters !== undefined,
        ifVersion: Option.getOrNull(request.ifVersion),
        buffered
      } as const
      return player.answer(
        asked,
        (it) =>
          is(it, "open", to) && sameName(it.name, asked.name) && it.access === access && it.create === create
            && it.share === share && it.code === asked.code && it.parameters === asked.parameters
            && it.ifVersion === asked.ifVersion && it.buffered === buffered
            ? it.result
            : undefined,
        ({ facts, file }) => playFile(player, file, asked.name.full, facts)
      )
    },
    rename: (from, target) => {
      const asked = { message: "rename", driver, name: nameOf(from), to: nameOf(target) } as const
      return player.answer(
        asked,
        (it) =>
          is(it, "rename", to) && sameName(it.name, asked.name) && sameName(it.to, asked.to) ? it.result : undefined,
        nothing
      )
    },
    remove: (name) => {
      const asked = { message: "remove", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) => is(it, "remove", to) && sameName(it.name, asked.name) ? it.result : undefined,
        nothing
      )
    },
    exists: (name) => {
      const asked = { message: "exists", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) => is(it, "exists", to) && sameName(it.name, asked.name) ? it.result : undefined,
        itself
      )
    },
    fullName: (name) => {
      const asked = { message: "fullName", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) => is(it, "fullName", to) && sameName(it.name, asked.name) ? it.result : undefined,
        toName
      )
    },
    realName: (name) => {
      const asked = { message: "realName", driver, name: nameOf(name) } as const
      return player.answer<Api.Name, FileName.FileName, never>(
        asked,
        (it) => is(it, "realName", to) && sameName(it.name, asked.name) ? it.result : undefined,
        toName
      )
    },
    tempName: ({ folder = null, like, prefix = null, suffix = null }) => {
      const asked = like === undefined ? null : nameOf(like)
      return player.answer(
        { message: "tempName", driver, folder, prefix, suffix, like: asked },
        (it) =>
          is(it, "tempName", to) && it.folder === folder && it.prefix === prefix && it.suffix === suffix
            && (it.like === null || asked === null ? it.like === asked : sameName(it.like, asked))
            ? it.result
            : undefined,
        toName
      )
    },
    stat: (name) => {
      const asked = { message: "stat", driver, name: nameOf(name) } as const
      return player.answer(
        asked,
        (it) => is(it, "stat", to) && sameName(it.name, asked.name) ? it.result : undefined,
        toStat
      )
    },
    list: (folder) =>
      Stream.suspend(() => {
        const asked = { message: "list", driver, name: nameOf(folder) } as const
        let entries: ReadonlyArray<IOProc.Entry> = []
        const end = player.answer(
          asked,
          (it) => {
            if (!is(it, "list", to) || !sameName(it.name, asked.name)) return undefined
            entries = it.entries
            return it.result
          },
          nothing
        )
        // The message is asked for first, and its entries come before what ended them.
        return Stream.unwrap(
          Effect.map(Effect.exit(end), (exit) => Stream.concat(Stream.fromIterable(entries), Stream.execute(exit)))
        )
      }),
    makeFolder: (name) => playFolder(player, "makeFolder", driver, nameOf(name)),
    removeFolder: (name) => playFolder(player, "removeFolder", driver, nameOf(name)),
    find: (code) => player.knows(code) ? Option.some(play(player, code)) : Option.none(),
    capabilities: player.capabilities
  })
}

const playFolder = (
  player: Player,
  message: "makeFolder" | "removeFolder",
  driver: FourCC | null,
  name: Api.Name
) =>
  player.answer(
    { message, driver, name },
    (it) => is(it, message, { driver }) && sameName(it.name, name) ? it.result : undefined,
    nothing
  )

const playFile = (player: Player, file: number, name: string, facts: typeof Facts.Type): IOProc.File => {
  const to = { file }
  const about = { file, name }
  const simple = (message: "abort" | "invalidate"): Effect.Effect<void> =>
    player.answer<null, void, never>(
      { message, ...about },
      (it) => is(it, message, to) ? it.result : undefined,
      nothing
    )
  const canSeek: IOProc.File["canSeek"] = (position) =>
    player.answer(
      { message: "canSeek", ...about, position },
      (it) => is(it, "canSeek", to) && isSame(it.position, position) ? it.result : undefined,
      nothing
    )
  const writeAt: IOProc.File["writeAt"] = (position, source, mode) =>
    player.answer(
      { message: "writeAt", ...about, position, mode, source: { bytes: source } },
      (it) =>
        is(it, "writeAt", to) && isSame(it.position, position) && it.mode === mode && sameBytes(it.source, source)
          ? it.result
          : undefined,
      itself
    )
  const truncate: IOProc.File["truncate"] = (size) =>
    player.answer(
      { message: "truncate", ...about, size },
      (it) => is(it, "truncate", to) && isSame(it.size, size) ? it.result : undefined,
      nothing
    )
  return {
    capabilities: facts.capabilities,
    start: facts.start,
    size: player.answer({ message: "size", ...about }, (it) => is(it, "size", to) ? it.result : undefined, itself),
    canSeek: facts.has.includes("canSeek") ? canSeek : undefined,
    readAt: (position, target) => {
      const asked = { message: "readAt", ...about, position, count: target.length } as const
      return player.answer(
        asked,
        (it) =>
          is(it, "readAt", to) && isSame(it.position, position) && it.count === target.length ? it.result : undefined,
        (read) => {
          if (!("bytes" in read)) return player.cannotAnswer(asked, "the trace has a digest of these bytes only")
          target.set(read.bytes)
          return read.bytes.length
        }
      )
    },
    writeAt: facts.has.includes("writeAt") ? writeAt : undefined,
    truncate: facts.has.includes("truncate") ? truncate : undefined,
    invalidate: facts.has.includes("invalidate") ? simple("invalidate") : undefined,
    commit: player.answer(
      { message: "commit", ...about },
      (it) => is(it, "commit", to) ? it.result : undefined,
      nothing
    ),
    close: player.answer({ message: "close", ...about }, (it) => is(it, "close", to) ? it.result : undefined, nothing),
    abort: simple("abort"),
    version: Option.fromNullable(facts.version),
    identity: Option.fromNullable(facts.identity),
    onMessage: (request) => {
      const asked = { message: "user", ...about, request: tagOf(request) } as const
      const result = player.next(
        asked,
        (it) => is(it, "user", to) && it.request === asked.request ? it.result : undefined
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
