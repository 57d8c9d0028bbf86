/**
 * What a handle has to do, said as simply as it can be: a file is an array of bytes, a handle adds a position, and
 * chunks are what the definition of RIFF says they are. Everything here is pure but for {@link check}, which does the
 * same to a handle and to the model.
 *
 * @since 0.1.0
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as internal from "./internal/modelRun.js"

// ---------------------------------------------------------------------------------------------------------------------
// bytes and a position
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The model of an open file.
 *
 * @since 0.1.0
 * @category models
 */
export interface State {
  /** What the file holds. */
  readonly bytes: Uint8Array
  /** The position of the handle, which may be past the end. */
  readonly position: number
}

/**
 * Something done with a handle, as data, so that a sequence that fails can be shrunk and printed. The operations named
 * `direct…` and `withBuffer…` go through direct access, in the loop of the original's documentation; on a handle
 * without a buffer they are plain reads and writes.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation =
  | { readonly op: "read" | "readInto" | "directRead" | "withBufferRead"; readonly count: number }
  | { readonly op: "write" | "writeAll" | "directWrite" | "withBufferWrite"; readonly data: Uint8Array }
  | { readonly op: "seek"; readonly offset: number; readonly from: IOProc.Whence }
  | { readonly op: "position" }
  | { readonly op: "flush"; readonly emptyBuffer: boolean }
  | { readonly op: "setBuffer"; readonly buffer: number | "none"; readonly own: boolean }
  | { readonly op: "forEachBuffer"; readonly from: number | undefined; readonly length: number }
  | { readonly op: "stream"; readonly from: number | undefined; readonly length: number; readonly chunkSize: number }

/**
 * What an operation gives: bytes that were read, a number (of bytes written, or a position), nothing, or the tag of
 * what it fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type Result = number | ReadonlyArray<number> | undefined | MmioError.MmioError["_tag"]

/**
 * A file that holds these bytes, open at its start.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (bytes: Iterable<number>): State => ({ bytes: Uint8Array.from(bytes), position: 0 })

/**
 * The model after an operation, and what the operation gives.
 *
 * @since 0.1.0
 * @category transitions
 */
export const step = (self: State, operation: Operation): readonly [state: State, result: Result] => {
  switch (operation.op) {
    case "read":
    case "readInto":
    case "directRead":
    case "withBufferRead":
      return read(self, self.position, operation.count)
    case "write":
    case "writeAll":
    case "directWrite":
    case "withBufferWrite":
      return [
        { bytes: written(self, operation.data).bytes, position: self.position + operation.data.length },
        operation.data.length
      ]
    case "seek": {
      const { from, offset } = operation
      const target = offset + (from === "start" ? 0 : from === "current" ? self.position : self.bytes.length)
      return target < 0 ? [self, "CannotSeek"] : [{ ...self, position: target }, target]
    }
    case "position":
      return [self, self.position]
    case "flush":
    case "setBuffer":
      return [self, undefined]
    case "forEachBuffer":
    case "stream":
      return read(self, operation.from ?? self.position, operation.length)
  }
}

/**
 * The model after all of the operations.
 *
 * @since 0.1.0
 * @category transitions
 */
export const steps = (self: State, operations: Iterable<Operation>): State => {
  let state = self
  for (const operation of operations) [state] = step(state, operation)
  return state
}

/**
 * The model with bytes at its position, which stays: what a write has done that failed after these bytes. A gap before
 * them is filled with zeros; no bytes are no write, and leave no gap.
 *
 * @since 0.1.0
 * @category transitions
 */
export const written = (self: State, data: Uint8Array): State => {
  if (data.length === 0) return self
  const bytes = new Uint8Array(Math.max(self.bytes.length, self.position + data.length))
  bytes.set(self.bytes)
  bytes.set(data, self.position)
  return { ...self, bytes }
}

