/**
 * Law 3, through handles: interruption at every step.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { holds, same, sameBytes } from "./check.js"
import { define, type Definition } from "./definition.js"
import { joined } from "./environment.js"
import { data, left, missing, onHandle, readable, sweep, unchanged, writable } from "./sweeps.js"

const interrupted = define("interruption")

/** @internal */
export const handleInterruption: ReadonlyArray<Definition> = [
  interrupted(
    "Mmio.open that is interrupted at any step leaves nothing open",
    [],
    (env) =>
      unchanged(env, (prepare) =>
        sweep(env, prepare, {
          run: ({ name }) => Effect.scoped(Effect.asVoid(env.handle(name, { share: "exclusive" }))),
          check: ({ name }) => env.can.sharing ? env.attempt(name, { share: "exclusive" }) : env.attempt(name)
        }))
  ),

  ...(["none", 16] as const).map((buffer) =>
    interrupted(
      `Mmio.read, with a buffer of ${buffer}, that is interrupted at any step leaves the position where it was`,
      ["randomAccess"],
      (env) =>
        unchanged(env, (prepare) =>
          sweep(env, onHandle(env, "read", buffer, prepare), {
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
      ["write", "randomAccess"],
      (env) =>
        sweep(env, onHandle(env, "readWrite", buffer), {
          run: ({ file }) =>
            Effect.zipRight(Mmio.write(writable(file), data), Mmio.write(writable(file), data.subarray(0, 20))),
          check: ({ bytes, file, name }) =>
            Effect.gen(function*() {
              const whole = joined(data, data.subarray(0, 20))
              const at = yield* Mmio.position(file)
              holds([0, 30, 50].includes(at), `the position is ${at}`)
              yield* Mmio.writeAll(writable(file), whole.subarray(at))
              yield* Mmio.close(file)
              sameBytes(yield* env.contents(name), joined(whole, bytes.subarray(50)), "the content")
            })
        })
    )
  ),

  interrupted(
    "Mmio.flush that is interrupted at any step can be done again, and nothing is lost",
    [
      "write",
      "randomAccess"
    ],
    (env) =>
      sweep(env, Effect.tap(onHandle(env, "readWrite", 64), ({ file }) => Mmio.writeAll(writable(file), data)), {
        run: ({ file }) => Mmio.flush(file),
        check: ({ bytes, file, name }) =>
          Effect.gen(function*() {
            same(yield* Mmio.position(file), 30, "the position")
            yield* Mmio.close(file)
            sameBytes(yield* env.contents(name), joined(data, bytes.subarray(30)), "the content")
          })
      })
  ),

  interrupted(
    "a scope that is interrupted at any step ends its handle",
    ["create"],
    (env) =>
      sweep(env, missing(env), {
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
            if (env.can.commit === "onClose") {
              holds([0, data.length].includes(written.length), "a part of a content was committed")
            }
            sameBytes(written, data.subarray(0, written.length), "what was written")
          })
      })
  )
]
