"""Files that look like well-known public ones: their headers, with values that a formula makes up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from retention_lab.tables.client_file import ReadOptions
from retention_lab.tables.guessing.guesses import Sample

N = 600
Right = str | tuple[str, ...] | None
"""The column that is right, or those of which each is; None among them where leaving it out is right too."""


@dataclass(frozen=True)
class Lookalike:
    """Made-up files, and for each what it is: its canonical table ("" for none) and its columns.

    `asked`: what may be wrong if it is marked unsure, since nothing in the files tells.
    """

    name: str
    files: dict[str, pd.DataFrame]
    tables: dict[str, str]
    right: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: ReadOptions = ReadOptions()
    churn: str = ""
    outcomes: frozenset[str] | None = None
    control: str | None = None


def samples_of(files: dict[str, pd.DataFrame], read: ReadOptions = ReadOptions()) -> list[Sample]:
    """Files as they are handed to the guessing: text, of which all rows were looked at."""
    return [
        Sample(
            source=name,
            files=(name,),
            read=read,
            rows=pa.Table.from_pandas(rows.astype(object).where(rows.notna(), "").astype(str), preserve_index=False),
            n_rows=len(rows),
            is_exact=True,
        )
        for name, rows in files.items()
    ]


class Draw:
    """Columns of made-up values."""

    def __init__(self, seed: int, n: int = N) -> None:
        self.rng, self.n = np.random.default_rng(seed), n

    def ids(self, first: int = 15_600_000, step: int = 7) -> np.ndarray:
        return first + step * self.rng.permutation(self.n)

    def pick(self, *values: object, p: list[float] | None = None) -> np.ndarray:
        return self.rng.choice(np.array(values, dtype=object), self.n, p=p)

    def whole(self, low: int, high: int) -> np.ndarray:
        return self.rng.integers(low, high + 1, self.n)

    def money(self, typical: float = 40.0) -> np.ndarray:
        return np.round(self.rng.lognormal(np.log(typical), 0.6, self.n), 2)

    def days(self, first: str = "2019-01-01", span: int = 900, written: str = "%Y-%m-%d") -> pd.Series:
        moments = pd.Timestamp(first) + pd.to_timedelta(self.rng.uniform(0, span, self.n), "D")
        return pd.Series(moments.strftime(written))

    def later(self, days: pd.Series, span: int, share: float = 1.0, written: str = "%Y-%m-%d", read: str = "") -> pd.Series:
        start = pd.to_datetime(days, format=read or None)
        after = (start + pd.to_timedelta(self.rng.uniform(0.1, span, self.n), "D")).dt.strftime(written)
        return after.where(self.rng.uniform(size=self.n) < share, "")

    def texts(self, language: str = "en", share: float = 1.0) -> np.ndarray:
        words = WORDS[language].split()
        made = [" ".join(self.rng.choice(words, self.rng.integers(6, 25))) + f" {i}." for i in range(self.n)]
        return np.where(self.rng.uniform(size=self.n) < share, made, "")

    def names(self) -> np.ndarray:
        heads, tails = ["Bel", "Mar", "Kos", "Zor", "Tam", "Rin", "Vel", "Dar"], ["ini", "ard", "ovic", "ez", "eau", "man", "ska", "ton"]
        return np.array([self.rng.choice(heads) + self.rng.choice(tails) + "aeiou"[i % 5] for i in range(self.n)])


WORDS = {
    "en": "the staff was very kind and it is not what I would have paid for with this price but the room is good",
    "it": "il servizio è molto lento e non sono contento che la linea cade per una settimana ma gli operatori sono gentili",
    "es": "el servicio es muy lento y no me gusta que la línea se corta por una semana pero los agentes son amables con todos",
    "fr": "le service est très lent et je ne suis pas content que la ligne coupe pour une semaine mais les agents sont aimables",
    "sl": "storitev je zelo počasna in nisem zadovoljen ker se linija prekine za en teden ampak so delavci prijazni tudi na telefonu",
}


def _bank_churn() -> Lookalike:
    d = Draw(1)
    rows = pd.DataFrame(
        {
            "RowNumber": np.arange(1, N + 1), "CustomerId": d.ids(), "Surname": d.names(), "CreditScore": d.whole(350, 850),
            "Geography": d.pick("France", "Spain", "Germany"), "Gender": d.pick("Female", "Male"), "Age": d.whole(18, 90),
            "Tenure": d.whole(0, 10), "Balance": d.money(90_000), "NumOfProducts": d.whole(1, 4),
            "HasCrCard": d.whole(0, 1), "IsActiveMember": d.whole(0, 1), "EstimatedSalary": d.money(80_000),
            "Exited": d.pick(0, 1, p=[0.8, 0.2]),
        }
    )  # fmt: skip
    right = {
        "customer_id": "CustomerId", "name": "Surname", "tenure": "Tenure", "churned": "Exited",
        "region": ("Geography", None),
    }  # fmt: skip
    return Lookalike("bank customers", {"Churn_Modelling.csv": rows}, {"Churn_Modelling.csv": "customers"}, {"Churn_Modelling.csv": right}, churn="contract")


def _card_churn() -> Lookalike:
    d = Draw(2)
    flag = d.pick("Existing Customer", "Attrited Customer", p=[0.84, 0.16])
    rows = pd.DataFrame(
        {
            "CLIENTNUM": d.ids(708_000_000, 131), "Attrition_Flag": flag, "Customer_Age": d.whole(26, 73),
            "Gender": d.pick("M", "F"), "Dependent_count": d.whole(0, 5), "Education_Level": d.pick("Graduate", "College"),
            "Marital_Status": d.pick("Married", "Single", "Unknown"), "Income_Category": d.pick("$60K - $80K", "$120K +"),
            "Card_Category": d.pick("Blue", "Silver", "Gold"), "Months_on_book": d.whole(13, 56),
            "Total_Relationship_Count": d.whole(1, 6), "Months_Inactive_12_mon": d.whole(0, 6),
            "Contacts_Count_12_mon": d.whole(0, 6), "Credit_Limit": d.money(8_000), "Total_Revolving_Bal": d.whole(0, 2500),
            "Avg_Open_To_Buy": d.money(7_000), "Total_Trans_Amt": d.whole(500, 18_000), "Total_Trans_Ct": d.whole(10, 130),
            "Avg_Utilization_Ratio": np.round(d.rng.uniform(0, 1, N), 3),
            "Naive_Bayes_Classifier_Attrition_Flag_1": np.where(flag == "Attrited Customer", 0.98, 0.01) + d.rng.uniform(0, 0.01, N),
        }
    )  # fmt: skip
    right = {"customer_id": "CLIENTNUM", "churned": "Attrition_Flag", "tenure": "Months_on_book", "segment": (None, "Card_Category"),
             "plan": (None, "Card_Category")}  # fmt: skip
    return Lookalike("card customers", {"BankChurners.csv": rows}, {"BankChurners.csv": "customers"}, {"BankChurners.csv": right}, churn="contract")


def _online_retail() -> Lookalike:
    d = Draw(3, 3_000)
    stock = d.whole(100, 160)
    prices = dict(zip(range(100, 161), np.round(d.rng.lognormal(1, 0.8, 61), 2), strict=True))
    invoices = 536_000 + np.sort(d.whole(0, 700))
    rows = pd.DataFrame(
        {
            "InvoiceNo": invoices, "StockCode": [f"{code}A" for code in stock],
            "Description": [f"CANDLE HOLDER NO {code}" for code in stock], "Quantity": d.pick(1, 2, 3, 6, 12, 24, -1),
            "InvoiceDate": np.sort(d.days("2010-12-01", 370, "%Y-%m-%d %H:%M:00")),
            "UnitPrice": [prices[code] for code in stock], "CustomerID": np.where(d.rng.uniform(size=d.n) < 0.75, 12_000 + invoices % 400, ""),
            "Country": d.pick("United Kingdom", "France", "EIRE"),
        }
    )  # fmt: skip
    right = {"customer_id": "CustomerID", "occurred_at": "InvoiceDate", "amount": ("Quantity * UnitPrice",),
             "product": ("StockCode", "Description"), "channel": (None,), "transaction_id": (None,)}  # fmt: skip
    return Lookalike("online retail", {"Online Retail.xlsx": rows}, {"Online Retail.xlsx": "transactions"}, {"Online Retail.xlsx": right}, churn="inactivity")


def _cdnow() -> Lookalike:
    d = Draw(4, 3_000)
    pieces = d.whole(1, 5)
    rows = pd.DataFrame(
        {
            "column 1": [f"{i:05d}" for i in np.sort(d.whole(1, 900))], "column 2": d.days("1997-01-01", 540, "%Y%m%d"),
            "column 3": pieces, "column 4": np.round(pieces * d.rng.uniform(9, 17, d.n), 2),
        }
    )  # fmt: skip
    right = {"customer_id": "column 1", "occurred_at": "column 2", "amount": "column 4"}
    return Lookalike("purchases without a header", {"CDNOW_master.txt": rows}, {"CDNOW_master.txt": "transactions"}, {"CDNOW_master.txt": right}, churn="inactivity")


def _superstore() -> Lookalike:
    d = Draw(5, 2_000)
    ordered = d.days("2014-01-01", 1400, "%m/%d/%Y")
    orders = np.sort(d.whole(100_000, 100_900))
    customers = orders % 250
    pieces = d.whole(1, 9)
    products = d.whole(0, 120)
    base = np.round(d.rng.lognormal(3, 1, 121), 2)
    rows = pd.DataFrame(
        {
            "Row ID": np.arange(1, d.n + 1), "Order ID": [f"CA-2016-{o}" for o in orders], "Order Date": ordered,
            "Ship Date": d.later(ordered, 7, 1.0, "%m/%d/%Y", "%m/%d/%Y"), "Ship Mode": d.pick("Standard Class", "First Class"),
            "Customer ID": [f"CG-{c:05d}" for c in customers], "Customer Name": [f"Person {'abcdefghij'[c % 10]} {'klmno'[c % 5]}" for c in customers],
            "Segment": d.pick("Consumer", "Corporate", "Home Office"), "Country": "United States", "City": d.pick("Houston", "Seattle", "Naperville"),
            "State": d.pick("Texas", "Ohio"), "Postal Code": d.whole(10_000, 99_999), "Region": d.pick("South", "West"),
            "Product ID": [f"OFF-{p:05d}" for p in products], "Category": d.pick("Furniture", "Technology"), "Sub-Category": d.pick("Chairs", "Phones", "Art"),
            "Product Name": [f"Chair model {p}" for p in products], "Sales": np.round(base[products] * pieces, 2), "Quantity": pieces,
            "Discount": d.pick(0, 0.2, 0.15), "Profit": d.money(10) - 8,
        }
    )  # fmt: skip
    right = {"customer_id": "Customer ID", "occurred_at": "Order Date", "amount": "Sales", "product": ("Product Name", "Product ID"), "transaction_id": (None,)}
    return Lookalike("superstore", {"Sample - Superstore.csv": rows}, {"Sample - Superstore.csv": "transactions"}, {"Sample - Superstore.csv": right}, churn="inactivity")


def _olist() -> Lookalike:
    d = Draw(6, 1_000)
    order_ids = [f"{i:032x}" for i in d.rng.integers(2**40, 2**60, d.n)]
    customer_ids = [f"c{i:031x}" for i in d.rng.integers(2**40, 2**60, d.n)]
    bought = d.days("2017-01-01", 600, "%Y-%m-%d %H:%M:%S")
    moment = "%Y-%m-%d %H:%M:%S"
    orders = pd.DataFrame(
        {
            "order_id": order_ids, "customer_id": customer_ids, "order_status": d.pick("delivered", "shipped", "canceled", p=[0.95, 0.03, 0.02]),
            "order_purchase_timestamp": bought, "order_approved_at": d.later(bought, 1, 0.99, moment),
            "order_delivered_carrier_date": d.later(bought, 5, 0.97, moment), "order_delivered_customer_date": d.later(bought, 20, 0.95, moment),
            "order_estimated_delivery_date": d.later(bought, 40, 1.0, "%Y-%m-%d 00:00:00"),
        }
    )  # fmt: skip
    customers = pd.DataFrame(
        {
            "customer_id": customer_ids, "customer_unique_id": [f"u{i:031x}" for i in d.whole(1, 940)], "customer_zip_code_prefix": d.whole(1_000, 99_000),
            "customer_city": d.pick("sao paulo", "rio de janeiro", "campinas"), "customer_state": d.pick("SP", "RJ", "MG"),
        }
    )  # fmt: skip
    items = pd.DataFrame(
        {
            "order_id": order_ids, "order_item_id": d.whole(1, 3), "product_id": [f"p{i:031x}" for i in d.whole(1, 200)],
            "seller_id": [f"s{i:031x}" for i in d.whole(1, 60)], "shipping_limit_date": d.later(bought, 9, 1.0, moment),
            "price": d.money(90), "freight_value": d.money(15),
        }
    )  # fmt: skip
    reviews = pd.DataFrame(
        {
            "review_id": [f"r{i:031x}" for i in np.append(np.arange(1, d.n), 1)], "order_id": order_ids, "review_score": d.whole(1, 5),
            "review_comment_title": np.where(d.rng.uniform(size=d.n) < 0.12, "recomendo", ""), "review_comment_message": d.texts("es", 0.41),
            "review_creation_date": d.later(bought, 30, 1.0, "%Y-%m-%d 00:00:00"), "review_answer_timestamp": d.later(bought, 45, 1.0, moment),
        }
    )  # fmt: skip
    payments = pd.DataFrame(
        {
            "order_id": order_ids, "payment_sequential": d.pick(1, 2, p=[0.96, 0.04]), "payment_type": d.pick("credit_card", "boleto"),
            "payment_installments": d.whole(1, 10), "payment_value": d.money(120),
        }
    )  # fmt: skip
    files = {f"olist_{name}_dataset.csv": rows for name, rows in (("orders", orders), ("customers", customers), ("order_items", items), ("order_reviews", reviews), ("order_payments", payments))}
    tables = {"olist_order_reviews_dataset.csv": "feedback", "olist_customers_dataset.csv": ("customers", ""), "olist_orders_dataset.csv": ("transactions", ""),
              "olist_order_items_dataset.csv": ("transactions", ""), "olist_order_payments_dataset.csv": ("transactions", "")}  # fmt: skip
    right = {
        "olist_order_reviews_dataset.csv": {"received_at": "review_creation_date", "text": "review_comment_message", "rating": "review_score", "customer_id": (None,), "feedback_id": (None,)},
        "olist_customers_dataset.csv": {"customer_id": "customer_unique_id", "region": ("customer_state", "customer_city", None)},
        "olist_orders_dataset.csv": {"customer_id": "customer_unique_id", "occurred_at": "order_purchase_timestamp", "amount": (None,), "transaction_id": ("order_id",)},
        "olist_order_items_dataset.csv": {"amount": "price", "product": "product_id", "transaction_id": ("order_id", None), "customer_id": (None,), "occurred_at": (None,)},
        "olist_order_payments_dataset.csv": {"amount": "payment_value", "transaction_id": ("order_id", None), "customer_id": (None,), "occurred_at": (None,), "channel": (None, "payment_type")},
    }  # fmt: skip
    return Lookalike("marketplace in five files", files, tables, right)


def _hillstrom() -> Lookalike:
    d = Draw(7, 3_000)
    rows = pd.DataFrame(
        {
            "recency": d.whole(1, 12), "history_segment": d.pick("1) $0 - $100", "2) $100 - $200", "3) $200 - $350"), "history": d.money(150),
            "mens": d.whole(0, 1), "womens": d.whole(0, 1), "zip_code": d.pick("Surburban", "Urban", "Rural"), "newbie": d.whole(0, 1),
            "channel": d.pick("Phone", "Web", "Multichannel"), "segment": d.pick("Mens E-Mail", "Womens E-Mail", "No E-Mail"),
            "visit": d.pick(0, 1, p=[0.85, 0.15]), "conversion": d.pick(0, 1, p=[0.99, 0.01]), "spend": np.where(d.rng.uniform(size=d.n) < 0.01, d.money(100), 0),
        }
    )  # fmt: skip
    name = "Kevin_Hillstrom_MineThatData_E-MailAnalytics.csv"
    return Lookalike("e-mail test", {name: rows}, {name: "assignments"}, {name: {"variant": "segment"}}, outcomes=frozenset({"visit", "conversion", "spend"}), control="No E-Mail")


def _criteo() -> Lookalike:
    d = Draw(8, 3_000)
    rows = pd.DataFrame({f"f{i}": np.round(d.rng.normal(10, 4, d.n), 6) for i in range(12)})
    rows = rows.assign(treatment=d.pick(1, 0, p=[0.85, 0.15]), conversion=d.pick(0, 1, p=[0.99, 0.01]), visit=d.pick(0, 1, p=[0.95, 0.05]), exposure=d.pick(0, 1, p=[0.97, 0.03]))
    name = "criteo-uplift-v2.1.csv"
    return Lookalike("uplift", {name: rows}, {name: "assignments"}, {name: {"variant": "treatment", "received": ("exposure", None)}}, outcomes=frozenset({"visit", "conversion"}), control="0")


def _marketing_ab() -> Lookalike:
    d = Draw(9, 3_000)
    rows = pd.DataFrame(
        {
            "Unnamed: 0": np.arange(d.n), "user id": d.ids(1_000_000), "test group": d.pick("ad", "psa", p=[0.96, 0.04]), "converted": d.pick("False", "True", p=[0.975, 0.025]),
            "total ads": d.whole(1, 300), "most ads day": d.pick("Monday", "Friday"), "most ads hour": d.whole(0, 23),
        }
    )  # fmt: skip
    return Lookalike("advertising test", {"marketing_AB.csv": rows}, {"marketing_AB.csv": "assignments"}, {"marketing_AB.csv": {"customer_id": "user id", "variant": "test group"}}, outcomes=frozenset({"converted"}), control="psa")


def _kkbox() -> Lookalike:
    d = Draw(10, 1_500)
    ids = np.array([f"{i:x}+Q/k=" for i in d.rng.integers(2**44, 2**60, 500)])
    members = pd.DataFrame(
        {
            "msno": ids, "city": np.resize([1, 4, 13, 22], 500), "bd": np.resize([0, 24, 31, 45], 500), "gender": np.resize(["male", "female", ""], 500),
            "registered_via": np.resize([3, 4, 7, 9], 500), "registration_init_time": Draw(11, 500).days("2011-01-01", 2000, "%Y%m%d"),
        }
    )  # fmt: skip
    paid = d.pick(99, 129, 149, 180, 0)
    transactions = pd.DataFrame(
        {
            "msno": d.rng.choice(ids, d.n), "payment_method_id": d.whole(30, 41), "payment_plan_days": d.pick(30, 7, 90), "plan_list_price": d.pick(99, 129, 149, 180),
            "actual_amount_paid": paid, "is_auto_renew": d.whole(0, 1), "transaction_date": d.days("2015-01-01", 800, "%Y%m%d"),
            "membership_expire_date": d.days("2015-02-01", 830, "%Y%m%d"), "is_cancel": d.pick(0, 1, p=[0.96, 0.04]),
        }
    )  # fmt: skip
    train = pd.DataFrame({"msno": ids[:400], "is_churn": np.resize([0, 0, 0, 1], 400)})
    files = {"members_v3.csv": members, "transactions_v2.csv": transactions, "train_v2.csv": train}
    right = {
        "members_v3.csv": {"customer_id": "msno", "started_on": "registration_init_time", "region": ("city", None), "channel": ("registered_via", None)},
        "transactions_v2.csv": {"customer_id": "msno", "occurred_at": "transaction_date", "amount": "actual_amount_paid", "transaction_id": (None,)},
        "train_v2.csv": {"customer_id": "msno", "churned": "is_churn"},
    }  # fmt: skip
    tables = {"members_v3.csv": ("customers", ""), "transactions_v2.csv": "transactions", "train_v2.csv": ("customers", "")}
    return Lookalike("music subscriptions", files, tables, right)


def _iran() -> Lookalike:
    d = Draw(12)
    rows = pd.DataFrame(
        {
            "Call  Failure": d.whole(0, 36), "Complains": d.pick(0, 1, p=[0.92, 0.08]), "Subscription  Length": d.whole(3, 47), "Charge  Amount": d.whole(0, 10),
            "Seconds of Use": d.whole(0, 17_000), "Frequency of use": d.whole(0, 250), "Frequency of SMS": d.whole(0, 500), "Distinct Called Numbers": d.whole(0, 97),
            "Age Group": d.whole(1, 5), "Tariff Plan": d.whole(1, 2), "Status": d.whole(1, 2), "Age": d.pick(15, 25, 30, 45, 55), "Customer Value": d.money(400), "Churn": d.pick(0, 1, p=[0.84, 0.16]),
        }
    )  # fmt: skip
    right = {"customer_id": (None,), "tenure": "Subscription  Length", "churned": "Churn", "plan": ("Tariff Plan", None), "monthly_value": (None,), "segment": (None, "Age Group")}
    return Lookalike("telecom without ids", {"Customer Churn.csv": rows}, {"Customer Churn.csv": "customers"}, {"Customer Churn.csv": right})


def _shop_churn() -> Lookalike:
    d = Draw(13)
    rows = pd.DataFrame(
        {
            "CustomerID": np.arange(50_001, 50_001 + N), "Churn": d.pick(0, 1, p=[0.83, 0.17]), "Tenure": np.where(d.rng.uniform(size=N) < 0.95, d.whole(0, 61), np.nan),
            "PreferredLoginDevice": d.pick("Mobile Phone", "Computer"), "CityTier": d.whole(1, 3), "WarehouseToHome": d.whole(5, 36), "PreferredPaymentMode": d.pick("UPI", "COD", "Debit Card"),
            "Gender": d.pick("Male", "Female"), "HourSpendOnApp": d.whole(0, 5), "NumberOfDeviceRegistered": d.whole(1, 6), "PreferedOrderCat": d.pick("Mobile", "Grocery", "Fashion"),
            "SatisfactionScore": d.whole(1, 5), "MaritalStatus": d.pick("Single", "Married"), "NumberOfAddress": d.whole(1, 11), "Complain": d.whole(0, 1),
            "OrderAmountHikeFromlastYear": d.whole(11, 26), "CouponUsed": d.whole(0, 16), "OrderCount": d.whole(1, 16), "DaySinceLastOrder": d.whole(0, 31), "CashbackAmount": d.money(170),
        }
    )  # fmt: skip
    right = {"customer_id": "CustomerID", "churned": "Churn", "tenure": "Tenure", "segment": (None, "CityTier"), "region": (None,)}
    return Lookalike("shop customers", {"E Commerce Dataset.xlsx": rows}, {"E Commerce Dataset.xlsx": "customers"}, {"E Commerce Dataset.xlsx": right}, churn="contract")


def _employees() -> Lookalike:
    d = Draw(14)
    total = d.whole(0, 40)
    rows = pd.DataFrame(
        {
            "Age": d.whole(18, 60), "Attrition": d.pick("Yes", "No", p=[0.16, 0.84]), "BusinessTravel": d.pick("Travel_Rarely", "Non-Travel"), "DailyRate": d.whole(102, 1499),
            "Department": d.pick("Sales", "Research & Development"), "DistanceFromHome": d.whole(1, 29), "Education": d.whole(1, 5), "EmployeeCount": 1,
            "EmployeeNumber": np.sort(d.ids(1, 3)), "Gender": d.pick("Male", "Female"), "HourlyRate": d.whole(30, 100), "JobLevel": d.whole(1, 5), "JobRole": d.pick("Manager", "Sales Executive"),
            "JobSatisfaction": d.whole(1, 4), "MaritalStatus": d.pick("Single", "Married"), "MonthlyIncome": d.whole(1_000, 20_000), "MonthlyRate": d.whole(2_000, 27_000),
            "NumCompaniesWorked": d.whole(0, 9), "Over18": "Y", "OverTime": d.pick("Yes", "No"), "PercentSalaryHike": d.whole(11, 25), "StandardHours": 80, "TotalWorkingYears": total,
            "TrainingTimesLastYear": d.whole(0, 6), "YearsAtCompany": total // 2, "YearsInCurrentRole": total // 3, "YearsSinceLastPromotion": total // 4, "YearsWithCurrManager": total // 3,
        }
    )  # fmt: skip
    right = {"customer_id": "EmployeeNumber", "churned": "Attrition", "tenure": "YearsAtCompany", "monthly_value": (None,), "segment": (None, "Department")}
    name = "WA_Fn-UseC_-HR-Employee-Attrition.csv"
    return Lookalike("employees", {name: rows}, {name: "customers"}, {name: right}, churn="contract")


def _bank_calls() -> Lookalike:
    d = Draw(15)
    rows = pd.DataFrame(
        {
            "age": d.whole(18, 90), "job": d.pick("admin.", "technician", "services"), "marital": d.pick("married", "single"), "education": d.pick("primary", "tertiary", "unknown"),
            "default": d.pick("no", "yes"), "balance": d.whole(-500, 9000), "housing": d.pick("no", "yes"), "loan": d.pick("no", "yes"), "contact": d.pick("cellular", "unknown", "telephone"),
            "day": d.whole(1, 31), "month": d.pick("may", "jul", "aug"), "duration": d.whole(4, 3000), "campaign": d.whole(1, 20), "pdays": d.pick(-1, 92, 182), "previous": d.whole(0, 7),
            "poutcome": d.pick("unknown", "failure", "success"), "y": d.pick("no", "yes", p=[0.88, 0.12]),
        }
    )  # fmt: skip
    return Lookalike("bank calls", {"bank-full.csv": rows}, {"bank-full.csv": ""})


def _clothing_reviews() -> Lookalike:
    d = Draw(16)
    rows = pd.DataFrame(
        {
            "Unnamed: 0": np.arange(N), "Clothing ID": d.whole(700, 1200), "Age": d.whole(18, 90), "Title": d.pick("Great dress", "Not for me", "Love it"), "Review Text": d.texts(),
            "Rating": d.whole(1, 5), "Recommended IND": d.whole(0, 1), "Positive Feedback Count": d.whole(0, 40), "Division Name": d.pick("General", "Petites"),
            "Department Name": d.pick("Dresses", "Tops"), "Class Name": d.pick("Dresses", "Knits"),
        }
    )  # fmt: skip
    right = {"text": "Review Text", "rating": "Rating", "received_at": (None,), "customer_id": (None,), "feedback_id": (None,)}
    name = "Womens Clothing E-Commerce Reviews.csv"
    return Lookalike("clothing reviews", {name: rows}, {name: "feedback"}, {name: right})


def _tweets() -> Lookalike:
    d = Draw(17)
    rows = pd.DataFrame(
        {
            "tweet_id": d.pick("5.70306E+17", "5.70301E+17"), "airline_sentiment": d.pick("negative", "neutral", "positive"), "airline_sentiment_confidence": d.pick(1.0, 0.6837, 0.3486),
            "negativereason": d.pick("Late Flight", "Customer Service Issue", ""), "negativereason_confidence": d.pick(1.0, 0.7, ""), "airline": d.pick("United", "Delta"),
            "airline_sentiment_gold": "", "name": d.names(), "negativereason_gold": "", "retweet_count": d.pick(0, 1), "text": d.texts(), "tweet_coord": "",
            "tweet_created": d.days("2015-02-16", 8, "%Y-%m-%d %H:%M:%S -0800"), "tweet_location": d.pick("NYC", "Boston", ""), "user_timezone": d.pick("Eastern Time (US & Canada)", ""),
        }
    )  # fmt: skip
    right = {"text": "text", "received_at": "tweet_created", "feedback_id": (None,), "customer_id": (None, "name"), "rating": (None,), "channel": (None,), "language": (None,)}
    return Lookalike("airline tweets", {"Tweets.csv": rows}, {"Tweets.csv": "feedback"}, {"Tweets.csv": right})


def _json_reviews() -> Lookalike:
    d = Draw(18)
    seconds = d.whole(1_200_000_000, 1_400_000_000)
    rows = pd.DataFrame(
        {
            "reviewerID": [f"A{i:012d}Q" for i in d.whole(1, 300)], "asin": [f"B{i:09d}" for i in d.whole(1, 90)], "reviewerName": d.names(), "helpful": "[0, 0]", "reviewText": d.texts(),
            "overall": d.pick("5.0", "4.0", "3.0", "2.0", "1.0"), "summary": d.pick("Good", "Works as expected"), "unixReviewTime": seconds,
            "reviewTime": pd.to_datetime(seconds, unit="s").strftime("%m %d, %Y"),
        }
    )  # fmt: skip
    right = {"customer_id": "reviewerID", "received_at": "unixReviewTime", "text": "reviewText", "rating": "overall", "feedback_id": (None,)}
    return Lookalike("reviews as JSON lines", {"Musical_Instruments_5.json": rows}, {"Musical_Instruments_5.json": "feedback"}, {"Musical_Instruments_5.json": right})


def _city_requests() -> Lookalike:
    d = Draw(19)
    clock = "%m/%d/%Y %I:%M:%S %p"
    created = d.days("2020-01-01", 300, clock)
    rows = pd.DataFrame(
        {
            "Unique Key": d.ids(45_000_000, 3), "Created Date": created, "Closed Date": d.later(created, 20, 0.9, clock, clock), "Agency": d.pick("NYPD", "HPD"),
            "Agency Name": d.pick("New York City Police Department", "Housing"), "Complaint Type": d.pick("Noise - Residential", "HEAT/HOT WATER", "Illegal Parking"),
            "Descriptor": d.pick("Loud Music/Party", "ENTIRE BUILDING"), "Location Type": d.pick("Street/Sidewalk", "Store"), "Incident Zip": d.whole(10_001, 11_697),
            "City": d.pick("BROOKLYN", "BRONX"), "Status": d.pick("Closed", "Open"), "Due Date": d.later(created, 9, 0.6, clock, clock),
            "Resolution Description": d.pick("The Police Department responded to the complaint and took action to fix the condition."),
            "Resolution Action Updated Date": d.later(created, 30, 0.95, clock, clock), "Borough": d.pick("BROOKLYN", "BRONX"),
            "Open Data Channel Type": d.pick("PHONE", "ONLINE", "MOBILE"), "Latitude": d.rng.uniform(40, 41, N), "Longitude": d.rng.uniform(-74, -73, N),
        }
    )  # fmt: skip
    right = {"ticket_id": "Unique Key", "opened_at": "Created Date", "resolved_at": "Closed Date", "due_at": "Due Date", "type": ("Complaint Type", "Descriptor"),
             "channel": ("Open Data Channel Type", None), "customer_id": (None,), "first_response_at": (None,)}  # fmt: skip
    name = "311_Service_Requests.csv"
    return Lookalike("requests to a city", {name: rows}, {name: "tickets"}, {name: right})


def _helpdesk() -> Lookalike:
    d = Draw(20)
    opened = d.days("2023-01-01", 300, "%Y-%m-%d %H:%M")
    rows = pd.DataFrame(
        {
            "ticket_id": [f"T-{i}" for i in d.ids(1_000, 1)], "requester_id": d.whole(1, 250), "created_at": opened, "first_response_at": d.later(opened, 1, 0.95, "%Y-%m-%d %H:%M"),
            "solved_at": d.later(opened, 6, 0.9, "%Y-%m-%d %H:%M"), "sla_due": d.later(opened, 3, 1.0, "%Y-%m-%d %H:%M"), "priority": d.pick("low", "normal", "high"),
            "category": d.pick("billing", "technical"), "channel": d.pick("email", "phone", "chat"), "csat": np.where(d.rng.uniform(size=N) < 0.4, d.whole(1, 5), np.nan), "reopened": d.pick(0, 1, p=[0.9, 0.1]),
            "handle_minutes": d.whole(3, 200), "agent_id": d.whole(1, 12),
        }
    )  # fmt: skip
    right = {"ticket_id": "ticket_id", "customer_id": ("requester_id", None), "opened_at": "created_at", "first_response_at": "first_response_at", "resolved_at": "solved_at", "due_at": "sla_due",
             "priority": "priority", "type": "category", "channel": "channel", "satisfaction": ("csat", None), "reopened": "reopened"}  # fmt: skip
    return Lookalike("helpdesk", {"helpdesk_export.csv": rows}, {"helpdesk_export.csv": "tickets"}, {"helpdesk_export.csv": right})


def _support_tickets() -> Lookalike:
    d = Draw(21)
    answered = d.days("2023-06-01", 2, "%Y-%m-%d %H:%M:%S")
    rows = pd.DataFrame(
        {
            "Ticket ID": np.arange(1, N + 1), "Customer Name": d.names(), "Customer Email": [f"u{i}@example.com" for i in range(N)], "Customer Age": d.whole(18, 70), "Customer Gender": d.pick("Male", "Female", "Other"),
            "Product Purchased": d.pick("GoPro Hero", "LG Smart TV", "Dell XPS"), "Date of Purchase": d.days("2020-01-01", 700), "Ticket Type": d.pick("Technical issue", "Billing inquiry"),
            "Ticket Subject": d.pick("Product setup", "Battery life"), "Ticket Description": d.texts(), "Ticket Status": d.pick("Open", "Closed", "Pending Customer Response"), "Resolution": np.where(d.rng.uniform(size=N) < 0.3, "Case maybe show", ""),
            "Ticket Priority": d.pick("Low", "Critical"), "Ticket Channel": d.pick("Email", "Chat"), "First Response Time": answered, "Time to Resolution": d.later(answered, 1, 0.4, "%Y-%m-%d %H:%M:%S"),
            "Customer Satisfaction Rating": np.where(d.rng.uniform(size=N) < 0.3, d.whole(1, 5), np.nan),
        }
    )  # fmt: skip
    right = {"ticket_id": ("Ticket ID", None), "opened_at": (None,), "customer_id": (None, "Customer Email"), "first_response_at": "First Response Time", "resolved_at": "Time to Resolution", "type": ("Ticket Type", "Ticket Subject"),
             "priority": "Ticket Priority", "channel": "Ticket Channel", "satisfaction": "Customer Satisfaction Rating"}  # fmt: skip
    name = "customer_support_tickets.csv"
    return Lookalike("support tickets without an opening", {name: rows}, {name: "tickets"}, {name: right})


def _points() -> Lookalike:
    d = Draw(22, 1_200)
    rows = pd.DataFrame(
        {
            "member_id": d.whole(1_000, 1_300), "transaction_date": d.days(), "transaction_type": d.pick("earn", "redeem", "expire", "bonus", p=[0.6, 0.25, 0.1, 0.05]), "points": d.whole(5, 900),
            "points_balance": d.whole(0, 9_000), "value_eur": d.money(5), "store": d.pick("North", "South"),
        }
    )  # fmt: skip
    right = {"customer_id": "member_id", "occurred_at": "transaction_date", "kind": "transaction_type", "points": "points", "value": ("value_eur", None)}
    return Lookalike("points ledger", {"points_ledger.csv": rows}, {"points_ledger.csv": "loyalty"}, {"points_ledger.csv": right})


def _referral_list() -> Lookalike:
    d = Draw(23)
    invited = d.days()
    joined = d.later(invited, 40, 0.4)
    rows = pd.DataFrame(
        {"referral_code": [f"R{i}" for i in range(N)], "referrer_customer_id": d.whole(1, 200), "invite_date": invited, "referee_id": np.where(joined != "", 5_000 + np.arange(N), ""), "converted_on": joined, "reward": d.pick(5, 10)}
    )  # fmt: skip
    right = {"referrer_id": "referrer_customer_id", "invited_at": "invite_date", "referred_id": "referee_id", "converted_at": "converted_on"}
    return Lookalike("referrals", {"referrals_2024.csv": rows}, {"referrals_2024.csv": "referrals"}, {"referrals_2024.csv": right})


def _sends() -> Lookalike:
    d = Draw(24, 1_200)
    sent = d.days(written="%Y-%m-%d %H:%M")
    opened = d.later(sent, 3, 0.35, "%Y-%m-%d %H:%M")
    rows = pd.DataFrame(
        {
            "campaign_name": d.pick("Spring offer", "Winter back", "Newsletter 12"), "recipient_customer_id": d.whole(1, 500), "channel": d.pick("email", "sms"), "sent_at": sent, "delivered": d.pick("Y", "N", p=[0.97, 0.03]),
            "opened_at": opened, "clicked_at": d.later(sent, 3, 0.1, "%Y-%m-%d %H:%M"), "converted_at": d.later(sent, 9, 0.03, "%Y-%m-%d %H:%M"), "revenue": np.where(d.rng.uniform(size=d.n) < 0.03, d.money(), 0), "clicks": d.whole(0, 4),
        }
    )  # fmt: skip
    right = {"campaign": "campaign_name", "customer_id": "recipient_customer_id", "channel": "channel", "sent_at": "sent_at", "delivered": "delivered", "opened_at": "opened_at", "responded_at": "clicked_at",
             "converted_at": "converted_at", "value": "revenue", "actions": "clicks"}  # fmt: skip
    return Lookalike("campaign sends", {"email_sends.csv": rows}, {"email_sends.csv": "contacts"}, {"email_sends.csv": right})


def _status_churn() -> Lookalike:
    d = Draw(25)
    tenure = d.whole(1, 72)
    status = d.pick("Stayed", "Churned", "Joined", p=[0.67, 0.26, 0.07])
    rows = pd.DataFrame(
        {
            "Customer ID": [f"{i:04d}-XQZRT" for i in range(N)], "Gender": d.pick("Male", "Female"), "Age": d.whole(19, 80), "Married": d.pick("Yes", "No"), "Number of Dependents": d.whole(0, 5), "City": d.pick("Los Angeles", "San Diego"),
            "Zip Code": d.whole(90_001, 96_161), "Latitude": d.rng.uniform(32, 42, N), "Longitude": d.rng.uniform(-124, -114, N), "Number of Referrals": d.whole(0, 11), "Tenure in Months": tenure, "Offer": d.pick("None", "Offer A", "Offer E"),
            "Phone Service": d.pick("Yes", "No"), "Contract": d.pick("Month-to-Month", "One Year", "Two Year"), "Payment Method": d.pick("Bank Withdrawal", "Credit Card"), "Monthly Charge": d.money(65), "Total Charges": d.money(65) * tenure,
            "Total Refunds": d.money(5), "Total Long Distance Charges": d.money(20) * tenure, "Total Revenue": d.money(90) * tenure, "Customer Status": status,
            "Churn Category": np.where(status == "Churned", d.pick("Competitor", "Attitude"), ""), "Churn Reason": np.where(status == "Churned", d.pick("Competitor made better offer", "Moved", "Attitude of support person"), ""),
        }
    )  # fmt: skip
    right = {"customer_id": "Customer ID", "tenure": "Tenure in Months", "churned": "Customer Status", "end_reason": ("Churn Reason", "Churn Category"), "monthly_value": "Monthly Charge", "region": ("City", None), "plan": (None,), "segment": (None,)}
    return Lookalike("a status of three", {"telecom_customer_churn.csv": rows}, {"telecom_customer_churn.csv": "customers"}, {"telecom_customer_churn.csv": right}, churn="contract")


def _score_churn() -> Lookalike:
    d = Draw(26)
    gone = d.pick("Yes", "No", p=[0.27, 0.73])
    rows = pd.DataFrame(
        {
            "CustomerID": [f"{i:04d}-VHVEG" for i in range(N)], "Count": 1, "Country": "United States", "State": "California", "City": d.pick("Los Angeles", "Fresno"), "Zip Code": d.whole(90_001, 96_161), "Lat Long": d.pick("33.96, -118.27", "34.05, -118.26"),
            "Gender": d.pick("Male", "Female"), "Senior Citizen": d.pick("Yes", "No"), "Partner": d.pick("Yes", "No"), "Tenure Months": d.whole(0, 72), "Contract": d.pick("Month-to-month", "Two year"), "Monthly Charges": d.money(65), "Total Charges": d.money(2_000),
            "Churn Label": gone, "Churn Value": (gone == "Yes").astype(int), "Churn Score": np.where(gone == "Yes", d.whole(65, 100), d.whole(5, 80)), "CLTV": d.whole(2_000, 6_500), "Churn Reason": np.where(gone == "Yes", d.pick("Moved", "Price too high"), ""),
        }
    )  # fmt: skip
    right = {"customer_id": "CustomerID", "tenure": "Tenure Months", "churned": ("Churn Label", "Churn Value"), "end_reason": "Churn Reason", "monthly_value": "Monthly Charges", "region": ("City", "State", None)}
    return Lookalike("a score beside the event", {"Telco_customer_churn.xlsx": rows}, {"Telco_customer_churn.xlsx": "customers"}, {"Telco_customer_churn.xlsx": right}, churn="contract")


def _phone_churn() -> Lookalike:
    d = Draw(27)
    rows = pd.DataFrame(
        {
            "state": d.pick("KS", "OH", "NJ"), "account length": d.whole(1, 243), "area code": d.pick(415, 408, 510), "phone number": [f"{382 + i % 50}-{4000 + i}" for i in range(N)], "international plan": d.pick("no", "yes"), "voice mail plan": d.pick("no", "yes"),
            "number vmail messages": d.whole(0, 50), "total day minutes": d.money(180), "total day calls": d.whole(0, 165), "total day charge": d.money(30), "total intl charge": d.money(3), "customer service calls": d.whole(0, 9), "churn": d.pick("False", "True", p=[0.86, 0.14]),
        }
    )  # fmt: skip
    right = {"customer_id": ("phone number", None), "tenure": "account length", "churned": "churn", "region": ("state", None), "plan": (None,), "monthly_value": (None,)}
    return Lookalike("telecom by phone number", {"churn-bigml.csv": rows}, {"churn-bigml.csv": "customers"}, {"churn-bigml.csv": right}, churn="contract")


def _landing_pages() -> Lookalike:
    d = Draw(28, 2_000)
    group = d.pick("control", "treatment")
    rows = pd.DataFrame({"user_id": d.ids(630_000), "timestamp": d.days("2017-01-02", 22, "%Y-%m-%d %H:%M:%S"), "group": group, "landing_page": np.where(group == "control", "old_page", "new_page"), "converted": d.pick(0, 1, p=[0.88, 0.12])})
    right = {"customer_id": "user_id", "assigned_on": "timestamp", "variant": ("group", "landing_page"), "received": ("landing_page", None)}
    return Lookalike("landing pages", {"ab_data.csv": rows}, {"ab_data.csv": "assignments"}, {"ab_data.csv": right}, outcomes=frozenset({"converted"}), control="control")


def _retail_sales() -> Lookalike:
    d = Draw(29, 1_000)
    pieces, price = d.whole(1, 4), d.pick(25, 30, 50, 300, 500)
    rows = pd.DataFrame(
        {
            "Transaction ID": np.arange(1, d.n + 1), "Date": d.days("2023-01-01", 364), "Customer ID": [f"CUST{i:03d}" for i in d.whole(1, 400)], "Gender": d.pick("Male", "Female"), "Age": d.whole(18, 64), "Product Category": d.pick("Beauty", "Clothing", "Electronics"),
            "Quantity": pieces, "Price per Unit": price, "Total Amount": pieces * price.astype(int),
        }
    )  # fmt: skip
    right = {"customer_id": "Customer ID", "occurred_at": "Date", "amount": "Total Amount", "transaction_id": ("Transaction ID", None), "product": "Product Category"}
    return Lookalike("retail sales", {"retail_sales_dataset.csv": rows}, {"retail_sales_dataset.csv": "transactions"}, {"retail_sales_dataset.csv": right}, churn="inactivity")


def _software() -> Lookalike:
    d = Draw(30)
    started = d.days("2022-01-01", 700)
    ended = d.later(started, 300, 0.3)
    accounts = [f"A-{i:05x}" for i in d.ids(40_000, 13)]
    subscriptions = pd.DataFrame(
        {
            "subscription_id": [f"S-{i:05x}" for i in range(N)], "account_id": accounts, "start_date": started, "end_date": ended, "plan_tier": d.pick("Basic", "Pro", "Enterprise"), "seats": d.whole(1, 90), "mrr_amount": d.money(900), "arr_amount": d.money(900) * 12,
            "is_trial": d.pick("False", "True"), "churn_flag": np.where(ended != "", "True", "False"), "billing_frequency": d.pick("monthly", "annual"), "auto_renew_flag": d.pick("True", "False"),
        }
    )  # fmt: skip
    submitted = d.days("2023-01-01", 400, "%Y-%m-%d %H:%M:%S")
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"T-{i:06x}" for i in range(N)], "account_id": d.rng.choice(accounts, N), "submitted_at": submitted, "closed_at": d.later(submitted, 3, 0.95, "%Y-%m-%d %H:%M:%S"), "resolution_time_hours": d.whole(1, 72), "priority": d.pick("low", "urgent"),
            "first_response_time_minutes": d.whole(1, 180), "satisfaction_score": np.where(d.rng.uniform(size=N) < 0.5, d.whole(3, 5), np.nan), "escalation_flag": d.pick("False", "True"),
        }
    )  # fmt: skip
    right = {
        "subscriptions.csv": {"customer_id": ("account_id", "subscription_id"), "started_on": "start_date", "ended_on": "end_date", "plan": ("plan_tier", None), "segment": ("plan_tier", None), "monthly_value": "mrr_amount", "churned": ("churn_flag", None)},
        "support_tickets.csv": {"ticket_id": "ticket_id", "customer_id": "account_id", "opened_at": "submitted_at", "resolved_at": "closed_at", "priority": "priority", "satisfaction": "satisfaction_score", "first_response_at": (None,)},
    }  # fmt: skip
    return Lookalike("software subscriptions", {"subscriptions.csv": subscriptions, "support_tickets.csv": tickets}, {"subscriptions.csv": "customers", "support_tickets.csv": "tickets"}, right, churn="contract")


def _in_language(name: str, language: str, seed: int, header: dict[str, str], gone: tuple[str, str], feedback: dict[str, str]) -> Lookalike:
    """A telecom's customers, and its comments, with headers of one language."""
    d = Draw(seed)
    started = d.days("2018-01-01", 1500, "%d.%m.%Y")
    values: dict[str, Callable[[], Any]] = {
        "customer_id": lambda: d.ids(10_000, 3),
        "name": d.names,
        "birth": lambda: d.days("1950-01-01", 18_000, "%d.%m.%Y"),
        "started_on": lambda: started,
        "ended_on": lambda: d.later(started, 900, 0.3, "%d.%m.%Y", "%d.%m.%Y"),
        "updated": lambda: d.days("2022-05-01", 200, "%d.%m.%Y"),
        "end_reason": lambda: d.pick("A1", "B2", "", p=[0.15, 0.15, 0.7]),
        "region": lambda: d.pick("Nord", "Sud", "Est"),
        "monthly_value": lambda: d.money(35),
        "total": lambda: d.money(900),
        "flag": lambda: d.pick(*gone),
    }
    customers = pd.DataFrame({column: values[key]() for key, column in header.items()})
    said: dict[str, Callable[[], Any]] = {
        "received_at": lambda: d.days("2022-01-01", 300, "%d.%m.%Y"),
        "customer_id": lambda: d.rng.choice(customers[header["customer_id"]], N),
        "text": lambda: d.texts(language),
        "rating": lambda: d.whole(1, 5),
    }
    comments = pd.DataFrame({column: said[key]() for key, column in feedback.items()})
    known = {key: column for key, column in header.items() if key not in ("birth", "updated", "total", "flag")}
    customer_file, feedback_file = name.split("+")
    return Lookalike(
        f"in {language}",
        {customer_file: customers, feedback_file: comments},
        {customer_file: "customers", feedback_file: "feedback"},
        {customer_file: {"churned": (None, header.get("flag", "")), **known}, feedback_file: feedback},
        churn="contract",
        read=ReadOptions(dates="dmy"),
    )


