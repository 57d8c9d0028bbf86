/**
 * Law 3: interruption at every step, and while a call waits.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Interruption from "../../Interruption.js"
import { holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import {
  type Environment,
  type Given,
  moveTo,
  pause,
  positionOf,
  readRest,
  readUpTo,
  request,
  writeFully
} from "./environment.js"
import { pattern } from "./fixtures.js"

const interrupted = define("interruption")

const data = pattern(30, 200)

/** What one run works on: a file, and a scope for what is opened, which is closed when the run is over. */
interface Prepared extends Given {
  readonly scope: Scope.CloseableScope
}

const prepared = (env: Environment): Effect.Effect<Prepared, unknown> =>
  Effect.zipWith(env.given("small"), Scope.make(), (given, scope) => ({ ...given, scope }))

/** One file for all runs of a test that changes nothing in it. */
const unchanged = <A>(
  env: Environment,
  test: (prepare: Effect.Effect<Prepared, unknown>) => Effect.Effect<A, unknown>
) => Effect.flatMap(env.given("small"), (given) => test(Effect.map(Scope.make(), (scope) => ({ ...given, scope }))))

/** A name for a file that a run makes, or does not get to. */
const unmade = (env: Environment): Effect.Effect<Prepared, unknown> =>
  Effect.map(Scope.make(), (scope) => ({ name: env.fresh("written"), bytes: new Uint8Array(0), scope }))

/** What a run left of a file that it was to make. */
const left = (env: Environment, { name }: Given) =>
  Effect.catchTag(env.contentsAlone(name), "FileNotFound", () => Effect.succeed(new Uint8Array(0)))

/** Sweeps over something that is done to a file, and closes what each run opened, whether or not it was right. */
const sweep = <P extends Prepared, A, E>(prepare: Effect.Effect<P, unknown>, steps: {
  readonly run: (prepared: P) => Effect.Effect<A, E>
  readonly check: (prepared: P, exit: Exit.Exit<A, E>) => Effect.Effect<void, unknown>
}) =>
  Interruption.sweep({
    prepare,
    run: steps.run,
    check: (prepared, exits) =>
      Effect.ensuring(
        Effect.gen(function*() {
          for (const exit of exits) {
            if (Exit.isFailure(exit) && !Exit.isInterrupted(exit)) return yield* exit
            yield* steps.check(prepared, exit)
          }
        }),
        Scope.close(prepared.scope, Exit.void)
      )
  })

const onFile = (env: Environment, access: IOProc.Access, prepare = prepared(env)) =>
  Effect.gen(function*() {
    const given = yield* prepare
    return { ...given, file: yield* Scope.extend(env.open(given.name, { access }), given.scope) }
  })

const onHandle = (env: Environment, access: IOProc.Access, buffer: number | "none", prepare = prepared(env)) =>
  Effect.gen(function*() {
    const given = yield* prepare
    return {
      ...given,
      file: yield* Scope.extend(env.handle<IOProc.Access>(given.name, { access, buffer }), given.scope)
    }
  })

/** A handle of an access that only the caller knows. */
type Handle = Mmio.Handle

const readable = (file: Handle) => file as Mmio.ReadHandle
const writable = (file: Handle) => file as Mmio.WriteHandle

/** An interrupted read moved by what it gave, or not at all, and writes into its block no more. */
const afterRead = (file: IOProc.File, target: Uint8Array, bytes: Uint8Array) =>
  Effect.gen(function*() {
    const at = yield* positionOf(file)
    holds(at <= target.length, `the position is ${at} after an interrupted read of ${target.length}`)
    sameBytes(target.subarray(0, at), bytes.subarray(0, at), "what was read before the interruption")
    target.fill(0xee)
    yield* pause
    holds(target.every((byte) => byte === 0xee), "the interrupted read wrote into its block after it had ended")
    sameBytes(yield* readRest(file), bytes.subarray(at), "what is read afterwards")
  })

/** An interrupted write moved by what went down, and writes no more. */
const afterWrite = (env: Environment, file: IOProc.File, { bytes, name }: Given) =>
  Effect.gen(function*() {
    const at = yield* positionOf(file)
    holds(at <= data.length, `the position is ${at} after an interrupted write of ${data.length}`)
    const expected = bytes.slice()
    if (env.can.seek) {
      yield* moveTo(file, 0)
      sameBytes(yield* readUpTo(file, at), data.subarray(0, at), "what the position says was written")
      yield* moveTo(file, 0)
    }
    const other = new Uint8Array(data.length).fill(0x11)
    yield* writeFully(file, other)
    expected.set(other)
    yield* pause
    yield* env.close(file)
    sameBytes(yield* env.contents(name), expected, "what was written after the interruption")
  })

