import { buildSync } from "esbuild"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { group, type Subject } from "../runner/model.js"
import { kilobytes, milliseconds } from "../runner/unit.js"
import { inChild } from "../ways/child.js"

/** What a program that reads and writes chunks calls. */
const typical = `
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"

export const copyFormat = (from, to) =>
  Effect.gen(function*() {
    const source = yield* Mmio.open(from)
    const wave = yield* Riff.descend(source, { find: { riff: "WAVE" } })
    const format = yield* Riff.descend(source, { find: { chunk: "fmt " }, parent: wave })
    const bytes = yield* Mmio.read(source, format.size)
    yield* Riff.ascend(source, format)
    const target = yield* Mmio.open(to, { access: "write", create: true })
    yield* Riff.withChunk(target, { riff: "WAVE" }, () =>
      Riff.withChunk(target, { chunk: "fmt " }, () => Mmio.writeAll(target, bytes)))
    yield* Mmio.seek(target, 0)
    yield* Mmio.flush(target)
    yield* Mmio.close(target)
  })
`

/** What the original has: all of Mmio, and the services of RIFF. */
const services = `
export * as Mmio from "@effect-mmio/core/Mmio"
export { ascend, createChunk, descend, inChunk, stream, withChunk } from "@effect-mmio/core/Riff"
`

const effects = ["effect", "effect/*"]

/** The size of a program in bytes, bundled, minified and compressed, without the modules that are left outside. */
const sizeOf = (program: string, external: ReadonlyArray<string>): number => {
  const { outputFiles } = buildSync({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    external: [...external]
  })
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}

const all = (module: string) => `export * from ${JSON.stringify(module)}`

export const start: Subject = {
  name: "start",
  title: "importing in a new process; bundles by esbuild, minified and compressed by gzip -9, 1 KB being 1000 bytes",
  groups: ({ quick }) => {
    const importing = (...modules: ReadonlyArray<string>) => () => inChild("importing", modules)
    return [
      group({
        measuresItself: true,
        // each takes a new process
        rounds: quick ? 2 : 15,
        times: 1,
        works: {
          "core": importing("effect", "beyond", "@effect-mmio/core"),
          "core and platform-node": importing("effect", "beyond", "@effect-mmio/core", "@effect-mmio/platform-node"),
          "core/Mmio and core/Riff": importing("beyond", "@effect-mmio/core/Mmio", "@effect-mmio/core/Riff"),
          "effect": importing("beyond", "effect"),
          "@effect/platform-node, beyond effect": importing("effect", "beyond", "@effect/platform-node"),
          "strtok3": importing("beyond", "strtok3"),
          "wavefile": importing("beyond", "wavefile")
        },
        slow: ["strtok3", "wavefile", "@effect/platform-node, beyond effect"],
        rows: [
          {
            case: "import of core, beyond effect",
            ours: "core",
            peers: ["effect", "strtok3", "wavefile"],
            unit: milliseconds,
            target: 80,
            guard: { "effect": 1.7 }
          },
          {
            case: "import of core and platform-node, beyond effect",
            ours: "core and platform-node",
            peers: ["@effect/platform-node, beyond effect"],
            unit: milliseconds
          },
          {
            case: "import of core/Mmio and core/Riff, with what they need of effect",
            ours: "core/Mmio and core/Riff",
            peers: ["effect"],
            unit: milliseconds
          }
        ]
      }),
      group({
        measuresItself: true,
        // the sizes are always the same
        rounds: 1,
        times: 1,
        works: {
          "typical": () => sizeOf(typical, effects),
          "services": () => sizeOf(services, effects),
          // esbuild takes all of a module that comes as a namespace out of a barrel
          "whole": () => sizeOf(`export { Mmio, Riff } from "@effect-mmio/core"`, effects),
          "typical, with effect": () => sizeOf(typical, []),
          "strtok3": () => sizeOf(all("strtok3"), []),
          "riff-file": () => sizeOf(all("riff-file"), []),
          "wavefile": () => sizeOf(all("wavefile"), []),
          "music-metadata": () => sizeOf(all("music-metadata"), [])
        },
        rows: [
          {
            case: "bundle of typical functions of Mmio and Riff, beyond effect",
            ours: "typical",
            peers: [],
            unit: kilobytes,
            target: 15
          },
          {
            case: "bundle of all of Mmio and the services of Riff, beyond effect",
            ours: "services",
            peers: ["strtok3", "riff-file", "wavefile", "music-metadata"],
            unit: kilobytes,
            target: 15
          },
          {
            case: "bundle of Mmio and Riff with walking, verifying and repairing, beyond effect",
            ours: "whole",
            peers: [],
            unit: kilobytes
          },
          {
            case: "bundle of typical functions of Mmio and Riff, with what they need of effect",
            ours: "typical, with effect",
            peers: [],
            unit: kilobytes
          }
        ]
      })
    ]
  }
}
