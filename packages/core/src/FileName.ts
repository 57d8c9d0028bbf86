/**
 * Names of files, and of elements inside of files.
 *
 * `one.xyz+two` names the element `two` of the file `one.xyz`, and the code of its extension, `"XYZ "`, says which
 * driver serves it. Text is read that way by {@link parse}; a name that a user typed, and that may hold a `+` of its
 * own, goes through {@link plain}, which takes it for exactly what it says.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as FourCC from "./FourCC.js"

/**
 * Marks file names.
 *
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("@effect-mmio/core/FileName")

/**
 * Marks file names.
 *
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * The name of a file, taken apart. Two names that say the same are equal (`Equal`).
 *
 * @since 0.1.0
 * @category models
 */
export class FileName extends Data.Class<{
  /** The whole name: what a storage driver gets. */
  readonly full: string
  /** The name without its element. */
  readonly path: string
  /** What follows the `+` that splits the name, where the name has a code. */
  readonly element: Option.Option<string>
  /** Which driver serves the name, where it says so. */
  readonly code: Option.Option<FourCC.FourCC>
}> {
  /** Marks file names. */
  readonly [TypeId]: TypeId = TypeId
  /** The whole name. */
  override toString(): string {
    return this.full
  }
  /** What loggers show. */
  toJSON(): { readonly _id: string; readonly full: string } {
    return { _id: "@effect-mmio/core/FileName", full: this.full }
  }
  /** What `console.log` shows on Node. */
  [Inspectable.NodeInspectSymbol](): { readonly _id: string; readonly full: string } {
    return this.toJSON()
  }
}

/**
 * Whether a value is a file name.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFileName = (u: unknown): u is FileName => Predicate.hasProperty(u, TypeId)

/**
 * Reads text as a name: the last `+` splits the element off, and the extension before it, in upper case, cut or padded
 * to four characters, is the code. Text without a `+`, or without an extension before it, is a plain name.
 *
 * @example
 * ```ts
 * import { FileName } from "@effect-mmio/core"
 *
 * FileName.parse("songs.zip+intro.wav").code // Option.some("ZIP ")
 * FileName.parse("rock+roll").code // Option.none()
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (text: string): FileName => splits(text)[0] ?? plain(text)

/**
 * All ways to split text at a `+` into the name of a file and of an element, from the last `+` to the first. Opening
 * takes the first whose code has a driver; {@link parse} gives the first of all.
 *
 * @example
 * ```ts
 * import { FileName } from "@effect-mmio/core"
 *
 * FileName.splits("songs.zip+a.b+c").map((name) => name.path) // ["songs.zip+a.b", "songs.zip"]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const splits = (text: string): ReadonlyArray<FileName> => {
  const names: Array<FileName> = []
  /** After the last dot of the component, if it has one. */
  let extension = -1
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === "/" || character === "\\") extension = -1
    else if (character === ".") extension = i + 1
    else if (character === "+" && extension >= 0 && extension < i) {
      names.push(
        new FileName({
          full: text,
          path: text.slice(0, i),
          element: Option.some(text.slice(i + 1)),
          code: Option.some(FourCC.fromString(text.slice(extension, Math.min(i, extension + 4)), { upperCase: true }))
        })
      )
    }
  }
  return names.toReversed()
}

/**
 * The name that is exactly this text, whatever `+` it holds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const plain = (text: string): FileName =>
  new FileName({ full: text, path: text, element: Option.none(), code: Option.none() })

/**
 * The name of an element of a file, served by the driver of `code`, whatever `+` and extensions the two hold.
 *
 * @since 0.1.0
 * @category constructors
 */
export const element = (path: string, name: string, code: FourCC.FourCC): FileName =>
  new FileName({ full: `${path}+${name}`, path, element: Option.some(name), code: Option.some(code) })

/**
 * A name as every function that opens something takes it: text is read by {@link parse}.
 *
 * @since 0.1.0
 * @category conversions
 */
export const from = (name: string | FileName): FileName => typeof name === "string" ? parse(name) : name
