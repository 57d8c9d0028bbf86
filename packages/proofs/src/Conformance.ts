/**
 * Recorded sequences of calls, each with its result, and their replay, which tells whether the calls still give what
 * the original gave.
 *
 * A trace says what a file holds before, how it is opened, the calls in order with the result of each, and what the
 * file holds at the end. {@link fromJson} reads the traces of a file, {@link replay} makes the calls on the storage of
 * the program and fails at the first result that differs. The traces of this project, and the description of their
 * format, are in `conformance/` of this package.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as IOProcRegistry from "@effect-mmio/core/IOProcRegistry"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Riff from "@effect-mmio/core/Riff"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Request from "effect/Request"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { excerpt, firstDifference, toJson } from "./internal/bytes.js"

// ---------------------------------------------------------------------------------------------------------------------
// the format
// ---------------------------------------------------------------------------------------------------------------------

const Bytes = Schema.Uint8ArrayFromBase64
const Count = Schema.NonNegativeInt
const Size = Schema.Int.pipe(Schema.between(0, 0xffffffff))
const Code = Schema.String.pipe(
  Schema.filter((text): text is FourCC.FourCC => FourCC.isFourCC(text), {
    identifier: "FourCC",
    message: ({ actual }) => `${JSON.stringify(actual)} is not a four-character code`
  })
)
const Direction = Schema.Literal("read", "write")

/** With which of these a call failed. */
const ErrorCode = Schema.Literal("CannotRead", "CannotWrite", "CannotSeek", "ChunkNotFound", "Unbuffered")

/** With which of these a call failed. */
type ErrorCode = typeof ErrorCode.Type

const orError = <S extends Schema.Schema.AnyNoContext>(success: S) =>
  Schema.Union(Schema.Struct({ error: ErrorCode }), success)

const call = <Op extends string, Fields extends Schema.Struct.Fields, S extends Schema.Schema.AnyNoContext>(
  op: Op,
  fields: Fields,
  result: S
) => Schema.Struct({ op: Schema.Literal(op), ...fields, result })

/** No property at all: `Struct({})` would take any value, and so swallow an error. */
const Nothing = Schema.Record({ key: Schema.String, value: Schema.Never })

const Find = Schema.Union(
  Schema.Struct({ chunk: Code }),
  Schema.Struct({ riff: Code }),
  Schema.Struct({ list: Code })
)

const Written = orError(Schema.Struct({ windows: Schema.Array(Count), total: Count }))

/** A call on an open file, with its result. */
const FileOp = Schema.Union(
  call("read", { count: Count }, orError(Schema.Struct({ data: Bytes }))),
  call("write", { data: Bytes }, orError(Schema.Struct({ count: Count }))),
  call(
    "seek",
    { offset: Schema.Int, whence: Schema.Literal("start", "current", "end") },
    orError(Schema.Struct({ position: Count }))
  ),
  call("position", {}, orError(Schema.Struct({ position: Count }))),
  call("flush", { emptyBuffer: Schema.Boolean }, orError(Nothing)),
  call("setBuffer", { size: Count }, orError(Nothing)),
  call(
    "descend",
    { as: Schema.String, find: Schema.NullOr(Find), parent: Schema.NullOr(Schema.String) },
    orError(Schema.Struct({ id: Code, size: Size, type: Schema.NullOr(Code), dataOffset: Count }))
  ),
  call("ascend", { chunk: Schema.String }, orError(Nothing)),
  Schema.Struct({
    op: Schema.Literal("createChunk"),
    as: Schema.String,
    kind: Schema.Literal("chunk"),
    id: Code,
    size: Size,
    result: orError(Schema.Struct({ dataOffset: Count }))
  }),
  Schema.Struct({
    op: Schema.Literal("createChunk"),
    as: Schema.String,
    kind: Schema.Literal("riff", "list"),
    type: Code,
    size: Size,
    result: orError(Schema.Struct({ dataOffset: Count }))
  }),
  call("advance", { direction: Direction }, orError(Nothing)),
  call(
    "directRead",
    {
      limit: Schema.NullOr(Count),
      windows: Schema.optionalWith(Schema.Boolean, { default: () => false }),
      take: Schema.optional(Schema.Int.pipe(Schema.positive()))
    },
    orError(
      Schema.Union(
        Schema.Struct({ data: Bytes, total: Count }),
        Schema.Struct({ windows: Schema.Array(Bytes), total: Count })
      )
    )
  ),
  call("directWrite", { data: Bytes, fill: Schema.optional(Schema.Int.pipe(Schema.positive())) }, Written)
)

