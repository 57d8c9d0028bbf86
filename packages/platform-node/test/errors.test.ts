/**
 * Errors as the system really gives them.
 */
import { FileName, type MmioError } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import {
  asNobody,
  canMount,
  descriptorsIn,
  failing,
  has,
  isLinux,
  isRoot,
  limit,
  openFile,
  remountReadOnly,
  request,
  smallDisk,
  stub,
  tempFolder,
  truncate,
  writeAt
} from "./helpers.js"

const failsWith = <A>(
  effect: Effect.Effect<A, MmioError.MmioError>,
  tag: MmioError.MmioError["_tag"],
  ending: string
) =>
  Effect.map(Effect.flip(effect), (error) => {
    strictEqual(error._tag, tag, error.message)
    assert.isTrue(error.message.endsWith(ending), error.message)
    return error
  })

/** Without middleware, every call is one of the system. */
const driver = NodeIOProc.make({ readAhead: false, writeBehind: false })
const plain = FileName.plain

describe("open", () => {
  it.scoped("distinguishes a missing file from a missing folder", () =>
    Effect.gen(function*() {
      const { open } = yield* driver
      const folder = yield* tempFolder
      const missing = "there is no such file (ENOENT)"
      const noFolder = "a folder of the path is missing (ENOENT)"
      yield* failsWith(open(request(`${folder}/file`)), "FileNotFound", missing)
      yield* failsWith(open(request(`${folder}/file`, { access: "readWrite" })), "FileNotFound", missing)
      yield* failsWith(open(request(`${folder}/no/file`)), "PathNotFound", noFolder)
      yield* failsWith(
        open(request(`${folder}/no/file`, { access: "write", create: "truncate" })),
        "PathNotFound",
        noFolder
      )
      yield* failsWith(open(request(`${folder}/no/such/file`)), "PathNotFound", noFolder)
      yield* failsWith(open(request("")), "FileNotFound", missing)
      yield* failsWith(open(request("", { access: "write", create: "truncate" })), "FileNotFound", missing)
      // the link exists, its target does not
      NFS.symlinkSync(`${folder}/gone`, `${folder}/link`)
      yield* failsWith(open(request(`${folder}/link`)), "FileNotFound", missing)
      assert.deepStrictEqual(NFS.readdirSync(folder), ["link"])
      NFS.symlinkSync(`${folder}/no/file`, `${folder}/far`)
      yield* failsWith(
        open(request(`${folder}/far`, { access: "write", create: "truncate" })),
        "PathNotFound",
        noFolder
      )
    }))

  it.scoped("refuses invalid paths", () =>
    Effect.gen(function*() {
      const { open } = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "")
      NFS.symlinkSync(`${folder}/loop`, `${folder}/loop`)
      yield* failsWith(
        open(request(`${folder}/file/x`)),
        "PathNotFound",
        "a part of the path is not a folder (ENOTDIR)"
      )
      yield* failsWith(
        open(request(`${folder}/loop`)),
        "PathNotFound",
        "the links on the path lead in a circle (ELOOP)"
      )
      const tooLong = request(`${folder}/${"x".repeat(300)}`)
      yield* failsWith(open(tooLong), "CannotOpen", "the name is too long (ENAMETOOLONG)")
      const nul = yield* failsWith(open(request("a\0b")), "CannotOpen", "(ERR_INVALID_ARG_VALUE)")
      assert.instanceOf(nul.cause, TypeError)
    }))

  it.scoped("refuses folders for every access", () =>
    Effect.gen(function*() {
      const { open } = yield* driver
      const folder = yield* tempFolder
      for (const access of ["read", "write", "readWrite"] as const) {
        const error = yield* failsWith(open(request(folder, { access })), "CannotOpen", "it is a folder (EISDIR)")
        strictEqual((error.cause as NodeJS.ErrnoException).code, "EISDIR")
      }
      assert.deepStrictEqual(descriptorsIn(folder), [])
    }))

  it.scoped.skipIf(!isLinux)("refuses sockets", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      yield* Effect.acquireRelease(
        Effect.async<Net.Server>((resume) => {
          const server = Net.createServer().listen(`${folder}/socket`, () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.async((resume) => void server.close(() => resume(Effect.void)))
      )
      yield* failsWith(
        (yield* driver).open(request(`${folder}/socket`)),
        "CannotOpen",
        "there is no such device (ENXIO)"
      )
    }))

  it.scoped("is denied by permissions", () =>
    Effect.gen(function*() {
      const { open, tempName, rename, remove, exists } = yield* driver
      const folder = yield* tempFolder
      NFS.mkdirSync(`${folder}/shut`)
      NFS.writeFileSync(`${folder}/shut/file`, "abc")
      NFS.writeFileSync(`${folder}/file`, "abc")
      NFS.chmodSync(`${folder}/shut`, 0o000)
      NFS.chmodSync(`${folder}/file`, 0o444)
      NFS.chmodSync(folder, 0o555)
      const denied = "permission denied (EACCES)"
      yield* asNobody(Effect.gen(function*() {
        yield* failsWith(open(request(`${folder}/file`, { access: "write" })), "AccessDenied", denied)
        yield* failsWith(open(request(`${folder}/shut/file`)), "AccessDenied", denied)
        yield* failsWith(
          open(request(`${folder}/new`, { access: "write", create: "truncate" })),
          "AccessDenied",
          denied
        )
        yield* failsWith(tempName({ folder }), "AccessDenied", denied)
        yield* failsWith(rename(plain(`${folder}/file`), plain(`${folder}/other`)), "AccessDenied", denied)
        yield* failsWith(remove(plain(`${folder}/file`)), "AccessDenied", denied)
        yield* failsWith(exists(plain(`${folder}/shut/file`)), "AccessDenied", denied)
      }))
      NFS.chmodSync(folder, 0o755)
      NFS.chmodSync(`${folder}/shut`, 0o755)
    }))

  it.scoped.skipIf(!isLinux || !has("sleep"))(
    "of a program that runs is a SharingViolation",
    () =>
      Effect.gen(function*() {
        const folder = yield* tempFolder
        const program = `${folder}/sleeper`
        NFS.copyFileSync("/bin/sleep", program)
        NFS.chmodSync(program, 0o755)
        yield* Effect.acquireRelease(
          Effect.async<ChildProcess.ChildProcess>((resume) => {
            const child = ChildProcess.spawn(program, ["1000"], { stdio: "ignore" })
            child.once("spawn", () => resume(Effect.succeed(child)))
          }),
          (child) =>
            Effect.async<void>((resume) => {
              child.once("exit", () => resume(Effect.void))
              child.kill("SIGKILL")
            })
        )
        const size = NFS.statSync(program).size
        yield* failsWith(
          (yield* driver).open(request(program, { access: "write", create: "truncate" })),
          "SharingViolation",
          "the file is a program that is running (ETXTBSY)"
        )
        strictEqual(NFS.statSync(program).size, size)
      })
  )

  it.scoped.skipIf(!isLinux || !has("prlimit"))("reports that no descriptor is left", () =>
    Effect.gen(function*() {
      const nodeDriver = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "")
      const highest = Math.max(...NFS.readdirSync("/proc/self/fd").map(Number))
      const before = /Max open files\s+(\d+)/.exec(NFS.readFileSync("/proc/self/limits", "latin1"))?.[1]
      const openAll: Effect.Effect<never, MmioError.OpenError, Scope.Scope> = Effect.suspend(() =>
        Effect.zipRight(openFile(nodeDriver, `${folder}/file`), openAll)
      )
      yield* limit("nofile", highest + 8, before)
      yield* Effect.scoped(Effect.gen(function*() {
        const none = "this process has too many open files (EMFILE)"
        const error = yield* Effect.flip(openAll)
        strictEqual(error._tag, "TooManyOpenFiles")
        assert.isTrue(error.message.endsWith(none))
        yield* failsWith(nodeDriver.tempName({ folder }), "TooManyOpenFiles", none)
      }))
      // Descriptors are free again.
      yield* Effect.scoped(openFile(nodeDriver, `${folder}/file`))
    }))

  it.scoped.skipIf(!isRoot || !has("chattr"))(
    "of a file that may not be changed is AccessDenied",
    () =>
      Effect.gen(function*() {
        const { open, remove } = yield* driver
        const folder = yield* tempFolder
        NFS.writeFileSync(`${folder}/file`, "abc")
        const attribute = (change: string) =>
          Effect.sync(() =>
            ChildProcess.spawnSync("chattr", [change, `${folder}/file`], { stdio: "ignore" }).status === 0
          )
        if (!(yield* attribute("+i"))) return
        yield* Effect.addFinalizer(() => attribute("-i"))
        const notPermitted = "the operation is not permitted (EPERM)"
        yield* failsWith(
          open(request(`${folder}/file`, { access: "write", create: "truncate" })),
          "AccessDenied",
          notPermitted
        )
        yield* failsWith(remove(plain(`${folder}/file`)), "AccessDenied", notPermitted)
        strictEqual(NFS.readFileSync(`${folder}/file`, "latin1"), "abc")
      })
  )
})

