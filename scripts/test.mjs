/**
 * Everything that has to hold, in one command:
 *
 *   npm test                                 all steps, with half of what is random and of the interruptions
 *   npm test -- --quick                      build and vitest, with a tenth of what is random and of the interruptions,
 *                                            and without the tests that start programs
 *   npm test -- --only lint,docs             these steps
 *   npm test -- --only speed                 the guard of the benchmark
 *   npm test -- --except vitest              all but these steps
 *   npm test -- --quick Mmio.test -t "seek"  what is left over goes to vitest
 *
 * A failing step does not stop the others: one run shows all there is to mend. The last line is `N passed, N failed`,
 * where a vitest test, a type assertion, a row of the benchmark and any other step count one each.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bin, bootstrap, root, run, writeChanged } from "./lib.mjs"

/** A step that is one check: passed if the program ends well. */
const check = (program, ...args) => async () => {
  const { code, output } = await run(program, args)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output }
}

/** Does this for all, two at a time: each takes about one processor, and the machines that run this have two. */
const inTwos = async (all, action) => {
  const queue = [...all.entries()]
  const results = []
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await action(next[1])
  }
  await Promise.all([lane(), lane()])
  return results
}

/** A program that failed without a failed test of its own (it crashed, or found none) still is a failure. */
const atLeastOne = (failed, code) => failed === 0 && code !== 0 ? 1 : failed

const vitest = async (filters) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
  const report = path.join(dir, "vitest.json")
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    const { code } = await run(bin("vitest"), ["run", ...reporters, ...filters], { live: true })
    if (!fs.existsSync(report)) return { passed: 0, failed: 1 }
    const { numFailedTests, numPassedTests, testResults } = JSON.parse(fs.readFileSync(report, "utf8"))
    // a file that does not load has no tests to fail
    const broken = testResults.filter((file) =>
      file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")
    )
    const none = numPassedTests + numFailedTests === 0
    return {
      passed: numPassedTests,
      failed: atLeastOne(numFailedTests + broken.length, none ? 1 : code),
      output: none ? "No test has run." : ""
    }
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}

const tstyche = async () => {
  const { code, output } = await run(bin("tstyche"), [])
  const count = (result) => Number(output.match(new RegExp(`^Assertions:.*?(\\d+) ${result}`, "m"))?.[1] ?? 0)
  return { passed: count("passed"), failed: atLeastOne(count("failed"), code), output }
}

/** What every program meets: the storages and what goes around them are measured by `npm run bench` alone. */
const guarded = ["small-", "records", "direct", "sequential", "streams", "random", "chunks", "tags", "many", "start"]

/**
 * The benchmark, in short: fails where the library is slower, by peers on the same machine, by an order of magnitude.
 */
const speed = async () => {
  const { code, output } = await run(process.execPath, ["scripts/bench.mjs", ...guarded, "--quick", "--guard"])
  const [, passed = 0, failed = 0] = output.match(/^(\d+) passed, (\d+) failed$/m)?.map(Number) ?? []
  return { passed, failed: atLeastOne(failed, code), output }
}

const compile = async () => {
  const { code, output } = await build("tsconfig.json")
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output }
}

/** The packages whose diagnostics are made apart: about as much work as all others, with what they refer to. */
const apart = new Set(["cli", "http", "zip", "sql", "s3", "testing"].map((name) => `packages/${name}`))

/** Effect's diagnostics, by two processes: one takes longer than all other checks together. */
const effect = async () => {
  const { references } = JSON.parse(fs.readFileSync(path.join(root, "tsconfig.json"), "utf8"))
  const isApart = (reference) => apart.has(reference.path)
  const halves = [references.filter(isApart), references.filter((reference) => !isApart(reference))]
  const results = await inTwos([...halves.entries()], ([index, half]) => {
    const project = `build/effect/${index}/tsconfig.json`
    writeChanged(
      path.join(root, project),
      JSON.stringify({ files: [], references: half.map((to) => ({ path: `../../../${to.path}` })) })
    )
    const options = ["--project", project, "--strict", "--format", "text"]
    // most of its memory is new and soon free
    const program = ["--max-semi-space-size=64", "node_modules/@effect/language-service/cli.js"]
    return check(process.execPath, ...program, "diagnostics", ...options)()
  })
  const failures = results.filter(({ failed }) => failed > 0)
  return {
    passed: results.length - failures.length,
    failed: failures.length,
    output: failures.map(({ output }) => output).join("")
  }
}

// the slow ones first, so that the quick ones fill the gaps
const steps = {
  build: compile,
  packages: check(process.execPath, "scripts/packages.mjs"),
  effect,
  examples: (chosen) =>
    check(process.execPath, "scripts/examples.mjs", ...chosen.includes("build") ? ["--built"] : [])(),
  docs: check(process.execPath, "scripts/docs.mjs"),
  types: tstyche,
  unused: check(bin("knip")),
  lint: check(bin("oxlint"), "--deny-warnings"),
  format: check(bin("dprint"), "check"),
  comments: check(process.execPath, "scripts/comments.mjs"),
  vitest,
  speed
}

const parse = (args) => {
  const list = () => {
    const names = (args.shift() ?? "").split(",")
    const unknown = names.filter((name) => !(name in steps))
    if (unknown.length === 0) return names
    console.error(`There is no step "${unknown[0]}", only: ${Object.keys(steps).join(", ")}.`)
    process.exit(2)
  }
  let chosen = Object.keys(steps)
  const filters = []
  let isQuick = false
  while (args.length > 0) {
    const arg = args.shift()
    if (arg === "--quick") {
      chosen = ["build", "vitest"]
      isQuick = true
    } else if (arg === "--all") {
      chosen = ["build", "vitest"]
      process.env.MMIO_TEST_ALL = "1"
    } else if (arg === "--only") chosen = list()
    else if (arg === "--except") chosen = ((names) => chosen.filter((name) => !names.includes(name)))(list())
    else filters.push(arg)
  }
  // Of some files it can be all. What is left out is another part each time, and `--all` leaves nothing out.
  if (filters.length === 0 && process.env.MMIO_TEST_ALL !== "1") {
    process.env.MMIO_TEST_SCALE ??= isQuick ? "0.1" : "0.5"
    process.env.MMIO_TEST_INTERRUPT_EVERY ??= isQuick ? "10" : "2"
    process.env.MMIO_TEST_PROGRAMS ??= isQuick ? "no" : "yes"
  }
  return { chosen, filters }
}

const { chosen, filters } = parse(process.argv.slice(2))
const total = { passed: 0, failed: 0 }

const step = async (name, action) => {
  const start = performance.now()
  const { failed, output, passed } = await action().catch((error) => ({
    passed: 0,
    failed: 1,
    output: name === "install" ? error.message : error.stack
  }))
  total.passed += passed
  total.failed += failed
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${failed > 0 ? "✗" : "✓"} ${name.padEnd(10)} ${seconds.padStart(5)} s`)
  if (failed > 0 && output) console.log(output.trimEnd().replace(/^/gm, "  "))
}

await step("install", () => bootstrap().then(() => ({ passed: 0, failed: 0 })))
if (total.failed === 0) {
  // The others need what the build makes, vitest both processors, and speed a machine to itself.
  if (chosen.includes("build")) await step("build", steps.build)
  await inTwos(
    chosen.filter((name) => !["build", "vitest", "speed"].includes(name)),
    (name) => step(name, () => steps[name](chosen))
  )
  if (chosen.includes("vitest")) await step("vitest", () => steps.vitest(filters))
  if (chosen.includes("speed")) await step("speed", steps.speed)
}

process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed`)