/** A call on an open file, with its result. */
type FileOp = typeof FileOp.Type

const Procedure = Schema.Int.pipe(Schema.between(0, 5))

/** A call about I/O procedures, with its result. */
const ProcedureOp = Schema.Union(
  call("install", { procedure: Procedure, code: Code }, Schema.Struct({ procedure: Procedure })),
  call("find", { code: Code }, Schema.Struct({ procedure: Schema.NullOr(Procedure) })),
  call("remove", { code: Code }, Schema.Struct({ procedure: Schema.NullOr(Procedure) })),
  call(
    "open",
    { name: Schema.String, code: Schema.optional(Code), procedure: Schema.optional(Procedure) },
    Schema.Struct({
      opened: Schema.Boolean,
      procedure: Schema.NullOr(Procedure),
      name: Schema.optional(Schema.String)
    })
  ),
  call(
    "sendMessage",
    { message: Count, param1: Schema.Int, param2: Schema.Int },
    Schema.Union(Schema.Struct({ value: Schema.Int }), Schema.Struct({ refused: Schema.Literal(true) }))
  ),
  call("close", {}, Nothing)
)

/** A call about I/O procedures, with its result. */
type ProcedureOp = typeof ProcedureOp.Type

const FourCCOp = call(
  "stringToFourCC",
  { text: Schema.String, toUpper: Schema.Boolean },
  Schema.Struct({ code: Code, value: Size })
)

const head = <Family extends string>(...families: readonly [Family, ...ReadonlyArray<Family>]) => ({
  name: Schema.NonEmptyString,
  family: Schema.Literal(...families),
  seed: Schema.optional(Schema.Int),
  /** Traces that state what the documentation says, and were not recorded. */
  basis: Schema.optional(Schema.Literal("documentation"))
})

/** Calls on a file, or on a block of memory. */
export const FileTrace = Schema.Struct({
  ...head(
    "unbuffered-file",
    "buffered-read",
    "buffered-write",
    "set-buffer",
    "memory-file",
    "riff-build",
    "riff-read",
    "riff-malformed",
    "direct-access"
  ),
  storage: Schema.Union(
    Schema.Struct({ kind: Schema.Literal("file"), initial: Bytes }),
    Schema.Struct({ kind: Schema.Literal("memory"), size: Count, initial: Bytes }).pipe(
      Schema.filter(({ initial, size }) => initial.length <= size || "a block of memory that is larger than it begins")
    )
  ),
  open: Schema.Struct({
    mode: Schema.Literal("read", "write", "readwrite"),
    create: Schema.Boolean,
    buffer: Count
  }),
  ops: Schema.Array(FileOp),
  final: Bytes
})

/** Calls on a file, or on a block of memory. */
export type FileTrace = typeof FileTrace.Type

/** Calls about I/O procedures. */
export const ProcedureTrace = Schema.Struct({ ...head("io-procedure"), ops: Schema.Array(ProcedureOp) })

/** Calls about I/O procedures. */
export type ProcedureTrace = typeof ProcedureTrace.Type

/** Conversions of text to four-character codes. */
export const FourCCTrace = Schema.Struct({ ...head("four-cc"), ops: Schema.Array(FourCCOp) })

/** Conversions of text to four-character codes. */
export type FourCCTrace = typeof FourCCTrace.Type

const CheckedFileTrace = FileTrace.pipe(Schema.filter((trace) => danglingChunk(trace.ops)))
const CheckedProcedureTrace = ProcedureTrace.pipe(Schema.filter((trace) => danglingFile(trace.ops)))

