import { Mmio, Riff } from "@effect-mmio/core"
import { Model } from "@effect-mmio/testing"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Layer } from "effect"
import { TestStorage } from "./support/driver.js"
import * as Family from "./support/family.js"
import { outcome } from "./support/outcome.js"
import { scale } from "./support/scale.js"

const fastCheck = { numRuns: scale(200) }

const leaf = (id: string, ...data: ReadonlyArray<number>): Model.Chunk => ({ id, data: Uint8Array.from(data) })
const list = (type: string, ...children: ReadonlyArray<Model.Chunk>): Model.Chunk => ({ id: "LIST", type, children })

const bytes = Model.serialize([
  {
    id: "RIFF",
    type: "WAVE",
    children: [
      leaf("fmt ", 1, 2),
      list("INFO", leaf("INAM", 1)),
      leaf("data", 3),
      list("adtl", leaf("labl", 1), leaf("labl", 2)),
      list("INFO", leaf("IART", 2), leaf("INAM", 3))
    ]
  },
  { id: "RIFF", type: "AVIX", children: [leaf("data", 4)] }
])

describe("a path", () => {
  it("is parsed from text, with any spaces and an index", () => {
    for (
      const [text, path] of [
        ["RIFF", [{ id: "RIFF" }]],
        ["RIFF:WAVE / LIST:INFO / INAM", [{ id: "RIFF", type: "WAVE" }, { id: "LIST", type: "INFO" }, { id: "INAM" }]],
        ["RIFF:WAVE/fmt", [{ id: "RIFF", type: "WAVE" }, { id: "fmt " }]],
        [" RIFF : AVI / LIST:movi [ 12 ] / 00dc[3]", [
          { id: "RIFF", type: "AVI " },
          { id: "LIST", type: "movi", index: 12 },
          { id: "00dc", index: 3 }
        ]],
        ["a b", [{ id: "a b " }]],
        ["\u00e9", [{ id: "\u00e9   " }]]
      ] satisfies Array<[string, Riff.Path]>
    ) {
      assert.deepStrictEqual(Effect.runSync(Riff.parsePath(text)), path, text)
    }
  })

  it("that is invalid is InvalidParameter, which names the step", () => {
    for (
      const text of [
        "",
        " ",
        "RIFF:",
        ":WAVE",
        "RIFF/",
        "/RIFF",
        "RIFFS",
        "RIFF:WAVES",
        "data[-1]",
        "data[x]",
        "data[",
        "data[1",
        "data]1[",
        "[0]",
        "a:b:c",
        "data[1][2]",
        "\u0100",
        "RIFF / / data",
        "data[99999999999999999999]"
      ]
    ) {
      const result = outcome(Riff.parsePath(text))
      assert.isTrue(Either.isLeft(result) && result.left._tag === "InvalidParameter", text)
    }
    const result = outcome(Riff.parsePath("RIFF:WAVE / chunk"))
    assert.isTrue(Either.isLeft(result))
    if (Either.isLeft(result)) assert.include(result.left.message, "\"chunk\" in \"RIFF:WAVE / chunk\"")
  })

  it("written out and read again is the same", () => {
    const code = fc.stringMatching(/^[A-Za-z0-9_ ]{4}$/).filter((text) => !/^ |^ *$/.test(text))
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ id: code, type: code, index: fc.nat() }, { requiredKeys: ["id"] }),
          { minLength: 1, maxLength: 4 }
        ),
        (path) => {
          assert.deepStrictEqual<unknown>(Effect.runSync(Riff.parsePath(Riff.formatPath(path))), path)
        }
      ),
      fastCheck
    )
  })
})

