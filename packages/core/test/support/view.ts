/** An array as the buffers of Node, whose `slice` is a view. */
export class View extends Uint8Array {
  override slice(start?: number, end?: number) {
    return this.subarray(start, end)
  }
}
