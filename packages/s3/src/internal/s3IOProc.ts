import * as FileName from "@effect-mmio/core/FileName"
import * as IOProc from "@effect-mmio/core/IOProc"
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Sharing from "@effect-mmio/core/Sharing"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { S3Error } from "../S3Error.js"
import type * as Api from "../S3IOProc.js"
import { type Bucket, invalidKey, make as makeBucket, shown } from "./bucket.js"
import { make as makeClient } from "./client.js"
import { makeTally, type Tally } from "./costs.js"
import { openError, renameError, statError } from "./errors.js"
import { type Opened, reader, released, type Start, writer } from "./files.js"
import * as objects from "./objects.js"
import { probeWith } from "./probe.js"
import { openReadError, openVersion } from "./reading.js"
import { rename } from "./renaming.js"
import { settingsOf, type Store } from "./store.js"

/** @internal */
export const make = (
  options: Api.Options
): Effect.Effect<IOProc.IOProc, MmioError.InvalidParameter | S3Error, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const bucket = yield* makeBucket("S3IOProc.make", options)
    const settings = settingsOf(options)
    if (settings instanceof MmioError.InvalidParameter) return yield* settings
    const client = makeClient(bucket, yield* HttpClient.HttpClient)
    const { conditions = "probe" } = options
    const probing = once(probeWith(client, ".effect-mmio-probe/"))
    if (conditions === "probe") yield* probing
    return driver({
      client,
      settings,
      conditions: typeof conditions === "string" ? probing : Effect.succeed(conditions)
    })
  })

/** Runs an effect until it has succeeded, one run at a time; from then on gives what it gave. */
const once = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const semaphore = Effect.unsafeMakeSemaphore(1)
  let known = Option.none<A>()
  const ask = Effect.suspend(() =>
    Option.match(known, {
      onSome: (value) => Effect.succeed(value),
      onNone: () =>
        Effect.tap(effect, (value) => {
          known = Option.some(value)
        })
    })
  )
  return Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(semaphore.take(1), (permits) => Effect.ensuring(restore(ask), semaphore.release(permits)))
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// names
// ---------------------------------------------------------------------------------------------------------------------

