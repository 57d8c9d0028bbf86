/**
 * Sharing modes between processes: real ones, and the locks that they take of the system.
 */
import { type IOProc, Mmio, Riff, Sharing } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Exit, Fiber, Logger, Scope } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import { createRequire } from "node:module"
import { afterAll, beforeAll } from "vitest"
import * as Locks from "../src/internal/locks.js"
import { makeWith } from "../src/internal/nodeIOProc.js"
import {
  asNobody,
  canMount,
  descriptorsIn,
  isLinux,
  isRoot,
  makeFifo,
  nodeError,
  openFile,
  request,
  roundTrip,
  smallDisk,
  tempPath
} from "./helpers.js"
import { type Sharer, spawnSharer } from "./support/sharer.js"

const accesses: ReadonlyArray<IOProc.Access> = ["read", "write", "readWrite"]
const shares: ReadonlyArray<IOProc.Share> = ["compat", "exclusive", "denyWrite", "denyRead", "denyNone"]
const claims: ReadonlyArray<Sharing.Claim> = accesses.flatMap((access) => shares.map((share) => ({ access, share })))
const pairs = claims.flatMap((first) => claims.map((second) => [first, second] as const))

const text = ({ access, share }: Sharing.Claim): string => `${access} as ${share}`

/** The addon itself, which the driver loads by the same name. */
const addon: Locks.Addon = createRequire(import.meta.url)("fs-native-extensions")

/** Adds what an effect logs to a list. */
const logged = <A, E, R>(messages: Array<unknown>, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provide(
    effect,
    Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void messages.push(message)))
  )

