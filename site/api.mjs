/**
 * The API reference: one page for each public module, made by typedoc of the docstrings. Returns the modules by
 * package.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { Application, Converter, ReflectionKind } from "typedoc"
import { root } from "./pages.mjs"

/** The packages that programs import, and their public modules. */
export const modules = () =>
  fs.readdirSync(path.join(root, "packages")).flatMap((dir) => {
    const manifest = path.join(root, "packages", dir, "package.json")
    if (!fs.existsSync(manifest)) return []
    const { exports, name, private: isPrivate } = JSON.parse(fs.readFileSync(manifest, "utf8"))
    if (isPrivate === true || exports?.["."] === undefined) return []
    const files = fs.readdirSync(path.join(root, "packages", dir, "src"))
      .filter((file) => file.endsWith(".ts") && file !== "index.ts")
      .toSorted()
    return [{ dir, name, modules: files.map((file) => path.basename(file, ".ts")) }]
  })

/** Modules that the index of their package leaves out, since few programs need them. */
const apart = new Set(["MmioErrorSchema"])

/** The comment of a module as Markdown: typedoc takes it for that of the first import. */
const commentOf = (source) => {
  const [, comment = ""] = /^\/\*\*(.*?)\*\//s.exec(source) ?? []
  const text = comment.replaceAll(/^[ \t]*\* ?/gm, "").split(/^@/m)[0].trim()
  return text.replaceAll(/\{@link (\S+?)\}/g, "`$1`")
}

/** The head of the page of a module: its name, how it is imported, and what it is. */
const headOf = ({ dir, name }, module) => {
  const imported = apart.has(module)
    ? `import * as ${module} from "${name}/${module}"`
    : `import { ${module} } from "${name}"`
  const comment = commentOf(fs.readFileSync(path.join(root, `packages/${dir}/src/${module}.ts`), "utf8"))
  return `# ${module}\n\n\`\`\`ts\n${imported}\n\`\`\`\n\n${comment}\n`
}

/** The first sentence of a text. */
const sentenceOf = (text) => text.split(/\n\n/)[0].replaceAll("\n", " ").replace(/(?<=\w)\. .*$/, ".")

/** The page of all modules: for each package a table, with the first sentence of each module. */
const writeIndex = (packages, target) => {
  const tables = packages.map(({ dir, modules, name }) => {
    const rows = modules.map((module) => {
      const comment = commentOf(fs.readFileSync(path.join(root, `packages/${dir}/src/${module}.ts`), "utf8"))
      return `| [\`${module}\`](${dir}/${module}.md) | ${sentenceOf(comment).replaceAll("|", "\\|")} |`
    })
    return [`## ${name}`, "", "| module | what it is |", "| --- | --- |", ...rows, ""].join("\n")
  })
  fs.writeFileSync(path.join(target, "index.md"), `# API reference\n\n${tables.join("\n")}`)
}

const addHeads = (packages, target) => {
  for (const one of packages) {
    for (const module of one.modules) {
      const page = path.join(target, one.dir, `${module}.md`)
      fs.writeFileSync(page, fs.readFileSync(page, "utf8").replace(/^# .*\n/, () => headOf(one, module)))
    }
  }
}

export const makeApi = async (target) => {
  const packages = modules()
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: packages.flatMap(({ dir, modules }) =>
      modules.map((name) => path.join(root, `packages/${dir}/src/${name}.ts`))
    ),
    tsconfig: path.join(root, "site/tsconfig.json"),
    out: target,
    router: "module",
    readme: "none",
    name: "API reference",
    entryFileName: "index",
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGroupHeadings: true,
    useCodeBlocks: true,
    expandParameters: false,
    parametersFormat: "table",
    interfacePropertiesFormat: "list",
    propertyMembersFormat: "list",
    categorizeByGroup: false,
    sort: ["source-order"],
    kindSortOrder: [],
    sanitizeComments: true,
    logLevel: "Error",
    validation: { notExported: false, invalidLink: false, notDocumented: false }
  })
  // "core/src/Mmio" → "core/Mmio", where it is imported from
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.getReflectionsByKind(ReflectionKind.Module)) {
      const [, dir, name] = /^(?:packages\/)?([\w-]+)\/src\/(\w+)$/.exec(module.name) ?? []
      if (dir !== undefined) module.name = `${dir}/${name}`
    }
  })
  const project = await app.convert()
  if (project === undefined) throw new Error("typedoc could not read the packages")
  await app.generateOutputs(project)
  addHeads(packages, target)
  writeIndex(packages, target)
  return packages
}
