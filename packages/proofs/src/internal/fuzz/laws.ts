/**
 * What holds of every reader of sound files, whatever the file.
 */
import * as IOProc from "@effect-mmio/core/IOProc"
import * as Mmio from "@effect-mmio/core/Mmio"
import * as Riff from "@effect-mmio/core/Riff"
import type * as RiffCorrection from "@effect-mmio/core/RiffCorrection"
import * as RiffEdit from "@effect-mmio/core/RiffEdit"
import * as RiffLimits from "@effect-mmio/core/RiffLimits"
import * as Wave from "@effect-mmio/core/Wave"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as RiffFuzz from "../../RiffFuzz.js"
import { excerpt, firstDifference } from "../bytes.js"
import * as Bounds from "./bounds.js"
import { descended } from "./descended.js"
import { Storage, TooManyCalls } from "./storage.js"

/** What is thrown where a law is broken. */
class Broken {
  readonly law: string
  readonly description: string
  constructor(law: string, description: string) {
    this.law = law
    this.description = description
  }
}

/** A file under test. */
interface Subject extends Bounds.Reader {
  readonly storage: Storage
  readonly file: Mmio.ReadWriteHandle
  readonly limits: RiffLimits.Limits
  readonly streams: boolean
}

const must = (law: string, holds: boolean, description: () => string): void => {
  if (!holds) throw new Broken(law, description())
}

/** How a call may end, and what it may cost. */
interface Contract<E extends { readonly _tag: string }> {
  readonly failures: ReadonlyArray<E["_tag"]>
  readonly calls: number
  /** How many bytes it may get from the storage. */
  readonly bytes: number
}

/** Runs a call, which has to end as its contract says, and leave the position where it is. */
const run = <A, E extends { readonly _tag: string }>(
  subject: Subject,
  law: string,
  contract: Contract<E>,
  effect: Effect.Effect<A, E>
): Effect.Effect<Either.Either<A, E>> =>
  Effect.flatMap(
    runMoving(subject, law, contract, effect),
    (result) =>
      Effect.map(Mmio.position(subject.file), (position) => {
        must(law, position === start, () => `it left the position at ${position}, and it was at ${start}`)
        return result
      })
  )

/** Where the position is, in all the reading. */
const start = 3

/** Runs a call, which has to end as its contract says. */
const runMoving = <A, E extends { readonly _tag: string }>(
  subject: Subject,
  law: string,
  contract: Contract<E>,
  effect: Effect.Effect<A, E>
): Effect.Effect<Either.Either<A, E>> =>
  Effect.suspend(() => {
    subject.storage.reset(contract.calls)
    return Effect.map(Effect.exit(effect), (exit) => judged(subject, law, contract, exit))
  })

const judged = <A, E extends { readonly _tag: string }>(
  subject: Subject,
  law: string,
  { bytes, calls, failures }: Contract<E>,
  exit: Exit.Exit<A, E>
): Either.Either<A, E> => {
  const { storage } = subject
  storage.mostCalls = Infinity
  const widest = Bounds.widestRead(subject)
  must(law, storage.given <= bytes, () => `it read ${storage.given} bytes, and ${bytes} have to be enough`)
  must(law, storage.widest <= widest, () => `it asked for ${storage.widest} bytes at once, and ${widest} are the most`)
  if (Exit.isSuccess(exit)) return Either.right(exit.value)
  const { cause } = exit
  const [defect, ...others] = Chunk.toReadonlyArray(Cause.defects(cause))
  if (defect instanceof TooManyCalls) throw new Broken(law, `it called the storage more than ${calls} times`)
  const failure = Cause.failureOption(cause)
  if (defect !== undefined || others.length > 0 || Option.isNone(failure)) {
    throw new Broken(law, `it ended without a typed error: ${Cause.pretty(cause)}`)
  }
  must(law, failures.includes(failure.value._tag), () => `it failed: ${String(failure.value)}`)
  must(
    law,
    subject.limits.chunks < Bounds.chunksIn(subject) || !String(failure.value).includes("RiffLimits.chunks"),
    () => `it came to more chunks than there can be: ${String(failure.value)}`
  )
  return Either.left(failure.value)
}

/** What a walk may cost: so many of them. */
const walks = (subject: Subject, count: number) => ({
  calls: count * Bounds.callsOfWalk(subject),
  bytes: count * Bounds.bytesOfWalk(subject)
})

