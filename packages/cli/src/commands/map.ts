/** `mmio map`: how a file is laid out, as a bar of letters, or as a picture. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { exitCodes } from "../failure.js"
import { layoutOf, partsOf, type Segment } from "../layout.js"
import { withReading } from "../names.js"
import { type Json, Output } from "../output.js"
import { svgOf } from "../svg.js"
import { withTarget } from "../targets.js"
import { counted, row, shown } from "../text.js"

export interface Options {
  readonly name: string
  readonly svg: Option.Option<string>
  readonly force: boolean
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const letterOf = (index: number): string => letters[index] ?? "?"

/** The bar: every part has at least one letter, as far as there is room, and as many as it is large. */
const barOf = (parts: ReadonlyArray<Segment>, width: number): string => {
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
  const spread = Math.max(width - parts.length, 0)
  return parts.map(({ bytes }, index) =>
    letterOf(index).repeat(1 + (total === 0 ? 0 : Math.floor(spread * bytes / total)))
  ).join("").slice(0, width)
}

const json = ({ bytes, name, offset, segments }: Segment): Json => ({ name, offset, bytes, chunks: segments.map(json) })

const percent = (bytes: number, length: number): string => `${(100 * bytes / Math.max(length, 1)).toFixed(1)} %`

export const map = ({ force, name, svg }: Options) =>
  Effect.gen(function*() {
    const tree = yield* withReading(name, "inspect", (file) => Riff.tree(file, { lenient: true }))
    const segments = layoutOf(tree)
    const output = yield* Output
    if (Option.isSome(svg)) {
      const bytes = new TextEncoder().encode(svgOf(name, tree.length, segments))
      yield* withTarget(svg.value, { force, from: name }, (target) => Mmio.writeAll(target, bytes))
      if (svg.value !== "-") {
        yield* output.result(() => ({ name, svg: svg.value }), () => [`${shown(name)} -> ${shown(svg.value)}`])
      }
      return exitCodes.ok
    }
    const parts = partsOf(segments)
    yield* output.result(() => ({ name, length: tree.length, chunks: segments.map(json) }), (style) => [
      style.bold(`${shown(name)}, ${counted(tree.length, "byte")}`),
      "",
      barOf(parts, process.stdout.columns ?? 80),
      "",
      style.dim(row("offset", "size", "  chunk", "share")),
      ...parts.map(({ bytes, name, offset }, index) =>
        row(offset, bytes, `${letterOf(index)} ${shown(name)}`, percent(bytes, tree.length))
      )
    ])
    return exitCodes.ok
  })
