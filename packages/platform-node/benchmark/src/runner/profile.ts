/** CPU profiles of what is measured, without what was imported and prepared for it. */
import * as fs from "node:fs"
import { Session } from "node:inspector/promises"
import * as path from "node:path"

/** Runs something, and writes where its time went as a file that browsers and editors open. */
export const profiled = async <A>(folder: string, name: string, run: () => Promise<A>): Promise<A> => {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.start")
  const result = await run()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, `${name.replaceAll(/\W+/g, "-")}.cpuprofile`), JSON.stringify(profile))
  return result
}
