/**
 * The contract of storage drivers, for elements of archives in memory. `npm run test:zip` has all of it, over archives
 * on disk, on a web server and in archives as well; here are its parts that do not interrupt every step, of which a
 * commit has hundreds, with shorter walks.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { it } from "@effect/vitest"
import { forContract } from "./support/storages.js"

const inShort = (name: string, run: () => Promise<void>) =>
  name.includes("at any step") || name.includes("wherever it is interrupted") ? undefined : it(name, run)

for (const compression of ["stored", "deflated"] as const) {
  IOProcContract.suite(`${compression} elements`, {
    layer: forContract({ compression }),
    capabilities: { commit: "onClose", tempName: false },
    name: (base) => `songs.zip+${base}`,
    scale: 0.1 * Number(process.env["MMIO_TEST_SCALE"] ?? 1),
    patience: "1 minute",
    test: inShort
  })
}
