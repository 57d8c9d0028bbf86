/**
 * Runs one of the classic programs of winmm on files of the disk:
 *
 *   node scripts/start.mjs examples/classic header take.wav
 *
 * The programs themselves are in the folder `classic`, and run on any storage: `test/classic.test.ts` gives them three.
 */
import { type IOProc, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { readIndex } from "./classic/avi.js"
import * as clipboard from "./classic/clipboard.js"
import { loadCollection } from "./classic/dls.js"
import { readHeader } from "./classic/header.js"
import { record } from "./classic/recorder.js"
import { playReversed } from "./classic/reverse.js"
import { loadSong } from "./classic/rmid.js"

type Program = (name: string, output: string) => Effect.Effect<unknown, MmioError.MmioError, IOProc.IOProc>

/** Three seconds of silence are enough to show how a recording is written. */
const quiet = { channels: 1, sampleRate: 8000, bitsPerSample: 8 }

const programs: Readonly<Record<string, Program>> = {
  header: readHeader,
  record: (name) => record(name, quiet, Stream.range(1, 3).pipe(Stream.map(() => new Uint8Array(8000).fill(128)))),
  reverse: (name) => playReversed(name, (block) => Console.log(`${block.length} bytes`)),
  clipboard: (name, output) =>
    Effect.flatMap(clipboard.copy(name, 0, 1000), (copied) => clipboard.paste(copied, output)),
  avi: readIndex,
  rmid: loadSong,
  dls: loadCollection
}

const usage = `examples/classic (${Object.keys(programs).join(" | ")}) file [output of the clipboard]`

const [command = "", name, output = "clipboard.wav"] = process.argv.slice(2)
const program = programs[command]

NodeRuntime.runMain(
  program === undefined || name === undefined
    ? Console.log(usage)
    : Effect.provide(Effect.flatMap(program(name, output), Console.log), NodeIOProc.layer)
)
