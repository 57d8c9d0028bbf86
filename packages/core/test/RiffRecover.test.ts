/**
 * Journals of edits that were not finished: what readers, edits and recovery make of them, and of what other programs
 * do to them.
 */
import { IOProc, MemoryIOProc, Mmio, MmioError, Riff, RiffEdit, Wave } from "@effect-mmio/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Either, Exit, FastCheck as fc, Layer, Logger, Option, Stream } from "effect"
import { crc32 } from "../src/internal/riff/edit/crc32.js"
import * as Footer from "../src/internal/riff/edit/footer.js"
import { endOf, geometry, headerSize } from "../src/internal/riff/edit/geometry.js"
import * as Header from "../src/internal/riff/edit/header.js"
import { mask } from "../src/internal/riff/edit/mask.js"
import * as Record from "../src/internal/riff/edit/record.js"
import { bytesOf, chunk, fmt, info, noise, scenarios, title, wave } from "./support/chunks.js"
import { Disk } from "./support/disk.js"
import * as Family from "./support/family.js"
import { scale } from "./support/scale.js"

const on = <A, E>(disk: Disk, effect: Effect.Effect<A, E, IOProc.IOProc>): Effect.Effect<A, E> =>
  Effect.provideService(effect, IOProc.IOProc, disk.ioProc)

const edited = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>) =>
  Effect.gen(function*() {
    yield* Riff.edit("file", edits)
    const storage = yield* MemoryIOProc.MemoryIOProc
    return yield* storage.bytes("file")
  }).pipe(Effect.provide(MemoryIOProc.layer({ file: before })))

/**
 * The file that an edit leaves whose storage fails from a call on: the first after so many flushes, and then so many
 * more.
 */
const left = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, flushes: number, more = 0) =>
  Effect.gen(function*() {
    const disk = new Disk(before)
    let from = Infinity
    disk.interference = {
      room: ({ flushes: done }, { length, number }) => {
        if (done === flushes) from = Math.min(from, number + more)
        return number >= from ? 0 : length
      }
    }
    const exit = yield* Effect.exit(on(disk, Riff.edit("file", edits)))
    assert.isTrue(Exit.isFailure(exit))
    return disk.bytes
  })

const undecided = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>) => left(before, edits, 1)
const decided = (before: Uint8Array, edits: ReadonlyArray<RiffEdit.RiffEdit>, written = 0) =>
  left(before, edits, 2, written)

const recover = (bytes: Uint8Array, options?: Riff.RecoverOptions) =>
  Effect.gen(function*() {
    const disk = new Disk(bytes)
    const result = yield* Effect.either(on(disk, Riff.recover("file", options)))
    return { bytes: disk.bytes, calls: disk.calls, result: Either.merge(Either.mapLeft(result, ({ _tag }) => _tag)) }
  })

const verify = (bytes: Uint8Array) =>
  Effect.map(
    on(new Disk(bytes), Mmio.withFile("file", {}, (file) => Riff.verify(file))),
    (problems) => problems.map(({ _tag, offset }) => [_tag, offset])
  )

const text = (text: string) => new TextEncoder().encode(text)

it.effect("a recovery is logged as a warning, and a file that needs none is not", () =>
  Effect.gen(function*() {
    const logged: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      logged.push(`${logLevel.label} ${String(message)}`)
    })
    const before = wave(fmt, chunk("data", noise(100)))
    const disk = new Disk(yield* decided(before, [RiffEdit.assign("RIFF:WAVE / iXML", text("x"))]))
    const recovering = Effect.provide(
      on(disk, Riff.recover("file")),
      Logger.replace(Logger.defaultLogger, logger)
    )
    assert.strictEqual(yield* recovering, "applied")
    assert.deepStrictEqual(logged, ["WARN file: an edit that was not finished is finished now"])
    assert.strictEqual(yield* recovering, "nothing")
    assert.lengthOf(logged, 1)
  }))

