import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capabilities, Law } from "../../IOProcContract.js"
import type { Environment } from "./environment.js"

type Flag = { [K in keyof Capabilities]: Capabilities[K] extends boolean ? K : never }[keyof Capabilities]

/** A capability that is a flag, or one of the two ways to commit. */
type Need = Flag | Capabilities["commit"]

type Run = (environment: Environment) => Effect.Effect<unknown, unknown, Scope.Scope>

/** @internal */
export interface Definition {
  readonly law: Law
  readonly name: string
  /** What a driver must be able to do for the test to apply. */
  readonly needs: ReadonlyArray<Need>
  /** What it must not be able to do. */
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

const has = (capabilities: Capabilities, need: Need): boolean =>
  need === "inPlace" || need === "onClose" ? capabilities.commit === need : capabilities[need]

/** Whether a test applies to a driver. @internal */
export const applies = ({ lacks, needs }: Definition, capabilities: Capabilities): boolean =>
  needs.every((need) => has(capabilities, need)) && !lacks.some((lack) => has(capabilities, lack))
