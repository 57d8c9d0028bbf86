import { IOProc, MemoryIOProc } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { assertTrue, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Encoding, Layer } from "effect"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as Conformance from "../src/Conformance.js"

const folder = fileURLToPath(new URL("../conformance/", import.meta.url))
const families = fs.readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => {
  const traces = Effect.runSync(Conformance.fromJson(fs.readFileSync(`${folder}${file}`, "utf8")))
  return [file.replace(/\.json$/, ""), traces] as const
})

/** A driver that never transfers more than three bytes at once, as it may. */
const short = IOProc.layerMap(IOProc.mapFile((file) => ({
  ...file,
  readAt: (position, target) => file.readAt(position, target.subarray(0, 3)),
  writeAt: file.writeAt && ((position, source, mode) => file.writeAt!(position, source.subarray(0, 3), mode))
})))

const drivers = [
  ["in memory", MemoryIOProc.layer(), {}],
  ["over short transfers", Layer.provide(short, MemoryIOProc.layer()), { shortReads: true }]
] as const

for (const [name, driver, options] of drivers) {
  layer(driver)(`the recorded calls ${name}`, (it) => {
    for (const [family, traces] of families) {
      it.effect(`${family}, ${traces.length} traces`, () =>
        Effect.forEach(traces, (trace) => Conformance.replay(trace, options), { discard: true }))
    }
  })
}

const bytes = (...values: ReadonlyArray<number>) => Encoding.encodeBase64(Uint8Array.from(values))

const fileTrace = {
  name: "a file",
  family: "unbuffered-file",
  storage: { kind: "file", initial: bytes(1, 2, 3) },
  open: { mode: "readwrite", create: false, buffer: 0 },
  ops: [
    { op: "read", count: 2, result: { data: bytes(1, 2) } },
    { op: "seek", offset: -1, whence: "start", result: { error: "CannotSeek" } },
    { op: "flush", emptyBuffer: false, result: {} },
    { op: "write", data: bytes(4), result: { count: 1 } }
  ],
  final: bytes(1, 2, 4)
}
const procedureTrace = {
  name: "procedures",
  family: "io-procedure",
  ops: [
    { op: "install", procedure: 3, code: "ZIP ", result: { procedure: 3 } },
    { op: "open", name: "a.zip+b", result: { opened: true, procedure: 3, name: "a.zip+b" } },
    { op: "sendMessage", message: 0x8001, param1: 1, param2: 2, result: { value: 4 } },
    { op: "sendMessage", message: 0x7fff, param1: 1, param2: 2, result: { refused: true } },
    { op: "close", result: {} },
    { op: "find", code: "ZIP ", result: { procedure: 3 } }
  ]
}
const fourCCTrace = {
  name: "codes",
  family: "four-cc",
  ops: [{ op: "stringToFourCC", text: "fmt", toUpper: false, result: { code: "fmt ", value: 0x20746d66 } }]
}
const memoryTrace = {
  ...fileTrace,
  family: "memory-file",
  storage: { kind: "memory", size: 5, initial: bytes(1, 2, 3) },
  final: bytes(1, 2, 4, 0, 0)
}

const withOp = <T extends { readonly ops: ReadonlyArray<object> }>(trace: T, index: number, change: object) => ({
  ...trace,
  ops: trace.ops.map((op, i) => i === index ? { ...op, ...change } : op)
})

