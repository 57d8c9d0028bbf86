import { FourCC, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"

/** What the manifest says of a chunk, of the encoders' files in `packages/testing`. */
interface Chunk {
  readonly id: string
  readonly type?: string | undefined
  readonly dataOffset: number
  readonly size: number
  readonly children?: ReadonlyArray<Chunk> | undefined
}
const Chunk: Schema.Schema<Chunk> = Schema.Struct({
  id: Schema.String,
  type: Schema.optional(Schema.String),
  dataOffset: Schema.Number,
  size: Schema.Number,
  children: Schema.optional(Schema.Array(Schema.suspend((): Schema.Schema<Chunk> => Chunk)))
})

const Manifest = Schema.Struct({
  entries: Schema.Array(Schema.Struct({
    name: Schema.String,
    container: Schema.NullOr(Schema.String),
    form: Schema.NullOr(Schema.String),
    tree: Schema.NullOr(Schema.Array(Chunk)),
    facts: Schema.optional(Schema.Struct({
      info: Schema.optional(Schema.Unknown),
      bext: Schema.optional(Schema.Unknown),
      cues: Schema.optional(Schema.Unknown),
      loops: Schema.optional(Schema.Unknown),
      labels: Schema.optional(Schema.Unknown),
      factSamples: Schema.optional(Schema.Unknown)
    }))
  }))
})

const folder = fileURLToPath(new URL("../../proofs/fixtures/", import.meta.url))
const manifest = Schema.decodeUnknownSync(Schema.parseJson(Manifest))(
  fs.readFileSync(`${folder}manifest.json`, "utf8")
)
const files = manifest.entries.filter(({ form }) => form === "WAVE")

const flatten = (chunks: ReadonlyArray<Chunk>): ReadonlyArray<Chunk> =>
  chunks.flatMap((chunk) => [chunk, ...flatten(chunk.children ?? [])])

/** What the known chunks of a file say, in its order, each of which is written as it was read. */
const known = (file: typeof files[number]): ReadonlyArray<Wave.Chunk> => {
  const bytes = new Uint8Array(fs.readFileSync(`${folder}${file.name}`))
  const byteOrder = file.container === "RIFX" ? "big" : "little"
  return flatten(file.tree ?? []).map(({ dataOffset, id, size, type = "" }) => {
    const data = bytes.slice(dataOffset, dataOffset + size)
    const header = { id: FourCC.fromString(id), type: FourCC.option(type) }
    const chunk = Effect.runSync(Wave.decode(header, data, byteOrder))
    deepStrictEqual(Effect.runSync(Wave.encode(chunk, byteOrder)), data)
    return chunk
  })
}

const facts = (chunks: ReadonlyArray<Wave.Chunk>) => {
  const info: Array<unknown> = []
  const cues: Array<unknown> = []
  const loops: Array<unknown> = []
  const labels: Array<unknown> = []
  const found: { bext?: unknown; factSamples?: number } = {}
  for (const chunk of chunks) {
    switch (chunk._tag) {
      case "fact":
        found.factSamples = chunk.value.samples
        break
      case "LIST:INFO":
        info.push(...chunk.value.tags.map(({ id, text }) => ({ id, text })))
        break
      case "LIST:adtl":
        for (const entry of chunk.value.entries) {
          assert(entry._tag === "labl")
          labels.push({ kind: "labl", cue: entry.cue, text: entry.text })
        }
        break
      case "cue ":
        for (const { chunk: name, id, position, sampleOffset } of chunk.value.points) {
          cues.push({ id, position, chunk: name, sampleOffset })
        }
        break
      case "smpl":
        for (const { type, ...loop } of chunk.value.loops) {
          loops.push({ ...loop, type: ["forward", "alternating", "backward"].indexOf(String(type)) })
        }
        break
      case "bext": {
        const { codingHistory, description, originationDate, originationTime, originator, originatorReference } =
          chunk.value
        found.bext = {
          description: description.text,
          originator: originator.text,
          originatorReference: originatorReference.text,
          originationDate: originationDate.text,
          originationTime: originationTime.text,
          timeReference: Number(chunk.value.timeReference),
          version: chunk.value.version,
          codingHistory: codingHistory.text
        }
        break
      }
    }
  }
  const lists = Object.entries({ info, cues, loops, labels }).filter(([, list]) => list.length > 0)
  return { ...found, ...Object.fromEntries(lists) }
}

describe("the files of other encoders", () => {
  for (const file of files.filter(({ name }) => !name.startsWith("malformed-"))) {
    it(file.name, () => deepStrictEqual<unknown>(facts(known(file)), file.facts ?? {}))
  }

  it("have every kind of fact", () => {
    const kinds = new Set(files.flatMap(({ facts = {} }) => Object.keys(facts)))
    deepStrictEqual([...kinds].toSorted(), ["bext", "cues", "factSamples", "info", "labels", "loops"])
  })
})
