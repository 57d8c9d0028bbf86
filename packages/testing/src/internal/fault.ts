/**
 * The engine of fault plans: decides call by call what goes wrong.
 */
import type { WriteMode } from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import type * as Api from "../Fault.js"
import type * as Errors from "./faultErrno.js"

type MessageName = Errors.MessageName

/** What is known of a call before it is made. @internal */
export interface Call {
  readonly message: MessageName
  readonly files: ReadonlyArray<string>
  /** The bytes that it transfers, where it transfers any. */
  readonly at?: number | undefined
  readonly length?: number | undefined
  readonly mode?: WriteMode | undefined
}

/** A call as the log has it. @internal */
export interface LogEntry {
  readonly message: MessageName
  readonly file: string
  /** How many bytes it transferred, once that is known. */
  transferred: number
}

/** What is to become of a call. @internal */
export interface Verdict {
  /** What comes first; undefined where the call is made at once. */
  readonly wait: Effect.Effect<void> | undefined
  /** At most how many bytes it transfers. */
  readonly limit: number
  /** Damages the bytes that it transfers, in place. */
  readonly damage: ReadonlyArray<(bytes: Uint8Array) => void>
  /** To be told how many bytes it has transferred: a rule whose fault could not happen to it then has not fired. */
  readonly settle: ReadonlyArray<(transferred: number) => void>
  readonly failure: Errors.ErrnoName | undefined
  /** Whether the call is made before it fails. */
  readonly after: boolean
  /** How many bytes of the disk it was given: what it does not use is to be given back. */
  readonly reserved: number
}

/** Nothing goes wrong. @internal */
export const untouched: Verdict = {
  wait: undefined,
  limit: Infinity,
  damage: [],
  settle: [],
  failure: undefined,
  after: false,
  reserved: 0
}

const isMessage = (on: Api.Rule["on"], message: MessageName): boolean =>
  on === undefined || on === "any" || (typeof on === "string" ? on === message : on.includes(message))

/** `*` matches any characters, `?` one, everything else itself. @internal */
export const matches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^]*").replace(/\?/g, "[^]")}$`,
    "u"
  ).test(name)

