import pickle

from retention_lab.errors import DataError, Fault


def test_an_error_tells_every_fault_with_what_is_allowed_and_what_to_do_next() -> None:
    error = DataError(
        [
            Fault(where="customers.csv", found="row 3 is odd", allowed="even rows", remedy="mend it"),
            Fault(where="client.yml", found="a key is missing"),
        ]
    )

    assert (
        str(error) == "customers.csv: row 3 is odd\n  Allowed: even rows\n  Next: mend it\nclient.yml: a key is missing"
    )


def test_an_error_comes_home_from_another_process_unharmed() -> None:
    error = DataError([Fault(where="a", found="b"), Fault(where="c", found="d", remedy="e")])

    home = pickle.loads(pickle.dumps(error))

    assert (type(home), str(home), home.faults) == (DataError, str(error), error.faults)
