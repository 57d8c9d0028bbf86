/** How much of the contract of storage drivers is tried. */
import { IOProcContract } from "@effect-mmio/testing"
import { test } from "vitest"

/** That of the long tests. */
export const effort = { scale: 0.5 * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "5 minutes" } as const

/** All but the interruption of every step, which takes minutes. */
export const uninterrupted: IOProcContract.Register = (name, run) => {
  if (!name.includes(` > ${IOProcContract.laws.interruption} > `)) test(name, { timeout: 0 }, run)
}
