/**
 * Files of independent encoders with what is in them, and what checks that this library finds the same and builds the same.
 *
 * A manifest says of every file which chunks it has and where; {@link check} compares. The files of this project, and the description of
 * the manifest, are in `fixtures/` of the package's repository.
 *
 * @since 0.1.0
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { excerpt, firstDifference, toJson } from "./internal/bytes.js"

// ---------------------------------------------------------------------------------------------------------------------
// the manifest
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A chunk, as a manifest has it.
 *
 * @since 0.1.0
 * @category models
 */
export interface ManifestChunk {
  /** The id. */
  readonly id: string
  /** The form type or list type, where it has one. */
  readonly type?: string | undefined
  /** Where its header begins. */
  readonly offset: number
  /** Where its data begins. */
  readonly dataOffset: number
  /** How many bytes of data it declares. */
  readonly size: number
  /** How many of them are inside of its parent and of the file, where these are fewer. */
  readonly available?: number | undefined
  /** What is in it, of a container. */
  readonly children?: ReadonlyArray<ManifestChunk> | undefined
}

const ManifestChunk: Schema.Schema<ManifestChunk> = Schema.Struct({
  id: Schema.String,
  type: Schema.optional(Schema.String),
  offset: Schema.NonNegativeInt,
  dataOffset: Schema.NonNegativeInt,
  size: Schema.NonNegativeInt,
  available: Schema.optional(Schema.NonNegativeInt),
  children: Schema.optional(Schema.Array(Schema.suspend((): Schema.Schema<ManifestChunk> => ManifestChunk)))
})

/**
 * What a manifest says of one file.
 *
 * @since 0.1.0
 * @category models
 */
export const Entry = Schema.Struct({
  name: Schema.NonEmptyString,
  sha256: Schema.String,
  bytes: Schema.NonNegativeInt,
  /** `RIFF`, or what the file is instead; null for what is nothing of the kind. */
  container: Schema.NullOr(Schema.String),
  /** How many chunks there are. */
  chunks: Schema.NonNegativeInt,
  /** How deep they are nested. */
  depth: Schema.NonNegativeInt,
  /** The chunks of the top; null where they are too many to be listed. */
  tree: Schema.NullOr(Schema.Array(ManifestChunk)),
  /** Only of damaged files: how careful readers judge them. */
  expect: Schema.optional(Schema.Struct({ verdict: Schema.Literal("error", "warning", "ok-or-limit") }))
})

/**
 * What a manifest says of one file.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry = typeof Entry.Type

const Manifest = Schema.Struct({ entries: Schema.Array(Entry) })
const decodeManifest = Schema.decodeUnknownEither(Schema.parseJson(Manifest))

/**
 * What was to be a manifest is none.
 *
 * @since 0.1.0
 * @category errors
 */
export class MalformedManifest extends Data.TaggedError("MalformedManifest")<{
  /** Where, and what is wrong there. */
  readonly description: string
  readonly cause?: unknown
}> {
  override get message() {
    return this.description
  }
}

/**
 * Reads the text of a manifest, and gives its entries.
 *
 * @since 0.1.0
 * @category decoding
 */
export const fromJson = (text: string): Either.Either<ReadonlyArray<Entry>, MalformedManifest> =>
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

/**
 * A chunk that a walk came to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Step {
  /** The chunk; without a type where it is too small to have one. */
  readonly chunk: Riff.FoundChunk
  /** Where its header begins. */
  readonly offset: number
  /** How deep it is, 1 at the top. */
  readonly depth: number
  /** How many bytes of its data are inside of its parents and of the file. */
  readonly available: number
}

/**
 * What a walk found.
 *
 * @since 0.1.0
 * @category models
 */
export interface Walk {
  /** The chunks, in the order of the file. */
  readonly steps: ReadonlyArray<Step>
  /** How long the file is. */
  readonly length: number
  /** What ended the walk before the end, if something did. */
  readonly ended: Option.Option<MmioError.InvalidFile>
}

/**
 * A walk made more steps than a file of that length can have chunks: the library goes in circles.
 *
 * @since 0.1.0
 * @category errors
 */
export class EndlessWalk extends Data.TaggedError("EndlessWalk")<{ readonly steps: number; readonly length: number }> {
  override get message() {
    return `the walk made ${this.steps} steps through ${this.length} bytes`
  }
}

