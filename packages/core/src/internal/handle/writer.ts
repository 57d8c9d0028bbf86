/**
 * What the function of `Mmio.emit` writes with: a block of memory that grows with what is written.
 */
import type * as Api from "../../Mmio.js"
import type { ByteOrder } from "../../Riff.js"
import { allocate, copyApart } from "../io/copy.js"

/** Memory for what is written, and a view of it. */
interface Block {
  readonly bytes: Uint8Array
  readonly view: DataView
}

const blockOf = (bytes: Uint8Array): Block => ({ bytes, view: new DataView(bytes.buffer) })

/** How large the block is that calls use in turn. */
const spareSize = 8192
let spare: Block | undefined

/**
 * Thrown through the function of the caller where there is no memory; it may be caught there: what counts is
 * {@link RecordWriter.lacking}.
 */
const stop: unique symbol = Symbol.for("@effect-mmio/core/Mmio/stop")

/** @internal */
export class RecordWriter implements Api.Writer {
  length = 0
  /** How many bytes of memory there were not. */
  lacking: number | undefined = undefined
  private block: Block
  private active = true

  constructor() {
    this.block = spare ?? blockOf(new Uint8Array(spareSize))
    spare = undefined
  }

  /**
   * What a function writes, which belongs to the caller until {@link recycle}; how many bytes of memory there were not
   * for it.
   */
  collect(f: (writer: Api.Writer) => void): Uint8Array | number {
    try {
      f(this)
    } catch (thrown) {
      if (this.isWhole) {
        this.recycle()
        throw thrown
      }
    } finally {
      this.active = false
    }
    return this.lacking ?? this.block.bytes.subarray(0, this.length)
  }

  /** A getter, since the compiler does not see that the function of the caller sets `lacking`. */
  private get isWhole(): boolean {
    return this.lacking === undefined
  }

  /** Has the next call use the same memory. */
  recycle(): void {
    if (this.block.bytes.length === spareSize) spare = this.block
  }

  /** Where the next `count` bytes go. */
  private room(count: number): number {
    if (!this.active) throw new Error("a writer was used after its function had returned")
    const at = this.length
    const after = at + count
    if (after > this.block.bytes.length) this.grow(after)
    this.length = after
    return at
  }

  private grow(size: number): void {
    const larger = this.lacking === undefined
      ? allocate(Math.max(size, this.block.bytes.length * 2)) ?? allocate(size)
      : undefined
    if (larger === undefined) {
      this.lacking ??= size
      throw stop
    }
    larger.set(this.block.bytes.subarray(0, this.length))
    this.block = blockOf(larger)
  }

  u8(value: number): void {
    if (!isInteger(value, 0, 0xff)) refused(value, "u8")
    const at = this.room(1)
    this.block.view.setUint8(at, value)
  }
  i8(value: number): void {
    if (!isInteger(value, -0x80, 0x7f)) refused(value, "i8")
    const at = this.room(1)
    this.block.view.setInt8(at, value)
  }
  u16(value: number, order?: ByteOrder): void {
    if (!isInteger(value, 0, 0xffff)) refused(value, "u16")
    const at = this.room(2)
    this.block.view.setUint16(at, value, order !== "big")
  }
  i16(value: number, order?: ByteOrder): void {
    if (!isInteger(value, -0x8000, 0x7fff)) refused(value, "i16")
    const at = this.room(2)
    this.block.view.setInt16(at, value, order !== "big")
  }
  u32(value: number, order?: ByteOrder): void {
    if (!isInteger(value, 0, 0xffffffff)) refused(value, "u32")
    const at = this.room(4)
    this.block.view.setUint32(at, value, order !== "big")
  }
  i32(value: number, order?: ByteOrder): void {
    if (!isInteger(value, -0x80000000, 0x7fffffff)) refused(value, "i32")
    const at = this.room(4)
    this.block.view.setInt32(at, value, order !== "big")
  }
  u64(value: bigint, order?: ByteOrder): void {
    if (BigInt.asUintN(64, value) !== value) refused(value, "u64")
    const at = this.room(8)
    this.block.view.setBigUint64(at, value, order !== "big")
  }
  i64(value: bigint, order?: ByteOrder): void {
    if (BigInt.asIntN(64, value) !== value) refused(value, "i64")
    const at = this.room(8)
    this.block.view.setBigInt64(at, value, order !== "big")
  }
  f32(value: number, order?: ByteOrder): void {
    const at = this.room(4)
    this.block.view.setFloat32(at, value, order !== "big")
  }
  f64(value: number, order?: ByteOrder): void {
    const at = this.room(8)
    this.block.view.setFloat64(at, value, order !== "big")
  }
  bytes(source: Uint8Array): void {
    const at = this.room(source.length)
    copyApart(source, 0, this.block.bytes, at, source.length)
  }
  zeros(count: number): void {
    if (!isInteger(count, 0, Number.MAX_SAFE_INTEGER)) refused(count, "number of bytes")
    const at = this.room(count)
    this.block.bytes.fill(0, at, at + count)
  }
}

const isInteger = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most

/** Written all the same, it would be another number. */
const refused = (value: number | bigint, what: string): never => {
  throw new RangeError(`${value} is no ${what}`)
}
