/** What is wrong with a file, for people and as JSON. */
import type { RiffProblem } from "@effect-mmio/core/RiffProblem"
import type { WaveProblem } from "@effect-mmio/core/WaveProblem"
import type { Json } from "./output.js"

/** What the library says, with the commands in the place of the functions that they are. */
export const inCommands = (message: string): string =>
  message
    .replaceAll(/Riff\.edit with RiffEdit\.pad|RiffEdit\.pad|Riff\.repair/g, "mmio repair")
    .replaceAll("Riff.recover", "mmio recover")

export const problemJson = ({ _tag, count, level, message, offset }: RiffProblem | WaveProblem): Json => ({
  tag: _tag,
  level,
  offset,
  count,
  message: inCommands(message)
})
