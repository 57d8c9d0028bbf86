/**
 * Packs every package as it would be published and checks the result: publint reads the manifest, attw resolves
 * the types of every module as consumers do, and what is there twice has to be the same. It takes seconds, so what has
 * not changed since it was found good is not checked again, except in CI.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { bin, filesBelow, hashOf, libraries, packages, pnpm, root, run } from "./lib.mjs"

const cache = path.join(root, "node_modules/.cache/effect-mmio/packages.json")
const known = fs.existsSync(cache) && !process.env.CI ? JSON.parse(fs.readFileSync(cache, "utf8")) : {}
const hashes = Object.fromEntries(packages.map((dir) => [
  dir,
  hashOf(
    [
      "pnpm-lock.yaml",
      `${dir}/package.json`,
      `${dir}/README.md`,
      ...filesBelow(`${dir}/src`),
      ...filesBelow(`${dir}/dist`)
    ]
  )
]))
const changed = packages.filter((dir) => known[dir] !== hashes[dir])

const temp = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
const must = async (name, running) => {
  const { code, output } = await running
  if (code === 0) return
  console.log(`${name}:\n${output}`)
  process.exitCode = 1
}

/** Bundlers and Node are to be given the same by a module, each out of files of its own. */
const checkTwins = async (dir, modules) => {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, dir, "package.json"), "utf8"))
  const { default: node, module: bundlers = node } = exports["./*"]
  const namesOf = async (pattern, module) =>
    Object.keys(await import(pathToFileURL(path.join(root, dir, pattern.replace("*", module))).href)).toSorted().join()
  for (const module of [...modules, "index"]) {
    const [ofBundlers, ofNode] = [await namesOf(bundlers, module), await namesOf(node, module)]
    if (ofBundlers === ofNode && ofNode !== "") continue
    console.log(`${dir}: ${module} exports ${ofBundlers} to bundlers, and ${ofNode} to Node.`)
    process.exitCode = 1
  }
}

const checkPackage = async (dir) => {
  const out = path.join(temp, path.basename(dir))
  await must(`${dir}: pnpm pack`, pnpm(["--dir", dir, "pack", "--pack-destination", out]))
  if (!fs.existsSync(out)) return
  const tarball = path.join(out, fs.readdirSync(out)[0])
  if (!libraries.includes(dir)) return must(`${dir}: publint`, run(bin("publint"), ["run", tarball, "--strict"]))
  // attw cannot see what the pattern "./*" stands for
  const modules = fs.readdirSync(path.join(root, dir, "src"))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => path.basename(file, ".ts"))
  await checkTwins(dir, modules)
  await must(`${dir}: publint`, run(bin("publint"), ["run", tarball, "--strict"]))
  await must(
    `${dir}: attw`,
    run(bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji", "--no-color", "--entrypoints", ".", ...modules])
  )
}

try {
  await Promise.all(changed.map(checkPackage))
} finally {
  fs.rmSync(temp, { recursive: true })
}

if (!process.exitCode) {
  fs.mkdirSync(path.dirname(cache), { recursive: true })
  fs.writeFileSync(cache, JSON.stringify(hashes))
}
