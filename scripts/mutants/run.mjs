/**
 * Shows that the tests catch what they are there for: plants the mistakes of mutants.json one at a time, in copies of the working tree,
 * and runs the tests that each names.
 *
 *   npm run test:mutants [-- text ...]      all of them, or those whose name holds one of the texts
 *
 * Fails when a mistake survives, and when one no longer applies to the code.
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
  // Links between the packages are relative: each package needs a folder of its own, with the links in it, so that they lead to the copy.
  fs.symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"))
  for (const name of fs.readdirSync(path.join(root, "packages"))) {
    const modules = path.join("packages", name, "node_modules")
    if (!fs.existsSync(path.join(root, modules))) continue
    fs.cpSync(path.join(root, modules), path.join(copy, modules), { recursive: true, verbatimSymlinks: true })
  }
  return copy
}

const test = (cwd, tests) =>
  new Promise((resolve) => {
    const child = spawn("node", ["node_modules/vitest/vitest.mjs", "run", "--bail", "1", ...tests], {
      cwd,
      env: { ...process.env, MMIO_TEST_SCALE: process.env.MMIO_TEST_SCALE ?? "0.5" },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: vitest's workers would outlive it, and one that hangs would go on taking a processor.
      detached: true
    })
    let output = ""
    child.stdout.on("data", (text) => output += text)
    child.stderr.on("data", (text) => output += text)
    // A mistake that makes the code hang is caught, too.
    const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 240_000)
    child.on("close", (code) => {
      clearTimeout(timer)
      resolve({ code, ran: / Tests .*\d (?:passed|failed)/.test(output) || code === null, output })
    })
  })

let passed = 0
let failed = 0
const report = (ok, name, detail) => {
  if (ok) passed++
  else failed++
  console.log(`${ok ? "caught  " : detail.padEnd(8)} ${name}`)
}

const work = async (copy, queue) => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const { file, find, name, replace, tests } = mutant
    const target = path.join(copy, file)
    const source = fs.existsSync(target) ? fs.readFileSync(target, "utf8") : ""
    const at = source.indexOf(find)
    if (at < 0) {
      report(false, name, "STALE")
      continue
    }
    fs.writeFileSync(target, source.slice(0, at) + replace + source.slice(at + find.length))
    const { code, ran } = await test(copy, tests)
    fs.writeFileSync(target, source)
    // Tests that could not even begin have caught nothing.
    report(code !== 0 && ran, name, code === 0 ? "SURVIVED" : "NOT RUN")
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
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
