/** Bytes that do not repeat with any power of two, so that a byte from a wrong place is a wrong byte. @internal */
export const pattern = (length: number, seed = 3): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251) * 13 + seed) & 0xff)

/** @internal */
export const fixtures = {
  empty: new Uint8Array(0),
  one: Uint8Array.of(42),
  small: pattern(100),
  large: pattern(9001)
}

/** @internal */
export type Fixture = keyof typeof fixtures
