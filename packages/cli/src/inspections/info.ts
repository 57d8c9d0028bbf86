/** What a WAVE file says of itself. The sound is not read. */
import * as Wave from "@effect-mmio/core/Wave"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { formatText } from "../facts.js"
import { exitCodes } from "../failure.js"
import { withReading } from "../names.js"
import { type Json, Output, type Result, type Style } from "../output.js"
import { inCommands, problemJson } from "../problems.js"
import { chunkName, counted, hex, quoted, shown, time } from "../text.js"

const formatJson = (format: Wave.Format): Json => ({
  codec: Wave.codecOf(format),
  codecName: Option.getOrUndefined(Wave.codecName(Wave.codecOf(format))),
  channels: format.channels,
  sampleRate: format.sampleRate,
  bitsPerSample: format._tag === "WaveFormat" ? undefined : format.bitsPerSample,
  byteRate: format.byteRate,
  blockAlign: format.blockAlign
})

const bextJson = (bext: Wave.Bext): Json => ({
  version: bext.version,
  description: bext.description.text,
  originator: bext.originator.text,
  originatorReference: bext.originatorReference.text,
  originationDate: bext.originationDate.text,
  originationTime: bext.originationTime.text,
  timeReference: String(bext.timeReference),
  umid: "umid" in bext ? hex(bext.umid) : undefined,
  loudness: "loudness" in bext ? { ...bext.loudness } : undefined,
  codingHistory: bext.codingHistory.text
})

const cueJson = ({ id, labels, position }: Wave.LabeledCuePoint): Json => ({
  id,
  position,
  labels: labels.map((label) => ({
    kind: label._tag,
    text: label.text,
    length: label._tag === "ltxt" ? label.length : undefined
  }))
})

const resultOf = (name: string, info: Wave.LenientInfo): Result => ({
  name,
  form: chunkName(info.form.id, info.form.type),
  format: Option.getOrUndefined(Option.map(info.format, formatJson)),
  frames: Option.getOrUndefined(info.frames),
  seconds: Option.getOrUndefined(Option.map(info.duration, Duration.toSeconds)),
  data: Option.getOrUndefined(
    Option.map(info.data, ({ available, chunk }) => ({ offset: chunk.dataOffset, declared: chunk.size, available }))
  ),
  tags: info.tags.map(({ id, text }) => ({ id, text })),
  cuePoints: info.cuePoints.map(cueJson),
  bext: Option.getOrUndefined(Option.map(info.bext, bextJson)),
  problems: info.problems.map(problemJson)
})

const labelled = (label: string, text: string): string => `  ${label.padEnd(12)}${text}`

const many = (label: string, texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  texts.map((text, index) => labelled(index === 0 ? label : "", text))

const cueText = (point: Wave.LabeledCuePoint, rate: number): string => {
  const at = rate === 0 ? "" : ` (${time(Duration.seconds(point.position / rate))})`
  return [`${point.id}  frame ${point.position}${at}`, ...point.labels.map(({ text }) => quoted(text))].join("  ")
}

const bextLines = (bext: Wave.Bext): ReadonlyArray<string> => {
  const { codingHistory, description, originationDate, originationTime, originator, originatorReference } = bext
  const texts: ReadonlyArray<readonly [string, string]> = [
    ["version", String(bext.version)],
    ["description", description.text],
    ["originator", originator.text],
    ["reference", originatorReference.text],
    ["recorded", `${originationDate.text} ${originationTime.text}`.trim()],
    ["time", bext.timeReference === 0n ? "" : `frame ${bext.timeReference}`],
    ["history", codingHistory.text.trimEnd()]
  ]
  return texts.filter(([, text]) => text !== "").map(([label, text]) => `${label.padEnd(12)}${shown(text)}`)
}

const linesOf = (name: string, info: Wave.LenientInfo, style: Style): ReadonlyArray<string> => {
  const rate = Option.match(info.format, { onNone: () => 0, onSome: ({ sampleRate }) => sampleRate })
  return [
    style.bold(shown(name)),
    labelled("form", chunkName(info.form.id, info.form.type)),
    ...Option.toArray(Option.map(info.format, (format) => labelled("format", formatText(format)))),
    ...Option.toArray(Option.map(info.duration, (duration) =>
      labelled(
        "duration",
        `${time(duration)}${
          Option.match(info.frames, { onNone: () => "", onSome: (frames) => `, ${counted(frames, "frame")}` })
        }`
      ))),
    ...Option.toArray(
      Option.map(
        info.data,
        ({ available, chunk }) => labelled("data", `${counted(available, "byte")} at ${chunk.dataOffset}`)
      )
    ),
    ...many("tags", info.tags.map(({ id, text }) => `${shown(id)}  ${shown(text)}`)),
    ...many("cue points", info.cuePoints.map((point) => cueText(point, rate))),
    ...Option.toArray(info.bext).flatMap((bext) => many("bext", bextLines(bext))),
    ...many(
      "problems",
      info.problems.map(({ level, message }) => (level === "error" ? style.bad : style.notable)(inCommands(message)))
    )
  ]
}

/** What one file says. */
export const info = (name: string) =>
  Effect.gen(function*() {
    const found = yield* withReading(name, "inspect", (file) => Wave.info(file, { lenient: true }))
    const output = yield* Output
    yield* output.result(() => resultOf(name, found), (style) => linesOf(name, found, style))
    return exitCodes.ok
  })