describe.skipIf(!canMount)("a disk", () => {
  it.scoped("that is read-only denies access", () =>
    Effect.gen(function*() {
      const { open, remove, rename, tempName } = yield* driver
      const folder = yield* smallDisk(16384)
      NFS.writeFileSync(`${folder}/file`, "abc")
      yield* remountReadOnly(folder)
      const readOnly = "the file system is read-only (EROFS)"
      yield* failsWith(
        open(request(`${folder}/file`, { access: "write", create: "truncate" })),
        "AccessDenied",
        readOnly
      )
      yield* failsWith(
        open(request(`${folder}/new`, { access: "write", create: "truncate" })),
        "AccessDenied",
        readOnly
      )
      yield* failsWith(remove(plain(`${folder}/file`)), "AccessDenied", readOnly)
      yield* failsWith(rename(plain(`${folder}/file`), plain(`${folder}/new`)), "AccessDenied", readOnly)
      yield* failsWith(tempName({ folder }), "AccessDenied", readOnly)
      yield* Effect.scoped(openFile(yield* driver, `${folder}/file`))
    }))

  it.scoped("that is another one refuses a rename onto it", () =>
    Effect.gen(function*() {
      const { rename } = yield* driver
      const disk = yield* smallDisk(16384)
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "abc")
      yield* failsWith(
        rename(plain(`${folder}/file`), plain(`${disk}/file`)),
        "CannotWrite",
        "the two names are on different devices (EXDEV)"
      )
      yield* failsWith(rename(plain(disk), plain(`${folder}/x`)), "SharingViolation", "the file is in use (EBUSY)")
    }))

  it.scoped("without room refuses the first write", () =>
    Effect.gen(function*() {
      const folder = yield* smallDisk(4096)
      NFS.writeFileSync(`${folder}/ballast`, new Uint8Array(4096))
      const file = yield* openFile(yield* driver, `${folder}/file`, { access: "write", create: "truncate" })
      const error = yield* failsWith(writeAt(file, 0, "abc"), "CannotWrite", "no space left on device (ENOSPC)")
      strictEqual(error.position, 0)
      strictEqual(yield* file.size, 0)
      NFS.truncateSync(`${folder}/ballast`)
      strictEqual(yield* writeAt(file, 0, "abc"), 3)
    }))

  it.scoped("with room for a part returns how many bytes it took", () =>
    Effect.gen(function*() {
      const folder = yield* smallDisk(8192)
      const file = yield* openFile(yield* driver, `${folder}/file`, { access: "readWrite", create: "truncate" })
      strictEqual(yield* writeAt(file, 0, new Uint8Array(10000).fill(7)), 8192)
      yield* failsWith(writeAt(file, 8192, "abc"), "CannotWrite", "(ENOSPC)")
      strictEqual(yield* file.size, 8192)
    }))
})

