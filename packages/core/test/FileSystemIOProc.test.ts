/**
 * The driver over a `FileSystem` that fails, hides and delays as told; on a real disk it is tested in platform-node.
 */
import { FileName, FileSystemIOProc, IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { Interruption } from "@effect-mmio/testing"
import { Error as PlatformError, FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Stream } from "effect"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

type Failure = PlatformError.PlatformError

/** A failure as on Node: the platform's word, and the system's name hidden in the cause. */
const failure = (method: string, code: string, reason: PlatformError.SystemErrorReason = "Unknown"): Failure =>
  new PlatformError.SystemError({
    module: "FileSystem",
    method,
    reason,
    cause: Object.assign(new Error(`${code}: told to fail`), { code })
  })

/** A failure of a platform that has no such names. */
const bareFailure = (method: string, reason: PlatformError.SystemErrorReason): Failure =>
  new PlatformError.SystemError({ module: "FileSystem", method, reason, description: "in words" })

/** As the disk answers: never at once. */
const later = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

interface Node {
  readonly type: FileSystem.File.Type
  readonly ino: number
  bytes: Uint8Array
}

type Method =
  | "open"
  | "stat"
  | "fstat"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "close"
  | "rename"
  | "remove"
  | "realPath"
  | "readDirectory"
  | "makeDirectory"

/** A disk in memory with the platform's interface, which behaves as the platform does on Node. */
class Disk {
  readonly nodes = new Map<string, Node>()
  /** What calls fail with, instead of doing anything. */
  readonly failures = new Map<Method, Failure>()
  readonly log: Array<string> = []
  /** Descriptors that are not closed. */
  openFiles = 0
  /** Calls that began and have not ended, whatever became of the fiber. */
  running = 0
  /** Whether a file was closed under a call. */
  closedEarly = false
  /** Where paths are found. */
  root = "/"
  /** What platforms give differently. */
  hasInodes = true
  hasNames = true
  /** Transfers no more than this at once. */
  atMost = Infinity
  /** Is waited for by every transfer. */
  gate: Effect.Effect<void> = Effect.void
  /** Is told of every rename that has been made. */
  afterRename = (_target: string): void => {}
  private made = 0

  constructor(files: Record<string, string | null> = {}) {
    this.nodes.set("", { type: "Directory", ino: this.made++, bytes: new Uint8Array(0) })
    for (const [path, content] of Object.entries(files)) this.put(path, content)
  }

  put(path: string, content: string | null, type: FileSystem.File.Type = content === null ? "Directory" : "File") {
    this.nodes.set(path, { type, ino: ++this.made, bytes: bytes(content ?? "") })
  }

  content(path: string): string | undefined {
    const node = this.nodes.get(path)
    return node?.type === "File" ? text(node.bytes) : undefined
  }

  private missing(method: string): Failure {
    return this.hasNames ? failure(method, "ENOENT", "NotFound") : bareFailure(method, "NotFound")
  }

  private normalize(path: string): string {
    return path.replaceAll("\\", "/").replace(/^[A-Z]:\/|^\//, "").split("/").filter((part) =>
      part !== "" && part !== "."
    ).join("/")
  }

  /** The paths of all that is in a folder. */
  private inside(folder: string): ReadonlyArray<string> {
    return [...this.nodes.keys()].filter((path) => path !== "" && (folder === "" || path.startsWith(`${folder}/`)))
  }

  private folderOf(path: string): string {
    return path.slice(0, Math.max(0, path.lastIndexOf("/")))
  }

  /** Runs a call as `effectify` does: once begun, it goes on whatever becomes of the fiber. */
  private call<A>(method: Method, work: () => A | Failure): Effect.Effect<A, Failure> {
    return Effect.async((resume) => {
      this.log.push(method)
      this.running++
      Effect.runFork(Effect.zipRight(
        Effect.zipRight(later, method === "read" || method === "write" ? this.gate : Effect.void),
        Effect.sync(() => {
          this.running--
          const failing = this.failures.get(method)
          const result = failing ?? work()
          resume(PlatformError.isPlatformError(result) ? Effect.fail(result) : Effect.succeed(result))
        })
      ))
    })
  }

  private info(node: Node): FileSystem.File.Info {
    return {
      type: node.type,
      mtime: Option.none(),
      atime: Option.none(),
      birthtime: Option.none(),
      dev: 1,
      ino: this.hasInodes ? Option.some(node.ino) : Option.none(),
      mode: 0,
      nlink: Option.none(),
      uid: Option.none(),
      gid: Option.none(),
      rdev: Option.none(),
      size: FileSystem.Size(node.bytes.length),
      blksize: Option.none(),
      blocks: Option.none()
    }
  }

  private file(node: Node, appends: boolean): FileSystem.File {
    let position = 0n
    const unused = () => Effect.dieMessage("not used")
    return {
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      fd: FileSystem.FileDescriptor(3),
      stat: this.call("fstat", () => this.info(node)),
      sync: this.call("sync", () => {}),
      seek: (offset, from) =>
        Effect.sync(() => {
          position = (from === "start" ? 0n : position) + BigInt(offset)
        }),
      read: (target) =>
        this.call("read", () => {
          assert.isTrue(position >= 0n, "the platform would read at the descriptor's own position")
          const start = Number(position)
          const part = node.bytes.subarray(start, start + Math.min(target.length, this.atMost))
          target.set(part)
          position += BigInt(part.length)
          return FileSystem.Size(part.length)
        }),
      readAlloc: unused,
      truncate: (length = 0) =>
        this.call("truncate", () => {
          const cut = new Uint8Array(Number(length))
          cut.set(node.bytes.subarray(0, cut.length))
          node.bytes = cut
        }),
      write: (source) =>
        this.call("write", () => {
          assert.isFalse(appends)
          assert.isTrue(position >= 0n, "the platform would write at the descriptor's own position")
          const part = source.subarray(0, this.atMost)
          const longer = new Uint8Array(Math.max(node.bytes.length, Number(position) + part.length))
          longer.set(node.bytes)
          longer.set(part, Number(position))
          node.bytes = longer
          position += BigInt(part.length)
          return FileSystem.Size(part.length)
        }),
      writeAll: unused
    }
  }

  readonly fileSystem: FileSystem.FileSystem = FileSystem.makeNoop({
    open: (given, options) =>
      Effect.map(
        Effect.acquireRelease(
          this.call("open", () => {
            const path = this.normalize(given)
            const flag = options?.flag ?? "r"
            this.log.push(`open ${given} ${flag}`)
            const found = this.nodes.get(path)
            if (found !== undefined && flag.includes("x")) {
              return this.hasNames
                ? failure("open", "EEXIST", "AlreadyExists")
                : bareFailure("open", "AlreadyExists")
            }
            if (
              found === undefined && (flag.startsWith("r") || this.nodes.get(this.folderOf(path))?.type !== "Directory")
            ) {
              return this.missing("open")
            }
            if (found === undefined) this.put(path, "")
            const node = this.nodes.get(path)
            if (node === undefined) return this.missing("open")
            if (node.type === "Directory" && flag !== "r") return failure("open", "EISDIR", "BadResource")
            if (flag.startsWith("w")) node.bytes = new Uint8Array(0)
            this.openFiles++
            return { node, flag }
          }),
          () =>
            Effect.orDie(Effect.suspend(() => {
              this.openFiles--
              if (this.running > 0) this.closedEarly = true
              return this.call("close", () => {})
            }))
        ),
        ({ flag, node }) => this.file(node, flag.startsWith("a"))
      ),
    stat: (path) =>
      this.call("stat", () => {
        const node = this.nodes.get(this.normalize(path))
        return node === undefined ? this.missing("stat") : this.info(node)
      }),
    realPath: (path) =>
      this.call("realPath", () => {
        const found = this.normalize(path)
        const separator = this.root.endsWith("\\") ? "\\" : "/"
        return this.nodes.has(found) ? this.root + found.replaceAll("/", separator) : this.missing("realPath")
      }),
    rename: (from, to) =>
      this.call("rename", () => {
        const [source, target] = [this.normalize(from), this.normalize(to)]
        const node = this.nodes.get(source)
        if (node === undefined || this.nodes.get(this.folderOf(target))?.type !== "Directory") {
          return this.missing("rename")
        }
        for (const path of [source, ...this.inside(source)]) {
          const moved = this.nodes.get(path)
          this.nodes.delete(path)
          if (moved !== undefined) this.nodes.set(target + path.slice(source.length), moved)
        }
        this.afterRename(target)
        return
      }),
    remove: (given, options) =>
      this.call("remove", () => {
        const path = this.normalize(given)
        const inside = this.inside(path)
        if (this.nodes.get(path)?.type === "Directory" && options?.recursive !== true) {
          return failure("remove", "ERR_FS_EISDIR")
        }
        if (!this.nodes.delete(path)) return this.missing("remove")
        for (const path of inside) this.nodes.delete(path)
        return
      }),
    makeDirectory: (given) =>
      this.call("makeDirectory", () => {
        const path = this.normalize(given)
        if (this.nodes.has(path)) {
          return this.hasNames
            ? failure("makeDirectory", "EEXIST", "AlreadyExists")
            : bareFailure("makeDirectory", "AlreadyExists")
        }
        if (this.nodes.get(this.folderOf(path))?.type !== "Directory") return this.missing("makeDirectory")
        this.put(path, null)
        return
      }),
    readDirectory: (given) =>
      this.call("readDirectory", () => {
        const path = this.normalize(given)
        const node = this.nodes.get(path)
        if (node === undefined) return this.missing("readDirectory")
        if (node.type !== "Directory") return failure("readDirectory", "ENOTDIR", "BadResource")
        const skipped = path === "" ? 0 : path.length + 1
        return this.inside(path).map((inside) => inside.slice(skipped)).filter((name) => !name.includes("/"))
      }),
    readLink: () => Effect.fail(failure("readLink", "EINVAL")),
    makeTempDirectory: () =>
      Effect.sync(() => {
        this.put("tmp", null)
        this.put("tmp/XYZ", null)
        return `${this.root}tmp/XYZ`
      })
  })

  readonly driver = (options?: FileSystemIOProc.Options): Effect.Effect<IOProc.IOProc> =>
    Effect.provideService(FileSystemIOProc.make(options), FileSystem.FileSystem, this.fileSystem)
}

const request = IOProc.openRequest

const tag = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, { onFailure: (error) => error._tag, onSuccess: () => "success" })

