/**
 * A driver that goes wrong as an engine decides.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as Api from "../Fault.js"
import { type Call, type Engine, untouched } from "./fault.js"
import * as Errors from "./faultErrno.js"

const after = <A, E>(wait: Effect.Effect<void> | undefined, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  wait === undefined ? effect : Effect.zipRight(wait, effect)

/** A call that transfers no bytes. */
const calling = <A, E, E2>(
  engine: Engine,
  call: Call,
  run: () => Effect.Effect<A, E>,
  error: (errno: Errors.ErrnoName) => E2,
  /** Takes back what `run` gave, where the caller is told that it failed. */
  undo: (value: A) => Effect.Effect<unknown, unknown> = () => Effect.void
): Effect.Effect<A, E | E2> =>
  IOProc.immediate((): Effect.Effect<A, E | E2> => {
    const verdict = engine.decide(call)
    const { failure } = verdict
    if (failure === undefined) return verdict.wait === undefined ? run() : after(verdict.wait, Effect.suspend(run))
    const fail = Exit.fail(error(failure))
    return after(
      verdict.wait,
      verdict.after
        ? Effect.uninterruptible(
          Effect.flatMap(Effect.suspend(run), (value) => Effect.zipRight(Effect.exit(undo(value)), fail))
        )
        : fail
    )
  })

/** @internal */
export const wrap = (engine: Engine, inner: IOProc.IOProc): IOProc.IOProc => {
  const about = (message: Call["message"], ...files: ReadonlyArray<string>): Call => ({ message, files })
  return IOProc.make({
    open: (request) => {
      const file = request.name.full
      return Effect.map(
        calling(
          engine,
          about("open", file),
          () => inner.open(request),
          (errno) => Errors.openError(errno, file),
          // The caller has no file, and so what was opened for it changes nothing more.
          (opened) => opened.abort
        ),
        (opened) => wrapFile(engine, opened, file)
      )
    },
    rename: (from, to) =>
      calling(
        engine,
        about("rename", from.full, to.full),
        () => inner.rename(from, to),
        (errno) => Errors.renameError(errno, "rename", from.full)
      ),
    remove: (name) =>
      calling(
        engine,
        about("remove", name.full),
        () => inner.remove(name),
        (errno) => Errors.renameError(errno, "remove", name.full)
      ),
    exists: (name) =>
      calling(
        engine,
        about("exists", name.full),
        () => inner.exists(name),
        (errno) => Errors.existsError(errno, name.full)
      ),
    fullName: (name) =>
      calling(
        engine,
        about("fullName", name.full),
        () => inner.fullName(name),
        (errno) => Errors.fullNameError(errno, name.full)
      ),
    realName: (name) => inner.realName(name),
    tempName: (request) => {
      const file = request.folder ?? "a temporary file"
      return calling(
        engine,
        about("tempName", file),
        () => inner.tempName(request),
        (errno) => Errors.tempNameError(errno, file)
      )
    },
    stat: (name) =>
      calling(
        engine,
        about("stat", name.full),
        () => inner.stat(name),
        (errno) => Errors.statError(errno, name.full)
      ),
    list: (folder) =>
      Stream.suspend(() => {
        const verdict = engine.decide(about("list", folder.full))
        const fail = verdict.failure === undefined
          ? Stream.empty
          : Stream.fail(Errors.listError(verdict.failure, folder.full))
        const waited = verdict.wait === undefined ? Stream.empty : Stream.execute(verdict.wait)
        const listed = verdict.failure === undefined || verdict.after ? inner.list(folder) : Stream.empty
        return Stream.concat(waited, Stream.concat(listed, fail))
      }),
    makeFolder: (name) =>
      calling(
        engine,
        about("makeFolder", name.full),
        () => inner.makeFolder(name),
        (errno) => Errors.folderError(errno, "makeFolder", name.full)
      ),
    removeFolder: (name) =>
      calling(
        engine,
        about("removeFolder", name.full),
        () => inner.removeFolder(name),
        (errno) => Errors.folderError(errno, "removeFolder", name.full)
      ),
    find: (code) => Option.map(inner.find(code), (driver) => wrap(engine, driver)),
    capabilities: inner.capabilities,
    middleware: ["fault", ...inner.middleware]
  })
}

