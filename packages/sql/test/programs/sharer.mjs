/**
 * Another process that opens files of a database, as a test asks it to: one JSON object a line, and one line as the
 * answer to each.
 *
 *   node sharer.mjs URL [LEASE in milliseconds]
 */
import { Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { SqlIOProc } from "@effect-mmio/sql"
import { Effect, Exit, Layer, ManagedRuntime, Schedule, Scope } from "effect"
import { createHash } from "node:crypto"
import * as Readline from "node:readline"
import { clientOf } from "./client.mjs"

const [url, lease = "10000"] = process.argv.slice(2)

const handles = new Map()
const retry = Effect.retry({
  while: (error) => error._tag === "SharingViolation",
  schedule: Schedule.jittered(Schedule.spaced("1 millis"))
})

const open = ({ access, create = false, path, share }) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const file = yield* Scope.extend(Mmio.open(path, { access, create, share }), scope)
    const id = handles.size + 1
    handles.set(id, { file, scope })
    return { id }
  })

const close = ({ id }) => Effect.as(Scope.close(handles.get(id).scope, Exit.void), {})

/** A digest of all that a handle reads. */
const digest = ({ id }) =>
  Effect.gen(function*() {
    const { file } = handles.get(id)
    const size = yield* Mmio.seek(file, 0, "end")
    yield* Mmio.seek(file, 0)
    const bytes = yield* Mmio.read(file, size)
    return { size: bytes.length, digest: createHash("sha256").update(bytes).digest("hex") }
  })

/** Writes a byte again and again, and flushes. */
const fill = ({ byte, id, size }) =>
  Effect.gen(function*() {
    const { file } = handles.get(id)
    yield* Mmio.seek(file, 0)
    yield* Mmio.writeAll(file, new Uint8Array(size).fill(byte))
    yield* Mmio.flush(file)
    return {}
  })

/** Adds chunks with this id to a RIFF file, so many of them, and says how often another process had the file. */
const edit = ({ chunk, path, times }) =>
  Effect.gen(function*() {
    let refused = 0
    for (let i = 0; i < times; i++) {
      const data = new TextEncoder().encode(`${chunk} ${i} ${"x".repeat((i * 37) % 50)}`)
      yield* retry(Effect.tapError(
        Riff.edit(path, [RiffEdit.insert({ last: "RIFF:WAVE" }, { chunk, data })]),
        () => Effect.sync(() => refused++)
      ))
    }
    return { refused }
  })

/** Adds one to a number, so many times, with the file for itself. */
const increment = ({ path, times }) =>
  Effect.gen(function*() {
    let refused = 0
    for (let i = 0; i < times; i++) {
      yield* retry(Effect.tapError(
        Mmio.withFile(path, { access: "readWrite", share: "exclusive" }, (file) =>
          Effect.gen(function*() {
            const bytes = yield* Mmio.read(file, 8)
            const view = new DataView(bytes.buffer, bytes.byteOffset)
            view.setBigUint64(0, view.getBigUint64(0) + 1n)
            yield* Mmio.seek(file, 0)
            yield* Mmio.writeAll(file, bytes)
          })),
        () => Effect.sync(() => refused++)
      ))
    }
    return { refused }
  })

/** Reads a file of one byte many times, and finds that each content is of one generation. */
const readMany = ({ path, times }) =>
  Effect.gen(function*() {
    const seen = new Set()
    for (let i = 0; i < times; i++) {
      yield* Mmio.withFile(path, { access: "read", buffer: "none" }, (file) =>
        Effect.gen(function*() {
          const size = yield* Mmio.seek(file, 0, "end")
          yield* Mmio.seek(file, 0)
          const half = yield* Mmio.read(file, Math.floor(size / 2))
          yield* Effect.sleep("2 millis")
          const rest = yield* Mmio.read(file, size)
          if (half.length + rest.length !== size) return yield* Effect.die(`${half.length} + ${rest.length} of ${size}`)
          for (const byte of [...half, ...rest]) {
            if (byte !== half[0]) return yield* Effect.die(`two generations: ${half[0]} and ${byte}`)
          }
          seen.add(half[0])
        }))
    }
    return { seen: seen.size }
  })

const commands = { open, close, digest, fill, edit, increment, readMany }

const answer = (line) => {
  const command = JSON.parse(line)
  return Effect.match(commands[command.do](command), {
    onFailure: ({ _tag, errno, message }) => ({ error: _tag, errno, message }),
    onSuccess: (value) => value
  })
}

const runtime = ManagedRuntime.make(Layer.provide(SqlIOProc.layer({ lease: Number(lease) }), clientOf(url)))
for await (const line of Readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await runtime.runPromise(answer(line)))}\n`)
}
await runtime.dispose()
