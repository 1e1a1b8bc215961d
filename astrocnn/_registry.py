"""Name -> object, with an error that lists the choices."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from .exceptions import UnknownNameError

__all__ = ["Registry"]


class Registry(Mapping):
    """A read-only mapping from names to objects.

    Parameters
    ----------
    kind : str
        What the objects are, in words ("survey", "network"): used in messages.
    objects : dict of str to object
        The objects by name.

    Examples
    --------
    >>> from astrocnn._registry import Registry
    >>> shapes = Registry("shape", {"disk": 0, "box": 4})
    >>> shapes["box"]
    4
    >>> shapes["bx"]
    Traceback (most recent call last):
        ...
    astrocnn.exceptions.UnknownNameError: unknown shape 'bx'; did you mean 'box'? Choices: disk, box
    """

    def __init__(self, kind: str, objects: Mapping):
        self.kind = kind
        self._objects = dict(objects)

    def __getitem__(self, name):
        if isinstance(name, str) and name in self._objects:
            return self._objects[name]
        lower = {key.lower(): key for key in self._objects}
        near = get_close_matches(str(name).lower(), lower, n=1)
        hint = f"did you mean {lower[near[0]]!r}? " if near else ""
        raise UnknownNameError(
            f"unknown {self.kind} {name!r}; {hint}Choices: {', '.join(self._objects)}"
        )

    def __contains__(self, name):
        return name in self._objects

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __repr__(self) -> str:
        return f"<Registry of {len(self)} {self.kind}s: {', '.join(self._objects)}>"
