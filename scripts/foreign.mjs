/**
 * Checks this library against programs that share no code with it, SoX, libsndfile's, FFmpeg, ExifTool, Mutagen and TagLib: each has to read what
 * the other wrote, files beyond 4 GiB too, and what was repaired and edited here; of thousands of files whose headers lie, all have to read the same.
 * Those, MediaInfo, kid3, id3v2 and webpmux also read, and write to, files whose edit was not finished. Installs them where they are missing and there
 * is apt-get. The
 * tests are in packages/platform-node/foreign.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bin, bootstrap, run } from "./lib.mjs"

const folder = "packages/platform-node/foreign"
const packageOf = { sox: "sox", soxi: "sox", "sndfile-info": "sndfile-programs", "sndfile-convert": "sndfile-programs" }
Object.assign(packageOf, { ffmpeg: "ffmpeg", ffprobe: "ffmpeg", exiftool: "libimage-exiftool-perl" })
Object.assign(packageOf, { mediainfo: "mediainfo", "kid3-cli": "kid3-cli", id3v2: "id3v2", webpmux: "webp" })

/** Libraries that are asked through Python, that of the system, for which apt-get installs them. */
const python = "/usr/bin/python3"
const packageOfModule = { av: "python3-av", mutagen: "python3-mutagen", taglib: "python3-taglib" }

const isInstalled = (program) =>
  (process.env.PATH ?? "").split(path.delimiter).some((dir) => fs.existsSync(path.join(dir, program)))
const hasModule = async (name) => fs.existsSync(python) && (await run(python, ["-c", `import ${name}`])).code === 0
const missing = async () => {
  const packages = Object.entries(packageOf).filter(([program]) => !isInstalled(program)).map(([, name]) => name)
  for (const [module, name] of Object.entries(packageOfModule)) if (!await hasModule(module)) packages.push(name)
  return [...new Set(packages)]
}

const install = async () => {
  const wanted = await missing()
  if (wanted.length === 0) return
  const needed = `These tests need ${wanted.join(", ")}`
  if (!isInstalled("apt-get")) {
    throw new Error(`${needed}, and there is no apt-get to install them: please do it with what this system has.`)
  }
  console.error(`Installing ${wanted.join(", ")} ...`)
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

const test = async () => {
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

const total = { passed: 0, failed: 0 }
try {
  await bootstrap()
  await install()
  Object.assign(total, await test())
} catch (error) {
  console.error(error.message)
  total.failed = 1
}
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed`)
