/**
 * Names: what they have, and what changes them.
 */
import * as Errno from "@effect-mmio/core/Errno"
import type * as FileName from "@effect-mmio/core/FileName"
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import type { SqlError } from "@effect/sql/SqlError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as blocks from "./blocks.js"
import type { Database } from "./database.js"
import { mapDatabaseError, originOf } from "./errors.js"
import { add, conflict, find, missing, noFolder, type Row, type Settings, versionOf } from "./opening.js"
import { folderOf, lastOf, type Naming } from "./paths.js"

/** How many names are asked for at once. */
const page = 1000

/** How often `tempName` tries another name where one is taken. */
const attempts = 16

/** @internal */
export const make = (
  database: Database,
  settings: Settings,
  naming: Naming,
  identityOf: (file: number) => string
) => {
  const { run, sql, tables, transaction } = database
  const { nameOf, pathOf } = naming

  const details = (operation: string, file: string, description: string) => ({
    operation: `SqlIOProc.${operation}`,
    file,
    description
  })

  /** Locks a row that no name has, so that the transaction of SQLite begins as one that writes. */
  const writing = sql`UPDATE ${tables.files} SET size = size WHERE id = 0`

  /** Takes the name from a file, and drops the file where no handle has it open. */
  const unlink = ({ id }: Row): Effect.Effect<void, SqlError> =>
    Effect.flatMap(
      sql`SELECT id FROM ${tables.handles} WHERE file = ${id} LIMIT 1`,
      ([handle]) =>
        handle === undefined
          ? blocks.drop(database, id)
          : Effect.asVoid(sql`UPDATE ${tables.files} SET path = NULL, parent = NULL WHERE id = ${id}`)
    )

  const isFolder = (operation: string, file: string) =>
    new MmioError.CannotWrite({ ...details(operation, file, "it is a folder"), written: 0 })

  const rename = (from: FileName.FileName, to: FileName.FileName): Effect.Effect<void, MmioError.RenameError> => {
    const [source, target] = [pathOf(from), pathOf(to)]
    return transaction(Effect.gen(function*() {
      yield* writing
      // In one order, so that two programs do not wait for each other.
      const rows = new Map<string, Row | undefined>()
      for (const path of [source, target].toSorted()) rows.set(path, yield* find(database, path, "update"))
      const [row, replaced] = [rows.get(source), rows.get(target)]
      if (replaced?.kind === "folder") return yield* isFolder("rename", to.full)
      if ((yield* find(database, folderOf(target), "share"))?.kind !== "folder") {
        return yield* noFolder("SqlIOProc.rename", to.full)
      }
      if (row?.kind === "folder") return yield* isFolder("rename", from.full)
      if (row === undefined) {
        return yield* Effect.fail(yield* missing(database, "SqlIOProc.rename", from.full, source))
      }
      if (source === target) return
      if (replaced !== undefined) yield* unlink(replaced)
      yield* sql`UPDATE ${tables.files} SET path = ${target}, parent = ${folderOf(target)} WHERE id = ${row.id}`
    })).pipe(mapDatabaseError((cause) => Errno.renameError(originOf("rename", from.full)(cause), false)))
  }

  const remove = (name: FileName.FileName): Effect.Effect<void, MmioError.RenameError> => {
    const path = pathOf(name)
    return transaction(Effect.gen(function*() {
      yield* writing
      const row = yield* find(database, path, "update")
      if (row?.kind === "folder") return yield* isFolder("remove", name.full)
      if (row === undefined) {
        return yield* Effect.fail(yield* missing(database, "SqlIOProc.remove", name.full, path))
      }
      yield* unlink(row)
    })).pipe(mapDatabaseError((cause) => Errno.renameError(originOf("remove", name.full)(cause), false)))
  }

  const exists = (name: FileName.FileName): Effect.Effect<boolean, MmioError.ExistsError> =>
    run(find(database, pathOf(name), "none")).pipe(
      Effect.map((row) => row?.kind === "file"),
      mapDatabaseError((cause) => Errno.existsError(originOf("exists", name.full)(cause)))
    )

  const stat = (name: FileName.FileName): Effect.Effect<IOProc.Stat, MmioError.StatError> => {
    const path = pathOf(name)
    return run(Effect.flatMap(
      find(database, path, "none"),
      (row): Effect.Effect<IOProc.Stat, SqlError | MmioError.FileNotFound | MmioError.PathNotFound> => {
        if (row === undefined) return Effect.flatMap(missing(database, "SqlIOProc.stat", name.full, path), Effect.fail)
        const isFile = row.kind === "file"
        const of = <A>(value: A) => isFile ? Option.some(value) : Option.none()
        return Effect.succeed({
          kind: row.kind,
          size: of(row.size),
          version: of(versionOf(row)),
          identity: of(identityOf(row.id)),
          modified: of(new Date(row.modified)),
          created: of(new Date(row.created))
        })
      }
    )).pipe(mapDatabaseError((cause) => Errno.statError(originOf("stat", name.full)(cause), false)))
  }

  /** The names after `last`, a page of them. */
  const listAfter = (folder: string, last: string) =>
    Effect.map(
      run(sql<{ path: string; kind: IOProc.Kind }>`SELECT path, kind FROM ${tables.files}
        WHERE parent = ${folder} AND path > ${last} ORDER BY path LIMIT ${page}`),
      (rows) =>
        [
          Chunk.fromIterable(rows.map(({ kind, path }) => ({ name: lastOf(path), kind }))),
          rows.length < page ? Option.none() : Option.map(Option.fromNullable(rows.at(-1)), ({ path }) => path)
        ] as const
    )

  const list = (folder: FileName.FileName): Stream.Stream<IOProc.Entry, MmioError.ListError> => {
    const path = pathOf(folder)
    const failed = mapDatabaseError((cause) => Errno.listError(originOf("list", folder.full)(cause)))
    return Stream.unwrap(Effect.map(
      failed(run(find(database, path, "none"))),
      (row): Stream.Stream<IOProc.Entry, MmioError.ListError> =>
        row?.kind === "folder"
          ? Stream.paginateChunkEffect("", (last) => failed(listAfter(path, last)))
          : Stream.fail(new MmioError.PathNotFound(details("list", folder.full, "there is no such folder")))
    ))
  }

  const makeFolder = (name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> => {
    const path = pathOf(name)
    return transaction(Effect.gen(function*() {
      yield* writing
      const row = yield* find(database, path, "none")
      if (row?.kind === "folder") return
      if (row !== undefined) {
        return yield* new MmioError.CannotWrite({
          ...details("makeFolder", name.full, "the name is that of a file"),
          errno: "EEXIST",
          written: 0
        })
      }
      const operation = "SqlIOProc.makeFolder"
      yield* add(database, { operation, file: name.full, path, kind: "folder", blockSize: 0 })
    })).pipe(mapDatabaseError((cause) => Errno.folderError(originOf("makeFolder", name.full)(cause))))
  }

  const removeFolder = (name: FileName.FileName): Effect.Effect<void, MmioError.FolderError> => {
    const path = pathOf(name)
    return transaction(Effect.gen(function*() {
      yield* writing
      const row = yield* find(database, path, "update")
      if (row?.kind !== "folder") {
        return yield* new MmioError.PathNotFound(details("removeFolder", name.full, "there is no such folder"))
      }
      const names = yield* sql`SELECT id FROM ${tables.files} WHERE parent = ${path} LIMIT 1`
      if (path === "/" || names.length > 0) {
        const description = path === "/" ? "the root cannot be removed" : "the folder is not empty"
        return yield* new MmioError.CannotWrite({
          ...details("removeFolder", name.full, description),
          errno: path === "/" ? "EBUSY" : "ENOTEMPTY",
          written: 0
        })
      }
      yield* sql`DELETE FROM ${tables.files} WHERE id = ${row.id}`
    })).pipe(mapDatabaseError((cause) => Errno.folderError(originOf("removeFolder", name.full)(cause))))
  }

  /** Makes an empty file in a folder. */
  const makeTemporary = (
    folder: string,
    prefix: string,
    suffix: string
  ): Effect.Effect<FileName.FileName, MmioError.TempNameError> => {
    if (/[/]/.test(prefix + suffix)) {
      return Effect.fail(
        new MmioError.AccessDenied(
          details("tempName", `${prefix}…${suffix}`, "a prefix or suffix must not lead to another folder")
        )
      )
    }
    const attempt = (left: number): Effect.Effect<FileName.FileName, SqlError | MmioError.PathNotFound> =>
      Effect.flatMap(Random.nextIntBetween(0, 2 ** 48), (random) => {
        const path = `${folder === "/" ? "" : folder}/${prefix}${random.toString(36)}${suffix}`
        return Effect.flatMap(find(database, path, "none"), (row) => {
          if (row !== undefined) return left > 0 ? attempt(left - 1) : Effect.fail(conflict(path))
          return Effect.as(
            add(database, {
              operation: "SqlIOProc.tempName",
              file: nameOf(folder).full,
              path,
              kind: "file",
              blockSize: settings.blockSize
            }),
            nameOf(path)
          )
        })
      })
    return transaction(Effect.zipRight(writing, attempt(attempts))).pipe(
      mapDatabaseError((cause) => Errno.tempNameError(originOf("tempName", nameOf(folder).full)(cause)))
    )
  }

  return { rename, remove, exists, stat, list, makeFolder, removeFolder, makeTemporary }
}
