import type { IOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Logger } from "effect"
import * as NFS from "node:fs"
import { vi } from "vitest"
import {
  asNobody,
  descriptorsIn,
  failing,
  isLinux,
  nodeError,
  openFile,
  request,
  stub,
  tempPath,
  writeAt
} from "./helpers.js"

const accesses: ReadonlyArray<IOProc.Access> = ["read", "write", "readWrite"]

/** Which accesses a mode denies to others, as the reference of mmioOpen has it; compat is not among them. */
const denied: Record<string, ReadonlyArray<IOProc.Access>> = {
  exclusive: ["read", "write", "readWrite"],
  denyWrite: ["write", "readWrite"],
  denyRead: ["read", "readWrite"],
  denyNone: []
}
const shares: ReadonlyArray<IOProc.Share> = ["compat", "exclusive", "denyWrite", "denyRead", "denyNone"]

describe("sharing modes", () => {
  it.scoped("hold between two names of a file, through two storages", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const link = `${path}-link`
      NFS.linkSync(path, link)
      const first = yield* NodeIOProc.make()
      const second = yield* NodeIOProc.make({ sync: true })
      let allowed = 0
      for (const a of shares) {
        for (const b of shares) {
          for (const x of accesses) {
            for (const y of accesses) {
              const expected = a === "compat" || b === "compat"
                ? a === b
                : !denied[a]?.includes(y) && !denied[b]?.includes(x)
              const holder = yield* first.open(request(path, { access: x, share: a }))
              const other = yield* Effect.either(second.open(request(link, { access: y, share: b })))
              strictEqual(other._tag, expected ? "Right" : "Left", `${x} as ${a}, then ${y} as ${b}`)
              if (other._tag === "Right") {
                allowed++
                yield* other.right.close
              } else {
                strictEqual(
                  other.left.message,
                  `NodeIOProc.open ${link}: another handle of this process has it open for ${x} as ${a}`
                )
              }
              yield* holder.close
              // Nothing is left of either claim.
              yield* Effect.flatMap(second.open(request(link, { share: "exclusive" })), (file) => file.close)
            }
          }
        }
      }
      // 9 compat; 9 denyNone; denyNone and denyWrite: 3 of 9, twice; denyNone and denyRead: 3, twice; denyWrite twice:
      // 1; denyRead twice: 1; denyWrite and denyRead: 1, twice.
      strictEqual(allowed, 9 + 9 + 6 + 6 + 1 + 1 + 2)
      if (isLinux) assert.deepStrictEqual(descriptorsIn(path), [])
    }))

  it.scoped("hold between two copies of the package", () =>
    Effect.gen(function*() {
      vi.resetModules()
      const copy = yield* Effect.promise(() => import("@effect-mmio/platform-node"))
      assert.notStrictEqual(copy.NodeIOProc.make, NodeIOProc.make)
      const path = yield* tempPath("abc")
      yield* openFile(yield* NodeIOProc.make(), path, { share: "exclusive" })
      const other = yield* copy.NodeIOProc.make()
      strictEqual((yield* Effect.flip(other.open(request(path))))._tag, "SharingViolation")
    }))

  it.scoped("protect a file from being truncated", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("precious")
      const driver = yield* NodeIOProc.make()
      const holder = yield* openFile(driver, path, { share: "denyWrite" })
      for (const share of shares) {
        for (const access of accesses) {
          const error = yield* Effect.flip(driver.open(request(path, { access, create: "truncate", share })))
            .pipe(Effect.unless(() => access === "read" && (share === "denyWrite" || share === "denyNone")))
          if (error._tag === "Some") strictEqual(error.value._tag, "SharingViolation")
          strictEqual(NFS.readFileSync(path, "latin1"), "precious")
        }
      }
      yield* holder.close
      const file = yield* openFile(driver, path, { access: "write", create: "truncate" })
      strictEqual(NFS.statSync(path).size, 0)
      yield* writeAt(file, 0, "new", "writeFlush")
      strictEqual(NFS.readFileSync(path, "latin1"), "new")
    }))

  it.scoped("warn of a file that is truncated under a reader of this process, which compat allows", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("precious")
      const driver = yield* NodeIOProc.make()
      const truncate = driver.open(request(path, { access: "write", create: "truncate" }))
      /** The warnings of one truncation of the file with its old content. */
      const warnings = Effect.gen(function*() {
        const messages: Array<unknown> = []
        const logger = Logger.make(({ logLevel, message }) => void messages.push(logLevel.label, message))
        NFS.writeFileSync(path, "precious")
        const file = yield* Effect.provide(truncate, Logger.replace(Logger.defaultLogger, logger))
        strictEqual(NFS.statSync(path).size, 0)
        yield* file.close
        return messages
      })
      assert.deepStrictEqual(yield* warnings, [])
      const writer = yield* openFile(driver, path, { access: "write" })
      assert.deepStrictEqual(yield* warnings, [])
      const reader = yield* openFile(driver, path)
      assert.deepStrictEqual(yield* warnings, [
        "WARN",
        [
          `${path} is cut to no bytes while a handle of this process has it open for reading; share: "denyWrite" of the reader forbids that`
        ]
      ])
      yield* reader.close
      assert.deepStrictEqual(yield* warnings, [])
      yield* writer.close
    }))

  it.scoped("of a removed file do not bind a new one of the same name", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("old")
      const driver = yield* NodeIOProc.make()
      const old = yield* openFile(driver, path, { share: "exclusive" })
      NFS.unlinkSync(path)
      const young = yield* openFile(driver, path, { access: "write", create: "truncate", share: "exclusive" })
      yield* writeAt(young, 0, "new")
      yield* old.close
      strictEqual((yield* Effect.flip(driver.open(request(path))))._tag, "SharingViolation")
    }))

  it.scoped("are released once, also when closing fails", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const driver = yield* NodeIOProc.make()
      const file = yield* driver.open(request(path, { share: "denyNone" }))
      const other = yield* openFile(driver, path, { share: "denyWrite" })
      const close = yield* Effect.scoped(Effect.zipRight(
        stub("node:fs", "close", (original) => (fd: number, done: Function) => {
          original(fd, () => failing("EIO")()(done))
        }),
        Effect.flip(file.close)
      ))
      strictEqual(close._tag, "CannotWrite")
      // A second call does not release the claims of other handles.
      strictEqual((yield* Effect.flip(file.close))._tag, "CannotClose")
      strictEqual(
        (yield* Effect.flip(driver.open(request(path, { access: "write", share: "denyNone" }))))._tag,
        "SharingViolation"
      )
      yield* other.close
      yield* Effect.flatMap(driver.open(request(path, { share: "exclusive" })), (file) => file.close)
    }))

  for (const blocking of [false, true]) {
    it.scoped(`are released by abort, and by a close that fails, ${blocking ? "blocking" : "in the background"}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath("abc")
        const driver = yield* NodeIOProc.make({ blocking, readAhead: false, writeBehind: false })
        const exclusive = driver.open(request(path, { share: "exclusive", access: "readWrite" }))
        const aborted = yield* exclusive
        yield* aborted.abort
        const failed = yield* exclusive
        const name = blocking ? "closeSync" : "close"
        yield* Effect.scoped(Effect.zipRight(
          stub("node:fs", name, (original) => (...args: ReadonlyArray<unknown>) => {
            if (!blocking) return original(args[0], () => failing("EIO")()(args[1]))
            original(args[0])
            throw nodeError("EIO")
          }),
          Effect.flip(failed.close)
        ))
        yield* Effect.flatMap(exclusive, (file) => file.close)
        if (isLinux) assert.deepStrictEqual(descriptorsIn(path), [])
      }))
  }

  it.scoped("are released when truncating fails", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const driver = yield* NodeIOProc.make()
      const error = yield* Effect.scoped(Effect.zipRight(
        stub("node:fs", "ftruncate", failing("EPERM")),
        Effect.flip(driver.open(request(path, { access: "write", create: "truncate", share: "exclusive" })))
      ))
      strictEqual(error._tag, "AccessDenied")
      if (isLinux) assert.deepStrictEqual(descriptorsIn(path), [])
      yield* Effect.flatMap(driver.open(request(path, { share: "exclusive" })), (file) => file.close)
    }))
})

describe.skipIf(!isLinux)("an open that fails", () => {
  it.scoped("leaves no descriptor", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      const folder = path.slice(0, -"/file".length)
      const driver = yield* NodeIOProc.make()
      yield* openFile(driver, path, { share: "exclusive" })
      const before = NFS.readdirSync("/proc/self/fd").length
      for (let i = 0; i < 50; i++) {
        strictEqual((yield* Effect.flip(driver.open(request(path))))._tag, "SharingViolation")
        strictEqual(
          (yield* Effect.flip(driver.open(request(path, { access: "write", create: "truncate" }))))._tag,
          "SharingViolation"
        )
        strictEqual((yield* Effect.flip(driver.open(request(folder))))._tag, "CannotOpen")
        strictEqual((yield* Effect.flip(driver.open(request(`${path}/x`))))._tag, "PathNotFound")
        strictEqual((yield* Effect.flip(driver.open(request("x\0y"))))._tag, "CannotOpen")
      }
      const fstat = yield* Effect.scoped(
        Effect.zipRight(stub("node:fs", "fstat", failing("EIO")), Effect.flip(driver.open(request(`${path}`))))
      )
      strictEqual(fstat._tag, "CannotOpen")
      strictEqual(NFS.readdirSync("/proc/self/fd").length, before)
    }))

  it.scoped("as another user is AccessDenied", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("abc")
      NFS.chmodSync(path.slice(0, -"/file".length), 0o755)
      NFS.chmodSync(path, 0o000)
      const driver = yield* NodeIOProc.make()
      const error = yield* asNobody(Effect.flip(driver.open(request(path))))
      strictEqual(error.message, `NodeIOProc.open ${path}: permission denied (EACCES)`)
    }))
})
