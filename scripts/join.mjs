/**
 * Joins the compiled modules of core for publishing: a file for each public module, and chunks for what several of them
 * share. Node takes about half a millisecond to find and read a file, whatever is in it, and core has more than a
 * hundred modules.
 *
 * The index stays a list of modules: joined with them, it would have chunks make an object of each module, of which no
 * bundler leaves out a part.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { filesBelow, root, writeChanged } from "./lib.mjs"

export const core = "packages/core"
/** Where the compiler writes them. */
export const modulesOfCore = `${core}/build`
const dist = `${core}/dist`

const plugin = {
  name: "join",
  // the maps of the compiler as well: those that are written then lead to the sources
  load: (file) => ({ code: fs.readFileSync(file, "utf8"), map: fs.readFileSync(`${file}.map`, "utf8") }),
  // What is imported for the order only: no module does anything as it is loaded, and bundlers warn of such imports.
  // The lines stay, empty, for the maps.
  renderChunk: (code) => ({ code: code.replace(/^import '[^']+';$/gm, ""), map: null })
}

export const join = async () => {
  // Only now: this file is loaded before anything is installed.
  const { rollup } = await import("rollup")
  const modules = filesBelow(modulesOfCore).filter((file) =>
    path.dirname(file) === modulesOfCore && file.endsWith(".js")
  )
  const index = `${modulesOfCore}/index.js`
  const bundle = await rollup({
    input: modules.filter((file) => file !== index).map((file) => path.join(root, file)),
    external: (name) => /^[^./]/.test(name) && !path.isAbsolute(name),
    plugins: [plugin],
    onwarn: ({ message }) => {
      throw new Error(message)
    }
  })
  const { output } = await bundle.generate({
    dir: path.join(root, dist),
    format: "esm",
    chunkFileNames: "chunks/[name].js",
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    sourcemap: true,
    sourcemapExcludeSources: true
  })
  await bundle.close()
  const files = [
    ...output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]),
    ...[index, `${index}.map`].map((file) => [path.basename(file), fs.readFileSync(path.join(root, file))])
  ]
  const current = new Set(files.map(([name]) => `${dist}/${name}`))
  for (const file of filesBelow(dist)) {
    if (/\.js(\.map)?$/.test(file) && !current.has(file)) fs.rmSync(path.join(root, file))
  }
  for (const [name, contents] of files) writeChanged(path.join(root, dist, name), contents)
}
