import { type IOProc, Sharing } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"

type Claim = readonly [access: "R" | "W" | "RW", share: IOProc.Share]

const accesses: Record<Claim[0], IOProc.Access> = { R: "read", W: "write", RW: "readWrite" }
const claim = ([access, share]: Claim): Sharing.Claim => ({ access: accesses[access], share })

const all: ReadonlyArray<Claim> = (["compat", "exclusive", "denyWrite", "denyRead", "denyNone"] as const)
  .flatMap((share) => (["R", "W", "RW"] as const).map((access) => [access, share] as const))

/**
 * By hand, from the words of mmioOpen. MMIO_COMPAT: "allowing any process on a given machine to open the file any
 * number of times. If the file has been opened with any of the other sharing modes, mmioOpen fails." MMIO_DENYNONE:
 * "without denying other processes read or write access. fails if the file has been opened in compatibility mode by any
 * other process." MMIO_DENYREAD, MMIO_DENYWRITE: denies them reading, writing; "fails if the file has been opened in
 * compatibility mode, or for read (write) access by any other process." MMIO_EXCLUSIVE: "denies other processes both
 * read and write access … fails if the file has been opened in any other mode for read or write access".
 *
 * For each first handle: which second ones it goes together with. Rows and columns in the order of `all`; c is compat,
 * x exclusive, dW and dR deny, n denies nothing.
 */
const matrix = `
            c      x      dW     dR     n
            R W RW R W RW R W RW R W RW R W RW
  R  c      + + +  - - -  - - -  - - -  - - -
  W  c      + + +  - - -  - - -  - - -  - - -
  RW c      + + +  - - -  - - -  - - -  - - -
  R  x      - - -  - - -  - - -  - - -  - - -
  W  x      - - -  - - -  - - -  - - -  - - -
  RW x      - - -  - - -  - - -  - - -  - - -
  R  dW     - - -  - - -  + - -  - - -  + - -
  W  dW     - - -  - - -  - - -  + - -  + - -
  RW dW     - - -  - - -  - - -  - - -  + - -
  R  dR     - - -  - - -  - + -  - - -  - + -
  W  dR     - - -  - - -  - - -  - + -  - + -
  RW dR     - - -  - - -  - - -  - - -  - + -
  R  n      - - -  - - -  + + +  - - -  + + +
  W  n      - - -  - - -  - - -  + + +  + + +
  RW n      - - -  - - -  - - -  - - -  + + +
`.trim().split("\n").slice(2).map((row) => row.trim().split(/\s+/).slice(2).map((cell) => cell === "+"))

describe("Sharing", () => {
  it("the table by hand is whole, and the same both ways", () => {
    assert.strictEqual(matrix.length, all.length)
    matrix.forEach((row, i) => {
      assert.strictEqual(row.length, all.length)
      row.forEach((cell, j) => assert.strictEqual(cell, matrix[j]?.[i], `${all[i]} with ${all[j]}`))
    })
  })

  all.forEach((first, i) =>
    it(`${first.join(" ")}: what opens beside it`, () => {
      all.forEach((second, j) => {
        const expected = matrix[i]?.[j]
        assert.strictEqual(Sharing.compatible(claim(first), claim(second)), expected, `${first} with ${second}`)
        const table = Sharing.makeTable()
        table.claim("file", claim(first))
        const answer = table.claim("file", claim(second))
        if (expected) assert.property(answer, "release", `${first}, then ${second}`)
        else assert.deepStrictEqual(answer, { conflict: claim(first) }, `${first}, then ${second}`)
      })
    })
  )

  const claimed = (table: Sharing.Table, key: string, wanted: Claim) => {
    const answer = table.claim(key, claim(wanted))
    if ("conflict" in answer) throw new Error("there is a conflict")
    return answer.release
  }

  it("files do not concern each other", () => {
    const table = Sharing.makeTable()
    claimed(table, "a", ["RW", "exclusive"])
    claimed(table, "b", ["RW", "exclusive"])
  })

  it("tables do not concern each other", () => {
    claimed(Sharing.makeTable(), "a", ["RW", "exclusive"])
    claimed(Sharing.makeTable(), "a", ["RW", "exclusive"])
  })

  it("a claim holds until it is withdrawn, and is withdrawn once", () => {
    const table = Sharing.makeTable()
    const release = claimed(table, "a", ["RW", "exclusive"])
    assert.property(table.claim("a", claim(["R", "denyNone"])), "conflict")
    release()
    const next = claimed(table, "a", ["RW", "exclusive"])
    release()
    assert.property(table.claim("a", claim(["R", "denyNone"])), "conflict", "the second release took another's claim")
    next()
    claimed(table, "a", ["R", "denyNone"])
  })

  it("of two equal claims one is left when the other is withdrawn", () => {
    const table = Sharing.makeTable()
    const same = claim(["R", "denyWrite"])
    const first = table.claim("a", same)
    table.claim("a", same)
    if ("release" in first) {
      first.release()
      first.release()
    }
    assert.property(table.claim("a", claim(["W", "denyNone"])), "conflict")
  })

  it("lists the claims on a file", () => {
    const table = Sharing.makeTable()
    assert.deepStrictEqual(table.claims("a"), [])
    const release = claimed(table, "a", ["R", "compat"])
    claimed(table, "a", ["W", "compat"])
    claimed(table, "b", ["W", "compat"])
    assert.deepStrictEqual(table.claims("a"), [claim(["R", "compat"]), claim(["W", "compat"])])
    release()
    assert.deepStrictEqual(table.claims("a"), [claim(["W", "compat"])])
  })

  it("a claim that was refused leaves no trace", () => {
    const table = Sharing.makeTable()
    const release = claimed(table, "a", ["R", "denyWrite"])
    assert.property(table.claim("a", claim(["RW", "exclusive"])), "conflict")
    release()
    claimed(table, "a", ["R", "compat"])
  })

  it("every other claim is asked, not only the first", () => {
    const table = Sharing.makeTable()
    claimed(table, "a", ["R", "denyNone"])
    claimed(table, "a", ["R", "denyWrite"])
    assert.deepStrictEqual(table.claim("a", claim(["W", "denyNone"])), { conflict: claim(["R", "denyWrite"]) })
  })

  it("keeps what was claimed, whatever becomes of the caller's object", () => {
    const table = Sharing.makeTable()
    const mine: { access: IOProc.Access; share: IOProc.Share } = { access: "read", share: "exclusive" }
    table.claim("a", mine)
    mine.share = "denyNone"
    assert.property(table.claim("a", claim(["R", "denyNone"])), "conflict")
  })
})
