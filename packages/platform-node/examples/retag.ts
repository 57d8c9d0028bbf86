/**
 * Prints the chunks of a RIFF file, writes a copy with one tag set, and compares the two:
 *
 *   npm run retag -- [file] [--tag INAM=Title] [--output file] [--storage memory]
 *
 * Which storage it works on is decided here, by the Layer that it is given, and nowhere else.
 */
import { FileName, IOProc, MemoryIOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Exit, Layer, Option } from "effect"
import * as Path from "node:path"
import { type Options, readOptions, usage } from "./retag/options.js"
import { retag } from "./retag/program.js"
import { sentenceOf } from "./retag/sentence.js"

/** A storage in memory that begins with the input, and with the folder of the output. */
const inMemory = ({ input, output }: Options) =>
  Layer.effect(
    IOProc.IOProc,
    Mmio.withFile(FileName.plain(input), { share: "denyWrite" }, (file) =>
      Effect.flatMap(Mmio.seek(file, 0, "end"), (length) =>
        Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, length)))).pipe(
        Effect.flatMap((bytes) =>
          MemoryIOProc.make({ files: { [input]: bytes }, folders: [Path.dirname(output)] })
        ),
        Effect.provide(NodeIOProc.layer)
      )
  )

const storage = (options: Options): Layer.Layer<IOProc.IOProc, MmioError.MmioError> =>
  options.storage === "memory" ? inMemory(options) : NodeIOProc.layerWith({ sync: true })

const main = Effect.flatMap(
  readOptions(process.argv.slice(2)),
  Option.match({
    onNone: () => Console.log(usage),
    onSome: (options) => Effect.provide(retag(options), storage(options))
  })
)

// `npm run retag | head` closes the pipe while there is more to print: the copy is finished all the same
process.stdout.on("error", () => {})

NodeRuntime.runMain(
  Effect.tapErrorCause(
    main,
    (cause) => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(sentenceOf(cause))
  ),
  {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    // as shells have it, 130 says that Ctrl-C ended it
    teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : Cause.isInterruptedOnly(exit.cause) ? 130 : 1)
  }
)
