import { fileURLToPath } from "node:url"
import type { ViteUserConfig } from "vitest/config"

// after ours, those that vite has by default: naming any replaces them
const conditions = ["@effect-mmio/source", "module", "node", "development|production"]

/** What the tests of every package share. */
const shared: ViteUserConfig = {
  // the tests run on the sources, without a build
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
    // time is Effect's TestClock; faked timers would stop its scheduler
    fakeTimers: { toFake: undefined },
    // for two busy cores: no test waits for real time, so a limit only has to tell a test that hangs
    testTimeout: 60_000 * Math.max(1, Number(process.env["MMIO_TEST_SCALE"] ?? 1))
  }
}

export default shared
