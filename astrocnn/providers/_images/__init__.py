"""Images: reading FITS files, choosing among them, putting their pixels on a grid."""

__all__ = []
