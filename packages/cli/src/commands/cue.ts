/** `mmio cue`: the cue points of a WAVE file, with their names. */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Wave from "@effect-mmio/core/Wave"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { editFile, entriesOf, wave } from "../edits.js"
import { exitCodes, Failure, type FileError, usage } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { quoted, shown, time } from "../text.js"

export interface Options {
  readonly name: string
  readonly add: ReadonlyArray<string>
  readonly remove: ReadonlyArray<string>
}

const cuePath: ReadonlyArray<Riff.PathStep> = [wave, { id: "cue " }]
const labelsPath: ReadonlyArray<Riff.PathStep> = [wave, { id: "LIST", type: "adtl" }]

/** What there is, as it is changed: all of the two chunks, as they are in the file. */
interface Cues {
  readonly name: string
  readonly rate: number
  readonly frames: Option.Option<number>
  readonly byteOrder: Riff.ByteOrder
  readonly cue: Option.Option<Wave.Cue>
  readonly labels: Option.Option<Wave.AdtlList>
}

/** A chunk, decoded; one that is damaged is not to be written over with what could be understood of it. */
const readChunk = (file: Mmio.Handle<"read">, path: Riff.Path) =>
  Riff.find(file, path).pipe(
    Effect.flatMap((chunk) =>
      Effect.flatMap(
        Effect.zipRight(Mmio.seek(file, chunk.dataOffset), Mmio.read(file, chunk.size)),
        (bytes) =>
          Effect.mapError(Wave.decode(chunk, bytes, chunk.byteOrder), ({ description, offset }) =>
            new MmioError.InvalidFile({
              operation: "mmio cue",
              file: file.name.full,
              position: chunk.dataOffset + offset,
              description
            }))
      )
    ),
    Effect.map(Option.some),
    Effect.catchTag("ChunkNotFound", () => Effect.succeedNone)
  )

const readCues = (file: Mmio.Handle<"read">) =>
  Effect.gen(function*() {
    const { form, format, frames } = yield* Wave.info(file, { lenient: true })
    const cue = yield* readChunk(file, cuePath)
    const labels = yield* readChunk(file, labelsPath)
    return {
      name: file.name.full,
      rate: Option.match(format, { onNone: () => 0, onSome: ({ sampleRate }) => sampleRate }),
      frames,
      byteOrder: form.byteOrder,
      cue: Option.flatMap(cue, (chunk) => chunk._tag === "cue " ? Option.some(chunk.value) : Option.none()),
      labels: Option.flatMap(labels, (chunk) => chunk._tag === "LIST:adtl" ? Option.some(chunk.value) : Option.none())
    } satisfies Cues
  })

const parseId = (text: string): Either.Either<number, Failure> =>
  /^\d{1,10}$/.test(text)
    ? Either.right(Number(text))
    : Either.left(usage(`A cue point has a number, and is not "${shown(text)}"`))

interface Addition {
  readonly position: number
  readonly name: string
}

/** `4800`, `1.5s`, and either with `=name`. */
const parseAddition = ({ frames, rate }: Cues, text: string): Either.Either<Addition, Failure> => {
  const [, digits = "", unit, , name = ""] = /^(\d+(?:\.\d+)?)(s?)(=(.*))?$/su.exec(text) ?? []
  const position = unit === "s" ? Math.round(Number(digits) * rate) : Number(digits)
  if (digits === "" || unit !== "s" && digits.includes(".")) {
    return Either.left(usage(`A cue point is added at a frame (4800) or a time (1.5s), and not at "${shown(text)}"`))
  }
  if (unit === "s" && rate === 0) return Either.left(usage("The file does not say how many frames make a second"))
  return Option.exists(frames, (frames) => position > frames) || position > 0xffff_ffff
    ? Either.left(usage(`There is no frame ${position} in it`))
    : Either.right({ position, name })
}

