"""Cox coefficients, errors and baselines against R 4.2.2 with survival 3.5-3, and against published tables.

The data with late entry is made by the formula below, which in R is

    i <- 0:59; entry <- ifelse(i %% 3 == 0, 0, (i * 7) %% 11); dur <- entry + 1 + (i * 13) %% 17
    ev <- as.integer((i * 5) %% 7 < 4); x <- ((i * 29) %% 31) / 10; z <- as.integer(i %% 4 == 1); w <- 1 + i %% 4
    s <- c("a", "b", "c")[1 + (i %/% 5) %% 3]
"""

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_leukemia, load_lung, load_rossi

from retention_lab.methods.adjusted import estimate_departures
from retention_lab.methods.cox import fit_cox, predict_survival
from retention_lab.methods.risk_sets import Ties

ROW = np.arange(60)
ENTRY = np.where(ROW % 3 == 0, 0, ROW * 7 % 11)
DURATION = ENTRY + 1 + ROW * 13 % 17
EVENT = ROW * 5 % 7 < 4
WEIGHT = 1 + ROW % 4
STRATUM = np.array(["a", "b", "c"])[ROW // 5 % 3]
DESIGN = pd.DataFrame({"x": (ROW * 29 % 31) / 10, "z": (ROW % 4 == 1).astype(int)})
TWO_CUSTOMERS = pd.DataFrame({"x": [1, 2.5], "z": [0, 1]})
TIMES = [3, 7, 12, 18, 24]

# R stops iterating at a relative change of 1e-9 in the log-likelihood; its coefficients are good to about this.
CONVERGED = 1e-6


def test_rossi_as_in_fox_and_weisberg() -> None:
    rossi = load_rossi()

    fit = fit_cox(rossi.drop(columns=["week", "arrest"]), rossi["week"], rossi["arrest"])

    assert fit.names == ("fin", "age", "race", "wexp", "mar", "paro", "prio")
    assert fit.coefficients == pytest.approx(
        [-0.37942, -0.05744, 0.31390, -0.14980, -0.43370, -0.08487, 0.09150], abs=1e-5
    )
    assert fit.std_errors == pytest.approx([0.19138, 0.02200, 0.30799, 0.21222, 0.38187, 0.19576, 0.02865], abs=1e-5)
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-675.3806, -658.7477), abs=1e-4)
    assert 2 * (fit.log_likelihood - fit.log_likelihood_null) == pytest.approx(33.27, abs=5e-3)


def test_leukemia_with_heavy_ties() -> None:
    # summary(coxph(Surv(t, e) ~ g, leuk))
    rows = load_leukemia()

    line = fit_cox(rows[["Rx"]], rows["t"], rows["status"]).summary().iloc[0]

    assert (line["coefficient"], line["std_error"]) == pytest.approx((1.5721251, 0.4123967), abs=1e-6)
    assert (line["hazard_ratio"], line["ci_lower"]) == pytest.approx((4.816874, 2.146508), abs=1e-5)
    assert line["ci_upper"] == pytest.approx(10.80931, abs=1e-4)
    assert line["pvalue"] == pytest.approx(0.00013775, abs=1e-8)


def test_leukemia_with_heavy_ties_as_breslow_has_them() -> None:
    # f <- coxph(Surv(t, status) ~ Rx, d, ties = "breslow"); survfit(f, newdata = data.frame(Rx = c(0, 1)))
    rows = load_leukemia()

    fit = fit_cox(rows[["Rx"]], rows["t"], rows["status"], ties="breslow")
    predicted = predict_survival(fit, pd.DataFrame({"Rx": [0, 1]}), [6, 10, 22])

    assert (fit.coefficients[0], fit.std_errors[0]) == pytest.approx((1.509191412586, 0.409564406367), abs=CONVERGED)
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-93.985050478245, -86.379622071146))
    assert predicted[0] == pytest.approx([0.877083648602, 0.801205684572, 0.555006208665], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.5525485033695, 0.3669672263261, 0.0697333809778], abs=CONVERGED)


def test_lung_coefficients() -> None:
    rows = load_lung()
    rated = rows.dropna(subset="ph.ecog")

    two = fit_cox(rows[["age", "sex"]], rows["time"], rows["status"])
    three = fit_cox(rated[["age", "sex", "ph.ecog"]], rated["time"], rated["status"])

    assert two.coefficients == pytest.approx([0.017045332, -0.513218517], abs=CONVERGED)
    assert two.std_errors == pytest.approx([0.009223273, 0.167457962], abs=CONVERGED)
    assert three.coefficients == pytest.approx([0.011066765, -0.552612396, 0.463728475], abs=CONVERGED)


