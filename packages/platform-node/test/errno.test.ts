/**
 * Every error that Node can report, as an error of this library: by hand, name by name, so that a change of a table
 * shows.
 */
import { Errno } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { nodeError } from "./helpers.js"

const network = [
  "NetworkError",
  "NetworkError",
  "NetworkError",
  "CannotClose",
  "NetworkError",
  "NetworkError",
  "NetworkError",
  "NetworkError",
  "NetworkError",
  "NetworkError",
  "NetworkError"
] as const
const other = [
  "CannotOpen",
  "CannotRead",
  "CannotWrite",
  "CannotClose",
  "CannotWrite",
  "CannotRead",
  "CannotWrite",
  "CannotSeek",
  "CannotRead",
  "CannotRead",
  "CannotWrite"
] as const
/** Errors that a system also reports late, when it closes. */
const unwritten = [
  "CannotOpen",
  "CannotRead",
  "CannotWrite",
  "CannotWrite",
  "CannotWrite",
  "CannotRead",
  "CannotWrite",
  "CannotSeek",
  "CannotRead",
  "CannotRead",
  "CannotWrite"
] as const
const path = [
  "PathNotFound",
  "CannotRead",
  "CannotWrite",
  "CannotClose",
  "PathNotFound",
  "CannotRead",
  "PathNotFound",
  "CannotSeek",
  "PathNotFound",
  "PathNotFound",
  "PathNotFound"
] as const
const denied = [
  "AccessDenied",
  "CannotRead",
  "CannotWrite",
  "CannotClose",
  "AccessDenied",
  "AccessDenied",
  "AccessDenied",
  "CannotSeek",
  "AccessDenied",
  "AccessDenied",
  "AccessDenied"
] as const
const busy = [
  "SharingViolation",
  "CannotRead",
  "CannotWrite",
  "CannotClose",
  "SharingViolation",
  "CannotRead",
  "CannotWrite",
  "CannotSeek",
  "CannotRead",
  "CannotRead",
  "SharingViolation"
] as const
const files = [
  "TooManyOpenFiles",
  "CannotRead",
  "CannotWrite",
  "CannotClose",
  "CannotWrite",
  "CannotRead",
  "TooManyOpenFiles",
  "CannotSeek",
  "CannotRead",
  "CannotRead",
  "CannotWrite"
] as const

/** open, read, write, close, rename, exists, tempName, size, stat, list, folder */
const expected: Record<string, readonly [...errors: typeof other | ReadonlyArray<string>]> = {
  ENOENT: [
    "FileNotFound",
    "CannotRead",
    "CannotWrite",
    "CannotClose",
    "FileNotFound",
    "CannotRead",
    "PathNotFound",
    "CannotSeek",
    "FileNotFound",
    "PathNotFound",
    "PathNotFound"
  ],
  ENOTDIR: path,
  ELOOP: path,
  EACCES: denied,
  EPERM: denied,
  ENOTCAPABLE: denied,
  EROFS: denied,
  EBUSY: busy,
  ETXTBSY: busy,
  EMFILE: files,
  ENFILE: files,
  ENOMEM: [
    "OutOfMemory",
    "CannotRead",
    "CannotWrite",
    "CannotClose",
    "CannotWrite",
    "CannotRead",
    "CannotWrite",
    "CannotSeek",
    "CannotRead",
    "CannotRead",
    "CannotWrite"
  ],
  ESTALE: [
    "NetworkError",
    "NetworkError",
    "NetworkError",
    "CannotWrite",
    "NetworkError",
    "NetworkError",
    "NetworkError",
    "NetworkError",
    "NetworkError",
    "NetworkError",
    "NetworkError"
  ],
  ETIMEDOUT: network,
  ECONNREFUSED: network,
  ECONNRESET: network,
  ECONNABORTED: network,
  ENOTCONN: network,
  EPIPE: network,
  EHOSTUNREACH: network,
  EHOSTDOWN: network,
  ENETUNREACH: network,
  ENETDOWN: network,
  ENETRESET: network,
  EREMOTEIO: network,
  ENOTFOUND: network,
  EAI_AGAIN: network,
  ENOSPC: unwritten,
  EDQUOT: unwritten,
  EFBIG: unwritten,
  EIO: unwritten,
  EISDIR: other,
  ENAMETOOLONG: other,
  EEXIST: other,
  ENOTEMPTY: other,
  EXDEV: other,
  EINVAL: other,
  EBADF: other,
  ESPIPE: other,
  ENXIO: other,
  ENODEV: other,
  ENOSYS: other,
  ENOTSUP: other,
  EOPNOTSUPP: other,
  EOVERFLOW: other,
  // without an entry of their own
  EAGAIN: other,
  EMLINK: other,
  ERR_INVALID_ARG_VALUE: other,
  toString: other
}

