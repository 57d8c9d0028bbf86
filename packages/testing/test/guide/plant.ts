/**
 * Mistakes in a driver's source: a fragment of it is replaced, and what comes of it is run.
 */
import * as core from "@effect-mmio/core"
import { assert } from "@effect/vitest"
import * as effect from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as zlib from "node:zlib"
import ts from "typescript"

export interface Mistake {
  readonly what: string
  /** The module that has it. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** What finds it: a test of the contract, or `"faults"` or `"crashes"`. */
  readonly caughtBy: string
}

const packages: Record<string, unknown> = { "@effect-mmio/core": core, effect, "node:zlib": zlib }

/** What a module and those that it imports export, with a mistake in one of them. */
export const load = (file: string, mistake?: Mistake): Record<string, unknown> => {
  const loaded = new Map<string, Record<string, unknown>>()
  const require = (from: string) => (specifier: string): unknown => {
    const known = packages[specifier]
    if (known !== undefined) return known
    assert.match(specifier, /^\.\//, `${from} imports ${specifier}`)
    return evaluate(path.join(path.dirname(from), specifier.replace(/\.js$/, ".ts")))
  }
  const evaluate = (file: string): Record<string, unknown> => {
    const old = loaded.get(file)
    if (old !== undefined) return old
    const exports: Record<string, unknown> = {}
    loaded.set(file, exports)
    const source = fs.readFileSync(file, "utf8")
    const isIts = mistake !== undefined && file.endsWith(mistake.file)
    if (isIts) assert.lengthOf(source.split(mistake.from), 2, `"${mistake.from}" is once in ${file}`)
    const { outputText } = ts.transpileModule(isIts ? source.replace(mistake.from, () => mistake.to) : source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
    })
    new Function("require", "exports", outputText)(require(file), exports)
    return exports
  }
  return evaluate(file)
}
