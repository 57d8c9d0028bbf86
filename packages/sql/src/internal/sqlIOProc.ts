import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Api from "../SqlIOProc.js"
import * as databases from "./database.js"
import { mapDatabaseError, originOf } from "./errors.js"
import * as files from "./file.js"
import * as migrations from "./migrations.js"
import * as names from "./names.js"
import { open, type Settings } from "./opening.js"
import * as paths from "./paths.js"
import * as sessions from "./sessions.js"

const defaultBlockSize = 16 * 1024
const defaultWriteBuffer = 1024 * 1024
const largestBlock = 1024 * 1024

const invalid = (description: string) =>
  new MmioError.InvalidParameter({ operation: "SqlIOProc.make", file: "a database", description })

/** The options, or what is wrong with them. @internal */
export const checked = (options: Api.Options) =>
  Effect.suspend(() => {
    const {
      blockSize = defaultBlockSize,
      lease = "10 seconds",
      snapshots = true,
      table = "mmio",
      writeBuffer = defaultWriteBuffer
    } = options
    const time = Duration.decode(lease)
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,39}$/.test(table)) {
      return invalid(
        "a table's name is made of up to 40 letters, digits and underscores, and does not begin with a digit"
      )
    }
    if (!Number.isInteger(blockSize) || blockSize < 16 || blockSize > largestBlock) {
      return invalid(`a block has 16 to ${largestBlock} bytes, and not ${blockSize}`)
    }
    if (!Number.isInteger(writeBuffer) || writeBuffer < 0) return invalid(`a buffer has no ${writeBuffer} bytes`)
    if (!Duration.isFinite(time) || Duration.toMillis(time) < 100) return invalid("a lease lasts 100 ms at least")
    return Effect.succeed({ blockSize, lease: time, snapshots, table, writeBuffer })
  })

/** Files of two storages are never the same. */
let storages = 0

/** A driver, with the names that it is asked for, and what errors call its database. @internal */
export const makeWith = (client: SqlClient.SqlClient, options: Api.Options, naming: paths.Naming, database: string) =>
  Effect.gen(function*() {
    const { blockSize, lease, snapshots, table, writeBuffer } = yield* checked(options)
    const operation = "SqlIOProc.make"
    const dialect = client.onDialectOrElse({
      sqlite: () => "sqlite" as const,
      pg: () => "pg" as const,
      orElse: () => undefined
    })
    if (dialect === undefined) return yield* invalid("the client is of a database that is neither SQLite nor Postgres")
    const db = databases.make(client, dialect, table)
    const number = storages++
    const failed = mapDatabaseError((cause) =>
      Errno.openError({ ...originOf("make", database)(cause), operation }, false)
    )
    if (dialect === "sqlite") {
      // Readers then do not wait for those who write. What cannot do that goes on as it is.
      yield* Effect.ignore(db.run(db.sql`PRAGMA journal_mode = WAL`))
    }
    yield* failed(migrations.migrate(db))
    const held = yield* sessions.make(db, lease)
    yield* failed(held.sweep)

    const settings: Settings = { blockSize, snapshots }
    const identityOf = (file: number) => `SqlIOProc ${number}:${file}`
    const { makeTemporary, ...functions } = names.make(db, settings, naming, identityOf)
    return IOProc.make({
      ...functions,
      open: (request) =>
        open(db, held, settings, naming.pathOf(request.name), request).pipe(
          Effect.map((opened) => files.make(db, held, opened, request, identityOf(opened.file), writeBuffer)),
          mapDatabaseError((cause) => Errno.openError(originOf("open", request.name.full)(cause), false)),
          Effect.uninterruptible
        ),
      fullName: (name) => Effect.succeed(naming.nameOf(naming.pathOf(name))),
      tempName: ({ folder, prefix = "mmio", suffix = ".tmp" }) =>
        makeTemporary(folder === undefined ? "/" : naming.pathOf(FileName.parse(folder)), prefix, suffix),
      capabilities: { list: true, atomicRename: true, exclusiveCreate: true }
    })
  })

/** @internal */
export const make = (
  options: Api.Options = {}
): Effect.Effect<IOProc.IOProc, MmioError.OpenError | MmioError.InvalidParameter, SqlClient.SqlClient | Scope.Scope> =>
  Effect.flatMap(SqlClient.SqlClient, (client) => makeWith(client, options, paths.whole, "a database"))
