/**
 * Drivers that are installed and removed while a program runs (`mmioInstallIOProc`).
 *
 * Where the routes of a program are known when it is put together, `IOProc.layerRoute` is simpler.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { FourCC } from "./FourCC.js"
import * as internal from "./internal/ioProc.js"
import { predefined } from "./internal/memoryBlock.js"
import * as IOProc from "./IOProc.js"

/**
 * Drivers by code, over a storage. `ioProc` is the storage with whatever is installed at the moment; a code that
 * nothing is installed for is looked up in the storage below, and so in a registry below: local before global.
 *
 * (The registry is not an `IOProc` itself, since `remove` means a file there and a code here.)
 *
 * @since 0.1.0
 * @category models
 */
export interface IOProcRegistry {
  /** The storage with the installed drivers. */
  readonly ioProc: IOProc.IOProc
  /**
   * Has names of a code served by a driver until the scope ends (`MMIO_INSTALLPROC`). The same code, and the same
   * driver, can be installed any number of times: the most recent installation serves.
   */
  readonly install: (code: FourCC, driver: IOProc.IOProc) => Effect.Effect<void, never, Scope.Scope>
  /**
   * Removes the most recent installation of a code from this registry and gives its driver (`MMIO_REMOVEPROC`). Files
   * that it opened stay open.
   */
  readonly remove: (code: FourCC) => Effect.Effect<Option.Option<IOProc.IOProc>>
  /**
   * The driver that serves names of a code now, here or below (`MMIO_FINDPROC`). For the predefined codes, where
   * nothing is installed for them, it is the storage itself (`"DOS "`), and that of blocks of memory (`"MEM "`).
   */
  readonly find: (code: FourCC) => Effect.Effect<Option.Option<IOProc.IOProc>>
}

/**
 * The registry of a program.
 *
 * @since 0.1.0
 * @category tags
 */
export const IOProcRegistry: Context.Tag<IOProcRegistry, IOProcRegistry> = Context.GenericTag<IOProcRegistry>(
  "@effect-mmio/core/IOProcRegistry"
)

/**
 * An empty registry over a storage.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (below: IOProc.IOProc): Effect.Effect<IOProcRegistry> =>
  Effect.sync(() => {
    // Oldest first. An entry is an object of its own, so that a scope removes its installation and not an equal one.
    const entries: Array<{ readonly code: FourCC; readonly driver: IOProc.IOProc }> = []
    const find = (code: FourCC) => {
      const entry = entries.findLast((entry) => entry.code === code)
      return entry === undefined ? below.find(code) : Option.some(entry.driver)
    }
    const removeAt = (index: number) =>
      Option.map(Option.fromIterable(index < 0 ? [] : entries.splice(index, 1)), (entry) => entry.driver)
    return {
      ioProc: internal.override(below, { find }),
      install: (code, driver) =>
        Effect.suspend(() => {
          const entry = { code, driver }
          return Effect.acquireRelease(
            Effect.sync(() => {
              entries.push(entry)
            }),
            () => Effect.sync(() => removeAt(entries.indexOf(entry)))
          )
        }),
      remove: (code) => Effect.sync(() => removeAt(entries.findLastIndex((entry) => entry.code === code))),
      find: (code) => Effect.sync(() => Option.orElse(find(code), () => predefined(below, code)))
    }
  })

/**
 * A registry over the storage below, and the storage that includes it.
 *
 * @example
 * ```ts
 * import { FourCC, IOProc, IOProcRegistry, MemoryIOProc, Mmio } from "@effect-mmio/core"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const registry = yield* IOProcRegistry.IOProcRegistry
 *   const archive = yield* MemoryIOProc.make({ files: { "songs.zip+intro": new Uint8Array(3) } })
 *   yield* registry.install(FourCC.make("ZIP "), archive)
 *   const file = yield* Mmio.open("songs.zip+intro")
 *   return yield* Mmio.read(file, 3)
 * })
 *
 * export const main = program.pipe(
 *   Effect.scoped,
 *   Effect.provide(Layer.provide(IOProcRegistry.layer, MemoryIOProc.layer()))
 * )
 * export type Storage = IOProc.IOProc
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProcRegistry | IOProc.IOProc, never, IOProc.IOProc> = Layer.effectContext(
  Effect.map(
    Effect.flatMap(IOProc.IOProc, make),
    (registry) => Context.make(IOProcRegistry, registry).pipe(Context.add(IOProc.IOProc, registry.ioProc))
  )
)