/** The nodes of a tree, each before what is in it, and how deep each is. */
const flattened = (top: ReadonlyArray<Riff.TreeNode>): ReadonlyArray<readonly [node: Riff.TreeNode, depth: number]> => {
  const all: Array<readonly [Riff.TreeNode, number]> = []
  const open = top.map((node): readonly [Riff.TreeNode, number] => [node, 1]).toReversed()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    all.push(next)
    const [{ children }, depth] = next
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i]
      if (child !== undefined) open.push([child, depth + 1])
    }
  }
  return all
}

const headerSize = (chunk: Riff.Chunk): number => chunk.dataOffset - chunk.offset

/** A tree lies in the file as chunks do, and within the limits. */
const checkTree = (subject: Subject, law: string, tree: Riff.Tree): void => {
  const { length, limits } = subject
  must(law, tree.length === length, () => `the file has ${length} bytes, and not ${tree.length}`)
  const nodes = flattened(tree.chunks)
  const most = Math.min(limits.chunks, Bounds.chunksIn(subject))
  must(law, nodes.length <= most, () => `there are ${nodes.length} chunks, and ${most} at most can be`)
  must(
    law,
    nodes.every(([, depth]) => depth <= limits.nesting),
    () => `chunks are nested more than ${limits.nesting} deep`
  )
  checkProblems(subject, law, tree.problems)
  const place = (nodes: ReadonlyArray<Riff.TreeNode>, from: number, to: number): void => {
    let at = from
    for (const { available, children, chunk, padding } of nodes) {
      const end = chunk.dataOffset + available + padding
      must(
        law,
        chunk.offset >= at && available >= 0 && padding >= 0 && end <= to,
        () =>
          `the chunk at ${chunk.offset} with ${available} bytes and ${padding} of padding is not between ${at} and ${to}`
      )
      if (children.length > 0) {
        const typeSize = Option.isSome(chunk.guid) ? 16 : 4
        place(children, chunk.dataOffset + typeSize, chunk.dataOffset + available)
      }
      at = end
    }
  }
  place(tree.chunks, 0, length)
}

const checkProblems = (
  subject: Subject,
  law: string,
  problems: Riff.Tree["problems"]
): void => {
  const most = Math.min(subject.limits.problems + 1, Bounds.problemsIn(Bounds.chunksIn(subject)))
  must(law, problems.length <= most, () => `there are ${problems.length} problems, and ${most} at most can be`)
  problems.forEach(({ message, offset }, index) => {
    const before = problems[index - 1]?.offset ?? 0
    must(law, offset >= before && offset <= subject.length, () => `out of order, or out of the file: ${message}`)
  })
}

const invalidFile = { failures: ["InvalidFile"] } as const

/** All that a stream gives. (`runCollect` costs several times as much.) */
const collected = <A, E>(stream: Stream.Stream<A, E>): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.suspend(() => {
    const all: Array<A> = []
    return Effect.as(
      Stream.runForEachChunk(stream, (some) =>
        Effect.sync(() => {
          for (const value of some) all.push(value)
        })),
      all
    )
  })

/** The chunks come one after the other as they are in the tree, if there is one. */
const checkChunks = (
  subject: Subject,
  nodes: ReadonlyArray<readonly [Riff.TreeNode, number]> | undefined
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const all = yield* run(
      subject,
      "Riff.chunks",
      { ...invalidFile, ...walks(subject, 1) },
      collected(Riff.chunks(subject.file))
    )
    must(
      "Riff.chunks",
      Either.isRight(all) === (nodes !== undefined),
      () => "it fails where Riff.tree does not, or does not where it does"
    )
    if (Either.isRight(all) && nodes !== undefined) {
      const chunks = all.right
      must(
        "Riff.chunks",
        chunks.length === nodes.length,
        () => `${chunks.length} chunks, and ${nodes.length} in the tree`
      )
      chunks.forEach((chunk, i) => {
        const [node, depth] = nodes[i] ?? []
        must(
          "Riff.chunks",
          chunk.offset === node?.chunk.offset && chunk.size === node.chunk.size && chunk.depth === depth
            && chunk.id === node.chunk.id,
          () => `the chunk at ${chunk.offset} is not what Riff.tree has in its place, at ${node?.chunk.offset}`
        )
      })
    }
  })

