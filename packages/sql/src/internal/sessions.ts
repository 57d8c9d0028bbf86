/**
 * Sessions: which programs are there, so that what one leaves can be told from what one still needs.
 *
 * On Postgres a session holds an advisory lock on a connection of its own, and ends with it. On SQLite it has a time
 * when it ends, which is put off as long as the program has files open. A session that has ended is removed by any
 * other program that is in need of it, with its handles, what they deny to others, and what they have not committed. A
 * handle that is gone in this way is told so by its next call.
 */
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as blocks from "./blocks.js"
import { type Database, type Integer, uniqueId } from "./database.js"
import type { DatabaseError } from "./failure.js"

/** A handle, and the file that it has open. @internal */
export interface Claim {
  readonly handle: number
  readonly file: number
}

/** @internal */
export interface Sessions {
  /** Makes sure that there is a session; to be done before the transaction of {@link enter}. */
  readonly begin: Effect.Effect<void, DatabaseError>
  /** Within a transaction, of which it is the first statement: the session of a new handle. */
  readonly enter: Effect.Effect<number, SqlError>
  /** Counts a handle that was opened. */
  readonly opened: Effect.Effect<void>
  /** Counts a handle that was closed. What could not be released for certain is released later. */
  readonly closed: (unreleased: ReadonlyArray<Claim>) => Effect.Effect<void>
  /** Removes sessions that have ended, and what could not be released; gives whether there was any. */
  readonly sweep: Effect.Effect<boolean, DatabaseError>
}

/** Within a transaction: removes handles, and what only they needed. @internal */
export const release = (database: Database, claims: ReadonlyArray<Claim>): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    const { forUpdate, sql, tables } = database
    const files = [...new Set(claims.map(({ file }) => file))].toSorted((a, b) => a - b)
    // In one order, so that two programs do not wait for each other.
    for (const file of files) yield* sql`SELECT id FROM ${tables.files} WHERE id = ${file} ${forUpdate}`
    const handles = claims.map(({ handle }) => handle)
    yield* blocks.dropPending(database, handles)
    yield* sql`DELETE FROM ${tables.handles} WHERE ${blocks.oneOf(database, "id", handles)}`
    for (const file of files) yield* blocks.collect(database, file)
  })

/** How a database tells which sessions are there. */
interface Lease {
  readonly begin: Effect.Effect<void, DatabaseError>
  readonly enter: Effect.Effect<number, SqlError>
  /** A condition that a session has ended. */
  readonly hasEnded: Effect.Effect<Statement.Fragment>
  readonly renew: Effect.Effect<void, DatabaseError>
  readonly end: Effect.Effect<void>
}

const firstId = (rows: ReadonlyArray<{ readonly id: Integer }>) =>
  rows[0] === undefined ? undefined : Number(rows[0].id)

/** Sessions that end at a time. */
const timed = (database: Database, clock: Clock.Clock, lease: Duration.Duration): Lease => {
  const { run, sql, tables } = database
  let session: number | undefined
  const expires = Effect.map(clock.currentTimeMillis, (now) => now + Duration.toMillis(lease))
  const renewed = Effect.flatMap(expires, (expires) =>
    Effect.map(
      sql<{ id: Integer }>`UPDATE ${tables.sessions} SET expires = ${expires} WHERE id = ${session ?? 0} RETURNING id`,
      firstId
    ))
  return {
    begin: Effect.void,
    enter: Effect.flatMap(
      renewed,
      (id) =>
        id !== undefined ? Effect.succeed(id) : Effect.flatMap(expires, (expires) =>
          Effect.map(
            sql<{ id: Integer }>`INSERT INTO ${tables.sessions} (id, expires)
              VALUES (${uniqueId()}, ${expires}) RETURNING id`,
            (rows) => session = firstId(rows) ?? 0
          ))
    ),
    hasEnded: Effect.map(clock.currentTimeMillis, (now) => sql`(id <> ${session ?? 0} AND expires <= ${now})`),
    renew: Effect.asVoid(run(Effect.suspend(() => renewed))),
    end: Effect.ignore(run(Effect.suspend(() => sql`DELETE FROM ${tables.sessions} WHERE id = ${session ?? 0}`)))
  }
}

