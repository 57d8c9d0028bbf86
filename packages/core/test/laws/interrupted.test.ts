import { type IOProc, Mmio } from "@effect-mmio/core"
import { Interruption, Model } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, flow, identity, Record, Scheduler, Scope } from "effect"
import * as answering from "../support/answering.js"
import { TestStorage } from "../support/driver.js"

const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i)
const initial = bytes(50, 0)

const write = (length: number, first: number): Model.Operation => ({ op: "write", data: bytes(length, first) })
const read = (count: number): Model.Operation => ({ op: "read", count })
const seek = (offset: number, from: "start" | "current" | "end" = "start"): Model.Operation => ({
  op: "seek",
  offset,
  from
})
const flush: Model.Operation = { op: "flush", emptyBuffer: false }

/** Sequences that come through every kind of step; each operation can be told apart by where it leaves the position. */
const sequences: Record<string, ReadonlyArray<Model.Operation>> = {
  reading: [read(3), read(9), read(30), seek(4), read(5), seek(-10, "end"), read(40)],
  writing: [write(3, 100), write(7, 110), write(20, 120), seek(2), write(4, 150), flush, seek(0, "end"), write(5, 160)],
  both: [
    read(4),
    write(3, 100),
    read(9),
    seek(20),
    write(6, 110),
    read(2),
    flush,
    seek(60),
    write(2, 120),
    seek(1),
    read(30)
  ],
  buffers: [
    read(2),
    { op: "setBuffer", buffer: 3, own: false },
    write(2, 100),
    { op: "setBuffer", buffer: "none", own: false },
    write(5, 110),
    { op: "setBuffer", buffer: 20, own: true },
    read(7),
    { op: "flush", emptyBuffer: true },
    write(19, 120)
  ]
}

/** How a driver answers, and what to try with it. */
interface Way {
  readonly yields?: (call: number) => number
  readonly buffers: ReadonlyArray<number>
  readonly through: (ioProc: IOProc.IOProc) => IOProc.IOProc
  /** Whether to read into arrays of the caller's, of which each read gets its own. */
  readonly into: boolean
  /** Whether it reads at places. */
  readonly places: boolean
}

const quick = (through: Way["through"], places = false): Way => ({ buffers: [5, 16], through, into: true, places })

const ways: Record<string, Way> = {
  "answers by effects": {
    yields: (call) => call % 2,
    buffers: [0, 1, 5, 64],
    through: identity,
    into: false,
    places: false
  },
  ...Record.map(answering.drivers, (through) => quick(through)),
  "answers by callbacks, in blocks": quick(flow(answering.byCallback, answering.both)),
  "answers by callbacks, in blocks, at places": quick(flow(answering.byCallback, answering.ahead), true)
}

/** Drives a storage that way. */
const throughWay = ({ places, through }: Way, storage: TestStorage) => {
  storage.concurrent = places
  return through(storage.ioProc)
}

const into = (operation: Model.Operation): Model.Operation =>
  operation.op === "read" ? { ...operation, op: "readInto" } : operation

const readNew = (file: Mmio.Handle<"read" | "readWrite">, count: number) =>
  Effect.suspend(() => {
    const target = new Uint8Array(count)
    return Effect.as(Mmio.readInto(file, target), target)
  })

/** Has the others go first at the step of that number. */
class YieldAt implements Scheduler.Scheduler {
  readonly base = new Scheduler.MixedScheduler(2048)
  readonly step: number
  steps = 0
  constructor(step: number) {
    this.step = step
  }
  scheduleTask(task: Scheduler.Task, priority: number) {
    this.base.scheduleTask(task, priority)
  }
  shouldYield() {
    return ++this.steps === this.step ? 0 : false
  }
}

const cases = Object.entries(sequences).flatMap(([name, sequence]) =>
  Object.entries(ways).flatMap(([answers, way]) =>
    way.buffers.map((bufferSize) => ({ name, sequence, answers, way, bufferSize }))
  )
)

