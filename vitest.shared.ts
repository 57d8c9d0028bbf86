import { fileURLToPath } from "node:url"
import { configDefaults, type ViteUserConfig } from "vitest/config"

// after ours, those that vite has by default: naming any replaces them
const conditions = ["@effect-mmio/source", "module", "node", "development|production"]

/** Whether to run tests that wait for programs which they start, most of their time. */
export const withPrograms = process.env["MMIO_TEST_PROGRAMS"] !== "no"

const programs = "**/{anywhere,edit,processes,retag,runners,service}.test.ts"

/** What the tests of every package share. */
const shared: ViteUserConfig = {
  // the tests run on the sources, without a build
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...withPrograms ? [] : [programs]],
    setupFiles: [fileURLToPath(new URL("vitest.setup.ts", import.meta.url))],
    // time is Effect's TestClock; faked timers would stop its scheduler
    fakeTimers: { toFake: undefined },
    // for two busy cores: no test waits for real time, so a limit only has to tell a test that hangs
    testTimeout: 60_000 * Math.max(1, Number(process.env["MMIO_TEST_SCALE"] ?? 1))
  }
}

export default shared