def test_lung_baseline() -> None:
    # summary(survfit(a, newdata = data.frame(age = c(50, 70), sex = c(2, 1))), times = c(100, 300, 600))$surv
    rows = load_lung()
    fit = fit_cox(rows[["age", "sex"]], rows["time"], rows["status"])

    predicted = predict_survival(fit, pd.DataFrame({"age": [50, 70], "sex": [2, 1]}), [100, 300, 600])

    assert predicted[0] == pytest.approx([0.9194485329, 0.6915548931, 0.4045518622], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.8209454764, 0.4204378973, 0.1193046442], abs=CONVERGED)


def test_lung_baseline_with_monthly_ties_is_efron_s() -> None:
    # lung$m <- ceiling(lung$time / 30.4), then as above at 3, 12 and 24; Breslow's would be higher throughout.
    rows = load_lung()
    fit = fit_cox(rows[["age", "sex"]], np.ceil(rows["time"] / 30.4), rows["status"])

    predicted = predict_survival(fit, pd.DataFrame({"age": [50, 70], "sex": [2, 1]}), [3, 12, 24])

    assert predicted[0] == pytest.approx([0.9310826718, 0.6009997082, 0.2880108642], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.84286678138, 0.29555117654, 0.05079765777], abs=CONVERGED)


def test_lung_with_a_baseline_for_each_sex() -> None:
    # f <- coxph(Surv(time, status) ~ age + strata(sex), lung); survfit(f, newdata = data.frame(age = 60, sex = s))
    rows = load_lung()
    fit = fit_cox(rows[["age"]], rows["time"], rows["status"], strata=rows["sex"])

    predicted = predict_survival(fit, pd.DataFrame({"age": [60, 60]}), [100, 300, 600], strata=[1, 2])

    assert fit.strata == ("1", "2")
    assert (fit.coefficients[0], fit.std_errors[0]) == pytest.approx((0.0162146518644, 0.00918685460126), abs=CONVERGED)
    assert predicted[0] == pytest.approx([0.834958498944, 0.462799060585, 0.163076145134], abs=CONVERGED)
    assert predicted[1] == pytest.approx([0.924502551264, 0.683404582293, 0.363190795422], abs=CONVERGED)


def test_late_entry_fit_and_baseline() -> None:
    # c1 <- coxph(Surv(entry, dur, ev) ~ x + z); survfit(c1, newdata = data.frame(x = c(1, 2.5), z = c(0, 1)))
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY)
    first, second = predict_survival(fit, TWO_CUSTOMERS, TIMES)

    assert fit.coefficients == pytest.approx([0.006536851393, -0.030301152656], abs=CONVERGED)
    assert fit.covariance.ravel() == pytest.approx(
        [0.035291852971, -0.008266261191, -0.008266261191, 0.167907798577], abs=CONVERGED
    )
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-105.8843541, -105.8812431), abs=1e-6)
    assert first == pytest.approx(
        [0.81866966041, 0.72532390446, 0.51967021716, 0.26356734651, 0.09315126034], abs=CONVERGED
    )
    assert second == pytest.approx(
        [0.82199936608, 0.73006480905, 0.52661706941, 0.27079468031, 0.09774646819], abs=CONVERGED
    )


def test_late_entry_with_weights() -> None:
    # c2 <- coxph(Surv(entry, dur, ev) ~ x + z, weights = w)
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, weights=WEIGHT)
    first, _ = predict_survival(fit, TWO_CUSTOMERS, TIMES)

    assert fit.coefficients == pytest.approx([0.0148382599827, -0.0007269388798], abs=CONVERGED)
    assert np.diag(fit.covariance) == pytest.approx([0.013188383845, 0.078506054449], abs=CONVERGED)
    assert fit.log_likelihood == pytest.approx(-349.722591, abs=1e-6)
    assert first == pytest.approx([0.8023132596, 0.7191256057, 0.5098038807, 0.2725549139, 0.1183579241], abs=CONVERGED)


