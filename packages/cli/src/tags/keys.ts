/** What tags are called: `INAM` and the like in `LIST INFO`, `bext.description` and the like in `bext`, and `iXML`. */
import * as FourCC from "@effect-mmio/core/FourCC"
import type * as Wave from "@effect-mmio/core/Wave"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Failure, usage } from "../failure.js"
import { shown } from "../text.js"

/** The texts of a `bext`. */
export const bextTexts = [
  "description",
  "originator",
  "originatorReference",
  "originationDate",
  "originationTime",
  "codingHistory"
] as const satisfies ReadonlyArray<keyof Wave.BextOptions>

/** The measures of a `bext`, in its units: hundredths. */
export const loudnessFields = [
  "value",
  "range",
  "maxTruePeak",
  "maxMomentary",
  "maxShortTerm"
] as const satisfies ReadonlyArray<
  keyof Wave.Loudness
>

type BextText = (typeof bextTexts)[number]
export type LoudnessField = (typeof loudnessFields)[number]

/** What a key means. */
export type Key =
  | { readonly _tag: "Info"; readonly id: FourCC.FourCC }
  | { readonly _tag: "BextText"; readonly field: BextText }
  | { readonly _tag: "TimeReference" }
  | { readonly _tag: "Umid" }
  | { readonly _tag: "Loudness"; readonly field: LoudnessField }
  | { readonly _tag: "Bext" }
  | { readonly _tag: "IXml" }

/** A key as users write it. */
export const formatKey = (key: Key): string => {
  switch (key._tag) {
    case "Info":
      return key.id
    case "BextText":
      return `bext.${key.field}`
    case "TimeReference":
      return "bext.timeReference"
    case "Umid":
      return "bext.umid"
    case "Loudness":
      return `bext.loudness.${key.field}`
    case "Bext":
      return "bext"
    case "IXml":
      return "iXML"
  }
}

const fixed: ReadonlyMap<string, Key> = new Map<string, Key>([
  ...bextTexts.map((field): [string, Key] => [`bext.${field}`, { _tag: "BextText", field }]),
  ...loudnessFields.map((field): [string, Key] => [`bext.loudness.${field}`, { _tag: "Loudness", field }]),
  ["bext.timeReference", { _tag: "TimeReference" }],
  ["bext.umid", { _tag: "Umid" }],
  ["bext", { _tag: "Bext" }],
  ["iXML", { _tag: "IXml" }]
])

/** Chunks of a WAVE that are no tags of a list, although they have four characters. */
const chunks: ReadonlySet<string> = new Set(["RIFF", "LIST", "data", "fmt ", "fact", "cue ", "smpl", "inst"])

export const parseKey = (text: string): Either.Either<Key, Failure> => {
  const known = fixed.get(text)
  if (known !== undefined) return Either.right(known)
  const id = FourCC.option(text)
  return Option.isSome(id) && /^[\x21-\x7e]{4}$/.test(text) && !chunks.has(text)
    ? Either.right({ _tag: "Info", id: id.value })
    : Either.left(
      usage(`"${shown(text)}" is no tag: there are four characters, as INAM, and ${[...fixed.keys()].join(", ")}`)
    )
}
