"""One command of a person on a programme: open it, sign, execute, show what happened."""

from __future__ import annotations

import inspect
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tanheng.cli.options import JsonOption, LangOption, language, wrong
from tanheng.errors import Fault, Language

if TYPE_CHECKING:
    from tanheng.errors import Refusal
    from tanheng.journal import Key
    from tanheng.programme.folder import Folder
    from tanheng.programme.programme import Outcome, Preview, Programme
    from tanheng.programme.signing import AskedFor

DirArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder of the programme. 体系目录。")
]
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
    typer.Option(
        "--now", help="Instant, in simulations only; else $TANHENG_NOW. 时刻，仅用于模拟。"
    ),
]


REPLAYED = 5_000
"""Entries to be replayed, from which on a snapshot is kept for the next time."""


def utc_now() -> str:
    """The instant, as the journal writes it."""
    from tanheng.registry.model import instant

    return instant(datetime.now(UTC))


def instant_of(option: str, text: str) -> str:
    """An instant as the journal writes it, from ``2016-06-02T12:00+08:00`` or the like.

    A day, month or year stands for the instant at which it begins in UTC; ``""`` stays.
    """
    from tanheng.journal import INSTANT
    from tanheng.period import Period
    from tanheng.registry.model import instant

    if not text:
        return text
    written = ""
    with suppress(ValueError, OverflowError):
        if "T" not in text:
            return f"{Period.parse(text).start.isoformat()}T00:00:00.000000Z"
        found = datetime.fromisoformat(text)
        written = instant(found) if found.tzinfo is not None else ""
    if not INSTANT.fullmatch(written):
        wrong(
            option,
            f"{text!r}: write 2016-06-02T04:00:00.000000Z, 2016-06-02T12:00+08:00, or a day",
        )
    return written


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

    @property
    def asked(self) -> tuple[str, str]:
        """The instant asked for (``""``: none), and by which option or variable."""
        option = "--now" if self.now is not None else "TANHENG_NOW"
        text = self.now if self.now is not None else os.environ.get("TANHENG_NOW", "")
        return instant_of(option, text), option

    def open(self) -> Programme:
        """The programme; with ``--now`` or ``TANHENG_NOW`` only if it is a simulation.

        The clock of a simulation stands where its journal does until one of them moves it: a
        command without them cannot carry it from the year it plays in to today.
        """
        now, option = self.asked
        made: list[Programme] = []

        def clock() -> str:
            if not now and made and made[0].state.people.simulation:
                return made[0].journal.last_at
            return now or utc_now()

        try:
            programme = self.folder().open(clock, secrets.token_bytes)
        except ValueError as error:
            raise Fault(f"{self.path}: {error}") from error
        made.append(programme)
        if now and not programme.state.people.simulation:
            wrong(option, "is for programmes made with --simulation; this one keeps real time")
        if now and now < programme.journal.last_at:
            wrong(
                option,
                f"{now} is before the journal's last entry, of {programme.journal.last_at}; "
                "a journal does not run backwards",
            )
        return programme

    def read(self) -> Programme:
        """The programme for a question: what is due by now is done first."""
        programme = self.open()
        programme.tick()
        return programme

    def clock(self) -> str:
        """Now, for a programme that is not there yet."""
        return self.asked[0] or utc_now()

    def signing(self) -> Programme:
        """The programme with its own key, which signs checkpoints and snapshots."""
        folder, programme = self.folder(), self.open()
        if not folder.has_key("programme"):
            wrong(
                "DIR",
                f"{self.path / 'keys' / 'programme.key'} is not there; "
                "this needs the programme's own key: bring it, and take it away afterwards",
            )
        return programme

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
            wrong(
                "--key",
                f"{self.path / 'keys'} has no key of {person}; give its file with --key FILE",
            )
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
            ledger.print_answer(answer, programme, self.path, self.spoken)

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
