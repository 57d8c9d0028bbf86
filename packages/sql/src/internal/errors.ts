/**
 * What the functions of the driver fail with.
 */
import type * as Errno from "@effect-mmio/core/Errno"
import * as Effect from "effect/Effect"
import { DatabaseError } from "./failure.js"

/** @internal */
export const originOf =
  (operation: string, file: string, position?: number) => (cause: DatabaseError): Errno.Origin => ({
    operation: `SqlIOProc.${operation}`,
    file,
    position,
    cause
  })

/** Says of a failure of the database what it means for a call. @internal */
export const mapDatabaseError =
  <E2>(f: (cause: DatabaseError) => E2) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, DatabaseError> | E2, R> =>
    Effect.mapError(
      effect,
      (error) =>
        error instanceof DatabaseError
          ? f(error)
          // What is no DatabaseError is of E alone.
          : error as Exclude<E, DatabaseError>
    )

/** The handle is gone: its session ended, and another program has removed it. @internal */
export const leaseEnded = new DatabaseError({
  code: undefined,
  message: "the database took the handle for one of a program that has ended: it was out of reach for too long",
  cause: "ESTALE"
})

/** The handle is not the one of the database: a transaction that it took part in was rolled back. @internal */
export const rolledBack = new DatabaseError({
  code: undefined,
  message: "the program's transaction in which the file was opened or written was rolled back, or has not ended yet",
  cause: "ESTALE"
})
