"""What the program's own source never does, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "nasutui"
CORE = SOURCE / "core"
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "marshal.loads",
    "subprocess.getoutput", "subprocess.getstatusoutput", "torch.load", "tempfile.mktemp",
    "os.umask", "shutil.unpack_archive", "ssl._create_unverified_context",
}  # fmt: skip
FORBIDDEN_MODULES = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch",
    "yaml", "xml", "telnetlib", "ftplib", "commands", "pty",
}  # fmt: skip
FORBIDDEN_METHODS = {
    "extract",
    "extractall",
    "unpack_archive",
}  # of archives: they write where a name says
# (file below nasutui/core, what it calls) -> why it is no business of core/files.py.
WRITES_ELSEWHERE = {
    ("files.py", "open x"): "the door itself: the temporary file",
    ("files.py", "os.replace"): "the door itself: the rename",
    ("damage.py", "rename"): "a damaged database is put aside, whole",
    ("tagging/hub.py", "open w"): "the null device, for a library that wants a file",
    ("transfer/resumable.py", "open a"): "a part of a copy that goes on where it stopped",
    ("transfer/resumable.py", "rename"): "a file that is in the way is put aside, whole",
    ("transfer/packing.py", "open w"): "a zip written into the file that the door gives",
    ("transfer/resumable.py", "os.replace"): "that part, complete and verified, takes its name",
}
_WRITERS = {
    "write_text", "write_bytes", "symlink_to", "hardlink_to", "rename", "shutil.copy",
    "shutil.copy2", "shutil.copyfile", "shutil.copytree", "shutil.move", "os.rename", "os.replace",
    "os.link", "os.symlink", "os.truncate", "os.mknod", "os.mkfifo", "numpy.save", "np.save",
    "np.savez", "onnx.save",
}  # fmt: skip

FILES = sorted(SOURCE.rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with the name that is called: "open", "os.replace", ".open"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value) if isinstance(node.value, ast.Name | ast.Attribute) else ""
        return f"{before}.{node.attr}"
    return ""


def mode_of(name: str, call: ast.Call) -> str:
    """The mode a file is opened in, "" when this opens none."""
    last = name.rpartition(".")[2]
    if last not in ("open", "ZipFile", "TarFile", "fdopen", "NamedTemporaryFile"):
        return ""
    place = 0 if last == "open" and name != "open" and not name.startswith("os.") else 1
    given = [k.value for k in call.keywords if k.arg == "mode"] or call.args[place : place + 1]
    value = given[0].value if given and isinstance(given[0], ast.Constant) else ""
    return value if isinstance(value, str) else ""


def writes(tree: ast.AST) -> Iterator[str]:
    """What writes to a file."""
    for name, call in calls(tree):
        mode = mode_of(name, call)
        if writing := sorted(set(mode) & set("wax+")):
            yield f"open {writing[0]}"
        elif name in _WRITERS or (
            name.rpartition(".")[2] in _WRITERS and not name.startswith("dataclasses")
        ):
            yield name if name.startswith(("os.", "shutil.")) else name.rpartition(".")[2]


def test_no_shell_no_evaluation_no_pickle() -> None:
    assert len(FILES) > 200
    for path in FILES:
        _check(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)), path)


def _check(tree: ast.AST, path: Path) -> None:
    for name, call in calls(tree):
        assert name not in FORBIDDEN_CALLS, (path, name)
        last = name.rpartition(".")[2]
        assert "." not in name or last not in FORBIDDEN_METHODS, (path, name)
        for keyword in call.keywords:
            given = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            assert not (keyword.arg == "shell" and given is not False), (path, name)
            assert not (keyword.arg == "verify" and given is False), (path, name)
            assert not (keyword.arg == "allow_pickle" and given is not False), (path, name)
        if last in ("load", "loads") and name.startswith(("np.", "numpy.")):
            assert any(k.arg == "allow_pickle" for k in call.keywords), (path, name)
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        assert not {m.partition(".")[0] for m in modules} & FORBIDDEN_MODULES, (path, modules)


def test_core_writes_through_one_door() -> None:
    found = {
        (str(path.relative_to(CORE)), what)
        for path in CORE.rglob("*.py")
        for what in writes(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(WRITES_ELSEWHERE)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("open(p, 'w')", ["open w"]), ("p.open('ab')", ["open a"]), ("open(p)", []),
        ("open(p, mode='r+b')", ["open +"]), ("p.write_text(t)", ["write_text"]),
        ("zipfile.ZipFile(p, 'w')", ["open w"]), ("zipfile.ZipFile(p)", []),
        ("shutil.copy(a, b)", ["shutil.copy"]), ("os.open(p, os.O_RDONLY)", []),
    ],
)  # fmt: skip
def test_the_look_for_writes_sees(source: str, found: list[str]) -> None:
    assert list(writes(ast.parse(source))) == found