def _languages() -> list[Lookalike]:
    return [
        _in_language("clienti.csv+recensioni.csv", "it", 40, {"customer_id": "codice_cliente", "name": "cognome", "birth": "data_nascita", "started_on": "data_attivazione", "ended_on": "data_cessazione", "updated": "data_aggiornamento",
            "end_reason": "motivo_disdetta", "region": "regione", "monthly_value": "canone_mensile", "total": "importo_totale"}, ("sì", "no"), {"received_at": "data", "customer_id": "id_cliente", "text": "commento", "rating": "valutazione"}),
        _in_language("clientes.csv+encuesta.csv", "es", 41, {"customer_id": "id_cliente", "name": "apellidos", "birth": "fecha_nacimiento", "started_on": "fecha_alta", "ended_on": "fecha_baja", "updated": "fecha_modificacion",
            "end_reason": "motivo_baja", "region": "región", "monthly_value": "cuota_mensual", "total": "importe_total"}, ("sí", "no"), {"received_at": "fecha", "customer_id": "id_cliente", "text": "comentario", "rating": "puntuación"}),
        _in_language("clients.csv+avis.csv", "fr", 42, {"customer_id": "numéro_client", "name": "nom", "birth": "date_naissance", "started_on": "date_souscription", "ended_on": "date_résiliation", "updated": "date_mise_à_jour",
            "end_reason": "motif_résiliation", "region": "région", "monthly_value": "montant_mensuel", "total": "montant_total"}, ("oui", "non"), {"received_at": "date_avis", "customer_id": "numéro_client", "text": "commentaire", "rating": "note"}),
        _in_language("stranke.csv+mnenja.csv", "sl", 43, {"customer_id": "šifra_stranke", "name": "priimek", "birth": "datum_rojstva", "started_on": "datum_začetka", "ended_on": "datum_prekinitve", "updated": "datum_spremembe",
            "end_reason": "razlog_odhoda", "region": "regija", "monthly_value": "mesečni_znesek", "total": "skupni_znesek"}, ("da", "ne"), {"received_at": "datum", "customer_id": "stranka", "text": "opomba", "rating": "ocena"}),
        _in_language("customers.csv+survey.csv", "en", 44, {"customer_id": "KundenNr", "name": "last_name", "birth": "birth_date", "started_on": "contract_start", "ended_on": "contract_end", "updated": "last_login",
            "end_reason": "cancellation_reason", "region": "region", "monthly_value": "monthly_fee", "total": "total_paid"}, ("yes", "no"), {"received_at": "submitted_on", "customer_id": "KundenNr", "text": "answer_text", "rating": "nps"}),
    ]  # fmt: skip


