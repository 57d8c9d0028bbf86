/** The header `Range` of HTTP, as far as it names one range of bytes (RFC 9110, section 14). */
import { Option } from "effect"

/** Which bytes are wanted: from `start` up to `end`, which is not among them. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * What a request wants of so many bytes: all of them, where its header is none that has to be followed, a range, or
 * none that there is.
 */
export const wanted = (header: string | undefined, size: number): Range | "all" | "unsatisfiable" =>
  Option.match(Option.fromNullable(header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header)), {
    onNone: () => "all",
    onSome: ([, first = "", last = ""]) => {
      if (first === "" && last === "") return "all"
      const start = first === "" ? Math.max(0, size - Number(last)) : Number(first)
      const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1)
      if (last !== "" && first !== "" && Number(last) < Number(first)) return "all"
      return start < end ? { start, end } : "unsatisfiable"
    }
  })
