/**
 * Runs the examples of the documentation, with the packages as they are built:
 *
 *   node scripts/examples.mjs              builds first
 *   node scripts/examples.mjs --built      what is built already
 *   node scripts/examples.mjs drivers      those of the files whose names contain this
 *
 * - A block is loaded, and what it exports is run on sample files (examples/run.mjs): effects, streams and layers as
 *   they are, functions with samples for their parameters.
 * - A block that has tests is run by vitest, one with the tests of `node:test` by Node.
 * - A line of a `sh` block, or a first cell of a table, that begins with `mmio` is run by the shell.
 */
import { buildSync } from "esbuild"
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { allBlocks, markdown } from "./blocks.mjs"
import { build } from "./build.mjs"
import { bin, bootstrap, root, run } from "./lib.mjs"

const args = process.argv.slice(2)
const wanted = args.filter((arg) => !arg.startsWith("--"))
const isWanted = (file) => wanted.length === 0 || wanted.some((part) => file.includes(part))

const here = path.join(root, "scripts/examples")
const folder = path.join(root, "packages/platform-node/build/blocks")
const toFile = (name) => path.join(folder, name)

/** What blocks leave to the reader (`declare const save: …`), by file: modules of examples/given. */
const given = {
  "packages/testing/README.md": "testing"
}

/** The names that a block declares and does not define. */
const declared = (code) => [...code.matchAll(/^declare const (\w+):/gm)].map(([, name]) => name)

/** JavaScript of a block: a line that must not compile is left out, and so are types. */
const javascript = ({ code, file }) => {
  const names = declared(code)
  const imported = names.length === 0 ? "" : `import { ${names.join(", ")} } from "../given/${given[file]}.js"\n`
  const source = code.replaceAll(/^.*@ts-expect-error.*\n.*\n/gm, "")
  const { outputText } = ts.transpileModule(imported + source, {
    compilerOptions: { target: "ES2022", module: "ESNext", verbatimModuleSyntax: true, inlineSourceMap: true }
  })
  return outputText
}

const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)

/**
 * The values that a block exports, and for functions the parameters as they are written (`file: Mmio.ReadHandle`).
 * Classes are for other programs.
 */
const exportsOf = (code) => {
  const source = ts.createSourceFile("block.ts", code, ts.ScriptTarget.Latest, true)
  const found = []
  const add = (name, node) => {
    const isFunction = node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionLike(node))
    found.push({ name, parameters: isFunction ? node.parameters.map((parameter) => parameter.getText()) : undefined })
  }
  for (const node of source.statements) {
    if (!isExported(node)) continue
    if (ts.isFunctionDeclaration(node)) add(node.name.text, node)
    if (ts.isVariableStatement(node)) {
      for (const { initializer, name } of node.declarationList.declarations) add(name.getText(), initializer)
    }
  }
  return found
}

const runnerOf = ({ code }) =>
  /from "node:test"/.test(code)
    ? "node"
    : /from "@effect\/vitest"|IOProcContract\.suite\(/.test(code)
    ? "vitest"
    : "effect"

/** The commands of a page: lines of `sh` blocks, and first cells of tables. */
const commandsOf = (file) => {
  const text = fs.readFileSync(path.join(root, file), "utf8")
  const lines = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, lines]) => lines.split("\n"))
  const cells = [...text.matchAll(/^\| `(mmio [^`]+)` +\|/gm)].map(([, cell]) => cell)
  return [...lines, ...cells].filter((line) => /^mmio [^A-Z]/.test(line))
}

const report = (title, { code, output }) => {
  if (code === 0) return true
  console.log(`${title}\n${output.trimEnd().replace(/^/gm, "  ")}`)
  process.exitCode = 1
  return false
}

const prepare = (blocks) => {
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  for (const name of ["run.mjs", "samples.mjs", "web.mjs", "vitest.config.mjs"]) {
    fs.copyFileSync(path.join(here, name), toFile(name))
  }
  fs.cpSync(path.join(here, "given"), toFile("given"), { recursive: true })
  buildSync({
    absWorkingDir: root,
    entryPoints: ["packages/s3/test/support/fake/s3.ts"],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outfile: toFile("fake/s3.mjs")
  })
  for (const block of blocks) {
    fs.mkdirSync(path.dirname(toFile(block.path)), { recursive: true })
    fs.writeFileSync(toFile(`${block.path}.js`), javascript(block))
  }
}

/**
 * A test file of vitest for a block: what it registers as it is loaded, by an export `register`, and the effects that
 * it exports.
 */
const testFile = (block) => {
  const effects = exportsOf(block.code).filter(({ parameters }) => parameters === undefined).map(({ name }) => name)
  return `import * as block from "./${path.basename(block.path)}.js"
import { describe, test } from "vitest"
import { Effect } from "effect"
describe(${JSON.stringify(`${block.file}:${block.line}`)}, () => {
  test("it is loaded", () => {})
  block.register?.()
  for (const name of ${JSON.stringify(effects)}) test(name, () => Effect.runPromise(Effect.scoped(block[name])))
})
`
}

const main = async () => {
  const blocks = allBlocks().filter(({ file }) => isWanted(file))
  prepare(blocks)

  const runBy = (runner) => blocks.filter((block) => runnerOf(block) === runner)
  const plain = runBy("effect").map((block) => ({
    file: block.file,
    line: block.line,
    module: `./${block.path}.js`,
    exports: exportsOf(block.code)
  }))
  const commands = markdown.filter(isWanted).map((file) => ({ file, lines: commandsOf(file) }))
    .filter(({ lines }) => lines.length > 0)
  fs.writeFileSync(toFile("plan.json"), JSON.stringify({ root, blocks: plain, commands }))

  const started = await run(process.execPath, ["--enable-source-maps", toFile("run.mjs")])
  report("examples", started)
  if (started.code === 0) console.log(started.output.trimEnd())

  const tests = runBy("vitest")
  for (const block of tests) fs.writeFileSync(toFile(`${block.path}.test.js`), testFile(block))
  if (tests.length > 0) {
    report(
      "vitest",
      await run(bin("vitest"), ["run", "--root", folder, "--config", toFile("vitest.config.mjs")], {
        // what is random is run at length by the tests of the packages
        env: { ...process.env, MMIO_TEST_SCALE: "0.05", MMIO_TEST_INTERRUPT_EVERY: "20" }
      })
    )
  }
  for (const block of runBy("node")) {
    report(`${block.file}:${block.line}`, await run(process.execPath, ["--test", toFile(`${block.path}.js`)]))
  }
  if (!process.exitCode) {
    const commandCount = commands.reduce((sum, { lines }) => sum + lines.length, 0)
    console.log(`${blocks.length} blocks and ${commandCount} commands run`)
  }
}

try {
  await bootstrap()
  if (!args.includes("--built")) {
    const { code, output } = await build("tsconfig.json")
    if (code !== 0) throw new Error(output)
  }
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
