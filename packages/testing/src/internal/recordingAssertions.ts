/**
 * What a trace may have, and what it has instead.
 */
import type * as Api from "../Recording.js"
import { matches as globMatches } from "./fault.js"
import { filesOf, matcher } from "./recordingText.js"

type Message = Api.Message

/** What is wrong with a trace, if anything. @internal */
export type Verdict = { readonly description: string; readonly indices: ReadonlyArray<number> } | undefined

const isMatch = (match: Api.Match, message: Message): boolean => {
  if (typeof match === "string") return message.message === match
  const { file, mode } = match
  const names = typeof match.message === "string" ? [match.message] : match.message
  return names.includes(message.message)
    && (file === undefined || filesOf(message).some((it) => globMatches(file, it)))
    && (mode === undefined || (message.message === "writeAt" && message.mode === mode))
}

const indicesOf = (match: Api.Match, trace: Api.Trace): ReadonlyArray<number> =>
  trace.flatMap((message, index) => isMatch(match, message) ? [index] : [])

/** @internal */
export const counting = (match: Api.Match, isRight: (count: number) => boolean) => (trace: Api.Trace): Verdict => {
  const indices = indicesOf(match, trace)
  return isRight(indices.length) ? undefined : {
    description: indices.length === 1 ? "there was 1" : `there were ${indices.length}`,
    indices
  }
}

/** @internal */
export const neverBefore = (match: Api.Match, first: Api.Match) => (trace: Api.Trace): Verdict => {
  const [end] = indicesOf(first, trace)
  const indices = indicesOf(match, trace).filter((index) => end === undefined || index < end)
  return indices.length === 0 ? undefined : {
    description: `${indices.length === 1 ? "there was 1" : `there were ${indices.length}`}${
      end === undefined ? `, and no ${matcher(first)} at all` : ` before #${end}`
    }`,
    indices
  }
}

/** @internal */
export const inOrder = (matches: ReadonlyArray<Api.Match>) => (trace: Api.Trace): Verdict => {
  const indices: Array<number> = []
  let from = 0
  for (const match of matches) {
    const index = trace.findIndex((message, index) => index >= from && isMatch(match, message))
    if (index < 0) {
      const last = indices.at(-1)
      return {
        description: `there was no ${matcher(match)}${last === undefined ? "" : ` after #${last}`}`,
        indices
      }
    }
    indices.push(index)
    from = index + 1
  }
  return undefined
}

/** @internal */
export const sequence = (matches: ReadonlyArray<Api.Match>) => (trace: Api.Trace): Verdict => {
  for (let index = 0; index < Math.max(matches.length, trace.length); index++) {
    const match = matches[index]
    const message = trace[index]
    if (match !== undefined && message !== undefined && isMatch(match, message)) continue
    return {
      description: message === undefined
        ? `the trace ends where #${index} should be${match === undefined ? "" : ` ${matcher(match)}`}`
        : `#${index} should be ${match === undefined ? "the end" : matcher(match)}`,
      indices: message === undefined ? [] : [index]
    }
  }
  return undefined
}
