/** Some damaged archives; `npm run test:zip -- --fuzz 100000` has as many as it says. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { check } from "./support/fuzz.js"

const scale = Number(process.env["MMIO_TEST_SCALE"] ?? 1)
const first = Number(process.env["MMIO_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

it.effect("every damaged archive is read, or fails with a type, and what could be read stays when it changes", () =>
  Effect.gen(function*() {
    for (let i = 0; i < 100 * scale; i++) {
      const failure = yield* Effect.either(check(first + i))
      expect(failure._tag === "Left" ? `seed ${first + i}: ${failure.left.message}` : "").toBe("")
    }
  }))