/** Interrupts an effect after it has run for a while, for ever longer whiles. */
const whileItWaits = <A, E>(
  prepare: Effect.Effect<A, unknown>,
  run: (prepared: A) => Effect.Effect<unknown, E>,
  check: (prepared: A) => Effect.Effect<void, unknown>
) =>
  Effect.forEach(
    [0, 1, 2, 3, 5, 8, 20],
    (yields) =>
      Effect.gen(function*() {
        const before = yield* prepare
        const fiber = yield* Effect.fork(run(before))
        for (let i = 0; i < yields; i++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        yield* check(before)
      }),
    { discard: true }
  )

/** @internal */
export const interruption: ReadonlyArray<Definition> = [
  interrupted(
    "an open that is interrupted at any step leaves nothing open",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(prepare, {
          run: ({ name }) =>
            Effect.scoped(Effect.asVoid(Effect.acquireRelease(
              Effect.suspend(() => env.driver.open(request(name, { share: "exclusive" }))),
              (file) => Effect.orDie(file.close)
            ))),
          check: ({ bytes, name }) =>
            Effect.gen(function*() {
              sameBytes(yield* env.contentsAlone(name), bytes, "what the file holds")
            })
        }))
  ),

  interrupted("an open with create that is interrupted at any step leaves all of the file, or none", ["create"], (
    env
  ) =>
    sweep(prepared(env), {
      run: ({ name }) => env.attempt(name, { access: "write", create: true, share: "exclusive" }),
      check: ({ bytes, name }) =>
        Effect.gen(function*() {
          const left = yield* env.contentsAlone(name)
          if (left.length > 0) sameBytes(left, bytes, "what the file holds")
        })
    })),

  interrupted(
    "a read that is interrupted at any step has moved by what it gave, and fills nothing later",
    [],
    (env) =>
      unchanged(
        env,
        (prepare) =>
          sweep(Effect.map(onFile(env, "read", prepare), (prepared) => ({ ...prepared, target: new Uint8Array(30) })), {
            run: ({ file, target }) => Effect.suspend(() => file.read(target)),
            check: ({ bytes, file, target }) => afterRead(file, target, bytes)
          })
      )
  ),

  interrupted(
    "a read that is interrupted while it waits fills nothing later",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        whileItWaits(
          Effect.map(onFile(env, "read", prepare), (prepared) => ({ ...prepared, target: new Uint8Array(30) })),
          ({ file, target }) => Effect.suspend(() => file.read(target)),
          ({ bytes, file, scope, target }) =>
            Effect.ensuring(afterRead(file, target, bytes), Scope.close(scope, Exit.void))
        ))
  ),

  ...(["write", "writeFlush"] as const).flatMap((message) => [
    interrupted(
      `a ${message} that is interrupted at any step has moved by what went down, and writes nothing later`,
      ["write", "seek"],
      (env) =>
        sweep(onFile(env, "readWrite"), {
          run: ({ file }) => Effect.suspend(() => file[message](data)),
          check: (prepared) => afterWrite(env, prepared.file, prepared)
        })
    ),
    interrupted(
      `a ${message} that is interrupted while it waits writes nothing later`,
      ["write", "seek"],
      (env) =>
        whileItWaits(
          onFile(env, "readWrite"),
          ({ file }) => Effect.suspend(() => file[message](data)),
          (prepared) =>
            Effect.ensuring(afterWrite(env, prepared.file, prepared), Scope.close(prepared.scope, Exit.void))
        )
    )
  ]),

  interrupted(
    "a seek that is interrupted at any step is done, or not",
    ["seek"],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(onFile(env, "read", prepare), {
          run: ({ file }) => Effect.suspend(() => file.seek(-20, "end")),
          check: ({ bytes, file }) =>
            Effect.gen(function*() {
              const at = yield* positionOf(file)
              holds(at === 0 || at === bytes.length - 20, `the position is ${at}`)
              sameBytes(yield* readRest(file), bytes.subarray(at), "what is read afterwards")
            })
        }))
  ),

  interrupted(
    "a file that is read in a scope is closed wherever that is interrupted",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(prepare, {
          run: ({ name }) =>
            Effect.scoped(Effect.flatMap(env.open(name, { share: "exclusive" }), (file) => readUpTo(file, 40, 10))),
          check: ({ bytes, name }) =>
            Effect.gen(function*() {
              if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
              sameBytes(yield* env.contents(name), bytes, "what the file holds")
            })
        }))
  ),

  interrupted(
    "a file that is written in a scope is closed wherever that is interrupted",
    ["create"],
    (env) =>
      sweep(unmade(env), {
        run: ({ name }) =>
          Effect.scoped(
            Effect.flatMap(
              env.open(name, { access: "write", create: true, share: "exclusive" }),
              (file) => Effect.zipRight(writeFully(file, data), writeFully(file, data, "writeFlush"))
            )
          ),
        check: (prepared) =>
          Effect.gen(function*() {
            const written = yield* left(env, prepared)
            sameBytes(written, Uint8Array.of(...data, ...data).subarray(0, written.length), "what was written")
          })
      })
  ),

  interrupted(
    "a rename that is interrupted at any step is done, or not",
    ["create", "rename"],
    (env) =>
      sweep(Effect.map(prepared(env), (prepared) => ({ ...prepared, to: env.fresh("renamed") })), {
        run: ({ name, to }) => Effect.suspend(() => env.driver.rename(name, to)),
        check: ({ bytes, name, to }) =>
          Effect.gen(function*() {
            const old = yield* Effect.either(env.contents(name))
            const young = yield* Effect.either(env.contents(to))
            same(Number(Either.isRight(old)) + Number(Either.isRight(young)), 1, "names that the file has")
            sameBytes(
              Either.getOrElse(Either.orElse(old, () => young), () => new Uint8Array(0)),
              bytes,
              "what it holds"
            )
          })
      })
  ),

  interrupted(
    "a remove that is interrupted at any step is done, or not",
    ["create", "remove"],
    (env) =>
      sweep(prepared(env), {
        run: ({ name }) => Effect.suspend(() => env.driver.remove(name)),
        check: ({ bytes, name }) =>
          Effect.gen(function*() {
            const left = yield* Effect.either(env.contents(name))
            if (Either.isRight(left)) sameBytes(left.right, bytes, "what it holds")
          })
      })
  ),

  // ---------------------------------------------------------------------------------------------------------------

  interrupted(
    "Mmio.open that is interrupted at any step leaves nothing open",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(prepare, {
          run: ({ name }) => Effect.scoped(Effect.asVoid(env.handle(name, { share: "exclusive" }))),
          check: ({ name }) => env.can.sharing ? env.attempt(name, { share: "exclusive" }) : env.attempt(name)
        }))
  ),

  ...(["none", 16] as const).map((buffer) =>
    interrupted(
      `Mmio.read, with a buffer of ${buffer}, that is interrupted at any step leaves the position where it was`,
      ["seek"],
      (env) =>
        unchanged(env, (prepare) =>
          sweep(onHandle(env, "read", buffer, prepare), {
            run: ({ file }) => Mmio.read(readable(file), 50),
            check: ({ bytes, file }, exit) =>
              Effect.gen(function*() {
                const at = yield* Mmio.position(file)
                holds(at === 0 || at === 50, `the position is ${at}`)
                if (Exit.isSuccess(exit)) sameBytes(exit.value, bytes.subarray(0, 50), "what was read")
                sameBytes(yield* Mmio.read(readable(file), 200), bytes.subarray(at), "what is read afterwards")
              })
          }))
    )
  ),

  ...(["none", 16] as const).map((buffer) =>
    interrupted(
      `Mmio.write, with a buffer of ${buffer}, that is interrupted at any step can be done again, and nothing is lost`,
      ["write", "seek"],
      (env) =>
        sweep(onHandle(env, "readWrite", buffer), {
          run: ({ file }) =>
            Effect.zipRight(Mmio.write(writable(file), data), Mmio.write(writable(file), data.subarray(0, 20))),
          check: ({ bytes, file, name }) =>
            Effect.gen(function*() {
              const whole = Uint8Array.of(...data, ...data.subarray(0, 20))
              const at = yield* Mmio.position(file)
              holds([0, 30, 50].includes(at), `the position is ${at}`)
              yield* Mmio.writeAll(writable(file), whole.subarray(at))
              yield* Mmio.close(file)
              sameBytes(yield* env.contents(name), Uint8Array.of(...whole, ...bytes.subarray(50)), "what it holds")
            })
        })
    )
  ),

  interrupted("Mmio.flush that is interrupted at any step can be done again, and nothing is lost", [
    "write",
    "seek"
  ], (env) =>
    sweep(Effect.tap(onHandle(env, "readWrite", 64), ({ file }) => Mmio.writeAll(writable(file), data)), {
      run: ({ file }) => Mmio.flush(file),
      check: ({ bytes, file, name }) =>
        Effect.gen(function*() {
          same(yield* Mmio.position(file), 30, "the position")
          yield* Mmio.close(file)
          sameBytes(yield* env.contents(name), Uint8Array.of(...data, ...bytes.subarray(30)), "what it holds")
        })
    })),

  interrupted(
    "a scope that is interrupted at any step flushes and closes its handle",
    ["create"],
    (env) =>
      sweep(unmade(env), {
        run: ({ name }) =>
          Effect.scoped(
            Effect.flatMap(
              env.handle(name, { access: "write", create: true, share: "exclusive", buffer: 16 }),
              (file) =>
                Effect.zipRight(Mmio.writeAll(file, data.subarray(0, 10)), Mmio.writeAll(file, data.subarray(10)))
            )
          ),
        check: (prepared, exit) =>
          Effect.gen(function*() {
            const written = yield* left(env, prepared)
            if (Exit.isSuccess(exit)) same(written.length, data.length, "bytes written without interruption")
            sameBytes(written, data.subarray(0, written.length), "what was written")
          })
      })
  )
]
