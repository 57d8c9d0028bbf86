/**
 * Loads every page of the built site in headless Chromium, on a wide screen and on one of 375 pixels: each has one
 * heading, no error is logged, no request fails, every link and its fragment lead somewhere, and nothing is wider than
 * the screen. The search finds. Screenshots are in `build/screenshots`.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import { serve } from "vitepress"
import { modules } from "./api.mjs"
import { pages } from "./pages.mjs"

const folder = fileURLToPath(new URL(".", import.meta.url))
const built = path.join(folder, "build/site")
const screenshots = path.join(folder, "build/screenshots")
const origin = "http://localhost:4179"

/** One page of each kind is looked at. */
const shown = new Set([
  "/",
  "/start",
  "/concepts",
  "/cookbook",
  "/winmm-table",
  "/errors",
  "/storages",
  "/api/core/Mmio",
  "/api/"
])

const addresses = fs.readdirSync(built, { recursive: true })
  .map((file) => file.replaceAll(path.sep, "/"))
  .filter((file) => file.endsWith(".html") && file !== "404.html")
  .map((file) => `/${file.replace(/\.html$/, "").replace(/(^|\/)index$/, "$1")}`)
  .toSorted()

let passed = 0
const failures = []
const expect = (is, what) => {
  if (is) passed++
  else failures.push(what)
}

const sizes = { wide: { width: 1280, height: 900 }, narrow: { width: 375, height: 800 } }

/** What a page says of itself, asked in the page. */
const inspect = () => {
  const { clientWidth, scrollWidth } = document.documentElement
  const links = [...document.querySelectorAll("a[href]")].map((link) => link.href)
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id)
  const wide = [...document.querySelectorAll(".vp-doc *")]
    .filter((element) =>
      element.getBoundingClientRect().right > clientWidth + 1 && !element.closest("table, pre, .vp-code-group")
    )
    .map((element) => `${element.tagName}: ${element.textContent.slice(0, 40)}`)
  return {
    clientWidth,
    headings: document.querySelectorAll("h1").length,
    ids,
    links,
    scrollWidth,
    wide: wide.slice(0, 3)
  }
}

const visit = async (context, size) => {
  const found = new Map()
  const page = await context.newPage()
  page.setDefaultTimeout(300_000)
  let problems = []
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()))
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`))
  page.on(
    "response",
    (response) => response.status() >= 400 && problems.push(`${response.url()}: ${response.status()}`)
  )
  for (const address of addresses) {
    problems = []
    await page.goto(origin + address, { waitUntil: "load" })
    await page.waitForFunction(() => document.querySelector("#app")?.__vue_app__ !== undefined)
    const facts = await page.evaluate(inspect)
    found.set(address, facts)
    expect(facts.headings === 1, `${address}: ${facts.headings} headings of the first level`)
    expect(
      facts.scrollWidth <= facts.clientWidth,
      `${address}, ${size}: ${facts.scrollWidth} pixels wide on a screen of ${facts.clientWidth}: ${
        facts.wide.join("; ")
      }`
    )
    expect(problems.length === 0, `${address}, ${size}: ${problems.join("; ")}`)
    if (shown.has(address)) {
      const name = `${address.replaceAll("/", "-").replace(/^-|-$/g, "") || "home"}-${size}.png`
      await page.screenshot({ path: path.join(screenshots, name) })
    }
  }
  await page.close()
  return found
}

/** Links within the site lead to pages that are there, and to parts of them that are there. */
const checkLinks = (found) => {
  const dead = new Set()
  for (const [address, { links }] of found) {
    for (const link of links) {
      const url = new URL(link)
      if (url.origin !== origin) continue
      const target = found.get(url.pathname) ?? found.get(url.pathname.replace(/\/$/, "")) ??
        found.get(`${url.pathname}/`)
      if (target === undefined) dead.add(`${address}: ${url.pathname}`)
      else if (url.hash !== "" && !target.ids.includes(decodeURIComponent(url.hash.slice(1)))) {
        dead.add(`${address}: ${url.pathname}${url.hash}`)
      }
    }
  }
  expect(dead.size === 0, `links that lead nowhere:\n  ${[...dead].join("\n  ")}`)
}

/** Types into the search, and goes to what it finds first. */
const search = async (context, words, expected) => {
  const page = await context.newPage()
  page.setDefaultTimeout(300_000)
  await page.goto(`${origin}/start`, { waitUntil: "load" })
  await page.locator("#local-search button").first().click()
  await page.locator("#localsearch-input").fill(words)
  const first = page.locator("#localsearch-list a").first()
  // the index is loaded with the first search; on a busy machine that takes its time
  await first.waitFor({ timeout: 300_000 }).catch(() => {})
  const hrefs = await page.locator("#localsearch-list a").evaluateAll((links) => links.map(({ href }) => href))
  expect(
    hrefs.slice(0, 5).some((href) => href.includes(expected)),
    `the search for "${words}" finds ${hrefs.slice(0, 5).join(", ") || "nothing"}, and not ${expected}`
  )
  if (hrefs.length > 0) {
    await page.screenshot({ path: path.join(screenshots, `search-${expected.replaceAll(/\W+/g, "-")}.png`) })
    await first.click()
    await page.waitForURL((url) => url.pathname !== "/start" || url.hash !== "")
    passed++
  }
  await page.close()
}

fs.rmSync(screenshots, { recursive: true, force: true })
fs.mkdirSync(screenshots, { recursive: true })
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-site-"))
const server = await serve({ root: folder, port: 4179 })
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync"
  ],
  viewport: sizes.wide
})
try {
  for (const { page } of pages) {
    expect(addresses.includes(page === "index" ? "/" : `/${page}`), `there is no page ${page}`)
  }
  for (const { dir, modules: names } of modules()) {
    for (const name of names) expect(addresses.includes(`/api/${dir}/${name}`), `there is no page for ${dir}/${name}`)
  }
  checkLinks(await visit(context, "wide"))
  await search(context, "full disk", "/cookbook")
  await search(context, "mmioDescend", "winmm")
  await search(context, "SharingViolation", "/errors")
  const [page] = context.pages()
  await page.close()
  for (const open of context.pages()) await open.close()
  await context.close()
  const narrow = await chromium.launchPersistentContext(`${profile}-narrow`, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    viewport: sizes.narrow,
    isMobile: true,
    hasTouch: true
  })
  await visit(narrow, "narrow")
  await narrow.close()
} finally {
  server.server?.close()
  fs.rmSync(profile, { recursive: true, force: true })
  fs.rmSync(`${profile}-narrow`, { recursive: true, force: true })
}
if (failures.length > 0) console.log(failures.join("\n"))
console.log(`${addresses.length} pages\n${passed} passed, ${failures.length} failed`)
process.exit(failures.length > 0 ? 1 : 0)