/** The walks of all kinds find the same chunks. */
const checkWalks = (subject: Subject): Effect.Effect<ReadonlyArray<readonly [Riff.TreeNode, number]> | undefined> =>
  Effect.gen(function*() {
    const { file, length, limits } = subject
    // What follows a doubtful pad byte is looked at twice.
    const strict = yield* run(subject, "Riff.tree", { ...invalidFile, ...walks(subject, 2) }, Riff.tree(file))
    if (Either.isRight(strict)) checkTree(subject, "Riff.tree", strict.right)
    const nodes = Either.isRight(strict) ? flattened(strict.right.chunks) : undefined

    if (subject.streams) yield* checkChunks(subject, nodes)
    // Where no form begins at the start, one is looked for, and then a journal.
    const problems = yield* run(subject, "Riff.verify", { failures: [], ...walks(subject, 2) }, Riff.verify(file))
    if (Either.isRight(problems)) {
      checkProblems(subject, "Riff.verify", problems.right)
      if (Either.isRight(strict)) {
        must(
          "Riff.verify",
          problems.right.length === strict.right.problems.length,
          () => "other problems than Riff.tree has"
        )
      } else {
        must(
          "Riff.verify",
          // After a pad byte that is missing, a strict reader comes to other chunks.
          problems.right.length > limits.problems
            || problems.right.some((problem) =>
              problem._tag === "LimitExceeded"
              || (problem._tag === "MissingPadByte" && problem.offset <= (strict.left.position ?? 0))
            ),
          () => "it does not know of the limit that Riff.tree fails by"
        )
      }
    }

    if (nodes !== undefined) {
      const found = descended(file, nodes[0]?.[0].chunk.offset ?? 0, 2 * (Bounds.chunksIn(subject) + 2))
      const steps = yield* run(
        subject,
        "Riff.descend",
        {
          failures: ["InvalidFile"],
          calls: 16 * (nodes.length + 4) + (subject.atMost === Infinity ? 0 : 8 * (length + 4096)),
          bytes: (nodes.length + 4) * 2 * (subject.buffer + 128) + 2 * length
        },
        found
      )
      if (Either.isRight(steps)) {
        const same = steps.right.length === nodes.length &&
          steps.right.every((at, i) => at === nodes[i]?.[0].chunk.offset)
        must("Riff.descend", same, () => `it finds chunks at ${steps.right.join(", ")}`)
      }
    }
    return nodes
  })

/** A path finds what it leads to. */
const checkFind = (
  subject: Subject,
  nodes: ReadonlyArray<readonly [Riff.TreeNode, number]> | undefined
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const contract = { failures: ["ChunkNotFound", "InvalidFile"] as const, ...walks(subject, 1) }
    const find = (path: Riff.Path) => run(subject, "Riff.find", contract, Riff.find(subject.file, path))
    const data = yield* find([{ id: "RIFF" }, { id: "data" }])
    if (Either.isLeft(data)) {
      const { _tag } = data.left
      must(
        "Riff.find",
        _tag === "ChunkNotFound" || nodes === undefined,
        () => "it goes beyond a limit, and Riff.tree does not"
      )
    } else {
      const { id, offset } = data.right
      must(
        "Riff.find",
        id === "data" && (nodes === undefined || nodes.some(([{ chunk }]) => chunk.offset === offset)),
        () => `at ${offset} Riff.tree has no such chunk`
      )
    }
    // Where the last chunk is, its path says.
    const last = nodes?.at(-1)
    if (nodes === undefined || last === undefined) return
    const path: Array<Riff.PathStep> = []
    let from = nodes.length
    for (let depth = last[1]; depth > 0; depth--) {
      const index = nodes.findLastIndex(([, other], i) => i < from && other === depth)
      const before = nodes.findLastIndex(([, other], i) => i < index && other < depth)
      const id = nodes[index]?.[0].chunk.id ?? ""
      // A form or a list means its relatives, too, which are not told apart here.
      if (["RIFF", "LIST"].includes(id)) return
      path.unshift({
        id,
        index: nodes.slice(before + 1, index).filter(([{ chunk }, other]) => other === depth && chunk.id === id).length
      })
      from = index
    }
    const found = yield* find(path)
    must(
      "Riff.find",
      Either.isRight(found) && found.right.offset === last[0].chunk.offset,
      () => `${Riff.formatPath(path)} leads to ${Either.isRight(found) ? found.right.offset : found.left._tag}`
    )
  })

