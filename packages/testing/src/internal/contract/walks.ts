/**
 * Random operations beside the model: properties, which shrink, and long walks, of which a failure is cut down to the operations that
 * it takes.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fc from "effect/FastCheck"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Arbitraries from "../../Arbitraries.js"
import * as Model from "../../Model.js"
import { broken, describe, holds, same, sameBytes, show } from "./check.js"
import { define, type Definition } from "./definition.js"
import { type Environment, type Given, positionOf, readSome } from "./environment.js"
import { pattern } from "./fixtures.js"

const bytes = define("bytes")
const buffered = define("buffering")

// ---------------------------------------------------------------------------------------------------------------------
// the driver's own file
// ---------------------------------------------------------------------------------------------------------------------

type FileOperation =
  | { readonly op: "read"; readonly count: number }
  | { readonly op: "write" | "writeFlush"; readonly data: Uint8Array }
  | { readonly op: "seek"; readonly offset: number; readonly from: IOProc.Whence }
  | { readonly op: "reopen" }

const reading: fc.WeightedArbitrary<FileOperation> = {
  arbitrary: fc.record({ op: fc.constant("read"), count: fc.integer({ min: 1, max: 60 }) }),
  weight: 8
}
const seeking: fc.WeightedArbitrary<FileOperation> = {
  arbitrary: fc.record({
    op: fc.constant("seek"),
    offset: fc.integer({ min: -70, max: 70 }),
    from: fc.constantFrom<Array<IOProc.Whence>>("start", "current", "end")
  }),
  weight: 6
}
const reopening: fc.WeightedArbitrary<FileOperation> = {
  arbitrary: fc.record({ op: fc.constant("reopen") }),
  weight: 1
}
const writing: ReadonlyArray<fc.WeightedArbitrary<FileOperation>> = [
  {
    arbitrary: fc.record({
      op: fc.constant("write"),
      data: fc.uint8Array({ minLength: 1, maxLength: 40, size: "max" })
    }),
    weight: 8
  },
  {
    arbitrary: fc.record({ op: fc.constant("writeFlush"), data: fc.uint8Array({ maxLength: 20, size: "max" }) }),
    weight: 3
  }
]

/** What can be done to a file of the driver, as far as it can. */
const fileOperation = (env: Environment): fc.Arbitrary<FileOperation> =>
  fc.oneof(reading, reopening, ...(env.can.seek ? [seeking] : []), ...(env.can.write && env.can.seek ? writing : []))

const accessOf = (env: Environment): IOProc.Access => env.can.write && env.can.seek ? "readWrite" : "read"

/** What an operation is called where it fails. */
const saying = (operation: FileOperation): string =>
  "data" in operation
    ? `${operation.op} of ${show(operation.data)}`
    : operation.op === "read"
    ? `read of ${operation.count}`
    : operation.op === "seek"
    ? `seek by ${operation.offset} from ${operation.from}`
    : operation.op

/** Does operations to a file and to the model. Transfers may be short, and the model then does as much. */
const checkFile = (
  env: Environment,
  { bytes, name }: Given,
  operations: ReadonlyArray<FileOperation>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const access = accessOf(env)
    let file = yield* env.open(name, { access })
    let state: Model.State = { bytes, position: 0 }
    for (const [index, operation] of operations.entries()) {
      const what = `operation ${index}, ${saying(operation)} at ${state.position} of ${state.bytes.length}`
      switch (operation.op) {
        case "read": {
          const read = yield* readSome(file, operation.count)
          const [next, expected] = Model.step(state, { op: "read", count: read.length })
          sameBytes(read, Uint8Array.from(Array.isArray(expected) ? expected : []), what)
          if (read.length === 0) {
            holds(state.position >= state.bytes.length, `${what}: it gave nothing`)
          }
          state = next
          break
        }
        case "write":
        case "writeFlush": {
          const { data } = operation
          // What a file does that cannot grow has tests of its own.
          if (!env.can.growable && state.position + data.length > state.bytes.length) break
          const count = yield* file[operation.op](data.slice())
          holds(count <= data.length && (count > 0 || data.length === 0), `${what}: the count is ${count}`)
          ;[state] = Model.step(state, { op: "write", data: data.subarray(0, count) })
          break
        }
        case "seek": {
          const [next, expected] = Model.step(state, operation)
          const actual = yield* Effect.match(file.seek(operation.offset, operation.from), {
            onFailure: (error) => error._tag,
            onSuccess: (position) => position
          })
          if (actual !== expected) broken(`${what}: expected ${String(expected)}, got ${actual}`)
          state = next
          break
        }
        case "reopen":
          yield* env.close(file)
          file = yield* env.open(name, { access })
          state = { ...state, position: 0 }
      }
      same(yield* positionOf(file), state.position, `${what}: the position`)
    }
    yield* env.close(file)
    sameBytes(yield* env.contents(name), state.bytes, "what the file holds at the end")
  })

