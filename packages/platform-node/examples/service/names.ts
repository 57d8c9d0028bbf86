/** The names of files: those of one folder, and nothing that leads out of it. */
import { Data, Effect } from "effect"

/** A name that the service does not take. */
export class InvalidName extends Data.TaggedError("InvalidName")<{ readonly name: string }> {
  override get message() {
    return `${JSON.stringify(this.name)} is no name: letters, digits, ".", "_" and "-", not beginning with "."`
  }
}

export const checked = (name: string): Effect.Effect<string, InvalidName> =>
  /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(name) ? Effect.succeed(name) : Effect.fail(new InvalidName({ name }))
