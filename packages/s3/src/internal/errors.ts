/**
 * Failures of requests as errors of a storage.
 */
import * as MmioError from "@effect-mmio/core/MmioError"
import * as Predicate from "effect/Predicate"
import type { S3Error } from "../S3Error.js"
import { isTransient } from "./client.js"

/** Which call of the storage failed. @internal */
export type Origin = Pick<MmioError.Details, "operation" | "file" | "position">

type Kind = "missing" | "bucket" | "denied" | "changed" | "network" | "other"

const kindOf = (error: S3Error): Kind => {
  if (isTransient(error)) return "network"
  const { errorCode, reason, status } = error
  if (reason !== "Refused") return "other"
  if (errorCode === "NoSuchBucket") return "bucket"
  switch (status) {
    case 404:
      return "missing"
    case 401:
    case 403:
      return "denied"
    case 412:
      return "changed"
    default:
      return "other"
  }
}

/** The clients wrap the system's error once or twice. */
const errnoOf = (cause: unknown, depth = 3): string | undefined =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string"
    ? cause.code
    : depth > 0 && Predicate.hasProperty(cause, "cause")
    ? errnoOf(cause.cause, depth - 1)
    : undefined

const detailsOf = (error: S3Error, origin: Origin): MmioError.Details => ({
  ...origin,
  description: error.description,
  errno: error.reason === "Timeout" ? "ETIMEDOUT" : errnoOf(error.cause),
  cause: error
})

/** @internal */
export const openError = (error: S3Error, origin: Origin): MmioError.OpenError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
      return new MmioError.FileNotFound(details)
    case "bucket":
      return new MmioError.PathNotFound(details)
    case "denied":
      return new MmioError.AccessDenied(details)
    case "changed":
      return new MmioError.VersionChanged(details)
    case "network":
      return new MmioError.NetworkError(details)
    case "other":
      return new MmioError.CannotOpen(details)
  }
}

/** A commit fails because the object has changed, or is gone, or cannot be written. @internal */
export const commitError = (error: S3Error, origin: Origin): MmioError.CommitError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
    case "changed":
      return new MmioError.VersionChanged({ ...details, description: "the object was changed since it was opened" })
    case "network":
      return new MmioError.NetworkError(details)
    default:
      return new MmioError.CannotWrite({ ...details, written: 0 })
  }
}

/** @internal */
export const statError = (error: S3Error, origin: Origin): MmioError.StatError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
      return new MmioError.FileNotFound(details)
    case "bucket":
      return new MmioError.PathNotFound(details)
    case "denied":
      return new MmioError.AccessDenied(details)
    case "network":
      return new MmioError.NetworkError(details)
    default:
      return new MmioError.CannotRead(details)
  }
}

/** @internal */
export const renameError = (error: S3Error, origin: Origin): MmioError.RenameError => {
  const details = detailsOf(error, origin)
  switch (kindOf(error)) {
    case "missing":
      return new MmioError.FileNotFound(details)
    case "bucket":
      return new MmioError.PathNotFound(details)
    case "denied":
      return new MmioError.AccessDenied(details)
    case "network":
      return new MmioError.NetworkError(details)
    default:
      return new MmioError.CannotWrite({ ...details, written: 0 })
  }
}