const conversions = {
  open: (origin: Errno.Origin) => Errno.openError(origin, false),
  read: Errno.readError,
  write: Errno.writeError,
  close: Errno.closeError,
  rename: (origin: Errno.Origin) => Errno.renameError(origin, false),
  exists: Errno.existsError,
  tempName: Errno.tempNameError,
  size: Errno.sizeError,
  stat: (origin: Errno.Origin) => Errno.statError(origin, false),
  list: Errno.listError,
  folder: Errno.folderError
}

describe("an error of Node's", () => {
  for (const [name, tags] of Object.entries(expected)) {
    it(`${name}`, () => {
      const cause = nodeError(name)
      const origin = { operation: "NodeIOProc.call", file: "take1.wav", position: 4096, cause }
      const errors = Object.values(conversions).map((convert) => convert(origin))
      assert.deepStrictEqual(errors.map((error) => error._tag), tags)
      strictEqual(Errno.seekError(origin)._tag, "CannotSeek")
      for (const error of [...errors, Errno.seekError(origin)]) {
        strictEqual(error.cause, cause)
        strictEqual(error.position, 4096)
        strictEqual(error.errno, name)
        assert.match(error.message, new RegExp(`^NodeIOProc.call take1.wav at 4096: .+ \\(${name}\\)$`))
      }
      for (const error of errors) if (error._tag === "CannotWrite") strictEqual(error.written, 0)
    })
  }

  it("is that of its folder, where that is missing", () => {
    const origin = { operation: "NodeIOProc.open", file: "a/b", cause: nodeError("ENOENT") }
    strictEqual(Errno.openError(origin, true)._tag, "PathNotFound")
    strictEqual(Errno.renameError(origin, true)._tag, "PathNotFound")
    strictEqual(Errno.statError(origin, true)._tag, "PathNotFound")
    strictEqual(Errno.openError({ ...origin, cause: nodeError("EACCES") }, true)._tag, "AccessDenied")
    strictEqual(Errno.renameError({ ...origin, cause: nodeError("EACCES") }, true)._tag, "AccessDenied")
  })

  it("has the name that the driver gives, where the foreign error has none", () => {
    const origin = { operation: "call", file: "f", cause: new Error("taken"), name: "EEXIST" }
    const error = Errno.openError(origin, false)
    strictEqual(error.errno, "EEXIST")
    strictEqual(error.message, "call f: the name is taken (EEXIST)")
    strictEqual(Errno.openError({ ...origin, cause: nodeError("EIO") }, false).errno, "EIO")
  })

  it("says in words what is known of it", () => {
    const words = (cause: unknown) => Errno.readError({ operation: "read", file: "f", cause }).message
    strictEqual(words(nodeError("ENOSPC")), "read f: no space left on device (ENOSPC)")
    strictEqual(words(nodeError("EAGAIN")), "read f: EAGAIN: a made up error, call '/some/file' (EAGAIN)")
    strictEqual(words(undefined), "read f: the storage failed")
  })
})
