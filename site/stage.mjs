/**
 * Copies the pages to where VitePress reads them, with links as the site has them. In the repository they are relative,
 * as GitHub shows them. A link to a file that is a page leads to the page, any other one to the repository on the web;
 * a link to a file that does not exist is a failure.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { furtherStorages, pages, repository, root } from "./pages.mjs"

const pageOf = new Map(pages.map(({ file, page }) => [file, page]))

/** What a link in `file` to `target` becomes. */
const linkFrom = (file, target, problems) => {
  const [address, fragment] = target.split("#", 2)
  const hash = fragment === undefined ? "" : `#${fragment}`
  const own = `${repository}/blob/main/`
  const isOwn = address.startsWith(own)
  if (address === "" || (/^[a-z]+:/.test(address) && !isOwn) || address.startsWith("/")) return target
  const resolved = isOwn ? address.slice(own.length) : path.posix.join(path.posix.dirname(file), address)
  const absolute = path.join(root, resolved)
  if (!fs.existsSync(absolute)) {
    problems.push(`${file}: the link "${target}" leads nowhere`)
    return target
  }
  const isFolder = fs.statSync(absolute).isDirectory()
  const page = pageOf.get(resolved) ?? (isFolder ? pageOf.get(path.posix.join(resolved, "README.md")) : undefined)
  if (page !== undefined) return `/${page === "index" ? "" : page}${hash}`
  return `${repository}/${isFolder ? "tree" : "blob"}/main/${resolved.replace(/\/$/, "")}${hash}`
}

const images = "docs/images"

/** The text of a page for the site. */
const staged = (file, problems) => {
  const source = fs.readFileSync(path.join(root, file), "utf8")
  // A link may have code in its text: its address is what follows the bracket.
  return source.replaceAll(
    /\]\(([^()\s]+)\)/g,
    (whole, target) => target.startsWith("images/") ? `](/${target})` : `](${linkFrom(file, target, problems)})`
  )
}

const further = () =>
  furtherStorages.length === 0
    ? ""
    : `Storages with pages of their own: ${
      furtherStorages.map(({ page, text }) => `[${text}](/${page})`).join(", ")
    }.\n`

export const stage = (target) => {
  const problems = []
  fs.rmSync(target, { recursive: true, force: true })
  fs.mkdirSync(path.join(target, "public"), { recursive: true })
  for (const { file, page } of pages) {
    const text = staged(file, problems).replace("<!-- storages -->\n", further)
    const editable = `---\neditPath: ${file}\n---\n\n`
    fs.writeFileSync(
      path.join(target, `${page}.md`),
      text.startsWith("---\n") ? text.replace("---\n", `---\neditPath: ${file}\n`) : editable + text
    )
  }
  fs.cpSync(path.join(root, images), path.join(target, "public/images"), { recursive: true })
  for (const file of fs.readdirSync(path.join(root, "docs"))) {
    if (file.endsWith(".md") && !pageOf.has(`docs/${file}`)) {
      problems.push(`docs/${file} is no page: site/pages.mjs does not name it`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"))
}
