import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: ["packages/*", "packages/platform-node/benchmark"],
    // the tests are bound by the processor: more workers than two only add noise to their times
    maxWorkers: 2,
    minWorkers: 1,
    // the modules are loaded once for each worker, and not once for each of 145 files
    isolate: false
  }
})
