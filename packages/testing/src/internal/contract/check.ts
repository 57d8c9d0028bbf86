/**
 * The checks that the tests of the contract are written with. A check that fails throws: a test is an effect, in which
 * that is a defect, and `contract.ts` makes a violation of what a test ends with.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import { SweepError } from "../../Interruption.js"
import { Mismatch } from "../../Model.js"
import { excerpt, firstDifference } from "../bytes.js"

/** A check failed. @internal */
export class Broken extends Error {}

/** @internal */
export const broken = (description: string): never => {
  throw new Broken(description)
}

/** @internal */
export const holds: (condition: boolean, description: string) => asserts condition = (condition, description) => {
  if (!condition) broken(description)
}

/** @internal */
export const same = <A extends number | string | boolean | undefined>(actual: A, expected: A, what: string): void => {
  if (actual !== expected) broken(`${what}: expected ${String(expected)}, got ${String(actual)}`)
}

/** @internal */
export const sameBytes = (actual: Uint8Array, expected: Uint8Array, what: string): void => {
  const at = firstDifference(actual, expected)
  if (at !== undefined) {
    broken(`${what}: they differ at ${at}; expected ${excerpt(expected, at)}, got ${excerpt(actual, at)}`)
  }
}

/** @internal */
export const show = (bytes: Uint8Array): string =>
  bytes.length <= 24 ? Encoding.encodeHex(bytes) || "no bytes" : `${bytes.length} bytes`

/** The error of an effect that has to fail with one of these. @internal */
export const failsWith = <A, E extends { readonly _tag: string }, R>(
  effect: Effect.Effect<A, E, R>,
  what: string,
  ...tags: ReadonlyArray<string>
): Effect.Effect<E, never, R> =>
  Effect.map(Effect.either(effect), (outcome) => {
    if (Either.isRight(outcome)) return broken(`${what}: expected ${tags.join(" or ")}, but it succeeded`)
    if (!tags.includes(outcome.left._tag)) {
      return broken(`${what}: expected ${tags.join(" or ")}, got ${String(outcome.left)}`)
    }
    return outcome.left
  })

/** What a test ended with, as text. @internal */
export const describe = (cause: Cause.Cause<unknown>): string => {
  const [first] = [...Cause.failures(cause), ...Cause.defects(cause)]
  if (first instanceof Broken || first instanceof SweepError || first instanceof Mismatch) return first.message
  if (first instanceof Error) return `unexpected ${first.name}: ${first.message}`
  return Cause.isInterruptedOnly(cause) ? "the test was interrupted" : Cause.pretty(cause)
}

const mostLines = 10
const longestLine = 500

/** At most ten lines, none of them long. @internal */
export const shortened = (message: string): string => {
  const lines = message.split("\n").map((line) => line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)
  return (lines.length > mostLines ? [...lines.slice(0, mostLines - 1), "…"] : lines).join("\n")
}
