/**
 * Generations of a file: what a transaction does to its blocks. All of it runs inside of a transaction that has locked
 * the row of the file.
 *
 * - A block that is replaced stays as long as a handle reads a generation that has it, and goes at once where none
 *   does.
 * - What is freed is freed by the program that is the last to need it, or by one that finds the session of that program
 *   ended.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { type Bytes, bytesOf, type Database, forever, type Integer } from "./database.js"
import * as Ranges from "./ranges.js"
import type { Block } from "./writes.js"

/** A generation that is being made. @internal */
export interface Generation {
  readonly file: number
  readonly number: number
  /** The newest generation that a handle is bound to read, where one is. */
  readonly pinned: number | undefined
}

/** Where the content of a block comes from: a handle, which counts what it writes. @internal */
export interface Owner {
  handle: number
  n: number
}

/** A row for each block: `sql.insert` needs at least one. */
const atLeastOne = <A>(rows: ReadonlyArray<A>, insert: (rows: ReadonlyArray<A>) => Effect.Effect<unknown, SqlError>) =>
  rows.length === 0 ? Effect.void : insert(rows)

/** A condition that a column has one of some values. @internal */
export const oneOf = ({ sql }: Database, column: string, values: ReadonlyArray<number>): Statement.Fragment =>
  values.length === 0 ? sql`1 = 0` : sql`${sql.literal(column)} IN ${sql.in(values)}`

/** Drops the content of blocks that a query selects, as `owner` and `n`. */
const dropContent = ({ sql, tables }: Database, selected: Statement.Fragment) =>
  sql`DELETE FROM ${tables.content} WHERE (owner, n) IN (${selected})`

/** Takes the blocks that a condition selects out of the newest generation. @internal */
export const replace = (
  database: Database,
  { file, number, pinned }: Generation,
  condition: Statement.Fragment
): Effect.Effect<void, SqlError> => {
  const { sql, tables } = database
  const keep = pinned === undefined ? Effect.void : sql`UPDATE ${tables.blocks} SET replaced = ${number}
    WHERE file = ${file} AND replaced = ${forever} AND born <= ${pinned} AND ${condition}`
  return keep.pipe(
    Effect.zipRight(dropContent(
      database,
      sql`SELECT owner, n FROM ${tables.blocks} WHERE file = ${file} AND replaced = ${forever} AND ${condition}`
    )),
    Effect.zipRight(sql`DELETE FROM ${tables.blocks}
      WHERE file = ${file} AND replaced = ${forever} AND ${condition}`),
    Effect.asVoid
  )
}

/** Adds content, and gives its numbers. @internal */
export const addContent = (
  { sql, tables }: Database,
  owner: Owner,
  contents: ReadonlyArray<Uint8Array>
): Effect.Effect<ReadonlyArray<number>, SqlError> =>
  Effect.suspend(() => {
    const rows = contents.map((bytes) => ({ owner: owner.handle, n: owner.n++, bytes }))
    return Effect.as(
      atLeastOne(rows, (rows) => sql`INSERT INTO ${tables.content} ${sql.insert(rows)}`),
      rows.map(({ n }) => n)
    )
  })

/** The bytes of a block once its ranges have been written over what it had. @internal */
export const merged = (base: Uint8Array, { bytes, ranges }: Block): Uint8Array => {
  const end = Ranges.endOf(ranges)
  if (base.length === 0 || (ranges.length === 2 && ranges[0] === 0 && end >= base.length)) return bytes.subarray(0, end)
  const both = new Uint8Array(Math.max(base.length, end))
  both.set(base)
  Ranges.copy(ranges, bytes, both)
  return both
}

const nothing = new Uint8Array(0)

