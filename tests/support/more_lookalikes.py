"""More files that look like public ones, each column by a word: `id`, `ref 200`, `cat a|b`, `after start 0.3` and so on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from lookalikes import Draw, Lookalike, N


def made_up(columns: dict[str, str], seed: int, n: int = N) -> pd.DataFrame:
    """Rows of columns that are each described by a word and what it needs."""
    d = Draw(seed, n)
    found: dict[str, Any] = {}
    for name, told in columns.items():
        word, _, rest = told.partition(" ")
        found[name] = _MAKERS[word](d, rest, found)
    return pd.DataFrame(found)


def _after(d: Draw, rest: str, found: dict[str, Any]) -> pd.Series:
    name, share, *written = rest.rsplit(" ", 1)[0], float(rest.rsplit(" ", 1)[1])
    first = str(found[name][0])
    form = "%Y-%m-%d %H:%M:%S" if ":" in first else "%Y-%m-%d"
    return d.later(found[name], 60, share, form)


_MAKERS: dict[str, Callable[[Draw, str, dict[str, Any]], Any]] = {
    "id": lambda d, rest, found: d.ids(int(rest or 10_000), 7),
    "code": lambda d, rest, found: [f"{rest or 'K'}-{i:05d}" for i in d.ids(1, 1)],
    "row": lambda d, rest, found: np.arange(1, d.n + 1),
    "ref": lambda d, rest, found: d.whole(1, int(rest)) + 700,
    "cat": lambda d, rest, found: d.pick(*rest.split("|")),
    "whole": lambda d, rest, found: d.whole(*map(int, rest.split("..", 1))),
    "money": lambda d, rest, found: d.money(float(rest)),
    "day": lambda d, rest, found: d.days("2020-01-01", 800, rest or "%Y-%m-%d"),
    "moment": lambda d, rest, found: d.days("2020-01-01", 800, rest or "%Y-%m-%d %H:%M:%S"),
    "after": _after,
    "seconds": lambda d, rest, found: d.whole(1_400_000_000, 1_500_000_000),
    "text": lambda d, rest, found: d.texts("en", float(rest or 1)),
    "flag": lambda d, rest, found: d.pick(0, 1, p=[0.8, 0.2]),
    "yes": lambda d, rest, found: d.pick("No", "Yes", p=[0.75, 0.25]),
    "name": lambda d, rest, found: d.names(),
    "same": lambda d, rest, found: np.full(d.n, rest),
    "part": lambda d, rest, found: np.round(d.rng.uniform(0, 1, d.n), 4),
}

_SETS: tuple[tuple[str, dict[str, dict[str, str]], dict[str, Any], dict[str, dict[str, Any]]], ...] = (
    (
        "cells", {"cell2celltrain.csv": {
            "CustomerID": "id 3000002", "Churn": "yes", "MonthlyRevenue": "money 50", "MonthlyMinutes": "whole 0..2000", "TotalRecurringCharge": "whole 10..90", "DirectorAssistedCalls": "money 1", "OverageMinutes": "whole 0..500",
            "DroppedCalls": "money 5", "MonthsInService": "whole 6..60", "UniqueSubs": "whole 1..4", "ActiveSubs": "whole 1..3", "ServiceArea": "cat SEAPOR503|PITHOM412|MILMIL414", "Handsets": "whole 1..9", "CurrentEquipmentDays": "whole 1..1800",
            "AgeHH1": "whole 18..90", "ChildrenInHH": "yes", "IncomeGroup": "whole 0..9", "RetentionCalls": "whole 0..3", "CreditRating": "cat 1-Highest|2-High|5-Low", "Occupation": "cat Professional|Crafts|Other", "MaritalStatus": "cat Yes|No|Unknown"}},
        {"cell2celltrain.csv": "customers"},
        {"cell2celltrain.csv": {"customer_id": "CustomerID", "churned": "Churn", "tenure": "MonthsInService", "monthly_value": "MonthlyRevenue", "region": ("ServiceArea", None)}},
    ),
    (
        "streaming without a tenure", {"netflix_customer_churn.csv": {
            "customer_id": "code U", "age": "whole 18..70", "gender": "cat Male|Female|Other", "subscription_type": "cat Basic|Standard|Premium", "watch_hours": "money 10", "last_login_days": "whole 0..60", "region": "cat Africa|Europe|Asia",
            "device": "cat TV|Mobile", "monthly_fee": "cat 8.99|13.99|17.99", "churned": "flag", "payment_method": "cat PayPal|Crypto", "number_of_profiles": "whole 1..5", "avg_watch_time_per_day": "money 1", "favorite_genre": "cat Action|Drama"}},
        {"netflix_customer_churn.csv": "customers"},
        {"netflix_customer_churn.csv": {"customer_id": "customer_id", "churned": "churned", "plan": ("subscription_type", None), "region": "region", "monthly_value": ("monthly_fee", None)}},
    ),
    (
        "orders without a day", {"orders.csv": {
            "order_id": "id", "user_id": "ref 150", "eval_set": "cat prior|train|test", "order_number": "whole 1..99", "order_dow": "whole 0..6", "order_hour_of_day": "whole 0..23", "days_since_prior_order": "whole 0..30"}},
        {"orders.csv": ("transactions", "")}, {"orders.csv": {"customer_id": "user_id", "transaction_id": "order_id"}},
    ),
    (
        "shop events", {"2019-Oct.csv": {
            "event_time": "moment %Y-%m-%d %H:%M:%S UTC", "event_type": "cat view|cart|purchase", "product_id": "ref 99", "category_id": "ref 12", "category_code": "cat electronics.smartphone|appliances", "brand": "cat samsung|apple", "price": "money 200",
            "user_id": "ref 300", "user_session": "code s"}},
        {"2019-Oct.csv": "transactions"}, {"2019-Oct.csv": {"customer_id": "user_id", "occurred_at": "event_time", "amount": "price", "product": ("product_id", "category_code", "brand", None), "transaction_id": (None,)}},
    ),
    (
        "days as numbers", {"transaction_data.csv": {
            "household_key": "ref 200", "BASKET_ID": "ref 500", "DAY": "whole 1..711", "PRODUCT_ID": "ref 99", "QUANTITY": "whole 1..5", "SALES_VALUE": "money 3", "STORE_ID": "ref 20", "RETAIL_DISC": "money 1", "TRANS_TIME": "whole 0..2359", "WEEK_NO": "whole 1..102"},
            "hh_demographic.csv": {"AGE_DESC": "cat 65+|45-54|25-34", "MARITAL_STATUS_CODE": "cat A|B|U", "INCOME_DESC": "cat 35-49K|50-74K", "household_key": "id 701"}},
        {"transaction_data.csv": "transactions", "hh_demographic.csv": "customers"},
        {"transaction_data.csv": {"customer_id": "household_key", "amount": "SALES_VALUE", "product": "PRODUCT_ID", "occurred_at": (None,), "transaction_id": (None,)}, "hh_demographic.csv": {"customer_id": "household_key", "segment": (None, "AGE_DESC")}},
    ),
    (
        "app reviews", {"reviews.csv": {
            "reviewId": "code gp", "userName": "name", "userImage": "same https://example.com/a.png", "content": "text", "score": "whole 1..5", "thumbsUpCount": "whole 0..40", "reviewCreatedVersion": "cat 4.1.2|5.0.0", "at": "moment", "replyContent": "text 0.4",
            "repliedAt": "after at 0.4", "sortOrder": "cat newest|most_relevant", "appId": "same com.example"}},
        {"reviews.csv": "feedback"}, {"reviews.csv": {"feedback_id": "reviewId", "text": "content", "rating": "score", "received_at": "at", "customer_id": (None, "userName")}},
    ),
    (
        "food reviews", {"Reviews.csv": {
            "Id": "row", "ProductId": "ref 90", "UserId": "ref 400", "ProfileName": "name", "HelpfulnessNumerator": "whole 0..9", "HelpfulnessDenominator": "whole 0..12", "Score": "whole 1..5", "Time": "seconds", "Summary": "cat Good|Not as advertised", "Text": "text"}},
        {"Reviews.csv": "feedback"}, {"Reviews.csv": {"feedback_id": ("Id", None), "customer_id": "UserId", "rating": "Score", "received_at": "Time", "text": "Text"}},
    ),
    (
        "incidents", {"incident_event_log.csv": {
            "number": "ref 200", "incident_state": "cat New|Active|Closed", "active": "cat true|false", "reassignment_count": "whole 0..9", "reopen_count": "whole 0..2", "made_sla": "cat true|false", "caller_id": "ref 90", "opened_by": "ref 9", "opened_at": "moment",
            "sys_created_at": "after opened_at 0.6", "sys_updated_at": "after opened_at 1", "contact_type": "cat Phone|Email", "location": "ref 40", "category": "cat Category 26|Category 53", "subcategory": "ref 40", "impact": "cat 2 - Medium|3 - Low", "urgency": "cat 2 - Medium|3 - Low",
            "priority": "cat 3 - Moderate|4 - Low", "assignment_group": "ref 30", "closed_code": "cat code 6|code 7", "resolved_at": "after opened_at 0.97", "closed_at": "after opened_at 1"}},
        {"incident_event_log.csv": "tickets"},
        {"incident_event_log.csv": {"ticket_id": (None,), "customer_id": ("caller_id", None), "opened_at": "opened_at", "resolved_at": ("resolved_at", "closed_at"), "priority": ("priority", "urgency"), "type": ("category", None), "channel": ("contact_type", None), "first_response_at": (None,)}},
    ),
    (
        "city cases", {"311_cases.csv": {
            "case_enquiry_id": "id 101000", "open_dt": "moment", "target_dt": "after open_dt 0.8", "closed_dt": "after open_dt 0.9", "ontime": "cat ONTIME|OVERDUE", "case_status": "cat Closed|Open", "closure_reason": "text", "case_title": "cat Pothole|Graffiti",
            "subject": "cat Public Works|Transportation", "reason": "cat Highway|Sanitation", "type": "cat Request for Pothole Repair|Missed Trash", "queue": "cat PWDx|BTDT", "department": "cat PWDx|BTDT", "location": "name", "neighborhood": "cat Roxbury|Dorchester", "source": "cat Constituent Call|Citizens Connect App"}},
        {"311_cases.csv": "tickets"},
        {"311_cases.csv": {"ticket_id": "case_enquiry_id", "opened_at": "open_dt", "due_at": "target_dt", "resolved_at": "closed_dt", "type": ("type", "reason", "subject", "case_title"), "channel": "source", "customer_id": (None,), "first_response_at": (None,)}},
    ),
    (
        "call centre", {"Call Center.csv": {
            "Call Id": "code ID", "Agent": "cat Diane|Becky", "Date": "day", "Time": "cat 09:12|10:40", "Topic": "cat Payment related|Streaming", "Answered (Y/N)": "cat Y|N", "Resolved": "cat Y|N", "Speed of answer in seconds": "whole 10..120", "Satisfaction rating": "whole 1..5"}},
        {"Call Center.csv": ("tickets", "")}, {"Call Center.csv": {"ticket_id": ("Call Id", None), "opened_at": "Date", "type": "Topic", "satisfaction": "Satisfaction rating", "customer_id": (None,), "resolved_at": (None,), "channel": (None,)}},
    ),
    (
        "uplift of a chain", {"uplift_train.csv": {"client_id": "code a", "treatment_flg": "flag", "target": "flag"}},
        {"uplift_train.csv": "assignments"}, {"uplift_train.csv": {"customer_id": "client_id", "variant": "treatment_flg"}},
    ),
    (
        "a promotion in stores", {"WA_Marketing-Campaign.csv": {"MarketID": "ref 10", "MarketSize": "cat Medium|Small|Large", "LocationID": "ref 130", "AgeOfStore": "whole 1..28", "Promotion": "whole 1..3", "week": "whole 1..4", "SalesInThousands": "money 50"}},
        {"WA_Marketing-Campaign.csv": ("assignments", "")}, {"WA_Marketing-Campaign.csv": {"variant": "Promotion", "cluster": ("LocationID", "MarketID", None), "customer_id": (None,)}},
    ),
    (
        "an experiment column that is the variant", {"AdSmartABdata - AdSmartABdata.csv": {
            "auction_id": "code 00", "experiment": "cat control|exposed", "date": "day", "hour": "whole 0..23", "device_make": "cat Generic Smartphone|Pixel", "platform_os": "whole 5..7", "browser": "cat Chrome Mobile|Facebook", "yes": "flag", "no": "flag"}},
        {"AdSmartABdata - AdSmartABdata.csv": "assignments"}, {"AdSmartABdata - AdSmartABdata.csv": {"variant": "experiment", "assigned_on": "date", "customer_id": (None, "auction_id")}},
    ),
    (
        "airline club", {
            "Customer Loyalty History.csv": {
                "Loyalty Number": "id 100018", "Country": "same Canada", "Province": "cat Ontario|Alberta", "City": "cat Toronto|Edmonton", "Postal Code": "cat M2Z 4K1|T3G 6Y6", "Gender": "cat Male|Female", "Education": "cat Bachelor|College", "Salary": "money 79000", "Marital Status": "cat Married|Single",
                "Loyalty Card": "cat Star|Nova|Aurora", "CLV": "money 7000", "Enrollment Type": "cat Standard|2018 Promotion", "Enrollment Year": "whole 2012..2018", "Enrollment Month": "whole 1..12", "Cancellation Year": "cat 2017|2018|", "Cancellation Month": "cat 1|7|"}},
        {"Customer Loyalty History.csv": "customers"}, {"Customer Loyalty History.csv": {"customer_id": "Loyalty Number", "region": ("Province", "City", None), "segment": (None, "Loyalty Card"), "plan": (None, "Loyalty Card"), "channel": (None, "Enrollment Type")}},
    ),
    (
        "campaign of a grocer", {"marketing_campaign.csv": {
            "ID": "id 1", "Year_Birth": "whole 1940..1996", "Education": "cat Graduation|PhD|Master", "Marital_Status": "cat Single|Together|Married", "Income": "money 50000", "Kidhome": "whole 0..2", "Teenhome": "whole 0..2", "Dt_Customer": "day %d-%m-%Y", "Recency": "whole 0..99", "MntWines": "whole 0..1400",
            "NumDealsPurchases": "whole 0..12", "NumWebVisitsMonth": "whole 0..12", "AcceptedCmp3": "flag", "Complain": "flag", "Z_CostContact": "same 3", "Z_Revenue": "same 11", "Response": "flag"}},
        {"marketing_campaign.csv": ("customers", "")}, {"marketing_campaign.csv": {"customer_id": "ID", "started_on": "Dt_Customer"}},
    ),
    (
        "amount is a number of pieces", {"ta_feng_all_months_merged.csv": {
            "TRANSACTION_DT": "day %m/%d/%Y", "CUSTOMER_ID": "ref 200", "AGE_GROUP": "cat 45-49|35-39", "PIN_CODE": "cat 115|Others", "PRODUCT_SUBCLASS": "ref 50", "PRODUCT_ID": "ref 300", "AMOUNT": "whole 1..14", "ASSET": "money 60", "SALES_PRICE": "money 80"}},
        {"ta_feng_all_months_merged.csv": "transactions"}, {"ta_feng_all_months_merged.csv": {"customer_id": "CUSTOMER_ID", "occurred_at": "TRANSACTION_DT", "amount": "SALES_PRICE", "product": ("PRODUCT_ID", "PRODUCT_SUBCLASS")}},
    ),
    (
        "fashion", {"transactions_train.csv": {"t_dat": "day", "customer_id": "ref 150", "article_id": "ref 99", "price": "part", "sales_channel_id": "whole 1..2"},
                    "customers.csv": {"customer_id": "id 700", "FN": "flag", "Active": "flag", "club_member_status": "cat ACTIVE|PRE-CREATE|LEFT CLUB", "fashion_news_frequency": "cat NONE|Regularly", "age": "whole 18..80", "postal_code": "code p"}},
        {"transactions_train.csv": "transactions", "customers.csv": "customers"},
        {"transactions_train.csv": {"customer_id": "customer_id", "occurred_at": "t_dat", "amount": "price", "product": "article_id", "channel": ("sales_channel_id", None)}, "customers.csv": {"customer_id": "customer_id", "churned": ("club_member_status", None)}},
    ),
    (
        "card payments", {"fraudTrain.csv": {
            "Unnamed: 0": "row", "trans_date_trans_time": "moment", "cc_num": "ref 120", "merchant": "cat fraud_Kirlin|fraud_Sporer", "category": "cat misc_net|gas_transport", "amt": "money 50", "first": "name", "last": "name", "gender": "cat F|M", "street": "name", "city": "cat Orient|Malad", "state": "cat NC|ID", "zip": "whole 10000..99000",
            "lat": "part", "long": "part", "city_pop": "whole 40..90000", "job": "cat Surveyor|Lawyer", "dob": "day", "trans_num": "code t", "unix_time": "seconds", "merch_lat": "part", "merch_long": "part", "is_fraud": "flag"}},
        {"fraudTrain.csv": "transactions"}, {"fraudTrain.csv": {"customer_id": "cc_num", "occurred_at": ("trans_date_trans_time", "unix_time"), "amount": "amt", "transaction_id": "trans_num", "product": ("category", None)}},
    ),
    (
        "coffee", {"Coffee Shop Sales.xlsx": {"transaction_id": "row", "transaction_date": "day", "transaction_time": "cat 07:06:11|07:08:56", "transaction_qty": "whole 1..4", "store_id": "ref 3", "store_location": "cat Astoria|Soho", "product_id": "ref 60", "unit_price": "money 3", "product_category": "cat Coffee|Tea", "product_type": "cat Drip|Brewed", "product_detail": "cat Ethiopia Rg|Earl Grey"}},
        {"Coffee Shop Sales.xlsx": "transactions"}, {"Coffee Shop Sales.xlsx": {"customer_id": (None,), "occurred_at": "transaction_date", "amount": "transaction_qty * unit_price", "transaction_id": "transaction_id", "product": ("product_id", "product_detail", "product_category", "product_type")}},
    ),
    (
        "orders with employees", {"orders.csv": {"OrderID": "id", "CustomerID": "ref 80", "EmployeeID": "whole 1..9", "OrderDate": "day", "RequiredDate": "after OrderDate 1", "ShippedDate": "after OrderDate 0.97", "ShipVia": "whole 1..3", "Freight": "money 70", "ShipName": "name", "ShipCity": "cat Reims|Rio", "Amount": "money 900"}},
        {"orders.csv": "transactions"}, {"orders.csv": {"transaction_id": "OrderID", "customer_id": "CustomerID", "occurred_at": "OrderDate", "amount": "Amount", "channel": (None,)}},
    ),
    (
        "gym", {"gym_churn_us.csv": {"gender": "flag", "Near_Location": "flag", "Partner": "flag", "Phone": "flag", "Contract_period": "cat 1|6|12", "Group_visits": "flag", "Age": "whole 18..41", "Avg_additional_charges_total": "money 140", "Month_to_end_contract": "whole 1..12", "Lifetime": "whole 0..31", "Avg_class_frequency_total": "part", "Churn": "flag"}},
        {"gym_churn_us.csv": "customers"}, {"gym_churn_us.csv": {"tenure": "Lifetime", "churned": "Churn", "customer_id": (None,)}},
    ),
    (
        "staff with dates", {"HRDataset_v14.csv": {
            "Employee_Name": "name", "EmpID": "id 10026", "MarriedID": "flag", "Salary": "whole 45000..250000", "Termd": "flag", "PositionID": "ref 30", "Position": "cat Technician|Manager", "State": "cat MA|CT", "Zip": "whole 1000..2900", "DOB": "day %m/%d/%y", "Sex": "cat M|F", "DateofHire": "day", "DateofTermination": "after DateofHire 0.33", "TermReason": "cat N/A-StillEmployed|career change|hours",
            "EmploymentStatus": "cat Active|Voluntarily Terminated|Terminated for Cause", "Department": "cat Production|IT/IS", "ManagerName": "cat Amy Dunn|Ketsia Liebig", "RecruitmentSource": "cat LinkedIn|Indeed", "PerformanceScore": "cat Exceeds|PIP", "EngagementSurvey": "part", "LastPerformanceReview_Date": "day", "DaysLateLast30": "whole 0..6", "Absences": "whole 1..20"}},
        {"HRDataset_v14.csv": "customers"},
        {"HRDataset_v14.csv": {"customer_id": "EmpID", "name": "Employee_Name", "started_on": "DateofHire", "ended_on": "DateofTermination", "end_reason": ("TermReason", None), "churned": ("Termd", "EmploymentStatus", None), "region": ("State", None), "channel": ("RecruitmentSource", None)}},
    ),
    (
        "insured", {"WA_Fn-UseC_-Marketing-Customer-Value-Analysis.csv": {
            "Customer": "code BU", "State": "cat Washington|Arizona", "Customer Lifetime Value": "money 5000", "Response": "yes", "Coverage": "cat Basic|Extended", "Education": "cat Bachelor|College", "Effective To Date": "day %m/%d/%y", "EmploymentStatus": "cat Employed|Unemployed", "Gender": "cat F|M", "Income": "whole 0..99000", "Location Code": "cat Suburban|Rural",
            "Marital Status": "cat Married|Single", "Monthly Premium Auto": "whole 61..290", "Months Since Last Claim": "whole 0..35", "Months Since Policy Inception": "whole 0..99", "Number of Open Complaints": "whole 0..5", "Number of Policies": "whole 1..9", "Policy Type": "cat Corporate Auto|Personal Auto", "Policy": "cat Corporate L3|Personal L3", "Renew Offer Type": "cat Offer1|Offer2",
            "Sales Channel": "cat Agent|Call Center", "Total Claim Amount": "money 400"}},
        {"WA_Fn-UseC_-Marketing-Customer-Value-Analysis.csv": "customers"},
        {"WA_Fn-UseC_-Marketing-Customer-Value-Analysis.csv": {"customer_id": "Customer", "tenure": ("Months Since Policy Inception", None), "monthly_value": ("Monthly Premium Auto", None), "region": ("State", None), "channel": "Sales Channel", "plan": (None, "Policy Type", "Policy", "Coverage"), "segment": (None,)}},
    ),
    (
        "a bank by small letters", {"Bank Customer Churn Prediction.csv": {"customer_id": "id 15634602", "credit_score": "whole 350..850", "country": "cat France|Spain", "gender": "cat Male|Female", "age": "whole 18..90", "tenure": "whole 0..10", "balance": "money 80000", "products_number": "whole 1..4", "credit_card": "flag", "active_member": "flag", "estimated_salary": "money 90000", "churn": "flag"}},
        {"Bank Customer Churn Prediction.csv": "customers"}, {"Bank Customer Churn Prediction.csv": {"customer_id": "customer_id", "tenure": "tenure", "churned": "churn", "region": ("country", None)}},
    ),
    (
        "usage and delay", {"customer_churn_dataset-training-master.csv": {"CustomerID": "id 2", "Age": "whole 18..65", "Gender": "cat Female|Male", "Tenure": "whole 1..60", "Usage Frequency": "whole 1..30", "Support Calls": "whole 0..10", "Payment Delay": "whole 0..30", "Subscription Type": "cat Standard|Premium", "Contract Length": "cat Annual|Monthly", "Total Spend": "money 600", "Last Interaction": "whole 1..30", "Churn": "flag"}},
        {"customer_churn_dataset-training-master.csv": "customers"}, {"customer_churn_dataset-training-master.csv": {"customer_id": "CustomerID", "tenure": "Tenure", "churned": "Churn", "plan": ("Subscription Type", None)}},
    ),
    (
        "who is still active", {"members_export.csv": {"member_no": "id 500", "joined": "day", "months_member": "whole 1..70", "is_active": "flag", "tier": "cat Gold|Silver", "last_visit": "day", "birthday": "day", "monthly_dues": "money 30"}},
        {"members_export.csv": "customers"}, {"members_export.csv": {"customer_id": "member_no", "started_on": "joined", "tenure": ("months_member", None), "churned": "is_active", "segment": "tier", "monthly_value": ("monthly_dues", None)}},
    ),
    (
        "expiry is no end", {"contracts.csv": {"client_ref": "code C", "contract_start_date": "day", "contract_expiry_date": "after contract_start_date 1", "cancelled_on": "after contract_start_date 0.2", "renewal_date": "after contract_start_date 1", "tariff": "cat Green|Blue", "monthly_price": "money 40", "account_manager": "cat Jo|Sam"}},
        {"contracts.csv": "customers"}, {"contracts.csv": {"customer_id": "client_ref", "started_on": "contract_start_date", "ended_on": "cancelled_on", "plan": "tariff", "monthly_value": "monthly_price", "churned": (None,)}},
    ),
    (
        "complaints with a narrative", {"complaints.csv": {"Date received": "day %m/%d/%y", "Product": "cat Mortgage|Debt collection", "Sub-product": "cat VA mortgage|Medical", "Issue": "cat Loan servicing|Cont'd attempts", "Consumer complaint narrative": "text 0.4", "Company public response": "cat Company believes it acted appropriately|", "Company": "cat Ocwen|Citibank", "State": "cat FL|CA", "ZIP code": "whole 10000..99000", "Tags": "cat Servicemember|",
            "Consumer consent provided?": "cat Consent provided|N/A", "Submitted via": "cat Web|Phone", "Date sent to company": "day %m/%d/%y", "Company response to consumer": "cat Closed with explanation|Closed", "Timely response?": "yes", "Consumer disputed?": "yes", "Complaint ID": "id 30000"}},
        {"complaints.csv": "tickets"}, {"complaints.csv": {"ticket_id": "Complaint ID", "opened_at": "Date received", "type": ("Product", "Issue"), "channel": "Submitted via", "customer_id": (None,), "resolved_at": (None,), "first_response_at": (None,)}},
    ),
    (
        "two totals", {"supermarket_sales.csv": {"Invoice ID": "code 750", "Branch": "cat A|B|C", "City": "cat Yangon|Mandalay", "Customer type": "cat Member|Normal", "Gender": "cat Female|Male", "Product line": "cat Health|Sports", "Unit price": "money 50", "Quantity": "whole 1..10", "Tax 5%": "money 15", "Total": "money 300", "Date": "day %m/%d/%Y", "Time": "cat 13:08|10:29", "Payment": "cat Ewallet|Cash", "cogs": "money 290", "gross margin percentage": "same 4.76", "gross income": "money 15", "Rating": "money 7"}},
        {"supermarket_sales.csv": "transactions"}, {"supermarket_sales.csv": {"transaction_id": "Invoice ID", "occurred_at": "Date", "amount": "Total", "product": ("Product line", None), "customer_id": (None,), "channel": (None,)}},
    ),
    (
        "a quantity of each", {"order_lines.csv": {"line_id": "row", "order_ref": "ref 300", "buyer": "ref 120", "ordered_on": "day", "item": "cat Mug|Plate|Bowl", "qty": "whole 1..6", "price_each": "money 7"}},
        {"order_lines.csv": "transactions"}, {"order_lines.csv": {"customer_id": "buyer", "occurred_at": "ordered_on", "amount": "qty * price_each", "product": "item", "transaction_id": (None,)}},
    ),
    (
        "who invited whom", {"parrainages.csv": {"parrain": "ref 90", "filleul": "id 4000", "date_invitation": "day", "date_inscription": "after date_invitation 0.5"}},
        {"parrainages.csv": "referrals"}, {"parrainages.csv": {"referrer_id": "parrain", "referred_id": "filleul", "invited_at": "date_invitation", "converted_at": "date_inscription"}},
    ),
    (
        "punti", {"movimenti_punti.csv": {"tessera": "ref 200", "data_movimento": "day", "causale": "cat accumulo|riscatto|scadenza|rettifica", "punti": "whole -200..500", "saldo": "whole 0..9000"}},
        {"movimenti_punti.csv": "loyalty"}, {"movimenti_punti.csv": {"customer_id": "tessera", "occurred_at": "data_movimento", "kind": "causale", "points": "punti"}},
    ),
    (
        "envíos", {"envios_campana.csv": {"campaña": "cat Verano|Navidad", "id_cliente": "ref 300", "canal": "cat correo|sms", "fecha_envio": "day", "fecha_apertura": "after fecha_envio 0.3", "fecha_clic": "after fecha_envio 0.1", "importe": "money 20"}},
        {"envios_campana.csv": "contacts"}, {"envios_campana.csv": {"campaign": "campaña", "customer_id": "id_cliente", "channel": "canal", "sent_at": "fecha_envio", "opened_at": "fecha_apertura", "responded_at": "fecha_clic", "value": "importe"}},
    ),
    (
        "zahtevki", {"zahtevki.csv": {"številka_zahtevka": "id 80", "stranka": "ref 300", "datum_odprtja": "day", "datum_zaprtja": "after datum_odprtja 0.9", "prioriteta": "cat nizka|visoka", "kategorija": "cat račun|motnja", "zadovoljstvo": "whole 1..5"}},
        {"zahtevki.csv": "tickets"}, {"zahtevki.csv": {"ticket_id": "številka_zahtevka", "customer_id": "stranka", "opened_at": "datum_odprtja", "resolved_at": "datum_zaprtja", "priority": "prioriteta", "type": "kategorija", "satisfaction": "zadovoljstvo"}},
    ),
    (
        "products are no table", {"products.csv": {"product_id": "id 1", "product_name": "name", "aisle_id": "ref 100", "department_id": "ref 20", "unit_price": "money 4"}, "stores.csv": {"store_id": "id 1", "city": "cat Ljubljana|Maribor", "opened_on": "day"}},
        {"products.csv": "", "stores.csv": ""}, {},
    ),
)  # fmt: skip


def more_lookalikes() -> list[Lookalike]:
    """All of them."""
    return [
        Lookalike(name, {file: made_up(columns, 100 + at) for file, columns in files.items()}, tables, right)
        for at, (name, files, tables, right) in enumerate(_SETS)
    ]
