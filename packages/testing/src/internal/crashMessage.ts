import type * as Api from "../Crash.js"

/** What a failure says. @internal */
export const messageOf = (failure: Api.CrashFailure): string => {
  const { cause, damage, during, operation, seed } = failure
  const where = during === undefined ? "after the program's end" : `during ${during}`
  const what = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : JSON.stringify(cause)
  return [
    `crash at operation ${operation}, ${where}, with seed ${seed}: ${failure.of} failed: ${what}`,
    ...damage.kept.map((change) => `  kept: ${textOf(change)}`),
    ...damage.lost.map((change) => `  lost: ${textOf(change)}`),
    ...damage.files.map((file) =>
      `  ${file.name}: ${file.size} of ${file.written} bytes${truncationsOf(file)}${sectorsOf(file)}`
    ),
    `  again: Crash.replay(program, options, { operation: ${operation}, seed: ${seed} })`
  ].join("\n")
}

const textOf = (change: Api.Change): string =>
  change.op === "rename" ? `rename ${change.from} to ${change.to}` : `${change.op} ${change.name}`

const truncationsOf = ({ truncations }: Api.FileDamage): string =>
  truncations === undefined ? "" : `; ${truncations.kept} of ${truncations.of} truncations`

/** As many sectors are named. */
const shownSectors = 8

const sectorsOf = ({ sectors }: Api.FileDamage): string =>
  sectors.length === 0 ? "" : [
    "",
    ...sectors.slice(0, shownSectors).map((it) =>
      `sector ${it.sector} has ${it.kept} of the ${it.writes} writes to it`
    ),
    ...(sectors.length > shownSectors ? [`and ${sectors.length - shownSectors} more`] : [])
  ].join("; ")
