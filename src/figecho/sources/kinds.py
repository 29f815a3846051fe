"""Tell what a file is by its first bytes, because names lie."""

from __future__ import annotations

#: Suffixes of what figecho reads; inside a folder only these are opened.
IMAGE_SUFFIXES = frozenset(
    {".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".btf"}
    | {".webp", ".bmp", ".dib", ".gif"}
)

#: Kinds of documents, named by their usual suffix, each read in a process of its own.
DOCUMENTS = frozenset({".pdf", ".pptx", ".docx", ".xlsx"})

#: Suffixes of documents and archives that figecho reads.
DOCUMENT_SUFFIXES = DOCUMENTS | {".pptm", ".ppsx", ".potx", ".docm", ".dotx", ".xlsm", ".zip"}

#: Suffixes that may hold pictures figecho cannot read yet: named in the report, never passed over.
UNREAD_SUFFIXES = {
    ".svg": "SVG drawings",
    ".emf": "EMF drawings",
    ".wmf": "WMF drawings",
    ".wdp": "JPEG XR images",
    ".jxr": "JPEG XR images",
    ".eps": "EPS drawings",
    ".ps": "PostScript documents",
    ".ai": "Illustrator documents",
    ".psd": "Photoshop images",
    ".ppt": "PPT documents",
    ".doc": "DOC documents",
    ".odp": "ODP documents",
    ".odt": "ODT documents",
    ".xls": "XLS documents",
    ".key": "Keynote documents",
    ".rar": "RAR archives",
    ".7z": "7z archives",
    ".heic": "HEIF images",
    ".heif": "HEIF images",
    ".avif": "AVIF images",
    ".jp2": "JPEG 2000 images",
    ".czi": "CZI images",
    ".nd2": "ND2 images",
    ".lif": "LIF images",
    ".dcm": "DICOM images",
}

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBP", "webp"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"II+\x00", "tiff"),
    (0, b"MM\x00+", "tiff"),
    (0, b"II\xbc\x01", ".wdp"),
    (0, b"%PDF-", ".pdf"),
    (0, b"PK\x03\x04", ".zip"),
    (0, b"PK\x05\x06", ".zip"),
    (40, b" EMF", ".emf"),
    (0, b"\xd7\xcd\xc6\x9a", ".wmf"),
    (0, b"%!PS", ".eps"),
    (0, b"\xc5\xd0\xd3\xc6", ".eps"),
    (0, b"8BPS", ".psd"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (0, b"Rar!\x1a\x07", ".rar"),
    (0, b"7z\xbc\xaf\x27\x1c", ".7z"),
    (4, b"ftypheic", ".heic"),
    (4, b"ftypmif1", ".heic"),
    (4, b"ftypavif", ".avif"),
    (0, b"\x00\x00\x00\x0cjP  ", ".jp2"),
    (0, b"ZISRAWFILE", ".czi"),
    (128, b"DICM", ".dcm"),
)

#: Bytes of a file's beginning that :func:`kind_of` looks at.
HEAD_BYTES = 4096


def kind_of(head: bytes) -> str:
    """Name the kind of a file from its first :data:`HEAD_BYTES` bytes.

    Returns
    -------
    str
        ``"png"``, ``"jpeg"``, ``"tiff"``, ``"webp"``, ``"bmp"`` or ``"gif"``; ``".pdf"``, or
        ``".zip"`` for archives and Office documents alike; a key of :data:`UNREAD_SUFFIXES` for
        what is known and not read; else ``"ole"``, ``"empty"``, ``"text"`` or ``"unknown"``.
    """
    if not head:
        return "empty"
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    # "BM" alone opens many a text; the reserved words of the header must be zero as well.
    if head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00":
        return "bmp"
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if _is_text(head):
        return ".svg" if b"<svg" in head.lower() else "text"
    return "unknown"


def refusal(kind: str, suffix: str) -> str:
    """Return the one-line reason why a file of this ``kind`` is not scanned.

    ``suffix`` (lower case) only refines what an old Office container is called.
    """
    if kind == "ole":
        if suffix in DOCUMENT_SUFFIXES:
            return "encrypted: Office documents with a password are not read; save one without"
        kind = suffix if suffix in {".doc", ".ppt", ".xls"} else "unknown"
        if kind != "unknown":
            newer = {".doc": "DOCX", ".ppt": "PPTX", ".xls": "XLSX"}[kind]
            return f"old {UNREAD_SUFFIXES[kind]} are not read; save it as {newer} or PDF"
    if kind in UNREAD_SUFFIXES:
        return f"{UNREAD_SUFFIXES[kind]} are not read"
    if kind == "empty":
        return "empty file (0 bytes)"
    return "not an image (text)" if kind == "text" else "not an image (unknown content)"


def _is_text(head: bytes) -> bool:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    if b"\x00" in head:
        return False
    # A character cut at the end of the head is no sign of binary content.
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return all(c.isprintable() or c in "\t\n\r\f\ufeff" for c in text)
    return False