/** A form is asked what it is about. */
const checkWave = (subject: Subject): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { file, length, limits } = subject
    const contract = {
      ...invalidFile,
      // The parts of the metadata are read one by one.
      calls: Bounds.callsOfWalk(subject)
        + Bounds.callsOfRead(subject, length) * Math.min(limits.chunks, Bounds.chunksIn(subject)),
      bytes: Bounds.bytesOfWalk(subject) + 2 * length + subject.buffer * Bounds.chunksIn(subject)
    }
    const info = yield* run(subject, "Wave.info", contract, Wave.info(file))
    const lenient = yield* run(subject, "Wave.info, lenient", contract, Wave.info(file, { lenient: true }))
    if (Either.isRight(info)) {
      must(
        "Wave.info, lenient",
        Either.isRight(lenient) && lenient.right.malformed.length === 0,
        () => "it fails, or has malformed parts, where the strict one has none"
      )
    }
    if (Either.isLeft(lenient)) return
    const { cuePoints, data, form, malformed, tags } = lenient.right
    must("Wave.info, lenient", form.offset < length, () => `the form is at ${form.offset}`)
    const kept = malformed.reduce((sum, { bytes }) => sum + bytes.length, 0) + 24 * cuePoints.length + 8 * tags.length
    must(
      "Wave.info, lenient",
      kept <= Math.min(limits.bytes, length) && tags.every(({ text }) => text.length <= length),
      () => `it keeps ${kept} bytes`
    )
    if (Option.isNone(data) || !subject.streams) return
    const { available, chunk } = data.value
    must(
      "Wave.info, lenient",
      chunk.dataOffset + available <= length,
      () => `of ${available} bytes of samples at ${chunk.dataOffset} some are past the end`
    )
    const samples = yield* runMoving(
      subject,
      "Wave.blocks",
      {
        ...invalidFile,
        calls: contract.calls + 8 + 8 * Math.ceil(available / 65_536)
          + (subject.atMost === Infinity ? 0 : 2 * Math.ceil(available / subject.atMost)),
        bytes: contract.bytes
      },
      Stream.runFold(Wave.blocks(file), 0, (sum, bytes) => sum + bytes.length)
    )
    if (Either.isRight(samples)) {
      must("Wave.blocks", samples.right <= available, () => `${samples.right} bytes of ${available}`)
    }
    yield* Effect.orDie(Mmio.seek(file, start))
  })

const forms: ReadonlySet<string> = new Set(["RIFF", "RIFX", "RF64", "BW64", "riff"])

/** Whether a form at the top is a WAVE, in a file without a journal. */
const hasWave = ({ chunks, problems }: Riff.Tree): boolean =>
  chunks.some(({ chunk: { guid, id, type } }) =>
    forms.has(id) && Option.exists(type, (type) => type === "WAVE" || (type === "wave" && Option.isSome(guid)))
  )
  && problems.every(({ _tag }) => _tag !== "UnfinishedEdit")

/** Where a strict reader finds a WAVE, a lenient one reads it, if that does not go beyond a limit. */
const checkLenient = (subject: Subject): Effect.Effect<void> =>
  Effect.gen(function*() {
    const law = "Wave.info, where Riff.tree finds a form"
    const contract = { ...invalidFile, calls: Infinity, bytes: Infinity }
    const strict = yield* run(subject, law, contract, Riff.tree(subject.file))
    if (Either.isLeft(strict) || !hasWave(strict.right)) return
    const lenient = yield* run(subject, law, contract, Wave.info(subject.file, { lenient: true }))
    must(
      law,
      Either.isRight(lenient) || String(lenient.left).includes("RiffLimits."),
      () => Either.isLeft(lenient) ? String(lenient.left) : ""
    )
  })

const title = "The title that an edit has written"
const titlePath = "RIFF:WAVE / LIST:INFO / INAM"