const wave = (): Uint8Array => {
  const bytes = Buffer.alloc(12 + 24 + 8 + 4000)
  bytes.write("RIFF", 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write("WAVEfmt ", 8)
  bytes.writeUInt32LE(16, 16)
  bytes.write("data", 36)
  bytes.writeUInt32LE(4000, 40)
  return bytes
}

describe.skipIf(!isLinux)("sharing modes between processes", () => {
  /** Two processes for all tests that do not end them: it takes longer to start one than to run most of the tests. */
  const scope = Effect.runSync(Scope.make())
  let other: Sharer
  let another: Sharer
  beforeAll(async () => {
    const both = Effect.all([spawnSharer, spawnSharer])
    ;[other, another] = await Effect.runPromise(Scope.extend(both, scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.scoped("agree with Sharing.compatible for all 225 pairs of access and mode", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const driver = yield* NodeIOProc.make()
      for (const [first, second] of pairs) {
        const holder = yield* driver.open(request(path, first))
        const answer = yield* other.ask({ do: "open", path, ...second })
        const name = `${text(first)} here, then ${text(second)} there`
        if (Sharing.compatible(first, second)) {
          strictEqual(answer.error, undefined, name)
          yield* other.ask({ do: "close", id: answer.id })
        } else {
          strictEqual(answer.error, "SharingViolation", name)
          assert.include(answer.message, "another process", name)
        }
        yield* holder.close
      }
      assert.deepStrictEqual(descriptorsIn(path), [])
    }))

  it.scoped("hold by hard and symbolic links", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const [hard, soft] = [`${path}-hard`, `${path}-soft`]
      NFS.linkSync(path, hard)
      NFS.symlinkSync(path, soft)
      const driver = yield* NodeIOProc.make()
      for (const held of [hard, soft]) {
        const { id } = yield* other.ask({ do: "open", path: held, access: "readWrite", share: "exclusive" })
        for (const name of [path, hard, soft]) {
          const error = yield* Effect.flip(driver.open(request(name)))
          strictEqual(
            error.message,
            `NodeIOProc.open ${name}: another process has it open, and not as compat`
          )
        }
        yield* other.ask({ do: "close", id })
        yield* Effect.flatMap(driver.open(request(path)), (file) => file.close)
      }
    }))

  it.scoped("end when a process is killed", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const other = yield* spawnSharer
      const driver = yield* NodeIOProc.make()
      yield* other.ask({ do: "open", path, access: "readWrite", share: "exclusive" })
      strictEqual((yield* Effect.flip(driver.open(request(path))))._tag, "SharingViolation")
      yield* other.kill
      yield* openFile(driver, path, { access: "readWrite", share: "exclusive" })
    }))

  it.scoped("last while a child process has inherited the descriptor", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const driver = yield* NodeIOProc.make()
      const file = yield* driver.open(request(path, { access: "readWrite", share: "exclusive" }))
      const fd = NFS.readdirSync("/proc/self/fd").find((fd) => {
        try {
          return NFS.readlinkSync(`/proc/self/fd/${fd}`) === path
        } catch {
          return false
        }
      })
      const child = ChildProcess.spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", Number(fd)] })
      yield* Effect.async<void>((resume) => void child.once("spawn", () => resume(Effect.void)))
      yield* file.close
      strictEqual((yield* Effect.flip(driver.open(request(path))))._tag, "SharingViolation")
      child.kill("SIGKILL")
      yield* Effect.async<void>((resume) => void child.once("close", () => resume(Effect.void)))
      yield* openFile(driver, path)
    }))

  it.scoped("lose no increment of two processes that are exclusive", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(new Uint8Array(8))
      const answers = yield* Effect.forEach([other, another], (one) => one.ask({ do: "increment", path, times: 200 }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers, [{}, {}])
      strictEqual(NFS.readFileSync(path).readBigUInt64BE(), 400n)
    }))

  it.scoped("lose no edit of two processes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(wave())
      const chunks = ["one ", "two "]
      const answers = yield* Effect.forEach(
        [other, another],
        (one, i) => one.ask({ do: "edit", path, chunk: chunks[i], times: 20 }),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) strictEqual(answer.error, undefined, answer.message)
      yield* Mmio.withFile(path, {}, (file) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* Riff.verify(file), [])
          const { chunks: [form] } = yield* Riff.tree(file)
          const ids = form?.children.map(({ chunk }) => String(chunk.id)) ?? []
          for (const chunk of chunks) strictEqual(ids.filter((id) => id === chunk).length, 20)
        }))
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("are refused after bounded tries while another process keeps the guard", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const other = yield* spawnSharer
      strictEqual((yield* other.ask({ do: "guard", path })).locked, true)
      for (const blocking of [false, true]) {
        const driver = yield* NodeIOProc.make({ blocking })
        const error = yield* Effect.flip(driver.open(request(path)))
        strictEqual(error._tag, "SharingViolation")
        assert.include(error.message, "another process keeps the guard of its locks")
      }
      const driver = yield* NodeIOProc.make()
      const waiting = yield* Effect.fork(driver.open(request(path)))
      while (descriptorsIn(path).length === 0) yield* roundTrip
      yield* Fiber.interrupt(waiting)
      assert.deepStrictEqual(descriptorsIn(path), [])
      const patient = yield* Effect.fork(openFile(driver, path, { share: "exclusive" }))
      while (descriptorsIn(path).length === 0) yield* roundTrip
      yield* other.kill
      strictEqual((yield* Fiber.join(patient)).capabilities.locks, "system")
    }))

  it.scoped.skipIf(!isRoot)(
    "of a reader without the permission to write bind those who have it",
    () =>
      Effect.gen(function*() {
        const path = yield* tempPath("content")
        NFS.chmodSync(path.slice(0, -"/file".length), 0o755)
        NFS.chmodSync(path, 0o444)
        const driver = yield* NodeIOProc.make()
        const reader = yield* asNobody(driver.open(request(path, { share: "denyWrite" })))
        const writer = { do: "open", path, access: "write", share: "denyNone" }
        strictEqual((yield* other.ask(writer)).error, "SharingViolation")
        strictEqual((yield* other.ask({ ...writer, access: "read" })).error, undefined)
        yield* reader.close
        strictEqual((yield* other.ask(writer)).error, undefined)
        const refused = yield* asNobody(Effect.flip(driver.open(request(path, { share: "denyWrite" }))))
        strictEqual(refused._tag, "SharingViolation")
      })
  )

  it.scoped("are for regular files, and not with locks: process", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const driver = yield* NodeIOProc.make()
      const alone = yield* NodeIOProc.make({ locks: "process" })
      strictEqual((yield* openFile(driver, path)).capabilities.locks, "system")
      strictEqual((yield* openFile(driver, "/dev/zero", { share: "denyWrite" })).capabilities.locks, "process")
      const fifo = yield* makeFifo
      const ends = yield* Effect.all([
        openFile(driver, fifo, { share: "denyNone" }),
        openFile(driver, fifo, { access: "write", share: "denyNone" })
      ], { concurrency: 2 })
      for (const end of ends) strictEqual(end.capabilities.locks, "process")
      const own = yield* tempPath("content")
      const file = yield* openFile(alone, own, { access: "readWrite", share: "exclusive" })
      strictEqual(file.capabilities.locks, "process")
      strictEqual((yield* other.ask({ do: "open", path: own, access: "write", share: "compat" })).error, undefined)
      strictEqual((yield* Effect.flip(alone.open(request(own))))._tag, "SharingViolation")
    }))
})

