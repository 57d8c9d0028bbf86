/** `mmio tree`: where every chunk is, what it says, and what is wrong with it, there where it is wrong. */
import * as FourCC from "@effect-mmio/core/FourCC"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import type { RiffProblem } from "@effect-mmio/core/RiffProblem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { entryFact, factOf } from "../facts.js"
import { exitCodes } from "../failure.js"
import { withReading } from "../names.js"
import { type Json, Output, type Style } from "../output.js"
import { inCommands, problemJson } from "../problems.js"
import { each } from "../run.js"
import { chunkName, counted, row, shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
}

/** A chunk with all that is said of it. */
interface Branch {
  readonly node: Riff.TreeNode
  readonly fact: string | undefined
  readonly problems: ReadonlyArray<RiffProblem>
  readonly branches: ReadonlyArray<Branch>
}

/** How much of a chunk is read to say what is in it. */
const mostRead = 64 * 1024
/** Of other forms, chunks of the same ids say something else. */
const waveTypes: ReadonlySet<string> = new Set(["WAVE", "wave"])
const lists: ReadonlySet<string> = new Set(["INFO", "adtl"])

const readFact = (
  file: Mmio.ReadHandle,
  { available, chunk }: Riff.TreeNode,
  form: string,
  parent: Option.Option<FourCC.FourCC>
) => {
  const list = Option.filter(parent, (type) => lists.has(type))
  const isSaid = Option.isSome(list) || waveTypes.has(form) && chunk.id !== "data"
  if (!isSaid || available === 0 || available > mostRead) return Effect.succeed(undefined)
  return Effect.map(
    Effect.zipRight(Mmio.seek(file, chunk.dataOffset), Mmio.read(file, available)),
    (bytes) =>
      Option.isSome(list)
        ? entryFact(list.value, chunk.id, bytes, chunk.byteOrder)
        : factOf(chunk, bytes, chunk.byteOrder)
  )
}

/** Which problems belong to a chunk: those in its bytes, but for those in the bytes of a chunk in it. */
const problemsIn = (problems: ReadonlyArray<RiffProblem>, node: Riff.TreeNode): ReadonlyArray<RiffProblem> => {
  const end = node.chunk.dataOffset + node.available + node.padding
  return problems.filter(({ offset }) => offset >= node.chunk.offset && (offset < end || offset === node.chunk.offset))
}

const branchOf = (
  file: Mmio.Handle<"read">,
  node: Riff.TreeNode,
  problems: ReadonlyArray<RiffProblem>,
  form: string,
  parent: Option.Option<FourCC.FourCC>
): Effect.Effect<Branch, Mmio.ReadError<"read"> | Effect.Effect.Error<ReturnType<typeof readFact>>> =>
  Effect.gen(function*() {
    const { children, chunk } = node
    const own = problemsIn(problems, node)
    const within = children.map((child) => problemsIn(own, child))
    const isContainer = children.length > 0 || Option.isSome(chunk.type)
    const nextForm = chunk.id === FourCC.LIST ? form : Option.getOrElse(chunk.type, () => form)
    return {
      node,
      fact: isContainer ? undefined : yield* readFact(file, node, form, parent),
      problems: own.filter((problem) => !within.some((some) => some.includes(problem))),
      branches: yield* Effect.forEach(
        children,
        (child, index) => branchOf(file, child, within[index] ?? [], nextForm, chunk.type)
      )
    }
  })

const sizeOf = ({ available, chunk }: Riff.TreeNode): Json => ({
  declared: chunk.size,
  available
})

const json = ({ branches, fact, node, problems }: Branch): Json => ({
  id: node.chunk.id,
  type: Option.getOrUndefined(node.chunk.type),
  offset: node.chunk.offset,
  dataOffset: node.chunk.dataOffset,
  size: sizeOf(node),
  fact,
  problems: problems.map(problemJson),
  chunks: branches.length > 0 || Option.isSome(node.chunk.type) ? branches.map(json) : undefined
})

const problemLine = (style: Style, depth: number, { level, message }: RiffProblem): string =>
  `${" ".repeat(25 + 2 * depth)}${(level === "error" ? style.bad : style.notable)(`! ${inCommands(message)}`)}`

const lines = (style: Style, depth: number, { branches, fact, node, problems }: Branch): ReadonlyArray<string> => [
  row(
    node.chunk.offset,
    node.chunk.size,
    `${"  ".repeat(depth)}${chunkName(node.chunk.id, node.chunk.type)}`,
    fact === undefined ? "" : fact
  ),
  ...problems.map((problem) => problemLine(style, depth, problem)),
  ...branches.flatMap((branch) => lines(style, depth + 1, branch))
]

const treeOf = (name: string) =>
  withReading(name, "inspect", (file) =>
    Effect.gen(function*() {
      const { chunks, length, problems } = yield* Riff.tree(file, { lenient: true })
      const branches = yield* Effect.forEach(chunks, (node) => branchOf(file, node, problems, "", Option.none()))
      const outside = problems.filter((problem) => !chunks.some((node) => problemsIn([problem], node).length > 0))
      const output = yield* Output
      yield* output.result(
        () => ({ name, length, chunks: branches.map(json), problems: outside.map(problemJson) }),
        (style) => [
          style.bold(`${shown(name)}, ${counted(length, "byte")}`),
          "",
          style.dim(row("offset", "size", "chunk")),
          ...branches.flatMap((branch) => lines(style, 0, branch)),
          ...outside.map((problem) => problemLine(style, 0, problem)),
          ""
        ]
      )
      return exitCodes.ok
    }))

export const tree = ({ names }: Options) => each(names, treeOf)
