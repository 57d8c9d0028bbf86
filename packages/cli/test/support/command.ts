/** Runs the command as users have it: the bundle, in a process of its own, in a folder of its own. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"

export const binary = fileURLToPath(new URL("../../dist/mmio.js", import.meta.url))
const fixtures = fileURLToPath(new URL("../../../proofs/fixtures/", import.meta.url))

if (!fs.existsSync(binary)) throw new Error(`${binary} is not there: npm run build makes it`)

const made: Array<string> = []
afterAll(() => made.forEach((folder) => fs.rmSync(folder, { recursive: true })))

/** What a run of the command printed, and how it ended. */
export interface Ran {
  readonly out: string
  /** The same as bytes. */
  readonly bytes: Uint8Array
  readonly error: string
  readonly code: number | null
}

export interface RunOptions {
  readonly input?: Uint8Array | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** The environment of the tests without what decides about colours. */
const plainEnv = (): NodeJS.ProcessEnv => {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env
  return env
}

/** A folder of a test's own, with copies of fixtures in it, by the names that they are to have. */
export const makeFolder = (copies: Readonly<Record<string, string>> = {}) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mmio-cli-"))
  made.push(folder)
  for (const [name, fixture] of Object.entries(copies)) {
    fs.copyFileSync(path.join(fixtures, fixture), path.join(folder, name))
  }
  const at = (name: string) => path.join(folder, name)
  // not spawnSync: a busy machine takes long for many processes, and vitest wants to hear of the test meanwhile
  const run = (args: ReadonlyArray<string>, { env, input }: RunOptions = {}): Promise<Ran> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [binary, ...args], { cwd: folder, env: { ...plainEnv(), ...env } })
      const out: Array<Buffer> = []
      let error = ""
      child.stdout.on("data", (bytes: Buffer) => out.push(bytes))
      child.stderr.setEncoding("utf8").on("data", (text: string) => error += text)
      // a command that does not read its input closes it
      child.stdin.on("error", () => {})
      child.stdin.end(input ?? new Uint8Array(0))
      child.on("error", reject)
      child.on("close", (code) => {
        const bytes = Buffer.concat(out)
        resolve({ out: bytes.toString(), bytes: new Uint8Array(bytes), error, code })
      })
    })
  return {
    folder,
    at,
    read: (name: string): Uint8Array => fs.readFileSync(at(name)),
    write: (name: string, bytes: Uint8Array | string): void => fs.writeFileSync(at(name), bytes),
    names: (): ReadonlyArray<string> => fs.readdirSync(folder).toSorted(),
    run,
    /** The JSON that a command prints, of each line. */
    json: async (args: ReadonlyArray<string>, options?: RunOptions): Promise<ReadonlyArray<unknown>> => {
      const { code, out } = await run([...args, "--json"], options)
      if (code === null) throw new Error(`mmio ${args.join(" ")} was ended`)
      return out.trimEnd().split("\n").filter((line) => line !== "").map((line): unknown => JSON.parse(line))
    },
    /**
     * Runs the command on a terminal: `script` of util-linux makes one. `answer` gives the keys for what is on it so
     * far.
     */
    onTerminal: (
      args: ReadonlyArray<string>,
      answer: (screen: string) => string | undefined = () => undefined,
      env: Readonly<Record<string, string>> = {}
    ): Promise<{ readonly screen: string; readonly code: number | null }> =>
      new Promise((resolve, reject) => {
        const quoted = [process.execPath, binary, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
        const child = spawn("script", ["-qec", quoted, "/dev/null"], {
          cwd: folder,
          env: { ...plainEnv(), TERM: "xterm", ...env }
        })
        let screen = ""
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          screen += text
          const keys = answer(screen)
          if (keys !== undefined) child.stdin.write(keys)
        })
        child.on("error", reject)
        child.on("close", (code) => resolve({ screen, code }))
      })
  }
}

/** The header of a WAVE with so many bytes of sound: 16 bit, 2 channels, 44100 Hz. */
export const waveHeader = (bytes: number): Uint8Array => {
  const header = Buffer.alloc(44)
  header.write("RIFF", 0, "latin1")
  header.writeUInt32LE(36 + bytes, 4)
  header.write("WAVEfmt ", 8, "latin1")
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(2, 22)
  header.writeUInt32LE(44100, 24)
  header.writeUInt32LE(176400, 28)
  header.writeUInt16LE(4, 32)
  header.writeUInt16LE(16, 34)
  header.write("data", 36, "latin1")
  header.writeUInt32LE(bytes, 40)
  return header
}

/** A WAVE of so many bytes of silence, which take no room on the disk. */
export const writeSparse = (name: string, bytes: number): void => {
  fs.writeFileSync(name, waveHeader(bytes))
  fs.truncateSync(name, 44 + bytes)
}
