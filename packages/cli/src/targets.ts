/**
 * Files that a command makes: what exists is kept unless it is to be replaced, and is replaced as a whole or not at
 * all.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as NodeIOProc from "@effect-mmio/platform-node/NodeIOProc"
import * as Effect from "effect/Effect"
import { type FileError, usage } from "./failure.js"
import { withNamed } from "./names.js"
import type { Output } from "./output.js"
import { remark } from "./remarks.js"

const toStandardOutput = <A, E, R>(
  write: (target: Mmio.Handle<"write">) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, R> =>
  process.stdout.isTTY === true
    ? Effect.fail(usage("This would write bytes to the terminal: name a file, or a pipe"))
    : Effect.scoped(
      Effect.gen(function*() {
        const file = yield* NodeIOProc.fromFd(1, { access: "write", name: "standard output" })
        const target = yield* Mmio.fromFile(file, { access: "write", name: "standard output" })
        const result = yield* write(target)
        yield* Mmio.close(target)
        return result
      })
    )

/**
 * Runs an effect that writes a new file; `-` is standard output. The name has the new content once it succeeds, and the
 * old one before.
 */
export const withTarget = <A, E, R>(
  text: string,
  force: boolean,
  write: (target: Mmio.Handle<"write">) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, Exclude<R, IOProc.IOProc> | Output | R> =>
  text === "-" ? toStandardOutput(write) : withNamed(text, "write", (located) => {
    const { ioProc, name } = located
    const replacing = ioProc.capabilities.atomicRename ? IOProc.commitOnClose(ioProc) : ioProc
    return Effect.zipLeft(
      Effect.provideService(
        Mmio.withFile(name, { access: "write", create: force ? true : "new" }, write),
        IOProc.IOProc,
        replacing
      ),
      remark(located)
    )
  })
