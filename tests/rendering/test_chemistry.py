"""Formulas of chemistry and quantities with units are formulas."""

import pytest

from tests.fakes.doubling import is_linear
from tests.rendering.reading import words
from webapp.rendering.chemistry import spelled_out
from webapp.rendering.markdown import render
from webapp.rendering.maths import to_mathml


def shown(tex: str) -> str:
    html = to_mathml(tex, display=False)
    assert html is not None
    return words(html.replace("\u00a0", " "))


@pytest.mark.parametrize(
    ("written", "tex"),
    [
        ("H2O", r"\mathrm{H}_{2}\mathrm{O}"),
        ("(NH4)2SO4", r"(\mathrm{NH}_{4})_{2}\mathrm{SO}_{4}"),
        ("SO4^2-", r"\mathrm{SO}_{4}^{2-}"),
        ("Fe^{3+}", r"\mathrm{Fe}^{3+}"),
        ("Na+", r"\mathrm{Na}^{+}"),
        ("[Fe(CN)6]^3-", r"[\mathrm{Fe}(\mathrm{CN})_{6}]^{3-}"),
        ("^{14}_{6}C", r"^{14}_{6}\mathrm{C}"),
        ("^14_6C", r"^{14}_{6}\mathrm{C}"),
        ("CuSO4.5H2O", r"\mathrm{CuSO}_{4}{\cdot}5\mathrm{H}_{2}\mathrm{O}"),
        ("CH3-CH=CH-C#N", r"\mathrm{CH}_{3}{-}\mathrm{CH}{=}\mathrm{CH}{-}\mathrm{C}{\equiv}\mathrm{N}"),
        ("CO2(g)", r"\mathrm{CO}_{2}(\mathrm{g})"),
        ("H+_{(aq)}", r"\mathrm{H}^{+}_{(\mathrm{aq})}"),
        ("$n$H2", r"n\mathrm{H}_{2}"),
    ],
)
def test_a_compound_has_numbers_below_and_charges_above(written: str, tex: str) -> None:
    assert spelled_out(rf"\ce{{{written}}}") == f"{{{tex}}}"
    assert shown(rf"\ce{{{written}}}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2H2 + O2 -> 2H2O", "2H2+O2⟶2H2O"),
        ("1/2 O2", "12O2"),
        ("N2 + 3H2 <=> 2NH3", "N2+3H2⇌2NH3"),
        ("A ->[\\Delta] B", "A→ΔB"),
        ("A <=>[Fe][450 °C] B", "A⇌450°CFeB"),
        ("A <- B <-> C", "A⟵B⟷C"),
        ("Ag+ + Cl- -> AgCl v", "Ag++Cl−⟶AgCl↓"),
        ("CaCO3 -> CaO + CO2 ^", "CaCO3⟶CaO+CO2↑"),
        ("MnO4- + 8H+ + 5e- -> Mn^2+ + 4H2O", "MnO4−+8H++5e−⟶Mn2++4H2O"),
        ("", ""),
    ],
)
def test_a_reaction_has_its_arrow(written: str, expected: str) -> None:
    assert shown(rf"\ce{{{written}}}") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("5 kJ/mol", r"5\,\mathrm{kJ}/\mathrm{mol}"),
        ("1.2e-3 m s-1", r"1.2\times 10^{-3}\,\mathrm{m}\,\mathrm{s}^{-1}"),
        ("9.81 m//s2", r"9.81\,\mathrm{m}/\mathrm{s}^{2}"),
        ("kJ*mol^{-1}", r"\mathrm{kJ}{\cdot}\mathrm{mol}^{-1}"),
        ("50 %", r"50\,\%"),
        (r"3 \mu m", r"3\,\mu \,\mathrm{m}"),
    ],
)
def test_a_quantity_has_powers_of_its_units(written: str, expected: str) -> None:
    assert spelled_out(rf"\pu{{{written}}}") == f"{{{expected}}}"
    assert shown(rf"\pu{{{written}}}")


def test_chemistry_stands_among_other_formulas() -> None:
    assert shown(r"K = \frac{[\ce{H+}][\ce{OH-}]}{[\ce{H2O}]}") == "K=[H+][OH−][H2O]"
    assert shown(r"\ce{Zn + \text{acid} -> {Zn}^2+}") == "Zn+acid⟶Zn2+"


def test_its_source_stays_with_it() -> None:
    assert 'alttext="\\ce{H2O}"' in render(r"Water is $\ce{H2O}$.")


@pytest.mark.parametrize("tex", [r"\ce{H2O", r"\ce{{H}", r"\cee{x}", r"\ce", r"\pu{5"])
def test_one_without_end_stays_as_it_is(tex: str) -> None:
    assert spelled_out(tex) == tex


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "->[",
        "->[a]",
        "^{",
        "^",
        "$",
        "_",
        "\\ce{",
        "}{",
        "\\ce{1}",
        "a1",
        " ",
        "-",
        "+",
        "v ",
        "\\",
        "[",
        "\\pu{1e",
    ],
)
def test_the_time_grows_with_the_formula_and_no_faster(piece: str) -> None:
    def spell(length: int) -> None:
        body = piece * (length // len(piece))
        spelled_out(f"\\ce{{{body}}} \\pu{{{body}}}")

    assert is_linear(spell, 20_000)
