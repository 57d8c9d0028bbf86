import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.js"

/**
 * Not one of the projects of `npm test`: these tests need programs of others, and take minutes. `npm run test:zip` runs
 * them.
 */
const config = mergeConfig(shared, {
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../node_modules/.vite", import.meta.url)),
  test: { maxWorkers: 2, minWorkers: 1, testTimeout: 3_600_000, hookTimeout: 60_000 }
})
config.test.include = ["*.test.ts"]

export default config
