import { IOProc, MemoryIOProc, Mmio, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { Crash, Fault } from "@effect-mmio/testing"
import { ZipIOProc, ZipLimits } from "@effect-mmio/zip"
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option, Stream } from "effect"
import { archive, ascii, noise, type Part } from "./support/archive.js"
import { digest, expectBytes } from "./support/bytes.js"
import { contents, inMemory, save } from "./support/storages.js"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

const listed = (folder: string) =>
  Effect.map(Stream.runCollect(Mmio.list(folder)), (entries) => [...entries].map(({ name }) => name).toSorted())

/** Everything that an archive holds, by name. */
const everything = (name: string): Effect.Effect<Record<string, string>, unknown, IOProc.IOProc> =>
  Effect.gen(function*() {
    const all: Record<string, string> = {}
    const visit = (folder: string): Effect.Effect<void, unknown, IOProc.IOProc> =>
      Effect.gen(function*() {
        for (const entry of yield* Stream.runCollect(Mmio.list(`${name}+${folder}`))) {
          const path = folder === "" ? entry.name : `${folder}/${entry.name}`
          if (entry.kind === "folder") yield* visit(path)
          else all[path] = digest(yield* contents(`${name}+${path}`))
        }
      })
    yield* visit("")
    return all
  })

const parts: ReadonlyArray<Part> = [
  { name: "one", bytes: noise(3000) },
  { name: "two", bytes: ascii("two ".repeat(500)), deflated: true },
  { name: "dir/three", bytes: ascii("three"), descriptor: true, comment: "a comment" }
]

