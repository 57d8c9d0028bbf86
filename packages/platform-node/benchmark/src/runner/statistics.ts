/** Samples summed up. */

/** What the samples of one contestant say: the median, and the quartiles around it. */
export interface Summary {
  readonly median: number
  readonly lower: number
  readonly upper: number
}

const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error("There are no samples.")
  return below + (above - below) * (place % 1)
}

/** Sums samples up, of which there has to be one. */
export const summarize = (samples: ReadonlyArray<number>): Summary => {
  const sorted = samples.toSorted((a, b) => a - b)
  return { lower: quantile(sorted, 0.25), median: quantile(sorted, 0.5), upper: quantile(sorted, 0.75) }
}
