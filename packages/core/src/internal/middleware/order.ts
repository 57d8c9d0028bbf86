/**
 * The orders of middleware that make no sense. What lies around a storage is known by {@link Api.IOProc.middleware}.
 */
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"

interface Refusal {
  readonly outer: string
  readonly inner: string
  readonly because: string
  readonly instead: string
}

const refusals: ReadonlyArray<Refusal> = [
  {
    outer: "writeBehind",
    inner: "readAhead",
    because: "blocks that were read ahead do not see what is held above them",
    instead: "readAhead goes around writeBehind"
  },
  {
    outer: "writeBehind",
    inner: "readOnly",
    because: "nothing is written to it",
    instead: "readOnly goes around writeBehind"
  },
  {
    outer: "commitOnClose",
    inner: "readOnly",
    because: "nothing is written to it",
    instead: "readOnly goes around commitOnClose"
  },
  {
    outer: "commitOnClose",
    inner: "split",
    because: "the parts of a file cannot be replaced in one step",
    instead: "use one of the two"
  },
  {
    outer: "split",
    inner: "commitOnClose",
    because: "the parts of a file are committed one after another, and a reader sees some of each",
    instead: "use one of the two"
  },
  {
    outer: "split",
    inner: "split",
    because: "it would keep parts of parts",
    instead: "one split of the smaller size does the same"
  },
  {
    outer: "cache",
    inner: "cache",
    because: "it would keep every block twice",
    instead: "one cache of the larger capacity does the same"
  },
  {
    outer: "checksum",
    inner: "checksum",
    because: "it would only sum the sums",
    instead: "one checksum finds every change"
  }
]

/** Throws `InvalidParameter` where middleware of this name cannot go around a storage. @internal */
export const checkOrder = (outer: string, self: Api.IOProc): void => {
  const refusal = refusals.find((refusal) => refusal.outer === outer && self.middleware.includes(refusal.inner))
  if (refusal === undefined) return
  throw new MmioError.InvalidParameter({
    operation: `IOProc.${outer}`,
    file: "the files of a storage",
    description: `${outer} around ${refusal.inner} makes no sense: ${refusal.because}; ${refusal.instead}`
  })
}
