/**
 * What databases report, by the names that POSIX systems have for it.
 */
import { type SqlError, SqlErrorTypeId } from "@effect/sql/SqlError"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/**
 * A call of the database that failed. `code` is the POSIX name, where there is one for it, which is what `Errno` looks
 * for.
 */
export class DatabaseError extends Data.TaggedError("DatabaseError")<{
  readonly code: string | undefined
  readonly message: string
  readonly cause: unknown
}> {}

/** The codes of SQLite, without what comes after the second part: `SQLITE_BUSY_SNAPSHOT` is `SQLITE_BUSY`. */
const sqlite: Record<string, string> = {
  SQLITE_PERM: "EACCES",
  SQLITE_AUTH: "EACCES",
  SQLITE_BUSY: "EBUSY",
  SQLITE_LOCKED: "EBUSY",
  SQLITE_NOMEM: "ENOMEM",
  SQLITE_READONLY: "EROFS",
  SQLITE_IOERR: "EIO",
  SQLITE_CORRUPT: "EIO",
  SQLITE_NOTADB: "EIO",
  SQLITE_FULL: "ENOSPC",
  SQLITE_CANTOPEN: "EIO",
  SQLITE_TOOBIG: "EFBIG",
  CLIENT_CLOSED: "ENOTCONN",
  HRANA_WEBSOCKET_ERROR: "ECONNRESET"
}

/** The same as numbers, which `node:sqlite` gives. */
const sqliteNumbers: Record<number, string> = {
  3: "EACCES",
  5: "EBUSY",
  6: "EBUSY",
  7: "ENOMEM",
  8: "EROFS",
  10: "EIO",
  11: "EIO",
  13: "ENOSPC",
  14: "EIO",
  18: "EFBIG",
  23: "EACCES",
  26: "EIO"
}

/** The conditions of Postgres, or their classes. */
const postgres: Record<string, string> = {
  "08": "ECONNRESET",
  "28": "EACCES",
  "3D": "ENOENT",
  "42501": "EACCES",
  "25006": "EROFS",
  "40001": "EBUSY",
  "40P01": "EBUSY",
  "55P03": "EBUSY",
  "53100": "ENOSPC",
  "53200": "ENOMEM",
  "53300": "EMFILE",
  "54000": "EFBIG",
  "57P01": "ECONNRESET",
  "57P02": "ECONNRESET",
  "57P03": "ECONNREFUSED",
  "58030": "EIO",
  XX001: "EIO",
  XX002: "EIO"
}

/** What clients say that give no code. */
const sentences: ReadonlyArray<readonly [RegExp, string]> = [
  [/database (table )?is locked/i, "EBUSY"],
  [/connection terminated|connection error|connection ended|not queryable/i, "ECONNRESET"],
  [/timeout exceeded when trying to connect|connection timed out/i, "ETIMEDOUT"],
  [/after calling end on the pool|client is closed|database is not open/i, "ENOTCONN"],
  [/readonly database/i, "EROFS"],
  [/database or disk is full/i, "ENOSPC"]
]

/** Causes are looked through this deep. */
const deepest = 5

const posixOf = (error: unknown): string | undefined => {
  if (Predicate.hasProperty(error, "code") && typeof error.code === "string") {
    const { code } = error
    const known = sqlite[code] ?? sqlite[code.split("_").slice(0, 2).join("_")] ?? postgres[code]
      ?? (/^[0-9A-Z]{5}$/.test(code) ? postgres[code.slice(0, 2)] : undefined)
    if (known !== undefined) return known
    if (/^E[A-Z0-9]+$/.test(code) && !code.startsWith("ERR")) return code
  }
  if (Predicate.hasProperty(error, "errcode") && typeof error.errcode === "number") {
    return sqliteNumbers[error.errcode & 0xff]
  }
  return undefined
}

const wordsOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "message") && typeof error.message === "string" && error.message !== ""
    ? error.message
    : undefined

/** A name is taken by another transaction, which has committed: what was looked up is no longer so. */
const isConflict = (error: unknown): boolean =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string"
  && (error.code === "23505" || error.code.startsWith("SQLITE_CONSTRAINT"))

/** @internal */
export const fromSqlError = (error: SqlError): DatabaseError => {
  const causes: Array<unknown> = []
  for (let cause: unknown = error; cause !== undefined && causes.length < deepest;) {
    causes.push(cause)
    cause = Predicate.hasProperty(cause, "cause") ? cause.cause : undefined
  }
  let code: string | undefined
  let words = error.message
  for (const cause of causes) {
    code ??= posixOf(cause) ?? (isConflict(cause) ? "EBUSY" : undefined)
    words = wordsOf(cause) ?? words
  }
  code ??= sentences.find(([sentence]) => causes.some((cause) => sentence.test(wordsOf(cause) ?? "")))?.[1]
  return new DatabaseError({ code, message: words || "the database failed", cause: error })
}

/** @internal */
export const isSqlError = (u: unknown): u is SqlError =>
  Predicate.hasProperty(u, SqlErrorTypeId) && Predicate.hasProperty(u, "_tag") && u._tag === "SqlError"
