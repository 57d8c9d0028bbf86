/**
 * Packs the `mmio` command as it would be published, and runs it out of the tarball: with and without its optional
 * dependency, through npx, and on every version of Node that is supported. What is missed of these comes from the npm
 * registry.
 */
import { execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { build } from "./build.mjs"
import { command } from "./bundle.mjs"
import { bootstrap, pnpm, root } from "./lib.mjs"

const nodes = [20, 22, 24]
const sample = path.join(root, "packages/platform-node/examples/tone.wav")

await bootstrap()
const built = await build(`${command}tsconfig.json`)
if (built.code !== 0) throw new Error(built.output)

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mmio-package-"))
const results = { passed: 0, failed: 0 }

const check = (what, action) => {
  try {
    action()
    results.passed++
    console.log(`✓ ${what}`)
  } catch (error) {
    results.failed++
    console.log(`✗ ${what}\n${error.message.replace(/^/gm, "  ")}`)
  }
}

const expect = (is, what) => {
  if (!is) throw new Error(what)
}

const npm = (cwd, ...args) => execFileSync("npm", [...args, "--no-audit", "--no-fund"], { cwd, stdio: "pipe" })

/** An empty project with packages in it. */
const project = (name, ...args) => {
  const dir = path.join(folder, name)
  fs.mkdirSync(dir)
  fs.writeFileSync(path.join(dir, "package.json"), "{}")
  fs.copyFileSync(sample, path.join(dir, "take.wav"))
  npm(dir, "install", ...args)
  return dir
}

const run = (cwd, program, ...args) => {
  const { error, status, stderr, stdout } = spawnSync(program, args, { cwd, encoding: "utf8" })
  if (error) throw error
  return { status, stderr, stdout }
}

/** The command does its work there, and warns of missing locks where they are missing. */
const works = (dir, warns, ...start) => {
  const [program, ...before] = start
  const mmio = (...args) => run(dir, program, ...before, ...args)
  const tagged = mmio("tag", "take.wav", "--tag", "INAM=Packed")
  expect(tagged.status === 0, `mmio tag ended with ${tagged.status}: ${tagged.stderr}`)
  expect(/warning/.test(tagged.stderr) === warns, `mmio tag said: ${tagged.stderr}`)
  const tree = mmio("tree", "take.wav")
  expect(tree.stdout.includes("\"Packed\"") && tree.stderr === "", `mmio tree printed: ${tree.stdout}${tree.stderr}`)
  const help = mmio("--help")
  expect(help.stdout.includes("recover"), `mmio --help printed: ${help.stdout}`)
  expect(mmio("verify", "take.wav").status === 0, "mmio verify found damage")
}

try {
  const packed = await pnpm(["--dir", command, "pack", "--pack-destination", folder])
  if (packed.code !== 0) throw new Error(packed.output)
  const tarball = path.join(folder, fs.readdirSync(folder).find((file) => file.endsWith(".tgz")))
  const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n").toSorted()
  check("has the files that it needs, and no others", () => {
    const wanted = [
      "JSON.md",
      "LICENSE",
      "README.md",
      "dist/THIRD-PARTY.txt",
      "dist/command.js",
      "dist/mmio.js",
      "package.json"
    ]
    // the names of chunks hold a digest of what is in them
    const whole = files.filter((file) => !/^package\/dist\/chunks\/[\w-]+\.js$/.test(file))
    expect(files.length > whole.length, "there are no chunks")
    expect(whole.join() === wanted.map((file) => `package/${file}`).join(), files.join("\n"))
  })

  const bare = project("bare", tarball, "--omit=optional")
  const complete = project("complete", tarball)
  const bin = (dir) => path.join(dir, "node_modules/.bin/mmio")
  check("without the optional dependency", () => works(bare, true, bin(bare)))
  check("with the optional dependency", () => works(complete, false, bin(complete)))
  for (const shell of ["bash", "zsh", "fish"]) {
    check(`prints completions of ${shell}`, () => {
      const { status, stdout } = run(complete, bin(complete), "--completions", shell)
      expect(status === 0 && ["tree", "verify", "recover"].every((name) => stdout.includes(name)), stdout)
    })
  }
  check("through npx", () => works(complete, false, "npx", "mmio"))
  for (const version of nodes) {
    const dir = project(`node-${version}`, `node-${process.platform}-${process.arch}@${version}`)
    const node = path.join(dir, `node_modules/node-${process.platform}-${process.arch}/bin/node`)
    check(
      `on Node ${version}`,
      () => works(complete, false, node, path.join(complete, "node_modules/@effect-mmio/cli/dist/mmio.js"))
    )
  }
} finally {
  fs.rmSync(folder, { recursive: true })
}
console.log(`${results.passed} passed, ${results.failed} failed`)
process.exitCode = results.failed > 0 ? 1 : 0
