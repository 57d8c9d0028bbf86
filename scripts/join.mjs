/**
 * Joins the compiled modules of core for Node: a file for each of the groups below, and one for each public module, which has nothing of its own.
 *
 * Node takes about half a millisecond to find and read a file, whatever is in it, and core has more than a hundred. Bundlers are to see the modules one
 * by one, since they leave out those that nobody needs: `exports` has the condition "module" for them.
 */
import { build } from "esbuild"
import * as fs from "node:fs"
import * as path from "node:path"
import { filesBelow, root } from "./lib.mjs"

const dist = "packages/core/dist"
export const joined = `${dist}/joined/`

/**
 * Which public modules share a file with all that they need, but for what a file before has. Apart is what many programs do not use, or what needs
 * modules of others that take long to load.
 */
const groups = {
  handles: ["Mmio", "Errno", "IOProcRegistry", "MemoryIOProc", "Sharing"],
  riff: ["Riff", "RiffCorrection", "RiffEdit", "RiffLimits", "RiffProblem"],
  wave: ["Wave", "WaveProblem"],
  platform: ["FileSystemIOProc"]
}

const options = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  packages: "external",
  // They lead to the sources, through those of the compiler; the package has the sources in it.
  sourcemap: true,
  sourcesContent: false,
  write: false
}

/** Each module of core, by its path below `dist`: what it exports, and which others it imports. */
const modulesOf = async () => {
  const { metafile } = await build({
    ...options,
    entryPoints: filesBelow(dist).filter((file) => file.endsWith(".js") && !file.startsWith(joined)),
    outdir: joined,
    splitting: true,
    metafile: true
  })
  const modules = new Map()
  const nameOf = (file) => path.posix.relative(dist, file)
  for (const { entryPoint, exports } of Object.values(metafile.outputs)) {
    if (entryPoint === undefined) continue
    const imports = metafile.inputs[entryPoint].imports.filter(({ external }) => !external)
    modules.set(nameOf(entryPoint), { exports, imports: imports.map(({ path }) => nameOf(path)) })
  }
  return modules
}

/** The group of each module. Public modules that no group names have one of their own. */
const groupsOf = (modules) => {
  const groupOf = new Map()
  const claim = (group, module) => {
    if (groupOf.has(module)) return
    groupOf.set(module, group)
    for (const imported of modules.get(module).imports) claim(group, imported)
  }
  for (const [group, names] of Object.entries(groups)) {
    for (const name of names) claim(group, `${name}.js`)
  }
  // The public ones first: a group is called after one, and not after what it needs, whose name may differ in case only.
  const isPublic = (module) => !module.includes("/")
  const rest = [...modules.keys()].filter((module) => module !== "index.js")
  for (const module of [...rest.filter(isPublic), ...rest]) claim(path.basename(module, ".js"), module)
  const names = new Set(groupOf.values())
  if (new Set([...names].map((name) => name.toLowerCase())).size < names.size) {
    throw new Error(`Two of the groups ${[...names].join(", ")} would be one file where case does not count.`)
  }
  return groupOf
}

/** What an export of a module is called in the file of its group. */
const nameIn = (module, name) => `${module.slice(0, -".js".length).replaceAll("/", "_")}$${name}`

export const join = async () => {
  const modules = await modulesOf()
  const groupOf = groupsOf(modules)

  /** The text of a module that gives the exports of one of a group. */
  const reexporting = (module, file) => {
    const names = modules.get(module).exports.map((name) => `${nameIn(module, name)} as ${name}`)
    return names.length === 0 ? "" : `export { ${names.join(", ")} } from "${file}"\n`
  }
  /** Has the modules of other groups come out of their files. */
  const apart = (group, folder) => ({
    name: "groups",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^group:/ }, ({ path }) => ({
        path: `${folder}${path.slice("group:".length)}.js`,
        external: true,
        sideEffects: false
      }))
      onResolve({ filter: /^\.\.?\// }, ({ path: wanted, resolveDir }) => {
        const module = path.relative(path.join(root, dist), path.resolve(resolveDir, wanted)).replaceAll(path.sep, "/")
        return groupOf.get(module) === group ? undefined : { path: module, namespace: "other", sideEffects: false }
      })
      onLoad({ filter: /.*/, namespace: "other" }, ({ path: module }) => ({
        contents: reexporting(module, `group:${groupOf.get(module)}`)
      }))
    }
  })
  const compile = async (contents, file, group, folder) => {
    const { outputFiles } = await build({
      ...options,
      stdin: { contents, resolveDir: path.join(root, dist), sourcefile: `joined ${file}` },
      outfile: joined + file,
      plugins: [apart(group, folder)]
    })
    return outputFiles
  }

  const wanted = new Map()
  const files = [...new Set(groupOf.values())].map((group) => {
    const exported = [...modules].filter(([module]) => groupOf.get(module) === group).map(([module, { exports }]) =>
      `export { ${exports.map((name) => `${name} as ${nameIn(module, name)}`).join(", ")} } from "./${module}"`
    )
    return compile(exported.join("\n"), `groups/${group}.js`, group, "./")
  })
  files.push(compile(`export * from "./index.js"`, "index.js", undefined, "./groups/"))
  for (const { contents, path } of (await Promise.all(files)).flat()) wanted.set(path, contents)
  for (const module of modules.keys()) {
    if (module.includes("/") || module === "index.js") continue
    wanted.set(path.join(root, joined, module), Buffer.from(reexporting(module, `./groups/${groupOf.get(module)}.js`)))
  }

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