const changedCues = (
  cues: Cues,
  additions: ReadonlyArray<Addition>,
  remove: ReadonlyArray<number>
): Either.Either<{ readonly cue: Wave.Cue; readonly labels: Wave.AdtlList }, Failure> => {
  const cue = Option.getOrElse(cues.cue, () => Wave.Cue.make({ points: [] }))
  const labels = Option.getOrElse(cues.labels, () => Wave.AdtlList.make({}))
  const missing = remove.find((id) => !cue.points.some((point) => point.id === id))
  if (missing !== undefined) {
    return Either.left(
      new Failure({ exitCode: exitCodes.notFound, message: `${shown(cues.name)}: there is no cue point ${missing}` })
    )
  }
  const gone = new Set(remove)
  const first = cue.points.reduce((most, { id }) => Math.max(most, id), 0) + 1
  const added = additions.map(({ name, position }, index) => ({ id: first + index, name, position }))
  const made = Wave.Cue.make({ points: added.map(({ id, position }) => ({ id, position, sampleOffset: position })) })
  const named = Wave.AdtlList.make({
    labels: added.filter(({ name }) => name !== "").map(({ id, name }) => ({ cue: id, text: name }))
  })
  return Either.right({
    cue: { ...cue, points: [...cue.points.filter(({ id }) => !gone.has(id)), ...made.points] },
    labels: {
      ...labels,
      entries: [
        ...labels.entries.filter((entry) => entry._tag === "other" || !gone.has(entry.cue)),
        ...named.entries
      ]
    }
  })
}

const notWritable = () =>
  new Failure({ exitCode: exitCodes.refused, message: "The cue points cannot be written: one is too large" })

const editsOf =
  (add: ReadonlyArray<string>, remove: ReadonlyArray<string>) =>
  (cues: Cues): Effect.Effect<ReadonlyArray<RiffEdit.RiffEdit>, FileError> =>
    Effect.gen(function*() {
      const additions = yield* Either.all(add.map((text) => parseAddition(cues, text)))
      const { cue, labels } = yield* changedCues(cues, additions, yield* Either.all(remove.map(parseId)))
      const cueBytes = yield* Effect.mapError(Wave.encode({ _tag: "cue ", value: cue }, cues.byteOrder), notWritable)
      const labelBytes = yield* Effect.mapError(
        Wave.encode({ _tag: "LIST:adtl", value: labels }, cues.byteOrder),
        notWritable
      )
      const content: RiffEdit.Content = { list: "adtl", content: entriesOf(labelBytes, cues.byteOrder) }
      const isNamed = labels.entries.length > 0
      return [
        cue.points.length > 0 ? RiffEdit.assign(cuePath, cueBytes) : RiffEdit.remove(cuePath),
        ...(Option.isSome(cues.labels)
          ? [isNamed ? RiffEdit.replace(labelsPath, content) : RiffEdit.remove(labelsPath)]
          : isNamed
          ? [RiffEdit.insert({ last: [wave] }, content)]
          : [])
      ]
    })

const print = (name: string, written: boolean, { cue, labels, rate }: Cues) =>
  Effect.flatMap(Output, (output) => {
    const points = Option.match(cue, { onNone: () => [], onSome: ({ points }) => points })
    const entries = Option.match(labels, { onNone: () => [], onSome: ({ entries }) => entries })
    const textsOf = (id: number) =>
      entries.flatMap((entry) => entry._tag !== "other" && entry.cue === id && entry.text !== "" ? [entry.text] : [])
    const secondsOf = (position: number) => rate === 0 ? undefined : position / rate
    return output.result(
      () => ({
        name,
        written,
        cuePoints: points.map(({ id, position }) => ({
          id,
          position,
          seconds: secondsOf(position),
          texts: textsOf(id)
        }))
      }),
      (style) => [
        `${style.bold(shown(name))}${points.length === 0 ? ": no cue points" : ""}`,
        ...points.map(({ id, position }) => {
          const seconds = secondsOf(position)
          const at = seconds === undefined ? "" : time(Duration.seconds(seconds))
          return `  ${String(id).padStart(5)} ${String(position).padStart(11)}  ${at.padEnd(13)}${
            textsOf(id).map(quoted).join("  ")
          }`
            .trimEnd()
        })
      ]
    )
  })

export const cue = ({ add, name, remove }: Options) =>
  Effect.gen(function*() {
    const isChange = add.length + remove.length > 0
    if (isChange) yield* editFile(name, readCues, editsOf(add, remove))
    yield* print(name, isChange, yield* withReading(name, "inspect", readCues))
    return exitCodes.ok
  })
