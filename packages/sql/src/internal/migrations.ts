/**
 * The tables, by the migrator of `@effect/sql`.
 *
 * - `files`: one row for each file and folder. `path` is null where the name was removed while a handle has the file
 *   open. `generation` counts what was committed, `size` is in bytes, `block_size` is what the file was made with,
 *   times are in milliseconds since 1970.
 * - `blocks`: which bytes a block of a file has, from the generation `born` on, and until the generation `replaced`. A
 *   block without a row is zeros.
 * - `content`: the bytes, as they were written by one handle (`owner`), in the order `n`. They are never changed. What
 *   a row lacks of a block is zeros.
 * - `handles`: the open files: what they may do, what they allow to others, and the generation that they read, null for
 *   the newest.
 * - `sessions`: the programs that have files open. On SQLite a session ends at `expires`, on Postgres with the lock
 *   that it holds.
 * - `pending`: blocks that were written and not committed, where a handle has too many of them. `ranges` are the parts
 *   that were written.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { type Database, forever, type Integer } from "./database.js"
import { DatabaseError, isSqlError } from "./failure.js"

/** What there is in version 1: files with folders, generations, sharing modes. */
const first = ({ dialect, sql, tables }: Database) =>
  Effect.gen(function*() {
    const isServer = dialect === "pg"
    const id = sql.literal(
      isServer ? "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT"
    )
    const bytes = sql.literal(isServer ? "BYTEA" : "BLOB")
    yield* sql`CREATE TABLE ${tables.files} (
      id ${id},
      kind TEXT NOT NULL,
      path TEXT UNIQUE,
      parent TEXT,
      generation BIGINT NOT NULL,
      size BIGINT NOT NULL,
      block_size BIGINT NOT NULL,
      modified BIGINT NOT NULL
    )`
    yield* sql`CREATE INDEX ${sql(`${tables.files.value}_parent`)} ON ${tables.files} (parent, path)`
    yield* sql`CREATE TABLE ${tables.content} (
      owner BIGINT NOT NULL,
      n BIGINT NOT NULL,
      bytes ${bytes} NOT NULL,
      PRIMARY KEY (owner, n)
    )`
    yield* sql`CREATE TABLE ${tables.blocks} (
      file BIGINT NOT NULL,
      block BIGINT NOT NULL,
      born BIGINT NOT NULL,
      replaced BIGINT NOT NULL,
      owner BIGINT NOT NULL,
      n BIGINT NOT NULL,
      PRIMARY KEY (file, block, born)
    ) ${sql.literal(isServer ? "" : "WITHOUT ROWID")}`
    yield* sql`CREATE INDEX ${sql(`${tables.blocks.value}_replaced`)} ON ${tables.blocks} (file, replaced)
      WHERE replaced < ${sql.literal(String(forever))}`
    yield* sql`CREATE TABLE ${tables.sessions} (id ${id}, expires BIGINT NOT NULL)`
    yield* sql`CREATE TABLE ${tables.handles} (
      id ${id},
      session BIGINT NOT NULL,
      file BIGINT NOT NULL,
      access TEXT NOT NULL,
      share TEXT NOT NULL,
      generation BIGINT
    )`
    yield* sql`CREATE INDEX ${sql(`${tables.handles.value}_file`)} ON ${tables.handles} (file)`
    yield* sql`CREATE INDEX ${sql(`${tables.handles.value}_session`)} ON ${tables.handles} (session)`
    // Samples hardly compress, and what is not compressed is read in parts.
    if (isServer) yield* sql`ALTER TABLE ${tables.content} ALTER COLUMN bytes SET STORAGE EXTERNAL`
    yield* sql`INSERT INTO ${tables.files} ${
      sql.insert({ kind: "folder", path: "/", parent: null, generation: 0, size: 0, block_size: 0, modified: 0 })
    }`
  })

/**
 * Since version 2 a file has a time when it was created, and what a handle holds back has no limit but the database.
 */
const second = ({ dialect, sql, tables }: Database) =>
  Effect.gen(function*() {
    yield* sql`ALTER TABLE ${tables.files} ADD COLUMN created BIGINT NOT NULL DEFAULT 0`
    yield* sql`UPDATE ${tables.files} SET created = modified`
    yield* sql`CREATE TABLE ${tables.pending} (
      handle BIGINT NOT NULL,
      block BIGINT NOT NULL,
      owner BIGINT NOT NULL,
      n BIGINT NOT NULL,
      ranges TEXT NOT NULL,
      PRIMARY KEY (handle, block)
    ) ${sql.literal(dialect === "pg" ? "" : "WITHOUT ROWID")}`
  })

const migrations = [["0001_files", first], ["0002_pending", second]] as const

/** The version of the tables that this library works on. */
const version = migrations.length

/** Brings the tables to a version, which only tests give. */
export const migrate = (database: Database, upTo: number = version): Effect.Effect<void, DatabaseError> => {
  const { prefix, sql } = database
  const table = `${prefix}_migrations`
  const failed = (message: string, cause: unknown) => new DatabaseError({ code: undefined, message, cause })
  const waiting = "another program is making the tables"
  const unfinished = (latest: number) => failed(`${waiting}: they are of version ${latest} yet`, latest)
  const run = Migrator.make({})({
    loader: Migrator.fromRecord(
      Object.fromEntries(migrations.slice(0, upTo).map(([name, migration]) => [name, migration(database)]))
    ),
    table
  })
  const found = Effect.map(
    sql<{ latest: Integer | null }>`SELECT MAX(migration_id) AS latest FROM ${sql(table)}`,
    (rows) => Number(rows[0]?.latest ?? 0)
  )
  return database.run(
    // The migrator takes tables that another program is making for made: they are when its transaction has ended.
    Effect.zipRight(run, found).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.catchTag("MigrationError", (error) => Effect.fail(failed(error.message, error))),
      // What a migration itself fails with, the migrator reports as a defect.
      Effect.catchSomeDefect((defect) =>
        defect instanceof Migrator.MigrationError
          ? Option.some(Effect.fail(isSqlError(defect.cause) ? defect.cause : failed(defect.message, defect)))
          : Option.none()
      )
    )
  ).pipe(
    Effect.filterOrFail((latest) => latest >= upTo, unfinished),
    Effect.retry({
      while: (error) => error.message.startsWith(waiting),
      schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(100))
    }),
    Effect.filterOrFail(
      (latest) => latest <= version,
      (latest) => failed(`its tables are of version ${latest}, and this library knows those up to ${version}`, latest)
    ),
    Effect.asVoid
  )
}
