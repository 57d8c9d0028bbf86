/**
 * Opening: a transaction that finds or makes the file, asks the other handles of it, and takes its own place among
 * them.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Sharing from "@effect-mmio/core/Sharing"
import { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as blocks from "./blocks.js"
import { type Database, type Integer, uniqueId } from "./database.js"
import type { DatabaseError } from "./failure.js"
import { folderOf } from "./paths.js"
import type { Claim, Sessions } from "./sessions.js"

/** The row of a name. @internal */
export interface Row {
  readonly id: number
  readonly kind: "file" | "folder"
  readonly generation: number
  readonly size: number
  readonly blockSize: number
  readonly modified: number
  readonly created: number
}

/** A file that was opened. @internal */
export interface Opened extends Claim {
  readonly blockSize: number
  /** The generation that was opened. */
  readonly generation: number
  /** Its size. */
  readonly size: number
  /** Whether the handle keeps that generation. */
  readonly isBound: boolean
  /** Whether it was opened within a transaction of the program. */
  readonly isNested: boolean
}

/** @internal */
export interface Settings {
  /** In bytes, of files that are created. */
  readonly blockSize: number
  /** Whether a file that is opened for reading keeps its generation. */
  readonly snapshots: boolean
}

const columns = "id, kind, generation, size, block_size, modified, created"

interface RawRow {
  readonly id: Integer
  readonly kind: string
  readonly generation: Integer
  readonly size: Integer
  readonly block_size: Integer
  readonly modified: Integer
  readonly created: Integer
}

const rowOf = (row: RawRow): Row => ({
  id: Number(row.id),
  kind: row.kind === "folder" ? "folder" : "file",
  generation: Number(row.generation),
  size: Number(row.size),
  blockSize: Number(row.block_size),
  modified: Number(row.modified),
  created: Number(row.created)
})

/**
 * What a path has, locked for this transaction where `lock` says so. Where a row was waited for that has lost its name
 * meanwhile, Postgres finds nothing, and not what has got the name: so it is looked again until there is nothing either
 * way.
 *
 * @internal
 */
export const find = (
  database: Database,
  path: string,
  lock: "update" | "share" | "none"
): Effect.Effect<Row | undefined, SqlError> => {
  const { dialect, forShare, forUpdate, sql, tables } = database
  const query = (lock: Statement.Fragment) =>
    Effect.map(
      sql<RawRow>`SELECT ${sql.literal(columns)} FROM ${tables.files} WHERE path = ${path} ${lock}`,
      ([row]) => row === undefined ? undefined : rowOf(row)
    )
  const plain = query(sql.literal(""))
  if (lock === "none" || dialect === "sqlite") return plain
  return Effect.flatMap(query(lock === "update" ? forUpdate : forShare), (row) =>
    row !== undefined
      ? Effect.succeed(row)
      : Effect.flatMap(plain, (now) => now === undefined ? Effect.succeed(undefined) : find(database, path, lock)))
}

/** Another program was faster: the transaction is tried again. @internal */
export const conflict = (path: string): SqlError => {
  const cause = Object.assign(new Error(`another program is changing ${path}`), { code: "EBUSY" })
  return new SqlError({ cause, message: cause.message })
}

/** What a disk says of a name that is not there. @internal */
export const missing = (
  database: Database,
  operation: string,
  file: string,
  path: string
): Effect.Effect<MmioError.FileNotFound | MmioError.PathNotFound, SqlError> =>
  Effect.map(find(database, folderOf(path), "none"), (folder) =>
    folder?.kind === "folder"
      ? new MmioError.FileNotFound({ operation, file, description: "there is no such file" })
      : noFolder(operation, file))

/** @internal */
export const noFolder = (operation: string, file: string): MmioError.PathNotFound =>
  new MmioError.PathNotFound({ operation, file, description: "a folder on the path is missing" })

/** Within a transaction: adds a name, in a folder that stays while the transaction runs. @internal */
export const add = (
  database: Database,
  { blockSize, file, kind, operation, path }: {
    readonly operation: string
    readonly file: string
    readonly path: string
    readonly kind: "file" | "folder"
    readonly blockSize: number
  }
): Effect.Effect<Row, SqlError | MmioError.PathNotFound> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const parent = folderOf(path)
    if ((yield* find(database, parent, "share"))?.kind !== "folder") return yield* noFolder(operation, file)
    const now = yield* Clock.currentTimeMillis
    const [row] = yield* sql<RawRow>`INSERT INTO ${tables.files} ${
      sql.insert({
        kind,
        path,
        parent,
        generation: 0,
        size: 0,
        block_size: blockSize,
        modified: now,
        created: now
      })
    } ON CONFLICT (path) DO NOTHING RETURNING ${sql.literal(columns)}`
    return row === undefined ? yield* Effect.fail(conflict(path)) : rowOf(row)
  })

