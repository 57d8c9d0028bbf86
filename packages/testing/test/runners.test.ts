import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as path from "node:path"

const folder = path.join(import.meta.dirname, "runners")

/** Runs Node on the built packages, with no vitest to be found. */
const node = (args: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--import", path.join(folder, "withoutVitest.mjs"), ...args],
    { cwd: folder, env: { ...environment, ...env }, encoding: "utf8", timeout: 30_000 }
  )
  return { status, output: stdout + stderr }
}

describe("without vitest", () => {
  it("the package is imported", () => {
    const { output, status } = node([
      "--input-type=module",
      "--eval",
      `const { IOProcContract } = await import("@effect-mmio/testing")
       console.log(IOProcContract.tests().length)`
    ])
    assert.strictEqual(status, 0, output)
    assert.match(output, /^\d{3}\n$/)
  })

  it("suite says what it lacks", () => {
    const { output, status } = node([
      "--input-type=module",
      "--eval",
      `const { IOProcContract } = await import("@effect-mmio/testing")
       const { MemoryIOProc } = await import("@effect-mmio/core")
       IOProcContract.suite("memory", { layer: MemoryIOProc.layer() })`
    ])
    assert.notStrictEqual(status, 0)
    assert.include(output, "give it the `test` of the runner that runs it")
  })

  it("the contract runs under node:test", () => {
    const { output, status } = node(["--test", "--test-reporter=tap", path.join(folder, "nodeTest.mjs")])
    assert.strictEqual(status, 0, output)
    assert.match(output, /^# fail 0$/m)
    assert.isAtLeast(Number(/^# pass (\d+)$/m.exec(output)?.[1]), 1)
  })

  it("a driver that breaks a law fails there, the law first, in ten lines at most", () => {
    const { output, status } = node(
      ["--test", "--test-reporter=spec", path.join(folder, "nodeTest.mjs")],
      { CONTRACT: "wrong" }
    )
    assert.notStrictEqual(status, 0)
    const failed = output.slice(output.indexOf("failing tests:"))
    const [, ...failures] = failed.split(/^✖ /m)
    assert.isAtLeast(failures.length, 1, output)
    for (const failure of failures) {
      const [, ...lines] = failure.trimEnd().split("\n")
      assert.match(lines[0] ?? "", /ContractViolation: law 1/)
      assert.isAtMost(lines.length, 10, failure)
    }
  })
})
