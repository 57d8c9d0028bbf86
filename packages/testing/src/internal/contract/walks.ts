/**
 * Random operations, compared with a model: properties, which shrink, and long walks, of which a failure is reduced to
 * the operations that it needs.
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
import { type Environment, type Given, overwritten, readSome, write, zeros } from "./environment.js"
import { pattern } from "./fixtures.js"

const bytes = define("bytes")
const buffered = define("buffering")

// ---------------------------------------------------------------------------------------------------------------------
// a file of the driver
// ---------------------------------------------------------------------------------------------------------------------

/** Transfers without a position continue the last one. */
type FileOperation =
  | { readonly op: "read"; readonly at: number | undefined; readonly count: number }
  | { readonly op: "write" | "writeFlush"; readonly at: number | undefined; readonly data: Uint8Array }
  | { readonly op: "truncate"; readonly size: number }
  | { readonly op: "size" | "commit" | "reopen" }

/** What can be done to a file of the driver, as far as the driver can do it. */
const fileOperation = (env: Environment): fc.Arbitrary<FileOperation> => {
  const { randomAccess } = env.can
  const at = randomAccess
    ? fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 3 },
      { arbitrary: fc.integer({ min: 0, max: 260 }), weight: 1 }
    )
    : fc.constant(undefined)
  const data = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: "max" })
  const writes: ReadonlyArray<fc.WeightedArbitrary<FileOperation>> = [
    { arbitrary: fc.record({ op: fc.constant("write"), at, data: data(1, 40) }), weight: 8 },
    { arbitrary: fc.record({ op: fc.constant("writeFlush"), at, data: data(0, 20) }), weight: 3 },
    { arbitrary: fc.record({ op: fc.constant("commit") }), weight: 1 }
  ]
  const truncates: ReadonlyArray<fc.WeightedArbitrary<FileOperation>> = [
    { arbitrary: fc.record({ op: fc.constant("truncate"), size: fc.integer({ min: 0, max: 300 }) }), weight: 1 }
  ]
  return fc.oneof<Array<fc.WeightedArbitrary<FileOperation>>>(
    { arbitrary: fc.record({ op: fc.constant("read"), at, count: fc.integer({ min: 1, max: 60 }) }), weight: 8 },
    { arbitrary: fc.record({ op: fc.constant("reopen") }), weight: 1 },
    ...(randomAccess ? [{ arbitrary: fc.record({ op: fc.constant("size" as const) }), weight: 2 }] : []),
    ...(env.can.write && randomAccess ? writes : []),
    ...(env.can.write && randomAccess && env.can.truncate ? truncates : [])
  )
}

const accessOf = (env: Environment): IOProc.Access => env.can.write && env.can.randomAccess ? "readWrite" : "read"

/** What an operation is called where it fails. */
const saying = (operation: FileOperation, position: number): string =>
  operation.op === "read"
    ? `read of ${operation.count} at ${position}`
    : "data" in operation
    ? `${operation.op} of ${show(operation.data)} at ${position}`
    : operation.op === "truncate"
    ? `truncate to ${operation.size}`
    : operation.op

/** Does operations to a file and to an array of bytes. Transfers may be short, and the array then gets as much. */
const checkFile = (
  env: Environment,
  { bytes: initial, name }: Given,
  operations: ReadonlyArray<FileOperation>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const access = accessOf(env)
    let file = yield* env.open(name, { access })
    let bytes = initial
    let last = 0
    for (const [index, operation] of operations.entries()) {
      const position = "at" in operation ? operation.at ?? last : last
      const what = `operation ${index}, ${saying(operation, position)} of ${bytes.length}`
      switch (operation.op) {
        case "read": {
          const read = yield* readSome(file, position, operation.count)
          sameBytes(read, bytes.subarray(position, position + read.length), what)
          if (read.length === 0) holds(position >= bytes.length, `${what}: it returned 0`)
          last = position + read.length
          break
        }
        case "write":
        case "writeFlush": {
          const { data } = operation
          // Files that cannot grow have tests of their own.
          if (!env.can.growable && position + data.length > bytes.length) break
          const count = yield* write(file, position, data.slice(), operation.op)
          holds(count <= data.length && (count > 0 || data.length === 0), `${what}: the count is ${count}`)
          if (count > 0) bytes = overwritten(bytes, position, data.subarray(0, count))
          last = position + count
          break
        }
        case "truncate": {
          yield* file.truncate?.(operation.size) ?? Effect.void
          bytes = overwritten(zeros(operation.size), 0, bytes.subarray(0, operation.size))
          break
        }
        case "size":
          same(yield* file.size, bytes.length, what)
          break
        case "commit":
          yield* file.commit
          break
        case "reopen":
          yield* env.close(file)
          file = yield* env.open(name, { access })
          last = 0
      }
    }
    yield* env.close(file)
    sameBytes(yield* env.contents(name), bytes, "the content at the end")
  })

// ---------------------------------------------------------------------------------------------------------------------
// a handle
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The operations that a handle supports on this driver; writes that do not fit into a file that cannot grow are left
 * out.
 */
const allowed = (
  env: Environment,
  access: IOProc.Access,
  initial: Model.State,
  operations: ReadonlyArray<Model.Operation>
): ReadonlyArray<Model.Operation> => {
  let state = initial
  return operations.filter((operation) => {
    if (!env.can.randomAccess && !forward.has(operation.op)) return false
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

/** Operations that go forward only. */
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
    sameBytes(yield* env.contents(name), state.bytes, "the content at the end")
  })

// ---------------------------------------------------------------------------------------------------------------------
// running
// ---------------------------------------------------------------------------------------------------------------------

/** Runs a property; a failure is shrunk, and printed with its seed. */
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

/** Reduces a list that fails, for a few seconds. */
const shrink = <A>(
  list: ReadonlyArray<A>,
  failing: (list: ReadonlyArray<A>) => Effect.Effect<string | undefined>
): Effect.Effect<ReadonlyArray<A>> =>
  Effect.gen(function*() {
    const until = Date.now() + 5000
    let shortest = list
    for (let size = Math.ceil(list.length / 2); size >= 1 && Date.now() < until; size = Math.floor(size / 2)) {
      // From the end, where the operations after the failure are.
      for (let at = Math.floor((shortest.length - 1) / size) * size; at >= 0 && Date.now() < until; at -= size) {
        const shorter = [...shortest.slice(0, at), ...shortest.slice(at + size)]
        if ((yield* failing(shorter)) !== undefined) shortest = shorter
      }
    }
    return shortest
  })

/** A long walk; a failure is reduced, and printed with its seed. */
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
              + `a walk of ${operations.length} operations, reduced to ${fc.stringify(shortest)}\n`
              + `repeat it with { seed: ${seed} } or MMIO_TEST_SEED=${seed}`
          )
        }))
  })

/** A file for a run of random operations. */
const start = (env: Environment, initial: Uint8Array): Effect.Effect<Given, unknown> =>
  env.can.create ? Effect.map(env.file(initial), (name) => ({ name, bytes: initial })) : env.given("small")

const operations = (access: IOProc.Access): fc.Arbitrary<Model.Operation> =>
  // The walk is about a buffer of one size.
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
      access === "read" ? ["randomAccess"] : ["write", "randomAccess"],
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
            "the content at the end"
          )
        })
    ))
]
