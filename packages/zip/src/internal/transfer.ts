/**
 * Whole transfers: a storage may read and write less than it is asked for.
 */
import type * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"

/**
 * How much is copied at once. To replace an element in an archive of 560 MB took 0.42 s so, and 0.49 s by 1 MiB. To
 * read the next block while one is written made it slower on two processors: the disk needs one, too.
 *
 * @internal
 */
export const copiedAtOnce = 2 * 1024 * 1024

/** Reads until `target` is full, or the file ends; how many bytes. @internal */
export const readFully = (
  file: Pick<IOProc.File, "readAt">,
  position: number,
  target: Uint8Array
): Effect.Effect<number, MmioError.ReadError> =>
  Effect.gen(function*() {
    let done = 0
    while (done < target.length) {
      const count = yield* file.readAt(position + done, target.subarray(done))
      if (count === 0) break
      done += count
    }
    return done
  })

/** Writes all of `source`. @internal */
export const writeFully = (
  file: IOProc.File,
  name: string,
  position: number,
  source: Uint8Array
): Effect.Effect<void, MmioError.WriteError> =>
  Effect.gen(function*() {
    const refused = (description: string) =>
      new MmioError.CannotWrite({ operation: "ZipIOProc.write", file: name, description, written: 0 })
    if (file.writeAt === undefined) return yield* refused("the storage below only reads")
    let done = 0
    while (done < source.length) {
      const count = yield* file.writeAt(position + done, source.subarray(done), "write")
      if (count === 0) return yield* refused("the storage below wrote nothing")
      done += count
    }
  })
