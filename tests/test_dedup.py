"""imagededup's networks and hashes on pictures in memory: its numbers, our manners."""

from __future__ import annotations

import hashlib
import logging
import os
import resource
import sqlite3
import subprocess
import sys
import warnings
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

from figecho.dedup import CnnSettings, beside, cache, similarity
from figecho.dedup import encode as encoding
from figecho.dedup.encode import embed, encode
from figecho.dedup.hashes import HASHERS, hashed
from figecho.dedup.models import Model, load, wrap
from figecho.dedup.quiet import quiet
from figecho.dedup.ranking import by_cosine, by_hamming
from figecho.dedup.settings import Unavailable
from figecho.dedup.weights import PRETRAINED, find, hub_file, pretrained
from figecho.errors import ConfigError
from figecho.model import Box, Panel
from figecho.panels.build import pixel_digest
from figecho.tiles import Tile
from handmade import finding, panel, region, report
from networks import needs_imagededup, save, scene, small, state_of


@pytest.fixture(autouse=True)
def own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the tests out of the caches of whoever runs them."""
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with seeded weights of imagededup's default network."""
    if util.find_spec("imagededup") is None:
        pytest.skip("imagededup is not installed (pip install 'figecho[cnn]')")
    return save(state_of("mobilenet_v3_small"), tmp_path_factory.mktemp("weights") / "w.pth")


def nothing(stage: str, done: int, total: int) -> None:
    """Watch no progress."""


def tile(rgb: np.ndarray, source: str = "a.png") -> Tile:
    box = Box(x=0, y=0, w=rgb.shape[1], h=rgb.shape[0])
    digest = pixel_digest(rgb)
    return Tile(source=source, page=None, figure=1, part=1, bbox=box, rgb=rgb, pixels_sha256=digest)


def scenes(count: int) -> list[np.ndarray]:
    return [scene(k, 40 + 7 * k, 60 + 5 * k) for k in range(count)]


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# Networks


@needs_imagededup
def test_embeddings_are_those_of_imagededup() -> None:
    model = wrap(small())
    arrays = scenes(70)  # more than a batch
    ours = encode(arrays, model, nothing)
    theirs = np.concatenate([model.cnn.encode_image(image_array=a).reshape(1, -1) for a in arrays])
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert np.ptp(unit(ours) @ unit(ours).T) > 0.1, (
        "a network that sees no difference tests nothing"
    )


@needs_imagededup
def test_the_default_network_is_imagededups_own(weights: Path, own_caches: Path) -> None:
    save(state_of("mobilenet_v3_small"), hub_file("mobilenet"))
    from imagededup.methods import CNN

    with quiet():
        theirs = CNN(verbose=False)  # builds itself from the cache of torch hub
    model = load(CnnSettings(cache=None))
    for array in scenes(3):
        np.testing.assert_allclose(
            encode([array], model, nothing), theirs.encode_image(image_array=array), rtol=1e-4
        )
    assert model.name == "mobilenet_v3_small"


@needs_imagededup
def test_a_weights_file_is_named_by_its_digest(weights: Path) -> None:
    model = load(CnnSettings(weights=weights, cache=None))
    assert model.weights_sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert model.facts["cnn_weights_sha256"] == model.weights_sha256
    assert str(weights.parent) not in str(model.facts)


@needs_imagededup
def test_the_head_of_a_network_may_be_another(weights: Path, tmp_path: Path) -> None:
    state = state_of("mobilenet_v3_small")
    state.pop("classifier.3.weight")
    headless = load(CnnSettings(weights=save(state, tmp_path / "h.pth"), cache=None))
    whole = load(CnnSettings(weights=weights, cache=None))
    arrays = scenes(2)
    np.testing.assert_array_equal(encode(arrays, headless, nothing), encode(arrays, whole, nothing))


@needs_imagededup
@pytest.mark.parametrize("name", PRETRAINED)
def test_names_and_places_of_weights_are_those_of_torch(name: str) -> None:
    import torch
    from torchvision.models import EfficientNet_B4_Weights as Efficient
    from torchvision.models import MobileNet_V3_Small_Weights as Mobile
    from torchvision.models import ViT_B_16_Weights as Vit

    known = {"mobilenet": Mobile.IMAGENET1K_V1, "efficientnet": Efficient.IMAGENET1K_V1}
    known["vit"] = Vit.IMAGENET1K_SWAG_E2E_V1
    assert pretrained(name).url == known[name].url
    assert hub_file(name).parent == Path(torch.hub.get_dir()) / "checkpoints"


