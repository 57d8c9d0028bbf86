import { Mmio } from "@effect-mmio/core"
import { Chunk, Effect, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Group, group, type Subject } from "../runner/model.js"
import { nanosecondsPer } from "../runner/unit.js"
import { onNode } from "../ways/library.js"
import { mix } from "../ways/mix.js"
import { opened } from "../ways/node.js"
import { sha1 } from "../ways/sha1.js"

/** A record is four reads of 16 bytes; one call has so many records. */
const size = 16
const reads = 4
const together = 1000
const op = nanosecondsPer("read")

/** What one number adds to a sum. */
const add = (sum: number, value: number): number => Math.imul(sum, 31) + value | 0

const recordOfNumbers = (reader: Mmio.Reader): number => {
  let sum = 0
  for (let i = 0; i < reads; i++) sum = add(add(add(add(sum, reader.u32()), reader.u32()), reader.u32()), reader.u32())
  return sum
}

const target = new Uint8Array(size)

const recordOfBytes = (reader: Mmio.Reader): number => {
  let sum = 0
  for (let i = 0; i < reads; i++) {
    sum = mix(sum, reader.bytes(size), size)
  }
  return sum
}

type Record = (reader: Mmio.Reader) => number

/** A handle of the file, or of its bytes. */
const openedFrom = (source: string | Uint8Array) =>
  typeof source === "string" ? Mmio.open(source) : Mmio.openMemory({ bytes: source, access: "read" })

const byParse = (source: string | Uint8Array, times: number, record: Record) =>
  Effect.gen(function*() {
    const handle = yield* openedFrom(source)
    let sum = 0
    for (let done = 0; done < times / reads; done += together) {
      const count = Math.min(together, times / reads - done)
      sum = yield* Mmio.parse(handle, (reader) => {
        let all = sum
        for (let i = 0; i < count; i++) all = add(all, record(reader))
        return all
      })
    }
    return sum
  })

const byParseAll = (file: string, times: number, record: Record) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file)
    let sum = 0
    yield* Stream.runForEachChunk(Mmio.parseAll(handle, record, { to: times * size }), (chunk) =>
      Effect.sync(() => {
        for (const value of Chunk.toReadonlyArray(chunk)) sum = add(sum, value)
      }))
    return sum
  })

const byView = (bytes: Uint8Array, times: number) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let sum = 0
  for (let i = 0; i < times / reads; i++) {
    let record = 0
    for (let k = 0; k < reads * 4; k++) {
      record = add(record, view.getUint32(at, true))
      at += 4
    }
    sum = add(sum, record)
  }
  return sum
}

const bytesBySlice = (bytes: Uint8Array, times: number) => {
  let at = 0
  let sum = 0
  for (let i = 0; i < times / reads; i++) {
    let record = 0
    for (let k = 0; k < reads; k++) {
      record = mix(record, bytes.slice(at, at + size), size)
      at += size
    }
    sum = add(sum, record)
  }
  return sum
}

const bySync = (file: string, times: number, record: (fd: number) => number) =>
  opened(file, "r", (fd) => {
    let sum = 0
    for (let i = 0; i < times / reads; i++) sum = add(sum, record(fd))
    return sum
  })

/** Into an array of its own each time, as `reader.bytes` gives them. */
const bytesBySync = (fd: number): number => {
  let sum = 0
  for (let i = 0; i < reads; i++) {
    const bytes = new Uint8Array(size)
    sum = mix(sum, bytes, fs.readSync(fd, bytes, 0, size, null))
  }
  return sum
}

const view = new DataView(target.buffer)

const numbersBySync = (fd: number): number => {
  let sum = 0
  for (let i = 0; i < reads; i++) {
    fs.readSync(fd, target, 0, size, null)
    for (let at = 0; at < size; at += 4) sum = add(sum, view.getUint32(at, true))
  }
  return sum
}

/** A whole number of calls, with a rest. */
const whole = (times: number): number => Math.max(reads, times - times % reads)

