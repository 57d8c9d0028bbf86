/** The ways to keep bytes in a database of libSQL: through the storage, and with the client that it is given. */
import { Mmio } from "@effect-mmio/core"
import { LibsqlConnection, SqlIOProc } from "@effect-mmio/sql"
import { LibsqlClient } from "@effect/sql-libsql"
import { SqlClient } from "@effect/sql/SqlClient"
import { createClient } from "@libsql/client"
import { Effect, Layer, ManagedRuntime } from "effect"
import { pieceOfNoise } from "../runner/noise.js"
import { mix } from "./mix.js"

const blockSize = 16 * 1024
export const pieceSize = 64 * 1024
const blocksOfPiece = pieceSize / blockSize
/** How many pieces the file has that is read. */
const pieces = 256

const pieceOf = (i: number): Uint8Array => {
  const at = (i * pieceSize) % (pieceOfNoise.length - pieceSize)
  return pieceOfNoise.subarray(at, at + pieceSize)
}

/** A database in a file of the folder, with a file and a table of the same bytes to read. */
export const open = (folder: string, name: string) => {
  const client = Layer.unwrapScoped(Effect.map(
    LibsqlConnection.make(() => createClient({ url: `file:${folder}/${name}.db` })),
    (liveClient) => LibsqlClient.layer({ liveClient })
  ))
  const runtime = ManagedRuntime.make(Layer.provideMerge(SqlIOProc.layer(), client))
  const ready = runtime.runPromise(Effect.gen(function*() {
    const sql = yield* SqlClient
    yield* sql`CREATE TABLE bare (file INTEGER, block INTEGER, bytes BLOB, PRIMARY KEY (file, block))`
    yield* Mmio.withFile("read", { access: "write", create: true }, (file) =>
      Effect.gen(function*() {
        for (let i = 0; i < pieces; i++) {
          yield* Mmio.writeAll(file, pieceOf(i))
          yield* insert(sql, 0, i)
        }
      }))
  }))
  let files = 1

  /** Reads pieces in an order that is not that of the file. */
  const readByLibrary = async (times: number) => {
    await ready
    return runtime.runPromise(
      Mmio.withFile("read", { access: "read", buffer: "none" }, (file) =>
        Effect.gen(function*() {
          const target = new Uint8Array(pieceSize)
          let sum = 0
          for (let i = 0; i < times; i++) {
            yield* Mmio.seek(file, ((i * 37) % pieces) * pieceSize)
            sum = mix(sum, target, yield* Mmio.readInto(file, target))
          }
          return sum
        }))
    )
  }

  const readByClient = async (times: number) => {
    await ready
    return runtime.runPromise(Effect.gen(function*() {
      const sql = yield* SqlClient
      const target = new Uint8Array(pieceSize)
      let sum = 0
      for (let i = 0; i < times; i++) {
        const first = ((i * 37) % pieces) * blocksOfPiece
        const rows = yield* sql<{ block: number; bytes: ArrayBuffer }>`SELECT block, bytes FROM bare
          WHERE file = 0 AND block BETWEEN ${first} AND ${first + blocksOfPiece - 1}`
        for (const { block, bytes } of rows) target.set(new Uint8Array(bytes), (block - first) * blockSize)
        sum = mix(sum, target, pieceSize)
      }
      return sum
    }))
  }

  /** Writes pieces, each of which is committed. */
  const writeByLibrary = async (times: number) => {
    await ready
    return runtime.runPromise(
      Mmio.withFile(
        `written ${files++}`,
        { access: "write", create: true, buffer: "none" },
        (file) =>
          Effect.gen(function*() {
            for (let i = 0; i < times; i++) yield* Mmio.writeAll(file, pieceOf(i))
            return times
          })
      )
    )
  }

  const writeByClient = async (times: number) => {
    await ready
    return runtime.runPromise(Effect.gen(function*() {
      const sql = yield* SqlClient
      const file = files++
      for (let i = 0; i < times; i++) yield* sql.withTransaction(insert(sql, file, i))
      return times
    }))
  }

  /** Writes pieces, all of which are committed at the end. */
  const pourByLibrary = async (times: number) => {
    await ready
    return runtime.runPromise(
      Mmio.withFile(`written ${files++}`, { access: "write", create: true }, (file) =>
        Effect.gen(function*() {
          for (let i = 0; i < times; i++) yield* Mmio.writeAll(file, pieceOf(i))
          return times
        }))
    )
  }

  const pourByClient = async (times: number) => {
    await ready
    return runtime.runPromise(Effect.gen(function*() {
      const sql = yield* SqlClient
      const file = files++
      yield* sql.withTransaction(Effect.gen(function*() {
        for (let i = 0; i < times; i++) yield* insert(sql, file, i)
      }))
      return times
    }))
  }

  return { readByLibrary, readByClient, writeByLibrary, writeByClient, pourByLibrary, pourByClient }
}

/** A piece as rows. */
const insert = (sql: SqlClient, file: number, i: number) => {
  const piece = pieceOf(i)
  return sql`INSERT INTO bare ${
    sql.insert(Array.from({ length: blocksOfPiece }, (_, k) => ({
      file,
      block: i * blocksOfPiece + k,
      bytes: piece.subarray(k * blockSize, (k + 1) * blockSize)
    })))
  }`
}
