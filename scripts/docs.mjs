/**
 * Checks the documentation.
 *
 * 1. Every public module, and every export of one, says what it is, since which version, and in which category.
 * 2. Every `ts` code block compiles (blocks.mjs says what a block is), as a file of packages/platform-node, the one
 *    package that sees all others. `examples.mjs` runs them.
 * 3. The page of errors has a section for each error, and the page of winmm one for each function.
 *
 * @effect/docgen does the like, but takes seven seconds for each package, does not ask for categories, reads only
 * what follows `@example`, and knows no Markdown.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { allBlocks, modulesOf } from "./blocks.mjs"
import { libraries, root } from "./lib.mjs"

const problems = []
const report = (file, line, text) => problems.push(`${file}:${line} ${text}`)
const read = (file) => fs.readFileSync(path.join(root, file), "utf8")

// ---------------------------------------------------------------------------------------------------------------
// 1. Descriptions and tags
// ---------------------------------------------------------------------------------------------------------------

const requirements = {
  "a description": (text) => text.split(/^@/m)[0].trim() !== "",
  "@since": (text) => /^@since \d+\.\d+\.\d+$/m.test(text),
  "@category": (text) => /^@category \S/m.test(text)
}
const described = ["a description"]
const dated = [...described, "@since"]
const complete = [...dated, "@category"]

/** What a JSDoc comment says, without its stars. */
const textOf = (comment) => comment.replace(/^\/\*\*|\*\/$/g, "").replace(/^[ \t]*\*? ?/gm, "").replace(/[ \t]+$/gm, "")

const isExported = (node) => node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)

const checkModule = (file) => {
  const source = ts.createSourceFile(path.join(root, file), read(file), ts.ScriptTarget.Latest, true)
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1

  const checkText = (text, position, name, required) => {
    if (/^@internal\b/m.test(text)) return
    const missing = required.filter((requirement) => !requirements[requirement](text))
    if (missing.length > 0) report(file, lineOf(position), `${name} lacks ${missing.join(", ")}`)
  }
  const checkNode = (node, name, required) =>
    checkText(textOf(node.jsDoc?.at(-1)?.getText() ?? ""), node.getStart(), name, required)

  const overloaded = new Set()
  const checkStatement = (node) => {
    if (ts.isExportDeclaration(node)) {
      if (node.exportClause && ts.isNamedExports(node.exportClause)) {
        for (const element of node.exportClause.elements) checkNode(element, element.name.text, complete)
      } else {
        checkNode(node, node.exportClause?.name.text ?? node.getText(), dated)
      }
    } else if (isExported(node)) {
      const name = node.name?.text ?? node.declarationList?.declarations.map((it) => it.name.getText()).join(", ")
        ?? "the default export"
      if (ts.isModuleDeclaration(node)) {
        checkNode(node, `namespace ${name}`, dated)
        for (const member of node.body?.statements ?? []) {
          if (member.name) checkNode(member, `${name}.${member.name.text}`, described)
        }
      } else if (!ts.isFunctionDeclaration(node) || !overloaded.has(name)) {
        checkNode(node, name, complete)
      }
      // the first signature speaks for the others
      if (ts.isFunctionDeclaration(node)) overloaded.add(name)
    }
  }
  source.statements.forEach(checkStatement)

  // The comment of the module is the first, and not the one of its first export.
  const comments = (ts.getLeadingCommentRanges(source.text, 0) ?? [])
    .map(({ end, pos }) => source.text.slice(pos, end))
    .filter((comment) => comment.startsWith("/**"))
  const [first] = source.statements
  const own = first && (isExported(first) || ts.isExportDeclaration(first)) ? 1 : 0
  checkText(textOf(comments.length > own ? comments[0] : ""), 0, "the module", dated)
}

/**
 * Modules that are imported by themselves, since few programs need them, and the index of a package loads all that it
 * exports.
 */
