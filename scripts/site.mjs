/**
 * Builds the site of the documentation:
 *
 *   npm run docs:site                 into site/build/site
 *   npm run docs:site -- --serve      and shows it
 *   npm run test:site                 and loads every page in headless Chromium
 *
 * What it takes is in site/package.json, with a lock file of its own: the installation of `npm test` does without.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { bootstrap, hashOf, pnpm, root, run } from "./lib.mjs"
import { installPrograms } from "./tier.mjs"

const installSite = async () => {
  const stamp = path.join(root, "site/node_modules/.installed")
  const wanted = hashOf(["site/package.json", "site/pnpm-lock.yaml"])
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return
  console.error("Installing what builds the site ...")
  const { code, output } = await pnpm([
    "--dir",
    "site",
    "install",
    "--ignore-workspace",
    "--frozen-lockfile",
    "--prefer-offline"
  ])
  if (code !== 0) throw new Error(output)
  fs.writeFileSync(stamp, wanted)
}

const args = process.argv.slice(2)
const node = (...args) => run(process.execPath, args, { live: true })

try {
  await bootstrap()
  await installSite()
  let { code } = await node("site/build.mjs", ...args.filter((arg) => arg === "--serve"))
  if (code === 0 && args.includes("--test")) {
    await installPrograms({ programs: { chromium: "chromium" } })
    code = (await node("site/test.mjs")).code
  }
  process.exitCode = code
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
