/**
 * An archive procedure with messages of its own (`MMIOPROC`, `MMIOM_USER`): `songs.bnd+intro.wav` is the element
 * `intro.wav` of the archive `songs.bnd`, once the procedure is installed as `"BND "`.
 *
 * An archive begins with `BND1` and the number of its elements. Then there is an entry for each: a name of 24 bytes,
 * filled up with zeros, and where in the archive the element begins and how long it is. All numbers have 32 bits and
 * are little-endian.
 */
import { FileName, FourCC, IOProc, Mmio, MmioError } from "@effect-mmio/core"
import { Effect, Exit, Option, Request, Scope } from "effect"

const nameSize = 24
const entrySize = nameSize + 8

/** How many elements the archive of an open element has. */
export class CountElements extends Request.TaggedClass("CountElements")<number, never, {}> {}

/** What the element of a number is called, counted from 0. */
export class ElementName
  extends Request.TaggedClass("ElementName")<string, MmioError.InvalidParameter, { readonly index: number }>
{}

interface Element {
  readonly name: string
  readonly offset: number
  readonly size: number
}

/** What the procedure keeps for an open element (`adwInfo`). */
interface Open {
  /** The archive; closed with the scope. */
  readonly archive: Mmio.Handle<"read">
  readonly scope: Scope.CloseableScope
  readonly elements: ReadonlyArray<Element>
  readonly element: Element
  position: number
}

/** The procedure, over the storage that has the archives. Elements are only read. */
export const procedure = Effect.map(IOProc.IOProc, (storage) =>
  IOProc.fromProcedure<Open>((message) => {
    switch (message._tag) {
      case "Open":
        return Option.some(message.reply(open(storage, message.request)))
      case "Read": {
        const { file, target } = message
        const count = Math.min(target.length, Math.max(0, file.element.size - file.position))
        return Option.some(message.reply(
          Mmio.seek(file.archive, file.element.offset + file.position).pipe(
            Effect.zipRight(Mmio.readInto(file.archive, target.subarray(0, count))),
            Effect.tap((count) =>
              Effect.sync(() => {
                file.position += count
              })
            ),
            Effect.mapError((cause) =>
              new MmioError.CannotRead({ ...details("read", file.archive.name), description: cause.description, cause })
            )
          )
        ))
      }
      case "Seek": {
        const { file, from, offset } = message
        const position = offset + (from === "start" ? 0 : from === "current" ? file.position : file.element.size)
        return Option.some(message.reply(
          position < 0
            ? new MmioError.CannotSeek({ ...details("seek", file.archive.name), description: "an element begins at 0" })
            : Effect.sync(() => file.position = position)
        ))
      }
      case "Close":
        return Option.some(message.reply(Scope.close(message.file.scope, Exit.void)))
      case "User":
        return Option.orElse(
          message.match(
            (request) => request instanceof CountElements,
            () => Effect.succeed(message.file.elements.length)
          ),
          () => message.match((request) => request instanceof ElementName, ({ index }) => nameOf(message.file, index))
        )
      default:
        return Option.none()
    }
  }))

const open = (storage: IOProc.IOProc, { access, name }: IOProc.OpenRequest): Effect.Effect<Open, MmioError.OpenError> =>
  Effect.gen(function*() {
    if (access !== "read") return yield* refused(name, "the elements of an archive are only read")
    const scope = yield* Scope.make()
    return yield* Effect.gen(function*() {
      const archive = yield* Mmio.openWith(storage, FileName.plain(name.path), { share: "denyWrite" })
      const elements = yield* readTable(archive)
      const element = elements.find((element) => Option.contains(name.element, element.name))
      if (element !== undefined) return { archive, scope, elements, element, position: 0 }
      return yield* new MmioError.FileNotFound({
        ...details("open", name),
        description: "the archive has no such element"
      })
    }).pipe(
      Scope.extend(scope),
      Effect.onError(() => Scope.close(scope, Exit.void)),
      Effect.catchTags({
        CannotRead: (cause) =>
          new MmioError.CannotOpen({ ...details("open", name), description: cause.description, cause }),
        InvalidParameter: (cause) => refused(name, cause.description)
      })
    )
  })

const readTable = (archive: Mmio.Handle<"read">) =>
  Effect.gen(function*() {
    const invalid = (description: string) =>
      new MmioError.InvalidFile({ ...details("open", archive.name), description })
    const head = yield* Mmio.read(archive, 8)
    if (head.length < 8 || FourCC.fromBytes(head) !== "BND1") return yield* invalid("it is not an archive")
    const count = viewOf(head).getUint32(4, true)
    // The number comes out of the file: what it has no entries for costs no memory.
    const table = yield* Mmio.read(archive, count * entrySize)
    if (table.length < count * entrySize) return yield* invalid("the table of the archive is cut off")
    return Array.from({ length: count }, (_, i): Element => {
      const entry = table.subarray(i * entrySize, (i + 1) * entrySize)
      return {
        name: new TextDecoder().decode(entry.subarray(0, nameSize)).replace(/\0.*$/s, ""),
        offset: viewOf(entry).getUint32(nameSize, true),
        size: viewOf(entry).getUint32(nameSize + 4, true)
      }
    })
  })

const nameOf = ({ archive, elements }: Open, index: number) =>
  Effect.mapError(
    Option.fromNullable(elements[index]?.name),
    () =>
      new MmioError.InvalidParameter({ ...details("elementName", archive.name), description: `no element ${index}` })
  )

/** An archive of these elements. */
export const makeArchive = (elements: Readonly<Record<string, Uint8Array>>): Uint8Array => {
  const entries = Object.entries(elements)
  const start = 8 + entries.length * entrySize
  const archive = new Uint8Array(entries.reduce((size, [, bytes]) => size + bytes.length, start))
  const view = viewOf(archive)
  archive.set(new TextEncoder().encode("BND1"))
  view.setUint32(4, entries.length, true)
  let offset = start
  entries.forEach(([name, bytes], i) => {
    const at = 8 + i * entrySize
    new TextEncoder().encodeInto(name, archive.subarray(at, at + nameSize))
    view.setUint32(at + nameSize, offset, true)
    view.setUint32(at + nameSize + 4, bytes.length, true)
    archive.set(bytes, offset)
    offset += bytes.length
  })
  return archive
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const details = (operation: string, { full }: FileName.FileName) => ({ operation, file: full })

const refused = (name: FileName.FileName, description: string) =>
  new MmioError.AccessDenied({ ...details("open", name), description })
