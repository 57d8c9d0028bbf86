/**
 * Files whose edit was not finished, as the programs of others see them: with a journal after the last chunk, at
 * several points before and after the decision. They may warn, and must show nothing out of it; what they write then is
 * not lost.
 */
import { IOProc, Mmio, MmioError, Riff, RiffEdit } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as NFS from "node:fs"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { ffmpeg, ffprobe, makeFolder, readers, run } from "./programs.js"

const folder = makeFolder()
const inFolder = (name: string) => Path.join(folder, name)
const fixture = (name: string) => fileURLToPath(new URL(`../../proofs/fixtures/${name}`, import.meta.url))

type Make = (file: string) => Promise<unknown>

const sine = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=0.3"]
const testcard = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1"]
const title = ["-metadata", "title=Old title"]
const sound = (...args: ReadonlyArray<string>): Make => (file) => ffmpeg(...sine, ...title, ...args, file)

/** One file of each format, and the path of its form. */
const formats: { readonly [name: string]: readonly [make: Make, form: string] } = {
  "wav": [sound(), "RIFF"],
  "rf64.wav": [sound("-rf64", "always"), "RIFF"],
  "w64": [sound(), "RIFF"],
  "aiff": [sound(), "FORM"],
  "avi": [(file) => ffmpeg(...testcard, ...sine, ...title, "-c:v", "mjpeg", "-c:a", "pcm_s16le", file), "RIFF"],
  "webp": [(file) => ffmpeg(...testcard, "-frames:v", "1", "-c:v", "libwebp", file), "RIFF"],
  "id3.wav": [async (file) => NFS.copyFileSync(fixture("wav-info-id3-kid3.wav"), file), "RIFF"],
  "rifx.wav": [async (file) => NFS.copyFileSync(fixture("rifx-float32-info-sndfile.wav"), file), "RIFX"]
}

// ---------------------------------------------------------------------------------------------------------------------
// edits that die
// ---------------------------------------------------------------------------------------------------------------------

const marker = "FORGED"
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** What programs look for that search a file for tags, many times, at all offsets within a word. */
const tagLike = latin1(
  Array.from({ length: 40 }, (_, i) =>
    [
      `LIST\x1a\0\0\0INFOINAM\x0e\0\0\0${marker} a title`,
      `ID3\x03\0\0\0\0\0\x20TIT2\0\0\0\x0e\0\0\0${marker} a name`,
      `TAG${marker} three`.padEnd(128, "\0"),
      `APETAGEX\xd0\x07\0\0\x40\0\0\0\x01\0\0\0\0\0\0\xa0${"\0".repeat(8)}\x0a\0\0\0\0\0\0\0Title\0${marker} ape`,
      `<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF `
      + `xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'>`
      + `<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>${marker} xmp</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>`,
      `RIFF\x40\0\0\0WAVELIST\x1a\0\0\0INFOINAM\x0e\0\0\0${marker} another`,
      "x".repeat(i)
    ].join("")).join("")
)

/** Puts tag-like bytes at both ends of a form, so that they are in the records, and in the tail of a journal. */
const edits = (form: string): ReadonlyArray<RiffEdit.RiffEdit> => [
  RiffEdit.insert({ first: form }, { chunk: "note", data: tagLike }),
  RiffEdit.insert({ last: form }, { chunk: "note", data: tagLike })
]

const told = { operation: "test", file: "test", description: "told to fail", written: 0 }

/** A storage whose process dies before the write that has this number; and how many writes there were. */
const dying = (from: number) =>
  Effect.map(NodeIOProc.make(), (driver) => {
    let writes = 0
    return {
      writes: () => writes,
      driver: IOProc.mapFile(driver, (file) =>
        IOProc.wrapFile(file, {
          writeAt: file.writeAt && ((position, source, mode) =>
            source.length > 0 && writes++ >= from
              ? Effect.fail(new MmioError.CannotWrite(told))
              : file.writeAt!(position, source, mode)),
          // It undoes nothing.
          truncate: () => Effect.fail(new MmioError.CannotWrite(told))
        }))
    }
  })

const edit = (file: string, form: string, from = Infinity) =>
  Effect.flatMap(dying(from), ({ driver, writes }) =>
    Effect.map(
      Effect.either(Effect.provideService(Riff.edit(file, edits(form), { keepOrder: true }), IOProc.IOProc, driver)),
      (result) => ({ result, writes: writes() })
    ))

const recover = (file: string, options?: Riff.RecoverOptions) =>
  Effect.map(
    Effect.either(Riff.recover(file, options)),
    (result) => Either.merge(Either.mapLeft(result, ({ _tag }) => _tag))
  ).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

const verify = (file: string) =>
  Mmio.withFile(file, {}, (handle) => Riff.verify(handle)).pipe(Effect.provide(NodeIOProc.layer), Effect.runPromise)

/**
 * Files that edits of one have left: the last before the decision, the first after it, one in the middle of the new
 * bytes, and the last.
 */
