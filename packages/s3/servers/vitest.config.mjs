import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.js"

/** Not one of the projects of `npm test`: these tests need programs of others. `npm run test:s3` runs them. */
const config = mergeConfig(shared, {
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../node_modules/.vite", import.meta.url)),
  test: { maxWorkers: 1, minWorkers: 1, testTimeout: 600_000, hookTimeout: 120_000 }
})
config.test.include = ["*.test.ts"]

export default config