describe("law 5: interruption-safe", () => {
  for (const { answers, bufferSize, name, sequence, way } of cases) {
    it.live(
      `${name} with a buffer of ${bufferSize}, from a driver that ${answers}, interrupted at every step, goes on from where it was`,
      () =>
        Effect.gen(function*() {
          const operations = way.into ? sequence.map(into) : sequence
          const steps = yield* Interruption.sweep({
            prepare: Effect.gen(function*() {
              const storage = new TestStorage(initial, { atMost: () => 6, ...way })
              const scope = yield* Scope.make()
              const ioProc = throughWay(way, storage)
              const file = yield* Effect.orDie(
                Scope.extend(Mmio.openWith(ioProc, "test", { access: "readWrite", buffer: bufferSize }), scope)
              )
              return { storage, scope, file, done: 0 }
            }),
            run: (prepared) => [
              Effect.forEach(operations, (operation) =>
                Effect.map(Model.run(prepared.file, operation), () => {
                  prepared.done++
                }), { discard: true })
            ],
            check: ({ done, file, scope, storage }, _exits, step) =>
              Effect.gen(function*() {
                assert.strictEqual(storage.running, 0, `step ${step}: I/O runs after the interrupted operation`)
                const model = Model.steps(Model.make(initial), operations.slice(0, done))
                // the operation was interrupted before its end, or between its end and the next
                const after = Model.steps(model, operations.slice(done, done + 1))
                const position = yield* Mmio.position(file)
                assert.oneOf(position, [model.position, after.position])
                const rest = position === model.position ? operations.slice(done) : operations.slice(done + 1)
                const { bytes } = yield* Model.check(file, position === model.position ? model : after, rest)
                yield* Scope.close(scope, Exit.void)
                assert.deepStrictEqual(storage.bytes, bytes, `step ${step}`)
                assert.strictEqual(storage.closed, 1)
                assert.isFalse(storage.overlapped)
              })
          })
          assert.isAbove(steps, operations.length)
        })
    )
  }

  it.live("an interrupted open leaves nothing open", () =>
    Effect.gen(function*() {
      yield* Interruption.sweep({
        prepare: Effect.sync(() => {
          const storage = new TestStorage(initial)
          return { storage, opened: 0 }
        }),
        run: (prepared) => [
          Effect.scoped(Effect.flatMap(
            Mmio.openWith(
              {
                ...prepared.storage.ioProc,
                open: (request) =>
                  Effect.tap(prepared.storage.ioProc.open(request), () => {
                    prepared.opened++
                  })
              },
              "test",
              { access: "readWrite" }
            ),
            (file) => Effect.zipRight(Mmio.write(file, Uint8Array.of(1)), Mmio.read(file, 1))
          ))
        ],
        check: ({ opened, storage }) => Effect.sync(() => assert.strictEqual(storage.closed, opened))
      })
    }))

  for (const [answers, way] of Object.entries(ways)) {
    const { yields } = way
    it.live(`an interrupted fiber loses no byte of the others that read in turn, from a driver that ${answers}`, () =>
      Effect.gen(function*() {
        yield* Interruption.sweep({
          prepare: Effect.gen(function*() {
            const storage = new TestStorage(initial, yields === undefined ? {} : { yields })
            const scope = yield* Scope.make()
            const file = yield* Effect.orDie(
              Scope.extend(Mmio.openWith(throughWay(way, storage), "test", { buffer: 16 }), scope)
            )
            yield* Effect.orDie(Mmio.readInto(file, new Uint8Array(13)))
            return { file, scope }
          }),
          run: ({ file }) => [1, 2, 3].map(() => readNew(file, 10)),
          check: ({ file, scope }, exits) =>
            Effect.gen(function*() {
              const read = exits.filter(Exit.isSuccess).map((exit) => exit.value)
              for (const part of read) assert.deepStrictEqual(part, bytes(10, part[0] ?? 0))
              const position = yield* Mmio.position(file)
              // the one that was interrupted may have come to its end
              assert.oneOf(position, [13 + read.length * 10, 13 + Math.min(3, read.length + 1) * 10])
              yield* Scope.close(scope, Exit.void)
            })
        })
      }))
  }

  for (const [answers, way] of Object.entries(ways)) {
    const { yields } = way
    /** Runs two effects beside each other, and at each step, once, has the other one go first. */
    const beside = <A, B>(
      pair: (file: Mmio.Handle<"readWrite">) => readonly [Effect.Effect<A, unknown>, Effect.Effect<B, unknown>],
      check: (
        exits: readonly [Exit.Exit<A, unknown>, Exit.Exit<B, unknown>],
        file: Mmio.Handle<"readWrite">
      ) => Effect.Effect<void>
    ) =>
      Effect.gen(function*() {
        for (let step = 1, fired = true; fired; step++) {
          const storage = new TestStorage(initial)
          // a close that does not yield has ended, where a flush yielded, before the other one goes on
          if (yields !== undefined) {
            storage.behaviour = { yields: (call) => storage.log[call]?.call === "close" ? 0 : 2 }
          }
          const scope = yield* Scope.make()
          const file = yield* Scope.extend(
            Mmio.openWith(throughWay(way, storage), "test", { access: "readWrite", buffer: 16 }),
            scope
          )
          yield* Mmio.readInto(file, new Uint8Array(13))
          const scheduler = new YieldAt(step)
          const [first, second] = pair(file)
          const [a, b] = [
            Effect.runFork(first, { scheduler, immediate: false }),
            Effect.runFork(second, { scheduler, immediate: false })
          ]
          yield* check([yield* Fiber.await(a), yield* Fiber.await(b)], file)
          yield* Scope.close(scope, Exit.void)
          assert.isFalse(storage.overlapped)
          fired = scheduler.steps >= step
        }
      })

    it.live(`two reads at the same time get different bytes, from a driver that ${answers}`, () =>
      // what the window has is enough for the second
      beside((file) => [readNew(file, 10), readNew(file, 2)], (exits, file) =>
        Effect.gen(function*() {
          const long = yield* Effect.orDie(exits[0])
          const short = yield* Effect.orDie(exits[1])
          assert.deepInclude([[13, 23], [15, 13]], [long[0], short[0]])
          assert.deepStrictEqual(long, bytes(10, long[0]!))
          assert.deepStrictEqual(short, bytes(2, short[0]!))
          assert.strictEqual(yield* Mmio.position(file), 25)
        })))

    it.live(`an operation that begins at any step of closing ends, with a driver that ${answers}`, () =>
      Effect.forEach([0, 1, 2, 3, 4, 5], (later) => {
        const coming = Effect.replicateEffect(Effect.yieldNow(), later, { discard: true })
        return beside(
          (file) => [
            Effect.zipRight(Mmio.write(file, bytes(2, 100)), Mmio.close(file)),
            Effect.zipRight(coming, readNew(file, 10))
          ],
          ([closed, read]) =>
            Effect.sync(() => {
              assert.isTrue(Exit.isSuccess(closed))
              if (Exit.isFailure(read)) assert.isTrue(Cause.isDieType(read.cause), "used after it was closed")
            })
        )
      }))
  }

  it.live("of fibers that take turns any may be interrupted at any step", () =>
    Effect.gen(function*() {
      yield* Interruption.sweep({
        prepare: Effect.gen(function*() {
          const storage = new TestStorage(initial, { yields: () => 1 })
          const scope = yield* Scope.make()
          const file = yield* Effect.orDie(
            Scope.extend(Mmio.openWith(storage.ioProc, "test", { access: "readWrite", buffer: 4 }), scope)
          )
          return { storage, file, scope }
        }),
        run: ({ file }) => [1, 2, 3].map(() => Effect.zipRight(Mmio.read(file, 3), Mmio.write(file, bytes(3, 100)))),
        check: ({ file, scope, storage }) =>
          Effect.gen(function*() {
            // the lock is free again, and what is there can be read through
            yield* Mmio.seek(file, 0)
            yield* Mmio.read(file, 100)
            yield* Scope.close(scope, Exit.void)
            assert.strictEqual(storage.running, 0)
            assert.strictEqual(storage.closed, 1)
          })
      })
    }))
})