/**
 * Walks through all chunks of a file, into every `RIFF` and `LIST`, by `Riff.descend` and `Riff.ascend`. Needs memory for the chunks, and
 * no stack, however deep they are nested. At the top only `RIFF` chunks are chunks: what else begins there is trailing junk, and ends
 * the walk. A chunk that reaches beyond its parent is left with the parent.
 *
 * @since 0.1.0
 * @category walking
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
      // Behind a block of memory there is no position, but also nothing that could be found.
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
      const { dataOffset, size, type } = found.right
      if (parent === undefined && found.right.id !== FourCC.RIFF) return { steps, length, ended: Option.none() }
      // A container without room for its type has none: what was read there belongs to whatever follows.
      const chunk = size < 4 ? { ...found.right, type: Option.none() } : found.right
      const end = Math.min(endOf(found.right), endOf(parent))
      steps.push({
        chunk,
        offset: dataOffset - 8,
        depth: inside.length + 1,
        available: Math.max(0, Math.min(end, length) - dataOffset)
      })
      if (Option.isSome(type) && size >= 4) inside.push({ ...chunk, size: end - dataOffset })
      else yield* leave(chunk)
    }
  })

// ---------------------------------------------------------------------------------------------------------------------
// rebuilding
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Builds the chunks that a walk found in another file: the headers, types and pad bytes by `Riff.createChunk` and `Riff.ascend`, the data
 * copied as a stream.
 *
 * With `declare`, every chunk is created with its size, and nothing has to be corrected; without, ascending finds the sizes. A chunk that
 * declares more than the file has is always created with that size and never ascended out of: its writer wrote into a pipe, or
 * died, and had no chance to correct it; ascending would make the header say the truth.
 *
 * @since 0.1.0
 * @category rebuilding
 */
export const rebuild = (
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
          : id === FourCC.RIFF
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

/**
 * A file is not what the manifest says, or the library does not find or build what it should.
 *
 * @since 0.1.0
 * @category errors
 */
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

/**
 * The library failed where it should not.
 *
 * @since 0.1.0
 * @category errors
 */
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

/**
 * How a file is checked.
 *
 * @since 0.1.0
 * @category options
 */
export interface CheckOptions {
  /** What the names of the files that are made begin with, such as a folder with its separator. Default: nothing. */
  readonly prefix?: string | undefined
}

/**
 * Whether the library reads such files already, or they are left for later. A damaged file may be no container of any kind, and
 * still has to be walked through without harm.
 *
 * @since 0.1.0
 * @category checking
 */
export const isChecked = (entry: Entry): boolean =>
  entry.container === "RIFF" || (entry.container === null && entry.expect !== undefined)

/**
 * What came of a check: `"checked"`, or `"left for later"` for a file of a container that this library does not read yet.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "checked" | "left for later"

/**
 * Checks a file against its manifest entry, on the storage of the program; the caller brings its bytes, and their SHA-256 in hexadecimal
 * digits.
 *
 * 1. The length and the hash are those of the manifest.
 * 2. {@link walk} finds the chunks of the manifest: without a buffer, through the usual one, and in a block of memory. Damage may
 *    end it early, with a typed error; it never makes it read more than the file is long.
 * 3. A sound file is rebuilt byte for byte, with sizes that are declared and with sizes that are corrected.
 *
 * @since 0.1.0
 * @category checking
 */
export const check = (
  entry: Entry,
  file: { readonly bytes: Uint8Array; readonly sha256: string },
  options: CheckOptions = {}
): Effect.Effect<Outcome, FixtureMismatch | FixtureFailure, IOProc.IOProc> =>
  Effect.gen(function*() {
    const { bytes } = file
    const compare = comparing(entry.name)
    yield* compare("the length", entry.bytes, bytes.length)
    yield* compare("the SHA-256", entry.sha256, file.sha256)
    if (!isChecked(entry)) return "left for later" as const

    const source = FileName.plain(`${options.prefix ?? ""}fixture-source.tmp`)
    const target = FileName.plain(`${options.prefix ?? ""}fixture-target.tmp`)
    const failing = (what: string) => (cause: MmioError.MmioError | EndlessWalk) =>
      new FixtureFailure({ fixture: entry.name, what, cause })

    return yield* Effect.gen(function*() {
      yield* Effect.mapError(
        Mmio.withFile(source, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes)),
        failing("writing a copy")
      )
      for (const buffer of ["none", 8192] as const) {
        const what = `walking with buffer ${buffer}`
        const { counts, driver } = counting(yield* IOProc.IOProc)
        const found = yield* Mmio.withFile(source, { buffer }, walk).pipe(
          Effect.provideService(IOProc.IOProc, driver),
          Effect.mapError(failing(what))
        )
        yield* compareWalk(entry, what, found)
        // Two reads a header, and one to find that there is none where a parent goes beyond the file.
        const limit = 3 * (bytes.length / 8 + 1) + 1
        if (counts.reads > limit) yield* compare(`reads while ${what}`, `at most ${Math.ceil(limit)}`, counts.reads)
      }
      const inMemory = yield* Effect.scoped(
        Effect.flatMap(Mmio.openMemory({ bytes: bytes.slice(), access: "read" }), walk)
      ).pipe(Effect.mapError(failing("walking in memory")))
      yield* compareWalk(entry, "walking in memory", inMemory)
      if (entry.expect !== undefined) return "checked" as const

      for (const declare of [true, false]) {
        const what = declare ? "rebuilding with sizes declared" : "rebuilding with sizes corrected"
        const built = yield* Mmio.withFile(source, {}, (from) =>
          Effect.gen(function*() {
            yield* Mmio.withFile(
              target,
              { access: "write", create: true },
              (to) => rebuild(from, inMemory, to, { declare })
            )
            return yield* Mmio.withFile(target, {}, (file) => Mmio.read(file, bytes.length + 1))
          })).pipe(Effect.mapError(failing(what)))
        const at = firstDifference(bytes, built)
        if (at !== undefined) yield* compare(what, excerpt(bytes, at), excerpt(built, at))
      }
      return "checked" as const
    }).pipe(
      // Not every storage can remove files; one that cannot keeps them.
      Effect.ensuring(Effect.ignore(Mmio.remove(source))),
      Effect.ensuring(Effect.ignore(Mmio.remove(target)))
    )
  })