/** The claims of the handles of a file. */
const claimsOn = ({ sql, tables }: Database, file: number) =>
  sql<{ access: IOProc.Access; share: IOProc.Share }>`SELECT access, share FROM ${tables.handles} WHERE file = ${file}`

const operation = "SqlIOProc.open"

/** Within a transaction: the file, made or truncated where the request says so. */
const enter = (
  database: Database,
  settings: Settings,
  session: number,
  path: string,
  request: IOProc.OpenRequest
): Effect.Effect<Omit<Opened, "isNested">, SqlError | MmioError.OpenError> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const { access, create, ifVersion, name: { full: file }, share } = request
    const details = (description: string) => ({ operation, file, description })
    const found = yield* find(database, path, "update")
    if (found?.kind === "folder") return yield* new MmioError.CannotOpen(details("it is a folder"))
    if (found === undefined && create === "no") {
      return yield* Effect.fail(yield* missing(database, operation, file, path))
    }
    if (found !== undefined && create === "new") {
      return yield* new MmioError.CannotOpen({ ...details("the name exists"), errno: "EEXIST" })
    }
    const row = found ?? (yield* add(database, { operation, file, path, kind: "file", blockSize: settings.blockSize }))
    if (Option.isSome(ifVersion) && (found === undefined || versionOf(row) !== ifVersion.value)) {
      return yield* new MmioError.VersionChanged(details("the file has another version"))
    }
    const claims = found === undefined ? [] : yield* claimsOn(database, row.id)
    const denying = claims.find((claim) => !Sharing.compatible({ access, share }, claim))
    if (denying !== undefined) {
      return yield* new MmioError.SharingViolation(
        details(`another handle has it open for ${denying.access} as ${denying.share}`)
      )
    }
    const generation = found !== undefined && create !== "no" ? yield* empty(database, row) : row.generation
    const isBound = access === "read" && settings.snapshots
    const [made] = yield* sql<{ id: Integer }>`INSERT INTO ${tables.handles} ${
      sql.insert({
        ...(database.dialect === "sqlite" ? { id: uniqueId() } : {}),
        session,
        file: row.id,
        access,
        share,
        generation: isBound ? generation : null
      })
    } RETURNING id`
    return made === undefined ? yield* Effect.fail(conflict(path)) : {
      handle: Number(made.id),
      file: row.id,
      blockSize: row.blockSize,
      generation,
      size: create === "no" ? row.size : 0,
      isBound
    }
  })

/** Makes a generation without bytes; gives its number. */
const empty = (database: Database, row: Row): Effect.Effect<number, SqlError> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const [pins] = yield* sql<{ pinned: Integer | null }>`
      SELECT MAX(generation) AS pinned FROM ${tables.handles} WHERE file = ${row.id}`
    const pinned = pins?.pinned ?? undefined
    const number = row.generation + 1
    const now = yield* Clock.currentTimeMillis
    yield* blocks.replace(
      database,
      { file: row.id, number, pinned: pinned === undefined ? undefined : Number(pinned) },
      sql`1 = 1`
    )
    yield* sql`UPDATE ${tables.files} SET generation = ${number}, size = 0, modified = ${now} WHERE id = ${row.id}`
    return number
  })

/** The version of a content: no two of a database have the same. @internal */
export const versionOf = ({ generation, id }: { readonly id: number; readonly generation: number }): string =>
  `${id}.${generation}`

/** Opens a file. A mode that forbids it is asked about again, once what has ended is removed. @internal */
export const open = (
  database: Database,
  sessions: Sessions,
  settings: Settings,
  path: string,
  request: IOProc.OpenRequest
): Effect.Effect<Opened, DatabaseError | MmioError.OpenError> => {
  const attempt = Effect.zipRight(
    sessions.begin,
    database.transaction(
      Effect.flatMap(sessions.enter, (session) => enter(database, settings, session, path, request))
    )
  )
  return attempt.pipe(
    Effect.catchTag(
      "SharingViolation",
      (violation) => Effect.flatMap(sessions.sweep, (found) => found ? attempt : Effect.fail(violation))
    ),
    Effect.zip(database.isNested),
    Effect.map(([opened, isNested]) => ({ ...opened, isNested })),
    Effect.tap(sessions.opened),
    Effect.uninterruptible
  )
}