describe("find", () => {
  it.scoped("finds the first chunk that the path leads to, whichever way", () =>
    Effect.gen(function*() {
      const storage = new TestStorage(bytes)
      const file = yield* Mmio.openWith(storage.ioProc, "test", { buffer: 16 })
      yield* Mmio.seek(file, 3)
      const find = (path: string | Riff.Path, options?: Riff.WithinOptions) =>
        Effect.map(Riff.find(file, path, options), ({ dataOffset, id }) => [String(id), bytes[dataOffset]])
      assert.deepStrictEqual(yield* find("RIFF:WAVE / fmt"), ["fmt ", 1])
      assert.deepStrictEqual(yield* find("RIFF:WAVE / LIST:INFO / INAM"), ["INAM", 1])
      // only the second INFO has one
      assert.deepStrictEqual(yield* find("RIFF:WAVE / LIST:INFO / IART"), ["IART", 2])
      assert.deepStrictEqual(yield* find("RIFF:WAVE / LIST:INFO[1] / INAM"), ["INAM", 3])
      assert.deepStrictEqual(yield* find("RIFF:WAVE / LIST[2] / INAM"), ["INAM", 3])
      assert.deepStrictEqual(yield* find("RIFF / LIST / labl[1]"), ["labl", 2])
      assert.deepStrictEqual(yield* find("RIFF / data"), ["data", 3])
      assert.deepStrictEqual(yield* find("RIFF[1] / data"), ["data", 4])
      assert.deepStrictEqual(yield* find("RIFF:AVIX / data"), ["data", 4])
      assert.deepStrictEqual(yield* find([{ id: "RIFF", type: "AVIX" }, { id: "data", index: 0 }]), ["data", 4])
      const within = yield* Riff.find(file, "RIFF / LIST:adtl")
      assert.deepStrictEqual(yield* find("labl[1]", { within }), ["labl", 2])
      assert.strictEqual(yield* Mmio.position(file), 3)
    }))

  it.scoped("fails with ChunkNotFound where nothing is, and says where it ended", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes, access: "read" })
      for (
        const path of [
          "RIFF:AVI",
          "LIST:INFO",
          "RIFF / INAM",
          "RIFF / LIST:INFO / INAM[1]",
          "RIFF / LIST:INFO[2]",
          "RIFF / LIST:INFO[1] / IART[1]",
          "RIFF[2]",
          "RIFF / fmt / data",
          "RIFX",
          "RIFF / LIST:data",
          "RIFF / data:WAVE"
        ]
      ) {
        const error = yield* Effect.flip(Riff.find(file, path))
        assert.strictEqual(error._tag, "ChunkNotFound", path)
        if (error._tag !== "ChunkNotFound") continue
        assert.strictEqual(error.sought, path)
        assert.strictEqual(error.searchedTo, bytes.length)
      }
    }))

  it.scoped("fails with InvalidParameter for an invalid path", () =>
    Effect.gen(function*() {
      const file = yield* Mmio.openMemory({ bytes, access: "read" })
      for (
        const path of [[], "fmt / LISTS", [{ id: "fmt" }], [{ id: "LIST", type: "INF" }], [{ id: "data", index: -1 }], [
          {
            id: "data",
            index: 0.5
          }
        ]] satisfies ReadonlyArray<string | Riff.Path>
      ) {
        const error = yield* Effect.flip(Riff.find(file, path))
        assert.strictEqual(error._tag, "InvalidParameter")
        assert.include(error.message, "Riff.find a memory file")
      }
    }))
})

const relatives: Record<string, ReadonlyArray<string>> = {
  RIFF: ["RIFF", "RIFX", "RF64", "BW64", "riff"],
  LIST: ["LIST", "list"]
}

/** Whether a step that is written as one node is leads to another. */
const leads = (step: Family.Node, node: Family.Node): boolean =>
  (step.id === node.id || (relatives[step.id]?.includes(node.id) ?? false))
  && (relatives[step.id] === undefined || node.type !== undefined)
  && (step.type === undefined || step.type === node.type ||
    (step.type === "WAVE" && node.type === "wave" && node.id === "riff"))

/** The way to every chunk, with the index that it has among those that the step leads to. */
const paths = (nodes: ReadonlyArray<Family.Node>, before: Riff.Path): ReadonlyArray<readonly [Riff.Path, number]> =>
  nodes.flatMap((node) => {
    const index = nodes.filter((other) => leads(node, other)).indexOf(node)
    // a list without a type is none
    if (index < 0) return []
    const path = [...before, { id: node.id, type: node.type, index }]
    return [[path, node.offset] as const, ...paths(node.children, path)]
  })

layer(Layer.empty)("find", (it) => {
  it.effect.prop(
    "finds every chunk of a file by the way to it",
    { bytes: Family.damaged, buffer: fc.constantFrom(0, 20, 8192) },
    ({ buffer, bytes }) =>
      Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(new TestStorage(bytes).ioProc, "test", { buffer })
        for (const [path, offset] of paths(Family.read(bytes).nodes, [])) {
          const found = yield* Riff.find(file, path)
          assert.strictEqual(found.offset, offset)
        }
      })),
    { fastCheck }
  )
})
