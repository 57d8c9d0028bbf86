/**
 * Spans and metrics: of what is coarse, and nothing of what the buffer serves.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Metric, MetricState, Option, Stream, Tracer } from "effect"
import { numbers } from "./support/answering.js"

/** A span that is kept. */
class KeptSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly traceId = "trace"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  readonly links: Array<Tracer.SpanLink> = []
  status: Tracer.SpanStatus
  readonly spanId: string
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly kind: Tracer.SpanKind
  constructor(
    spanId: string,
    [name, parent, context, , startTime, kind]: Parameters<Tracer.Tracer["span"]>
  ) {
    this.spanId = spanId
    this.name = name
    this.parent = parent
    this.context = context
    this.kind = kind
    this.status = { _tag: "Started", startTime }
  }
  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>) {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
  }
  attribute(key: string, value: unknown) {
    this.attributes.set(key, value)
  }
  event() {}
  addLinks() {}
}

/** Runs an effect, and gives the spans that it made, in the order in which they began. */
const spansOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const spans: Array<KeptSpan> = []
    const tracer = Tracer.make({
      span: (...args) => {
        const span = new KeptSpan(`${spans.length}`, args)
        spans.push(span)
        return span
      },
      context: (f) => f()
    })
    return Effect.map(Effect.exit(Effect.withTracer(effect, tracer)), (exit) => ({ exit, spans }))
  })

const names = (spans: ReadonlyArray<KeptSpan>) => spans.map(({ name }) => name)
const attributes = (spans: ReadonlyArray<KeptSpan>, name: string) =>
  Object.fromEntries(spans.find((span) => span.name === name)?.attributes ?? [])

/** What the metrics say: counters and the gauge by name, the frequency by name and tag. */
const metrics = Effect.map(Metric.snapshot, (pairs) => {
  const values: { [name: string]: number } = {}
  for (const { metricKey: { name }, metricState } of pairs) {
    if (MetricState.isCounterState(metricState)) values[name] = Number(metricState.count)
    if (MetricState.isGaugeState(metricState)) values[name] = Number(metricState.value)
    if (MetricState.isFrequencyState(metricState)) {
      for (const [tag, count] of metricState.occurrences) values[`${name}.${tag}`] = count
    }
  }
  return values
})

/** By how much an effect changes a metric. */
const change = <E, R>(names: ReadonlyArray<string>, effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const before = yield* metrics
    yield* effect
    const after = yield* metrics
    return names.map((name) => (after[name] ?? 0) - (before[name] ?? 0))
  })

const storage = MemoryIOProc.layer({ a: numbers(20_000) })
const moved = ["mmio_read_bytes", "mmio_written_bytes", "mmio_refills", "mmio_drains"]

const hits = (file: Mmio.ReadWriteHandle) =>
  Effect.gen(function*() {
    for (let i = 0; i < 100; i++) {
      yield* Mmio.read(file, 4)
      yield* Mmio.readInto(file, new Uint8Array(4))
      yield* Mmio.seek(file, -8, "current")
      yield* Mmio.write(file, numbers(4))
      yield* Mmio.writeAll(file, numbers(4))
      yield* Mmio.seek(file, 100)
      yield* Mmio.position(file)
      yield* Mmio.getInfo(file)
      yield* Mmio.withBuffer(file, "read", ({ next }) => ({ value: next, next: next + 1 }))
      yield* Mmio.seek(file, 100)
    }
  })

