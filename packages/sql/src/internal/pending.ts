/**
 * What a handle has written and not committed, in rows that no other handle sees. Blocks that were written whole are
 * committed without being moved.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as blocks from "./blocks.js"
import { type Bytes, bytesOf, type Database, forever, type Integer } from "./database.js"
import { leaseEnded } from "./errors.js"
import type { DatabaseError } from "./failure.js"
import * as Ranges from "./ranges.js"
import type { Block, Writes } from "./writes.js"

/** How many blocks are completed at once. */
const batch = 64

interface Row {
  readonly block: Integer
  readonly ranges: string
  readonly bytes: Bytes
}

/** The blocks from `first` to `last`. @internal */
export const read = (
  { sql, tables }: Database,
  handle: number,
  first: number,
  last: number
): Effect.Effect<ReadonlyArray<readonly [index: number, block: Block]>, SqlError> =>
  Effect.map(
    sql<Row>`SELECT p.block AS block, p.ranges AS ranges, c.bytes AS bytes FROM ${tables.pending} p
      JOIN ${tables.content} c ON c.owner = p.owner AND c.n = p.n
      WHERE p.handle = ${handle} AND p.block BETWEEN ${first} AND ${last}`,
    (rows) =>
      rows.map(({ block, bytes, ranges }) =>
        [Number(block), { bytes: bytesOf(bytes), ranges: Ranges.fromText(ranges) }] as const
      )
  )

/** Within a transaction: adds the blocks in memory to those in rows. @internal */
export const spill = (
  database: Database,
  owner: blocks.Owner,
  writes: Writes
): Effect.Effect<void, SqlError | DatabaseError> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const { handle } = owner
    const held = writes.blocks
    if (held.length === 0) return
    // The handle is written to, so that the transaction of SQLite begins as one that writes.
    const alive = yield* sql`UPDATE ${tables.handles} SET access = access WHERE id = ${handle} RETURNING id`
    if (alive.length === 0) return yield* Effect.fail(leaseEnded)
    const indices = held.map(([index]) => index)
    const before = new Map<number, Block>()
    const found = yield* sql<Row>`SELECT p.block AS block, p.ranges AS ranges, c.bytes AS bytes FROM ${tables.pending} p
      JOIN ${tables.content} c ON c.owner = p.owner AND c.n = p.n
      WHERE p.handle = ${handle} AND ${blocks.oneOf(database, "p.block", indices)}`
    for (const { block, bytes, ranges } of found) {
      before.set(Number(block), { bytes: bytesOf(bytes), ranges: Ranges.fromText(ranges) })
    }
    if (found.length > 0) {
      const same = sql`handle = ${handle} AND ${blocks.oneOf(database, "block", [...before.keys()])}`
      yield* sql`DELETE FROM ${tables.content} WHERE (owner, n) IN (SELECT owner, n FROM ${tables.pending} WHERE ${same})`
      yield* sql`DELETE FROM ${tables.pending} WHERE ${same}`
    }
    const all = held.map(([, block], i) => {
      const earlier = before.get(indices[i] ?? -1)
      return earlier === undefined
        ? { bytes: block.bytes.subarray(0, Ranges.endOf(block.ranges)), ranges: block.ranges }
        : { bytes: blocks.merged(earlier.bytes, block), ranges: Ranges.union(earlier.ranges, block.ranges) }
    })
    const numbers = yield* blocks.addContent(database, owner, all.map(({ bytes }) => bytes))
    yield* sql`INSERT INTO ${tables.pending} ${
      sql.insert(all.map(({ ranges }, i) => ({
        handle,
        block: indices[i],
        owner: handle,
        n: numbers[i],
        ranges: Ranges.toText(ranges)
      })))
    }`
  })

/** Within a transaction: makes all blocks in rows part of a generation. @internal */
export const commit = (
  database: Database,
  generation: blocks.Generation,
  owner: blocks.Owner,
  blockSize: number
): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const { file, number } = generation
    const { handle } = owner
    const whole = Ranges.toText([0, blockSize])
    // Parts of blocks that the file has already are written over what it has; this ends, since what is completed is
    // whole.
    for (;;) {
      const partial = yield* sql<Row & { base: Bytes }>`
        SELECT p.block AS block, p.ranges AS ranges, c.bytes AS bytes, old.bytes AS base FROM ${tables.pending} p
        JOIN ${tables.content} c ON c.owner = p.owner AND c.n = p.n
        JOIN ${tables.blocks} b ON b.file = ${file} AND b.block = p.block AND b.replaced = ${forever}
        JOIN ${tables.content} old ON old.owner = b.owner AND old.n = b.n
        WHERE p.handle = ${handle} AND p.ranges <> ${whole} ORDER BY p.block LIMIT ${batch}`
      if (partial.length === 0) break
      const indices = partial.map(({ block }) => Number(block))
      const same = sql`handle = ${handle} AND ${blocks.oneOf(database, "block", indices)}`
      const numbers = yield* blocks.addContent(
        database,
        owner,
        partial.map(({ base, bytes, ranges }) =>
          blocks.merged(bytesOf(base), { bytes: bytesOf(bytes), ranges: Ranges.fromText(ranges) })
        )
      )
      yield* sql`DELETE FROM ${tables.content} WHERE (owner, n) IN (SELECT owner, n FROM ${tables.pending} WHERE ${same})`
      yield* sql`DELETE FROM ${tables.pending} WHERE ${same}`
      yield* sql`INSERT INTO ${tables.pending} ${
        sql.insert(indices.map((block, i) => ({ handle, block, owner: handle, n: numbers[i], ranges: whole })))
      }`
    }
    yield* blocks.replace(
      database,
      generation,
      sql`block IN (SELECT block FROM ${tables.pending} WHERE handle = ${handle})`
    )
    yield* sql`INSERT INTO ${tables.blocks} (file, block, born, replaced, owner, n)
      SELECT CAST(${file} AS BIGINT), block, CAST(${number} AS BIGINT), CAST(${forever} AS BIGINT), owner, n
      FROM ${tables.pending} WHERE handle = ${handle}`
    yield* sql`DELETE FROM ${tables.pending} WHERE handle = ${handle}`
  })
