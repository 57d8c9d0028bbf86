/**
 * A form that is being written, as a value: which of its chunks have yet to get a size, what the fields in the file
 * hold, and what is to be written where, in which order, so that they are correct.
 *
 * A form that may outgrow 32 bits begins with a `JUNK`, in whose place a `ds64` comes as it does: the body of the
 * `ds64` over that of the `JUNK`, which readers skip; its header; the fields of the chunks inside, each of which then
 * goes, for a reader, as far as the form around it still says; the header of the form last. And sizes are always
 * written from the inside to the outside. So whatever is written of this when the writer dies, a reader finds what the
 * last complete update said, or what the next one would have said.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as FourCC from "../../FourCC.js"
import type * as Api from "../../Riff.js"
import { created } from "./chunk.js"
import * as Ds64 from "./ds64.js"
import { write } from "./header.js"
import * as Layout from "./layout.js"
import { Writer } from "./writer.js"

/** What is larger is written as {@link Layout.unknownSize} in a size field of 32 bits, and its size elsewhere. */
const largestSize = Layout.unknownSize - 1

const data = FourCC.make("data")

/** Whether a size field can hold a size. */
const fits = (layout: Layout.Layout, size: number): boolean =>
  size <= (layout === Layout.wave64 ? layout.largestSize : largestSize)

/** What a size field holds for a size: of 32 bits 0xFFFFFFFF for what is larger. */
const fieldFor = (layout: Layout.Layout, size: number): number =>
  fits(layout, size) ? Layout.fieldOf(layout, size) : Layout.unknownSize

/** A chunk of the form whose size has yet to be written, here or in the `ds64`. */
interface Member {
  readonly id: FourCC.FourCC
  readonly offset: number
  /** What its size field holds. */
  readonly sizeField: number
  /** How long it is; undefined while it is open. */
  readonly size: number | undefined
}

type Sizes = Omit<Api.Ds64, "dataOffset">

/** @internal */
export interface FormState {
  /** How its headers are written. */
  readonly layout: Layout.Layout
  /** Its id: as it is, or while it has no `ds64`; and with one. */
  readonly id: number
  readonly largeId: number
  readonly offset: number
  /** What its size field holds. */
  readonly sizeField: number
  /** How many entries there is room for in the table of a `ds64`; undefined where there is no room for a `ds64`. */
  readonly entries: number | undefined
  readonly sampleCount: (dataSize: number) => number
  /** What is known of the sizes of chunks before they are there. */
  readonly declared: ReadonlyMap<FourCC.FourCC, number>
  /** What the `ds64` holds; undefined while the form is a `RIFF`. */
  readonly sizes: Sizes | undefined
  /** In the order in which they begin; the open ones are in one another. */
  readonly members: ReadonlyArray<Member>
  /** As far as the form is known to go. */
  readonly furthest: number
  /** Whether the fields hold what is said here: not after an update that failed. */
  readonly certain: boolean
}

/** What cannot be done. @internal */
export interface Refusal {
  /** Whether the form would become too large, or the caller is wrong. */
  readonly reason: "too large" | "invalid"
  readonly description: string
}

const tooLarge = (description: string) => Either.left<Refusal>({ reason: "too large", description })
const invalid = (description: string) => Either.left<Refusal>({ reason: "invalid", description })

// ---------------------------------------------------------------------------------------------------------------------
// beginning
// ---------------------------------------------------------------------------------------------------------------------

/** How a form begins. @internal */
export interface Beginning {
  readonly family: Api.Family
  readonly type: FourCC.FourCC
  readonly large: "auto" | "never" | "always"
  /** How long it will be as a `RIFF` without room for a `ds64`, if that is known. */
  readonly size: number | undefined
  readonly entries: number
  readonly sampleCount: (dataSize: number) => number
  readonly declared: ReadonlyMap<FourCC.FourCC, number>
}

/** The form at `offset`, and the bytes that it begins with. @internal */
export const begin = (
  { declared, entries, family, large, sampleCount, size, type }: Beginning,
  offset: number
): Either.Either<
  { readonly state: FormState; readonly bytes: Uint8Array; readonly chunk: Api.CreatedChunk },
  Refusal
