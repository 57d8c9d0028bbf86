import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Api from "../TestIOProc.js"

/** A message without its number: that of each member of the union, which `Omit` alone would lose. */
type Unnumbered<M> = M extends Api.Message ? Omit<M, "index"> : never

const outcomeOf = <A, B, E extends { readonly _tag: string }>(
  exit: Exit.Exit<A, E>,
  show: (value: A) => B
): Api.Outcome<B, E> =>
  Exit.match(exit, {
    onSuccess: (value): Api.Outcome<B, E> => ({ _tag: "Success", value: show(value) }),
    onFailure: (cause): Api.Outcome<B, E> => {
      const [error] = Cause.failures(cause)
      if (error !== undefined) {
        // TypeScript leaves the conditional type of an E open: the tag of an E is what it is resolved to.
        return { _tag: "Failure", error: error._tag } as Api.Outcome<B, E>
      }
      return Cause.isInterrupted(cause) ? { _tag: "Interrupted" } : { _tag: "Died" }
    }
  })

const same = <A>(value: A): A => value

/** @internal */
export const make = (
  memory: MemoryIOProc.MemoryIOProc,
  logLimit = 10_000,
  leaked: (files: ReadonlyArray<Api.OpenFile>) => Api.FilesLeftOpen
): Api.TestIOProc => {
  const log: Array<Api.Message> = []
  const openFiles = new Map<number, Api.OpenFile>()
  let messages = 0
  let opened = 0

  const note = (message: Unnumbered<Api.Message>) => {
    log.push({ ...message, index: messages++ })
    // In bulk: taking the first of a long array away moves all of the others.
    if (log.length >= 2 * logLimit) log.splice(0, log.length - logLimit)
  }
  const noting = <A, B, E extends { readonly _tag: string }>(
    call: Effect.Effect<A, E>,
    show: (value: A) => B,
    message: (outcome: Api.Outcome<B, E>) => Unnumbered<Api.Message>
  ): Effect.Effect<A, E> => Effect.onExit(call, (exit) => Effect.sync(() => note(message(outcomeOf(exit, show)))))

  const fileOf = (file: IOProc.File, id: number, name: string): IOProc.File => ({
    read: (target) =>
      noting(
        file.read(target),
        same,
        (outcome) => ({ _tag: "read", file: id, name, length: target.length, outcome })
      ),
    write: (source) =>
      noting(
        file.write(source),
        same,
        (outcome) => ({ _tag: "write", file: id, name, length: source.length, outcome })
      ),
    writeFlush: (source) =>
      noting(
        file.writeFlush(source),
        same,
        (outcome) => ({ _tag: "writeFlush", file: id, name, length: source.length, outcome })
      ),
    seek: (offset, from) =>
      noting(file.seek(offset, from), same, (outcome) => ({ _tag: "seek", file: id, name, offset, from, outcome })),
    close: Effect.zipRight(
      // A file that could not be closed is closed all the same.
      Effect.sync(() => openFiles.delete(id)),
      noting(file.close, same, (outcome) => ({ _tag: "close", file: id, name, outcome }))
    ),
    onMessage: (message) => file.onMessage(message)
  })

  const driver = IOProc.make({
    open: (request) =>
      Effect.suspend(() => {
        const { access, create, name: { full: name }, share } = request
        return Effect.map(
          noting(
            Effect.map(memory.open(request), (file) => {
              const id = ++opened
              openFiles.set(id, { id, name, access, share })
              return { id, file }
            }),
            ({ id }) => id,
            (outcome) => ({ _tag: "open", name, access, create, share, outcome })
          ),
          ({ file, id }) => fileOf(file, id, name)
        )
      }),
    rename: (from, to) =>
      noting(memory.rename(from, to), same, (outcome) => ({ _tag: "rename", from: from.full, to: to.full, outcome })),
    remove: (name) => noting(memory.remove(name), same, (outcome) => ({ _tag: "remove", name: name.full, outcome })),
    exists: (name) => noting(memory.exists(name), same, (outcome) => ({ _tag: "exists", name: name.full, outcome })),
    fullName: (name) =>
      noting(
        memory.fullName(name),
        ({ full }) => full,
        (outcome) => ({ _tag: "fullName", name: name.full, outcome })
      ),
    tempName: (request) =>
      noting(memory.tempName(request), ({ full }) => full, (outcome) => ({ _tag: "tempName", request, outcome }))
  })

  return {
    ...memory,
    ...driver,
    contents: Effect.flatMap(memory.files, (names) =>
      // A file of this list can only be gone by a change in between, and there is none in one step.
      Effect.map(
        Effect.forEach(
          names,
          (name) => Effect.map(Effect.orDie(memory.bytes(name)), (bytes) => [name, bytes] as const)
        ),
        Object.fromEntries
      )),
    openFiles: Effect.sync(() => [...openFiles.values()]),
    log: Effect.sync(() => log.slice(-logLimit)),
    clearLog: Effect.sync(() => {
      log.length = 0
    }),
    assertNoLeaks: Effect.suspend(() =>
      openFiles.size === 0 ? Effect.void : Effect.fail(leaked([...openFiles.values()]))
    )
  }
}
