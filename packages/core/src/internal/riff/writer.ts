import * as FourCC from "../../FourCC.js"

/** Numbers, little-endian, one after the other. @internal */
export class Writer {
  readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0
  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
  }
  uint32(value: number): this {
    this.view.setUint32(this.at, value, true)
    this.at += 4
    return this
  }
  uint64(value: number): this {
    this.view.setBigUint64(this.at, BigInt(value), true)
    this.at += 8
    return this
  }
  bigUint64(value: bigint): this {
    this.view.setBigUint64(this.at, value, true)
    this.at += 8
    return this
  }
  code(code: FourCC.FourCC): this {
    return this.uint32(FourCC.toNumber(code))
  }
  all(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
    return this
  }
}
