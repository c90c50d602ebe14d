"""``tanheng programme | registry | export | verify | backup | restore`` as their users type them."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from helpers.terminal import be_quick, call
from tanheng.cli.app import app

START = "2016-06-01T02:00:00.000000Z"
NOON = "2016-06-02T06:00:00.000000Z"
PARTS = ("programme", "registry", "export", "verify", "backup", "restore")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        be_quick(patch)
        patch.setenv("LANG", "C.UTF-8")
        for name in ("LC_ALL", "LC_MESSAGES", "TANHENG_AS", "TANHENG_NOW"):
            patch.delenv(name, raising=False)
        yield


def done(*words: object) -> str:
    """What a command prints that succeeds."""
    code, out, err = call(*words)
    assert code == 0, (words, out, err)
    assert not err
    return out


def refused(code: str, *words: object) -> str:
    """A command that is refused: exit code 1; the message for people."""
    exit_code, out, _ = call(*words, "--json")
    found = json.loads(out)
    assert (exit_code, found["refused"]) == (1, code), found
    return str(found["message"])


def wrong(option: str, *words: object) -> None:
    """A command that is used wrongly: exit code 2, and the option is named."""
    code, out, err = call(*words)
    assert (code, out) == (2, ""), (words, code, out, err)
    assert option in re.sub(r"[\s│]+", "", err)


def status(folder: Path) -> tuple[int, str]:
    """Entries and root."""
    found = json.loads(done("programme", "status", folder, "--json"))
    return found["entries"], found["root"]


def two(
    folder: Path, *words: object, first: str = "authority-1", second: str = "authority-2"
) -> None:
    """A command of the registry that one person proposes and another approves."""
    out = done("registry", words[0], folder, *words[1:], "--as", first, "--json")
    pending = json.loads(out)["events"][0]["pending"]
    done("registry", "approve", folder, pending, "--as", second)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A programme with two accounts, their people, and units; nobody writes in it."""
    folder = tmp_path_factory.mktemp("base") / "demo"
    done("programme", "new", folder, "--pack", "demo-ets", "--simulation", "--now", START)
    for person in ("li", "wang", "zhao", "chen"):
        done("programme", "enrol", folder, person, "--as", "authority-1")
    for holder, account, one, other in (
        ("steelco", "steel", "li", "wang"), ("powerco", "power", "zhao", "chen"),
    ):  # fmt: skip
        done("registry", "holder", folder, holder, "--as", "authority-1")
        two(folder, "open", account, "operator", holder)
        two(folder, "represent", account, one, "--right", "initiate")
        two(folder, "represent", account, other, "--right", "approve")
    two(folder, "issue", "DMA-2016", 1000)
    two(folder, "allocate", "steel", "DMA-2016", 600)
    return folder


@pytest.fixture
def demo(base: Path, tmp_path: Path) -> Path:
    """A copy to write in."""
    return Path(shutil.copytree(base, tmp_path / "demo"))


