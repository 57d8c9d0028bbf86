/** What the two tools share: their storage drivers, reading folders, and how they end. */
import { FileSystemIOProc, type IOProc, MemoryIOProc } from "@effect-mmio/core"
import { NodeIOProc } from "@effect-mmio/platform-node"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as FileSystem from "@effect/platform/FileSystem"
import { Cause, Console, Data, Effect, Layer, Option } from "effect"
import * as NFS from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

/** Why a tool cannot do what it is asked, as a sentence. */
export class Refusal extends Data.TaggedError("Refusal")<{ readonly message: string }> {}

/** A storage to try everything on, and what names in it begin with. */
export interface Driver {
  readonly name: string
  readonly layer: Layer.Layer<IOProc.IOProc, unknown>
  readonly prefix: string
}

/**
 * Every storage that there is on Node; those on disk work in a folder of their own, which does not outlive the scope.
 */
export const drivers = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const prefix = `${yield* fs.makeTempDirectoryScoped({ prefix: "effect-mmio-" })}${path.sep}`
  return [
    { name: "MemoryIOProc", layer: MemoryIOProc.layer(), prefix: "" },
    { name: "FileSystemIOProc", layer: Layer.provide(FileSystemIOProc.layer, NodeFileSystem.layer), prefix },
    { name: "NodeIOProc", layer: NodeIOProc.layer, prefix },
    { name: "NodeIOProc, synchronous", layer: NodeIOProc.layerWith({ sync: true }), prefix }
  ] satisfies ReadonlyArray<Driver>
}).pipe(
  Effect.mapError((error) => new Refusal({ message: `There is no folder for temporary files: ${error.message}.` }))
)

/** The folder that the command line names, or the one of this package. */
export const folderOr = (bundled: string): Effect.Effect<string, Refusal> =>
  Effect.suspend(() => {
    const [folder, ...rest] = process.argv.slice(2).filter((argument) => argument !== "--")
    return rest.length > 0
      ? Effect.fail(new Refusal({ message: `One folder can be named, not ${rest.length + 1}.` }))
      // from packages/proofs/build/tools/lib
      : Effect.succeed(folder ?? fileURLToPath(new URL(`../../../${bundled}`, import.meta.url)))
  })

/** Node's own words, without the call that it names after them. */
const reason = (error: unknown) => error instanceof Error ? error.message.replace(/, \w+( '.*')?$/, "") : String(error)

const reading = <A>(what: string, read: () => A): Effect.Effect<A, Refusal> =>
  Effect.try({ try: read, catch: (error) => new Refusal({ message: `${what} cannot be read: ${reason(error)}.` }) })

/** The names of the files in a folder, sorted. */
export const list = (folder: string) => reading(`The folder ${folder}`, () => NFS.readdirSync(folder).toSorted())

/** What a file holds. */
export const bytesOf = (file: string) => reading(`The file ${file}`, () => Uint8Array.from(NFS.readFileSync(file)))

/** What a file holds, as text. */
export const textOf = (file: string) => reading(`The file ${file}`, () => NFS.readFileSync(file, "utf8"))

/** How many checks went well, and how many did not. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** Says what did not go well; a line does not get longer than one can read. */
const complain = (what: string, why: string) =>
  Console.log([`✗ ${what}`, ...why.split("\n").map((line) => `    ${shortened(line)}`)].join("\n"))

const shortened = (line: string) => line.length > 1000 ? `${line.slice(0, 1000)} …` : line

/** Runs a check for every item on every driver, and says which did not go well, and why. */
export const onEvery = <A, E extends Error>(
  drivers: ReadonlyArray<Driver>,
  items: ReadonlyArray<A>,
  nameOf: (item: A) => string,
  check: (item: A, driver: Driver) => Effect.Effect<unknown, E, IOProc.IOProc>
): Effect.Effect<Tally> =>
  Effect.gen(function*() {
    const tally = { passed: 0, failed: 0 }
    for (const driver of drivers) {
      const before = tally.failed
      const all = Effect.forEach(items, (item) =>
        Effect.matchCauseEffect(check(item, driver), {
          onSuccess: () =>
            Effect.sync(() => {
              tally.passed++
            }),
          onFailure: (cause) => {
            tally.failed++
            return Option.match(Cause.failureOption(cause), {
              // what is no failure is a bug: where it happened is worth seeing
              onNone: () => complain(`${driver.name}: ${nameOf(item)}`, Cause.pretty(cause)),
              onSome: (error) => complain(driver.name, error.message)
            })
          }
        }), { discard: true })
      yield* Effect.catchAllCause(Effect.provide(all, driver.layer), (cause) => {
        tally.failed++
        return complain(`${driver.name} cannot be used`, Cause.pretty(cause))
      })
      if (tally.failed === before) yield* Console.log(`✓ ${driver.name}`)
    }
    return tally
  })

/** Runs a tool to its end: the last line is the tally, and the exit code says whether all went well. */
export const main = <E extends Error>(program: Effect.Effect<Tally, E, FileSystem.FileSystem>): void =>
  program.pipe(
    Effect.flatMap(({ failed, passed }) =>
      Effect.zipRight(Console.log(`${passed} passed, ${failed} failed`), Effect.succeed(failed === 0))
    ),
    Effect.catchAll((error) => Effect.as(Console.error(error.message), false)),
    Effect.map((well) => {
      process.exitCode = well ? 0 : 1
    }),
    Effect.provide(NodeFileSystem.layer),
    NodeRuntime.runMain
  )