/** Puts blocks into a generation, which has none from the block `end` on. @internal */
export const put = (
  database: Database,
  generation: Generation,
  owner: Owner,
  blocks: ReadonlyArray<readonly [index: number, block: Block]>,
  blockSize: number,
  end = Infinity
): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    if (blocks.length === 0) return
    const { sql, tables } = database
    const { file, number } = generation
    const before = blocks.filter(([index]) => index < end)
    const partial = before.flatMap(([index, { ranges }]) => Ranges.isWhole(ranges, blockSize) ? [] : [index])
    const found = before.length === 0 ? [] : yield* sql<{ block: Integer; bytes: Bytes | null }>`
      SELECT b.block AS block, c.bytes AS bytes FROM ${tables.blocks} b
      LEFT JOIN ${tables.content} c ON c.owner = b.owner AND c.n = b.n AND ${oneOf(database, "b.block", partial)}
      WHERE b.file = ${file} AND b.replaced = ${forever} AND ${
      oneOf(database, "b.block", before.map(([index]) => index))
    }`
    if (found.length > 0) {
      yield* replace(database, generation, oneOf(database, "block", found.map(({ block }) => Number(block))))
    }
    const bases = new Map(found.map(({ block, bytes }) => [Number(block), bytes === null ? nothing : bytesOf(bytes)]))
    const contents = blocks.map(([index, block]) => merged(bases.get(index) ?? nothing, block))
    const numbers = yield* addContent(database, owner, contents)
    yield* sql`INSERT INTO ${tables.blocks} ${
      sql.insert(blocks.map(([block], i) => ({
        file,
        block,
        born: number,
        replaced: forever,
        owner: owner.handle,
        n: numbers[i]
      })))
    }`
  })

/** Cuts the blocks of a generation to a size. @internal */
export const cut = (
  database: Database,
  generation: Generation,
  owner: Owner,
  size: number,
  blockSize: number
): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    const { sql, tables } = database
    const { file } = generation
    const last = Math.floor(size / blockSize)
    const rest = size - last * blockSize
    const found = rest === 0 ? [] : yield* sql<{ bytes: Bytes }>`
      SELECT c.bytes AS bytes FROM ${tables.blocks} b JOIN ${tables.content} c ON c.owner = b.owner AND c.n = b.n
      WHERE b.file = ${file} AND b.replaced = ${forever} AND b.block = ${last}`
    const bytes = found[0] === undefined ? nothing : bytesOf(found[0].bytes)
    yield* replace(database, generation, sql`block >= ${bytes.length > rest || rest === 0 ? last : last + 1}`)
    if (bytes.length > rest && rest > 0) {
      yield* put(database, generation, owner, [[last, { bytes, ranges: [0, rest] }]], blockSize)
    }
  })

/** Drops what was written and not committed by some handles. @internal */
export const dropPending = (database: Database, handles: ReadonlyArray<number>): Effect.Effect<void, SqlError> => {
  const { sql, tables } = database
  const theirs = oneOf(database, "handle", handles)
  return dropContent(database, sql`SELECT owner, n FROM ${tables.pending} WHERE ${theirs}`).pipe(
    Effect.zipRight(sql`DELETE FROM ${tables.pending} WHERE ${theirs}`),
    Effect.asVoid
  )
}

/** Frees what no handle of a file needs any more: replaced blocks, and all of a file that has no name. @internal */
export const collect = (database: Database, file: number): Effect.Effect<void, SqlError> =>
  Effect.gen(function*() {
    const { forUpdate, sql, tables } = database
    const [row] = yield* sql<{ path: string | null }>`SELECT path FROM ${tables.files} WHERE id = ${file} ${forUpdate}`
    if (row === undefined) return
    const handles = yield* sql`SELECT id FROM ${tables.handles} WHERE file = ${file} LIMIT 1`
    if (row.path === null && handles.length === 0) return yield* drop(database, file)
    const unneeded = sql`file = ${file} AND replaced < ${sql.literal(String(forever))} AND NOT EXISTS (
      SELECT 1 FROM ${tables.handles} h WHERE h.file = ${tables.blocks}.file
        AND h.generation >= ${tables.blocks}.born AND h.generation < ${tables.blocks}.replaced)`
    yield* dropContent(database, sql`SELECT owner, n FROM ${tables.blocks} WHERE ${unneeded}`)
    yield* sql`DELETE FROM ${tables.blocks} WHERE ${unneeded}`
  })

/** Drops a file that has no handles. @internal */
export const drop = (database: Database, file: number): Effect.Effect<void, SqlError> => {
  const { sql, tables } = database
  return dropContent(database, sql`SELECT owner, n FROM ${tables.blocks} WHERE file = ${file}`).pipe(
    Effect.zipRight(sql`DELETE FROM ${tables.blocks} WHERE file = ${file}`),
    Effect.zipRight(sql`DELETE FROM ${tables.files} WHERE id = ${file}`),
    Effect.asVoid
  )
}
