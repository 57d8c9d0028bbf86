/** Other processes that use a database: one that does what a test asks, and one that records. */
import { Effect, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as Readline from "node:readline"
import { fileURLToPath } from "node:url"

/** What the process answers: an error with its message, or what the command gives. */
export interface Answer {
  readonly error?: string
  readonly errno?: string
  readonly message?: string
  readonly id?: number
  readonly size?: number
  readonly digest?: string
  readonly refused?: number
  readonly seen?: number
}

/** A process that does what it is told, one command after another. */
export interface Sharer {
  readonly ask: (command: Readonly<Record<string, unknown>>) => Effect.Effect<Answer>
  /** Ends it by SIGKILL, and waits until it has ended. */
  readonly kill: Effect.Effect<void>
}

const programOf = (name: string) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))

/** Starts a process, which ends with the scope. */
export const spawnSharer = (url: string, lease = 10_000): Effect.Effect<Sharer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = ChildProcess.spawn(process.execPath, [programOf("sharer"), url, String(lease)], {
        stdio: ["pipe", "pipe", "inherit"]
      })
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

/**
 * Has a process record into a file, and kills it after so many flushes, and some milliseconds; gives the last size that
 * it flushed.
 */
export const killRecorder = (
  url: string,
  name: string,
  { after, flushes, lease }: { readonly flushes: number; readonly after: number; readonly lease: number }
): Effect.Effect<number> =>
  Effect.async((resume) => {
    const child = ChildProcess.spawn(process.execPath, [programOf("recorder"), url, name, String(lease)], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    let output = ""
    let isTimed = false
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
      if (isTimed || output.split("\n").length <= flushes) return
      isTimed = true
      setTimeout(() => child.kill("SIGKILL"), after)
    })
    child.once("close", () => {
      const lines = output.split("\n").slice(0, -1)
      resume(
        isTimed ? Effect.succeed(Number(lines.at(-1))) : Effect.dieMessage(`the recorder ended by itself:\n${output}`)
      )
    })
  })
