/**
 * Building: what it takes before anything of the packages can be run.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { bundle, command } from "./bundle.mjs"
import { core, join, modulesOfCore } from "./join.mjs"
import { bin, bootstrap, filesBelow, libraries, root, run } from "./lib.mjs"

/** Whether a project has the command in it: all of the repository does. */
const hasCommand = (project) =>
  [root, path.join(root, command)].includes(path.join(path.dirname(path.resolve(root, project)), "/"))

/** The libraries, and where the compiler writes modules and types of each. */
const outputs = [...libraries.map((dir) => [dir, `${dir}/dist`]), [core, modulesOfCore]]

/**
 * Compiles what has changed of a project and of all that it refers to, marks what is pure, joins what is to be joined,
 * and bundles the command.
 */
export const build = async (project) => {
  // The compiler does not delete the output of deleted modules, which would be published.
  for (const [dir, output] of outputs) {
    for (const file of filesBelow(output)) {
      const module = file.slice(output.length + 1).match(/^(?!chunks\/)(.*?)(\.d)?\.(js|ts)(\.map)?$/)
      if (module && !fs.existsSync(path.join(root, dir, "src", `${module[1]}.ts`))) fs.rmSync(path.join(root, file))
    }
  }
  const compiled = await run(bin("tsc"), ["-b", project])
  if (compiled.code === 0) {
    // Only now: it is loaded before anything is installed.
    const { markPure } = await import("./pure.mjs")
    markPure(
      outputs.flatMap(([, output]) => filesBelow(output)).filter((file) =>
        file.endsWith(".js") && !file.startsWith(`${core}/dist/`)
      )
    )
    await join()
    if (hasCommand(project)) await bundle()
  }
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
