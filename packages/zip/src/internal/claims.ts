/**
 * What the open files of a driver claim: sharing modes of elements, names that are being created, archives that have
 * one writer, and turns of those that change an archive.
 */
import * as Sharing from "@effect-mmio/core/Sharing"
import * as Effect from "effect/Effect"

/** An element that is open; it is the same one under another name. */
interface Element {
  readonly key: string
  /** What it is found by; a removed one is not found. */
  name: string | undefined
  handles: number
  /** How many of them create it. */
  creating: number
}

/** What a handle has until it is closed. @internal */
export interface Claim {
  /** Withdraws it; once more, does nothing. */
  readonly release: () => void
}

/** @internal */
export class Claims {
  private readonly table = Sharing.makeTable()
  /** By the name of an archive and the path of an element. */
  private readonly elements = new Map<string, Element>()
  /** The element that has its archive to itself to be written, by the name of the archive. */
  private readonly writers = new Map<string, string>()
  private readonly turns = new Map<string, { readonly semaphore: Effect.Semaphore; users: number }>()
  private made = 0

  private static nameOf(archive: string, path: string): string {
    return `${archive}\0${path}`
  }

  /** Whether a file that is open creates an element of this name. */
  isCreated(archive: string, path: string): boolean {
    return (this.elements.get(Claims.nameOf(archive, path))?.creating ?? 0) > 0
  }

  /** Claims an element, or says which claim forbids it. */
  claim(
    archive: string,
    path: string,
    claim: Sharing.Claim,
    creates: boolean
  ): Claim | { readonly conflict: Sharing.Claim } {
    const name = Claims.nameOf(archive, path)
    const element = this.elements.get(name) ?? { key: `${this.made++}`, name, handles: 0, creating: 0 }
    const claimed = this.table.claim(element.key, claim)
    if ("conflict" in claimed) return claimed
    this.elements.set(name, element)
    element.handles++
    if (creates) element.creating++
    let ended = false
    return {
      release: () => {
        if (ended) return
        ended = true
        claimed.release()
        if (creates) element.creating--
        if (--element.handles === 0 && element.name !== undefined) this.elements.delete(element.name)
      }
    }
  }

  /** The element that is written, of an archive that has one writer. */
  writerOf(archive: string): string | undefined {
    return this.writers.get(archive)
  }

  /** Has an element be the only one of its archive that is written, until the function that it gives is called. */
  write(archive: string, element: string): () => void {
    this.writers.set(archive, element)
    return () => {
      this.writers.delete(archive)
    }
  }

  /** Has the claims of an element follow it to another name. */
  renamed(archive: string, from: string, to: string): void {
    const [oldName, newName] = [Claims.nameOf(archive, from), Claims.nameOf(archive, to)]
    const element = this.elements.get(oldName)
    this.removed(archive, to)
    this.elements.delete(oldName)
    if (element === undefined) return
    element.name = newName
    this.elements.set(newName, element)
  }

  /** Has the claims of a removed element hold for no later one of its name. */
  removed(archive: string, path: string): void {
    const name = Claims.nameOf(archive, path)
    const element = this.elements.get(name)
    this.elements.delete(name)
    if (element !== undefined) element.name = undefined
  }

  /** Runs an effect while no other one changes the archive through this driver. */
  inTurn<A, E>(archive: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        const turn = this.turns.get(archive) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
        turn.users++
        this.turns.set(archive, turn)
        return turn
      }),
      ({ semaphore }) => semaphore.withPermits(1)(effect),
      (turn) =>
        Effect.sync(() => {
          if (--turn.users === 0) this.turns.delete(archive)
        })
    )
  }
}