@pytest.mark.parametrize(
    ("entry", "weights", "std_errors"),
    [
        pytest.param(ENTRY, None, [0.2110700090, 0.3732844232], id="late entry"),
        pytest.param(None, None, [0.2143650611, 0.4032256709], id="from the start"),
        pytest.param(None, WEIGHT, [0.2058807992, 0.4220113836], id="weights"),
    ],
)
def test_robust_errors_by_cluster(
    entry: np.ndarray | None, weights: np.ndarray | None, std_errors: list[float]
) -> None:
    # sqrt(diag(vcov(coxph(Surv(...) ~ x + z, cluster = i %/% 2))))
    fit = fit_cox(DESIGN, DURATION, EVENT, entry, weights, cluster=ROW // 2)

    assert fit.std_errors == pytest.approx(std_errors, abs=CONVERGED)


def test_late_entry_as_breslow_has_it() -> None:
    # f <- coxph(Surv(entry, dur, ev) ~ x + z, ties = "breslow"), and with weights = w and cluster = i %/% 2
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, ties="breslow")
    weighted = fit_cox(DESIGN, DURATION, EVENT, ENTRY, WEIGHT, ties="breslow")
    robust = fit_cox(DESIGN, DURATION, EVENT, ENTRY, WEIGHT, cluster=ROW // 2, ties="breslow")

    assert fit.coefficients == pytest.approx([0.0112067601795, -0.0181822925167], abs=CONVERGED)
    assert fit.std_errors == pytest.approx([0.188111332549, 0.409359648578], abs=CONVERGED)
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx((-106.832112743, -106.829601458), abs=1e-8)
    assert predict_survival(fit, TWO_CUSTOMERS, TIMES)[1] == pytest.approx(
        [0.8224193109588, 0.7298665796225, 0.5291233308165, 0.2794812568006, 0.0992273205436], abs=CONVERGED
    )
    assert weighted.coefficients == pytest.approx([0.0157739488731, 0.01002319557], abs=CONVERGED)
    assert weighted.std_errors == pytest.approx([0.115227778712, 0.280046123231], abs=CONVERGED)
    assert robust.std_errors == pytest.approx([0.198745051403, 0.380344145666], abs=CONVERGED)


@pytest.mark.parametrize(
    ("ties", "weights", "coefficients", "variances", "likelihood", "survival"),
    [
        pytest.param(
            "efron",
            None,
            [-0.0531881276084, -0.0956225326715],
            [0.0538475298843, 0.176577107256],
            -70.4067873964,
            [
                [0.877779726481, 0.735618172200, 0.490288178037, 0.368108817314],
                [0.828763040398, 0.709297470306, 0.564924054551, 0.382752874986],
                [0.761323237300, 0.761323237300, 0.538388784098, 0.481698794688],
            ],
            id="efron",
        ),
        pytest.param(
            "efron",
            WEIGHT,
            [0.0465854414054, -0.0770311494044],
            [0.0221030900436, 0.0802599675694],
            -258.198974928,
            [
                [0.951433732073, 0.809728410415, 0.585021442453, 0.481958635098],
                [0.769837552470, 0.669520426028, 0.508702901282, 0.407269590877],
                [0.687922871796, 0.687922871796, 0.458671348829, 0.396646245891],
            ],
            id="efron, weights",
        ),
        pytest.param(
            "breslow",
            None,
            [-0.0540810040086, -0.0932246347646],
            [0.0541252198546, 0.176801066882],
            -70.956563339,
            [
                [0.877811215686, 0.735604205519, 0.494257777580, 0.378000105202],
                [0.828570180431, 0.708992503676, 0.568388665580, 0.384990402165],
                [0.761471288166, 0.761471288166, 0.542850108629, 0.485711973042],
            ],
            id="breslow",
        ),
        pytest.param(
            "breslow",
            WEIGHT,
            [0.0445995783396, -0.0751313737049],
            [0.0221975456321, 0.0802791827151],
            -259.409301116,
            [
                [0.951408749938, 0.809555809073, 0.589145209471, 0.490147450076],
                [0.769819659771, 0.669484310354, 0.513407762113, 0.411039561064],
                [0.688057942496, 0.688057942496, 0.463039716665, 0.400457647637],
            ],
            id="breslow, weights",
        ),
    ],
)
def test_strata_with_late_entry(
    ties: Ties,
    weights: np.ndarray | None,
    coefficients: list[float],
    variances: list[float],
    likelihood: float,
    survival: list[list[float]],
) -> None:
    # f <- coxph(Surv(entry, dur, ev) ~ x + z + strata(s), weights = w, ties = ...); survfit of each stratum's customer
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, weights, STRATUM, ties=ties)
    new = pd.DataFrame({"x": [1, 2.5, 1], "z": [0, 1, 0]})

    predicted = predict_survival(fit, new, [3, 7, 12, 16], strata=["a", "b", "c"])

    assert fit.coefficients == pytest.approx(coefficients, abs=CONVERGED)
    assert np.diag(fit.covariance) == pytest.approx(variances, abs=CONVERGED)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-8)
    for row, expected in zip(predicted, survival, strict=True):
        assert row == pytest.approx(expected, abs=CONVERGED)


