"""Services: one polite HTTP client, bounded in time and bytes, that all of them are asked by."""

from ._answer import (
    Answer,
    PassingFault,
    Refused,
    UselessAnswer,
    check_status,
    received,
    unpacked,
)
from ._connection import Session, open_session
from ._hosts import forget_services
from ._redirects import check_onward
from ._request import send
from ._tries import Tries, ask, download, get
from ._watch import TooLarge, Watch

__all__ = [
    "Answer",
    "PassingFault",
    "Refused",
    "Session",
    "TooLarge",
    "Tries",
    "UselessAnswer",
    "Watch",
    "ask",
    "check_onward",
    "check_status",
    "download",
    "forget_services",
    "get",
    "open_session",
    "received",
    "send",
    "unpacked",
]
