/** A change of tags as edits of chunks. */
import type * as FourCC from "@effect-mmio/core/FourCC"
import type * as Riff from "@effect-mmio/core/Riff"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Wave from "@effect-mmio/core/Wave"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { entriesOf, type Entry, wave } from "../edits.js"
import { exitCodes, Failure } from "../failure.js"
import type { Assignment, Change } from "./change.js"
import { formatKey, type LoudnessField } from "./keys.js"
import { type Shown, shownTags, type Tags } from "./read.js"

const listPath: ReadonlyArray<Riff.PathStep> = [wave, { id: "LIST", type: "INFO" }]
const bextPath: ReadonlyArray<Riff.PathStep> = [wave, { id: "bext" }]
const iXmlPath: ReadonlyArray<Riff.PathStep> = [wave, { id: "iXML" }]

const refuse = (message: string) => new Failure({ exitCode: exitCodes.refused, message })

/** Code pages of a `CSET` that ask for no other encoding than UTF-8. */
const isUnicode = (codePage: number): boolean => codePage === 0 || codePage === 65001

/** In which encoding texts of `LIST INFO` are written: in that of the tags that are there, else in UTF-8. */
const encodingFor = ({ info }: Tags, value: string): Either.Either<Wave.OtherEncoding | undefined, Failure> => {
  const encoding = info.tags.find((tag) => tag.encoding !== undefined)?.encoding
  const codePage = Option.match(info.characterSet, { onNone: () => 0, onSome: ({ codePage }) => codePage })
  return encoding === undefined && !isUnicode(codePage) && /[^\p{ASCII}]/u.test(value)
    ? Either.left(refuse(`The texts of the file are in code page ${codePage}, in which this one cannot be written yet`))
    : Either.right(encoding)
}

const notWritable = (key: string) =>
  refuse(`${key} cannot be written: it is too long, or not in the encoding of the file`)

/** One tag as a chunk. */
const tagContent = (tags: Tags, id: FourCC.FourCC, value: string): Effect.Effect<Entry, Failure> =>
  Effect.flatMap(encodingFor(tags, value), (encoding) =>
    Effect.flatMap(
      Effect.mapError(
        Wave.encode({
          _tag: "LIST:INFO",
          value: { tags: [{ id, text: value, ...(encoding === undefined ? {} : { encoding }) }] }
        }),
        () => notWritable(id)
      ),
      (list) => {
        const [content] = entriesOf(list, "little")
        return content === undefined ? Effect.fail(notWritable(id)) : Effect.succeed(content)
      }
    ))

