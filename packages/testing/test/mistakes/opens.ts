/**
 * Mistakes against opening and sharing.
 */
import { IOProc, MmioError } from "@effect-mmio/core"
import { Effect, Option } from "effect"
import { error, files, memory, type Mistake, mistake, storage } from "./make.js"

export const opens: ReadonlyArray<Mistake> = [
  mistake(
    "a missing file is CannotOpen",
    "a missing file is FileNotFound when it is opened for read, and is not created",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "FileNotFound",
          ({ file }) => Effect.fail(new MmioError.CannotOpen(error(file)))
        )
    }))
  ),
  mistake(
    "a missing folder is FileNotFound",
    "a file in a missing folder is PathNotFound",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "PathNotFound",
          ({ file }) => Effect.fail(new MmioError.FileNotFound(error(file)))
        )
    }))
  ),
  mistake(
    "missing folders are made",
    "a file cannot be created in a missing folder",
    storage((driver) => ({
      open: (request) =>
        Effect.zipRight(
          request.create === "no"
            ? Effect.void
            : Effect.ignore(driver.makeFolder(request.name.full.slice(0, request.name.full.lastIndexOf("/") + 1))),
          driver.open(request)
        )
    }))
  ),
  mistake(
    "a folder opens as an empty file",
    "a folder cannot be opened for reading",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "CannotOpen",
          () => Effect.succeed(IOProc.makeFile({ name: "", size: Effect.succeed(0), readAt: () => Effect.succeed(0) }))
        )
    }))
  ),
  mistake(
    "opening for writing creates the file",
    "a missing file is FileNotFound when it is opened for write, and is not created",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "FileNotFound",
          (error) => request.access === "read" ? Effect.fail(error) : driver.open({ ...request, create: "truncate" })
        )
    }))
  ),
  mistake(
    "create does not truncate",
    "create truncates a file that exists to no bytes",
    storage((driver) => ({
      open: (request) =>
        request.create === "truncate"
          ? Effect.catchTag(driver.open({ ...request, create: "no" }), "FileNotFound", () => driver.open(request))
          : driver.open(request)
    }))
  ),
  mistake(
    "a file is truncated before its sharing mode is granted",
    "an open with create that is refused does not truncate",
    storage((driver) => ({
      open: (request) =>
        Effect.zipRight(
          request.create === "truncate"
            ? Effect.ignore(
              Effect.zipRight(driver.bytes(request.name.full), driver.put(request.name.full, new Uint8Array(0)))
            )
            : Effect.void,
          driver.open(request)
        )
    }))
  ),
  mistake(
    "create new first looks, then creates",
    "of 50 fibers that create one new file, one succeeds",
    storage((driver) => ({
      open: (request) =>
        request.create !== "new" ? driver.open(request) : Effect.flatMap(
          Effect.zipLeft(Effect.orDie(driver.exists(request.name)), Effect.yieldNow()),
          (exists) => driver.open(exists ? request : { ...request, create: "truncate" })
        )
    }))
  ),
  mistake(
    "create new truncates a file that exists",
    "create new of a name that exists is CannotOpen with EEXIST, and changes nothing",
    storage((driver) => ({
      open: (request) => driver.open(request.create === "new" ? { ...request, create: "truncate" } : request)
    }))
  ),
  mistake(
    "create new does not say EEXIST",
    "create new of a name that exists is CannotOpen with EEXIST, and changes nothing",
    storage((driver) => ({
      open: (request) =>
        Effect.catchTag(
          driver.open(request),
          "CannotOpen",
          ({ file }) => Effect.fail(new MmioError.CannotOpen(error(file)))
        )
    }))
  ),
  mistake(
    "a handle sees the file as it was when it was opened",
    "handles that have the file open see that it is truncated",
    storage((driver) => ({
      open: (request) =>
        request.access !== "read" ?
          driver.open(request) :
          Effect.flatMap(driver.open(request), (file) =>
            Effect.map(Effect.orDie(driver.bytes(request.name.full)), (bytes): IOProc.File => ({
              ...file,
              size: Effect.succeed(bytes.length),
              readAt: (position, target) =>
                position < 0 ? file.readAt(position, target) : Effect.sync(() => {
                  const part = bytes.subarray(position, position + target.length)
                  target.set(part)
                  return part.length
                })
            })))
    }))
  ),
  mistake(
    "two files have one identity",
    "handles of one file have one identity, and those of two files have two",
    files(() => ({ identity: Option.some("the file") }))
  ),
  mistake(
    "an unbuffered file is held back",
    "a file opened unbuffered is read and written",
    memory,
    {
      around: (driver) => {
        const wrapped = IOProc.writeBehind(driver, { smallest: 100 })
        return { ...wrapped, open: (request) => wrapped.open({ ...request, buffered: true }) }
      }
    }
  ),
  mistake(
    "denyRead and denyWrite are mixed up",
    "an open with create that is refused does not truncate",
    storage((driver) => ({
      open: (request) =>
        driver.open({
          ...request,
          share: request.share === "denyRead" ? "denyWrite" : request.share === "denyWrite" ? "denyRead" : request.share
        })
    }))
  ),
  mistake(
    "compat is denyNone",
    "other handles open a file that is open as compat by the rule of mmioOpen",
    storage((driver) => ({
      open: (request) => driver.open({ ...request, share: request.share === "compat" ? "denyNone" : request.share })
    }))
  )
]
