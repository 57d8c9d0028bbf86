/**
 * Numbers that look random, and are the same for the same seed on every machine.
 */
export class Random {
  private state: number

  constructor(seed: number, number: number) {
    // Both are mixed in whole, so that neighbours have nothing in common, and also numbers beyond 32 bits count.
    this.state = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32) + 1, 0x85ebca6b)
    this.next()
    this.state ^= Math.imul((number >>> 0) + 1, 0x9e3779b1) ^ Math.imul(Math.floor(number / 2 ** 32), 0xc2b2ae35)
    this.next()
  }

  /** One of all numbers of 32 bits. (The mulberry32 generator.) */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** One of the numbers from 0 to `limit` - 1; 0 if there are none. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.next() % limit
  }

  /** Yes, once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  /** One of them. */
  pick<A>(values: readonly [A, ...ReadonlyArray<A>]): A {
    return values[this.below(values.length)] ?? values[0]
  }
}