const left = async (file: string, form: string) => {
  const extension = Path.extname(file)
  const died = async (from: number, name: string) => {
    const copy = `${file.slice(0, -extension.length)} ${name}${extension}`
    NFS.copyFileSync(file, copy)
    const { writes } = await Effect.runPromise(edit(copy, form, from))
    return { copy, writes }
  }
  const { writes } = await died(Infinity, "counted")
  let decided = 1
  for (;; decided++) {
    const { copy } = await died(decided, "searched")
    const problems = await verify(copy)
    const unfinished = problems.find(({ _tag }) => _tag === "UnfinishedEdit")
    if (unfinished?._tag === "UnfinishedEdit" && unfinished.decided) break
    assert.isBelow(decided, writes)
  }
  return {
    undecided: (await died(decided - 1, "undecided")).copy,
    decided: (await died(decided, "decided")).copy,
    applying: (await died(decided + Math.ceil((writes - decided) / 2), "applying")).copy,
    applied: (await died(writes, "applied")).copy
  }
}

describe("the journal of an unfinished edit", () => {
  for (const [name, [make, form]] of Object.entries(formats)) {
    describe(name, () => {
      for (const [program, { isFor, read }] of Object.entries(readers)) {
        if (!isFor.includes(name)) continue
        it(`shows nothing to ${program}`, async () => {
          const file = inFolder(`${program}.${name}`)
          await make(file)
          const before = await read(file)
          assert.isNotEmpty(before)
          const { applied, applying, decided, undecided } = await left(file, form)
          // The old file, to the letter.
          assert.deepStrictEqual(await read(undecided), before)
          assert.deepStrictEqual(await read(decided), before)
          // What the new file holds in its own chunks, it may show; out of the journal it shows nothing more.
          assert.strictEqual(await recover(applied), "applied")
          const after = await read(applied)
          for (const [key, value] of Object.entries(await read(applying))) {
            if ((JSON.stringify(value) ?? "").includes(marker)) {
              assert.deepStrictEqual(value, after[key], `${key} halfway`)
            }
          }
        }, 120_000)
      }
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// programs that write
// ---------------------------------------------------------------------------------------------------------------------

const python = (program: string, ...args: ReadonlyArray<string>) => run("/usr/bin/python3", "-c", program, ...args)

interface Writer {
  readonly format: string
  readonly write: (file: string) => Promise<unknown>
  /** What a recovery then makes of a file before the decision, after it, and with all new bytes in place. */
  readonly becomes: readonly [undecided: string, decided: string, applied: string]
  /** Whether the program does not write to such a file. */
  readonly refuses?: boolean
}

/** What the programs write. */
const mark = "Written later"

/** The header is not where it says, and is no header then; the footer is kept until the caller has it discarded. */
const moved = ["nothing", "InvalidFile", "InvalidFile"] as const

const writers: { readonly [name: string]: Writer } = {
  "mutagen, an ID3 tag": {
    format: "wav",
    write: (file) =>
      python(
        "import sys; from mutagen.wave import WAVE; from mutagen.id3 import TIT2\nf = WAVE(sys.argv[1])\n"
          + "if f.tags is None: f.add_tags()\nf.tags.add(TIT2(encoding=0, text=['Written later'])); f.save()",
        file
      ),
    becomes: moved
  },
  "kid3, a title": {
    format: "wav",
    write: (file) => run("kid3-cli", "-c", "set title 'Written later' 2", file),
    becomes: moved
  },
  "TagLib, a title": {
    format: "wav",
    write: (file) =>
      python("import sys, taglib\nf = taglib.File(sys.argv[1])\nf.tags['TITLE'] = ['Written later']\nf.save()", file),
    becomes: moved
  },
  "id3v2, a title": {
    format: "wav",
    write: (file) => run("id3v2", "-2", "-t", "Written later", file),
    becomes: moved
  },
  "webpmux, an XMP packet": {
    format: "webp",
    write: async (file) => {
      NFS.writeFileSync(`${file}.xmp`, "<x>Written later</x>")
      await run("webpmux", "-set", "xmp", `${file}.xmp`, file, "-o", file)
    },
    becomes: ["discarded", "applied", "applied"],
    refuses: true
  },
  "the shell, bytes at the end": {
    format: "wav",
    write: async (file) => NFS.appendFileSync(file, "Written later"),
    becomes: ["InvalidFile", "applied", "applied"]
  }
}

describe("after an edit was decided, another program writes", () => {
  for (const [name, { becomes, format, refuses = false, write }] of Object.entries(writers)) {
    it(name, async () => {
      const [make, form] = formats[format]!
      const file = inFolder(`${name.split(",")[0]}.${format}`)
      await make(file)
      const samples = format === "wav" ? (await ffprobe(file)).frames : undefined
      const { applied, decided, undecided } = await left(file, form)
      for (const [i, copy] of [undecided, decided, applied].entries()) {
        assert.strictEqual(await write(copy).then(() => false, () => true), refuses)
        const bytes = NFS.readFileSync(copy)
        if (!refuses) assert.isTrue(bytes.includes(mark), copy)
        const result = await recover(copy)
        assert.strictEqual(result, becomes[i], copy)
        const now = NFS.readFileSync(copy)
        // Nothing of what the program wrote is lost, whatever becomes of the journal; what is not understood is kept as
        // it is.
        if (!refuses) assert.isTrue(now.includes(mark), `${copy}: ${result}`)
        if (result === "InvalidFile") {
          assert.isTrue(now.equals(bytes))
          const discarded = await recover(copy, { discard: true })
          assert.strictEqual(discarded, "discarded")
          if (!refuses) assert.isTrue(NFS.readFileSync(copy).includes(mark), `${copy}: discarded`)
        }
        assert.strictEqual(await recover(copy), "nothing")
        if (samples !== undefined && copy !== applied) assert.strictEqual((await ffprobe(copy)).frames, samples)
      }
    }, 120_000)
  }
})
