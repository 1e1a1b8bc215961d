"""Files that are left out, and the warnings that say so."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...exceptions import FailedTargetWarning, ProviderError
from ...surveys import Band

__all__ = ["LeftOut"]


@dataclass
class LeftOut:
    """What of the files of a band is not used, and why.

    Attributes
    ----------
    band : Band
        The band.
    faults : list of str
        Sentences on files that cannot be used.
    strangers : list of str
        Sentences on images that say that they are none of the band.
    maps, others : list of (path, str)
        Maps without an image, images whose photons others hold, and the like, with the reason.
    copies, shared : list of (path, path)
        Copies, and images that fraction photons with others, and of what.
    notes : list of str
        Sentences on files of which not all is used.
    """

    band: Band
    faults: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    maps: list[tuple[Path, str]] = field(default_factory=list)
    others: list[tuple[Path, str]] = field(default_factory=list)
    copies: list[tuple[Path, Path]] = field(default_factory=list)
    shared: list[tuple[Path, Path]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def report(self, n_images: int) -> None:
        """Raise if no image is left; warn of files that are left out.

        Raises
        ------
        ProviderError
            With the reasons.
        """
        left = (self.faults, self.strangers, self.maps, self.others)
        total = n_images + sum(map(len, left))
        if not n_images:
            reasons = [*self.strangers[:1], *self.faults[:1], *self._maps(), *self._others()]
            raise ProviderError(
                f"none of the {total} images for band {self.band.name} can be used: "
                f"{'; '.join(reasons)}"
            )
        of = f"of {total} files for band {self.band.name}"
        told = []
        for words in (self.faults, self.strangers):
            if words:
                told.append(f"{len(words)} {of} are left out; the first: {words[0]}")
        told += [f"{len(self.maps)} {of}: {words}" for words in self._maps()]
        told += [f"{len(self.others)} {of}: {words}" for words in self._others()]
        told += [f"band {self.band.name}: {words}" for words in self._copies()]
        for words in dict.fromkeys([*told, *self.notes]):
            warnings.warn(words, FailedTargetWarning, stacklevel=6)

    def _maps(self):
        if self.maps:
            yield (
                f"{_named(self.maps)} left out, as no image of the sky: give maps as "
                "{'image': ..., 'exposure': ..., 'background': ...}, where what is under 'image' "
                "is taken as an image, or by --images and --exposure"
            )

    def _others(self):
        if self.others:
            yield (
                f"{_named(self.others)} left out, so that no photon counts twice and none of "
                "another band counts: give {'image': [...]} of those that you want all the "
                "same, or --trust"
            )

    def _copies(self):
        if self.copies:
            copy, used = self.copies[0]
            yield (
                f"{len(self.copies)} copies of other files left out, so that no photon counts "
                f"twice; the first: {copy.name}, of which {used.name} is used"
            )
        if self.shared:
            one, other = self.shared[0]
            yield (
                f"{len(self.shared)} images hold copies of photons of others (the same "
                "observation, camera, time and energies, or the same pixels or counts), of which "
                f"each counts once; the first: {one.name}, beside {other.name}; if these are other "
                "photons, vouch for them: {'image': [...], 'trusted': True}, or --trust"
            )


def _named(files: Sequence[tuple[Path, str]]) -> str:
    """The first few names of files, with the reason for each."""
    named = [f"{path.name} ({reason})" for path, reason in files[:3]]
    return ", ".join(named) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
