/** Programs that are run as users run them, for what they take in all. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The bundle of the `mmio` command, which the build makes. */
const mmio = fileURLToPath(new URL("../../../../cli/dist/mmio.js", import.meta.url))

/** The command line of `mmio`. */
export const mmioWith = (...args: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!existsSync(mmio)) throw new Error(`${mmio} is not there: npm run build makes it.`)
  return [process.execPath, mmio, ...args]
}

/** Whether there is such a program. */
export const isInstalled = (program: string): boolean => spawnSync("which", [program]).status === 0

/** How long a program runs, in nanoseconds. */
export const elapsed = ([program = "", ...args]: ReadonlyArray<string>): number => {
  const begin = process.hrtime.bigint()
  // exit codes say what was found
  spawnSync(program, args, { stdio: "ignore" })
  return Number(process.hrtime.bigint() - begin)
}

/** How much time of processors a program takes, in nanoseconds: its own, and that which the system works for it. */
export const processorTime = (commandLine: ReadonlyArray<string>): number => {
  // the second line of `times` is that of the children: 0m0.058s 0m0.012s
  const said = execFileSync("bash", ["-c", "\"$@\" > /dev/null 2>&1; times", "bash", ...commandLine], {
    encoding: "utf8"
  })
  const [, children = ""] = said.trim().split("\n")
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1e9,
    0
  )
}