describe("a commit", () => {
  for (const compression of ["stored", "deflated"] as const) {
    it.effect(`replaces one element, ${compression}, and keeps the bytes of the others`, () =>
      Effect.gen(function*() {
        const storage = yield* MemoryIOProc.MemoryIOProc
        const before = yield* everything("a.zip")
        yield* save("a.zip+two", ascii("new ".repeat(1000)))
        expect(yield* everything("a.zip")).toEqual({ ...before, two: digest(ascii("new ".repeat(1000))) })
        const bytes = Buffer.from(yield* storage.bytes("a.zip"))
        // The first one is where it was, and the last one has its bytes, its descriptor and its comment.
        const [first, , third] = [archive(parts.slice(0, 1)), 0, Buffer.from(archive(parts.slice(2)))]
        const size = Buffer.from(first).indexOf(Buffer.from("PK\x01\x02"))
        expect(bytes.subarray(0, size)).toEqual(Buffer.from(first.subarray(0, size)))
        expect(bytes.includes(third.subarray(0, third.indexOf(Buffer.from("PK\x01\x02"))))).toBe(true)
        expect(bytes.includes("a comment")).toBe(true)
        expect(bytes.includes("two two")).toBe(false)
        expect(yield* storage.files).toEqual(["/a.zip"])
      }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }, { compression }))))

    it.effect(`makes an archive that does not exist, ${compression}`, () =>
      Effect.gen(function*() {
        yield* save("new.zip+a", noise(70_000))
        yield* Mmio.makeFolder("new.zip+dir")
        yield* save("new.zip+dir/b", new Uint8Array(0))
        expectBytes(yield* contents("new.zip+a"), noise(70_000))
        expect(yield* contents("new.zip+dir/b")).toHaveLength(0)
        expect(yield* Effect.flip(save("new.zip+no/c", ascii("x")))).toMatchObject({ _tag: "PathNotFound" })
      }).pipe(Effect.provide(inMemory({}, { compression }))))
  }

  it.effect("keeps the comment of the archive, and what comes before its first element", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      yield* save("a.zip+four", ascii("4"))
      yield* Mmio.remove("a.zip+two")
      const bytes = Buffer.from(yield* storage.bytes("a.zip"))
      expect(bytes.subarray(0, 500)).toEqual(Buffer.from(noise(500)))
      expect(bytes.subarray(-11).toString()).toBe("the comment")
      expect(yield* listed("a.zip+")).toEqual(["dir", "four", "one"])
      expectBytes(yield* contents("a.zip+one"), noise(3000))
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts, { prefix: noise(500), comment: "the comment" }) }))))

  it.effect("does nothing where nothing was written", () =>
    Effect.gen(function*() {
      const before = Option.getOrThrow((yield* Mmio.stat("a.zip")).version)
      yield* Mmio.withFile("a.zip+one", { access: "readWrite" }, (file) => Mmio.read(file, 10))
      expect(Option.getOrThrow((yield* Mmio.stat("a.zip")).version)).toBe(before)
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("goes to a temporary file beside the archive where the element is large, and leaves none", () => {
    const made: Array<string> = []
    const watched = IOProc.layerMap((driver) =>
      IOProc.make({
        ...driver,
        tempName: (request) => Effect.tap(driver.tempName(request), ({ full }) => Effect.sync(() => made.push(full)))
      })
    )
    return Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      yield* save("songs/a.zip+large", noise(10_000)).pipe(ZipLimits.withLimits({ spoolBytes: 1000 }))
      expectBytes(yield* contents("songs/a.zip+large"), noise(10_000))
      expect(made).toHaveLength(2)
      for (const name of made) expect(name).toMatch(/^\/songs\/\.a\.zip\./)
      expect(yield* storage.files).toEqual(["/songs/a.zip"])
    }).pipe(Effect.provide(
      ZipIOProc.layer.pipe(
        Layer.provide(watched),
        Layer.provideMerge(MemoryIOProc.layer({ "songs/a.zip": archive(parts) }))
      )
    ))
  })

  it.effect("goes to a temporary file where there is no memory for it, however much is allowed", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      const exit = yield* Effect.either(
        Mmio.withFile(
          "a.zip+far",
          { access: "write", create: true },
          (file) => Effect.zipRight(Mmio.seek(file, 2 ** 52), Mmio.writeAll(file, ascii("x")))
        )
      )
      // The storage has its files in memory, too.
      expect(exit).toMatchObject({ _tag: "Left", left: { _tag: "CannotExpand" } })
      expect(yield* storage.files).toEqual(["/a.zip"])
    }).pipe(
      ZipLimits.withLimits({ spoolBytes: Infinity }),
      Effect.provide(inMemory({ "a.zip": archive(parts) }))
    ))

  it.effect("is CannotExpand for a large element where the storage has no temporary files", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(save("a.zip+large", noise(10_000))).pipe(
        ZipLimits.withLimits({ spoolBytes: 1000 })
      )
      expect(error._tag).toBe("CannotExpand")
      expect(yield* listed("a.zip+")).toEqual(["dir", "one", "two"])
    }).pipe(Effect.provide(ZipIOProc.layer.pipe(
      Layer.provide(
        IOProc.layerMap((driver) => IOProc.make({ ...driver, tempName: IOProc.make(driver).tempName.bind(undefined) }))
      ),
      Layer.provide(
        IOProc.layerMap((driver) =>
          IOProc.make({
            open: driver.open,
            exists: driver.exists,
            stat: driver.stat,
            capabilities: driver.capabilities
          })
        )
      ),
      Layer.provide(MemoryIOProc.layer({ "a.zip": archive(parts) }))
    ))))
})

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

