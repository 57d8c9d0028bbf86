/**
 * Which driver serves a name, and what is asked of it.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as FileName from "../FileName.js"
import * as FourCC from "../FourCC.js"
import * as IOProc from "../IOProc.js"
import type * as Api from "../Mmio.js"
import * as MmioError from "../MmioError.js"
import * as MemoryBlock from "./memoryBlock.js"
import { codeOf, invalid } from "./parameters.js"

/** The driver that a name is asked of, and the code by which it was chosen. @internal */
export interface Served {
  readonly driver: IOProc.IOProc
  readonly name: FileName.FileName
  readonly code: Option.Option<FourCC.FourCC>
}

/** The driver of a code, where it has one; the two predefined procedures can be installed over. */
const driverOf = (storage: IOProc.IOProc, code: FourCC.FourCC): Option.Option<IOProc.IOProc> =>
  Option.orElse(storage.find(code), () => MemoryBlock.predefined(storage, code))

const noDriver = (operation: string, name: FileName.FileName, code: FourCC.FourCC, hint: string) =>
  new MmioError.CannotOpen({
    operation,
    file: name.full,
    description: `no driver serves names of the code ${FourCC.format(code)}${hint}`
  })

/** What is wrong with a name for every storage, if anything is. */
const problemOf = (operation: string, { full }: FileName.FileName): MmioError.InvalidParameter | undefined =>
  full.includes("\0") ? invalid(operation, full, "a name cannot hold a NUL") : undefined

/**
 * The driver that serves a name: that of the code the caller gives, else that of a code in the name, else the storage.
 * Text is split at the last `+` that has a route; a plain name is served by what is installed as `"DOS "`, if anything
 * is.
 *
 * @internal
 */
export const serving = (
  operation: string,
  storage: IOProc.IOProc,
  given: string | FileName.FileName,
  code: string | undefined
): Either.Either<Served, MmioError.InvalidParameter | MmioError.CannotOpen> => {
  const parsed = FileName.from(given)
  const problem = problemOf(operation, parsed)
  if (problem !== undefined) return Either.left(problem)
  const plain = (name: FileName.FileName): Served => ({
    driver: Option.getOrElse(driverOf(storage, FourCC.DOS), () => storage),
    name,
    code: Option.none()
  })
  if (code !== undefined) {
    return Either.flatMap(codeOf(operation, parsed.full, code), (wanted) =>
      Option.match(driverOf(storage, wanted), {
        onSome: (driver) => Either.right({ driver, name: parsed, code: Option.some(wanted) }),
        onNone: () => Either.left(noDriver(operation, parsed, wanted, ""))
      }))
  }
  for (const name of typeof given === "string" ? FileName.splits(given) : [parsed]) {
    if (Option.isNone(name.code)) continue
    const driver = storage.find(name.code.value)
    if (Option.isSome(driver)) return Either.right({ driver: driver.value, name, code: name.code })
  }
  return Option.match(parsed.code, {
    onNone: () => Either.right(plain(parsed)),
    // A folder of a plain path may hold a "+".
    onSome: (wanted) =>
      typeof given === "string" && Option.exists(parsed.element, (element) => /[/\\]/.test(element))
        ? Either.right(plain(FileName.plain(given)))
        : Either.left(
          noDriver(
            operation,
            parsed,
            wanted,
            `; for a file whose own name holds a "+", use FileName.plain or the option ioProc: "DOS "`
          )
        )
  })
}

/**
 * Asks the driver that serves a name; its errors name the operation and the file.
 *
 * @internal
 */
export const asking = <A, E extends MmioError.MmioError>(
  operation: string,
  given: string | FileName.FileName,
  options: Api.NameOptions | undefined,
  ask: (driver: IOProc.IOProc, name: FileName.FileName) => Effect.Effect<A, E>
): Effect.Effect<A, E | MmioError.InvalidParameter | MmioError.CannotOpen, IOProc.IOProc> =>
  Effect.flatMap(IOProc.IOProc, (storage) =>
    Effect.flatMap(
      serving(operation, storage, given, options?.ioProc),
      ({ driver, name }) =>
        Effect.mapError(ask(driver, name), (error) => MmioError.withDetails(error, { operation, file: name.full }))
    ))

/** @internal */
export const rename = (
  from: string | FileName.FileName,
  to: string | FileName.FileName,
  options: Api.NameOptions | undefined
): Effect.Effect<void, MmioError.RenameError | MmioError.CannotOpen | MmioError.InvalidParameter, IOProc.IOProc> =>
  Effect.suspend(() => {
    const operation = "Mmio.rename"
    const target = FileName.from(to)
    return problemOf(operation, target)
      ?? asking(operation, from, options, (driver, name) => driver.rename(name, target))
  })

/** @internal */
export const tempName = (
  options: IOProc.TempNameRequest & Api.NameOptions | undefined
): Effect.Effect<
  FileName.FileName,
  MmioError.TempNameError | MmioError.CannotOpen | MmioError.InvalidParameter,
  IOProc.IOProc
> => {
  const { ioProc, ...request } = options ?? {}
  return asking("Mmio.tempName", FileName.plain("a temporary file"), { ioProc }, (driver) => driver.tempName(request))
}
