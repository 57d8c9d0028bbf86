/**
 * Kills processes that edit a file, and has two of them edit one file at the same time:
 *
 *   npm run test:kill [-- --kills N --rounds N --edits N]
 *
 * - A process edits a file through its name, a symbolic link or a hard link, and is killed (`SIGKILL`) at a random
 *   moment. The file is that before an edit, that after it, or recoverable to one of them by another of its names, byte
 *   for byte; nothing else in the folder has changed.
 * - Two processes edit one file until each has so many accepted edits, trying again after each `SharingViolation`: none
 *   is lost.
 *
 * Default: 300 kills, and 20 rounds of 1000 edits each, which take some minutes. Linux only, where sharing modes hold
 * between processes.
 */
import { Mmio, Riff } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Console, Effect } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { contentOf, editOf, folderOf, retitle, wave } from "./lib/kill.js"
import { main, Refusal, type Tally } from "./lib/program.js"

interface Options {
  readonly kills: number
  readonly rounds: number
  readonly edits: number
}

const readOptions: Effect.Effect<Options, Refusal> = Effect.try({
  try: () => {
    const { values } = parseArgs({
      args: process.argv.slice(2).filter((argument) => argument !== "--"),
      options: { kills: { type: "string" }, rounds: { type: "string" }, edits: { type: "string" } }
    })
    const { edits = "1000", kills = "300", rounds = "20" } = values
    for (const value of [kills, rounds, edits]) {
      if (!/^\d{1,7}$/.test(value)) throw new Error(`${value} is not a number of kills, rounds or edits`)
    }
    return { kills: Number(kills), rounds: Number(rounds), edits: Number(edits) }
  },
  catch: (error) => new Refusal({ message: error instanceof Error ? error.message : String(error) })
})

const worker = fileURLToPath(new URL("killWorker.js", import.meta.url))

/** Why a check failed. */
class Wrong extends Error {}

const must = (isTrue: boolean, what: string): Effect.Effect<void> => isTrue ? Effect.void : Effect.die(new Wrong(what))

const tempFolder = Effect.acquireRelease(
  Effect.sync(() => NFS.mkdtempSync(path.join(OS.tmpdir(), "effect-mmio-kill-"))),
  (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
)

/** Has a process edit a file, and kills it so many milliseconds after its first edit. */
const killed = (file: string, first: number, after: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const child = ChildProcess.spawn(process.execPath, [worker, "title", file, String(first)], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let errors = ""
    child.stderr.on("data", (some) => errors += String(some))
    child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), after))
    child.once("close", (_, signal) =>
      resume(signal === "SIGKILL" ? Effect.void : Effect.die(new Wrong(`the editor ended by itself: ${errors}`))))
  })

