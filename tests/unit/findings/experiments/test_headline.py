"""The first screen: the decision and what it rests on; after a failed check no effect."""

from dataclasses import replace

from experiment_results import (
    BOUGHT,
    SPEND,
    STAY,
    contrast,
    decision,
    effect,
    gate,
    membership,
    money,
    no_study,
    rows,
    study,
)

from retention_lab.findings.experiments.effects import effect_findings
from retention_lab.findings.experiments.headline import headline
from retention_lab.text import Text

OFF = rows(("hold_out", 380, 1000, 300), ("offer", 620, 1000, 700))
ASKED = study({"stay": STAY, "spend": SPEND, "bought": BOUGHT})
GUARD = effect(contrast(-0.05, 0.01, 0.3), BOUGHT, outcome="bought")


def test_what_pays_shows_the_primary_effect_the_money_and_what_warns(text: Text) -> None:
    gates = [gate("size"), gate("outliers", "warned", facts={"n_extreme": 2.0})]
    effects = [effect(), effect(contrast(), SPEND, outcome="spend")]
    found = headline(ASKED, decision("pays", effects[0], money()), gates, effects, [money()], [], text)

    assert [one.id for one in found] == [
        "experiment.decision",
        "experiment.effect.stay",
        "experiment.money",
        "experiment.gate.outliers",
    ]


def test_a_failed_check_takes_the_place_of_every_effect(text: Text) -> None:
    gates = [gate("outliers", "warned"), gate("sample_ratio", "failed", OFF, pvalue=1e-6), gate("size")]
    decided = decision("invalid", effect(), money(), gates=(gates[1],))
    found = list(headline(ASKED, decided, gates, [effect()], [money()], [membership()], text))

    assert [one.id for one in found] == [
        "experiment.decision",
        "experiment.gate.sample_ratio",
        "experiment.gate.outliers",
    ]
    assert found[0].verdict == "invalid"


def test_broken_guardrails_stand_on_the_first_screen(text: Text) -> None:
    decided = decision("harms_guardrail", effect(), money(), guardrails=(GUARD,))
    found = headline(ASKED, decided, [], [effect(), GUARD], [money()], [], text)

    assert [one.id for one in found][-1] == "experiment.effect.bought"


def test_each_treatment_has_its_primary_effect_there(text: Text) -> None:
    asked = study(variants=("hold_out", "offer", "call"))
    effects = [effect(), replace(effect(), variant="call")]
    found = headline(asked, decision("money_unknown", effects[0]), [], effects, [], [], text)

    assert [one.id for one in found][1:] == ["experiment.effect.stay.offer", "experiment.effect.stay.call"]


def test_what_is_left_out_of_the_first_screen_stands_with_the_effects_or_the_decision(text: Text) -> None:
    asked = study({"spend": SPEND}, variants=("hold_out", "offer", "call"), design="anytime")
    effects = [
        effect(contrast(2.0, 1.0, 0.0), SPEND, outcome="spend", variant=name, is_anytime=True)
        for name in ("offer", "call")
    ]
    first = list(headline(asked, decision("money_unknown", effects[0]), [], effects, [], [], text))
    below = list(effect_findings(asked, effects, text))

    assert [one.caveats for one in first[1:]] == [(), ()]
    assert any("whenever and however often" in caveat for caveat in first[0].caveats)
    for one in below:
        assert any("No percentage is given" in caveat for caveat in one.caveats)
        assert any("whenever and however often" in caveat for caveat in one.caveats)


def test_what_nothing_can_be_said_of_says_why_on_the_first_screen(text: Text) -> None:
    alike = effect(contrast(0.0, 0.0, reason="too_few"), SPEND, outcome="spend")
    found = headline(study({"spend": SPEND}), decision("not_enough_data"), [], [alike], [], [], text)

    assert "all customers have the same “spend”" in next(iter(found)).headline


def test_without_an_experiment_members_are_all_there_is(text: Text) -> None:
    found = headline(no_study(), decision("no_experiment"), [], [], [], [membership()], text)

    assert [one.id for one in found] == ["experiment.decision", "experiment.membership.club"]
