/** Writers of one object, which all have read it before the first of them commits. */
import { IOProc, Mmio } from "@effect-mmio/core"
import { Effect } from "effect"
import { text } from "./storage.js"

/**
 * How many of the writers succeed; the others have to fail with `VersionChanged`. Each makes the count in the object
 * one more, and adds a line with its number.
 */
export const round = (storage: IOProc.IOProc, name: string, writers: number) =>
  Effect.gen(function*() {
    const haveRead = yield* Effect.makeLatch()
    let reading = writers
    const writer = (id: number) =>
      Effect.provideService(
        Mmio.withFile(name, { access: "readWrite" }, (file) =>
          Effect.gen(function*() {
            const count = Number(new TextDecoder().decode(yield* Mmio.read(file, 8)))
            if (--reading === 0) yield* haveRead.open
            yield* haveRead.await
            yield* Mmio.seek(file, 0)
            yield* Mmio.writeAll(file, text(`${count + 1}`.padEnd(8)))
            yield* Mmio.seek(file, 8 + 4 * count)
            yield* Mmio.writeAll(file, text(`${String(id).padStart(3)}\n`))
          })),
        IOProc.IOProc,
        storage
      )
    const outcomes = yield* Effect.forEach(Array.from({ length: writers }, (_, id) => id), (id) =>
      Effect.either(writer(id)), {
      concurrency: "unbounded"
    })
    const failures = outcomes.flatMap((one) =>
      one._tag === "Left" ? [one.left._tag] : []
    )
    return { won: writers - failures.length, failures: new Set(failures) }
  })

/** What the object begins with. */
export const begin: Uint8Array = text("0".padEnd(8))

/** What the object has to be after so many rounds: a line for each. */
export const isComplete = (bytes: Uint8Array, rounds: number): boolean => {
  const content = new TextDecoder().decode(bytes)
  return Number(content.slice(0, 8)) === rounds && content.length === 8 + 4 * rounds &&
    /^( *\d+\n)*$/.test(content.slice(8))
}
