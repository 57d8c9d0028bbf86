/** `cart`: how a radio station plays it (AES46). */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { bytes, concat, fourCC, i32, type Layout, layout, u32, viewOf } from "./binary.js"
import { type Codec, type Refused, within } from "./codec.js"
import { decodeText, encodeText, Text } from "./text.js"

/** How many bytes the texts take that come first, and those that follow. */
const widths = {
  version: 4,
  title: 64,
  artist: 64,
  cutId: 64,
  clientId: 64,
  category: 64,
  classification: 64,
  outCue: 64,
  startDate: 10,
  startTime: 8,
  endDate: 10,
  endTime: 8,
  producerAppId: 64,
  producerAppVersion: 64,
  userDef: 64
}
const urlWidth = 1024
const timers = 8

type TextName = keyof typeof widths
// the record's own keys, as it is a literal
const names = Object.keys(widths) as ReadonlyArray<TextName>

const timer = layout<Api.CartTimer>({ usage: fourCC, value: u32 })
const level = layout<Pick<Api.Cart, "levelReference">>({ levelReference: i32 })
const reserved = layout<Pick<Api.Cart, "reserved">>({ reserved: bytes(276) })

const starts = new Map<TextName, number>()
let textsEnd = 0
for (const name of names) {
  starts.set(name, textsEnd)
  textsEnd += widths[name]
}
const timersStart = textsEnd + level.size
const reservedStart = timersStart + timers * timer.size
const urlStart = reservedStart + reserved.size
const end = urlStart + urlWidth

const texts: { readonly [K in TextName]: Schema.Schema<Api.Text> } = {
  version: Text,
  title: Text,
  artist: Text,
  cutId: Text,
  clientId: Text,
  category: Text,
  classification: Text,
  outCue: Text,
  startDate: Text,
  startTime: Text,
  endDate: Text,
  endTime: Text,
  producerAppId: Text,
  producerAppVersion: Text,
  userDef: Text
}

const readTimers = (layout: Layout<Api.CartTimer>, view: DataView, little: boolean): ReadonlyArray<Api.CartTimer> =>
  Array.from({ length: timers }, (_, index) => layout.read(view, timersStart + index * layout.size, little))

export const cart: Codec<Api.Cart> = {
  get schema() {
    return Schema.Struct({
      ...texts,
      ...level.schemas,
      timers: Schema.Array(timer.schema).pipe(
        Schema.filter((list) => list.length === timers || `${list.length} timers, where there are ${timers}`)
      ),
      ...reserved.schemas,
      url: Text,
      tagText: Text
    }).annotations({ identifier: "Cart" })
  },
  decode: (bytes, reading) => {
    if (bytes.length < end) return void reading.tooShort(bytes, end)
    const view = viewOf(bytes)
    const { little } = reading
    const text = (start: number, width: number) =>
      decodeText(bytes.subarray(start, start + width), width, reading, start)
    const field = (name: TextName) => text(starts.get(name) ?? 0, widths[name])
    return {
      version: field("version"),
      title: field("title"),
      artist: field("artist"),
      cutId: field("cutId"),
      clientId: field("clientId"),
      category: field("category"),
      classification: field("classification"),
      outCue: field("outCue"),
      startDate: field("startDate"),
      startTime: field("startTime"),
      endDate: field("endDate"),
      endTime: field("endTime"),
      producerAppId: field("producerAppId"),
      producerAppVersion: field("producerAppVersion"),
      userDef: field("userDef"),
      ...level.read(view, textsEnd, little),
      timers: readTimers(timer, view, little),
      ...reserved.read(view, reservedStart, little),
      url: text(urlStart, urlWidth),
      tagText: decodeText(bytes.subarray(end), "end", reading, end)
    }
  },
  encode: (value, writing) => {
    const { little } = writing
    const fields: Array<Either.Either<Uint8Array, Refused>> = names.map((name) =>
      within(name, encodeText(value[name], widths[name], writing))
    )
    return Either.map(
      Either.all([
        Either.all(fields),
        within("url", encodeText(value.url, urlWidth, writing)),
        within("tagText", encodeText(value.tagText, "end", writing))
      ]),
      ([fields, url, tagText]) =>
        concat([
          ...fields,
          level.encode(value, little),
          ...value.timers.map((each) => timer.encode(each, little)),
          reserved.encode(value, little),
          url,
          tagText
        ])
    )
  }
}
