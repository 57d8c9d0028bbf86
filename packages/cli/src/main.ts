#!/usr/bin/env node
/**
 * Where the command begins: it knows the help, which the build has asked the command for, and evaluates nothing else
 * for that.
 */
import * as Module from "node:module"
import { inColour, withoutColours } from "./colours.js"

/** What `mmio --help` says, in colours, and what `mmio --version` says: the build fills them in. */
declare const MMIO_HELP: string
declare const MMIO_VERSION: string

const print = (text: string) => process.stdout.write(inColour() ? text : withoutColours(text))

const [option, ...others] = process.argv.slice(2)
if (others.length === 0 && (option === undefined || option === "--help" || option === "-h")) print(MMIO_HELP)
else if (others.length === 0 && option === "--version") print(`${MMIO_VERSION}\n`)
else {
  // Node 22 and later keep what they have compiled; Node 20 has no such function.
  if ("enableCompileCache" in Module && typeof Module.enableCompileCache === "function") Module.enableCompileCache()
  await import("./command.js")
}
