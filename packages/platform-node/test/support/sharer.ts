/**
 * Other processes that open files, as a test asks them to.
 */
import { Effect, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as Readline from "node:readline"
import { fileURLToPath } from "node:url"

/** What the process answers: an error with its message, or what the command gives. */
interface Answer {
  readonly error?: string
  readonly message?: string
  /** What `close` takes for the handle that `open` made. */
  readonly id?: number
  /** Whether `guard` got it. */
  readonly locked?: boolean
  /** How many edits of `edit` another process kept from their file. */
  readonly refused?: number
}

/** A process that does what it is told, one command after another. */
export interface Sharer {
  readonly ask: (command: Readonly<Record<string, unknown>>) => Effect.Effect<Answer>
  /** Ends it by SIGKILL, and waits until it has ended. */
  readonly kill: Effect.Effect<void>
}

const program = fileURLToPath(new URL("../programs/sharer.mjs", import.meta.url))

/** Starts a process, which ends with the scope. */
export const spawnSharer: Effect.Effect<Sharer, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const child = ChildProcess.spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
    const lines = Readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ended = new Promise((resolve) => child.once("close", resolve))
    return {
      ask: (command: Readonly<Record<string, unknown>>) =>
        Effect.promise(async (): Promise<Answer> => {
          child.stdin.write(`${JSON.stringify(command)}\n`)
          const { done, value } = await lines.next()
          if (done === true) throw new Error(`the process ended at ${JSON.stringify(command)}`)
          return JSON.parse(value)
        }),
      kill: Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      })
    }
  }),
  ({ kill }) => kill
)
