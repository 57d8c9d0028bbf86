/**
 * Mistakes against laws 3 to 5.
 */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect } from "effect"
import { error, files, memory, type Mistake, mistake, storage, writers } from "./make.js"

export const endings: ReadonlyArray<Mistake> = [
  mistake(
    "a read goes on after it was interrupted",
    "a read that is interrupted at any step fills nothing later",
    files((file) => ({
      readAt: (position, target) =>
        Effect.flatMap(
          Effect.forkDaemon(Effect.delay(file.readAt(position, target), 0)),
          (fiber) => Effect.interruptible(Effect.flatten(fiber.await))
        )
    }))
  ),
  mistake(
    "a write goes on after it was interrupted",
    "a write that is interrupted at any step writes nothing later",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        Effect.flatMap(
          Effect.forkDaemon(Effect.delay(write(position, source, mode), 0)),
          (fiber) => Effect.interruptible(Effect.flatten(fiber.await))
        )
    }))
  ),
  mistake(
    "an interrupted write leaves zeros",
    "a write that is interrupted at any step writes nothing later",
    writers((_, write) => ({
      writeAt: (position, source, mode) =>
        position < 0 ? write(position, source, mode) : Effect.zipRight(
          write(position, new Uint8Array(source.length), "write"),
          Effect.zipRight(Effect.yieldNow(), write(position, source, mode))
        )
    }))
  ),
  mistake(
    "a truncate takes two steps",
    "a truncate that is interrupted at any step is done completely, or not at all",
    files(({ truncate }) => ({
      truncate: truncate &&
        ((size) => Effect.zipRight(truncate(size + 1), Effect.zipRight(Effect.yieldNow(), truncate(size))))
    }))
  ),
  mistake(
    "an open that is interrupted leaves its claim",
    "an open that is interrupted at any step leaves nothing open",
    storage((driver) => ({
      open: (request) => Effect.interruptible(Effect.zipLeft(driver.open(request), Effect.yieldNow()))
    }))
  ),
  mistake(
    "a handle for reading writes",
    "writing a file that is open for reading is refused, and changes nothing",
    storage((driver) => ({
      open: (request) => driver.open(request.access === "read" ? { ...request, access: "readWrite" } : request)
    }))
  ),
  mistake(
    "a handle for writing reads",
    "reading a file that is open for writing is CannotRead, and changes nothing",
    storage((driver) => ({
      open: (request) => driver.open(request.access === "write" ? { ...request, access: "readWrite" } : request)
    }))
  ),
  mistake(
    "a refused write says that it has written",
    "a refused write says that none of its bytes were written",
    files((_, { access, name }) =>
      access === "read"
        ? {
          writeAt: (_, source) =>
            Effect.fail(new MmioError.CannotWrite({ ...error(name.full), written: source.length }))
        }
        : {}
    )
  ),
  mistake(
    "close does not release the claim",
    "a file that was closed or aborted can be opened exclusively, then by others",
    files(() => ({ close: Effect.void }))
  ),
  mistake(
    "abort does not release the claim",
    "an aborted writer releases the file",
    files(() => ({ abort: Effect.void }))
  ),
  mistake(
    "close loses what was written last",
    "close pushes down what was written",
    writers((_, write) => {
      let kept: readonly [number, Uint8Array] | undefined
      const flush = Effect.suspend(() => {
        const last = kept
        kept = undefined
        return last === undefined ? Effect.succeed(0) : write(...last, "write")
      })
      return {
        writeAt: (position, source, mode) =>
          mode === "writeFlush"
            ? Effect.zipRight(flush, write(position, source, mode))
            : Effect.as(
              Effect.zipRight(
                flush,
                Effect.sync(() => {
                  kept = [position, source.slice()]
                })
              ),
              source.length
            )
      }
    })
  ),
  mistake(
    "a closed file still writes",
    "a closed file refuses to write, and nothing is written",
    storage((driver) => ({
      open: (request) =>
        Effect.map(driver.open(request), (file): IOProc.File => {
          const { writeAt } = file
          let closed = false
          return {
            ...file,
            writeAt: writeAt && ((position, source, mode) =>
              closed
                ? Effect.orDie(Effect.as(driver.put(request.name.full, source), source.length))
                : writeAt(position, source, mode)),
            close: Effect.zipRight(
              Effect.sync(() => {
                closed = true
              }),
              file.close
            )
          }
        })
    }))
  ),
  mistake(
    "a second close releases the claim of another handle",
    "closing once more releases nothing of other handles",
    Effect.map(memory, (driver) => {
      let last: IOProc.File | undefined
      return IOProc.mapFile(driver, (file) => {
        let closed = false
        last = file
        return {
          ...file,
          close: Effect.suspend(() => {
            if (closed && last !== undefined) return last.close
            closed = true
            return file.close
          })
        }
      })
    })
  ),
  mistake(
    "abort drops what was flushed to a file that is written in place",
    "abort keeps what was flushed to a file that is written in place",
    storage((driver) => ({
      open: (request) =>
        Effect.map(driver.open(request), (file): IOProc.File => ({
          ...file,
          abort: Effect.zipRight(Effect.ignore(driver.put(request.name.full, new Uint8Array(0))), file.abort)
        }))
    }))
  )
]
