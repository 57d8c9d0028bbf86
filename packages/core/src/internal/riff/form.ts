/**
 * Forms that are written: `Riff.withRiff`, `Riff.updateSizes`, and what making and leaving a chunk does inside of them.
 *
 * A chunk that is made while a form is being written, by whichever function, is one of the form, which knows of it when
 * sizes have to be written: see `openForm.ts`.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as FourCC from "../../FourCC.js"
import * as MmioError from "../../MmioError.js"
import type * as Api from "../../Riff.js"
import type { Handle } from "../handle/handle.js"
import type { Restore } from "../handle/lock.js"
import { bothExits } from "../io/exits.js"
import { codeOf } from "../parameters.js"
import { corrected } from "./chunk.js"
import * as EndedChunks from "./endedChunks.js"
import * as FormState from "./formState.js"
import { code, families, hasDs64 } from "./layout.js"
import { onlyForward } from "./onlyForward.js"
import * as OpenForms from "./openForm.js"
import { type Failure, formOf, type OpenForm } from "./openForm.js"

/** A form that is being written. Its state changes in operations that have the handle to themselves. */
class Form implements OpenForm {
  readonly handle: Handle
  state: FormState.FormState
  /** Whether the storage goes where it is told to; undefined before it was asked. */
  seekable: boolean | undefined
  /** Whether an update was flushed: then nothing less is wanted of the end. */
  flushes = false
  /** The chunks that are open, by their offsets. */
  private readonly open = new Map<number, Api.CreatedChunk>()

  constructor(handle: Handle, state: FormState.FormState, seekable: boolean | undefined) {
    this.handle = handle
    this.state = state
    this.seekable = seekable
  }

  sizeField(operation: string, id: FourCC.FourCC, size: number) {
    const { handle, state } = this
    return Either.mapLeft(
      FormState.fieldOf(state, id, size, handle.forwardOnly),
      (refusal) => refused(handle, operation, refusal)
    )
  }

  get layout() {
    return this.state.layout
  }

  made(chunk: Api.CreatedChunk) {
    const { id, offset, sizeField } = chunk
    this.state = FormState.opened(this.state, id, offset, sizeField)
    // What is made over others ends them.
    for (const other of this.open.keys()) if (other >= offset) this.open.delete(other)
    const made = { ...chunk, ds64: Option.fromNullable(FormState.ds64Of(this.state)) }
    this.open.set(offset, made)
    return made
  }

  /** Takes note of how chunks ended. */
  ended(members: ReadonlyArray<FormState.Ended>) {
    const ds64 = Option.fromNullable(FormState.ds64Of(this.state))
    for (const { offset, size, sizeField } of members) {
      const chunk = this.open.get(offset)
      this.open.delete(offset)
      if (chunk !== undefined) EndedChunks.end(chunk, corrected(chunk, { size, sizeField, ds64 }))
    }
  }

  holds(offset: number) {
    return FormState.holds(this.state, offset)
  }

  leave(chunk: Api.CreatedChunk, restore: Restore) {
    return leave(this.handle, this, chunk, restore)
  }

  within<B, E, R>(chunk: Api.CreatedChunk, body: Effect.Effect<B, E, R>, ascend: Effect.Effect<unknown, Failure>) {
    return within(this.handle, this, chunk, body, ascend)
  }
}

const positionOf = (handle: Handle): number => handle.window.position

const moveTo = (handle: Handle, position: number): void => {
  handle.window.moveTo(position)
}

/** The refusal as an error. */
const refused = (
  handle: Handle,
  operation: string,
  { description, reason }: FormState.Refusal
): MmioError.CannotExpand | MmioError.InvalidParameter => {
  const details = { operation, file: handle.name.full, position: positionOf(handle), description }
  return reason === "invalid" ? new MmioError.InvalidParameter(details) : new MmioError.CannotExpand(details)
}