@needs_imagededup
def test_torch_home_moves_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import torch

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "elsewhere"))
    assert hub_file("vit").parent == Path(torch.hub.get_dir()) / "checkpoints"


def test_an_unknown_network_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'mobilenet'"):
        pretrained("mobilnet")


@needs_imagededup
def test_a_model_is_put_into_evaluation_mode() -> None:
    custom = small()
    custom.model.train()
    model, arrays = wrap(custom), scenes(2)
    np.testing.assert_array_equal(encode(arrays, model, nothing), encode(arrays, model, nothing))


@needs_imagededup
def test_a_model_that_fails_is_one_line() -> None:
    custom = small()
    model = wrap(custom._replace(transform=lambda picture: 1 / 0))
    with pytest.raises(ConfigError, match="small fails: ZeroDivisionError"):
        encode(scenes(1), model, nothing)


# Weights that are missing, damaged or of something else


def test_without_imagededup_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"pip install 'figecho\[cnn\]'"):
        load(CnnSettings())


def test_without_weights_the_line_names_both_ways_out() -> None:
    with pytest.raises(Unavailable) as caught:
        find(CnnSettings())
    message = str(caught.value)
    assert "--online" in message
    assert "--cnn-weights" in message
    assert "\n" not in message


@needs_imagededup
def test_the_network_is_asked_only_if_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    asked = []

    def fetch(url: str, path: str, prefix: str, progress: bool) -> None:
        asked.append((url, prefix))
        Path(path).write_bytes(b"weights")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    with pytest.raises(Unavailable):
        find(CnnSettings())
    assert asked == []
    assert find(CnnSettings(online=True)).read_bytes() == b"weights"
    assert asked == [(pretrained("mobilenet").url, "047dcff4")]
    find(CnnSettings(online=True))
    assert len(asked) == 1, "weights that are there need not be fetched"


