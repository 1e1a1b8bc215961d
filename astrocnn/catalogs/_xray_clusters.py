"""Catalogs of clusters found in X-rays."""

from astropy import units as u

from ._definition import CatalogDefinition

__all__ = ["XRAY"]

_SKY = {"ra": "RAJ2000", "dec": "DEJ2000"}

#: In the order of their surveys: XMM-Newton, eROSITA, ROSAT.
XRAY = (
    CatalogDefinition(
        name="xclass",
        title="X-CLASS",
        vizier="J/A+A/652/A12",
        redshift="mixed",
        columns={},
        unverified="names of the table and of all its columns",
        n_rows=1646,
        completeness=(
            "Clusters in 269 square degrees of XMM-Newton pointings with |b| > 20 deg; the "
            "selection function is published, parts of the sample have no redshift."
        ),
        reference="2021A&A...652A..12K",
    ),
    CatalogDefinition(
        name="xxl365",
        title="XXL-365",
        vizier="IX/52/xxl365gc",
        redshift="spec",
        columns={"source_id": "XLSSC", "z_spec": "z", **_SKY},
        unverified="mass, R500, temperature",
        n_rows=365,
        completeness=(
            "Two fields of 25 square degrees; complete only for the classes C1 and C2 of the "
            "column 'Class', the third holds what has been confirmed otherwise."
        ),
        reference="2018A&A...620A...5A",
    ),
    CatalogDefinition(
        name="erass1",
        title="eRASS1 clusters",
        vizier="J/A+A/685/A106/emain",
        redshift="mixed",
        columns={
            "source_id": "Name", "z_best": "zBest", "z_type": "zType", "mass": "M500",
            "r500": "R500", "contamination": "pcont", **_SKY,
        },
        spectroscopic="spec",
        unverified="error of the position, likelihood of the extent",
        n_rows=12247,
        position_error=9.4 * u.arcsec,
        position_error_source=(
            "median of the errors that the eRASS1 source catalog gives its 26,682 extended sources"
        ),
        completeness=(
            "Extended sources in 13,116 square degrees of the western Galactic hemisphere, "
            "86 % pure; the contamination of each row is given."
        ),
        reference="2024A&A...685A.106B",
    ),
    CatalogDefinition(
        name="erass1-optical",
        title="eRASS1 clusters, optical",
        vizier="J/A+A/688/A210/tablee1",
        redshift="mixed",
        columns={"z_best": "Bestz", **_SKY},
        unverified="identifier, richness, kind of each redshift",
        n_rows=12247,
        completeness=(
            "Optical identification of the eRASS1 clusters in the Legacy Surveys, more than 95 % "
            "complete above redshift 0.05; 3210 have spectroscopic redshifts."
        ),
        reference="2024A&A...688A.210K",
    ),
    CatalogDefinition(
        name="mcxc2",
        title="MCXC-II",
        vizier="J/A+A/688/A187/mcxcii",
        redshift="mixed",
        columns={"z_best": "z", "mass": "M500", "r500": "R500", **_SKY},
        unverified="identifier, kind of each redshift",
        n_rows=2221,
        completeness=(
            "Compilation of nearly all published ROSAT clusters, with the footprints and flux "
            "limits of 13 surveys."
        ),
        reference="2024A&A...688A.187S",
    ),
    CatalogDefinition(
        name="mcxc",
        title="MCXC",
        vizier="J/A+A/534/A109/mcxc",
        redshift="mixed",
        columns={"source_id": "MCXC", "z_best": "z", "mass": "M500", "r500": "R500", **_SKY},
        unverified="",
        n_rows=1743,
        completeness=(
            "Compilation of published ROSAT clusters with the footprints and flux limits of 12 "
            "surveys; MCXC-II replaces it."
        ),
        reference="2011A&A...534A.109P",
    ),
    CatalogDefinition(
        name="rass-mcmf",
        title="RASS-MCMF",
        vizier="J/MNRAS/526/3757/catalog",
        redshift="phot",
        columns={"z_spec": "zsp1", **_SKY},
        unverified="identifier, photometric redshift, richness, contamination",
        n_rows=8449,
        completeness=(
            "2RXS sources with a red sequence in 25,000 square degrees of extragalactic sky, 90 % "
            "pure."
        ),
        reference="2023MNRAS.526.3757K",
    ),
    CatalogDefinition(
        name="codex",
        title="CODEX",
        vizier="J/A+A/638/A114",
        redshift="phot",
        columns={},
        unverified="names of the table and of all its columns",
        n_rows=None,
        completeness=(
            "ROSAT sources with a redMaPPer richness in 10,382 square degrees of SDSS; the "
            "cut in richness is set where the survey is 10 % complete."
        ),
        reference="2020A&A...638A.114F",
    ),
    CatalogDefinition(
        name="spiders",
        title="SPIDERS clusters",
        vizier="J/MNRAS/503/5763",
        redshift="spec",
        columns={},
        unverified="names of the table and of all its columns",
        n_rows=2740,
        completeness=(
            "CODEX and XMM-Newton candidates confirmed with SDSS spectra and by eye, to a redshift "
            "of about 0.6; what was not confirmed is not listed."
        ),
        reference="2021MNRAS.503.5763K",
    ),
)  # fmt: skip
