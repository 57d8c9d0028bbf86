/**
 * Clients of libSQL that work on one connection, for `LibsqlClient` of `@effect/sql-libsql`.
 *
 * The client of `@libsql/client` makes a new connection after each transaction: a database in memory (`:memory:`) is
 * then another one, and the connections of files are closed only when their memory is reclaimed. And `LibsqlClient`
 * does not recover from a transaction that cannot begin because another program has the database locked. On one
 * connection, each call waits until the transaction before it has ended, and a transaction that cannot begin fails.
 *
 * @since 0.1.0
 */
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/libsqlConnection.js"

/**
 * What is used of a transaction of `@libsql/client`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  readonly execute: (statement: never) => Promise<unknown>
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
  readonly close: () => void
  readonly closed: boolean
}

/**
 * What is used of a client of `@libsql/client`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  /** `"file"` for databases that are opened in this process. */
  readonly protocol: string
  readonly execute: (statement: never) => Promise<unknown>
  readonly transaction: () => Promise<Transaction>
  readonly close: () => void
}

/**
 * A client on one connection, which is closed with the scope. A client of a server stays as it is. `CannotOpen` says
 * that `open` threw.
 *
 * @example
 * ```ts
 * import { LibsqlConnection } from "@effect-mmio/sql"
 * import { LibsqlClient } from "@effect/sql-libsql"
 * import { createClient } from "@libsql/client"
 * import { Effect, Layer } from "effect"
 *
 * // for tests
 * export const memory = Layer.unwrapScoped(Effect.map(
 *   LibsqlConnection.make(() => createClient({ url: ":memory:" })),
 *   (liveClient) => LibsqlClient.layer({ liveClient })
 * ))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: <C extends Client>(
  open: () => C
) => Effect.Effect<C, MmioError.CannotOpen, Scope.Scope> = internal.make
