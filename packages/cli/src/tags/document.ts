/** Documents of the tags of many files, as JSON and as CSV. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Csv from "../csv.js"
import { type Failure, usage } from "../failure.js"
import { type Change, makeChange } from "./change.js"
import type { Shown } from "./read.js"

/** The kinds of documents. */
export type Kind = "json" | "csv"

/** What a document says of a file. */
export interface Entry {
  readonly name: string
  readonly change: Change
}

const Value = Schema.Union(Schema.String, Schema.Array(Schema.String), Schema.Null)

/** `null` and `[]` remove a tag; several texts are several tags. */
const Document = Schema.parseJson(
  Schema.Array(Schema.Struct({ name: Schema.String, tags: Schema.Record({ key: Schema.String, value: Value }) }))
)

const valuesOf = (value: typeof Value.Type): ReadonlyArray<string> =>
  value === null ? [] : typeof value === "string" ? [value] : value

const fromJson = (text: string): Either.Either<ReadonlyArray<Entry>, Failure> =>
  Schema.decodeUnknownEither(Document)(text, { onExcessProperty: "error" }).pipe(
    Either.mapLeft((error) =>
      usage(
        `The document is not what --export json makes: ${ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message}`
      )
    ),
    Either.flatMap((entries) =>
      Either.all(entries.map(({ name, tags }) =>
        Either.map(
          makeChange(new Map(Object.entries(tags).map(([key, value]) => [key, valuesOf(value)]))),
          (change) => ({ name, change })
        )
      ))
    )
  )

/** A field that is empty leaves its tag as it is; two columns of a key are two tags. */
const fromCsv = (text: string): Either.Either<ReadonlyArray<Entry>, Failure> => {
  const table = Csv.parse(text)
  if (table === undefined) return Either.left(usage("A quote of the document is not closed"))
  const [header, ...rows] = table
  if (header?.[0] !== "name") {
    return Either.left(usage("The first column of the document has to be called name, and the others as the tags"))
  }
  const keys = header.slice(1)
  return Either.all(rows.map(([name = "", ...fields]) => {
    if (fields.length > keys.length) {
      return Either.left(usage(`The row of ${name} has more fields than there are columns`))
    }
    const values = new Map<string, Array<string>>()
    fields.forEach((field, index) => {
      const key = keys[index]
      if (key !== undefined && field !== "") values.set(key, [...(values.get(key) ?? []), field])
    })
    return Either.map(makeChange(values), (change) => ({ name, change }))
  }))
}

/** What a document says, of each file that it names. */
export const parse = (kind: Kind, text: string): Either.Either<ReadonlyArray<Entry>, Failure> =>
  kind === "json" ? fromJson(text) : fromCsv(text)

/** The tags of a file. */
export interface Tagged {
  readonly name: string
  readonly tags: ReadonlyArray<Shown>
}

const grouped = (tags: ReadonlyArray<Shown>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const texts = new Map<string, Array<string>>()
  for (const { key, text } of tags) texts.set(key, [...(texts.get(key) ?? []), text])
  return texts
}

const toJson = (files: ReadonlyArray<Tagged>): string =>
  `${
    JSON.stringify(
      files.map(({ name, tags }) => ({
        name,
        tags: Object.fromEntries([...grouped(tags)].map(([key, texts]) => [key, texts.length === 1 ? texts[0] : texts]))
      })),
      undefined,
      2
    )
  }\n`

const toCsv = (files: ReadonlyArray<Tagged>): string => {
  const rows = files.map(({ name, tags }) => ({ name, texts: grouped(tags) }))
  const columns = new Map<string, number>()
  for (const { texts } of rows) {
    for (const [key, { length }] of texts) columns.set(key, Math.max(columns.get(key) ?? 0, length))
  }
  const keys = [...columns].flatMap(([key, count]) => Array.from({ length: count }, (_, index) => ({ key, index })))
  return [
    Csv.format(["name", ...keys.map(({ key }) => key)]),
    ...rows.map(({ name, texts }) => Csv.format([name, ...keys.map(({ index, key }) => texts.get(key)?.[index] ?? "")]))
  ].join("")
}

/** A document of the tags of files, which {@link parse} reads. */
export const format = (kind: Kind, files: ReadonlyArray<Tagged>): string =>
  kind === "json" ? toJson(files) : toCsv(files)
