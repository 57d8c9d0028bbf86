/**
 * Fails where a comment is wider than the lines of the formatter, which does not wrap what is in comments.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { root } from "./lib.mjs"

/** `lineWidth` of dprint.json. */
const width = 120

/** Folders whose files are made, or come from others. */
const others = new Set(["build", "coverage", "dist", "node_modules"])

/** The modules below a folder, as paths relative to the root. */
const modulesBelow = (folder) =>
  fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory()) return others.has(entry.name) ? [] : modulesBelow(name)
    return /\.(ts|mjs)$/.test(name) ? [name] : []
  })

for (const file of ["packages", "scripts", "site"].flatMap(modulesBelow)) {
  for (const [index, line] of fs.readFileSync(path.join(root, file), "utf8").split("\n").entries()) {
    if (line.length <= width || !/^\s*(\*|\/\*|\/\/)/.test(line)) continue
    console.log(`${file}:${index + 1} is a comment of ${line.length} characters, where ${width} are allowed`)
    process.exitCode = 1
  }
}
