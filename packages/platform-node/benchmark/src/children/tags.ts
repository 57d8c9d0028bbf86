/**
 * Asks a sound file for its format and its title, and tells what the process has had in memory at most, in bytes:
 *
 *   node tags.js (library | wavefile) file
 */
import { peak, tell } from "../ways/child.js"
import { byLibrary, byWaveFile } from "../ways/tags.js"

// the subject gives both
const [kind, file] = process.argv.slice(2) as [string, string]

if (kind === "library") await byLibrary(file, 1)
else byWaveFile(file, 1)
tell(peak())
