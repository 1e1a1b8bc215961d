"""Photon energies in headers, as missions write them."""

import pytest
from astropy.io import fits

from astrocnn.providers._energy_header import header_energies

XPROC = (
    "eexpmap imageset=a.FIT expimageset='product/P0098010101M2U009EXPMAP2000.FIT "
    "product/P0098010101M2U009EXPMAP3000.FIT' withvignetting=yes pimin='500 1000' "
    "pimax='1000 2000' # (eexpmap-4.6.5)"
)


def card(value, comment):
    """Header with one pair of energies whose unit is in the comment."""
    return fits.Header([("E_MIN", value, comment), ("E_MAX", 4 * value, comment)])


@pytest.mark.parametrize(
    ("header", "energies"),
    [
        ({"TELESCOP": "XMM", "SLCTEXPR": "(PATTERN <= 4)&& PI in [500:2000]"}, (0.5, 2.0)),
        ({"SLCTEXPR": "(PI in (1000:2000]) && (FLAG & 0x766ba000)==0"}, (1.0, 2.0)),
        ({"SLCTEXPR": "PI >= 2000 && PI<=10000"}, (2.0, 10.0)),
        ({"SLCTEXPR": "(PI.ge.300).and.(PI.le.2300)"}, (0.3, 2.3)),
        ({"SLCTEXPR": "PI in [400:1250] || PI in [2000:7000]"}, (0.4, 7.0)),
        ({"XPROC0": "eexpmap withvignetting=yes attrebin=4 pimin=500 pimax=2000 # x"}, (0.5, 2.0)),
        ({"XPROC0": "evselect expression='PI in [500:2000]' specchannelmax=11999"}, (0.5, 2.0)),
        ({"HISTORY": "expmap emin=0.2 emax=2.3"}, (0.2, 2.3)),
        ({"EMIN1": 0.5, "EMAX1": 2.0}, (0.5, 2.0)),
        ({"EMIN1": 0.3, "EMAX1": 0.6, "EMIN2": 0.6, "EMAX2": 1.1}, (0.3, 1.1)),
        ({"EMIN": 500, "EMAX": 2000}, (0.5, 2.0)),
        ({"E_MIN": "0.5", "E_MAX": "2"}, (0.5, 2.0)),
        (card(0.5, "[keV] lower energy"), (0.5, 2.0)),
        (card(50.0, "eV"), (0.05, 0.2)),
        (card(0.0005, "MeV"), (0.5, 2.0)),
        ({"EMIN": 80, "EMAX": 320}, (0.08, 0.32)),
        ({"EMIN": 80, "EMAX": 295}, (80.0, 295.0)),
        ({"TELESCOP": "CHANDRA", "ENERGYLO": 0.5, "ENERGYHI": 7.0}, (0.5, 7.0)),
        ({"DSTYP6": "PI", "DSVAL6": "500:2000", "DSUNI6": "CHAN", "TELESCOP": "XMM"}, (0.5, 2.0)),
        ({"DSTYP1": "sky", "DSTYP2": "energy", "DSVAL2": "500:7000", "DSUNI2": "eV"}, (0.5, 7.0)),
        ({"DSTYP2": "energy", "DSVAL2": ":2000", "2DSVAL2": "3000:4000"}, (0.0, 4.0)),
        (
            {
                "TELESCOP": "XMM",
                "DSTYP1": "PI",
                "DSVAL1": "200:12000",
                "DSTYP2": "PI",
                "DSVAL2": "2000:",
                "DSTYP3": "PI",
                "DSVAL3": "500:2000",
            },
            (0.5, 2.0),
        ),
        ({"TELESCOP": "SWIFT", "PHALCUT": 30, "PHAHCUT": 1000}, (0.3, 10.0)),
        ({"TELESCOP": "NuSTAR", "PHALCUT": 35, "PHAHCUT": 460}, (3.0, 20.0)),
        ({"TELESCOP": "CHANDRA", "DSTYP1": "PI", "DSVAL1": "35:480"}, (0.511, 7.008)),
        ({"EBAND": "0.5-2.0 keV"}, (0.5, 2.0)),
        ({"SLCTEXPR": "500 <= PI && 2000>PI"}, (0.5, 2.0)),
        ({"SLCTEXPR": "PI in [2000:]"}, (2.0, 12.0)),
        ({"SLCTEXPR": "PI > 500"}, (0.5, 12.0)),
        ({"HISTORY": "evselect expression='PI > 10000'"}, None),
        ({"HISTORY": "dmcopy evt2.fits[energy=2000:7000] out.img"}, (2.0, 7.0)),
        ({"COMMENT": "Energy band: 2-10 keV"}, (2.0, 10.0)),
        ({"EMIN": "2.0 keV", "EMAX": "10.0 keV"}, (2.0, 10.0)),
        ({"EMIN_1": 2000, "EMAX_1": 10000}, (2.0, 10.0)),
        ({"LO_ENERG": 2.0, "HI_ENERG": 8.0}, (2.0, 8.0)),
        ({"EN_LOW": 2.0, "EN_HIGH": 10.0}, (2.0, 10.0)),
        ({"ENERLO": 2.0, "ENERHI": 10.0}, (2.0, 10.0)),
        ({"BANDLO": 2.0, "BANDHI": 10.0}, (2.0, 10.0)),
        ({"ERANGE": "2-10 keV"}, (2.0, 10.0)),
        ({"ENERGY_R": "2.0:8.0"}, (2.0, 8.0)),
        ({"EBAND": "500,2000 eV"}, (0.5, 2.0)),
        ({"ENERGY": "2.0 to 10.0 keV"}, (2.0, 10.0)),
        ({"BAND": "1-2"}, None),
        ({"ENERGY": "1.5"}, None),
        ({"E_MIN": 200, "E_MAX": 280, "E_UNIT": "eV"}, (0.2, 0.28)),
        ({"TITLE": "2-10 keV mosaic"}, (2.0, 10.0)),
        ({"HISTORY": "2.0 - 10.0 keV image"}, (2.0, 10.0)),
        ({"COMMENT": "detected in 0.5-2 keV and 2-10 keV"}, None),
        ({"E1": 0.5, "E2": 2.0}, (0.5, 2.0)),
        ({"E1": 500, "E2": 2000}, (0.5, 2.0)),
        ({"ENERGY1": 2.0, "ENERGY2": 10.0}, (2.0, 10.0)),
        ({"LOWENRGY": 0.5, "HIGHENRG": 2.0}, (0.5, 2.0)),
        ({"LOWENRGY": 0.5, "UPENRGY": 2.0}, (0.5, 2.0)),
        ({"LOENERGY": 0.5, "HIENERGY": 2.0}, (0.5, 2.0)),
        ({"ENERGY_L": 0.5, "ENERGY_H": 2.0}, (0.5, 2.0)),
        ({"ELOW": 2.0, "EHIGH": 10.0}, (2.0, 10.0)),
        ({"E_LO": 2.0, "E_HI": 10.0}, (2.0, 10.0)),
        ({"E_LOW": 2.0, "E_UP": 10.0}, (2.0, 10.0)),
        ({"EMINKEV": 2.0, "EMAXKEV": 10.0}, (2.0, 10.0)),
        ({"EMIN_EV": 20.0, "EMAX_EV": 280.0}, (0.02, 0.28)),
        ({"ENERGYMN": 2.0, "ENERGYMX": 10.0}, (2.0, 10.0)),
        ({"ENERG_LO": 2.0, "ENERG_HI": 10.0}, (2.0, 10.0)),
        ({"EBANDMIN": 2.0, "EBANDMAX": 10.0}, (2.0, 10.0)),
        ({"LOW_EN": 2.0, "HIGH_EN": 10.0}, (2.0, 10.0)),
        ({"MINENERG": 2.0, "MAXENERG": 10.0}, (2.0, 10.0)),
        ({"TELESCOP": "XMM", "PI_MIN": 500, "PI_MAX": 2000}, (0.5, 2.0)),
        ({"TELESCOP": "SWIFT", "PI_MIN": 50, "PI_MAX": 200}, (0.5, 2.0)),
        ({"TELESCOP": "SWIFT", "PILOW": 50, "PIHIGH": 200}, (0.5, 2.0)),
        ({"TELESCOP": "SWIFT", "CHAN_MIN": 50, "CHAN_MAX": 200}, (0.5, 2.0)),
        ({"TELESCOP": "ROSAT", "PHA_LO": 52, "PHA_HI": 201}, (0.52, 2.01)),
        ({"TELESCOP": "ROSAT", "MINPI": 52, "MAXPI": 201}, (0.52, 2.01)),
        ({"TELESCOP": "ROSAT", "HISTORY": "PI channels 52-201"}, (0.52, 2.01)),
        ({"TELESCOP": "SWIFT", "HISTORY": "filter pha_cutoff 50 200"}, (0.5, 2.0)),
        ({"TELESCOP": "SWIFT", "HISTORY": "ecol=PI phalcut=30 phahcut=1000"}, (0.3, 10.0)),
        ({"TELESCOP": "NuSTAR", "HISTORY": "nuproducts pilow=35 pihigh=460"}, (3.0, 20.0)),
        ({"TELESCOP": "NICER", "PHALCUT": 30, "PHAHCUT": 1000}, (0.3, 10.0)),
        (
            {"TELESCOP": "XRISM", "INSTRUME": "XTEND", "PHALCUT": 50, "PHAHCUT": 300},
            (0.3, 1.8),
        ),
        (
            {"TELESCOP": "XRISM", "INSTRUME": "RESOLVE", "PHALCUT": 3999, "PHAHCUT": 19999},
            (2.0, 10.0),
        ),
        ({"BAND": "hard"}, (2.0, 10.0)),
        ({"TELESCOP": "CHANDRA", "BAND": "broad"}, (0.5, 7.0)),
        ({"TELESCOP": "ROSAT", "ENG_BAND": "HARD"}, (0.5, 2.0)),
        ({"EBAND": "0.5 2.0"}, (0.5, 2.0)),
        ({"ENERGYBD": "0.5-2 keV"}, (0.5, 2.0)),
        ({"ERANGE1": "0.5-2 keV"}, (0.5, 2.0)),
        ({"FILTER": "2-10keV"}, (2.0, 10.0)),
        ({"EXTNAME": "IMAGE_0.5-2.0keV"}, (0.5, 2.0)),
        ({"COMMENT": "[0.5-2.0] keV"}, (0.5, 2.0)),
        ({"COMMENT": "Band 0.5--2.0 keV"}, (0.5, 2.0)),
        ({"COMMENT": "0.5 < E < 2.0 keV"}, (0.5, 2.0)),
        ({"SLCTEXPR": "PI.in.[500:2000]"}, (0.5, 2.0)),
        ({"SLCTEXPR": "PI ge 500 and PI le 2000"}, (0.5, 2.0)),
        ({"SLCTEXPR": "PI in (500,2000)"}, (0.5, 2.0)),
        ({"SLCTEXPR": "PI==1000:2000"}, (1.0, 2.0)),
        # Not told:
        ({"E1": 0.1, "E2": 0.3}, None),  # ellipticities
        ({"E1": 1.0, "E2": 2.0, "E3": 4.0}, None),
        ({"FILTER": "1-2"}, None),
        ({"FILTER": "Medium"}, None),
        ({"TELESCOP": "XMM", "PHA_LO": 100, "PHA_HI": 400}, None),  # of no fixed energy
        ({"TELESCOP": "CHANDRA", "INSTRUME": "HRC", "DSTYP1": "PI", "DSVAL1": "0:254"}, None),
        ({"PI_MIN": 500, "PI_MAX": 2000}, None),
        ({}, None),
        ({"DSTYP1": "PI", "DSVAL1": "TABLE"}, None),
        ({"PHALCUT": 35, "PHAHCUT": 460}, None),
        ({"SLCTEXPR": "PATTERN <= 12"}, None),
        ({"EMIN": 2.0, "EMAX": 0.5}, None),
        ({"EMIN": "low", "EMAX": "high"}, None),
        ({"BAND": "r"}, None),
    ],
)
def test_energies_of_headers(header, energies):
    assert header_energies(header) == energies
    if not isinstance(header, fits.Header):
        assert header_energies(fits.Header(header)) == energies


