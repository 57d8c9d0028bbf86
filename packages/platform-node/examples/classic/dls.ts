/**
 * The loader of DLS collections: the instruments of a `RIFF` of the type `"DLS "`, lists in lists.
 */
import { type FileName, FourCC, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { Effect } from "effect"

interface Instrument {
  /** From its list `INFO`; empty where it has none. */
  readonly name: string
  readonly bank: number
  readonly program: number
  readonly regions: number
}

export interface Collection {
  /** How many instruments the collection says it has. */
  readonly declared: number
  readonly instruments: ReadonlyArray<Instrument>
}

/** Loads a DLS file. */
export const loadCollection = (name: string | FileName.FileName) =>
  Mmio.withFile(
    name,
    { share: "denyWrite" },
    (file) => Effect.flatMap(Riff.descend(file, { find: { riff: "DLS " } }), (dls) => readCollection(file, dls))
  )

/** Reads a collection that was descended into. Its chunks may come in any order. */
export const readCollection = (file: Mmio.Handle<"read">, dls: Riff.FoundChunk) =>
  Effect.gen(function*() {
    let declared = 0
    const instruments: Array<Instrument> = []
    const addInstrument = (chunk: Riff.FoundChunk) =>
      isList(chunk, "ins ")
        ? Effect.map(readInstrument(file, chunk), (instrument) => void instruments.push(instrument))
        : Effect.void
    yield* eachChunk(file, dls, (chunk) =>
      Effect.gen(function*() {
        if (chunk.id === "colh") declared = yield* Riff.uint32(file, chunk)
        else if (isList(chunk, "lins")) yield* eachChunk(file, chunk, addInstrument)
      }))
    const collection: Collection = { declared, instruments }
    return collection
  })

const readInstrument = (file: Mmio.Handle<"read">, list: Riff.FoundChunk) =>
  Effect.gen(function*() {
    let instrument: Instrument = { name: "", bank: 0, program: 0, regions: 0 }
    yield* eachChunk(file, list, (chunk) =>
      Effect.gen(function*() {
        if (chunk.id === "insh") {
          const regions = yield* Riff.uint32(file, chunk)
          const bank = yield* Riff.uint32(file, chunk)
          const program = yield* Riff.uint32(file, chunk)
          instrument = { ...instrument, regions, bank, program }
        } else if (isList(chunk, "INFO")) {
          yield* eachChunk(file, chunk, (tag) =>
            tag.id === "INAM"
              ? Effect.map(Mmio.read(file, tag.size), (bytes) => {
                instrument = { ...instrument, name: new TextDecoder("latin1").decode(bytes).replace(/\0.*$/s, "") }
              })
              : Effect.void)
        }
      }))
    return instrument
  })

/** Goes into one chunk of a container after the other, to its end. */
const eachChunk = <E, R>(
  file: Mmio.Handle<"read">,
  parent: Riff.FoundChunk,
  body: (chunk: Riff.FoundChunk) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | Riff.DescendError<"read"> | MmioError.SeekError, R> =>
  Effect.gen(function*() {
    const end = parent.dataOffset + parent.size
    while ((yield* Mmio.position(file)) < end) yield* Riff.inChunk(file, { parent }, body)
  })

const isList = ({ id, type }: Riff.FoundChunk, of: string) =>
  id === FourCC.LIST && type._tag === "Some" && type.value === of