// ---------------------------------------------------------------------------------------------------------------------
// storage that only goes forward
// ---------------------------------------------------------------------------------------------------------------------

/** Fails where the storage cannot come back to what was written: before writing rather than after. */
const requireSeeking = (
  handle: Handle,
  operation: string,
  restore: Restore
): Effect.Effect<void, MmioError.SeekError> =>
  Effect.suspend(() => {
    if (handle.forwardOnly) return Effect.fail(onlyForward(handle, operation, "the form"))
    const position = positionOf(handle)
    // What says nothing of itself is asked to go somewhere.
    return Effect.asVoid(
      Effect.ensuring(handle.seekLocked(0, "end", restore), Effect.sync(() => moveTo(handle, position)))
    )
  })

const requireSeekingOf = (handle: Handle, form: Form, operation: string, restore: Restore) =>
  form.seekable === true
    ? Effect.void
    : Effect.map(requireSeeking(handle, operation, restore), () => {
      form.seekable = true
    })

// ---------------------------------------------------------------------------------------------------------------------
// writing sizes
// ---------------------------------------------------------------------------------------------------------------------

/** Writes what a plan says, with the padding, and leaves the position after that; a failure leaves it at `end`. */
const apply = (
  handle: Handle,
  form: Form,
  { converts, padding, state, writes }: FormState.Plan,
  end: number,
  flush: boolean,
  restore: Restore
): Effect.Effect<void, Failure> => {
  const next = end + padding
  const pad: Effect.Effect<unknown, Failure> = padding === 0
    ? Effect.void
    : handle.writeAllLocked(new Uint8Array(padding), restore)
  // Only what was flushed is before what comes then, if the power goes.
  const barrier: Effect.Effect<unknown, Failure> = flush || converts ? handle.flushLocked(restore) : Effect.void
  const write = ({ at, bytes }: FormState.Write): Effect.Effect<unknown, Failure> =>
    handle.seekLocked(at, "start", restore).pipe(
      Effect.zipRight(handle.writeAllLocked(bytes, restore)),
      Effect.zipRight(barrier)
    )
  return handle.engine.returningTo(
    end,
    Effect.suspend(() => {
      moveTo(handle, end)
      if (writes.length > 0) form.state = { ...form.state, certain: false }
      return pad.pipe(
        Effect.zipRight(barrier),
        Effect.zipRight(Effect.forEach(writes, write, { discard: true })),
        Effect.map(() => {
          moveTo(handle, next)
          form.state = state
        })
      )
    })
  )
}

/** @internal */
export const updateSizes = (
  handle: Handle,
  options: Api.UpdateOptions | undefined
): Effect.Effect<void, Failure> => {
  const operation = "Riff.updateSizes"
  return handle.exclusive<void, Failure>(operation, (restore) =>
    Effect.suspend(() => {
      const form = formOf(handle)
      if (!(form instanceof Form)) {
        return handle.invalid(operation, "no form is being written: that is what withRiff does")
      }
      const end = positionOf(handle)
      const plan = FormState.plan(form.state, end)
      if (Either.isLeft(plan)) {
        return Effect.fail(refused(handle, operation, plan.left))
      }
      const flush = options?.flush ?? true
      form.flushes ||= flush
      return requireSeekingOf(handle, form, operation, restore).pipe(
        Effect.zipRight(apply(handle, form, plan.right, end, flush, restore)),
        Effect.map(() => moveTo(handle, end))
      )
    }))
}

// ---------------------------------------------------------------------------------------------------------------------
// leaving chunks
// ---------------------------------------------------------------------------------------------------------------------

