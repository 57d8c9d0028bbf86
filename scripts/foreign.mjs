/**
 * Checks this library against programs that share no code with it, SoX, libsndfile's, FFmpeg and ExifTool: each has to read what
 * the other wrote, files beyond 4 GiB too, and what was repaired here. Installs them where they are missing and there is apt-get. The
 * tests are in packages/platform-node/foreign.
 */
import { runTier } from "./tier.mjs"

await runTier("packages/platform-node/foreign", {
  sox: "sox",
  soxi: "sox",
  "sndfile-info": "sndfile-programs",
  "sndfile-convert": "sndfile-programs",
  ffmpeg: "ffmpeg",
  ffprobe: "ffmpeg",
  exiftool: "libimage-exiftool-perl"
})