describe("spans", () => {
  it.effect("are made of open, a flush that writes, commit and close, and of no hit", () =>
    Effect.gen(function*() {
      const { exit, spans } = yield* spansOf(Mmio.withFile("a", { access: "readWrite" }, (file) =>
        Effect.gen(function*() {
          yield* Mmio.seek(file, 100)
          yield* Mmio.read(file, 1)
          yield* Mmio.flush(file)
          yield* hits(file)
          yield* Mmio.flush(file)
          yield* Mmio.flush(file)
          yield* Mmio.commit(file)
        })))
      assert.deepStrictEqual(exit, Exit.void)
      assert.deepStrictEqual(names(spans), ["Mmio.open", "Mmio.flush", "Mmio.commit", "Mmio.close"])
      assert.deepStrictEqual(attributes(spans, "Mmio.open"), { "mmio.file": "a", "mmio.access": "readWrite" })
      const closed = attributes(spans, "Mmio.close")
      assert.isAbove(Number(closed["mmio.read_bytes"]), 0)
      assert.isAbove(Number(closed["mmio.written_bytes"]), 0)
      assert.isTrue(spans.every(({ status }) =>
        status._tag === "Ended" && Exit.isSuccess(status.exit)
      ))
    }).pipe(Effect.provide(storage)))

  it.effect("are made of what walks through a file, and say what was found", () =>
    Effect.gen(function*() {
      const { exit, spans } = yield* spansOf(Effect.gen(function*() {
        yield* Mmio.withFile("a.wav", { access: "write", create: true }, (file) =>
          Riff.withChunk(file, { riff: "WAVE" }, () =>
            Riff.withChunk(file, { chunk: "fmt " }, () =>
              Mmio.writeAll(file, Uint8Array.of(1, 0, 1, 0, 64, 31, 0, 0, 64, 31, 0, 0, 1, 0, 8, 0)))))
        yield* Mmio.withFile("a.wav", { access: "readWrite" }, (file) =>
          Effect.all([Riff.tree(file), Riff.verify(file), Riff.repair(file), Wave.info(file)], { discard: true }))
        yield* Riff.edit("a.wav", [RiffEdit.assign("RIFF:WAVE / iXML", numbers(10))])
        yield* Riff.recover("a.wav")
      }))
      assert.deepStrictEqual(exit, Exit.void)
      for (const name of ["Riff.tree", "Riff.verify", "Riff.repair", "Wave.info", "Riff.edit", "Riff.recover"]) {
        assert.include(names(spans), name)
      }
      assert.deepStrictEqual(attributes(spans, "Riff.tree"), {
        "mmio.file": "a.wav",
        "mmio.size": 36,
        "riff.problems": 0
      })
      assert.strictEqual(attributes(spans, "Riff.edit")["riff.recovered"], "nothing")
      const edit = spans.find(({ name }) =>
        name === "Riff.edit"
      )
      const opened = spans.filter(({ name, parent }) =>
        name === "Mmio.open" && Option.exists(parent, ({ spanId }) =>
          spanId === edit?.spanId)
      )
      assert.lengthOf(opened, 1)
    }).pipe(Effect.provide(storage)))

  it.effect("end with the failure", () =>
    Effect.gen(function*() {
      const { spans } = yield* spansOf(Effect.scoped(Mmio.open("missing")))
      const [span] = spans
      assert.isTrue(
        span?.status._tag === "Ended" && Exit.isFailure(span.status.exit)
          && Option.exists(Cause.failureOption(span.status.exit.cause), (error) =>
            error instanceof MmioError.FileNotFound)
      )
    }).pipe(Effect.provide(storage)))

  it.effect("are made where a tracer listens or the program is in a span of its own, and nowhere else", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: numbers(3) } })
      let seen: string | undefined
      const looking = IOProc.mapFile(memory, (file) => file)
      const driver: IOProc.IOProc = {
        ...looking,
        open: (request) =>
          Effect.flatMap(Effect.context<never>(), (context) => {
            const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
            seen = span?._tag === "Span" ? span.name : undefined
            return looking.open(request)
          })
      }
      const use = Effect.scoped(Mmio.openWith(driver, "a"))
      yield* use
      assert.isUndefined(seen)
      yield* Effect.withSpan(use, "mine")
      assert.strictEqual(seen, "Mmio.open")
    }))
})

