/**
 * The steps of an edit in place, in their order.
 *
 * Each flush has one thing to keep apart from another:
 *
 * - without `"flush journal"`, the footer could reach the storage before the records that it vouches for;
 * - without `"flush footer"`, the new bytes before the footer;
 * - without `"flush file"`, the end of the journal before the new bytes;
 * - without `"flush end"`, the next edit could begin over a journal that a crash brings back.
 */

export type Step =
  | "header"
  | "reserve"
  | "tail"
  | "records"
  | "flush journal"
  | "check"
  | "footer"
  | "flush footer"
  | "apply"
  | "flush file"
  | "remove"
  | "flush end"

/** Until the footer is flushed, a failure leads back to the old file. */
export const preparing: ReadonlyArray<Step> = ["header", "reserve", "tail", "records", "flush journal", "check"]

export const deciding: ReadonlyArray<Step> = ["footer", "flush footer"]

/** From here on, the file is recoverable to the new one. */
export const finishing: ReadonlyArray<Step> = ["apply", "flush file", "remove", "flush end"]

/** Some steps left out: that is what tests do to see that they notice. */
export type Omitted = ReadonlySet<Step>

export const none: Omitted = new Set()