> => {
  const { form, layout } = Layout.families[family]
  const hasDs64 = Layout.hasDs64(form)
  const mayGrow = layout === Layout.little && large !== "never"
  if (!mayGrow && size !== undefined && !fits(layout, size)) {
    return tooLarge(`a ${family} of ${size} bytes does not fit its size field`)
  }
  const table = Ds64.tableOf(Array.from(declared).filter(isLarge))
  const room = Math.max(entries, table.length)
  const isRF64 = hasDs64 || (mayGrow && (large === "always" || (size !== undefined && size > largestSize)))
  const reserves = isRF64 || (mayGrow && size === undefined)
  const dataSize = declared.get(data) ?? 0
  const sizes: Sizes | undefined = isRF64
    ? {
      riffSize: size === undefined ? 0 : size + layout.headerSize + Ds64.sizeOf(room),
      dataSize,
      sampleCount: countOf(sampleCount, dataSize),
      table
    }
    : undefined
  const [id, largeId] = hasDs64 ? [form, form] as const : [form, Layout.ids.RF64] as const
  const sizeField = isRF64 ? Layout.unknownSize : Layout.fieldOf(layout, size ?? 0)
  const header = write(layout, "form", FourCC.toNumber(type), sizeField, isRF64 ? largeId : id)
  const state: FormState = {
    layout,
    id,
    largeId,
    offset,
    sizeField,
    entries: reserves ? room : undefined,
    sampleCount,
    declared,
    sizes,
    members: [],
    furthest: offset + header.bytes.length + (reserves ? layout.headerSize + Ds64.sizeOf(room) : 0),
    certain: true
  }
  const bytes = new Writer(state.furthest - offset).all(header.bytes)
  if (sizes !== undefined) bytes.all(Ds64.bytesOf(sizes, room))
  else if (reserves) bytes.code(Ds64.JUNK).uint32(Ds64.sizeOf(room))
  const chunk = created(layout, header, { offset, size: sizes?.riffSize ?? size ?? 0, sizeField, ds64: ds64Of(state) })
  return Either.right({ state, bytes: bytes.bytes, chunk })
}

const isLarge = ([id, size]: readonly [id: string, size: number]) => id !== data && size > largestSize

// ---------------------------------------------------------------------------------------------------------------------
// chunks that come and go
// ---------------------------------------------------------------------------------------------------------------------

/** What the size field of a chunk holds that is made in the form. @internal */
export const fieldOf = (
  { declared, entries, layout, members, sizes }: FormState,
  id: FourCC.FourCC,
  size: number,
  forwardOnly: boolean
): Either.Either<number, Refusal> => {
  if (size > layout.largestSize && entries === undefined) {
    return tooLarge(`a chunk of ${size} bytes does not fit its size field, and the form has no room for larger sizes`)
  }
  const isElsewhere = (size > largestSize && entries !== undefined)
    || (sizes !== undefined && id === data && members.every((member) => member.id !== data))
  if (isElsewhere && forwardOnly && declared.get(id) !== size) {
    return invalid(
      `the storage only goes forward, so the size of ${
        FourCC.format(id)
      }, ${size}, has to be among the chunkSizes of the form`
    )
  }
  return Either.right(isElsewhere ? Layout.unknownSize : Layout.fieldOf(layout, size))
}

/** After a chunk was made, over whatever was there. @internal */
export const opened = (state: FormState, id: FourCC.FourCC, offset: number, sizeField: number): FormState =>
  offset < state.offset + state.layout.headerSize ? state : {
    ...state,
    members: [...state.members.filter((member) => member.offset < offset), { id, offset, sizeField, size: undefined }],
    furthest: Math.max(state.furthest, offset + state.layout.headerSize)
  }

const isOpen = (member: Member): boolean => member.size === undefined

/** Whether there is an open chunk at a place: the form, or one in it. @internal */
export const holds = ({ members, offset }: FormState, at: number): boolean =>
  at === offset || members.some((member) => isOpen(member) && member.offset === at)

// ---------------------------------------------------------------------------------------------------------------------
// the sizes in the headers
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export interface Write {
  readonly at: number
  readonly bytes: Uint8Array
}

/** A chunk, if all that is open ends. @internal */
export interface Ended extends Member {
  readonly size: number
}

/** What has to be written. @internal */
export interface Plan {
  /** How many zeros follow the end. */
  readonly padding: number
  /** Each to be there before the next. */
  readonly writes: ReadonlyArray<Write>
  /** Whether the form becomes an RF64 by it. */
  readonly converts: boolean
  /** How things are then. */
  readonly state: FormState
}

/** A plan, with what it says of the chunks. @internal */
export interface Whole extends Plan {
  readonly members: ReadonlyArray<Ended>
}

/** What has to be written if all that is open ends at `end`. @internal */
export const plan = (state: FormState, end: number): Either.Either<Whole, Refusal> => planned(state, end, false)

/**
 * The same, for want of something better, with whatever is known to be there: what does not fit goes to the end of the
 * file.
 *
 * @internal
 */
export const salvage = (state: FormState, end: number): Either.Either<Whole, Refusal> =>
  planned(state, Math.max(end, state.furthest), true)