const write = (file: IOProc.File, position: number, source: string | Uint8Array, mode: IOProc.WriteMode = "write") =>
  Effect.suspend(() =>
    file.writeAt === undefined
      ? Effect.dieMessage("the file is only read")
      : file.writeAt(position, typeof source === "string" ? bytes(source) : source, mode)
  )

const truncate = (file: IOProc.File, size: number) =>
  Effect.suspend(() =>
    file.truncate === undefined ? Effect.dieMessage("the file has no truncate") : file.truncate(size)
  )

describe("FileSystemIOProc", () => {
  describe("opening", () => {
    it.effect("an existing file is never opened in a way that truncates it", () =>
      Effect.gen(function*() {
        for (const access of ["read", "write", "readWrite"] as const) {
          for (const create of access === "read" ? ["no"] as const : ["no", "truncate"] as const) {
            const disk = new Disk({ "a": "content" })
            const driver = yield* disk.driver()
            const file = yield* driver.open(request("a", { access, create }))
            assert.strictEqual(disk.content("a"), create === "truncate" ? "" : "content")
            assert.deepStrictEqual(disk.log.filter((line) => line.startsWith("open ")), [
              `open a ${access === "read" ? "r" : "r+"}`
            ])
            yield* file.close
            assert.strictEqual(disk.openFiles, 0)
          }
        }
      }))

    it.effect("without create a file has to exist, and is not created", () =>
      Effect.gen(function*() {
        const disk = new Disk()
        const driver = yield* disk.driver()
        assert.strictEqual(yield* tag(driver.open(request("a", { access: "write" }))), "FileNotFound")
        assert.strictEqual(yield* tag(driver.open(request("a", { access: "readWrite" }))), "FileNotFound")
        assert.isFalse(disk.nodes.has("a"))
      }))

    it.effect("a file that the sharing mode refuses is not truncated, and is closed again", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "content" })
        const driver = yield* disk.driver()
        const reader = yield* driver.open(request("a", { share: "denyWrite" }))
        const error = yield* Effect.flip(
          driver.open(request("./a", { access: "write", create: "truncate", share: "denyNone" }))
        )
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.open ./a: another handle has it open for read as denyWrite"
        )
        assert.strictEqual(disk.content("a"), "content")
        assert.strictEqual(disk.openFiles, 1)
        yield* reader.close
        const writer = yield* driver.open(request("a", { access: "write", create: "truncate", share: "denyNone" }))
        assert.strictEqual(disk.content("a"), "")
        yield* writer.close
      }))

    for (const hasNames of [true, false]) {
      it.effect(`creates a new file, and refuses a name that exists${hasNames ? "" : ", without the system's names"}`, () =>
        Effect.gen(function*() {
          for (const access of ["read", "write", "readWrite"] as const) {
            const disk = new Disk({ "a": "a", "d": null })
            disk.hasNames = hasNames
            const driver = yield* disk.driver()
            yield* (yield* driver.open(request("d/new", { access, create: "new" }))).close
            assert.strictEqual(disk.content("d/new"), "")
            for (const name of ["a", "d"]) {
              const error = yield* Effect.flip(driver.open(request(name, { access, create: "new" })))
              assert.deepStrictEqual([error._tag, error.errno], ["CannotOpen", "EEXIST"])
            }
            assert.strictEqual(yield* tag(driver.open(request("n/new", { access, create: "new" }))), "PathNotFound")
            assert.strictEqual(disk.content("a"), "a")
            assert.strictEqual(disk.openFiles, 0)
          }
        }))
    }

    it.effect("refuses a version, since its files have none, and asks nothing of the platform", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a" })
        const driver = yield* disk.driver()
        const calls = disk.log.length
        const error = yield* Effect.flip(
          driver.open(request("a", { access: "write", create: "truncate", ifVersion: Option.some("1") }))
        )
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.open a: the files of this storage have no versions"
        )
        assert.strictEqual(disk.log.length, calls)
        assert.strictEqual(disk.content("a"), "a")
      }))

    it.effect("sharing modes hold between all drivers over one FileSystem", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a" })
        const file = yield* (yield* disk.driver()).open(request("a", { share: "exclusive" }))
        assert.strictEqual(yield* tag((yield* disk.driver()).open(request("a"))), "SharingViolation")
        yield* file.close
        yield* (yield* disk.driver()).open(request("a"))
        yield* (yield* new Disk({ "a": "a" }).driver()).open(request("a", { share: "exclusive" }))
      }))

    for (const hasInodes of [true, false]) {
      it.effect(`a file is known by its ${hasInodes ? "inode" : "real path, where the platform has no inodes"}`, () =>
        Effect.gen(function*() {
          const disk = new Disk({ "a": "a", "d": null, "d/b": "b" })
          disk.hasInodes = hasInodes
          const driver = yield* disk.driver()
          const first = yield* driver.open(request("./a", { share: "exclusive" }))
          assert.strictEqual(yield* tag(driver.open(request("/a", { share: "exclusive" }))), "SharingViolation")
          const other = yield* driver.open(request("d/b", { share: "exclusive" }))
          yield* first.close
          yield* (yield* driver.open(request("/a", { share: "exclusive" }))).close
          yield* other.close
        }))
    }

    it.effect("a sharing mode is released after the file is closed, also where closing fails", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a" })
        const driver = yield* disk.driver()
        const file = yield* driver.open(request("a", { share: "exclusive" }))
        disk.failures.set("close", failure("close", "EIO"))
        const error = yield* Effect.flip(file.close)
        assert.strictEqual(error.message, "FileSystemIOProc.close a: the device failed (EIO)")
        disk.failures.clear()
        yield* (yield* driver.open(request("a", { share: "exclusive" }))).close
        assert.strictEqual(disk.openFiles, 0)
      }))

    it.effect("a folder is CannotOpen, and is closed again", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        const driver = yield* disk.driver()
        for (const access of ["read", "write", "readWrite"] as const) {
          const error = yield* Effect.flip(driver.open(request("d", { access })))
          assert.strictEqual(error._tag, "CannotOpen")
          assert.strictEqual(error.description, "it is a folder")
        }
        // Windows says permission denied
        disk.failures.set("open", failure("open", "EPERM"))
        assert.strictEqual(yield* tag(driver.open(request("d", { access: "write" }))), "CannotOpen")
        assert.strictEqual(disk.openFiles, 0)
      }))

    it.effect("a device is not truncated", () =>
      Effect.gen(function*() {
        const disk = new Disk()
        disk.put("null", "", "CharacterDevice")
        disk.failures.set("truncate", failure("truncate", "EINVAL"))
        const driver = yield* disk.driver()
        yield* (yield* driver.open(request("null", { access: "write", create: "truncate" }))).close
      }))

    for (const hasNames of [true, false]) {
      it.effect(`says whether the file or its folder is missing${hasNames ? "" : ", without the system's names"}`, () =>
        Effect.gen(function*() {
          const disk = new Disk({ "d": null })
          disk.hasNames = hasNames
          const driver = yield* disk.driver()
          const file = yield* Effect.flip(driver.open(request("d/a")))
          assert.strictEqual(
            file.message,
            "FileSystemIOProc.open d/a: there is no such file (ENOENT)"
          )
          assert.isTrue(PlatformError.isPlatformError(file.cause))
          assert.strictEqual(yield* tag(driver.open(request("a"))), "FileNotFound")
          assert.strictEqual(yield* tag(driver.open(request("/a"))), "FileNotFound")
          assert.strictEqual(yield* tag(driver.open(request("x/a"))), "PathNotFound")
          assert.strictEqual(
            yield* tag(driver.open(request("x/a", { access: "write", create: "truncate" }))),
            "PathNotFound"
          )
        }))
    }

    it.effect("on Windows a backslash and a drive are folders, elsewhere they are letters", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        disk.root = "C:\\"
        const windows = yield* disk.driver()
        assert.strictEqual(yield* tag(windows.open(request("x\\a"))), "PathNotFound")
        assert.strictEqual(yield* tag(windows.open(request("d\\a"))), "FileNotFound")
        assert.strictEqual(yield* tag(windows.open(request("C:\\a"))), "FileNotFound")
        assert.strictEqual((yield* windows.fullName(FileName.plain("d\\a"))).full, "C:\\d\\a")
        assert.strictEqual((yield* windows.fullName(FileName.plain("d/a"))).full, "C:\\d\\a")
        assert.strictEqual((yield* windows.fullName(FileName.plain("a"))).full, "C:\\a")

        const posix = yield* new Disk().driver()
        assert.strictEqual(yield* tag(posix.open(request("x\\a"))), "FileNotFound")
      }))

    it.effect("failures are typed by the system's name, else by the platform's word", () =>
      Effect.gen(function*() {
        const expected: ReadonlyArray<readonly [Failure, string]> = [
          [failure("open", "EACCES", "PermissionDenied"), "AccessDenied"],
          [failure("open", "EPERM"), "AccessDenied"],
          [failure("open", "EROFS"), "AccessDenied"],
          [failure("open", "EMFILE"), "TooManyOpenFiles"],
          [failure("open", "ENOTDIR", "BadResource"), "PathNotFound"],
          [failure("open", "EBUSY", "Busy"), "SharingViolation"],
          [failure("open", "ETIMEDOUT"), "NetworkError"],
          [failure("open", "ENAMETOOLONG"), "CannotOpen"],
          [bareFailure("open", "PermissionDenied"), "AccessDenied"],
          [bareFailure("open", "Busy"), "SharingViolation"],
          [bareFailure("open", "TimedOut"), "NetworkError"],
          [bareFailure("open", "Unknown"), "CannotOpen"],
          [new PlatformError.BadArgument({ module: "FileSystem", method: "open" }), "CannotOpen"]
        ]
        const disk = new Disk({ "a": "a" })
        const driver = yield* disk.driver()
        for (const [failing, wanted] of expected) {
          disk.failures.set("open", failing)
          const error = yield* Effect.flip(driver.open(request("a")))
          assert.strictEqual(error._tag, wanted)
          assert.strictEqual(error.cause, failing)
        }
      }))

    it.effect("whatever fails on the way, nothing stays open and no claim is left", () =>
      Effect.gen(function*() {
        for (const method of ["fstat", "truncate"] as const) {
          const disk = new Disk({ "a": "a" })
          const driver = yield* disk.driver()
          disk.failures.set(method, failure(method, "EIO"))
          const open = driver.open(request("a", { access: "write", create: "truncate", share: "exclusive" }))
          assert.strictEqual(yield* tag(open), "CannotOpen")
          assert.strictEqual(disk.openFiles, 0, method)
          disk.failures.clear()
          assert.strictEqual(yield* tag(open), "success", method)
        }
      }))

    it.effect("what another handle makes while the file is being made is not cut either", () =>
      Effect.gen(function*() {
        const disk = new Disk()
        const claim = { access: "write", create: "truncate", share: "exclusive" } as const
        let meanwhile: Effect.Effect<unknown> = Effect.void
        const racing: FileSystem.FileSystem = {
          ...disk.fileSystem,
          open: (path, options) =>
            Effect.tapError(disk.fileSystem.open(path, options), () => {
              const once = meanwhile
              meanwhile = Effect.void
              return once
            })
        }
        const driver = yield* Effect.provideService(FileSystemIOProc.make(), FileSystem.FileSystem, racing)
        meanwhile = Effect.orDie(
          Effect.flatMap(driver.open(request("a", claim)), (file) => write(file, 0, "theirs"))
        )
        assert.strictEqual(yield* tag(driver.open(request("a", claim))), "SharingViolation")
        assert.strictEqual(disk.content("a"), "theirs")
      }))

    const [a, b] = [FileName.plain("a"), FileName.plain("n/b")]
    const calls: Record<string, (driver: IOProc.IOProc) => Effect.Effect<unknown, MmioError.MmioError>> = {
      "open": (driver) => driver.open(request("a", { access: "write", create: "truncate" })),
      "rename": (driver) => driver.rename(a, b),
      "remove": (driver) => driver.remove(a),
      "exists": (driver) => driver.exists(a),
      "fullName": (driver) => driver.fullName(a),
      "tempName": (driver) => driver.tempName({ folder: "" }),
      "open of a new file": (driver) => driver.open(request("new", { access: "write", create: "new" })),
      "stat": (driver) => driver.stat(a),
      "list": (driver) => Stream.runDrain(driver.list(FileName.plain(""))),
      "makeFolder": (driver) => driver.makeFolder(FileName.plain("new")),
      "removeFolder": (driver) => driver.removeFolder(FileName.plain("empty"))
    }
    for (const [name, call] of Object.entries(calls)) {
      it.live(`interrupted at any step, ${name} leaves no call running`, () =>
        Interruption.sweep({
          prepare: Effect.gen(function*() {
            const disk = new Disk({ "a": "a", "empty": null })
            return { disk, driver: yield* disk.driver() }
          }),
          run: ({ driver }) => [call(driver)],
          check: ({ disk }) =>
            Effect.sync(() => {
              assert.strictEqual(disk.running, 0)
              assert.isFalse(disk.closedEarly)
            })
        }))
    }

    it.live("interrupted at any step, nothing stays open, no claim is left, and no call goes on", () =>
      Effect.gen(function*() {
        for (const create of [false, true]) {
          const steps = yield* Interruption.sweep({
            prepare: Effect.gen(function*() {
              const disk = new Disk(create ? {} : { "a": "a" })
              return { disk, driver: yield* disk.driver() }
            }),
            run: ({ driver }) => [
              Effect.scoped(Effect.flatMap(
                Mmio.openWith(driver, "a", { access: "readWrite", create, share: "exclusive" }),
                (file) => Effect.zipRight(Mmio.write(file, bytes("b")), Mmio.read(file, 1))
              ))
            ],
            check: ({ disk, driver }) =>
              Effect.gen(function*() {
                assert.strictEqual(disk.openFiles, 0)
                assert.strictEqual(disk.running, 0)
                if (disk.nodes.has("a")) {
                  yield* (yield* driver.open(request("a", { share: "exclusive" }))).close
                }
              })
          })
          assert.isAbove(steps, 20)
        }
      }))
  })

  describe("files", () => {
    it.effect("do what they were opened for, and no more", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abc" })
        const driver = yield* disk.driver()
        const reader = yield* driver.open(request("a"))
        const writer = yield* driver.open(request("a", { access: "write" }))
        assert.isUndefined(reader.writeAt)
        assert.isUndefined(reader.truncate)
        assert.strictEqual(yield* tag(writer.readAt(0, new Uint8Array(1))), "CannotRead")
        assert.strictEqual(disk.content("a"), "abc")
      }))

    it.effect("say in their capabilities what is true of them", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abc" })
        disk.put("null", "", "CharacterDevice")
        const driver = yield* disk.driver()
        const facts = {
          concurrent: false,
          forwardOnly: false,
          truncate: true,
          commit: "inPlace",
          cancellable: false,
          locks: "process"
        }
        const file = yield* driver.open(request("a", { access: "write" }))
        assert.deepStrictEqual<object>(file.capabilities, facts)
        assert.deepStrictEqual<object>((yield* driver.open(request("a"))).capabilities, { ...facts, truncate: false })
        const device = yield* driver.open(request("null", { access: "write" }))
        assert.deepStrictEqual<object>(device.capabilities, { ...facts, truncate: false })
        assert.isUndefined(device.truncate)
        assert.isTrue(Option.isNone(file.version))
        assert.deepStrictEqual(driver.capabilities, { list: true, atomicRename: true, exclusiveCreate: true })
      }))

    it.effect("have one identity by all names and through all drivers over one FileSystem", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "b": "a" })
        const identity = (driver: IOProc.IOProc, name: string) =>
          Effect.map(driver.open(request(name)), (file) => Option.getOrThrow(file.identity))
        const [first, second] = [yield* disk.driver(), yield* disk.driver()]
        const own = yield* identity(first, "a")
        assert.strictEqual(yield* identity(first, "./a"), own)
        assert.strictEqual(yield* identity(second, "a"), own)
        assert.notStrictEqual(yield* identity(first, "b"), own)
        const other = yield* new Disk({ "a": "a", "b": "a" }).driver()
        assert.notStrictEqual(yield* identity(other, "a"), own)
      }))

    it.effect("transfer at their positions, wherever the platform's cursor is", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abcdef" })
        const driver = yield* disk.driver()
        const file = yield* driver.open(request("a", { access: "readWrite" }))
        const target = new Uint8Array(2)
        assert.strictEqual(yield* tag(file.readAt(-1, target)), "CannotRead")
        assert.strictEqual(yield* tag(write(file, -1, "x")), "CannotWrite")
        assert.strictEqual(yield* file.readAt(4, target), 2)
        assert.strictEqual(text(target), "ef")
        assert.strictEqual(yield* file.readAt(0, target), 2)
        assert.strictEqual(text(target), "ab")
        assert.strictEqual(yield* file.readAt(5, target), 1)
        assert.strictEqual(yield* file.readAt(6, target), 0)
        assert.strictEqual(yield* file.size, 6)
        disk.failures.set("write", failure("write", "ENOSPC"))
        const error = yield* Effect.flip(write(file, 6, target))
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.write a at 6: no space left on device (ENOSPC)"
        )
        disk.failures.clear()
        disk.atMost = 1
        assert.strictEqual(yield* write(file, 6, "XY"), 1)
        assert.strictEqual(disk.content("a"), "abcdefX")
      }))

    it.effect("truncate cuts, and adds zeros", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abcdef" })
        const file = yield* (yield* disk.driver()).open(request("a", { access: "readWrite" }))
        yield* truncate(file, 2)
        assert.strictEqual(disk.content("a"), "ab")
        yield* truncate(file, 4)
        assert.strictEqual(disk.content("a"), "ab\0\0")
        assert.strictEqual(yield* file.size, 4)
        for (const size of [-1, 0.5, NaN]) assert.strictEqual(yield* tag(truncate(file, size)), "CannotWrite")
        disk.failures.set("truncate", failure("truncate", "EFBIG"))
        const error = yield* Effect.flip(truncate(file, 9))
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.truncate a at 9: the file would be too large (EFBIG)"
        )
        disk.failures.clear()
        yield* file.close
        assert.strictEqual(yield* tag(truncate(file, 0)), "CannotWrite")
        assert.strictEqual(disk.content("a"), "ab\0\0")
      }))

    it.effect("failures of reading and of finding out the size are typed", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abc" })
        const driver = yield* disk.driver()
        const file = yield* driver.open(request("a"))
        disk.failures.set("read", failure("read", "EIO")).set("fstat", failure("stat", "EIO"))
        const reading = yield* Effect.flip(file.readAt(0, new Uint8Array(1)))
        assert.strictEqual(reading.message, "FileSystemIOProc.read a at 0: the device failed (EIO)")
        const size = yield* Effect.flip(file.size)
        assert.strictEqual(size.message, "FileSystemIOProc.seek a: the device failed (EIO)")
        disk.failures.set("read", failure("read", "ECONNRESET")).set("fstat", failure("stat", "ECONNRESET"))
        assert.strictEqual(yield* tag(file.readAt(0, new Uint8Array(1))), "NetworkError")
        assert.strictEqual(yield* tag(file.size), "NetworkError")
      }))

    it.effect("are not used after close or abort", () =>
      Effect.gen(function*() {
        for (const end of ["close", "abort"] as const) {
          const disk = new Disk({ "a": "abc" })
          const driver = yield* disk.driver()
          const file = yield* driver.open(request("a", { access: "readWrite", share: "exclusive" }))
          yield* file[end]
          assert.strictEqual(disk.openFiles, 0)
          const calls = disk.log.length
          assert.strictEqual(yield* tag(file.readAt(0, new Uint8Array(1))), "CannotRead")
          assert.strictEqual(yield* tag(write(file, 0, "x")), "CannotWrite")
          assert.strictEqual(yield* tag(file.size), "CannotSeek")
          assert.strictEqual(yield* tag(file.close), "CannotClose")
          assert.strictEqual(disk.log.length, calls)
          yield* (yield* driver.open(request("a", { share: "exclusive" }))).close
        }
      }))

    it.effect("a large transfer is cut to what the platform takes", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abc" })
        const lengths: Array<number> = []
        /** An array that only notes how long a part of it was asked for. */
        const vast = Object.assign(new Uint8Array(8), {
          subarray: (start: number, end: number) => {
            lengths.push(end - start)
            return new Uint8Array(8)
          }
        })
        const file = yield* (yield* disk.driver()).open(request("a", { access: "readWrite" }))
        yield* file.readAt(0, vast)
        yield* write(file, 0, vast)
        assert.deepStrictEqual(lengths, [2 ** 30, 2 ** 30])
      }))

    it.effect("writeFlush synchronizes only with the option", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "" })
        const lazy = yield* (yield* disk.driver()).open(request("a", { access: "write" }))
        yield* write(lazy, 0, "a", "writeFlush")
        assert.notInclude(disk.log, "sync")
        const eager = yield* (yield* disk.driver({ sync: true })).open(request("a", { access: "write" }))
        yield* write(eager, 0, "b")
        assert.notInclude(disk.log, "sync")
        assert.strictEqual(yield* write(eager, 1, "", "writeFlush"), 0)
        assert.strictEqual(disk.log.filter((line) => line === "sync").length, 1)
        disk.failures.set("sync", failure("sync", "EIO"))
        assert.strictEqual(yield* tag(write(eager, 1, "c", "writeFlush")), "CannotWrite")
        const none = yield* (yield* disk.driver({ sync: undefined })).open(request("a", { access: "write" }))
        yield* write(none, 0, "a", "writeFlush")
      }))

    it.live("an interrupted transfer ends before its fiber", () =>
      Effect.gen(function*() {
        const operations = {
          read: (file: IOProc.File, target: Uint8Array): Effect.Effect<number, MmioError.MmioError> =>
            file.readAt(0, target),
          write: (file: IOProc.File, target: Uint8Array): Effect.Effect<number, MmioError.MmioError> =>
            write(file, 0, target)
        }
        for (const operation of Object.values(operations)) {
          const disk = new Disk({ "a": "abc" })
          const file = yield* (yield* disk.driver()).open(request("a", { access: "readWrite" }))
          const open = yield* Deferred.make<void>()
          disk.gate = Deferred.await(open)
          const target = bytes("XY")
          const fiber = yield* Effect.fork(operation(file, target))
          yield* Effect.repeat(Effect.yieldNow(), { until: () => disk.running > 0 })
          const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
          yield* Effect.sleep("5 millis")
          assert.strictEqual(disk.running, 1)
          assert.isTrue(Option.isNone(yield* Fiber.poll(interrupting)), "it waits for the call")
          yield* Deferred.succeed(open, undefined)
          yield* Fiber.join(interrupting)
          assert.strictEqual(disk.running, 0)
        }
      }))

    it.effect("a defect of the platform's closing that is no failure of its own stays a defect", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a" })
        const broken = {
          ...disk.fileSystem,
          open: () =>
            Effect.zipRight(
              Effect.addFinalizer(() => Effect.die("a bug")),
              disk.fileSystem.open("a")
            )
        }
        const driver = yield* Effect.provideService(FileSystemIOProc.make(), FileSystem.FileSystem, broken)
        const exit = yield* Effect.exit((yield* driver.open(request("a"))).close)
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }))
  })

  describe("names", () => {
    const [a, b] = [FileName.plain("a"), FileName.plain("d/b")]

    it.effect("rename says which of the two is missing", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "d": null, "d/b": "b" })
        const driver = yield* disk.driver()
        const rename = (from: string, to: string) =>
          Effect.flip(driver.rename(FileName.plain(from), FileName.plain(to)))
        const cases = [["x", "b", "FileNotFound", "x"], ["n/x", "b", "PathNotFound", "n/x"], [
          "a",
          "n/a",
          "PathNotFound",
          "n/a"
        ]] as const
        for (const [from, to, wanted, file] of cases) {
          const error = yield* rename(from, to)
          assert.deepStrictEqual([error._tag, error.file], [wanted, file])
        }
        disk.failures.set("rename", failure("rename", "EXDEV"))
        assert.strictEqual((yield* rename("a", "b"))._tag, "CannotWrite")
        disk.failures.clear()
        yield* driver.rename(a, b)
        assert.strictEqual(disk.content("d/b"), "a")
      }))

    it.effect("remove takes files and no folders", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "d": null })
        const driver = yield* disk.driver()
        yield* driver.remove(a)
        assert.isFalse(disk.nodes.has("a"))
        assert.strictEqual(yield* tag(driver.remove(a)), "FileNotFound")
        assert.strictEqual(yield* tag(driver.remove(FileName.plain("n/a"))), "PathNotFound")
        const error = yield* Effect.flip(driver.remove(FileName.plain("d")))
        assert.strictEqual(error.message, "FileSystemIOProc.remove d: it is a folder")
        assert.isTrue(disk.nodes.has("d"))
      }))

    it.effect("exists", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "d": null })
        const driver = yield* disk.driver()
        assert.isTrue(yield* driver.exists(a))
        assert.isFalse(yield* driver.exists(b))
        assert.isFalse(yield* driver.exists(FileName.plain("d")), "a folder is no file")
        disk.failures.set("stat", failure("stat", "ENOTDIR", "BadResource"))
        assert.isFalse(yield* driver.exists(b))
        disk.failures.set("stat", failure("stat", "EACCES", "PermissionDenied"))
        assert.strictEqual(yield* tag(driver.exists(b)), "AccessDenied")
        disk.failures.set("stat", failure("stat", "EIO"))
        assert.strictEqual(yield* tag(driver.exists(b)), "CannotRead")
      }))

    it.effect("fullName needs the folder, and no file", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        disk.root = "/home/"
        const driver = yield* disk.driver()
        const fullName = (name: string) => Effect.map(driver.fullName(FileName.plain(name)), (name) => name.full)
        assert.strictEqual(yield* fullName("d/b"), "/home/d/b")
        assert.strictEqual(yield* fullName("./b"), "/home/b")
        assert.strictEqual(yield* fullName("d/."), "/home/d")
        assert.strictEqual(yield* fullName("d/"), "/home/d")
        assert.strictEqual(yield* fullName(""), "/home/")
        assert.strictEqual(yield* tag(fullName("n/b")), "PathNotFound")
        disk.failures.set("realPath", failure("realPath", "EACCES", "PermissionDenied"))
        assert.strictEqual(yield* tag(fullName("d/b")), "AccessDenied")
        disk.failures.set("realPath", failure("realPath", "EIO"))
        const error = yield* Effect.flip(fullName("d/b"))
        assert.strictEqual(error.message, "FileSystemIOProc.fullName d/b: the device failed (EIO)")
      }))

    it.effect("stat knows what the platform knows", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "abc", "d": null })
        disk.put("null", "", "CharacterDevice")
        const driver = yield* disk.driver()
        const none = { version: Option.none(), modified: Option.none(), created: Option.none() }
        const stat = (name: string) =>
          Effect.map(driver.stat(FileName.plain(name)), ({ identity, ...facts }) => {
            assert.isTrue(Option.isSome(identity))
            return facts
          })
        assert.deepStrictEqual(yield* stat("a"), { kind: "file", size: Option.some(3), ...none })
        assert.deepStrictEqual(yield* stat("d"), { kind: "folder", size: Option.none(), ...none })
        assert.deepStrictEqual(yield* stat("null"), { kind: "other", size: Option.none(), ...none })
        assert.strictEqual(yield* tag(driver.stat(b)), "FileNotFound")
        assert.strictEqual(yield* tag(driver.stat(FileName.plain("n/b"))), "PathNotFound")
        disk.failures.set("stat", failure("stat", "EACCES", "PermissionDenied"))
        assert.strictEqual(yield* tag(driver.stat(a)), "AccessDenied")
        disk.failures.set("stat", failure("stat", "EIO"))
        assert.strictEqual(yield* tag(driver.stat(a)), "CannotRead")
      }))

    it.effect("list gives names with their kinds", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "d": null, "d/b": "b", "d/e": null, "d/e/f": "f" })
        const driver = yield* disk.driver()
        const list = (name: string) =>
          Effect.map(Stream.runCollect(driver.list(FileName.plain(name))), (entries) => [...entries])
        assert.deepStrictEqual(yield* list("d"), [{ name: "b", kind: "file" }, { name: "e", kind: "folder" }])
        assert.deepStrictEqual(yield* list("/"), [{ name: "a", kind: "file" }, { name: "d", kind: "folder" }])
        assert.strictEqual(yield* tag(list("n")), "PathNotFound")
        assert.strictEqual(yield* tag(list("a")), "PathNotFound")
        disk.failures.set("stat", failure("stat", "ENOENT", "NotFound"))
        assert.deepStrictEqual(yield* list("d/e"), [{ name: "f", kind: "other" }], "it was removed meanwhile")
        disk.failures.set("readDirectory", failure("readDirectory", "EIO"))
        assert.strictEqual(yield* tag(list("d")), "CannotRead")
      }))

    for (const hasNames of [true, false]) {
      it.effect(`makeFolder leaves a folder, and refuses a file${hasNames ? "" : ", without the system's names"}`, () =>
        Effect.gen(function*() {
          const disk = new Disk({ "a": "a" })
          disk.hasNames = hasNames
          const driver = yield* disk.driver()
          yield* driver.makeFolder(FileName.plain("d"))
          disk.put("d/b", "b")
          yield* driver.makeFolder(FileName.plain("d"))
          assert.strictEqual(disk.content("d/b"), "b")
          const error = yield* Effect.flip(driver.makeFolder(a))
          assert.strictEqual(error.message, "FileSystemIOProc.makeFolder a: the name is taken (EEXIST)")
          assert.strictEqual(yield* tag(driver.makeFolder(FileName.plain("n/d"))), "PathNotFound")
        }))
    }

    it.effect("removeFolder removes an empty folder alone", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "a": "a", "d": null, "d/b": "b", "empty": null, "d/e": null })
        const driver = yield* disk.driver()
        const remove = (name: string) => driver.removeFolder(FileName.plain(name))
        yield* remove("empty")
        yield* remove("d/e/")
        const error = yield* Effect.flip(remove("d"))
        assert.strictEqual(
          error.message,
          "FileSystemIOProc.removeFolder d: the folder is not empty (ENOTEMPTY)"
        )
        assert.strictEqual(yield* tag(remove("a")), "PathNotFound")
        assert.strictEqual(yield* tag(remove("n")), "PathNotFound")
        assert.strictEqual(yield* tag(remove("/")), "CannotWrite")
        disk.failures.set("rename", failure("rename", "EBUSY", "Busy"))
        disk.put("empty", null)
        assert.strictEqual(yield* tag(remove("empty")), "SharingViolation")
        assert.deepStrictEqual([...disk.nodes.keys()], ["", "a", "d", "d/b", "empty"])
      }))

    it.effect("removeFolder removes no file that another program puts into the folder meanwhile", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        const driver = yield* disk.driver()
        let moved = 0
        disk.afterRename = (target) => {
          if (moved++ === 0) disk.put(`${target}/b`, "precious")
        }
        const error = yield* Effect.flip(driver.removeFolder(FileName.plain("d")))
        assert.deepStrictEqual([error._tag, error.errno], ["CannotWrite", "ENOTEMPTY"])
        assert.strictEqual(disk.content("d/b"), "precious")
        assert.deepStrictEqual([...disk.nodes.keys()], ["", "d", "d/b"])
      }))

    it.effect("removeFolder moves the folder back where it cannot be removed, or says where it is", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        const driver = yield* disk.driver()
        disk.failures.set("remove", failure("remove", "EIO"))
        assert.strictEqual(yield* tag(driver.removeFolder(FileName.plain("d"))), "CannotWrite")
        assert.deepStrictEqual([...disk.nodes.keys()], ["", "d"])
        disk.afterRename = () => {
          disk.failures.set("rename", failure("rename", "EIO"))
        }
        const error = yield* Effect.flip(driver.removeFolder(FileName.plain("d")))
        const [, aside] = [...disk.nodes.keys()]
        assert.strictEqual(
          error.message,
          `FileSystemIOProc.removeFolder d: the folder could be neither removed nor moved back from ./${aside} (EIO)`
        )
      }))

    it.effect("tempName makes one file, exclusively, and no folder", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        const driver = yield* disk.driver()
        const name = yield* driver.tempName({ folder: "d", prefix: "take", suffix: ".wav" })
        assert.match(name.full, /^d\/take[0-9a-z]+\.wav$/)
        assert.strictEqual(disk.content(name.full), "")
        assert.deepStrictEqual([...disk.nodes.keys()], ["", "d", name.full])
        const other = yield* driver.tempName({})
        assert.match(other.full, /^\/tmp\/mmio[0-9a-z]+\.tmp$/)
        assert.isFalse(disk.nodes.has("tmp/XYZ"), "what showed where temporary files go is gone")
        assert.isTrue(disk.nodes.has(other.full.slice(1)))
        assert.strictEqual(disk.openFiles, 0)
        assert.isTrue(disk.log.filter((line) => line.startsWith("open ")).every((line) => line.endsWith(" wx")))
      }))

    it.effect("tempName takes another name where one is taken, and gives up typed", () =>
      Effect.gen(function*() {
        const disk = new Disk({ "d": null })
        const driver = yield* disk.driver()
        disk.failures.set("open", failure("open", "EEXIST", "AlreadyExists"))
        assert.strictEqual(yield* tag(driver.tempName({ folder: "d" })), "CannotWrite")
        assert.isAbove(disk.log.filter((line) => line === "open").length, 5)
        disk.failures.clear()
        assert.strictEqual(yield* tag(driver.tempName({ folder: "nowhere" })), "PathNotFound")
        for (const names of [{ prefix: "../x" }, { suffix: "/x" }, { prefix: "..\\x" }]) {
          assert.strictEqual(yield* tag(driver.tempName({ folder: "d", ...names })), "AccessDenied")
        }
        assert.deepStrictEqual([...disk.nodes.keys()], ["", "d"])
      }))
  })

  it.effect("as a layer it is the storage of a program", () =>
    Effect.gen(function*() {
      const disk = new Disk()
      const program = Mmio.withFile("a", { access: "write", create: true }, Mmio.writeAll(bytes("abc")))
      yield* program.pipe(
        Effect.provide(FileSystemIOProc.layer),
        Effect.provideService(FileSystem.FileSystem, disk.fileSystem)
      )
      assert.strictEqual(disk.content("a"), "abc")
      assert.notInclude(disk.log, "sync")
      yield* program.pipe(
        Effect.provide(FileSystemIOProc.layerWith({ sync: true })),
        Effect.provideService(FileSystem.FileSystem, disk.fileSystem)
      )
      assert.include(disk.log, "sync")
      assert.strictEqual(disk.openFiles, 0)
    }))
})
