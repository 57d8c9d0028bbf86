import { IOProc } from "@effect-mmio/core"
import { Effect, Fiber, FiberStatus, type Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import { createRequire, syncBuiltinESMExports } from "node:module"
import * as OS from "node:os"
import * as Path from "node:path"

export const isLinux = process.platform === "linux"
export const isRoot = process.getuid?.() === 0

/** A new folder, removed with all that is in it. */
export const tempFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => NFS.mkdtempSync(Path.join(OS.tmpdir(), "node-ioproc-"))),
  (folder) => Effect.sync(() => NFS.rmSync(folder, { recursive: true, force: true }))
)

/** A file in a new folder, with these bytes; none if there are none. */
export const tempPath = (bytes?: Uint8Array | string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(tempFolder, (folder) => {
    const path = Path.join(folder, "file")
    if (bytes !== undefined) NFS.writeFileSync(path, bytes)
    return path
  })

export const request = IOProc.openRequest

/** An open file, closed with the scope unless the test has closed it. */
export const openFile = (
  driver: IOProc.IOProc,
  path: string,
  options?: Partial<Omit<IOProc.OpenRequest, "name">>
) => Effect.acquireRelease(driver.open(request(path, options)), (file) => Effect.ignore(file.close))

export const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes)

/** What one read from a position gives. */
export const readAt = (file: IOProc.File, position: number, size: number) =>
  Effect.suspend(() => {
    const target = new Uint8Array(size)
    return Effect.map(
      file.readAt(position, target),
      (count) => Buffer.from(target.subarray(0, count)).toString("latin1")
    )
  })

/** One write to a position, of a file that may be open for reading only. */
export const writeAt = (
  file: IOProc.File,
  position: number,
  source: Uint8Array | string,
  mode: IOProc.WriteMode = "write"
) =>
  Effect.suspend(() =>
    file.writeAt === undefined
      ? Effect.dieMessage("the file has no writeAt")
      : file.writeAt(position, typeof source === "string" ? text(source) : source, mode)
  )

/** Sets the size of a file. */
export const truncate = (file: IOProc.File, size: number) =>
  Effect.suspend(() =>
    file.truncate === undefined ? Effect.dieMessage("the file has no truncate") : file.truncate(size)
  )

/** The descriptors of this process on files below a folder. */
export const descriptorsIn = (folder: string): ReadonlyArray<string> =>
  NFS.readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = NFS.readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(folder) ? [target] : []
    } catch {
      return []
    }
  })

/** Waits until a fiber is suspended. */
const untilSuspended = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.zipRight(Effect.yieldNow(), Fiber.status(fiber)),
    (status) => FiberStatus.isSuspended(status) ? Effect.void : untilSuspended(fiber)
  )

/** Forks an effect and waits until it is suspended. */
export const forkUntilSuspended = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tap(Effect.fork(effect), untilSuspended)

/** Lets callbacks of node:fs run until a condition is true. */
export const eventually = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.zipRight(roundTrip, eventually(condition)))

/** One call through the thread pool and back. */
export const roundTrip: Effect.Effect<void> = Effect.async((resume) => NFS.stat("/", () => resume(Effect.void)))

const require = createRequire(import.meta.url)

/** Replaces a function of a module of Node's in this process until the scope ends. */
export const stub = (module: string, name: string, replacement: (original: Function) => Function) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const exports = require(module) as Record<string, Function>
      const original = exports[name]
      if (original === undefined) throw new Error(`${module} has no ${name}`)
      exports[name] = replacement(original)
      syncBuiltinESMExports()
      return () => {
        exports[name] = original
        syncBuiltinESMExports()
      }
    }),
    (restore) => Effect.sync(restore)
  )

/** A call of node:fs that fails with a name the way Node does. */
export const failing = (code: string) => (): Function => (...args: ReadonlyArray<unknown>) => {
  const done = args.at(-1) as (error: Error) => void
  process.nextTick(done, nodeError(code))
}

export const nodeError = (code: string): Error =>
  Object.assign(new Error(`${code}: a made up error, call '/some/file'`), {
    code,
    errno: -1,
    syscall: "call",
    path: "/some/file"
  })

export const has = (command: string): boolean =>
  ChildProcess.spawnSync("which", [command], { stdio: "ignore" }).status === 0

const run = (command: string, ...args: ReadonlyArray<string>) => {
  ChildProcess.execFileSync(command, args, { stdio: "ignore" })
}

/** Lowers a limit of this process until the scope ends. */
export const limit = (name: "nofile" | "fsize", value: number, before = "unlimited") =>
  Effect.acquireRelease(
    Effect.sync(() => run("prlimit", `--pid=${process.pid}`, `--${name}=${value}:`)),
    () => Effect.sync(() => run("prlimit", `--pid=${process.pid}`, `--${name}=${before}:`))
  )

/** Runs an effect as a user without rights. */
export const asNobody = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  isRoot
    ? Effect.acquireUseRelease(
      Effect.sync(() => process.seteuid?.(65534)),
      () => effect,
      () => Effect.sync(() => process.seteuid?.(0))
    )
    : effect

/** Whether this process may mount file systems. */
export const canMount: boolean = (() => {
  if (!isLinux || !isRoot) return false
  const folder = NFS.mkdtempSync(Path.join(OS.tmpdir(), "node-ioproc-mount-"))
  try {
    run("mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", folder)
    run("umount", folder)
    return true
  } catch {
    return false
  } finally {
    NFS.rmdirSync(folder)
  }
})()

/** A file system of its own with room for so many bytes, in a new folder. */
export const smallDisk = (size: number): Effect.Effect<string, never, Scope.Scope> =>
  Effect.tap(tempFolder, (folder) =>
    Effect.acquireRelease(
      Effect.sync(() => run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder)),
      () => Effect.sync(() => run("umount", "-l", folder))
    ))

export const remountReadOnly = (folder: string) => Effect.sync(() => run("mount", "-o", "remount,ro", folder))

export const makeFifo = Effect.map(tempFolder, (folder) => {
  const path = Path.join(folder, "fifo")
  run("mkfifo", path)
  return path
})

/** Whether this process may make block devices out of files. */
export const canLoop: boolean = canMount && has("losetup")
  && ChildProcess.spawnSync("losetup", ["--find"], { stdio: "ignore" }).status === 0

/** A block device with what a file holds. */
export const loopDevice = (image: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => ChildProcess.execFileSync("losetup", ["--find", "--show", image], { encoding: "utf8" }).trim()),
    (device) => Effect.sync(() => run("losetup", "--detach", device))
  )

/** The file system on a device, in a new folder. */
export const mounted = (device: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.tap(tempFolder, (folder) =>
    Effect.acquireRelease(
      Effect.sync(() => run("mount", device, folder)),
      () => Effect.sync(() => run("umount", folder))
    ))

/** How many runs a random test makes: `MMIO_TEST_SCALE` times as many as it says. */
export const scale = (runs: number): number => Math.ceil(runs * Number(process.env["MMIO_TEST_SCALE"] ?? 1))
