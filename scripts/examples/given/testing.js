/** What the README of `@effect-mmio/testing` leaves to the reader. */
import { IOProc, Mmio } from "@effect-mmio/core"
import { Effect, Struct } from "effect"

/** Its program with the line that makes it right. */
export const save = (bytes) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.open("song.new", { access: "write", create: true })
    yield* Mmio.writeAll(file, bytes)
    yield* Mmio.flush(file)
    yield* Mmio.rename("song.new", "song.wav")
  }))

/** A driver that finds no temporary names, and has no sharing modes. */
export const driver = (below) =>
  IOProc.make({
    ...Struct.omit(below, "tempName"),
    open: (request) => below.open({ ...request, share: "compat" })
  })

export const reader = IOProc.readOnly
