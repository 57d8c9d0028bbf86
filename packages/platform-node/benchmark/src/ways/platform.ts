/** How Effect's own file system is run: one `Effect.runPromise` for a sample. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Runs a program on the file system of `@effect/platform`. */
export const onPlatform = <A, E>(program: Effect.Effect<A, E, FileSystem.FileSystem | Scope.Scope>): Promise<A> =>
  Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))
