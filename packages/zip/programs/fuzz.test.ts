/** As many damaged archives as `--fuzz` says; the report is its last line. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { check } from "../test/support/fuzz.js"

const inputs = Number(process.env["MMIO_ZIP_FUZZ"] ?? 5000)
const first = Number(process.env["MMIO_TEST_SEED"] ?? 20261130)

it.live(`${inputs} damaged archives are read, or fail with a type`, () =>
  Effect.gen(function*() {
    const failures: Array<string> = []
    const started = Date.now()
    let slowest = 0
    let most = 0
    for (let i = 0; i < inputs; i++) {
      const before = Date.now()
      const outcome = yield* Effect.either(check(first + i))
      slowest = Math.max(slowest, Date.now() - before)
      if (i % 100 === 0) most = Math.max(most, process.memoryUsage().rss)
      if (outcome._tag === "Left") failures.push(`seed ${first + i}: ${outcome.left.message}`)
      if (failures.length > 10) break
    }
    const seconds = Math.round((Date.now() - started) / 1000)
    console.log(
      `${inputs} inputs from seed ${first} in ${seconds} s, the slowest in ${slowest} ms, at most ${
        Math.round(most / 2 ** 20)
      } MiB resident`
    )
    expect(failures).toEqual([])
  }))
