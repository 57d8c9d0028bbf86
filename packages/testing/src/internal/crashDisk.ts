/**
 * A disk as a crash sees it: what is on it for sure, and what is still on the way.
 *
 * What invariants hold:
 *
 * - `names` is `durable` after all changes of `journal`.
 * - A file has one list of steps more than the journal has cuts of it: the first goes onto its durable bytes, every
 *   other one onto no bytes.
 */
import type * as Api from "../Crash.js"

/** @internal */
export interface Write {
  /** Its place among all writes and changes. */
  readonly number: number
  /** What the file was called as it was written. */
  readonly name: string
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A file that was set to a size. @internal */
export interface Truncation {
  /** Its place among all writes and changes. */
  readonly number: number
  /** What the file was called then. */
  readonly name: string
  readonly size: number
}

/** Something done to a file. @internal */
export type Step = Write | Truncation

/** @internal */
export const isTruncation = (step: Step): step is Truncation => "size" in step

/** A file, whatever its name. @internal */
export class Inode {
  /** Tells it from all others of the disk. */
  readonly id: number
  durable: Uint8Array
  pending: Array<Array<Step>> = [[]]
  constructor(id: number, durable: Uint8Array) {
    this.id = id
    this.durable = durable
  }
}

/** Something done to names, or to a file as a whole: these reach the disk in their order. @internal */
export type Change =
  & { readonly number: number; readonly inode: Inode }
  & (
    | { readonly op: "create" | "remove" | "cut" | "commit"; readonly name: string }
    | { readonly op: "rename"; readonly from: string; readonly to: string }
  )

/** The change as it is shown. @internal */
export const changeOf = (change: Change): Api.Change =>
  change.op === "rename" ? { op: change.op, from: change.from, to: change.to } : { op: change.op, name: change.name }

/** @internal */
export type Names = Map<string, Inode>

/** @internal */
export const apply = (names: Names, change: Change): void => {
  switch (change.op) {
    case "create":
    case "commit":
      names.set(change.name, change.inode)
      break
    case "remove":
      names.delete(change.name)
      break
    case "rename":
      names.delete(change.from)
      names.set(change.to, change.inode)
      break
    case "cut":
      break
  }
}

/** @internal */
export class Disk {
  readonly durable: Names = new Map()
  readonly names: Names = new Map()
  readonly journal: Array<Change> = []
  private made = 0

  constructor(files: Iterable<readonly [name: string, bytes: Uint8Array]>) {
    for (const [name, bytes] of files) {
      const inode = new Inode(this.made++, new Uint8Array(bytes))
      this.durable.set(name, inode)
      this.names.set(name, inode)
    }
  }

  create(name: string): Inode {
    const inode = new Inode(this.made++, new Uint8Array(0))
    this.change({ op: "create", name, number: this.made++, inode })
    return inode
  }

  remove(name: string): void {
    const inode = this.names.get(name)
    if (inode !== undefined) this.change({ op: "remove", name, number: this.made++, inode })
  }

  rename(from: string, to: string): void {
    const inode = this.names.get(from)
    if (inode !== undefined && from !== to) this.change({ op: "rename", from, to, number: this.made++, inode })
  }

  /** Cuts a file to no bytes; to one that has none nothing happens. */
  cut(name: string, inode: Inode): void {
    const isEmpty = inode.pending.at(-1)?.length === 0 && (inode.pending.length > 1 || inode.durable.length === 0)
    if (isEmpty) return
    this.change({ op: "cut", name, number: this.made++, inode })
    inode.pending.push([])
  }

  write(name: string, inode: Inode, offset: number, bytes: Uint8Array): void {
    inode.pending.at(-1)?.push({ number: this.made++, name, offset, bytes: new Uint8Array(bytes) })
  }

  truncate(name: string, inode: Inode, size: number): void {
    inode.pending.at(-1)?.push({ number: this.made++, name, size })
  }

  /**
   * Gives a file a new content, in one step: the name of the old one is then that of a file whose bytes are all on the
   * disk. Returns that file; undefined where the old one has no name any more.
   */
  commit(path: string, old: Inode | undefined, bytes: Uint8Array): Inode | undefined {
    const name = old === undefined ? path : [...this.names].find(([, inode]) => inode === old)?.[0]
    if (name === undefined) return undefined
    const inode = new Inode(this.made++, bytes)
    this.change({ op: "commit", name, number: this.made++, inode })
    return inode
  }

  /** Has the disk take all that there is of a file, and the changes up to the last one of this file. */
  flush(inode: Inode): void {
    const last = this.journal.findLastIndex((change) => change.inode === inode)
    for (const change of this.journal.splice(0, last + 1)) {
      apply(this.durable, change)
      if (change.op === "cut") {
        change.inode.durable = new Uint8Array(0)
        change.inode.pending.shift()
      }
    }
    // All cuts of this file have been applied, so that one list is left.
    inode.durable = after(inode.durable, inode.pending[0] ?? [])
    inode.pending = [[]]
  }

  private change(change: Change): void {
    this.journal.push(change)
    apply(this.names, change)
  }
}

/** Bytes after writes; a gap is filled with zeros. @internal */
export const written = (base: Uint8Array, writes: ReadonlyArray<Write>): Uint8Array => {
  const bytes = new Uint8Array(writes.reduce((end, write) => Math.max(end, endOf(write)), base.length))
  bytes.set(base)
  for (const write of writes) bytes.set(write.bytes, write.offset)
  return bytes
}

/** Bytes after writes and truncations. */
const after = (base: Uint8Array, steps: ReadonlyArray<Step>): Uint8Array => {
  let bytes = base
  let writes: Array<Write> = []
  for (const step of steps) {
    if (!isTruncation(step)) writes.push(step)
    else {
      const cut = new Uint8Array(step.size)
      cut.set(written(bytes, writes).subarray(0, step.size))
      bytes = cut
      writes = []
    }
  }
  return written(bytes, writes)
}

/** @internal */
export const endOf = (write: Write): number => write.offset + write.bytes.length
