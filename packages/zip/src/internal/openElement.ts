/**
 * Opening an element for reading: whether it may be read, and where its bytes are, which its local header says.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import type { Limits } from "../ZipLimits.js"
import type { Opened } from "./archive.js"
import type { Checkpoints } from "./checkpoints.js"
import { type Directory, type Entry, versionOf, whyUnreadable } from "./directory.js"
import { type Content, InflatingReader, readStored, sourceOf } from "./element.js"
import { asOpenError, type LoadError } from "./errors.js"
import { flag, length, max32, method, signature, viewOf } from "./layout.js"
import { readFully } from "./transfer.js"

const operation = "ZipIOProc.open"

/** How many bytes of an element are read together with its local header. */
const headSize = 4096

/** What is wrong with a local header, beside the entry of the directory; undefined if nothing is. */
const whyInvalid = (head: Uint8Array, entry: Entry, { raw }: Directory): string | undefined => {
  const view = viewOf(head)
  if (head.length < length.local || view.getUint32(0, true) !== signature.local) return "it has no local header"
  const name = raw.subarray(entry.record + length.central, entry.record + length.central + entry.nameLength)
  const local = head.subarray(length.local, length.local + view.getUint16(26, true))
  if (local.length !== name.length || local.some((byte, i) => byte !== name[i])) {
    return "its local header has another name than the directory"
  }
  if (view.getUint16(8, true) !== entry.method) return "its local header has another method than the directory"
  if ((view.getUint16(6, true) & flag.descriptor) !== 0) return undefined
  const [compressed, size] = [view.getUint32(18, true), view.getUint32(22, true)]
  return (compressed !== max32 && compressed !== entry.compressed) || (size !== max32 && size !== entry.size)
    ? "its local header has other sizes than the directory"
    : undefined
}

/** Finds the bytes of an element. @internal */
export const locate = (
  { directory, file }: Opened,
  entry: Entry,
  name: string
): Effect.Effect<Content, LoadError> =>
  Effect.gen(function*() {
    const invalid = (description: string) =>
      new MmioError.InvalidFile({ operation, file: name, description: `the element is invalid: ${description}` })
    const room = entry.end - entry.offset
    const head = new Uint8Array(Math.max(0, Math.min(length.local + entry.nameLength + headSize, room)))
    const read = yield* Effect.mapError(readFully(file, entry.offset, head), asOpenError)
    const wrong = whyInvalid(head.subarray(0, read), entry, directory)
    if (wrong !== undefined) return yield* invalid(wrong)
    const view = viewOf(head)
    const before = length.local + view.getUint16(26, true) + view.getUint16(28, true)
    if (before + entry.compressed > room) return yield* invalid("it overlaps what follows it")
    return {
      entry,
      source: sourceOf(file, entry.offset, head.subarray(0, read)),
      start: entry.offset + before,
      name
    }
  })

/** Refuses an element that cannot be read, whatever its local header says. @internal */
export const admit = (entry: Entry, name: string, limits: Limits): Effect.Effect<void, LoadError> => {
  const details = (description: string) => ({ operation, file: name, description })
  if ((entry.flags & (flag.encrypted | flag.strong | flag.masked)) !== 0) {
    return Effect.fail(new MmioError.AccessDenied(details("the element is encrypted")))
  }
  if (entry.method !== method.stored && entry.method !== method.deflated) {
    return Effect.fail(
      new MmioError.CannotOpen(
        details(`the element is compressed by method ${entry.method}, and only 0 (stored) and 8 (deflated) are known`)
      )
    )
  }
  const why = whyUnreadable(entry, limits)
  return why === undefined
    ? Effect.void
    : Effect.fail(new MmioError.InvalidFile(details(`the element is invalid: ${why}`)))
}

/** The file of an element of an open archive, which is closed with it. @internal */
export const fileOf = (
  opened: Opened,
  content: Content,
  identity: string,
  checkpoints: Checkpoints,
  limits: Limits,
  release: Effect.Effect<void>
): IOProc.File => {
  const { entry, name } = content
  const isStored = entry.method === method.stored
  const reader = isStored ? undefined : new InflatingReader(
    content,
    checkpoints,
    opened.key === undefined ? undefined : `${opened.key} ${entry.offset}`,
    limits
  )
  const readAt = reader === undefined
    ? readStored(content)
    : (position: number, target: Uint8Array) => reader.readAt(position, target)
  let isOpen = true
  const ending = <E>(end: Effect.Effect<void, E>) =>
    Effect.suspend(() => {
      if (!isOpen) return Effect.void
      isOpen = false
      return Effect.ensuring(end, release)
    })
  const { cancellable, concurrent } = opened.file.capabilities
  return IOProc.makeFile({
    name,
    identity,
    version: versionOf(entry),
    capabilities: { concurrent: isStored && concurrent, cancellable, locks: "process" },
    size: Effect.suspend(() =>
      isOpen
        ? Effect.succeed(entry.size)
        : Effect.fail(
          new MmioError.CannotSeek({ operation: "ZipIOProc.seek", file: name, description: "the file is closed" })
        )
    ),
    readAt: (position, target) =>
      Effect.suspend(() =>
        isOpen
          ? readAt(position, target)
          : Effect.fail(
            new MmioError.CannotRead({ operation: "ZipIOProc.read", file: name, description: "the file is closed" })
          )
      ),
    close: ending(opened.file.close),
    abort: ending(opened.file.abort)
  })
}
