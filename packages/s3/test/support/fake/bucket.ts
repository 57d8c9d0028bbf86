/** The objects, versions and uploads of one bucket. */
import { createHash } from "node:crypto"
import { type Content, contentOf } from "./content.js"

/** One version of an object. */
export interface Version {
  readonly id: string
  readonly content: Content
  /** Without its quotes. */
  readonly etag: string
  readonly modified: number
  /** What it has beside its content, by the names of the fields that say it. */
  readonly fields: { readonly [name: string]: string }
  readonly isMarker: boolean
}

export interface Upload {
  readonly id: string
  readonly key: string
  readonly begun: number
  readonly fields: { readonly [name: string]: string }
  readonly parts: Map<number, { readonly content: Content; readonly etag: string }>
}

export const md5 = (...parts: ReadonlyArray<Uint8Array>): string => {
  const hash = createHash("md5")
  for (const part of parts) hash.update(part)
  return hash.digest("hex")
}

/** A digest of a content without making all of it: enough to tell contents apart. */
const etagOf = (content: Content): string =>
  content.size <= 64 * 1024 * 1024
    ? md5(content.bytes(0, content.size))
    : md5(
      new TextEncoder().encode(`${content.size}`),
      content.bytes(0, 65536),
      content.bytes(content.size - 65536, content.size)
    )

export class Bucket {
  readonly isVersioned: boolean
  /** The versions of each key, the newest last. */
  private readonly objects = new Map<string, Array<Version>>()
  readonly uploads = new Map<string, Upload>()
  private made = 0

  constructor(isVersioned: boolean) {
    this.isVersioned = isVersioned
  }

  nextId(): string {
    return (this.made++).toString(36).padStart(8, "0")
  }

  /** The version that a key has now, or the one of an id. */
  find(key: string, id?: string): Version | undefined {
    const versions = this.objects.get(key) ?? []
    const version = id === undefined ? versions.at(-1) : versions.find((one) => one.id === id)
    return version?.isMarker === true ? undefined : version
  }

  versions(key: string): ReadonlyArray<Version> {
    return this.objects.get(key) ?? []
  }

  put(
    key: string,
    content: Content | Uint8Array,
    options: { readonly fields?: Version["fields"]; readonly etag?: string; readonly now?: number } = {}
  ): Version {
    const held = content instanceof Uint8Array ? contentOf(content) : content
    const version: Version = {
      id: this.nextId(),
      content: held,
      etag: options.etag ?? etagOf(held),
      modified: options.now ?? Date.now(),
      fields: options.fields ?? {},
      isMarker: false
    }
    this.objects.set(key, this.isVersioned ? [...this.versions(key), version] : [version])
    return version
  }

  remove(key: string, now: number): void {
    if (!this.isVersioned) {
      this.objects.delete(key)
      return
    }
    const marker = {
      id: this.nextId(),
      content: contentOf(new Uint8Array(0)),
      etag: "",
      modified: now,
      fields: {},
      isMarker: true
    }
    this.objects.set(key, [...this.versions(key), marker])
  }

  /** All keys that have an object now, in order. */
  keys(): ReadonlyArray<string> {
    return [...this.objects.keys()].filter((key) => this.find(key) !== undefined).toSorted()
  }
}
