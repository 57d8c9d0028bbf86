"""What libraries that have no program for it say of many WAV files at once: `readers.py sound|tags FILE...` prints it as JSON, by the names of the files.

sound: libavformat, which ffprobe asks, through PyAV. tags: Mutagen and TagLib.
"""

import json
import sys


def sound(name):
    import av

    av.logging.set_level(av.logging.PANIC)
    with av.open(name) as file:
        stream = file.streams.audio[0]
        return {
            "frames": stream.duration,
            "rate": stream.rate,
            "channels": stream.channels,
            "title": file.metadata.get("title"),
        }


def tags(name):
    import mutagen.wave
    import taglib

    info = mutagen.wave.WAVE(name).info
    file = taglib.File(name)
    try:
        return {
            # it divides, and a part of a frame is none
            "frames": int(info.length * info.sample_rate + 1e-6),
            "rate": info.sample_rate,
            "channels": info.channels,
            "title": file.tags.get("TITLE", [None])[0],
        }
    finally:
        file.close()


def attempt(read, name):
    try:
        return read(name)
    except Exception as error:
        return {"error": str(error)}


read = {"sound": sound, "tags": tags}[sys.argv[1]]
json.dump({name: attempt(read, name) for name in sys.argv[2:]}, sys.stdout)
