/**
 * Counts that stop where there is too much to count.
 */

/** As many states are counted and numbered; of more, chance takes some. @internal */
export const numbered = 1024

/** The product, or Infinity past {@link numbered}. @internal */
export const product = <A>(items: ReadonlyArray<A>, f: (item: A) => number): number => {
  let result = 1
  for (const item of items) {
    result *= f(item)
    if (result > numbered) return Infinity
  }
  return result
}

/** The sum, or Infinity past {@link numbered}. @internal */
export const sum = <A>(items: ReadonlyArray<A>, f: (item: A) => number): number => {
  let result = 0
  for (const item of items) {
    result += f(item)
    if (result > numbered) return Infinity
  }
  return result
}
