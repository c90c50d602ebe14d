"""One command of a person on a programme: open it, sign, execute, show what happened."""

from __future__ import annotations

import inspect
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tanheng.cli.options import JsonOption, LangOption, language, wrong
from tanheng.errors import Language

if TYPE_CHECKING:
    from tanheng.errors import Refusal
    from tanheng.journal import Key
    from tanheng.programme.folder import Folder
    from tanheng.programme.programme import Outcome, Preview, Programme
    from tanheng.programme.signing import AskedFor

DirArgument = Annotated[Path, typer.Argument(help="Folder of the programme. 体系目录。")]
AsOption = Annotated[
    str | None,
    typer.Option("--as", help="Who you are; else $TANHENG_AS. Your key signs. 操作人。"),
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Your key file; else DIR/keys/PERSON.key. 私钥文件。")
]
IdOption = Annotated[
    str | None,
    typer.Option("--id", help="The command's own id: asked twice, done once. 命令编号。"),
]
DryOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what it would do; record nothing. 只预览。")
]
PinOption = Annotated[
    str | None,
    typer.Option("--preview", help="Digest of a preview: another effect is refused. 预览摘要。"),
]
NowOption = Annotated[
    str | None,
    typer.Option("--now", help="Instant, for simulation programmes only. 仅用于模拟。"),
]


def utc_now() -> str:
    """The instant, as the journal writes it."""
    from tanheng.registry.model import instant

    return instant(datetime.now(UTC))


@dataclass(frozen=True)
class Session:
    """The options that every command on a programme has."""

    path: Path
    person: str | None = None
    key: Path | None = None
    id: str | None = None
    dry: bool = False
    pin: str | None = None
    now: str | None = None
    as_json: bool = False
    lang: str | None = None

    @property
    def spoken(self) -> Language:
        """The language to answer in."""
        return language(self.lang)

    def folder(self) -> Folder:
        """The programme's folder."""
        from tanheng.programme.folder import Folder

        return Folder.read(self.path)

    def open(self) -> Programme:
        """The programme; with ``--now`` only if it is a simulation."""
        programme = self.folder().open(self.clock, secrets.token_bytes)
        if self.now is not None and not programme.state.people.simulation:
            wrong("--now", "is for programmes made with --simulation; this one keeps real time")
        return programme

    def read(self) -> Programme:
        """The programme for a question: what is due by now is done first, but in a simulation."""
        programme = self.open()
        if not programme.state.people.simulation:
            programme.tick()
        return programme

    def clock(self) -> str:
        """Now, or the instant of ``--now``."""
        if self.now is None:
            return utc_now()
        from tanheng.journal import INSTANT

        if not INSTANT.fullmatch(self.now):
            wrong("--now", f"{self.now!r}: write 2016-06-30T02:00:00.000000Z")
        return self.now

    def who(self) -> tuple[str, Key]:
        """The person and the key that signs."""
        from tanheng.programme.folder import read_key

        person = self.person or os.environ.get("TANHENG_AS")
        if not person:
            wrong("--as", "say who you are: --as PERSON, or set TANHENG_AS")
        if self.key is not None:
            return person, read_key(self.key)
        folder = self.folder()
        if not folder.has_key(person):
            wrong("--key", f"{self.path / 'keys'} has no key of {person}; give its file")
        return person, folder.key(person)

    def run(self, command: AskedFor) -> None:
        """Sign and execute a command, and show what happened; a refusal ends with exit code 1."""
        import msgspec

        from tanheng.cli import ledger
        from tanheng.errors import Refusal
        from tanheng.programme.signing import Request, read, signed

        try:
            checked = read(msgspec.to_builtins(command))
        except ValueError as error:
            wrong("command", str(error))
        person, key = self.who()
        programme = self.open()
        request = Request(checked, person, self.id or secrets.token_hex(16), preview=self.pin)
        request = signed(programme.journal.programme, request, key)
        answer: Outcome | Preview | Refusal
        answer = programme.preview(request) if self.dry else programme.execute(request)
        if isinstance(answer, Refusal):
            self.refused(answer)
        if self.as_json:
            ledger.print_answer_json(answer, request.id)
        else:
            ledger.print_answer(answer, programme, self.spoken)

    def refused(self, refusal: Refusal) -> NoReturn:
        """Say why not, and end with exit code 1."""
        from tanheng.cli import ledger

        ledger.print_refusal(refusal, self.spoken, as_json=self.as_json)
        raise typer.Exit(1)


def _common(
    person: AsOption = None,
    key: KeyOption = None,
    id_: IdOption = None,
    dry: DryOption = False,
    pin: PinOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """The options of every command on a programme."""


def _where(path: DirArgument) -> None:
    """The first argument of every command on a programme."""


def asks(
    app: typer.Typer, name: str
) -> Callable[[Callable[..., AskedFor]], Callable[..., AskedFor]]:
    """Make a terminal command of a function that makes a programme's command from its arguments.

    The folder comes before its parameters, the options of :class:`Session` after them.
    """

    def register(make: Callable[..., AskedFor]) -> Callable[..., AskedFor]:
        own = inspect.signature(make, eval_str=True).parameters
        common = inspect.signature(_common, eval_str=True).parameters
        where = inspect.signature(_where, eval_str=True).parameters

        def run(**given: Any) -> None:  # noqa: ANN401
            options = [given[word] for word in common]
            asked = make(**{word: given[word] for word in own})
            Session(given["path"], *options).run(asked)

        every = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in (*where.values(), *own.values(), *common.values())
        ]
        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
        run.__doc__ = make.__doc__
        app.command(name)(run)
        return make

    return register