# Every command, for people in both languages and for machines. {d}: the programme; {t}: a folder;
# {P}, {H}: the pending command and the hold that were printed last; {key}: a public key.
EVERY = """
programme key {t}/sun.key
programme enrol {d} sun --public-key {key} --as authority-1
programme set-key {d} sun --public-key {key} --as authority-2
programme enrol {d} vera --role verifier,auditor --as authority-1
programme name {d} sun 孙 --contact 123
programme people {d}
programme entry {d} 3
programme history {d} --about account:steel --since 2016-06-01
programme name {d} sun --erase
programme withdraw {d} sun --reason gone --as authority-1
programme adopt {d} {t}/pack --as authority-1
registry holder {d} sunco --failed --as authority-1
registry holder {d} sunco --until 2017 --as authority-1
registry open {d} sun trader sunco --limit 10 --as authority-1
registry pending {d}
registry approve {d} {P} --as authority-2
registry represent {d} sun zhao --right initiate,approve --as authority-1
registry reject {d} {P} --reason no --as authority-2
registry close {d} sun --reason empty --as authority-1
registry abort {d} {P} --as authority-1
registry trust {d} steel power --as li
registry approve {d} {P} --as wang
registry trust {d} steel power --remove --as li
registry transfer {d} steel power DMA-2016 25 --block 1-20,31-35 --as li --dry-run
registry transfer {d} steel power DMA-2016 25 --block 1-20 --block 31-35 --as li --id T1
registry transfer {d} steel power DMA-2016 25 --block 1-20 --block 31-35 --as li --id T1
registry approve {d} {P} --as wang
registry hold {d} steel DMA-2016 5 --reason pledge --until 2017-01-01T08:00+08:00 --for power --as li
registry holds {d}
registry release {d} {H} --as zhao
registry surrender {d} steel 100 --year 2016 --kind DMA-2016 --as li --now 2016-06-02T06:00:00.000000Z
registry approve {d} {P} --as wang
registry cancel {d} steel DMA-2016 1 --reason green --block 400-400 --as li
registry deduct {d} power reserve DMA-2016 5 --reason court --as authority-1
registry freeze {d} power --reason court --as authority-1
registry approve {d} {P} --as authority-2
registry freeze {d} steel --kind DMA-2016 --amount 10 --reason court --as authority-1
registry freeze {d} steel --kind DMA-2016 --block 300-310 --reason court --as authority-1
registry unfreeze {d} power --reason over --as authority-1
registry reverse {d} {surrender} --reason mistake --as authority-1
registry approve {d} {P} --as authority-2
registry issue {d} CNY 5 --as authority-1
registry allocate {d} power DMA-2016 5 --only-for 2016 --as authority-1
registry mode {d} closed --reason feast --as authority-1
registry do {d} {"command":"set_limit","account":"steel","limit":5} --as li
registry accounts {d}
registry totals {d}
registry alarms {d}
registry notices {d} --since 2016-06-02
registry statement {d} steel --since 2016 --until 2017
registry where {d} DMA-2016 1-1000
registry where {d} DMA-2016 20
registry where {d} DMA-2016 2000
registry holdings {d} --at 2016-06-02
registry holdings {d} --by-type
registry export {d} --out {t}/t.csv
registry export {d} --out {t}/t.parquet --audience all --since 2016-06-01 --until 2016-06-02
programme status {d}
programme checkpoint {d}
programme snapshot {d}
programme rebuild {d}
programme rebuild {d} --check
export {d} --out {t}/public.journal
export {d} --out {t}/whole.journal --audience confidential
verify {t}/public.journal
verify {t}/whole.journal --key {programme}
backup {d} {t}/copy
backup {d} {t}/copy-with-keys --with-keys
restore {t}/copy {t}/again
""".strip().splitlines()


