/**
 * Packs every published package and checks the result: publint reads the manifest, attw resolves the types of every
 * module as consumers do, and bundlers leave out what a program does not use. It takes seconds, so what has not changed
 * since it passed is not checked again, except in CI.
 */
import * as fs from "node:fs"
import { SourceMap } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { bin, filesBelow, hashOf, libraries, pnpm, published, root, run } from "./lib.mjs"

const cache = path.join(root, "node_modules/.cache/effect-mmio/packages.json")
const known = fs.existsSync(cache) && !process.env.CI ? JSON.parse(fs.readFileSync(cache, "utf8")) : {}
const hashes = Object.fromEntries(published.map((dir) => [
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
const changed = published.filter((dir) => known[dir] !== hashes[dir])

const temp = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
const must = async (name, running) => {
  const { code, output } = await running
  if (code === 0) return
  console.log(`${name}:\n${output}`)
  process.exitCode = 1
}

/** A program that opens a file carries no middleware along, which the module of drivers offers. */
const checkShaking = async () => {
  const { build } = await import("esbuild")
  const { outputFiles: [map, code] } = await build({
    absWorkingDir: root,
    stdin: { contents: `export { open } from "@effect-mmio/core/Mmio"`, resolveDir: "packages/testing" },
    bundle: true,
    format: "esm",
    packages: "bundle",
    external: ["effect", "effect/*"],
    sourcemap: "external",
    sourcesContent: false,
    outdir: temp,
    write: false
  })
  const origins = new SourceMap(JSON.parse(map.text))
  // All lines but those of constants without a call: of those that are computed, esbuild keeps some.
  const sources = new Set(
    code.text.split("\n").map((line, i) =>
      /^var [^()]*;$/.test(line) ? undefined : origins.findEntry(i, line.search(/\S|$/)).originalSource
    )
  )
  const taken = [...sources].filter((source) => source?.includes("/middleware/"))
  if (taken.length === 0) return
  console.log(`A bundle of Mmio.open holds ${taken.join(", ")}.`)
  process.exitCode = 1
}

/**
 * Fails where the packed manifest has a version of the workspace, which users cannot install, or a script that runs at
 * users'.
 */
const leftOver = async (tarball) => {
  const { code, output } = await run("tar", ["-xzOf", tarball, "package/package.json"])
  return code === 0 && !output.includes("workspace:") && !/"(pre|post)?(install|prepare)"/.test(output)
    ? { code: 0, output: "" }
    : { code: 1, output }
}

const checkPackage = async (dir) => {
  const out = path.join(temp, path.basename(dir))
  await must(`${dir}: pnpm pack`, pnpm(["--dir", dir, "pack", "--pack-destination", out]))
  if (!fs.existsSync(out)) return
  const tarball = path.join(out, fs.readdirSync(out)[0])
  await must(`${dir}: workspace: left in package.json`, leftOver(tarball))
  if (!libraries.includes(dir)) return must(`${dir}: publint`, run(bin("publint"), ["run", tarball, "--strict"]))
  // attw does not expand the pattern "./*"
  const modules = fs.readdirSync(path.join(root, dir, "src"))
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .map((file) => path.basename(file, ".ts"))
  await must(`${dir}: publint`, run(bin("publint"), ["run", tarball, "--strict"]))
  await must(
    `${dir}: attw`,
    run(bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji", "--no-color", "--entrypoints", ".", ...modules])
  )
}

try {
  await Promise.all([...changed.map(checkPackage), ...changed.includes("packages/core") ? [checkShaking()] : []])
} finally {
  fs.rmSync(temp, { recursive: true })
}

if (!process.exitCode) {
  fs.mkdirSync(path.dirname(cache), { recursive: true })
  fs.writeFileSync(cache, JSON.stringify(hashes))
}
