"""Catalogs of clusters found in the microwave sky and in optical images."""

from astropy import units as u

from ._definition import CatalogDefinition

__all__ = ["MICROWAVE", "OPTICAL"]

_SKY = {"ra": "RAJ2000", "dec": "DEJ2000"}

#: Sunyaev-Zeldovich surveys.
MICROWAVE = (
    CatalogDefinition(
        name="act-dr5",
        title="ACT DR5",
        vizier="J/ApJS/253/3/clusters",
        redshift="mixed",
        columns={"z_best": "z", **_SKY},
        unverified="identifier, mass, kind of each redshift",
        n_rows=4195,
        completeness=(
            "Confirmed detections in 13,211 square degrees; 90 % complete above 3.8e14 solar "
            "masses (M500) at redshift 0.5 for a signal-to-noise ratio above 5."
        ),
        reference="2021ApJS..253....3H",
    ),
    CatalogDefinition(
        name="act-mcmf",
        title="ACT-DR5 MCMF",
        vizier="J/A+A/690/A322/catalog",
        redshift="phot",
        columns={
            "source_id": "Name", "z_spec": "zsp1", "z_phot": "z1C", "contamination": "fcont1C",
            **_SKY,
        },
        unverified="richness, mass",
        n_rows=6237,
        completeness=(
            "Detections in the ACT-DR5 maps with a red sequence in the Legacy Surveys, cut at a "
            "contamination of 0.2 for each row; 10.7 % of all are not clusters."
        ),
        reference="2024A&A...690A.322K",
    ),
    CatalogDefinition(
        name="psz2",
        title="PSZ2",
        vizier="J/A+A/594/A27/psz2",
        redshift="mixed",
        columns={"source_id": "PSZ2", "z_best": "z", "mass": "MSZ"},
        unverified="columns of the position and its error",
        n_rows=1653,
        position_error=2.43 * u.arcmin,
        position_error_source="median of the errors that the catalog gives its 1653 rows",
        completeness=(
            "All sky but for the Galactic plane; 1203 of 1653 detections are confirmed, two "
            "thirds have a redshift, at least 83 % are clusters."
        ),
        reference="2016A&A...594A..27P",
    ),
)  # fmt: skip

#: Red sequences and overdensities of galaxies.
OPTICAL = (
    CatalogDefinition(
        name="redmapper",
        title="redMaPPer, SDSS DR8",
        vizier="J/ApJS/224/1/cat_dr8",
        redshift="phot",
        columns={"source_id": "Name", "z_phot": "zlambda", "richness": "lambda", **_SKY},
        unverified="spectroscopic redshift of the central galaxy",
        n_rows=None,
        position_error=0.1 * u.arcsec,
        position_error_source=(
            "Pier et al. 2003, AJ 125, 1559, for the galaxy that is listed as the center"
        ),
        completeness=(
            "Red-sequence clusters in SDSS DR8 images, cut in richness: the mass that is reached "
            "rises with redshift."
        ),
        reference="2016ApJS..224....1R",
    ),
    CatalogDefinition(
        name="wen-han",
        title="Wen & Han 2024",
        vizier="J/ApJS/272/39/table2",
        redshift="mixed",
        columns={
            "source_id": "Name", "z_best": "zCl", "z_type": "f_zCl", "richness": "lam500",
            "mass": "M500", "r500": "r500", **_SKY,
        },
        request=("ID", "Name", "RAJ2000", "DEJ2000", "zCl", "f_zCl", "r500", "lam500", "M500",
                 "Ngal", "Cat"),
        unverified="which value of f_zCl means a spectroscopic redshift",
        n_rows=1_580_000,
        whole=False,
        completeness=(
            "Legacy Surveys, M500 above 0.47e14 solar masses to redshift 1.5; has more than 95 % "
            "of the massive SZ clusters and 90 % of the ROSAT and eROSITA clusters in its area."
        ),
        reference="2024ApJS..272...39W",
    ),
)  # fmt: skip
