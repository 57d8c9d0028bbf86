/**
 * Replacing a file, so that at every moment its name leads to the whole old file or to the whole new one.
 *
 * The order is what makes it safe: write under another name, flush, and only then rename. A rename alone would be no
 * help: a disk may take the new name long before the bytes.
 */
import { FileName, type IOProc, Mmio, type MmioError } from "@effect-mmio/core"
import { Effect } from "effect"

/** Where the new file grows. Always the same for a file, so that what a crash left there is found again. */
const partOf = (name: string) => FileName.plain(`${name}.part`)

/** Makes `name` the file that `write` writes, or leaves it as it is. */
export const replaceFile = <E, R>(
  name: string,
  write: (file: Mmio.Handle<"write">) => Effect.Effect<unknown, E, R>
): Effect.Effect<void, E | MmioError.MmioError, IOProc.IOProc | R> => {
  const written = Mmio.withFile(partOf(name), { access: "write", create: true }, (file) =>
    // Closing would flush too; but here it is the point.
    Effect.zipRight(write(file), Mmio.flush(file)))
  return Effect.zipRight(written, Mmio.rename(partOf(name), FileName.plain(name))).pipe(
    // A run that stops half-way cleans up. If that fails as well, `cleanUp` comes at the next start.
    Effect.onError(() => Effect.ignore(Mmio.remove(partOf(name))))
  )
}

/** Removes what a crash left half-written; for the start of a program. */
export const cleanUp = (name: string): Effect.Effect<void, MmioError.MmioError, IOProc.IOProc> =>
  Effect.whenEffect(Mmio.remove(partOf(name)), Mmio.exists(partOf(name)))
