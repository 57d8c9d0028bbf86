import { fileURLToPath } from "node:url"
import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.js"

/** Not one of the projects of `npm test`: these tests need a server. `npm run test:postgres` runs them. */
const config = mergeConfig(shared, {
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../node_modules/.vite", import.meta.url)),
  test: {
    globalSetup: fileURLToPath(new URL("server.ts", import.meta.url)),
    maxWorkers: 2,
    minWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 60_000
  }
})
config.test.include = ["*.test.ts"]

export default config
