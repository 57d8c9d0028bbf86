/** What a subject is made of. A subject is one file in ../subjects, named in ../subjects/index.ts. */
import type { Digest } from "./digest.js"
import type { Unit } from "./unit.js"

/** Where and how large things are measured. */
export interface Setting {
  readonly quick: boolean
  /** For files of the subject's own. */
  readonly folder: string
  /** A file of noise that everybody reads. */
  readonly file: string
  /**
   * Its size in bytes: 512 MiB, or 32 MiB if it has to be quick, 64 MiB for the guard. Also how much is written where
   * that counts.
   */
  readonly size: number
}

/**
 * One way to do the work of a group: does it `times` times. Whatever it gives, and what it shows to the digest, has to
 * be the same for all ways.
 */
export type Work = (times: number, digest: Digest) => unknown

/** A row of the table: one way of ours, beside its peers. */
export interface Row<Name extends string = string> {
  readonly case: string
  readonly ours: Name
  readonly peers: ReadonlyArray<NoInfer<Name>>
  readonly unit: Unit
  /**
   * What has to be reached: how many times better than these peers, at least; or a figure in the row's unit which must
   * not be exceeded, with no peer.
   */
  readonly target?: { readonly [peer in NoInfer<Name>]?: number } | number
  /**
   * What the guard asks for instead of a third of the target: at least these ratios. For a row whose target is a time,
   * or names peers that a machine makes cheap or dear by itself, as it does calls of the system.
   */
  readonly guard?: { readonly [peer in NoInfer<Name>]?: number }
  /** What the C code takes for the same, in the row's unit. */
  readonly native?: number
}

/** What is measured in turn. */
export interface Group<Name extends string = string> {
  /** How much is done in a sample: so many times, or as many as it takes to last long enough. */
  readonly times:
    | number
    | {
      /** How often the work is done to compare the results. */
      readonly check: number
      readonly most: number
    }
  /** Every way, by its name. */
  readonly works: { readonly [name in Name]: Work }
  readonly rows: ReadonlyArray<Row<NoInfer<Name>>>
  /** Peers without a target that take long: measured in a few rounds only, and left out where it has to be quick. */
  readonly slow?: ReadonlyArray<NoInfer<Name>>
  /** Done before each run, and not timed. */
  readonly before?: () => void
  /** What a run made, where that is its result. */
  readonly outcome?: () => unknown
  /** The works give what was measured themselves, instead of being timed. */
  readonly measuresItself?: boolean
  /** How many rounds, where the figures hardly differ from one to the next. */
  readonly rounds?: number
}

/** Checks the names in a group, and forgets them. */
export const group = <Name extends string>(group: Group<Name>): Group => group

export interface Subject {
  readonly name: string
  /** What it is about, for the head of its table. */
  readonly title: string
  readonly groups: (setting: Setting) => ReadonlyArray<Group>
}
