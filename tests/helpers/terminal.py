"""The command line inside a test: run as typed, answer caught; pages of the documentation replayed."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import typer.main

from tanheng.cli import main
from tanheng.programme import packs
from tanheng.rules import load_pack_files


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make once what each command of a new process makes anew: the pack's rules from its files, and
    the tree of commands. It is most of a command's time."""

    @cache
    def kept(files: tuple[tuple[str, bytes], ...]) -> object:
        return load_pack_files(dict(files))

    tree = cache(typer.main.get_command)
    monkeypatch.setattr(packs, "load_pack_files", lambda files: kept(tuple(sorted(files.items()))))
    monkeypatch.setattr(typer.main, "get_command", tree)


def call(*words: object) -> tuple[int, str, str]:
    """Run a command; gives exit code, standard output and standard error."""
    code, out, err = 0, io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
    return code, out.getvalue(), err.getvalue()


@dataclass(frozen=True)
class Shown:
    """A command of a page and the lines below it."""

    command: str
    output: str


def shown(page: str) -> Iterator[Shown]:
    """The commands of a page's ``console`` blocks, in order; a here-document belongs to its command."""
    for block in re.findall(r"```console\n(.*?)```", page, flags=re.S):
        command, lines, end = "", list[str](), ""
        for line in block.splitlines():
            if end:
                command, end = f"{command}\n{line}", end if line != end else ""
            elif line.startswith("$ "):
                if command:
                    yield Shown(command, "\n".join(lines).strip())
                command, lines = line[2:], []
                end = "".join(re.findall(r"<<'(\w+)'$", line))
            elif command.endswith("\\") and not lines:
                command = command[:-1] + line.strip()
            else:
                lines.append(line)
        yield Shown(command, "\n".join(lines).strip())


def fits(output: str, printed: str) -> bool:
    """Whether what a page shows is what was printed.

    Line breaks and runs of spaces do not count: pages fold long lines. ``…`` stands for anything
    within a line, a line of ``…`` alone for any lines, and digits before it for any hash or key.
    """
    wanted = re.sub(r"\b[0-9a-f]{4,}…", "#hash#", " ".join(output.split()))
    pattern = re.escape(wanted).replace("…", ".*?").replace(r"\#hash\#", "[0-9a-f]{4,}…?")
    return re.fullmatch(pattern, " ".join(printed.split()), flags=re.S) is not None


def replay(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Type a page's commands in the folder, in order; every answer must be as shown.

    ``export NAME=VALUE`` sets the environment; what is not tanheng goes to a shell. A hexadecimal
    number that ends with ``…`` in a command is the public key that was printed first.
    """
    key = ""
    steps = list(shown(page))
    for step in steps:
        command = re.sub(r"\b[0-9a-f]{4,}…", key, step.command)
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
            continue
        if command.startswith("unset "):
            monkeypatch.delenv(command.split()[1])
            continue
        if command.startswith("tanheng ") and not set(command) & set("|>$"):
            code, out, err = call(*shlex.split(command)[1:])
        else:
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False,
                env={**os.environ, "PATH": path},
            )  # fmt: skip
            code, out, err = done.returncode, done.stdout, done.stderr
        printed = out + err
        key = key or "".join(re.findall(r"published: ([0-9a-f]{64})", printed)[:1])
        assert code in (0, 1), f"{command}\n{printed}"
        if step.output:
            assert fits(step.output, printed), (
                f"$ {command}\nshown:\n{step.output}\nprinted:\n{printed}"
            )
        else:
            assert code == 0, f"{command}\n{printed}"
    return len(steps)