describe("metrics", () => {
  const ways: Record<string, (file: Mmio.ReadHandle) => Effect.Effect<unknown, MmioError.MmioError>> = {
    read: (file) => Mmio.read(file, 20_000),
    forEachBuffer: (file) => Mmio.forEachBuffer(file, () => {}),
    stream: (file) => Stream.runDrain(Mmio.stream(file)),
    "stream, in small chunks,": (file) => Stream.runDrain(Mmio.stream(file, { chunkSize: 100 })),
    "read, in small pieces,": (file) => Effect.repeatN(Mmio.read(file, 100), 200)
  }
  for (const [name, read] of Object.entries(ways)) {
    it.effect(`count each byte once that ${name} reads of a file in blocks`, () =>
      Effect.gen(function*() {
        const memory = yield* MemoryIOProc.make({ files: { a: numbers(20_000) } })
        const driver = IOProc.readAhead({ smallest: 256, largest: 1024 })(memory)
        const reading = Effect.scoped(Effect.flatMap(Mmio.openWith(driver, "a", { buffer: 300 }), read))
        assert.deepStrictEqual(yield* change(["mmio_read_bytes"], reading), [20_000])
      }))
  }

  const writing: Record<string, (file: Mmio.WriteHandle) => Effect.Effect<unknown, MmioError.MmioError>> = {
    write: (file) => Mmio.write(file, numbers(20_000)),
    "write, in small pieces,": (file) => Effect.repeatN(Mmio.write(file, numbers(100)), 199),
    "writeAll, in small pieces,": (file) => Effect.repeatN(Mmio.writeAll(file, numbers(100)), 199),
    "write, in tiny pieces,": (file) => Effect.repeatN(Mmio.write(file, numbers(10)), 1999),
    sink: (file) => Stream.run(Stream.repeatValue(numbers(100)).pipe(Stream.take(200)), Mmio.sink(file))
  }
  for (const [name, write] of Object.entries(writing)) {
    it.effect(`count each byte once that ${name} writes to a file in blocks`, () =>
      Effect.gen(function*() {
        const memory = yield* MemoryIOProc.make()
        const driver = IOProc.writeBehind({ smallest: 256, largest: 1024 })(memory)
        const opened = Mmio.openWith(driver, "a", { access: "write", create: true, buffer: 300 })
        const done = Effect.scoped(Effect.flatMap(opened, write))
        assert.deepStrictEqual(yield* change(["mmio_written_bytes"], done), [20_000])
      }))
  }

  it.effect("grow while a handle moves much between blocks and the program, without a call of the driver", () =>
    Effect.gen(function*() {
      const mebibytes = 4
      const memory = yield* MemoryIOProc.make({ files: { a: numbers(mebibytes * 2 ** 20) } })
      const seen: Array<number> = []
      const driver = IOProc.readAhead()(IOProc.writeBehind()(memory))
      const noted = (name: string) => Effect.map(metrics, (values) => void seen.push(values[name] ?? 0))
      const piece = new Uint8Array(4096)
      const moving = (name: string, move: Effect.Effect<unknown, MmioError.MmioError>) =>
        Effect.repeatN(
          Effect.zipRight(Effect.repeatN(move, 2 ** 20 / piece.length - 1), noted(name)),
          mebibytes - 1
        )
      yield* Effect.scoped(Effect.flatMap(
        Mmio.openWith(driver, "a"),
        (file) => moving("mmio_read_bytes", Mmio.readInto(file, piece))
      ))
      yield* Effect.scoped(Effect.flatMap(
        Mmio.openWith(driver, "b", { access: "write", create: true }),
        (file) => moving("mmio_written_bytes", Mmio.write(file, piece))
      ))
      const growing = (values: ReadonlyArray<number>) => values.every((value, i) => i === 0 || value > values[i - 1]!)
      assert.isTrue(growing(seen.slice(0, mebibytes)), `read: ${seen}`)
      assert.isTrue(growing(seen.slice(mebibytes)), `written: ${seen}`)
    }))

  it.effect("count bytes, refills and drains as a handle is flushed or closed, and hits not at all", () =>
    Effect.gen(function*() {
      const using = <A, E>(use: (file: Mmio.ReadWriteHandle) => Effect.Effect<A, E>) =>
        Mmio.withFile("a", { access: "readWrite", buffer: 8192 }, use)
      const reading = using((file) => Mmio.readInto(file, new Uint8Array(100)))
      assert.deepStrictEqual(yield* change(moved, reading), [8192, 0, 1, 0])
      const writing = using((file) => Mmio.write(file, numbers(300)))
      assert.deepStrictEqual(yield* change(moved, writing), [0, 300, 0, 1])
      const hitting = using((file) =>
        Effect.zipRight(
          Effect.zipRight(Mmio.seek(file, 100), Mmio.read(file, 1)),
          Effect.flatMap(change(moved, hits(file)), (changes) =>
            Effect.sync(() => assert.deepStrictEqual(changes, [0, 0, 0, 0])))
        )
      )
      yield* hitting
      const committing = using((file) =>
        Effect.flatMap(
          change(["mmio_written_bytes"], Effect.zipRight(Mmio.write(file, numbers(300)), Mmio.commit(file))),
          (changes) => Effect.sync(() => assert.deepStrictEqual(changes, [300]))
        )
      )
      yield* committing
      const flushing = using((file) =>
        Effect.flatMap(
          change(["mmio_read_bytes"], Effect.zipRight(Mmio.read(file, 1), Mmio.flush(file))),
          (changes) => Effect.sync(() => assert.deepStrictEqual(changes, [8192]))
        )
      )
      yield* flushing
      const streaming = Stream.runDrain(Mmio.streamFile("a", { chunkSize: 5000 }))
      assert.deepStrictEqual(yield* change(moved, streaming), [20_000, 0, 4, 0])
    }).pipe(Effect.provide(storage)))

  it.effect("count what a flush has written before it fails", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: numbers(3) } })
      const filling = IOProc.mapFile(memory, (file) => ({
        ...file,
        writeAt: (position, source) =>
          position < 200
            ? file.writeAt!(position, source.subarray(0, 200), "write")
            : Effect.fail(new MmioError.CannotWrite({ operation: "test", file: "a", description: "full", written: 0 }))
      }))
      let counted: ReadonlyArray<number> = []
      // The end of the scope fails, too.
      yield* Effect.exit(Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.openWith(filling, "a", { access: "readWrite" })
        yield* Mmio.write(file, numbers(300))
        counted = yield* change(["mmio_written_bytes"], Effect.exit(Mmio.flush(file)))
      })))
      assert.deepStrictEqual(counted, [200])
    }))

  it.effect("tell how many handles are open, and which failures there were", () =>
    Effect.gen(function*() {
      const open = ["mmio_open_handles"]
      const nested = Effect.scoped(
        Effect.flatMap(
          change(open, Mmio.open("a")),
          (changes) => Effect.sync(() => assert.deepStrictEqual(changes, [1]))
        )
      )
      assert.deepStrictEqual(yield* change(open, nested), [0])
      assert.deepStrictEqual(
        yield* change(["mmio_failures.FileNotFound", "mmio_open_handles"], Effect.exit(Effect.scoped(Mmio.open("b")))),
        [1, 0]
      )
    }).pipe(Effect.provide(storage)))

  it.effect("tell of a driver that gives a count which cannot be true", () =>
    Effect.gen(function*() {
      const memory = yield* MemoryIOProc.make({ files: { a: numbers(3) } })
      const lying = IOProc.mapFile(memory, (file) => ({
        ...file,
        readAt: (_, target) => Effect.succeed(target.length + 1),
        writeAt: (_, source) => Effect.succeed(source.length + 1)
      }))
      const using = <A, E>(use: (file: Mmio.ReadWriteHandle) => Effect.Effect<A, E>) =>
        Effect.exit(Effect.scoped(Effect.flatMap(Mmio.openWith(lying, "a", { access: "readWrite" }), use)))
      const told = (name: string) => change([`mmio_failures.${name}`], name === "CannotRead" ? reading : writing)
      const reading = using((file) => Mmio.read(file, 1))
      const writing = using((file) => Effect.zipRight(Mmio.write(file, numbers(1)), Mmio.flush(file)))
      assert.deepStrictEqual(yield* told("CannotRead"), [1])
      // of the flush, and again as the handle is closed
      assert.deepStrictEqual(yield* told("CannotWrite"), [2])
    }))
})
