/**
 * Databases as storage: files in the rows of SQLite or Postgres, over any client of `@effect/sql`.
 *
 * A library of takes then lives in one SQLite file, or in Postgres, and every program of this library reads, writes,
 * records and retags in it.
 *
 * - **A file is blocks in rows**, of 16 KiB by default. A block that was not written takes no row, and reads as zeros.
 *   Names are paths, with `/` between the components, in folders that are rows, too. Sizes and positions are in bytes,
 *   up to 2 ** 53 - 1.
 * - **Each flush is one transaction**, which makes a generation of the file: other handles see all of what was written
 *   since the last flush, or none. So does `truncate`, which flushes first, and so do closing a file and creating it
 *   over one that exists. A program that dies keeps all that it has flushed; `abort` drops the rest. The version of a
 *   file is its generation; one that was made within a transaction which is rolled back is given again.
 * - **A file that is opened for reading keeps its generation** until it is closed, whatever others write meanwhile.
 *   What they replace stays in the database as long as a reader needs it. A file that is opened for writing, and with
 *   {@link Options.snapshots} `false` any file, reads the newest generation.
 * - **Sharing modes hold between all programs** that use the database (`locks` is `"system"`). An open file can be
 *   renamed, replaced and removed; its bytes live on until its last handle is closed.
 * - **A program that dies** leaves handles. On Postgres they end with a connection that the driver holds, so that its
 *   client needs two or more; on SQLite they end after {@link Options.lease}. A program that was out of reach for so
 *   long finds its handles gone where another program was in need of what they held: each of their calls then fails
 *   with `CannotRead` or `CannotWrite`, and nothing of theirs is written. Clocks of machines that share a SQLite
 *   database over a server have to agree to within a fraction of the lease.
 * - **Writes** are held in memory up to {@link Options.writeBuffer}, and from there on in rows that no other handle
 *   sees, so that a file of any size can be written without a flush.
 *
 * A database that is locked by another program is tried for about five seconds; what then fails has the `errno`
 * `EBUSY`. What databases report otherwise has the POSIX name for it, such as `ENOSPC` for a full disk.
 *
 * Within a transaction of the program over the same client, what the driver does is part of that transaction. Where the
 * program rolls it back, the handles that were opened, written or flushed in it fail from then on with `CannotRead` or
 * `CannotWrite`, and write nothing more; those that were closed in it are released. Until it has ended, these handles
 * are used within it only.
 *
 * @since 0.1.0
 */
import type { FourCC } from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as elementsInternal from "./internal/elements.js"
import * as internal from "./internal/sqlIOProc.js"

/**
 * How files are kept in a database.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What the names of the tables begin with: up to 40 letters, digits and underscores. Default: `"mmio"`. */
  readonly table?: string | undefined
  /**
   * How long the blocks of files are that are created, in bytes, from 16 to 1 MiB; each file keeps its own. Default: 16
   * KiB.
   */
  readonly blockSize?: number | undefined
  /** Whether a file that is opened for reading keeps the generation that it was opened in. Default: true. */
  readonly snapshots?: boolean | undefined
  /**
   * How many bytes of what was written and not flushed a file holds in memory, at most; there is one block at least,
   * and 256 at most. Default: 1 MiB.
   */
  readonly writeBuffer?: number | undefined
  /**
   * How long the handles of a program outlive it on SQLite. As long as it has files open, a program renews its lease
   * three times in that time, and on Postgres looks after its connection as often. At least 100 ms. Default: 10
   * seconds.
   */
  readonly lease?: Duration.DurationInput | undefined
}

