/** The program itself: it needs a storage, and does not know which. */
import { FileName, FourCC, IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { Console, Effect, Option, Stream } from "effect"
import { childrenOf, type File, isContainer, itemsIn, wholeOf } from "./chunks.js"
import { compare } from "./compare.js"
import { makePlan, type Plan, writeCopy } from "./copy.js"
import { Refused } from "./refused.js"
import type { Tag } from "./tag.js"
import { shown } from "./text.js"
import { printTree, quoted } from "./tree.js"

export interface Task {
  /** The file to read. */
  readonly input: string
  /** The file to write. */
  readonly output: string
  /** The tag that it gets. */
  readonly tag: Tag
}

/** Prints the chunks of a file, writes a copy with a tag, and compares the two. */
export const retag = (task: Task): Effect.Effect<void, MmioError.MmioError | Refused, IOProc.IOProc> =>
  // While no other handle may write to the input, it cannot be opened as the output either, by whatever name.
  Mmio.withFile(FileName.plain(task.input), { share: "denyWrite" }, (source) =>
    Effect.gen(function*() {
      const { input, output, tag } = task
      const riff = yield* readRiff(source)
      yield* printTree(source)

      const plan = yield* makePlan(source, riff, tag)
      yield* Console.log(`${shown(input)} -> ${shown(output)}: ${saying(plan, tag)}`)
      const { shift } = yield* write(output, (target) => writeCopy(source, target, plan, tag))
      for (const note of plan.notes) yield* Console.log(note)
      if (shift !== 0) {
        yield* Console.log(
          `What follows has moved by ${shift} bytes; chunks that hold positions in the file, as indexes do, hold the old ones.`
        )
      }
      yield* Console.log("")

      yield* Mmio.withFile(FileName.plain(output), { share: "denyWrite" }, (copy) =>
        Effect.gen(function*() {
          yield* printTree(copy)
          const count = yield* compare(source, copy, tag)
          yield* Console.log(
            `${shown(output)} has the tag, and all else as it was: ${count} parts are identical, byte for byte.`
          )
        }))
    }))

const saying = ({ list, replaced }: Plan, { id, text }: Tag) =>
  replaced > 0
    ? `${id} becomes ${quoted(text)}.`
    : `${id} ${quoted(text)} is added ${Option.isSome(list) ? "to the list INFO" : "in a new list INFO"}.`

/** Writes a file as a whole: if that fails or is interrupted, the output is what it was before. */
const write = <A>(
  output: string,
  body: (target: Mmio.Handle<"write">) => Effect.Effect<A, MmioError.MmioError | Refused>
) =>
  Mmio.withFile(FileName.plain(output), { access: "write", create: true }, (target) =>
    // What has no end, like a terminal, cannot be written by going back in it.
    Mmio.seek(target, 0, "end").pipe(
      Effect.zipRight(Mmio.seek(target, 0)),
      Effect.zipRight(body(target))
    )).pipe(
      Effect.catchTag(
        "SharingViolation",
        () => new Refused({ message: `${output} is in use, or is the input itself, which is never written to.` })
      ),
      Effect.updateService(IOProc.IOProc, IOProc.commitOnClose)
    )

/** The first chunk of a file, if that is a RIFF. */
const readRiff = Effect.fnUntraced(function*(file: File) {
  const whole = yield* wholeOf(file)
  const first = yield* Stream.runHead(itemsIn(file, whole))
  if (Option.isSome(first) && isContainer(first.value, "RIFF") && Option.isSome(childrenOf(first.value))) {
    return first.value
  }
  yield* Mmio.seek(file, 0)
  const id = FourCC.fromBytes(yield* Mmio.read(file, 4))
  const relative = relatives[id]
  return yield* new Refused({
    message: relative !== undefined
      ? `${file.name.full} is ${relative}, which is not supported yet.`
      : `${file.name.full} is not a RIFF file: it ${
        whole.end < 12 ? `has only ${whole.end} bytes` : `begins with ${FourCC.format(id)}`
      }.`
  })
})

const relatives: { readonly [id: string]: string } = {
  RF64: "an RF64 file (a WAVE beyond 4 GiB)",
  BW64: "a BW64 file (a Broadcast Wave beyond 4 GiB)",
  RIFX: "a RIFX file (a RIFF with big-endian numbers)",
  riff: "a Wave64 file",
  FORM: "an IFF file (such as AIFF)"
}
