/**
 * Asks a sound file for its format and its title, or changes that, and tells what the process has had in memory at
 * most, in bytes:
 *
 *   node tags.js (library | wavefile | changing | wavefile-changing) file
 */
import { peak, tell } from "../ways/child.js"
import { byLibrary, byWaveFile, changedByLibrary, changedByWaveFile } from "../ways/tags.js"

const ways = {
  library: byLibrary,
  wavefile: byWaveFile,
  changing: changedByLibrary,
  "wavefile-changing": changedByWaveFile
}

// the subject gives both
const [kind, file] = process.argv.slice(2) as [keyof typeof ways, string]

await ways[kind](file, 1)
tell(peak())
