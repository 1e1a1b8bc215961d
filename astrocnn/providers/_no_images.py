"""A band without images."""

from ..exceptions import NoCoverageError
from ._core import Pixels, Provider

__all__ = ["NO_IMAGES", "NoImagesProvider"]

#: What stands for no images where a source is asked for.
NO_IMAGES = "none"


class NoImagesProvider(Provider):
    """A band that no target has an image of: nothing is read or fetched.

    Weights that may lack the band (`ModelDescription.optional_bands`) then predict from the others.

    Parameters
    ----------
    band : Band
        The band.

    Examples
    --------
    >>> from astrocnn.providers import open_provider
    >>> from astrocnn.surveys import get_band
    >>> open_provider("none", get_band("dss2"))
    <NoImagesProvider dss2-red: no images>
    """

    @property
    def description(self) -> str:
        """That there are none."""
        return "no images"

    @property
    def identity(self) -> str:
        """The same always."""
        return self.description

    def cutout(self, grid) -> Pixels:
        """Raise `NoCoverageError`."""
        raise NoCoverageError(f"no {self.band.name} images were given")
