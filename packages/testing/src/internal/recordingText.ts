/**
 * Messages as people read them.
 */
import * as Encoding from "effect/Encoding"
import type * as Api from "../Recording.js"

/** A message without what came of it. @internal */
export type Question = Api.Message extends infer M ? M extends unknown ? Omit<M, "result" | "entries"> : never : never

const bytesText = (bytes: Api.Bytes): string => {
  if (!("bytes" in bytes)) return `${bytes.length} bytes (${bytes.digest})`
  const { length } = bytes.bytes
  return length === 0
    ? "0 bytes"
    : `${length} bytes (${Encoding.encodeHex(bytes.bytes.subarray(0, 8))}${length > 8 ? "…" : ""})`
}

/** A message as it was sent. @internal */
export const question = (message: Question): string => {
  switch (message.message) {
    case "open":
      return [
        `open${via(message)} ${message.name.full} for ${message.access}`,
        ...(message.create === "no" ? [] : [`create ${message.create}`]),
        message.share,
        ...(message.code === null || message.code === message.driver ? [] : [`code ${message.code}`]),
        ...(message.parameters ? ["with parameters"] : []),
        ...(message.ifVersion === null ? [] : [`if version ${message.ifVersion}`]),
        ...(message.buffered ? [] : ["unbuffered"])
      ].join(", ")
    case "readAt":
      return `readAt ${of(message)} ${message.count} bytes at ${message.position}`
    case "writeAt":
      return `writeAt ${of(message)} ${bytesText(message.source)} at ${message.position}${
        message.mode === "writeFlush" ? ", flush" : ""
      }`
    case "canSeek":
      return `canSeek ${of(message)} ${message.position}`
    case "truncate":
      return `truncate ${of(message)} to ${message.size} bytes`
    case "size":
    case "invalidate":
    case "commit":
    case "close":
    case "abort":
      return `${message.message} ${of(message)}`
    case "user":
      return `message ${message.request} to ${of(message)}`
    case "rename":
      return `rename${via(message)} ${message.name.full} to ${message.to.full}`
    case "tempName": {
      const { folder, like, prefix, suffix } = message
      const parts = [folder, prefix, suffix].map((part) => part ?? "default").join(", ")
      return `tempName${via(message)} ${parts}${like === null ? "" : `, like ${like.full}`}`
    }
    case "remove":
    case "exists":
    case "fullName":
    case "realName":
    case "stat":
    case "list":
    case "makeFolder":
    case "removeFolder":
      return `${message.message}${via(message)} ${message.name.full}`
  }
}

const of = ({ file, name }: { readonly file: number; readonly name: string }): string => `${name} (file ${file})`

const via = ({ driver }: { readonly driver: string | null }): string => driver === null ? "" : ` [${driver}]`

const answerText = (message: Api.Message): string => {
  const { result } = message
  if ("error" in result) {
    const { _tag, description, errno } = result.error
    return `${_tag}: ${description}${errno === undefined ? "" : ` (${errno})`}`
  }
  if ("defect" in result) return `died: ${result.defect}`
  if ("interrupted" in result) return "interrupted"
  if ("pending" in result) return "in flight"
  if (message.message === "list") return `${message.entries.length} entries`
  const { success } = result
  if (success === null) return "done"
  if (typeof success !== "object") return String(success)
  if ("full" in success) return success.full
  if ("file" in success) return `file ${success.file}`
  if ("kind" in success) return success.size === null ? success.kind : `${success.kind} of ${success.size} bytes`
  if ("known" in success) return success.known ? "answered" : "not known"
  return bytesText(success)
}

/** A message and its answer. @internal */
export const line = (message: Api.Message, index: number): string =>
  `#${index} ${question(message)} → ${answerText(message)}`

/** The names of the files that a message is about. @internal */
export const filesOf = (message: Api.Message): ReadonlyArray<string> => {
  switch (message.message) {
    case "rename":
      return [message.name.full, message.to.full]
    case "tempName":
      return "success" in message.result ? [message.result.success.full] : []
    default:
      return [typeof message.name === "string" ? message.name : message.name.full]
  }
}

/** @internal */
export const matcher = (match: Api.Match): string => {
  if (typeof match === "string") return match
  const messages = typeof match.message === "string" ? match.message : match.message.join(" or ")
  const names = match.mode === undefined ? messages : `${messages} (${match.mode})`
  return match.file === undefined ? names : `${names} of ${match.file}`
}

/** @internal */
export const unexpected = (
  { description, expected, got, index }: Pick<Api.Unexpected, "description" | "expected" | "got" | "index">
): string => {
  const why = description === undefined ? "" : `\n${description}`
  return `message #${index} of the trace: expected ${
    expected === undefined ? "none, the trace ends here" : question(expected)
  }\n`
    + `but the program asked ${got ?? "nothing more"}${why}`
}

/** How many messages a failure shows. */
const shown = 20

/** @internal */
export const failed = (
  { description, indices, rule, trace }: Pick<Api.AssertionFailed, "description" | "indices" | "rule" | "trace">
): string => {
  const lines = indices.slice(0, shown).flatMap((index) => {
    const message = trace[index]
    return message === undefined ? [] : [line(message, index)]
  })
  const more = indices.length > shown ? [`… and ${indices.length - shown} more`] : []
  return [`${rule}: ${description}`, ...lines, ...more].join("\n  ")
}
