/**
 * Other runtimes than the one that runs this, from the npm registry. They are kept in `node_modules/.cache`, by their
 * exact version range.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { root, run } from "./lib.mjs"

const platform = `${process.platform}-${process.arch}`
const executable = (name) => process.platform === "win32" ? `${name}.exe` : name

/** The packages that have the binaries, and where in them these are. */
export const runtimes = {
  "Node 20": [`node-${platform.replace("win32", "win")}@20`, `bin/${executable("node")}`],
  "Node 22": [`node-${platform.replace("win32", "win")}@22`, `bin/${executable("node")}`],
  "Node 24": [`node-${platform.replace("win32", "win")}@24`, `bin/${executable("node")}`],
  Bun: [`@oven/bun-${platform.replace("win32", "windows").replace("arm64", "aarch64")}@1`, `bin/${executable("bun")}`],
  Deno: [`@deno/${platform}${process.platform === "linux" ? "-glibc" : ""}@2`, executable("deno")]
}

const cache = path.join(root, "node_modules/.cache/effect-mmio/runtimes")

/** Installs a runtime where it is missing. Returns the path of its program. */
export const installRuntime = async (name) => {
  const [spec, file] = runtimes[name]
  const folder = path.join(cache, name.replace(" ", "-"))
  const program = path.join(folder, "node_modules", spec.slice(0, spec.lastIndexOf("@")), file)
  if (fs.existsSync(program)) return program
  fs.mkdirSync(folder, { recursive: true })
  const { code, output } = await run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", spec])
  if (code !== 0 || !fs.existsSync(program)) throw new Error(`${output.trimEnd()}\n${name} could not be installed.`)
  if (process.platform !== "win32") fs.chmodSync(program, 0o755)
  return program
}