/** Has a process insert chunks, and returns how often another one had the file. */
const inserting = (file: string, chunk: string, times: number): Effect.Effect<number> =>
  Effect.async((resume) => {
    const child = ChildProcess.spawn(process.execPath, [worker, "insert", file, chunk, String(times)], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let [output, errors] = ["", ""]
    child.stdout.on("data", (some) => output += String(some))
    child.stderr.on("data", (some) => errors += String(some))
    child.once("close", (code) =>
      resume(code === 0 ? Effect.succeed(Number(output)) : Effect.die(new Wrong(`an editor failed: ${errors}`))))
  })

const killing = ({ kills }: Options) =>
  Effect.gen(function*() {
    const folder = yield* tempFolder
    const model = path.join(yield* tempFolder, "model.wav")
    const names = ["take.wav", "soft.wav", "hard.wav"].map((name) => path.join(folder, name))
    const [file, soft, hard] = names as [string, string, string]
    NFS.writeFileSync(file, wave(300_000), { mode: 0o640 })
    NFS.symlinkSync("take.wav", soft)
    NFS.linkSync(file, hard)
    NFS.writeFileSync(path.join(folder, "thesis.txt"), "a thesis")
    NFS.writeFileSync(path.join(folder, "take.wav.mmio-journal"), "another thesis")
    NFS.symlinkSync("nowhere", path.join(folder, "take.wav.tmp"))
    NFS.copyFileSync(file, model)
    const folderBefore = folderOf(folder, ["take.wav", "hard.wav"])
    const found = { nothing: 0, discarded: 0, applied: 0 }
    let last = 0
    for (let kill = 0; kill < kills; kill++) {
      const name = (shift: number): string => names[(kill + shift) % 3] ?? file
      yield* killed(name(0), last + 1, Math.random() * 150)
      const problems = yield* Mmio.withFile(name(1), {}, (handle) => Riff.verify(handle))
      const isUnfinished = problems.some(({ _tag }) => _tag === "UnfinishedEdit")
      yield* must(isUnfinished || problems.length === 0, `kill ${kill}: ${JSON.stringify(problems)}`)
      const recovery = yield* Riff.recover(name(2))
      yield* must(isUnfinished === (recovery !== "nothing"), `kill ${kill}: verify and recover do not agree`)
      found[recovery]++
      const bytes = NFS.readFileSync(file)
      const k = editOf(bytes)
      yield* must(k >= last, `kill ${kill}: edit ${last} was lost, the title is that of ${k}`)
      for (let edit = last + 1; edit <= k; edit++) yield* retitle(model, edit)
      yield* must(bytes.equals(NFS.readFileSync(model)), `kill ${kill}: the file is not that after edit ${k}`)
      yield* must(folderOf(folder, ["take.wav", "hard.wav"]) === folderBefore, `kill ${kill}: the folder has changed`)
      last = k
    }
    yield* Console.log(
      `✓ ${kills} kills in ${last} edits: ${found.nothing} left nothing to recover, ${found.discarded} edits were discarded, ${found.applied} finished`
    )
  })

const chunks = ["one ", "two "] as const

const round = (number: number, { edits }: Options) =>
  Effect.gen(function*() {
    const folder = yield* tempFolder
    const file = path.join(folder, "take.wav")
    const link = path.join(folder, "soft.wav")
    NFS.writeFileSync(file, wave(1000))
    NFS.symlinkSync("take.wav", link)
    const refused = yield* Effect.all([inserting(file, chunks[0], edits), inserting(link, chunks[1], edits)], {
      concurrency: "unbounded"
    })
    yield* Mmio.withFile(file, {}, (handle) =>
      Effect.gen(function*() {
        const { chunks: [form], problems } = yield* Riff.tree(handle)
        yield* must(problems.length === 0, `round ${number}: ${JSON.stringify(problems)}`)
        const bytes = NFS.readFileSync(file)
        const contents = (form?.children ?? []).map(({ chunk: { dataOffset, id, size } }) => ({
          id,
          text: bytes.subarray(dataOffset, dataOffset + size).toString("latin1")
        }))
        for (const chunk of chunks) {
          const found = contents.filter(({ id }) => id === chunk).map(({ text }) => text)
          const expected = Array.from({ length: edits }, (_, i) => contentOf(chunk, i))
          yield* must(
            found.toSorted().join("\n") === expected.toSorted().join("\n"),
            `round ${number}: of ${edits} edits of "${chunk}" the file has ${found.length}`
          )
        }
      }))
    yield* must(NFS.readdirSync(folder).length === 2, `round ${number}: the folder has changed`)
    return refused[0] + refused[1]
  })

const racing = (options: Options) =>
  Effect.gen(function*() {
    let refused = 0
    for (let i = 0; i < options.rounds; i++) refused += yield* Effect.scoped(round(i, options))
    yield* Console.log(
      `✓ ${options.rounds} rounds of two processes with ${options.edits} edits each: none lost, ${refused} tries refused`
    )
  })

/** Runs one of the two, and says why it failed. */
const checked = <E extends Error, R>(check: Effect.Effect<void, E, R>): Effect.Effect<boolean, never, R> =>
  Effect.matchCauseEffect(check, {
    onFailure: (cause) => Effect.as(Console.log(`✗ ${String(cause)}`), false),
    onSuccess: () => Effect.succeed(true)
  })

main(Effect.gen(function*() {
  const options = yield* readOptions
  const results = yield* Effect.all([
    checked(Effect.scoped(killing(options))),
    checked(racing(options))
  ]).pipe(Effect.provide(NodeIOProc.layer))
  const passed = results.filter((result) => result).length
  return { passed, failed: results.length - passed } satisfies Tally
}))
