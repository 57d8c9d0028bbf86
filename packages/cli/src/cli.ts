/** The main thread: reads the command line, runs the command, and ends the process with its exit code. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Mailbox from "effect/Mailbox"
import { inColour, withoutColours } from "./colours.js"
import { mmio } from "./commands.js"
import { describeDefect, exitCodes, Reported } from "./failure.js"
import { shown } from "./text.js"

/** The version of the package, which the build fills in. */
declare const MMIO_VERSION: string

/** The help and its relatives come in colours; elsewhere than on a terminal they are text. */
const asText = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.console, (console) => {
    const plain = (texts: ReadonlyArray<unknown>) => texts.map((text) => withoutColours(String(text)))
    return Effect.withConsole(effect, {
      ...console,
      log: (...texts) => console.log(...plain(texts)),
      error: (...texts) => console.error(...plain(texts))
    })
  })

/** A terminal that shows nothing and has no input: only the wizard asks for one. */
const noTerminal: Terminal.Terminal = {
  columns: Effect.succeed(80),
  rows: Effect.succeed(24),
  isTTY: Effect.succeed(false),
  readInput: Effect.tap(Mailbox.make<Terminal.UserInput>(), (inputs) => inputs.end),
  readLine: Effect.fail(new Terminal.QuitException()),
  display: () => Effect.void
}

/** The wizard, which asks for what a command needs, only comes where it is called. */
const terminal = process.argv.includes("--wizard") ? NodeTerminal.layer : Layer.succeed(Terminal.Terminal, noTerminal)

const environment = Layer.mergeAll(
  CliConfig.layer({ isCaseSensitive: true }),
  // no option or argument of this command asks for a file by itself
  FileSystem.layerNoop({}),
  Path.layer,
  terminal,
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => {
      const texts = Array.isArray(message) ? message : [message]
      process.stderr.write(`mmio: ${logLevel._tag.toLowerCase()}: ${shown(texts.join(" "))}\n`)
    })
  )
)

const cli = Command.run(mmio, { name: "mmio", version: MMIO_VERSION, executable: "mmio" })

/** Options with a value, which @effect/cli overlooks where they are the last argument and the value is missing. */
const valued: ReadonlySet<string> = new Set(
  [
    "--tag",
    "-t",
    "--remove",
    "-r",
    "--from",
    "--export",
    "--add",
    "--output",
    "-o",
    "--data",
    "-d",
    "--before",
    "--after",
    "--svg"
  ]
)
const last = process.argv.at(-1)
const lacksValue = last !== undefined && valued.has(last) && !process.argv.slice(2, -1).includes("--")

const program = lacksValue
  ? Effect.zipRight(
    Effect.sync(() => process.stderr.write(`mmio: ${last} needs a value\n`)),
    new Reported({ exitCode: exitCodes.usage })
  )
  : Effect.provide(inColour() ? cli(process.argv) : asText(cli(process.argv)), environment)

/**
 * The signals that end a command early, with its exit code then, as shells have it: what is half done is undone, and
 * temporary files are removed. The second one ends the process.
 */
const signals = { SIGHUP: 129, SIGINT: exitCodes.interrupted, SIGTERM: 143 } as const

/** The first of these signals that came; Ctrl-C in the wizard is none. */
let received: keyof typeof signals = "SIGINT"

const isSignal = (name: string): name is keyof typeof signals => Object.hasOwn(signals, name)

const onSignal = (name: string): void => {
  if (isSignal(name)) received = name
  for (const each of Object.keys(signals)) process.off(each, onSignal)
  // The runtime listens to the other two only. A hangup is the same to it.
  if (name === "SIGHUP") process.emit("SIGTERM")
}

const exitCodeOf = <E, A>(exit: Exit.Exit<E, A>): number => {
  if (Exit.isSuccess(exit)) return exitCodes.ok
  if (Cause.isInterruptedOnly(exit.cause)) return signals[received]
  const failure = Cause.failureOption(exit.cause)
  // All other failures are those of a command line that @effect/cli did not understand, and has said so.
  if (failure._tag === "Some") return failure.value instanceof Reported ? failure.value.exitCode : exitCodes.usage
  const { exitCode, message } = describeDefect(Cause.squash(exit.cause))
  process.stderr.write(`mmio: ${message}\n`)
  return exitCode
}

/** Runs the command, and ends the process. */
export const runCommand = (): void => {
  // `mmio tree take.wav | head` closes the pipe while there is more to print: what the command does to files it
  // finishes all the same. What else cannot be printed is missing, perhaps in a file.
  let failed: NodeJS.ErrnoException | undefined
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") failed ??= error
  })
  process.stderr.on("error", () => {})
  for (const signal of Object.keys(signals)) process.on(signal, onSignal)
  NodeRuntime.runMain(program, {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    // An error of what was printed last comes by itself.
    teardown: (exit, onExit) =>
      setImmediate(() => {
        const code = exitCodeOf(exit)
        if (failed === undefined) return onExit(code)
        process.stderr.write(`mmio: standard output: ${failed.message}\n`)
        onExit(Math.max(code, exitCodes.io))
      })
  })
}