/** Leaves a chunk of the form, which ends at the position. Runs inside of `Lock.exclusive`. */
const leave = (
  handle: Handle,
  form: Form,
  chunk: Api.CreatedChunk,
  restore: Restore
): Effect.Effect<Api.FoundChunk, Failure> =>
  Effect.suspend((): Effect.Effect<Api.FoundChunk, Failure> => {
    const end = positionOf(handle)
    const leaving = FormState.leaving(form.state, chunk.offset, end)
    if (Either.isLeft(leaving)) return Effect.fail(refused(handle, "Riff.ascend", leaving.left))
    const { members, next, size, sizeField } = leaving.right
    return Effect.map(apply(handle, form, leaving.right, end, false, restore), () => {
      moveTo(handle, next)
      form.ended(members)
      const ds64 = Option.fromNullable(FormState.ds64Of(form.state))
      const found = corrected(chunk, { size, sizeField, ds64 })
      // The form itself goes on until `withRiff` ends it.
      if (chunk.offset !== form.state.offset) EndedChunks.end(chunk, found)
      return found
    })
  })

/** Leaves a chunk whose body failed, as far as that is possible; the form's own end does the rest. */
const leaveFailed = (handle: Handle, form: Form, chunk: Api.CreatedChunk): Effect.Effect<void, Failure> =>
  handle.exclusive<void, Failure>("Riff.ascend", (restore) =>
    Effect.suspend(() => {
      if (!form.holds(chunk.offset)) return Effect.void
      return ifSeekable(handle, form, restore, () => {
        moveTo(handle, Math.max(positionOf(handle), form.state.furthest))
        return Effect.catchTag(
          Effect.asVoid(leave(handle, form, chunk, restore)),
          "CannotExpand",
          // A refusal is told by the form; what has no room for bytes will say so again.
          () => Effect.void
        )
      })
    }))

/** Does something where the storage can go back; where it cannot, nothing can be made good. */
const ifSeekable = (
  handle: Handle,
  form: Form,
  restore: Restore,
  effect: () => Effect.Effect<void, Failure>
): Effect.Effect<void, Failure> =>
  Effect.matchEffect(requireSeekingOf(handle, form, "Riff", restore), {
    onFailure: () => Effect.void,
    onSuccess: effect
  })

const within = <B, E, R>(
  handle: Handle,
  form: Form,
  chunk: Api.CreatedChunk,
  body: Effect.Effect<B, E, R>,
  ascend: Effect.Effect<unknown, Failure>
): Effect.Effect<B, E | Failure, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.exit(restore(body)), (used) =>
      Exit.isSuccess(used)
        ? Effect.as(restore(ascend), used.value)
        : Effect.flatMap(Effect.exit(leaveFailed(handle, form, chunk)), (closed) =>
          bothExits<B, E, Failure>(used, closed)))
  )

// ---------------------------------------------------------------------------------------------------------------------
// the form
// ---------------------------------------------------------------------------------------------------------------------

const operation = "Riff.withRiff"
const defaultEntries = 4
const mostEntries = 0xffff
const isSize = (size: number) => Number.isSafeInteger(size) && size >= 0

/** Reads the options. */
const beginningOf = (
  handle: Handle,
  type: string,
  options: Api.RiffOptions
): Either.Either<FormState.Beginning, MmioError.InvalidParameter> => {
  const { chunkSizes = {}, family = "RIFF", large = "auto", sampleCount = () => 0, size } = options
  const { tableEntries = defaultEntries } = options
  const file = handle.name.full
  const invalid = (description: string) => Either.left(new MmioError.InvalidParameter({ operation, file, description }))
  if (!Object.hasOwn(families, family)) return invalid(`${family} is not a family of RIFF`)
  const { form, layout } = families[family]
  if (large === "never" && hasDs64(form)) return invalid(`the sizes of ${family} have 64 bits`)
  if (large === "always" && family === "RIFX") return invalid("there is no RIFX with sizes of 64 bits")
  if (size !== undefined && !(isSize(size) && size >= layout.typeSize)) {
    return invalid(`${size} is not the size of a form`)
  }
  if (!isSize(tableEntries) || tableEntries > mostEntries) {
    return invalid(`${tableEntries} is not a number of entries between 0 and ${mostEntries}`)
  }
  const declared = new Map<FourCC.FourCC, number>()
  for (const [text, size] of Object.entries(chunkSizes)) {
    const code = codeOf(operation, file, text)
    if (Either.isLeft(code)) return Either.left(code.left)
    if (!isSize(size)) return invalid(`${size} is not the size of a chunk`)
    declared.set(code.right, size)
  }
  return Either.map(
    codeOf(operation, file, type),
    (type) => ({ family, type, large, size, entries: tableEntries, sampleCount, declared })
  )
}

