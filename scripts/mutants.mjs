/**
 * Shows by StrykerJS that the tests notice changes of the pure modules of core:
 *
 *   npm run test:mutants [-- module ...]      all of packages/proofs/mutation/modules.json, or these
 *
 * Each module has the tests that are run against its mutants. Fails where fewer than 90 % of the mutants of a module
 * are noticed, and where one that is not noticed is not explained in packages/proofs/mutation/survivors.json. StrykerJS
 * is installed in packages/proofs/mutation when this is first run; the mutants are made in a copy of the working tree.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { bootstrap, copyTree, pnpm, root, run } from "./lib.mjs"

const folder = path.join(root, "packages/proofs/mutation")
const read = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"))
const modules = read("modules.json")
const explained = read("survivors.json")

/** The least share of mutants that the tests have to notice, in percent. */
const threshold = 90

const install = async () => {
  if (fs.existsSync(path.join(folder, "node_modules/@stryker-mutator/vitest-runner"))) return
  console.error("Installing StrykerJS ...")
  const { code, output } = await pnpm(["--dir", folder, "install", "--ignore-workspace", "--frozen-lockfile"])
  if (code !== 0) throw new Error(`${output.trimEnd()}\nStrykerJS could not be installed.`)
}

/** The folders of node_modules, as links to those that are installed: links between the packages lead to the copy. */
const linkModules = (copy) => {
  fs.mkdirSync(path.join(copy, "node_modules"))
  for (const name of fs.readdirSync(path.join(root, "node_modules"))) {
    if (name === ".cache" || name === ".vite") continue
    const [from, to] = [root, copy].map((dir) => path.join(dir, "node_modules", name))
    if (fs.lstatSync(from).isFile()) fs.copyFileSync(from, to)
    else fs.symlinkSync(from, to)
  }
  for (const name of fs.readdirSync(path.join(root, "packages"))) {
    const modules = path.join("packages", name, "node_modules")
    if (!fs.existsSync(path.join(root, modules))) continue
    fs.cpSync(path.join(root, modules), path.join(copy, modules), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !/node_modules\/\.(cache|vite)/.test(file)
    })
  }
}

/** Runs StrykerJS on a module in a copy of core. Returns what became of each mutant. */
const mutantsOf = async (copy, name) => {
  const { mutate, tests } = modules[name]
  const core = path.join(copy, "packages/core")
  const config = {
    testRunner: "vitest",
    plugins: [path.join(folder, "node_modules/@stryker-mutator/vitest-runner/dist/src/index.js")],
    vitest: { configFile: "vitest.mutants.config.ts", related: false },
    mutate,
    coverageAnalysis: "perTest",
    inPlace: true,
    concurrency: Number(process.env.MMIO_MUTANT_CONCURRENCY ?? os.availableParallelism()),
    timeoutMS: 60_000,
    reporters: ["json"],
    jsonReporter: { fileName: "mutants.json" },
    clearTextReporter: { allowColor: false },
    tempDirName: ".stryker-tmp",
    allowConsoleColors: false,
    checkers: []
  }
  fs.writeFileSync(path.join(core, "stryker.config.json"), JSON.stringify(config))
  fs.writeFileSync(
    path.join(core, "vitest.mutants.config.ts"),
    `import shared from "../../vitest.shared.js"
export default { ...shared, test: { ...shared.test, include: ${JSON.stringify(tests)}, watch: false } }
`
  )
  fs.rmSync(path.join(core, "mutants.json"), { force: true })
  const { output } = await run(
    process.execPath,
    [path.join(folder, "node_modules/@stryker-mutator/core/bin/stryker.js"), "run"],
    {
      cwd: core,
      // A failing property is enough: its smallest example is not needed.
      env: {
        ...process.env,
        MMIO_TEST_SHRINK: "off",
        MMIO_TEST_SCALE: process.env.MMIO_TEST_SCALE ?? "0.3",
        NO_COLOR: "1"
      }
    }
  )
  const report = path.join(core, "mutants.json")
  if (!fs.existsSync(report)) throw new Error(`${output.trimEnd()}\nStrykerJS has made no report.`)
  const { files } = JSON.parse(fs.readFileSync(report, "utf8"))
  return Object.entries(files).flatMap(([file, { mutants, source }]) => {
    const lines = source.split("\n")
    return mutants.map(({ location: { end, start }, mutatorName, replacement, status }) => {
      const original = start.line === end.line
        ? lines[start.line - 1].slice(start.column - 1, end.column - 1)
        : lines.slice(start.line - 1, end.line).join("\n").slice(start.column - 1)
      return { file, line: start.line, code: lines[start.line - 1].trim(), original, mutatorName, replacement, status }
    })
  })
}

const isNoticed = ({ status }) => status === "Killed" || status === "Timeout" || status === "RuntimeError"
/** What cannot be run says nothing of the tests. */
const counts = ({ status }) => !["CompileError", "Ignored", "Pending"].includes(status)

const reasonFor = (mutant) =>
  explained.find(({ code, file, replacement }) =>
    file === mutant.file && code === mutant.code && replacement === mutant.replacement
  )?.why

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(modules)
const unknown = chosen.find((name) => !(name in modules))
if (unknown !== undefined) {
  console.error(`There is no module "${unknown}", only: ${Object.keys(modules).join(", ")}.`)
  process.exit(2)
}

const total = { passed: 0, failed: 0 }
const copy = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-mutants-"))
try {
  await bootstrap()
  await install()
  copyTree(copy)
  linkModules(copy)
  for (const name of chosen) {
    const start = performance.now()
    const mutants = (await mutantsOf(copy, name)).filter(counts)
    const survivors = mutants.filter((mutant) => !isNoticed(mutant))
    const unexplained = survivors.filter((mutant) => reasonFor(mutant) === undefined)
    const noticed = mutants.length - survivors.length
    const score = mutants.length === 0 ? 0 : 100 * noticed / mutants.length
    const isGood = score >= threshold && unexplained.length === 0
    if (isGood) total.passed++
    else total.failed++
    const seconds = ((performance.now() - start) / 1000).toFixed(0)
    console.log(
      `${isGood ? "✓" : "✗"} ${name.padEnd(14)} ${
        score.toFixed(1).padStart(5)
      } %  ${noticed} of ${mutants.length} noticed, ` +
        `${unexplained.length} of ${survivors.length} survivors unexplained, ${seconds} s`
    )
    for (const { code, file, line, mutatorName, original, replacement, status } of unexplained) {
      console.log(
        `    ${file}:${line} ${status} ${mutatorName}\n      ${code}\n      ${JSON.stringify(original)} → ${
          JSON.stringify(replacement)
        }`
      )
    }
  }
} catch (error) {
  total.failed++
  console.error(error.message)
} finally {
  fs.rmSync(copy, { recursive: true, force: true })
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
