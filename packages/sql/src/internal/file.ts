/**
 * One open file.
 *
 * A file that is only read keeps the generation that it was opened in, unless the driver was told otherwise; any other
 * reads the newest one, with what it has written itself over it. What is written is held in memory up to a limit, and
 * past it in rows that no other handle sees; a flush makes a generation of all of it, in one transaction.
 *
 * A transaction of the program can be rolled back after the handle has taken part in it. Each part that changes what
 * the handle knows therefore gives it another number in the database, under which a handle that was rolled back is not
 * found. Such a handle fails, and writes nothing more.
 */
import * as Errno from "@effect-mmio/core/Errno"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as blocks from "./blocks.js"
import { type Bytes, bytesOf, type Database, forever, type Integer, uniqueId } from "./database.js"
import { leaseEnded, mapDatabaseError, originOf, rolledBack } from "./errors.js"
import type { DatabaseError } from "./failure.js"
import { type Opened, versionOf } from "./opening.js"
import * as pending from "./pending.js"
import { type Claim, release, type Sessions } from "./sessions.js"
import { type Block, copyBlock, Writes } from "./writes.js"

/** In bytes, and in blocks: what one read asks for, at most. */
const largestRead = 1024 * 1024
const mostBlocks = 256

interface Found {
  readonly size: Integer
  readonly block: Integer | null
  readonly bytes: Bytes | null
}

/** What a generation begins with. */
interface Begun {
  readonly generation: Integer
  readonly size: Integer
  readonly bound: Integer | null
  readonly own: Integer
}