describe("reading and writing", () => {
  it.scoped.skipIf(!isLinux || !has("prlimit"))("past the size limit of the process", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const file = yield* openFile(yield* driver, `${folder}/file`, { access: "write", create: "truncate" })
      yield* limit("fsize", 1000)
      strictEqual(yield* writeAt(file, 0, new Uint8Array(1500)), 1000)
      const tooLarge = "the file would be too large (EFBIG)"
      yield* failsWith(writeAt(file, 1000, new Uint8Array(1)), "CannotWrite", tooLarge)
      yield* failsWith(truncate(file, 1001), "CannotWrite", tooLarge)
      strictEqual(yield* file.size, 1000)
    }))

  it.scoped.skipIf(!isLinux)("past the size limit of the file system", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      const file = yield* openFile(yield* driver, `${folder}/file`, { access: "readWrite", create: "truncate" })
      const far = Number.MAX_SAFE_INTEGER
      strictEqual(yield* file.readAt(far, new Uint8Array(4)), 0)
      const tooLarge = "the file would be too large (EFBIG)"
      yield* failsWith(writeAt(file, far, new Uint8Array(1)), "CannotWrite", tooLarge)
      strictEqual((yield* Effect.flip(truncate(file, far)))._tag, "CannotWrite")
      strictEqual(yield* file.size, 0)
    }))

  it.scoped.skipIf(!isLinux)("where the device fails", () =>
    Effect.gen(function*() {
      const file = yield* openFile(yield* driver, "/proc/self/mem")
      const error = yield* failsWith(file.readAt(0, new Uint8Array(4)), "CannotRead", "the device failed (EIO)")
      strictEqual(error.position, 0)
    }))

  it.scoped("over a network that fails", () =>
    Effect.gen(function*() {
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "abcdef")
      const file = yield* openFile(yield* driver, `${folder}/file`, { access: "readWrite" })
      yield* stub("node:fs", "read", failing("ESTALE"))
      yield* stub("node:fs", "write", failing("ETIMEDOUT"))
      yield* stub("node:fs", "ftruncate", failing("ENOTCONN"))
      const stale = "the file handle of the network storage went stale (ESTALE)"
      const read = yield* failsWith(file.readAt(2, new Uint8Array(4)), "NetworkError", stale)
      const write = yield* failsWith(writeAt(file, 2, "x"), "NetworkError", "did not answer in time (ETIMEDOUT)")
      yield* failsWith(truncate(file, 2), "NetworkError", "there is no connection (ENOTCONN)")
      strictEqual(read.position, 2)
      strictEqual(write.position, 2)
      yield* Effect.scoped(Effect.zipRight(
        stub("node:fs", "fstat", failing("EIO")),
        failsWith(file.size, "CannotSeek", "the device failed (EIO)")
      ))
      yield* stub("node:fs", "fstat", failing("ESTALE"))
      yield* failsWith(file.size, "NetworkError", stale)
    }))
})

