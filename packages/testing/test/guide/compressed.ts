/**
 * Mistakes in the driver that compresses files, `examples/compressed.ts`: those that are made when one writes such a
 * driver.
 */
import type { Mistake } from "./plant.js"

const mistake = (what: string, caughtBy: string, file: string, from: string, to: string): Mistake => ({
  what,
  caughtBy,
  file,
  from,
  to
})

const driver = "compressed.ts"
const stored = "compressed/stored.ts"

export const mistakes: ReadonlyArray<Mistake> = [
  mistake(
    "off by one at the boundary of a block",
    "a file opened for reading has its bytes from the first on",
    driver,
    "Math.min(offset + target.length, blockSize, offset + size - position)",
    "Math.min(offset + target.length, blockSize - 1, offset + size - position)"
  ),
  mistake(
    "a short read of the storage is taken for the end",
    "faults",
    stored,
    "      if (count === 0) break\n      done += count\n",
    "      done += count\n      break\n"
  ),
  mistake(
    "a short write of the storage is taken for a whole one",
    "faults",
    stored,
    "      done += count\n    }\n  })\n\nconst invalid",
    "      done = source.length\n    }\n  })\n\nconst invalid"
  ),
  mistake(
    "the stored file is not flushed before it takes the place of the old one",
    "crashes",
    stored,
    `    yield* to.writeAt!(0, new Uint8Array(0), "writeFlush")`,
    ""
  ),
  mistake(
    "the new name is not flushed",
    "crashes",
    driver,
    `Effect.zipRight(file.writeAt!(0, new Uint8Array(0), "writeFlush"), readIndex(file, name, blockSize))`,
    "readIndex(file, name, blockSize)"
  ),
  mistake(
    "truncate leaves the bytes that it cut off",
    "truncate to a larger size adds zeros",
    driver,
    "      kept = Math.min(kept, to)\n",
    ""
  ),
  mistake(
    "truncate leaves the end of a block that was changed",
    "what truncate has cut off does not come back when the file grows again",
    driver,
    "bytes.fill(0, to - index * blockSize)",
    "void bytes"
  ),
  mistake(
    "truncate does not make a file longer",
    "truncate to a larger size adds zeros",
    driver,
    "      size = to\n      isChanged = true\n",
    "      size = Math.min(size, to)\n      isChanged = true\n"
  ),
  mistake(
    "a block that was read is read again from memory after it was overwritten",
    "a file reads what it wrote itself, before a commit and after it",
    driver,
    "      changed.set(index, young)\n      last = undefined\n",
    "      changed.set(index, young)\n"
  ),
  mistake(
    "a commit keeps the stored block of one that was changed",
    "overwriting changes those bytes, and no others",
    driver,
    "old !== undefined && !changed.has(index) && end <= kept",
    "old !== undefined && end <= kept"
  ),
  mistake(
    "`create: \"new\"` is not exclusive",
    "create new of a name that exists is CannotOpen with EEXIST, and changes nothing",
    driver,
    `if (create === "new" && (`,
    `if (create === "truncate" && false && (`
  ),
  mistake(
    "a file that commits on close is closed without a commit",
    "close pushes down what was written",
    driver,
    "Effect.ensuring(commit, release)",
    "release"
  ),
  mistake(
    "abort commits",
    "abort leaves the old content",
    driver,
    "    abort: release,",
    "    abort: Effect.ensuring(Effect.ignore(commit), release),"
  ),
  mistake(
    "reads that are made at the same time share a buffer",
    "concurrent reads return the right bytes where a file allows them",
    stored,
    "  const packed = new Uint8Array(to - from)\n",
    "  const packed = (globalThis.shared ??= new Uint8Array(2 ** 16)).subarray(0, to - from)\n"
  ),
  mistake(
    "a commit that fails leaves its temporary file",
    "faults",
    driver,
    ".pipe(Effect.onError(() => Effect.ignore(storage.remove(temporary))))",
    ""
  ),
  mistake(
    "a commit writes over what another one has committed",
    "a commit over a content that was changed is VersionChanged, and keeps that content",
    driver,
    "if (Option.getOrUndefined(now) !== Option.getOrUndefined(expected)) {",
    "if (now === undefined) {"
  ),
  mistake(
    "a commit leaves the file open that it replaced",
    "other readers see the new content after commit, and the file goes on",
    driver,
    "    if (Option.isSome(stored)) yield* Effect.ignore(stored.value.file.close)\n",
    ""
  ),
  mistake(
    "a file that cannot be read is left open",
    "faults",
    driver,
    "Effect.onError(readIndex(file, request.name.full, blockSize), () => file.abort)",
    "readIndex(file, request.name.full, blockSize)"
  ),
  mistake(
    "stat says how long the stored file is",
    "stat says the kind and the size of a file",
    driver,
    "({ ...stat, size: Option.some(size) })",
    "({ ...stat, size: Option.map(stat.size, (stored) => Math.max(size, stored)) })"
  )
]