@needs_imagededup
@pytest.mark.parametrize(
    "error", [URLError("no route to host"), RuntimeError("invalid hash value"), OSError(28, "Full")]
)
def test_a_fetch_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    import torch

    def fetch(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    with pytest.raises(Unavailable, match=r"cannot be fetched: .*; --cnn-weights FILE names"):
        find(CnnSettings(online=True))
    assert not hub_file("mobilenet").exists()


@needs_imagededup
@pytest.mark.parametrize("cut", [0, 10, 5000])
def test_damaged_weights_are_one_line(weights: Path, tmp_path: Path, cut: int) -> None:
    damaged = tmp_path / "cut.pth"
    damaged.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(ConfigError, match=r"weights 'cut\.pth' are damaged, or hold more"):
        load(CnnSettings(weights=damaged, cache=None))


@needs_imagededup
def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    other = save(state_of("mobilenet_v2"), tmp_path / "other.pth")
    with pytest.raises(
        ConfigError, match=r"'other\.pth' are not of mobilenet_v3_small: of its 240"
    ):
        load(CnnSettings(weights=other, cache=None))


@needs_imagededup
@pytest.mark.parametrize("content", [[1, 2], {}, {"a": 1}], ids=["list", "empty", "numbers"])
def test_what_is_no_state_dict_is_refused(content: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hold no state dict"):
        load(CnnSettings(weights=save(content, tmp_path / "x.pth"), cache=None))


class Trap:
    """Runs code when a careless reader unpickles it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (os.environ["TRAP"],))


@needs_imagededup
def test_code_in_a_weights_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAP", str(tmp_path / "sprung"))
    path = save({"a": Trap()}, tmp_path / "x.pth")
    with pytest.raises(ConfigError, match="were not loaded"):
        load(CnnSettings(weights=path, cache=None))
    assert not (tmp_path / "sprung").exists()


@needs_imagededup
def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    state = state_of("mobilenet_v3_small")
    state["features.0.0.weight"] = state["features.0.0.weight"] * float("nan")
    model = load(CnnSettings(weights=save(state, tmp_path / "nan.pth"), cache=None))
    with pytest.raises(ConfigError, match="not finite"):
        encode(scenes(1), model, nothing)


def test_weights_that_cannot_be_opened_are_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (pip install 'figecho[cnn]')")
    with pytest.raises(ConfigError, match=r"'gone\.pth' cannot be read"):
        load(CnnSettings(weights=tmp_path / "gone.pth", cache=None))


# The cache


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pictures the network looks at."""
    looked: list[int] = []

    def watched(arrays: Any, model: Model, tell: Any) -> Any:
        looked.append(len(arrays))
        return encode(arrays, model, tell)

    monkeypatch.setattr(encoding, "encode", watched)
    return looked


@needs_imagededup
def test_known_pictures_are_not_looked_at_again(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = counting(monkeypatch)
    model = load(CnnSettings(weights=weights))
    tiles = [tile(a) for a in scenes(3)]
    first = embed([*tiles, tiles[0]], model, tmp_path / "c", nothing)
    again = embed(tiles[::-1], model, tmp_path / "c", nothing)
    more = embed([*tiles, tile(scene(9))], model, tmp_path / "c", nothing)
    assert looked == [3, 1], "each different picture once"
    assert (first.cached, again.cached, more.cached) == (0, 3, 3)
    np.testing.assert_array_equal(first.vectors[0], first.vectors[3])
    np.testing.assert_array_equal(first.vectors[:3], again.vectors[::-1])
    assert first.notes == again.notes == ()


@needs_imagededup
def test_other_weights_know_nothing_of_them(weights: Path, tmp_path: Path) -> None:
    others = save(state_of("mobilenet_v3_small", seed=1), tmp_path / "o.pth")
    a, b = (load(CnnSettings(weights=path)) for path in (weights, others))
    assert a.key != b.key
    tiles = [tile(scene(1))]
    embed(tiles, a, tmp_path / "c", nothing)
    assert embed(tiles, b, tmp_path / "c", nothing).cached == 0


@needs_imagededup
def test_a_model_made_in_python_is_not_kept(tmp_path: Path) -> None:
    embed([tile(scene(1))], wrap(small()), tmp_path / "c", nothing)
    assert not (tmp_path / "c").exists()


VECTORS = {f"{k:064x}": np.full(5, k, np.float32) for k in range(1200)}


def test_the_cache_gives_back_what_it_got(tmp_path: Path) -> None:
    path = cache.file_of(tmp_path / "new" / "c", "k" * 64)
    assert cache.read(path, list(VECTORS)) == ({}, None)
    assert cache.write(path, VECTORS) is None
    found, problem = cache.read(path, [*VECTORS, "unknown"])
    assert problem is None
    assert found.keys() == VECTORS.keys()
    assert all(np.array_equal(found[k], v) for k, v in VECTORS.items())


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(90)])
def test_a_damaged_cache_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = cache.file_of(tmp_path, "k")
    path.write_bytes(content)
    found, problem = cache.read(path, ["a"])
    assert found == {}
    assert problem is not None
    assert "cannot be read" in problem
    assert "\n" not in problem
    assert path.read_bytes() == content


def test_an_empty_cache_is_a_new_one(tmp_path: Path) -> None:
    path = cache.file_of(tmp_path, "k")
    path.write_bytes(b"")
    assert cache.read(path, ["a"]) == ({}, None)
    assert cache.write(path, {"a": np.ones(5, np.float32)}) is None
    assert list(cache.read(path, ["a"])[0]) == ["a"]


def test_vectors_of_unlike_length_are_not_believed(tmp_path: Path) -> None:
    path = cache.file_of(tmp_path, "k")
    cache.write(path, {"a": np.ones(3, np.float32), "b": np.ones(4, np.float32)})
    assert cache.read(path, ["a", "b"])[1] is not None


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    problem = cache.write(cache.file_of(tmp_path / "file" / "c", "k"), VECTORS)
    assert problem is not None
    assert "cannot be written" in problem


def test_a_read_only_cache_is_still_read(tmp_path: Path) -> None:
    path = cache.file_of(tmp_path / "c", "k")
    cache.write(path, VECTORS)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert len(cache.read(path, list(VECTORS))[0]) == len(VECTORS)
        if os.geteuid() != 0:  # root writes everywhere
            assert "cannot be written" in (cache.write(path, {"x": np.ones(5, "<f4")}) or "")
    finally:
        path.parent.chmod(0o700)


def test_a_full_disk_keeps_the_cache_whole(tmp_path: Path) -> None:
    path = cache.file_of(tmp_path, "k")
    cache.write(path, {"a": np.ones(5, np.float32)})
    code = (
        "import numpy as np, sys; from pathlib import Path; from figecho.dedup import cache\n"
        "many = {f'{k:064x}': np.full(500, k, np.float32) for k in range(500)}\n"
        "print(cache.write(Path(sys.argv[1]), many))"
    )

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        [sys.executable, "-c", code, path],
        preexec_fn=little_room,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written" in done.stdout
    assert "nothing was kept" in done.stdout
    with sqlite3.connect(path) as store:
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)
        assert store.execute("select picture from embedding").fetchall() == [("a",)]


