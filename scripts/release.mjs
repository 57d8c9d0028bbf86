/**
 * A release that publishes nothing: `pnpm publish --dry-run` of every package that is published, whose output must warn
 * of nothing, and the checks of the packed packages. (That a dry run is not logged in is no warning.)
 *
 *   npm run release:dry
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { build } from "./build.mjs"
import { bin, bootstrap, packages, pnpm, root, run } from "./lib.mjs"

const results = { passed: 0, failed: 0 }
const must = (name, problem) => {
  if (problem === "") results.passed++
  else results.failed++
  console.log(problem === "" ? `✓ ${name}` : `✗ ${name}\n${problem.trimEnd().replace(/^/gm, "  ")}`)
}

const read = (dir) => JSON.parse(fs.readFileSync(path.join(root, dir, "package.json"), "utf8"))

/** What is published has to say. */
const lacking = (dir) => {
  const manifest = read(dir)
  const fields = ["description", "license", "repository", "homepage", "bugs", "keywords", "engines"]
  const missing = fields.filter((field) => manifest[field] === undefined)
  const files = ["README.md", "LICENSE"].filter((file) => !fs.existsSync(path.join(root, dir, file)))
  return [...missing, ...files, ...manifest.publishConfig?.access === "public" ? [] : ["publishConfig.access"]]
}

const published = async (dir) => {
  // With `--dir`, npm gets arguments that it does not take.
  const { code, output } = await pnpm(["publish", "--dry-run", "--no-git-checks"], { cwd: path.join(root, dir) })
  const warned = output.split("\n").filter((line) => /\bWARN\b|npm warn/i.test(line) && !line.includes("logged in"))
  return code === 0 && warned.length === 0 ? "" : `it ended with ${code}:\n${output}`
}

/** Every package that is published is in a changeset, or has been released. */
const withoutChangeset = (names) => {
  const folder = path.join(root, ".changeset")
  const text = fs.readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => fs.readFileSync(path.join(folder, file), "utf8")).join("")
  return names.filter(({ name, version }) => version === "0.0.0" && !text.includes(`"${name}"`))
}

await bootstrap()
const { code, output } = await build("tsconfig.json")
must("it builds", code === 0 ? "" : output)
const dirs = packages.filter((dir) => read(dir).private !== true)
must(
  "each package is in a changeset",
  withoutChangeset(dirs.map(read)).map(({ name }) => `${name} has no changeset, and was not released`).join("\n")
)
const status = await run(bin("changeset"), ["status"])
must("changesets", status.code === 0 ? "" : status.output)
for (const dir of dirs) {
  const missing = lacking(dir)
  must(`${dir}: package.json`, missing.length === 0 ? "" : `it lacks ${missing.join(", ")}`)
  must(`${dir}: pnpm publish --dry-run`, await published(dir))
}
const checked = await run(process.execPath, ["scripts/packages.mjs"])
must("publint, attw and bundlers", checked.code === 0 ? "" : checked.output)

process.exitCode = results.failed > 0 ? 1 : 0
console.log(`${results.passed} passed, ${results.failed} failed`)
