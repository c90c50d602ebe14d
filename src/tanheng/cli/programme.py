"""``tanheng programme …``: beginning a programme, its people, its proofs and derived tables."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, split, wrong
from tanheng.cli.registry import ReasonOption
from tanheng.cli.rules import OverlayOption, loaded
from tanheng.cli.session import (
    AsOption,
    DirArgument,
    IdOption,
    KeyOption,
    NowOption,
    Session,
)  # fmt: skip
from tanheng.cli.words import head, say, word

if TYPE_CHECKING:
    pass

app = typer.Typer(
    no_args_is_help=True, help="One pack of rules and one journal. 体系：规则与账本。"
)

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="Pseudonymous id. 人员代号。")
]


@app.command("new")
def new(
    path: DirArgument,
    pack: Annotated[str, typer.Option("--pack", help="Built-in name, or folder of a pack. 规则包。")],
    overlay: OverlayOption = None,
    name: Annotated[str | None, typer.Option("--name", help="Id; else the folder's name. 编号。")] = None,
    authority: Annotated[
        list[str] | None,
        typer.Option("--authority", help="Its first two or more persons. 主管部门人员。"),
    ] = None,
    store: Annotated[
        str, typer.Option("--store", help="sqlite, or a postgresql:// address. 存储。")
    ] = "sqlite",
    simulation: Annotated[
        bool, typer.Option("--simulation", help="For trying out: --now is allowed. 模拟。")
    ] = False,
    now: NowOption = None, as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Begin a programme: folder, keys, first entry, the authority's accounts. 新建体系。"""
    from tanheng.cli.emit import print_json
    from tanheng.errors import Fault
    from tanheng.journal import PROGRAMME
    from tanheng.programme.folder import create

    people = split(authority) or ["authority-1", "authority-2"]
    id_ = name or path.resolve().name.lower()
    if not PROGRAMME.fullmatch(id_):
        wrong("--name", f"{id_!r} cannot be a programme's id: write 3 to 63 of a-z, 0-9 and -")
    if len(set(people)) < 2:
        wrong("--authority", "name at least two persons: four eyes need two")
    if store != "sqlite" and not store.startswith(("postgresql://", "postgres://")):
        wrong("--store", f"{store!r}: write sqlite or postgresql://…")
    session = Session(path, now=now, as_json=as_json, lang=lang)
    at, option = session.asked
    if at and not simulation:
        wrong(option, "is for programmes made with --simulation")
    rules = loaded(pack, session.spoken, overlay, "--pack")
    try:
        made = create(
            path, id_, rules, dict.fromkeys(people, ("authority",)),
            clock=session.clock, entropy=secrets.token_bytes, store=store, simulation=simulation,
        )  # fmt: skip
    except ValueError as error:
        raise Fault(f"{path}: {error}") from error
    if as_json:
        print_json({
            "programme": made.journal.programme, "public_key": made.state.people.key,
            "pack": rules.digest, "people": people,
        })  # fmt: skip
        return
    words: dict[str, object] = {
        "path": path, "name": id_, "key": made.state.people.key, "first": people[0],
    }  # fmt: skip
    print(say("made", session.spoken, **words))
    print(say("public_key", session.spoken, **words))
    names = ", ".join((*people, "programme"))
    print(say("secret_keys", session.spoken, path=path / "keys", names=names))
    print(say("next_people", session.spoken, **words))
    print(say("next_holder", session.spoken, **words))


@app.command("key")
def key(
    out: Annotated[Path, typer.Argument(help="File for the secret key. 私钥文件。")],
    as_json: JsonOption = False,
) -> None:
    """Make a key for a person; give the public half to the authority. 生成密钥。"""
    from tanheng.cli.emit import print_json
    from tanheng.errors import Fault
    from tanheng.journal import Key

    if out.exists():
        raise Fault(f"{out} is there already; a key is never overwritten")
    secret = secrets.token_bytes(32)
    out.touch(mode=0o600)
    out.write_text(secret.hex() + "\n", encoding="ascii")
    public = Key(secret).public
    print_json({"file": str(out), "public_key": public}) if as_json else print(public)


@app.command("enrol")
def enrol(
    path: DirArgument, who: PersonArgument,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="authority, representative, verifier, auditor. 角色。"),
    ] = None,
    public: Annotated[
        str, typer.Option("--public-key", help="Theirs; else one is made in DIR/keys. 公钥。")
    ] = "",
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Let a person act. 登记人员。"""
    from tanheng.programme.people import Enrol

    session = Session(path, person, key, id_, now=now, as_json=as_json, lang=lang)
    if not public:
        folder = session.folder()
        session.who()
        held = folder.key(who) if folder.has_key(who) else None
        public = (held or folder.keep_key(who, secrets.token_bytes(32))).public
    session.run(Enrol(who, tuple(split(role)) or ("representative",), public))


@app.command("set-key")
def set_key(
    path: DirArgument, who: PersonArgument,
    public: Annotated[str, typer.Option("--public-key", help="The new one. 新公钥。")],
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Give a person another key, as after a loss. 更换公钥。"""
    from tanheng.programme.people import SetKey

    session = Session(path, person, key, id_, now=now, as_json=as_json, lang=lang)
    session.run(SetKey(who, public))


