/**
 * What the longer tests share that need programs of others: installs those programs where they are missing and there is
 * apt-get, then runs the tests of a folder, which has a vitest.config.mjs and a tsconfig.json. The last line is
 * `N passed, N failed`.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bin, bootstrap, run } from "./lib.mjs"

/** Debian has the programs of servers where only root looks for them. */
const folders = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin"]
const isInstalled = (program) => folders.some((dir) => fs.existsSync(path.join(dir, program)))

/** Modules are asked for through the Python of the system, for which apt-get installs them. */
const python = "/usr/bin/python3"
const hasModule = async (name) => fs.existsSync(python) && (await run(python, ["-c", `import ${name}`])).code === 0

/** `programs` and `modules` say for each the Debian package that has it. */
export const installPrograms = async ({ modules = {}, programs }) => {
  const wanted = new Set()
  for (const [program, name] of Object.entries(programs)) if (!isInstalled(program)) wanted.add(name)
  for (const [module, name] of Object.entries(modules)) if (!await hasModule(module)) wanted.add(name)
  if (wanted.size === 0) return
  const names = [...wanted].join(", ")
  const needed = `These tests need ${names}`
  if (!isInstalled("apt-get")) {
    throw new Error(`${needed}, and there is no apt-get to install them: please do it with what this system has.`)
  }
  console.error(`Installing ${names} ...`)
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"]
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, "apt-get", ...args]
    return run(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
  }
  const get = () => apt("install", "-y", "--no-install-recommends", ...wanted)
  let result = await get()
  // a fresh system does not know yet what there is
  if (result.code !== 0 && (await apt("update")).code === 0) result = await get()
  if (result.code !== 0) throw new Error(`${result.output.trimEnd()}\n${needed}, and apt-get could not install them.`)
}

const test = async (folder) => {
  const { code, output } = await build(folder)
  if (code !== 0) throw new Error(`${output}\nThe tests were not run: they do not compile.`)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
  const report = path.join(dir, "vitest.json")
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    const config = ["--config", `${folder}/vitest.config.mjs`]
    const { code } = await run(bin("vitest"), ["run", ...config, ...reporters, ...process.argv.slice(2)], {
      live: true
    })
    const { numFailedTests, numPassedTests } = fs.existsSync(report)
      ? JSON.parse(fs.readFileSync(report, "utf8"))
      : { numFailedTests: 0, numPassedTests: 0 }
    // a program that failed without a failed test of its own still is a failure
    return { passed: numPassedTests, failed: Math.max(numFailedTests, code === 0 && numPassedTests > 0 ? 0 : 1) }
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}

export const runTier = async (folder, needs) => {
  const total = { passed: 0, failed: 0 }
  try {
    await bootstrap()
    await installPrograms(needs)
    Object.assign(total, await test(folder))
  } catch (error) {
    console.error(error.message)
    total.failed = 1
  }
  process.exitCode = total.failed > 0 ? 1 : 0
  console.log(`${total.passed} passed, ${total.failed} failed`)
}