describe("a new name", () => {
  /** Fails with these, and leaves the archive as it is. */
  const refused = (name: string, says: string) =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      const old = yield* storage.bytes("a.zip")
      const error = [
        yield* Effect.flip(save(`a.zip+${name}`, ascii("x"))),
        yield* Effect.flip(Mmio.rename("a.zip+one", `a.zip+${name}`)),
        yield* Effect.flip(Mmio.makeFolder(`a.zip+${name}`))
      ]
      expect(error.map(({ _tag }) => _tag)).toEqual(["CannotOpen", "CannotWrite", "CannotWrite"])
      for (const { message } of error) expect(message.slice(-200)).toContain(says)
      expectBytes(yield* storage.bytes("a.zip"), old)
      expect(yield* storage.files).toEqual(["/a.zip"])
    })

  const cases: ReadonlyArray<readonly [what: string, name: string, says: string]> = [
    ["with a drive", "C:x", "drive"],
    ["with a backslash", "p\\q", "backslash"],
    ["with half of a surrogate pair", "d\ud800", "surrogate"],
    ["of 65 536 bytes", "é".repeat(32_768), "65535 bytes"]
  ]
  for (const [what, name, says] of cases) {
    it.effect(`${what} is refused for an element, in a rename, and for a folder`, () =>
      Effect.provide(refused(name, says), inMemory({ "a.zip": archive(parts) })))
  }

  it.effect("that is deeper than can be read is refused", () => {
    const deepest = "d/".repeat(255) + "d"
    return Effect.provide(
      refused(`${deepest}/x`, "too deep"),
      inMemory({ "a.zip": archive([...parts, { name: `${deepest}/` }]) })
    )
  })

  it.effect("of 65 535 bytes is one of an element, and not of a folder, whose slash is in it", () =>
    Effect.gen(function*() {
      const name = `a.zip+${"n".repeat(65_535)}`
      expect(yield* Effect.flip(Mmio.makeFolder(name))).toMatchObject({ _tag: "CannotWrite" })
      yield* save(name, ascii("x"))
      expect(text(yield* contents(name))).toBe("x")
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("is that of an old element, too, where it is longer in UTF-8 than in code page 437", () =>
    Effect.gen(function*() {
      const name = `a.zip+${"é".repeat(40_000)}`
      expect(text(yield* contents(name))).toBe("old")
      expect(yield* Effect.flip(save(name, ascii("new")))).toMatchObject({ _tag: "CannotOpen" })
      expect(text(yield* contents(name))).toBe("old")
    }).pipe(Effect.provide(inMemory({
      "a.zip": archive([{ name: new Uint8Array(40_000).fill(0x82), bytes: ascii("old") }])
    }))))
})

// ---------------------------------------------------------------------------------------------------------------------
// several writers
// ---------------------------------------------------------------------------------------------------------------------

describe("several writers", () => {
  it.effect("commits of elements of one archive are made one after another, and none is lost", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 20 }, (_, i) => `n${i}`)
      yield* Effect.forEach(names, (name) => save(`a.zip+${name}`, ascii(name)), { concurrency: "unbounded" })
      const all = yield* everything("a.zip")
      expect(Object.keys(all)).toHaveLength(23)
      for (const name of names) expect(all[name]).toBe(digest(ascii(name)))
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("a sharing mode that denies writing keeps other writers of the element out: SharingViolation", () =>
    Effect.gen(function*() {
      yield* Mmio.open("a.zip+one", { access: "write", share: "exclusive" })
      for (const name of ["a.zip+one", "a.zip+dir/../one"]) {
        expect(yield* Effect.flip(Mmio.open(name, { access: "write", share: "denyNone" }))).toMatchObject({
          _tag: "SharingViolation"
        })
      }
      yield* Mmio.open("a.zip+two", { access: "write", share: "exclusive" })
    }).pipe(Effect.scoped, Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("where archives have one writer, all others are refused until it is closed: SharingViolation", () =>
    Effect.gen(function*() {
      const refused = <A, E extends { readonly _tag: string; readonly message: string }, R>(
        effect: Effect.Effect<A, E, R>
      ) =>
        Effect.map(Effect.flip(effect), (error) => {
          expect(error._tag).toBe("SharingViolation")
          expect(error.message).toContain("a.zip+one")
        })
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+one", { access: "write", create: true })
        yield* Mmio.writeAll(file, ascii("mine"))
        // Other archives have writers of their own.
        yield* save("b.zip+one", ascii("theirs"))
        for (const create of [true, false, "new"] as const) {
          const name = create === "new" ? "a.zip+new" : "a.zip+two"
          yield* refused(Effect.scoped(Mmio.open(name, { access: "write", create })))
          yield* refused(Effect.scoped(Mmio.open(`b/../${name}`, { access: "readWrite", create })))
        }
        yield* refused(Mmio.rename("a.zip+two", "a.zip+other"))
        yield* refused(Mmio.remove("a.zip+two"))
        yield* refused(Mmio.makeFolder("a.zip+folder"))
        yield* refused(Mmio.removeFolder("a.zip+dir"))
        expect(digest(yield* contents("a.zip+two"))).toBe(before["two"])
      }))
      yield* save("a.zip+two", ascii("later"))
      yield* Mmio.rename("a.zip+two", "a.zip+other")
      expect(yield* listed("a.zip+")).toEqual(["dir", "one", "other"])
      expect(text(yield* contents("a.zip+one"))).toBe("mine")
      expect(text(yield* contents("a.zip+other"))).toBe("later")
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }, { writers: "one" }))))

  it.effect("of 20 that open an archive to write it at once, where it has one writer, one does", () =>
    Effect.gen(function*() {
      const othersRefused = yield* Deferred.make<void>()
      let refused = 0
      const saves = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => `n${i}`),
        (name) =>
          Mmio.withFile(
            `a.zip+${name}`,
            { access: "write", create: "new" },
            (file) => Effect.zipRight(Mmio.writeAll(file, ascii(name)), Deferred.await(othersRefused))
          ).pipe(
            Effect.as(name),
            Effect.catchTag(
              "SharingViolation",
              () => ++refused === 19 ? Effect.as(Deferred.succeed(othersRefused, undefined), "") : Effect.succeed("")
            )
          ),
        { concurrency: "unbounded" }
      )
      const [saved = "", ...others] = saves.filter((name) => name !== "")
      expect(others).toEqual([])
      expect(Object.keys(yield* everything("a.zip"))).toHaveLength(4)
      expect(text(yield* contents(`a.zip+${saved}`))).toBe(saved)
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }, { writers: "one" }))))

  it.effect("a writer that was aborted, interrupted or not opened leaves the archive to the next one", () =>
    Effect.gen(function*() {
      yield* Effect.exit(Effect.scoped(Effect.zipRight(
        Mmio.open("a.zip+one", { access: "write", create: true }),
        Effect.fail("half-way")
      )))
      const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(
        Mmio.open("a.zip+one", { access: "write", create: true }),
        Effect.never
      )))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fiber)
      expect((yield* Effect.flip(Effect.scoped(Mmio.open("a.zip+missing", { access: "write" }))))._tag).toBe(
        "FileNotFound"
      )
      yield* save("a.zip+one", ascii("mine"))
      expect(text(yield* contents("a.zip+one"))).toBe("mine")
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }, { writers: "one" }))))

  it.effect("a commit in an archive in an archive is refused while another handle writes the outer one, and made later", () => {
    const inner = archive([{ name: "x", bytes: ascii("x") }])
    return Effect.gen(function*() {
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("all.zip+songs.zip+x", { access: "write", create: true })
        yield* Mmio.writeAll(file, ascii("mine"))
        const other = yield* Mmio.open("all.zip+y", { access: "write", create: true })
        expect(yield* Effect.flip(Mmio.commit(file))).toMatchObject({
          _tag: "CannotWrite",
          cause: { _tag: "SharingViolation" }
        })
        expect(text(yield* contents("all.zip+songs.zip+x"))).toBe("x")
        yield* Mmio.close(other)
      }))
      expect(text(yield* contents("all.zip+songs.zip+x"))).toBe("mine")
    }).pipe(Effect.provide(inMemory({ "all.zip": archive([{ name: "songs.zip", bytes: inner }]) }, { writers: "one" })))
  })

  it.effect("what another program changes between is kept", () =>
    Effect.gen(function*() {
      // Another driver over the same storage, as another process has it.
      const storage = yield* MemoryIOProc.MemoryIOProc
      const other = Layer.provide(ZipIOProc.layer, Layer.succeed(IOProc.IOProc, storage))
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+one", { access: "write", create: true })
        yield* Mmio.writeAll(file, ascii("mine"))
        yield* Effect.provide(save("a.zip+theirs", ascii("theirs")), other)
      }))
      expect(text(yield* contents("a.zip+one"))).toBe("mine")
      expect(text(yield* contents("a.zip+theirs"))).toBe("theirs")
      const failure = yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* Mmio.open("a.zip+one", { access: "write", create: true })
        yield* Mmio.writeAll(file, ascii("mine again"))
        yield* Effect.provide(save("a.zip+one", ascii("theirs")), other)
        return yield* Effect.flip(Mmio.commit(file))
      })).pipe(Effect.sandbox, Effect.merge)
      expect(String(failure)).toContain("VersionChanged")
      expect(text(yield* contents("a.zip+one"))).toBe("theirs")
    }).pipe(Effect.provide(inMemory({ "a.zip": archive(parts) }))))

  it.effect("a program that changes the archive all the time ends in SharingViolation, and loses nothing", () => {
    let changes = 0
    // Whenever the archive was copied, another program has changed it.
    const busy = IOProc.layerMap(IOProc.mapFile((file, request) =>
      request.name.full.endsWith(".tmp")
        ? {
          ...file,
          writeAt: file.writeAt && ((position, source, mode) =>
            mode === "writeFlush"
              ? Effect.flatMap(changing, () => file.writeAt!(position, source, mode))
              : file.writeAt!(position, source, mode))
        }
        : file
    ))
    let changing: Effect.Effect<unknown> = Effect.void
    return Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      changing = Effect.orDie(
        Effect.suspend(() =>
          storage.put("a.zip", archive([...parts, { name: `change ${changes++}`, bytes: ascii("x") }]))
        )
      )
      const error = yield* Effect.flip(Mmio.remove("a.zip+one"))
      expect(error._tag).toBe("SharingViolation")
      expect(changes).toBe(4)
      expect(yield* listed("a.zip+")).toEqual(["change 3", "dir", "one", "two"])
      expect((yield* storage.files).filter((name) => name !== "/a.zip")).toEqual([])
    }).pipe(Effect.provide(
      ZipIOProc.layer.pipe(Layer.provide(busy), Layer.provideMerge(MemoryIOProc.layer({ "a.zip": archive(parts) })))
    ))
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// nothing is lost
// ---------------------------------------------------------------------------------------------------------------------

