import * as Predicate from "effect/Predicate"

/**
 * The POSIX name in an error: its `code`, else that of its `cause` (where `@effect/platform` hides it), else undefined.
 *
 * @internal
 */
export const errnoName = (error: unknown): string | undefined =>
  codeOf(error) ?? (Predicate.hasProperty(error, "cause") ? codeOf(error.cause) : undefined)

const codeOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" ? error.code : undefined
