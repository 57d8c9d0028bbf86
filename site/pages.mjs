/**
 * The pages of the site: which file of the repository each is made of, and where it is in the menu. A page of a storage
 * is there as soon as its file is.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

/** Where the repository is on the web: files that are no pages are linked there. */
export const repository = "https://github.com/effect-mmio/effect-mmio"

const exists = (file) => fs.existsSync(path.join(root, file))

/** Pages of storages by their names: a page of `docs`, else the README of the package. */
const storages = {
  zip: "Archives (zip)",
  sql: "Databases (sql)",
  s3: "Object stores (s3)"
}

const storagePages = Object.entries(storages).flatMap(([name, text]) =>
  [`docs/${name}.md`, `packages/${name}/README.md`].filter(exists).slice(0, 1).map((file) => ({
    page: name,
    file,
    text
  }))
)

export const sections = [
  {
    text: "Begin",
    pages: [
      { page: "start", file: "docs/start.md", text: "Start here" },
      { page: "install", file: "docs/install.md", text: "Installation" },
      { page: "concepts", file: "docs/concepts.md", text: "Concepts" },
      { page: "cookbook", file: "docs/cookbook.md", text: "Cookbook" },
      { page: "command", file: "packages/cli/README.md", text: "The command" },
      { page: "command-json", file: "packages/cli/JSON.md", text: "Its JSON" }
    ]
  },
  {
    text: "Storages",
    pages: [
      { page: "storages", file: "docs/storages.md", text: "Storages" },
      { page: "node", file: "packages/platform-node/README.md", text: "Node" },
      { page: "http", file: "packages/http/README.md", text: "Web servers (http)" },
      ...storagePages,
      { page: "middleware", file: "docs/middleware.md", text: "Middleware" },
      { page: "drivers", file: "docs/drivers.md", text: "Write a driver" }
    ]
  },
  {
    text: "Trust",
    pages: [
      { page: "testing", file: "docs/testing.md", text: "Test your pipeline" },
      { page: "testing-package", file: "packages/testing/README.md", text: "The testing package" },
      { page: "errors", file: "docs/errors.md", text: "Errors" },
      { page: "guarantees", file: "docs/guarantees.md", text: "Guarantees and limits" },
      { page: "security", file: "SECURITY.md", text: "Security" },
      { page: "performance", file: "packages/core/PERFORMANCE.md", text: "Performance" },
      { page: "observability", file: "packages/core/OBSERVABILITY.md", text: "Observability" }
    ]
  },
  {
    text: "winmm",
    pages: [
      { page: "winmm", file: "docs/winmm.md", text: "From winmm" },
      { page: "winmm-table", file: "packages/core/WINMM.md", text: "The complete table" }
    ]
  },
  {
    text: "The project",
    pages: [
      { page: "contributing", file: "CONTRIBUTING.md", text: "Contributing" },
      { page: "architecture", file: "ARCHITECTURE.md", text: "Architecture" }
    ]
  }
]

export const pages = [{ page: "index", file: "docs/index.md", text: "Home" }, ...sections.flatMap(({ pages }) => pages)]

/** The storages that have a page of their own, beside those that the page of storages names anyway. */
export const furtherStorages = storagePages
