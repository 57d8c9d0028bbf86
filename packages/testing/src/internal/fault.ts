/**
 * The engine of fault plans: decides call by call what goes wrong, and has a driver go wrong so.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../Fault.js"
import * as Errors from "./faultErrno.js"

type MessageName = Errors.MessageName

/** What is known of a call before it is made. */
interface Call {
  readonly message: MessageName
  readonly files: ReadonlyArray<string>
  /** The bytes that it is about, where it is about any. */
  readonly at?: number | undefined
  readonly length?: number | undefined
}

/** What is to become of a call. */
interface Verdict {
  /** What comes first. */
  readonly wait: Effect.Effect<void>
  /** At most how many bytes it transfers. */
  readonly limit: number
  /** Damages the bytes that it transfers, in place. */
  readonly damage: ReadonlyArray<(bytes: Uint8Array) => void>
  readonly failure: Errors.ErrnoName | undefined
  /** Whether the call is made before it fails. */
  readonly after: boolean
  /** How many bytes of the disk it was given: what it does not use is to be given back. */
  readonly reserved: number
}

const untouched: Verdict = {
  wait: Effect.void,
  limit: Infinity,
  damage: [],
  failure: undefined,
  after: false,
  reserved: 0
}

const isTransfer = (message: MessageName) => message === "read" || message === "write" || message === "writeFlush"

const isMessage = (on: Api.Rule["on"], message: MessageName): boolean =>
  on === undefined || on === "any" || (typeof on === "string" ? on === message : on.includes(message))

/** `*` stands for any characters, `?` for one, everything else for itself. @internal */
export const matches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^]*").replace(/\?/g, "[^]")}$`,
    "u"
  ).test(name)

/**
 * A number out of numbers, the same for the same: what is drawn for one call does not depend on how many draws others made.
 */
const draw = (...numbers: ReadonlyArray<number>): number => {
  let h = 0x9e3779b9
  for (const number of numbers) {
    h = Math.imul(h ^ number, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    h ^= h >>> 16
    h = (h + 0x6d2b79f5) | 0
  }
  h = Math.imul(h ^ (h >>> 15), h | 1)
  h ^= h + Math.imul(h ^ (h >>> 7), h | 61)
  return (h ^ (h >>> 14)) >>> 0
}

/** A program went on and on. @internal */
export class Endless extends Error {
  constructor(limit: number) {
    super(`the program made more than ${limit} driver operations`)
  }
}

/** @internal */
export class Engine {
  private plan: Api.Plan
  private counts: Array<{ seen: number; fired: number }>
  private room: number
  private latch = Effect.unsafeMakeLatch(false)
  calls = 0
  fired: Array<Api.Fired> = []
  /** Files that were opened through this engine and not closed. */
  readonly open = new Map<object, string>()
  /** What came, if somebody wants to know. */
  log: Array<{ readonly message: MessageName; readonly file: string }> | undefined
  /** After how many calls the program is stopped. */
  limit = Infinity

  constructor(plan: Api.Plan) {
    this.plan = plan
    this.counts = []
    this.room = Infinity
    this.arm(plan)
  }

  arm(plan: Api.Plan): void {
    this.release()
    this.plan = plan
    this.counts = (plan.rules ?? []).map(() => ({ seen: 0, fired: 0 }))
    this.room = plan.disk?.capacity ?? Infinity
    this.calls = 0
    this.fired = []
  }

  /** Nothing goes wrong from now on; what was counted stays. */
  disarm(): void {
    this.release()
    this.plan = {}
    this.room = Infinity
  }

  free(bytes: number): void {
    this.room += bytes
  }

  /** Lets go what hangs. */
  release(): void {
    this.latch.unsafeOpen()
    this.latch = Effect.unsafeMakeLatch(false)
  }

  decide(call: Call): Verdict {
    const number = ++this.calls
    const [file = ""] = call.files
    this.log?.push({ message: call.message, file })
    // What is open has to be closed also by a program that is stopped.
    if (number > this.limit && call.message !== "close") throw new Endless(this.limit)

    let verdict = untouched
    const fires = (rule: number | "disk", fault: Api.Fault) => {
      this.fired.push({ call: number, message: call.message, file, position: call.at, rule, fault })
    }
    for (const [index, rule] of (this.plan.rules ?? []).entries()) {
      const turn = this.turnOf(index, rule, call, number)
      if (turn === undefined) continue
      fires(index, rule.fault)
      verdict = this.add(verdict, rule, call, (n) => draw(this.plan.seed ?? 0, index, turn, n))
      if (verdict.failure !== undefined) break
    }
    return verdict.failure === undefined || verdict.after ? this.reserve(verdict, call, fires) : verdict
  }

  /** Which of the calls that a rule is about this one is, if the rule fires at it. */
  private turnOf(index: number, rule: Api.Rule, call: Call, number: number): number | undefined {
    const counts = this.counts[index]
    if (counts === undefined || number < (rule.from ?? 1) || !isAbout(rule, call)) return undefined
    counts.seen++
    if (counts.seen < (rule.nth ?? 1)) return undefined
    const times = rule.times ?? 1
    if (times !== "always" && counts.fired >= times) return undefined
    if (draw(this.plan.seed ?? 0, index, counts.seen) >= (rule.probability ?? 1) * 2 ** 32) return undefined
    counts.fired++
    return counts.seen
  }

  private add(verdict: Verdict, rule: Api.Rule, call: Call, random: (n: number) => number): Verdict {
    const { fault } = rule
    switch (fault._tag) {
      case "Fail":
        return { ...verdict, failure: fault.errno, after: fault.when === "after" }
      case "Short":
        return { ...verdict, limit: Math.min(verdict.limit, fault.count) }
      case "Delay":
        return { ...verdict, wait: Effect.zipRight(verdict.wait, Effect.sleep(fault.millis)) }
      case "Hang":
        return { ...verdict, wait: Effect.zipRight(verdict.wait, this.latch.await) }
      case "Flip": {
        const at = call.at ?? 0
        const damage = (bytes: Uint8Array) => {
          const from = Math.max(0, (rule.range?.from ?? 0) - at)
          const to = Math.min(bytes.length, (rule.range?.to ?? Infinity) - at)
          const bits = Math.max(0, to - from) * 8
          const flipped = new Set<number>()
          while (flipped.size < Math.min(fault.bits, bits)) {
            // the next one that is free: flipped twice a bit would be as it was
            let bit = random(flipped.size + 1) % bits
            while (flipped.has(bit)) bit = (bit + 1) % bits
            flipped.add(bit)
            const index = from + Math.floor(bit / 8)
            bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit % 8))
          }
        }
        return { ...verdict, damage: [...verdict.damage, damage] }
      }
    }
  }

  /** Takes room on the disk for what is to be written, as far as there is any. */
  private reserve(verdict: Verdict, call: Call, fires: (rule: "disk", fault: Api.Fault) => void): Verdict {
    const { disk } = this.plan
    const wanted = Math.min(call.length ?? 0, verdict.limit)
    if (disk === undefined || call.message === "read" || wanted === 0 || !isTransfer(call.message)) return verdict
    if (this.room <= 0) {
      const errno = disk.errno ?? "ENOSPC"
      fires("disk", { _tag: "Fail", errno })
      return { ...verdict, failure: errno, after: false }
    }
    const reserved = Math.min(wanted, this.room)
    this.room -= reserved
    if (reserved < wanted) fires("disk", { _tag: "Short", count: reserved })
    return { ...verdict, limit: reserved, reserved }
  }
}

