/**
 * What the header fields of an answer say (RFC 9110). Nothing here is trusted with an allocation.
 */
import * as Duration from "effect/Duration"

/** The fields of an answer, by their names in lower case. @internal */
export interface Fields {
  readonly [name: string]: string | undefined
}

/** The bytes from `start` up to `end`, of a resource of `size` bytes. @internal */
export interface ContentRange {
  readonly start: number
  readonly end: number
  readonly size: number
}

/** Digits as a number, where it is one that positions can have. */
const integer = (digits: string | undefined): number | undefined => {
  if (digits === undefined || !/^\d+$/.test(digits)) return undefined
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : undefined
}

/** @internal */
export const contentLength = (fields: Fields): number | undefined => integer(fields["content-length"]?.trim())

/** `bytes 0-99/1000`; one without a size, or whose numbers contradict each other, is none. @internal */
export const contentRange = (fields: Fields): ContentRange | undefined => {
  const parts = /^\s*bytes\s+(\d+)-(\d+)\/(\d+)\s*$/i.exec(fields["content-range"] ?? "")
  const [start, last, size] = [integer(parts?.[1]), integer(parts?.[2]), integer(parts?.[3])]
  return start === undefined || last === undefined || size === undefined || last < start || last >= size
    ? undefined
    : { start, end: last + 1, size }
}

/** The size that a 416 gives, as `bytes *∕1000`. @internal */
export const sizeOfUnsatisfied = (fields: Fields): number | undefined =>
  integer(/^\s*bytes\s+\*\/(\d+)\s*$/i.exec(fields["content-range"] ?? "")?.[1])

/** Whether the bytes are those of the resource, and not compressed. @internal */
export const isPlain = (fields: Fields): boolean => {
  const encoding = fields["content-encoding"]?.trim().toLowerCase() ?? ""
  return encoding === "" || encoding === "identity"
}

/** @internal */
export const dateOf = (text: string | undefined): Date | undefined => {
  const time = Date.parse(text ?? "")
  return Number.isNaN(time) ? undefined : new Date(time)
}

/** How long a server asks to wait: seconds, or a date, which counts from the date of the answer. @internal */
export const retryAfter = (fields: Fields): Duration.Duration | undefined => {
  const text = fields["retry-after"]?.trim()
  const seconds = integer(text)
  if (seconds !== undefined) return Duration.seconds(seconds)
  const [then, now] = [dateOf(text), dateOf(fields["date"])]
  return then && now && Duration.millis(Math.max(0, then.getTime() - now.getTime()))
}