const fresh = noise(2000, 9)

const programs = {
  replace: save("a.zip+one", fresh),
  "replace, compressed": save("a.zip+one", fresh),
  add: save("a.zip+dir/four", fresh),
  rename: Mmio.rename("a.zip+one", "a.zip+dir/one"),
  remove: Mmio.remove("a.zip+two")
}

const before = Object.fromEntries(parts.map(({ bytes = new Uint8Array(0), name }) => [name, digest(bytes)] as const))
const after: { readonly [P in keyof typeof programs]: Record<string, string> } = (() => {
  const { one = "", two = "", ...three } = before
  return {
    replace: { ...before, one: digest(fresh) },
    "replace, compressed": { ...before, one: digest(fresh) },
    add: { ...before, "dir/four": digest(fresh) },
    rename: { ...three, two, "dir/one": one },
    remove: { ...three, one }
  }
})()

const zipFor = (program: string) =>
  ZipIOProc.layerWith({ compression: program === "replace, compressed" ? "deflated" : "stored" })

/** What the storage below has, and the elements of its archives. */
const through = (program: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provide(effect, zipFor(program))

for (const name of Object.keys(programs) as ReadonlyArray<keyof typeof programs>) {
  const run = through(name)(programs[name])

  describe(`${name} of an element`, () => {
    it.effect("is all done or not at all after a crash at any operation", () =>
      Effect.gen(function*() {
        const report = yield* Crash.explore(run, {
          files: { "a.zip": archive(parts) },
          damages: 8,
          scale: Number(process.env["MMIO_TEST_SCALE"] ?? 1),
          check: ({ result }) =>
            Effect.gen(function*() {
              const found = yield* through(name)(everything("a.zip"))
              if (Option.isSome(result)) expect(found).toEqual(after[name])
              else expect([before, after[name]]).toContainEqual(found)
            })
        })
        expect(report.operations).toBeGreaterThan(10)
      }), 60_000)

    it.effect(
      "is all done or not at all after a fault at any operation, and leaves no other file",
      () =>
        Effect.gen(function*() {
          const report = yield* Fault.everyOperation(run, {
            storage: MemoryIOProc.layer({ "a.zip": archive(parts) }),
            times: name === "replace" ? ["once", "persistently"] : ["once"],
            short: name === "replace" || name === "replace, compressed",
            check: ({ exit, injected }) =>
              Effect.gen(function*() {
                const storage = yield* MemoryIOProc.MemoryIOProc
                const found = yield* through(name)(everything("a.zip"))
                if (Exit.isSuccess(exit)) expect(found).toEqual(after[name])
                else expect([before, after[name]]).toContainEqual(found)
                // A temporary file that could not be removed is left.
                if (injected?.message !== "remove" && injected?.times !== "persistently") {
                  expect((yield* storage.files).filter((file) => file !== "/a.zip")).toEqual([])
                }
              })
          })
          expect(report.operations).toBeGreaterThan(10)
        }),
      60_000
    )
  })
}

describe("where the storage below cannot replace a file", () => {
  /** A storage that renames nothing, and so cannot. */
  const inPlace = IOProc.layerMap((driver) =>
    IOProc.make({ ...driver, capabilities: { ...driver.capabilities, atomicRename: false } })
  )
  const zip = Layer.provide(ZipIOProc.layer, inPlace)

  it.effect("an element is written after the archive, with a new directory", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      const old = yield* storage.bytes("a.zip")
      yield* save("a.zip+one", fresh)
      expect(yield* everything("a.zip")).toEqual(after.replace)
      expect((yield* storage.bytes("a.zip")).subarray(0, old.length)).toEqual(old)
      yield* Mmio.rename("a.zip+one", "a.zip+dir/one")
      yield* Mmio.remove("a.zip+two")
      expect(yield* listed("a.zip+")).toEqual(["dir"])
      yield* save("new.zip+a", fresh)
      expectBytes(yield* contents("new.zip+a"), fresh)
    }).pipe(Effect.provide(Layer.provideMerge(zip, MemoryIOProc.layer({ "a.zip": archive(parts) })))))

  it.effect("a fault at any operation leaves the old archive, or the new one", () =>
    Fault.everyOperation(Effect.provide(programs.replace, zip), {
      storage: MemoryIOProc.layer({ "a.zip": archive(parts) }),
      // What cuts off what was written cannot fail as well.
      errors: { truncate: [] },
      times: ["once"],
      check: ({ exit }) =>
        Effect.gen(function*() {
          const found = yield* Effect.provide(everything("a.zip"), zip)
          if (Exit.isSuccess(exit)) expect(found).toEqual(after.replace)
          else expect([before, after.replace]).toContainEqual(found)
        })
    }))

  it.effect("an interruption leaves the old archive", () =>
    Effect.gen(function*() {
      const storage = yield* MemoryIOProc.MemoryIOProc
      const old = yield* storage.bytes("a.zip")
      const reached = yield* Deferred.make<void>()
      // Stops in the middle of what is written.
      const slow = IOProc.layerMap(IOProc.mapFile((file) => ({
        ...file,
        writeAt: file.writeAt && ((position, source, mode) =>
          position > old.length + 100 && mode === "write"
            ? Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never)
            : file.writeAt!(position, source, mode))
      })))
      const fiber = yield* Effect.fork(
        Effect.provide(
          Mmio.rename("a.zip+one", "a.zip+uno"),
          Layer.provide(ZipIOProc.layer, Layer.provide(slow, inPlace))
        )
      )
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
      expectBytes(yield* storage.bytes("a.zip"), old)
    }).pipe(Effect.provide(MemoryIOProc.layer({ "a.zip": archive(parts) }))))
})