/** Writes the header. */
const begin = (handle: Handle, type: string, options: Api.RiffOptions) =>
  handle.transfer<{ readonly chunk: Api.CreatedChunk; readonly form: Form }, Failure>(
    operation,
    (restore) =>
      Effect.gen(function*() {
        if (formOf(handle) !== undefined) {
          return yield* handle.invalid(operation, "a form is being written already; one in it is a chunk of that")
        }
        const beginning = yield* beginningOf(handle, type, options)
        const begun = FormState.begin(beginning, positionOf(handle))
        if (Either.isLeft(begun)) return yield* Effect.fail(refused(handle, operation, begun.left))
        const { bytes, chunk, state } = begun.right
        if (options.size === undefined) yield* requireSeeking(handle, operation, restore)
        yield* handle.writeAllLocked(bytes, restore)
        const form = new Form(handle, state, options.size === undefined ? true : undefined)
        return { chunk, form }
      })
  )

/** Takes note of how the form, and all that was open in it, ended. */
const ended = (form: Form, chunk: Api.CreatedChunk, members: ReadonlyArray<FormState.Ended>): void => {
  form.ended(members)
  const { id, largeId, sizeField, sizes } = form.state
  EndedChunks.end(
    chunk,
    corrected(chunk, {
      id: code(sizes === undefined ? id : largeId),
      size: FormState.sizeOf(form.state),
      sizeField,
      ds64: Option.fromNullable(FormState.ds64Of(form.state))
    })
  )
}

/** Ends the form where its body left the position; if that failed, with all that is known to be there. */
const end = (handle: Handle, form: Form, chunk: Api.CreatedChunk, failed: boolean): Effect.Effect<void, Failure> =>
  handle.exclusive<void, Failure>(operation, (restore) =>
    Effect.suspend(() => {
      const position = positionOf(handle)
      const close = (plan: FormState.Whole, end: number) =>
        Effect.map(apply(handle, form, plan, end, form.flushes, restore), () => ended(form, chunk, plan.members))
      const save = ifSeekable(handle, form, restore, () => {
        const end = Math.max(position, form.state.furthest)
        return Either.match(FormState.salvage(form.state, end), {
          onLeft: () => Effect.void,
          onRight: (plan) => close(plan, end)
        })
      })
      return failed ? save : Either.match(FormState.plan(form.state, position), {
        onLeft: (refusal) => Effect.zipRight(save, Effect.fail(refused(handle, operation, refusal))),
        onRight: (plan) => close(plan, position)
      })
    }))

/** @internal */
export const withRiff = <B, E, R>(
  handle: Handle,
  type: string,
  options: Api.RiffOptions,
  body: (form: Api.CreatedChunk) => Effect.Effect<B, E, R>
): Effect.Effect<B, E | Failure, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(begin(handle, type, options)), ({ chunk, form }) => {
      OpenForms.begin(handle, form)
      return Effect.exit(restore(Effect.suspend(() => body(chunk)))).pipe(
        Effect.flatMap((used) =>
          Effect.flatMap(
            Effect.exit(end(handle, form, chunk, Exit.isFailure(used))),
            (ended) => bothExits<B, E, Failure>(used, ended)
          )
        ),
        Effect.ensuring(Effect.sync(() => OpenForms.end(handle)))
      )
    })
  )
