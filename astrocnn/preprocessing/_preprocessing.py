"""Dataset of cut-outs to network input. The parameters belong to the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from numbers import Real

import numpy as np
import xarray as xr
from astropy import units as u

from .._compiled import in_threads
from ..exceptions import InvalidImageError, InvalidParameterError
from ..extent import N_PLANES, binning
from ._stretch import gaussian_taps

__all__ = ["Preprocessing"]

_SMOOTHING = {"xray": 6.0}
#: Widest Gaussian (arcsec).
_WIDEST = 3600.0


@dataclass(frozen=True)
class Preprocessing:
    """Smoothing, scale-free stretch and standardization of cut-outs.

    Per band: counts over exposure where there is an exposure map, Gaussian smoothing (X-ray images
    hold few photons), asinh((x - local background) / local noise), then (x - mean) / std
    per image. Pixels that are not valid become the background level.

    Parameters
    ----------
    smoothing : dict of str to float, optional
        Standard deviation (arcsec) of the Gaussian, by waveband; 0 where not named.
        Default is 6 arcsec for ``xray``, the core of XMM-Newton's point-spread function.
    standardized : bool
        Whether the last step is made.
    stretched : bool
        Whether the step before it is made; without it, images are used as they are, such as the
        gray levels of a PNG.
    source_planes : bool
        Whether X-ray bands become the planes of `astrocnn.extent.source_planes`, which know the
        point-spread function, with the fitted source in the middle; the other bands are then cut to
        the same 4.3 arcmin, without loss: the pixels within one plane pixel are bands side by side.

    Raises
    ------
    InvalidParameterError
        If ``smoothing`` is something else.

    Examples
    --------
    >>> from astrocnn.preprocessing import Preprocessing
    >>> steps = Preprocessing()
    >>> steps.smoothing
    {'xray': 6.0}
    >>> Preprocessing.from_config(steps.to_config()) == steps
    True
    """

    smoothing: Mapping[str, float] = field(default_factory=lambda: dict(_SMOOTHING))
    standardized: bool = True
    stretched: bool = True
    source_planes: bool = False

    def __post_init__(self):
        if not isinstance(self.smoothing, Mapping) or not all(
            isinstance(sigma, Real) and 0 <= sigma <= _WIDEST for sigma in self.smoothing.values()
        ):
            raise InvalidParameterError(
                "smoothing is a dict from waveband to a standard deviation in arcsec, from 0 to "
                f"{_WIDEST:g}, such as {_SMOOTHING}, not {self.smoothing!r}"
            )

    def to_config(self) -> dict:
        """Return the parameters as plain data (JSON)."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping) -> "Preprocessing":
        """Build from what `to_config` returned.

        Raises
        ------
        InvalidParameterError
            If it is no dict, or holds something else than the parameters.
        """
        names = [each.name for each in fields(cls)]
        if not isinstance(config, Mapping):
            raise InvalidParameterError(f"a preprocessing is a dict, not {config!r}")
        unknown = sorted(str(key) for key in config if key not in names)
        if unknown:
            raise InvalidParameterError(
                f"the preprocessing has no {unknown[0]!r}; it has: {', '.join(names)}"
            )
        return cls(**config)

    def __call__(self, dataset: xr.Dataset, rows: np.ndarray | None = None) -> np.ndarray:
        """Return network input from cut-outs.

        Parameters
        ----------
        dataset : `~xarray.Dataset`
            Cut-outs, dims ``(target, band, y, x)``; see `astrocnn.cutouts`.
        rows : ndarray of shape (n_targets,), bool, optional
            Targets to prepare; all by default.

        Returns
        -------
        ndarray of shape (n_targets, ny, nx, n_bands), float32
            Zeros for a band without valid pixels. With ``source_planes`` of shape
            ``(n_targets, 64, 64, n_channels)``, see `channels`.

        Raises
        ------
        InvalidImageError
            If a variable or coordinate that is needed is missing.
        InvalidParameterError
            If planes are wanted and the point-spread function of a band is not known.
        """
        return self.with_separation(dataset, rows)[0]

    def with_separation(
        self, dataset: xr.Dataset, rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return network input, and how far from each target the source in its middle is.

        Parameters
        ----------
        dataset, rows
            As above.

        Returns
        -------
        tensor : ndarray of shape (n_targets, ny, nx, n_bands), float32
            Network input.
        separation : ndarray of shape (n_targets,)
            In arcsec, in steps of a pixel of the planes; NaN where no source stands out, and
            without ``source_planes``: the target is in the middle then.

        Examples
        --------
        >>> from astrocnn.preprocessing import Preprocessing
        >>> from astrocnn.simulation import simulate_cutouts
        >>> cutouts, _ = simulate_cutouts(2, 1, ["xmm"], pixels=90, version=3)
        >>> tensor, separation = Preprocessing(source_planes=True).with_separation(cutouts)
        >>> bool(np.nanmax(separation) < 70)
        True
        """
        missing = {"image", "valid", "waveband"} - set(dataset.variables)
        if missing or "pixel_scale" not in dataset.attrs:
            raise InvalidImageError(
                f"the Dataset lacks {sorted(missing) or ['attrs: pixel_scale']}; make it with "
                "astrocnn.cutouts.make_cutouts"
            )
        if self.source_planes:
            from ._source import source_tensor

            tensor, _, separation = source_tensor(self, dataset, rows)
            return tensor, separation
        tensor = self._images(dataset, rows)
        return tensor, np.full(len(tensor), np.nan)

    def _images(self, dataset, rows) -> np.ndarray:
        """Network input that is images, not planes."""
        images, valid = dataset["image"].values, dataset["valid"].values
        exposures = dataset["exposure"].values if "exposure" in dataset else None
        wavebands = [str(w) for w in np.atleast_1d(dataset["waveband"].values)]
        scale = float(dataset.attrs["pixel_scale"])
        return self._prepare(images, valid, exposures, wavebands, scale, rows)

    @property
    def plain(self) -> "Preprocessing":
        """The same steps without planes: each band an image."""
        return replace(self, source_planes=False)

    def channels(self, wavebands: Sequence[str], scale: float) -> list[int]:
        """Return the number of the network's input channels of each band.

        Parameters
        ----------
        wavebands : sequence of str
            Of the bands.
        scale : float
            Side of a cut-out's pixel (arcsec).

        Examples
        --------
        >>> from astrocnn.preprocessing import Preprocessing
        >>> Preprocessing(source_planes=True).channels(["xray", "optical"], 2.0)
        [12, 4]
        """
        if not self.source_planes:
            return [1] * len(wavebands)
        return [N_PLANES if name == "xray" else binning(scale) ** 2 for name in wavebands]

    def prepare(
        self,
        image: np.ndarray,
        valid: np.ndarray,
        exposure: np.ndarray | None,
        waveband: str,
        pixel_scale: u.Quantity,
    ) -> np.ndarray:
        """Prepare the image of one band.

        Parameters
        ----------
        image, valid : ndarray of shape (ny, nx)
            Pixels, and where they exist and were exposed.
        exposure : ndarray of shape (ny, nx) or None
            Exposure (s); None, or NaN everywhere, where there is no map.
        waveband : str
            Chooses the smoothing.
        pixel_scale : `~astropy.units.Quantity`
            Side of a pixel.

        Returns
        -------
        ndarray of shape (ny, nx), float32
        """
        exposures = None if exposure is None else np.asarray(exposure)[None, None]
        images, valid = np.asarray(image)[None, None], np.asarray(valid)[None, None]
        scale = pixel_scale.to_value(u.arcsec)
        return self._prepare(images, valid, exposures, [waveband], scale)[0, :, :, 0]

    def _prepare(self, images, valid, exposures, wavebands, scale, rows=None) -> np.ndarray:
        """Prepare images of shape (n, n_bands, ny, nx), on all processor cores."""
        from ._kernel import prepare_images

        n, bands, ny, nx = images.shape
        if exposures is None:
            exposures = np.empty((0, 0, 0, 0))
        images, exposures = (np.ascontiguousarray(x, np.float32) for x in (images, exposures))
        valid = np.ascontiguousarray(valid != 0 if valid.dtype != np.uint8 else valid, np.uint8)
        rows = np.arange(n) if rows is None else np.flatnonzero(rows)
        taps = gaussian_taps([self.smoothing.get(name, 0.0) / scale for name in wavebands])
        tensor = np.empty((len(rows), ny * nx, bands), dtype=np.float32)

        def some(start, stop):
            prepare_images(
                images, valid, exposures, rows[start:stop], taps, self.stretched,
                self.standardized, tensor[start:stop],
            )  # fmt: skip

        in_threads(some, len(rows))
        return tensor.reshape(len(rows), ny, nx, bands)
