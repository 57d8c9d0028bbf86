import type * as PlatformError from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Errno from "../Errno.js"
import * as FileName from "../FileName.js"
import type * as IOProc from "../IOProc.js"
import * as MmioError from "../MmioError.js"
import * as Sharing from "../Sharing.js"
import { Content } from "./content.js"
import { errnoOf } from "./fileSystem/platform.js"
import { immediate } from "./io/answer.js"
import { isPosition } from "./io/copy.js"
import { Permits } from "./io/permits.js"
import { make as makeIOProc, makeFile } from "./ioProc.js"
import { crc32 } from "./riff/edit/crc32.js"

const details = (operation: string, file: string, description: string) => ({
  operation: `KeyValueIOProc.${operation}`,
  file,
  description
})

const originOf = (operation: string, file: string) => (cause: PlatformError.PlatformError): Errno.Origin => ({
  operation: `KeyValueIOProc.${operation}`,
  file,
  cause,
  name: errnoOf(cause)
})

const missing = (operation: string, file: string) =>
  new MmioError.FileNotFound(details(operation, file, "there is no such value"))

const versionOf = (bytes: Uint8Array): string => `${bytes.length}-${crc32(bytes).toString(16)}`

/** @internal */
export const make: Effect.Effect<IOProc.IOProc, never, KeyValueStore.KeyValueStore> = Effect.gen(function*() {
  const store = yield* KeyValueStore.KeyValueStore
  const shares = Sharing.makeTable()
  /** A store has no conditions: between a look at a value and its change no other change of this driver may come. */
  const changes = new Permits(1)

  /**
   * An open file: a content in memory, and the version of the value that it replaces with the next commit, or that
   * there is none.
   */
  const fileOf = (
    content: Content,
    request: IOProc.OpenRequest,
    replaced: Option.Option<string>,
    release: () => void
  ): IOProc.File => {
    const { access, name: { full: name } } = request
    let isOpen = true
    let expected = replaced
    /** Whether there is something to write: a file that is created is written even where it has no bytes. */
    let isChanged = request.create !== "no"
    const end = Effect.sync(() => {
      isOpen = false
      release()
    })
    const why = (otherwise: string) => isOpen ? otherwise : "the file is closed"
    const changing = (
      operation: string,
      position: number,
      change: () => number
    ): Effect.Effect<number, MmioError.WriteError> =>
      immediate((): Exit.Exit<number, MmioError.WriteError> => {
        if (!isOpen || !isPosition(position)) {
          return Exit.fail(
            new MmioError.CannotWrite({ ...details(operation, name, why("a file has no such size")), written: 0 })
          )
        }
        try {
          const count = change()
          isChanged = true
          return Exit.succeed(count)
        } catch (cause) {
          return Exit.fail(
            new MmioError.CannotExpand({
              ...details(operation, name, "there is no memory for that many bytes"),
              position,
              cause
            })
          )
        }
      })
    const commit: Effect.Effect<void, MmioError.CommitError> = Effect.suspend(() => {
      if (!isChanged || access === "read") return Effect.void
      const bytes = content.bytes()
      return changes.with(
        store.getUint8Array(name).pipe(
          Effect.mapError((cause) => Errno.writeError(originOf("commit", name)(cause))),
          Effect.filterOrFail(
            (now) => Option.getEquivalence<string>((a, b) => a === b)(Option.map(now, versionOf), expected),
            () => new MmioError.VersionChanged(details("commit", name, "the value was changed since it was opened"))
          ),
          Effect.zipRight(
            Effect.mapError(store.set(name, bytes), (cause) => Errno.writeError(originOf("commit", name)(cause)))
          ),
          Effect.map(() => {
            expected = Option.some(versionOf(bytes))
            isChanged = false
          })
        )
      )
    })
    return makeFile({
      name,
      size: Effect.suspend(() =>
        isOpen
          ? Effect.succeed(content.size)
          : Effect.fail(new MmioError.CannotSeek(details("size", name, "the file is closed")))
      ),
      readAt: (position, target) =>
        immediate(() =>
          isOpen && access !== "write"
            ? Exit.succeed(content.read(position, target))
            : Exit.fail(new MmioError.CannotRead(details("read", name, why("the file is open for writing only"))))
        ),
      writeAt: access === "read" ?
        undefined :
        (position, source) => changing("write", position, () => content.write(position, source)),
      truncate: access === "read" ?
        undefined :
        (size) =>
          Effect.asVoid(changing("truncate", size, () => {
            content.truncate(size)
            return 0
          })),
      commit,
      close: Effect.uninterruptible(Effect.ensuring(commit, end)),
      abort: end,
      ...Option.match(replaced, { onNone: () => ({}), onSome: (version) => ({ version }) }),
      capabilities: { concurrent: true, locks: "process" }
    })
  }

  const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> => {
    const { access, create, ifVersion, name: { full: name }, share } = request
    const admitted = (
      value: Option.Option<Uint8Array>,
      claim: ReturnType<typeof shares.claim>
    ): Effect.Effect<IOProc.File, MmioError.OpenError> => {
      if (Option.isNone(value) && create === "no") return Effect.fail(missing("open", name))
      if (Option.isSome(value) && create === "new") {
        return Effect.fail(
          new MmioError.CannotOpen({ ...details("open", name, "the value exists"), errno: "EEXIST" })
        )
      }
      const version = Option.map(value, versionOf)
      if (Option.isSome(ifVersion) && Option.getOrNull(version) !== ifVersion.value) {
        return Effect.fail(new MmioError.VersionChanged(details("open", name, "the value has another version")))
      }
      if ("conflict" in claim) {
        return Effect.fail(
          new MmioError.SharingViolation(
            details(
              "open",
              name,
              `another handle has it open for ${claim.conflict.access} as ${claim.conflict.share}`
            )
          )
        )
      }
      const bytes = create === "no" ? Option.getOrElse(value, () => new Uint8Array(0)) : new Uint8Array(0)
      return Effect.succeed(fileOf(new Content(name, bytes), request, version, claim.release))
    }
    return Effect.uninterruptible(Effect.suspend(() => {
      // Claimed before it is read: what a handle that excludes others writes is not missed.
      const claim = shares.claim(name, { access, share })
      return store.getUint8Array(name).pipe(
        Effect.mapError((cause) => Errno.openError(originOf("open", name)(cause), false)),
        Effect.flatMap((value) => admitted(value, claim)),
        Effect.onError(() => Effect.sync(() => "conflict" in claim ? undefined : claim.release()))
      )
    }))
  }

  const exists = (operation: string, name: string) =>
    Effect.map(
      Effect.mapError(store.getUint8Array(name), originOf(operation, name)),
      Option.isSome
    )
  const inUse = (operation: string, name: string) =>
    shares.claims(name).length === 0
      ? Effect.void
      : Effect.fail(new MmioError.SharingViolation(details(operation, name, "a handle has it open")))

  return makeIOProc({
    open,
    exists: (name) => Effect.mapError(exists("exists", name.full), Errno.existsError),
    remove: (name) => {
      const failed = (origin: Errno.Origin) => Errno.renameError(origin, false)
      return changes.with(
        Effect.mapError(exists("remove", name.full), failed).pipe(
          Effect.filterOrFail((exists) => exists, () => missing("remove", name.full)),
          Effect.zipRight(inUse("remove", name.full)),
          Effect.zipRight(
            Effect.mapError(store.remove(name.full), (cause) => failed(originOf("remove", name.full)(cause)))
          )
        )
      )
    },
    rename: (from, to) => {
      const failed = (cause: PlatformError.PlatformError) =>
        Errno.renameError(originOf("rename", from.full)(cause), false)
      const value = (name: FileName.FileName) => Effect.mapError(store.getUint8Array(name.full), failed)
      return changes.with(Effect.uninterruptible(Effect.gen(function*() {
        const renamed = yield* value(from)
        if (Option.isNone(renamed)) return yield* Effect.fail(missing("rename", from.full))
        if (from.full === to.full) return
        yield* inUse("rename", from.full)
        yield* inUse("rename", to.full)
        const replaced = yield* value(to)
        const undo = Option.match(replaced, {
          onNone: () => store.remove(to.full),
          onSome: (old) => store.set(to.full, old)
        })
        yield* Effect.mapError(store.set(to.full, renamed.value), failed)
        yield* Effect.onError(Effect.mapError(store.remove(from.full), failed), () => Effect.ignore(undo))
      })))
    },
    fullName: (name) => Effect.succeed(FileName.plain(name.full)),
    tempName: ({ folder = "", prefix = "mmio", suffix = ".tmp" }) => {
      const attempt: Effect.Effect<FileName.FileName, MmioError.TempNameError> = Effect.flatMap(
        Random.nextIntBetween(0, 2 ** 48),
        (random) => {
          const name = `${folder}${prefix}${random.toString(36)}${suffix}`
          const failed = (origin: Errno.Origin) => Errno.tempNameError(origin)
          return Effect.flatMap(Effect.mapError(exists("tempName", name), failed), (taken) =>
            taken
              ? attempt
              : Effect.as(
                Effect.mapError(
                  store.set(name, new Uint8Array(0)),
                  (cause) => failed(originOf("tempName", name)(cause))
                ),
                FileName.plain(name)
              ))
        }
      )
      return attempt
    },
    stat: (name) =>
      Effect.flatMap(
        Effect.mapError(store.getUint8Array(name.full), (cause) =>
          Errno.statError(originOf("stat", name.full)(cause), false)),
        Option.match({
          onNone: () =>
            Effect.fail(missing("stat", name.full)),
          onSome: (bytes) =>
            Effect.succeed({
              kind: "file" as const,
              size: Option.some(bytes.length),
              version: Option.some(versionOf(bytes)),
              modified: Option.none(),
              created: Option.none(),
              identity: Option.none()
            })
        })
      )
  })
})
