import { addEqualityTesters } from "@effect/vitest"

addEqualityTesters()

// where only counts that a test fails, and not on how little
if (process.env["MMIO_TEST_SHRINK"] === "off") {
  const fc = await import("effect/FastCheck")
  fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true })
}
