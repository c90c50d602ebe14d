"""Reading packs, strictly: every fault of every file at once, each with file, line and key.

    bytes ─▶ source.py: plain data and lines ─▶ merge ─▶ Pydantic: shapes ─▶ check.py: names meet

A pack is ``pack.yaml``, any number of ``parameters/*.yaml``, whose mappings are merged, and worked
examples in ``cases/*.yaml``, whose lists are joined; what is said twice is a fault, wherever it is
said. ``include: [NAME, …]`` in ``pack.yaml`` takes shared parts (``packs/shared/NAME.yaml``), which
then belong to the pack: its digest covers them. An *overlay* tries a draft: its files are laid over
those of a pack, and what it says replaces what the pack says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tanheng.errors import Finding
from tanheng.rules.check import crossed
from tanheng.rules.pack import Pack
from tanheng.rules.source import Data, Lines, Problem, Source, read_source

MAIN = "pack.yaml"
FOLDER = "parameters"
CASES = "cases"
SHARED = "shared"
OVERLAY = "overlay/"
_FOLDERS = (FOLDER, CASES, SHARED)
_NAMED = ("kinds", "accounts")


def pack_names() -> list[str]:
    """Names of the packs that come with the program."""
    return sorted(folder.name for folder in _builtin().iterdir() if folder.joinpath(MAIN).is_file())


def load_pack(name_or_path: str | Path, overlay: Path | None = None) -> Pack | list[Finding]:
    """A built-in pack by name, or the pack in a folder.

    A text without a separator that names a built-in pack means that one; write ``./name`` for a
    folder of the same name.

    Args:
        overlay: folder of a draft that is laid over it.

    Returns:
        The pack, or all its faults: pack_unreadable, pack_duplicate_key, pack_unknown_key,
        pack_missing_key, pack_value.
    """
    inside = isinstance(name_or_path, str) and name_or_path in pack_names()
    place = _builtin().joinpath(str(name_or_path)) if inside else Path(name_or_path)
    if not place.joinpath(MAIN).is_file():
        known = ", ".join(pack_names())
        reason = f"there is no {MAIN} in “{name_or_path}”, and the built-in packs are {known}"
        return [Finding("pack_unreadable", MAIN, details={"reason": reason})]
    found = _read(place)
    if isinstance(found, list):
        return found
    more = _shared(found)
    if isinstance(more, list):
        return more
    if overlay is None:
        return load_pack_files({**more, **found})
    over = _read(overlay)
    if isinstance(over, list):
        return over
    return load_pack_files({**more, **found}, over)


def _read(place: Traversable | Path) -> dict[str, bytes] | list[Finding]:
    """The files of a pack's or overlay's folder by name."""
    found: dict[str, bytes] = {}
    faults: list[Finding] = []
    for name, file in _parts(place):
        try:
            found[name] = file.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            faults.append(Finding("pack_unreadable", name, details={"reason": reason}))
    return faults or found


def _shared(found: Mapping[str, bytes]) -> dict[str, bytes] | list[Finding]:
    """The shared parts that the pack includes and does not bring along."""
    source = read_source(MAIN, found[MAIN])
    asked = source.data.get("include", [])
    known = {
        file.name.removesuffix(".yaml")
        for file in _builtin().joinpath(SHARED).iterdir()
        if file.name.endswith(".yaml")
    }
    more: dict[str, bytes] = {}
    faults: list[Finding] = []
    if not isinstance(asked, list):
        row = source.lines.get(("include",), (MAIN, 1))[1]
        details = {"key": "include", "reason": "a list of names of shared parts"}
        return [Finding("pack_value", MAIN, row, "include", str(asked), details)]
    for place, name in enumerate(asked):
        part = f"{SHARED}/{name}.yaml"
        if part in found:
            continue
        if not isinstance(name, str) or name not in known:
            row = source.lines.get(("include", str(place)), (MAIN, 1))[1]
            details = {
                "key": "include",
                "reason": f"the shared parts are {', '.join(sorted(known))}",
            }
            faults.append(Finding("pack_value", MAIN, row, "include", str(name), details))
            continue
        more[part] = _builtin().joinpath(part).read_bytes()
    return faults or more


def load_pack_files(
    files: Mapping[str, bytes], overlay: Mapping[str, bytes] | None = None
) -> Pack | list[Finding]:
    """The pack that is written in files, by name (``pack.yaml``, ``parameters/hours.yaml``).

    Args:
        overlay: files of a draft, laid over them: what they say replaces what the pack says.

    Returns:
        The pack, or all its faults: pack_unreadable, pack_duplicate_key, pack_unknown_key,
        pack_missing_key, pack_value.
    """
    # A pack that was kept with a draft over it has the draft's files under this prefix.
    kept = {name: text for name, text in files.items() if name.startswith(OVERLAY)}
    files = {name: text for name, text in files.items() if name not in kept}
    overlay = {name.removeprefix(OVERLAY): text for name, text in kept.items()} | dict(
        overlay or {}
    )
    data, lines, faults = _merged(files)
    if MAIN not in files:
        faults.append(Finding("pack_unreadable", MAIN, details={"reason": "the file is missing"}))
    every = dict(files)
    if overlay:
        over, places, more = _merged(overlay, OVERLAY)
        faults += more
        _lay(data, lines, over, places)
        every |= {OVERLAY + name: text for name, text in overlay.items()}
    if data.get("include") == [] or isinstance(data.get("include"), list):
        data.pop("include")
    pack, problems = _validated(data, lines)
    if any(finding.code == "pack_unreadable" for finding in faults):
        problems = [problem for problem in problems if problem.code != "pack_missing_key"]
    else:
        problems += crossed(data, lines, pack)
    seen = {(f.table, f.row, f.column) for f in faults}
    for finding in map(_finding, problems):
        if (finding.table, finding.row, finding.column) not in seen:
            seen.add((finding.table, finding.row, finding.column))
            faults.append(finding)
    return _ordered(faults) if faults or pack is None else pack.with_files(every, lines)


def _merged(
    files: Mapping[str, bytes], prefix: str = ""
) -> tuple[dict[str, Data], Lines, list[Finding]]:
    """What all files say together, the line of each key, and what is wrong with them."""
    faults: list[Finding] = []
    data: dict[str, Data] = {}
    lines: Lines = {}
    for name in sorted(files, key=lambda n: (n != MAIN, n)):
        if not _is_part(name):
            reason = f"a pack has {MAIN} and {', '.join(f'{f}/*.yaml' for f in _FOLDERS)}, no other files"
            faults.append(Finding("pack_unreadable", prefix + name, details={"reason": reason}))
            continue
        source = read_source(prefix + name, files[name])
        faults += [_finding(problem) for problem in source.problems]
        if name.startswith(f"{CASES}/"):
            _join(source, data)
        faults += [_finding(p) for p in _merge(data, lines, source.data, source.lines)]
    return data, lines, faults


def _join(source: Source, data: dict[str, Data]) -> None:
    """Number the cases of another file on after those that are there, and move its lines along."""
    before, more = data.get("cases", []), source.data.get("cases")
    if not isinstance(before, list) or not isinstance(more, list):
        return
    data.pop("cases", None)
    shift = len(before)
    moved: Lines = {}
    for path, place in source.lines.items():
        if path[:1] == ("cases",) and len(path) > 1:
            path = ("cases", str(int(path[1]) + shift), *path[2:])
        moved[path] = place
    source.lines = moved
    source.data["cases"] = [*before, *more]


def _lay(into: dict[str, Data], known: Lines, over: Mapping[str, Data], lines: Lines,
         path: tuple[str, ...] = ()) -> None:  # fmt: skip
    """Replace what an overlay says otherwise, key by key."""
    for key, value in over.items():
        here = (*path, key)
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _lay(old, known, value, lines, here)
            continue
        into[key] = value
        for gone in [p for p in known if p[: len(here)] == here]:
            del known[gone]
        known.update({p: place for p, place in lines.items() if p[: len(here)] == here})


def _builtin() -> Traversable:
    return files("tanheng").joinpath("packs")


def _parts(place: Traversable | Path) -> Iterator[tuple[str, Traversable | Path]]:
    if place.joinpath(MAIN).is_file():
        yield MAIN, place.joinpath(MAIN)
    for name in _FOLDERS:
        folder = place.joinpath(name)
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda f: f.name):
                if not file.name.startswith("."):
                    yield f"{name}/{file.name}", file


def _is_part(name: str) -> bool:
    path = PurePosixPath(name)
    return name == MAIN or (
        len(path.parts) == 2
        and path.parts[0] in _FOLDERS
        and path.suffix == ".yaml"
        and str(path) == name
    )


def _ordered(faults: list[Finding]) -> list[Finding]:
    return sorted(faults, key=lambda f: (f.table != MAIN, f.table, f.row or 0, f.column or ""))


def _finding(problem: Problem) -> Finding:
    """The finding of a problem; the message names the code's key and reason."""
    row, column, value = problem.row, problem.key, problem.value
    details = {"key": problem.key, "reason": problem.reason}
    match problem.code:
        case "pack_unreadable":
            return Finding("pack_unreadable", problem.file, row, None, value, details)
        case "pack_duplicate_key":
            return Finding("pack_duplicate_key", problem.file, row, column, value, details)
        case "pack_unknown_key":
            return Finding("pack_unknown_key", problem.file, row, column, value, details)
        case "pack_missing_key":
            return Finding("pack_missing_key", problem.file, row, column, value, details)
        case _:
            return Finding("pack_value", problem.file, row, column, value, details)


