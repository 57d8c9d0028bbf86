/** The memory that new files take. */
import * as fs from "node:fs"

const piece = new Uint8Array(2 ** 20)

/**
 * Leaves memory for a file of `size` bytes free that was just in use. What is free for seconds goes back to the host of
 * a virtual machine, and to get it again takes ten times as long as to write: each work is to find the same.
 */
export const haveFreshMemory = (file: string, size: number): void => {
  // Not truncated: ext4 then begins to write the file out as it is closed.
  fs.rmSync(file, { force: true })
  const fd = fs.openSync(file, "w")
  try {
    for (let written = 0; written < size;) written += fs.writeSync(fd, piece)
  } finally {
    fs.closeSync(fd)
    fs.rmSync(file)
  }
}