// ---------------------------------------------------------------------------------------------------------------------
// a handle over it
// ---------------------------------------------------------------------------------------------------------------------

/** What a handle allows on this driver; writes that do not fit into a file that cannot grow are left out. */
const allowed = (
  env: Environment,
  access: IOProc.Access,
  initial: Model.State,
  operations: ReadonlyArray<Model.Operation>
): ReadonlyArray<Model.Operation> => {
  let state = initial
  return operations.filter((operation) => {
    if (!env.can.seek && !forward.has(operation.op)) return false
    if (
      !env.can.growable && access !== "read" && "data" in operation
      && state.position + operation.data.length > state.bytes.length
    ) {
      return false
    }
    ;[state] = Model.step(state, operation)
    return true
  })
}

/** What never goes back, nor reads ahead of what it gives. */
const forward = new Set<Model.Operation["op"]>(["read", "readInto", "write", "writeAll", "position"])

const checkHandle = (
  env: Environment,
  { bytes, name }: Given,
  access: IOProc.Access,
  buffer: number | "none",
  operations: ReadonlyArray<Model.Operation>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const initial: Model.State = { bytes, position: 0 }
    const file = yield* env.handle<IOProc.Access>(name, { access, buffer })
    // The operations are those that the access allows.
    const state = yield* Model.check(
      file as Mmio.ReadWriteHandle,
      initial,
      allowed(env, access, initial, operations)
    )
    yield* Mmio.close(file)
    sameBytes(yield* env.contents(name), state.bytes, "what the file holds at the end")
  })

// ---------------------------------------------------------------------------------------------------------------------
// running
// ---------------------------------------------------------------------------------------------------------------------

/** Runs a property; what fails is shrunk and printed with its seed. */
const property = <A>(
  env: Environment,
  runs: number,
  arbitrary: fc.Arbitrary<A>,
  check: (value: A) => Effect.Effect<void, unknown, Scope.Scope>
): Effect.Effect<void> =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) =>
    Effect.map(
      Effect.promise(() =>
        fc.check(
          fc.asyncProperty(arbitrary, async (value) => {
            const exit = await Runtime.runPromiseExit(runtime)(Effect.scoped(check(value)))
            if (Exit.isFailure(exit)) throw new Error(describe(exit.cause))
          }),
          { numRuns: env.scaled(runs), ...(env.seed === undefined ? {} : { seed: env.seed }) }
        )
      ),
      (details) => {
        if (details.failed) broken(fc.defaultReportMessage(details) ?? "a property failed")
      }
    ))

const walkLength = 2000

/** Cuts a list that fails down as far as it goes in a while. */
const shrink = <A>(
  list: ReadonlyArray<A>,
  failing: (list: ReadonlyArray<A>) => Effect.Effect<string | undefined>
): Effect.Effect<ReadonlyArray<A>> =>
  Effect.gen(function*() {
    const until = Date.now() + 5000
    let shortest = list
    for (let size = Math.ceil(list.length / 2); size >= 1 && Date.now() < until; size = Math.floor(size / 2)) {
      // From the end, where all that came after the failure is.
      for (let at = Math.floor((shortest.length - 1) / size) * size; at >= 0 && Date.now() < until; at -= size) {
        const shorter = [...shortest.slice(0, at), ...shortest.slice(at + size)]
        if ((yield* failing(shorter)) !== undefined) shortest = shorter
      }
    }
    return shortest
  })

