/** How the library is run: one `Effect.runPromise` for a sample. */
import type { IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Runs a program on the library's storage for Node. */
export const onNode = <A, E>(program: Effect.Effect<A, E, IOProc.IOProc | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeIOProc.layer)))

/** Runs a program on the storage whose calls block. */
export const onNodeSync = <A, E>(program: Effect.Effect<A, E, IOProc.IOProc | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeIOProc.layerSync)))

/** Runs a program on the storage whose flushes return once the device has what was written. */
export const onNodeSynced = <A, E>(program: Effect.Effect<A, E, IOProc.IOProc | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeIOProc.layerWith({ sync: true }))))
