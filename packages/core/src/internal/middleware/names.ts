/**
 * Names of files as the middleware needs them: their folder, and whether two of them lead to the same file.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as FileName from "../../FileName.js"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"

/** The folder of a path and its last component; of a path without a folder, the current one. @internal */
export const split = (path: string): { readonly folder: string; readonly last: string } => {
  const separator = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"))
  return separator < 0
    ? { folder: ".", last: path }
    : { folder: path.slice(0, separator + 1), last: path.slice(separator + 1) }
}

/** What a storage says of a name, or nothing. */
const asked = <A, E>(answer: Effect.Effect<A, E>): Effect.Effect<Option.Option<A>> =>
  Effect.match(answer, { onFailure: () => Option.none(), onSuccess: Option.some })

/**
 * Whether two names lead to the same file, as far as the storage can say: they have the same full name, or what they
 * lead to has the same identity.
 *
 * @internal
 */
export const isSameFile = (
  storage: Pick<Api.IOProc, "fullName" | "stat">,
  one: FileName.FileName,
  other: FileName.FileName
): Effect.Effect<boolean> =>
  Effect.gen(function*() {
    if (one.full === other.full) return true
    const [fullOne, fullOther] = [yield* asked(storage.fullName(one)), yield* asked(storage.fullName(other))]
    if (Option.isSome(fullOne) && Option.isSome(fullOther) && fullOne.value.full === fullOther.value.full) return true
    const [factsOfOne, factsOfOther] = [yield* asked(storage.stat(one)), yield* asked(storage.stat(other))]
    const identity = Option.flatMap(factsOfOne, (facts) => facts.identity)
    return Option.isSome(identity) &&
      Option.contains(Option.flatMap(factsOfOther, (facts) => facts.identity), identity.value)
  })

/** Has errors name a file as the caller does. @internal */
export const named = <A, E extends MmioError.MmioError>(name: FileName.FileName, effect: Effect.Effect<A, E>) =>
  Effect.mapError(effect, (error) => MmioError.withDetails(error, { file: name.full }))
