import { type FileName, type IOProc, type MmioError, Riff, RiffEdit } from "@effect-mmio/core"
import type { Effect } from "effect"
import { describe, expect, test } from "tstyche"

declare const name: string | FileName.FileName
declare const place: RiffEdit.Place
declare const path: Riff.Path
declare const bytes: Uint8Array

const tag = { chunk: "INAM", data: bytes }

describe("edits", () => {
  test("take paths, and literals only that are such", () => {
    expect(RiffEdit.remove).type.toBeCallableWith("RIFF:WAVE / LIST:INFO[1] / INAM")
    expect(RiffEdit.remove).type.toBeCallableWith(path)
    expect(RiffEdit.remove("RIFF" as string)).type.toBe<RiffEdit.Remove>()
    expect(RiffEdit.remove).type.not.toBeCallableWith("RIFF:WAVE / toolong")
    expect(RiffEdit.assign).type.not.toBeCallableWith("", bytes)
    expect(RiffEdit.replace).type.not.toBeCallableWith("RIFF / [1]", tag)
  })

  test("take places, whose paths are checked, too", () => {
    expect(RiffEdit.insert).type.toBeCallableWith({ last: "RIFF:WAVE / LIST:INFO" }, tag)
    expect(RiffEdit.insert).type.toBeCallableWith({ before: path }, tag)
    expect(RiffEdit.insert).type.toBeCallableWith(place, tag)
    expect(RiffEdit.insert).type.not.toBeCallableWith({ last: "RIFF:WAVE / toolong" }, tag)
    expect(RiffEdit.insert).type.not.toBeCallableWith({ beside: "RIFF" }, tag)
    expect(RiffEdit.move).type.toBeCallableWith("RIFF / data", { after: "RIFF / fmt" })
    expect(RiffEdit.move).type.not.toBeCallableWith("RIFF / data", { after: "RIFF / toolong" })
  })

  test("put in a chunk with data, or a list", () => {
    expect(RiffEdit.insert).type.toBeCallableWith(place, {
      list: "INFO",
      content: [tag, { list: "adtl", content: [] }]
    })
    expect(RiffEdit.insert).type.not.toBeCallableWith(place, { chunk: "INAM" })
    expect(RiffEdit.insert).type.not.toBeCallableWith(place, { chunk: "INAM", list: "INFO", data: bytes, content: [] })
    expect(RiffEdit.insert).type.not.toBeCallableWith(place, { list: "INFO", data: bytes })
  })
})

test("editing needs the storage, and says what it can fail with", () => {
  type Recovering =
    | MmioError.OpenError
    | MmioError.InvalidParameter
    | MmioError.ExistsError
    | MmioError.CloseError
    | MmioError.CannotSeek
    | MmioError.WriteError
    | MmioError.ReadError
  expect(Riff.edit(name, [RiffEdit.remove("RIFF / bext"), RiffEdit.insert(place, tag)], { keepOrder: true })).type.toBe<
    Effect.Effect<RiffEdit.Report, Recovering | MmioError.ChunkNotFound, IOProc.IOProc>
  >()
  expect(Riff.recover(name)).type.toBe<Effect.Effect<RiffEdit.Recovery, Recovering, IOProc.IOProc>>()
  expect(Riff.edit).type.not.toBeCallableWith(name, RiffEdit.remove("RIFF / bext"))
  expect(Riff.recover).type.not.toBeCallableWith(name, { keepOrder: true })
})
