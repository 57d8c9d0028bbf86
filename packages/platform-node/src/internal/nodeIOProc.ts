import * as Errno from "@effect-mmio/core/Errno"
import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import type * as MmioError from "@effect-mmio/core/MmioError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Api from "../NodeIOProc.js"
import * as Jail from "./jail.js"
import * as Locks from "./locks.js"
import * as Names from "./names.js"
import * as Opening from "./opening.js"
import * as Platform from "./platform.js"
import { background, blocking, type PathCalls, pathCalls, type System } from "./system.js"

export { fromFd } from "./opening.js"

/** How many bytes the blocks of a storage may take, unless an option says otherwise. */
const defaultBudget = 64 * 1024 * 1024

/** Puts middleware around a storage, unless its option is `false`. */
const wrapped = (
  ioProc: IOProc.IOProc,
  wrap: (self: IOProc.IOProc, sizes: IOProc.BlockSizes) => IOProc.IOProc,
  budget: IOProc.BlockBudget,
  option: boolean | IOProc.BlockSizes = true
): IOProc.IOProc => option === false ? ioProc : wrap(ioProc, { budget, ...(option === true ? {} : option) })

/** @internal */
export const make = (options?: Api.Options): Effect.Effect<IOProc.IOProc> => makeWith(Locks.ofSystem, options)

const systemOf = (options: Api.Options): System => options.blocking === true ? blocking : background

/** With the locks and the calls of a system that is not this one, for tests. */
export const makeWith = (
  locks: Locks.Locks,
  options: Api.Options = {},
  callsOf: (system: System) => PathCalls = pathCalls,
  system: System = systemOf(options)
): Effect.Effect<IOProc.IOProc> =>
  Effect.sync(() => {
    const os = callsOf(system)
    const fileOptions = { system, sync: options.sync ?? false }
    /** The names of temporary files that are to replace others. */
    const replacements = new WeakSet<FileName.FileName>()
    const openOptions = {
      mode: options.mode ?? 0o666,
      locks: options.locks === "process" ? Locks.none : locks,
      isReplacement: (name: FileName.FileName) => replacements.has(name)
    }
    const budget = IOProc.makeBlockBudget(options.blockBudget ?? defaultBudget)
    const plain = IOProc.make({
      open: (request) => Opening.open(fileOptions, os, request, openOptions),
      rename: (from, to) => Names.rename(os, from.full, to.full, fileOptions.sync !== false),
      remove: (name) => Names.remove(os, name.full),
      exists: (name) => Names.exists(os, name.full),
      fullName: (name) => Effect.map(Names.resolve(os, "NodeIOProc.fullName", name.full, name.full), FileName.plain),
      realName: (name) => Names.realName(os, name),
      tempName: (request) =>
        Effect.map(Names.tempName(os, request, options), (name) => {
          if (request.like !== undefined) replacements.add(name)
          return name
        }),
      stat: (name) => Names.stat(os, name.full),
      list: (folder) => Names.list(os, folder.full),
      makeFolder: (name) => Names.makeFolder(os, name.full),
      removeFolder: (name) => Names.removeFolder(os, name.full),
      capabilities: { list: true, atomicRename: true, exclusiveCreate: true }
    })
    const writing = wrapped(plain, IOProc.writeBehind, budget, options.writeBehind)
    return wrapped(writing, IOProc.readAhead, budget, options.readAhead)
  })

/** @internal */
export const jail = (
  folder: string,
  options?: Api.Options
): Effect.Effect<IOProc.IOProc, MmioError.ListError, Scope.Scope> =>
  jailWith(Platform.current.hasDescriptorPaths ? Jail.byDescriptors : Jail.byNames, folder, options)

/** With the walk and the calls of a system that is not this one, for tests. */
export const jailWith = (
  openRoot: Jail.OpenRoot,
  folder: string,
  options: Api.Options = {},
  system: System = systemOf(options)
): Effect.Effect<IOProc.IOProc, MmioError.ListError, Scope.Scope> =>
  Effect.flatMap(
    Effect.mapError(
      openRoot(pathCalls(system), folder),
      (cause) => Errno.listError({ operation: "NodeIOProc.jail", file: folder, cause })
    ),
    (root) =>
      makeWith(
        Locks.ofSystem,
        { ...options, tempFolder: options.tempFolder ?? "/" },
        (system) => Jail.confine(pathCalls(system), root),
        system
      )
  )
