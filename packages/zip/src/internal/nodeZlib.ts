/**
 * What `node:zlib` does faster than JavaScript, where the runtime has it: asked of the process, so that bundles for other runtimes need not leave it out.
 */

interface Zlib {
  /** Since Node 20.15. */
  readonly crc32?: ((bytes: Uint8Array, sum?: number) => number) | undefined
  readonly inflateRawSync: (
    bytes: Uint8Array,
    options: { readonly dictionary?: Uint8Array; readonly finishFlush: number; readonly maxOutputLength: number }
  ) => Uint8Array
  readonly constants: { readonly Z_SYNC_FLUSH: number }
}

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: ((name: string) => unknown) | undefined } | undefined
}

/** @internal */
export const zlib: Zlib | undefined = (() => {
  try {
    // The types of Node are no dependency: what is used of it is written down above, and undefined where a runtime lacks it.
    return (globalThis as Runtime).process?.getBuiltinModule?.("node:zlib") as Zlib | undefined
  } catch {
    return undefined
  }
})()
