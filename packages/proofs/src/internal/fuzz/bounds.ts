/**
 * How much a reader may ask of its storage, and keep in memory: functions of how long the file is and of the limits,
 * whatever the file says.
 */

/** What a file is read with. */
export interface Reader {
  /** How long the file is. */
  readonly length: number
  /** How many bytes the storage transfers at most in one call. */
  readonly atMost: number
  /** How large the buffer of the handle is. */
  readonly buffer: number
}

/** How much a walk reads at once, at least. */
const window = 4096

/**
 * How often a walk over all chunks may call the storage. Either it reads on, more and more at once, or it goes on after
 * at least a window of what it does not read: never does it ask for each chunk by itself. Asking is a seek, a read, and
 * another where that was short of the end; and a seek back from the end, where it wants to know how long the file is.
 */
export const callsOfWalk = ({ atMost, length }: Reader): number =>
  12 + 4 * Math.ceil(length / window) + (atMost === Infinity ? 0 : 2 * Math.ceil(length / atMost))

/** How often one place of the file may be read, with so many bytes after it. */
export const callsOfRead = ({ atMost }: Reader, bytes: number): number =>
  4 + (atMost === Infinity ? 0 : Math.ceil(bytes / atMost))

/** How many bytes a walk may get from the storage: hardly any twice. */
export const bytesOfWalk = ({ buffer, length }: Reader): number => 2 * length + 2 * buffer

/**
 * How many bytes may be asked for in one call: as many were allocated. A walk asks for 64 KiB at most, or for twice as
 * much as it has seen of a `ds64`; the metadata of a file are no more than the file.
 */
export const widestRead = ({ buffer, length }: Reader): number => Math.max(65_536, buffer, 2 * length)

/** How many chunks there can be: each has a header of 8 bytes. */
export const chunksIn = ({ length }: Reader): number => Math.floor(length / 8)

/** How many problems there can be: a few of every chunk, and of what follows the last. */
export const problemsIn = (chunks: number): number => 8 * (chunks + 1)
