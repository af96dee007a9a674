"""Scores are kept by content and model, survive, and are found again."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from nasutui.core.database import connect
from nasutui.core.hashes import FileHashes
from nasutui.core.tagging.scores import GENERAL, RATING, Scores, ScoreStore, TagTable

TABLE = TagTable(("general", "a", "b", "c"), (RATING, GENERAL, GENERAL, GENERAL))


def some(*values: float) -> Scores:
    return Scores.from_dense(np.array([0.0, *values], np.float32), TABLE)


def test_scores_come_back_as_they_were_put(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path)
    model = store.model_id("key", "絵 tagger", TABLE)
    store.put("ab" * 32, model, some(0.5, 0.001, 0.9))
    store.close()
    again = ScoreStore(tmp_path)
    assert again.model_id("key", "renamed", TABLE) == model
    assert again.models() == [(model, "絵 tagger", TABLE)]
    found = again.get("ab" * 32, model)
    assert found is not None
    assert found.as_dict(TABLE) == {"general": 0, "a": 0.5, "c": np.float16(0.9)}
    assert again.get("cd" * 32, model) is None
    assert [(sha256, s.as_dict(TABLE)) for sha256, s in again.all(model)] == [
        ("ab" * 32, found.as_dict(TABLE))
    ]
    again.close()


def test_models_do_not_share_scores(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path)
    one, two = (store.model_id(key, "m", TABLE) for key in ("one", "two"))
    assert one != two
    store.put("ab" * 32, one, some(0.5, 0.5, 0.5))
    assert store.get("ab" * 32, two) is None
    store.close()


def test_ten_thousand_pictures_stay_small(tmp_path: Path) -> None:
    table = TagTable(tuple(f"t{i}" for i in range(9083)), (RATING,) * 4 + (GENERAL,) * 9079)
    dense = np.zeros(9083, np.float32)
    dense[np.random.default_rng(1).choice(9083, 224, replace=False)] = 0.4
    one = Scores.from_dense(dense, table)
    assert one.tags.nbytes + one.probabilities.nbytes < 1000


def test_threads_may_write_together(tmp_path: Path) -> None:
    store = ScoreStore(tmp_path)
    model = store.model_id("key", "m", TABLE)

    def put(part: int) -> None:
        for n in range(50):
            store.put(f"{part:02x}{n:02x}" * 16, model, some(part / 10, 0.5, 0.5))

    threads = [threading.Thread(target=put, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.all(model))) == 200
    store.close()


def test_scores_and_hashes_share_a_connection_beside_a_journal(tmp_path: Path) -> None:
    """Another connection commits while threads read and write on this one: a statement that one
    thread has not read to its end must not make the write of another fail."""
    store = ScoreStore(tmp_path)
    hashes = FileHashes(tmp_path, store.connection)
    model = store.model_id("key", "m", TABLE)
    path = tmp_path / "a.png"
    path.write_bytes(b"a picture")
    journal = connect(tmp_path, durable=False)
    failures: list[BaseException] = []
    done = threading.Event()

    def work(part: int) -> None:
        try:
            for n in range(400):
                sha256 = f"{part:04x}{n:04x}" * 8
                hashes.known(path)
                hashes.remember(path, sha256)
                store.get(sha256, model)
                store.put(sha256, model, some(0.5, 0.5, 0.5))
        except BaseException as error:  # shown by the assertion below
            failures.append(error)

    def commit() -> None:
        while not done.is_set():
            journal.execute("INSERT OR REPLACE INTO meta VALUES ('a', 'b')")

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    other = threading.Thread(target=commit)
    for thread in (other, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    other.join()
    journal.close()
    store.close()
    assert failures == []