/** Sessions that end with a connection. */
const connected = (database: Database): Effect.Effect<Lease> =>
  Effect.map(Effect.makeSemaphore(1), (semaphore) => {
    const { prefix, run, sql, tables } = database
    let session:
      | { readonly id: number; readonly connection: Connection; readonly scope: Scope.CloseableScope }
      | undefined
    /** The locks of other tables have other numbers. */
    const space = `('"${prefix}_sessions"'::regclass::oid::bigint % 2147483647)::int`
    const number = (id: string) => `(${id} % 2147483647)::int`
    const insert = `WITH made AS (INSERT INTO "${prefix}_sessions" (expires) VALUES (0) RETURNING id)
      SELECT id, pg_advisory_lock(${space}, ${number("id")}) FROM made`
    const present = `SELECT id FROM "${prefix}_sessions" WHERE id = $1`
    const again = `SELECT id FROM "${prefix}_sessions" WHERE id = $1 AND pg_try_advisory_lock(${space}, ${
      number("id")
    })`

    const connect = (statement: string, parameters: ReadonlyArray<unknown>) =>
      run(Effect.gen(function*() {
        const scope = yield* Scope.make()
        const exit = yield* Effect.exit(Scope.extend(
          Effect.gen(function*() {
            const connection = yield* sql.reserve
            const rows = yield* connection.execute(statement, parameters, undefined)
            return { connection, id: firstId(rows) }
          }),
          scope
        ))
        if (Exit.isSuccess(exit) && exit.value.id !== undefined) {
          session = { id: exit.value.id, connection: exit.value.connection, scope }
          return true
        }
        yield* Scope.close(scope, exit)
        return Exit.isFailure(exit) ? yield* exit : false
      }))

    const disconnect = Effect.suspend(() => {
      const scope = session?.scope
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })

    /**
     * Finds that the session is there, over its own connection. One that has lost its connection gets it back, unless
     * another program has removed it since: there is none then.
     */
    const verify: Effect.Effect<void, DatabaseError> = Effect.suspend(() => {
      if (session === undefined) return Effect.void
      const { connection, id, scope } = session
      return Effect.matchEffect(connection.execute(present, [id], undefined), {
        onFailure: () =>
          Effect.zipRight(
            Scope.close(scope, Exit.void),
            Effect.flatMap(connect(again, [id]), (isThere) =>
              Effect.sync(() => {
                if (!isThere) session = undefined
              }))
          ),
        onSuccess: (rows) =>
          rows.length > 0
            ? Effect.void
            : Effect.zipRight(
              Scope.close(scope, Exit.void),
              Effect.sync(() => {
                session = undefined
              })
            )
      })
    })

    return {
      begin: semaphore.withPermits(1)(
        Effect.zipRight(
          verify,
          Effect.suspend(() => session === undefined ? Effect.asVoid(connect(insert, [])) : Effect.void)
        )
      ),
      enter: Effect.suspend(() =>
        session === undefined
          ? Effect.fail(new SqlError({ cause: new Error("there is no session"), message: "there is no session" }))
          : Effect.succeed(session.id)
      ),
      // A session whose lock another one can get does not hold it; it is given back with the transaction.
      hasEnded: Effect.sync(() => sql`(id <> ${session?.id ?? 0}
          AND pg_try_advisory_xact_lock(${sql.literal(space)}, ${sql.literal(number("id"))}))`),
      renew: semaphore.withPermits(1)(verify),
      end: Effect.suspend(() =>
        Effect.zipRight(
          Effect.ignore(run(sql`DELETE FROM ${tables.sessions} WHERE id = ${session?.id ?? 0}`)),
          disconnect
        )
      )
    }
  })

/** The session of a driver, until its scope is closed. @internal */
export const make = (database: Database, lease: Duration.Duration): Effect.Effect<Sessions, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { run, sql, tables, transaction } = database
    const clock = yield* Effect.clock
    const held = yield* (database.dialect === "pg"
      ? connected(database)
      : Effect.succeed(timed(database, clock, lease)))
    let open = 0
    const unreleased = new Map<number, Claim>()

    const isOrphan = sql`session NOT IN (SELECT id FROM ${tables.sessions})`
    /** Most of the time there is nothing to remove, and this is one statement. */
    const isNeeded = Effect.flatMap(held.hasEnded, (hasEnded) =>
      Effect.map(
        run(sql`SELECT 1 AS found FROM ${tables.sessions} WHERE ${hasEnded}
          UNION ALL SELECT 1 AS found FROM ${tables.handles} WHERE ${isOrphan} LIMIT 1`),
        (rows) => rows.length > 0
      ))
    const remove = transaction(Effect.gen(function*() {
      yield* sql`DELETE FROM ${tables.sessions} WHERE ${yield* held.hasEnded}`
      const ended = yield* sql<{ id: Integer; file: Integer }>`
        SELECT id, file FROM ${tables.handles} WHERE ${isOrphan}`
      if (ended.length === 0) return false
      yield* release(database, ended.map(({ file, id }) => ({ handle: Number(id), file: Number(file) })))
      return true
    }))

    const releaseLater = Effect.suspend(() => {
      const claims = [...unreleased.values()]
      if (claims.length === 0) return Effect.succeed(false)
      return Effect.zipWith(transaction(release(database, claims)), database.isNested, (_, isNested) => {
        if (!isNested) { for (const { handle } of claims) unreleased.delete(handle) }
        return true
      })
    })
    const sweep = Effect.zipWith(
      releaseLater,
      Effect.flatMap(isNeeded, (isNeeded) => isNeeded ? remove : Effect.succeed(false)),
      (released, removed) => released || removed
    )

    const beat = Effect.suspend(() =>
      open === 0 && unreleased.size === 0
        ? Effect.void
        : Effect.zipRight(held.renew, releaseLater)
    )
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        held.end,
        // Handles that are still open end with the session.
        Effect.ignore(open === 0 && unreleased.size === 0 ? Effect.void : sweep)
      )
    )
    // A program without open files has no timer that keeps it from ending.
    const isInUse = yield* Effect.makeLatch(false)
    const rest = Effect.suspend(() => open === 0 && unreleased.size === 0 ? isInUse.close : Effect.void)
    const beats = isInUse.await.pipe(
      Effect.zipRight(Effect.sleep(Duration.times(lease, 1 / 3))),
      Effect.zipRight(Effect.ignore(beat)),
      Effect.zipRight(rest),
      Effect.forever
    )
    // The driver may be made where nothing is interrupted, and this has to end with the scope.
    yield* Effect.forkScoped(Effect.interruptible(Effect.withClock(beats, clock)))
    return {
      begin: held.begin,
      enter: held.enter,
      opened: Effect.suspend(() => {
        open++
        return isInUse.open
      }),
      closed: (claims) =>
        Effect.sync(() => {
          open--
          for (const claim of claims) unreleased.set(claim.handle, claim)
        }),
      sweep
    }
  })