const byEmit = (file: string, times: number) =>
  Effect.gen(function*() {
    const handle = yield* Mmio.open(file, { access: "write", create: true })
    for (let done = 0; done < times; done += reads * together) {
      yield* Mmio.emit(handle, (writer) => {
        const end = Math.min(times, done + reads * together)
        for (let i = done; i < end; i++) {
          writer.u32(i)
          writer.u32(i)
          writer.u32(i)
          writer.u32(i)
        }
      })
    }
    yield* Mmio.close(handle)
  })

const writeBySync = (file: string, times: number) =>
  opened(file, "w", (fd) => {
    for (let i = 0; i < times; i++) {
      for (let at = 0; at < size; at += 4) view.setUint32(at, i, true)
      fs.writeSync(fd, target)
    }
  })

/** One record, in each way that reads it. */
interface Kind {
  readonly title: string
  readonly record: (reader: Mmio.Reader) => number
  /** The peer that has the whole file in memory. */
  readonly inMemory: "DataView in memory" | "bytes in memory"
  readonly byMemory: (bytes: Uint8Array, times: number) => number
  readonly bySync: (fd: number) => number
  /** What the guard asks of `parseAll` beside memory: a third of the least that was measured. */
  readonly leastOfAll: number
}

const kinds: ReadonlyArray<Kind> = [
  {
    title: "four u32",
    record: recordOfNumbers,
    inMemory: "DataView in memory",
    byMemory: byView,
    bySync: numbersBySync,
    leastOfAll: 0.05
  },
  {
    title: "bytes",
    record: recordOfBytes,
    inMemory: "bytes in memory",
    byMemory: bytesBySlice,
    bySync: bytesBySync,
    leastOfAll: 0.13
  }
]

/** How each function of the library reads records of a kind, beside memory and `fs.readSync`. */
const parsing = (kind: Kind, file: string, bytes: Uint8Array, times: Group["times"]) =>
  group<string>({
    times,
    works: {
      "parse": (times) => onNode(byParse(file, whole(times), kind.record)),
      "parseAll": (times) => onNode(byParseAll(file, whole(times), kind.record)),
      "parse, openMemory": (times) => onNode(byParse(bytes, whole(times), kind.record)),
      [kind.inMemory]: (times) => kind.byMemory(bytes, whole(times)),
      "fs.readSync": (times) => bySync(file, whole(times), kind.bySync)
    },
    rows: [
      ...["parse", "parseAll"].map((ours) => ({
        case: `${ours}, ${kind.title}`,
        ours,
        peers: [kind.inMemory, "fs.readSync"],
        unit: op,
        // `parseAll` makes a value of each record, and chunks of these, which the loop in memory does not.
        target: { "fs.readSync": 10, ...(ours === "parse" ? { [kind.inMemory]: 0.7 } : {}) },
        guard: { [kind.inMemory]: ours === "parse" ? 0.23 : kind.leastOfAll },
        native: 18.6
      })),
      {
        // Without the file: what the function of `parse` takes by itself.
        case: `parse, ${kind.title}, openMemory`,
        ours: "parse, openMemory",
        peers: [kind.inMemory],
        unit: op,
        target: { [kind.inMemory]: 0.7 }
      }
    ]
  })

export const records: Subject = {
  name: "records",
  title: "records of 4 times 16 bytes, default buffer, 1000 records in a call",
  groups: ({ file, folder, quick, size: length }) => {
    const bytes = new Uint8Array(fs.readFileSync(file))
    const times = { check: quick ? 5000 : 100_000, most: length / size }
    const written = path.join(folder, "records")
    return [
      ...kinds.map((kind) => parsing(kind, file, bytes, times)),
      group({
        times,
        works: {
          "emit": (times) => onNode(byEmit(written, times)),
          "fs.writeSync": (times) => writeBySync(written, times)
        },
        before: () => fs.rmSync(written, { force: true }),
        outcome: () => sha1(written),
        rows: [{
          case: "emit, four u32, flushed and closed",
          ours: "emit",
          peers: ["fs.writeSync"],
          unit: nanosecondsPer("write"),
          target: { "fs.writeSync": 10 },
          native: 31
        }]
      })
    ]
  }
}