describe("a decided journal", () => {
  it.effect("hides the bytes of its records from programs that look for tags", () =>
    Effect.gen(function*() {
      const tag = `TAG${"forged"}`.repeat(20)
      const before = wave(fmt, chunk("note", text("-".repeat(tag.length))), chunk("data", noise(100)))
      const found = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes).includes("forged")
      for (let shift = 0; shift < 4; shift++) {
        const data = text(`${"-".repeat(shift)}${tag}`.slice(0, tag.length))
        const journal = yield* decided(before, [RiffEdit.assign("RIFF:WAVE / note", data)])
        assert.isFalse(found(journal))
        assert.isTrue(found((yield* recover(journal)).bytes))
      }
    }))

  for (const [name, { before, edits }] of Object.entries(scenarios)) {
    it.effect(`${name} is applied by recovery and by the next edit`, () =>
      Effect.gen(function*() {
        const after = yield* edited(before, edits)
        const journal = yield* decided(before, edits)
        assert.isAbove(journal.length, after.length)
        const { bytes, result } = yield* recover(journal)
        assert.strictEqual(result, "applied")
        assert.deepStrictEqual(bytes, after)
        assert.strictEqual((yield* recover(bytes)).result, "nothing")
        const disk = new Disk(journal)
        const report = yield* on(disk, Riff.edit("file", []))
        assert.strictEqual(report.recovered, "applied")
        assert.deepStrictEqual(disk.bytes, after)
      }))

    it.effect(`${name} is where readers stop`, () =>
      Effect.gen(function*() {
        const journals = [
          yield* undecided(before, edits),
          yield* decided(before, edits),
          yield* decided(before, edits, 2)
        ]
        const old = yield* verify(before)
        for (const [i, bytes] of journals.entries()) {
          const disk = new Disk(bytes)
          const { chunks, repair, tree, verified, wave } = yield* on(
            disk,
            Mmio.withFile("file", { access: "readWrite" }, (file) =>
              Effect.all({
                verified: Riff.verify(file),
                tree: Riff.tree(file, { lenient: true }),
                chunks: Effect.either(Stream.runCollect(Riff.chunks(file))),
                wave: Effect.either(Wave.info(file)),
                repair: Effect.either(Riff.repair(file))
              }))
          )
          const [first] = verified
          assert.deepStrictEqual(
            first?._tag === "UnfinishedEdit" && [first.offset, first.decided],
            [before.length, i > 0]
          )
          assert.strictEqual(tree.problems[0]?._tag, "UnfinishedEdit")
          // Nothing of the journal is in a chunk, nor called trailing bytes.
          if (i < 2) assert.deepStrictEqual(verified.slice(1).map(({ _tag, offset }) => [_tag, offset]), old)
          assert.strictEqual(tree.length, bytes.length)
          if (i < 2) {
            for (const { available, chunk } of tree.chunks) {
              assert.isAtMost(chunk.dataOffset + available, before.length)
            }
          }
          if (i === 0) assert.isTrue(Either.isRight(chunks))
          else assert.include(Either.isLeft(chunks) && chunks.left.message, "an edit was not finished")
          assert.include(Either.isLeft(wave) && wave.left.message, "an edit was not finished")
          assert.strictEqual(Either.isLeft(repair) && repair.left._tag, "InvalidFile")
          assert.strictEqual(disk.calls.length, 0)
        }
      }))
  }

  const { before, edits } = scenarios["that grows the file by more than a header"]!
  const inPlace = scenarios["in the room of filler"]!

  it.effect(
    "is kept where one bit of it is another one, and removed where the caller asks for that",
    () =>
      Effect.gen(function*() {
        for (const scenario of [scenarios["that grows the file by more than a header"]!, inPlace]) {
          const after = yield* edited(scenario.before, scenario.edits)
          const journal = yield* decided(scenario.before, scenario.edits, 1)
          const old = scenario.before.length
          const results = new Map<string, number>()
          for (let at = old; at < journal.length; at += 3) {
            const damaged = journal.with(at, journal[at]! ^ 1 << at % 8)
            const { bytes, result } = yield* recover(damaged)
            results.set(result, (results.get(result) ?? 0) + 1)
            // A byte that nothing depends on: between the parts, or of the header, which the footer replaces.
            if (result === "applied") assert.deepStrictEqual(bytes, after)
            else {
              assert.strictEqual(result, "InvalidFile", `at ${at}`)
              assert.deepStrictEqual(bytes, damaged)
              const discarded = yield* recover(damaged, { discard: true })
              assert.strictEqual(discarded.result, "discarded")
              assert.strictEqual((yield* recover(discarded.bytes)).result, "nothing")
              assert.isAtMost(discarded.bytes.length, damaged.length)
            }
          }
          assert.isAbove(results.get("InvalidFile") ?? 0, 50)
        }
      }),
    60_000
  )

  it.effect("is kept where its version is a later one", () =>
    Effect.gen(function*() {
      const journal = yield* decided(before, edits)
      const footerAt = journal.length - 128
      const footer = Footer.decode(journal, footerAt)
      assert.isNotString(footer)
      const newer = journal.slice()
      newer[footerAt + 16] = 2
      newer.set(crcOf(newer.subarray(footerAt, footerAt + 124)), footerAt + 124)
      const { bytes, result } = yield* recover(newer)
      assert.strictEqual(result, "InvalidFile")
      assert.deepStrictEqual(bytes, newer)
      const disk = new Disk(newer)
      assert.strictEqual((yield* Effect.flip(on(disk, Riff.edit("file", [title("x")]))))._tag, "InvalidFile")
      assert.deepStrictEqual(disk.bytes, newer)
    }))

  it.effect("is not applied over what another program has changed since", () =>
    Effect.gen(function*() {
      const after = yield* edited(inPlace.before, inPlace.edits)
      // All was written, and the journal was still there: the flush of the file failed.
      const applied = new Disk(yield* decided(inPlace.before, inPlace.edits, 3))
      const place = Buffer.from(after).indexOf("much longer")
      applied.change(place, text("MUCH"))
      const { bytes, result } = yield* recover(applied.bytes)
      assert.strictEqual(result, "InvalidFile")
      assert.deepStrictEqual(bytes, applied.bytes)
      const { bytes: kept } = yield* recover(applied.bytes, { discard: true })
      assert.deepStrictEqual(
        kept,
        (() => {
          const expected = after.slice()
          expected.set(text("MUCH"), place)
          return expected
        })()
      )
    }))

  it.effect("leaves what another program has appended after it", () =>
    Effect.gen(function*() {
      for (const scenario of Object.values(scenarios)) {
        const after = yield* edited(scenario.before, scenario.edits)
        for (const written of [0, 1, 2]) {
          const foreign = text("a chunk of another program".repeat(5))
          const journal = yield* decided(scenario.before, scenario.edits, written)
          const { bytes, result } = yield* recover(Uint8Array.of(...journal, ...foreign))
          assert.strictEqual(result, "applied")
          assert.deepStrictEqual(bytes.subarray(0, after.length), after)
          assert.deepStrictEqual(bytes.subarray(journal.length), foreign)
          assert.strictEqual(bytes.length, journal.length + foreign.length)
          assert.strictEqual((yield* recover(bytes)).result, "nothing")
        }
      }
    }))

  it.effect("that another program has moved is kept, and removed where the caller asks for that", () =>
    Effect.gen(function*() {
      const journal = yield* decided(before, edits)
      for (const by of [1, 8, 30, 511, 512, 513]) {
        // A tag that was put in at the end of the form, as mutagen, kid3 and id3v2 do it.
        const size = Buffer.from(journal.subarray(0, before.length))
        size.writeUInt32LE(size.readUInt32LE(4) + 8 + by + by % 2, 4)
        const tag = Buffer.concat([Buffer.from("id3 "), Buffer.alloc(4), Buffer.alloc(by + by % 2, 0x21)])
        tag.writeUInt32LE(by, 4)
        const moved = Uint8Array.from(Buffer.concat([size, tag, journal.subarray(before.length)]))
        const { bytes, result } = yield* recover(moved)
        assert.strictEqual(result, "InvalidFile")
        assert.deepStrictEqual(bytes, moved)
        const discarded = yield* recover(moved, { discard: true })
        assert.strictEqual(discarded.result, "discarded")
        // The form is as the other program left it, and the next edit works.
        assert.deepStrictEqual(
          discarded.bytes.subarray(0, size.length + tag.length),
          moved.subarray(0, size.length + tag.length)
        )
        const disk = new Disk(discarded.bytes)
        assert.strictEqual((yield* on(disk, Riff.edit("file", [title("again")]))).recovered, "nothing")
      }
    }))

  it.effect("of a file that is a copy is applied by a recovery, and not by an edit", () =>
    Effect.gen(function*() {
      const after = yield* edited(before, edits)
      const copy = new Disk(yield* decided(before, edits))
      copy.identity = "1:3"
      const error = yield* Effect.flip(on(copy, Riff.edit("file", [title("x")])))
      assert.strictEqual(error._tag, "InvalidFile")
      assert.include(error.message, "copy")
      assert.strictEqual(copy.calls.length, 0)
      assert.strictEqual(yield* on(copy, Riff.recover("file")), "applied")
      assert.deepStrictEqual(copy.bytes, after)
    }))

  it.effect("is refused where the storage cannot truncate", () =>
    Effect.gen(function*() {
      const journal = yield* decided(before, edits)
      for (const bytes of [journal, yield* undecided(before, edits)]) {
        const disk = new Disk(bytes)
        disk.canTruncate = false
        assert.strictEqual((yield* Effect.flip(on(disk, Riff.recover("file"))))._tag, "AccessDenied")
        assert.strictEqual(disk.calls.length, 0)
      }
    }))
})

