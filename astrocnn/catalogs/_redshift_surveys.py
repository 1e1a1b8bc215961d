"""Catalogs of spectroscopic redshifts: of clusters, and of galaxies."""

from astropy import units as u

from ._definition import CatalogDefinition

__all__ = ["SPECTROSCOPIC"]

_SKY = {"ra": "RAJ2000", "dec": "DEJ2000"}

SPECTROSCOPIC = (
    CatalogDefinition(
        name="hecs",
        title="HeCS",
        vizier="J/ApJ/767/15/table1",
        redshift="spec",
        columns={"source_id": "Name", "z_spec": "z", **_SKY},
        unverified="",
        n_rows=58,
        completeness=(
            "58 clusters selected by X-ray flux within SDSS at redshifts 0.1 to 0.3, each with "
            "many members."
        ),
        reference="2013ApJ...767...15R",
    ),
    CatalogDefinition(
        name="hecs-galaxies",
        title="HeCS galaxies",
        vizier="J/ApJ/767/15/table2",
        redshift="spec",
        columns=_SKY,
        velocity="cz",
        unverified="identifier",
        n_rows=22680,
        completeness=(
            "Hectospec redshifts of galaxies, members and not, around the 58 HeCS clusters; "
            "q_cz = 'Q' marks the secure ones. Redshifts from the literature are in another table."
        ),
        reference="2013ApJ...767...15R",
    ),
    CatalogDefinition(
        name="hecs-omnibus",
        title="HeCS-omnibus",
        vizier="J/ApJ/891/129",
        redshift="spec",
        columns={},
        unverified="names of the table and of all its columns",
        n_rows=227,
        completeness=(
            "227 clusters at redshifts 0.02 to 0.30 with 52,325 spectroscopic members in all; a "
            "collection of surveys, no flux limit of its own."
        ),
        reference="2020ApJ...891..129S",
    ),
    CatalogDefinition(
        name="sdss16",
        title="SDSS DR16 spectra",
        vizier="V/154/sdss16",
        redshift="spec",
        columns={"source_id": "objID", "z_spec": "zsp", "ra": "RA_ICRS", "dec": "DE_ICRS"},
        request=("objID", "RA_ICRS", "DE_ICRS", "mode", "class", "SpObjID", "zsp", "e_zsp"),
        filters={"SpObjID": ">0"},
        unverified="spectroscopic class of the object and quality of the redshift",
        n_rows=None,
        whole=False,
        position_error=0.1 * u.arcsec,
        position_error_source="Pier et al. 2003, AJ 125, 1559, at the limit of the survey",
        completeness=(
            "Objects with a spectrum, stars and quasars among them (class 6 is a point source); "
            "fibers cannot be nearer than about an arcminute, so cores of clusters are thinned out."
        ),
        reference="2020ApJS..249....3A",
    ),
)
