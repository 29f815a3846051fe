"""Write small PDF files by hand, the same bytes every time: pictures, letters, lines."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from synth.kinds import Byte

A4 = (595, 842)
Box = tuple[float, float, float, float]
Matrix6 = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, eq=False)
class Stream:
    """One picture as it is stored: its bytes and the entries of its dictionary."""

    data: bytes
    entries: str
    mask: Stream | None = None


@dataclass
class Page:
    """One page; boxes count from its top-left corner, in points, y downwards."""

    size: tuple[float, float] = A4
    rotate: int = 0
    pictures: list[tuple[Stream, Matrix6]] = field(default_factory=list)
    ops: list[str] = field(default_factory=list)

    def put(self, picture: Stream, box: Box, *, turned: int = 0, mirrored: bool = False) -> None:
        """Lay a picture into a box, turned by quarters clockwise, mirrored before."""
        x, y, w, h = box
        bottom = self.size[1] - y - h
        a, e = (-w, x + w) if mirrored else (w, x)
        matrix: Matrix6 = {
            0: (a, 0, 0, h, e, bottom),
            1: (0, -h, w, 0, x, bottom + h),
            2: (-w, 0, 0, -h, x + w, bottom + h),
            3: (0, h, -w, 0, x + w, bottom),
        }[turned]
        self.pictures.append((picture, matrix))

    def write(self, text: str, x: float, y: float, size: float = 10) -> None:
        """Set a line of Helvetica."""
        plain = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        self.ops.append(f"BT /F1 {size} Tf {x:g} {self.size[1] - y:g} Td ({plain}) Tj ET")

    def line(self, points: Sequence[tuple[float, float]], width: float = 1.0) -> None:
        """Draw a line through points."""
        steps = [
            f"{x:g} {self.size[1] - y:g} {'m' if k == 0 else 'l'}"
            for k, (x, y) in enumerate(points)
        ]
        self.ops.append(f"{width:g} w {' '.join(steps)} S")

    def bar(self, box: Box, grey: float = 0.4) -> None:
        """Fill a rectangle."""
        x, y, w, h = box
        self.ops.append(f"{grey:g} g {x:g} {self.size[1] - y - h:g} {w:g} {h:g} re f 0 g")


def jpeg(image: Byte, quality: int = 92) -> Stream:
    """Store a picture as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    space = "/DeviceGray" if image.ndim == 2 else "/DeviceRGB"
    return Stream(buffer.getvalue(), _entries(image, space, 8, "/DCTDecode"))


def flate(image: np.ndarray, mask: np.ndarray | None = None, space: str = "") -> Stream:
    """Store a picture of 8 or 16 bits losslessly, with a soft mask if there is one."""
    bits = 8 * image.dtype.itemsize
    name = space or ("/DeviceGray" if image.ndim == 2 else "/DeviceRGB")
    data = zlib.compress(image.astype(image.dtype.newbyteorder(">")).tobytes(), 9)
    soft = None if mask is None else flate(mask)
    return Stream(data, _entries(image, name, bits, "/FlateDecode"), soft)


def pdf(pages: Sequence[Page]) -> bytes:
    """Return a document; a picture that stands on several pages is stored once."""
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    numbers: dict[int, int] = {}

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stored(picture: Stream) -> int:
        if id(picture) not in numbers:
            mask = "" if picture.mask is None else f" /SMask {stored(picture.mask)} 0 R"
            head = f"<< {picture.entries}{mask} /Length {len(picture.data)} >>\nstream\n"
            numbers[id(picture)] = add(head.encode() + picture.data + b"\nendstream")
        return numbers[id(picture)]

    kids = []
    for page in pages:
        names, ops = [], list(page.ops)
        for index, (picture, matrix) in enumerate(page.pictures):
            names.append(f"/Im{index} {stored(picture)} 0 R")
            ops.append(f"q {' '.join(f'{v:g}' for v in matrix)} cm /Im{index} Do Q")
        content = "\n".join(ops).encode("latin-1")
        stream = add(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
        width, height = page.size
        kids.append(
            add(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:g} {height:g}] "
                f"/Rotate {page.rotate} /Contents {stream} 0 R /Resources << /Font << /F1 3 0 R >> "
                f"/XObject << {' '.join(names)} >> >> >>".encode()
            )
        )
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects[1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode()
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _entries(image: np.ndarray, space: str, bits: int, packed: str) -> str:
    height, width = image.shape[:2]
    return (
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {space} "
        f"/BitsPerComponent {bits} /Filter {packed}"
    )