/** A long walk; what fails is cut down and printed with its seed. */
const walk = <A>(
  env: Environment,
  arbitrary: fc.Arbitrary<A>,
  check: (operations: ReadonlyArray<A>) => Effect.Effect<void, unknown, Scope.Scope>
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const seed = env.seed ?? (Math.random() * 2 ** 31) | 0
    const operations = fc.sample(arbitrary, { seed, numRuns: env.scaled(walkLength) })
    const failing = (operations: ReadonlyArray<A>) =>
      Effect.match(Effect.sandbox(Effect.scoped(check(operations))), {
        onFailure: (cause) => describe(Cause.flatten(Cause.map(cause, Cause.fail))),
        onSuccess: () => undefined
      })
    return Effect.flatMap(failing(operations), (failure) =>
      failure === undefined
        ? Effect.void
        : Effect.gen(function*() {
          const shortest = yield* shrink(operations, failing)
          broken(
            `${(yield* failing(shortest)) ?? failure}\n`
              + `a walk of ${operations.length} operations, cut down to ${fc.stringify(shortest)}\n`
              + `the same again with { seed: ${seed} }, or MMIO_TEST_SEED=${seed}`
          )
        }))
  })

/** A file for a run of random operations. */
const start = (env: Environment, initial: Uint8Array): Effect.Effect<Given, unknown> =>
  env.can.create ? Effect.map(env.file(initial), (name) => ({ name, bytes: initial })) : env.given("small")

const operations = (access: IOProc.Access): fc.Arbitrary<Model.Operation> =>
  // a buffer of another size would not be the one that the walk is about
  Arbitraries.operations(access, 1).filter(([operation]) => operation !== undefined && operation.op !== "setBuffer")
    .map(([operation]): Model.Operation => operation ?? { op: "position" })

/** @internal */
export const walks: ReadonlyArray<Definition> = [
  bytes("a file does what the model does, in short sequences of anything", [], (env) =>
    property(
      env,
      60,
      fc.record({
        initial: Arbitraries.content(),
        operations: fc.array(fileOperation(env), { maxLength: 30, size: "max" })
      }),
      ({ initial, operations }) => Effect.flatMap(start(env, initial), (given) => checkFile(env, given, operations))
    )),

  bytes(`a file does what the model does, on a walk of ${walkLength} operations`, [], (env) =>
    walk(
      env,
      fileOperation(env),
      (operations) => Effect.flatMap(start(env, pattern(200)), (given) => checkFile(env, given, operations))
    )),

  ...(["none", 13, 8192] as const).map((buffer) =>
    buffered(
      `a handle with a buffer of ${buffer} does what the model does, on a walk of ${walkLength} operations`,
      [],
      (env) => {
        const access = accessOf(env)
        return walk(env, operations(access), (operations) =>
          Effect.flatMap(
            start(env, pattern(200)),
            (given) => checkHandle(env, given, access, buffer, operations)
          ))
      }
    )
  ),

  ...(["read", "write", "readWrite"] as const).map((access) =>
    buffered(
      `a handle for ${access} does what the model does, in short sequences of anything, with any buffer`,
      access === "read" ? ["seek"] : ["write", "seek"],
      (env) =>
        property(
          env,
          40,
          fc.record({
            initial: Arbitraries.content(),
            buffer: Arbitraries.bufferSize,
            operations: Arbitraries.operations(access)
          }),
          ({ buffer, initial, operations }) =>
            Effect.flatMap(start(env, initial), (given) => checkHandle(env, given, access, buffer, operations))
        )
    )
  ),

  buffered("a handle that only writes forward does what the model does", ["create"], (env) =>
    property(
      env,
      40,
      fc.record({ buffer: Arbitraries.bufferSize, parts: fc.array(fc.uint8Array({ maxLength: 50, size: "max" })) }),
      ({ buffer, parts }) =>
        Effect.gen(function*() {
          const name = env.fresh("written")
          const file = yield* env.handle(name, { access: "write", create: true, buffer })
          for (const part of parts) yield* Mmio.writeAll(file, part)
          yield* Mmio.close(file)
          sameBytes(
            yield* env.contents(name),
            Uint8Array.from(parts.flatMap((part) => [...part])),
            "what the file holds at the end"
          )
        })
    ))
]
