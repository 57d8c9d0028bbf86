/** How the blocks that have tests are run: in one process, since each of them is short. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["**/*.test.js"],
    isolate: false,
    fileParallelism: false,
    fakeTimers: { toFake: undefined },
    testTimeout: 60_000
  }
})
