/**
 * Runs the `mmio` command, installing and building first where needed:
 *
 *   npm start                          shows it on a copy of the sample of packages/platform-node/examples
 *   npm start -- my.wav                what is in this file
 *   npm start -- my.wav --tag ...      tags it
 *   npm start -- verify folder         any command
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { command } from "./bundle.mjs"
import { bootstrap, root } from "./lib.mjs"

try {
  await bootstrap()
  const { code, output } = await build(`${command}tsconfig.json`)
  if (code !== 0) throw new Error(`${output}\nThe command was not started: it does not compile.`)
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

// npm changes to the root; files named on the command line are meant from where npm was called
const here = path.resolve(process.cwd()) === path.resolve(root) ? process.env.INIT_CWD ?? root : process.cwd()

const mmio = (args, cwd = here) => {
  const { status } = spawnSync(process.execPath, [path.join(root, command, "dist/mmio.js"), ...args], {
    cwd,
    stdio: "inherit"
  })
  return status ?? 1
}

const tour = [
  ["tree", "tone.wav"],
  ["digest", "tone.wav", "--embed"],
  ["tag", "tone.wav", "--tag", "INAM=A tone", "--tag", "ICMT=Tagged by mmio", "--tag", "bext.description=A short tone"],
  ["cue", "tone.wav", "--add", "200=Middle"],
  ["info", "tone.wav"],
  ["digest", "tone.wav", "--check"],
  ["verify", "tone.wav"],
  ["map", "tone.wav"]
]

/** Shows the command at work, on a copy of the sample. */
const show = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mmio-"))
  try {
    fs.copyFileSync(path.join(root, "packages/platform-node/examples/tone.wav"), path.join(folder, "tone.wav"))
    for (const args of tour) {
      console.log(`$ mmio ${args.map((word) => /^[\w./=-]+$/.test(word) ? word : JSON.stringify(word)).join(" ")}`)
      const status = mmio(args, folder)
      console.log("")
      if (status !== 0) return status
    }
    console.log("npm start -- my.wav shows what is in a file of yours; npm start -- --help says what else there is.")
    return 0
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const args = process.argv.slice(2)
const [file, ...options] = args
const isFile = file !== undefined && fs.existsSync(path.resolve(here, file))
process.exitCode = args.length === 0 ? show() : mmio(isFile ? [options.length === 0 ? "tree" : "tag", ...args] : args)