const crcOf = (bytes: Uint8Array): Uint8Array => {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1
  }
  return Uint8Array.of(...new Uint8Array(Uint32Array.of(~crc).buffer))
}

describe("an undecided journal", () => {
  const { before, edits } = scenarios["with much to move"]!

  it.effect("is discarded, and leaves the old file", () =>
    Effect.gen(function*() {
      const journal = yield* undecided(before, edits)
      const { bytes, result } = yield* recover(journal)
      assert.strictEqual(result, "discarded")
      assert.deepStrictEqual(bytes, before)
      // However much of it there is, as long as the header is whole.
      for (let length = before.length + headerSize; length < journal.length; length += 37) {
        const { bytes, result } = yield* recover(journal.slice(0, length))
        assert.deepStrictEqual([result, bytes], ["discarded", before])
      }
    }))

  it.effect("that another program has appended to is kept", () =>
    Effect.gen(function*() {
      const longer = Uint8Array.of(...yield* undecided(before, edits), ...text("appended"))
      const { bytes, result } = yield* recover(longer)
      assert.strictEqual(result, "InvalidFile")
      assert.deepStrictEqual(bytes, longer)
      assert.strictEqual((yield* verify(longer))[0]?.[0], "UnfinishedEdit")
      const discarded = yield* recover(longer, { discard: true })
      assert.strictEqual(discarded.result, "discarded")
      assert.deepStrictEqual(discarded.bytes.subarray(-8), text("appended"))
      assert.strictEqual((yield* recover(discarded.bytes)).result, "nothing")
    }))
})

