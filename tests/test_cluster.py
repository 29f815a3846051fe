"""A scan on a Dask cluster is the scan on this machine, also when a worker is lost on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from figecho.config import resolve
from figecho.errors import ConfigError
from figecho.farm import cluster as cluster_module
from figecho.farm.cluster import Cluster
from figecho.farm.port import Lost
from figecho.report.to_json import to_json
from figecho.scan import scan
from figecho.store.cards import Card, without_pixels
from figecho.store.keys import keys_for
from figecho.store.store import Store
from handmade import panel
from scenes import rendering

CONFIG = resolve(
    overrides={
        "methods": ("sift",),
        "describe.max_keypoints": 200,
        "describe.min_working_px": 9000,
        "verify.max_px": 5000,
    }
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes of one thread each."""
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed (pip install 'figecho[cluster]')"
    )
    import dask

    quiet = {"distributed.logging.distributed": "critical", "distributed.admin.log-length": 0}
    with (
        dask.config.set(quiet),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
            silence_logs=60,
        ) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("figures")
    scene = rendering("eosin", 21, 80, 130)
    images = [scene[:, :85], scene[:, 35:120], scene[:, :85]]
    images += [rendering("cells", k, 80, 90) for k in range(22, 29)]
    for k, image in enumerate(images):
        Image.fromarray(np.ascontiguousarray(image)).save(place / f"{k}.png")
    return place


def test_a_worker_killed_in_the_middle_changes_nothing(cluster: Any, folder: Path) -> None:
    plain = to_json(scan([folder], CONFIG).report)
    workers = [w.pid for w in cluster.workers.values()]
    assert len(workers) == 2
    steps: list[int] = []

    def kill_one(stage: str, done: int, total: int) -> None:
        if stage == "comparing pairs":
            steps.append(done)
            if done >= total // 3 and len(workers) == 2:
                os.kill(workers.pop(), signal.SIGKILL)

    report = scan([folder], CONFIG, scheduler=cluster.scheduler_address, progress=kill_one).report
    assert len(workers) == 1
    assert steps[0] == 0
    assert steps[-1] == 55
    assert to_json(report) == plain


def card(tmp_path: Path, store: Store) -> Card:
    from figecho.farm.shelf import panel_record

    shown = panel(rendering("eosin", 21, 60, 70))
    store.blobs.write("ab" * 20, panel_record(shown))
    return Card(panel=without_pixels(shown), blob="ab" * 20, drawn=False, gel=False)


def always_fatal(unit: Any, shelf: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_unit_that_kills_every_worker_is_lost_and_stated(cluster: Any, tmp_path: Path) -> None:
    import dask

    store = Store(tmp_path / "store")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        Cluster(cluster.scheduler_address, CONFIG, store.blobs, keys_for(CONFIG)) as who,
    ):
        cluster.scheduler.allowed_failures = 0
        results = list(who.run(always_fatal, [card(tmp_path, store)], 1))
        cluster.scheduler.allowed_failures = 3
    assert results == [(0, Lost("its workers ended (KilledWorker)"))]


def test_a_worker_of_another_version_is_refused(
    cluster: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "environment", lambda: "another")
    with pytest.raises(ConfigError, match="install the same"):
        scan([folder], CONFIG, scheduler=cluster.scheduler_address)


def test_no_scheduler_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster_module, "_WAIT_S", 1)
    with pytest.raises(ConfigError, match=r"tcp://127\.0\.0\.1:1'"):
        scan([folder], CONFIG, scheduler="tcp://127.0.0.1:1")
