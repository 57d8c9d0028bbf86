/**
 * Law 3: interruption at every step, and while a call waits.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import {
  type Environment,
  type Given,
  joined,
  overwritten,
  pause,
  readRest,
  readUpTo,
  write,
  writeFully,
  zeros
} from "./environment.js"
import { data, left, missing, onFile, prepared, sweep, unchanged, whileItWaits } from "./sweeps.js"

const interrupted = define("interruption")

/** The target of an interrupted read belongs to the caller, and the file goes on. */
const afterRead = (file: IOProc.File, target: Uint8Array, bytes: Uint8Array) =>
  Effect.gen(function*() {
    target.fill(0xee)
    yield* pause
    holds(target.every((byte) => byte === 0xee), "the interrupted read wrote into its target after it had ended")
    sameBytes(yield* readRest(file), bytes, "what is read afterwards")
  })

/** An interrupted write has written its bytes from the first on, up to one of them, and writes no more. */
const afterWrite = (env: Environment, file: IOProc.File, { bytes, name }: Given) =>
  Effect.gen(function*() {
    const read = yield* readRest(file)
    let count = 0
    while (count < data.length && read[count] === data[count]) count++
    sameBytes(read, overwritten(bytes, 0, data.subarray(0, count)), "what the interrupted write left")
    yield* pause
    sameBytes(yield* readRest(file), read, "what the interrupted write left, a while later")
    const other = new Uint8Array(data.length).fill(0x11)
    yield* writeFully(file, 0, other)
    yield* pause
    yield* env.close(file)
    sameBytes(yield* env.contents(name), overwritten(bytes, 0, other), "what was written after the interruption")
  })

