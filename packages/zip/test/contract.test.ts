/** The contract of storage drivers, for elements of archives in memory: stored, compressed, and in an archive in an archive. */
import { IOProcContract } from "@effect-mmio/testing"
import { Layer } from "effect"
import { archive } from "./support/archive.js"
import { forContract, inMemory } from "./support/storages.js"

const capabilities = { commit: "onClose", tempName: false } as const

/** Every commit writes an archive: shorter walks, on machines that have other things to do. */
const effort = (scale: number) =>
  ({ scale: scale * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "1 minute" }) as const

const name = (base: string) => `songs.zip+${base}`

IOProcContract.suite("stored elements", { layer: forContract(), capabilities, name, ...effort(0.2) })

IOProcContract.suite("compressed elements", {
  layer: forContract({ compression: "deflated" }),
  capabilities,
  name,
  ...effort(0.1)
})

IOProcContract.suite("elements of an archive in an archive", {
  layer: Layer.orDie(inMemory({ "all.zip": archive([{ name: "songs.zip", bytes: archive([{ name: "folder/" }]) }]) })),
  capabilities,
  name: (base) => `all.zip+${name(base)}`,
  ...effort(0.1)
})
