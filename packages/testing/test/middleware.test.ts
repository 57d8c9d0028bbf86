import { IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { Crash, Fault, IOProcContract, TestIOProc } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, flow, Layer, Option } from "effect"

/** Tiny parts: most transfers of a test cross from one to the next. */
const partSize = 32

const capabilities: Partial<IOProcContract.Capabilities> = {
  versions: false,
  // The storage for tests has none.
  folders: false,
  unlinkOpen: false
}

// A part that stays open is a defect of the storage below, and so fails the test.
IOProcContract.suite("files in tiny parts, over TestIOProc", {
  layer: IOProc.layerMap(IOProc.split(partSize)).pipe(Layer.provide(TestIOProc.layer())),
  capabilities
})

/** Middleware with blocks so small that most transfers of a test cross from one to the next. */
const middleware = {
  split: IOProc.layerMap(IOProc.split(5)),
  checksum: IOProc.layerMap(IOProc.checksum({ blockSize: 4 })),
  cache: IOProc.layerMap(IOProc.cache({ blockSize: 4, capacity: 16 })),
  overlay: IOProc.layerMap((upper) => Effect.map(MemoryIOProc.make(), (lower) => IOProc.overlay(lower, upper))),
  "cache around checksum around split": IOProc.layerMap(flow(
    IOProc.split(7),
    IOProc.checksum({ blockSize: 4 }),
    IOProc.cache({ blockSize: 3, capacity: 9 })
  ))
}

const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i)

const old = bytes(16, 1)
/** The old content with a change in the middle, and a gap before its new end. */
const fresh = Uint8Array.from([...bytes(5, 1), ...bytes(6, 100), ...bytes(5, 12), ...new Uint8Array(9), 77])

const create = Mmio.withFile("a", { access: "write", create: true }, (file) => Mmio.writeAll(file, old))

const change = (buffer: number | "none") =>
  Mmio.withFile("a", { access: "readWrite", buffer }, (file) =>
    Effect.gen(function*() {
      yield* Mmio.seek(file, 5)
      yield* Mmio.writeAll(file, bytes(6, 100))
      yield* Mmio.seek(file, 9, "end")
      yield* Mmio.writeAll(file, Uint8Array.of(77))
    }))

const content = Mmio.withFile("a", {}, (file) => Mmio.read(file, 1000))

for (const [name, layer] of Object.entries(middleware)) {
  describe(`files through ${name}`, () => {
    for (const buffer of ["none", 8] as const) {
      it.effect(`are whole whatever operation below fails or is short, with the buffer ${buffer}`, () =>
        Effect.gen(function*() {
          const { operations } = yield* Fault.everyOperation(
            Effect.provide(Effect.zipRight(Effect.zipRight(create, change(buffer)), content), layer),
            {
              storage: TestIOProc.layer(),
              times: ["once"],
              // A part that does not exist is the end of the file: a storage that says so of one that does is not a
              // failure, but a lie.
              errors: { ...Fault.errors, open: Fault.errors.open.filter((errno) => errno !== "ENOENT") },
              check: ({ exit, injected }) =>
                Effect.sync(() => {
                  if (Exit.isSuccess(exit)) assert.deepStrictEqual([...exit.value], [...fresh])
                  // A short transfer is no failure.
                  else assert.isTrue(injected !== undefined && "errno" in injected)
                })
            }
          )
          assert.isAbove(operations, 10)
        }))

      it.effect(`are safe from a crash once they are flushed, with the buffer ${buffer}`, () =>
        Crash.explore(Effect.provide(Effect.zipRight(create, change(buffer)), layer), {
          check: ({ result }) =>
            Effect.gen(function*() {
              if (Option.isNone(result)) return
              assert.deepStrictEqual([...(yield* Effect.provide(content, layer))], [...fresh])
            })
        }))
    }
  })
}
