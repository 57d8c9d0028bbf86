/** What the scripts share: where things are, running a program, and installing. */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))
export const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))
export const packages = fs.readdirSync(path.join(root, "packages"))
  .map((name) => `packages/${name}`)
  .filter((dir) => fs.existsSync(path.join(root, dir, "package.json")))

const exportsOf = (dir) => JSON.parse(fs.readFileSync(path.join(root, dir, "package.json"), "utf8")).exports

/** Those that programs import; the others are programs, which are bundled. */
export const libraries = packages.filter((dir) => "." in exportsOf(dir))

/** What is installed beside the packages, and never published. */
const unpublished = ["packages/platform-node/benchmark"]

/** The files below a directory, as sorted paths relative to the root; none when it does not exist. */
export const filesBelow = (dir) => {
  const absolute = path.join(root, dir)
  if (!fs.existsSync(absolute)) return []
  return fs.readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"))
    .toSorted()
}

/** One hash for the names and contents of files. */
export const hashOf = (files) => {
  const hash = createHash("sha256")
  for (const file of files) hash.update(`${file}\0`).update(fs.readFileSync(path.join(root, file))).update("\0")
  return hash.digest("hex")
}

/** The path of a program that a dependency installed. */
export const bin = (name) => path.join(root, "node_modules", ".bin", name)

/** The pinned pnpm. npm brings npx, so Node alone is enough to start. */
export const pnpm = (args, options) => run("npx", ["--yes", manifest.packageManager, ...args], options)

/** Runs a program to its end. `live` shows its output at once, else the output is in the result. */
export const run = (command, args, { cwd = root, live = false, env = process.env } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      // some colour even what they write into a pipe
      env: process.stdout.isTTY ? env : { ...env, NO_COLOR: "1" },
      stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
      shell: process.platform === "win32"
    })
    let output = ""
    child.stdout?.setEncoding("utf8").on("data", (text) => output += text)
    child.stderr?.setEncoding("utf8").on("data", (text) => output += text)
    child.on("error", (error) => resolve({ code: 1, output: `${output}${error.message}\n` }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })

/** Installs the dependencies, unless they were installed from exactly these manifests. */
export const bootstrap = async () => {
  // A hash, because times say nothing: in a fresh clone every file is new.
  const dirs = [...packages, ...unpublished]
  const stamp = path.join(root, "node_modules", ".effect-mmio-installed")
  const wanted = `${process.platform} ${process.arch} ${
    hashOf(["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...dirs.map((dir) => `${dir}/package.json`)])
  }`
  const complete = dirs.every((dir) => fs.existsSync(path.join(root, dir, "node_modules")))
  if (complete && fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return

  console.error(`Installing the dependencies with ${manifest.packageManager} ...`)
  const env = { ...process.env }
  delete env.NODE_ENV // "production" would leave out the tools
  delete env.npm_config_loglevel // `npm --silent test` would hide why the installation failed
  const { code, output } = await pnpm(["install", "--frozen-lockfile", "--prefer-offline"], { env })
  if (code !== 0) {
    throw new Error(
      `${output.trimEnd()}\nThe dependencies could not be installed: ${manifest.packageManager} ended with code ${code}; ` +
        "its output above says why (it needs the npm registry, or a store filled by an earlier installation)."
    )
  }
  fs.writeFileSync(stamp, wanted)
}
