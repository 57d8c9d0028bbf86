/**
 * What tells one version of a resource from the next, and how a request says which one it wants (RFC 9110, section 13).
 */
import { dateOf, type Fields } from "./fields.js"

/** @internal */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/** @internal */
export const validatorsOf = (fields: Fields): Validators => {
  const date = fields["last-modified"]?.trim()
  // What is not a date tells no version: as a precondition, servers ignore it.
  return { etag: fields["etag"]?.trim(), lastModified: dateOf(date) === undefined ? undefined : date }
}

/** A strong entity tag names the bytes; a weak one (`W/"…"`) only what they mean. */
const isStrong = (etag: string | undefined): etag is string => etag !== undefined && /^"[^"]*"$/.test(etag)

/**
 * What a version is called: the strong entity tag, else the date of the last change, each as the server writes it.
 *
 * @internal
 */
export const versionOf = ({ etag, lastModified }: Validators): string | undefined =>
  isStrong(etag) ? etag : lastModified

/** The fields that have a server refuse, with 412, to answer from another version. @internal */
export const preconditions = ({ etag, lastModified }: Validators): { readonly [name: string]: string } =>
  isStrong(etag)
    ? { "if-match": etag }
    : lastModified === undefined
    ? {}
    : { "if-unmodified-since": lastModified }

const opaque = (etag: string | undefined) => etag?.replace(/^W\//, "")

/**
 * Whether an answer is of the version that is pinned. Servers that ignore preconditions are found out here. A strong
 * entity tag decides alone; where there is none, the date has to be the same, and so has a weak tag.
 *
 * @internal
 */
export const isSame = (pinned: Validators, now: Validators): boolean =>
  isStrong(pinned.etag)
    ? now.etag === pinned.etag
    : now.lastModified === pinned.lastModified && opaque(now.etag) === opaque(pinned.etag)
