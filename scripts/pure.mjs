/**
 * Marks calls as pure, as Babel's `annotate-pure-calls` does for Effect's own packages: what a module computes as it is
 * loaded, a bundler then leaves out where the program does not use it. No module of these packages does anything else
 * as it is loaded, which is what `sideEffects` of their manifests says of whole modules.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import ts from "typescript"
import { root } from "./lib.mjs"

const mark = "/* #__PURE__ */ "

/** Where in a compiled module the calls begin that run as it is loaded, and whose value is all that they are for. */
const unmarked = (file) => {
  const found = []
  const visit = (node) => {
    if (ts.isFunctionLike(node)) return
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const start = node.getStart(file)
      if (!file.text.endsWith(mark, start)) found.push(start)
    }
    ts.forEachChild(node, visit)
  }
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) visit(statement)
    // The members of a class that runs something may do so for its effect.
    else if (ts.isClassDeclaration(statement)) statement.heritageClauses?.forEach(visit)
  }
  // `a()()` begins twice at one place.
  return [...new Set(found)].toSorted((a, b) => a - b)
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** The first number of a segment of a source map, and what follows it. */
const decode = (segment) => {
  let value = 0
  for (let i = 0;; i++) {
    const digit = digits.indexOf(segment[i])
    value |= (digit & 31) << 5 * i
    if ((digit & 32) === 0) return [value & 1 ? -(value >> 1) : value >> 1, segment.slice(i + 1)]
  }
}

const encode = (value) => {
  let text = ""
  for (let rest = value < 0 ? -value << 1 | 1 : value << 1;; rest >>>= 5) {
    text += digits[rest < 32 ? rest : rest & 31 | 32]
    if (rest < 32) return text
  }
}

/** A line of a source map, once `mark` was put before these columns. */
const shifted = (line, columns) => {
  let column = 0
  let put = 0
  return line.split(",").map((segment) => {
    const [step, rest] = decode(segment)
    column += step
    const before = put
    while (put < columns.length && columns[put] <= column) put++
    return encode(step + (put - before) * mark.length) + rest
  }).join(",")
}

const annotate = (name) => {
  const text = fs.readFileSync(name, "utf8")
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
  const places = unmarked(file)
  if (places.length === 0) return
  let marked = ""
  let from = 0
  const columns = new Map()
  for (const place of places) {
    marked += text.slice(from, place) + mark
    from = place
    const { character, line } = file.getLineAndCharacterOfPosition(place)
    columns.set(line, [...columns.get(line) ?? [], character])
  }
  const map = JSON.parse(fs.readFileSync(`${name}.map`, "utf8"))
  const mappings = map.mappings.split(";").map((line, i) => columns.has(i) ? shifted(line, columns.get(i)) : line)
  fs.writeFileSync(`${name}.map`, JSON.stringify({ ...map, mappings: mappings.join(";") }))
  fs.writeFileSync(name, marked + text.slice(from))
}

/** Marks the calls in compiled modules, with their source maps; what is marked already stays as it is. */
export const markPure = (files) => {
  for (const file of files) annotate(path.join(root, file))
}
