/**
 * Chunks and forms that are known for what they are there for. How any of them is written, `layout.ts` knows.
 */
import { number, waveTypes } from "./layout.js"

/** @internal */
export const ids = {
  fmt: number("fmt "),
  fact: number("fact"),
  JUNK: number("JUNK"),
  junk: number("junk"),
  PAD: number("PAD "),
  FLLR: number("FLLR"),
  /** The filler of IFF-85. */
  blank: number("    ")
} as const

/** @internal */
export const types = { ...waveTypes, AVI: number("AVI "), AVIX: number("AVIX") } as const