const isAbout = (rule: Api.Rule, call: Call): boolean => {
  const { file, range } = rule
  if (!isMessage(rule.on, call.message)) return false
  const length = call.length ?? 0
  // Nothing of nothing can be short or damaged.
  if ((rule.fault._tag === "Short" || rule.fault._tag === "Flip") && length === 0) return false
  if (file !== undefined && !call.files.some((name) => matches(file, name))) return false
  return range === undefined
    || (call.at !== undefined && length > 0 && call.at < range.to && call.at + length > range.from)
}

// ---------------------------------------------------------------------------------------------------------------------
// drivers
// ---------------------------------------------------------------------------------------------------------------------

/** A call of a message that is not about an open file. */
const calling = <A, E, E2>(
  engine: Engine,
  call: Call,
  run: Effect.Effect<A, E>,
  error: (errno: Errors.ErrnoName) => E2,
  /** Takes back what `run` gave, where the caller is told that it failed. */
  undo: (value: A) => Effect.Effect<unknown, unknown> = () => Effect.void
): Effect.Effect<A, E | E2> =>
  Effect.suspend(() => {
    const { after, failure, wait } = engine.decide(call)
    if (failure === undefined) return Effect.zipRight(wait, run)
    const fail = Effect.failSync(() => error(failure))
    return Effect.zipRight(
      wait,
      after
        ? Effect.uninterruptible(Effect.flatMap(run, (value) => Effect.zipRight(Effect.exit(undo(value)), fail)))
        : fail
    )
  })

/** @internal */
export const wrap = (engine: Engine, below: IOProc.IOProc): IOProc.IOProc =>
  IOProc.make({
    open: (request) => {
      const file = request.name.full
      return Effect.map(
        calling(
          engine,
          { message: "open", files: [file] },
          Effect.suspend(() => below.open(request)),
          (errno) => Errors.openError(errno, file),
          (opened) => opened.close
        ),
        (opened) => wrapFile(engine, opened, file)
      )
    },
    rename: (from, to) =>
      calling(
        engine,
        { message: "rename", files: [from.full, to.full] },
        Effect.suspend(() => below.rename(from, to)),
        (errno) => Errors.renameError(errno, "rename", from.full)
      ),
    remove: (name) =>
      calling(
        engine,
        { message: "remove", files: [name.full] },
        Effect.suspend(() => below.remove(name)),
        (errno) => Errors.renameError(errno, "remove", name.full)
      ),
    exists: (name) =>
      calling(
        engine,
        { message: "exists", files: [name.full] },
        Effect.suspend(() => below.exists(name)),
        (errno) => Errors.existsError(errno, name.full)
      ),
    fullName: (name) =>
      calling(
        engine,
        { message: "fullName", files: [name.full] },
        Effect.suspend(() => below.fullName(name)),
        (errno) => Errors.fullNameError(errno, name.full)
      ),
    tempName: (request) => {
      const file = request.folder ?? "a temporary file"
      return calling(
        engine,
        { message: "tempName", files: [file] },
        Effect.suspend(() => below.tempName(request)),
        (errno) => Errors.tempNameError(errno, file)
      )
    },
    find: (code) => Option.map(below.find(code), (driver) => wrap(engine, driver))
  })

