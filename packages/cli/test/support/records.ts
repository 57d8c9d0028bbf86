/** The JSON that the command prints, line by line, as JSON.md promises it: with these fields and no others. */
import * as Schema from "effect/Schema"

const Problem = Schema.Struct({
  tag: Schema.String,
  level: Schema.Literal("error", "warning"),
  offset: Schema.Number,
  count: Schema.Number,
  message: Schema.String
})

const problems = Schema.Array(Problem)

interface TreeChunk {
  readonly id: string
  readonly type?: string | undefined
  readonly offset: number
  readonly dataOffset: number
  readonly size: { readonly declared: number; readonly available: number }
  readonly fact?: string | undefined
  readonly problems: ReadonlyArray<typeof Problem.Type>
  readonly chunks?: ReadonlyArray<TreeChunk> | undefined
}

const TreeChunk: Schema.Schema<TreeChunk> = Schema.Struct({
  id: Schema.String,
  type: Schema.optional(Schema.String),
  offset: Schema.Number,
  dataOffset: Schema.Number,
  size: Schema.Struct({ declared: Schema.Number, available: Schema.Number }),
  fact: Schema.optional(Schema.String),
  problems,
  chunks: Schema.optional(Schema.Array(Schema.suspend(() => TreeChunk)))
})

interface MapChunk {
  readonly name: string
  readonly offset: number
  readonly bytes: number
  readonly chunks: ReadonlyArray<MapChunk>
}

const MapChunk: Schema.Schema<MapChunk> = Schema.Struct({
  name: Schema.String,
  offset: Schema.Number,
  bytes: Schema.Number,
  chunks: Schema.Array(Schema.suspend(() => MapChunk))
})

const KeyText = Schema.Struct({ key: Schema.String, text: Schema.String })

const Loudness = Schema.Struct({
  value: Schema.Number,
  range: Schema.Number,
  maxTruePeak: Schema.Number,
  maxMomentary: Schema.Number,
  maxShortTerm: Schema.Number
})

const Bext = Schema.Struct({
  version: Schema.Number,
  description: Schema.String,
  originator: Schema.String,
  originatorReference: Schema.String,
  originationDate: Schema.String,
  originationTime: Schema.String,
  timeReference: Schema.NumberFromString,
  umid: Schema.optional(Schema.String),
  loudness: Schema.optional(Loudness),
  codingHistory: Schema.String
})

const CuePoint = Schema.Struct({
  id: Schema.Number,
  position: Schema.Number,
  labels: Schema.Array(
    Schema.Struct({
      kind: Schema.Literal("labl", "note", "ltxt"),
      text: Schema.String,
      length: Schema.optional(Schema.Number)
    })
  )
})

const name = Schema.String

/** What each command prints. */
export const records = {
  tree: Schema.Struct({
    command: Schema.Literal("tree"),
    name,
    length: Schema.Number,
    chunks: Schema.Array(TreeChunk),
    problems
  }),
  info: Schema.Struct({
    command: Schema.Literal("info"),
    name,
    form: Schema.String,
    format: Schema.optional(Schema.Struct({
      codec: Schema.Union(Schema.String, Schema.Number),
      codecName: Schema.optional(Schema.String),
      channels: Schema.Number,
      sampleRate: Schema.Number,
      bitsPerSample: Schema.optional(Schema.Number),
      byteRate: Schema.Number,
      blockAlign: Schema.Number
    })),
    frames: Schema.optional(Schema.Number),
    seconds: Schema.optional(Schema.Number),
    data: Schema.optional(
      Schema.Struct({ offset: Schema.Number, declared: Schema.Number, available: Schema.Number })
    ),
    tags: Schema.Array(Schema.Struct({ id: Schema.String, text: Schema.String })),
    cuePoints: Schema.Array(CuePoint),
    bext: Schema.optional(Bext),
    problems
  }),
  verify: Schema.Struct({
    command: Schema.Literal("verify"),
    name,
    verdict: Schema.Literal("sound", "damaged"),
    problems
  }),
  summary: Schema.Struct({
    command: Schema.Literal("verify"),
    summary: Schema.Struct({
      files: Schema.Number,
      sound: Schema.Number,
      damaged: Schema.Number,
      failed: Schema.Number
    })
  }),
  repair: Schema.Struct({
    command: Schema.Literal("repair"),
    name,
    written: Schema.Boolean,
    corrections: Schema.Array(
      Schema.Struct({
        tag: Schema.String,
        id: Schema.optional(Schema.String),
        chunk: Schema.optional(Schema.Number),
        offset: Schema.Number,
        message: Schema.String
      })
    ),
    problems
  }),
  tags: Schema.Struct({
    command: Schema.Literal("tag"),
    name,
    written: Schema.Literal(false),
    tags: Schema.Array(KeyText)
  }),
  tagged: Schema.Struct({
    command: Schema.Literal("tag"),
    name,
    written: Schema.Boolean,
    set: Schema.Array(KeyText),
    removed: Schema.Array(Schema.String)
  }),
  cue: Schema.Struct({
    command: Schema.Literal("cue"),
    name,
    written: Schema.Boolean,
    cuePoints: Schema.Array(Schema.Struct({
      id: Schema.Number,
      position: Schema.Number,
      seconds: Schema.optional(Schema.Number),
      texts: Schema.Array(Schema.String)
    }))
  }),
  digest: Schema.Struct({ command: Schema.Literal("digest"), name, md5: Schema.String }),
  embedded: Schema.Struct({
    command: Schema.Literal("digest"),
    name,
    md5: Schema.String,
    embedded: Schema.Literal(true)
  }),
  checked: Schema.Struct({
    command: Schema.Literal("digest"),
    name,
    md5: Schema.String,
    stored: Schema.String,
    same: Schema.Boolean
  }),
  extract: Schema.Struct({
    command: Schema.Literal("extract"),
    name,
    chunk: Schema.String,
    output: Schema.String,
    bytes: Schema.Number
  }),
  insert: Schema.Struct({
    command: Schema.Literal("insert"),
    name,
    chunk: Schema.String,
    bytes: Schema.Number,
    moved: Schema.Number
  }),
  copy: Schema.Struct({ command: Schema.Literal("copy"), from: name, to: name, bytes: Schema.Number }),
  map: Schema.Struct({
    command: Schema.Literal("map"),
    name,
    length: Schema.Number,
    chunks: Schema.Array(MapChunk)
  }),
  picture: Schema.Struct({ command: Schema.Literal("map"), name, svg: Schema.String }),
  recover: Schema.Struct({
    command: Schema.Literal("recover"),
    name,
    recovery: Schema.Literal("nothing", "discarded", "applied")
  }),
  failure: Schema.Struct({
    command: Schema.String,
    name: Schema.optional(Schema.String),
    error: Schema.Struct({ tag: Schema.String, message: Schema.String, exitCode: Schema.Number })
  })
}

/** A line as the record that it has to be; throws where it has other fields. */
export const decode = <A, I>(record: Schema.Schema<A, I>, line: unknown): A =>
  Schema.decodeUnknownSync(record)(line, { onExcessProperty: "error" })