it.effect("where files below commit on close, an archive is replaced by its commit", () =>
  Effect.gen(function*() {
    yield* save("a.zip+one", fresh)
    expect(yield* everything("a.zip")).toEqual(after.replace)
    yield* save("new.zip+a", fresh)
    expectBytes(yield* contents("new.zip+a"), fresh)
  }).pipe(Effect.provide(Layer.provide(
    ZipIOProc.layer,
    MemoryIOProc.layerWith({ files: { "a.zip": archive(parts) }, commit: "onClose" })
  ))))

for (const writers of ["several", "one"] as const) {
  it.effect(`a WAVE file in an archive is edited, where it has ${writers} at a time to write it`, () =>
    Effect.gen(function*() {
      const file = "songs.zip+take.wav"
      yield* Mmio.withFile(
        file,
        { access: "write", create: true },
        (target) =>
          Riff.withChunk(target, { riff: "WAVE" }, () =>
            Effect.zipRight(
              Riff.withChunk(
                target,
                { chunk: "fmt " },
                () => Mmio.writeAll(target, Uint8Array.of(1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0))
              ),
              Riff.withChunk(target, { chunk: "data" }, () => Mmio.writeAll(target, noise(8000)))
            ))
      )
      yield* Riff.edit(file, [RiffEdit.assign("RIFF:WAVE / LIST:INFO / INAM", ascii("a title\0"))])
      const { tags } = yield* Mmio.withFile(file, {}, Wave.info)
      expect(tags.map(({ text }) => text)).toEqual(["a title"])
      expect(yield* Mmio.withFile(file, {}, (handle) => Riff.verify(handle))).toEqual([])
    }).pipe(Effect.provide(inMemory({}, { writers }))))
}
