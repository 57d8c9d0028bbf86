/** `bext`: what a broadcaster writes of a recording. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type * as Api from "../../Wave.js"
import { bytes, concat, i16, layout, lowHigh, u16, viewOf } from "./binary.js"
import { type Codec, type Refused, within } from "./codec.js"
import { decodeText, encodeText, Text } from "./text.js"

/** How many bytes the texts take. */
const widths = {
  description: 256,
  originator: 32,
  originatorReference: 32,
  originationDate: 10,
  originationTime: 8
}

type TextName = keyof typeof widths

/** Where they begin. */
const starts: Readonly<Record<TextName, number>> = {
  description: 0,
  originator: 256,
  originatorReference: 288,
  originationDate: 320,
  originationTime: 330
}

type Texts<A> = { readonly [K in TextName]: A }

const texts = layout<Texts<Uint8Array>>({
  description: bytes(widths.description),
  originator: bytes(widths.originator),
  originatorReference: bytes(widths.originatorReference),
  originationDate: bytes(widths.originationDate),
  originationTime: bytes(widths.originationTime)
})
const numbers = layout<{ readonly timeReference: bigint; readonly version: number }>({
  timeReference: lowHigh,
  version: u16
})
const loudness = layout<Api.Loudness>({
  value: i16,
  range: i16,
  maxTruePeak: i16,
  maxMomentary: i16,
  maxShortTerm: i16
})

const v0 = layout<Pick<Api.BextV0, "reserved">>({ reserved: bytes(254) })
const v1 = layout<Pick<Api.BextV1, "umid" | "reserved">>({ umid: bytes(64), reserved: bytes(190) })
const v2 = layout<Pick<Api.BextV2, "umid" | "loudness" | "reserved">>({
  umid: bytes(64),
  loudness,
  reserved: bytes(180)
})

const commonSchemas = () => ({
  description: Text,
  originator: Text,
  originatorReference: Text,
  originationDate: Text,
  originationTime: Text,
  timeReference: numbers.schemas.timeReference,
  codingHistory: Text
})

export const bext: Codec<Api.Bext> = {
  get schema() {
    return Schema.Union(
      Schema.Struct({ _tag: Schema.Literal("BextV0"), ...commonSchemas(), version: Schema.Literal(0), ...v0.schemas })
        .annotations({ identifier: "BextV0" }),
      Schema.Struct({ _tag: Schema.Literal("BextV1"), ...commonSchemas(), version: Schema.Literal(1), ...v1.schemas })
        .annotations({ identifier: "BextV1" }),
      Schema.Struct({
        _tag: Schema.Literal("BextV2"),
        ...commonSchemas(),
        version: u16.schema.pipe(Schema.greaterThanOrEqualTo(2)),
        ...v2.schemas
      }).annotations({ identifier: "BextV2" })
    ).annotations({ identifier: "Bext" })
  },
  decode: (bytes, reading) => {
    const { little } = reading
    const start = texts.size + numbers.size
    const end = start + v0.size
    if (bytes.length < end) return void reading.tooShort(bytes, end)
    const view = viewOf(bytes)
    const fields = texts.read(view, 0, little)
    const { timeReference, version } = numbers.read(view, texts.size, little)
    const decode = (name: TextName) => decodeText(fields[name], widths[name], reading, starts[name])
    const common = {
      description: decode("description"),
      originator: decode("originator"),
      originatorReference: decode("originatorReference"),
      originationDate: decode("originationDate"),
      originationTime: decode("originationTime"),
      timeReference,
      codingHistory: decodeText(bytes.subarray(end), "end", reading, end)
    }
    return version === 0
      ? { _tag: "BextV0", ...common, version, ...v0.read(view, start, little) }
      : version === 1
      ? { _tag: "BextV1", ...common, version, ...v1.read(view, start, little) }
      : { _tag: "BextV2", ...common, version, ...v2.read(view, start, little) }
  },
  encode: (value, writing) => {
    const { little } = writing
    const encode = (name: TextName): Either.Either<Uint8Array, Refused> =>
      within(name, encodeText(value[name], widths[name], writing))
    return Either.map(
      Either.all({
        description: encode("description"),
        originator: encode("originator"),
        originatorReference: encode("originatorReference"),
        originationDate: encode("originationDate"),
        originationTime: encode("originationTime"),
        codingHistory: within("codingHistory", encodeText(value.codingHistory, "end", writing))
      }),
      (fields) =>
        concat([
          texts.encode(fields, little),
          numbers.encode(value, little),
          encodeVersion(value, little),
          fields.codingHistory
        ])
    )
  }
}

const encodeVersion = (value: Api.Bext, little: boolean): Uint8Array => {
  switch (value._tag) {
    case "BextV0":
      return v0.encode(value, little)
    case "BextV1":
      return v1.encode(value, little)
    case "BextV2":
      return v2.encode(value, little)
  }
}
