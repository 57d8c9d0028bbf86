/**
 * Building: what it takes before anything of the packages can be run.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { bundle, command } from "./bundle.mjs"
import { bin, bootstrap, filesBelow, libraries, root, run } from "./lib.mjs"

const core = "packages/core"
const joined = `${core}/dist/joined/`

/**
 * Joins the compiled modules of core for Node: one file for each public module, and as few as can be for what these share.
 *
 * Node takes more than half a millisecond to find and read a file, whatever is in it, and core has 79. Bundlers are to see the modules one by
 * one, since they leave out those that nobody needs: `exports` has the condition "module" for them.
 */
const join = async () => {
  // Only now: this file is loaded before anything is installed.
  const { build } = await import("esbuild")
  const publicModules = fs.readdirSync(path.join(root, core, "src")).filter((file) => file.endsWith(".ts"))
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: publicModules.map((file) => `${core}/dist/${path.basename(file, ".ts")}.js`),
    outdir: joined,
    bundle: true,
    splitting: true,
    chunkNames: "internal/[hash]",
    format: "esm",
    platform: "node",
    target: "es2022",
    packages: "external",
    // They lead to the sources, through those of the compiler; the package has the sources in it.
    sourcemap: true,
    sourcesContent: false,
    write: false
  })
  const wanted = new Map(outputFiles.map(({ contents, path }) => [path, contents]))
  for (const file of filesBelow(joined)) {
    if (!wanted.has(path.join(root, file))) fs.rmSync(path.join(root, file))
  }
  for (const [file, contents] of wanted) {
    // What another process may be reading is not written over with the same.
    if (fs.existsSync(file) && fs.readFileSync(file).equals(contents)) continue
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, contents)
  }
}

/** Whether a project has the command in it: all of the repository does. */
const hasCommand = (project) =>
  [root, path.join(root, command)].includes(path.join(path.dirname(path.resolve(root, project)), "/"))

/** Compiles what has changed of a project and of all that it refers to, joins what is to be joined, and bundles the command. */
export const build = async (project) => {
  // The compiler leaves the output of deleted modules behind, which would be published.
  for (const dir of libraries) {
    for (const file of filesBelow(`${dir}/dist`)) {
      if (file.startsWith(joined)) continue
      const module = file.slice(dir.length + "/dist/".length).match(/^(.*?)(\.d)?\.(js|ts)(\.map)?$/)
      if (module && !fs.existsSync(path.join(root, dir, "src", `${module[1]}.ts`))) fs.rmSync(path.join(root, file))
    }
  }
  const compiled = await run(bin("tsc"), ["-b", project])
  if (compiled.code === 0) await join()
  if (compiled.code === 0 && hasCommand(project)) await bundle()
  return compiled
}

/** Runs a compiled program in this process, installing and building its project first where needed. */
export const start = async (project, program, args) => {
  try {
    await bootstrap()
    const { code, output } = await build(path.join(root, project))
    if (code !== 0) throw new Error(`${output}\nThe program was not started: it does not compile.`)
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }

  // npm changes to the root; files named on the command line are meant from where npm was called
  if (path.resolve(process.cwd()) === path.resolve(root)) process.chdir(process.env.INIT_CWD ?? root)

  const file = path.join(root, program)
  process.argv = [process.argv[0], file, ...args]
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(file).href)
}
