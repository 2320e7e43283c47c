from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.names import spoken_name, spoken_place
from tests.revenue.agents.drafting.samples import LISTS

SPOKEN = [
    ("PRIMAL RADIANCE HUMAN ENERGY SYSTEMS LTD", "Primal Radiance"),
    ("THE CIRCUS LAB INC", "The Circus Lab"),
    ("FABUTAN #159", "Fabutan"),
    ("KIM'S ACUPUNCTURE AND WELLNESS", "Kim's Acupuncture and Wellness"),
    ("3D NAILS SPA", "3D Nails Spa"),
    ("GUANG'AN T.C.M. CLINIC LTD", "Guang'an T.C.M. Clinic"),
    ("GK ACUPUNCTURE & HERBAL MEDICINE CLINIC", "GK Acupuncture & Herbal Medicine Clinic"),
    ("V & V HAIR SALON", "V & V Hair Salon"),
    ("GOLD'S GYM (LANGLEY)", "Gold's Gym"),
    ("PIZAZZ II HAIR DESIGN", "Pizazz II Hair Design"),
    ("LANGLEY PHYSIOTHERAPIST CORPORTATION", "Langley Physiotherapist"),
    ("COMPASS THERAPEUTIC SERVICES", "Compass Therapeutic Services"),
    ("KULDIP COUNSELLING & CONSULTING SERVICES INC", "Kuldip Counselling & Consulting Services"),
    ("THE HOLISTIC FIT COMPANY", "The Holistic Fit Company"),
    ("TAN DE SOLEIL SUN TAN STUDIOS INC", "Tan de Soleil Sun Tan Studios"),
    ("L'ECLAT BEAUTY LOUNGE", "L'Eclat Beauty Lounge"),
    ("VAN DER HEUL COUNSELLING", "Van der Heul Counselling"),
    ("30 MINUTE HIT LANGLEY", "30 Minute Hit Langley"),
    ("EVOLUTION WELLNESS CENTRE - ALDERGROVE", "Evolution Wellness Centre"),
    ("MAZAJ RESTAURANT INC DBA BEST DONAIR", "Best Donair"),
    ("0953350 BC LTD", ""),
    ("0953350 BC LTD DBA OFFSIDE CAFE", "Offside Cafe"),
    ("PARK, KYON & COMPANY", "Park, Kyon & Company"),
    ("LORRIE SIPKA, CPA", "Lorrie Sipka"),
    ("FLEMING OLSON TANEDA & MCDOUGALL", "Fleming Olson Taneda & McDougall"),
    ("Lotos Yoga Berlin - YOGA LOFT", "Lotos Yoga Berlin"),
    ("Ready Set Move – Personal Training Berlin", "Ready Set Move"),  # noqa: RUF001
    ("Boxsport Berlin e.V.", "Boxsport Berlin"),
    ("new leaf massage & wellness", "New Leaf Massage & Wellness"),
    ("yogibar", "yogibar"),
    ("ride-berlin.com", "ride-berlin"),
    ("FIT/ONE", "Fit/One"),
    ("LASIK MD", "Lasik MD"),
    ("Kieser Training", "Kieser Training"),
    ("", ""),
]


@pytest.mark.parametrize(("registered", "spoken"), SPOKEN)
def test_spoken_name_of_a_registered_name(registered: str, spoken: str) -> None:
    assert spoken_name(registered) == spoken


def test_spoken_name_of_a_spoken_name_is_the_same() -> None:
    changed = [
        name for name in _listed_names() if spoken_name(spoken_name(name)) != spoken_name(name)
    ]
    assert changed == []


def test_spoken_name_keeps_something_of_every_listed_name() -> None:
    lost = [name for name in _listed_names() if not spoken_name(name)]
    assert lost == []


@given(st.text(max_size=400))
def test_spoken_name_of_anything_is_one_line_and_no_longer(name: str) -> None:
    spoken = spoken_name(name)
    assert len(spoken) <= len(name) + 8
    assert spoken == " ".join(spoken.split())


@pytest.mark.parametrize(
    ("registered", "spoken"),
    [
        ("Township of Langley", "Langley"),
        ("Brookswood / Fernridge", "Brookswood"),
        ("City of Langley/Township of Langley Border", "Langley"),
        ("District of North Vancouver", "North Vancouver"),
        ("North Vancouver City", "North Vancouver"),
        ("vancouver", "Vancouver"),
        ("Langley ", "Langley"),
        ("Fort Langley", "Fort Langley"),
        ("", ""),
    ],
)
def test_spoken_place_of_a_registered_place(registered: str, spoken: str) -> None:
    assert spoken_place(registered) == spoken


def _listed_names() -> set[str]:
    names = set()
    for name, column in (
        ("langley_business_licences.csv", "business_name"),
        ("osm_places.csv", "name"),
    ):
        with (LISTS / name).open(encoding="utf-8-sig", newline="") as file:
            names |= {row[column] for row in csv.DictReader(file)}
    return names
