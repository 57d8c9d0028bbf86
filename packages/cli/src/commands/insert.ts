/** `mmio insert`: a chunk put into a file, or in the place of another. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { editFile } from "../edits.js"
import { exitCodes, usage } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { pathIn } from "../paths.js"
import { counted, shown } from "../text.js"

export interface Options {
  readonly name: string
  readonly chunk: string
  readonly data: string
  readonly before: Option.Option<string>
  readonly after: Option.Option<string>
  readonly replace: boolean
}

const wholeOf = (file: Mmio.Handle<"read">) =>
  Effect.flatMap(Mmio.seek(file, 0, "end"), (length) => Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, length)))

export const insert = ({ after, before, chunk, data, name, replace }: Options) =>
  Effect.gen(function*() {
    const places = [...Option.toArray(before), ...Option.toArray(after)]
    if (places.length + (replace ? 1 : 0) > 1) return yield* usage("Only one of --before, --after and --replace can be")
    const bytes = yield* withReading(data, "read", wholeOf)
    const { report } = yield* editFile(
      name,
      (file) =>
        Effect.all({
          path: pathIn(file, chunk),
          before: Effect.transposeMapOption(before, (text) => pathIn(file, text)),
          after: Effect.transposeMapOption(after, (text) => pathIn(file, text))
        }),
      ({ after, before, path }) => {
        const last = path.at(-1)
        if (last === undefined || path.length < 2) return usage(`"${shown(chunk)}" is a form, not a chunk in one`)
        if (replace) return Effect.succeed([RiffEdit.assign(path, bytes)])
        const content: RiffEdit.Content = { chunk: last.id.padEnd(4), data: bytes }
        return Effect.succeed([
          Option.isSome(before)
            ? RiffEdit.insert({ before: before.value }, content)
            : Option.isSome(after)
            ? RiffEdit.insert({ after: after.value }, content)
            : RiffEdit.insert({ last: path.slice(0, -1) }, content)
        ])
      }
    )
    const output = yield* Output
    yield* output.result(() => ({ name, chunk, bytes: bytes.length, moved: report?.moved ?? 0 }), (style) => [
      `${style.bold(shown(name))}: ${shown(chunk)} has ${counted(bytes.length, "byte")}`
    ])
    return exitCodes.ok
  })