def commands(parts: tuple[str, ...] = PARTS) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every command of some parts, by name."""
    root = typer.main.get_command(app)
    for name in parts:
        found = root.commands[name]  # type: ignore[attr-defined]
        if hasattr(found, "commands"):
            for inner, command in found.commands.items():
                yield f"{name} {inner}", command
        else:
            yield name, found


def test_every_command_is_tried_here() -> None:
    tried = {" ".join(line.split()[:2]) if line.split()[0] in PARTS[:2] else line.split()[0] for line in EVERY}  # fmt: skip
    assert {name for name, _ in commands()} == tried | {"programme new"}


def test_help_is_in_both_languages() -> None:
    for name, command in commands():
        assert CHINESE.search(command.help or ""), name
        for parameter in command.params:
            if parameter.name != "help":
                assert CHINESE.search(getattr(parameter, "help", "")), (name, parameter.name)


@pytest.mark.parametrize("mode", ["json", "en", "zh"])
def test_every_command_answers(mode: str, demo: Path, tmp_path: Path) -> None:
    from tanheng.rules import Pack, load_pack

    pack = load_pack("demo-ets")
    assert isinstance(pack, Pack)
    for name, data in pack.files.items():
        place = tmp_path / "pack" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data + b"\n# changed\n")
    options = {name: {o for p in c.params for o in p.opts} for name, c in commands()}
    known = {
        "d": str(demo), "t": str(tmp_path), "P": "", "H": "", "surrender": "",
        "key": "ab" * 32, "programme": json.loads(done("programme", "status", demo, "--json"))["public_key"],
    }  # fmt: skip
    for line in EVERY:
        words = [re.sub(r"\{(\w+)\}", lambda m: known[m[1]], word) for word in line.split()]
        name = " ".join(words[:2]) if words[0] in PARTS[:2] else words[0]
        if mode == "json" and "--json" in options[name]:
            found = json.loads(done(*words, "--json"))
            out = json.dumps(found)
            if isinstance(found, dict) and found.get("act") == "surrender":
                known["surrender"] = str(found["seq"])
        else:
            spoken = ["--lang", "zh" if mode == "zh" else "en"] if "--lang" in options[name] else []
            out = done(*words, *spoken)
            assert out.strip()
            if mode == "zh" and spoken:
                assert CHINESE.search(out), line
            elif mode == "en":
                assert not CHINESE.search(out.replace("孙", "")), line
            made = re.search(r"(\d+) (?:·|条记录 ·) (?:surrender|清缴) ·", out)
            known["surrender"] = made[1] if made else known["surrender"]
        for sign in ("P", "H"):
            ids = re.findall(rf"\b{sign}\d+(?:\.\d+)?\b", out)
            known[sign] = ids[-1] if ids else known[sign]
    assert not list(tmp_path.rglob("*.part"))


def test_entries_and_histories(demo: Path) -> None:
    whole = json.loads(done("programme", "history", demo, "--json"))
    assert [row["seq"] for row in whole] == list(range(len(whole)))
    issued = json.loads(done("programme", "history", demo, "--about", "act:issue", "--json"))
    assert issued == [row for row in whole if row["act"] == "issue"] != []
    found = json.loads(done("programme", "entry", demo, issued[0]["seq"], "--json"))
    assert set(found) == {"seq", "hash", "header", "parts"}
    assert found["parts"]["public"]["act"] == "issue"
    assert found["header"]["seq"] == issued[0]["seq"]
    wrong("ENTRY", "programme", "entry", demo, len(whole))
    wrong("--about", "programme", "history", demo, "--about", "steel")


def test_json_has_the_documented_shapes(demo: Path) -> None:
    words = ("registry", "transfer", demo, "steel", "power", "DMA-2016", 25, "--as", "li", "--json")
    preview = json.loads(done(*words, "--dry-run"))
    assert set(preview) == {"preview", "seq", "effect"}
    assert preview["effect"] == [["move", "DMA-2016", "steel", "power", 1, 25]]
    found = json.loads(done(*words))
    assert set(found) == {"seq", "at", "act", "id", "repeated", "events"}
    (waiting,) = json.loads(done("registry", "pending", demo, "--json"))
    assert set(waiting) == {"pending", "act", "account", "initiator", "approver", "expires", "due",
                            "command"}  # fmt: skip
    assert waiting["command"]["amount"] == 25
    (hold,) = json.loads(done("registry", "holds", demo, "--json"))
    assert (hold["amount"], hold["pending"]) == (25, waiting["pending"])
    statement = json.loads(done("registry", "statement", demo, "steel", "--json"))
    assert set(statement) == {"account", "since", "until", "opening", "moves", "closing"}
    assert statement["closing"] == {"DMA-2016": 600}
    where = json.loads(done("registry", "where", demo, "DMA-2016", "7", "--json"))
    assert where["places"][0]["account"] == "steel"
    assert [move["act"] for move in where["moves"]] == ["issue", "allocate"]
    steel = {a["account"]: a for a in json.loads(done("registry", "accounts", demo, "--json"))}[
        "steel"
    ]
    assert (steel["total"], steel["free"], steel["held"]) == (600, 575, 25)
    report = Path(demo.parent / "p.journal")
    done("export", demo, "--out", report)
    found = json.loads(done("verify", report, "--json"))
    assert found["verdict"] == "unproven"
    assert found["problems"] == []


# Two persons, due instants, previews


def test_a_proposal_says_what_the_second_person_types(demo: Path) -> None:
    words = ("registry", "transfer", demo, "steel", "power", "DMA-2016", 25)
    out = done(*words, "--as", "li")
    typed = re.search(r"^  tanheng (registry approve .*) --as PERSON$", out, flags=re.M)
    assert typed
    assert "25 DMA-2016, steel → power" in out
    message = refused("approver_is_initiator", *typed[1].split(), "--as", "li")
    assert "Art. 2" in message
    refused("not_representative", *typed[1].split(), "--as", "chen")
    out = done(*typed[1].split(), "--as", "wang")
    assert "25 DMA-2016, steel → power" in out
    assert "2016-06-02 04:00Z (06-02 12:00 Asia/Shanghai)" in out
    assert "tanheng registry abort" in out


def test_approving_shows_the_effect(demo: Path) -> None:
    done("registry", "surrender", demo, "steel", 100, "--year", 2016, "--as", "li")
    pending = json.loads(done("registry", "pending", demo, "--json"))[0]["pending"]
    out = done("registry", "approve", demo, pending, "--as", "wang", "--lang", "zh")
    assert re.search(r"清缴 +DMA-2016 +steel +surrender +1–100 +100", out)


def test_a_question_finds_done_what_was_due(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two(demo, "transfer", "steel", "power", "DMA-2016", 25, first="li", second="wang")
    statement = ("registry", "statement", demo, "power", "--json")
    assert not json.loads(done(*statement))["moves"]
    monkeypatch.setenv("TANHENG_NOW", NOON)
    (move,) = json.loads(done(*statement))["moves"]
    assert (move["at"], move["amount"]) == ("2016-06-02T04:00:00.000000Z", 25)
    monkeypatch.delenv("TANHENG_NOW")
    assert "P" not in done("registry", "pending", demo).replace("pending", "")


def test_a_dry_run_records_nothing_and_its_digest_pins_the_effect(demo: Path) -> None:
    words = ("registry", "transfer", demo, "steel", "power", "DMA-2016", 25, "--as", "li")
    before = status(demo)
    assert "nothing was recorded" in done(*words, "--dry-run")
    pin = json.loads(done(*words, "--dry-run", "--json"))["preview"]
    assert status(demo) == before
    refused("preview_moved", *words, "--preview", "ab" * 32)
    two(demo, "surrender", "steel", 10, "--year", 2016, first="li", second="wang")
    refused("preview_moved", *words, "--preview", pin)
    done(*words, "--preview", json.loads(done(*words, "--dry-run", "--json"))["preview"])


def test_a_repeated_id_is_done_once(demo: Path) -> None:
    words = (
        "registry",
        "transfer",
        demo,
        "steel",
        "power",
        "DMA-2016",
        25,
        "--as",
        "li",
        "--id",
        "a",
    )
    first = json.loads(done(*words, "--json"))
    entries = status(demo)
    again = json.loads(done(*words, "--json"))
    assert (first["repeated"], again["repeated"], again["seq"]) == (False, True, first["seq"])
    assert status(demo) == entries
    assert "before" in done(*words)
    refused("command_reused", *words[:6], 26, *words[7:])


# Time


def test_a_simulation_stands_still_until_it_is_moved(demo: Path) -> None:
    done("registry", "holder", demo, "x", "--as", "authority-1")
    last = json.loads(done("programme", "status", demo, "--json"))["last"]
    assert last == START
    done("registry", "holder", demo, "x", "--as", "authority-1", "--now", "2016-06-02T14:00+08:00")
    assert json.loads(done("programme", "status", demo, "--json"))["last"] == NOON
    wrong("--now", "registry", "holder", demo, "x", "--as", "authority-1", "--now", START)


@pytest.mark.parametrize(
    "text", ["yesterday", "2016-13", "2016-06-01T02:00", "9999999", "2016-06-31"]
)
def test_an_instant_is_an_instant(base: Path, text: str) -> None:
    wrong("--now", "registry", "accounts", base, "--now", text)
    wrong("--since", "registry", "statement", base, "steel", "--since", text)


def test_a_real_programme_keeps_real_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "real"
    wrong("--now", "programme", "new", folder, "--pack", "demo-ets", "--now", START)
    monkeypatch.setenv("TANHENG_NOW", START)
    wrong("TANHENG_NOW", "programme", "new", folder, "--pack", "demo-ets")
    assert not folder.exists()
    monkeypatch.delenv("TANHENG_NOW")
    made = json.loads(done("programme", "new", folder, "--pack", "demo-ets", "--json"))
    assert set(made) == {"programme", "public_key", "pack", "people"}
    before = status(folder)
    words = ("registry", "holder", folder, "x", "--as", "authority-1")
    wrong("--now", *words, "--now", START)
    wrong("--now", "registry", "accounts", folder, "--now", START)
    wrong("--now", "export", folder, "--out", tmp_path / "x", "--now", START)
    monkeypatch.setenv("TANHENG_NOW", "2099-01-01")
    wrong("TANHENG_NOW", *words)
    monkeypatch.delenv("TANHENG_NOW")
    assert status(folder) == before
    done(*words)


# Wrong use, keys


def test_new_says_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    words = ("programme", "new", folder, "--pack", "demo-ets", "--simulation", "--now", START)
    out = done(*words, "--authority", "ann,bob")
    assert f"tanheng programme enrol {folder} PERSON --as ann" in out
    assert f"tanheng registry holder {folder} HOLDER --as ann" in out
    assert sorted(p.name for p in (folder / "keys").iterdir()) == ["ann.key", "bob.key", "programme.key"]  # fmt: skip
    assert all(p.stat().st_mode & 0o077 == 0 for p in (folder / "keys").iterdir())
    code, _, err = call(*words)
    assert code == 3
    assert "not empty" in err


def test_new_is_used_wrongly(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    wrong("--pack", "programme", "new", folder, "--pack", "nope")
    wrong("--pack", "programme", "new", folder)
    wrong("--name", "programme", "new", tmp_path / "Bad_name", "--pack", "demo-ets")
    wrong("--authority", "programme", "new", folder, "--pack", "demo-ets", "--authority", "ann")
    wrong("--store", "programme", "new", folder, "--pack", "demo-ets", "--store", "mysql://x")
    wrong("--lang", "programme", "new", folder, "--pack", "demo-ets", "--lang", "fr")
    bad = tmp_path / "pack"
    bad.mkdir()
    (bad / "pack.yaml").write_text("id: x\n")
    code, _, err = call("programme", "new", folder, "--pack", bad)
    assert code == 1
    assert "pack.yaml" in err
    address = "postgresql://nobody@localhost:1/none"
    code, _, err = call("programme", "new", folder, "--pack", "demo-ets", "--store", address)
    assert code == 3
    assert not folder.exists()


def test_commands_are_used_wrongly(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = ("registry", "transfer", base, "steel", "power", "DMA-2016")
    wrong("--as", *transfer, 5)
    wrong("--key", *transfer, 5, "--as", "nobody")
    wrong("AMOUNT", *transfer, "many", "--as", "li")
    wrong("--block", *transfer, 5, "--block", "5", "--as", "li")
    wrong("--reason", "registry", "reject", base, "P1", "--as", "li")
    wrong("MODE", "registry", "mode", base, "ajar", "--reason", "x", "--as", "authority-1")
    wrong("COMMAND", "registry", "do", base, "{", "--as", "li")
    wrong("COMMAND", "registry", "do", base, '{"command": "fly"}', "--as", "li")
    wrong("BLOCK", "registry", "where", base, "DMA-2016", "0")
    wrong("BLOCK", "registry", "where", base, "DMA-2016", "9-1")
    wrong("KIND", "registry", "where", base, "CNY", "1")
    wrong("--out", "registry", "export", base, "--out", base / "x.xlsx")
    wrong("--out", "registry", "export", base, "--out", base / "nowhere" / "x.csv")
    wrong("--audience", "export", base, "--out", base / "x", "--audience", "all")
    wrong("--out", "export", base, "--out", base / "nowhere" / "x")
    wrong("NAME", "programme", "name", base, "li")
    wrong("PACK", "programme", "adopt", base, "nope", "--as", "authority-1")
    monkeypatch.setenv("TANHENG_AS", "nobody")
    wrong("--key", *transfer, 5)
    assert call("programme", "name", base, "nobody", "X")[0] == 1


def test_refusals_say_why_and_leave_nothing(base: Path) -> None:
    before = status(base)
    transfer = ("registry", "transfer", base, "steel", "power", "DMA-2016")
    refused("amount_short", *transfer, 601, "--as", "li")
    refused("amount_bad", *transfer, 0, "--as", "li")
    refused("not_representative", *transfer, 5, "--as", "zhao")
    refused("signature_bad", *transfer, 5, "--as", "li", "--key", base / "keys" / "wang.key")
    refused("pending_unknown", "registry", "approve", base, "P999", "--as", "wang")
    refused("account_unknown", "registry", "statement", base, "nope")
    refused("kind_unknown", "registry", "where", base, "NOPE", "1")
    refused("person_exists", "programme", "enrol", base, "li", "--as", "authority-1")
    refused("authority_only", "programme", "withdraw", base, "li", "--reason", "x", "--as", "li")
    refused("pack_same", "programme", "adopt", base, "demo-ets", "--as", "authority-1")
    message = refused("amount_short", *transfer, 601, "--as", "li")
    assert call(*transfer, 601, "--as", "li") == (1, "", f"{message}\n")
    code, out, err = call(*transfer, 601, "--as", "li", "--lang", "zh")
    assert (code, out) == (1, "")
    assert CHINESE.search(err)
    assert status(base) == before


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    public = done("programme", "key", tmp_path / "a.key").strip()
    assert re.fullmatch("[0-9a-f]{64}", public)
    assert call("programme", "key", tmp_path / "a.key")[0] == 3
    assert (tmp_path / "a.key").stat().st_mode & 0o077 == 0


def test_what_needs_the_programmes_key_says_so(demo: Path, tmp_path: Path) -> None:
    (demo / "keys" / "programme.key").unlink()
    for words in (("programme", "checkpoint", demo), ("programme", "snapshot", demo),
                  ("export", demo, "--out", tmp_path / "x")):  # fmt: skip
        wrong("keys/programme.key", *words)
    done("registry", "holder", demo, "x", "--as", "authority-1")
    done("backup", demo, tmp_path / "copy")


def test_no_folder_no_programme(tmp_path: Path) -> None:
    for words in (("programme", "status"), ("registry", "accounts"), ("registry", "pending")):
        code, _, err = call(*words, tmp_path / "nowhere")
        assert code == 3
        assert "is not a programme's folder" in err


# Proofs


@pytest.fixture(scope="module")
def journals(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path, str]:
    """The public and the whole journal, a checkpoint, and the programme's public key."""
    folder = tmp_path_factory.mktemp("journals")
    copy = Path(shutil.copytree(base, folder / "demo"))
    (folder / "checkpoint.txt").write_text(done("programme", "checkpoint", copy))
    done("registry", "holder", copy, "later", "--as", "authority-1")
    done("export", copy, "--out", folder / "public")
    done("export", copy, "--out", folder / "whole", "--audience", "confidential")
    key = json.loads(done("programme", "status", copy, "--json"))["public_key"]
    return folder / "public", folder / "whole", folder / "checkpoint.txt", key


