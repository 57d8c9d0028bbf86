/**
 * Errors that cross to a worker and back: what arrives is what was sent.
 */
import { MmioError } from "@effect-mmio/core"
import * as MmioErrorSchema from "@effect-mmio/core/MmioErrorSchema"
import { Worker } from "@effect/platform"
import { NodeWorker } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as WT from "node:worker_threads"

class Fail extends Schema.TaggedRequest<Fail>()("Fail", {
  failure: MmioErrorSchema.MmioError,
  success: Schema.Void,
  payload: { error: MmioErrorSchema.MmioError }
}) {}

const details: MmioError.Details = {
  operation: "Mmio.write",
  file: "take1.wav",
  position: 4096,
  description: "the disk is full",
  cause: Object.assign(new TypeError("no space"), { code: "ENOSPC" })
}

const errors: ReadonlyArray<MmioError.MmioError> = [
  new MmioError.FileNotFound(details),
  new MmioError.OutOfMemory(details),
  new MmioError.CannotOpen(details),
  new MmioError.CannotClose(details),
  new MmioError.CannotRead(details),
  new MmioError.CannotWrite({ ...details, written: 3 }),
  new MmioError.CannotSeek(details),
  new MmioError.CannotExpand(details),
  new MmioError.ChunkNotFound({ ...details, sought: "chunk \"data\"", searchedTo: 9 }),
  new MmioError.Unbuffered(details),
  new MmioError.PathNotFound(details),
  new MmioError.AccessDenied(details),
  new MmioError.SharingViolation(details),
  new MmioError.NetworkError(details),
  new MmioError.TooManyOpenFiles(details),
  new MmioError.InvalidFile(details),
  new MmioError.VersionChanged(details),
  new MmioError.InvalidParameter(details)
]

it.scoped("a failure of every class crosses a worker, both ways", () =>
  Effect.gen(function*() {
    const program = new URL("programs/failing.mjs", import.meta.url)
    const worker = yield* Worker.makeSerialized<Fail>({}).pipe(
      // The tests run on the sources, the worker on what was built.
      Effect.provide(NodeWorker.layer(() => new WT.Worker(program, { execArgv: [] })))
    )
    assert.strictEqual(new Set(errors.map(({ _tag }) => _tag)).size, errors.length)
    for (const error of errors) {
      const arrived = yield* Effect.flip(worker.executeEffect(new Fail({ error })))
      assert(MmioError.isMmioError(arrived), String(arrived))
      assert.notStrictEqual<unknown>(arrived, error)
      assert.strictEqual(arrived.constructor, error.constructor)
      assert.strictEqual(String(arrived), String(error))
      assert.strictEqual(arrived.code, error.code)
      assert.strictEqual(arrived.errno, "ENOSPC")
      assert.strictEqual(arrived.position, 4096)
      assert.deepStrictEqual(
        arrived.cause instanceof Error && [arrived.cause.name, arrived.cause.message],
        ["TypeError", "no space"]
      )
      if (arrived._tag === "CannotWrite") assert.strictEqual(arrived.written, 3)
      if (arrived._tag === "ChunkNotFound") {
        assert.deepStrictEqual([arrived.sought, arrived.searchedTo], ["chunk \"data\"", 9])
      }
    }
  }))