def _purchases_in_languages() -> list[Lookalike]:
    made = []
    for seed, (language, name, header) in enumerate(
        (
            ("it", "vendite.csv", ("codice_cliente", "data_acquisto", "importo", "numero_scontrino", "prodotto")),
            ("es", "ventas.csv", ("cliente", "fecha_compra", "importe", "num_factura", "producto")),
            ("fr", "ventes.csv", ("id_client", "date_achat", "montant", "numero_facture", "produit")),
            ("sl", "nakupi.csv", ("stranka", "datum_nakupa", "znesek", "stevilka_racuna", "izdelek")),
        )
    ):
        d = Draw(50 + seed, 1_000)
        rows = pd.DataFrame(dict(zip(header, (d.whole(1, 300), d.days(), d.money(), d.ids(9_000, 1), d.pick("A", "B", "C")), strict=True)))
        keys = ("customer_id", "occurred_at", "amount", "transaction_id", "product")
        made.append(Lookalike(f"purchases in {language}", {name: rows}, {name: "transactions"}, {name: dict(zip(keys, header, strict=True))}, churn="inactivity"))
    return made


def lookalikes() -> list[Lookalike]:
    """All of them."""
    makers = (_bank_churn, _card_churn, _online_retail, _cdnow, _superstore, _olist, _hillstrom, _criteo, _marketing_ab, _kkbox, _iran, _shop_churn, _employees, _bank_calls, _clothing_reviews, _tweets,
              _json_reviews, _city_requests, _helpdesk, _support_tickets, _points, _referral_list, _sends, _status_churn, _score_churn, _phone_churn, _landing_pages, _retail_sales, _software)  # fmt: skip
    return [make() for make in makers] + _languages() + _purchases_in_languages()
