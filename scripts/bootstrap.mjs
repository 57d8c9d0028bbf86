/** Installs the dependencies with the pinned pnpm; does nothing when they are there. Every other script begins so. */
import { bootstrap } from "./lib.mjs"

try {
  await bootstrap()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
