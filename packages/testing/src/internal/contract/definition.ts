import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capabilities, Law } from "../../IOProcContract.js"
import type { Environment } from "./environment.js"

type Need = keyof Capabilities
type Run = (environment: Environment) => Effect.Effect<unknown, unknown, Scope.Scope>

/** @internal */
export interface Definition {
  readonly law: Law
  readonly name: string
  /** What a driver has to be able to for the test to be one of its. */
  readonly needs: ReadonlyArray<Need>
  /** What it must not be able to. */
  readonly lacks: ReadonlyArray<Need>
  readonly run: Run
}

/** @internal */
export const define =
  (law: Law) => (name: string, needs: ReadonlyArray<Need>, run: Run, lacks: ReadonlyArray<Need> = []): Definition => ({
    law,
    name,
    needs,
    lacks,
    run
  })