/**
 * A number out of numbers, the same for the same: what is drawn for one call does not depend on how many draws others
 * made.
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
  /** What goes wrong now: nothing, once disarmed. */
  private plan: Api.Plan
  /** The plan as it was armed. */
  private armed: Api.Plan
  private counts: Array<{ seen: number; fired: number }>
  private room: number
  private latch = Effect.unsafeMakeLatch(false)
  calls = 0
  fired: Array<Api.Fired> = []
  /** Files that were opened through this engine and not closed. */
  readonly open = new Map<object, string>()
  /** The calls, where a log is wanted. */
  log: Array<LogEntry> | undefined
  /** After how many calls the program is stopped. */
  limit = Infinity

  constructor(plan: Api.Plan) {
    this.plan = plan
    this.armed = plan
    this.counts = []
    this.room = Infinity
    this.arm(plan)
  }

  arm(plan: Api.Plan): void {
    this.release()
    this.plan = plan
    this.counts = (plan.rules ?? []).map(() => ({ seen: 0, fired: 0 }))
    this.room = plan.disk?.capacity ?? Infinity
    this.armed = plan
    this.calls = 0
    this.seen.clear()
    this.fired = []
  }

  /** Nothing goes wrong any more; what was counted stays. */
  disarm(): void {
    this.release()
    this.plan = {}
    this.room = Infinity
  }

  free(bytes: number): void {
    this.room += bytes
  }

  /** Whether the plan has something go wrong, and nothing has. */
  get isIdle(): boolean {
    return this.fired.length === 0 && (this.counts.length > 0 || this.armed.disk !== undefined)
  }

  /** The rules of the plan that have not fired. */
  get unfired(): ReadonlyArray<number> {
    return this.counts.flatMap(({ fired }, index) => fired === 0 ? [index] : [])
  }

  /** What was called, and how often, for a warning. */
  readonly seen = new Map<MessageName, number>()

  /** Lets go what hangs. */
  release(): void {
    this.latch.unsafeOpen()
    this.latch = Effect.unsafeMakeLatch(false)
  }

  decide(call: Call): Verdict {
    const number = ++this.calls
    this.seen.set(call.message, (this.seen.get(call.message) ?? 0) + 1)
    const [file = ""] = call.files
    this.log?.push({ message: call.message, file, transferred: 0 })
    // What is open has to be closed also by a program that is stopped.
    if (number > this.limit && call.message !== "close") throw new Endless(this.limit)

    let verdict = untouched
    const fires = (rule: number | "disk", fault: Api.Fault) => {
      const fired = { call: number, message: call.message, file, position: call.at, mode: call.mode, rule, fault }
      this.fired.push(fired)
      return fired
    }
    for (const [index, rule] of (this.plan.rules ?? []).entries()) {
      const counts = this.counts[index]
      if (counts === undefined || number < (rule.from ?? 1) || !isAbout(rule, call)) continue
      const turn = ++counts.seen
      const times = rule.times ?? 1
      if (times !== "always" && counts.fired >= times) continue
      const isHit = turn >= (rule.nth ?? 1)
        && draw(this.plan.seed ?? 0, index, turn) < (rule.probability ?? 1) * 2 ** 32
      const entry = isHit ? fires(index, rule.fault) : undefined
      if (isHit) {
        counts.fired++
        verdict = this.add(verdict, rule, call, (n) => draw(this.plan.seed ?? 0, index, turn, n))
      }
      if (rule.fault._tag === "Short" || rule.fault._tag === "Flip") {
        const settle = (transferred: number) => {
          if (canHappen(rule, call, transferred)) return
          counts.seen--
          if (entry === undefined) return
          counts.fired--
          this.fired = this.fired.filter((it) => it !== entry)
        }
        verdict = { ...verdict, settle: [...verdict.settle, settle] }
      }
      if (verdict.failure !== undefined) break
    }
    return verdict.failure === undefined || verdict.after ? this.reserve(verdict, call, fires) : verdict
  }

  private add(verdict: Verdict, rule: Api.Rule, call: Call, random: (n: number) => number): Verdict {
    const { fault } = rule
    switch (fault._tag) {
      case "Fail":
        return { ...verdict, failure: fault.errno, after: fault.when === "after" }
      case "Short":
        return { ...verdict, limit: Math.min(verdict.limit, fault.count) }
      case "Delay":
        return { ...verdict, wait: andThen(verdict.wait, Effect.sleep(fault.millis)) }
      case "Hang":
        return { ...verdict, wait: andThen(verdict.wait, this.latch.await) }
      case "Flip": {
        const at = call.at ?? 0
        const damage = (bytes: Uint8Array) => {
          const from = Math.max(0, (rule.range?.from ?? 0) - at)
          const to = Math.min(bytes.length, (rule.range?.to ?? Infinity) - at)
          const bits = Math.max(0, to - from) * 8
          const flipped = new Set<number>()
          while (flipped.size < Math.min(fault.bits, bits)) {
            // The next one that is not flipped yet: a bit that is flipped twice is as it was.
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
  private reserve(verdict: Verdict, call: Call, fires: (rule: "disk", fault: Api.Fault) => unknown): Verdict {
    const { disk } = this.plan
    const wanted = Math.min(call.length ?? 0, verdict.limit)
    if (disk === undefined || wanted === 0 || call.message !== "writeAt") return verdict
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

/** Whether a fault could happen to a call that has transferred so many bytes, and could have transferred more. */
const canHappen = ({ fault, range }: Api.Rule, { at = 0 }: Call, transferred: number): boolean =>
  fault._tag === "Short"
    ? transferred >= fault.count
    : Math.max(at, range?.from ?? 0) < Math.min(at + transferred, range?.to ?? Infinity)

const andThen = (first: Effect.Effect<void> | undefined, second: Effect.Effect<void>): Effect.Effect<void> =>
  first === undefined ? second : Effect.zipRight(first, second)

const isAbout = (rule: Api.Rule, call: Call): boolean => {
  const { fault, file, mode, range } = rule
  if (!isMessage(rule.on, call.message)) return false
  if (mode !== undefined && mode !== call.mode) return false
  const length = call.length ?? 0
  // Nothing of nothing can be damaged, and what is no longer than that cannot be short.
  if (fault._tag === "Flip" && length === 0) return false
  if (fault._tag === "Short" && length <= fault.count) return false
  if (file !== undefined && !call.files.some((name) => matches(file, name))) return false
  return range === undefined
    || (call.at !== undefined && Math.max(call.at, range.from) < Math.min(call.at + length, range.to))
}
