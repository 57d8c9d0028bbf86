/**
 * Runs the contract of drivers on the files of this machine, without a test runner, so that any runtime can run it:
 *
 *   node packages/proofs/build/tools/contract.js [text]
 *   bun packages/proofs/build/tools/contract.js [text]
 *
 * With a text, it runs the tests whose names hold it. The last line is `N passed, N failed`.
 */
import type { IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { IOProcContract } from "@effect-mmio/testing"
import { Cause, Effect, Exit, Layer } from "effect"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as path from "node:path"

/** A folder for each test, with the folder that the contract asks for. */
const root = Layer.scoped(
  IOProcContract.Root,
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = NFS.mkdtempSync(path.join(OS.tmpdir(), "effect-mmio-contract-"))
      NFS.mkdirSync(path.join(folder, "folder"))
      return `${folder}${path.sep}`
    }),
    (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
  )
)

const drivers: Readonly<Record<string, Layer.Layer<IOProc.IOProc>>> = {
  "NodeIOProc": NodeIOProc.layer,
  "NodeIOProc, blocking the thread": NodeIOProc.layerSync
}

const wanted = process.argv[2] ?? ""
const tests = IOProcContract.tests({ capabilities: { largeFiles: process.platform === "linux", versions: false } })
const tally = { passed: 0, failed: 0 }
for (const [name, driver] of Object.entries(drivers)) {
  for (const test of tests) {
    if (!test.name.includes(wanted)) continue
    const exit = await Effect.runPromiseExit(Effect.provide(test.test, Layer.merge(driver, root)))
    if (Exit.isSuccess(exit)) {
      tally.passed++
      continue
    }
    tally.failed++
    console.log(`✗ ${name}: ${test.name}\n${Cause.pretty(exit.cause).split("\n").slice(0, 10).join("\n")}`)
  }
}
console.log(`${tally.passed} passed, ${tally.failed} failed`)
// A runtime may keep the process for a pool of its own.
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1)
