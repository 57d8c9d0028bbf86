/**
 * What all open files over the same bytes share: how often one of them has written.
 */
import { globalValue } from "effect/GlobalValue"

/** @internal */
export interface SharedBytes {
  /** Grows whenever one of the files has written. */
  version: number
  files: number
}

/**
 * By what tells files apart: one table for all storages, and all copies of this package. Two files taken for one read a
 * block in vain.
 */
const all = globalValue(Symbol.for("@effect-mmio/core/IOProc/versions"), () => new Map<string, SharedBytes>())

/** @internal */
export const open = (identity: string): SharedBytes => {
  const shared = all.get(identity) ?? { version: 0, files: 0 }
  shared.files++
  all.set(identity, shared)
  return shared
}

/** @internal */
export const close = (identity: string, shared: SharedBytes): void => {
  if (--shared.files === 0 && all.get(identity) === shared) all.delete(identity)
}