def test_keywords_go_before_filters_and_history():
    header = {"EMIN": 0.5, "EMAX": 1.0, "SLCTEXPR": "PI in [500:2000]"}
    assert header_energies(header) == (0.5, 1.0)
    header = {"SLCTEXPR": "PI in [500:2000]", "XPROC0": "pimin=200 pimax=12000"}
    assert header_energies(header) == (0.5, 2.0)


def test_map_that_one_task_made_with_others_is_found_by_its_name():
    header = {"XPROC0": XPROC}
    assert header_energies(header) is None
    assert header_energies(header, name="P0098010101M2U009EXPMAP3000.FTZ") == (1.0, 2.0)
    assert header_energies(header, name="P0098010101M2U009EXPMAP4000.FTZ") is None


def test_history_goes_on_in_the_next_line():
    header = fits.Header()
    header["HISTORY"] = "eexpmap imageset=" + "a" * 50 + " pimin=500 pimax=2000"
    header["HISTORY"] = "another line"
    assert len(header["HISTORY"]) > 2
    assert header_energies(header) == (0.5, 2.0)


def test_long_values_over_several_cards():
    header = fits.Header({"XPROC0": "evselect " + "x" * 100 + " expression='PI in [2000:10000]'"})
    assert header_energies(header) == (2.0, 10.0)