const wrapFile = (engine: Engine, inner: IOProc.File, name: string): IOProc.File => {
  const files = [name]
  const self = {}
  engine.open.set(self, name)

  /** A call that nothing happens to is the inner one, whichever way that answers. */
  const transfer = <E, E2>(
    call: Call,
    bytes: Uint8Array,
    run: (bytes: Uint8Array) => Effect.Effect<number, E>,
    error: (errno: Errors.ErrnoName) => E2
  ): Effect.Effect<number, E | E2> =>
    IOProc.immediate((): Effect.Effect<number, E | E2> => {
      const verdict = engine.decide({ ...call, length: bytes.length })
      const entry = engine.log?.at(-1)
      if (verdict === untouched && entry === undefined) return run(bytes)
      const { damage, failure, limit, reserved, settle, wait } = verdict
      if (failure !== undefined && !verdict.after) return after(wait, Exit.fail(error(failure)))
      const part = limit < bytes.length ? bytes.subarray(0, limit) : bytes
      // The bytes of a writer are the writer's: a copy is damaged.
      const given = damage.length > 0 && call.message === "writeAt" ? new Uint8Array(part) : part
      if (given !== part) damage.forEach((f) => f(given))
      const noted = Effect.onExit(
        after(wait, Effect.suspend(() => run(given))),
        (exit) =>
          Effect.sync(() => {
            const count = Exit.isSuccess(exit) ? exit.value : 0
            if (entry !== undefined) entry.transferred = count
            if (reserved > 0) engine.free(reserved - count)
            if (call.message === "readAt") damage.forEach((f) => f(given.subarray(0, count)))
            settle.forEach((f) => f(count))
          })
      )
      return failure === undefined ? noted : Effect.zipRight(noted, Exit.fail(error(failure)))
    })

  const { truncate, writeAt } = inner
  return IOProc.wrapFile(inner, {
    size: calling(engine, { message: "size", files }, () => inner.size, (errno) => Errors.sizeError(errno, name)),
    readAt: (position, target) =>
      transfer(
        { message: "readAt", files, at: position },
        target,
        (bytes) => inner.readAt(position, bytes),
        (errno) => Errors.readError(errno, name, position)
      ),
    writeAt: writeAt && ((position, source, mode) =>
      transfer<MmioError.WriteError, MmioError.WriteError>(
        { message: "writeAt", files, at: position, mode },
        source,
        (bytes) => writeAt.call(inner, position, bytes, mode),
        (errno) => Errors.writeError(errno, "writeAt", name, position)
      )),
    truncate: truncate && ((size) =>
      calling<void, MmioError.WriteError, MmioError.WriteError>(
        engine,
        { message: "truncate", files },
        () => truncate.call(inner, size),
        (errno) => Errors.writeError(errno, "truncate", name, size)
      )),
    commit: calling<void, MmioError.CommitError, MmioError.WriteError>(
      engine,
      { message: "commit", files },
      () => inner.commit,
      (errno) => Errors.writeError(errno, "commit", name, undefined)
    ),
    // Closing releases the file in every case: a close that does not come to the storage aborts.
    close: Effect.suspend(() => {
      const { after: isLost, failure, wait = Effect.void } = engine.decide({ message: "close", files })
      const released = <E>(how: () => Effect.Effect<void, E>): Effect.Effect<void, E> =>
        Effect.suspend(() => {
          engine.open.delete(self)
          return how()
        })
      const close = released(() => inner.close)
      const abort = released(() => inner.abort)
      const waited = Effect.onInterrupt(wait, () => abort)
      if (failure === undefined) return Effect.zipRight(waited, close)
      const fail = Effect.fail(Errors.closeError(failure, name))
      return Effect.zipRight(waited, Effect.zipRight(isLost ? Effect.exit(close) : abort, fail))
    }),
    abort: Effect.suspend(() => {
      engine.open.delete(self)
      return inner.abort
    })
  })
}

/** Says that no rule of the plan in force fired, where that is so. @internal */
export const warnIfIdle = (engine: Engine): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!engine.isIdle) return Effect.void
    const seen = [...engine.seen].map(([message, count]) => `${count} ${message}`).join(", ")
    return Effect.logWarning(`Fault: no rule of the plan fired; the calls were ${seen === "" ? "none" : seen}`)
  })

/** @internal */
export const serviceOf = (engine: Engine): Api.Faults => ({
  calls: Effect.sync(() => engine.calls),
  fired: Effect.sync(() => engine.fired.slice()),
  unfired: Effect.sync(() => engine.unfired),
  free: (bytes = Infinity) =>
    Effect.sync(() => {
      engine.free(bytes)
    }),
  release: Effect.sync(() => {
    engine.release()
  }),
  disarm: Effect.sync(() => {
    engine.disarm()
  }),
  arm: (plan) =>
    Effect.zipRight(
      warnIfIdle(engine),
      Effect.sync(() => {
        engine.arm(plan)
      })
    )
})
