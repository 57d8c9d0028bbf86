import * as Mmio from "@effect-mmio/core/Mmio"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Api from "../Model.js"

type Failure = MmioError.MmioError

/** @internal */
export const position = Mmio.position

/** @internal */
export const run = (file: Mmio.ReadWriteHandle, operation: Api.Operation): Effect.Effect<Api.Result, Failure> => {
  switch (operation.op) {
    case "read":
      return Effect.map(Mmio.read(file, operation.count), (bytes) => [...bytes])
    case "readInto":
      return Effect.suspend(() => {
        const target = new Uint8Array(operation.count)
        return Effect.map(Mmio.readInto(file, target), (count) => [...target.subarray(0, count)])
      })
    case "directRead":
      return orPlain(file, { op: "read", count: operation.count }, directRead(file, operation.count))
    case "withBufferRead":
      return orPlain(file, { op: "read", count: operation.count }, withBufferRead(file, operation.count))
    case "write":
      return Mmio.write(file, operation.data)
    case "writeAll":
      return Effect.as(Mmio.writeAll(file, operation.data), operation.data.length)
    case "directWrite":
      return orPlain(file, { op: "write", data: operation.data }, directWrite(file, operation.data))
    case "withBufferWrite":
      return orPlain(file, { op: "write", data: operation.data }, withBufferWrite(file, operation.data))
    case "seek":
      return Mmio.seek(file, operation.offset, operation.from)
    case "position":
      return Mmio.position(file)
    case "flush":
      return Effect.as(Mmio.flush(file, { emptyBuffer: operation.emptyBuffer }), undefined)
    case "setBuffer":
      return Effect.as(Mmio.setBuffer(file, bufferOf(operation)), undefined)
    case "forEachBuffer":
      return forEachBuffer(file, operation.from, operation.length)
    case "stream":
      return stream(file, operation.from, operation.length, operation.chunkSize)
  }
}

/** A buffer of the caller's own comes with bytes in it, which no read may return. */
const bufferOf = ({ buffer, own }: { readonly buffer: number | "none"; readonly own: boolean }) =>
  own && buffer !== "none" ? new Uint8Array(buffer).fill(0xaa) : buffer

/** On a handle without a buffer, the plain operation. */
const orPlain = (
  file: Mmio.ReadWriteHandle,
  plain: Api.Operation,
  direct: Effect.Effect<Api.Result, Failure>
): Effect.Effect<Api.Result, Failure> =>
  Effect.flatMap(Mmio.getInfo(file), ({ bytes }) => bytes.length > 0 ? direct : run(file, plain))

const directRead = (file: Mmio.ReadWriteHandle, count: number) =>
  Effect.gen(function*() {
    const data: Array<number> = []
    let info = yield* Mmio.getInfo(file)
    while (data.length < count) {
      if (info.next === info.endRead) {
        info = yield* Mmio.advance(file, info, "read")
        if (info.next === info.endRead) break
      }
      const end = Math.min(info.endRead, info.next + count - data.length)
      data.push(...info.bytes.subarray(info.next, end))
      info = { ...info, next: end }
    }
    yield* Mmio.setInfo(file, info)
    return data
  })

const directWrite = (file: Mmio.ReadWriteHandle, data: Uint8Array) =>
  Effect.gen(function*() {
    let info = yield* Mmio.getInfo(file)
    let done = 0
    while (done < data.length) {
      if (info.next === info.endWrite) info = yield* Mmio.advance(file, info, "write")
      const count = Math.min(info.endWrite - info.next, data.length - done)
      info.bytes.set(data.subarray(done, done + count), info.next)
      done += count
      info = { ...info, next: info.next + count, dirty: true }
    }
    yield* Mmio.setInfo(file, info)
    return done
  })

const withBufferRead = (file: Mmio.ReadWriteHandle, count: number) =>
  Effect.gen(function*() {
    const data: Array<number> = []
    while (data.length < count) {
      const got = yield* Mmio.withBuffer(file, "read", ({ bytes, endRead, next }) => {
        const end = Math.min(endRead, next + count - data.length)
        return { value: [...bytes.subarray(next, end)], next: end }
      })
      if (got.length === 0) break
      data.push(...got)
    }
    return data
  })

const withBufferWrite = (file: Mmio.ReadWriteHandle, data: Uint8Array) =>
  Effect.gen(function*() {
    let done = 0
    while (done < data.length) {
      done += yield* Mmio.withBuffer(file, "write", ({ bytes, endWrite, next }) => {
        const count = Math.min(endWrite - next, data.length - done)
        bytes.set(data.subarray(done, done + count), next)
        return { value: count, next: next + count, dirty: true }
      })
    }
    return done
  })

const forEachBuffer = (file: Mmio.ReadWriteHandle, from: number | undefined, length: number) =>
  Effect.gen(function*() {
    const start = from ?? (yield* Mmio.position(file))
    if ((yield* Mmio.getInfo(file)).bytes.length === 0) {
      yield* Mmio.seek(file, start)
      return [...(yield* Mmio.read(file, length))]
    }
    const data: Array<number> = []
    yield* Mmio.forEachBuffer(file, (bytes) => data.push(...bytes), { from, to: start + length })
    return data
  })

const stream = (file: Mmio.ReadWriteHandle, from: number | undefined, length: number, chunkSize: number) =>
  Effect.gen(function*() {
    const start = from ?? (yield* Mmio.position(file))
    const data: Array<number> = []
    yield* Stream.runForEach(
      Mmio.stream(file, { from: start, to: start + length, chunkSize }),
      (bytes) => Effect.sync(() => data.push(...bytes))
    )
    // A stream of nothing does not touch the handle.
    if (length === 0) yield* Mmio.seek(file, start)
    return data
  })
