/** What tools/kill.ts and its processes share: the edits, and what a folder holds. */
import { Riff, RiffEdit } from "@effect-mmio/core"
import * as Crypto from "node:crypto"
import * as NFS from "node:fs"
import * as path from "node:path"

const titleOf = (k: number): string => `title ${k} ${"x".repeat((k * 37) % 300)}`

/** Edit k: the title says so, in a length that goes up and down, and the samples are after all else where k is odd. */
export const retitle = (file: string, k: number) =>
  Riff.edit(file, [
    RiffEdit.assign("RIFF / LIST:INFO / INAM", new TextEncoder().encode(titleOf(k))),
    RiffEdit.move("RIFF / data", k % 2 === 1 ? { after: "RIFF / iXML" } : { after: "RIFF / fmt" })
  ], { keepOrder: true })

/** What the inserted chunk with this number holds. */
export const contentOf = (chunk: string, i: number): string => `${chunk} ${i} ${"y".repeat((i * 37) % 50)}`

const chunk = (id: string, data: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(id), size, data, Buffer.alloc(data.length % 2)])
}

/** A file with a title and so many bytes of samples. */
export const wave = (samples: number): Buffer =>
  chunk(
    "RIFF",
    Buffer.concat([
      Buffer.from("WAVE"),
      chunk("fmt ", Buffer.from("0100020044ac000010b1020004001000", "hex")),
      chunk("data", Buffer.from(Array.from({ length: samples }, (_, i) => (i * 31 + (i >> 8)) % 251))),
      chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", Buffer.from(titleOf(0)))])),
      chunk("iXML", Buffer.from("<a/>"))
    ])
  )

/** The number of the last edit of a file, by its title. */
export const editOf = (bytes: Buffer): number =>
  Number(/title (\d+) /.exec(bytes.subarray(bytes.indexOf("INAM"), bytes.indexOf("INAM") + 30).toString("latin1"))?.[1])

/**
 * What is in a folder, as one line for each name: kind, permissions, inode, and what it holds or leads to; without
 * content for some.
 */
export const folderOf = (folder: string, withoutContent: ReadonlyArray<string>): string =>
  NFS.readdirSync(folder).toSorted().map((name) => {
    const file = path.join(folder, name)
    const { ino, mode } = NFS.lstatSync(file)
    const holds = (mode & NFS.constants.S_IFMT) === NFS.constants.S_IFLNK
      ? NFS.readlinkSync(file)
      : withoutContent.includes(name)
      ? ""
      : Crypto.createHash("sha256").update(NFS.readFileSync(file)).digest("hex")
    return [name, mode.toString(8), ino, holds].join(" ")
  }).join("\n")
