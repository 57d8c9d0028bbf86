/** The tags of a file, as they are. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as Wave from "@effect-mmio/core/Wave"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wave } from "../edits.js"
import { hex } from "../text.js"
import { bextTexts, formatKey, type Key, loudnessFields } from "./keys.js"

/** What has to be known of a file to show its tags, and to change them. */
export interface Tags {
  readonly info: Wave.LenientInfo
  readonly iXml: Option.Option<Wave.Text>
}

const iXmlPath: ReadonlyArray<Riff.PathStep> = [wave, { id: "iXML" }]

const readIXml = (file: Mmio.Handle<"read">) =>
  Riff.find(file, iXmlPath).pipe(
    Effect.flatMap((chunk) =>
      Effect.zipRight(
        Mmio.seek(file, chunk.dataOffset),
        Effect.map(Mmio.read(file, chunk.size), (bytes) => {
          const decoded = Wave.decodeLenient(chunk, bytes, chunk.byteOrder).chunk
          return decoded._tag === "iXML" ? Option.some(decoded.value) : Option.none()
        })
      )
    ),
    Effect.catchTag("ChunkNotFound", () => Effect.succeedNone)
  )

export const readTags = (file: Mmio.Handle<"read">) =>
  Effect.all({ info: Wave.info(file, { lenient: true }), iXml: readIXml(file) })

/** A tag as it is shown. */
export interface Shown {
  readonly key: string
  readonly text: string
}

const bextShown = (bext: Wave.Bext): ReadonlyArray<readonly [Key, string]> => [
  ...bextTexts.map((field): [Key, string] => [{ _tag: "BextText", field }, bext[field].text]),
  [{ _tag: "TimeReference" }, bext.timeReference === 0n ? "" : String(bext.timeReference)],
  [{ _tag: "Umid" }, "umid" in bext && bext.umid.some((byte) => byte !== 0) ? hex(bext.umid) : ""],
  ...("loudness" in bext
    ? loudnessFields.map((field): [Key, string] => [
      { _tag: "Loudness", field },
      // what was not measured
      bext.loudness[field] === 0x7fff ? "" : String(bext.loudness[field])
    ])
    : [])
]

/** All tags of a file, in the order of INFO, bext, iXML. Fields that say nothing are left out. */
export const shownTags = ({ iXml, info }: Tags): ReadonlyArray<Shown> => [
  ...info.tags.map(({ id, text }) => ({ key: id, text })),
  ...Option.toArray(info.bext).flatMap(bextShown).filter(([, text]) => text !== "").map(([key, text]) => ({
    key: formatKey(key),
    text
  })),
  ...Option.toArray(iXml).map(({ text }) => ({ key: "iXML", text }))
]
