import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Api from "../HttpIOProc.js"
import * as HttpRange from "../HttpRange.js"
import * as HttpRangeError from "../HttpRangeError.js"
import { isUrl as isUrlText, type NoUrl, parseBase, urlOf } from "./names.js"

export { isUrl } from "./names.js"

// ---------------------------------------------------------------------------------------------------------------------
// options
// ---------------------------------------------------------------------------------------------------------------------

const largestFirstRange = 2 ** 20
const ours = new Set(["range", "if-match", "if-unmodified-since", "accept-encoding"])

const isCount = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most

/** The first option that is invalid, in words. A value that may be secret is not among them. */
const invalidOption = (
  { firstRange = 1, headers = {}, largestWhole = 0, maxRedirects = 0 }: Api.Options,
  base: Either.Either<URL, NoUrl> | undefined
): string | undefined => {
  if (base && Either.isLeft(base)) return `baseUrl: ${base.left.description}`
  if (!isCount(firstRange, 1, largestFirstRange)) {
    return `firstRange: ${firstRange} is not from 1 to ${largestFirstRange}`
  }
  if (!isCount(maxRedirects, 0, 100)) return `maxRedirects: ${maxRedirects} is not from 0 to 100`
  if (!isCount(largestWhole, 0, 2 ** 30)) return `largestWhole: ${largestWhole} is not from 0 to 1073741824 bytes`
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return `headers: "${name}" is not the name of a header`
    if (ours.has(name.toLowerCase())) return `headers: ${name} is the driver's own`
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(Redacted.isRedacted(value) ? Redacted.value(value) : value)) {
      return `headers: the value of ${name} has characters that no header can have`
    }
  }
  return undefined
}

/** A client whose spans do not show these headers. */
const hiding = (client: HttpClient.HttpClient, names: ReadonlyArray<string>): HttpClient.HttpClient =>
  names.length === 0
    ? client
    : HttpClient.transformResponse(
      client,
      Effect.locallyWith(Headers.currentRedactedNames, (known) => [...known, ...names])
    )

// ---------------------------------------------------------------------------------------------------------------------
// the driver
// ---------------------------------------------------------------------------------------------------------------------

/** @internal */
export const make = (
  options: Api.Options = {}
): Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const base = options.baseUrl === undefined ? undefined : parseBase(options.baseUrl)
    const invalid = invalidOption(options, base)
    if (invalid !== undefined) {
      return yield* new MmioError.InvalidParameter({
        operation: "HttpIOProc.make",
        file: options.baseUrl ?? "the files of web servers",
        description: invalid
      })
    }
    const given = Object.entries(options.headers ?? {})
    const headers = Object.fromEntries(
      given.map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
    )
    const secret = given.flatMap(([name, value]) => Redacted.isRedacted(value) ? [name.toLowerCase()] : [])
    const client = hiding(yield* HttpClient.HttpClient, secret)
    const toUrl = urlOf(base && Either.getOrUndefined(base))
    const asking = <A>(url: URL, ask: (request: HttpClientRequest.HttpClientRequest) => HttpRangeAsk<A>) =>
      // As text: of a URL the client would write the query anew.
      Effect.provideService(ask(HttpClientRequest.get(url.href, { headers })), HttpClient.HttpClient, client)

    const denied = (origin: HttpRangeError.Origin, description: string) =>
      new MmioError.AccessDenied({ ...origin, description })

    /** The URL of a name, or the failure that it is to have none. */
    const located = <E>(
      origin: HttpRangeError.Origin,
      failure: (details: MmioError.Details) => E
    ): Either.Either<URL, E | MmioError.AccessDenied> =>
      Either.mapLeft(toUrl(origin.file), ({ description, isOutside }) =>
        isOutside ? denied(origin, description) : failure({ ...origin, description }))

    const open = (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> => {
      const origin = { operation: "HttpIOProc.open", file: request.name.full }
      if (request.access !== "read" || request.create !== "no") {
        return Effect.fail(denied(origin, "files of web servers are only read"))
      }
      return Effect.flatMap(
        located(origin, (details) =>
          new MmioError.CannotOpen(details)),
        (url) =>
          // Nothing is held that would have to be released, so what waits for a server can be interrupted.
          Effect.interruptible(Effect.mapBoth(
            asking(
              url,
              (asked) => HttpRange.open(asked, { ...options, ifVersion: Option.getOrUndefined(request.ifVersion) })
            ),
            {
              onFailure: (error) => HttpRangeError.openError(error, origin),
              onSuccess: (resource) => fileOf(request.name.full, url, resource)
            }
          ))
      )
    }

    const stat = (operation: string, name: FileName.FileName) => {
      const origin = { operation, file: name.full }
      return Effect.flatMap(
        located(origin, (details) => new MmioError.CannotRead(details)),
        (url) =>
          Effect.mapError(
            asking(url, (asked) => HttpRange.stat(asked, options)),
            (error) => HttpRangeError.statError(error, origin)
          )
      )
    }

    return IOProc.make({
      open,
      stat: (name) =>
        Effect.map(
          stat("HttpIOProc.stat", name),
          ({ modified, size, version }) => ({
            kind: "file" as const,
            size,
            version,
            modified,
            created: Option.none(),
            identity: Option.none()
          })
        ),
      exists: (name) =>
        stat("HttpIOProc.exists", name).pipe(
          Effect.as(true),
          Effect.catchTag("FileNotFound", () => Effect.succeed(false))
        ),
      fullName: (name) =>
        Either.map(
          located(
            { operation: "HttpIOProc.fullName", file: name.full },
            (details) => new MmioError.PathNotFound(details)
          ),
          (url) => FileName.plain(url.href)
        )
    })
  })

type HttpRangeAsk<A> = Effect.Effect<A, HttpRangeError.HttpRangeError, HttpClient.HttpClient>

const fileOf = (name: string, url: URL, resource: HttpRange.Resource): IOProc.File => {
  let isOpen = true
  return IOProc.makeFile({
    name,
    identity: url.href,
    version: Option.getOrUndefined(resource.version),
    capabilities: { concurrent: true, cancellable: true },
    size: Effect.succeed(resource.size),
    readAt: (position, target) =>
      Effect.suspend(() => {
        const origin = { operation: "HttpIOProc.read", file: name, position }
        return isOpen
          ? Effect.mapError(
            resource.readAt(position, target),
            (error) => HttpRangeError.readError(error, origin)
          )
          : Effect.fail(new MmioError.CannotRead({ ...origin, description: "the file is closed" }))
      }),
    close: Effect.sync(() => {
      isOpen = false
    })
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// beside another storage
// ---------------------------------------------------------------------------------------------------------------------

/** A storage, and the web beside it. @internal */
export const besides = (below: IOProc.IOProc, web: IOProc.IOProc): IOProc.IOProc => {
  const of = (name: FileName.FileName) => isUrlText(name.full) ? web : below
  return IOProc.make({
    open: (request) => of(request.name).open(request),
    rename: (from, to) => of(isUrlText(to.full) ? to : from).rename(from, to),
    remove: (name) => of(name).remove(name),
    exists: (name) => of(name).exists(name),
    fullName: (name) => of(name).fullName(name),
    tempName: (request) => below.tempName(request),
    stat: (name) => of(name).stat(name),
    list: (folder) => of(folder).list(folder),
    makeFolder: (name) => of(name).makeFolder(name),
    removeFolder: (name) => of(name).removeFolder(name),
    find: (code) => below.find(code),
    capabilities: below.capabilities,
    middleware: below.middleware
  })
}