describe.skipIf(!isLinux)("the locks of a descriptor", () => {
  const locks = Locks.make(() => addon, "linux")
  const descriptor = (path: string, flags: number) =>
    Effect.acquireRelease(Effect.sync(() => NFS.openSync(path, flags)), (fd) => Effect.sync(() => NFS.closeSync(fd)))
  const { O_RDONLY, O_RDWR, O_WRONLY } = NFS.constants
  const acquire = (path: string, flags: number, claim: Sharing.Claim) =>
    Effect.flatMap(
      descriptor(path, flags),
      (fd) => locks.acquire(fd, flags !== O_RDONLY, claim, path, () => Effect.die("the guard is taken"))
    )

  const places: Readonly<Record<string, Effect.Effect<string, never, Scope.Scope>>> = {
    "the folder of temporary files": tempPath("content"),
    "tmpfs": Effect.map(smallDisk(16 * 4096), (folder) => {
      NFS.writeFileSync(`${folder}/file`, "content")
      return `${folder}/file`
    })
  }
  for (const [place, make] of Object.entries(places)) {
    it.scoped.skipIf(place === "tmpfs" && !canMount)(
      `agree with Sharing.compatible for all 225 pairs within one process, in ${place}`,
      () =>
        Effect.gen(function*() {
          const path = yield* make
          let allowed = 0
          for (const [first, second] of pairs) {
            yield* Effect.scoped(Effect.gen(function*() {
              const flags = ({ access }: Sharing.Claim) => access === "write" ? O_WRONLY : O_RDWR
              yield* acquire(path, flags(first), first)
              const other = yield* Effect.either(acquire(path, flags(second), second))
              strictEqual(Either.isRight(other), Sharing.compatible(first, second), `${text(first)}, ${text(second)}`)
              if (Either.isRight(other)) allowed++
            }))
          }
          strictEqual(allowed, 34)
        })
    )
  }

  it.effect("that can only read are seen by those that can write, and the other way round", () =>
    Effect.gen(function*() {
      let unseen = 0
      for (const [first, second] of pairs) {
        // One reads without the right to write, the other has the right; then both lack it.
        if (first.access !== "read") continue
        yield* Effect.scoped(Effect.gen(function*() {
          const path = yield* tempPath("content")
          const flags = second.access === "write" ? O_WRONLY : O_RDWR
          const either = (a: Effect.Effect<unknown, unknown, Scope.Scope>, b: typeof a) =>
            Effect.scoped(Effect.map(Effect.zipRight(a, Effect.either(b)), Either.isRight))
          const [reader, writer] = [acquire(path, O_RDONLY, first), acquire(path, flags, second)]
          const expected = Sharing.compatible(first, second)
          strictEqual(yield* either(reader, writer), expected, `${text(first)} read-only, ${text(second)}`)
          strictEqual(yield* either(writer, reader), expected, `${text(second)}, ${text(first)} read-only`)
          if (second.access === "read" && !expected) {
            strictEqual(yield* either(reader, acquire(path, O_RDONLY, second)), true)
            unseen++
          }
        }))
      }
      // What the docs say does not hold between two readers that may not write.
      strictEqual(unseen, 20)
    }))

  it.scoped("are not confused by one another's random bytes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const claim = { access: "readWrite", share: "denyNone" } as const
      for (let i = 0; i < 100; i++) yield* acquire(path, O_RDWR, claim)
      for (let i = 0; i < 100; i++) yield* acquire(path, O_RDONLY, { access: "read", share: "denyNone" })
      const error = yield* Effect.flip(acquire(path, O_RDWR, { access: "read", share: "denyWrite" }))
      strictEqual(error.conflict, "another process writes it, which this handle would deny")
    }))
})