@needs_imagededup
def test_a_cache_out_of_order_costs_time_only(weights: Path, tmp_path: Path) -> None:
    model = load(CnnSettings(weights=weights))
    assert model.key is not None
    path = cache.file_of(tmp_path, model.key)
    path.write_bytes(b"no database")
    found = embed([tile(scene(1))], model, tmp_path, nothing)
    assert found.vectors.shape == (1, 576)
    assert len(found.notes) == 1
    assert path.read_bytes() == b"no database"


# Hashes


@needs_imagededup
@pytest.mark.parametrize("method", HASHERS)
def test_hashes_and_distances_are_those_of_imagededup(method: str, tmp_path: Path) -> None:
    import imagededup.methods

    arrays = [*scenes(6), scene(0, 44, 64)]
    for k, array in enumerate(arrays):
        Image.fromarray(array).save(tmp_path / f"{k}.png")
    hasher = getattr(imagededup.methods, HASHERS[method])(verbose=False)
    files = [hasher.encode_image(image_file=tmp_path / f"{k}.png") for k in range(len(arrays))]
    ours = hashed([tile(a) for a in arrays], method, nothing)
    assert [f"{int(h):016x}" for h in ours] == files
    ranking = by_hamming(ours, 64)
    for i, j, bits in zip(ranking.first, ranking.second, ranking.value, strict=True):
        assert hasher.hamming_distance(files[i], files[j]) == bits


# Pairs


def test_every_pair_once_best_first() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(600, 7)).astype(np.float32)
    vectors[500] = vectors[3] * 2
    vectors[7] = 0
    ranking = by_cosine(vectors, -1)
    assert len(ranking) == 600 * 599 // 2
    assert (ranking.first < ranking.second).all()
    assert len(set(zip(ranking.first, ranking.second, strict=True))) == len(ranking)
    assert (np.diff(ranking.value) <= 0).all()
    assert (ranking.first[0], ranking.second[0], ranking.value[0]) == (3, 500, 1.0)
    length = np.linalg.norm(vectors.astype(float), axis=1)
    exact = (vectors.astype(float) @ vectors.T) / np.maximum(np.outer(length, length), 1e-9)
    np.testing.assert_allclose(ranking.value, exact[ranking.first, ranking.second], atol=2e-6)


def test_the_cutoff_belongs_to_what_is_kept() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], np.float32)
    assert by_cosine(vectors, 0.6).value.tolist() == [0.6]
    assert len(by_cosine(vectors, 0.61)) == 0
    hashes = np.array([0, 0b111, 2**64 - 1], np.uint64)
    assert by_hamming(hashes, 3).value.tolist() == [3]
    assert len(by_hamming(hashes, 2)) == 0
    assert by_hamming(hashes, 64).value.tolist() == [3, 61, 64]


@pytest.mark.parametrize("count", [0, 1])
def test_no_pair_gives_an_empty_ranking(count: int) -> None:
    assert len(by_cosine(np.ones((count, 3), np.float32), -1)) == 0
    assert len(by_hamming(np.zeros(count, np.uint64), 64)) == 0


# Beside a finding


