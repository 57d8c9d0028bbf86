/**
 * Files of independent encoders with what is in them, and what checks that this library finds the same and builds the
 * same.
 *
 * A manifest says of every file which chunks it has and where; {@link check} compares. The files of this project, and
 * the description of the manifest, are in `fixtures/` of this package.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import type * as RiffCorrection from "@effect-mmio/core/RiffCorrection"
import * as RiffLimits from "@effect-mmio/core/RiffLimits"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { excerpt, firstDifference, toJson } from "./internal/bytes.js"
import { Facts, readFacts } from "./internal/facts.js"
import {
  type Compare,
  compareLenientTree,
  compareProblems,
  compareTree,
  compareWalk,
  outline
} from "./internal/fixtures/compare.js"
import { editing } from "./internal/fixtures/editing.js"

// ---------------------------------------------------------------------------------------------------------------------
// the manifest
// ---------------------------------------------------------------------------------------------------------------------

/** A chunk, as a manifest has it. */
export interface ManifestChunk {
  /** The id; of Wave64 the first four bytes of the GUID. */
  readonly id: string
  /** The GUID, in 32 hexadecimal digits. */
  readonly guid?: string | undefined
  /** The form type or list type, where it has one. */
  readonly type?: string | undefined
  /** The GUID of the type. */
  readonly typeGuid?: string | undefined
  /** Where its header begins. */
  readonly offset: number
  /** Where its data begins. */
  readonly dataOffset: number
  /** How many bytes of data it declares. */
  readonly size: number
  /** The number in the header, where that is another. */
  readonly sizeField?: number | undefined
  /** How many bytes of its data are inside of its parent and of the file, where these are fewer. */
  readonly available?: number | undefined
  /** Whether padding follows its data. */
  readonly padded: boolean
  /** What is in it, of a container. */
  readonly children?: ReadonlyArray<ManifestChunk> | undefined
}

const ManifestChunk: Schema.Schema<ManifestChunk> = Schema.Struct({
  id: Schema.String,
  guid: Schema.optional(Schema.String),
  type: Schema.optional(Schema.String),
  typeGuid: Schema.optional(Schema.String),
  offset: Schema.NonNegativeInt,
  dataOffset: Schema.NonNegativeInt,
  size: Schema.NonNegativeInt,
  sizeField: Schema.optional(Schema.NonNegativeInt),
  available: Schema.optional(Schema.NonNegativeInt),
  padded: Schema.Boolean,
  children: Schema.optional(Schema.Array(Schema.suspend((): Schema.Schema<ManifestChunk> => ManifestChunk)))
})

/** A problem of a file, as a manifest has it. */
export const ManifestProblem = Schema.Struct({
  /** What it is, in the words of the manifest. */
  problem: Schema.String,
  /** Where it is. */
  at: Schema.NonNegativeInt,
  /** How bad it is. */
  level: Schema.optional(Schema.Literal("error", "warning")),
  id: Schema.optional(Schema.String),
  size: Schema.optional(Schema.NonNegativeInt),
  available: Schema.optional(Schema.NonNegativeInt),
  bytes: Schema.optional(Schema.NonNegativeInt),
  value: Schema.optional(Schema.NonNegativeInt)
})

/** A problem of a file, as a manifest has it. */
export type ManifestProblem = typeof ManifestProblem.Type