/** @internal */
export const make = (
  database: Database,
  sessions: Sessions,
  opened: Opened,
  request: IOProc.OpenRequest,
  identity: string,
  writeBuffer: number
): IOProc.File => {
  const { run, sql, tables, transaction } = database
  const { blockSize, file, handle, isBound } = opened
  const { access, buffered, name: { full: name } } = request
  const writes = new Writes(blockSize)
  const owner: blocks.Owner = { handle, n: 0 }
  const most = Math.max(1, Math.min(mostBlocks, Math.floor(writeBuffer / blockSize)))
  let isSpilled = false
  /** The last generation that this handle knows, and its size. */
  let known = { generation: opened.generation, size: opened.size }
  let isOpen = true
  /** Whether a transaction of the program that is not known to be committed has opened or changed the handle. */
  let inDoubt = opened.isNested
  /** All numbers that the handle may have. */
  const claims: Array<Claim> = [opened]

  /** Finds that nothing was rolled back that the handle counts on. */
  const present: Effect.Effect<void, DatabaseError> = Effect.suspend(() =>
    inDoubt
      ? Effect.zipWith(
        run(sql`SELECT id FROM ${tables.handles} WHERE id = ${owner.handle}`),
        database.isNested,
        (found, isNested) => {
          if (found.length === 0) return Effect.fail(rolledBack)
          inDoubt = isNested
          return Effect.void
        }
      ).pipe(Effect.flatten)
      : Effect.void
  )

  /** Within a transaction: gives the handle another number. */
  const renumber = Effect.gen(function*() {
    const next = database.dialect === "sqlite" ? sql`${uniqueId()}` : sql`DEFAULT`
    const [row] = yield* sql<{ id: Integer }>`
      UPDATE ${tables.handles} SET id = ${next} WHERE id = ${owner.handle} RETURNING id`
    if (row === undefined) return yield* Effect.fail(leaseEnded)
    const id = Number(row.id)
    yield* sql`UPDATE ${tables.pending} SET handle = ${id} WHERE handle = ${owner.handle}`
    return id
  })

  /** Runs a transaction after which the handle knows something else. */
  const changing = <A>(
    body: Effect.Effect<A, DatabaseError | SqlError>,
    done: (value: A) => void
  ): Effect.Effect<void, DatabaseError> =>
    Effect.flatMap(Effect.zipRight(present, database.isNested), (isNested) =>
      isNested
        ? Effect.asVoid(transaction(Effect.zip(body, renumber), ([value, number]) => {
          owner.handle = number
          claims.push({ handle: number, file })
          inDoubt = true
          done(value)
        }))
        : Effect.asVoid(transaction(body, done)))

  const closed = (operation: string) => ({
    operation: `SqlIOProc.${operation}`,
    file: name,
    description: "the file is closed"
  })

  // -------------------------------------------------------------------------------------------------------------------
  // reading
  // -------------------------------------------------------------------------------------------------------------------

  // Compiled once: this is what a file is asked most.
  const { blocks: ofBlocks, content, files, handles } = tables
  const parameter = (index: number) => database.dialect === "pg" ? `$${index}` : "?"
  const joined = (from: string, condition: string) =>
    `SELECT ${isBound ? "0" : "t.size"} AS size, b.block AS block, c.bytes AS bytes FROM "${from}" t
     LEFT JOIN "${ofBlocks.value}" b ON b.file = ${isBound ? "t.file" : "t.id"}
       AND b.block BETWEEN ${parameter(1)} AND ${parameter(2)} AND ${condition}
     LEFT JOIN "${content.value}" c ON c.owner = b.owner AND c.n = b.n WHERE t.id = ${parameter(3)}`
  const query = isBound
    ? joined(handles.value, "b.born <= t.generation AND b.replaced > t.generation")
    : joined(files.value, `b.replaced = ${forever}`)

  /** The blocks of the generation that the handle reads, with the size of the file; no row where the handle is gone. */
  const readBlocks = (first: number, last: number): Effect.Effect<ReadonlyArray<Found>, SqlError> =>
    sql.unsafe<Found>(query, [first, last, isBound ? handle : file])

  const failedRead = (position: number) => (cause: DatabaseError) =>
    Errno.readError(originOf("read", name, position)(cause))

  const read = (position: number, target: Uint8Array): Effect.Effect<number, DatabaseError> => {
    // Of a bound handle the size is known.
    if (isBound && position >= opened.size) return Effect.succeed(0)
    const first = Math.floor(position / blockSize)
    const last = Math.min(
      Math.floor((position + Math.min(target.length, largestRead) - 1) / blockSize),
      first + mostBlocks - 1
    )
    const filled = (found: ReadonlyArray<Found>, spilled: ReadonlyArray<readonly [index: number, block: Block]>) => {
      const [row] = found
      if (row === undefined) return Effect.fail(leaseEnded)
      const size = isBound ? opened.size : Math.max(Number(row.size), writes.end)
      const part = target.subarray(0, Math.max(0, Math.min(size, (last + 1) * blockSize) - position))
      if (part.length === 0) return Effect.succeed(0)
      part.fill(0)
      for (const { block, bytes } of found) {
        if (block === null || bytes === null) continue
        const content = bytesOf(bytes)
        copyBlock({ bytes: content, ranges: [0, content.length] }, Number(block) * blockSize - position, part)
      }
      for (const [block, content] of spilled) copyBlock(content, block * blockSize - position, part)
      writes.copyTo(position, part)
      return Effect.succeed(part.length)
    }
    return isSpilled
      ? Effect.flatMap(
        run(Effect.zip(readBlocks(first, last), pending.read(database, owner.handle, first, last))),
        ([found, spilled]) => filled(found, spilled)
      )
      : Effect.flatMap(run(readBlocks(first, last)), (found) => filled(found, []))
  }

  const size = isBound
    ? Effect.succeed(opened.size)
    : Effect.flatMap(
      run(sql<{ size: Integer }>`SELECT size FROM ${tables.files} WHERE id = ${file}`),
      ([row]) => row === undefined ? Effect.fail(leaseEnded) : Effect.succeed(Math.max(Number(row.size), writes.end))
    )

  // -------------------------------------------------------------------------------------------------------------------
  // writing
  // -------------------------------------------------------------------------------------------------------------------

  const failedWrite = (operation: string, position?: number) => (cause: DatabaseError) =>
    Errno.writeError(originOf(operation, name, position)(cause))

  /**
   * Within a transaction: begins a generation of what was written, with this size at least, and finds that the handle
   * is still there.
   */
  const begin = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const update = sql`UPDATE ${tables.files} SET
      generation = generation + 1,
      size = CASE WHEN size < ${writes.end} THEN ${writes.end} ELSE size END,
      modified = ${now} WHERE id = ${file}`
    // The newest generation that a handle is bound to, and whether this handle is there.
    const bound = sql`SELECT MAX(generation) FROM ${tables.handles} WHERE file = ${file}`
    const own = sql`SELECT COUNT(*) FROM ${tables.handles} WHERE id = ${owner.handle}`
    const [row] = yield* database.dialect === "sqlite"
      ? sql<Begun>`${update} RETURNING generation, size, (${bound}) AS bound, (${own}) AS own`
      // What a statement of Postgres sees is from before it has waited for the row.
      : Effect.flatMap(
        sql<Omit<Begun, "bound" | "own">>`${update} RETURNING generation, size`,
        (updated) =>
          Effect.map(
            sql<Pick<Begun, "bound" | "own">>`SELECT (${bound}) AS bound, (${own}) AS own`,
            (handles) => updated.flatMap((row) => handles.map((found) => ({ ...row, ...found })))
          )
      )
    if (row === undefined || Number(row.own) === 0) return yield* Effect.fail(leaseEnded)
    const generation: blocks.Generation = {
      file,
      number: Number(row.generation),
      pinned: row.bound === null ? undefined : Number(row.bound)
    }
    // Where no other handle has made a generation since, there are no blocks past the end that this one knows.
    const end = known.generation + 1 === generation.number ? Math.ceil(known.size / blockSize) : Infinity
    if (isSpilled) {
      yield* pending.spill(database, owner, writes)
      yield* pending.commit(database, generation, owner, blockSize)
    } else yield* blocks.put(database, generation, owner, writes.blocks, blockSize, end)
    return { ...generation, size: Number(row.size) }
  })

  /** What was written is committed, or dropped. */
  const forgotten = () => {
    writes.clear()
    isSpilled = false
  }

  const written = ({ number, size }: { readonly number: number; readonly size: number }) => {
    known = { generation: number, size }
    forgotten()
  }

  /** Makes a generation of what was written. */
  const commit: Effect.Effect<void, DatabaseError> = Effect.suspend(() =>
    writes.end > 0 ? changing(begin, written) : access === "read" ? Effect.void : present
  )

  /** Moves what is held in memory to rows. */
  const spill: Effect.Effect<void, DatabaseError> = Effect.suspend(() =>
    changing(pending.spill(database, owner, writes), () => {
      writes.spilled()
      isSpilled = true
    })
  )

  /** Forgets what was written and not committed. */
  const forget: Effect.Effect<void, DatabaseError> = Effect.suspend(() =>
    isSpilled
      ? changing(Effect.suspend(() => blocks.dropPending(database, [owner.handle])), forgotten)
      : Effect.sync(forgotten)
  )

  const write = (position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
    Effect.suspend(() => {
      if (!isOpen) return Effect.fail(new MmioError.CannotWrite({ ...closed("write"), position, written: 0 }))
      if (!Number.isSafeInteger(position + source.length)) {
        return Effect.fail(
          new MmioError.CannotExpand({
            operation: "SqlIOProc.write",
            file: name,
            position,
            description: "a file has no such position"
          })
        )
      }
      const take = (done: number): Effect.Effect<number, MmioError.WriteError> => {
        const count = done + writes.add(position + done, source.subarray(done), most)
        if (count === source.length) return Effect.succeed(count)
        return Effect.matchEffect(spill, {
          // What was taken is written, and the next call meets the failure again.
          onFailure: (cause) => count > 0 ? Effect.succeed(count) : Effect.fail(failedWrite("write", position)(cause)),
          onSuccess: () => take(count)
        })
      }
      return take(0)
    })

  /** A file whose bytes may not be held back: what cannot be committed is forgotten, and was not written. */
  const writeThrough = (position: number, source: Uint8Array): Effect.Effect<number, MmioError.WriteError> =>
    Effect.uninterruptible(
      Effect.tap(
        Effect.zipRight(Effect.mapError(present, failedWrite("write", position)), write(position, source)),
        () =>
          Effect.catchAll(
            commit,
            (cause) => Effect.zipRight(Effect.ignore(forget), Effect.fail(failedWrite("write", position)(cause)))
          )
      )
    )

  const truncate = (size: number): Effect.Effect<void, MmioError.WriteError> =>
    Effect.suspend(() => {
      if (!isOpen || !Number.isSafeInteger(size) || size < 0) {
        return Effect.fail(
          new MmioError.CannotWrite({
            ...closed("truncate"),
            ...(isOpen ? { description: "a file has no such size" } : {}),
            written: 0
          })
        )
      }
      return changing(
        Effect.flatMap(begin, (generation) =>
          blocks.cut(database, generation, owner, size, blockSize).pipe(
            Effect.zipRight(sql`UPDATE ${tables.files} SET size = ${size} WHERE id = ${file}`),
            Effect.as({ ...generation, size })
          )),
        written
      ).pipe(mapDatabaseError(failedWrite("truncate")))
    })

  // -------------------------------------------------------------------------------------------------------------------
  // ending
  // -------------------------------------------------------------------------------------------------------------------

  /**
   * Releases the handle. One that the database does not release now, or in a transaction of the program, is released
   * once it can be reached.
   */
  const end: Effect.Effect<void, DatabaseError> = Effect.suspend(() => {
    if (!isOpen) return Effect.void
    isOpen = false
    forgotten()
    return Effect.flatMap(database.isNested, (isNested) =>
      Effect.onExit(
        transaction(release(database, claims)),
        (exit) => sessions.closed(Exit.isSuccess(exit) && !isNested ? [] : claims)
      ))
  })

  return IOProc.makeFile({
    name,
    size: Effect.suspend(() =>
      isOpen
        ? Effect.mapError(Effect.zipRight(present, size), (cause) => Errno.sizeError(originOf("size", name)(cause)))
        : Effect.fail(new MmioError.CannotSeek(closed("size")))
    ),
    readAt: (position, target) =>
      Effect.suspend(() =>
        isOpen && access !== "write"
          ? Effect.mapError(
            inDoubt ? Effect.zipRight(present, read(position, target)) : read(position, target),
            failedRead(position)
          )
          : Effect.fail(
            new MmioError.CannotRead({
              ...closed("read"),
              position,
              ...(isOpen ? { description: "the file is open for writing only" } : {})
            })
          )
      ),
    ...(access === "read" ? {} : {
      writeAt: buffered ? write : writeThrough,
      flush: Effect.suspend(() =>
        isOpen
          ? Effect.mapError(commit, failedWrite("flush"))
          : Effect.fail(new MmioError.CannotWrite({ ...closed("flush"), written: 0 }))
      ),
      truncate
    }),
    close: Effect.uninterruptible(Effect.suspend((): Effect.Effect<void, MmioError.CloseError> =>
      isOpen
        ? Effect.zipRight(
          Effect.onExit(Effect.mapError(commit, failedWrite("close")), (exit) =>
            Exit.isSuccess(exit) ? Effect.void : Effect.ignore(end)),
          Effect.mapError(end, (cause) =>
            new MmioError.CannotClose({
              operation: "SqlIOProc.close",
              file: name,
              description: `the handle could not be released: ${cause.message}`,
              cause
            }))
        )
        : Effect.fail(new MmioError.CannotClose(closed("close")))
    )),
    abort: Effect.uninterruptible(Effect.ignore(end)),
    version: versionOf({ id: file, generation: opened.generation }),
    identity,
    capabilities: { concurrent: access === "read", cancellable: false, locks: "system" }
  })
}
