/**
 * Programs in TypeScript that are run as they are in the workspace: bundled into a temporary folder, the first of them
 * is started.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { bootstrap, root, run } from "./lib.mjs"

export const runBundled = async (programs, args) => {
  await bootstrap()
  // Only now: this file is loaded before anything is installed.
  const { build } = await import("esbuild")
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-mmio-"))
  try {
    await build({
      absWorkingDir: root,
      entryPoints: programs,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20.19",
      conditions: ["@effect-mmio/source"],
      // what is CommonJS asks for modules of Node
      banner: {
        js: "import { createRequire as createRequireOfNode } from \"node:module\";\n" +
          "const require = createRequireOfNode(import.meta.url);"
      },
      outExtension: { ".js": ".mjs" },
      outdir: folder
    })
    const [first] = programs
    const { code } = await run(process.execPath, [path.join(folder, `${path.basename(first, ".ts")}.mjs`), ...args], {
      live: true
    })
    return code
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}
