/** Where the service keeps its files: the one place that knows. */
import { FileSystemIOProc, IOProc, MemoryIOProc, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Config, type ConfigError, Effect, Layer } from "effect"

/** The folder of the files. */
export const folder = Config.nonEmptyString("FOLDER")

/** A new content takes the place of the old one when all of it is there. */
const whole = IOProc.layerMap(IOProc.commitOnClose)

const storages = {
  /** The files of a folder, safe against the end of the power, too. */
  disk: whole.pipe(Layer.provide(NodeIOProc.layerWith({ sync: true }))),
  /** The same by way of the platform, as on every platform that has a FileSystem. */
  platform: whole.pipe(Layer.provide(FileSystemIOProc.layerWith({ sync: true })), Layer.provide(NodeFileSystem.layer)),
  memory: Layer.effect(
    IOProc.IOProc,
    Effect.flatMap(folder, (folder) => MemoryIOProc.make({ folders: [folder], commit: "onClose" }))
  )
}

export const layer = Layer.unwrapEffect(
  Effect.map(
    Config.literal("disk", "platform", "memory")("STORAGE").pipe(Config.withDefault("disk")),
    (name): Layer.Layer<IOProc.IOProc, ConfigError.ConfigError | MmioError.CannotOpen | MmioError.InvalidParameter> =>
      storages[name]
  )
)