def _merge(
    into: dict[str, Data],
    known: Lines,
    more: Mapping[str, Data],
    lines: Lines,
    path: tuple[str, ...] = (),
) -> list[Problem]:
    """Add what another file says; mappings are merged, anything else may be said only once."""
    problems: list[Problem] = []
    for key, value in more.items():
        here = (*path, key)
        if key not in into:
            into[key] = value
            known.update({p: place for p, place in lines.items() if p[: len(here)] == here})
            continue
        old = into[key]
        if isinstance(old, dict) and isinstance(value, dict):
            problems += _merge(old, known, value, lines, here)
            continue
        file, row = lines[here]
        first = ":".join(map(str, known[here]))
        problems.append(Problem("pack_duplicate_key", file, row, ".".join(here), key, first))
    return problems


def _validated(data: dict[str, Data], lines: Lines) -> tuple[Pack | None, list[Problem]]:
    """The pack, or what Pydantic finds, placed on the lines of the files."""
    whole = dict(data)
    for part in _NAMED:
        named = whole.get(part)
        if isinstance(named, dict):
            whole[part] = {
                key: {**value, "id": key} if isinstance(value, dict) else value
                for key, value in named.items()
            }
    problems = [
        Problem("pack_unknown_key", *lines[part, key, "id"], f"{part}.{key}.id", "id", "")
        for part in _NAMED
        for key, value in _mapping(data.get(part)).items()
        if isinstance(value, dict) and "id" in value
    ]
    try:
        return Pack.model_validate_json(json.dumps(whole), strict=True), problems
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list whose items are faulty counts as empty: that is not another fault.
        inner = {e["loc"][:n] for e in found for n in range(1, len(e["loc"]))}
        kept = [e for e in found if e["type"] != "too_short" or e["loc"] not in inner]
        return None, problems + [_placed(e, lines) for e in kept]


def _mapping(value: Data) -> Mapping[str, Data]:
    return value if isinstance(value, dict) else {}


def _placed(error: ErrorDetails, lines: Lines) -> Problem:
    """A fault of Pydantic's with file, line and dotted key."""
    path = tuple(str(step) for step in error["loc"] if step != "[key]")
    if error["type"] == "missing":
        file, row = nearest(path[:-1], lines)
        return Problem("pack_missing_key", file, row, ".".join(path), path[-1], "")
    file, row = nearest(path, lines)
    if error["type"] == "extra_forbidden":
        return Problem("pack_unknown_key", file, row, ".".join(path), path[-1], "")
    given = error["input"]
    value = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    value = value if len(value) <= 80 else f"{value[:79]}…"
    return Problem("pack_value", file, row, ".".join(path), value, _reason(error["msg"]))


def _reason(text: str) -> str:
    text = text.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def nearest(path: tuple[str, ...], lines: Lines) -> tuple[str, int]:
    """File and line of a key, or of the closest one around it that is written down."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, (MAIN, 1))