/**
 * A trace; its family says of what kind. A trace whose calls name a chunk that no earlier call found or made, or talk
 * to a file that is not open, is none.
 */
export const Trace = Schema.Union(CheckedFileTrace, CheckedProcedureTrace, FourCCTrace)

/** A trace; its family says of what kind. */
export type Trace = FileTrace | ProcedureTrace | FourCCTrace

const danglingChunk = (ops: ReadonlyArray<FileOp>): Schema.FilterOutput | undefined => {
  const known = new Set<string>()
  for (const [index, op] of ops.entries()) {
    const wanted = op.op === "ascend" ? op.chunk : op.op === "descend" ? op.parent : null
    if (wanted !== null && !known.has(wanted)) {
      return { path: ["ops", index], message: `no earlier call found or made the chunk ${JSON.stringify(wanted)}` }
    }
    if (op.op !== "descend" && op.op !== "createChunk") continue
    if ("error" in op.result) known.delete(op.as)
    else known.add(op.as)
  }
}

const danglingFile = (ops: ReadonlyArray<ProcedureOp>): Schema.FilterOutput | undefined => {
  let open = false
  for (const [index, op] of ops.entries()) {
    if (op.op === "open") open = op.result.opened
    else if (op.op !== "close" && op.op !== "sendMessage") continue
    else if (!open) return { path: ["ops", index], message: "no file is open" }
    else if (op.op === "close") open = false
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// errors
// ---------------------------------------------------------------------------------------------------------------------

/** What was to be a trace is none. */
export class MalformedTrace extends Data.TaggedError("MalformedTrace")<{
  /** Where, and what is wrong there, as a sentence. */
  readonly description: string
  readonly cause?: unknown
}> {
  override get message() {
    return this.description
  }
}

/** A call gave something else than the trace says, or the file ended up with other bytes. */
export class Mismatch extends Data.TaggedError("Mismatch")<{
  /** The name of the trace. */
  readonly trace: string
  /** Which call, counted from 0; `"final"` where it is the bytes at the end. */
  readonly op: number | "final"
  /** The call, as the trace writes it; empty for the bytes at the end. */
  readonly call: string
  /** What the trace says, as it writes it. */
  readonly expected: string
  /** What came out, written in the same way. */
  readonly got: string
  /** The error that the call failed with, if it did. */
  readonly cause?: unknown
}> {
  override get message() {
    const where = this.op === "final" ? "the final bytes" : `op ${this.op} ${this.call}`
    return `${this.trace}: ${where}: expected ${this.expected}, got ${this.got}`
  }
}

/** The storage failed around the calls: while a file was prepared, opened, closed, or read back. */
class StorageFailure extends Data.TaggedError("StorageFailure")<{
  /** The name of the trace. */
  readonly trace: string
  /** What failed. */
  readonly step: "prepare" | "open" | "close" | "read back"
  readonly cause: MmioError.MmioError
}> {
  override get message() {
    return `${this.trace}: could not ${this.step}: ${this.cause.message}`
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// decoding
// ---------------------------------------------------------------------------------------------------------------------

const labelOf = (input: unknown, index: number | undefined): string => {
  const name = typeof input === "object" && input !== null && "name" in input && typeof input.name === "string"
    ? JSON.stringify(input.name)
    : undefined
  return index === undefined
    ? `trace ${name ?? "without a name"}`
    : `trace ${index}${name === undefined ? "" : ` ${name}`}`
}

const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join("").replace(/^\./, "")

const familyOf = Schema.decodeUnknownEither(Schema.Struct({
  family: Schema.Literal(...FileTrace.fields.family.literals, "io-procedure", "four-cc")
}))
const decodeFile = Schema.decodeUnknownEither(CheckedFileTrace)
const decodeProcedure = Schema.decodeUnknownEither(CheckedProcedureTrace)
const decodeFourCC = Schema.decodeUnknownEither(FourCCTrace)

/** Asks for the family first: an error of the union would speak of all kinds of traces at once. */
const decodeTrace = (input: unknown): Either.Either<Trace, ParseResult.ParseError> =>
  Either.flatMap(
    familyOf(input),
    ({ family }): Either.Either<Trace, ParseResult.ParseError> =>
      family === "io-procedure"
        ? decodeProcedure(input)
        : family === "four-cc"
        ? decodeFourCC(input)
        : decodeFile(input)
  )

/** The issue that says most: of a union, every member says what it misses, and one what is wrong with what is there. */
const mainIssue = (error: ParseResult.ParseError): ParseResult.ArrayFormatterIssue | undefined => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  return issues.find((issue) => issue._tag !== "Missing") ?? issues.at(-1)
}

const decodeAt = (input: unknown, index: number | undefined): Either.Either<Trace, MalformedTrace> =>
  Either.mapLeft(decodeTrace(input), (cause) => {
    const issue = mainIssue(cause)
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${pathOf(issue.path)}`
    const what = (issue?.message ?? "it is no trace").replace(/\s+/g, " ")
    return new MalformedTrace({ description: `${labelOf(input, index)}${where}: ${what}`, cause })
  })

/** Reads one trace from parsed JSON. */
export const decode = (input: unknown): Effect.Effect<Trace, MalformedTrace> => decodeAt(input, undefined)

/** Reads a file of traces: a JSON array of them. */
export const fromJson = (text: string): Effect.Effect<ReadonlyArray<Trace>, MalformedTrace> =>
  Either.flatMap(
    Either.try({
      try: (): unknown => JSON.parse(text),
      catch: (cause) =>
        new MalformedTrace({ description: `it is not JSON: ${cause instanceof Error ? cause.message : cause}`, cause })
    }),
    (input) =>
      Array.isArray(input)
        ? Either.all(input.map((trace: unknown, index) => decodeAt(trace, index)))
        : Either.left(new MalformedTrace({ description: "it is not a list of traces" }))
  )

// ---------------------------------------------------------------------------------------------------------------------
// replaying
// ---------------------------------------------------------------------------------------------------------------------

/** How a trace is replayed. */
export interface ReplayOptions {
  /** What the names of the files that are made begin with, such as a folder with its separator. Default: nothing. */
  readonly prefix?: string | undefined
  /**
   * Whether the storage may read fewer bytes at once than it is asked for and has. The windows of a `directRead` then
   * may be smaller than the buffer, and only what they hold together is compared. Default: false.
   */
  readonly shortReads?: boolean | undefined
}

/** What replaying can fail with. */
export type ReplayError = Mismatch | StorageFailure | MalformedTrace

/**
 * Replays a trace on the storage of the program: prepares the file, opens it, makes the calls and compares each result,
 * closes the file and compares its bytes. Fails at the first difference.
 *
 * - The file is written and read back through handles of their own, under a name that no other replay of this process
 *   uses, and removed at the end if the storage can remove files.
 * - A trace about a block of memory does not touch the storage: `Mmio.openMemory` gets a block of exactly the size that
 *   the trace says, which is compared as a whole.
 * - A trace about I/O procedures has a storage of its own, without files, under a registry.
 * - A message below `MMIOM_USER` cannot be said to this library: what reading, writing and the like are asked by are
 *   functions of the driver, and what `Mmio.sendMessage` carries are requests of the driver's own. So such a message is
 *   sent as a request of a type that the procedures do not know, and `None`, which is the library's word for "not
 *   recognised", counts as refused.
 */
export const replay = (trace: Trace, options?: ReplayOptions): Effect.Effect<void, ReplayError, IOProc.IOProc> =>
  trace.family === "four-cc"
    ? replayFourCC(trace)
    : trace.family === "io-procedure"
    ? Effect.scoped(replayProcedures(trace))
    : trace.storage.kind === "memory"
    ? Effect.scoped(replayInMemory(trace, trace.storage))
    : replayInFile(trace, trace.storage, options)

const failing = (trace: Trace, step: StorageFailure["step"]) => (cause: MmioError.MmioError) =>
  new StorageFailure({ trace: trace.name, step, cause })

/** Compares what came out with the result of a call, both written as the trace writes results. */
const compare = (
  trace: Trace,
  op: number,
  { result, ...call }: { readonly op: string; readonly result: unknown },
  got: unknown,
  cause?: MmioError.MmioError
): Effect.Effect<void, Mismatch> => {
  const [wanted, came] = [toJson(result), toJson(got)]
  return wanted === came ? Effect.void : Effect.fail(
    new Mismatch({
      trace: trace.name,
      op,
      call: toJson(call),
      expected: wanted,
      got: came,
      ...(cause === undefined ? {} : { cause })
    })
  )
}

const compareBytes = (trace: FileTrace, got: Uint8Array): Effect.Effect<void, Mismatch> => {
  const at = firstDifference(trace.final, got)
  return at === undefined ? Effect.void : Effect.fail(
    new Mismatch({
      trace: trace.name,
      op: "final",
      call: "",
      expected: excerpt(trace.final, at),
      got: excerpt(got, at)
    })
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// four-character codes
// ---------------------------------------------------------------------------------------------------------------------

const replayFourCC = (trace: FourCCTrace): Effect.Effect<void, Mismatch> =>
  Effect.forEach(trace.ops, (op, index) => {
    const code = FourCC.fromString(op.text, { upperCase: op.toUpper })
    return compare(trace, index, op, { code, value: FourCC.toNumber(code) })
  }, { discard: true })

// ---------------------------------------------------------------------------------------------------------------------
// files
// ---------------------------------------------------------------------------------------------------------------------

let replays = 0

const replayInFile = (
  trace: FileTrace,
  { initial }: { readonly initial: Uint8Array },
  { prefix = "", shortReads = false }: ReplayOptions = {}
): Effect.Effect<void, ReplayError, IOProc.IOProc> =>
  Effect.suspend(() => {
    const name = FileName.plain(`${prefix}conformance-${++replays}.tmp`)
    const { buffer, create, mode } = trace.open
    const common = { buffer: buffer === 0 ? "none" : buffer } as const
    const prepare = Mmio.withFile(
      name,
      { access: "write", create: true },
      // A file cannot be created for reading only: it is created first, and then read.
      (file) => mode === "read" && create ? Effect.void : Mmio.writeAll(file, initial)
    )
    const open: Effect.Effect<
      Mmio.Handle,
      MmioError.OpenError | MmioError.InvalidParameter,
      IOProc.IOProc | Scope.Scope
    > = mode === "read"
      ? Mmio.open(name, { ...common, access: "read" })
      : mode === "write"
      ? Mmio.open(name, { ...common, access: "write", create })
      : Mmio.open(name, { ...common, access: "readWrite", create })
    const readBack = Mmio.withFile(name, { access: "read" }, (file) =>
      Effect.gen(function*() {
        const length = yield* Mmio.seek(file, 0, "end")
        yield* Mmio.seek(file, 0)
        return yield* Mmio.read(file, length)
      }))
    return Effect.gen(function*() {
      yield* Effect.mapError(prepare, failing(trace, "prepare"))
      yield* Effect.scoped(Effect.flatMap(
        Effect.mapError(open, failing(trace, "open")),
        (handle) => replayCalls(trace, handle, shortReads)
      ))
      yield* compareBytes(trace, yield* Effect.mapError(readBack, failing(trace, "read back")))
    }).pipe(
      // Not every storage can remove files; one that cannot keeps them.
      Effect.ensuring(Effect.ignore(Mmio.remove(name)))
    )
  })

const replayInMemory = (
  trace: FileTrace,
  { initial, size }: { readonly initial: Uint8Array; readonly size: number }
): Effect.Effect<void, ReplayError, Scope.Scope> =>
  Effect.suspend(() => {
    const block = new Uint8Array(size)
    block.set(initial)
    const { create, mode } = trace.open
    const open = Mmio.openMemory<IOProc.Access>({
      bytes: block,
      create,
      access: mode === "readwrite" ? "readWrite" : mode,
      name: trace.name
    })
    return Effect.mapError(open, failing(trace, "open")).pipe(
      Effect.flatMap((handle) => replayCalls(trace, handle, false)),
      Effect.zipRight(Effect.suspend(() => compareBytes(trace, block)))
    )
  })

/** Makes the calls, and closes. */
const replayCalls = (
  trace: FileTrace,
  handle: Mmio.Handle,
  shortReads: boolean
): Effect.Effect<void, ReplayError> =>
  Effect.suspend(() => {
    // Traces make calls that the handle's type forbids, to see them refused: a cast is how a program gets there.
    const file = handle as Mmio.ReadWriteHandle
    const chunks = new Map<string, Riff.Chunk>()
    return Effect.forEach(trace.ops, (op, index) => {
      const missing = (name: string) =>
        new MalformedTrace({ description: `${trace.name} at ops[${index}]: there is no chunk ${JSON.stringify(name)}` })
      return Effect.matchEffect(perform(file, chunks, missing, op), {
        onSuccess: (got) => {
          if (!shortReads || op.op !== "directRead") return compare(trace, index, op, got)
          return compare(trace, index, { ...op, result: joined(op.result) }, joined(got))
        },
        onFailure: (error): Effect.Effect<void, Mismatch | MalformedTrace> =>
          error._tag === "MalformedTrace" ? Effect.fail(error) : compare(trace, index, op, { error: error._tag }, error)
      })
    }, { discard: true }).pipe(
      Effect.zipRight(Effect.mapError(Mmio.close(handle), failing(trace, "close")))
    )
  })

const perform = (
  file: Mmio.ReadWriteHandle,
  chunks: Map<string, Riff.Chunk>,
  missing: (name: string) => MalformedTrace,
  op: FileOp
): Effect.Effect<unknown, MmioError.MmioError | MalformedTrace> => {
  const chunkOf = (name: string): Effect.Effect<Riff.Chunk, MalformedTrace> => {
    const chunk = chunks.get(name)
    return chunk === undefined ? Effect.fail(missing(name)) : Effect.succeed(chunk)
  }
  switch (op.op) {
    case "read":
      return Effect.map(Mmio.read(file, op.count), (data) => ({ data }))
    case "write":
      return Effect.map(Mmio.write(file, op.data), (count) => ({ count }))
    case "seek":
      return Effect.map(Mmio.seek(file, op.offset, op.whence), (position) => ({ position }))
    case "position":
      return Effect.map(Mmio.position(file), (position) => ({ position }))
    case "flush":
      return Effect.as(Mmio.flush(file, { emptyBuffer: op.emptyBuffer }), {})
    case "setBuffer":
      return Effect.as(Mmio.setBuffer(file, op.size === 0 ? "none" : op.size), {})
    case "descend":
      return Effect.gen(function*() {
        const parent = op.parent === null ? undefined : yield* chunkOf(op.parent)
        const chunk = yield* Riff.descend(file, { find: op.find ?? undefined, parent })
        chunks.set(op.as, chunk)
        return { id: chunk.id, size: chunk.size, type: Option.getOrNull(chunk.type), dataOffset: chunk.dataOffset }
      })
    case "ascend":
      return Effect.gen(function*() {
        // What it gives is the chunk as the next call has to know it: corrected, and no longer to be corrected.
        chunks.set(op.chunk, yield* Riff.ascend(file, yield* chunkOf(op.chunk)))
        return {}
      })
    case "createChunk": {
      const { size } = op
      const spec: Riff.ChunkSpec = op.kind === "chunk"
        ? { chunk: op.id, size }
        : op.kind === "riff"
        ? { riff: op.type, size }
        : { list: op.type, size }
      return Effect.map(Riff.createChunk(file, spec), (chunk) => {
        chunks.set(op.as, chunk)
        return { dataOffset: chunk.dataOffset }
      })
    }
    case "advance":
      return Effect.as(Effect.flatMap(Mmio.getInfo(file), (info) => advance(file, info, op.direction)), {})
    case "directRead":
      return directRead(file, op)
    case "directWrite":
      return directWrite(file, op)
  }
}

/** A result of `directRead` as if all had been in one window. */
const joined = (result: unknown): unknown => {
  if (!isWindows(result)) return result
  const total = result.windows.reduce((sum, window) => sum + window.length, 0)
  return { ...result, windows: [concat(result.windows, total)] }
}

const isWindows = Schema.is(Schema.Struct({ windows: Schema.Array(Schema.Uint8ArrayFromSelf) }))

const advance = (file: Mmio.ReadWriteHandle, info: Mmio.Info, direction: "read" | "write") =>
  direction === "read" ? Mmio.advance(file, info, "read") : Mmio.advance(file, info, "write")

const directRead = (
  file: Mmio.ReadWriteHandle,
  { limit, take = Infinity, windows }: Extract<FileOp, { readonly op: "directRead" }>
) =>
  Effect.gen(function*() {
    const turns: Array<Uint8Array> = []
    const wanted = limit ?? Infinity
    let total = 0
    let info = yield* Mmio.getInfo(file)
    while (total < wanted) {
      if (info.next === info.endRead) {
        info = yield* Mmio.advance(file, info, "read")
        if (info.next === info.endRead) break
      }
      const end = Math.min(info.endRead, info.next + take, info.next + wanted - total)
      // a copy, since the window moves on
      turns.push(info.bytes.slice(info.next, end))
      total += end - info.next
      info = { ...info, next: end }
    }
    yield* Mmio.setInfo(file, info)
    return windows ? { windows: turns, total } : { data: concat(turns, total), total }
  })

const directWrite = (
  file: Mmio.ReadWriteHandle,
  { data, fill = Infinity }: Extract<FileOp, { readonly op: "directWrite" }>
) =>
  Effect.gen(function*() {
    const windows: Array<number> = []
    let total = 0
    let info = yield* Mmio.getInfo(file)
    let full = info.next === info.endWrite
    while (total < data.length) {
      if (full) info = yield* Mmio.advance(file, info, "write")
      const count = Math.min(info.endWrite - info.next, fill, data.length - total)
      info.bytes.set(data.subarray(total, total + count), info.next)
      windows.push(count)
      total += count
      info = { ...info, next: info.next + count, dirty: true }
      full = info.next === info.endWrite || count === fill
    }
    yield* Mmio.setInfo(file, info)
    return { windows, total }
  })

const concat = (parts: ReadonlyArray<Uint8Array>, total: number): Uint8Array => {
  const whole = new Uint8Array(total)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

// ---------------------------------------------------------------------------------------------------------------------
// I/O procedures
// ---------------------------------------------------------------------------------------------------------------------

/** A message that is the procedures' own: its number is at least {@link firstUserMessage}. */
class UserMessage extends Request.TaggedClass("UserMessage")<
  number,
  never,
  { readonly message: number; readonly param1: number; readonly param2: number }
> {}

/** A number below: nothing that a procedure could have a request for. */
class SystemMessage extends Request.TaggedClass("SystemMessage")<number, never, { readonly message: number }> {}

const firstUserMessage = 0x8000

const isUserMessage = (request: Request.Request<unknown, unknown>): request is UserMessage =>
  request instanceof UserMessage

const answerOf = (procedure: number, { message, param1, param2 }: UserMessage): number => {
  switch (message) {
    case 0x8000:
      return param1 + param2
    case 0x8001:
      return procedure + 1
    case 0x8007:
      return 2 * param1
    default:
      return 0
  }
}

/** Who was asked to open a file, and by what name. */
interface Asked {
  readonly procedure: number
  readonly name: string
}

const procedureOf = (number: number, onOpen: (asked: Asked) => void): IOProc.IOProc =>
  IOProc.fromProcedure<null>((message) => {
    switch (message._tag) {
      case "Open":
        return Option.some(message.reply(Effect.sync(() => {
          onOpen({ procedure: number, name: message.request.name.full })
          return null
        })))
      case "User":
        return message.match(isUserMessage, (request) => Effect.succeed(answerOf(number, request)))
      default:
        return Option.none()
    }
  })

const emptyStorage = IOProc.make({
  open: ({ name }) =>
    Effect.fail(
      new MmioError.FileNotFound({
        operation: "open",
        file: name.full,
        description: "there are no files in this storage"
      })
    )
})

const replayProcedures = (trace: ProcedureTrace): Effect.Effect<void, ReplayError, Scope.Scope> =>
  Effect.gen(function*() {
    let asked: Asked | undefined
    let open: Option.Option<Mmio.Handle> = Option.none()
    const procedures = Array.from({ length: 6 }, (_, number) =>
      procedureOf(number, (by) => {
        asked = by
      }))
    const registry = yield* IOProcRegistry.make(emptyStorage)

    const numberOf = (found: Option.Option<IOProc.IOProc>) =>
      Option.match(found, { onNone: () => null, onSome: (driver) => procedures.indexOf(driver) })
    const driverOf = (number: number, index: number) => {
      const driver = procedures[number]
      return driver === undefined
        ? Effect.fail(malformed(index, `there is no procedure ${number}`))
        : Effect.succeed(driver)
    }
    const malformed = (index: number, description: string) =>
      new MalformedTrace({ description: `${trace.name} at ops[${index}]: ${description}` })

    const openFile = (op: Extract<ProcedureOp, { readonly op: "open" }>, index: number) =>
      op.procedure === undefined
        ? Effect.provideService(Mmio.open(op.name, { ioProc: op.code }), IOProc.IOProc, registry.ioProc)
        : Effect.flatMap(driverOf(op.procedure, index), (driver) => Mmio.openWith(driver, op.name))

    const make = (op: ProcedureOp, index: number): Effect.Effect<unknown, ReplayError, Scope.Scope> => {
      switch (op.op) {
        case "install":
          return Effect.flatMap(
            driverOf(op.procedure, index),
            (driver) => Effect.as(registry.install(op.code, driver), { procedure: op.procedure })
          )
        case "find":
          return Effect.map(registry.find(op.code), (found) => ({ procedure: numberOf(found) }))
        case "remove":
          return Effect.map(registry.remove(op.code), (removed) => ({ procedure: numberOf(removed) }))
        case "open":
          asked = undefined
          return Effect.matchEffect(openFile(op, index), {
            onSuccess: (handle) => {
              open = Option.some(handle)
              return Effect.succeed({ opened: true, procedure: null, ...asked })
            },
            onFailure: (error): Effect.Effect<unknown, MalformedTrace> => {
              switch (error._tag) {
                case "MalformedTrace":
                  return Effect.fail(error)
                case "CannotOpen":
                case "FileNotFound":
                  return Effect.succeed({ opened: false, procedure: null, ...asked })
                default:
                  return Effect.succeed({ error: error._tag })
              }
            }
          })
        case "sendMessage": {
          if (Option.isNone(open)) return Effect.fail(malformed(index, "no file is open"))
          const { message, param1, param2 } = op
          const request = message < firstUserMessage
            ? new SystemMessage({ message })
            : new UserMessage({ message, param1, param2 })
          return Effect.map(
            Mmio.sendMessage(open.value, request),
            Option.match({ onNone: () => ({ refused: true }), onSome: (value) => ({ value }) })
          )
        }
        case "close": {
          if (Option.isNone(open)) return Effect.fail(malformed(index, "no file is open"))
          const handle = open.value
          open = Option.none()
          return Effect.as(Effect.mapError(Mmio.close(handle), failing(trace, "close")), {})
        }
      }
    }
    yield* Effect.forEach(
      trace.ops,
      (op, index) => Effect.flatMap(Effect.suspend(() => make(op, index)), (got) => compare(trace, index, op, got)),
      { discard: true }
    )
  })
