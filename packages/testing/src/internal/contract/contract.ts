import * as IOProc from "@effect-mmio/core/IOProc"
import type { Reference } from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import type * as Api from "../../IOProcContract.js"
import { answers } from "./answers.js"
import { buffering } from "./buffering.js"
import { bytes } from "./bytes.js"
import { capabilities as capabilityTests } from "./capabilities.js"
import { Broken, describe } from "./check.js"
import { closing } from "./closing.js"
import { commits } from "./commits.js"
import { concurrency } from "./concurrency.js"
import { creating } from "./creating.js"
import { applies, type Definition } from "./definition.js"
import { ends } from "./ends.js"
import * as Environment from "./environment.js"
import { faults } from "./faults.js"
import { flushing } from "./flushing.js"
import { folders } from "./folders.js"
import { handleInterruption } from "./handleInterruption.js"
import { handles } from "./handles.js"
import { interruption } from "./interruption.js"
import { largeFiles } from "./largeFiles.js"
import { names } from "./names.js"
import { opening } from "./opening.js"
import { positions } from "./positions.js"
import { sharing } from "./sharing.js"
import { silently } from "./sweeps.js"
import { temporary } from "./temporary.js"
import { versions } from "./versions.js"
import { walks } from "./walks.js"

export { shortened } from "./check.js"

const definitions: ReadonlyArray<Definition> = [
  ...opening,
  ...creating,
  ...positions,
  ...ends,
  ...bytes,
  ...flushing,
  ...largeFiles,
  ...capabilityTests,
  ...handles,
  ...closing,
  ...commits,
  ...versions,
  ...names,
  ...temporary,
  ...folders,
  ...sharing,
  ...interruption,
  ...handleInterruption,
  ...concurrency,
  ...buffering,
  ...walks,
  ...answers,
  ...faults
]

/** A number from the environment, on runtimes that have one. */
const fromEnvironment = (key: string): number | undefined => {
  const runtime: unknown = globalThis
  const process: unknown = Predicate.hasProperty(runtime, "process") ? runtime.process : undefined
  const variables: unknown = Predicate.hasProperty(process, "env") ? process.env : undefined
  const text: unknown = Predicate.hasProperty(variables, key) ? variables[key] : undefined
  const value = Number(text)
  return typeof text !== "string" || text === "" || Number.isNaN(value) ? undefined : value
}

/** @internal */
export const tests = (
  options: Api.Options & {
    readonly capabilities: Api.Capabilities
    readonly root: Reference<Api.Root, string>
    readonly violation: (fields: {
      readonly law: Api.Law
      readonly test: string
      readonly description: string
      readonly cause: unknown
    }) => Api.ContractViolation
  }
): ReadonlyArray<Api.Test> => {
  const { around = identity, capabilities, name = (base: string) => base, root, violation } = options
  const scale = options.scale ?? fromEnvironment("MMIO_TEST_SCALE") ?? 1
  const interruptEvery = options.interruptEvery ?? fromEnvironment("MMIO_TEST_INTERRUPT_EVERY") ?? 1
  const seed = options.seed ?? fromEnvironment("MMIO_TEST_SEED")
  const environment = Effect.map(
    Effect.all([IOProc.IOProc, root]),
    ([ioProc, root]) => Environment.make({ capabilities, ioProc, around, root, name, seed, scale, interruptEvery })
  )
  const patience = Duration.decode(options.patience ?? Duration.seconds(30 * Math.max(1, scale)))

  return definitions
    .filter((definition) => applies(definition, capabilities))
    .map((definition) => ({
      law: definition.law,
      name: definition.name,
      test: environment.pipe(
        Effect.flatMap((environment) => Effect.scoped(definition.run(environment))),
        Effect.asVoid,
        // A test that hangs fails, also where it cannot be interrupted.
        Effect.disconnect,
        Effect.timeoutFail({
          duration: patience,
          onTimeout: () => new Broken(`the test has not ended after ${Duration.format(patience)}`)
        }),
        Environment.inRealTime,
        silently,
        Effect.catchAllCause((cause) =>
          Effect.fail(violation({ law: definition.law, test: definition.name, description: describe(cause), cause }))
        )
      )
    }))
}
