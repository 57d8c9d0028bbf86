/**
 * Tables as text (RFC 4180): fields with commas between them, in quotes where they hold commas, quotes or ends of
 * lines.
 */

/**
 * The rows of a table; a mark of UTF-8 in front and empty lines are left out. Undefined where a quote is not closed. A
 * line may end with CR alone, as those of some spreadsheets do.
 */
export const parse = (text: string): ReadonlyArray<ReadonlyArray<string>> | undefined => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  let field = ""
  let isQuoted = false
  const endField = () => {
    row.push(field)
    field = ""
  }
  const endRow = () => {
    endField()
    if (row.length > 1 || row[0] !== "") rows.push(row)
    row = []
  }
  const start = text.startsWith("\ufeff") ? 1 : 0
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (isQuoted) {
      if (character !== "\"") field += character
      else if (text[i + 1] === "\"") {
        field += "\""
        i++
      } else isQuoted = false
    } else if (character === "\"" && field === "") isQuoted = true
    else if (character === ",") endField()
    else if (character === "\n" || character === "\r") endRow()
    else field += character
  }
  if (isQuoted) return undefined
  if (field !== "" || row.length > 0) endRow()
  return rows
}

/** A row as a line, with its end. */
export const format = (row: ReadonlyArray<string>): string =>
  `${row.map((field) => /[",\r\n]/.test(field) ? `"${field.replaceAll("\"", "\"\"")}"` : field).join(",")}\r\n`
