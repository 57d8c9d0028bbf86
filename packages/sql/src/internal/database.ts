/**
 * The database of a driver: its tables, and how statements and transactions are run.
 *
 * - A call that finds the database locked by another program tries again, for about five seconds; then it fails with
 *   `EBUSY`. It can be interrupted while it waits, and not while it works.
 * - A transaction that fails has changed nothing. The client reports a commit that fails as a defect; here it is a
 *   failure like any other.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import { type DatabaseError, fromSqlError, isSqlError } from "./failure.js"

/** What `replaced` is for a block that no later one has replaced. @internal */
export const forever = Number.MAX_SAFE_INTEGER

/** The tables, by what they are called in statements. */
interface Tables {
  readonly files: Statement.Identifier
  readonly blocks: Statement.Identifier
  readonly content: Statement.Identifier
  readonly handles: Statement.Identifier
  readonly sessions: Statement.Identifier
  readonly pending: Statement.Identifier
}

/** What runs statements on the tables. */
export interface Database {
  /** The client, without transformations of names. */
  readonly sql: SqlClient.SqlClient
  readonly dialect: "sqlite" | "pg"
  /** What the names of all tables begin with. */
  readonly prefix: string
  readonly tables: Tables
  /** `FOR UPDATE`, where there are locks of rows. */
  readonly forUpdate: Statement.Fragment
  /** `FOR SHARE`, where there are locks of rows. */
  readonly forShare: Statement.Fragment
  /** Whether what runs now is part of a transaction of the program, which may be rolled back later. */
  readonly isNested: Effect.Effect<boolean>
  /** Runs one statement, or several that do not belong together. */
  readonly run: <A, E>(
    statement: Effect.Effect<A, E | SqlError>
  ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseError>
  /** Runs statements that take effect together or not at all. No interruption comes between that and `done`. */
  readonly transaction: <A, E>(
    body: Effect.Effect<A, E | SqlError>,
    done?: (value: A) => void
  ) => Effect.Effect<A, Exclude<E, SqlError> | DatabaseError>
}

/** In milliseconds: how long is waited before each further try. Together about five seconds. */
const waits: ReadonlyArray<number> = [1, 2, 4, 8, 16, 32, ...Array.from({ length: 96 }, () => 50)]

/**
 * How long SQLite itself waits for a lock, which blocks the thread, in milliseconds. It is asked to where the client
 * makes a new connection for each transaction, as that of libSQL does: such a client does not recover from a
 * transaction that cannot begin.
 */
const busyTimeout = 5000

const makesConnections = (client: SqlClient.SqlClient): boolean =>
  Predicate.hasProperty(client, Symbol.for("@effect/sql-libsql/LibsqlClient"))
  && Predicate.hasProperty(client, "config") && !Predicate.hasProperty(client.config, "liveClient")

/**
 * Clients have the transaction that runs in the context, as its connection and its depth, each under a tag of its own.
 * That of another client counts, too, which costs a statement and changes nothing else.
 */
const isNested = Effect.map(
  Effect.context<never>(),
  ({ unsafeMap }) => {
    const services: Iterable<unknown> = unsafeMap.values()
    return Array.from(services).some((it) => Array.isArray(it) && it.length === 2 && typeof it[1] === "number")
  }
)

/** The database of a client, whose tables begin with `prefix`. */
export const make = (client: SqlClient.SqlClient, dialect: "sqlite" | "pg", prefix: string): Database => {
  const sql = client.withoutTransforms()
  const table = (name: string) => sql(`${prefix}_${name}`)
  const isServer = dialect === "pg"

  const patiently = <A, E>(
    attempt: Effect.Effect<A, E | SqlError>
  ): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError> =>
    Effect.uninterruptibleMask((restore) => {
      const trying = (tries: number): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError> =>
        Effect.catchAll(
          Effect.catchSomeDefect(
            attempt,
            (defect) => isSqlError(defect) ? Option.some(Effect.fail(defect)) : Option.none()
          ),
          (error): Effect.Effect<A, Exclude<E, SqlError> | DatabaseError> => {
            // What is no SqlError is of E alone.
            if (!isSqlError(error)) return Effect.fail(error as Exclude<E, SqlError>)
            const failure = fromSqlError(error)
            const wait = failure.code === "EBUSY" ? waits[tries] : undefined
            return wait === undefined ? Effect.fail(failure) : Effect.zipRight(
              Effect.flatMap(Random.nextRange(wait / 2, wait), (millis) => restore(Effect.sleep(millis))),
              trying(tries + 1)
            )
          }
        )
      return trying(0)
    })

  const waitForLocks = makesConnections(client) ? sql.unsafe(`PRAGMA busy_timeout = ${busyTimeout}`) : Effect.void

  return {
    sql,
    dialect,
    prefix,
    tables: {
      files: table("files"),
      blocks: table("blocks"),
      content: table("content"),
      handles: table("handles"),
      sessions: table("sessions"),
      pending: table("pending")
    },
    forUpdate: sql.literal(isServer ? "FOR UPDATE" : ""),
    forShare: sql.literal(isServer ? "FOR SHARE" : ""),
    isNested,
    run: patiently,
    transaction: (body, done = () => {}) =>
      patiently(Effect.map(Effect.zipRight(waitForLocks, sql.withTransaction(body)), (value) => {
        done(value)
        return value
      }))
  }
}

/**
 * A number for a row of SQLite, which itself gives the numbers of a transaction that was rolled back again. Postgres
 * does not.
 *
 * @internal
 */
export const uniqueId = (): number => Math.floor(Math.random() * 2 ** 42)

/** Numbers of 64 bits are text to some clients. @internal */
export type Integer = number | string | bigint

/** Bytes are a view to some clients, and a buffer to others. @internal */
export type Bytes = Uint8Array | ArrayBuffer

/** @internal */
export const bytesOf = (bytes: Bytes): Uint8Array => bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
