import { Effect, type Either } from "effect"

/** What an effect without asynchronous steps comes to. */
export const outcome = <A, E>(effect: Effect.Effect<A, E>): Either.Either<A, E> => Effect.runSync(Effect.either(effect))
