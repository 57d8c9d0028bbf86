/** The ways to read and change archives. */
import { Mmio } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { ZipIOProc } from "@effect-mmio/zip"
import { configure, Reader, ZipReader } from "@zip.js/zip.js"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import * as fs from "node:fs"
import { pipeline } from "node:stream/promises"
import * as zlib from "node:zlib"
import { Open } from "unzipper"
import * as yauzl from "yauzl"
import type { Digest } from "../runner/digest.js"
import { mix } from "./mix.js"

configure({ useWebWorkers: false })

const rangeSize = 64 * 1024

/** What is in the archive: a stored element with the bytes of a file, a compressed one, and a small one. */
interface Element {
  readonly name: string
  readonly size: number
  readonly deflated: boolean
  readonly pieces: () => Iterable<Uint8Array>
}

/** Writes an archive by hand, so that no way reads its own. */
export const makeArchive = (path: string, elements: ReadonlyArray<Element>): void => {
  const fd = fs.openSync(path, "w")
  const directory: Array<Buffer> = []
  let position = 0
  const write = (bytes: Uint8Array) => {
    position += fs.writeSync(fd, bytes)
  }
  for (const { deflated, name, pieces, size } of elements) {
    const offset = position
    const header = Buffer.alloc(30 + name.length)
    write(header)
    let crc = 0
    const whole: Array<Uint8Array> = []
    for (const piece of pieces()) {
      crc = zlib.crc32(piece, crc)
      if (deflated) whole.push(piece.slice())
      else write(piece)
    }
    if (deflated) write(zlib.deflateRawSync(Buffer.concat(whole)))
    const compressed = position - offset - header.length
    const record = Buffer.alloc(46 + name.length)
    header.writeUInt32LE(0x04034b50, 0)
    record.writeUInt32LE(0x02014b50, 0)
    for (const [bytes, at] of [[header, 4], [record, 6]] as const) {
      bytes.writeUInt16LE(20, at)
      bytes.writeUInt16LE(deflated ? 8 : 0, at + 4)
      bytes.writeUInt32LE(0x21_0000, at + 6)
      bytes.writeUInt32LE(crc, at + 10)
      bytes.writeUInt32LE(compressed, at + 14)
      bytes.writeUInt32LE(size, at + 18)
      bytes.writeUInt16LE(name.length, at + 22)
    }
    record.writeUInt32LE(offset, 42)
    header.write(name, 30)
    record.write(name, 46)
    fs.writeSync(fd, header, 0, header.length, offset)
    directory.push(record)
  }
  const start = position
  write(Buffer.concat(directory))
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(elements.length, 8)
  end.writeUInt16LE(elements.length, 10)
  end.writeUInt32LE(position - start, 12)
  end.writeUInt32LE(start, 16)
  write(end)
  fs.closeSync(fd)
  // What is kept of a file is kept once it has not changed for two seconds.
  const before = new Date(Date.now() - 60_000)
  fs.utimesSync(path, before, before)
}

/** The pieces of a file. */
export const piecesOf = function*(file: string): Generator<Uint8Array> {
  const fd = fs.openSync(file, "r")
  const block = new Uint8Array(2 ** 20)
  for (let count; (count = fs.readSync(fd, block)) > 0;) yield block.subarray(0, count)
  fs.closeSync(fd)
}

/** Sound that compresses to about half. */
export const sound = function*(size: number): Generator<Uint8Array> {
  const block = new Uint8Array(2 ** 20)
  for (let at = 0; at < size; at += block.length) {
    for (let i = 0; i < block.length; i++) {
      block[i] = i % 2 === 0 ? Math.imul(at + i, 0x9e3779b1) >>> 28 : Math.round(100 * Math.sin((at + i) / 50))
    }
    yield block.subarray(0, Math.min(block.length, size - at))
  }
}

