"""Commands that are signed at a terminal: who asks, for which programme, under which id, for what."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tanheng.journal import Key, encode, plain, signed_by, tagged
from tanheng.programme.people import PeopleCommand
from tanheng.registry.commands import AnyCommand

_TAG = b"tanheng/signed-command/1\0"
_DIGEST = b"tanheng/command/1"
AskedFor = AnyCommand | PeopleCommand
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