/** An edit changes nothing, or its path leads to what it has written, which is what readers read then. */
const checkEdit = (before: Uint8Array): Effect.Effect<void> =>
  Effect.gen(function*() {
    const law = "Riff.edit"
    const storage = new Storage(before.slice(), Infinity)
    const data = Uint8Array.from(`${title}\0`, (character) => character.charCodeAt(0))
    const edited = yield* Effect.either(
      Effect.provideService(Riff.edit("input", [RiffEdit.assign(titlePath, data)]), IOProc.IOProc, storage.ioProc)
    )
    if (Either.isLeft(edited)) {
      const { _tag } = edited.left
      must(law, ["InvalidFile", "ChunkNotFound", "InvalidParameter"].includes(_tag), () => String(edited.left))
      must(law, firstDifference(storage.bytes, before) === undefined, () => "an edit that failed has changed the file")
      return
    }
    yield* Effect.orDie(Effect.scoped(Effect.gen(function*() {
      const file = yield* Mmio.openWith(storage.ioProc, "input", {})
      const { dataOffset, size } = yield* Riff.find(file, titlePath)
      const found = storage.bytes.subarray(dataOffset, dataOffset + size)
      must(law, firstDifference(found, data) === undefined, () => `its path leads to ${excerpt(found, 0)}`)
      const { tags } = yield* Wave.info(file, { lenient: true })
      const read = tags.find(({ id }) => id === "INAM")?.text
      must(law, read === title, () => `Wave.info reads ${String(read)}`)
    })))
  })

/**
 * What is in the chunks of a tree, to compare: where each is, and the bytes of those that have no chunks in them. Of a
 * form without a type it is not said what is in it.
 */
const leaves = ({ chunks }: Riff.Tree, end: number): ReadonlyArray<string> =>
  flattened(chunks).filter(([{ chunk }]) => chunk.offset < end).map(([{ available, chunk, children }, depth]) => {
    const isContainer = children.length > 0 || Option.isSome(chunk.type) || forms.has(chunk.id)
    return `${depth} ${chunk.id} ${Option.getOrElse(chunk.type, () => "")} ${chunk.offset} ${
      isContainer ? "" : available
    }`
  })

/** Whether a file begins as those of Wave64 do. */
const isWave64 = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === "riff"

/** The corrections that a repair makes, without what it leaves to others. */
const made = (corrections: ReadonlyArray<RiffCorrection.RiffCorrection>) =>
  corrections.filter((correction) => correction._tag !== "PadByteOffered" && correction._tag !== "BytesLeft")

/**
 * A repair corrects sizes, and nothing else, and only once; what a forgiving reader found before is what everybody
 * finds then.
 */
