/**
 * Shows that the tests catch what they are there for: plants the mistakes of mutants.json one at a time, in copies of the working tree,
 * and runs the tests that each names.
 *
 *   npm run test:mutants [-- text ...]      all of them, or those whose name holds one of the texts
 *
 * A mistake is caught when a test fails, or when the tests hang. Tests that could not begin, or that somebody else killed (as the system does
 * when memory runs out), have caught nothing. Fails when a mistake survives, when its tests did not run, and when it no longer applies to
 * the code.
 */
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { bootstrap, root } from "../lib.mjs"

const wanted = process.argv.slice(2)
const mutants = JSON.parse(fs.readFileSync(new URL("mutants.json", import.meta.url), "utf8"))
  .filter(({ name }) => wanted.length === 0 || wanted.some((text) => name.includes(text)))

/** A copy of the files that git knows or does not ignore, with the installed dependencies. */
const copyTree = () => {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-mutants-"))
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" })
  for (const file of files.split("\0").filter((file) => file !== "" && fs.existsSync(path.join(root, file)))) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true })
    fs.copyFileSync(path.join(root, file), path.join(copy, file))
  }
  // A folder of its own, with what says what is installed: tests that run `npm start` there would else install anew, into that of the root.
  fs.mkdirSync(path.join(copy, "node_modules"))
  for (const name of fs.readdirSync(path.join(root, "node_modules"))) {
    const [from, to] = [root, copy].map((dir) => path.join(dir, "node_modules", name))
    if (fs.lstatSync(from).isFile()) fs.copyFileSync(from, to)
    else fs.symlinkSync(from, to)
  }
  // Links between the packages are relative: each package needs a folder of its own, with the links in it, so that they lead to the copy.
  for (const name of fs.readdirSync(path.join(root, "packages"))) {
    const modules = path.join("packages", name, "node_modules")
    if (!fs.existsSync(path.join(root, modules))) continue
    fs.cpSync(path.join(root, modules), path.join(copy, modules), { recursive: true, verbatimSymlinks: true })
  }
  return copy
}

/** How long tests may take, in milliseconds, before they count as hanging: far longer than the slowest of them on two busy cores. */
const patience = Number(process.env.MMIO_MUTANT_PATIENCE ?? 150_000)

/** Runs tests of one package, in its folder: to set up the other packages, too, takes longer than many of the tests. */
const testPackage = (copy, dir, tests) =>
  new Promise((resolve) => {
    const vitest = path.join(copy, "node_modules/vitest/vitest.mjs")
    // One worker, since as many copies as there are processors run at once.
    const child = spawn("node", [vitest, "run", "--bail", "1", "--maxWorkers", "1", "--minWorkers", "1", ...tests], {
      cwd: path.join(copy, dir),
      env: {
        ...process.env,
        MMIO_TEST_SCALE: process.env.MMIO_TEST_SCALE ?? "0.5",
        // That a test fails is enough: nobody reads the smallest example.
        MMIO_TEST_SHRINK: "off",
        NO_COLOR: "1"
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: vitest's workers would outlive it, and one that hangs would go on taking a processor.
      detached: true
    })
    let output = ""
    child.stdout.on("data", (text) => output += text)
    child.stderr.on("data", (text) => output += text)
    let hung = false
    const killAll = () => {
      try {
        process.kill(-child.pid, "SIGKILL")
      } catch (error) {
        if (error.code !== "ESRCH") throw error // there is nobody left
      }
    }
    const timer = setTimeout(() => {
      hung = true
      killAll()
    }, patience)
    child.on("error", (error) => resolve({ verdict: "NOT RUN", why: error.message }))
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      killAll()
      resolve(judge({ code, signal, hung, output }))
    })
  })

/** What the end of the tests says of the mistake. */
const judge = ({ code, hung, output, signal }) => {
  if (hung) return { verdict: "caught", why: "hung" }
  if (code === null) return { verdict: "NOT RUN", why: `killed from outside, by ${signal}` }
  if (/^ +Tests .*\d failed/m.test(output)) return { verdict: "caught" }
  // A worker that was killed fails no test, and vitest itself ends as if one had failed. One that ran out of its own memory says so.
  const lost = /Worker exited unexpectedly|Worker forks emitted error|Channel closed/.test(output)
  if (lost && /JavaScript heap out of memory/.test(output)) return { verdict: "caught", why: "ran out of memory" }
  if (lost) return { verdict: "NOT RUN", why: "a worker of vitest was killed from outside" }
  if (!/^ +Tests .*\d passed/m.test(output)) {
    return { verdict: "NOT RUN", why: output.trim().split("\n").slice(-20).join("\n") }
  }
  return code === 0 ? { verdict: "SURVIVED" } : { verdict: "caught", why: "an error outside of any test" }
}

/** Runs tests, named from the root, package by package, until one fails. */
const test = async (copy, tests) => {
  let result = { verdict: "NOT RUN", why: "it names no tests" }
  for (const dir of new Set(tests.map(packageOf))) {
    const names = tests.filter((name) => packageOf(name) === dir)
    result = await testPackage(copy, dir, names.map((name) => name.slice(dir.length + 1)))
    if (result.verdict !== "SURVIVED") break
  }
  return result
}
const packageOf = (name) => name.split("/").slice(0, 2).join("/")

const results = []
const report = (name, { verdict, why = "" }, start) => {
  const seconds = (performance.now() - start) / 1000
  results.push({ name, verdict, seconds })
  const said = why === "" ? "" : verdict === "caught" ? ` (${why})` : `\n${why.replace(/^/gm, "    ")}`
  console.log(`${verdict.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${name}${said}`)
}

const work = async (copy, queue) => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { file, find, name, replace, tests } = mutant
    const start = performance.now()
    const target = path.join(copy, file)
    const source = fs.existsSync(target) ? fs.readFileSync(target, "utf8") : ""
    const at = source.indexOf(find)
    if (at < 0) {
      report(name, { verdict: "STALE", why: `${file} does not hold what it changes` }, start)
      continue
    }
    fs.writeFileSync(target, source.slice(0, at) + replace + source.slice(at + find.length))
    const result = await test(copy, tests)
    fs.writeFileSync(target, source)
    report(name, result, start)
  }
}

try {
  await bootstrap()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
const queue = [...mutants]
const copies = Array.from({ length: Math.min(os.availableParallelism(), 4) }, copyTree)
try {
  await Promise.all(copies.map((copy) => work(copy, queue)))
} finally {
  for (const copy of copies) fs.rmSync(copy, { recursive: true, force: true })
}
const missed = results.filter(({ verdict }) => verdict !== "caught")
if (missed.length > 0) {
  console.log("Not caught:")
  for (const { name, verdict } of missed) console.log(`  ${verdict.padEnd(8)} ${name}`)
}
const passed = results.length - missed.length
console.log(`${passed} passed, ${missed.length} failed`)
process.exitCode = missed.length > 0 || passed === 0 ? 1 : 0
