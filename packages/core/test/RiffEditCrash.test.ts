/**
 * Crashes of edits and of recoveries, on a model of a disk that loses, reorders and tears what was not flushed.
 */
import { IOProc, MemoryIOProc, Mmio, Riff, type RiffEdit } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { edit as editWith } from "../src/internal/riff/edit/edit.js"
import type { Step } from "../src/internal/riff/edit/steps.js"
import { scenarios, title } from "./support/chunks.js"
import { Disk, powerFailure, powerFailures, random, type Snapshot } from "./support/disk.js"
import { isSame, stateOf } from "./support/edits.js"
import { scale } from "./support/scale.js"

const on = <A, E>(disk: Disk, effect: Effect.Effect<A, E, IOProc.IOProc>): Effect.Effect<A, E> =>
  Effect.provideService(effect, IOProc.IOProc, disk.ioProc)

const digest = (bytes: Uint8Array) => {
  let hash = 0
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return `${bytes.length}:${hash >>> 0}`
}

const recovered = (
  bytes: Uint8Array | Snapshot
): Effect.Effect<{ readonly disk: Disk; readonly result: Either.Either<RiffEdit.Recovery, string> }> => {
  const disk = new Disk(bytes)
  return Effect.map(
    Effect.either(on(disk, Riff.recover("file"))),
    (result) => ({ disk, result: Either.mapLeft(result, ({ message }) => message) })
  )
}

/** What readers say of a file. */
const read = (disk: Disk) =>
  on(
    disk,
    Mmio.withFile("file", {}, (file) =>
      Effect.all({ problems: Riff.verify(file), tree: Riff.tree(file, { lenient: true }) }))
  )

const edited = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, options?: Riff.EditOptions) =>
  Effect.gen(function*() {
    yield* Riff.edit("file", edits, options)
    const storage = yield* MemoryIOProc.MemoryIOProc
    return yield* storage.bytes("file")
  }).pipe(Effect.provide(MemoryIOProc.layer({ file: before })))

/** The disk after an edit, with all that it was meanwhile. */
const run = (
  before: Uint8Array,
  edits: ReadonlyArray<RiffEdit.RiffEdit>,
  omitted?: ReadonlySet<Step>
): Effect.Effect<Disk> => {
  const disk = new Disk(before)
  return Effect.as(Effect.orDie(on(disk, editWith("file", edits, undefined, omitted))), disk)
}

const snapshots = (disk: Disk): ReadonlyArray<Snapshot> => [...disk.history, disk.snapshot]

