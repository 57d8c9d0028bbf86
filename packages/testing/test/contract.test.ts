/**
 * The contract itself: how many tests it has, that a right driver passes them, and that drivers with one bug each do not.
 */
import { type FileName, IOProc, MemoryIOProc, MmioError } from "@effect-mmio/core"
import { IOProcContract } from "@effect-mmio/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"

const memory = Effect.orDie(MemoryIOProc.make({ folders: ["folder"] }))

type Broken = Effect.Effect<IOProc.IOProc>

/** The first test that a driver fails. */
const firstViolation = (driver: Broken, options?: IOProcContract.Options) =>
  Effect.gen(function*() {
    for (const { test } of IOProcContract.tests(options)) {
      const outcome = yield* Effect.either(Effect.provide(test, Layer.effect(IOProc.IOProc, driver)))
      if (outcome._tag === "Left") return outcome.left
    }
    return undefined
  })

describe("IOProcContract.tests", () => {
  const count = (capabilities: Partial<IOProcContract.Capabilities>) => IOProcContract.tests({ capabilities }).length

  it("has so many tests for what a driver can do", () => {
    const all = IOProcContract.tests()
    assert.isAtLeast(all.length, 120)
    assert.deepStrictEqual(
      {
        full: all.length,
        largeFiles: count({ largeFiles: true }),
        readOnly: count(IOProcContract.readOnly),
        withoutSeek: count({ seek: false }),
        withoutFolders: count({ folders: false }),
        withoutRename: count({ rename: false }),
        withoutRemove: count({ remove: false }),
        withoutSharing: count({ sharing: false }),
        fixedSize: count({ growable: false, create: false })
      },
      {
        full: 256,
        largeFiles: 262,
        readOnly: 114,
        withoutSeek: 183,
        withoutFolders: 232,
        withoutRename: 240,
        withoutRemove: 242,
        withoutSharing: 238,
        fixedSize: 159
      }
    )
  })

  it("names each of them once, by a sentence", () => {
    const names = IOProcContract.tests({ capabilities: { largeFiles: true } }).map(({ name }) => name)
    assert.strictEqual(new Set(names).size, names.length)
    for (const name of names) assert.isAtLeast(name.split(" ").length, 3, name)
  })

  it("has tests of every law", () => {
    assert.deepStrictEqual(
      [...new Set(IOProcContract.tests().map(({ law }) => law))].toSorted(),
      Object.keys(IOProcContract.laws).toSorted()
    )
  })

  it.live("says which law is broken, by what, and how to have a random failure again", () =>
    Effect.gen(function*() {
      const walk = IOProcContract.tests({ seed: 7 }).find(({ name }) =>
        name.startsWith("a file does what the model does, on")
      )
      const broken = Effect.map(memory, (driver) =>
        IOProc.mapFile(driver, (file) => ({
          ...file,
          // Wrong only for writes of one size.
          write: (source) => file.write(source.length === 23 ? source.map((byte) => byte ^ 1) : source)
        })))
      assert(walk !== undefined)
      const violation = yield* Effect.flip(Effect.provide(walk.test, Layer.effect(IOProc.IOProc, broken)))
      assert.strictEqual(violation.law, "bytes")
      assert.strictEqual(violation.test, walk.name)
      assert.include(violation.message, IOProcContract.laws.bytes)
      assert.include(violation.message, "MMIO_TEST_SEED=7")
      // Of 2000 operations, the write, and what reads it, or nothing where the end does.
      assert.match(violation.message, /cut down to \[\{"op":"write"[^\]]*\]\)\}(,[^\]]{0,200})?\]/)
      const again = yield* Effect.flip(Effect.provide(walk.test, Layer.effect(IOProc.IOProc, broken)))
      assert.strictEqual(again.description.split("\n")[0], violation.description.split("\n")[0])
    }))

  it.live("prints the seed and the shrunk case of a property", () =>
    Effect.gen(function*() {
      const property = IOProcContract.tests({ seed: 7 }).find(({ name }) =>
        name.startsWith("a file does what the model does, in")
      )
      assert(property !== undefined)
      const broken = Effect.map(memory, (driver) =>
        IOProc.mapFile(driver, (file) => ({
          ...file,
          seek: (offset, from) => Effect.map(file.seek(offset, from), (at) => at > 50 ? at + 1 : at)
        })))
      const violation = yield* Effect.flip(Effect.provide(property.test, Layer.effect(IOProc.IOProc, broken)))
      assert.include(violation.message, "{ seed: 7,")
      assert.include(violation.message, "Counterexample: ")
      assert.include(violation.message, "Shrunk ")
    }))

  it.live("says of a test that does not end that it does not", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests({ scale: 1, patience: "20 millis" })
      const hanging = IOProc.make({ open: () => Effect.uninterruptible(Effect.never) })
      assert(test !== undefined)
      const violation = yield* Effect.flip(Effect.provideService(test.test, IOProc.IOProc, hanging))
      assert.include(violation.message, "it has not ended after 20ms")
    }))

  it.live("makes a violation of whatever a driver dies with", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests()
      const dying = IOProc.make({ open: () => Effect.die(new Error("the driver has a bug")) })
      assert(test !== undefined)
      const violation = yield* Effect.flip(Effect.provideService(test.test, IOProc.IOProc, dying))
      assert.include(violation.message, "the driver has a bug")
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// broken drivers
// ---------------------------------------------------------------------------------------------------------------------

/** Storage whose files have one bug. */
const files = (f: (file: IOProc.File, request: IOProc.OpenRequest) => Partial<IOProc.File>): Broken =>
  Effect.map(memory, (driver) => IOProc.mapFile(driver, (file, request) => ({ ...file, ...f(file, request) })))

/** Storage with one bug in what it does with names. */
const storage = (f: (driver: MemoryIOProc.MemoryIOProc) => Partial<Omit<IOProc.IOProc, IOProc.TypeId>>): Broken =>
  Effect.map(memory, (driver) => ({ ...driver, ...f(driver) }))

const at = (file: IOProc.File) => Effect.orDie(file.seek(0, "current"))
const end = (file: IOProc.File) =>
  Effect.flatMap(
    at(file),
    (position) => Effect.zipLeft(Effect.orDie(file.seek(0, "end")), file.seek(position, "start"))
  )

const error = (file: string) => ({ operation: "broken", file, description: "it is broken" })

const broken: ReadonlyArray<readonly [bug: string, caughtBy: string, driver: Broken]> = [
  [
    "the position moves on a write that fails",
    "writing a file that is open for reading is CannotWrite, and changes nothing",
    files((file) => ({
      write: (source) => Effect.tapError(file.write(source), () => Effect.ignore(file.seek(source.length, "current")))
    }))
  ],
  [
    "seek takes negative positions for 0",
    "a file goes on after any number of refused calls",
    files((file) => ({ seek: (offset, from) => Effect.orElse(file.seek(offset, from), () => file.seek(0, "start")) }))
  ],
  [
    "a seek that fails moves to the start",
    "a file goes on after any number of refused calls",
    files((file) => ({
      seek: (offset, from) => Effect.tapError(file.seek(offset, from), () => Effect.ignore(file.seek(0, "start")))
    }))
  ],
  [
    "seek from the current position counts from the start",
    "seek from the current position gives the position that it sets",
    files((file) => ({
      seek: (offset, from) => from === "current" && offset !== 0 ? file.seek(offset, "start") : file.seek(offset, from)
    }))
  ],
  [
    "seek from the end is off by one",
    "create is seen by those who have the file open",
    files((file) => ({ seek: (offset, from) => file.seek(from === "end" ? offset - 1 : offset, from) }))
  ],
  [
    "the end is that of when the file was opened",
    "create is seen by those who have the file open",
    storage((driver) => ({
      open: (request) =>
        Effect.flatMap(driver.open(request), (file) =>
          Effect.map(Effect.orDie(end(file)), (size): IOProc.File => ({
            ...file,
            seek: (offset, from) => from === "end" ? file.seek(size + offset, "start") : file.seek(offset, from)
          })))
    }))
  ],
  [
    "positions have 32 bits",
    "positions beyond 4 GiB can be sought, and there is nothing there",
    files((file) => ({
      seek: (offset, from) => file.seek(offset > 0 && offset < 2 ** 41 ? offset % 2 ** 32 : offset, from)
    }))
  ],
  [
    "a gap holds garbage",
    "a write 1 bytes behind the end first fills the gap with zeros",
    files((file) => ({
      write: (source) =>
        Effect.gen(function*() {
          const position = yield* at(file)
          const size = yield* Effect.orDie(end(file))
          if (position > size) {
            yield* Effect.orDie(file.seek(size, "start"))
            yield* file.write(new Uint8Array(position - size).fill(0xcc))
          }
          return yield* file.write(source)
        })
    }))
  ],
  [
    "a read at the end gives what was asked for",
    "a file opened for reading gives its bytes from the first on",
    files((file) => ({
      read: (target) => Effect.map(file.read(target), (count) => count === 0 ? target.length : count)
    }))
  ],
  [
    "a short read moves by what was asked for",
    "create for reading and writing gives an empty file that can do both",
    files((file) => ({
      read: (target) =>
        Effect.tap(file.read(target), (count) => Effect.ignore(file.seek(target.length - count, "current")))
    }))
  ],
  [
    "a read clears what it does not fill",
    "a file opened for reading gives its bytes from the first on",
    files((file) => ({
      read: (target) => Effect.tap(file.read(target), (count) => Effect.sync(() => target.fill(0, count)))
    }))
  ],
  [
    "a short write says it was a whole one",
    "a file opened for reading gives its bytes from the first on",
    files((file) => ({
      write: (source) => Effect.as(file.write(source.subarray(0, Math.ceil(source.length / 2))), source.length)
    }))
  ],
  [
    "a write takes all of the memory that the block is a part of",
    "a part of a larger block is written, and nothing around it",
    files((file) => ({ write: (source) => file.write(new Uint8Array(source.buffer).subarray(0, source.length)) }))
  ],
  [
    "a write changes the block",
    "a block is not changed by being written",
    files((file) => ({ write: (source) => Effect.tap(file.write(source), () => Effect.sync(() => source.fill(0))) }))
  ],
  [
    "a write keeps the block, and writes it later",
    "a block is free again once it was written",
    files((file, { access }) => {
      if (access === "read") return {}

      const kept: Array<Uint8Array> = []
      const all = Effect.suspend(() => Effect.forEach(kept.splice(0), (block) => file.write(block), { discard: true }))
      return {
        write: (source) =>
          Effect.sync(() => {
            kept.push(source)
            return source.length
          }),
        writeFlush: (source) => Effect.zipRight(all, file.writeFlush(source)),
        read: (target) => Effect.zipRight(Effect.orDie(all), file.read(target)),
        seek: (offset, from) => Effect.zipRight(Effect.orDie(all), file.seek(offset, from)),
        close: Effect.zipRight(Effect.orDie(all), file.close)
      }
    })
  ],
  [
    "what was written last is lost by close",
    "a file opened for reading gives its bytes from the first on",
    files((file, { access }) => {
      if (access === "read") return {}

      let kept = new Uint8Array(0)
      const flush = Effect.suspend(() => {
        const block = kept
        kept = new Uint8Array(0)
        return block.length === 0 ? Effect.succeed(0) : file.write(block)
      })
      return {
        write: (source) =>
          Effect.as(
            Effect.zipRight(
              flush,
              Effect.sync(() => {
                kept = source.slice()
              })
            ),
            source.length
          ),
        writeFlush: (source) => Effect.zipRight(flush, file.writeFlush(source)),
        read: (target) => Effect.zipRight(Effect.orDie(flush), file.read(target)),
        seek: (offset, from) => Effect.zipRight(Effect.orDie(flush), file.seek(offset, from))
      }
    })
  ],
  [
    "writeFlush of nothing writes a byte",
    "a reader at the end reads what is written there later",
    files((file, { access }) =>
      access === "read" ? {} : {
        writeFlush: (source) => file.writeFlush(source.length === 0 ? Uint8Array.of(0) : source)
      }
    )
  ],
  [
    "writeFlush does not write",
    "writeFlush writes as write does",
    files((file, { access }) =>
      access === "read" ? {} : {
        writeFlush: (source) => Effect.as(Effect.orDie(file.seek(source.length, "current")), source.length)
      }
    )
  ],
  [
    "a handle for reading writes",
    "writing a file that is open for reading is CannotWrite, and changes nothing",
    storage((driver) => ({
      open: (request) => driver.open(request.access === "read" ? { ...request, access: "readWrite" } : request)
    }))
  ],
  [
    "a missing file is CannotOpen",
    "a file that is missing is FileNotFound when it is opened for read, and is not made",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "FileNotFound",
          ({ file }) => Effect.fail(new MmioError.CannotOpen(error(file)))
        )
    }))
  ],
  [
    "a missing folder is FileNotFound",
    "a file in a folder that is missing is PathNotFound",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "PathNotFound",
          ({ file }) => Effect.fail(new MmioError.FileNotFound(error(file)))
        )
    }))
  ],
  [
    "missing folders are made",
    "a file cannot be made in a folder that is missing",
    storage((driver) => ({
      open: (request) =>
        Effect.zipRight(
          request.create
            ? Effect.ignore(driver.makeFolder(request.name.full.slice(0, request.name.full.lastIndexOf("/") + 1)))
            : Effect.void,
          driver.open(request)
        )
    }))
  ],
  [
    "a folder opens as an empty file",
    "a folder cannot be opened for reading",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "CannotOpen",
          () => Effect.succeed(IOProc.makeFile({ name: "", size: Effect.succeed(0), readAt: () => Effect.succeed(0) }))
        )
    }))
  ],
  [
    "opening for writing makes the file",
    "a file that is missing is FileNotFound when it is opened for write, and is not made",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "FileNotFound",
          (error) => request.access === "read" ? Effect.fail(error) : driver.open({ ...request, create: true })
        )
    }))
  ],
  [
    "create does not cut",
    "create cuts a file that is there to no bytes",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(driver.open({ ...request, create: false }), "FileNotFound", () => driver.open(request))
    }))
  ],
  [
    "a file is cut before its sharing mode is granted",
    "an open with create that is refused does not cut",
    storage((driver) => ({
      open: (request) =>
        Effect.zipRight(
          request.create
            ? Effect.ignore(
              Effect.zipRight(driver.bytes(request.name.full), driver.put(request.name.full, new Uint8Array(0)))
            )
            : Effect.void,
          driver.open(request)
        )
    }))
  ],
  [
    "all handles of a file share one position",
    "a block that was read into can be changed, and the file is not",
    Effect.map(memory, (driver) => {
      const shared = new Map<string, IOProc.File>()
      return {
        ...driver,
        open: (request: IOProc.OpenRequest) =>
          Effect.map(driver.open(request), (file): IOProc.File => {
            const key = `${request.name.full} ${request.access}`
            const first = shared.get(key) ?? file
            shared.set(key, first)
            return { ...first, close: Effect.zipRight(Effect.sync(() => shared.delete(key)), file.close) }
          })
      }
    })
  ],
  [
    "a handle sees the file as it was when it was opened",
    "create is seen by those who have the file open",
    storage((driver) => ({
      open: (request) =>
        request.access !== "read" ?
          driver.open(request) :
          Effect.flatMap(driver.open(request), (file) =>
            Effect.map(Effect.orDie(driver.bytes(request.name.full)), (bytes): IOProc.File => ({
              ...IOProc.makeFile({
                name: request.name.full,
                size: Effect.succeed(bytes.length),
                readAt: (offset, target) =>
                  Effect.sync(() => {
                    const part = bytes.subarray(offset, offset + target.length)
                    target.set(part)
                    return part.length
                  })
              }),
              close: file.close
            })))
    }))
  ],
  [
    "close does not withdraw the claim",
    "an open with create that is refused does not cut",
    files(() => ({ close: Effect.void }))
  ],
  [
    "a closed file still writes",
    "a closed file refuses to write, and nothing is written",
    storage((driver) => ({
      open: (request) =>
        Effect.map(driver.open(request), (file): IOProc.File => {
          let closed = false
          return {
            ...file,
            write: (source) =>
              closed
                ? Effect.orDie(Effect.as(driver.put(request.name.full, source), source.length))
                : file.write(source),
            close: Effect.zipRight(
              Effect.sync(() => {
                closed = true
              }),
              file.close
            )
          }
        })
    }))
  ],
  [
    "a second close withdraws the claim of another",
    "closing once more releases nothing of others",
    Effect.map(memory, (driver) => {
      let last: IOProc.File | undefined
      return IOProc.mapFile(driver, (file) => {
        let closed = false
        last = file
        return {
          ...file,
          close: Effect.suspend(() => {
            if (closed && last !== undefined) return last.close
            closed = true
            return file.close
          })
        }
      })
    })
  ],
  [
    "denyRead and denyWrite are mixed up",
    "an open with create that is refused does not cut",
    storage((driver) => ({
      open: (request) =>
        driver.open({
          ...request,
          share: request.share === "denyRead" ? "denyWrite" : request.share === "denyWrite" ? "denyRead" : request.share
        })
    }))
  ],
  [
    "compat is denyNone",
    "a file open as compat is opened by others as the rule of mmioOpen says",
    storage((driver) => ({
      open: (request) => driver.open({ ...request, share: request.share === "compat" ? "denyNone" : request.share })
    }))
  ],
  [
    "rename keeps the old name",
    "rename gives a file another name, with all of its bytes",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.zipRight(
          driver.rename(from, to),
          Effect.orDie(Effect.flatMap(driver.bytes(to.full), (bytes) => driver.put(from.full, bytes)))
        )
    }))
  ],
  [
    "rename does not take the place of a file",
    "rename takes the place of whatever has the new name",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.flatMap(
          Effect.orDie(driver.exists(to)),
          (taken) =>
            taken && from.full !== to.full
              ? Effect.fail(new MmioError.AccessDenied(error(to.full)))
              : driver.rename(from, to)
        )
    }))
  ],
  [
    "rename to the same name removes the file",
    "rename to the same name changes nothing",
    storage((driver) => ({
      rename: (from, to) => from.full === to.full ? driver.remove(from) : driver.rename(from, to)
    }))
  ],
  [
    "rename copies, and open handles stay with the old bytes",
    "a file that is renamed while it is open is still the file of its handles",
    storage((driver) => ({
      rename: (from, to) =>
        from.full === to.full
          ? driver.rename(from, to)
          : Effect.catchAll(
            Effect.gen(function*() {
              const bytes = yield* driver.bytes(from.full)
              yield* driver.rename(from, to)
              yield* driver.remove(to)
              yield* driver.put(to.full, bytes)
            }),
            () => driver.rename(from, to)
          )
    }))
  ],
  [
    "remove of a missing file succeeds",
    "remove removes a file",
    storage((driver) => ({ remove: (name) => Effect.catchTag(driver.remove(name), "FileNotFound", () => Effect.void) }))
  ],
  [
    "remove cuts the file under its handles",
    "a file that is removed while it is open lives on for its handles",
    storage((driver) => ({
      remove: (name) =>
        Effect.zipRight(
          Effect.ignore(Effect.zipRight(driver.bytes(name.full), driver.put(name.full, new Uint8Array(0)))),
          driver.remove(name)
        )
    }))
  ],
  [
    "exists sees everything",
    "a file that is missing is FileNotFound when it is opened for read, and is not made",
    storage(() => ({ exists: () => Effect.succeed(true) }))
  ],
  [
    "exists sees folders",
    "exists does not see a folder, nor a file in one that is missing",
    storage((driver) => ({
      exists: (name) =>
        Effect.zipWith(driver.exists(name), driver.folders, (is, folders) => is || folders.includes(`/${name.full}`))
    }))
  ],
  [
    "fullName completes nothing",
    "fullName is one for all spellings of a name",
    storage(() => ({ fullName: (name) => Effect.succeed(name) }))
  ],
  [
    "tempName gives a name and no file",
    "tempName makes an empty file",
    storage((driver) => ({
      tempName: (request) => Effect.tap(driver.tempName(request), (name) => Effect.ignore(driver.remove(name)))
    }))
  ],
  [
    "tempName gives the same name twice",
    "tempName makes another file each time",
    storage((driver) => {
      let kept: FileName.FileName | undefined
      return {
        tempName: (request) =>
          kept !== undefined ? Effect.succeed(kept) : Effect.tap(driver.tempName(request), (name) =>
            Effect.sync(() => {
              kept = name
            }))
      }
    })
  ],
  [
    "a read goes on behind its interruption",
    "a read that is interrupted at any step has moved by what it gave, and fills nothing later",
    files((file) => ({
      read: (target) =>
        Effect.flatMap(
          Effect.forkDaemon(Effect.delay(file.read(target), 0)),
          (fiber) => Effect.interruptible(Effect.flatten(fiber.await))
        )
    }))
  ],
  [
    "a write moves before it has written",
    "a write that is interrupted at any step has moved by what went down, and writes nothing later",
    files((file) => ({
      write: (source) =>
        Effect.gen(function*() {
          const position = yield* at(file)
          yield* Effect.orDie(file.seek(source.length, "current"))
          yield* Effect.yieldNow()
          yield* Effect.orDie(file.seek(position, "start"))
          return yield* file.write(source)
        })
    }))
  ],
  [
    "an open that is interrupted leaves its claim",
    "an open that is interrupted at any step leaves nothing open",
    storage((driver) => ({
      open: (request) => Effect.interruptible(Effect.zipLeft(driver.open(request), Effect.yieldNow()))
    }))
  ],
  [
    "rename is done in two steps",
    "a rename that is interrupted at any step is done, or not",
    storage((driver) => ({
      rename: (from, to) =>
        Effect.gen(function*() {
          const between = { ...from, full: `${from.full}~` } as typeof from
          yield* driver.rename(from, between)
          yield* Effect.yieldNow()
          yield* Effect.tapError(driver.rename(between, to), () => Effect.ignore(driver.rename(between, from)))
        })
    }))
  ]
]

describe("a driver with a bug is caught", () => {
  it("and there are enough of them", () => assert.isAtLeast(broken.length, 15))

  it.live("but one without is not", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* firstViolation(memory, { scale: 0.1 }))
    }))

  for (const [bug, caughtBy, driver] of broken) {
    it.live(bug, () =>
      Effect.gen(function*() {
        const violation = yield* firstViolation(driver, { scale: 0.1 })
        assert.strictEqual(violation?.test, caughtBy, violation?.message)
      }))
  }
})

describe("IOProcContract.suite", () => {
  it.live("has a test fail whose layer cannot be built", () =>
    Effect.gen(function*() {
      const [test] = IOProcContract.tests()
      assert(test !== undefined)
      const layer = MemoryIOProc.layer({ a: new Uint8Array(0), "a/b": new Uint8Array(0) })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.provide(test.test, layer))))
    }))
})
