/**
 * Small files for edits.
 */
import * as RiffEdit from "../../src/RiffEdit.js"
import * as Family from "./familyModel.js"

export const bytesOf = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

/** Bytes of which no two sectors are the same. */
export const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24)

export const chunk = (id: string, data: Uint8Array) => ({ id, data })

export const info = (...tags: ReadonlyArray<readonly [id: string, text: string]>) => ({
  id: "LIST" as const,
  type: "INFO",
  children: tags.map(([id, text]) => chunk(id, new TextEncoder().encode(text)))
})

export const wave = (...children: Family.Form["children"]): Uint8Array =>
  Family.serialize([{ family: "RIFF", type: "WAVE", children }])

export const fmt = chunk("fmt ", bytesOf(16, 1))

export const title = (text: string): RiffEdit.RiffEdit =>
  RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", new TextEncoder().encode(text))

/** Edits that write in place, grow the file, and move much; files whose ends are at many places in their sectors. */
export const scenarios: Readonly<
  Record<
    string,
    { readonly before: Uint8Array; readonly edits: ReadonlyArray<RiffEdit.RiffEdit> }
  >
> = {
  "in the room of filler": {
    before: wave(fmt, info(["INAM", "a"]), chunk("JUNK", bytesOf(100, 9)), chunk("data", noise(900))),
    edits: [title("much longer")]
  },
  "that grows the file by less than a header": {
    before: wave(fmt, chunk("data", noise(930)), info(["INAM", "a"])),
    edits: [title("a little longer")]
  },
  "that grows the file by more than a header": {
    before: wave(fmt, info(["INAM", "a"]), chunk("data", noise(700))),
    edits: [title(`longer ${"than it was ".repeat(60)}`)]
  },
  "with much to move": {
    before: wave(fmt, info(["INAM", "a"]), chunk("fact", bytesOf(400, 4)), chunk("data", noise(1500))),
    edits: [
      title("longer than it was"),
      RiffEdit.remove("RIFF / fact"),
      RiffEdit.move("RIFF / data", { before: "RIFF / fmt" }),
      RiffEdit.insert({ last: "RIFF" }, { chunk: "last", data: bytesOf(700, 5) })
    ]
  },
  "of a file with bytes after its form": {
    before: Uint8Array.of(...wave(fmt, chunk("data", noise(600)), info(["INAM", "a"])), ...bytesOf(131, 0x54)),
    edits: [title("a title that is longer")]
  },
  "of an RF64": {
    before: Family.serialize([{
      family: "RF64",
      type: "WAVE",
      children: [fmt, chunk("data", noise(801)), info(["INAM", "a"])]
    }]),
    edits: [title("a longer one")]
  },
  "of an AVI of two forms": {
    before: Family.serialize([
      { family: "RIFF", type: "AVI ", children: [chunk("note", bytesOf(20, 3)), chunk("movi", noise(300))] },
      { family: "RIFF", type: "AVIX", children: [chunk("movi", noise(900))] }
    ]),
    edits: [RiffEdit.assign("RIFF:AVI / note", noise(77))]
  },
  "of a Wave64": {
    before: Family.serialize([
      { family: "Wave64", type: "wave", children: [chunk("fmt ", bytesOf(16, 1)), chunk("data", noise(640))] }
    ]),
    edits: [RiffEdit.insert({ first: "RIFF" }, { chunk: "note", data: bytesOf(50, 7) })]
  }
}