const read = (self: State, from: number, count: number): readonly [State, ReadonlyArray<number>] => {
  const data = [...self.bytes.subarray(from, from + count)]
  return [{ ...self, position: from + data.length }, data]
}

// ---------------------------------------------------------------------------------------------------------------------
// a handle beside the model
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A handle did what the model does not.
 *
 * @since 0.1.0
 * @category errors
 */
export class Mismatch extends Data.TaggedError("Mismatch")<{
  /** Which of the operations it was, counted from 0. */
  readonly index: number
  /** The operation. */
  readonly operation: Operation
  /** What differs. */
  readonly of: "result" | "position"
  /** What the model says. */
  readonly expected: Result
  /** What the handle gave. */
  readonly actual: Result
}> {
  override get message(): string {
    const { actual, expected, index, of, operation } = this
    return `operation ${index}, ${show(operation)}: the ${of} is ${show(actual)}, the model says ${show(expected)}`
  }
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, item) => item instanceof Uint8Array ? [...item] : item) ?? "nothing"

/**
 * Does an operation to a handle. A handle that was opened for one access only is cast, and the sequences made for it
 * hold only what that access allows.
 *
 * @since 0.1.0
 * @category checking
 */
export const run: (
  file: Mmio.ReadWriteHandle,
  operation: Operation
) => Effect.Effect<Result, MmioError.MmioError> = internal.run

/**
 * Does operations to a handle and to the model, and compares every result and position; gives the model at the end,
 * whose bytes the file has to hold once the handle is flushed. What the model says fails has to fail so, and nothing
 * else may fail.
 *
 * @since 0.1.0
 * @category checking
 */
export const check = (
  file: Mmio.ReadWriteHandle,
  initial: State,
  operations: Iterable<Operation>
): Effect.Effect<State, Mismatch> =>
  Effect.gen(function*() {
    let state = initial
    let index = 0
    for (const operation of operations) {
      const [next, expected] = step(state, operation)
      const actual = yield* Effect.catchAll(run(file, operation), (error) => Effect.succeed<Result>(error._tag))
      if (!same(actual, expected)) {
        return yield* Effect.fail(new Mismatch({ index, operation, of: "result", expected, actual }))
      }
      const position = yield* internal.position(file)
      if (position !== next.position) {
        return yield* Effect.fail(
          new Mismatch({ index, operation, of: "position", expected: next.position, actual: position })
        )
      }
      state = next
      index++
    }
    return state
  })

/**
 * Whether two results are the same.
 *
 * @since 0.1.0
 * @category checking
 */
export const same = (a: Result, b: Result): boolean =>
  typeof a === "object" && typeof b === "object"
    ? a.length === b.length && a.every((byte, i) => byte === b[i])
    : a === b

// ---------------------------------------------------------------------------------------------------------------------
// RIFF
// ---------------------------------------------------------------------------------------------------------------------

/**
 * A chunk as data: of bytes, or of a type and further chunks.
 *
 * @since 0.1.0
 * @category models
 */
export type Chunk =
  | { readonly id: string; readonly data: Uint8Array }
  | { readonly id: "RIFF" | "LIST"; readonly type: string; readonly children: ReadonlyArray<Chunk> }

/**
 * The bytes of chunks, one after another.
 *
 * @since 0.1.0
 * @category riff
 */
export const serialize = (chunks: ReadonlyArray<Chunk>): Uint8Array => Uint8Array.from(chunks.flatMap(bytesOf))

const bytesOf = (chunk: Chunk): ReadonlyArray<number> => {
  const data = "data" in chunk ? [...chunk.data] : [...latin1(chunk.type), ...chunk.children.flatMap(bytesOf)]
  const { length } = data
  const size = [length & 0xff, (length >>> 8) & 0xff, (length >>> 16) & 0xff, length >>> 24]
  return [...latin1(chunk.id), ...size, ...data, ...(length % 2 === 1 ? [0] : [])]
}