/** Where the ranges are: not in sequence, and not at the start. */
const positionOf = (size: number, time: number): number =>
  Math.floor(size / 2) + ((time * 37) % 64) * Math.floor(size / 256)

/** One storage for all that is measured: what it keeps of an archive is there the next time. */
const runtime = ManagedRuntime.make(Layer.provide(ZipIOProc.layer, NodeIOProc.layer))

// ---------------------------------------------------------------------------------------------------------------------
// opening an element, and reading a range of it
// ---------------------------------------------------------------------------------------------------------------------

export const rangesByLibrary = (archive: string, element: string, size: number, times: number): Promise<number> =>
  runtime.runPromise(
    Effect.gen(function*() {
      const target = new Uint8Array(rangeSize)
      let sum = 0
      for (let time = 0; time < times; time++) {
        const count = yield* Mmio.withFile(`${archive}+${element}`, { buffer: "none" }, (file) =>
          Effect.zipRight(
            Mmio.seek(file, positionOf(size, time)),
            Mmio.readInto(file, target)
          ))
        sum = summed(sum, count === rangeSize ? target : new Uint8Array(1))
      }
      return sum
    })
  )

const summed = (sum: number, bytes: Uint8Array): number => mix(sum, bytes.subarray(0, 1), rangeSize)

/** Has `use` see the element of an archive that yauzl opens. */
const withYauzl = <A>(
  archive: string,
  element: string,
  use: (zip: yauzl.ZipFile, entry: yauzl.Entry) => Promise<A>
): Promise<A> =>
  new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error !== null || zip === undefined) return reject(error)
      zip.on("entry", (entry: yauzl.Entry) => {
        if (entry.fileName !== element) return zip.readEntry()
        use(zip, entry).then(resolve, reject).finally(() => zip.close())
      })
      zip.on("error", reject)
      zip.readEntry()
    })
  })

const streamOf = (zip: yauzl.ZipFile, entry: yauzl.Entry, start?: number, end?: number) =>
  new Promise<NodeJS.ReadableStream & AsyncIterable<Uint8Array>>((resolve, reject) =>
    zip.openReadStream(
      entry,
      start === undefined ? {} : { start, end: end ?? 0 },
      (error, stream) => error === null && stream !== undefined ? resolve(stream) : reject(error)
    )
  )

/**
 * The first byte of a range, out of a stream that begins so many bytes before it; the stream is left once the range was
 * seen.
 */
const firstOf = async (stream: AsyncIterable<Uint8Array>, skip: number): Promise<Uint8Array> => {
  let before = skip
  let seen = 0
  let first: Uint8Array | undefined
  for await (const piece of stream) {
    if (before >= piece.length) {
      before -= piece.length
      continue
    }
    const part = piece.subarray(before)
    before = 0
    first ??= part.slice(0, 1)
    seen += part.length
    if (seen >= rangeSize) break
  }
  return first ?? new Uint8Array(1)
}

/** A range of a stored element by itself; of a compressed one, after all before it. */
export const rangesByYauzl = async (
  archive: string,
  element: string,
  size: number,
  times: number,
  stored: boolean
): Promise<number> => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    const position = positionOf(size, time)
    const first = await withYauzl(archive, element, async (zip, entry) =>
      stored
        ? firstOf(await streamOf(zip, entry, position, position + rangeSize), 0)
        : firstOf(await streamOf(zip, entry), position))
    sum = summed(sum, first)
  }
  return sum
}

/** A file, as zip.js reads one. */
class FileOfNode extends Reader<string> {
  private handle: fs.promises.FileHandle | undefined
  private readonly file: string
  constructor(file: string) {
    super(file)
    this.file = file
  }
  override async init(): Promise<void> {
    this.handle = await fs.promises.open(this.file)
    this.size = (await this.handle.stat()).size
  }
  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    const read = await this.handle?.read(bytes, 0, length, index)
    return bytes.subarray(0, read?.bytesRead ?? 0)
  }
  async close(): Promise<void> {
    await this.handle?.close()
  }
}