// In a layer, a property makes no runtime for each of its runs.
layer(Layer.empty)("bytes that are no journal", (it) => {
  const { before, edits } = scenarios["in the room of filler"]!

  it.effect("are left alone: another file, bytes after the form, a journal in the data of a chunk", () =>
    Effect.gen(function*() {
      const journal = yield* decided(before, edits)
      const footer = journal.subarray(journal.length - 128)
      // A chunk whose data ends with a footer that says where it is.
      const inside = (() => {
        const size = 4096 + 128
        const file = Buffer.from(wave(fmt, chunk("data", bytesOf(size - 44, 0))))
        const parts = geometry(1000, 1000, 40)
        const forged = Footer.encode({
          ...parts,
          oldLength: 1000,
          records: 1,
          inode: Footer.unknownInode,
          nonce: bytesOf(8, 1),
          recordsCrc: 0,
          tailCrc: 0
        })
        file.set(forged, parts.footerAt)
        file.set(forged, size - 128)
        return Uint8Array.from(file)
      })()
      const cases = [
        new Uint8Array(0),
        text("RIFF"),
        bytesOf(1000, 7),
        Uint8Array.of(...before, ...text("TAG"), ...bytesOf(125, 0)),
        // A file with a journal, as the data of a chunk, and after a form.
        wave(fmt, chunk("data", journal)),
        wave(fmt, chunk("data", footer)),
        inside
      ]
      for (const bytes of cases) {
        const { bytes: kept, calls, result } = yield* recover(bytes)
        assert.deepStrictEqual([result, calls, kept], ["nothing", [], bytes])
        assert.isFalse((yield* verify(bytes)).some(([tag]) => tag === "UnfinishedEdit"))
      }
    }))

  it.effect("cut no form, whatever a footer without records says", () =>
    Effect.gen(function*() {
      const form = wave(fmt, chunk("data", noise(600)))
      const parts = geometry(form.length - 200, form.length - 150, 0)
      const bytes = new Uint8Array(endOf(parts))
      bytes.set(form)
      bytes.set(
        Footer.encode({
          ...parts,
          records: 0,
          inode: Footer.unknownInode,
          nonce: new Uint8Array(8),
          recordsCrc: 0,
          tailCrc: 0
        }),
        parts.footerAt
      )
      const { bytes: kept, result } = yield* recover(bytes)
      assert.deepStrictEqual([result, kept], ["InvalidFile", bytes])
      // Without the journal, too.
      const discarded = yield* recover(bytes, { discard: true })
      assert.strictEqual(discarded.result, "discarded")
      assert.deepStrictEqual(discarded.bytes.subarray(0, form.length), form)
    }))

  it.effect.prop(
    "are never written over, cut or grown, whatever a footer says",
    {
      fields: fc.record({
        oldLength: fc.oneof(fc.nat({ max: 4000 }), fc.constantFrom(2 ** 31, 2 ** 52)),
        grown: fc.oneof(fc.nat({ max: 3000 }), fc.constantFrom(2 ** 33)),
        payload: fc.oneof(fc.nat({ max: 4000 }), fc.constantFrom(2 ** 40)),
        records: fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(2 ** 32, 2 ** 50)),
        honest: fc.boolean()
      }),
      record: fc.record({
        offset: fc.nat({ max: 5000 }),
        length: fc.oneof(fc.nat({ max: 3000 }), fc.constant(0xffff_ffff))
      }),
      size: fc.nat({ max: 20 }).map((sectors) => sectors * 512 + 128)
    },
    ({ fields, record, size }) =>
      Effect.gen(function*() {
        const form = wave(fmt, chunk("data", noise(600)))
        const { grown, honest, oldLength, payload, records } = fields
        const parts = geometry(oldLength, oldLength + grown, payload)
        const length = honest && endOf(parts) < 2 ** 20 ? endOf(parts) : Math.max(size, form.length)
        const bytes = new Uint8Array(Math.max(length, form.length))
        bytes.set(form)
        const footer = Footer.encode({
          ...parts,
          records,
          inode: Footer.unknownInode,
          nonce: new Uint8Array(8),
          recordsCrc: 0,
          tailCrc: 0
        })
        const head = new DataView(new ArrayBuffer(16))
        head.setBigUint64(0, BigInt(record.offset), true)
        head.setUint32(8, record.length, true)
        if (parts.recordsAt + 16 < bytes.length - 128) bytes.set(new Uint8Array(head.buffer), parts.recordsAt)
        if (bytes.length - 128 >= form.length) bytes.set(footer, bytes.length - 128)
        const disk = new Disk(bytes)
        yield* Effect.either(on(disk, Riff.recover("file")))
        assert.isAtMost(disk.bytes.length, bytes.length)
        assert.deepStrictEqual(disk.bytes.subarray(0, form.length), bytes.subarray(0, form.length))
        assert.isAtMost(
          disk.calls.reduce((sum, { length, name }) => sum + (name === "write" ? length : 0), 0),
          bytes.length
        )
      }),
    { fastCheck: { numRuns: scale(2000) } }
  )
})