@needs_imagededup
def test_similarity_is_the_cosine_of_each_pair(weights: Path) -> None:
    settings = CnnSettings(weights=weights, cache=None)
    a, b, c = (tile(array) for array in scenes(3))
    found = similarity([(a, b), (a, a), (c, b)], settings)
    vectors = encode([t.rgb for t in (a, b, c)], load(settings), nothing)
    exact = unit(vectors) @ unit(vectors).T
    assert found.values == pytest.approx((exact[0, 1], 1.0, exact[2, 1]), abs=1e-4)
    assert found.notes == ()
    assert found.tool["cnn"] == "mobilenet_v3_small"
    assert similarity([(b, a)], settings).values[0] == found.values[0]


def test_without_weights_or_library_there_is_a_line_and_no_number() -> None:
    a, b = (tile(array) for array in scenes(2))
    found = similarity([(a, b), (b, a)], CnnSettings())
    assert found.values == (None, None)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("no CNN similarity: ")
    assert similarity([], CnnSettings()).notes == ()


@needs_imagededup
def test_damaged_weights_cost_a_scan_the_number_only(tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"damaged")
    a, b = (tile(array) for array in scenes(2))
    found = similarity([(a, b)], CnnSettings(weights=tmp_path / "w.pth"))
    assert found.values == (None,)
    assert "w.pth" in found.notes[0]


def two_panels() -> dict[tuple[str, int, int, int], Panel]:
    return {
        (name, 0, 1, 1): replace(panel(scene(k), name), pixels_sha256=name)
        for k, name in enumerate(("a.png", "b.png"))
    }


@needs_imagededup
def test_the_number_is_set_beside_findings_and_changes_nothing_else(weights: Path) -> None:
    panels, settings = two_panels(), CnnSettings(weights=weights, cache=None)
    inside = finding(2, region("a.png"), region("a.png", 50))
    before = report(finding(1), inside, finding(3, region("a.png"), region("lost.png")))
    after, notes = beside(before, panels, settings)
    number = similarity([(panels["a.png", 0, 1, 1], panels["b.png", 0, 1, 1])], settings).values[0]
    # As a whole, a panel is no evidence beside itself.
    assert [f.evidence.cnn for f in after.findings] == [number, None, None]
    assert after.tool.items() > before.tool.items()
    assert after.tool["cnn"] == "mobilenet_v3_small"
    bare = [replace(f, evidence=replace(f.evidence, cnn=None)) for f in after.findings]
    assert replace(after, findings=tuple(bare), tool=before.tool) == before
    assert notes == ()


def test_without_a_network_a_report_stays_as_it_is() -> None:
    before = report(finding(1))
    after, notes = beside(before, two_panels(), CnnSettings())
    assert after == before
    assert len(notes) == 1


# Manners


def test_log_and_warnings_are_held_back_and_given_back(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    with quiet():
        logging.getLogger("imagededup.methods.cnn").error("chatter")
        warnings.warn("chatter", stacklevel=1)
    assert not caplog.records
    assert not recwarn.list
    logging.getLogger("mine").error("heard")
    assert [r.message for r in caplog.records] == ["heard"]


PROBE = """
import sys
from figecho.cli import run
code = run(sys.argv[1:])
heavy = sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'torchvision', 'imagededup'})
print(code, heavy)
"""


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["scan", "in", "--quiet"], ["chop", "in", "--out", "out"], ["score", "in"]],
    ids=lambda a: a[0],
)
def test_nothing_slow_is_imported_unless_needed(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(scene(1)).save(tmp_path / "in" / "a.png")
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = 2 if arguments[0] == "score" else 0
    assert done.stdout.splitlines()[-1] == f"{expected} []"


@needs_imagededup
def test_only_its_result_is_heard_of_imagededup(weights: Path, tmp_path: Path) -> None:
    for k in range(3):
        Image.fromarray(scene(k)).save(tmp_path / f"{k}.png")
    command = [sys.executable, "-m", "figecho", "score", "--no-cache", "--cnn-weights", weights]
    done = subprocess.run(
        [*command, *sorted(tmp_path.glob("?.png"))], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith("3 figures · 3 pairs compared\nmobilenet_v3_small: ")