def test_verify_says_what_is_proven(journals: tuple[Path, Path, Path, str]) -> None:
    public, whole, kept, key = journals
    assert "unproven" in done("verify", public, "--key", key)
    assert call("verify", public, "--key", key, "--strict")[0] == 1
    assert done("verify", whole, "--key", key, "--checkpoint", kept, "--strict").startswith(
        "proven"
    )
    found = json.loads(done("verify", whole, "--key", key, "--json"))
    assert found["totals"]["DMA-2016"]["issued"] == 1000


def test_verify_finds_what_is_wrong(journals: tuple[Path, Path, Path, str], tmp_path: Path) -> None:
    public, whole, kept, key = journals
    forged = tmp_path / "forged"
    for file, old, new in ((whole, b'"steel",1,600', b'"steel",1,601'), (public, b"issuance", b"issuancf")):  # fmt: skip
        forged.write_bytes(file.read_bytes().replace(old, new, 1))
        code, out, _ = call("verify", forged, "--key", key, "--json")
        assert code == 1
        assert json.loads(out)["verdict"] == "wrong"
    lines = whole.read_bytes().splitlines(keepends=True)
    forged.write_bytes(b"".join(lines[:-1]))
    assert call("verify", forged, "--key", key)[0] == 1
    assert call("verify", whole, "--key", "ab" * 32)[0] == 1
    old = json.loads(kept.read_text().split("\t")[2])
    assert old["size"] > 0
    (tmp_path / "kept").write_text(kept.read_text().replace(old["root"], "ab" * 32))
    assert call("verify", whole, "--key", key, "--checkpoint", tmp_path / "kept")[0] == 1
    wrong("--key", "verify", whole, "--key", "abc")
    assert call("verify", tmp_path / "nothing")[0] == 3
    assert call("verify", whole, "--checkpoint", tmp_path / "nothing")[0] == 3


