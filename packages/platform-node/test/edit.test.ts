/**
 * Edits of files on a disk: large ones, ones with several names, and ones whose editor is killed.
 */
import { FileSystemIOProc, IOProc, Mmio, MmioError, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { Fault } from "@effect-mmio/testing"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Either, Exit, Layer, Option } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { isLinux, scale, tempPath, text } from "./helpers.js"
import { chunk, fmt, form, info, uint32 } from "./support/wave.js"

const uint64 = (value: number): Buffer => Buffer.concat([uint32(value % 2 ** 32), uint32(Math.floor(value / 2 ** 32))])

/** The chunks of the first form: their ids, with the data of the short ones. */
const contents = (path: string) =>
  Mmio.withFile(path, {}, (file) =>
    Effect.gen(function*() {
      const { chunks: [form], problems } = yield* Riff.tree(file)
      assert.deepStrictEqual(problems, [])
      const title = yield* Riff.find(file, "RIFF / LIST:INFO / INAM")
      yield* Mmio.seek(file, title.dataOffset)
      return {
        ids: form?.children.map(({ chunk }) => String(chunk.id)) ?? [],
        form,
        title: new TextDecoder().decode(yield* Mmio.read(file, title.size))
      }
    }))

describe("an edit on a disk", () => {
  /** A file of so many samples that are a hole, with what is before and after them. */
  const sparse = (path: string, front: Buffer, samples: number, after: Buffer) => {
    const fd = NFS.openSync(path, "w")
    NFS.writeSync(fd, front)
    NFS.writeSync(fd, after, 0, after.length, front.length + samples)
    NFS.ftruncateSync(fd, front.length + samples + after.length)
    NFS.closeSync(fd)
  }

  const large = 2 ** 31
  const header = (size: number) => Buffer.concat([Buffer.from("RIFF"), uint32(size), Buffer.from("WAVE")])
  const dataHeader = Buffer.concat([Buffer.from("data"), uint32(large)])

  it.scoped("of 2 GiB leaves the samples where they are, wherever the tags are", () =>
    Effect.gen(function*() {
      const cases = [
        { front: Buffer.alloc(0), after: info("short"), ids: ["fmt ", "data", "LIST"] },
        {
          front: Buffer.concat([info("short"), chunk("JUNK", Buffer.alloc(100))]),
          after: Buffer.alloc(0),
          ids: ["fmt ", "LIST", "JUNK", "data"]
        },
        { front: info("short"), after: Buffer.alloc(0), ids: ["fmt ", "JUNK", "data", "LIST"] }
      ]
      for (const { after, front, ids } of cases) {
        const path = yield* tempPath()
        const before = Buffer.concat([fmt, front, dataHeader])
        sparse(path, Buffer.concat([header(4 + before.length + large + after.length), before]), large, after)
        const report = yield* Riff.edit(path, [
          RiffEdit.assign("RIFF / LIST:INFO / INAM", text("a title that needs more room"))
        ])
        assert.isBelow(report.moved, 50)
        const found = yield* contents(path)
        assert.deepStrictEqual(found.ids, ids)
        assert.strictEqual(found.title, "a title that needs more room")
        const data = found.form?.children.find(({ chunk }) => chunk.id === "data")
        assert.deepStrictEqual([data?.chunk.dataOffset, data?.available], [12 + before.length, large])
        // still a hole
        if (isLinux) assert.isBelow(NFS.statSync(path).blocks * 512, 2 ** 20)
      }
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("of an RF64 of 5 GiB corrects the ds64", () =>
    Effect.gen(function*() {
      const samples = 5 * 2 ** 30
      const path = yield* tempPath()
      const after = info("short")
      const riffSize = 4 + 36 + fmt.length + 8 + samples + after.length
      const ds64 = chunk("ds64", Buffer.concat([uint64(riffSize), uint64(samples), uint64(samples / 4), uint32(0)]))
      const front = Buffer.concat([
        Buffer.from("RF64"),
        uint32(0xffffffff),
        Buffer.from("WAVE"),
        ds64,
        fmt,
        Buffer.from("data"),
        uint32(0xffffffff)
      ])
      sparse(path, front, samples, after)
      const report = yield* Riff.edit(path, [
        RiffEdit.assign("RIFF / LIST:INFO / INAM", text("a title that needs more room")),
        RiffEdit.insert({ last: "RIFF:WAVE" }, { chunk: "iXML", data: text("<a/>") })
      ])
      const found = yield* contents(path)
      assert.deepStrictEqual(found.ids, ["ds64", "fmt ", "data", "LIST", "iXML"])
      assert.strictEqual(found.form?.chunk.size, NFS.statSync(path).size - 8)
      assert.strictEqual(report.length, NFS.statSync(path).size)
    }).pipe(Effect.provide(NodeIOProc.layer)))
})

/** What the file of a run is at first. */
class Before extends Context.Tag("Before")<Before, Buffer>() {}

describe("an edit on a disk that fails", () => {
  const before = form(fmt, info("a"), chunk("data", Buffer.alloc(3000, 0x55)))
  const edits = [
    RiffEdit.assign("RIFF / LIST:INFO / INAM", text("a title that needs more room")),
    RiffEdit.insert({ last: "RIFF" }, { chunk: "note", data: new Uint8Array(700).fill(7) })
  ]
  const drivers = {
    "NodeIOProc": NodeIOProc.make(),
    "FileSystemIOProc": Effect.provide(FileSystemIOProc.make(), NodeFileSystem.layer)
  }
  for (const [name, make] of Object.entries(drivers)) {
    it.scoped(
      `is the old file, the new one, or recoverable, whichever call of ${name} fails`,
      () =>
        Effect.gen(function*() {
          const path = yield* tempPath(before)
          const edit = Riff.edit(path, edits, { keepOrder: true })
          yield* Effect.provideServiceEffect(edit, IOProc.IOProc, make)
          const after = NFS.readFileSync(path)
          const states = new Set<string>()
          const report = yield* Fault.everyOperation(edit, {
            storage: Layer.merge(
              Layer.effect(IOProc.IOProc, Effect.zipRight(Effect.sync(() => NFS.writeFileSync(path, before)), make)),
              Layer.succeed(Before, before)
            ),
            times: ["persistently"],
            short: false,
            check: ({ exit, injected }) =>
              Effect.gen(function*() {
                const recovery = yield* Riff.recover(path)
                const bytes = NFS.readFileSync(path)
                const what = JSON.stringify([injected, recovery])
                assert.isTrue(bytes.equals(before) || bytes.equals(after), what)
                if (Exit.isSuccess(exit) || recovery === "applied") assert.isTrue(bytes.equals(after), what)
                assert.deepStrictEqual(NFS.readdirSync(Path.dirname(path)), [Path.basename(path)])
                states.add(recovery)
              })
          })
          assert.isAbove(report.operations, 20)
          assert.deepStrictEqual([...states].toSorted(), ["applied", "discarded", "nothing"])
        }),
      60_000
    )
  }
})

describe("an editor that is killed", () => {
  const editor = fileURLToPath(new URL("programs/editor.mjs", import.meta.url))

  /** As the editor has it. */
  const titleOf = (k: number): string => `title ${k} ${"x".repeat((k * 37) % 300)}`

  /** Has a process edit a file from an edit on, until it is killed so many milliseconds after the first of them. */
  const killed = (path: string, from: number, after: number) =>
    Effect.async<void>((resume) => {
      const child = ChildProcess.spawn(process.execPath, [editor, path, `${from}`], {
        stdio: ["ignore", "pipe", "pipe"]
      })
      let errors = ""
      child.stderr.on("data", (some) => errors += String(some))
      child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), after))
      child.on(
        "close",
        (_, signal) =>
          resume(signal === "SIGKILL" ? Effect.void : Effect.die(new Error(`the editor ended by itself: ${errors}`)))
      )
    })

  it.scoped(
    "leaves the file before an edit, the file after it, or one that is recoverable to that",
    () =>
      Effect.gen(function*() {
        const samples = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251))
        const path = yield* tempPath(
          form(fmt, chunk("data", samples), info(titleOf(0)), chunk("iXML", text("<a/>")))
        )
        let last = 0
        const recoveries = { nothing: 0, discarded: 0, applied: 0 }
        for (let kill = 0; kill < scale(12); kill++) {
          // After 0 to 200 milliseconds, by the golden ratio.
          yield* killed(path, last + 1, ((kill * 0.618_034) % 1) * 200)
          recoveries[yield* Riff.recover(path)]++
          const { form, ids, title } = yield* contents(path)
          const k = Number(/^title (\d+) /.exec(title)?.[1])
          assert.isAtLeast(k, last)
          assert.strictEqual(title, titleOf(k))
          const order = ids.filter((id) => id !== "JUNK")
          assert.deepStrictEqual(
            order,
            k % 2 === 1 ? ["fmt ", "LIST", "iXML", "data"] : ["fmt ", "data", "LIST", "iXML"]
          )
          const data = form?.children.find(({ chunk }) => chunk.id === "data")
          assert.strictEqual(data?.available, samples.length)
          const bytes = NFS.readFileSync(path)
          const at = data?.chunk.dataOffset ?? 0
          assert.isTrue(bytes.subarray(at, at + samples.length).equals(samples))
          const format = Option.fromNullable(form?.children.find(({ chunk }) => chunk.id === "fmt "))
          assert.isTrue(
            Option.exists(format, ({ chunk }) => bytes.subarray(chunk.offset, chunk.offset + 24).equals(fmt))
          )
          assert.deepStrictEqual(NFS.readdirSync(Path.dirname(path)), [Path.basename(path)])
          last = k
        }
        // Edits were made, and some were cut off.
        assert.isAbove(last, 0)
        assert.isAbove(recoveries.discarded + recoveries.applied, 0)
        if (process.env["MMIO_TEST_SCALE"] !== undefined) console.log(`${scale(12)} kills`, last, recoveries)
      }).pipe(Effect.provide(NodeIOProc.layer)),
    600_000
  )
})

