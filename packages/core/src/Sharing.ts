/**
 * Sharing modes: what the open handles of a file allow each other.
 *
 * For authors of drivers. A driver keeps one {@link Table}, asks it before it opens a file, and tells it when the file
 * is closed. It knows only the handles that went through it: other processes, and other programs in this one, are not
 * bound by it.
 *
 * The rule is that of `mmioOpen`: a mode other than `compat` denies to others reading (`denyRead`), writing
 * (`denyWrite`), both (`exclusive`) or nothing (`denyNone`), whichever of the two handles came first. `compat`, the
 * default, opens a file any number of times, and does not go together with any of the other modes.
 *
 * @since 0.1.0
 */
import type * as IOProc from "./IOProc.js"

/**
 * What a handle does with a file, and what it allows to others.
 *
 * @since 0.1.0
 * @category models
 */
export interface Claim {
  /** What the handle does. */
  readonly access: IOProc.Access
  /** What it allows to other handles. */
  readonly share: IOProc.Share
}

/**
 * The claims of all open handles, by a key that is the same for all names of one file (such as device and inode).
 *
 * @since 0.1.0
 * @category models
 */
export interface Table {
  /**
   * Makes a claim, if the others on the file allow it: gives the function that withdraws it, to be called once the
   * handle is closed (a second call does nothing). Otherwise gives the claim that forbids it.
   */
  readonly claim: (key: string, claim: Claim) => { readonly release: () => void } | { readonly conflict: Claim }
  /** The claims on a file now. */
  readonly claims: (key: string) => ReadonlyArray<Claim>
}

/**
 * Whether two handles may have the same file open.
 *
 * @since 0.1.0
 * @category combinators
 */
export const compatible = (a: Claim, b: Claim): boolean =>
  a.share === "compat" || b.share === "compat"
    ? a.share === b.share
    : allows(a.share, b.access) && allows(b.share, a.access)

/**
 * A table without claims.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeTable = (): Table => {
  const claims = new Map<string, Set<Claim>>()
  return {
    claim: (key, { access, share }) => {
      const claim = { access, share }
      const others = claims.get(key) ?? new Set()
      for (const other of others) {
        if (!compatible(claim, other)) return { conflict: other }
      }
      claims.set(key, others.add(claim))
      return {
        release: () => {
          others.delete(claim)
          if (others.size === 0 && claims.get(key) === others) claims.delete(key)
        }
      }
    },
    claims: (key) => [...claims.get(key) ?? []]
  }
}

const allows = (share: IOProc.Share, access: IOProc.Access): boolean =>
  (access === "write" || (share !== "denyRead" && share !== "exclusive"))
  && (access === "read" || (share !== "denyWrite" && share !== "exclusive"))