/** The first keeps its place where there is one; more of them come at the end of the list. */
const infoEdits = (
  tags: Tags,
  id: FourCC.FourCC,
  values: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, Failure> => {
  const path = [...listPath, { id }]
  const there = tags.info.tags.filter((tag) => tag.id === id).length
  return Effect.map(Effect.all(values.map((value) => tagContent(tags, id, value))), (contents) => {
    const [first, ...others] = contents
    if (there <= 1 && first !== undefined && others.length === 0) return [RiffEdit.assign(path, first.data)]
    return [
      ...Array.from({ length: there }, () => RiffEdit.remove(path)),
      ...contents.map((content, index) =>
        index === 0 && there === 0 && tags.info.tags.length === 0
          ? RiffEdit.assign(path, content.data)
          : RiffEdit.insert({ last: listPath }, content)
      )
    ]
  })
}

const bytesOf = (digits: string): Uint8Array => {
  const umid = new Uint8Array(64)
  for (let i = 0; i * 2 < digits.length; i++) umid[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16)
  return umid
}

/** A `bext` with another field; one that has to hold more than its version can becomes one of a later version. */
const withField = (bext: Wave.Bext, { key, values: [value = ""] }: Assignment): Wave.Bext => {
  switch (key._tag) {
    case "BextText":
      return { ...bext, [key.field]: { text: value } }
    case "TimeReference":
      return { ...bext, timeReference: BigInt(value === "" ? 0 : value) }
    case "Umid":
      return { ...(bext._tag === "BextV0" ? upgraded(bext, {}) : bext), umid: bytesOf(value) }
    case "Loudness":
      return upgraded(bext, { [key.field]: value === "" ? 0x7fff : Number(value) })
    case "Bext":
    case "Info":
    case "IXml":
      return bext
  }
}

const bextWith = (old: Option.Option<Wave.Bext>, assignments: Change): Wave.Bext => {
  let bext = Option.getOrElse(old, () => Wave.Bext.make({}))
  for (const assignment of assignments) bext = withField(bext, assignment)
  return bext
}

const upgraded = (bext: Wave.Bext, loudness: Partial<Record<LoudnessField, number>>): Wave.BextV1 | Wave.BextV2 => {
  const isMeasured = Object.keys(loudness).length > 0
  if (bext._tag === "BextV2") return { ...bext, loudness: { ...bext.loudness, ...loudness } }
  if (bext._tag === "BextV1" && !isMeasured) return bext
  const made = Wave.Bext.make({ ...bext, ...(isMeasured ? { loudness } : {}) })
  // `make` gives version 1 or 2, never 0
  return made as Wave.BextV1 | Wave.BextV2
}

const bextEdits = (
  { info }: Tags,
  assignments: ReadonlyArray<Assignment>
): Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, Failure> => {
  const isRemoved = assignments.some(({ key }) => key._tag === "Bext")
  const others = assignments.filter(({ key }) => key._tag !== "Bext")
  const old = isRemoved ? Option.none() : info.bext
  const isChanged = others.some(({ values }) => values.length > 0) || Option.isSome(old) && others.length > 0
  if (!isChanged) return Effect.succeed(isRemoved && Option.isSome(info.bext) ? [RiffEdit.remove(bextPath)] : [])
  const byteOrder = info.form.byteOrder
  return Effect.mapBoth(Wave.encode({ _tag: "bext", value: bextWith(old, others) }, byteOrder), {
    onFailure: () => notWritable(others.map(({ key }) => formatKey(key)).join(", ")),
    onSuccess: (bytes) => [RiffEdit.assign(bextPath, bytes)]
  })
}

const iXmlEdits = ({ iXml }: Tags, [value]: ReadonlyArray<string>): ReadonlyArray<RiffEdit.RiffEdit> =>
  value === undefined
    ? Option.isSome(iXml) ? [RiffEdit.remove(iXmlPath)] : []
    : [RiffEdit.assign(iXmlPath, new TextEncoder().encode(value))]

/**
 * Whether a tag is to have other texts than are shown of it: one that is read back as it was written is not changed.
 */
const isOther = (there: ReadonlyArray<Shown>) => ({ key, values }: Assignment): boolean => {
  const texts = there.filter((tag) => tag.key === formatKey(key)).map(({ text }) => text)
  return values.length === 0 || values.length !== texts.length || values.some((value, i) => value !== texts[i])
}

/** What has to be edited so that the tags are as the change says. */
export const editsOf = (wanted: Change) => (tags: Tags): Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, Failure> => {
  const change = wanted.filter(isOther(shownTags(tags)))
  const ofBext = change.filter(({ key }) => key._tag !== "Info" && key._tag !== "IXml")
  const parts: ReadonlyArray<Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, Failure>> = [
    ...change.flatMap(({ key, values }) => key._tag === "Info" ? [infoEdits(tags, key.id, values)] : []),
    ...(ofBext.length > 0 ? [bextEdits(tags, ofBext)] : []),
    ...change.flatMap(({ key, values }) => key._tag === "IXml" ? [Effect.succeed(iXmlEdits(tags, values))] : [])
  ]
  return Effect.map(Effect.all(parts), (edits) => edits.flat())
}
