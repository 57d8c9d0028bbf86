/** `LIST INFO` and `LIST adtl`: lists whose elements are texts. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"
import { concat, copyOf, fourCC, layout, u16, u32, viewOf } from "./binary.js"
import { type Codec, type Malformed, optionalBytes, type Refused, refused, tooShort } from "./codec.js"
import { decodeList, type Element, encodeList, pad } from "./list.js"
import { decodeText, encodeText, type End, textSchemas } from "./text.js"

const padOf = ({ pad }: { readonly pad?: Api.Pad | undefined }) => pad === undefined ? {} : { pad }

// ---------------------------------------------------------------------------------------------------------------------
// INFO
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const infoList: Codec<Api.InfoList> = {
  schema: Schema.Struct({
    tags: Schema.Array(Schema.Struct({ id: fourCC.schema, ...textSchemas, pad })),
    rest: optionalBytes
  }),
  decode: (bytes, little) =>
    Either.map(
      decodeList("INFO", bytes, little, (element) =>
        Either.right({ id: element.id, ...decodeText(element.data, "terminator"), ...padOf(element) })),
      ({ elements, ...others }) => ({ tags: elements, ...others })
    ),
  encode: ({ rest, tags }, little) =>
    encodeList({
      type: FourCC.make("INFO"),
      name: "tags",
      elements: tags,
      encode: (tag) => Either.map(encodeText(tag, "terminator"), (data) => ({ id: tag.id, data, ...padOf(tag) })),
      rest
    }, little)
}

// ---------------------------------------------------------------------------------------------------------------------
// adtl
// ---------------------------------------------------------------------------------------------------------------------

const labelHead = layout<Pick<Api.Label, "cue">>({ cue: u32 })
const labeledTextHead = layout<Omit<Api.LabeledText, "_tag" | keyof Api.Text | "pad">>({
  cue: u32,
  length: u32,
  purpose: fourCC,
  country: u16,
  language: u16,
  dialect: u16,
  codePage: u16
})

/** @internal */
export const adtlList: Codec<Api.AdtlList> = {
  schema: Schema.Struct({
    entries: Schema.Array(Schema.Union(
      Schema.Struct({ _tag: Schema.Literal("labl", "note"), ...labelHead.schemas, ...textSchemas, pad }),
      Schema.Struct({ _tag: Schema.Literal("ltxt"), ...labeledTextHead.schemas, ...textSchemas, pad }),
      Schema.Struct({ _tag: Schema.Literal("other"), id: fourCC.schema, data: Schema.Uint8ArrayFromSelf, pad })
    )),
    rest: optionalBytes
  }),
  decode: (bytes, little) =>
    Either.map(
      decodeList("adtl", bytes, little, (element, at) => decodeEntry(element, at, little)),
      ({ elements, ...others }) => ({ entries: elements, ...others })
    ),
  encode: ({ entries, rest }, little) =>
    encodeList({
      type: FourCC.make("adtl"),
      name: "entries",
      elements: entries,
      encode: (entry) => encodeEntry(entry, little),
      rest
    }, little)
}

const decodeEntry = (element: Element, at: number, little: boolean): Either.Either<Api.AdtlEntry, Malformed> => {
  const { data } = element
  const id: string = element.id
  if (!isText(id)) return Either.right({ _tag: "other", id: element.id, data: copyOf(data), ...padOf(element) })
  const { size } = id === "ltxt" ? labeledTextHead : labelHead
  if (data.length < size) return tooShort(data, size, at)
  const text = data.subarray(size)
  return Either.right(
    id === "ltxt"
      ? { _tag: id, ...labeledTextHead.read(viewOf(data), 0, little), ...decodeText(text, "end"), ...padOf(element) }
      : { _tag: id, ...labelHead.read(viewOf(data), 0, little), ...decodeText(text, "terminator"), ...padOf(element) }
  )
}

const encodeEntry = (entry: Api.AdtlEntry, little: boolean): Either.Either<Element, Refused> => {
  switch (entry._tag) {
    case "other":
      return isText(entry.id)
        ? refused(["id"], `${entry.id} is an entry of its own kind`)
        : Either.right({ id: entry.id, data: entry.data, ...padOf(entry) })
    case "ltxt":
      return encodeLabel(entry, labeledTextHead.encode(entry, little), "end")
    default:
      return encodeLabel(entry, labelHead.encode(entry, little), "terminator")
  }
}

const isText = (id: string): id is "labl" | "note" | "ltxt" => id === "labl" || id === "note" || id === "ltxt"

const encodeLabel = (entry: Exclude<Api.AdtlEntry, Api.OtherEntry>, head: Uint8Array, end: End) =>
  Either.map(
    encodeText(entry, end),
    (text) => ({ id: FourCC.fromString(entry._tag), data: concat([head, text]), ...padOf(entry) })
  )