/** Has zip.js give the bytes of an element to a stream. */
const pipedByZipJs = async (archive: string, element: string, write: (bytes: Uint8Array) => void): Promise<void> => {
  const file = new FileOfNode(archive)
  const reader = new ZipReader(file)
  try {
    const entry = (await reader.getEntries()).find(({ filename }) => filename === element)
    if (entry === undefined || entry.directory) throw new Error(`${element} is not there`)
    await entry.getData(new WritableStream<Uint8Array>({ write }), { checkSignature: true })
  } finally {
    await reader.close()
    await file.close()
  }
}

/** zip.js has no ranges, and decompresses all of an element. */
export const rangesByZipJs = async (
  archive: string,
  element: string,
  size: number,
  times: number
): Promise<number> => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    let before = positionOf(size, time)
    let first: Uint8Array | undefined
    await pipedByZipJs(archive, element, (bytes) => {
      if (before < bytes.length) first ??= bytes.slice(before, before + 1)
      before = Math.max(0, before - bytes.length)
    })
    sum = summed(sum, first ?? new Uint8Array(1))
  }
  return sum
}

const entryOfUnzipper = async (archive: string, element: string) => {
  const { files } = await Open.file(archive)
  const entry = files.find(({ path }) => path === element)
  if (entry === undefined) throw new Error(`${element} is not there`)
  return entry
}

export const rangesByUnzipper = async (
  archive: string,
  element: string,
  size: number,
  times: number
): Promise<number> => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    const entry = await entryOfUnzipper(archive, element)
    sum = summed(sum, await firstOf(entry.stream(), positionOf(size, time)))
  }
  return sum
}

// ---------------------------------------------------------------------------------------------------------------------
// a whole element
// ---------------------------------------------------------------------------------------------------------------------

export const wholeByLibrary = (archive: string, element: string, digest: Digest): Promise<void> =>
  runtime.runPromise(
    Mmio.withFile(`${archive}+${element}`, {}, (file) =>
      Stream.runForEach(Mmio.stream(file, { chunkSize: rangeSize }), (bytes) =>
        Effect.sync(() =>
          digest.add(bytes)
        )))
  )

export const wholeByYauzl = (archive: string, element: string, digest: Digest): Promise<void> =>
  withYauzl(archive, element, async (zip, entry) => {
    for await (const piece of await streamOf(zip, entry)) digest.add(piece)
  })

export const wholeByZipJs = (archive: string, element: string, digest: Digest): Promise<void> =>
  pipedByZipJs(archive, element, (bytes) => digest.add(bytes))

export const wholeByUnzipper = async (archive: string, element: string, digest: Digest): Promise<void> => {
  for await (const piece of (await entryOfUnzipper(archive, element)).stream()) digest.add(piece)
}

// ---------------------------------------------------------------------------------------------------------------------
// replacing an element
// ---------------------------------------------------------------------------------------------------------------------

export const replaceByLibrary = (archive: string, element: string, bytes: Uint8Array): Promise<void> =>
  runtime.runPromise(
    Mmio.withFile(`${archive}+${element}`, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes))
  )

/** A copy of the archive, without what it costs to have it take the place of another file. */
export const copyBySystem = (archive: string, copy: string): Promise<void> => fs.promises.copyFile(archive, copy)

/**
 * What any replacement in one step costs: the copy, and a rename, at which file systems write the new file out and free
 * the old one.
 */
export const replaceBySystem = async (archive: string, copy: string, replaced: string): Promise<void> => {
  await copyBySystem(archive, copy)
  await fs.promises.rename(copy, replaced)
}

/** The same, in blocks of 1 MiB. */
export const copyByStreams = (archive: string, copy: string): Promise<void> =>
  pipeline(
    fs.createReadStream(archive, { highWaterMark: 2 ** 20 }),
    fs.createWriteStream(copy, { highWaterMark: 2 ** 20 })
  )