/** The key that a name is: itself, or what follows the bucket in `s3://bucket/key`. */
const keyIn = ({ name: bucket }: Bucket, name: string): string | { readonly outside: string } => {
  const [, of, key = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(name) ?? []
  return of === undefined ? name : of === bucket ? key : { outside: `it is not in the bucket ${bucket}` }
}

/** Why a name has no key, as a failure. */
const located = <E>(
  bucket: Bucket,
  operation: string,
  { full: file }: FileName.FileName,
  failure: (details: MmioError.Details) => E
): Effect.Effect<string, E | MmioError.AccessDenied> => {
  const key = keyIn(bucket, file)
  if (typeof key !== "string") {
    return Effect.fail(new MmioError.AccessDenied({ operation, file, description: key.outside }))
  }
  const description = invalidKey(key)
  return description === undefined ? Effect.succeed(key) : Effect.fail(failure({ operation, file, description }))
}

// ---------------------------------------------------------------------------------------------------------------------
// opening
// ---------------------------------------------------------------------------------------------------------------------

/** What the open files of a driver claim. */
interface Claims {
  readonly sharing: Sharing.Table
  /** The keys of files that are to be new, which no other open file may create. */
  readonly creating: Set<string>
}

const isTaken = (operation: string, file: string) =>
  new MmioError.CannotOpen({ operation, file, description: "the object exists", errno: "EEXIST" })

/** Claims a key for a file, or says why not. */
const claim = (
  { creating, sharing }: Claims,
  { access, create, name: { full: file }, share }: IOProc.OpenRequest,
  key: string
): Effect.Effect<() => void, MmioError.OpenError> => {
  const operation = "S3IOProc.open"
  if (create === "new" && creating.has(key)) return Effect.fail(isTaken(operation, file))
  const claimed = sharing.claim(key, { access, share })
  if ("conflict" in claimed) {
    const { access, share } = claimed.conflict
    return Effect.fail(
      new MmioError.SharingViolation({
        operation,
        file,
        description: `another handle has it open for ${access} as ${share}`
      })
    )
  }
  if (create === "new") creating.add(key)
  return Effect.succeed(() => {
    claimed.release()
    if (create === "new") creating.delete(key)
  })
}

const versionChanged = (file: string) =>
  new MmioError.VersionChanged({ operation: "S3IOProc.open", file, description: "the object is another version" })

/** What a file that is to be written begins with. */
const startOf = (
  store: Store,
  tally: Tally,
  { create, ifVersion, name: { full: file } }: IOProc.OpenRequest,
  key: string
): Effect.Effect<Start, MmioError.OpenError> => {
  const { client, settings } = store
  const origin = { operation: "S3IOProc.open", file }
  const fieldsOf = (fields: objects.Fields) =>
    Effect.mapError(objects.carried(client, tally, key, fields), (error) => openError(error, origin))
  if (create === "no") {
    return Effect.gen(function*() {
      const resource = yield* Effect.mapError(
        openVersion(store, tally, key, Option.getOrUndefined(ifVersion)),
        (error) => openReadError(error, origin)
      )
      if (Option.isNone(resource.version)) {
        return yield* new MmioError.CannotOpen({ ...origin, description: "it has no version" })
      }
      const fields = yield* fieldsOf(resource.fields)
      return { expected: resource.version, resource, size: resource.size, fields }
    })
  }
  return Effect.gen(function*() {
    const found = yield* Effect.mapError(objects.headIfAny(client, tally, key), (error) => openError(error, origin))
    const expected = Option.map(found, ({ etag }) => etag)
    if (create === "new" && Option.isSome(found)) return yield* isTaken(origin.operation, file)
    if (Option.isSome(ifVersion) && Option.getOrNull(expected) !== ifVersion.value) return yield* versionChanged(file)
    const fields = Option.isSome(found)
      ? yield* fieldsOf(found.value.headers)
      : { "content-type": settings.contentType(key) ?? "application/octet-stream" }
    return { expected, resource: undefined, size: 0, fields }
  })
}

const open =
  (store: Store, claims: Claims) => (request: IOProc.OpenRequest): Effect.Effect<IOProc.File, MmioError.OpenError> => {
    const { bucket } = store.client
    const { access, create, ifVersion, name } = request
    const origin = { operation: "S3IOProc.open", file: name.full }
    return Effect.gen(function*() {
      const key = yield* located(bucket, origin.operation, name, (details) => new MmioError.CannotOpen(details))
      const tally = makeTally()
      // What is claimed is released where this is interrupted, too; only the requests can be.
      return yield* Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Effect.suspend(() => claim(claims, request, key)), (release) => {
          const opened: Opened = { name: name.full, key, identity: shown(bucket, key), tally, release }
          return released(
            opened,
            access === "read" && create === "no"
              ? Effect.mapBoth(restore(openVersion(store, tally, key, Option.getOrUndefined(ifVersion))), {
                onFailure: (error) => openReadError(error, origin),
                onSuccess: (resource) => reader(opened, resource)
              })
              : Effect.map(
                restore(startOf(store, tally, request, key)),
                (start) => writer(store, opened, access, create !== "no", start)
              )
          )
        })
      )
    })
  }

// ---------------------------------------------------------------------------------------------------------------------
// names of objects
// ---------------------------------------------------------------------------------------------------------------------

/** The prefix that a folder is: it ends in a slash, but for the root. */
const prefixOf = (key: string): string => key === "" || key.endsWith("/") ? key : `${key}/`

