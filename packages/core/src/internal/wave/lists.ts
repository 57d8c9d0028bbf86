/** `LIST INFO` and `LIST adtl`: lists whose elements are texts. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Wave.js"
import { concat, copyOf, fourCC, layout, u16, u32, viewOf } from "./binary.js"
import { type Codec, optionalBytes, type Refused, refused, type Writing } from "./codec.js"
import { decodeList, type Element, encodeList, pad } from "./list.js"
import type { Reading } from "./reading.js"
import { decodeText, encodeText, type End, textSchemas } from "./text.js"

const padOf = ({ pad }: { readonly pad?: Api.Pad | undefined }) => pad === undefined ? {} : { pad }

// ---------------------------------------------------------------------------------------------------------------------
// INFO
// ---------------------------------------------------------------------------------------------------------------------

export const infoList: Codec<Api.InfoList> = {
  get schema() {
    return Schema.Struct({
      tags: Schema.Array(
        Schema.Struct({ id: fourCC.schema, ...textSchemas, pad }).annotations({ identifier: "InfoTag" })
      ),
      rest: optionalBytes
    }).annotations({ identifier: "InfoList" })
  },
  decode: (bytes, reading) => {
    const list = decodeList("INFO", bytes, reading, (element, at): Api.InfoTag => ({
      id: element.id,
      ...decodeText(element.data, "terminator", reading, at),
      ...padOf(element)
    }))
    if (list === undefined) return undefined
    const { elements, ...others } = list
    return { tags: elements, ...others }
  },
  encode: ({ rest, tags }, writing) =>
    encodeList({
      type: FourCC.make("INFO"),
      name: "tags",
      elements: tags,
      encode: (tag) =>
        Either.map(encodeText(tag, "terminator", writing), (data) => ({ id: tag.id, data, ...padOf(tag) })),
      rest
    }, writing.little)
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

export const adtlList: Codec<Api.AdtlList> = {
  get schema() {
    return Schema.Struct({
      entries: Schema.Array(
        Schema.Union(
          Schema.Struct({ _tag: Schema.Literal("labl", "note"), ...labelHead.schemas, ...textSchemas, pad })
            .annotations({ identifier: "Label" }),
          Schema.Struct({ _tag: Schema.Literal("ltxt"), ...labeledTextHead.schemas, ...textSchemas, pad })
            .annotations({ identifier: "LabeledText" }),
          Schema.Struct({ _tag: Schema.Literal("other"), id: fourCC.schema, data: Schema.Uint8ArrayFromSelf, pad })
            .annotations({ identifier: "OtherEntry" })
        ).annotations({ identifier: "AdtlEntry" })
      ),
      rest: optionalBytes
    }).annotations({ identifier: "AdtlList" })
  },
  decode: (bytes, reading) => {
    const list = decodeList("adtl", bytes, reading, (element, at) => decodeEntry(element, at, reading))
    if (list === undefined) return undefined
    const { elements, ...others } = list
    return { entries: elements, ...others }
  },
  encode: ({ entries, rest }, writing) =>
    encodeList({
      type: FourCC.make("adtl"),
      name: "entries",
      elements: entries,
      encode: (entry) => encodeEntry(entry, writing),
      rest
    }, writing.little)
}

const decodeEntry = (element: Element, at: number, reading: Reading): Api.AdtlEntry | undefined => {
  const { data } = element
  const { little } = reading
  const id: string = element.id
  if (!isText(id)) return { _tag: "other", id: element.id, data: copyOf(data), ...padOf(element) }
  const { size } = id === "ltxt" ? labeledTextHead : labelHead
  if (data.length < size) return void reading.tooShort(data, size, at)
  const text = decodeText(data.subarray(size), id === "ltxt" ? "end" : "terminator", reading, at + size)
  return id === "ltxt"
    ? { _tag: id, ...labeledTextHead.read(viewOf(data), 0, little), ...text, ...padOf(element) }
    : { _tag: id, ...labelHead.read(viewOf(data), 0, little), ...text, ...padOf(element) }
}

const encodeEntry = (entry: Api.AdtlEntry, writing: Writing): Either.Either<Element, Refused> => {
  const { little } = writing
  switch (entry._tag) {
    case "other":
      return isText(entry.id)
        ? refused(["id"], `${entry.id} is an entry of its own kind`)
        : Either.right({ id: entry.id, data: entry.data, ...padOf(entry) })
    case "ltxt":
      return encodeLabel(entry, labeledTextHead.encode(entry, little), "end", writing)
    default:
      return encodeLabel(entry, labelHead.encode(entry, little), "terminator", writing)
  }
}

const isText = (id: string): id is "labl" | "note" | "ltxt" => id === "labl" || id === "note" || id === "ltxt"

const encodeLabel = (
  entry: Exclude<Api.AdtlEntry, Api.OtherEntry>,
  head: Uint8Array,
  end: End,
  writing: Writing
): Either.Either<Element, Refused> =>
  Either.map(
    encodeText(entry, end, writing),
    (text) => ({ id: FourCC.fromString(entry._tag), data: concat([head, text]), ...padOf(entry) })
  )
