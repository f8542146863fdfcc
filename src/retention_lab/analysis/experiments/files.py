"""The effects as a file beside the report, for those who reckon on."""

from collections.abc import Sequence

import pandas as pd

from retention_lab.analysis.experiments.effects import Effect


def effects_to_frame(effects: Sequence[Effect]) -> pd.DataFrame:
    """One row for each outcome and treatment, as it is written beside the report."""
    return pd.DataFrame(
        [
            {
                "outcome": effect.outcome,
                "kind": effect.spec.kind,
                "role": effect.role,
                "variant": effect.variant,
                "control": effect.control,
                "value_treatment": effect.contrast.treatment.value,
                "value_control": effect.contrast.control.value,
                "effect": effect.contrast.value,
                "ci_lower": effect.contrast.ci_lower,
                "ci_upper": effect.contrast.ci_upper,
                "rel_effect": effect.contrast.relative.value,
                "rel_ci_lower": effect.contrast.relative.ci_lower,
                "rel_ci_upper": effect.contrast.relative.ci_upper,
                "pvalue": effect.contrast.pvalue,
                "pvalue_adjusted": effect.pvalue_adjusted,
                "n_obs": effect.contrast.n_obs,
                "method": effect.contrast.method,
                "reason": effect.contrast.reason,
            }
            for effect in effects
        ],
        columns=_COLUMNS,
    )


_COLUMNS = [
    *("outcome", "kind", "role", "variant", "control", "value_treatment", "value_control", "effect", "ci_lower"),
    *(
        "ci_upper",
        "rel_effect",
        "rel_ci_lower",
        "rel_ci_upper",
        "pvalue",
        "pvalue_adjusted",
        "n_obs",
        "method",
        "reason",
    ),
]
