/** The command line. */
import { FourCC } from "@effect-mmio/core"
import { Effect, Option } from "effect"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { isPrintable } from "./chunks.js"
import type { Task } from "./program.js"
import { Refused } from "./refused.js"
import type { Tag } from "./tag.js"

/** The file that is retagged if none is named. This module runs from build/examples/retag. */
const bundled = () =>
  Path.relative(process.cwd(), fileURLToPath(new URL("../../../examples/tone.wav", import.meta.url)))

const defaultTag = "ICMT=Retagged with effect-mmio"

export const usage =
  `Prints the chunks of a RIFF file (WAV, AVI, WebP, ...), writes a copy with one tag set, and compares the two.

  npm run retag -- [file] [options]

  file                    what to read (default: a WAV file that comes with this program)
  -t, --tag ID=text       the tag of the list INFO (default: "${defaultTag}");
                          INAM is a title, IART an artist, ICMT a comment
  -o, --output file       what to write (default: <name>.tagged.<extension> in the current folder)
  -s, --storage storage   disk or memory: where the copy is made (default: disk)
  -h, --help              prints this
`

export interface Options extends Task {
  readonly storage: "disk" | "memory"
}

/** What the command line asks for; nothing if it asks for help. */
export const readOptions = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const { positionals, values } = yield* Effect.try({
    try: () =>
      parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          tag: { type: "string", short: "t", default: defaultTag },
          output: { type: "string", short: "o" },
          storage: { type: "string", short: "s", default: "disk" },
          help: { type: "boolean", short: "h", default: false }
        }
      }),
    // Node explains at length; its first sentence says it.
    catch: (error) => refused(String((error as Error).message).split(/[.\n]/)[0] ?? "")
  })
  if (values.help) return Option.none<Options>()
  const [input = bundled(), ...others] = positionals
  if (others.length > 0) return yield* refused(`One file at a time: ${others.join(" ")} is too much`)
  if (input === "" || values.output === "") return yield* refused("A file needs a name")
  const { storage } = values
  if (storage !== "disk" && storage !== "memory") return yield* refused(`There is no storage "${storage}"`)
  const { ext, name } = Path.parse(input)
  return Option.some<Options>({
    input,
    output: values.output ?? `${name}.tagged${ext}`,
    tag: yield* readTag(values.tag),
    storage
  })
})

const readTag = (text: string): Effect.Effect<Tag, Refused> => {
  const equals = text.indexOf("=")
  const id = FourCC.option(text.slice(0, Math.max(equals, 0)))
  return Option.isSome(id) && isPrintable(id.value) && id.value !== FourCC.LIST && id.value !== FourCC.RIFF
    ? Effect.succeed({ id: id.value, text: text.slice(equals + 1) })
    : refused(`A tag is four characters, "=" and its text, as INAM=Title, and not "${text}"`)
}

const refused = (sentence: string) => new Refused({ message: `${sentence} (--help says what there is).` })