for (const [name, { before, edits }] of Object.entries(scenarios)) {
  describe(`an edit ${name}`, () => {
    it.effect(
      "is the old file, the new one, or recoverable to the new one after a power failure at any call",
      () =>
        Effect.gen(function*() {
          const after = yield* edited(before, edits)
          const disk = yield* run(before, edits)
          assert.isTrue(isSame(disk.bytes, after))
          assert.strictEqual(disk.pending.length, 0)
          const seen = new Map<string, "old" | "new" | "neither">()
          const states = { old: 0, new: 0, neither: 0 }
          for (const [number, snapshot] of snapshots(disk).entries()) {
            for (const bytes of powerFailures(snapshot, scale(20), number)) {
              const key = digest(bytes)
              if (seen.has(key)) continue
              const { disk: recoveredDisk, result } = yield* recovered(bytes)
              assert.isTrue(Either.isRight(result), `call ${number}: ${Either.isLeft(result) ? result.left : ""}`)
              const state = stateOf(recoveredDisk.bytes, before, after)
              assert.notStrictEqual(state, "neither", `call ${number}: ${Either.getOrElse(result, () => "")}`)
              if (Either.isRight(result) && result.right === "applied") assert.strictEqual(state, "new")
              // A reader is told where the chunks are neither the old ones nor the new ones.
              const { problems, tree } = yield* read(new Disk(bytes))
              if (stateOf(bytes, before, after) === "neither") assert.strictEqual(problems[0]?._tag, "UnfinishedEdit")
              const journal = problems.find(({ _tag }) => _tag === "UnfinishedEdit")
              if (journal !== undefined) {
                for (const { available, chunk } of tree.chunks) {
                  assert.isAtMost(chunk.dataOffset + available, Math.max(before.length, journal.offset))
                }
              }
              // A second recovery has nothing to do, and the file can be edited again.
              assert.strictEqual((yield* recovered(recoveredDisk.bytes)).result.pipe(Either.getOrNull), "nothing")
              seen.set(key, state)
              states[state]++
            }
          }
          // Both came.
          assert.isAbove(states.old, 0)
          assert.isAbove(states.new, 0)
        }),
      120_000
    )

    it.effect(
      "is so, too, where the process dies first, and the power fails while the file is recovered",
      () =>
        Effect.gen(function*() {
          const after = yield* edited(before, edits)
          const disk = yield* run(before, edits)
          const seen = new Set<string>()
          for (const [number, snapshot] of snapshots(disk).entries()) {
            const { disk: first, result } = yield* recovered(snapshot)
            assert.isTrue(Either.isRight(result), `call ${number}`)
            assert.notStrictEqual(stateOf(first.bytes, before, after), "neither")
            for (const [second, during] of snapshots(first).entries()) {
              for (const bytes of powerFailures(during, scale(6), number * 100 + second)) {
                const key = digest(bytes)
                if (seen.has(key)) continue
                seen.add(key)
                const { disk: last, result } = yield* recovered(bytes)
                assert.isTrue(Either.isRight(result), `call ${number}, then ${second}`)
                assert.notStrictEqual(stateOf(last.bytes, before, after), "neither", `call ${number}, then ${second}`)
              }
            }
          }
        }),
      120_000
    )

    it.effect("applies nothing of a journal that stale blocks or torn sectors have damaged", () =>
      Effect.gen(function*() {
        const after = yield* edited(before, edits)
        const disk = yield* run(before, edits)
        const next = random(7)
        for (const snapshot of snapshots(disk)) {
          for (let time = 0; time < scale(8); time++) {
            const bytes = powerFailure(snapshot, {
              lengths: (n) => n,
              sector: (_, n) => next(n + 1),
              stale: 1 + next(255)
            })
            const { disk: last, result } = yield* recovered(bytes)
            // What is not understood is kept as it is.
            if (Either.isLeft(result)) assert.isTrue(isSame(last.bytes, bytes))
            else assert.notStrictEqual(stateOf(last.bytes, before, after), "neither")
          }
        }
      }))

    it.effect("is the old file or recoverable after a failure of any call", () =>
      Effect.gen(function*() {
        const after = yield* edited(before, edits)
        const { calls } = yield* run(before, edits)
        for (const failing of calls.keys()) {
          for (const partly of [0, 1]) {
            const failed = new Disk(before)
            failed.interference = {
              room: (_, { length, number }) =>
                number < failing ? length : number === failing ? Math.floor(length * partly / 2) : 0
            }
            const exit = yield* Effect.exit(on(failed, Riff.edit("file", edits)))
            assert.strictEqual(exit._tag, "Failure", `call ${failing}`)
            const { disk: last, result } = yield* recovered(failed.bytes)
            // A write that stops within a sector in place of old bytes leaves one that is neither: it is kept.
            if (partly === 1 && Either.isLeft(result)) {
              assert.include(result.left, "neither the old bytes nor the new ones")
              continue
            }
            assert.isTrue(Either.isRight(result), `call ${failing}: ${JSON.stringify(result)}`)
            assert.notStrictEqual(stateOf(last.bytes, before, after), "neither", `call ${failing}`)
          }
        }
      }))

    it.effect("leaves the old file, and no journal, where one call fails before the decision", () =>
      Effect.gen(function*() {
        const { calls } = yield* run(before, edits)
        const [, second = 0] = calls.flatMap(({ name, number }) => name === "flush" ? [number] : [])
        for (let failing = 0; failing <= second; failing++) {
          const failed = new Disk(before)
          failed.interference = { room: (_, { length, number }) => number === failing ? 0 : length }
          assert.strictEqual((yield* Effect.exit(on(failed, Riff.edit("file", edits))))._tag, "Failure")
          assert.isTrue(isSame(failed.bytes, before), `call ${failing}`)
        }
      }))
  })
}

describe("the four flushes", () => {
  /** How many power failures leave a file that is neither, or that cannot be recovered. */
  const lost = (omitted: ReadonlyArray<Step>) =>
    Effect.gen(function*() {
      let count = 0
      for (const { before, edits } of Object.values(scenarios)) {
        const once = yield* edited(before, edits)
        const disk = yield* run(before, edits, new Set(omitted))
        const count1 = yield* failures(disk, before, once)
        count += count1
      }
      return count
    })

  const failures = (disk: Disk, before: Uint8Array, after: Uint8Array) =>
    Effect.gen(function*() {
      let count = 0
      for (const [number, snapshot] of snapshots(disk).entries()) {
        for (const bytes of powerFailures(snapshot, 10, number)) {
          const { disk: last, result } = yield* recovered(bytes)
          if (Either.isLeft(result) || stateOf(last.bytes, before, after) === "neither") count++
        }
      }
      return count
    })

  it.effect("lose nothing together", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* lost([]), 0)
    }), 60_000)

  for (const flush of ["flush journal", "flush footer", "flush file"] as const) {
    it.effect(`lose files without "${flush}"`, () =>
      Effect.gen(function*() {
        assert.isAbove(yield* lost([flush]), 0)
      }), 60_000)
  }

  const twice = (omitted: ReadonlyArray<Step>) =>
    Effect.gen(function*() {
      const { before, edits } = scenarios["that grows the file by more than a header"]!
      const first = yield* edited(before, edits)
      const again = [title("x")]
      const second = yield* edited(first, again)
      const disk = new Disk(before)
      yield* Effect.orDie(on(disk, editWith("file", edits, undefined, new Set(omitted))))
      disk.history.length = 0
      yield* Effect.orDie(on(disk, editWith("file", again, undefined)))
      return yield* failures(disk, first, second)
    })

  it.effect(
    `lets no second edit begin over the journal of the first; without "flush end" it does`,
    () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* twice([]), 0)
        assert.isAbove(yield* twice(["flush end"]), 0)
      }),
    60_000
  )
})
