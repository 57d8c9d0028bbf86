/**
 * What a driver of archives is set to, and what it knows between the calls of its functions.
 */
import type { Compression } from "./additions.js"
import { Directories } from "./archive.js"
import { Checkpoints } from "./checkpoints.js"
import { Claims } from "./claims.js"

/** What a driver is set to. @internal */
export interface Settings {
  readonly compression: Compression
  /** How many handles may write elements of one archive at once. */
  readonly writers: "several" | "one"
}

/** @internal */
export interface State extends Settings {
  readonly directories: Directories
  readonly checkpoints: Checkpoints
  readonly claims: Claims
}

/** @internal */
export const makeState = (settings: Settings): State => ({
  ...settings,
  directories: new Directories(),
  checkpoints: new Checkpoints(),
  claims: new Claims()
})
