/**
 * Files of databases that are files themselves: `lib.db+take` is the file `take` of the database `lib.db`, which is
 * open as long as one of its files is.
 */
import * as FileName from "@effect-mmio/core/FileName"
import * as FourCC from "@effect-mmio/core/FourCC"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Api from "../SqlIOProc.js"
import { elementsOf } from "./paths.js"
import { checked, makeWith } from "./sqlIOProc.js"

/** The code of names such as `lib.db+take`. @internal */
export const defaultCode = FourCC.make("DB  ")

/** @internal */
export const make = <E>(
  storage: IOProc.IOProc,
  options: Api.ElementsOptions<E>
): Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter, Scope.Scope> =>
  Effect.gen(function*() {
    const { client, code = defaultCode } = options
    yield* checked(options)
    const drivers = yield* RcMap.make({
      lookup: (path: string) =>
        Effect.flatMap(
          Effect.mapError(Layer.build(client(path)), (cause) =>
            new MmioError.CannotOpen({
              operation: "SqlIOProc.open",
              file: path,
              description: "the client could not open the database",
              cause
            })),
          (context) => makeWith(Context.get(context, SqlClient.SqlClient), options, elementsOf(path, code), path)
        )
    })

    /**
     * The driver of the database that a name is in, until the scope is closed. It makes a database only where it may.
     */
    const driverOf = (
      { full: file, path }: FileName.FileName,
      create: boolean
    ): Effect.Effect<IOProc.IOProc, MmioError.OpenError, Scope.Scope> => {
      const found = create ? Effect.succeed(true) : storage.exists(FileName.plain(path)).pipe(
        // A storage that cannot tell leaves it to the client.
        Effect.orElseSucceed(() => true)
      )
      const driver = Effect.mapError(
        RcMap.get(drivers, path),
        (error) =>
          error._tag === "InvalidParameter"
            ? new MmioError.CannotOpen({ operation: "SqlIOProc.open", file, description: error.description })
            : error
      )
      return Effect.flatMap(found, (found) =>
        found ? driver : Effect.fail(
          new MmioError.FileNotFound({ operation: "SqlIOProc.open", file, description: `there is no ${path}` })
        ))
    }

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> =>
      Effect.uninterruptible(Effect.gen(function*() {
        const scope = yield* Scope.make()
        const opened = yield* Effect.exit(Effect.flatMap(
          Scope.extend(driverOf(request.name, request.create !== "no"), scope),
          (driver) => driver.open(request)
        ))
        if (Exit.isFailure(opened)) {
          yield* Scope.close(scope, opened)
          return yield* opened
        }
        const file = opened.value
        const ended = Scope.close(scope, Exit.void)
        return { ...file, close: Effect.ensuring(file.close, ended), abort: Effect.ensuring(file.abort, ended) }
      }))

    /** What a call of a name fails with where its database cannot be opened. */
    const refused = (error: MmioError.OpenError) => {
      const { cause, description, errno, file } = error
      const details = { operation: "SqlIOProc.open", file, description, errno, cause }
      switch (error._tag) {
        case "FileNotFound":
        case "PathNotFound":
          return new MmioError.PathNotFound(details)
        case "AccessDenied":
        case "NetworkError":
          return error
        default:
          return new MmioError.CannotRead(details)
      }
    }
    const asWrite = (error: ReturnType<typeof refused>) =>
      error._tag === "CannotRead"
        ? new MmioError.CannotWrite({
          operation: error.operation,
          file: error.file,
          description: error.description,
          errno: error.errno,
          cause: error.cause,
          written: 0
        })
        : error

    const reading = <A, E2>(name: FileName.FileName, use: (driver: IOProc.IOProc) => Effect.Effect<A, E2>) =>
      Effect.scoped(Effect.flatMap(Effect.mapError(driverOf(name, false), refused), use))
    const changing = <A, E2>(
      name: FileName.FileName,
      create: boolean,
      use: (driver: IOProc.IOProc) => Effect.Effect<A, E2>
    ) => Effect.scoped(Effect.flatMap(Effect.mapError(driverOf(name, create), (error) => asWrite(refused(error))), use))

    return IOProc.make({
      open,
      exists: (name) =>
        Effect.catchTag(reading(name, (driver) => driver.exists(name)), "PathNotFound", () => Effect.succeed(false)),
      stat: (name) => reading(name, (driver) => driver.stat(name)),
      list: (folder) =>
        Stream.unwrapScoped(
          Effect.map(Effect.mapError(driverOf(folder, false), refused), (driver) => driver.list(folder))
        ),
      rename: (from, to) =>
        from.path === to.path
          ? changing(from, false, (driver) => driver.rename(from, to))
          : Effect.fail(
            new MmioError.CannotWrite({
              operation: "SqlIOProc.rename",
              file: from.full,
              description: `${to.full} is in another database`,
              errno: "EXDEV",
              written: 0
            })
          ),
      remove: (name) => changing(name, false, (driver) => driver.remove(name)),
      makeFolder: (name) => changing(name, true, (driver) => driver.makeFolder(name)),
      removeFolder: (name) => changing(name, false, (driver) => driver.removeFolder(name)),
      fullName: (name) =>
        Effect.map(storage.fullName(FileName.plain(name.path)), ({ full }) => {
          const { nameOf, pathOf } = elementsOf(full, code)
          return nameOf(pathOf(name))
        }),
      tempName: (request) => {
        const folder = FileName.parse(request.folder ?? "")
        return request.folder === undefined || folder.path === folder.full
          ? Effect.fail(
            new MmioError.AccessDenied({
              operation: "SqlIOProc.tempName",
              file: folder.full,
              description: "a temporary file of a database needs a folder of it"
            })
          )
          : changing(folder, false, (driver) => driver.tempName(request))
      },
      capabilities: { list: true, atomicRename: true, exclusiveCreate: true }
    })
  })