@pytest.mark.parametrize(
    ("ties", "std_errors"),
    [("efron", [0.199263884656, 0.391353468235]), ("breslow", [0.195247108110, 0.386289612116])],
)
def test_robust_errors_with_strata(ties: Ties, std_errors: list[float]) -> None:
    # sqrt(diag(vcov(coxph(Surv(entry, dur, ev) ~ x + z + strata(s), weights = w, ties = ..., cluster = i %/% 2))))
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, WEIGHT, STRATUM, cluster=ROW // 2, ties=ties)

    assert fit.std_errors == pytest.approx(std_errors, abs=CONVERGED)


def test_a_covariate_that_changes_half_way() -> None:
    # cut <- dur %/% 2; long <- cut > entry & cut < dur
    # d <- rbind(data.frame(i, entry, dur = ifelse(long, cut, dur), ev = ifelse(long, 0, ev), x, z = 0),
    #            data.frame(i, entry = cut, dur, ev, x, z = 1)[long, ])
    # f <- coxph(Surv(entry, dur, ev) ~ x + z, d), and with cluster = d$i
    cut = DURATION // 2
    long = (cut > ENTRY) & (cut < DURATION)
    design = pd.concat([DESIGN.assign(z=0), DESIGN[long].assign(z=1)])
    duration = np.concatenate([np.where(long, cut, DURATION), DURATION[long]])
    event = np.concatenate([EVENT & ~long, EVENT[long]])
    entry = np.concatenate([ENTRY, cut[long]])

    fit = fit_cox(design, duration, event, entry)
    robust = fit_cox(design, duration, event, entry, cluster=np.concatenate([ROW, ROW[long]]))
    first, second = predict_survival(fit, TWO_CUSTOMERS, TIMES)

    assert fit.coefficients == pytest.approx([-0.008561759208411, 0.443664658181158], abs=CONVERGED)
    assert fit.std_errors == pytest.approx([0.18712840185604, 0.49847669793482], abs=CONVERGED)
    assert robust.std_errors == pytest.approx([0.18424101941402, 0.58594879119438], abs=CONVERGED)
    assert fit.log_likelihood == pytest.approx(-105.47011095953, abs=1e-8)
    assert first == pytest.approx(
        [0.82417531113625, 0.74595899808391, 0.58554919374210, 0.37321603793268, 0.19075035967781], abs=CONVERGED
    )
    assert second == pytest.approx(
        [0.742667353572058, 0.637043662240562, 0.438925919759699, 0.219508645940780, 0.078159244366832], abs=CONVERGED
    )


def test_the_error_of_one_customer_s_chance() -> None:
    # survfit(c1, newdata = data.frame(x = 2.5, z = 1))$std.err at the five times
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY)

    errors = [estimate_departures(fit, TWO_CUSTOMERS.tail(1), horizon=time, tenure=[0]).std_error for time in TIMES]

    assert errors == pytest.approx(
        [0.0923390829272, 0.1117919242086, 0.1394156022490, 0.1410379320477, 0.1054498427090], abs=CONVERGED
    )


@pytest.mark.parametrize(
    ("ties", "stratum", "std_errors"),
    [
        ("efron", "a", [0.13125642239, 0.186415083632, 0.310895707669, 0.402648165821]),
        ("efron", "b", [0.150160262554, 0.213798400819, 0.294121000994, 0.441231544361]),
        ("breslow", "a", [0.131228263457, 0.186462918998, 0.307457239404, 0.392204941155]),
        ("breslow", "b", [0.150464766483, 0.214331494783, 0.291403597263, 0.439478252387]),
    ],
)
def test_the_error_of_one_customer_s_chance_with_strata(ties: Ties, stratum: str, std_errors: list[float]) -> None:
    # v <- survfit(coxph(Surv(entry, dur, ev) ~ x + z + strata(s), ties = ...), newdata = ...); v$std.err / v$surv
    fit = fit_cox(DESIGN, DURATION, EVENT, ENTRY, strata=STRATUM, ties=ties)
    customer = TWO_CUSTOMERS.iloc[["a", "b"].index(stratum) :][:1]

    found = [estimate_departures(fit, customer, horizon=t, tenure=[0], strata=[stratum]) for t in (3, 7, 12, 16)]

    assert [one.std_error / (1 - one.value) for one in found] == pytest.approx(std_errors, abs=CONVERGED)
