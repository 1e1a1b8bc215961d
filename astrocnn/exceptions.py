"""Errors and warnings of astrocnn: one sentence each, saying what to do next."""

from astropy.utils.exceptions import AstropyUserWarning

__all__ = [
    "AstrocnnError",
    "AstrocnnWarning",
    "BackendError",
    "BackendWarning",
    "BroadcastError",
    "CalibrationWarning",
    "CatalogError",
    "DamagedPartWarning",
    "FailedTargetWarning",
    "InvalidImageError",
    "InvalidParameterError",
    "InvalidTargetError",
    "InvalidTargetWarning",
    "LabelWarning",
    "NoCoverageError",
    "NoCoverageWarning",
    "PredictionInterrupted",
    "ProviderError",
    "StoreError",
    "SurveyMismatchError",
    "UnknownNameError",
    "WeightsError",
]


class AstrocnnError(Exception):
    """Base class of all errors raised by astrocnn."""


class InvalidTargetError(AstrocnnError, ValueError):
    """A target list cannot be understood (no sky columns, wrong unit, empty ...)."""


class InvalidImageError(AstrocnnError, ValueError):
    """An image or a Dataset of cut-outs cannot be used as it is."""


class InvalidParameterError(AstrocnnError, ValueError):
    """An argument has a value that makes no sense: out of range, of the wrong shape ..."""


class UnknownNameError(AstrocnnError, ValueError):
    """A name is not in a registry; the message lists the names that are."""


class ProviderError(AstrocnnError, OSError):
    """Pixels of one target could not be had: file, tile or service failed."""


class NoCoverageError(ProviderError):
    """The survey has no pixels at this position."""


class CatalogError(AstrocnnError, OSError):
    """A reference catalog could not be had: the service failed, or its answer is of no use."""


class SurveyMismatchError(AstrocnnError, ValueError):
    """Weights trained on one set of surveys were given images of another."""


class WeightsError(AstrocnnError, ValueError):
    """A model archive is missing, damaged, or not one of astrocnn's."""


class StoreError(AstrocnnError, OSError):
    """A file or folder cannot be written or used: disk full, in use, of another run, damaged.

    Attributes
    ----------
    result : `~astropy.table.QTable` or None
        From ``predict``, where it had begun: the table so far.
    """

    result = None

    def __str__(self):
        return super().__str__() if self.strerror is None else str(self.strerror)


class BackendError(AstrocnnError, RuntimeError):
    """Keras cannot be used in this process: it was forked after the network had been used."""


class BroadcastError(AstrocnnError, OSError):
    """A table could not be sent to other programs."""


class PredictionInterrupted(KeyboardInterrupt):
    """Ctrl-C during ``predict``.

    Attributes
    ----------
    result : `~astropy.table.QTable`
        One row per target; rows that were not reached carry the flag ``interrupted``.
    """

    def __init__(self, message, result=None):
        super().__init__(message)
        self.result = result


class AstrocnnWarning(AstropyUserWarning):
    """Base class of all warnings of astrocnn."""


class NoCoverageWarning(AstrocnnWarning):
    """Some targets lie outside the coverage of a survey."""


class InvalidTargetWarning(AstrocnnWarning):
    """Some target positions are masked, not finite, or duplicated."""


class FailedTargetWarning(AstrocnnWarning):
    """Images of some targets could not be had."""


class DamagedPartWarning(AstrocnnWarning):
    """A file of an earlier run is damaged; its rows are computed anew."""


class CalibrationWarning(AstrocnnWarning):
    """Probabilities could not be calibrated."""


class LabelWarning(AstrocnnWarning):
    """Names of classes leave open which of them is that of the clusters."""


class BackendWarning(AstrocnnWarning):
    """Keras was already loaded with another backend than the one asked for."""
