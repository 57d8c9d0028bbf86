/**
 * A storage that is only read.
 */
import * as Effect from "effect/Effect"
import type * as Api from "../../IOProc.js"
import * as MmioError from "../../MmioError.js"
import { wrapFile } from "../io/positionalFile.js"
import { around } from "./around.js"

const refuse = (operation: string, file: string) =>
  Effect.fail(
    new MmioError.AccessDenied({ operation: `IOProc.${operation}`, file, description: "the storage is only read" })
  )

/** @internal */
export const readOnly = (self: Api.IOProc): Api.IOProc =>
  around("readOnly", self, (inner) => ({
    open: (request) =>
      request.access === "read" && request.create === "no"
        ? Effect.map(inner.open(request), (file) =>
          wrapFile(file, {
            capabilities: { ...file.capabilities, truncate: false },
            writeAt: undefined,
            truncate: undefined
          }))
        : refuse("open", request.name.full),
    rename: (from) => refuse("rename", from.full),
    remove: (name) => refuse("remove", name.full),
    tempName: () => refuse("tempName", "a temporary file"),
    makeFolder: (name) => refuse("makeFolder", name.full),
    removeFolder: (name) => refuse("removeFolder", name.full),
    capabilities: { list: inner.capabilities.list, atomicRename: false, exclusiveCreate: false }
  }))
