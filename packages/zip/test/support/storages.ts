/** Archives in memory, as storages of their elements. */
import { type IOProc, MemoryIOProc, Mmio } from "@effect-mmio/core"
import { ZipIOProc } from "@effect-mmio/zip"
import { Effect, Layer } from "effect"
import { archive } from "./archive.js"

/** The elements of the archives that memory has. */
export const inMemory = (files: Readonly<Record<string, Uint8Array>>, options?: ZipIOProc.Options) =>
  Layer.provideMerge(ZipIOProc.layerWith(options), MemoryIOProc.layer(files))

/** Files of the contract in an archive; it has a folder that is empty. */
export const forContract = (options?: ZipIOProc.Options): Layer.Layer<IOProc.IOProc> =>
  Layer.orDie(inMemory({ "songs.zip": archive([{ name: "folder/" }]) }, options))

/** All bytes of a file. */
export const contents = (name: string) =>
  Mmio.withFile(
    name,
    {},
    (file) =>
      Effect.flatMap(Mmio.seek(file, 0, "end"), (size) => Effect.zipRight(Mmio.seek(file, 0), Mmio.read(file, size)))
  )

/** Gives a name these bytes. */
export const save = (name: string, bytes: Uint8Array) =>
  Mmio.withFile(name, { access: "write", create: true }, (file) => Mmio.writeAll(file, bytes))
