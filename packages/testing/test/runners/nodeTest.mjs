/** The contract under `node --test`: nodeTest.test.ts runs it, with a right driver and with a wrong one. */
import { IOProc, MemoryIOProc } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { Effect, Layer } from "effect"
import { test } from "node:test"

/** A driver that answers where a position is negative, instead of refusing it. */
const wrong = IOProc.layerMap((driver) =>
  IOProc.mapFile(driver, (file) =>
    IOProc.wrapFile(file, {
      readAt: (position, target) => position < 0 ? Effect.succeed(0) : file.readAt(position, target)
    }))
)

const memory = MemoryIOProc.layer({}, { folders: ["folder"] })

IOProcContract.suite("memory", {
  layer: process.env.CONTRACT === "wrong" ? wrong.pipe(Layer.provide(memory)) : memory,
  // a few of them are enough to see that they run
  test: (name, run) => name.includes("negative") ? void test(name, run) : undefined
})
