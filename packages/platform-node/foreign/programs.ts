/** The programs of others, and our own, as functions. */
import * as ChildProcess from "node:child_process"
import { createHash } from "node:crypto"
import * as NFS from "node:fs"
import * as OS from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"

/** A new folder for the files of one test file. */
export const makeFolder = (): string => {
  const folder = NFS.mkdtempSync(Path.join(OS.tmpdir(), "effect-mmio-foreign-"))
  afterAll(() => NFS.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a program to its end, and gives what it wrote to its stdout. What fails says what was on its stderr. */
export const run = (command: string, ...args: ReadonlyArray<string>): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    ChildProcess.execFile(
      command,
      args,
      { encoding: "buffer", maxBuffer: 2 ** 28 },
      (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${command} ${args.join(" ")}\n${stderr}`))
    )
  )

/** Runs a program until it has written so many bytes into a file, and kills it. */
export const killed = (file: string, bytes: number, command: string, ...args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = ChildProcess.spawn(command, args, { stdio: "ignore" })
    let enough = false
    const timer = setInterval(() => {
      const size = NFS.statSync(file, { throwIfNoEntry: false })?.size ?? 0
      if (size < bytes) return
      enough = true
      child.kill("SIGKILL")
    }, 5)
    child.on("error", reject)
    child.on("close", (_, signal) => {
      clearInterval(timer)
      if (enough && signal === "SIGKILL") resolve()
      else reject(new Error(`${command} ${args.join(" ")} ended before it could be killed`))
    })
  })

const text = async (command: string, ...args: ReadonlyArray<string>) => String(await run(command, ...args))

export const md5Of = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** What SoX says of a sound file. Of formats that it decodes, `bits` are those of the samples. */
export const sox = async (file: string) => {
  const [rate, channels, frames, bits] = await Promise.all(
    ["-r", "-c", "-s", "-b"].map((option) => text("soxi", option, file))
  )
  return { rate: Number(rate), channels: Number(channels), frames: Number(frames), bits: Number(bits) }
}

/** How many frames SoX finds. To know that of RF64 it reads all of the samples. */
export const soxFrames = async (file: string) => Number(await text("soxi", "-s", file))

/** The samples, as SoX reads them. */
export const soxSamples = (file: string) => run("sox", file, "-t", "raw", "-")

/** What libsndfile says of a sound file, with all that it noticed. */
export const sndfile = async (file: string) => {
  const log = await text("sndfile-info", file)
  const number = (name: string) => Number(log.match(new RegExp(`^${name}\\s*:\\s*(\\d+)`, "m"))?.[1])
  return { rate: number("Sample Rate"), channels: number("Channels"), frames: number("Frames"), log }
}

/** What ExifTool says of a file, with numbers as they are. */
export const exiftool = async (file: string) => {
  const [found] = JSON.parse(
    await text("exiftool", "-json", "-n", "-api", "largefilesupport=1", file)
  ) as ReadonlyArray<{ readonly [name: string]: string | number }>
  return found ?? {}
}

interface Probe {
  readonly format: { readonly tags?: { readonly [name: string]: string } }
  readonly streams: ReadonlyArray<{
    readonly codec_type: string
    readonly codec_name: string
    readonly sample_rate: string
    readonly channels: number
    readonly duration_ts: number
  }>
}

/** What FFmpeg says of a file. */
export const ffprobe = async (file: string) => {
  const { format, streams } = JSON.parse(
    await text("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", file)
  ) as Probe
  const sound = streams.find((stream) => stream.codec_type === "audio")
  return {
    rate: Number(sound?.sample_rate),
    channels: sound?.channels,
    frames: sound?.duration_ts,
    codec: sound?.codec_name,
    tags: format.tags ?? {}
  }
}

const ffmpegMd5 = async (...args: ReadonlyArray<string>) =>
  (await text("ffmpeg", "-v", "error", ...args, "-f", "md5", "-")).trim().replace("MD5=", "")

/** One hash of the decoded picture and sound. */
export const md5Decoded = (file: string) => ffmpegMd5("-i", file)

/** One hash of the bytes of the sound as they are in the file. */
export const md5Stored = (file: string) => ffmpegMd5("-i", file, "-map", "0:a", "-c", "copy")

/**
 * What programs show of a file, as names with values; without what they say of the file's length and times, and of what
 * they object to.
 */
export interface Shown {
  readonly [name: string]: unknown
}

const python = async (program: string, file: string): Promise<Shown> =>
  JSON.parse(await text("/usr/bin/python3", "-c", program, file))

/** Lines of the kind `name : value`. */
const lines = (log: string): Shown =>
  Object.fromEntries([...log.matchAll(/^\s*([\w /]+?)\s*[:=]\s*(.+)$/gm)].map(([, name, value]) => [name, value]))

const without = (shown: Shown, pattern: RegExp): Shown =>
  Object.fromEntries(Object.entries(shown).filter(([name]) => !pattern.test(name)))

/** Of a Wave64, FFmpeg and libsndfile count all that follows the samples as samples, whatever chunks those are. */
const withoutFrames = (file: string, shown: Shown): Shown => file.endsWith(".w64") ? without(shown, /^frames$/) : shown

interface Media {
  readonly media: { readonly track: ReadonlyArray<Shown> }
}

/** Programs that show what is in a file, and of which formats. */
export const readers: {
  readonly [name: string]: { readonly isFor: ReadonlyArray<string>; readonly read: (file: string) => Promise<Shown> }
} = {
  "ffprobe": {
    isFor: ["wav", "id3.wav", "rf64.wav", "w64", "aiff", "avi", "webp"],
    read: async (file) => withoutFrames(file, await ffprobe(file))
  },
  "sndfile-info": {
    isFor: ["wav", "id3.wav", "rf64.wav", "rifx.wav", "w64", "aiff"],
    read: async (file) => {
      const { log, ...sound } = await sndfile(file)
      const tags = [...log.matchAll(/^\s*(I[A-Z]{3}|Title|NAME|ANNO) : .*$/gm)].map(([line]) => line)
      return { ...withoutFrames(file, sound), tags }
    }
  },
  "SoX": {
    isFor: ["wav", "id3.wav", "rifx.wav", "aiff"],
    read: async (file) => ({ ...await sox(file), comments: lines(await text("soxi", "-a", file)) })
  },
  "ExifTool": {
    isFor: ["wav", "id3.wav", "rf64.wav", "aiff", "avi", "webp"],
    read: async (file) => without(await exiftool(file), /^(SourceFile|File|Warning|Error|ExifTool|Directory|Duration)/)
  },
  "MediaInfo": {
    isFor: ["wav", "id3.wav", "rf64.wav", "rifx.wav", "w64", "aiff", "avi", "webp"],
    read: async (file) => {
      const { media: { track } } = JSON.parse(await text("mediainfo", "--Output=JSON", file)) as Media
      return Object.fromEntries(
        track.flatMap((shown, i) =>
          Object.entries(without(shown, /^(File|FrameCount|OverallBitRate|StreamSize|extra)/)).map((
            [name, value]
          ) => [`${i} ${name}`, value])
        )
      )
    }
  },
  "mutagen": {
    isFor: ["wav", "id3.wav", "aiff"],
    read: (file) =>
      python(
        "import sys, json, mutagen\nf = mutagen.File(sys.argv[1])\n"
          + "print(json.dumps({'length': round(f.info.length, 3), 'tags': f.tags.pprint() if f.tags else ''}))",
        file
      )
  },
  "TagLib": {
    isFor: ["wav", "id3.wav", "aiff"],
    read: (file) =>
      python(
        "import sys, json, taglib\nf = taglib.File(sys.argv[1])\n"
          + "print(json.dumps({'length': f.length, 'channels': f.channels, 'tags': f.tags}))",
        file
      )
  }
}

/** Makes a file. */
export const ffmpeg = (...args: ReadonlyArray<string>) => run("ffmpeg", "-v", "error", "-y", ...args)

/** Our `npm start`, as a process. */
export const retag = (input: string, output: string, tag: string) =>
  run(
    process.execPath,
    fileURLToPath(new URL("../build/examples/retag.js", import.meta.url)),
    input,
    "--output",
    output,
    "--tag",
    tag
  )

/** What a reader says of a sound file; nothing where it cannot read it, or does not say. */
export interface Facts {
  readonly frames?: number | null | undefined
  readonly rate?: number | null | undefined
  readonly channels?: number | null | undefined
  readonly title?: string | null | undefined
}

/** By the names of files. */
type ByName<A> = { readonly [file: string]: A | undefined }

const script = fileURLToPath(new URL("readers.py", import.meta.url))

/** What libavformat, which ffprobe asks, says of many files, in one process. */
export const libav = async (files: ReadonlyArray<string>): Promise<ByName<Facts>> =>
  JSON.parse(await text("/usr/bin/python3", script, "sound", ...files)) as ByName<Facts>

/** What Mutagen says of many files, with the title that TagLib finds. */
export const taggers = async (files: ReadonlyArray<string>): Promise<ByName<Facts>> =>
  JSON.parse(await text("/usr/bin/python3", script, "tags", ...files)) as ByName<Facts>

/** What libsndfile says of many files. */
export const sndfiles = async (files: ReadonlyArray<string>): Promise<ByName<Facts>> => {
  const script = "for file; do echo \"== $file\"; sndfile-info \"$file\" 2>&1; done; true"
  const logs = (await run("sh", "-c", script, "sh", ...files)).toString("latin1").split(/^== /m).slice(1)
  return Object.fromEntries(logs.map((log) => {
    const number = (name: string) => {
      const digits = log.match(new RegExp(`^${name}\\s*:\\s*(\\d+)`, "m"))?.[1]
      return digits === undefined ? null : Number(digits)
    }
    return [log.slice(0, log.indexOf("\n")), {
      frames: number("Frames"),
      rate: number("Sample Rate"),
      channels: number("Channels"),
      title: log.match(/^\s*INAM : (.*)$/m)?.[1] ?? null
    }]
  }))
}

/** What ExifTool says of many files. */
export const exiftools = async (files: ReadonlyArray<string>): Promise<ByName<ByName<string | number>>> => {
  const found = JSON.parse(await text("exiftool", "-json", "-n", ...files)) as ReadonlyArray<
    { readonly SourceFile: string } & ByName<string | number>
  >
  return Object.fromEntries(found.map((each) => [each.SourceFile, each]))
}
