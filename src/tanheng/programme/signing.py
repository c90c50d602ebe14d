"""Commands that are signed at a terminal: who asks, for which programme, under which id, for what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import is_normalized

import msgspec

from tanheng.compliance.commands import ComplianceCommand
from tanheng.errors import Refusal
from tanheng.journal import Key, encode, plain, signed_by, tagged
from tanheng.market.commands import MarketCommand
from tanheng.programme.people import PeopleCommand
from tanheng.registry.commands import AnyCommand

_TAG = b"tanheng/signed-command/1\0"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_DIGEST = b"tanheng/command/1"
AskedFor = AnyCommand | PeopleCommand | ComplianceCommand | MarketCommand
"""Every command of a programme."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command with who asks for it.

    Attributes:
        command: what is asked.
        actor: the person's id.
        id: the command's own id; one and the same command asked twice is done once.
        signature: of 64 bytes over :func:`payload`; None when a site answers for the person.
        preview: digest of the effect that was shown before; another effect is refused.
    """

    command: AskedFor
    actor: str
    id: str
    signature: bytes | None = None
    preview: str | None = None


def payload(programme: str, request: Request) -> bytes:
    """The bytes that a signature covers."""
    return _TAG + encode(
        {
            "actor": request.actor,
            "command": request.command,
            "id": request.id,
            "preview": request.preview,
            "programme": programme,
        }
    )


def signed(programme: str, request: Request, key: Key) -> Request:
    """The request with the key's signature."""
    signature = key.sign(payload(programme, request))
    return Request(request.command, request.actor, request.id, signature, request.preview)


def good(programme: str, request: Request, public: str) -> bool:
    """Whether the person's key signed exactly this request."""
    return request.signature is not None and signed_by(
        public, request.signature, payload(programme, request)
    )


def unreadable(request: Request) -> Refusal | None:
    """Refuse what the journal could not hold: ids that are not plain, texts with no one form."""
    for name in (request.actor, request.id):
        if not _ID.fullmatch(name):
            return Refusal("identifier_bad", {"value": ascii(name[:140])})
    try:
        raw = encode(request.command)
    except UnicodeEncodeError:
        return Refusal("text_bad", {"act": request.command.act})
    if not raw.isascii() and not is_normalized("NFC", raw.decode()):
        return Refusal("text_bad", {"act": request.command.act})
    if b"\\u0000" in raw:
        return Refusal("text_bad", {"act": request.command.act})
    return None


def digest(command: bytes) -> bytes:
    """Digest of a command's canonical bytes: two requests with one id must have the same."""
    return tagged(_DIGEST, command)


def read(raw: object) -> AskedFor:
    """A command from plain data, as from JSON; texts are brought to NFC.

    Raises:
        ValueError: naming what does not fit.
    """
    try:
        found: AskedFor = msgspec.convert(plain(raw), AskedFor)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return found