/** What has to be written to leave a chunk. @internal */
export interface Leaving extends Plan {
  readonly size: number
  readonly sizeField: number
  /** Where the next chunk begins. */
  readonly next: number
  /** The chunks that end by it. */
  readonly members: ReadonlyArray<Ended>
}

/**
 * What has to be written as the open chunk at `offset` ends at `end`, and with it those that are still open in it.
 *
 * @internal
 */
export const leaving = (current: FormState, offset: number, end: number): Either.Either<Leaving, Refusal> => {
  const { layout } = current
  const isIn = (member: Member) => isOpen(member) && member.offset >= offset
  // A chunk that was begun past the end was abandoned.
  const state = {
    ...current,
    members: current.members.filter((member) =>
      !isIn(member) || member.offset === offset || member.offset + layout.headerSize <= end
    )
  }
  return Either.map(planned(state, end, false), (whole) => {
    const members = whole.members.filter((_, i) => {
      const before = state.members[i]
      return before !== undefined && isIn(before)
    })
    const chunk = members[0]
    if (chunk === undefined) {
      const next = end + whole.padding
      return { ...whole, members, size: sizeOf(whole.state), sizeField: whole.state.sizeField, next }
    }
    const next = chunk.offset + layout.headerSize + chunk.size + Layout.paddingOf(layout, chunk.size)
    // The sizes around do not matter yet, unless this one has to be written among them.
    const alone = state.certain && !whole.converts && members.every((member) => isSaid(state, member))
    const after = (alone ? state : whole.state).members.flatMap((member): ReadonlyArray<Member> => {
      const ended = members.find(({ offset }) => offset === member.offset)
      if (ended === undefined || !isOpen(member)) return [member]
      // What has its size in its header, and keeps it there, is not of interest any more.
      return layout === Layout.little && (ended.id === data || ended.size > largestSize) ? [ended] : []
    })
    return {
      padding: alone ? next - end : whole.padding,
      writes: alone ? fieldWrites(state, members) : whole.writes,
      converts: whole.converts,
      state: { ...(alone ? state : whole.state), members: after, furthest: Math.max(state.furthest, next) },
      members,
      size: chunk.size,
      sizeField: chunk.sizeField,
      next
    }
  })
}

/** How many bytes of data the form declares. @internal */
export const sizeOf = ({ layout, sizeField, sizes }: FormState): number =>
  sizes?.riffSize ?? Layout.dataSize(layout, sizeField)

/** Whether the size of a chunk is in its header, or has been in the `ds64` from the start. */
const isSaid = ({ layout, sizes }: FormState, { id, size, sizeField }: Ended): boolean =>
  layout === Layout.wave64 || sizeField !== Layout.unknownSize
  || (id === data ? sizes?.dataSize === size : sizes?.table.some((entry) => entry.id === id && entry.size === size))
    === true

/** The fields that do not hold what they should, from the inside to the outside. */
const fieldWrites = ({ certain, layout, members }: FormState, after: ReadonlyArray<Ended>): ReadonlyArray<Write> =>
  after.toReversed()
    .filter(({ offset, sizeField }) =>
      !certain || members.some((before) => before.offset === offset && before.sizeField !== sizeField)
    )
    .map(({ offset, sizeField }) => ({ at: offset + layout.sizeOffset, bytes: Layout.fieldBytes(layout, sizeField) }))

const planned = (state: FormState, end: number, forgiving: boolean): Either.Either<Whole, Refusal> => {
  const measured = measure(state, end)
  if (Either.isLeft(measured)) return Either.left(measured.left)
  const { formSize, members, padding } = measured.right
  const { layout } = state
  const isRF64 = state.sizes !== undefined || (formSize > largestSize && state.entries !== undefined)
  if (!isRF64 && !fits(layout, formSize) && !forgiving) {
    return tooLarge(`a form of ${formSize} bytes does not fit its size field, and there is no room for larger sizes`)
  }
  const samples = members.find(({ id }) => id === data)
  const { refusal, table } = tableOf(state, isRF64 ? members.filter((member) => member !== samples) : [])
  if (refusal !== undefined && !forgiving) return refusal
  const dataSize = samples?.size ?? state.declared.get(data) ?? 0
  const sizes: Sizes | undefined = isRF64
    ? { riffSize: formSize, dataSize, sampleCount: countOf(state.sampleCount, dataSize), table }
    : undefined
  const after = members.map((member): Ended => {
    const { id, offset, size } = member
    return { id, offset, size, sizeField: isRF64 && member === samples ? Layout.unknownSize : fieldFor(layout, size) }
  })
  const sizeField = isRF64 ? Layout.unknownSize : fieldFor(layout, formSize)
  const converts = isRF64 && state.sizes === undefined
  const writes: Array<Write> = []
  const { certain, entries = 0, offset } = state
  const { headerSize } = layout
  const inForm = offset + headerSize + layout.typeSize
  if (converts && sizes !== undefined) {
    const bytes = Ds64.bytesOf(sizes, entries)
    writes.push({ at: inForm + headerSize, bytes: bytes.subarray(headerSize) })
    writes.push({ at: inForm, bytes: bytes.subarray(0, headerSize) })
  }
  writes.push(...fieldWrites(state, after))
  if (!converts && sizes !== undefined && !(certain && isSame(state.sizes, sizes))) {
    writes.push({ at: inForm, bytes: Ds64.bytesOf(sizes, entries) })
  }
  if (!certain || converts || sizeField !== state.sizeField) {
    writes.push(formWrite(state, isRF64 ? state.largeId : state.id, sizeField))
  }
  return Either.right({
    padding,
    writes,
    converts,
    members: after,
    state: {
      ...state,
      sizeField,
      sizes,
      members: after.map(({ id, offset, sizeField }, i) => ({ id, offset, sizeField, size: state.members[i]?.size })),
      furthest: Math.max(state.furthest, end),
      certain: true
    }
  })
}

