/**
 * Runs the tests on every supported runtime, and with the oldest and the newest Effect of the peer range:
 *
 *   npm run test:matrix [-- row ...] [-- filter ...]
 *
 * Rows: "Node 20", "Node 22", "Node 24" run all tests; "Bun" runs the contract of the Node driver; "Deno" a smoke test;
 * "oldest Effect" and "newest Effect" run all tests of the libraries. Runtimes and versions come from the npm registry.
 * The last line is `N passed, N failed`, a row counting one. Filters go to vitest:
 * `npm run test:matrix -- "Node 24" -- locks.test` runs the tests of that name.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bootstrap, copyTree, libraries, pnpm, root, run } from "./lib.mjs"
import { installRuntime } from "./runtimes.mjs"

const [rowsWanted, filters] = ((args) => {
  const at = args.indexOf("--")
  return at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)]
})(process.argv.slice(2))

/** All tests, by a Node that comes first where tests look for one. */
const onNode = (name) => async () => {
  const node = await installRuntime(name)
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` }
  return run(node, ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot", ...filters], { env })
}

const tool = (name) => path.join(root, `packages/proofs/build/tools/${name}.js`)

/** What the packages allow, and the oldest of it. */
const effects = {
  "oldest Effect": { effect: "3.22.0", "@effect/platform": "0.97.0" },
  "newest Effect": { effect: "^3.22.0", "@effect/platform": ">=0.97.0 <1" }
}

/** The tests of the libraries in a copy of this tree, with other versions of Effect. */
const withEffect = (name) => async () => {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-matrix-"))
  try {
    copyTree(copy)
    const overrides = Object.entries(effects[name]).map(([dependency, range]) => `  "${dependency}": "${range}"\n`)
    fs.appendFileSync(path.join(copy, "pnpm-workspace.yaml"), `\noverrides:\n${overrides.join("")}`)
    const installed = await pnpm(["--dir", copy, "install", "--no-frozen-lockfile", "--prefer-offline"])
    if (installed.code !== 0) return installed
    // Tests that start programs need them built.
    const built = await run(process.execPath, [path.join(copy, "scripts/test.mjs"), "--only", "build"], { cwd: copy })
    if (built.code !== 0) return built
    const versions = Object.keys(effects[name]).map((dependency) => {
      const manifest = path.join(copy, "packages/core/node_modules", dependency, "package.json")
      return `${dependency} ${JSON.parse(fs.readFileSync(manifest, "utf8")).version}`
    })
    console.log(`  ${versions.join(", ")}`)
    return await run(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--reporter=dot",
        ...filters.length > 0 ? filters : libraries.map((dir) => `${dir}/test`)
      ],
      { cwd: copy }
    )
  } finally {
    fs.rmSync(copy, { recursive: true, force: true })
  }
}

const rows = {
  "Node 20": onNode("Node 20"),
  "Node 22": onNode("Node 22"),
  "Node 24": onNode("Node 24"),
  Bun: async () => run(await installRuntime("Bun"), [tool("contract")]),
  Deno: async () => run(await installRuntime("Deno"), ["run", "-A", "--node-modules-dir=manual", tool("smoke")]),
  "oldest Effect": withEffect("oldest Effect"),
  "newest Effect": withEffect("newest Effect")
}

const chosen = rowsWanted.length > 0 ? rowsWanted : Object.keys(rows)
const unknown = chosen.find((name) => !(name in rows))
if (unknown !== undefined) {
  console.error(`There is no row "${unknown}", only: ${Object.keys(rows).join(", ")}.`)
  process.exit(2)
}

/** The lines of a test run that say how many tests there were. */
const summaryOf = (output) =>
  output.match(/^ *(Test Files|Tests) .*$|^\d+ passed, \d+ failed$/gm)?.join("; ").replace(/ +/g, " ").trim()

const total = { passed: 0, failed: 0 }
await bootstrap()
const built = await build("tsconfig.json")
if (built.code !== 0) {
  console.error(`${built.output}\nThe tests were not run: they do not compile.`)
  process.exit(1)
}
for (const name of chosen) {
  const start = performance.now()
  const { code, output } = await rows[name]().catch((error) => ({ code: 1, output: error.stack }))
  if (code === 0) total.passed++
  else total.failed++
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(`${code === 0 ? "✓" : "✗"} ${name.padEnd(13)} ${seconds.padStart(5)} s  ${summaryOf(output) ?? ""}`)
  if (code !== 0) console.log(output.trimEnd().split("\n").slice(-60).join("\n").replace(/^/gm, "  "))
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
