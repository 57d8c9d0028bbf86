/** Leaves out of a group what was not asked for, so that it takes no time. */
import type { Group, Row } from "./model.js"
import type { Options } from "./options.js"

export type Choice = Pick<Options, "case" | "guard" | "profile" | "quick">

/**
 * What the guard asks for: a third of the target, so that noise does not fail it and a regression of an order of
 * magnitude does, or what the row has for it.
 */
const guarded = ({ guard, target }: Row): Row["target"] =>
  guard !== undefined
    ? guard
    : typeof target === "number"
    ? target * 3
    : target && Object.fromEntries(
      Object.entries(target).flatMap(([peer, least]) => least === undefined ? [] : [[peer, least / 3]])
    )

const withPeers = (row: Row, slow: ReadonlyArray<string>, choice: Choice): Row => {
  if (choice.profile !== undefined) return { ...row, peers: [] }
  if (choice.quick && !choice.guard) return { ...row, peers: row.peers.filter((peer) => !slow.includes(peer)) }
  if (!choice.guard) return row
  const target = guarded(row)
  const peers = row.peers.filter((peer) => typeof target === "object" && target[peer] !== undefined)
  return { ...row, peers, ...target === undefined ? {} : { target } }
}

/** The group with the rows that were chosen, and the works that these need; undefined if that is nothing. */
export const choose = (group: Group, choice: Choice): Group | undefined => {
  const rows = group.rows
    .filter((row) => row.case.includes(choice.case) && (!choice.guard || row.target !== undefined))
    .map((row) => withPeers(row, group.slow ?? [], choice))
  if (rows.length === 0) return undefined
  const needed = new Set(rows.flatMap((row) => [row.ours, ...row.peers]))
  return { ...group, rows, works: Object.fromEntries(Object.entries(group.works).filter(([name]) => needed.has(name))) }
}
