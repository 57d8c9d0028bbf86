/**
 * The contract of storage drivers, without a network. `npm run test:http` has all of it, under each middleware alone,
 * and over nginx.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { capabilities, layer, middleware } from "./support/contract.js"

/** Every operation is a request: shorter walks, on machines that have other things to do. */
const effort = (scale: number) =>
  ({ scale: scale * Number(process.env["MMIO_TEST_SCALE"] ?? 1), patience: "1 minute" }) as const

IOProcContract.suite("HttpIOProc", { layer, capabilities, ...effort(0.1) })

IOProcContract.suite("HttpIOProc under readAhead, cache and retry", {
  layer,
  around: (ioProc) => middleware.readAhead(middleware.cache(middleware.retry(ioProc))),
  capabilities,
  ...effort(0.05)
})
