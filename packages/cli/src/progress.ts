/** Progress bars for long work, on a terminal only. */
import type { SingleBar } from "cli-progress"
import * as Effect from "effect/Effect"
import { shown } from "./text.js"

/** What is counted. */
export type Unit = "bytes" | "files"

/** Less than this is done before a bar could be read. */
const least: Readonly<Record<Unit, number>> = { bytes: 8 * 1024 * 1024, files: 200 }

const formats: Readonly<Record<Unit, string>> = {
  bytes: "{title} [{bar}] {percentage}% | {rate} MB/s | {eta_formatted} left",
  files: "{title} [{bar}] {percentage}% | {value} of {total} files | {rate} files/s | {eta_formatted} left"
}

const divisors: Readonly<Record<Unit, number>> = { bytes: 1_000_000, files: 1 }

/** Says how much of how much is done; the total may change as the work goes into another phase. */
export type Advance = (done: number, total: number) => void

/**
 * Runs work that tells how far it is. The bar goes to standard error, and is taken away as the work ends, however it
 * ends.
 */
export const withProgress = <A, E, R>(
  title: string,
  unit: Unit,
  work: (advance: Advance) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  process.stderr.isTTY === true
    ? Effect.flatMap(Effect.promise(() => import("cli-progress")), ({ default: cliProgress }) => {
      const bar = new cliProgress.SingleBar({
        format: formats[unit],
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
        // Ctrl-C is for the command itself, which has files to finish.
        gracefulExit: false
      }, cliProgress.Presets.shades_classic)
      return Effect.ensuring(work(advancing(bar, title, unit)), Effect.sync(() => bar.stop()))
    })
    : work(() => {})

const advancing = (bar: SingleBar, title: string, unit: Unit): Advance => {
  const begin = performance.now()
  let isShown = false
  return (done, total) => {
    if (total < least[unit]) return
    const rate = (done / divisors[unit] / Math.max((performance.now() - begin) / 1000, 0.001)).toFixed(0)
    if (isShown) {
      bar.setTotal(total)
      bar.update(done, { rate })
    } else {
      isShown = true
      bar.start(total, done, { title: shown(title), rate })
    }
  }
}
