import { type IOProc, Mmio } from "@effect-mmio/core"
import { Interruption, Model } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, flow, identity, Record, Scope } from "effect"
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
  /** Whether to read into arrays of the caller's: what is at hand is given to nobody else. */
  readonly into: boolean
}

const quick = (through: Way["through"]): Way => ({ buffers: [5, 16], through, into: true })

const ways: Record<string, Way> = {
  "answers by effects": { yields: (call) => call % 2, buffers: [0, 1, 5, 64], through: identity, into: false },
  ...Record.map(answering.drivers, quick),
  "answers by callbacks, in blocks": quick(flow(answering.byCallback, answering.both))
}

const into = (operation: Model.Operation): Model.Operation =>
  operation.op === "read" ? { ...operation, op: "readInto" } : operation

const readTen = (file: Mmio.Handle<"read">) =>
  Effect.suspend(() => {
    const target = new Uint8Array(10)
    return Effect.as(Mmio.readInto(file, target), target)
  })

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
              const ioProc = way.through(storage.ioProc)
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
                assert.strictEqual(storage.running, 0, `step ${step}: I/O runs behind the interrupted operation`)
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

  for (const [answers, { through, yields }] of Object.entries(ways)) {
    it.live(`of fibers that read in turn, from a driver that ${answers}, none takes what another skips`, () =>
      Effect.gen(function*() {
        yield* Interruption.sweep({
          prepare: Effect.gen(function*() {
            const storage = new TestStorage(initial, yields === undefined ? {} : { yields })
            const scope = yield* Scope.make()
            const file = yield* Effect.orDie(
              Scope.extend(Mmio.openWith(through(storage.ioProc), "test", { buffer: 16 }), scope)
            )
            yield* Effect.orDie(Mmio.readInto(file, new Uint8Array(13)))
            return { file, scope }
          }),
          run: ({ file }) => [1, 2, 3].map(() => readTen(file)),
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
