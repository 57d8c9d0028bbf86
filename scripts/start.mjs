/**
 * Runs a program of packages/platform-node, installing and building first where needed:
 *
 *   node scripts/start.mjs examples/retag [arguments ...]
 */
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { bootstrap, build, root } from "./lib.mjs"

const [program, ...args] = process.argv.slice(2)
const dir = path.join(root, "packages/platform-node")

try {
  await bootstrap()
  const { code, output } = await build(path.join(dir, `tsconfig.${path.dirname(program)}.json`))
  if (code !== 0) throw new Error(`${output}\nThe program was not started: it does not compile.`)
} catch (error) {
  console.error(error.message)
  process.exit(1)
}

// npm changes to the root; files named on the command line are meant from where npm was called
if (path.resolve(process.cwd()) === path.resolve(root)) process.chdir(process.env.INIT_CWD ?? root)

const file = path.join(dir, "build", `${program}.js`)
process.argv = [process.argv[0], file, ...args]
process.setSourceMapsEnabled(true)
await import(pathToFileURL(file).href)