const latin1 = (text: string): Array<number> => Array.from(text, (character) => character.charCodeAt(0))

/**
 * A chunk as its header says it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  /** The id. */
  readonly id: string
  /** The declared size. */
  readonly size: number
  /** The type of a `RIFF` or `LIST`. */
  readonly type: string | undefined
  /** Where the data begins. */
  readonly dataOffset: number
  /** In which order the bytes of the size are. */
  readonly byteOrder: "little" | "big"
}

/** What can only begin a file, and so says by itself how it is written. */
const forms: Record<string, "little" | "big"> = {
  RIFF: "little",
  RF64: "little",
  BW64: "little",
  RIFX: "big",
  FORM: "big",
  "CAT ": "big"
}

const bigContainers = new Set(["RIFF", "RIFX", "LIST", "FORM", "CAT ", "PROP"])

/**
 * The header at a place: undefined where none fits before `limit` and the end of the bytes, `"cut"` where the bytes end
 * before the type of a `RIFF` or `LIST`. `byteOrder` is that of the chunk around it; without one, what begins a file
 * says it itself. (Of `RF64` and `BW64` the size in the header is given, whatever a `ds64` says; Wave64 is not
 * modelled.)
 *
 * @since 0.1.0
 * @category riff
 */
export const headerAt = (
  bytes: Uint8Array,
  at: number,
  limit: number,
  byteOrder?: "little" | "big"
): Header | "cut" | undefined => {
  if (at + 8 > limit || at + 8 > bytes.length) return undefined
  const text = (from: number) => String.fromCharCode(...bytes.subarray(from, from + 4))
  const id = text(at)
  const order = byteOrder ?? forms[id] ?? "little"
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, order === "little")
  const container = byteOrder === "big"
    ? bigContainers.has(id)
    : id === "RIFF" || id === "LIST" || (byteOrder === undefined && id in forms)
  if (container && at + 12 > bytes.length) return "cut"
  return { id, size, type: container ? text(at + 8) : undefined, dataOffset: at + 8, byteOrder: order }
}

/**
 * What is looked for, as `Riff.descend` is told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Find {
  /** The id of a chunk. */
  readonly chunk?: string | undefined
  /** The form type of a `RIFF`, `RIFX`, `RF64` or `BW64`. */
  readonly riff?: string | undefined
  /** The list type of a `LIST`. */
  readonly list?: string | undefined
}

/**
 * What a search from `start` on finds, or fails with.
 *
 * @since 0.1.0
 * @category riff
 */
export const search = (
  bytes: Uint8Array,
  start: number,
  find: Find | undefined,
  parent:
    | { readonly dataOffset: number; readonly size: number; readonly byteOrder?: "little" | "big" | undefined }
    | undefined
): Header | "ChunkNotFound" | "InvalidFile" => {
  const limit = parent === undefined ? Infinity : parent.dataOffset + parent.size
  if (parent !== undefined && start < parent.dataOffset) return "ChunkNotFound"
  const ids = find === undefined
    ? undefined
    : find.chunk !== undefined
    ? [find.chunk]
    : find.riff === undefined
    ? ["LIST"]
    : ["RIFF", "RIFX", "RF64", "BW64"]
  const type = find?.riff ?? find?.list
  const byteOrder = parent === undefined ? undefined : parent.byteOrder ?? "little"
  for (let at = start;;) {
    const header = headerAt(bytes, at, limit, byteOrder)
    if (header === undefined) return "ChunkNotFound"
    if (header === "cut") {
      const cut = String.fromCharCode(...bytes.subarray(at, at + 4))
      return ids === undefined || ids.includes(cut) ? "InvalidFile" : "ChunkNotFound"
    }
    if (
      (ids === undefined || ids.includes(header.id))
      && (find?.chunk !== undefined || type === undefined || header.type === type)
    ) {
      return header
    }
    at = header.dataOffset + header.size + header.size % 2
  }
}
