/**
 * Another process that puts symbolic links in the places of `folder` and `file` of a folder, and takes them away again,
 * until its input ends.
 *
 *   node swapper.mjs folder
 */
import * as NFS from "node:fs"

const [root] = process.argv.slice(2)
let ended = false
process.stdin.on("end", () => {
  ended = true
}).resume()
process.stdout.write("begun\n")

/** `name` is gone for a moment: no call of Node's exchanges two names. */
const swap = (name) => {
  NFS.renameSync(`${root}/${name}`, `${root}/${name} itself`)
  NFS.renameSync(`${root}/link to ${name}`, `${root}/${name}`)
}
const swapBack = (name) => {
  NFS.renameSync(`${root}/${name}`, `${root}/link to ${name}`)
  NFS.renameSync(`${root}/${name} itself`, `${root}/${name}`)
}

const run = () => {
  for (let i = 0; i < 100; i++) {
    swap("folder")
    swap("file")
    swapBack("folder")
    swapBack("file")
  }
  if (!ended) setImmediate(run)
}
run()
