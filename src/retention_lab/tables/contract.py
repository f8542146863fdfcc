"""The canonical tables: for each its columns, with type and meaning. The data dictionary is made from this list.

Nothing heavy is imported here, so that a client file can be checked against it at once.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "code", "day", "moment", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column. `codes` are the only values that a column of kind `code` may have.

    `by_place`: where the file has none, the place of a row stands in for it.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    codes: tuple[str, ...] = ()
    by_place: bool = False


CUSTOMERS = (
    Column(
        "customer_id",
        "id",
        "Who it is: one row for each customer. Without it each row is one, known by its place; nothing can be joined",
        required=True,
        by_place=True,
    ),
    Column("started_on", "day", "First day as a customer"),
    Column("ended_on", "day", "Last day as a customer; blank while still here"),
    Column("tenure", "number", "Time as a customer, in the table's unit; instead of started_on"),
    Column("churned", "flag", "Whether the customer has left; needed with tenure"),
    Column("observed_from", "day", "First day on which the export would have shown the customer (late entry)"),
    Column("entry_tenure", "number", "Time as a customer when first observed, in the table's unit (late entry)"),
    Column("end_reason", "text", "Why the customer left"),
    Column("segment", "text", "Customer segment"),
    Column("plan", "text", "Plan or tariff"),
    Column("channel", "text", "Channel that won the customer"),
    Column("region", "text", "Region"),
    Column("language", "text", "Language of the customer"),
    Column("monthly_value", "number", "Revenue or margin a month, as money.monthly_value_is says"),
    Column("acquisition_cost", "number", "What it cost to win the customer"),
    Column("name", "text", "Name; used to mask it in texts, never shown"),
)

TRANSACTIONS = (
    Column("customer_id", "id", "Whose purchase it is", required=True),
    Column("occurred_at", "moment", "When it was made", required=True),
    Column("amount", "number", "Amount in the client's currency; returns are negative", required=True),
    Column("transaction_id", "id", "Number of the purchase"),
    Column("channel", "text", "Where it was made"),
    Column("product", "text", "What was bought"),
)

LOYALTY = (
    Column("customer_id", "id", "Whose points they are", required=True),
    Column("occurred_at", "moment", "When they moved", required=True),
    Column("kind", "code", "Why they moved", required=True, codes=("earn", "redeem", "expire", "adjust")),
    Column("points", "number", "How many points moved", required=True),
    Column("value", "number", "What they are worth in the client's currency"),
)

ASSIGNMENTS = (
    Column("variant", "text", "What the customer was assigned to, whatever came of it", required=True),
    Column("experiment", "text", "Which experiment it is; needed where the file has several"),
    Column("customer_id", "id", "Who it is; without it each row is a customer, and nothing can be joined"),
    Column("assigned_on", "day", "First day of the experiment for the customer; without it no window can be over"),
    Column("cluster", "text", "Store, branch or household, where these were drawn and not customers"),
    Column("received", "text", "The variant that the customer really got, where that is recorded"),
    Column("stratum", "text", "Group within which the variants were drawn"),
)

FEEDBACK = (
    Column("received_at", "moment", "When it was given", required=True),
    Column("text", "text", "What was said, in the customer's own words", required=True),
    Column("feedback_id", "id", "Number of the comment; without it, it is known by its content"),
    Column("customer_id", "id", "Who said it"),
    Column("rating", "number", "The mark that was given with it"),
    Column("rating_scale", "text", "The lowest and the highest mark that can be given, as in 1-5"),
    Column("channel", "text", "Where it was given"),
    Column("language", "text", "Language of the comment"),
    Column("question", "text", "What had been asked"),
)

TICKETS = (
    Column("opened_at", "moment", "When it was opened", required=True),
    Column("ticket_id", "id", "Number of the ticket; without it, each row is one"),
    Column("customer_id", "id", "Who opened it"),
    Column("first_response_at", "moment", "When it was first answered; blank while it was not"),
    Column("resolved_at", "moment", "When it was resolved; blank while it is open"),
    Column("due_at", "moment", "Until when it was to be resolved"),
    Column("type", "text", "What it is about"),
    Column("priority", "text", "How urgent it is"),
    Column("channel", "text", "Where it was opened"),
    Column("satisfaction", "number", "The mark that the customer gave for how it was dealt with"),
    Column("reopened", "flag", "Whether it was opened again after it had been resolved"),
)

CONTACTS = (
    Column("campaign", "text", "Which campaign it belongs to", required=True),
    Column("customer_id", "id", "Who was contacted", required=True),
    Column("channel", "text", "How: e-mail, letter, call; may be a constant", required=True),
    Column("sent_at", "moment", "When it was sent", required=True),
    Column("delivered", "flag", "Whether it arrived"),
    Column("opened_at", "moment", "When it was opened; blank if it never was"),
    Column("responded_at", "moment", "When the customer answered or clicked; blank if never"),
    Column("converted_at", "moment", "When the customer did what it asked for; blank if never"),
    Column("value", "number", "What that was worth, in the client's currency"),
    Column("actions", "number", "How many actions the contact led to, such as clicks"),
)

REFERRALS = (
    Column("referrer_id", "id", "Who invited: a customer", required=True),
    Column("invited_at", "moment", "When", required=True),
    Column("referred_id", "id", "Who was invited; blank while not a customer"),
    Column("converted_at", "moment", "When the invited became a customer; blank if never"),
)

CONTRACT: dict[str, tuple[Column, ...]] = {
    "customers": CUSTOMERS,
    "transactions": TRANSACTIONS,
    "feedback": FEEDBACK,
    "assignments": ASSIGNMENTS,
    "tickets": TICKETS,
    "contacts": CONTACTS,
    "loyalty": LOYALTY,
    "referrals": REFERRALS,
}

KEYS = {
    "customers": "customer_id",
    "transactions": "transaction_id",
    "feedback": "feedback_id",
    "tickets": "ticket_id",
}
"""The column that tells one row of a table from another, where there is one."""

ONLY_KNOWN_CUSTOMERS = {
    "transactions": "customer_id",
    "contacts": "customer_id",
    "loyalty": "customer_id",
    "referrals": "referrer_id",
}
"""Tables in which a row of a customer who is not known is a fault, and the column that names the customer.

Who was assigned was assigned, known or not; and who complains or comments need not be a customer.
"""


def column_of(table: str, name: str) -> Column | None:
    """The canonical column of that name, or None."""
    return next((column for column in CONTRACT[table] if column.name == name), None)
