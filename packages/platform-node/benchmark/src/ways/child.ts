/** What is measured in a process of its own: memory, and what happens once. */
import { fork } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"

/** Runs a script of ../children, and gives the number that it tells. */
export const inChild = async (script: string, args: ReadonlyArray<string>): Promise<number> => {
  const child = fork(fileURLToPath(new URL(`../children/${script}.js`, import.meta.url)), args, {
    execArgv: ["--expose-gc"]
  })
  let told: unknown
  child.on("message", (message) => {
    told = message
  })
  const [code, signal] = await once(child, "close")
  if (code !== 0 || typeof told !== "number") {
    throw new Error(`${script} ${args.join(" ")} ended with ${signal ?? code} and told ${JSON.stringify(told)}.`)
  }
  return told
}

/** Tells the parent, and ends the process with all that is open in it. */
export const tell = (value: number): void => void process.send?.(value, () => process.exit(0))

/**
 * The most memory that the process has had, in bytes. On Linux, `maxRSS` of a child begins with what its parent had as
 * it was forked.
 */
export const peak = (): number => {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync("/proc/self/status", "utf8")) ?? []
  if (kibibytes === undefined) throw new Error("The system does not say how much memory the process has had.")
  return Number(kibibytes) * 1024
}
