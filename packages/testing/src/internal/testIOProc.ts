import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MemoryIOProc from "@effect-mmio/core/MemoryIOProc"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
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

  /** The same of a call that the storage answers synchronously: so is the call with its note. */
  const notingNow = <A, E extends { readonly _tag: string }>(
    call: () => Effect.Effect<A, E>,
    message: (outcome: Api.Outcome<A, E>) => Unnumbered<Api.Message>
  ): Effect.Effect<A, E> =>
    IOProc.immediate(() => {
      const exit = Effect.runSyncExit(call())
      note(message(outcomeOf(exit, same)))
      return exit
    })

  const fileOf = (inner: IOProc.File, id: number, name: string): IOProc.File => {
    const { truncate, writeAt } = inner
    const about = { file: id, name }
    /** A file that could not be closed is closed all the same. */
    const released = Effect.sync(() => openFiles.delete(id))
    return IOProc.wrapFile(inner, {
      size: noting(inner.size, same, (outcome) => ({ _tag: "size", ...about, outcome })),
      readAt: (position, target) =>
        notingNow(
          () => inner.readAt(position, target),
          (outcome) => ({ _tag: "readAt", ...about, position, length: target.length, outcome })
        ),
      writeAt: writeAt && ((position, source, mode) =>
        notingNow(
          () => writeAt(position, source, mode),
          (outcome) => ({ _tag: "writeAt", ...about, position, length: source.length, mode, outcome })
        )),
      truncate: truncate &&
        ((size) => notingNow(() => truncate(size), (outcome) => ({ _tag: "truncate", ...about, size, outcome }))),
      // Nothing is read ahead here: it is in the log whether the program asked.
      invalidate: noting(
        inner.invalidate ?? Effect.void,
        same,
        (outcome) => ({ _tag: "invalidate", ...about, outcome })
      ),
      commit: noting(inner.commit, same, (outcome) => ({ _tag: "commit", ...about, outcome })),
      close: Effect.zipRight(
        released,
        noting(inner.close, same, (outcome) => ({ _tag: "close", ...about, outcome }))
      ),
      abort: Effect.zipRight(
        released,
        noting(inner.abort, same, (outcome) => ({ _tag: "abort", ...about, outcome }))
      )
    })
  }

  return {
    ...memory,
    open: (request) =>
      Effect.suspend(() => {
        const { name: { full: name }, ...about } = request
        return Effect.map(
          noting(
            Effect.map(memory.open(request), (file) => {
              const id = ++opened
              openFiles.set(id, { id, name, access: about.access, share: about.share })
              return { id, file }
            }),
            ({ id }) => id,
            (outcome) => ({ _tag: "open", name, ...about, outcome })
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
      noting(memory.tempName(request), ({ full }) => full, (outcome) => ({ _tag: "tempName", request, outcome })),
    stat: (name) => noting(memory.stat(name), same, (outcome) => ({ _tag: "stat", name: name.full, outcome })),
    list: (folder) =>
      Stream.suspend(() => {
        let count = 0
        const counted = Stream.mapChunks(memory.list(folder), (entries) => {
          count += entries.length
          return entries
        })
        return Stream.ensuringWith(counted, (exit) =>
          Effect.sync(() => note({ _tag: "list", name: folder.full, outcome: outcomeOf(exit, () => count) })))
      }),
    makeFolder: (name) =>
      typeof name === "string" ? memory.makeFolder(name) : noting(
        memory.makeFolder(name),
        same,
        (outcome) => ({ _tag: "makeFolder", name: name.full, outcome })
      ),
    removeFolder: (name) =>
      noting(memory.removeFolder(name), same, (outcome) => ({ _tag: "removeFolder", name: name.full, outcome })),
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
