/**
 * Joins the compiled modules of core for Node: a file for each public module, and chunks for what several of them
 * share.
 *
 * Node takes about half a millisecond to find and read a file, whatever is in it, and core has more than a hundred
 * modules. Bundlers get the modules themselves, by the condition "module" of `exports`: they leave out the modules that
 * a program does not use, and of chunks they leave out much less.
 */
import { build } from "esbuild"
import * as fs from "node:fs"
import * as path from "node:path"
import { filesBelow, root, writeChanged } from "./lib.mjs"

const dist = "packages/core/dist"
export const joined = `${dist}/joined/`

export const join = async () => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: filesBelow(dist).filter((file) => /^[^/]+\.js$/.test(file.slice(dist.length + 1))),
    outdir: joined,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    // They lead to the sources, through those of the compiler; the package has the sources in it.
    sourcemap: true,
    sourcesContent: false,
    write: false
  })
  const current = new Set(outputFiles.map(({ path }) => path))
  for (const file of filesBelow(joined)) {
    if (!current.has(path.join(root, file))) fs.rmSync(path.join(root, file))
  }
  for (const { contents, path } of outputFiles) writeChanged(path, contents)
}