# Backups


def test_a_backup_is_taken_while_the_journal_is_open(demo: Path, tmp_path: Path) -> None:
    writer = sqlite3.connect(demo / "journal.db", isolation_level=None)
    reader = sqlite3.connect(demo / "journal.db", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT COUNT(*) FROM entries").fetchone()[0] > 20
    done("registry", "holder", demo, "x", "--as", "authority-1")
    done("backup", demo, tmp_path / "copy")
    reader.rollback()
    for connection in (reader, writer):
        connection.close()
    assert not (tmp_path / "copy" / "keys").exists()
    done("restore", tmp_path / "copy", tmp_path / "again")
    assert status(tmp_path / "again") == status(demo)
    assert done("programme", "rebuild", tmp_path / "again", "--check")
    for words in (("backup", demo, tmp_path / "copy"), ("restore", tmp_path / "copy", demo)):
        code, _, err = call(*words)
        assert code == 3
        assert "there already" in err


TAMPERED = {
    "a body": "UPDATE entries SET confidential_body = CAST(replace(CAST(confidential_body AS TEXT), "
              "'li', 'lo') AS BLOB) WHERE seq = 1",
    "a movement": "UPDATE entries SET public_body = CAST(replace(CAST(public_body AS TEXT), "
                  "'1,600', '1,500') AS BLOB) WHERE act = 'allocate'",
    "the last entry": "DELETE FROM entries WHERE seq = (SELECT MAX(seq) FROM entries)",
    "a table": "UPDATE holdings SET total = total + 1 WHERE account = 'steel'",
    "a checkpoint": "UPDATE checkpoints SET signature = zeroblob(64)",
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_backup_is_refused(what: str, demo: Path, tmp_path: Path) -> None:
    done("backup", demo, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "journal.db") as database:
        assert database.execute(TAMPERED[what]).rowcount
    database.close()
    code, out, err = call("restore", tmp_path / "copy", tmp_path / "again")
    assert (code, out) == (1, "")
    assert "was not restored" in err
    assert not (tmp_path / "again").exists()
    assert (tmp_path / "copy").exists()


def test_another_programmes_key_is_refused(demo: Path, tmp_path: Path) -> None:
    settings = demo / "programme.toml"
    settings.write_text(re.sub("[0-9a-f]{64}", "ab" * 32, settings.read_text()))
    code, _, err = call("registry", "accounts", demo)
    assert code == 3
    assert "this is another programme" in err
    assert call("restore", demo, tmp_path / "again")[0] == 1


def test_changed_tables_are_found_and_made_anew(demo: Path) -> None:
    with sqlite3.connect(demo / "journal.db") as database:
        database.execute("UPDATE totals SET issued = issued + 1")
    database.close()
    code, out, err = call("programme", "rebuild", demo, "--check")
    assert (code, out) == (1, "")
    assert "table totals" in err
    done("programme", "rebuild", demo)
    done("programme", "rebuild", demo, "--check")