describe("a system without locks", () => {
  const missing = () => {
    throw Object.assign(new Error("Cannot find module 'fs-native-extensions'\nRequire stack:"), {
      code: "MODULE_NOT_FOUND"
    })
  }

  for (
    const [name, load, reason] of [
      ["the addon is missing", missing, "MODULE_NOT_FOUND"],
      ["the addon has other functions", () => ({}), "it lacks tryLock or unlock"]
    ] as const
  ) {
    it.scoped(`warns once where ${name}, and shares within the process`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath("content")
        const messages: Array<unknown> = []
        let loads = 0
        const locks = Locks.make(() => {
          loads++
          return load()
        }, process.platform)
        for (const blocking of [false, true]) {
          const driver = yield* makeWith(locks, { blocking })
          const file = yield* logged(messages, openFile(driver, path, { share: "denyWrite" }))
          strictEqual(file.capabilities.locks, "process")
          yield* logged(messages, openFile(driver, path, { share: "denyNone" }))
          strictEqual((yield* Effect.flip(driver.open(request(path))))._tag, "SharingViolation")
        }
        assert.deepStrictEqual(messages, [
          [`sharing modes do not bind other processes: the addon fs-native-extensions cannot be loaded (${reason})`]
        ])
        strictEqual(loads, 1)
      }))
  }

  it.scoped("warns once where the file system has none, and shares within the process", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const messages: Array<unknown> = []
      const driver = yield* makeWith(Locks.make(() => ({
        tryLock: () => {
          throw nodeError("ENOLCK")
        },
        unlock: () => {}
      }), "linux"))
      for (let i = 0; i < 2; i++) {
        strictEqual((yield* logged(messages, openFile(driver, path))).capabilities.locks, "process")
      }
      assert.deepStrictEqual(messages, [
        [`sharing modes do not bind other processes: there are no locks for ${path} (ENOLCK)`]
      ])
    }))

  it.scoped("loads nothing before it opens a file, and nothing with locks: process", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const locks = Locks.make(() => assert.fail("the addon was loaded"), "linux")
      yield* makeWith(locks)
      const driver = yield* makeWith(locks, { locks: "process" })
      yield* openFile(driver, path)
    }))
})

/** Locks as an addon for another system has them, in memory. */
const recording = (platform: NodeJS.Platform, answer: (offset: number, shared: boolean) => boolean) => {
  const calls: Array<string> = []
  const locks = Locks.make(() => ({
    tryLock: (_: number, offset: number, length: number, { shared }: { readonly shared: boolean }) => {
      calls.push(`${shared ? "share" : "lock"} ${offset} ${length}`)
      return answer(offset, shared)
    },
    unlock: (_: number, offset: number, length: number) => void calls.push(`unlock ${offset} ${length}`)
  }), platform)
  return { calls, locks }
}

describe("the locks of other systems, by their documentation", () => {
  it.scoped("lock the whole file on macOS, exclusively for exclusive", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const { calls, locks } = recording("darwin", (_, shared) => shared)
      const driver = yield* makeWith(locks)
      const file = yield* driver.open(request(path, { access: "readWrite", share: "denyWrite" }))
      strictEqual(file.capabilities.locks, "wholeFile")
      yield* file.close
      const error = yield* Effect.flip(driver.open(request(path, { share: "exclusive" })))
      strictEqual(error._tag, "SharingViolation")
      assert.deepStrictEqual(calls, ["share 0 0", "lock 0 0"])
    }))

  it.scoped("release each byte before the file is closed on Windows", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const { calls, locks } = recording("win32", () => true)
      const driver = yield* makeWith(locks)
      const file = yield* driver.open(request(path, { access: "readWrite", share: "exclusive" }))
      const before = calls.length
      const held = calls.filter((call) => call.startsWith("lock") && call.endsWith(" 1"))
      strictEqual(held.length, 5)
      yield* file.close
      assert.deepStrictEqual(calls.slice(before), held.map((call) => `un${call}`))
    }))

  it.scoped("take what Windows says of locked bytes for a conflict", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const locks = Locks.make(() => ({
        tryLock: (_: number, offset: number) => {
          if (offset >= 2 ** 52 + 1024) throw nodeError("EBUSY")
          return true
        },
        unlock: () => {}
      }), "win32")
      const driver = yield* makeWith(locks)
      const error = yield* Effect.flip(driver.open(request(path)))
      strictEqual(
        error.message,
        `NodeIOProc.open ${path}: another process has it open, and not as compat`
      )
    }))

  it.scoped("say that a file has as many handles that write as it can have", () =>
    Effect.gen(function*() {
      const path = yield* tempPath("content")
      const locks = Locks.make(() => ({
        tryLock: (_: number, __: number, length: number) => length > 1,
        unlock: () => {}
      }), "linux")
      const driver = yield* makeWith(locks)
      const error = yield* Effect.flip(driver.open(request(path, { access: "write" })))
      strictEqual(error._tag, "SharingViolation")
      assert.include(error.message, "1023 handles have it open that can write it")
    }))
})
