/**
 * Edits of files on a disk: large ones, and ones whose editor is killed.
 */
import { Mmio, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as ChildProcess from "node:child_process"
import * as NFS from "node:fs"
import { fileURLToPath } from "node:url"
import { isLinux, tempPath, text } from "./helpers.js"

const scale = (count: number): number => Math.ceil(count * Number(process.env["MMIO_TEST_SCALE"] ?? 1))

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const uint64 = (value: number): Buffer => Buffer.concat([uint32(value % 2 ** 32), uint32(Math.floor(value / 2 ** 32))])

const chunk = (id: string, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(id), uint32(data.length), data, Buffer.alloc(data.length % 2)])
const info = (title: string): Buffer => chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", text(title))]))
const fmt = chunk("fmt ", Buffer.from("0100020044ac000010b10200040010 00".replace(" ", ""), "hex"))

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
  /** A file of so many samples that are a hole, with what is in front of them and behind. */
  const sparse = (path: string, front: Buffer, samples: number, behind: Buffer) => {
    const fd = NFS.openSync(path, "w")
    NFS.writeSync(fd, front)
    NFS.writeSync(fd, behind, 0, behind.length, front.length + samples)
    NFS.ftruncateSync(fd, front.length + samples + behind.length)
    NFS.closeSync(fd)
  }

  const large = 2 ** 31
  const header = (size: number) => Buffer.concat([Buffer.from("RIFF"), uint32(size), Buffer.from("WAVE")])
  const dataHeader = Buffer.concat([Buffer.from("data"), uint32(large)])

  it.scoped("of 2 GiB leaves the samples where they are, wherever the tags are", () =>
    Effect.gen(function*() {
      const cases = [
        { front: Buffer.alloc(0), behind: info("short"), ids: ["fmt ", "data", "LIST"] },
        {
          front: Buffer.concat([info("short"), chunk("JUNK", Buffer.alloc(100))]),
          behind: Buffer.alloc(0),
          ids: ["fmt ", "LIST", "JUNK", "data"]
        },
        { front: info("short"), behind: Buffer.alloc(0), ids: ["fmt ", "JUNK", "data", "LIST"] }
      ]
      for (const { behind, front, ids } of cases) {
        const path = yield* tempPath()
        const before = Buffer.concat([fmt, front, dataHeader])
        sparse(path, Buffer.concat([header(4 + before.length + large + behind.length), before]), large, behind)
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
      const behind = info("short")
      const riffSize = 4 + 36 + fmt.length + 8 + samples + behind.length
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
      sparse(path, front, samples, behind)
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

describe("an editor that is killed", () => {
  const editor = fileURLToPath(new URL("programs/editor.mjs", import.meta.url))

  /** As the editor has it. */
  const titleOf = (k: number): string => `title ${k} ${"x".repeat((k * 37) % 300)}`

  /** Has a process edit a file from an edit on, until it is killed so many milliseconds after it began. */
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

  it.scoped("leaves a file that is that of before an edit, or of behind it", () =>
    Effect.gen(function*() {
      const samples = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31 + (i >> 8)) % 251))
      const body = Buffer.concat([fmt, chunk("data", samples), info(titleOf(0)), chunk("iXML", text("<a/>"))])
      const path = yield* tempPath(
        Buffer.concat([Buffer.from("RIFF"), uint32(4 + body.length), Buffer.from("WAVE"), body])
      )
      let last = 0
      const recoveries = { nothing: 0, discarded: 0, finished: 0 }
      for (let kill = 0; kill < scale(12); kill++) {
        // from at once to some edits later, by the golden ratio
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
        assert.isTrue(Option.exists(format, ({ chunk }) => bytes.subarray(chunk.offset, chunk.offset + 24).equals(fmt)))
        assert.isFalse(NFS.existsSync(`${path}.mmio-journal`))
        last = k
      }
      // It was worth it: edits were made, and some were cut off.
      assert.isAbove(last, 0)
      assert.isAbove(recoveries.discarded + recoveries.finished, 0)
      if (process.env["MMIO_TEST_SCALE"] !== undefined) console.log(`${scale(12)} kills`, last, recoveries)
    }).pipe(Effect.provide(NodeIOProc.layer)), 600_000)
})