const apart = new Set(["MmioErrorSchema"])

for (const dir of libraries) {
  modulesOf(dir).forEach(checkModule)
  const index = read(`${dir}/src/index.ts`)
  for (const file of modulesOf(dir)) {
    const name = file.match(/\/src\/(\w+)\.ts$/)?.[1] ?? "index"
    if (name !== "index" && !apart.has(name) && !index.includes(`export * as ${name} from "./${name}.js"`)) {
      report(`${dir}/src/index.ts`, 1, `does not export the module ${name}`)
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------
// 2. Code blocks
// ---------------------------------------------------------------------------------------------------------------

// The blocks exist only in memory, as files in a folder of a package.
const folder = path.join(root, "packages/platform-node/.blocks").replaceAll(path.sep, "/")
const blocks = new Map(allBlocks().map((block) => [`${folder}/${block.path}.ts`, block]))

const config = ts.parseJsonConfigFileContent(
  { extends: "./tsconfig.base.json", files: [] },
  ts.sys,
  root,
  {
    noEmit: true,
    composite: false,
    incremental: false,
    types: ["node"],
    typeRoots: [path.join(root, "node_modules/@types")],
    // what an example shows need not be used
    noUnusedLocals: false,
    noUnusedParameters: false
  }
)
const host = ts.createCompilerHost(config.options)
const { directoryExists, fileExists, getSourceFile, readFile } = host
host.directoryExists = (name) => name.startsWith(folder) || directoryExists(name)
host.fileExists = (name) => blocks.has(name) || fileExists(name)
host.readFile = (name) => blocks.get(name)?.code ?? readFile(name)
host.getSourceFile = (name, languageVersion, ...rest) =>
  blocks.has(name)
    ? ts.createSourceFile(name, blocks.get(name).code, languageVersion)
    : getSourceFile(name, languageVersion, ...rest)

const program = ts.createProgram([...blocks.keys()], config.options, host)
const sources = program.getSourceFiles().filter((source) => blocks.has(source.fileName))
const diagnostics = [
  ...program.getOptionsDiagnostics(),
  ...sources.flatMap((source) => program.getSyntacticDiagnostics(source)),
  ...sources.flatMap((source) => program.getSemanticDiagnostics(source))
]
for (const { file, messageText, start } of diagnostics) {
  const text = ts.flattenDiagnosticMessageText(messageText, "\n    ")
  const block = file && blocks.get(file.fileName)
  if (block) report(block.file, block.line + 1 + file.getLineAndCharacterOfPosition(start).line, text)
  else report("tsconfig.base.json", 1, text)
}

// ---------------------------------------------------------------------------------------------------------------
// 3. Pages that claim to be complete
// ---------------------------------------------------------------------------------------------------------------

/** Reports what a page has no heading for. */
const expectHeadings = (page, names) => {
  const headings = new Set([...read(page).matchAll(/^#{2,4} (.+)$/gm)].flatMap(([, text]) => text.split(/[^\w]+/)))
  for (const name of names) if (!headings.has(name)) report(page, 1, `has no section about ${name}`)
}

const errors = [...read("packages/core/src/MmioError.ts").matchAll(/^export class (\w+)/gm)].map(([, name]) => name)
expectHeadings("docs/errors.md", errors)

const functions = new Set(read("packages/core/WINMM.md").match(/\bmmio[A-Z]\w+|\bMMIOPROC\b/g))
expectHeadings("docs/winmm.md", functions)

for (const [, name] of read("packages/core/src/RiffProblem.ts").matchAll(/^export class (\w+)/gm)) {
  if (!read("docs/errors.md").includes(`\`${name}\``)) {
    report("docs/errors.md", 1, `does not say what helps with ${name}`)
  }
}

console.log(problems.length > 0 ? problems.join("\n") : `${blocks.size} code blocks compile`)
process.exitCode = problems.length > 0 ? 1 : 0
