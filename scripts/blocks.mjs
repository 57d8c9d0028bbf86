/**
 * The `ts` code blocks of the documentation: of the comments of the public modules, and of the Markdown files.
 *
 * A block is a file of a package that sees all others, and begins with its imports. One that begins with a comment such
 * as `// halve.ts` is a file of that name, which the other blocks of its page import as `./halve.js`.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { filesBelow, libraries, packages, root } from "./lib.mjs"

/** The public modules of a package. */
export const modulesOf = (dir) =>
  filesBelow(`${dir}/src`).filter((file) => file.endsWith(".ts") && !file.includes("/internal/"))

/** Every Markdown file whose examples are checked. */
export const markdown = [
  ...fs.readdirSync(root).filter((file) => file.endsWith(".md")),
  ...filesBelow("docs").filter((file) => file.endsWith(".md")),
  ...packages.flatMap((dir) =>
    fs.readdirSync(path.join(root, dir)).filter((file) => file.endsWith(".md") && file !== "CHANGELOG.md").map((file) =>
      `${dir}/${file}`
    )
  )
]

const fence = /^\s*```ts\s*$/

/** The blocks of a file. */
const blocksOf = (file) => {
  const margin = file.endsWith(".ts") ? /^\s*\*(?!\/) ?/ : /^/
  const folder = file.replaceAll(/[^\w]+/g, "-")
  const blocks = []
  let block
  fs.readFileSync(path.join(root, file), "utf8").split("\n").forEach((text, index) => {
    const line = text.replace(margin, "")
    if (block && /^\s*```\s*$/.test(line)) block = undefined
    else if (block) block.code += `${line}\n`
    else if (margin.test(text) && fence.test(line)) {
      // the line that it follows, counted from 1
      block = { file, line: index + 1, code: "" }
      blocks.push(block)
    }
  })
  const nameOf = ({ code }, index) => /^\/\/ ([\w-]+)\.ts\n/.exec(code)?.[1] ?? `block${index + 1}`
  return blocks.map((block, index) => Object.assign(block, { path: `${folder}/${nameOf(block, index)}` }))
}

/**
 * All blocks: each with its `file` and `line`, its `code`, and its `path` without an extension, the same for the blocks
 * of a page but for the name.
 */
export const allBlocks = () => [...libraries.flatMap(modulesOf), ...markdown].flatMap(blocksOf)
