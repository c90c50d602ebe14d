"""``tanheng programme …``: beginning a programme, its people, its proofs and derived tables."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from tanheng.cli.options import JsonOption, LangOption, language, split, wrong
from tanheng.cli.registry import ReasonOption
from tanheng.cli.session import (
    AsOption,
    DirArgument,
    IdOption,
    KeyOption,
    NowOption,
    Session,
    utc_now,
)  # fmt: skip

app = typer.Typer(
    no_args_is_help=True, help="One pack of rules and one journal. 体系：规则与账本。"
)

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="Pseudonymous id. 人员代号。")
]


def _pack(name: str, spoken: str) -> object:
    """A pack by name or folder; its faults end with exit code 1."""
    import sys

    from tanheng.rules import Pack, load_pack, pack_names

    try:
        found = load_pack(name)
    except (ValueError, OSError) as error:
        wrong("--pack", f"{error}; built in: {', '.join(pack_names())}")
    if isinstance(found, Pack):
        return found
    for finding in found:
        print(f"{finding.place()}: {finding.message(language(spoken))}", file=sys.stderr)
    raise typer.Exit(1)


@app.command("new")
def new(
    path: DirArgument,
    pack: Annotated[str, typer.Option("--pack", help="Built-in name, or folder of a pack. 规则包。")],
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
    from tanheng.cli.output import print_json
    from tanheng.programme.folder import create
    from tanheng.rules import Pack

    people = split(authority) or ["authority-1", "authority-2"]
    if len(set(people)) < 2:
        wrong("--authority", "name at least two persons: four eyes need two")
    if store != "sqlite" and not store.startswith(("postgresql://", "postgres://")):
        wrong("--store", f"{store!r}: write sqlite or postgresql://…")
    if now is not None and not simulation:
        wrong("--now", "is for programmes made with --simulation")
    rules = _pack(pack, lang or language(None))
    assert isinstance(rules, Pack)
    session = Session(path, now=now, as_json=as_json, lang=lang)
    made = create(
        path, name or path.resolve().name.lower(), rules,
        dict.fromkeys(people, ("authority",)),
        clock=session.clock, entropy=secrets.token_bytes, store=store, simulation=simulation,
    )  # fmt: skip
    if as_json:
        print_json({
            "programme": made.journal.programme, "public_key": made.state.people.key,
            "pack": rules.digest, "people": people,
        })  # fmt: skip
        return
    english = language(lang) == "en"
    print(f"{'Programme' if english else '体系'} {made.journal.programme}: {path}")
    print(f"{'Public key' if english else '公钥'} {made.state.people.key}")
    print(
        f"{'Secret keys, to be moved to safe places' if english else '私钥（请移至安全处）'}: "
        f"{path / 'keys'} ({', '.join(people)}, programme)"
    )


@app.command("key")
def key(
    out: Annotated[Path, typer.Argument(help="File for the secret key. 私钥文件。")],
    as_json: JsonOption = False,
) -> None:
    """Make a key for a person; give the public half to the authority. 生成密钥。"""
    from tanheng.cli.output import print_json
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
) -> None:  # fmt: skip
    """Keep a person's name outside the journal, or erase it. 姓名（账本之外，可删除）。"""
    from tanheng.programme.names import Names

    names = Names(Session(path).open().store)
    if erase == bool(called):
        wrong("NAME", "give a name, or --erase")
    if erase:
        names.erase(who)
    else:
        names.put(who, called, contact)


@app.command("people")
def people(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Who may act. 人员。"""
    from tanheng.cli import ledger
    from tanheng.programme.names import Names

    session = Session(path, as_json=as_json, lang=lang)
    programme = session.open()
    names = Names(programme.store).all()
    heads = ("person", "name", "roles", "key")
    rows = [
        (who, names.get(who, ("", ""))[0], ", ".join(found.roles), found.key)
        for who, found in sorted(programme.state.people.persons.items())
    ]
    if as_json:
        ledger.records(heads, rows)
    else:
        ledger.table(heads, rows, session.spoken)


@app.command("adopt")
def adopt(
    path: DirArgument,
    pack: Annotated[str, typer.Argument(help="Built-in name, or folder of a pack. 规则包。")],
    person: AsOption = None, key: KeyOption = None, id_: IdOption = None, now: NowOption = None,
    as_json: JsonOption = False, lang: LangOption = None,
) -> None:  # fmt: skip
    """Put a pack in force; its files are kept as evidence. 采用规则包。"""
    from tanheng.programme.packs import EvidenceLibrary
    from tanheng.programme.people import AdoptPack
    from tanheng.rules import Pack

    session = Session(path, person, key, id_, now=now, as_json=as_json, lang=lang)
    rules = _pack(pack, lang or language(None))
    assert isinstance(rules, Pack)
    evidence = EvidenceLibrary(session.folder().evidence).keep(rules)
    session.run(AdoptPack(rules.digest, evidence, rules.id))


@app.command("status")
def status(path: DirArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Entries, root, pack, mode, and how it was opened. 概况。"""
    from tanheng.cli.output import print_json

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
    for label, value in found.items():
        print(f"{label:20} {value}")


@app.command("checkpoint")
def checkpoint(path: DirArgument, now: NowOption = None) -> None:
    """Sign the journal as it is, and print the line to publish. 签署检查点。"""
    print(Session(path, now=now).open().checkpoint().line())


@app.command("snapshot")
def snapshot(path: DirArgument) -> None:
    """Keep the state, so that opening is quick. 快照。"""
    print(Session(path).open().snapshot())


@app.command("rebuild")
def rebuild(
    path: DirArgument,
    check: Annotated[bool, typer.Option("--check", help="Only compare. 只比对。")] = False,
) -> None:
    """Make the derived tables anew from the journal, or compare them with it. 重建派生表。"""
    import sys

    programme = Session(path).open()
    if not check:
        print(programme.rebuild())
        return
    faults = programme.check_tables()
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        raise typer.Exit(1)
    print(programme.journal.size)


__all__ = ["app", "utc_now"]
