import { defineConfig } from "vitepress"
import { modules } from "../api.mjs"
import { repository, sections } from "../pages.mjs"

const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='#0550ae'/>"
  + "<path d='M6 16h3l3-8 4 16 4-12 2 4h4' stroke='#fff' stroke-width='2.5' fill='none' stroke-linejoin='round'/></svg>"

/** Anchors as GitHub makes them, so that one link is right in both places. */
const slugify = (text) => text.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-")

const api = modules().map(({ dir, modules, name }) => ({
  text: name,
  collapsed: false,
  items: modules.map((module) => ({ text: module, link: `/api/${dir}/${module}` }))
}))

export default defineConfig({
  title: "effect-mmio",
  description: "Buffered, seekable files for Effect, over any storage, with RIFF built in",
  base: process.env.SITE_BASE ?? "/",
  srcDir: "build/pages",
  outDir: "build/site",
  cacheDir: "build/cache",
  cleanUrls: true,
  // dead links fail the build
  ignoreDeadLinks: false,
  metaChunk: true,
  // the search index is one chunk
  vite: { build: { chunkSizeWarningLimit: 8000 } },
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  markdown: { anchor: { slugify }, toc: { slugify }, headers: { slugify } },
  /** A page is edited in the file that it is made of; those of the API are made of docstrings. */
  transformPageData: (page) => {
    if (page.relativePath.startsWith("api/")) page.frontmatter.editLink = false
    else page.filePath = page.frontmatter.editPath
  },
  themeConfig: {
    nav: [
      { text: "Start here", link: "/start" },
      { text: "Cookbook", link: "/cookbook" },
      { text: "API", link: "/api/" }
    ],
    sidebar: {
      "/api/": [{ text: "API reference", link: "/api/" }, ...api],
      "/": [
        ...sections.map(({ pages, text }) => ({
          text,
          items: pages.map(({ page, text }) => ({ text, link: `/${page}` }))
        })),
        { text: "API reference", link: "/api/" }
      ]
    },
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repository }],
    editLink: { pattern: `${repository}/edit/main/:path`, text: "Edit this page" }
  }
})
