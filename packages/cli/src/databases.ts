/**
 * The files of databases: loaded when a name such as `lib.db+take.wav` asks for one. The client is an optional
 * dependency, and stays outside of the bundle.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as LibsqlConnection from "@effect-mmio/sql/LibsqlConnection"
import * as SqlIOProc from "@effect-mmio/sql/SqlIOProc"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import { createClient } from "@libsql/client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

/** A path in a URL: all characters are those of its components. */
const urlOf = (path: string): string => `file:${path.split("/").map(encodeURIComponent).join("/")}`

/** A client of a database in a file. */
const client = (path: string) =>
  Layer.unwrapScoped(
    Effect.map(
      LibsqlConnection.make(() => createClient({ url: urlOf(path) })),
      (liveClient) => LibsqlClient.layer({ liveClient })
    )
  )

/**
 * The driver of files of databases. A database is closed with the last of its files, so that nothing is left for the
 * end of the command.
 */
export const load = (disk: IOProc.IOProc): Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter> =>
  Effect.flatMap(Scope.make(), (scope) => Scope.extend(SqlIOProc.elements(disk, { client }), scope))
