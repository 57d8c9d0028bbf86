/** What the README of `@effect-mmio/testing` leaves to the reader: its program with the line that makes it right. */
import { Mmio } from "@effect-mmio/core"
import { Effect } from "effect"

export const save = (bytes) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* Mmio.open("song.new", { access: "write", create: true })
    yield* Mmio.writeAll(file, bytes)
    yield* Mmio.flush(file)
    yield* Mmio.rename("song.new", "song.wav")
  }))
