import { Errno, MmioError } from "@effect-mmio/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { inspect } from "node:util"

const details = { operation: "Mmio.write", file: "take1.wav", description: "no reason" }

/** The numbers of mmsystem.h: MMIOERR_BASE is 256. */
const errors: ReadonlyArray<
  readonly [error: MmioError.MmioError | MmioError.InvalidHandle, tag: string, code: number]
> = [
  [new MmioError.FileNotFound(details), "FileNotFound", 257],
  [new MmioError.OutOfMemory(details), "OutOfMemory", 258],
  [new MmioError.CannotOpen(details), "CannotOpen", 259],
  [new MmioError.CannotClose(details), "CannotClose", 260],
  [new MmioError.CannotRead(details), "CannotRead", 261],
  [new MmioError.CannotWrite({ ...details, written: 0 }), "CannotWrite", 262],
  [new MmioError.CannotSeek(details), "CannotSeek", 263],
  [new MmioError.CannotExpand(details), "CannotExpand", 264],
  [new MmioError.ChunkNotFound({ ...details, sought: "x", searchedTo: 0 }), "ChunkNotFound", 265],
  [new MmioError.Unbuffered(details), "Unbuffered", 266],
  [new MmioError.PathNotFound(details), "PathNotFound", 267],
  [new MmioError.AccessDenied(details), "AccessDenied", 268],
  [new MmioError.SharingViolation(details), "SharingViolation", 269],
  [new MmioError.NetworkError(details), "NetworkError", 270],
  [new MmioError.TooManyOpenFiles(details), "TooManyOpenFiles", 271],
  [new MmioError.InvalidFile(details), "InvalidFile", 272],
  [new MmioError.InvalidParameter(details), "InvalidParameter", 11],
  [new MmioError.InvalidHandle(details), "InvalidHandle", 5]
]

/** As node:fs fails, and as `@effect/platform` hides it. */
const noSpace = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28 })