/**
 * The header of the form: all of it where its id may have changed, and else its size, which the storage writes as a
 * whole.
 */
const formWrite = ({ layout, offset }: FormState, id: number, sizeField: number): Write =>
  layout === Layout.little
    ? { at: offset, bytes: write(layout, "chunk", id, sizeField, id).bytes }
    : { at: offset + layout.sizeOffset, bytes: Layout.fieldBytes(layout, sizeField) }

/** How long the form is, and the chunks in it, if what is open ends at `end`, with the padding that then follows it. */
const measure = (
  state: FormState,
  end: number
): Either.Either<
  { readonly members: ReadonlyArray<Ended>; readonly formSize: number; readonly padding: number },
  Refusal
> => {
  const { layout } = state
  const { headerSize } = layout
  let padded = end
  const members: Array<Ended> = []
  for (const member of state.members.toReversed()) {
    const size = member.size ?? padded - member.offset - headerSize
    const from = member.offset + headerSize + (member.size ?? 0)
    if (from > end) {
      return invalid(`the position, ${end}, is before ${from}, up to which the ${member.id} at ${member.offset} goes`)
    }
    if (isOpen(member)) padded += Layout.paddingOf(layout, size)
    members.push({ ...member, size })
  }
  const formSize = padded - state.offset - headerSize
  if (formSize < layout.typeSize) {
    return invalid(`the position, ${end}, is before the data of the form at ${state.offset}`)
  }
  return Either.right({
    members: members.toReversed(),
    formSize,
    padding: padded + Layout.paddingOf(layout, formSize) - end
  })
}

/**
 * The sizes that have to be in the table, in the order in which they were declared, then in that of the chunks; and why
 * those that do not fit into it do not.
 */
const tableOf = (
  { declared, entries = 0 }: FormState,
  members: ReadonlyArray<Ended>
): { readonly table: Sizes["table"]; readonly refusal: Either.Either<never, Refusal> | undefined } => {
  let refusal: Either.Either<never, Refusal> | undefined
  const sizes = new Map(Array.from(declared).filter(isLarge))
  const seen = new Set<FourCC.FourCC>()
  for (const { id, size } of members) {
    if (size <= largestSize) continue
    if (seen.has(id) || id === data) {
      refusal = tooLarge(`of two ${FourCC.format(id)} beyond 32 bits a "ds64" cannot tell the sizes apart`)
    } else if (sizes.size === entries && !sizes.has(id)) {
      refusal = tooLarge(`the "ds64" has room for the sizes of ${entries} chunks beyond 32 bits, and there is one more`)
    } else sizes.set(id, size)
    seen.add(id)
  }
  return { table: Ds64.tableOf(sizes), refusal }
}

const countOf = (sampleCount: (dataSize: number) => number, dataSize: number): number => {
  const count = Math.floor(sampleCount(dataSize))
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

const isSame = (a: Sizes | undefined, b: Sizes): boolean =>
  a !== undefined && a.riffSize === b.riffSize && a.dataSize === b.dataSize && a.sampleCount === b.sampleCount
  && a.table.length === b.table.length && a.table.every(({ id, size }, i) =>
    id === b.table[i]?.id && size === b.table[i].size
  )

/** What a chunk of the form says of the `ds64`. @internal */
export const ds64Of = ({ layout, offset, sizes }: FormState): Api.Ds64 | undefined =>
  sizes === undefined
    ? undefined
    : Data.struct({ dataOffset: offset + 2 * layout.headerSize + layout.typeSize, ...sizes })