const comparing =
  (fixture: string) => (what: string, expected: unknown, got: unknown): Effect.Effect<void, FixtureMismatch> => {
    const [wanted, came] = [toJson(expected), toJson(got)]
    return wanted === came
      ? Effect.void
      : Effect.fail(new FixtureMismatch({ fixture, what, expected: wanted, got: came }))
  }

/** A driver that counts how often its files are read. */
const counting = (below: IOProc.IOProc) => {
  const counts = { reads: 0 }
  const driver = IOProc.mapFile(below, (file) => ({
    read: (target) =>
      Effect.suspend(() => {
        counts.reads++
        return file.read(target)
      }),
    write: (source) => file.write(source),
    writeFlush: (source) => file.writeFlush(source),
    seek: (offset, from) => file.seek(offset, from),
    close: file.close,
    onMessage: (message) => file.onMessage(message)
  }))
  return { counts, driver }
}

const compareWalk = (entry: Entry, what: string, { ended, steps }: Walk): Effect.Effect<void, FixtureMismatch> =>
  Effect.gen(function*() {
    const compare = comparing(entry.name)
    if (entry.tree === null) {
      yield* compare(`${what}: chunks`, entry.chunks, steps.length)
      yield* compare(`${what}: depth`, entry.depth, steps.reduce((depth, step) => Math.max(depth, step.depth), 0))
      return
    }
    const wanted = flatten(entry.tree, 1)
    for (const [index, { available, chunk, depth, offset }] of steps.entries()) {
      yield* compare(`${what}: chunk ${index}`, wanted[index] ?? null, {
        id: chunk.id,
        type: Option.getOrNull(chunk.type),
        offset,
        dataOffset: chunk.dataOffset,
        size: chunk.size,
        available,
        depth
      })
    }
    if (Option.isSome(ended) && entry.expect !== undefined) return
    yield* compare(`${what}: chunks`, wanted.length, steps.length)
    yield* compare(`${what}: end`, null, Option.getOrNull(Option.map(ended, (error) => error.message)))
  })

interface FlatChunk extends Required<Omit<ManifestChunk, "children" | "type">> {
  readonly type: string | null
  readonly depth: number
}

const flatten = (chunks: ReadonlyArray<ManifestChunk>, depth: number): ReadonlyArray<FlatChunk> =>
  chunks.flatMap(({ available, children, dataOffset, id, offset, size, type }) => [
    { id, type: type ?? null, offset, dataOffset, size, available: available ?? size, depth },
    ...flatten(children ?? [], depth + 1)
  ])
