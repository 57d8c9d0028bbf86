/** Whether there are colours: on a terminal only, and not with `NO_COLOR`; `FORCE_COLOR` has them anywhere. */
export const inColour = (): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if ((FORCE_COLOR ?? "") !== "") return FORCE_COLOR !== "0"
  return process.stdout.isTTY === true && (NO_COLOR ?? "") === "" && TERM !== "dumb"
}

/** What begins or ends a colour. */
const colour = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]*m`, "g")

/** Text without its colours. */
export const withoutColours = (text: string): string => text.replace(colour, "")
