import numpy as np
import pytest

from retention_lab.methods.multiplicity import adjust_benjamini_hochberg, adjust_holm

# Benjamini and Hochberg (1995), the fifteen p-values of their example.
FIFTEEN = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
FIFTEEN += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]


def test_benjamini_hochberg_rejects_four_of_the_published_fifteen() -> None:
    adjusted = adjust_benjamini_hochberg(FIFTEEN)

    assert adjusted[:5] == pytest.approx([0.0015, 0.0030, 0.0095, 0.035625, 0.0603], abs=1e-6)
    assert (adjusted <= 0.05).sum() == 4


def test_holm_rejects_three_of_the_published_fifteen() -> None:
    adjusted = adjust_holm(FIFTEEN)

    # R: p.adjust(p, "holm")[1:4]
    assert adjusted[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.1140], abs=1e-9)
    assert (adjusted <= 0.05).sum() == 3


def test_holm_never_lowers_and_keeps_the_order_of_what_it_was_given() -> None:
    adjusted = adjust_holm([0.04, 0.01, 0.03])

    assert adjusted == pytest.approx([0.06, 0.03, 0.06], abs=1e-12)


@pytest.mark.parametrize("adjust", [adjust_holm, adjust_benjamini_hochberg])
def test_a_question_that_was_not_tested_does_not_count_in_the_family(adjust: object) -> None:
    adjusted = adjust([0.01, np.nan, 0.03])  # type: ignore[operator]

    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2]] == pytest.approx(adjust([0.01, 0.03]))  # type: ignore[operator]


@pytest.mark.parametrize("adjust", [adjust_holm, adjust_benjamini_hochberg])
def test_a_pvalue_above_one_is_refused_with_its_value(adjust: object) -> None:
    with pytest.raises(ValueError, match=r"not 1\.2"):
        adjust([0.1, 1.2])  # type: ignore[operator]
