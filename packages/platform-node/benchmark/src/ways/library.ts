/** How the library and Effect's own file system are run: one `Effect.runPromise` for a sample. */
import type { IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, type Scope } from "effect"

/** Runs a program on the library's storage for Node. */
export const onNode = <A, E>(program: Effect.Effect<A, E, IOProc.IOProc | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeIOProc.layer)))

/** Runs a program on the file system of `@effect/platform`. */
export const onPlatform = <A, E>(program: Effect.Effect<A, E, FileSystem.FileSystem | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
