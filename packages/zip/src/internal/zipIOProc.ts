/**
 * The driver: finds out where a name leads, and goes on there.
 */
import type * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Changes from "./changes.js"
import { type Element, Locator } from "./locate.js"
import { openForReading, openForWriting } from "./opening.js"
import * as Queries from "./queries.js"
import { refusals } from "./refusals.js"
import { makeState, type Settings } from "./state.js"

/** @internal */
export const make = (settings: Settings): Effect.Effect<IOProc.IOProc, never, IOProc.IOProc> =>
  Effect.map(IOProc.IOProc, (below) => {
    const state = makeState(settings)

    /** Goes on with where a name leads; one that leads out of its archive is refused. */
    const located = <A, E>(
      operation: string,
      name: FileName.FileName,
      onPlain: (name: FileName.FileName) => Effect.Effect<A, E>,
      onElement: (element: Element) => Effect.Effect<A, E>
    ): Effect.Effect<A, E | MmioError.AccessDenied> =>
      Effect.flatMap(locator.locate(name), (found): Effect.Effect<A, E | MmioError.AccessDenied> => {
        switch (found._tag) {
          case "Plain":
            return onPlain(found.name)
          case "Element":
            return onElement(found)
          case "Outside":
            return Effect.fail(
              new MmioError.AccessDenied({
                operation,
                file: name.full,
                description: "the name leads out of the archive"
              })
            )
        }
      })

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      located(
        "ZipIOProc.open",
        request.name,
        (name) => below.open({ ...request, name, code: name.code }),
        (element) => {
          const opened = request.access === "read" && request.create === "no"
            ? openForReading(state, element, request)
            : openForWriting(state, element, request)
          // Errors of the storage below name the archive: what was asked for is an element of it.
          return Effect.mapError(opened, (error) =>
            MmioError.withDetails(error, { operation: "ZipIOProc.open", file: request.name.full }))
        }
      )

    const rename = (from: FileName.FileName, to: FileName.FileName): Effect.Effect<void, MmioError.RenameError> => {
      const operation = "ZipIOProc.rename"
      const elsewhere = (description: string) => () =>
        Effect.fail(refusals(operation, to.full).cannotWrite(description, "EXDEV"))
      return located(
        operation,
        from,
        (plain) =>
          located(
            operation,
            to,
            (other) => below.rename(plain, other),
            elsewhere("a file cannot be renamed into an archive")
          ),
        (element) =>
          located(
            operation,
            to,
            elsewhere("an element cannot be renamed out of its archive"),
            (other) => Changes.rename(state, element, other)
          )
      )
    }

    const zip: IOProc.IOProc = IOProc.make({
      open,
      stat: (name) =>
        located("ZipIOProc.stat", name, (plain) => below.stat(plain), (element) => Queries.stat(state, element)),
      exists: (name) =>
        located("ZipIOProc.exists", name, (plain) => below.exists(plain), (element) => Queries.exists(state, element)),
      list: (folder) =>
        Stream.unwrap(located<Stream.Stream<IOProc.Entry, MmioError.ListError>, MmioError.ListError>(
          "ZipIOProc.list",
          folder,
          (plain) => Effect.succeed(below.list(plain)),
          (element) => Effect.map(Queries.list(state, element), (entries) => Stream.fromIterable(entries))
        )),
      rename,
      remove: (name) =>
        located("ZipIOProc.remove", name, (plain) => below.remove(plain), (element) => Changes.remove(state, element)),
      makeFolder: (name) =>
        located(
          "ZipIOProc.makeFolder",
          name,
          (plain) => below.makeFolder(plain),
          (element) => Changes.makeFolder(state, element)
        ),
      removeFolder: (name) =>
        located(
          "ZipIOProc.removeFolder",
          name,
          (plain) => below.removeFolder(plain),
          (element) => Changes.removeFolder(state, element)
        ),
      fullName: (name) => located("ZipIOProc.fullName", name, (plain) => below.fullName(plain), locator.fullName),
      realName: (name) =>
        Effect.orElseSucceed(
          located("ZipIOProc.realName", name, (plain) => below.realName(plain), ({ name }) => Effect.succeed(name)),
          () => name
        ),
      find: (code) => below.find(code),
      capabilities: {
        list: true,
        atomicRename: below.capabilities.atomicRename,
        exclusiveCreate: below.capabilities.exclusiveCreate
      },
      middleware: below.middleware
    })
    const locator = new Locator(below, () => zip)
    return zip
  })
