/** What is wrong with a file, as JSON. */
import type { RiffProblem } from "@effect-mmio/core/RiffProblem"
import type { WaveProblem } from "@effect-mmio/core/WaveProblem"
import type { Json } from "./output.js"

export const problemJson = ({ _tag, count, level, message, offset }: RiffProblem | WaveProblem): Json => ({
  tag: _tag,
  level,
  offset,
  count,
  message
})