/**
 * The files of a database. Makes its tables, and those of an earlier version into those of this one.
 *
 * - Fails with `InvalidParameter` for invalid options, and for a database that is neither SQLite nor Postgres; with
 *   another error where the tables cannot be made, or are of a later version of this library.
 * - On SQLite it asks for the journal mode `WAL`, so that readers and those who write do not wait for each other; where
 *   the database cannot do that, it goes on without.
 * - Files that are open when the scope ends are released; what they have not flushed is dropped.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options?: Options
) => Effect.Effect<
  IOProc.IOProc,
  MmioError.OpenError | MmioError.InvalidParameter,
  SqlClient.SqlClient | Scope.Scope
> = internal.make

/**
 * The files of a database as the storage of a program ({@link make}).
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { LibsqlConnection, SqlIOProc } from "@effect-mmio/sql"
 * import { LibsqlClient } from "@effect/sql-libsql"
 * import { createClient } from "@libsql/client"
 * import { Effect, Layer } from "effect"
 *
 * const client = Layer.unwrapScoped(Effect.map(
 *   LibsqlConnection.make(() => createClient({ url: "file:lib.db" })),
 *   (liveClient) => LibsqlClient.layer({ liveClient })
 * ))
 *
 * const program = Mmio.withFile("take1.wav", { access: "read" }, (file) => Mmio.read(file, 4))
 *
 * export const main = program.pipe(Effect.provide(SqlIOProc.layer()), Effect.provide(client))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<IOProc.IOProc, MmioError.OpenError | MmioError.InvalidParameter, SqlClient.SqlClient> =>
  Layer.scoped(IOProc.IOProc, make(options))

/**
 * The files of a database as the storage of a program, with options from its configuration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<
  IOProc.IOProc,
  MmioError.OpenError | MmioError.InvalidParameter | ConfigError,
  SqlClient.SqlClient
> => Layer.scoped(IOProc.IOProc, Effect.flatMap(Config.unwrap(config), make))

/**
 * How names such as `lib.db+take` lead to databases.
 *
 * @since 0.1.0
 * @category options
 */
export interface ElementsOptions<E> extends Options {
  /** The client of the database that a path leads to. It is released once no file of the database is open. */
  readonly client: (path: string) => Layer.Layer<SqlClient.SqlClient, E>
  /** The code that the names have. Default: that of `.db`, `"DB  "`. */
  readonly code?: FourCC | undefined
}

/**
 * A driver for names such as `lib.db+take`, which is the file `take` of the database `lib.db`. Databases are opened as
 * they are needed, and made only where a file is created in them; whether a database exists is asked of `storage`.
 *
 * Fails with `InvalidParameter` for invalid options. A file is renamed within its database: to another one is
 * `CannotWrite` (`EXDEV`). `tempName` needs a folder of a database, such as `lib.db+`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const elements: <E>(
  storage: IOProc.IOProc,
  options: ElementsOptions<E>
) => Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter, Scope.Scope> = elementsInternal.make

/**
 * A storage whose names such as `lib.db+take` are files of databases ({@link elements}), and whose other names are
 * those of the storage below.
 *
 * @example
 * ```ts
 * import { Mmio } from "@effect-mmio/core"
 * import { NodeIOProc } from "@effect-mmio/platform-node"
 * import { SqlIOProc } from "@effect-mmio/sql"
 * import { LibsqlClient } from "@effect/sql-libsql"
 * import { Effect, Layer } from "effect"
 *
 * const storage = Layer.provide(
 *   SqlIOProc.layerElements({ client: (path) => LibsqlClient.layer({ url: `file:${path}` }) }),
 *   NodeIOProc.layer
 * )
 *
 * export const main = Mmio.withFile("lib.db+take1.wav", { access: "read" }, (file) => Mmio.read(file, 4)).pipe(
 *   Effect.provide(storage)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerElements = <E>(
  options: ElementsOptions<E>
): Layer.Layer<IOProc.IOProc, MmioError.InvalidParameter, IOProc.IOProc> =>
  Layer.scoped(
    IOProc.IOProc,
    Effect.flatMap(IOProc.IOProc, (storage) =>
      Effect.map(elements(storage, options), (driver) =>
        IOProc.route(storage, options.code ?? elementsInternal.defaultCode, driver)))
  )
