/**
 * Imports modules, and tells how long that took, in nanoseconds; those before `beyond` are not counted:
 *
 *   node importing.js [module ...] beyond module ...
 */
import { tell } from "../ways/child.js"

const modules = process.argv.slice(2)
const at = modules.indexOf("beyond")

for (const module of modules.slice(0, at)) await import(module)
const start = performance.now()
for (const module of modules.slice(at + 1)) await import(module)
tell((performance.now() - start) * 1e6)