const wrapFile = (engine: Engine, file: IOProc.File, name: string): IOProc.File => {
  const files = [name]
  const self = {}
  engine.open.set(self, name)
  // Where the file stands, by the laws of drivers; undefined after a call that did not tell.
  let position: number | undefined = 0
  const locate: Effect.Effect<number | undefined> = Effect.suspend(() =>
    position === undefined
      ? Effect.match(file.seek(0, "current"), { onFailure: () => undefined, onSuccess: (at) => position = at })
      : Effect.succeed(position)
  )
  const returnTo = (at: number | undefined) =>
    at === undefined ? Effect.void : Effect.match(file.seek(at, "start"), {
      onFailure: () => position = undefined,
      onSuccess: (at) => position = at
    })

  const transfer = <E, E2>(
    message: "read" | "write" | "writeFlush",
    bytes: Uint8Array,
    run: (bytes: Uint8Array) => Effect.Effect<number, E>,
    error: (errno: Errors.ErrnoName, at: number | undefined) => E2
  ): Effect.Effect<number, E | E2> =>
    Effect.flatMap(locate, (at) => {
      const { after, damage, failure, limit, reserved, wait } = engine.decide({
        message,
        files,
        at,
        length: bytes.length
      })
      if (failure !== undefined && !after) return Effect.zipRight(wait, Effect.failSync(() => error(failure, at)))
      const part = bytes.subarray(0, limit)
      // What the caller writes is the caller's: the damage is done to a copy.
      const given = damage.length > 0 && message !== "read" ? part.slice() : part
      if (given !== part) damage.forEach((f) => f(given))
      const call = Effect.onExit(
        Effect.zipRight(wait, Effect.suspend(() => run(given))),
        (exit) =>
          Effect.sync(() => {
            position = Exit.isSuccess(exit) && at !== undefined ? at + exit.value : undefined
            if (reserved > 0) engine.free(reserved - (Exit.isSuccess(exit) ? exit.value : 0))
            if (Exit.isSuccess(exit) && message === "read") damage.forEach((f) => f(given.subarray(0, exit.value)))
          })
      )
      return failure === undefined
        ? call
        : Effect.zipRight(Effect.zipRight(call, returnTo(at)), Effect.failSync(() => error(failure, at)))
    })

  const write = (
    message: "write" | "writeFlush",
    source: Uint8Array,
    run: (bytes: Uint8Array) => Effect.Effect<number, MmioError.WriteError>
  ): Effect.Effect<number, MmioError.WriteError> =>
    transfer(message, source, run, (errno, at) => Errors.writeError(errno, message, name, at))

  return {
    read: (target) =>
      transfer("read", target, (bytes) => file.read(bytes), (errno, at) => Errors.readError(errno, name, at)),
    write: (source) => write("write", source, (bytes) => file.write(bytes)),
    writeFlush: (source) => write("writeFlush", source, (bytes) => file.writeFlush(bytes)),
    seek: (offset, from) =>
      Effect.flatMap(locate, (at) => {
        const target = from === "start" ? offset : from === "current" && at !== undefined ? at + offset : undefined
        return calling(
          engine,
          { message: "seek", files },
          Effect.onExit(
            Effect.suspend(() => file.seek(offset, from)),
            (exit) =>
              Effect.sync(() => {
                position = Exit.isSuccess(exit) ? exit.value : undefined
              })
          ),
          (errno) => Errors.seekError(errno, name, target),
          () => returnTo(at)
        )
      }),
    // Closing releases the file whatever happens: also when it fails, and when somebody loses patience with it.
    close: Effect.suspend(() => {
      const { failure, wait } = engine.decide({ message: "close", files })
      const release = Effect.suspend(() => {
        engine.open.delete(self)
        return file.close
      })
      return Effect.zipRight(
        Effect.onInterrupt(wait, () => Effect.exit(release)),
        failure === undefined
          ? release
          : Effect.zipRight(Effect.exit(release), Effect.failSync(() => Errors.closeError(failure, name)))
      )
    }),
    onMessage: (request) => file.onMessage(request)
  }
}

/** @internal */
export const serviceOf = (engine: Engine): Api.Faults => ({
  calls: Effect.sync(() => engine.calls),
  fired: Effect.sync(() => engine.fired.slice()),
  free: (bytes = Infinity) =>
    Effect.sync(() => {
      engine.free(bytes)
    }),
  release: Effect.sync(() => {
    engine.release()
  }),
  disarm: Effect.sync(() => {
    engine.disarm()
  }),
  arm: (plan) =>
    Effect.sync(() => {
      engine.arm(plan)
    })
})
