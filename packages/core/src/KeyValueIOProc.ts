/**
 * The values of `@effect/platform`'s `KeyValueStore` as files: each file is one value, and its name is the key.
 *
 * - **Whole values.** A file is read into memory as it is opened, and written as a whole as it is committed: with
 *   `Mmio.commit`, or as its handle is closed. A scope that fails leaves the old value.
 * - **Versions.** The version of a value is its length and its CRC-32. A commit over a value that was changed since it
 *   was opened is `VersionChanged`; a change that is not made through this driver, between this check and the write, is
 *   lost, since a `KeyValueStore` has no conditions. `create: "new"` is not exclusive for that reason.
 * - **Sharing modes** hold between all handles of one `KeyValueIOProc`.
 * - **Names** are keys as they are: there are no folders, and nothing is listed. `rename` writes the value under its
 *   new key before it removes the old one, and undoes that where it cannot remove it.
 *
 * @since 0.1.0
 */
import type * as KeyValueStore from "@effect/platform/KeyValueStore"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/keyValueIOProc.js"
import * as IOProc from "./IOProc.js"

/**
 * The values of the program's `KeyValueStore`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<IOProc.IOProc, never, KeyValueStore.KeyValueStore> = internal.make

/**
 * The values of the program's `KeyValueStore` as its storage.
 *
 * @example
 * ```ts
 * import { KeyValueIOProc, Mmio } from "@effect-mmio/core"
 * import { KeyValueStore } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * const note = Mmio.withFile("note", { access: "write", create: true }, (file) =>
 *   Mmio.write(file, Uint8Array.of(104, 105)))
 *
 * export const main = Effect.provide(note, KeyValueIOProc.layer.pipe(Layer.provide(KeyValueStore.layerMemory)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<IOProc.IOProc, never, KeyValueStore.KeyValueStore> = Layer.effect(IOProc.IOProc, make)
