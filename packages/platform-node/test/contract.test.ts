/**
 * The contract of storage drivers, on the files of this machine.
 */
import { FileSystemIOProc, IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { IOProcContract } from "@effect-mmio/testing"
import { NodeFileSystem } from "@effect/platform-node"
import { Effect, flow, Layer } from "effect"
import * as NFS from "node:fs"
import { isLinux, tempFolder } from "./helpers.js"

/** A folder for each test, which holds the folder that the contract asks for. */
const root = Layer.scoped(
  IOProcContract.Root,
  Effect.map(tempFolder, (folder) => {
    NFS.mkdirSync(`${folder}/folder`)
    return `${folder}/`
  })
)

// Other systems may write a gap in full. Files of a disk have no versions.
const capabilities = { largeFiles: isLinux, versions: false }

IOProcContract.suite("NodeIOProc", { layer: Layer.merge(NodeIOProc.layer, root), capabilities })

IOProcContract.suite("NodeIOProc, blocking the thread", {
  layer: Layer.merge(NodeIOProc.layerSync, root),
  capabilities
})

// Much smaller than the files of the contract, so that transfers go across several blocks.
const small = { smallest: 8, largest: 32 }

IOProcContract.suite("NodeIOProc, in small blocks", {
  layer: Layer.merge(NodeIOProc.layerWith({ readAhead: small, writeBehind: small }), root),
  capabilities
})

IOProcContract.suite("NodeIOProc, with faults below small blocks", {
  layer: Layer.merge(NodeIOProc.layerWith({ readAhead: false, writeBehind: false }), root),
  around: flow(IOProc.writeBehind(small), IOProc.readAhead(small)),
  capabilities
})

IOProcContract.suite("NodeIOProc, with sync", {
  layer: Layer.merge(NodeIOProc.layerWith({ sync: true }), root),
  capabilities
})

IOProcContract.suite("FileSystemIOProc on Node", {
  layer: Layer.merge(Layer.provide(FileSystemIOProc.layer, NodeFileSystem.layer), root),
  capabilities
})

// Below others, both are tested above: these take minutes with `npm run test:all`.
if (process.env["MMIO_TEST_ALL"] === "1") {
  IOProcContract.suite("NodeIOProc, without blocks", {
    layer: Layer.merge(NodeIOProc.layerWith({ readAhead: false, writeBehind: false }), root),
    capabilities
  })

  IOProcContract.suite("NodeIOProc, blocking the thread, in small blocks", {
    layer: Layer.merge(NodeIOProc.layerWith({ blocking: true, readAhead: small, writeBehind: small }), root),
    capabilities
  })
}
