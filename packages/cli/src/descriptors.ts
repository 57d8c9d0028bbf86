/** Paths that lead to what a process has open, as `/dev/stdout`. */
import * as fs from "node:fs"
import * as path from "node:path"

/** The folders of descriptors, on Linux and on macOS. */
const folders = /^(?:\/proc\/\d+(?:\/task\/\d+)?|\/dev)\/fd$/

/** How many links in a row are followed, as Linux does it. */
const mostLinks = 40

/** Whether a path is that of a descriptor, or links lead to one. */
export const isDescriptor = (name: string, links = mostLinks): boolean => {
  try {
    const folder = fs.realpathSync(path.dirname(path.resolve(name)))
    if (folders.test(folder)) return true
    const target = fs.readlinkSync(path.join(folder, path.basename(name)))
    return links > 0 && isDescriptor(path.resolve(folder, target), links - 1)
  } catch {
    // it is missing, or no link
    return false
  }
}