@app.command("withdraw")
def withdraw(
    path: DirArgument, who: PersonArgument, reason: ReasonOption,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """A person may no longer act. 注销人员。"""
    from tanheng.programme.people import Withdraw

    session = Session(path, person, key, id_, now=now, as_json=as_json, lang=lang)
    session.run(Withdraw(who, reason))


@app.command("name")
def name(
    path: DirArgument, who: PersonArgument,
    called: Annotated[str, typer.Argument(metavar="NAME", help="Real name. 姓名。")] = "",
    contact: Annotated[str, typer.Option("--contact", help="Telephone, address. 联系方式。")] = "",
    erase: Annotated[bool, typer.Option("--erase", help="Forget it. 删除。")] = False,
    lang: LangOption = None,
) -> None:  # fmt: skip
    """Keep a person's name outside the journal, or erase it. 姓名（账本之外，可删除）。"""
    from tanheng.errors import Refusal
    from tanheng.programme.names import Names

    session = Session(path, lang=lang)
    if erase == bool(called):
        wrong("NAME", "give a name, or --erase")
    programme = session.open()
    names = Names(programme.store)
    if erase:
        print(say("erased" if names.erase(who) else "no_name", session.spoken, person=who))
        return
    if who not in programme.state.people.persons:
        session.refused(Refusal("person_unknown", {"person": who}))
    names.put(who, called, contact)
    print(say("called", session.spoken, person=who, name=called))


@app.command("people")
def people(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Who may act; --json has contacts and whole keys. 人员。"""
    from tanheng.cli import ledger
    from tanheng.programme.names import Names

    session = Session(path, as_json=as_json, lang=lang)
    programme = session.open()
    names = Names(programme.store).all()
    persons = sorted(programme.state.people.persons.items())
    if as_json:
        ledger.records(("person", "name", "contact", "roles", "key"), [
            (who, *names.get(who, ("", "")), found.roles, found.key) for who, found in persons
        ])  # fmt: skip
        return
    ledger.table(
        ("person", "name", "roles", "key"),
        [
            (who, names.get(who, ("", ""))[0],
             ", ".join(word(role, session.spoken) for role in found.roles),
             f"{found.key[:16]}…" if found.key else "")
            for who, found in persons
        ],
        session.spoken,
    )  # fmt: skip


@app.command("adopt")
def adopt(
    path: DirArgument,
    pack: Annotated[str, typer.Argument(help="Built-in name, or folder of a pack. 规则包。")],
    overlay: OverlayOption = None,
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Put a pack in force; its files are kept as evidence. 采用规则包。"""
    from tanheng.programme.packs import EvidenceLibrary
    from tanheng.programme.people import AdoptPack

    session = Session(path, person, key, id_, now=now, as_json=as_json, lang=lang)
    rules = loaded(pack, session.spoken, overlay)
    session.who()
    session.open()
    evidence = EvidenceLibrary(session.folder().evidence).keep(rules)
    session.run(AdoptPack(rules.digest, evidence, rules.id))


@app.command("status")
def status(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Entries, root, pack, mode, and how it was opened. 概况。"""
    from rich.cells import cell_len

    from tanheng.cli.emit import print_json

    session = Session(path, as_json=as_json, lang=lang)
    programme = session.open()
    journal = programme.journal
    signed = journal.checkpoints()
    found = {
        "programme": journal.programme, "entries": journal.size, "last": journal.last_at,
        "root": journal.tree.root.hex(), "state": programme.state.hash().hex(),
        "public_key": programme.state.people.key, "pack": programme.pack.id,
        "rules": programme.pack.digest, "mode": programme.state.registry.content.mode,
        "simulation": programme.state.people.simulation,
        "checkpoint": signed[-1].size if signed else 0, "replayed": programme.opened[0],
        "snapshots_not_used": programme.opened[1],
    }  # fmt: skip
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        label = head(_LABELS.get(name, name), session.spoken)
        shown = ("yes" if session.spoken == "en" else "是") if value is True else value
        if value not in ("", False):
            print(f"{label}{' ' * (14 - cell_len(label))} {shown}")


_LABELS = {"last": "last entry", "public_key": "public key", "snapshots_not_used": "not used"}


@app.command("checkpoint")
def checkpoint(path: DirArgument, now: NowOption = None) -> None:
    """Sign the journal as it is, and print the line to publish. 签署检查点。"""
    print(Session(path, now=now).signing().checkpoint().line())


@app.command("snapshot")
def snapshot(path: DirArgument, lang: LangOption = None) -> None:
    """Keep the state, so that opening is quick. 快照。"""
    session = Session(path, lang=lang)
    print(say("snapshot", session.spoken, size=f"{session.signing().snapshot():,}"))


@app.command("rebuild")
def rebuild(
    path: DirArgument,
    check: Annotated[bool, typer.Option("--check", help="Only compare. 只比对。")] = False,
    lang: LangOption = None,
) -> None:
    """Make the derived tables anew from the journal, or compare them with it. 重建派生表。"""
    import sys

    session = Session(path, lang=lang)
    programme = session.open()
    if not check:
        print(say("rebuilt", session.spoken, size=f"{programme.rebuild():,}"))
        return
    faults = programme.check_tables()
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise typer.Exit(1)
    print(say("checked", session.spoken, size=f"{programme.journal.size:,}"))
