/**
 * Databases as storage.
 *
 * @since 0.1.0
 */

/**
 * Clients of libSQL that work on one connection, for `LibsqlClient` of `@effect/sql-libsql`.
 *
 * @since 0.1.0
 */
export * as LibsqlConnection from "./LibsqlConnection.js"

/**
 * Databases as storage: files in the rows of SQLite or Postgres, over any client of `@effect/sql`.
 *
 * @since 0.1.0
 */
export * as SqlIOProc from "./SqlIOProc.js"