/** Whether any key begins with a prefix. */
const isPrefix = ({ client }: Store, prefix: string): Effect.Effect<boolean, S3Error> =>
  Effect.map(
    Stream.runHead(objects.list(client, makeTally(), prefix, 1)),
    Option.exists(({ keys, prefixes }) => keys.length + prefixes.length > 0)
  )

const folder: IOProc.Stat = {
  kind: "folder",
  size: Option.none(),
  version: Option.none(),
  identity: Option.none(),
  modified: Option.none(),
  created: Option.none()
}

const stat = (store: Store) => (name: FileName.FileName): Effect.Effect<IOProc.Stat, MmioError.StatError> => {
  const { client } = store
  const origin = { operation: "S3IOProc.stat", file: name.full }
  const key = keyIn(client.bucket, name.full)
  const failed = (error: S3Error) => statError(error, origin)
  const prefix = typeof key === "string" ? prefixOf(key) : ""
  // The root, and what is named as a folder.
  if (typeof key === "string" && prefix === key) {
    return Effect.filterOrFail(
      Effect.mapError(prefix === "" ? Effect.succeed(true) : isPrefix(store, prefix), failed),
      (isFolder) => isFolder,
      () => new MmioError.FileNotFound({ ...origin, description: "no object has such a key" })
    ).pipe(Effect.as(folder))
  }
  return Effect.gen(function*() {
    const key = yield* located(client.bucket, origin.operation, name, (details) => new MmioError.CannotRead(details))
    const found = yield* Effect.mapError(objects.headIfAny(client, makeTally(), key), failed)
    if (Option.isSome(found)) {
      const { etag, modified, size } = found.value
      return {
        kind: "file" as const,
        size: Option.some(size),
        version: Option.some(etag),
        identity: Option.some(shown(client.bucket, key)),
        modified: Option.fromNullable(modified),
        created: Option.none()
      }
    }
    if (yield* Effect.mapError(isPrefix(store, prefix), failed)) return folder
    return yield* new MmioError.FileNotFound({ ...origin, description: "there is no such object" })
  })
}

const list = ({ client }: Store) => (name: FileName.FileName): Stream.Stream<IOProc.Entry, MmioError.ListError> => {
  const origin = { operation: "S3IOProc.list", file: name.full }
  const key = keyIn(client.bucket, name.full)
  if (typeof key !== "string") return Stream.fail(new MmioError.AccessDenied({ ...origin, description: key.outside }))
  const prefix = prefixOf(key)
  // Of this run of the stream: there may be several at once.
  return Stream.suspend(() => {
    let isEmpty = prefix !== ""
    return objects.list(client, makeTally(), prefix).pipe(
      Stream.mapError((error) => {
        const failure = statError(error, origin)
        return failure._tag === "FileNotFound"
          ? new MmioError.PathNotFound({ ...origin, description: failure.description, cause: error })
          : failure
      }),
      Stream.mapConcat(({ keys, prefixes }): ReadonlyArray<IOProc.Entry> => {
        if (keys.length + prefixes.length > 0) isEmpty = false
        const within = (kind: "folder" | "file", name: string): ReadonlyArray<IOProc.Entry> =>
          // The key of the folder itself is that of a marker, which some programs make. A folder without a name would
          // have its parent's.
          name === "" ? [] : [{ name, kind }]
        return [
          ...prefixes.flatMap((one) => within("folder", one.slice(prefix.length, -1))),
          ...keys.flatMap((one) => within("file", one.slice(prefix.length)))
        ]
      }),
      Stream.concat(Stream.suspend(() =>
        isEmpty
          ? Stream.fail(new MmioError.PathNotFound({ ...origin, description: "no object has a key that begins so" }))
          : Stream.empty
      ))
    )
  })
}

/** An object that a handle has open is not moved or removed under it. */
const inUse = ({ sharing }: Claims, origin: { readonly operation: string; readonly file: string }, key: string) =>
  Effect.suspend(() =>
    sharing.claims(key).length === 0
      ? Effect.void
      : Effect.fail(new MmioError.SharingViolation({ ...origin, description: "a handle has it open" }))
  )

