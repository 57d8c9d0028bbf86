/**
 * All of the contract of storage drivers, without a network, under each middleware alone.
 */
import { IOProcContract } from "@effect-mmio/testing"
import { capabilities, layer, middleware } from "../test/support/contract.js"

const patience = "2 minutes"

IOProcContract.suite("HttpIOProc", { layer, capabilities, patience })

for (const [name, around] of Object.entries(middleware)) {
  IOProcContract.suite(`HttpIOProc under ${name}`, { layer, around, capabilities, patience })
}
