/** Finds the first form that is a WAVE, and in it the samples and the chunks with metadata. */
import { constVoid } from "effect/Function"
import * as FourCC from "../../FourCC.js"
import type * as Riff from "../../Riff.js"
import type * as Api from "../../Wave.js"
import * as Layout from "../riff/layout.js"
import type { Exceedable } from "../riff/limits.js"
import { Visitor } from "../riff/visitor.js"
import type { Walker } from "../riff/walker.js"

/** @internal */
export type Key = keyof Api.Known

/** The chunks that say something of the file as a whole. @internal */
export const described: ReadonlyArray<Key> = ["fmt ", "fact", "bext", "cue ", "LIST:INFO", "LIST:adtl", "CSET"]

/** Of these only the first counts. */
const single: ReadonlySet<Key> = new Set<Key>(["fmt ", "fact", "bext", "CSET"])

/** @internal */
export const listPrefix = "LIST:"

const number = (key: string) => FourCC.toNumber(FourCC.fromString(key))
const byId = new Map(described.map((key) => [number(key), key]))
const byListType = new Map(
  described.filter((key) => key.startsWith(listPrefix)).map((key) => [number(key.slice(listPrefix.length)), key])
)
const WAVE = number("WAVE")

/** Writers of Wave64 may spell a list type as they spell `wave`, in small letters. */
const byListType64 = new Map([...byListType, [number("info"), "LIST:INFO"] as const])

const keyOf = ({ id, layout, type }: Walker): Key | undefined => {
  // A chunk of this name in Wave64 that has no type is no list.
  if (!Layout.isList(id) || (layout !== Layout.wave64 && id !== Layout.ids.LIST)) return byId.get(id)
  return type === undefined ? undefined : (layout === Layout.wave64 ? byListType64 : byListType).get(type)
}

/** A chunk that is wanted. @internal */
export interface Part {
  readonly key: Key
  readonly chunk: Riff.FoundChunk
  readonly available: number
  /** What is available, if the scan came by it. */
  readonly bytes: Uint8Array | undefined
}

/** How many bytes of parts a scan keeps. */
const mostKept = 64 * 1024

/** @internal */
export class Scan extends Visitor {
  form: Riff.FoundChunk | undefined
  data: Api.DataChunk | undefined
  /** How many bytes are before the first form. */
  before = 0
  readonly parts: Array<Part> = []
  /** Chunks that are not read, as an earlier one of their kind is. */
  readonly further: Array<Riff.FoundChunk> = []
  /** Forms inside of the form. */
  readonly nested: Array<Riff.FoundChunk> = []
  exceeds: { readonly limit: Exceedable; readonly at: number } | undefined
  private readonly wanted: ReadonlySet<Key>
  /** What was not found yet of which only one is read. */
  private readonly missing: Set<Key>
  private room = mostKept
  private stop: () => void = constVoid

  constructor(wanted: ReadonlyArray<Key>) {
    super()
    this.wanted = new Set(wanted)
    this.missing = new Set(wanted)
  }

  override chunk(walker: Walker): boolean {
    const { available, id, layout, type } = walker
    if (walker.atTop) {
      if (!Layout.isForm(id) || type === undefined || !Layout.isType(layout, type, WAVE)) return false
      this.form = walker.chunk()
      this.stop = () => walker.stop()
      return true
    }
    const key = keyOf(walker)
    if (key !== undefined && this.wanted.has(key)) {
      if (!single.has(key) || this.missing.delete(key)) this.part(key, walker)
      else this.further.push(walker.chunk())
    }
    if (id === Layout.ids.data) {
      if (this.data === undefined) this.data = { chunk: walker.chunk(), available }
      else this.further.push(walker.chunk())
    }
    if (Layout.isForm(id) && type !== undefined) this.nested.push(walker.chunk())
    if (this.data !== undefined && this.missing.size === 0) walker.stop()
    return false
  }

  /** Keeps a part, with its bytes where they were given: most are short, and need not be read again. */
  private part(key: Key, walker: Walker): void {
    const bytes = walker.data(this.room)
    this.room -= bytes?.length ?? 0
    this.parts.push({ key, chunk: walker.chunk(), available: walker.available, bytes })
  }

  override leading(_: Walker, bytes: number): void {
    this.before = bytes
  }

  /** Nothing but the form is entered. */
  override leave(): void {
    this.stop()
  }

  override exceeded(limit: Exceedable, at: number): boolean {
    this.exceeds = { limit, at }
    return false
  }
}