describe("MmioError", () => {
  for (const [error, tag, code] of errors) {
    it(`${tag} is ${code}`, () => {
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(error.name, tag)
      assert.strictEqual(error.code, code)
      assert.instanceOf(error, Error)
      assert.isTrue(MmioError.isMmioError(error))
      assert.strictEqual(error.message, "Mmio.write take1.wav: no reason")
      assert.strictEqual(String(error), `${tag}: Mmio.write take1.wav: no reason`)
    })
  }

  it("there are sixteen MMIOERR numbers and two of MMSYSERR, each of one class, and VersionChanged without a number", () => {
    assert.strictEqual(new Set(errors.map(([error]) => error.code)).size, 18)
    const classes = Object.values(MmioError).filter((value) =>
      typeof value === "function" && value.prototype instanceof Error
    )
    assert.strictEqual(classes.length, 19)
    const changed = new MmioError.VersionChanged({ operation: "Mmio.commit", file: "a", description: "it changed" })
    assert.isUndefined(changed.code)
    assert.strictEqual(changed.message, "Mmio.commit a: it changed")
  })

  it("errno is the name of the system's error, from the cause or given", () => {
    const details = { operation: "Mmio.write", file: "a", description: "no space left on device", written: 0 }
    const error = new MmioError.CannotWrite({ ...details, cause: noSpace })
    assert.strictEqual(error.errno, "ENOSPC")
    assert.strictEqual(MmioError.withDetails(error, { position: 5 }).errno, "ENOSPC")
    assert.strictEqual(new MmioError.CannotWrite({ ...details, errno: "EDQUOT" }).errno, "EDQUOT")
    assert.isUndefined(new MmioError.CannotWrite(details).errno)
    // A failure of another kind that an error of this library caused.
    const quota = new MmioError.CannotWrite({ ...details, errno: "EDQUOT" })
    assert.strictEqual(new MmioError.CannotOpen({ ...details, cause: quota }).errno, "EDQUOT")
  })

  describe("message", () => {
    it("reads as a sentence, with the place and the name of the system's error", () => {
      const error = new MmioError.CannotWrite({
        operation: "Mmio.write",
        file: "take1.wav",
        position: 4096,
        description: "no space left on device",
        cause: noSpace,
        written: 0
      })
      assert.strictEqual(error.message, "Mmio.write take1.wav at 4096: no space left on device (ENOSPC)")
      assert.strictEqual(error.written, 0)
      assert.strictEqual(error.cause, noSpace)
    })

    it("finds the system's name one level down, where the platform hides it", () => {
      const error = Errno.writeError({
        operation: "FileSystemIOProc.write",
        file: "take1.wav",
        cause: new Error("hidden", { cause: noSpace })
      })
      assert.strictEqual(
        error.message,
        "FileSystemIOProc.write take1.wav: no space left on device (ENOSPC)"
      )
    })

    it("says nothing of a cause that has no name, or of another kind of code", () => {
      assert.strictEqual(
        new MmioError.CannotRead({ ...details, cause: new Error("x") }).message,
        "Mmio.write take1.wav: no reason"
      )
      assert.strictEqual(
        new MmioError.CannotRead({ ...details, cause: { code: 28 } }).message,
        "Mmio.write take1.wav: no reason"
      )
    })

    it("names position 0", () => {
      assert.include(new MmioError.CannotRead({ ...details, position: 0 }).message, " at 0: ")
    })

    it("has the tag in front once, however it is printed", () => {
      const error = new MmioError.CannotWrite({ ...details, written: 3 })
      for (const printed of [String(error), inspect(error), Cause.pretty(Cause.fail(error)), error.stack ?? ""]) {
        const [line = ""] = printed.split("\n")
        assert.match(line, /^\(?(CannotWrite: )?Mmio\.write take1\.wav: no reason|^CannotWrite: Mmio/)
        assert.isAtMost(line.split("CannotWrite").length, 2)
      }
      assert.strictEqual(String(error), "CannotWrite: Mmio.write take1.wav: no reason")
    })
  })

  describe("catchAll", () => {
    const failing = (error: MmioError.CannotRead | MmioError.CannotWrite | "other") => Effect.fail(error)

    it.effect("recovers from every error of this library, and from no other", () =>
      Effect.gen(function*() {
        const mine = new MmioError.CannotRead(details)
        assert.strictEqual(yield* MmioError.catchAll(failing(mine), Effect.succeed), mine)
        assert.strictEqual(yield* failing(mine).pipe(MmioError.catchAll(Effect.succeed)), mine)
        assert.strictEqual(yield* Effect.flip(MmioError.catchAll(failing("other"), Effect.succeed)), "other")
        const defect = new MmioError.InvalidHandle(details)
        const exit = yield* Effect.exit(MmioError.catchAll(Effect.die(defect), Effect.succeed))
        assert.deepStrictEqual(exit, Exit.die(defect))
      }))
  })

  describe("withDetails", () => {
    const original = new MmioError.ChunkNotFound({
      operation: "driver",
      file: "inner",
      position: 7,
      description: "the end is here",
      cause: noSpace,
      sought: "fmt ",
      searchedTo: 12
    })

    it("changes what it is told to, and keeps the rest: class, tag, code, fields, cause and stack", () => {
      const changed = MmioError.withDetails(original, { operation: "Riff.descend", file: "take1.wav" })
      assert.notStrictEqual(changed, original)
      assert.instanceOf(changed, MmioError.ChunkNotFound)
      assert.strictEqual(changed._tag, "ChunkNotFound")
      assert.strictEqual(changed.code, 265)
      assert.strictEqual(changed.operation, "Riff.descend")
      assert.strictEqual(changed.file, "take1.wav")
      assert.strictEqual(changed.position, 7)
      assert.strictEqual(changed.description, "the end is here")
      assert.strictEqual(changed.sought, "fmt ")
      assert.strictEqual(changed.searchedTo, 12)
      assert.strictEqual(changed.cause, noSpace)
      assert.strictEqual(changed.stack, original.stack)
      assert.isTrue(MmioError.isMmioError(changed))
      assert.strictEqual(changed.message, "Riff.descend take1.wav at 7: the end is here (ENOSPC)")
      assert.strictEqual(original.operation, "driver")
    })

    it("gives no cause to an error that has none", () => {
      const changed = MmioError.withDetails(new MmioError.CannotRead(details), { position: 1 })
      assert.strictEqual(changed.cause, undefined)
      assert.strictEqual(changed.position, 1)
    })

    it("keeps every class what it is", () => {
      for (const [error] of errors) {
        if (error._tag === "InvalidHandle") continue
        const changed: MmioError.MmioError = MmioError.withDetails<MmioError.MmioError>(error, { file: "other" })
        assert.strictEqual(changed._tag, error._tag)
        assert.strictEqual(changed.constructor, error.constructor)
      }
    })
  })

  it("isMmioError knows those of another copy of the package, and nothing else", () => {
    const id = Symbol.for("@effect-mmio/core/MmioError")
    assert.isTrue(MmioError.isMmioError(Object.assign(new Error("of another copy"), { [id]: id })))
    for (const other of [new Error("x"), { _tag: "CannotRead" }, null, undefined, "CannotRead", noSpace]) {
      assert.isFalse(MmioError.isMmioError(other))
    }
  })

  it.effect("is caught by its tag, and narrows", () =>
    Effect.gen(function*() {
      const failing: Effect.Effect<never, MmioError.WriteError> = Effect.fail(
        new MmioError.CannotWrite({ ...details, written: 3 })
      )
      const written = yield* failing.pipe(
        Effect.catchTag("CannotWrite", (error) => Effect.succeed(error.written))
      )
      assert.strictEqual(written, 3)
      const yielded = yield* Effect.exit(new MmioError.CannotRead(details))
      assert.isTrue(Exit.isFailure(yielded) && Cause.isFailType(yielded.cause))
    }))
})

describe("Errno", () => {
  const origin = (code: string): Errno.Origin => ({ operation: "test", file: "f", cause: { code } })
  const tags = (
    f: (origin: Errno.Origin) => MmioError.MmioError,
    expected: Record<string, MmioError.MmioError["_tag"]>
  ) => {
    for (const [code, tag] of Object.entries(expected)) assert.strictEqual(f(origin(code))._tag, tag, code)
  }

  it("opening", () => {
    tags((o) => Errno.openError(o, false), {
      ENOENT: "FileNotFound",
      ENOTDIR: "PathNotFound",
      EACCES: "AccessDenied",
      EPERM: "AccessDenied",
      EROFS: "AccessDenied",
      EBUSY: "SharingViolation",
      EMFILE: "TooManyOpenFiles",
      ENFILE: "TooManyOpenFiles",
      ENOMEM: "OutOfMemory",
      ETIMEDOUT: "NetworkError",
      ESTALE: "NetworkError",
      EISDIR: "CannotOpen",
      ENAMETOOLONG: "CannotOpen",
      EWHATEVER: "CannotOpen"
    })
    assert.strictEqual(Errno.openError(origin("ENOENT"), true)._tag, "PathNotFound")
  })

  it("reading and writing", () => {
    tags(Errno.readError, { EIO: "CannotRead", ECONNRESET: "NetworkError", EISDIR: "CannotRead" })
    tags(Errno.writeError, { ENOSPC: "CannotWrite", EDQUOT: "CannotWrite", EPIPE: "NetworkError" })
    const error = Errno.writeError(origin("ENOSPC"))
    assert.isTrue(error._tag === "CannotWrite" && error.written === 0)
  })

  it("closing: what was written late is a failure to write", () => {
    tags(Errno.closeError, { ENOSPC: "CannotWrite", EIO: "CannotWrite", EDQUOT: "CannotWrite", EBADF: "CannotClose" })
  })

  it("names", () => {
    tags((o) => Errno.renameError(o, false), {
      ENOENT: "FileNotFound",
      EXDEV: "CannotWrite",
      EACCES: "AccessDenied",
      EBUSY: "SharingViolation",
      EMFILE: "CannotWrite"
    })
    assert.strictEqual(Errno.renameError(origin("ENOENT"), true)._tag, "PathNotFound")
    tags(Errno.existsError, { EACCES: "AccessDenied", ENETDOWN: "NetworkError", EIO: "CannotRead" })
    tags(Errno.tempNameError, {
      ENOENT: "PathNotFound",
      ENOTDIR: "PathNotFound",
      EMFILE: "TooManyOpenFiles",
      ENOSPC: "CannotWrite"
    })
  })

  it("a name given beside goes for a cause without one, and not against one with", () => {
    const cause = new Error("the words of the cause")
    const named = Errno.openError({ operation: "test", file: "f", cause, name: "EACCES" }, false)
    assert.strictEqual(named._tag, "AccessDenied")
    assert.strictEqual(named.description, "permission denied")
    assert.strictEqual(Errno.openError({ ...origin("ENOENT"), name: "EACCES" }, false)._tag, "FileNotFound")
    assert.strictEqual(
      Errno.openError({ operation: "test", file: "f", cause }, false).description,
      "the words of the cause"
    )
  })
})
