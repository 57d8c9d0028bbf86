/** What is wrong with a file, for people and as JSON. */
import type { RiffCorrection } from "@effect-mmio/core/RiffCorrection"
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

/** What a repair corrects: what is said of bytes that were left is no correction. */
export const corrected = (corrections: ReadonlyArray<RiffCorrection>): ReadonlyArray<RiffCorrection> =>
  corrections.filter(({ _tag }) => _tag !== "BytesLeft")
