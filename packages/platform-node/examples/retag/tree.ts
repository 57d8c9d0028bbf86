/** The chunk tree of a file, as lines to read. */
import { FourCC, Mmio, type MmioError } from "@effect-mmio/core"
import { Console, Effect, Option, Ref, Stream } from "effect"
import { childrenOf, type Chunk, type File, isContainer, isPrintable, type Item, itemsIn, wholeOf } from "./chunks.js"
import { shown } from "./text.js"

/** How deep lists may be nested: deeper ones are not looked into, so that no file can exhaust the stack. */
const deepest = 32

/** How many bytes of a tag are shown. */
const longestText = 100

/** Prints where every chunk is, how large it says it is, and what is wrong with it. */
export const printTree = Effect.fnUntraced(function*(file: File) {
  const whole = yield* wholeOf(file)
  const problems = yield* Ref.make<ReadonlyArray<string>>([])
  yield* Console.log(`${shown(file.name.full)}, ${bytes(whole.end)}\n\n${row("offset", "size", "chunk")}`)
  yield* Stream.runForEach(linesOf(file, itemsIn(file, whole), 0, false), ({ line, problem }) =>
    Effect.zipRight(
      Console.log(line),
      // one is told in full, the others are in their lines
      problem === undefined ? Effect.void : Ref.update(problems, (all) => all.length < 2 ? [...all, problem] : all)
    ))
  const [first, second] = yield* Ref.get(problems)
  if (first !== undefined) {
    yield* Console.log(
      `\nThis file is damaged, or was never finished: ${first}${second === undefined ? "" : ", and there is more"}.`
    )
  }
  yield* Console.log("")
})

/** One line of a table. */
export const row = (offset: number | string, size: number | string, name: string, note = "") =>
  `${String(offset).padStart(11)} ${String(size).padStart(11)}  ${name.padEnd(24)}  ${note}`.trimEnd()

/** An item as one calls it. */
export const nameOf = (item: Item) =>
  item._tag === "Rest"
    ? "(no chunk)"
    : [item.chunk.id, ...Option.toArray(item.chunk.type)].map((code) => isPrintable(code) ? code : FourCC.format(code))
      .join(" ").trimEnd()

/** Text of a file, as text of ours: what could steer a terminal is escaped. */
export const quoted = (text: string) =>
  JSON.stringify(text).replace(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

/** What is wrong with a chunk, if anything is. */
export const problemOf = ({ chunk, cut, dataEnd, unpadded }: Chunk): string | undefined =>
  cut
    ? `declares ${bytes(chunk.size)} where there are ${dataEnd - chunk.dataOffset}`
    : Option.isSome(chunk.type) && chunk.size < 4
    ? "is too small for its type"
    : unpadded
    ? "has no pad byte"
    : undefined

const bytes = (count: number) => count === 1 ? "1 byte" : `${count} bytes`

interface Line {
  readonly line: string
  readonly problem: string | undefined
}

const linesOf = (
  file: File,
  items: Stream.Stream<Item, MmioError.MmioError>,
  depth: number,
  inTagList: boolean
): Stream.Stream<Line, MmioError.MmioError> =>
  Stream.flatMap(items, (item) => {
    const name = `${"  ".repeat(depth)}${nameOf(item)}`
    if (item._tag === "Rest") {
      const size = item.end - item.offset
      return Stream.make({
        line: row(item.offset, size, name),
        problem: `${bytes(size)} at ${item.offset} are no chunk`
      })
    }
    const problem = problemOf(item)
    const line = (note = problem): Line => ({
      line: row(item.offset, item.chunk.size, name, note),
      problem: problem && `${nameOf(item)} at ${item.offset} ${problem}`
    })
    const children = childrenOf(item)
    if (Option.isNone(children)) {
      return Stream.fromEffect(
        inTagList && problem === undefined ? Effect.map(textOf(file, item), line) : Effect.succeed(line())
      )
    }
    return depth < deepest
      ? Stream.concat(
        Stream.make(line()),
        linesOf(file, itemsIn(file, children.value), depth + 1, isContainer(item, "LIST", "INFO"))
      )
      : Stream.make(line("nested too deeply to be looked into"))
  })

/** What a tag says: text that ends with a zero, in UTF-8 today, and in whatever its writer used before. */
const textOf = Effect.fnUntraced(function*(file: File, { chunk }: Chunk) {
  yield* Mmio.seek(file, chunk.dataOffset)
  const bytes = yield* Mmio.read(file, Math.min(chunk.size, longestText))
  const text = yield* Effect.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)).pipe(
    Effect.orElseSucceed(() => new TextDecoder("latin1").decode(bytes))
  )
  return `${quoted(text.replace(/\0+$/, ""))}${chunk.size > longestText ? " ..." : ""}`
})
