/** `mmio info`: what WAVE files say of themselves. */
import * as Effect from "effect/Effect"
import { overFiles, worstOf } from "../many.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly json: boolean
}

export const info = ({ json, names }: Options) => Effect.map(overFiles("info", json, names), worstOf)