layer(MemoryIOProc.layer())("a replay that", (it) => {
  const replay = (input: unknown) => Effect.flatMap(Conformance.decode(input), (trace) => Conformance.replay(trace))

  it.effect("agrees succeeds, and leaves no file", () =>
    Effect.gen(function*() {
      yield* Effect.forEach([fileTrace, memoryTrace, procedureTrace, fourCCTrace], replay)
      const storage = yield* MemoryIOProc.MemoryIOProc
      assert.deepStrictEqual(yield* storage.files, [])
    }))

  const changed: ReadonlyArray<readonly [string, object, number | "final"]> = [
    ["other data", withOp(fileTrace, 0, { result: { data: bytes(1, 3) } }), 0],
    ["an error that does not happen", withOp(fileTrace, 0, { result: { error: "CannotRead" } }), 0],
    ["another error", withOp(fileTrace, 1, { result: { error: "CannotRead" } }), 1],
    ["no error where one happens", withOp(fileTrace, 1, { result: { position: 0 } }), 1],
    ["an error of a call that gives nothing", withOp(fileTrace, 2, { result: { error: "CannotWrite" } }), 2],
    ["another count", withOp(fileTrace, 3, { result: { count: 2 } }), 3],
    ["other final bytes", { ...fileTrace, final: bytes(1, 2, 5) }, "final"],
    ["fewer final bytes", { ...fileTrace, final: bytes(1, 2) }, "final"],
    ["more final bytes", { ...fileTrace, final: bytes(1, 2, 4, 0) }, "final"],
    ["another rest of the block", { ...memoryTrace, final: bytes(1, 2, 4, 0, 1) }, "final"],
    ["another procedure", withOp(procedureTrace, 1, { result: { opened: true, procedure: 2, name: "a.zip+b" } }), 1],
    ["another name", withOp(procedureTrace, 1, { result: { opened: true, procedure: 3, name: "a.zip" } }), 1],
    ["another answer", withOp(procedureTrace, 2, { result: { value: 5 } }), 2],
    ["an answer instead of a refusal", withOp(procedureTrace, 3, { result: { value: 0 } }), 3],
    ["no driver where there is one", withOp(procedureTrace, 5, { result: { procedure: null } }), 5],
    ["another number", withOp(fourCCTrace, 0, { result: { code: "fmt ", value: 1 } }), 0]
  ]
  for (const [what, trace, op] of changed) {
    it.effect(`should see ${what} fails`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(replay(trace))
        assertTrue(error._tag === "Mismatch")
        strictEqual(error.op, op)
      }))
  }

  it.effect("should end with one byte more fails, whatever the family", () =>
    Effect.forEach(families, ([family, traces]) =>
      Effect.gen(function*() {
        for (const trace of traces.slice(0, 5)) {
          if (!("final" in trace)) continue
          const changed = { ...trace, final: Uint8Array.of(...trace.final, 7) }
          assertTrue(Either.isLeft(yield* Effect.either(Conformance.replay(changed))), family)
        }
      })))

  it.effect("meets a storage that fails says where", () =>
    Effect.gen(function*() {
      const trace = yield* Conformance.decode(fileTrace)
      const readOnly = IOProc.make({
        open: ({ name }) =>
          Effect.succeed(IOProc.makeFile({ name: name.full, size: Effect.succeed(0), readAt: () => Effect.succeed(0) }))
      })
      const error = yield* Effect.flip(Effect.provideService(Conformance.replay(trace), IOProc.IOProc, readOnly))
      assertTrue(error._tag === "StorageFailure")
      strictEqual(error.step, "prepare")
    }))
})

describe("what is no trace is refused in a sentence", () => {
  const refused: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["no JSON", "[{", /^it is not JSON: /],
    ["no list", "{}", /^it is not a list of traces$/],
    ["null", "[null]", /^trace 0: /],
    ["an unknown family", JSON.stringify([{ ...fileTrace, family: "x" }]), /^trace 0 "a file" at family: /],
    [
      "a missing field",
      JSON.stringify([withOp(fileTrace, 0, { count: undefined })]),
      /at ops\[0\]\.count: is missing$/
    ],
    ["an unknown call", JSON.stringify([withOp(fileTrace, 1, { op: "jump" })]), /at ops\[1\]\.op: .*"jump"/],
    ["an unknown error", JSON.stringify([withOp(fileTrace, 1, { result: { error: "Oops" } })]), /at ops\[1\]\.result/],
    ["an invalid result", JSON.stringify([withOp(fileTrace, 2, { result: { count: 1 } })]), /at ops\[2\]\.result/],
    ["bytes that are no base64", JSON.stringify([{ ...fileTrace, final: "?" }]), /at final: /],
    [
      "a block too small",
      JSON.stringify([{ ...memoryTrace, storage: { ...memoryTrace.storage, size: 2 } }]),
      /at storage: /
    ],
    ["an unknown chunk", JSON.stringify([withOp(fileTrace, 2, { op: "ascend", chunk: "c" })]), /at ops\[2\]: .*"c"$/],
    [
      "a file that is not open",
      JSON.stringify([withOp(procedureTrace, 2, { op: "close", result: {} })]),
      /at ops\[3\]: /
    ]
  ]
  for (const [what, text, description] of refused) {
    it(what, () => {
      const result = Effect.runSync(Effect.either(Conformance.fromJson(text)))
      assertTrue(Either.isLeft(result))
      assert.match(result.left.message, description)
      assert.notInclude(result.left.message, "\n")
    })
  }
})
