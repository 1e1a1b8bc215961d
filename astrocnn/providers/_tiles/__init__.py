"""HEALPix tiles: HiPS folders and HEALPix maps, written and read."""

__all__ = []