/** What a manifest says of one file. */
export const Entry = Schema.Struct({
  name: Schema.NonEmptyString,
  sha256: Schema.String,
  bytes: Schema.NonNegativeInt,
  /** What the file begins with, such as `RIFF`; null for what is nothing of the kind. */
  container: Schema.NullOr(Schema.String),
  /** How many chunks there are. */
  chunks: Schema.NonNegativeInt,
  /** How deep they are nested. */
  depth: Schema.NonNegativeInt,
  /** The chunks of the top; null where they are too many to be listed. */
  tree: Schema.NullOr(Schema.Array(ManifestChunk)),
  /** What is in the sound, if it is a WAVE; of other forms it is left aside. */
  facts: Schema.optional(Facts),
  /** Those that a reader finds who does not mind a missing pad byte, if they are others. */
  lenientTree: Schema.optional(Schema.Array(ManifestChunk)),
  /** What is wrong with it. Default: nothing. */
  problems: Schema.optional(Schema.Array(ManifestProblem)),
  /** Only of damaged files: how careful readers judge them. */
  expect: Schema.optional(Schema.Struct({
    verdict: Schema.Literal("error", "warning", "ok-or-limit"),
    problems: Schema.Array(ManifestProblem),
    /** What is wrong with it as a file of its form, though its chunks are sound. */
    formProblem: Schema.optional(ManifestProblem)
  }))
})

/** What a manifest says of one file. */
export type Entry = typeof Entry.Type

const Manifest = Schema.Struct({ entries: Schema.Array(Entry) })
const decodeManifest = Schema.decodeUnknownEither(Schema.parseJson(Manifest))

/** What was to be a manifest is none. */
export class MalformedManifest extends Data.TaggedError("MalformedManifest")<{
  /** Where, and what is wrong there. */
  readonly description: string
  readonly cause?: unknown
}> {
  override get message() {
    return this.description
  }
}

