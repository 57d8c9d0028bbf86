/**
 * Mistakes against laws 6 to 8.
 */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option } from "effect"
import { commitsOnClose, error, files, memory, type Mistake, mistake, onClose, storage, writers } from "./make.js"

export const commits: ReadonlyArray<Mistake> = [
  mistake(
    "middleware that says nothing of it tries a read again",
    "a file reports a read that fails synchronously once, as it came, and goes on",
    memory,
    {
      around: IOProc.mapFile((file) => ({
        ...file,
        readAt: (position, target) => Effect.orElse(file.readAt(position, target), () => file.readAt(position, target))
      }))
    }
  ),
  mistake(
    "middleware swallows a failed write",
    "a file reports a write that fails by a callback once, as it came, and goes on",
    memory,
    {
      around: IOProc.mapFile((file) => {
        const { writeAt } = file
        return {
          ...file,
          writeAt: writeAt && ((position, source, mode) =>
            position < 0
              ? writeAt(position, source, mode)
              : Effect.orElseSucceed(writeAt(position, source, mode), () => source.length))
        }
      })
    }
  ),
  mistake(
    "middleware makes another error of a failure",
    "a handle reports a call that fails as an effect once, as it came, and goes on",
    memory,
    {
      around: IOProc.mapFile((file, { name }) => ({
        ...file,
        readAt: (position, target) =>
          Effect.mapError(file.readAt(position, target), () => new MmioError.CannotRead(error(name.full)))
      }))
    }
  ),
  mistake(
    "readers see what is not committed",
    "other readers see the old content until close, and then the new one",
    memory,
    { capabilities: { commit: "onClose" } }
  ),
  mistake(
    "writeFlush commits",
    "writeFlush does not show what is not committed",
    writers((file, write) => ({
      writeAt: (position, source, mode) =>
        Effect.zipLeft(write(position, source, mode), mode === "writeFlush" ? Effect.ignore(file.commit) : Effect.void)
    }), onClose),
    commitsOnClose
  ),
  mistake(
    "abort commits",
    "abort leaves the old content",
    files((file) => ({ abort: Effect.ignore(file.close) }), onClose),
    commitsOnClose
  ),
  mistake(
    "abort drops what was committed",
    "abort leaves the content of the last commit",
    storage((driver) => ({
      open: (request) =>
        Effect.zipWith(
          Effect.option(driver.bytes(request.name.full)),
          driver.open(request),
          (old, file): IOProc.File => ({
            ...file,
            abort: Effect.zipRight(
              file.abort,
              Option.match(old, {
                onNone: () => Effect.void,
                onSome: (bytes) => Effect.ignore(driver.put(request.name.full, bytes))
              })
            )
          })
        )
    }), onClose),
    commitsOnClose
  ),
  mistake(
    "close does not commit",
    "other readers see the old content until close, and then the new one",
    files((file) => ({ close: file.abort }), onClose),
    commitsOnClose
  ),
  mistake(
    "commit does nothing",
    "other readers see the new content after commit, and the file goes on",
    files(() => ({ commit: Effect.void }), onClose),
    commitsOnClose
  ),
  mistake(
    "a commit takes two steps",
    "a commit that is interrupted at any step leaves the old content or the new one",
    storage((driver) => ({
      open: (request) =>
        Effect.map(driver.open(request), (file): IOProc.File => ({
          ...file,
          commit: request.access === "read" ? file.commit : Effect.gen(function*() {
            yield* file.commit
            const bytes = yield* Effect.orDie(driver.bytes(request.name.full))
            yield* Effect.orDie(driver.put(request.name.full, bytes.subarray(0, 1)))
            yield* Effect.yieldNow()
            yield* Effect.orDie(driver.put(request.name.full, bytes))
          })
        }))
    }), onClose),
    commitsOnClose
  ),
  mistake(
    "a commit writes over what another one committed",
    "a commit over a content that was changed is VersionChanged, and keeps that content",
    storage((driver) => ({
      open: (request) =>
        Effect.map(driver.open(request), (file): IOProc.File => {
          const { writeAt } = file
          let written = new Uint8Array(0)
          return {
            ...file,
            writeAt: writeAt && ((position, source, mode) =>
              Effect.tap(writeAt(position, source, mode), () =>
                Effect.sync(() => {
                  written = source.slice()
                }))),
            commit: Effect.catchTag(
              file.commit,
              "VersionChanged",
              () => Effect.orDie(driver.put(request.name.full, written))
            )
          }
        })
    }), onClose),
    commitsOnClose
  ),
  mistake(
    "ifVersion is ignored",
    "ifVersion opens the content of that version, and no other",
    storage((driver) => ({ open: (request) => driver.open({ ...request, ifVersion: Option.none() }) }))
  ),
  mistake(
    "the version of a content never changes",
    "a content keeps its version, and a changed content has another",
    files(() => ({ version: Option.some("1") }))
  ),
  mistake(
    "stat says another version",
    "stat says the version of the content",
    storage((driver) => ({
      stat: (name) => Effect.map(driver.stat(name), (stat) => ({ ...stat, version: Option.some("0") }))
    }))
  ),
  mistake(
    "a file claims to commit on close, and is written in place",
    "the capabilities of a file are what the file does",
    files((file) => ({ capabilities: { ...file.capabilities, commit: "onClose" } }))
  ),
  mistake(
    "a file has no truncate, and claims to have it",
    "the capabilities of a file are what the file does",
    files(() => ({ truncate: undefined }))
  ),
  mistake(
    "a file claims to go forward only",
    "the capabilities of a file are what the file does",
    files((file) => ({ capabilities: { ...file.capabilities, forwardOnly: true } }))
  ),
  mistake(
    "a storage with list does not claim it",
    "the capabilities of the storage are what it does",
    storage((driver) => ({ capabilities: { ...driver.capabilities, list: false } }))
  ),
  mistake(
    "a file claims to be concurrent, and has one cursor",
    "concurrent reads return the right bytes where a file allows them",
    files((file) => {
      let cursor = 0
      return {
        readAt: (position, target) =>
          position < 0 ? file.readAt(position, target) : Effect.suspend(() => {
            cursor = position
            return Effect.zipRight(Effect.yieldNow(), Effect.suspend(() => file.readAt(cursor, target)))
          })
      }
    })
  ),
  mistake(
    "truncate leaves the bytes that it cut off",
    "truncate to a larger size adds zeros",
    files((file) => {
      const { truncate } = file
      const cut = new Map<number, Uint8Array>()
      return {
        truncate: truncate && ((size) =>
          Effect.gen(function*() {
            const before = yield* Effect.orDie(file.size)
            const rest = new Uint8Array(Math.max(0, before - size))
            if (size >= 0 && rest.length > 0) yield* Effect.ignore(file.readAt(size, rest))
            cut.set(size, rest)
            yield* truncate(size)
            const old = cut.get(before)
            if (old !== undefined && size > before) {
              yield* Effect.ignore(file.writeAt?.(before, old, "write") ?? Effect.void)
            }
          }))
      }
    })
  ),
  mistake(
    "truncate does not make a file longer",
    "truncate to a larger size adds zeros",
    files((file) => {
      const { truncate } = file
      return {
        truncate: truncate &&
          ((size) => Effect.flatMap(Effect.orDie(file.size), (before) => size > before ? Effect.void : truncate(size)))
      }
    })
  ),
  mistake(
    "a negative size is taken for 0",
    "truncate to a negative size is refused, and changes nothing",
    files(({ truncate }) => ({ truncate: truncate && ((size) => truncate(Math.max(0, Math.floor(size)))) }))
  ),
  mistake(
    "rename copies, in two steps, and claims to be atomic",
    "rename in one step shows the one file or the other",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.gen(function*() {
          const replaced = yield* driver.exists(to).pipe(Effect.orElseSucceed(() => false))
          if (replaced && from.full !== to.full) {
            yield* driver.remove(to)
            yield* Effect.yieldNow()
            yield* Effect.yieldNow()
          }
          yield* driver.rename(from, to)
        })
    }))
  )
]
