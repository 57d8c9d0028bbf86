/**
 * Checks archives against programs that share no code with this: Info-ZIP's `zip` and `unzip`, 7-Zip and Python's
 * zipfile, which have to read what was written here, and the other way round; runs all of the contract of drivers over
 * archives on disk and on a web server; and reads damaged archives, as many as `--fuzz N` says. The tests are in
 * packages/zip/programs.
 */
import { runTier } from "./tier.mjs"

const at = process.argv.indexOf("--fuzz")
if (at >= 0) {
  const [, inputs] = process.argv.splice(at, 2)
  if (!/^\d+$/.test(inputs ?? "")) throw new Error("--fuzz takes the number of inputs")
  process.env.MMIO_ZIP_FUZZ = inputs
}

await runTier("packages/zip/programs", {
  programs: { zip: "zip", unzip: "unzip", "7z": "p7zip-full", python3: "python3" }
})
