/** What the chunks of a WAVE file say together. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Access } from "../../IOProc.js"
import type * as Riff from "../../Riff.js"
import type * as Api from "../../Wave.js"
import type { WaveProblem } from "../../WaveProblem.js"
import type { Handle } from "../handle/handle.js"
import * as Layout from "../riff/layout.js"
import { blockAlignOffset } from "./blocks.js"
import { type Contents, lacks, problemAt, read, type ReadingError } from "./contents.js"
import { count, frameSize } from "./frames.js"
import { described } from "./scan.js"

/** How many frames the file counts itself, where 32 bits have room for them, and where they have not. */
const samplesOf = (fact: Api.Fact, { ds64, guid }: Riff.FoundChunk): number => {
  const { rest, samples } = fact
  if (Option.isSome(ds64) && samples === Layout.unknownSize) return ds64.value.sampleCount
  return Option.isSome(guid) && rest !== undefined && rest.length >= 4
    ? samples + Layout.uint32(rest, 0) * 2 ** 32
    : samples
}

const labeled = (point: Api.CuePoint, labels: Api.LabeledCuePoint["labels"]): Api.LabeledCuePoint => ({
  id: point.id,
  position: point.position,
  chunk: point.chunk,
  chunkStart: point.chunkStart,
  blockStart: point.blockStart,
  sampleOffset: point.sampleOffset,
  labels
})

/** Whether the block align is what the channels and the bits per sample make it. */
const checkBlockAlign = (format: Api.Format, chunk: Riff.FoundChunk): WaveProblem | undefined => {
  const size = frameSize(format)
  return size === undefined || size === format.blockAlign
    ? undefined
    : problemAt(
      "BlockAlign",
      "warning",
      "fmt ",
      chunk.dataOffset + blockAlignOffset,
      `the block align is ${format.blockAlign}, where the channels and the bits per sample make it ${size}`
    )
}

interface Frames {
  readonly frames: number
  readonly from: Api.FramesFrom
}

const framesOf = (
  format: Api.Format | undefined,
  data: Api.DataChunk | undefined,
  samples: number | undefined
): Frames | undefined => {
  if (format === undefined || data === undefined) return undefined
  const counted = count(format, data.available)
  if (counted !== undefined) return counted
  // The writer counted other samples than those that are there.
  const isWhole = data.available === data.chunk.size
  const isCounted = samples !== undefined && (samples > 0 || data.available === 0)
  return isWhole && isCounted ? { frames: samples, from: "fact" } : undefined
}

const describe = ({ data, form, known, malformed, problems }: Contents): Api.LenientInfo => {
  let format: Api.Format | undefined
  let samples: number | undefined
  let bext: Api.Bext | undefined
  let characterSet: Api.CharacterSet | undefined
  const found = [...problems]
  const tags: Array<Api.InfoTag> = []
  const recovered: Array<Api.InfoTag> = []
  const points: Array<Api.CuePoint> = []
  const labels = new Map<number, Array<Api.Label | Api.LabeledText>>()
  for (const { chunk, content, walkable } of known) {
    switch (content._tag) {
      case "fmt ": {
        format = content.value
        const problem = checkBlockAlign(format, chunk)
        if (problem !== undefined) found.push(problem)
        break
      }
      case "fact":
        samples = samplesOf(content.value, form)
        break
      case "bext":
        bext = content.value
        break
      case "CSET":
        characterSet = content.value
        break
      case "cue ":
        for (const point of content.value.points) points.push(point)
        break
      case "LIST:INFO":
        for (const [index, tag] of content.value.tags.entries()) (index < walkable ? tags : recovered).push(tag)
        break
      case "LIST:adtl":
        for (const entry of content.value.entries) {
          if (entry._tag === "other") continue
          const others = labels.get(entry.cue)
          if (others === undefined) labels.set(entry.cue, [entry])
          else others.push(entry)
        }
        break
    }
  }
  const counted = Option.fromNullable(framesOf(format, data, samples))
  const frames = Option.map(counted, ({ frames }) => frames)
  const rate = format?.sampleRate ?? 0
  return {
    form,
    format: Option.fromNullable(format),
    data: Option.fromNullable(data),
    frames,
    framesFrom: Option.map(counted, ({ from }) => from),
    duration: rate === 0 ? Option.none() : Option.map(frames, (frames) => Duration.seconds(frames / rate)),
    factSamples: Option.fromNullable(samples),
    tags: [...tags, ...recovered],
    cuePoints: points.map((point) => labeled(point, labels.get(point.id) ?? [])),
    bext: Option.fromNullable(bext),
    characterSet: Option.fromNullable(characterSet),
    problems: found.toSorted((a, b) => a.offset - b.offset),
    malformed
  }
}

/** @internal */
export const info = <A extends Access>(
  handle: Handle<A>,
  { at, encoding, lenient = false }: Api.InfoOptions | Api.LenientInfoOptions
): Effect.Effect<Api.Info | Api.LenientInfo, ReadingError<A>> =>
  Effect.flatMap(
    read(handle, { operation: "Wave.info", wanted: described, lenient, encoding, at }),
    (contents): Effect.Effect<Api.Info | Api.LenientInfo, ReadingError<A>> => {
      const found = describe(contents)
      if (lenient) return Effect.succeed(found)
      const { format, malformed: _malformed, ...others } = found
      return Option.isNone(format)
        ? Effect.fail(lacks(handle, "Wave.info", contents, "fmt "))
        : Effect.succeed({ ...others, format: format.value })
    }
  )
