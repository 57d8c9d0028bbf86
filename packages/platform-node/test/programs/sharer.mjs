/**
 * Another process that opens files, as a test asks it to: one JSON object a line, and one line as the answer to each.
 */
import { Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Effect, Exit, ManagedRuntime, Schedule, Scope } from "effect"
import * as NFS from "node:fs"
import { createRequire } from "node:module"
import * as Readline from "node:readline"

const handles = new Map()
const retry = Effect.retry({
  while: (error) => error._tag === "SharingViolation",
  schedule: Schedule.jittered(Schedule.spaced("1 millis"))
})

const open = ({ access, path, share }) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Scope.extend(Mmio.open(path, { access, share }), scope)
    const id = handles.size + 1
    handles.set(id, scope)
    return { id }
  })

const close = ({ id }) =>
  Effect.gen(function*() {
    yield* Scope.close(handles.get(id), Exit.void)
    return {}
  })

/** Adds 1 to the number in a file, so many times. */
const increment = ({ path, times }) =>
  Effect.as(
    Effect.repeatN(
      retry(Mmio.withFile(path, { access: "readWrite", share: "exclusive" }, (file) =>
        Effect.gen(function*() {
          const bytes = yield* Mmio.read(file, 8)
          const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
          view.setBigUint64(0, view.getBigUint64(0) + 1n)
          yield* Mmio.seek(file, 0)
          yield* Mmio.writeAll(file, bytes)
        }))),
      times - 1
    ),
    {}
  )

/** Adds chunks with this id to a RIFF file, so many of them, and says how often another process had the file. */
const edit = ({ chunk, path, times }) =>
  Effect.gen(function*() {
    let refused = 0
    for (let i = 0; i < times; i++) {
      const data = new TextEncoder().encode(`${chunk} ${i} ${"x".repeat((i * 37) % 200)}`)
      yield* retry(Effect.tapError(
        Riff.edit(path, [RiffEdit.insert({ last: "RIFF:WAVE" }, { chunk, data })]),
        () => Effect.sync(() => refused++)
      ))
    }
    return { refused }
  })

/** Keeps the guard, as a process that was stopped in an open would. */
const guard = ({ path }) =>
  Effect.sync(() => {
    const addon = createRequire(import.meta.resolve("@effect-mmio/platform-node"))("fs-native-extensions")
    return { locked: addon.tryLock(NFS.openSync(path, "r+"), 2 ** 52, 1024) }
  })

const commands = { open, close, increment, edit, guard }

const answer = (line) => {
  const command = JSON.parse(line)
  return Effect.match(commands[command.do](command), {
    onFailure: ({ _tag, message }) => ({ error: _tag, message }),
    onSuccess: (value) => value
  })
}

const runtime = ManagedRuntime.make(NodeIOProc.layer)
for await (const line of Readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await runtime.runPromise(answer(line)))}\n`)
}
