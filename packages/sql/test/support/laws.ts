/** What holds between processes, over any database. */
import { FileName, IOProc, Mmio, type MmioError, Riff } from "@effect-mmio/core"
import { assert } from "@effect/vitest"
import { Effect, Schedule, type Scope } from "effect"
import { type Answer, killRecorder, spawnSharer } from "./process.js"

/** A WAVE file of 100 bytes of sound. */
const wave = (): Uint8Array => {
  const bytes = new Uint8Array(144)
  const view = new DataView(bytes.buffer)
  const text = (at: number, id: string) => bytes.set(new TextEncoder().encode(id), at)
  text(0, "RIFF")
  view.setUint32(4, 136, true)
  text(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 8000, true)
  view.setUint32(28, 8000, true)
  view.setUint16(32, 1, true)
  view.setUint16(34, 8, true)
  text(36, "data")
  view.setUint32(40, 100, true)
  bytes.fill(0x80, 44)
  return bytes
}

/** Creates a file. */
export const put = (name: string, bytes: Uint8Array) =>
  Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes))

/** Reads a file. */
export const contentOf = (name: string) =>
  Mmio.withFile(
    name,
    { access: "read" },
    (file) =>
      Effect.flatMap(Mmio.seek(file, 0, "end"), (size) => Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, size)))
  )

const failed = ({ error, message }: Answer) => `${error}: ${message}`

const all = (answers: ReadonlyArray<Answer>) => {
  for (const answer of answers) assert.strictEqual(answer.error, undefined, failed(answer))
}

/**
 * Two processes edit one file, so many times each: those that find it taken fail with an error of a type, and nothing
 * is lost.
 */
export const editors = (
  url: string,
  times: number
): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc | Scope.Scope> =>
  Effect.gen(function*() {
    yield* put("edited.wav", wave())
    const chunks = ["one ", "two "]
    const answers = yield* Effect.forEach(
      chunks,
      (chunk) => Effect.flatMap(spawnSharer(url), ({ ask }) => ask({ do: "edit", path: "edited.wav", chunk, times })),
      { concurrency: "unbounded" }
    )
    all(answers)
    const found = yield* Effect.scoped(Effect.flatMap(Mmio.open("edited.wav"), (file) => Riff.tree(file)))
    const ids = found.chunks[0]?.children.map(({ chunk }) => chunk.id) ?? []
    for (const chunk of chunks) assert.strictEqual(ids.filter((id) => id === chunk).length, times, `chunks ${chunk}`)
    assert.strictEqual(found.problems.length, 0)
  })

/** Processes add to one number, so many times each, with the file for themselves: none is lost. */
export const counters = (
  url: string,
  processes: number,
  times: number
): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc | Scope.Scope> =>
  Effect.gen(function*() {
    yield* put("number", new Uint8Array(8))
    const answers = yield* Effect.forEach(
      Array.from({ length: processes }),
      () => Effect.flatMap(spawnSharer(url), ({ ask }) => ask({ do: "increment", path: "number", times })),
      { concurrency: "unbounded" }
    )
    all(answers)
    const bytes = yield* contentOf("number")
    assert.strictEqual(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0), BigInt(processes * times))
  })

/** Processes read a file while another writes it over again and again: each sees one generation as a whole. */
export const readers = (
  url: string,
  processes: number,
  times: number
): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc | Scope.Scope> =>
  Effect.gen(function*() {
    yield* put("filled", new Uint8Array(200_000).fill(1))
    const sharers = yield* Effect.forEach(Array.from({ length: processes }), () => spawnSharer(url))
    const reading = yield* Effect.fork(Effect.forEach(
      sharers,
      ({ ask }) => ask({ do: "readMany", path: "filled", times }),
      { concurrency: "unbounded" }
    ))
    let byte = 1
    yield* Mmio.withFile("filled", { access: "write" }, (file) =>
      Effect.repeat(
        Effect.gen(function*() {
          byte = byte % 200 + 1
          yield* Mmio.seek(file, 0)
          yield* Mmio.writeAll(file, new Uint8Array(200_000).fill(byte))
          yield* Mmio.flush(file)
        }).pipe(Effect.zipRight(Effect.sleep("1 millis")), Effect.zipRight(reading.status)),
        { until: ({ _tag }) => _tag === "Done" }
      ))
    const answers = yield* reading.await.pipe(Effect.flatten)
    all(answers)
    for (const { seen } of answers) assert.isAbove(seen ?? 0, 1, "generations that a process has seen")
  })

/**
 * What is found of a recorder that was killed: all that it flushed, to the byte, and the file free again once its lease
 * has ended.
 */
export const killed = (
  url: string,
  { after, flushes, number }: { readonly number: number; readonly flushes: number; readonly after: number },
  lease: number
): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc> =>
  Effect.gen(function*() {
    const name = `take ${number}`
    const flushed = yield* killRecorder(url, name, { flushes, after, lease })
    const bytes = yield* contentOf(name)
    assert.isAtLeast(bytes.length, flushed, "the size of what was flushed")
    // One flush more than the process has said at most, of three parts.
    assert.isAtMost(bytes.length, flushed + 3 * 60_000)
    for (let k = 0; k < bytes.length; k++) {
      if (bytes[k] !== (k * 31) % 251) assert.fail(`byte ${k} of ${bytes.length}, of which ${flushed} were flushed`)
    }
    const driver = yield* IOProc.IOProc
    yield* Effect.retry(
      Mmio.withFile(name, { access: "readWrite", share: "exclusive" }, () => Effect.void),
      { while: ({ _tag }) => _tag === "SharingViolation", schedule: Schedule.spaced("50 millis") }
    ).pipe(
      Effect.timeoutFail({ duration: lease * 10, onTimeout: () => new Error("the file stays taken") }),
      Effect.orDie
    )
    yield* driver.remove(FileName.plain(name))
  })