describe("an edit of a file with other files beside it", () => {
  const wave = (title: string, samples = 70_000) => form(fmt, info(title), chunk("data", Buffer.alloc(samples, 0x55)))
  const retitle = (path: string, options?: Riff.EditOptions) =>
    Riff.edit(path, [RiffEdit.assign("RIFF / LIST:INFO / INAM", text("a title that needs more room"))], options)
  const title = (path: string) => Effect.map(contents(path), ({ title }) => title)

  /** The storage, whose files fail from the write on that has this number. */
  const failing = (from: number) => {
    let writes = 0
    return Layer.map(NodeIOProc.layer, (context) => {
      const driver = IOProc.mapFile(Context.get(context, IOProc.IOProc), (file) =>
        IOProc.wrapFile(file, {
          writeAt: (position, source, mode) =>
            source.length > 0 && writes++ >= from
              ? Effect.fail(
                new MmioError.CannotWrite({ operation: "test", file: "test", description: "told to fail", written: 0 })
              )
              : file.writeAt?.(position, source, mode) ?? Effect.succeed(0),
          // The process is dead: nothing is undone.
          truncate: () =>
            Effect.fail(
              new MmioError.CannotWrite({ operation: "test", file: "test", description: "told to fail", written: 0 })
            )
        }))
      return Context.make(IOProc.IOProc, driver)
    })
  }

  it.scoped("touches no other file, and makes none", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(wave("a"))
      const folder = Path.dirname(path)
      NFS.chmodSync(path, 0o600)
      const beside = { [`${path}.mmio-journal`]: "a thesis", [Path.join(folder, "thesis.txt")]: "another one" }
      for (const [name, content] of Object.entries(beside)) NFS.writeFileSync(name, content)
      const files = NFS.readdirSync(folder)
      const seen = new Set<string>()
      yield* retitle(path, {
        onProgress: () =>
          Effect.sync(() => {
            for (const name of NFS.readdirSync(folder)) seen.add(name)
          })
      })
      assert.deepStrictEqual([...seen].toSorted(), files)
      assert.deepStrictEqual(NFS.readdirSync(folder), files)
      for (const [name, content] of Object.entries(beside)) assert.strictEqual(NFS.readFileSync(name, "utf8"), content)
      assert.strictEqual(NFS.statSync(path).mode & 0o777, 0o600)
      assert.strictEqual(yield* title(path), "a title that needs more room")
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped.skipIf(!isLinux)("opens no FIFO and follows no symbolic link beside it", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(wave("a"))
      const target = `${path} target`
      ChildProcess.execFileSync("mkfifo", [`${path}.mmio-journal`])
      yield* Mmio.withFile(path, {}, (file) => Riff.verify(file))
      yield* retitle(path)
      assert.strictEqual(yield* Riff.recover(path), "nothing")
      NFS.unlinkSync(`${path}.mmio-journal`)
      NFS.symlinkSync(target, `${path}.mmio-journal`)
      yield* retitle(path)
      assert.isFalse(NFS.existsSync(target))
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("is recovered by any name of the file, after it died by any other", () =>
    Effect.gen(function*() {
      const before = wave("a")
      const counted = yield* tempPath(before)
      let writes = 0
      yield* retitle(counted).pipe(
        Effect.provide(Layer.map(NodeIOProc.layer, (context) =>
          Context.make(
            IOProc.IOProc,
            IOProc.mapFile(Context.get(context, IOProc.IOProc), (file) =>
              IOProc.wrapFile(file, {
                writeAt: (position, source, mode) => {
                  if (source.length > 0) writes++
                  return file.writeAt?.(position, source, mode) ?? Effect.succeed(0)
                }
              }))
          )))
      )
      const after = NFS.readFileSync(counted)
      const results = new Set<string>()
      for (let from = 1; from < writes; from++) {
        const path = yield* tempPath(before)
        const hard = `${path} hard`
        const soft = `${path} soft`
        NFS.linkSync(path, hard)
        NFS.symlinkSync(path, soft)
        const names = [path, hard, soft]
        const died = names[from % 3]!
        assert.isTrue(Either.isLeft(yield* Effect.either(Effect.provide(retitle(died), failing(from)))))
        for (const name of names) {
          const problems = yield* Mmio.withFile(name, {}, (file) => Riff.verify(file))
          assert.strictEqual(problems[0]?._tag, "UnfinishedEdit", `${from}`)
        }
        const result = yield* Riff.recover(names[(from + 1) % 3]!)
        results.add(result)
        assert.isTrue(NFS.readFileSync(path).equals(result === "applied" ? after : before), `${from}`)
        assert.strictEqual(NFS.statSync(hard).ino, NFS.statSync(path).ino)
        assert.deepStrictEqual(NFS.readdirSync(Path.dirname(path)).length, 3)
      }
      assert.deepStrictEqual([...results].toSorted(), ["applied", "discarded"])
    }).pipe(Effect.provide(NodeIOProc.layer)), 60_000)

  it.scoped("has a name of as many bytes as a name can have", () =>
    Effect.gen(function*() {
      for (const length of [200, 244, 255]) {
        const path = Path.join(Path.dirname(yield* tempPath()), "n".repeat(length))
        NFS.writeFileSync(path, wave("a"))
        yield* retitle(path)
        assert.strictEqual(yield* title(path), "a title that needs more room")
      }
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("keeps what another program appends, and what it puts in the place of the file", () =>
    Effect.gen(function*() {
      const before = wave("a")
      const appended = yield* tempPath(before)
      const once = (f: () => void) => {
        let done = false
        return {
          onProgress: ({ phase }: RiffEdit.Progress) =>
            Effect.sync(() => {
              if (!done && phase === "journal") {
                done = true
                f()
              }
            })
        }
      }
      const first = yield* Effect.either(retitle(appended, once(() => NFS.appendFileSync(appended, "foreign"))))
      assert.strictEqual(Either.isLeft(first) && first.left._tag, "VersionChanged")
      const left = NFS.readFileSync(appended)
      assert.isTrue(left.subarray(0, before.length).equals(before))
      assert.strictEqual(left.subarray(-7).toString(), "foreign")

      const replaced = yield* tempPath(before)
      const other = wave("another", 100)
      const second = yield* Effect.either(retitle(
        replaced,
        once(() => {
          NFS.writeFileSync(`${replaced} new`, other)
          NFS.renameSync(`${replaced} new`, replaced)
        })
      ))
      assert.strictEqual(Either.isLeft(second) && second.left._tag, "VersionChanged")
      assert.isTrue(NFS.readFileSync(replaced).equals(other))
    }).pipe(Effect.provide(NodeIOProc.layer)))

  it.scoped("fails where a file of the same length and time took its place, or its name is gone", () =>
    Effect.gen(function*() {
      const before = wave("a")
      // Before the journal is begun: then the file has its old length and time, and so has the other one.
      const done = (path: string, change: () => void) => {
        let stats = 0
        return Effect.flatMap(NodeIOProc.make(), (driver) =>
          Effect.flip(Effect.provideService(
            retitle(path),
            IOProc.IOProc,
            IOProc.make({
              ...driver,
              stat: (name) =>
                Effect.suspend(() => {
                  if (stats++ === 1) change()
                  return driver.stat(name)
                })
            })
          )))
      }
      const replaced = yield* tempPath(before)
      const other = wave("b")
      const { atime, mtime } = NFS.statSync(replaced)
      const error = yield* done(replaced, () => {
        NFS.writeFileSync(`${replaced} new`, other)
        NFS.utimesSync(`${replaced} new`, atime, mtime)
        NFS.renameSync(`${replaced} new`, replaced)
      })
      assert.strictEqual(error._tag, "VersionChanged")
      assert.include(error.message, "another program has replaced the file")
      assert.isTrue(NFS.readFileSync(replaced).equals(other))

      const removed = yield* tempPath(before)
      const gone = yield* done(removed, () => NFS.unlinkSync(removed))
      assert.include(gone.message, "another program has removed the file")
      assert.isFalse(NFS.existsSync(removed))
    }))

  it.scoped("of a copy is not finished by another edit", () =>
    Effect.gen(function*() {
      const path = yield* tempPath(wave("a"))
      // Footer and file: from the write on that follows the decision.
      let from = 1
      for (let result = "discarded"; result === "discarded"; from++) {
        const one = yield* tempPath(wave("a"))
        yield* Effect.either(Effect.provide(retitle(one), failing(from)))
        NFS.copyFileSync(one, path)
        result = yield* Riff.recover(one)
      }
      const error = yield* Effect.flip(retitle(path))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.include(error.message, "copy")
      assert.strictEqual(yield* Riff.recover(path), "applied")
      assert.strictEqual(yield* title(path), "a title that needs more room")
    }).pipe(Effect.provide(NodeIOProc.layer)))
})
