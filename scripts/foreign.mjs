/**
 * Checks this library against programs that share no code with it, SoX, libsndfile's, FFmpeg, ExifTool, Mutagen and
 * TagLib: each has to read what the other wrote, files beyond 4 GiB too, and what was repaired and edited here; of
 * thousands of files whose headers lie, all have to read the same. Those, MediaInfo, kid3, id3v2 and webpmux also read,
 * and write to, files whose edit was not finished. The tests are in packages/platform-node/foreign.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/platform-node/foreign", {
  programs: {
    sox: "sox",
    soxi: "sox",
    "sndfile-info": "sndfile-programs",
    "sndfile-convert": "sndfile-programs",
    ffmpeg: "ffmpeg",
    ffprobe: "ffmpeg",
    exiftool: "libimage-exiftool-perl",
    mediainfo: "mediainfo",
    "kid3-cli": "kid3-cli",
    id3v2: "id3v2",
    webpmux: "webp"
  },
  modules: { av: "python3-av", mutagen: "python3-mutagen", taglib: "python3-taglib" }
})
