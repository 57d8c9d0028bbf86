/** `mmio tag`: the tags of WAVE files, listed, set, removed, and exchanged with documents. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { editFile } from "../edits.js"
import { type ExitCode, exitCodes, type FileError, usage } from "../failure.js"
import { filesOf } from "../folders.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { each, worse } from "../run.js"
import { type Change, fromOptions } from "../tags/change.js"
import * as Document from "../tags/document.js"
import { editsOf } from "../tags/edits.js"
import { formatKey } from "../tags/keys.js"
import { readTags, type Shown, shownTags } from "../tags/read.js"
import { shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly tags: ReadonlyArray<string>
  readonly remove: ReadonlyArray<string>
  readonly from: Option.Option<string>
  readonly export: Option.Option<Document.Kind>
}

const print = (name: string, tags: ReadonlyArray<Shown>, written: boolean) =>
  Effect.flatMap(Output, (output) =>
    output.result(
      () => ({ name, written, tags: tags.map(({ key, text }) => ({ key, text })) }),
      (style) => [
        `${style.bold(shown(name))}${tags.length === 0 ? ": no tags" : ""}`,
        ...tags.map(({ key, text }) => `  ${shown(key).padEnd(26)}${shown(text)}`)
      ]
    ))

const tagsOf = (name: string) => Effect.map(withReading(name, "inspect", readTags), shownTags)

const list = (name: string) => Effect.flatMap(tagsOf(name), (tags) => Effect.as(print(name, tags, false), exitCodes.ok))

const change = (wanted: Change) => (name: string): Effect.Effect<ExitCode, FileError, Output> =>
  Effect.gen(function*() {
    const { report } = yield* editFile(name, readTags, editsOf(wanted))
    const output = yield* Output
    const changed = wanted.map(({ key, values }) => ({ key, values }))
    yield* output.result(
      () => ({
        name,
        written: report !== undefined,
        set: changed.flatMap(({ key, values }) => values.map((text) => ({ key: formatKey(key), text }))),
        removed: changed.flatMap(({ key, values }) => values.length === 0 ? [formatKey(key)] : [])
      }),
      (style) => [
        `${style.bold(shown(name))}: ${report === undefined ? "nothing to change" : "tagged"}`
      ]
    )
    return exitCodes.ok
  })

const kindOf = (document: string): Effect.Effect<Document.Kind, FileError> =>
  /\.json$/i.test(document)
    ? Effect.succeed("json")
    : /\.csv$/i.test(document)
    ? Effect.succeed("csv")
    : Effect.fail(usage(`The name of a document ends with .json or .csv: ${shown(document)} does not`))

const readText = (name: string) =>
  withReading(name, "read", (file) =>
    Effect.flatMap(Mmio.seek(file, 0, "end"), (length) =>
      Effect.zipRight(
        Mmio.seek(file, 0),
        Effect.flatMap(Mmio.read(file, length), (bytes) =>
          Effect.try({
            try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
            catch: () => usage("The document is not in UTF-8")
          }))
      )))

const importing = (document: string) =>
  Effect.gen(function*() {
    const kind = yield* kindOf(document)
    const entries = yield* Document.parse(kind, yield* readText(document))
    return yield* Effect.reduce(entries, exitCodes.ok as ExitCode, (code, entry) =>
      Effect.map(each([entry.name], change(entry.change)), (next) =>
        worse(code, next)))
  })

const exporting = (kind: Document.Kind, names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const files: Array<Document.Tagged> = []
    const code = yield* each(names, (name) =>
      Effect.map(tagsOf(name), (tags) => {
        files.push({ name, tags })
        return exitCodes.ok
      }))
    const output = yield* Output
    yield* output.raw(Document.format(kind, files))
    return code
  })

export const tag = (options: Options): Effect.Effect<ExitCode, FileError, Output> => {
  const { from, names, remove, tags } = options
  const changes = tags.length + remove.length > 0
  const ways = [changes, Option.isSome(from), Option.isSome(options.export)].filter((way) => way).length
  if (ways > 1) return Effect.fail(usage("Tags are set, read from a document, or exported: one at a time"))
  if (Option.isSome(from)) {
    return names.length > 0
      ? Effect.fail(usage("The document of --from names the files"))
      : importing(from.value)
  }
  if (names.length === 0) return Effect.fail(usage("Name a file"))
  // Only what is read is looked for in folders: a file is changed that was named.
  if (changes) return Effect.flatMap(fromOptions(tags, remove), (wanted) => each(names, change(wanted)))
  return Effect.flatMap(
    filesOf(names),
    (files) => Option.isSome(options.export) ? exporting(options.export.value, files) : each(files, list)
  )
}
