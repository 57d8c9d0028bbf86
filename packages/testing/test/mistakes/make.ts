/**
 * Storages in memory with one mistake each, and the test of the contract that names the law that the mistake breaks.
 */
import { IOProc, MemoryIOProc } from "@effect-mmio/core"
import type { IOProcContract } from "@effect-mmio/testing"
import { Effect } from "effect"

export const memory = Effect.orDie(MemoryIOProc.make({ folders: ["folder"] }))
export const onClose = Effect.orDie(MemoryIOProc.make({ folders: ["folder"], commit: "onClose" }))

export type Driver = Effect.Effect<IOProc.IOProc>

export interface Mistake {
  readonly what: string
  /** The name of the test that finds it. */
  readonly caughtBy: string
  readonly driver: Driver
  readonly options?: IOProcContract.Options
}

export type Write = NonNullable<IOProc.File["writeAt"]>

/** Storage whose files have a mistake. */
export const files = (
  f: (file: IOProc.File, request: IOProc.OpenRequest) => Partial<IOProc.File>,
  storage: Driver = memory
): Driver =>
  Effect.map(storage, (driver) => IOProc.mapFile(driver, (file, request) => ({ ...file, ...f(file, request) })))

/** Storage whose files, where they can be written, have a mistake. */
export const writers = (
  f: (file: IOProc.File, write: Write, request: IOProc.OpenRequest) => Partial<IOProc.File>,
  storage: Driver = memory
): Driver => files((file, request) => file.writeAt === undefined ? {} : f(file, file.writeAt, request), storage)

/** Storage with a mistake in what it does with names. */
export const storage = (
  f: (driver: MemoryIOProc.MemoryIOProc) => Partial<Omit<IOProc.IOProc, IOProc.TypeId>>,
  inner: Effect.Effect<MemoryIOProc.MemoryIOProc> = memory
): Driver => Effect.map(inner, (driver) => ({ ...driver, ...f(driver) }))

export const mistake = (what: string, caughtBy: string, driver: Driver, options?: IOProcContract.Options): Mistake => ({
  what,
  caughtBy,
  driver,
  ...(options === undefined ? {} : { options })
})

export const error = (file: string) => ({ operation: "broken", file, description: "it is broken" })

export const commitsOnClose: IOProcContract.Options = { capabilities: { commit: "onClose" } }