layer(Layer.empty)("a forged journal, with all of its checksums right", (it) => {
  const nonce = bytesOf(8, 3)

  interface Forged {
    readonly gap: number
    readonly length: number
    readonly zeros: boolean
    /** What is wrong with the record: nothing, its place, or its checksums. */
    readonly wrong: "nothing" | "place" | "sums"
  }

  /**
   * A file with a journal that no edit has written, and what a recovery may make of it: undefined where it has to keep
   * it.
   */
  const forge = (list: ReadonlyArray<Forged>, grown: number, count: number) => {
    const form = wave(fmt, chunk("data", noise(600)))
    const newLength = form.length + grown
    const end = Math.min(newLength, form.length + headerSize)
    const old = new Uint8Array(newLength + headerSize)
    old.set(form)
    old.set(noise(grown), form.length)
    const expected = old.slice(0, newLength)
    let isValid = count === list.length
    let to = 0
    const payload = list.flatMap(({ gap, length, wrong, zeros }, i) => {
      const offset = wrong === "place" ? Math.max(0, to - gap) : to + gap
      const bytes = zeros ? new Uint8Array(length) : new Uint8Array(length).fill(0xa0 + i)
      const was = old.slice(offset, offset + length)
      if (wrong === "sums") { for (let at = 0; at < was.length; at++) was[at] = 0x33 }
      isValid &&= length > 0 && offset >= to && offset + length <= end && wrong !== "sums"
      expected.set(bytes.subarray(0, Math.max(0, newLength - offset)), Math.min(offset, newLength))
      to = offset + length
      return [
        ...Record.encodeHead({ offset, length, zeros }),
        ...Record.encodeSums(offset, was.length === length ? was : new Uint8Array(length)),
        ...zeros ? [] : bytes
      ]
    })
    const records = Uint8Array.from(payload)
    mask(records, 0, nonce)
    const parts = geometry(form.length, newLength, records.length)
    const bytes = new Uint8Array(endOf(parts))
    bytes.set(old.subarray(0, newLength))
    bytes.set(records, parts.recordsAt)
    const tail = bytes.subarray(end, newLength)
    bytes.set(
      Footer.encode({
        ...parts,
        records: count,
        inode: Footer.unknownInode,
        nonce,
        recordsCrc: crc32(records),
        tailCrc: crc32(tail)
      }),
      parts.footerAt
    )
    return { bytes, expected: isValid ? expected : undefined }
  }

  const wrong = fc.oneof(
    { weight: 8, arbitrary: fc.constant("nothing" as const) },
    { weight: 1, arbitrary: fc.constantFrom("place" as const, "sums" as const) }
  )
  const results = new Set<string>()

  it.effect.prop(
    "does what its author could have done without it, within the file, and in memory and time that its length bounds",
    {
      list: fc.array(
        fc.record({ gap: fc.nat({ max: 200 }), length: fc.nat({ max: 300 }), zeros: fc.boolean(), wrong }),
        { maxLength: 5 }
      ),
      grown: fc.nat({ max: 700 }),
      more: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })
    },
    ({ grown, list, more }) =>
      Effect.gen(function*() {
        const { bytes, expected } = forge(list, grown, list.length + more)
        const disk = new Disk(bytes)
        let [largest, read, reads] = [0, 0, 0]
        const driver = IOProc.mapFile(disk.ioProc, (file) =>
          IOProc.wrapFile(file, {
            readAt: (position, target) => {
              largest = Math.max(largest, target.length)
              read += target.length
              reads++
              return file.readAt(position, target)
            }
          }))
        const result = yield* Effect.either(Effect.provideService(Riff.recover("file"), IOProc.IOProc, driver))
        results.add(Either.isRight(result) ? result.right : result.left._tag)
        if (expected === undefined) {
          assert.strictEqual(Either.isLeft(result) && result.left._tag, "InvalidFile")
          assert.deepStrictEqual(disk.bytes, bytes)
        } else {
          assert.deepStrictEqual(result, Either.right("applied"))
          assert.deepStrictEqual(disk.bytes, expected)
        }
        assert.isAtMost(largest, 256 * 1024)
        assert.isAtMost(read, 10 * bytes.length)
        assert.isAtMost(reads, 30 + 10 * list.length)
        const written = disk.calls.reduce((sum, { length, name }) => sum + (name === "write" ? length : 0), 0)
        assert.isAtMost(written, bytes.length)
      }),
    { fastCheck: { numRuns: scale(300) } }
  )

  it("came in both kinds", () => {
    assert.deepStrictEqual([...results].toSorted(), ["InvalidFile", "applied"])
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// other programs, full disks, callers that stop
// ---------------------------------------------------------------------------------------------------------------------

describe("an edit while another program", () => {
  const { before, edits } = scenarios["with much to move"]!

  const callsOf = Effect.map(
    Effect.suspend(() => {
      const disk = new Disk(before)
      return Effect.as(on(disk, Riff.edit("file", edits)), disk)
    }),
    ({ calls }) => calls
  )

  it.effect("appends loses none of its bytes", () =>
    Effect.gen(function*() {
      const after = yield* edited(before, edits)
      const calls = yield* callsOf
      const foreign = text("bytes of another program")
      const cut = calls.findLastIndex(({ name }) => name === "truncate")
      // The edit looks at the length after this flush.
      const flushed = calls.findIndex(({ name }) => name === "flush")
      // The header and the room of the journal are two calls: between them the file has no length that could be told
      // from another.
      for (let at = 2; at < cut; at++) {
        const disk = new Disk(before)
        disk.interference = {
          room: (disk, { length, number }) => {
            if (number === at) disk.append(foreign)
            return length
          }
        }
        const result = yield* Effect.either(on(disk, Riff.edit("file", edits)))
        assert.deepStrictEqual(disk.bytes.subarray(-foreign.length), foreign, `call ${at}`)
        if (at <= flushed) {
          assert.strictEqual(Either.isLeft(result) && result.left._tag, "VersionChanged")
          assert.deepStrictEqual(disk.bytes.subarray(0, before.length), before)
        } else {
          assert.isTrue(Either.isRight(result))
          if (Either.isLeft(result)) continue
          assert.strictEqual(result.right.appended, foreign.length)
          assert.strictEqual(result.right.length, disk.bytes.length)
          assert.deepStrictEqual(disk.bytes.subarray(0, after.length), after)
        }
      }
    }))

  it.effect("changes samples that it moves keeps that change", () =>
    Effect.gen(function*() {
      const before = wave(fmt, info(["INAM", "a"]), chunk("data", noise(1500)))
      const edit = Riff.edit("file", [title("a title that is longer")], { keepOrder: true })
      const { calls } = yield* Effect.suspend(() => {
        const disk = new Disk(before)
        return Effect.as(on(disk, edit), disk)
      })
      const sample = 700
      const place = Buffer.from(before).indexOf("data") + 8 + sample
      const flushed = calls.findIndex(({ name }) => name === "flush")
      const states = new Set<string>()
      for (let at = 0; at <= flushed; at++) {
        const { at: from = 0, length: count = 0 } = calls[at] ?? {}
        // The edit writes old bytes over themselves once it has read them: a change between the two is lost.
        if (from <= place && place < from + count) continue
        const disk = new Disk(before)
        disk.interference = {
          room: (disk, { length, number }) => {
            if (number === at) disk.change(place, Uint8Array.of(0xee))
            return length
          }
        }
        const result = yield* Effect.either(on(disk, edit))
        if (Either.isLeft(result)) {
          assert.strictEqual(result.left._tag, "VersionChanged", `call ${at}`)
          assert.deepStrictEqual(disk.bytes, before.with(place, 0xee), `call ${at}`)
        } else assert.strictEqual(disk.bytes[Buffer.from(disk.bytes).indexOf("data") + 8 + sample], 0xee, `call ${at}`)
        states.add(result._tag)
      }
      // One before the edit has read them is edited with the rest, one after that fails.
      assert.deepStrictEqual([...states], ["Right", "Left"])
    }))

  /** An edit of a file whose name leads to what `named` says, from the call on that has this number. */
  const renamed = (from: number, named: Effect.Effect<IOProc.Stat, MmioError.StatError>) =>
    Effect.gen(function*() {
      const disk = new Disk(before)
      let asked = 0
      const driver = IOProc.make({
        open: disk.ioProc.open,
        stat: () => Effect.suspend(() => asked++ < from ? Effect.succeed(stat(disk.bytes.length)) : named)
      })
      const result = yield* Effect.either(Effect.provideService(Riff.edit("file", edits), IOProc.IOProc, driver))
      return { asked, disk, result: Either.merge(Either.mapLeft(result, String)) }
    })

  const stat = (size: number, identity = "1:2"): IOProc.Stat => ({
    kind: "file",
    size: Option.some(size),
    version: Option.none(),
    identity: Option.some(identity),
    modified: Option.some(new Date(0)),
    created: Option.none()
  })

  it.effect("replaces the file, or removes its name, fails at whichever check", () =>
    Effect.gen(function*() {
      // The last check is the one before the decision: the journal is written by then.
      const length = (yield* undecided(before, edits)).length
      const missing = new MmioError.FileNotFound({ operation: "stat", file: "file", description: "it is gone" })
      const { asked: checks } = yield* renamed(Infinity, Effect.die("not asked"))
      assert.strictEqual(checks, 3)
      for (let from = 0; from < checks; from++) {
        const size = from < 2 ? before.length : length
        for (
          const [named, why] of [
            // Of the same length and time.
            [Effect.succeed(stat(size, "1:3")), "replaced the file"],
            [
              Effect.succeed({ ...stat(7), identity: Option.none() }),
              from === 1 ? "changed the file while the edit was planned" : "replaced the file"
            ],
            [Effect.fail(missing), "removed the file"]
          ] as const
        ) {
          const { disk, result } = yield* renamed(from, named)
          assert.include(result, "VersionChanged", `${from}, ${why}`)
          assert.include(result, why, `${from}`)
          assert.deepStrictEqual(disk.bytes, before)
        }
      }
    }))

  it.effect("has the file by a storage that knows no names changes nothing for it", () =>
    Effect.gen(function*() {
      const after = yield* edited(before, edits)
      const refused = new MmioError.AccessDenied({ operation: "stat", file: "file", description: "unknown" })
      const { disk } = yield* renamed(0, Effect.fail(refused))
      assert.deepStrictEqual(disk.bytes, after)
    }))

  it.effect("changes it between the plan and the first write fails before that write", () =>
    Effect.gen(function*() {
      const disk = new Disk(before)
      let asked = 0
      const driver = IOProc.make({
        open: disk.ioProc.open,
        stat: () =>
          Effect.sync((): IOProc.Stat => ({
            kind: "file",
            size: Option.some(before.length),
            version: Option.none(),
            identity: Option.none(),
            modified: Option.some(new Date(asked++)),
            created: Option.none()
          }))
      })
      const error = yield* Effect.flip(Effect.provideService(Riff.edit("file", edits), IOProc.IOProc, driver))
      assert.strictEqual(error._tag, "VersionChanged")
      assert.strictEqual(disk.calls.length, 0)
    }))
})

describe("a disk that becomes full", () => {
  for (const [name, { before, edits }] of Object.entries(scenarios)) {
    it.effect(`leaves the old file, whole, or the new one: an edit ${name}`, () =>
      Effect.gen(function*() {
        const after = yield* edited(before, edits)
        let whole = 0
        // Each byte, where tests run at full scale.
        const step = Math.max(1, Math.round(100 / scale(100)))
        for (let room = 0; whole < 3 && room < 20_000; room += step) {
          const disk = new Disk(before)
          const most = before.length + room
          disk.interference = {
            room: (_, { at, length, name }) => name === "write" ? Math.min(length, most - at) : 1
          }
          const result = yield* Effect.either(on(disk, Riff.edit("file", edits)))
          if (Either.isRight(result)) whole++
          else assert.strictEqual(result.left._tag, "CannotWrite")
          assert.deepStrictEqual(disk.bytes, Either.isRight(result) ? after : before, `${room} bytes of room`)
        }
        assert.strictEqual(whole, 3)
      }), 60_000)

    it.effect(`does so, too, where the file is sparse or shares its blocks: an edit ${name}`, () =>
      Effect.gen(function*() {
        const after = yield* edited(before, edits)
        let whole = 0
        for (let room = 0; whole < 2 && room < 200; room++) {
          const disk = new Disk(before)
          // Every block of the file has to be allocated when it is first written.
          const allocated = new Set<number>()
          disk.interference = {
            room: (_, { at, length, name }) => {
              if (name !== "write") return 1
              for (let i = 0; i < length;) {
                const sector = Math.floor((at + i) / 512)
                if (!allocated.has(sector) && allocated.size >= room) return i
                allocated.add(sector)
                i += 512 - (at + i) % 512
              }
              return length
            }
          }
          const result = yield* Effect.either(on(disk, Riff.edit("file", edits)))
          if (Either.isRight(result)) whole++
          assert.deepStrictEqual(disk.bytes, Either.isRight(result) ? after : before, `${room} blocks of room`)
        }
        assert.strictEqual(whole, 2)
      }))
  }
})

describe("a caller's onProgress", () => {
  const { before, edits } = scenarios["with much to move"]!

  it.effect("that dies leaves the old file, or the new one", () =>
    Effect.gen(function*() {
      const after = yield* edited(before, edits)
      const count = yield* Effect.gen(function*() {
        let calls = 0
        yield* on(
          new Disk(before),
          Riff.edit("file", edits, {
            onProgress: () =>
              Effect.sync(() => {
                calls++
              })
          })
        )
        return calls
      })
      const states = new Set<string>()
      for (const how of ["dies", "throws", "interrupts"] as const) {
        for (let at = 0; at < count; at++) {
          const disk = new Disk(before)
          let calls = 0
          let phase = ""
          const exit = yield* Effect.exit(on(
            disk,
            Riff.edit("file", edits, {
              onProgress: (progress) => {
                if (calls++ !== at) return Effect.void
                ;({ phase } = progress)
                if (how === "throws") throw new Error("the caller's")
                return how === "dies" ? Effect.dieMessage("the caller's") : Effect.interrupt
              }
            })
          ))
          assert.isTrue(Exit.isFailure(exit), `${how} at ${at}`)
          assert.deepStrictEqual(disk.bytes, phase === "journal" ? before : after)
          states.add(phase)
          if (phase === "file") assert.strictEqual(calls, at + 1)
        }
      }
      assert.deepStrictEqual([...states], ["journal", "file"])
    }))
})

describe("storages", () => {
  const { before, edits } = scenarios["with much to move"]!

  it.effect("that commit on close get the new content without a journal, or keep the old one", () =>
    Effect.gen(function*() {
      for (const [name, scenario] of Object.entries(scenarios)) {
        const after = yield* edited(scenario.before, scenario.edits)
        const storage = yield* MemoryIOProc.make({ commit: "onClose", files: { file: scenario.before } })
        const provided = Effect.provideService(IOProc.IOProc, storage)
        const report = yield* provided(Riff.edit("file", scenario.edits))
        assert.deepStrictEqual(yield* storage.bytes("file"), after, name)
        assert.strictEqual(report.length, after.length)
        assert.strictEqual(report.appended, 0)
        const second = yield* MemoryIOProc.make({ commit: "onClose", files: { file: scenario.before } })
        const exit = yield* Effect.exit(
          Riff.edit("file", scenario.edits, { onProgress: () => Effect.dieMessage("stop") }).pipe(
            Effect.provideService(IOProc.IOProc, second)
          )
        )
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* second.bytes("file"), scenario.before, name)
      }
    }))

  it.effect("that commit on close have a journal applied that came with the file", () =>
    Effect.gen(function*() {
      const after = yield* edited(before, edits)
      const storage = yield* MemoryIOProc.make({ commit: "onClose", files: { file: yield* decided(before, edits) } })
      const report = yield* Riff.edit("file", [title("x"), RiffEdit.move("RIFF / data", { last: "RIFF" })]).pipe(
        Effect.provideService(IOProc.IOProc, storage)
      )
      assert.strictEqual(report.recovered, "applied")
      assert.deepStrictEqual(
        yield* storage.bytes("file"),
        yield* edited(after, [title("x"), RiffEdit.move("RIFF / data", { last: "RIFF" })])
      )
    }))

  it.effect("that can neither truncate nor commit on close are refused before the first write", () =>
    Effect.gen(function*() {
      const disk = new Disk(before)
      disk.canTruncate = false
      const error = yield* Effect.flip(on(disk, Riff.edit("file", edits)))
      assert.instanceOf(error, MmioError.AccessDenied)
      assert.strictEqual(disk.calls.length, 0)
      // What has nothing to write is done.
      assert.strictEqual((yield* on(disk, Riff.edit("file", []))).written, 0)
    }))
})

describe("a file whose end is not known", () => {
  it.effect("is not edited before it is repaired", () =>
    Effect.gen(function*() {
      const open = Buffer.from(wave(fmt, info(["INAM", "a"]), chunk("data", noise(100))))
      const data = open.indexOf("data") + 4
      const sizes: ReadonlyArray<readonly [riff: number, data: number]> = [
        [0, 0],
        [0xffff_ffff, 0xffff_ffff],
        [open.length - 8, 0xffff_ffff],
        [data - 4, 0]
      ]
      for (const [riff, size] of sizes) {
        const file = Buffer.from(open)
        file.writeUInt32LE(riff, 4)
        file.writeUInt32LE(size, data)
        const disk = new Disk(Uint8Array.from(file))
        const error = yield* Effect.flip(on(disk, Riff.edit("file", [title("b")])))
        assert.strictEqual(error._tag, "InvalidFile", `${riff}, ${size}`)
        assert.strictEqual(disk.calls.length, 0)
        yield* on(disk, Mmio.withFile("file", { access: "readWrite" }, (handle) => Riff.repair(handle)))
        assert.strictEqual((yield* on(disk, Riff.edit("file", [title("b")]))).recovered, "nothing")
      }
    }))
})

// ---------------------------------------------------------------------------------------------------------------------
// the parts
// ---------------------------------------------------------------------------------------------------------------------

describe("the journal itself", () => {
  it.effect("shows other programs no tags, and a chunk that runs past the end", () =>
    Effect.gen(function*() {
      const tags = text("ID3\u0003LIST\u0000INFOINAM".repeat(40))
      const before = wave(fmt, chunk("data", noise(300)))
      const journal = yield* decided(before, [
        RiffEdit.insert({ last: "RIFF" }, { chunk: "data", data: tags }),
        RiffEdit.insert({ first: "RIFF" }, { chunk: "id3 ", data: tags })
      ])
      const header = Buffer.from(journal.subarray(before.length))
      assert.strictEqual(header.toString("latin1", 0, 4), "mmio")
      assert.strictEqual(header.readUInt32LE(4), 0x7fff_fff0)
      const decoded = Header.decode(journal, before.length, headerSize, before.length)
      assert.isNotString(decoded)
      if (typeof decoded === "string") return
      const records = Buffer.from(journal.subarray(decoded.recordsAt, decoded.footerAt))
      for (const tag of ["ID3", "LIST", "INFO", "INAM", "RIFF", "data"]) assert.isFalse(records.includes(tag), tag)
    }))

  it("has a shape of the family of its file", () => {
    for (const [family, expected] of [["RIFX", "mmio\x7f\xff\xff\xf0"], ["FORM", "mmio\x7f\xff\xff\xf0"]] as const) {
      const before = Family.serialize([{ family, type: "WAVE", children: [fmt, chunk("data", noise(300))] }])
      const journal = Effect.runSync(undecided(before, [
        RiffEdit.insert({ last: [{ id: family }] }, { chunk: "note", data: bytesOf(9, 9) })
      ]))
      assert.strictEqual(Buffer.from(journal).toString("latin1", before.length, before.length + 8), expected)
    }
    const { before, edits } = scenarios["of a Wave64"]!
    const journal = Effect.runSync(undecided(before, edits))
    const shape = Buffer.from(journal.subarray(before.length))
    assert.strictEqual(shape.toString("latin1", 0, 4), "junk")
    // A chunk that has all of the journal in it.
    assert.strictEqual(Number(shape.readBigUInt64LE(16)), journal.length - before.length)
  })

  it.effect("takes the same memory however much is moved", () =>
    Effect.gen(function*() {
      const before = wave(fmt, info(["INAM", "a"]), chunk("data", noise(600_000)))
      const disk = new Disk(before)
      let largest = 0
      let calls = 0
      const driver = IOProc.mapFile(disk.ioProc, (file) =>
        IOProc.wrapFile(file, {
          readAt: (position, target) => {
            largest = Math.max(largest, target.length)
            calls++
            return file.readAt(position, target)
          }
        }))
      const report = yield* Effect.provideService(
        Riff.edit("file", [title("a longer title")], { keepOrder: true }),
        IOProc.IOProc,
        driver
      )
      assert.isAbove(report.moved, 600_000)
      assert.isAtMost(largest, 256 * 1024)
      // Each block is read a few times, and none once for each sector.
      assert.isBelow(calls, 200)
    }))
})