/** @internal */
export const interruption: ReadonlyArray<Definition> = [
  interrupted(
    "an open that is interrupted at any step leaves nothing open",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(env, prepare, {
          run: ({ name }) =>
            Effect.scoped(Effect.asVoid(Effect.acquireRelease(
              Effect.suspend(() => env.driver.open(IOProc.openRequest(name, { share: "exclusive" }))),
              (file) => Effect.orDie(file.close)
            ))),
          check: ({ bytes, name }) =>
            Effect.gen(function*() {
              sameBytes(yield* env.contentsAlone(name), bytes, "the content")
            })
        }))
  ),

  interrupted("an open with create that is interrupted at any step leaves all of the file, or none", ["create"], (
    env
  ) =>
    sweep(env, prepared(env), {
      run: ({ name }) => env.attempt(name, { access: "write", create: "truncate", share: "exclusive" }),
      check: ({ bytes, name }) =>
        Effect.gen(function*() {
          const left = yield* env.contentsAlone(name)
          if (left.length > 0) sameBytes(left, bytes, "the content")
        })
    })),

  interrupted(
    "a read that is interrupted at any step fills nothing later",
    ["randomAccess"],
    (env) =>
      unchanged(
        env,
        (prepare) =>
          sweep(
            env,
            Effect.map(onFile(env, "read", prepare), (prepared) => ({ ...prepared, target: new Uint8Array(30) })),
            {
              run: ({ file, target }) => Effect.suspend(() => file.readAt(0, target)),
              check: ({ bytes, file, target }) => afterRead(file, target, bytes)
            }
          )
      )
  ),

  interrupted(
    "a read that is interrupted while it waits fills nothing later",
    ["randomAccess"],
    (env) =>
      unchanged(env, (prepare) =>
        whileItWaits(
          Effect.map(onFile(env, "read", prepare), (prepared) => ({ ...prepared, target: new Uint8Array(30) })),
          ({ file, target }) => Effect.suspend(() => file.readAt(0, target)),
          ({ bytes, file, scope, target }) =>
            Effect.ensuring(afterRead(file, target, bytes), Scope.close(scope, Exit.void))
        ))
  ),

  ...(["write", "writeFlush"] as const).flatMap((mode) => [
    interrupted(
      `a ${mode} that is interrupted at any step writes nothing later`,
      ["write", "randomAccess"],
      (env) =>
        sweep(env, onFile(env, "readWrite"), {
          run: ({ file }) => write(file, 0, data, mode),
          check: (prepared) => afterWrite(env, prepared.file, prepared)
        })
    ),
    interrupted(
      `a ${mode} that is interrupted while it waits writes nothing later`,
      ["write", "randomAccess"],
      (env) =>
        whileItWaits(
          onFile(env, "readWrite"),
          ({ file }) => write(file, 0, data, mode),
          (prepared) =>
            Effect.ensuring(afterWrite(env, prepared.file, prepared), Scope.close(prepared.scope, Exit.void))
        )
    )
  ]),

  interrupted(
    "a size that is interrupted at any step changes nothing",
    ["randomAccess"],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(env, onFile(env, "read", prepare), {
          run: ({ file }) => Effect.suspend(() => file.size),
          check: ({ bytes, file }, exit) =>
            Effect.gen(function*() {
              if (Exit.isSuccess(exit)) same(exit.value, bytes.length, "the size")
              sameBytes(yield* readRest(file), bytes, "what is read afterwards")
            })
        }))
  ),

  interrupted("a truncate that is interrupted at any step is done completely, or not at all", [
    "truncate",
    "create",
    "randomAccess"
  ], (
    env
  ) =>
    sweep(env, onFile(env, "readWrite"), {
      run: ({ file }) => Effect.suspend(() => file.truncate?.(40) ?? Effect.void),
      check: ({ bytes, file, name }, exit) =>
        Effect.gen(function*() {
          const size = yield* file.size
          holds(size === 40 || (Exit.isFailure(exit) && size === bytes.length), `the size is ${size}`)
          yield* env.close(file)
          sameBytes(yield* env.contents(name), bytes.subarray(0, size), "the content")
        })
    })),

  interrupted("a commit that is interrupted at any step leaves the old content or the new one", ["create", "onClose"], (
    env
  ) =>
    sweep(env, Effect.tap(onFile(env, "write"), ({ file }) => writeFully(file, 0, data)), {
      run: ({ file }) => Effect.suspend(() => file.commit),
      check: ({ bytes, file, name }, exit) =>
        Effect.gen(function*() {
          const now = yield* env.contents(name)
          const committed = now[0] === data[0]
          holds(committed || Exit.isFailure(exit), "the commit that succeeded is not seen")
          sameBytes(now, committed ? overwritten(bytes, 0, data) : bytes, "the content")
          yield* env.abort(file)
          sameBytes(yield* env.contents(name), now, "the content after abort")
        })
    })),

  interrupted(
    "a scope that reads a file closes it wherever it is interrupted",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(env, prepare, {
          run: ({ name }) =>
            Effect.scoped(Effect.flatMap(env.open(name, { share: "exclusive" }), (file) => readUpTo(file, 0, 40, 10))),
          check: ({ bytes, name }) =>
            Effect.gen(function*() {
              if (env.can.sharing) yield* env.attempt(name, { share: "exclusive" })
              sameBytes(yield* env.contents(name), bytes, "the content")
            })
        }))
  ),

  interrupted(
    "a scope that writes a file closes it wherever it is interrupted",
    ["create"],
    (env) =>
      sweep(env, missing(env), {
        run: ({ name }) =>
          Effect.scoped(
            Effect.flatMap(
              env.open(name, { access: "write", create: "truncate", share: "exclusive" }),
              (file) => Effect.zipRight(writeFully(file, 0, data), writeFully(file, data.length, data, "writeFlush"))
            )
          ),
        check: (prepared) =>
          Effect.gen(function*() {
            const written = yield* left(env, prepared)
            sameBytes(written, joined(data, data).subarray(0, written.length), "what was written")
          })
      })
  ),

  interrupted(
    "a rename that is interrupted at any step is done completely, or not at all",
    ["create", "rename"],
    (env) =>
      sweep(env, Effect.map(prepared(env), (prepared) => ({ ...prepared, to: env.fresh("renamed") })), {
        run: ({ name, to }) => Effect.suspend(() => env.driver.rename(name, to)),
        check: ({ bytes, name, to }) =>
          Effect.gen(function*() {
            const old = yield* Effect.either(env.contents(name))
            const young = yield* Effect.either(env.contents(to))
            same(Number(Either.isRight(old)) + Number(Either.isRight(young)), 1, "names that the file has")
            sameBytes(
              Either.getOrElse(Either.orElse(old, () => young), () => zeros(0)),
              bytes,
              "the content"
            )
          })
      })
  ),

  interrupted(
    "a remove that is interrupted at any step is done completely, or not at all",
    ["create", "remove"],
    (env) =>
      sweep(env, prepared(env), {
        run: ({ name }) => Effect.suspend(() => env.driver.remove(name)),
        check: ({ bytes, name }) =>
          Effect.gen(function*() {
            const left = yield* Effect.either(env.contents(name))
            if (Either.isRight(left)) sameBytes(left.right, bytes, "the content")
          })
      })
  )
]
