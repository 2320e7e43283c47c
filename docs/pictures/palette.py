"""Makes a picture of a page small: 256 colours are enough for text and flat surfaces."""

import struct
import zlib
from base64 import b64decode, b64encode
from collections import Counter

from playwright.sync_api import Page

COLOURS = 256
PIXELS = """async (picture) => {
    const response = await fetch("data:image/png;base64," + picture);
    const image = await createImageBitmap(await response.blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const bytes = context.getImageData(0, 0, image.width, image.height).data;
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768)
        text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return [image.width, btoa(text)];
}"""


def shrink(picture: bytes, page: Page) -> bytes:
    """The PNG with its most frequent colours, and each other one as the nearest of them.

    ``page`` is an empty one, in which the browser decodes the picture.
    """
    width, text = page.evaluate(PIXELS, b64encode(picture).decode())
    data = b64decode(text)
    pixels = [data[at : at + 3] for at in range(0, len(data), 4)]
    counts = Counter(pixels)
    palette = [colour for colour, _ in counts.most_common(COLOURS)]
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in counts.keys() - place.keys():
        place[colour] = min(range(len(palette)), key=lambda at: _distance(palette[at], colour))
    rows = [
        b"\0" + bytes(place[pixel] for pixel in pixels[at : at + width])
        for at in range(0, len(pixels), width)
    ]
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"PLTE", b"".join(palette))]
    parts += [(b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
