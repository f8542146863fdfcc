import json

import numpy as np

from retention_lab.findings.finding import MIME, Finding, Findings

FINDING = Finding(
    id="churn.when",
    question="When?",
    headline="<b>Then</b> & there.",
    action="Call \"them\".",
    verdict="act",
    estimate=1.5,
    ci_lower=1.0,
    ci_upper=np.inf,
    unit="days",
    n_obs=10,
    method="a method",
    definition="a definition",
    caveats=("one",),
)  # fmt: skip


def test_plain_data_survives_json_and_a_number_that_is_none_is_null() -> None:
    data = FINDING.to_dict()

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert (data["estimate"], data["ci_upper"], data["caveats"]) == (1.5, None, ["one"])


def test_what_a_client_wrote_is_text_in_the_page_and_as_it_is_in_the_data() -> None:
    bundle = FINDING._repr_mimebundle_()

    assert "<b>" not in bundle["text/html"]
    assert "&lt;b&gt;Then&lt;/b&gt; &amp; there." in bundle["text/html"]
    assert bundle[MIME]["data"]["headline"] == "<b>Then</b> & there."
    assert bundle[MIME]["kind"] == "finding"


def test_findings_shown_together_are_one_bundle_in_their_order() -> None:
    bundle = Findings((FINDING, FINDING))._repr_mimebundle_()

    assert [one["id"] for one in bundle[MIME]["data"]["findings"]] == ["churn.when"] * 2
    assert bundle["text/html"].count("<li>") == 2
