/**
 * Measures the library beside what a program would use instead:
 *
 *   pnpm bench [subject ...] [--quick] [--case TEXT] [--json FILE] [--guard] [--profile FOLDER]
 *
 * Times differ between machines, and with whatever else a machine does; the ratios count.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { type Effort, efforts } from "./runner/measure.js"
import type { Setting, Subject } from "./runner/model.js"
import { writeNoise } from "./runner/noise.js"
import { type Options, parse } from "./runner/options.js"
import { objection, type Result, tally } from "./runner/result.js"
import { table } from "./runner/table.js"
import { subjects } from "./subjects/index.js"
import type { Task } from "./worker.js"

const resultsOf = async (
  subject: Subject,
  setting: Setting,
  options: Options,
  effort: Effort
): Promise<ReadonlyArray<Result>> => {
  const task: Task = { subject: subject.name, setting, choice: options, effort }
  const child = fork(fileURLToPath(new URL("worker.js", import.meta.url)), [JSON.stringify(task)], {
    execArgv: [
      "--expose-gc",
      // Else collecting garbage would, after some times, take the code of those who wait for their turn.
      "--no-flush-bytecode"
    ]
  })
  let results: ReadonlyArray<Result> | undefined
  // worker.ts sends nothing else
  child.on("message", (message) => {
    results = message as ReadonlyArray<Result>
  })
  const [code, signal] = await once(child, "close")
  if (code !== 0 || results === undefined) {
    throw new Error(`The subject "${subject.name}" could not be measured: its process ended with ${signal ?? code}.`)
  }
  return results
}

const chosen = (names: ReadonlyArray<string>): ReadonlyArray<Subject> => {
  for (const name of names) {
    if (subjects.every((subject) => !subject.name.includes(name))) {
      throw new Error(`There is no subject "${name}", only: ${subjects.map(({ name }) => name).join(", ")}.`)
    }
  }
  return subjects.filter((subject) => names.length === 0 || names.some((name) => subject.name.includes(name)))
}

const isFarOff = (result: Result): boolean => objection(result) !== undefined

const measureAll = async (
  subjects: ReadonlyArray<Subject>,
  setting: Setting,
  options: Options
): Promise<ReadonlyArray<Result>> => {
  const results: Array<Result> = []
  for (const subject of subjects) {
    let found = await resultsOf(subject, setting, options, options.quick ? efforts.quick : efforts.full)
    // A machine that was busy with something else is given further chances; what is slow by itself stays slow.
    for (let chances = 2; options.guard && chances > 0 && found.some(isFarOff); chances--) {
      found = await resultsOf(subject, setting, options, efforts.careful)
    }
    if (found.length === 0) continue
    console.log(`\n${subject.name}: ${subject.title}\n\n${table(found)}`)
    results.push(...found)
  }
  return results
}

/** Says how it went, and whether well. */
const conclude = (results: ReadonlyArray<Result>, { guard, profile }: Options): boolean => {
  if (profile !== undefined) {
    console.log(`\nThe profiles are in ${profile}.`)
    return true
  }
  if (!guard) {
    const { met, missed } = tally(results)
    console.log(`\n${met} targets met, ${missed} missed`)
    return true
  }
  const objections = results.flatMap((result) => objection(result) ?? [])
  console.log(`\n${objections.map((text) => `✗ ${text}\n`).join("")}`.trimEnd())
  console.log(`${results.length - objections.length} passed, ${objections.length} failed`)
  return objections.length === 0
}

const run = async (options: Options): Promise<boolean> => {
  const wanted = chosen(options.subjects)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-bench-"))
  const tidy = () => fs.rmSync(folder, { recursive: true, force: true })
  // what is not awaited any more: the end by process.exit
  process.once("exit", tidy)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      console.error(`Ended by ${signal}.`)
      process.exit(1)
    })
  }
  const setting = {
    quick: options.quick,
    folder,
    file: path.join(folder, "noise"),
    size: (options.quick ? 32 : 512) * 2 ** 20
  }
  writeNoise(setting.file, setting.size)
  console.log(
    `Node ${process.version}, ${os.cpus()[0]?.model ?? "unknown processor"}, files of ${setting.size / 2 ** 20} MiB`
  )
  const results = await measureAll(wanted, setting, options)
  if (options.json !== undefined) fs.writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`)
  return conclude(results, options)
}

try {
  const well = await run(parse(process.argv.slice(2)))
  process.exitCode = well ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