const driver = (store: Store): IOProc.IOProc => {
  const { client } = store
  const { bucket } = client
  const claims: Claims = { sharing: Sharing.makeTable(), creating: new Set() }
  const cannotWrite = (details: MmioError.Details) => new MmioError.CannotWrite({ ...details, written: 0 })

  return IOProc.make({
    open: open(store, claims),
    stat: stat(store),
    list: list(store),
    exists: (name) => {
      const origin = { operation: "S3IOProc.exists", file: name.full }
      return Effect.flatMap(
        located(bucket, origin.operation, name, (details) => new MmioError.CannotRead(details)),
        (key) =>
          Effect.mapBoth(objects.headIfAny(client, makeTally(), key), {
            onFailure: (error): MmioError.ExistsError => {
              const failure = statError(error, origin)
              return failure._tag === "AccessDenied" || failure._tag === "NetworkError"
                ? failure
                : new MmioError.CannotRead({ ...origin, description: failure.description, cause: error })
            },
            onSuccess: Option.isSome
          })
      )
    },
    remove: (name) => {
      const origin = { operation: "S3IOProc.remove", file: name.full }
      return Effect.gen(function*() {
        const key = yield* located(bucket, origin.operation, name, cannotWrite)
        const tally = makeTally()
        // A store says of a missing object, too, that it was removed.
        yield* Effect.mapError(objects.head(client, tally, key), (error) => renameError(error, origin))
        yield* inUse(claims, origin, key)
        yield* Effect.uninterruptible(
          Effect.mapError(objects.remove(client, tally, key), (error) => renameError(error, origin))
        )
      })
    },
    rename: (from, to) => {
      const origin = { operation: "S3IOProc.rename", file: from.full }
      return Effect.gen(function*() {
        const source = yield* located(bucket, origin.operation, from, cannotWrite)
        const target = yield* located(bucket, origin.operation, to, cannotWrite)
        if (source !== target) {
          yield* inUse(claims, origin, source)
          yield* inUse(claims, { ...origin, file: to.full }, target)
        }
        yield* Effect.mapError(rename(store, makeTally(), source, target), (error) => renameError(error, origin))
      })
    },
    fullName: (name) =>
      Effect.map(
        located(bucket, "S3IOProc.fullName", name, (details) => new MmioError.PathNotFound(details)),
        (key) => FileName.plain(shown(bucket, key))
      ),
    tempName: ({ folder = "", prefix = "mmio", suffix = ".tmp" }) =>
      Effect.flatMap(Random.nextIntBetween(0, 2 ** 48), (random) => {
        const name = FileName.plain(`${prefixOf(folder)}${prefix}${random.toString(36)}${suffix}`)
        const origin = { operation: "S3IOProc.tempName", file: name.full }
        return Effect.gen(function*() {
          if (`${prefix}${suffix}`.includes("/")) {
            return yield* new MmioError.AccessDenied({ ...origin, description: "it would be in another folder" })
          }
          const key = yield* located(bucket, origin.operation, name, cannotWrite)
          const conditions = yield* Effect.mapError(store.conditions, (error) => renameError(error, origin))
          const fields = conditions.create ? { "if-none-match": "*" } : {}
          yield* Effect.mapError(
            objects.put(client, makeTally(), key, new Uint8Array(0), fields, crypto.randomUUID()),
            (error) => renameError(error, origin)
          )
          return name
        }).pipe(
          Effect.catchTags({
            FileNotFound: (error) =>
              Effect.fail(cannotWrite({ ...origin, description: error.description, cause: error })),
            SharingViolation: (error) =>
              Effect.fail(cannotWrite({ ...origin, description: error.description, cause: error }))
          })
        )
      }),
    capabilities: { list: true, atomicRename: false, exclusiveCreate: !store.settings.allowUnconditional }
  })
}
