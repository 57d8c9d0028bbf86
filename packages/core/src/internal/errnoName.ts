import * as Predicate from "effect/Predicate"

/**
 * The POSIX name in an error: its `code`, or the `errno` of one of this library, else those of its `cause` (where
 * `@effect/platform` hides it), else undefined.
 *
 * @internal
 */
export const errnoName = (error: unknown): string | undefined =>
  nameIn(error) ?? (Predicate.hasProperty(error, "cause") ? nameIn(error.cause) : undefined)

const nameIn = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string"
    ? error.code
    : Predicate.hasProperty(error, "errno") && typeof error.errno === "string"
    ? error.errno
    : undefined
