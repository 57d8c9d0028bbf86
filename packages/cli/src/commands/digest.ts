/**
 * `mmio digest`: the MD5 of the samples, printed, stored as BWF MetaEdit stores it, or compared with what is stored.
 */
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as Wave from "@effect-mmio/core/Wave"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { editFile, wave } from "../edits.js"
import { digestId, digestOf } from "../facts.js"
import { exitCodes, Failure, usage } from "../failure.js"
import { withReading } from "../names.js"
import { Output } from "../output.js"
import { withProgress } from "../progress.js"
import { adviseRepair } from "../repairable.js"
import { each } from "../run.js"
import { hex, shown } from "../text.js"

export interface Options {
  readonly names: ReadonlyArray<string>
  readonly embed: boolean
  readonly check: boolean
}

const path: ReadonlyArray<Riff.PathStep> = [wave, { id: digestId }]
const digestSize = 16

const damaged = (name: string, what: string) =>
  new Failure({ exitCode: exitCodes.damaged, message: `${shown(name)}: ${what}` })

/** The digest of the samples: of all bytes of `data`, without its pad byte. */
const digestIn = (name: string, file: Mmio.Handle<"read">) =>
  Effect.gen(function*() {
    const { data } = yield* Wave.info(file, { lenient: true })
    if (Option.isNone(data)) return yield* damaged(name, "there is no data chunk, and so no sound")
    const { available, chunk } = data.value
    if (available < chunk.size) {
      return yield* damaged(name, `only ${available} of ${chunk.size} bytes of the sound are there`)
    }
    const { createHash } = yield* Effect.promise(() => import("node:crypto"))
    const hash = createHash("md5")
    yield* withProgress(name, "bytes", (advance) =>
      Effect.zipRight(
        Mmio.setBuffer(file, 256 * 1024),
        Mmio.forEachBuffer(file, (bytes, position) => {
          hash.update(bytes)
          advance(position + bytes.length - chunk.dataOffset, chunk.size)
        }, { from: chunk.dataOffset, to: chunk.dataOffset + chunk.size })
      ))
    return new Uint8Array(hash.digest())
  })

const storedIn = (file: Mmio.Handle<"read">) =>
  Riff.find(file, path).pipe(
    Effect.flatMap((chunk) => Effect.zipRight(Mmio.seek(file, chunk.dataOffset), Mmio.read(file, digestSize))),
    Effect.map(Option.some),
    Effect.catchTag("ChunkNotFound", () => Effect.succeedNone)
  )

const printed = (name: string) =>
  Effect.gen(function*() {
    const digest = hex(yield* adviseRepair(name, withReading(name, "read", (file) => digestIn(name, file))))
    const output = yield* Output
    yield* output.result(() => ({ name, md5: digest }), () => [`${digest}  ${shown(name)}`])
    return exitCodes.ok
  })

const embedded = (name: string) =>
  Effect.gen(function*() {
    const { found } = yield* editFile(name, (file) => digestIn(name, file), (digest) =>
      // BWF MetaEdit writes it as one number of 128 bits, the lowest byte first.
      Effect.succeed([RiffEdit.assign(path, digest.toReversed())]))
    const output = yield* Output
    yield* output.result(
      () => ({ name, md5: hex(found), embedded: true }),
      () => [`${hex(found)}  ${shown(name)}  stored`]
    )
    return exitCodes.ok
  })

const checked = (name: string) =>
  Effect.gen(function*() {
    const { digest, stored } = yield* adviseRepair(
      name,
      withReading(
        name,
        "read",
        (file) => Effect.all({ stored: storedIn(file), digest: Effect.map(digestIn(name, file), hex) })
      )
    )
    if (Option.isNone(stored)) {
      return yield* new Failure({
        exitCode: exitCodes.notFound,
        message: `${shown(name)}: no digest is stored in it; --embed stores one`
      })
    }
    // Other programs store its bytes in their own order.
    const isSame = digest === digestOf(stored.value) || digest === hex(stored.value)
    const output = yield* Output
    yield* output.result(() => ({ name, md5: digest, stored: digestOf(stored.value), same: isSame }), (style) => [
      `${digest}  ${shown(name)}  ${
        isSame ? style.good("as stored") : style.bad(`not as stored: ${digestOf(stored.value)}`)
      }`
    ])
    return isSame ? exitCodes.ok : exitCodes.damaged
  })

export const digest = ({ check, embed, names }: Options) =>
  check && embed
    ? Effect.fail(usage("Only one of --embed and --check can be"))
    : each(names, embed ? embedded : check ? checked : printed)
