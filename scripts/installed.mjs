/**
 * Packs every package as it would be published, installs it by npm into an empty project, and uses it there: as an ES
 * module and by `require`, by Node and bundled, and compiled by TypeScript as an ES module, as CommonJS and for a
 * bundler.
 *
 *   node scripts/installed.mjs                  with the Node that runs this
 *   node scripts/installed.mjs --runtimes       with Node 20, 22 and 24, and Bun, which come from the npm registry
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bootstrap, manifest, pnpm, published, root, run } from "./lib.mjs"
import { installRuntime } from "./runtimes.mjs"

const withRuntimes = process.argv.includes("--runtimes")
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
const inFolder = (name) => path.join(folder, name)
const npm = (...args) => run("npm", ["--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error", ...args])

let failed = 0
let passed = 0
const must = async (name, running) => {
  const { code, output } = await running
  if (code === 0) passed++
  else failed++
  console.log(`${code === 0 ? "✓" : "✗"} ${name}`)
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, "  "))
  return code === 0
}

const named = published
  .map((dir) => JSON.parse(fs.readFileSync(path.join(root, dir, "package.json"), "utf8")))
  // a package that is only a command has nothing to import
  .filter((read) => read.exports?.["."] !== undefined)
const names = named.map(({ name }) => name)

/** Writes a file and reads it back, in two storages, and imports every package. */
const body = `
const bytes = Uint8Array.of(1, 2, 3, 4)
const program = Mmio.withFile(file, { access: "readWrite", create: true }, (handle) =>
  Effect.gen(function*() {
    yield* Mmio.emit(handle, (writer) => writer.bytes(bytes))
    yield* Mmio.seek(handle, 0)
    return yield* Mmio.parse(handle, (reader) => reader.u32("big"))
  }))
const check = (layer: Layer.Layer<IOProc.IOProc, unknown>) =>
  Effect.runPromise(Effect.provide(program, layer)).then((number) => {
    if (number !== 0x01020304) throw new Error("read " + number)
  })
check(NodeIOProc.layer).then(() => check(MemoryIOProc.layer({ [file]: new Uint8Array(0) }))).then(() => console.log("it works"))
`
const plain = body.replace("(layer: Layer.Layer<IOProc.IOProc, unknown>)", "(layer)")
const used = {
  "@effect-mmio/core": "{ IOProc, MemoryIOProc, Mmio }",
  "@effect-mmio/platform-node": "{ NodeIOProc }",
  effect: "{ Effect, Layer }"
}
const file = `const file = ${JSON.stringify(inFolder("written"))}\n`
const imports = Object.entries(used).map(([name, what]) => `import ${what} from "${name}"\n`).join("")
const all = (write) => names.map((name, i) => write(name, i)).join("")

const sources = {
  "main.mjs": imports + all((name) => `import "${name}"\n`) + file + plain,
  "main.cjs": Object.entries(used).map(([name, what]) => `const ${what} = require("${name}")\n`).join("")
    + all((name) => `require("${name}")\n`) + file + plain,
  "stack.mjs":
    `${imports}Effect.runPromise(Effect.flip(Effect.provide(Mmio.stat("/missing/missing"), NodeIOProc.layer))).then(({ stack }) => {
  if (!/platform-node.src.internal.\\w+\\.ts:\\d+/.test(stack)) throw new Error("no source files: " + stack)
  if (!/core.src.Errno\\.ts:\\d+/.test(stack)) throw new Error("no source files of core: " + stack)
})
`,
  // TypeScript is to see every package as well
  "esm.mts": imports + all((name, i) => `import * as package${i} from "${name}"\nvoid package${i}\n`) + file + body,
  "commonjs.cts": imports + all((name, i) => `import * as package${i} from "${name}"\nvoid package${i}\n`) + file +
    body,
  "bundled.ts": imports + file + body
}

/** How TypeScript is told to compile. Types of the packages are checked, too. */
const projects = {
  nodenext: { module: "nodenext", files: ["esm.mts", "commonjs.cts"] },
  bundler: { module: "esnext", moduleResolution: "bundler", files: ["bundled.ts", "esm.mts"] }
}

const install = async () => {
  for (const dir of published) {
    await must(`${dir}: packed`, pnpm(["--dir", dir, "pack", "--pack-destination", folder]))
  }
  const tarballs = fs.readdirSync(folder).filter((name) => name.endsWith(".tgz")).map(inFolder)
  fs.writeFileSync(inFolder("package.json"), JSON.stringify({ name: "empty", private: true, type: "commonjs" }))
  for (const [name, text] of Object.entries(sources)) fs.writeFileSync(inFolder(name), text)
  for (const [name, { files, ...options }] of Object.entries(projects)) {
    const compilerOptions = {
      ...options,
      target: "es2022",
      lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      outDir: `out-${name}`
    }
    fs.writeFileSync(inFolder(`tsconfig.${name}.json`), JSON.stringify({ compilerOptions, files }))
  }
  const { esbuild, typescript } = manifest.devDependencies
  return must(
    "npm installs them",
    npm("install", ...tarballs, `typescript@${typescript}`, `esbuild@${esbuild}`, `@types/node@20`)
  )
}

/** The programs that were written, compiled and bundled. */
const programs = ["main.mjs", "main.cjs", "out-nodenext/esm.mjs", "out-nodenext/commonjs.cjs", "bundle.mjs"]

try {
  await bootstrap()
  const { code, output } = await build("tsconfig.json")
  if (code !== 0) throw new Error(output)
  if (await install()) {
    const bin = (name) => inFolder(`node_modules/.bin/${name}`)
    for (const name of Object.keys(projects)) {
      await must(`TypeScript, ${name}`, run(bin("tsc"), ["-p", inFolder(`tsconfig.${name}.json`)]))
    }
    await must(
      "esbuild bundles it",
      run(bin("esbuild"), [
        inFolder("bundled.ts"),
        "--bundle",
        "--format=esm",
        "--platform=node",
        `--outfile=${inFolder("bundle.mjs")}`
      ])
    )
    for (const program of programs) {
      await must(`${process.version} runs ${program}`, run(process.execPath, [inFolder(program)]))
    }
    await must("stack traces name source files", run(process.execPath, ["--enable-source-maps", inFolder("stack.mjs")]))
    if (withRuntimes) {
      for (const runtime of ["Node 20", "Node 22", "Node 24", "Bun"]) {
        const installed = await installRuntime(runtime)
        for (const program of programs) await must(`${runtime} runs ${program}`, run(installed, [inFolder(program)]))
      }
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
