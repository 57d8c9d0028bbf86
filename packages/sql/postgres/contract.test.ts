/**
 * The contract of storage drivers over Postgres; the interruption of its every step, which takes many minutes, with `MMIO_TEST_ALL=1`.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Layer, Scope } from "effect"
import { test } from "vitest"
import { newDatabase, storage } from "./support.js"

const scope = Effect.runSync(Scope.make())
const shared = Layer.succeedContext(
  await Effect.runPromise(
    Effect.flatMap(newDatabase, ({ client }) => Scope.extend(Layer.build(client), scope))
  )
)

const effort = {
  scale: 0.05 * Number(process.env["MMIO_TEST_SCALE"] ?? 1),
  patience: "5 minutes",
  test: (name: string, run: () => Promise<void>) => {
    const isSweep = name.includes(` > ${IOProcContract.laws.interruption} > `)
    if (!isSweep || process.env["MMIO_TEST_ALL"] === "1") test(name, { timeout: 0 }, run)
  }
} as const

IOProcContract.suite("SqlIOProc over Postgres, with files that are read as they are now, in blocks of 32 bytes", {
  layer: storage(shared, { blockSize: 32, snapshots: false, writeBuffer: 96 }),
  ...effort
})

IOProcContract.suite("SqlIOProc over Postgres", {
  layer: storage(shared),
  capabilities: { largeFiles: true, multipleHandles: false },
  ...effort
})
