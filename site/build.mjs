/** Builds the site into `build/site`; with `--serve`, shows it on a port of this machine. */
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { build, serve } from "vitepress"
import { makeApi } from "./api.mjs"
import { stage } from "./stage.mjs"

const folder = fileURLToPath(new URL(".", import.meta.url))

stage(`${folder}build/pages`)
await makeApi(`${folder}build/pages/api`)
await build(folder)
console.log(`The site is in site/build/site, ${fs.readdirSync(`${folder}build/site`).length} entries.`)
if (process.argv.includes("--serve")) await serve({ root: folder, port: 4173 })