describe("names", () => {
  it.scoped("rename names the path that is wrong", () =>
    Effect.gen(function*() {
      const { rename } = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "abc")
      NFS.mkdirSync(`${folder}/full`)
      NFS.writeFileSync(`${folder}/full/file`, "")
      const at = (name: string) => plain(`${folder}/${name}`)
      const missing = "there is no such file (ENOENT)"
      const noFolder = "a folder of the path is missing (ENOENT)"
      const a = yield* failsWith(rename(at("no"), at("new")), "FileNotFound", missing)
      strictEqual(a.file, `${folder}/no`)
      const b = yield* failsWith(rename(at("no/file"), at("new")), "PathNotFound", noFolder)
      strictEqual(b.file, `${folder}/no/file`)
      const c = yield* failsWith(rename(at("file"), at("no/new")), "PathNotFound", noFolder)
      strictEqual(c.file, `${folder}/no/new`)
      yield* failsWith(rename(at("file/x"), at("new")), "PathNotFound", "(ENOTDIR)")
      yield* failsWith(rename(at("file"), at("full")), "CannotWrite", "it is a folder (EISDIR)")
      NFS.mkdirSync(`${folder}/empty`)
      yield* failsWith(rename(at("empty"), at("full")), "CannotWrite", "the folder is not empty (ENOTEMPTY)")
      yield* failsWith(
        rename(at("full"), at("full/inside")),
        "CannotWrite",
        "the system does not take this argument (EINVAL)"
      )
      strictEqual(NFS.readFileSync(`${folder}/file`, "latin1"), "abc")
    }))

  it.scoped("remove refuses folders, and names that do not exist", () =>
    Effect.gen(function*() {
      const { remove } = yield* driver
      const folder = yield* tempFolder
      NFS.mkdirSync(`${folder}/folder`)
      NFS.writeFileSync(`${folder}/file`, "abc")
      yield* failsWith(remove(plain(`${folder}/no`)), "FileNotFound", "(ENOENT)")
      yield* failsWith(remove(plain(`${folder}/no/file`)), "PathNotFound", "(ENOENT)")
      yield* failsWith(remove(plain(`${folder}/file/x`)), "PathNotFound", "(ENOTDIR)")
      const error = yield* Effect.flip(remove(plain(`${folder}/folder`)))
      assert.include(["CannotWrite", "AccessDenied"], error._tag)
      assert.isTrue(NFS.existsSync(`${folder}/folder`))
    }))

  it.scoped("exists fails where the system cannot say", () =>
    Effect.gen(function*() {
      const { exists } = yield* driver
      const folder = yield* tempFolder
      NFS.symlinkSync(`${folder}/loop`, `${folder}/loop`)
      yield* failsWith(exists(plain(`${folder}/loop`)), "CannotRead", "(ELOOP)")
      yield* failsWith(exists(plain(`${folder}/${"x".repeat(300)}`)), "CannotRead", "(ENAMETOOLONG)")
    }))

  it.scoped("fullName in a folder that is gone", () =>
    Effect.gen(function*() {
      const { fullName, tempName } = yield* driver
      const before = process.cwd()
      const folder = yield* tempFolder
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const gone = `${folder}/gone`
          NFS.mkdirSync(gone)
          process.chdir(gone)
          NFS.rmdirSync(gone)
        }),
        () => Effect.sync(() => process.chdir(before))
      )
      yield* failsWith(fullName(plain("file")), "PathNotFound", "the folder of the process is gone (ENOENT)")
      yield* failsWith(tempName({ folder: "x" }), "PathNotFound", "the folder of the process is gone (ENOENT)")
      strictEqual((yield* fullName(plain("/a/../b"))).full, Path.resolve("/b"))
    }))

  it.scoped("tempName refuses invalid folders, and parts with a separator", () =>
    Effect.gen(function*() {
      const { tempName } = yield* driver
      const folder = yield* tempFolder
      NFS.writeFileSync(`${folder}/file`, "")
      yield* failsWith(tempName({ folder: `${folder}/no` }), "PathNotFound", "(ENOENT)")
      yield* failsWith(tempName({ folder: `${folder}/file` }), "PathNotFound", "(ENOTDIR)")
      yield* failsWith(tempName({ folder, prefix: "x".repeat(300) }), "CannotWrite", "(ENAMETOOLONG)")
      yield* failsWith(tempName({ folder, suffix: "\0" }), "CannotWrite", "(ERR_INVALID_ARG_VALUE)")
      for (const part of ["../x", "a/b", `a${Path.sep}`]) {
        yield* failsWith(tempName({ folder, prefix: part }), "AccessDenied", "cannot lead to another folder")
        yield* failsWith(tempName({ folder, suffix: part }), "AccessDenied", "cannot lead to another folder")
      }
      assert.deepStrictEqual(NFS.readdirSync(folder), ["file"])
    }))
})
