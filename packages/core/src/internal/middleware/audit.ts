/**
 * The messages of a storage as a log.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Api from "../../IOProc.js"
import { observed } from "./observed.js"

/** An entry as a line of the program's log. */
const logged = ({ bytes, file, operation, outcome, position, to, transferred }: Api.AuditEntry): Effect.Effect<void> =>
  Effect.logInfo(`${operation} ${file}`).pipe(
    Effect.annotateLogs({
      ...Option.match(to, { onNone: () => ({}), onSome: (to) => ({ to }) }),
      ...Option.match(position, { onNone: () => ({}), onSome: (position) => ({ position }) }),
      ...Option.match(bytes, { onNone: () => ({}), onSome: (bytes) => ({ bytes }) }),
      ...Option.match(transferred, { onNone: () => ({}), onSome: (transferred) => ({ transferred }) }),
      outcome: typeof outcome === "string" ? outcome : outcome.message
    })
  )

/** @internal */
export const audit = (
  self: Api.IOProc,
  log: (entry: Api.AuditEntry) => Effect.Effect<void> = logged
): Api.IOProc =>
  observed("audit", self, (call, count) =>
    Effect.succeed((exit) =>
      log({
        operation: call.operation,
        file: call.file,
        to: Option.fromNullable(call.to),
        position: Option.fromNullable(call.position),
        bytes: Option.fromNullable(call.bytes),
        transferred: Exit.isSuccess(exit) ? Option.fromNullable(count(exit.value)) : Option.none(),
        outcome: Exit.match(exit, {
          onSuccess: () => "success" as const,
          onFailure: (cause) =>
            Option.getOrElse(
              Cause.failureOption(cause),
              () => Cause.isInterrupted(cause) ? "interrupted" as const : "defect" as const
            )
        })
      })
    ))
