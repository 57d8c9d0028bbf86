/**
 * In which order contestants take turns: none of them is to pay for what another leaves (garbage, memory that the
 * machine has given back, warm caches) more often than the others do.
 */

/** 0, 1, n - 1, 2, n - 2, …: from each number to the next it is another distance, counted round a circle of n. */
const zigzag = (n: number): ReadonlyArray<number> =>
  Array.from({ length: n }, (_, i) => i % 2 === 1 ? (i + 1) / 2 : (n - i / 2) % n)

/**
 * Who comes when in a round, by numbers below `n`. In `n` rounds, each has had every place once; in two times `n`, each
 * has come directly after each other one twice (a Williams design).
 */
export const turns = (n: number, round: number): ReadonlyArray<number> => {
  const order = zigzag(n).map((k) => (k + round) % n)
  return Math.floor(round / n) % 2 === 0 ? order : order.toReversed()
}