const checkRepair = (subject: Subject, before: Uint8Array): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { file, storage } = subject
    const law = "Riff.repair"
    const lenient = yield* run(
      subject,
      "Riff.tree, lenient",
      { ...invalidFile, ...walks(subject, 3) },
      Riff.tree(file, { lenient: true })
    )
    if (Either.isRight(lenient)) checkTree(subject, "Riff.tree, lenient", lenient.right)

    const planned = yield* run(
      subject,
      law,
      { ...invalidFile, ...walks(subject, 3) },
      Effect.map(Riff.repair(file, { dryRun: true }), made)
    )
    must(law, firstDifference(storage.bytes, before) === undefined, () => "what is only planned has changed the file")
    must(
      law,
      Either.isRight(planned) === Either.isRight(lenient),
      () => "it fails where Riff.tree does not, or does not where it does"
    )
    const count = Either.isRight(planned) ? planned.right.length : 0
    const { bytes, calls } = walks(subject, 3)
    const writing = { calls: calls + count * 16, bytes: bytes + count * 2 * subject.buffer }
    const repaired = yield* run(
      subject,
      law,
      { ...invalidFile, ...writing },
      Effect.map(Effect.zipLeft(Riff.repair(file), Mmio.flush(file)), made)
    )
    if (Either.isLeft(repaired)) {
      must(law, firstDifference(storage.bytes, before) === undefined, () => "a repair that failed has changed the file")
      return
    }
    const corrections = repaired.right
    must(law, corrections.length === count, () => `${count} corrections were planned, and ${corrections.length} made`)
    const after = storage.bytes
    const expected = new Uint8Array(before.length + corrections.filter(({ _tag }) => _tag === "PadByteAdded").length)
    expected.set(before)
    for (const correction of corrections) {
      if (correction._tag === "PadByteAdded") {
        must(law, correction.offset === before.length, () => correction.message)
        continue
      }
      if (correction._tag === "SampleCountCorrected") {
        const { id, offset } = correction
        const size = id === "ds64" || isWave64(before) ? 8 : 4
        expected.set(after.subarray(offset, offset + size), offset)
        continue
      }
      const { chunk, field, offset } = correction
      // In Wave64 the size of 64 bits follows the GUID.
      const size = field === "ds64" || offset === chunk + 16 ? 8 : 4
      must(law, field === "ds64" || offset === chunk + 16 || offset === chunk + 4, () =>
        `no size is there: ${correction.message}`)
      expected.set(after.subarray(offset, offset + size), offset)
    }
    const difference = firstDifference(after, expected)
    must(
      law,
      difference === undefined,
      () =>
        `it changed more than it says: ${excerpt(after, difference ?? 0)}, not ${excerpt(expected, difference ?? 0)}`
    )
    const longer = { ...subject, length: after.length }
    const again = yield* run(
      longer,
      law,
      { ...invalidFile, ...walks(longer, 3) },
      Effect.map(Riff.repair(file, { dryRun: true }), made)
    )
    must(law, Either.isRight(again) && again.right.length === 0, () =>
      "a second repair finds something to do")
    if (corrections.length === 0 || Either.isLeft(lenient)) return
    const strict = yield* run(longer, "Riff.tree, repaired", { ...invalidFile, ...walks(longer, 2) }, Riff.tree(file))
    if (Either.isLeft(strict)) return
    checkTree(longer, "Riff.tree, repaired", strict.right)
    // What was cut off inside of its type is not in the form any more.
    const form = strict.right.chunks.find(({ chunk }) => chunk.offset === lenient.right.chunks.at(-1)?.chunk.offset)
    const end = form === undefined ? 0 : form.chunk.dataOffset + form.available
    const found = leaves(strict.right, end)
    const meant = leaves(lenient.right, end)
    const index = meant.findIndex((leaf, i) => leaf !== found[i])
    must(
      law,
      found.length === meant.length && index < 0,
      () => `it made other chunks of it than a forgiving reader found: ${found[index]} for ${meant[index]}`
    )
    must(law, end > 0, () => "the form is not there any more")
  })

const headerIsInside = (nodes: ReadonlyArray<readonly [Riff.TreeNode, number]>, length: number): boolean =>
  nodes.every(([{ chunk }]) => chunk.offset + headerSize(chunk) <= length)

/**
 * The first law that does not hold of a file, if there is one.
 */
export const broken = (
  bytes: Uint8Array,
  { atMost, buffer, limits, streams }: RiffFuzz.Settings
): Effect.Effect<{ readonly law: string; readonly description: string } | undefined> =>
  Effect.gen(function*() {
    const before = bytes.slice()
    const storage = new Storage(bytes.slice(), atMost)
    const file = yield* Mmio.openWith(storage.ioProc, "input", { access: "readWrite", buffer })
    yield* Effect.orDie(Mmio.seek(file, start))
    const length = bytes.length
    const subject: Subject = { storage, file, limits, streams, length, atMost, buffer: buffer === "none" ? 0 : buffer }
    const nodes = yield* checkWalks(subject)
    must("Riff.tree", nodes === undefined || headerIsInside(nodes, length), () => "a header goes beyond the file")
    yield* checkFind(subject, nodes)
    yield* checkWave(subject)
    yield* checkLenient(subject)
    must("reading", firstDifference(storage.bytes, before) === undefined, () => "what only reads has changed the file")
    yield* checkRepair(subject, before)
    // With smaller limits an edit could make what they do not let one find.
    if (streams && limits.entries === RiffLimits.defaults.entries && limits.bytes === RiffLimits.defaults.bytes) {
      yield* checkEdit(before)
    }
    return undefined
  }).pipe(
    Effect.scoped,
    RiffLimits.withLimits(limits),
    // The spans, which cost more than the rest, are not needed.
    Effect.withTracerEnabled(false),
    Effect.catchAllCause((cause) => {
      const [defect] = Chunk.toReadonlyArray(Cause.defects(cause))
      return Effect.succeed(
        defect instanceof Broken
          ? { law: defect.law, description: defect.description }
          : { law: "no exceptions", description: Cause.pretty(cause) }
      )
    })
  )
