/**
 * Bundling: the `mmio` command as `command.js`; storages that are loaded when a name asks for them, each in a file of
 * its own in `chunks`, with what they share; `mmio.js`, which starts the command, and has what it says for `--help` in
 * itself; and the licences of all that is bundled.
 *
 * A licence is looked for in the package that a bundled file is from, and has to be one of a few: what is bundled is
 * published with ours.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { root, writeChanged } from "./lib.mjs"

/** Where the command is. */
export const command = "packages/cli/"

/** Licences that ask for no more than to be passed on. */
const allowed = new Set(["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"])

/** What stays outside: native modules, and what is made around them, which are loaded where they are installed. */
const external = ["fs-native-extensions", "@libsql/client"]

/** The package that a file belongs to. */
const packageOf = (file) => {
  let folder = path.dirname(path.join(root, file))
  for (;;) {
    const manifest = path.join(folder, "package.json")
    if (fs.existsSync(manifest)) {
      const { license, name, version } = JSON.parse(fs.readFileSync(manifest, "utf8"))
      // some builds have a manifest inside, which only says which kind of modules they are
      if (name !== undefined && version !== undefined) return { folder, license, name, version }
    }
    folder = path.dirname(folder)
  }
}

const isLicence = (file) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file)

const licenceTextOf = ({ folder, name }) => {
  const files = fs.readdirSync(folder).filter(isLicence).toSorted()
  if (files.length === 0) throw new Error(`${name}, which is bundled, comes without the text of its licence.`)
  return files.map((file) => fs.readFileSync(path.join(folder, file), "utf8").trim()).join("\n\n")
}

/** The text of THIRD-PARTY.txt for the files that are bundled. */
const thirdParty = (files) => {
  const packages = new Map()
  for (const file of files) {
    if (!file.includes("node_modules/")) continue
    const found = packageOf(file)
    packages.set(`${found.name}@${found.version}`, found)
  }
  const parts = [...packages].toSorted(([a], [b]) => a < b ? -1 : 1).map(([title, found]) => {
    if (!allowed.has(found.license)) {
      throw new Error(`${title} is bundled, but its licence ${found.license} is none of ${[...allowed].join(", ")}.`)
    }
    return `${"=".repeat(100)}\n${title} (${found.license})\n${"=".repeat(100)}\n\n${licenceTextOf(found)}\n`
  })
  return `The mmio command contains the following packages, under these licences.\n\n${parts.join("\n")}`
}

const options = {
  absWorkingDir: root,
  outdir: `${command}dist`,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  legalComments: "none",
  metafile: true,
  write: false
}

/** Writes what was bundled, and deletes the chunks of an earlier time: nothing refers to them. */
const writeBundled = (outputFiles) => {
  for (const { contents, path: file } of outputFiles) writeChanged(file, contents, 0o644)
  const chunks = path.join(root, command, "dist/chunks")
  const current = new Set(outputFiles.map(({ path: file }) => file))
  for (const name of fs.existsSync(chunks) ? fs.readdirSync(chunks) : []) {
    if (!current.has(path.join(chunks, name))) fs.rmSync(path.join(chunks, name))
  }
}

export const bundle = async () => {
  // Only now: this file is loaded before anything is installed.
  const { build } = await import("esbuild")
  const { version } = JSON.parse(fs.readFileSync(path.join(root, command, "package.json"), "utf8"))
  const versionOnly = { MMIO_VERSION: JSON.stringify(version) }
  const bundled = await build({
    ...options,
    entryPoints: [`${command}build/src/command.js`],
    // what is imported when it is used
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    external,
    define: versionOnly,
    // what is CommonJS asks for modules of Node
    banner: {
      js: "import { createRequire as createRequireOfNode } from \"node:module\";\n" +
        "const require = createRequireOfNode(import.meta.url);"
    }
  })
  writeBundled(bundled.outputFiles)

  const { NO_COLOR: _, ...env } = process.env
  const help = execFileSync(process.execPath, [path.join(root, command, "dist/command.js"), "--help"], {
    env: { ...env, FORCE_COLOR: "1" },
    encoding: "utf8"
  })
  const main = await build({
    ...options,
    entryPoints: { mmio: `${command}build/src/main.js` },
    external: ["./command.js"],
    define: { ...versionOnly, MMIO_HELP: JSON.stringify(help) }
  })
  writeChanged(path.join(root, command, "dist/mmio.js"), main.outputFiles[0].contents, 0o755)

  /** How many bytes of each file are bundled, in all chunks together. */
  const inputs = {}
  for (const output of Object.values(bundled.metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      inputs[file] = (inputs[file] ?? 0) + bytesInOutput
    }
  }
  const files = Object.keys(inputs).filter((file) => inputs[file] > 0)
  writeChanged(path.join(root, command, "dist/THIRD-PARTY.txt"), thirdParty(files), 0o644)
  return { bytes: bundled.outputFiles.reduce((sum, { contents }) => sum + contents.length, 0), inputs }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { bytes, inputs } = await bundle()
  console.log(`${bytes} bytes`)
  if (process.argv[2] === "--largest") {
    const sizes = Object.entries(inputs).map(([file, bytes]) => [bytes, file.split("node_modules/").at(-1)])
    for (const [size, file] of sizes.toSorted(([a], [b]) => b - a).slice(0, 60)) console.log(`${size}  ${file}`)
  }
}