/** Reads the text of a manifest, and gives its entries. */
export const fromJson = (text: string): Effect.Effect<ReadonlyArray<Entry>, MalformedManifest> =>
  Either.mapBoth(decodeManifest(text), {
    onLeft: (cause) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(cause)
      const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.map(String).join(".")}: `
      return new MalformedManifest({
        description: `${where}${(issue?.message ?? "it is no manifest").replace(/\s+/g, " ")}`,
        cause
      })
    },
    onRight: (manifest) => manifest.entries
  })

// ---------------------------------------------------------------------------------------------------------------------
// walking
// ---------------------------------------------------------------------------------------------------------------------

/** A chunk that a walk came to. */
interface Step {
  /** The chunk; without a type where it is too small to have one. */
  readonly chunk: Riff.FoundChunk
  /** Where its header begins. */
  readonly offset: number
  /** How deep it is, 1 at the top. */
  readonly depth: number
  /** How many bytes of its data are inside of its parents and of the file. */
  readonly available: number
}

/** What a walk found. */
export interface Walk {
  /** The chunks, in the order of the file. */
  readonly steps: ReadonlyArray<Step>
  /** How long the file is. */
  readonly length: number
  /** What ended the walk before the end, if something did. */
  readonly ended: Option.Option<MmioError.InvalidFile>
}

/** A walk made more steps than a file of that length can have chunks: the library goes in circles. */
export class EndlessWalk extends Data.TaggedError("EndlessWalk")<{ readonly steps: number; readonly length: number }> {
  override get message() {
    return `the walk made ${this.steps} steps through ${this.length} bytes`
  }
}

/**
 * Walks through all chunks of a file, into every `RIFF` and `LIST`, by `Riff.descend` and `Riff.ascend` alone. Needs
 * memory for the chunks, and no stack, however deep they are nested. At the top only what begins a file is a chunk:
 * what else is there is trailing junk, and ends the walk. A chunk that reaches beyond its parent is left with the
 * parent.
 */
export const walk = (
  file: Mmio.ReadHandle
): Effect.Effect<
  Walk,
  EndlessWalk | Exclude<Riff.DescendError<Mmio.Readable>, MmioError.ChunkNotFound> | MmioError.CannotSeek
> =>
  Effect.gen(function*() {
    const length = yield* Mmio.seek(file, 0, "end")
    yield* Mmio.seek(file, 0)
    const steps: Array<Step> = []
    /** The chunks that the walk is in, each cut to the end of those around it. */
    const inside: Array<Riff.FoundChunk> = []
    const endOf = (chunk: Riff.Chunk | undefined) => chunk === undefined ? Infinity : chunk.dataOffset + chunk.size
    const leave = (chunk: Riff.FoundChunk) =>
      // Past a block of memory there is no position, but also nothing that could be found.
      Effect.catchTag(Riff.ascend(file, chunk), "CannotSeek", () => Mmio.seek(file, 0, "end"))
    // Every chunk is entered once and left once, and has a header of eight bytes.
    const limit = 2 * (length / 8 + 1)
    for (let count = 0;; count++) {
      if (count > limit) return yield* new EndlessWalk({ steps: count, length })
      const parent = inside.at(-1)
      const found = yield* Effect.either(Riff.descend(file, { parent }))
      if (Either.isLeft(found)) {
        const error = found.left
        if (error._tag === "InvalidFile") return { steps, length, ended: Option.some(error) }
        if (error._tag !== "ChunkNotFound") return yield* Effect.fail(error)
        const left = inside.pop()
        if (left === undefined) return { steps, length, ended: Option.none() }
        yield* leave(left)
        continue
      }
      const { dataOffset, offset, size, type } = found.right
      if (parent === undefined && !isForm(found.right)) return { steps, length, ended: Option.none() }
      // A container without room for its type has none: what was read there belongs to whatever follows.
      const hasRoom = size >= (Option.isSome(found.right.guid) ? 16 : 4)
      const chunk = hasRoom ? found.right : { ...found.right, type: Option.none(), typeGuid: Option.none() }
      const end = Math.min(endOf(found.right), endOf(parent))
      const available = Math.max(0, Math.min(end, length) - dataOffset)
      steps.push({ chunk, offset, depth: inside.length + 1, available })
      if (Option.isSome(type) && hasRoom) inside.push({ ...chunk, size: end - dataOffset })
      else yield* leave(chunk)
    }
  })

/** Whether a file can begin with it. */
const isForm = ({ guid, id }: Riff.Chunk): boolean =>
  ["RIFF", "RIFX", "RF64", "BW64", "FORM", "CAT "].includes(id) || (Option.isSome(guid) && id === "riff")

// ---------------------------------------------------------------------------------------------------------------------
// rebuilding
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Writes a file again, from the chunks that `Riff.chunks` finds in it: the headers and types are made of what the
 * chunks say, everything else is copied as a stream. What comes out is the same file, whatever is wrong with it, unless
 * a chunk says something that is not there.
 */
const copy = <A extends Mmio.Readable>(
  source: Mmio.Handle<A>,
  target: Mmio.WriteHandle
): Effect.Effect<
  void,
  Mmio.ReadError<A> | MmioError.CannotSeek | MmioError.InvalidFile | MmioError.InvalidParameter | MmioError.WriteError
> =>
  Effect.gen(function*() {
    let at = 0
    const copyTo = (to: number | undefined) => Stream.run(Mmio.stream(source, { from: at, to }), Mmio.sink(target))
    yield* Stream.runForEach(Riff.chunks(source), (chunk) =>
      Effect.gen(function*() {
        yield* copyTo(chunk.offset)
        const header = headerOf(chunk)
        yield* Mmio.writeAll(target, header)
        at = chunk.offset + header.length
      }))
    yield* copyTo(undefined)
  })

/** The bytes with which a chunk begins: its header, and its type if it has one. */
const headerOf = ({ byteOrder, guid, id, sizeField, type, typeGuid }: Riff.Chunk): Uint8Array => {
  const text = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
  const hex = (digits: string) => Either.getOrThrow(Encoding.decodeHex(digits))
  const size = new Uint8Array(Option.isSome(guid) ? 8 : 4)
  const view = new DataView(size.buffer)
  if (Option.isSome(guid)) view.setBigUint64(0, BigInt(sizeField), true)
  else view.setUint32(0, sizeField, byteOrder === "little")
  return Uint8Array.of(
    ...Option.match(guid, { onNone: () => text(id), onSome: hex }),
    ...size,
    ...Option.match(Option.orElse(typeGuid, () => type), {
      onNone: () => [],
      onSome: (code) => Option.isSome(typeGuid) ? hex(code) : text(code)
    })
  )
}

/**
 * Builds the chunks that a walk found in another file: the headers, types and pad bytes by `Riff.createChunk` and
 * `Riff.ascend`, the data copied as a stream.
 *
 * With `declare`, every chunk is created with its size, and nothing has to be corrected; without, ascending finds the
 * sizes. A chunk that declares more than the file has is always created with that size and never ascended out of: its
 * writer wrote into a pipe, or died, and had no chance to correct it; ascending would make the header say the truth.
 */
const rebuild = (
  source: Mmio.ReadHandle,
  { length, steps }: Walk,
  target: Mmio.WriteHandle,
  options: { readonly declare: boolean }
): Effect.Effect<
  void,
  Riff.CreateError | Mmio.ReadError<Mmio.Readable> | MmioError.CannotSeek
> =>
  Effect.gen(function*() {
    const open: Array<Option.Option<Riff.CreatedChunk>> = []
    const closeTo = (depth: number) =>
      Effect.gen(function*() {
        while (open.length > depth) {
          const chunk = Option.flatten(Option.fromNullable(open.pop()))
          if (Option.isSome(chunk)) yield* Riff.ascend(target, chunk.value)
        }
      })
    for (const { chunk, depth } of steps) {
      yield* closeTo(depth - 1)
      const { dataOffset, id, size, type } = chunk
      const unfinished = dataOffset + size > length
      const declared = options.declare || unfinished ? { size } : {}
      const created = yield* Riff.createChunk(
        target,
        Option.isNone(type)
          ? { chunk: id, ...declared }
          : id === "RIFF"
          ? { riff: type.value, ...declared }
          : { list: type.value, ...declared }
      )
      open.push(unfinished ? Option.none() : Option.some(created))
      if (Option.isNone(type)) yield* Stream.run(Riff.stream(source, chunk), Mmio.sink(target))
    }
    yield* closeTo(0)
  })

// ---------------------------------------------------------------------------------------------------------------------
// checking
// ---------------------------------------------------------------------------------------------------------------------

/** A file is not what the manifest says, or the library does not find or build what it should. */
export class FixtureMismatch extends Data.TaggedError("FixtureMismatch")<{
  /** The name of the file. */
  readonly fixture: string
  /** What was compared. */
  readonly what: string
  readonly expected: string
  readonly got: string
}> {
  override get message() {
    return `${this.fixture}: ${this.what}: expected ${this.expected}, got ${this.got}`
  }
}

/** The library failed where it should not. */
export class FixtureFailure extends Data.TaggedError("FixtureFailure")<{
  /** The name of the file. */
  readonly fixture: string
  /** What was tried. */
  readonly what: string
  readonly cause: MmioError.MmioError | EndlessWalk
}> {
  override get message() {
    return `${this.fixture}: ${this.what}: ${this.cause.message}`
  }
}

/** How a file is checked. */
export interface CheckOptions {
  /** What the names of the files that are made begin with, such as a folder with its separator. Default: nothing. */
  readonly prefix?: string | undefined
}

/**
 * Checks a file against its manifest entry, on the storage of the program; the caller brings its bytes, and their
 * SHA-256 in hexadecimal digits.
 *
 * 1. The length and the hash are those of the manifest.
 * 2. {@link walk} and `Riff.tree` find the chunks of the manifest: without a buffer, through the usual one, and in a
 *    block of memory; and so does a lenient reader, but where a form has no size, or too small a one. Nothing makes
 *    them read more than the file is long.
 * 3. `Riff.verify` lists the problems of the manifest, from which its verdict follows.
 * 4. {@link copy} makes the same file of it, byte for byte; and {@link rebuild}, of a sound `RIFF`, with sizes that are
 *    declared and with sizes that are corrected.
 * 5. `Riff.repair` has nothing to do in a file without problems, and nothing a second time in any; what a lenient
 *    reader found before, every reader finds after.
 * 6. `Riff.edit` refuses a file that is damaged, and leaves it as it is; to any other it adds a chunk in front and one
 *    at the end, and all other chunks have the bytes that they had.
 * 7. `Wave.info` says the facts of the manifest, of a WAVE that has any.
 */
export const check = (
  entry: Entry,
  file: { readonly bytes: Uint8Array; readonly sha256: string },
  options: CheckOptions = {}
): Effect.Effect<void, FixtureMismatch | FixtureFailure, IOProc.IOProc> =>
  Effect.gen(function*() {
    const { bytes } = file
    const compare = comparing(entry.name)
    yield* compare("the length", entry.bytes, bytes.length)
    yield* compare("the SHA-256", entry.sha256, file.sha256)

    const source = FileName.plain(`${options.prefix ?? ""}fixture-source.tmp`)
    const target = FileName.plain(`${options.prefix ?? ""}fixture-target.tmp`)
    const failing = (what: string) => (cause: MmioError.MmioError | EndlessWalk) =>
      new FixtureFailure({ fixture: entry.name, what, cause })
    const write = (name: FileName.FileName) =>
      Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes))
    const compareBytes = (what: string, got: Uint8Array) => {
      const at = firstDifference(bytes, got)
      return at === undefined ? Effect.void : compare(what, excerpt(bytes, at), excerpt(got, at))
    }
    const inMemory = <B, E>(use: (file: Mmio.ReadHandle) => Effect.Effect<B, E>) =>
      Effect.scoped(Effect.flatMap(Mmio.openMemory({ bytes: bytes.slice(), access: "read" }), use))

    yield* Effect.gen(function*() {
      yield* Effect.mapError(write(source), failing("writing a copy"))
      for (const buffer of ["none", 8192] as const) {
        const { counts, driver } = counting(yield* IOProc.IOProc)
        const reading = <B, E extends MmioError.MmioError | EndlessWalk>(
          what: string,
          walks: number,
          use: (file: Mmio.ReadHandle) => Effect.Effect<B, E>
        ) =>
          Effect.gen(function*() {
            counts.reads = 0
            const found = yield* Mmio.withFile(source, { buffer }, use).pipe(
              Effect.provideService(IOProc.IOProc, driver),
              Effect.mapError(failing(what))
            )
            // Two reads a header, and one to find that there is none where a parent goes beyond the file.
            const limit = walks * (3 * (bytes.length / 8 + 1) + 1)
            if (counts.reads > limit) yield* compare(`reads while ${what}`, `at most ${Math.ceil(limit)}`, counts.reads)
            return found
          })
        const walking = `walking with buffer ${buffer}`
        yield* compareWalk(compare, entry, walking, yield* reading(walking, 1, walk))
        const what = `the tree with buffer ${buffer}`
        yield* compareTree(compare, entry, what, yield* reading(what, 1, (file) => Riff.tree(file)))
        const lenient = `the lenient tree with buffer ${buffer}`
        yield* compareLenientTree(compare, entry, lenient, yield* reading(lenient, 4, readLeniently))
        const verifying = `the problems with buffer ${buffer}`
        yield* compareProblems(compare, entry, verifying, yield* reading(verifying, 1, (file) => Riff.verify(file)))
      }
      const found = yield* Effect.mapError(inMemory(walk), failing("walking in memory"))
      yield* compareWalk(compare, entry, "walking in memory", found)
      const tree = yield* Effect.mapError(inMemory((file) => Riff.tree(file)), failing("the tree in memory"))
      yield* compareTree(compare, entry, "the tree in memory", tree)
      const lenient = yield* Effect.mapError(inMemory(readLeniently), failing("the lenient tree in memory"))
      yield* compareLenientTree(compare, entry, "the lenient tree in memory", lenient)

      const copied = yield* Mmio.withFile(source, {}, (from) =>
        Effect.gen(function*() {
          yield* Mmio.withFile(target, { access: "write", create: true }, (to) => copy(from, to))
          return yield* Mmio.withFile(target, {}, (file) => Mmio.read(file, bytes.length + 1))
        })).pipe(Effect.mapError(failing("copying")))
      yield* compareBytes("copying", copied)

      for (const declare of entry.container === "RIFF" && entry.expect === undefined ? [true, false] : []) {
        const what = declare ? "rebuilding with sizes declared" : "rebuilding with sizes corrected"
        const built = yield* Mmio.withFile(source, {}, (from) =>
          Effect.gen(function*() {
            yield* Mmio.withFile(
              target,
              { access: "write", create: true },
              (to) => rebuild(from, found, to, { declare })
            )
            return yield* Mmio.withFile(target, {}, (file) => Mmio.read(file, bytes.length + 1))
          })).pipe(Effect.mapError(failing(what)))
        yield* compareBytes(what, built)
      }

      yield* Effect.mapError(write(target), failing("writing a copy to repair"))
      const repaired = yield* Mmio.withFile(target, { access: "readWrite" }, (file) =>
        Effect.all({
          corrections: Riff.repair(file),
          tree: Riff.tree(file),
          again: Riff.repair(file)
        })).pipe(Effect.mapError(failing("repairing")))
      // What a repair only offers, or says that it left, it says again.
      yield* compare("repairing again", [], repaired.again.filter(isWritten).map(({ message }) => message))
      if (tree.problems.length === 0) {
        yield* compare("repairing what is sound", [], repaired.corrections.map(({ message }) => message))
      }
      if (repaired.corrections.some(isWritten)) {
        yield* compare("the tree after a repair", outline(lenient.tree.chunks), outline(repaired.tree.chunks))
      }

      yield* Effect.mapError(write(target), failing("writing a copy to edit"))
      const edited = yield* Effect.mapError(editing(target, bytes, tree), failing("editing"))
      yield* compare("editing", edited.expected, edited.got)

      if (entry.facts !== undefined && isWave(entry)) {
        const facts = yield* Effect.mapError(inMemory(readFacts), failing("reading the facts"))
        yield* compare("the facts", entry.facts, facts)
      }
    }).pipe(
      RiffLimits.withLimits({
        nesting: Math.max(entry.depth, RiffLimits.defaults.nesting),
        chunks: Math.max(entry.chunks, RiffLimits.defaults.chunks)
      }),
      // Not every storage can remove files; one that cannot keeps them.
      Effect.ensuring(Effect.ignore(Mmio.remove(source))),
      Effect.ensuring(Effect.ignore(Mmio.remove(target)))
    )
  })

const isWritten = ({ _tag }: RiffCorrection.RiffCorrection): boolean =>
  _tag !== "PadByteOffered" && _tag !== "BytesLeft"

/** Whether a file is of the form that facts are compared of, however its container spells it. */
const isWave = ({ tree }: Entry): boolean => tree?.[0]?.type?.toUpperCase() === "WAVE"

/**
 * A lenient tree, and what a repair would do to the file, which says whether it has to be that of the manifest. Each of
 * the two reads a file strictly and, if that finds something wrong, leniently.
 */
const readLeniently = (file: Mmio.ReadHandle) =>
  Effect.all({ tree: Riff.tree(file, { lenient: true }), corrections: Riff.repair(file, { dryRun: true }) })

const comparing = (fixture: string): Compare => (what, expected, got) => {
  const [wanted, came] = [toJson(expected), toJson(got)]
  return wanted === came
    ? Effect.void
    : Effect.fail(new FixtureMismatch({ fixture, what, expected: wanted, got: came }))
}

/** A driver that counts how often its files are read. */
const counting = (inner: IOProc.IOProc) => {
  const counts = { reads: 0 }
  const driver = IOProc.mapFile(inner, (file) => ({
    ...file,
    readAt: (position, target) =>
      Effect.suspend(() => {
        counts.reads++
        return file.readAt(position, target)
      })
  }), "counting")
  return { counts, driver }
}
