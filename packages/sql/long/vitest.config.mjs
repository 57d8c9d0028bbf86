import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.js"

/** Not one of the projects of `npm test`: these tests take minutes. `npm run test:sql` runs them. */
const config = mergeConfig(shared, {
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../node_modules/.vite", import.meta.url)),
  test: { maxWorkers: 2, minWorkers: 1, testTimeout: 600_000, hookTimeout: 60_000 }
})
// The crash tests of `npm test`, here with every statement.
config.test.include = ["*.test.ts", "../test/crashes.test.ts"]
config.test.env = { ...config.test.env, MMIO_TEST_ALL: "1" }

export default config
