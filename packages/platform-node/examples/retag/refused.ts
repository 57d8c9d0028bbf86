import { Data } from "effect"

/** Why this program does not do what it was asked for, as a sentence. */
export class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}
